//! The store of runs: a folder a tenant, in it a folder a run. A run gets its name when all its files are on disk, by one
//! rename, so that whatever stops the process leaves whole runs and at most a folder that no one takes for one. Runs never
//! wait for each other: there is no lock, and none is needed on a mounted share.

use super::manifest::{self, FORMAT, FileHash, Manifest, Unreadable, VERSION};
use super::numbers::numbers;
use super::seen::Seen;
use crate::assess::Assessment;
use crate::snapshot::{self, Snapshot, TenantId, is_guid};
use chrono::{DateTime, TimeDelta, Utc};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Files of a run, beside its manifest.
pub const SNAPSHOT: &str = "snapshot.json.zst";
/// The assessment as it was published.
pub const ASSESSMENT: &str = "assessment.json";
/// When findings were seen.
pub(super) const SEEN: &str = "seen.json";
pub(super) const MANIFEST: &str = "manifest.json";

/// Begins the names of folders that are not runs yet, or no more.
const STAGING: &str = ".maascan-run-";
const LEAVING: &str = ".maascan-gone-";

/// After this a folder that a stopped run left is taken away (hours): no run takes so long to write its files.
const STALE_HOURS: i64 = 24;

/// Most runs that begin in one second.
const MOST_AT_ONCE: u32 = 1_000;

/// Largest manifest that is read (bytes).
const LARGEST: u64 = 1 << 20;

/// Largest other file of a run that is read (bytes): 1 GiB, some hundred thousand automations.
const LARGEST_FILE: u64 = 1 << 30;

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user named something that is no folder, or is not there.
    #[error("not a store: {}: {source}\nhint: name the folder that was given to scan --store", path.display())]
    NotAStore {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder takes no files.
    #[error("cannot write to store: {}: {source}\nhint: it must be a folder that this account may write to, with room on its disk", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The snapshot could not be written or read back.
    #[error(transparent)]
    Snapshot(#[from] snapshot::Error),
    /// The tenant has no id that can name a folder: ours, or a service that is not Graph.
    #[error("cannot store a run of a tenant whose id is no GUID: {tenant}")]
    Tenant {
        /// The id.
        tenant: TenantId,
    },
    /// The user named a run that is not there.
    #[error("no such run: {name}\nhint: maascan runs list names them")]
    NoSuchRun {
        /// The name.
        name: String,
    },
    /// The user named a run that several tenants have.
    #[error("several tenants have a run of that name: {name}\nhint: put the tenant's id and a slash before it")]
    Ambiguous {
        /// The name.
        name: String,
    },
}

/// A run that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    /// Name of its folder, which is its time.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// What it is of.
    pub manifest: Manifest,
}

/// Something in a store that is no run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Oddity {
    /// Where.
    pub path: PathBuf,
    /// What is odd about it.
    pub why: &'static str,
    /// Whether it was a run and is damaged, or pretends to be one of this tenant.
    pub damage: bool,
}

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// The runs, by tenant, oldest first.
    pub runs: Vec<StoredRun>,
    /// Everything else, by path. It is left alone.
    pub oddities: Vec<Oddity>,
}

/// Which runs of a tenant are kept; the newest is kept always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// So many.
    Runs(usize),
    /// Those that are not older than so many days.
    Days(u32),
}

