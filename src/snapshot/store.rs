//! A snapshot on disk: JSON, compressed with zstd, readable by its owner only, there whole or not at all.

use super::{SCHEMA_VERSION, Snapshot};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What can go wrong with a snapshot file. All of it is about the file that the user named.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened, read or written.
    #[error("cannot {action} snapshot: {}: {source}\nhint: name a file that maascan collect wrote, or a folder that is yours to write", path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a snapshot, or was damaged.
    #[error("not a readable snapshot: {}: {detail}\nhint: it was cut or is something else; collect it again with maascan collect", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where reading stopped.
        detail: String,
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

/// Most bytes that a snapshot may unpack to: 4 GiB, far above a tenant of 100,000 service principals, so that a crafted
/// file cannot fill the memory without end.
const MOST_BYTES: u64 = 4 << 30;

/// Writes `snapshot` to `path`, replacing what is there only once the new file is whole. Mode 0600 where the system has modes.
///
/// # Errors
/// [`Error::Io`] if the folder is missing, not writable, or full.
pub fn save(snapshot: &Snapshot, path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Io { action: "write", path: path.to_owned(), source };
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

/// Reads a snapshot, packed or as plain JSON.
///
/// # Errors
/// [`Error::Io`], [`Error::Corrupt`] or [`Error::Newer`].
pub fn load(path: &Path) -> Result<Snapshot, Error> {
    let bytes = read_bytes(path)?;
    let corrupt = |detail: String| Error::Corrupt { path: path.to_owned(), detail };
    // The version is read before the rest, because a newer file may not fit the types of today.
    let version: Version = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    if version.schema_version > u64::from(SCHEMA_VERSION) {
        return Err(Error::Newer { path: path.to_owned(), found: version.schema_version });
    }
    let mut snapshot: Snapshot = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    snapshot.normalise();
    Ok(snapshot)
}

#[derive(serde::Deserialize)]
struct Version {
    schema_version: u64,
}

/// First bytes of every zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Io { action: "read", path: path.to_owned(), source };
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
        Snapshot::new("Tenant".into(), time, time)
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
        std::fs::write(&path, serde_json::to_vec(&snapshot()).unwrap()).unwrap();
        assert_eq!(load(&path).unwrap(), snapshot());
    }

    #[test]
    fn a_cut_or_foreign_file_is_corrupt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json.zst");
        save(&snapshot(), &path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in [5, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(matches!(load(&path), Err(Error::Corrupt { .. })), "cut at {length}");
        }
        std::fs::write(&path, "PK\u{3}\u{4} not a snapshot").unwrap();
        assert!(matches!(load(&path), Err(Error::Corrupt { .. })));
    }

    #[test]
    fn a_newer_file_is_refused_even_if_its_members_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        std::fs::write(&path, r#"{"schema_version": 99, "tenant": 7}"#).unwrap();
        assert!(matches!(load(&path), Err(Error::Newer { found: 99, .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json.zst");
        save(&snapshot(), &path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
