//! The work file: what a run has read so far, so that the same command goes on from there after a kill, Ctrl-C or a lost
//! network, and asks for no finished page again. It is there while a run is on its way and goes when the snapshot is written.
//!
//! It holds only what `Resource::keeping` left of each answer: no secret, no hint, no audit property value. Records are
//! appended and never changed; after a kill the file ends in a torn record at worst, which is cut off. Nothing is forced to
//! disk: what a power failure takes with it is read again.

mod record;

use super::Options;
use crate::graph::{Memory, SignedIn};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// First bytes of every work file. Nothing that begins otherwise is ever written over.
const MAGIC: &[u8; 16] = b"maascan work 01\n";

/// An older file is not gone on with: too much may have changed in the tenant since.
const OLDEST: TimeDelta = TimeDelta::hours(24);

/// How far the clock may have been set back since a file was begun.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// What a run is about. Two runs share a file only if all of it is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The tenant that is read.
    pub tenant: String,
    /// Origin of Microsoft Graph; links to further pages lead there.
    pub graph: String,
    /// The clock of the run.
    pub taken_at: DateTime<Utc>,
    /// What else decides what is asked: [`Terms::asked_for`].
    pub asked: String,
    /// Who asks: [`Terms::reader_of`].
    #[serde(default)]
    pub reader: String,
}

impl Terms {
    /// Who reads and with which permissions, as a digest. The service shows two readers different rows and members of one tenant,
    /// and a list of which each saw a part is nobody's.
    #[must_use]
    pub fn reader_of(signed_in: &SignedIn) -> String {
        let SignedIn { how: _, tenant_id: _, app_id, object_id, identity, roles, scopes } = signed_in;
        hex(&Sha256::digest(format!("{app_id:?} {object_id:?} {identity:?} {roles:?} {scopes:?}")).as_slice()[..8])
    }

    /// The options that decide what is asked, but for the clock.
    #[must_use]
    pub fn asked_for(options: &Options) -> String {
        // Without `..`: a new option must be thought about here.
        let Options { taken_at: _, audit_days, scope_app_roles, inventory, sign_ins, look_up } = options;
        let roles: Vec<&str> = scope_app_roles.iter().map(crate::snapshot::AppRoleId::as_str).collect();
        let full = *inventory == super::Inventory::Full;
        let ids: BTreeSet<String> = look_up.iter().map(|id| id.trim().to_lowercase()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let digest = |words: &[&str]| hex(&Sha256::digest(words.join(",")).as_slice()[..8]);
        let scope = digest(&roles);
        format!("audit-days={audit_days} full={full} sign-ins={sign_ins} scope={scope} look-up={}", digest(&ids))
    }
}

/// First record of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    maascan: String,
    #[serde(flatten)]
    terms: Terms,
    /// When the first run began, by the real clock.
    started: DateTime<Utc>,
}

/// Why a work file cannot be used. All of it is about the file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be opened, read or written.
    #[error("cannot use work file: {}: {source}\nhint: its folder must exist and be yours to write; --work FILE names another place", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something stands at the path that is not ours to write over.
    #[error("cannot use work file: {}: is {kind}\nhint: name a path that does not exist yet, or a work file of maascan", path.display())]
    NotOurs {
        /// The path.
        path: PathBuf,
        /// What stands there.
        kind: &'static str,
    },
    /// Another run holds it.
    #[error("work file is in use by another run: {}\nhint: wait for it to end, or name another with --work FILE", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
}

/// How a run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// There was nothing to go on from.
    New,
    /// There was a file, and it was not used; why.
    Anew(String),
    /// With what was read before.
    Resumed {
        /// Answers that are not read again.
        answers: usize,
        /// When the first run began, by the real clock (UTC).
        started: DateTime<Utc>,
    },
}

/// An open work file, held by this run alone.
#[derive(Debug)]
pub struct WorkFile {
    path: PathBuf,
    terms: Terms,
    beginning: Beginning,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// End of the last whole record.
    end: u64,
    /// Answers of earlier runs by the digest of their key.
    index: HashMap<[u8; 16], Place>,
    kept: usize,
    /// Nothing is kept any more, because it failed once.
    broken: bool,
}

/// Where a frame lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: u64,
    length: u32,
}