/// A folder that keeps runs.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// A store to read.
    ///
    /// # Errors
    /// [`Error::NotAStore`].
    pub fn open(root: &Path) -> Result<Self, Error> {
        fs::read_dir(root).map_err(|source| Error::NotAStore { path: root.to_owned(), source })?;
        Ok(Self { root: root.to_owned() })
    }

    /// A store to add to, made if it is not there.
    ///
    /// # Errors
    /// [`Error::Write`] if it takes no files.
    pub fn prepare(root: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Write { path: root.to_owned(), source };
        create_private(root).map_err(failed)?;
        clear_stale(root);
        tempfile::Builder::new().prefix(STAGING).tempdir_in(root).map_err(|error| failed(error.kind().into()))?;
        Ok(Self { root: root.to_owned() })
    }

    /// Everything that is in it. What cannot be read is odd, and no error: one bad folder must not hide the others.
    ///
    /// # Errors
    /// [`Error::NotAStore`] if the store itself cannot be read.
    pub fn contents(&self) -> Result<Contents, Error> {
        let failed = |source| Error::NotAStore { path: self.root.clone(), source };
        let mut contents = Contents::default();
        for entry in fs::read_dir(&self.root).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            match name_of(&path) {
                Some(tenant) if is_guid(tenant) && path.is_dir() => contents.add_tenant(&path, tenant),
                Some(hidden) if hidden.starts_with('.') && !hidden.starts_with(STAGING) => {}
                _ => contents.oddities.push(Oddity { path, why: "not of a store", damage: false }),
            }
        }
        contents.runs.sort_by(|a, b| order(a).cmp(&order(b)));
        contents.oddities.sort();
        Ok(contents)
    }

    /// The run that a name means: the name of its folder, with or without the tenant's id before it.
    ///
    /// # Errors
    /// [`Error::NoSuchRun`], [`Error::Ambiguous`], or what [`Self::contents`] gives.
    pub fn find(&self, name: &str) -> Result<StoredRun, Error> {
        let wanted = |run: &StoredRun| run.name == name || format!("{}/{}", run.manifest.tenant_id, run.name) == name;
        let mut found = self.contents()?.runs.into_iter().filter(wanted);
        match (found.next(), found.next()) {
            (Some(run), None) => Ok(run),
            (Some(_), Some(_)) => Err(Error::Ambiguous { name: name.to_owned() }),
            (None, _) => Err(Error::NoSuchRun { name: name.to_owned() }),
        }
    }

    /// Keeps a run: its snapshot, and the bytes of its assessment. `seen` tells when findings were seen, this run included.
    ///
    /// # Errors
    /// [`Error::Tenant`], [`Error::Snapshot`] or [`Error::Write`]; the store is then as it was.
    pub fn add(&self, snapshot: &Snapshot, assessment: &Assessment, published: &[u8], seen: &Seen) -> Result<StoredRun, Error> {
        let tenant = snapshot.tenant_id.as_str();
        if !is_guid(tenant) {
            return Err(Error::Tenant { tenant: snapshot.tenant_id.clone() });
        }
        let folder = self.root.join(tenant.to_lowercase());
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Write { path, source }
        };
        create_private(&folder).map_err(failed(&folder))?;
        clear_stale(&folder);
        let staging = private_tempdir(STAGING, &folder).map_err(failed(&folder))?;
        snapshot::save(snapshot, &staging.path().join(SNAPSHOT))?;
        let mut files = vec![hash_of(&staging.path().join(SNAPSHOT)).map_err(failed(&folder))?];
        let seen = serde_json::to_vec(seen).map_err(|error| failed(&folder)(error.into()))?;
        for (name, bytes) in [(ASSESSMENT, published), (SEEN, seen.as_slice())] {
            let path = staging.path().join(name);
            write_private(&path, bytes).map_err(failed(&path))?;
            files.push(FileHash::of(name, bytes));
        }
        let manifest = manifest_of(assessment, files);
        let bytes = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(&folder)(error.into()))?;
        let path = staging.path().join(MANIFEST);
        write_private(&path, &bytes).map_err(failed(&path))?;
        sync_folder(staging.path());
        let (name, path) = publish(staging, &folder, snapshot.taken_at).map_err(failed(&folder))?;
        Ok(StoredRun { name, path, manifest })
    }

    /// Deletes the runs of the tenant of `own` that are not to be kept, the oldest first. `own`, which was just kept, stays. Runs are
    /// ranked by their times and names alone, so that of several processes that do this at once none deletes the newest.
    ///
    /// # Errors
    /// What [`Self::contents`] gives.
    pub fn retain(&self, own: &StoredRun, retention: Retention) -> Result<Leaving, Error> {
        let mut runs = self.contents()?.runs;
        runs.retain(|run| run.manifest.tenant_id == own.manifest.tenant_id);
        let mut leaving = Leaving::default();
        let surplus = match retention {
            Retention::Runs(keep) => runs.len().saturating_sub(keep.max(1)),
            Retention::Days(days) => {
                let now = own.manifest.taken_at;
                let before = runs.iter().rfind(|run| run.manifest.taken_at < now);
                leaving.kept_for_doubt =
                    before.map(|run| (now - run.manifest.taken_at).num_days()).filter(|gap| *gap > i64::from(days).max(DOUBTFUL_DAYS));
                let too_old =
                    |run: &&StoredRun| leaving.kept_for_doubt.is_none() && now - run.manifest.taken_at > TimeDelta::days(days.into());
                runs.iter().filter(too_old).count()
            }
        };
        for run in runs.iter().take(surplus).filter(|run| run.path != own.path) {
            match delete(run) {
                Ok(true) => leaving.gone.push(run.name.clone()),
                // Another process was there first.
                Ok(false) => {}
                Err(error) => leaving.failed = leaving.failed.or(Some(error)),
            }
        }
        Ok(leaving)
    }
}

