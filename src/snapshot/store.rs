//! A snapshot on disk: JSON, compressed with zstd, readable by its owner only, there whole or not at all.

use super::{Coverage, Dataset, DatasetReading, Gap, SCHEMA_VERSION, Snapshot};
use chrono::Datelike;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What can go wrong with a snapshot file. All of it is about the file that the user named.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened or read.
    #[error("cannot read snapshot: {}: {source}\nhint: name a file that maascan collect wrote and that is yours to read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could not be written.
    #[error("cannot write snapshot: {}: {source}\nhint: its folder must exist, be yours to write, and have room on its disk", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something stands at the path that a snapshot must not replace.
    #[error("cannot write snapshot: {}: is {kind}, not a regular file\nhint: name a file, or a path that does not exist yet", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What stands there.
        kind: &'static str,
    },
    /// The file is not a snapshot, or was damaged.
    #[error("not a readable snapshot: {}: {detail}\nhint: it was cut or is something else; collect it again with maascan collect", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where reading stopped.
        detail: String,
    },
    /// The file is a report.
    #[error("a report, not a snapshot: {}: {format}\nhint: maascan collect -o FILE writes a snapshot, and so does scan --store DIR", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Which of maascan's formats it is.
        format: String,
    },
    /// A maascan from before the first release wrote it.
    #[error("snapshot is of an older format: {}: version {found}, this maascan reads {SCHEMA_VERSION}\nhint: collect it again with maascan collect", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A later maascan wrote it.
    #[error("snapshot is of a newer format: {}: version {found}, this maascan reads up to {SCHEMA_VERSION}\nhint: use the maascan that wrote it, or a later one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
}

impl Error {
    /// Why no snapshot can be saved at `path`, as far as what stands there tells: a folder, a link (the file behind it would
    /// stay as it is), or a device, which would be replaced by a file. None for a regular file and for nothing at all.
    #[must_use]
    pub fn of_target(path: &Path) -> Option<Self> {
        let kind = fs::symlink_metadata(path).ok()?.file_type();
        let kind = match kind {
            _ if kind.is_file() => return None,
            _ if kind.is_dir() => "a folder",
            _ if kind.is_symlink() => "a symbolic link",
            _ => "a device or pipe",
        };
        Some(Self::NotAFile { path: path.to_owned(), kind })
    }
}

/// Most bytes that a snapshot may unpack to: 4 GiB, far above a tenant of 100,000 service principals, so that a crafted
/// file cannot fill the memory without end.
const MOST_BYTES: u64 = 4 << 30;