impl WorkFile {
    /// Opens the file at `path`, or begins one. `terms` is what this run is about; unless `clock_given`, a file with another
    /// clock is gone on with by its own, which [`WorkFile::taken_at`] tells. `now` is the real clock. With `refresh` nothing of
    /// an earlier run is used.
    ///
    /// # Errors
    /// Any [`Error`]. A damaged file of maascan is no error: it is begun anew.
    pub fn open(path: &Path, terms: &Terms, clock_given: bool, now: DateTime<Utc>, refresh: bool) -> Result<Self, Error> {
        let failed = |source| Error::Io { path: path.to_owned(), source };
        let mut file = lock_file(path)?;
        let found = if refresh { Found::Unfit("--refresh".to_owned()) } else { find(&mut file, path, terms, clock_given, now)? };
        if refresh {
            refuse_foreign(&mut file, path)?;
        }
        match found {
            Found::Fit(header) => {
                let (index, end) = index(&mut file).map_err(failed)?;
                if index.is_empty() {
                    return Self::begin(path, file, terms, now, Beginning::New).map_err(failed);
                }
                file.set_len(end).map_err(failed)?;
                let beginning = Beginning::Resumed { answers: index.len(), started: header.started };
                let state = State { file, end, kept: index.len(), index, broken: false };
                Ok(Self { path: path.to_owned(), terms: header.terms, beginning, state: Mutex::new(state) })
            }
            Found::Nothing => Self::begin(path, file, terms, now, Beginning::New).map_err(failed),
            Found::Unfit(why) => Self::begin(path, file, terms, now, Beginning::Anew(why)).map_err(failed),
        }
    }

    fn begin(path: &Path, mut file: File, terms: &Terms, now: DateTime<Utc>, beginning: Beginning) -> io::Result<Self> {
        let header = Header { maascan: env!("CARGO_PKG_VERSION").to_owned(), terms: terms.clone(), started: now };
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(MAGIC)?;
        file.write_all(&record::pack(&[&serde_json::to_vec(&header)?])?)?;
        let end = file.stream_position()?;
        let state = State { file, end, index: HashMap::new(), kept: 0, broken: false };
        Ok(Self { path: path.to_owned(), terms: terms.clone(), beginning, state: Mutex::new(state) })
    }

    /// The clock that the run must take (UTC).
    #[must_use]
    pub fn taken_at(&self) -> DateTime<Utc> {
        self.terms.taken_at
    }

    /// How the run begins.
    #[must_use]
    pub fn beginning(&self) -> &Beginning {
        &self.beginning
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Answers in it, those of earlier runs included.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.lock().kept
    }

    /// Removes the file, because what was read stands somewhere else now, or because nothing was read.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self) -> io::Result<()> {
        // Still locked: nobody can have begun to use it.
        let mut state = self.lock();
        state.broken = true;
        fs::remove_file(&self.path)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory for WorkFile {
    fn recall(&self, key: &str) -> Option<Value> {
        let mut state = self.lock();
        let place = *state.index.get(&digest(key))?;
        let frame = read_at(&mut state.file, place).ok()?;
        drop(state);
        let bytes = record::unpack(&frame)?;
        let (kept, body) = record::split_answer(&bytes)?;
        (kept == key).then(|| serde_json::from_slice(body).ok())?
    }

    fn keep(&self, key: &str, body: &Value) {
        let packed = record::pack_answer(key, body);
        let mut state = self.lock();
        if state.broken {
            return;
        }
        match packed.and_then(|record| state.append(&record)) {
            Ok(()) => state.kept += 1,
            Err(error) => {
                state.broken = true;
                // A half record at the end would be cut off anyway; this frees the room on the disk at once.
                let _ = state.file.set_len(state.end);
                tracing::warn!(file = %self.path.display(), %error, "cannot write the work file; what is read from now on is not kept");
            }
        }
    }
}

impl State {
    fn append(&mut self, record: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(record)?;
        self.end += record.len() as u64;
        Ok(())
    }
}

fn read_at(file: &mut File, place: Place) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(place.at))?;
    let mut frame = vec![0; usize::try_from(place.length).unwrap_or_default()];
    file.read_exact(&mut frame)?;
    Ok(frame)
}

/// What stands in a file that was opened.
enum Found {
    Nothing,
    Fit(Header),
    Unfit(String),
}