/// A run so many days after the one before it is taken for one with a wrong clock, and is no reason to delete the others.
const DOUBTFUL_DAYS: i64 = 400;

/// What retention came to.
#[derive(Debug, Default)]
pub struct Leaving {
    /// Names of the runs that were deleted, the oldest first.
    pub gone: Vec<String>,
    /// Nothing was deleted by age, because the last run before this one is so many days older that the clock may be wrong.
    pub kept_for_doubt: Option<i64>,
    /// Why a run could not be deleted; the first such error.
    pub failed: Option<Error>,
}

impl Oddity {
    /// Whether it is, or was, a run of a tenant.
    #[must_use]
    pub fn is_run_of(&self, tenant: &str) -> bool {
        let folder = self.path.parent().and_then(name_of);
        (self.damage || self.why == NEWER) && folder.is_some_and(|folder| folder.eq_ignore_ascii_case(tenant))
    }
}

/// Why a run of a later format is left out.
const NEWER: &str = "of a newer maascan";

impl StoredRun {
    /// Its snapshot.
    ///
    /// # Errors
    /// What [`snapshot::load`] gives.
    pub fn snapshot(&self) -> Result<Snapshot, snapshot::Error> {
        snapshot::load(&self.path.join(SNAPSHOT))
    }

    /// When its findings, and those of the runs before it, were seen; None where that file is damaged or gone.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        serde_json::from_slice(&read_file(&self.path.join(SEEN), LARGEST_FILE).ok()?).ok()
    }

    /// The bytes of the assessment as it was published.
    ///
    /// # Errors
    /// It cannot be read, is no regular file, or is larger than any assessment.
    pub fn published(&self) -> io::Result<Vec<u8>> {
        read_file(&self.path.join(ASSESSMENT), LARGEST_FILE)
    }

    /// Files that are not as the manifest says, each with what is wrong.
    #[must_use]
    pub fn damage(&self) -> Vec<(String, &'static str)> {
        let file = |expected: &FileHash| {
            let why = match read_file(&self.path.join(&expected.name), LARGEST_FILE) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => "missing",
                Err(_) => "cannot be read",
                Ok(bytes) if manifest::sha256(&bytes) != expected.sha256 => "changed",
                Ok(_) => return None,
            };
            Some((expected.name.clone(), why))
        };
        self.manifest.files.iter().filter_map(file).collect()
    }
}

impl Contents {
    fn add_tenant(&mut self, folder: &Path, tenant: &str) {
        let Ok(entries) = fs::read_dir(folder) else {
            self.oddities.push(Oddity { path: folder.to_owned(), why: "cannot be read", damage: true });
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            match stored(&path, tenant) {
                Ok(run) => self.runs.push(run),
                Err(Some((why, damage))) => self.oddities.push(Oddity { path, why, damage }),
                Err(None) => {}
            }
        }
    }
}

