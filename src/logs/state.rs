//! What is remembered between two runs over files that grow: how far each was read, what was counted, and by which fingerprints
//! calls are known again. A file of JSON, packed by zstd, readable by its owner only.

use super::file::read_at;
use super::seen::{Seen, fingerprint};
use crate::snapshot::{ActivityLogs, AppId, LogFault};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Version of the format. A file of another is not read.
const VERSION: u32 = 2;

/// Most bytes that a state may unpack to.
const MOST_BYTES: u64 = 512 << 20;

/// Bytes at the beginning of a file by which it is known again.
pub(super) const BEGINNING: u64 = 1024;

/// What can go wrong with the file of a state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be read.
    #[error("cannot read the state of logs: {}: {source}\nhint: name a file that maascan logs --state wrote, or one that does not exist yet", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is something else, damaged, or of another version.
    #[error("not a state of logs: {}: {detail}\nhint: take it away, and all logs are read anew", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Where reading stopped.
        detail: String,
    },
    /// It could not be written.
    #[error("cannot write the state of logs: {}: {source}\nhint: its folder must exist, be yours to write, and have room on its disk", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What is remembered between two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// Applications that were left out.
    own: BTreeSet<AppId>,
    files: BTreeMap<String, Known>,
    fingerprints: Vec<u64>,
    logs: ActivityLogs,
}

/// What is remembered of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// Bytes that were read.
    pub(super) offset: u64,
    /// How many bytes at its beginning `beginning` is of.
    pub(super) of: u64,
    /// Fingerprint of its beginning.
    pub(super) beginning: u64,
    /// Fingerprint of the last bytes before the offset.
    pub(super) end: u64,
}

impl Default for State {
    fn default() -> Self {
        Self { version: VERSION, own: BTreeSet::new(), files: BTreeMap::new(), fingerprints: Vec::new(), logs: ActivityLogs::default() }
    }
}

impl State {
    /// Reads a state; an empty one if the file does not exist yet.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Foreign`] if it is something else.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
        };
        let foreign = |detail: String| Error::Foreign { path: path.to_owned(), detail };
        let unpacked = zstd::Decoder::new(file).map_err(|error| foreign(error.to_string()))?;
        let state: Self = serde_json::from_reader(BufReader::new(unpacked.take(MOST_BYTES))).map_err(|error| foreign(error.to_string()))?;
        if state.version == VERSION { Ok(state) } else { Err(foreign(format!("version {}", state.version))) }
    }

    /// Writes the state; what was there is replaced only once the new file is whole.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::Write { path: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        let write = || -> io::Result<()> {
            let mut packed = zstd::Encoder::new(BufWriter::new(file.as_file()), 3)?;
            serde_json::to_writer(&mut packed, self)?;
            packed.finish()?.flush()?;
            file.as_file().sync_all()
        };
        write().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Forgets everything if other applications are left out than before: what was counted would not be comparable. Answers
    /// whether something was forgotten.
    pub(super) fn fit(&mut self, own: &BTreeSet<AppId>) -> bool {
        if self.own == *own {
            return false;
        }
        let known = !self.files.is_empty();
        *self = Self { own: own.clone(), ..Self::default() };
        known
    }

    /// The calls that were counted.
    pub(super) fn seen(&self) -> Seen {
        let mut seen = Seen::default();
        self.fingerprints.iter().for_each(|fingerprint| {
            seen.is_new(*fingerprint);
        });
        seen
    }

    pub(super) fn known(&self, file: &str) -> Option<Known> {
        self.files.get(file).copied()
    }

    pub(super) fn remember(&mut self, file: String, known: Known) {
        self.files.insert(file, known);
    }

    /// Puts what is new to what was there, and gives back both.
    pub(super) fn take(&mut self, new: ActivityLogs, seen: &Seen) -> ActivityLogs {
        let files = new.reading.files;
        let mut logs = std::mem::take(&mut self.logs).merge(new);
        logs.reading.files = files.max(self.files.len() as u64);
        self.fingerprints = seen.fingerprints();
        self.logs = logs.clone();
        // The end of a file that grows, and a file that could not be opened, are looked at anew each time.
        for passing in
            [LogFault::CutLine, LogFault::Unreadable, LogFault::NoFile, LogFault::NotFollowed, LogFault::PassedOver, LogFault::OtherState]
        {
            self.logs.reading.faults.remove(&passing);
        }
        logs
    }
}

/// The fingerprint of the last bytes of a file before an offset.
///
/// # Errors
/// Of the disk.
pub(super) fn end(file: &File, offset: u64) -> io::Result<u64> {
    let from = offset.saturating_sub(BEGINNING);
    let mut bytes = vec![0; usize::try_from(offset - from).unwrap_or_default()];
    let length = read_at(file, &mut bytes, from)?;
    Ok(fingerprint(bytes.get(..length).unwrap_or_default()))
}

/// The fingerprint of the beginning of a file.
pub(super) fn beginning(bytes: &[u8]) -> u64 {
    fingerprint(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_survives_the_disk_and_nothing_else_is_taken_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        assert_eq!(State::load(&path).unwrap(), State::default());
        let mut state = State::default();
        state.remember("a".into(), Known { offset: 7, of: 7, beginning: 9, end: 3 });
        state.save(&path).unwrap();
        assert_eq!(State::load(&path).unwrap(), state);
        State { version: 99, ..state }.save(&path).unwrap();
        assert!(State::load(&path).unwrap_err().to_string().contains("version 99"));
        std::fs::write(&path, "{}").unwrap();
        assert!(matches!(State::load(&path), Err(Error::Foreign { .. })));
    }
}