fn find(file: &mut File, path: &Path, terms: &Terms, clock_given: bool, now: DateTime<Utc>) -> Result<Found, Error> {
    if !refuse_foreign(file, path)? {
        return Ok(Found::Nothing);
    }
    let frame = record::next_frame(file).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let header: Option<Header> = frame.and_then(|frame| record::unpack(&frame)).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(header) = header else { return Ok(Found::Unfit("its beginning is damaged".to_owned())) };
    Ok(match header.unfit(terms, clock_given, now) {
        Some(why) => Found::Unfit(why),
        None => Found::Fit(header),
    })
}

/// Reads the first bytes: false for an empty file, an error for one that maascan did not write.
fn refuse_foreign(file: &mut File, path: &Path) -> Result<bool, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(failed)?;
    match start.as_slice() {
        whole if whole == MAGIC => Ok(true),
        // A kill between the making of the file and its first bytes.
        part if MAGIC.starts_with(part) => Ok(false),
        _ => Err(Error::NotOurs { path: path.to_owned(), kind: "a file that maascan did not write" }),
    }
}

impl Header {
    /// Why a run on these terms cannot go on from here, if it cannot.
    fn unfit(&self, terms: &Terms, clock_given: bool, now: DateTime<Utc>) -> Option<String> {
        let Terms { tenant, graph, taken_at, asked, reader } = &self.terms;
        let stamp = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        if self.maascan != env!("CARGO_PKG_VERSION") {
            return Some(format!("it is of maascan {}", self.maascan));
        }
        if tenant != &terms.tenant {
            return Some(format!("it is of another tenant: {tenant}"));
        }
        if graph != &terms.graph {
            return Some(format!("it is of another endpoint: {graph}"));
        }
        if reader != &terms.reader {
            return Some("it was begun with another sign-in, or other permissions".to_owned());
        }
        if asked != &terms.asked {
            return Some("it was begun with other options".to_owned());
        }
        if clock_given && *taken_at != terms.taken_at {
            return Some(format!("it was begun with another clock: {}", stamp(*taken_at)));
        }
        if now - self.started > OLDEST || self.started - now > AHEAD {
            return Some(format!("it is too old, or the clock was set: begun at {}", stamp(self.started)));
        }
        None
    }
}

/// Where each whole answer lies from here on, the later of two with one key, and where the last of them ends.
fn index(file: &mut File) -> io::Result<(HashMap<[u8; 16], Place>, u64)> {
    let mut index = HashMap::new();
    let mut end = file.stream_position()?;
    let mut reader = BufReader::new(file);
    while let Some(frame) = record::next_frame(&mut reader)? {
        let Some(bytes) = record::unpack(&frame) else { break };
        let Some((key, _)) = record::split_answer(&bytes) else { break };
        let Ok(length) = u32::try_from(frame.len()) else { break };
        index.insert(digest(key), Place { at: end + record::LENGTH, length });
        end += record::LENGTH + u64::from(length);
    }
    Ok((index, end))
}

/// Keys are long and many; sixteen bytes of SHA-256 stand for each.
fn digest(key: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(key).as_slice()[..16]);
    short
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Opens or makes the file, readable by its owner only, and takes it for this run.
fn lock_file(path: &Path) -> Result<File, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    // Another run may remove the file between the opening and the locking here; then there is a new one to make.
    for _ in 0..10 {
        let file = open_file(path)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(file),
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(Error::InUse { path: path.to_owned() }),
            Err(fs::TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
    Err(Error::InUse { path: path.to_owned() })
}

fn open_file(path: &Path) -> Result<File, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let there = match fs::symlink_metadata(path) {
        Ok(there) => Some(there.file_type()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let unfit = |kind| Err(Error::NotOurs { path: path.to_owned(), kind });
    match there {
        Some(kind) if kind.is_dir() => return unfit("a folder"),
        Some(kind) if kind.is_symlink() => return unfit("a symbolic link"),
        Some(kind) if !kind.is_file() => return unfit("a device or pipe"),
        Some(_) => {}
        // Fails on whatever came there meanwhile, a link included.
        None => drop(options.create_new(true)),
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(failed)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    Ok(file)
}

/// Whether the open file is the one at the path, and not one that was removed or linked there meanwhile.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    there.is_file() && (open.dev(), open.ino()) == (there.dev(), there.ino())
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_file())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