/// The run in a folder; or what is odd about it, and whether that is damage; or nothing for hidden files of others.
fn stored(path: &Path, tenant: &str) -> Result<StoredRun, Option<(&'static str, bool)>> {
    let foreign = Some(("not of a store", false));
    let name = name_of(path).ok_or(foreign)?;
    if name.starts_with(STAGING) {
        return Err(Some(("left by a run that was stopped, or of one that is being written", false)));
    }
    if name.starts_with(LEAVING) {
        return Err(Some(("deleted in part", false)));
    }
    if name.starts_with('.') {
        return Err(None);
    }
    if !path.is_dir() {
        return Err(foreign);
    }
    let file = path.join(MANIFEST);
    let bytes = read_file(&file, LARGEST).map_err(|_| Some(("no run: it has no manifest that can be read", true)))?;
    let manifest = manifest::read(&bytes).map_err(|error| match error {
        Unreadable::Newer => Some((NEWER, false)),
        Unreadable::Damaged => Some(("no run: its manifest is damaged", true)),
    })?;
    if !manifest.tenant_id.eq_ignore_ascii_case(tenant) {
        return Err(Some(("a run of another tenant", true)));
    }
    Ok(StoredRun { name: name.to_owned(), path: path.to_owned(), manifest })
}

/// Reads a regular file of at most so many bytes. A pipe would never end, nor would a device.
fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let unfit = |why| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    if !fs::symlink_metadata(path)?.is_file() {
        return unfit("not a regular file");
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { unfit("too large") } else { Ok(bytes) }
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn order(run: &StoredRun) -> impl Ord + '_ {
    // Of two in one second the second has a longer name, and the tenth one longer still.
    (&run.manifest.tenant_id, run.manifest.taken_at, run.name.len(), &run.name)
}

fn manifest_of(assessment: &Assessment, files: Vec<FileHash>) -> Manifest {
    let run = &assessment.run;
    Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        tenant_id: run.tenant_id.to_string(),
        tenant_name: run.tenant_name.clone(),
        taken_at: run.taken_at,
        window_days: run.window_days,
        planned: run.planned.iter().map(ToString::to_string).collect(),
        complete: assessment.is_complete(),
        numbers: numbers(assessment),
        files,
    }
}

/// Gives a folder that is whole its name: the time, and a number where another run has it already.
fn publish(staging: tempfile::TempDir, folder: &Path, taken_at: DateTime<Utc>) -> io::Result<(String, PathBuf)> {
    let time = taken_at.format("%Y-%m-%dT%H%M%SZ").to_string();
    for number in 1..=MOST_AT_ONCE {
        let name = if number == 1 { time.clone() } else { format!("{time}-{number}") };
        let path = folder.join(&name);
        // A folder is never renamed onto one that holds something, so of two that try only one gets the name.
        if fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        match fs::rename(staging.path(), &path) {
            Ok(()) => {
                let _ = staging.keep();
                sync_folder(folder);
                return Ok((name, path));
            }
            Err(_) if fs::symlink_metadata(&path).is_ok() => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many runs of one second"))
}

/// Takes a run out of the store by one rename, and then away. Whether it was still there.
fn delete(run: &StoredRun) -> Result<bool, Error> {
    let failed = |source| Error::Write { path: run.path.clone(), source };
    let parent = run.path.parent().unwrap_or(Path::new("."));
    let leaving = tempfile::Builder::new().prefix(LEAVING).tempdir_in(parent).map_err(failed)?;
    match fs::rename(&run.path, leaving.path().join("run")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        renamed => renamed.map_err(failed)?,
    }
    leaving.close().map_err(failed)?;
    Ok(true)
}

/// Takes away what stopped runs left, once it is too old to be of one that is under way. What cannot be taken away stays.
fn clear_stale(folder: &Path) {
    let stale = |path: &Path| {
        let ours = name_of(path).is_some_and(|name| name.starts_with(STAGING) || name.starts_with(LEAVING));
        let changed = fs::symlink_metadata(path).and_then(|found| found.modified());
        let age = changed.ok().and_then(|changed| changed.elapsed().ok());
        ours && age.is_some_and(|age| age.as_secs() > STALE_HOURS.unsigned_abs() * 3_600)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in entries.filter(|path| stale(path)) {
        let _ = fs::remove_dir_all(path);
    }
}

/// A new folder in `folder` that its owner alone may enter, which goes away with this unless it is kept.
fn private_tempdir(prefix: &str, folder: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(folder)
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn hash_of(path: &Path) -> io::Result<FileHash> {
    let bytes = fs::read(path)?;
    Ok(FileHash::of(name_of(path).unwrap_or_default(), &bytes))
}

/// Names reach the disk with their folder. Not every system can do that.
fn sync_folder(folder: &Path) {
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
}
