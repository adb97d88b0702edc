//! The work cut into units that threads take one after another: ranges of large files, whole files otherwise.

use super::Progress;
use super::file::{Range, head, read_at};
use super::format::{Format, HEAD};
use super::inputs::STANDARD_INPUT;
use super::state::{BEGINNING, Known, State, beginning, end};
use crate::snapshot::{LogFault, LogReading};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of one range, and of one near the end of a round, where threads would wait for the last of them.
const RANGE: u64 = 2 << 20;
const LAST_RANGES: u64 = 256 << 10;

/// Least bytes between two points at which all threads meet, so that what is forgotten of duplicates does not depend on who was
/// faster. With 175,000 fingerprints kept from before and 500 bytes a record, what comes in between always finds room.
const ROUND: u64 = 64 << 20;

/// Least bytes that one fingerprint stands for; a round is as long as there is room for them.
const RECORD: u64 = 384;

/// Packed bytes count for this many in a round.
const PACKED: u64 = 12;

/// What one thread reads at a time.
pub(super) enum Unit {
    /// Standard input.
    Input,
    /// A whole file that is not read in ranges, with its length.
    Whole(Opened),
    /// Lines of a file that begin from one position on, before another.
    Range(Opened, u64, u64),
}

/// A file that was opened.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) name: Arc<str>,
    pub(super) file: Arc<File>,
    /// Bytes at the time of opening.
    pub(super) length: u64,
    pub(super) format: Format,
    /// What is to be remembered of it.
    pub(super) known: Option<Known>,
}

/// Units in the order of the files.
pub(super) struct Units<'s> {
    files: std::vec::IntoIter<PathBuf>,
    current: Option<(Opened, u64)>,
    state: Option<&'s State>,
    left: u64,
    ended: bool,
    /// How many files there were in all.
    pub(super) count: usize,
    pub(super) reading: LogReading,
}

impl<'s> Units<'s> {
    pub(super) fn new(files: Vec<PathBuf>, state: Option<&'s State>, progress: &Progress) -> Self {
        let lengths = files.iter().filter_map(|path| fs::metadata(path).ok()).filter(fs::Metadata::is_file);
        progress.expect(lengths.map(|file| file.len()).sum());
        let count = files.len();
        Self { files: files.into_iter(), current: None, state, left: ROUND, ended: false, count, reading: LogReading::default() }
    }

    /// Whether nothing is left.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Begins the next round, for which there is room for so many fingerprints.
    pub(super) fn refill(&mut self, room: usize) {
        self.left = ROUND.max((room as u64).saturating_mul(RECORD));
    }

    /// The next unit; None at the end, and at the end of a round.
    pub(super) fn next(&mut self, progress: &Progress) -> Option<Unit> {
        while self.left > 0 {
            if let Some((opened, from)) = self.current.take() {
                let length = (self.left / 8).clamp(LAST_RANGES, RANGE) / LAST_RANGES * LAST_RANGES;
                let to = from.saturating_add(length).min(opened.length);
                self.left = self.left.saturating_sub(to - from);
                if to < opened.length {
                    self.current = Some((opened.clone(), to));
                }
                return Some(Unit::Range(opened, from, to));
            }
            let Some(path) = self.files.next() else {
                self.ended = true;
                return None;
            };
            if path.as_os_str() == STANDARD_INPUT {
                self.left = 0;
                return Some(Unit::Input);
            }
            if let Some(unit) = self.open(&path, progress) {
                return Some(unit);
            }
        }
        None
    }

    /// Opens a file. None if it cannot be read, has nothing new, or is read in ranges.
    fn open(&mut self, path: &std::path::Path, progress: &Progress) -> Option<Unit> {
        let name: Arc<str> = path.display().to_string().into();
        let opened = match self.opened(path, &name) {
            Ok(opened) => opened,
            Err(error) => {
                self.reading.fault(LogFault::Unreadable, 1, &format!("{name}: {}", error.kind()));
                return None;
            }
        };
        let before = self.state.and_then(|state| state.known(&name)).and_then(|known| self.still(&opened, known));
        let from = before.map_or(0, |known| known.offset);
        if before.is_some() {
            progress.advance(from);
            if from >= opened.length || opened.format != Format::Lines {
                return None;
            }
        }
        self.left = self.left.saturating_sub(if matches!(opened.format, Format::Packed(_)) { opened.length * PACKED } else { 0 });
        if opened.format == Format::Lines {
            self.current = Some((opened, from));
            return None;
        }
        self.left = self.left.saturating_sub(opened.length);
        Some(Unit::Whole(opened))
    }

    fn opened(&self, path: &std::path::Path, name: &Arc<str>) -> std::io::Result<Opened> {
        // A pipe has no positions, and opening one waits for its writer; a device has no end.
        if !fs::metadata(path)?.is_file() {
            return Err(std::io::Error::from(std::io::ErrorKind::InvalidInput));
        }
        let file = File::open(path)?;
        let kind = file.metadata()?;
        if !kind.is_file() {
            return Err(std::io::Error::from(std::io::ErrorKind::InvalidInput));
        }
        let (start, failure) = head(&mut Range::new(&file, 0, u64::MAX), HEAD);
        failure.map_or(Ok(()), Err)?;
        let of = BEGINNING.min(start.len() as u64);
        let text = start.get(..usize::try_from(of).unwrap_or_default()).unwrap_or_default();
        let known = self.state.map(|_| Known { offset: kind.len(), of, beginning: beginning(text), end: 0 });
        Ok(Opened { name: Arc::clone(name), file: Arc::new(file), length: kind.len(), format: Format::of(&start), known })
    }

    /// What is known of a file, if it is still the one that it was: as long at least, with the same beginning, and, where it is
    /// not read in lines, of the same length.
    fn still(&mut self, opened: &Opened, known: Known) -> Option<Known> {
        let mut start = vec![0; usize::try_from(known.of.min(BEGINNING)).unwrap_or_default()];
        let read = read_at(&opened.file, &mut start, 0).is_ok_and(|length| length == start.len());
        let same = read && beginning(&start) == known.beginning && known.of <= BEGINNING;
        let same = same && end(&opened.file, known.offset).is_ok_and(|end| end == known.end);
        let fits = if opened.format == Format::Lines { opened.length >= known.offset } else { opened.length == known.offset };
        if !(same && fits) && opened.length > 0 {
            self.reading.fault(LogFault::Replaced, 1, &opened.name);
        }
        (same && fits).then_some(known)
    }
}