/// Years that a snapshot may be of: those which RFC 3339 writes with four digits, from the first that a workbook has dates for.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// Writes `snapshot` to `path`, replacing what is there only once the new file is whole. Mode 0600 where the system has modes.
///
/// # Errors
/// [`Error::NotAFile`] before anything is written; [`Error::Write`] if the folder is missing, not writable, or full.
pub fn save(snapshot: &Snapshot, path: &Path) -> Result<(), Error> {
    if let Some(unfit) = Error::of_target(path) {
        return Err(unfit);
    }
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    write_to(snapshot, file.as_file()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn write_to(snapshot: &Snapshot, file: &File) -> io::Result<()> {
    let mut packed = zstd::Encoder::new(BufWriter::new(file), 3)?;
    packed.include_checksum(true)?;
    serde_json::to_writer(&mut packed, snapshot)?;
    packed.finish()?.flush()
}

/// Reads a snapshot, packed or as plain JSON. A dataset that the file does not mention is one of which nothing is known:
/// maascan writes them all, so it may have been taken out.
///
/// # Errors
/// [`Error::Read`], [`Error::Corrupt`], [`Error::Report`], [`Error::Older`] or [`Error::Newer`].
pub fn load(path: &Path) -> Result<Snapshot, Error> {
    let bytes = read_bytes(path)?;
    let corrupt = |detail: String| Error::Corrupt { path: path.to_owned(), detail };
    if let Ok(Other { format }) = serde_json::from_slice::<Other>(&bytes)
        && format.starts_with("maascan.")
    {
        return Err(Error::Report { path: path.to_owned(), format });
    }
    // The version is read before the rest, because a newer file may not fit the types of today.
    let version: Version = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    if version.schema_version > u64::from(SCHEMA_VERSION) {
        return Err(Error::Newer { path: path.to_owned(), found: version.schema_version });
    }
    if version.schema_version < u64::from(SCHEMA_VERSION) {
        return Err(Error::Older { path: path.to_owned(), found: version.schema_version });
    }
    let mut snapshot: Snapshot = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    if !YEARS.contains(&snapshot.taken_at.year()) || !YEARS.contains(&snapshot.audit_since.year()) {
        return Err(corrupt(format!("taken_at and audit_since are of years {} to {}", YEARS.start(), YEARS.end())));
    }
    if snapshot.audit_since > snapshot.taken_at {
        return Err(corrupt("audit_since is after taken_at".to_owned()));
    }
    for dataset in Dataset::ALL {
        snapshot.coverage.entry(dataset).or_insert_with(unmentioned);
    }
    snapshot.normalise();
    Ok(snapshot)
}

fn unmentioned() -> DatasetReading {
    let gap = Gap::Failed { detail: "the snapshot file does not say".to_owned() };
    DatasetReading { coverage: Coverage::Unavailable { gap }, requests: 0 }
}

/// What maascan's other documents begin with.
#[derive(serde::Deserialize)]
struct Other {
    format: String,
}

#[derive(serde::Deserialize)]
struct Version {
    schema_version: u64,
}

/// First bytes of every zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start).map_err(unreadable)?;
    let packed = start == ZSTD_MAGIC;
    let whole = io::Cursor::new(start).chain(file);
    let mut bytes = Vec::new();
    let read = if packed {
        zstd::Decoder::new(whole).and_then(|unpacked| unpacked.take(MOST_BYTES).read_to_end(&mut bytes))
    } else {
        whole.take(MOST_BYTES).read_to_end(&mut bytes)
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if packed => Err(Error::Corrupt { path: path.to_owned(), detail: error.to_string() }),
        Err(error) => Err(unreadable(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let time = "2026-11-02T06:00:00Z".parse().unwrap();
        let mut snapshot = Snapshot::new("Tenant".into(), time, time);
        for dataset in Dataset::ALL {
            snapshot.coverage.insert(dataset, DatasetReading { coverage: Coverage::Complete { items: 0 }, requests: 1 });
        }
        snapshot
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json.zst");
        save(&snapshot(), &path).unwrap();
        assert_eq!(load(&path).unwrap(), snapshot());
    }

    #[test]
    fn plain_json_is_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        fs::write(&path, serde_json::to_vec(&snapshot()).unwrap()).unwrap();
        assert_eq!(load(&path).unwrap(), snapshot());
    }

    #[test]
    fn a_cut_or_foreign_file_is_corrupt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json.zst");
        save(&snapshot(), &path).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in [5, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(matches!(load(&path), Err(Error::Corrupt { .. })), "cut at {length}");
        }
        fs::write(&path, "PK\u{3}\u{4} not a snapshot").unwrap();
        assert!(matches!(load(&path), Err(Error::Corrupt { .. })));
    }

    #[test]
    fn a_dataset_that_the_file_does_not_mention_is_unknown_and_not_left_out_on_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json.zst");
        let mut silent = snapshot();
        silent.coverage.remove(&Dataset::AuditEvents);
        save(&silent, &path).unwrap();
        let loaded = load(&path).unwrap();
        let gap = Gap::Failed { detail: "the snapshot file does not say".to_owned() };
        assert_eq!(loaded.coverage_of(Dataset::AuditEvents), &Coverage::Unavailable { gap });
        assert!(!loaded.coverage_of(Dataset::AuditEvents).is_skipped());
        assert!(loaded.coverage_of(Dataset::Organization).is_complete());
    }

    #[test]
    fn a_window_that_ends_before_it_begins_is_corrupt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json.zst");
        let mut backwards = snapshot();
        backwards.audit_since = "2026-11-02T06:00:01Z".parse().unwrap();
        save(&backwards, &path).unwrap();
        assert!(matches!(load(&path), Err(Error::Corrupt { detail, .. }) if detail == "audit_since is after taken_at"));
    }

    #[test]
    fn only_a_regular_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: &Path, kind: &str| {
            let error = save(&snapshot(), path).unwrap_err();
            assert!(matches!(error, Error::NotAFile { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(kind) && text.contains("\nhint: name a file"), "{text}");
        };
        refused(folder.path(), "a folder");
        let file = folder.path().join("s.json.zst");
        fs::write(&file, "old").unwrap();
        #[cfg(unix)]
        {
            let (link, dangling) = (folder.path().join("link"), folder.path().join("dangling"));
            std::os::unix::fs::symlink(&file, &link).unwrap();
            std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
            refused(&link, "a symbolic link");
            refused(&dangling, "a symbolic link");
            refused(Path::new("/dev/null"), "a device");
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        assert_eq!(fs::read(&file).unwrap(), b"old");
        save(&snapshot(), &file).unwrap();
        assert_eq!(load(&file).unwrap(), snapshot());
    }

    #[test]
    fn the_hint_fits_what_failed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("s.json.zst");
        let (read, write) = (load(&path).unwrap_err().to_string(), save(&snapshot(), &path).unwrap_err().to_string());
        assert!(read.starts_with("cannot read snapshot: ") && read.contains("\nhint: name a file that maascan collect wrote"), "{read}");
        assert!(write.starts_with("cannot write snapshot: ") && write.contains("\nhint: its folder must exist"), "{write}");
    }

    #[test]
    fn a_newer_file_is_refused_even_if_its_members_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        fs::write(&path, r#"{"schema_version": 99, "tenant": 7}"#).unwrap();
        assert!(matches!(load(&path), Err(Error::Newer { found: 99, .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json.zst");
        save(&snapshot(), &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
