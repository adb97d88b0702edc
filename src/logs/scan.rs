//! Lines, and which of them have to be read. Most records are reads, or not of Intune, and their bytes say so; the rest, and
//! every line whose bytes leave a doubt, is parsed whole, and only what was parsed is counted.
//!
//! The bytes of a line decide if it names its method exactly once, as a whole member without space (`,"requestMethod":"GET"`),
//! which in JSON cannot stand inside a text, since a quotation mark there has a backslash before it. Then a GET is a read; and
//! any other method is none of Intune's if the address, likewise there once and without a backslash in its path, is that of a
//! batch, or if the catalogue says at one look that it lies elsewhere. Lines that the bytes decide are counted
//! as records, and their other members are not looked at.

use super::record::{self, Fields};
use super::tally::{Shared, Tally};
use crate::snapshot::LogFault;
use memchr::{memchr, memmem};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Without its first letter, which may be a capital.
const METHOD: &[u8] = b"equestMethod\"";
const URI: &[u8] = b"equestUri\"";

/// Envelopes of other requests, each of which has a record of its own; as nearly all of them are written.
const BATCHES: [&str; 2] = ["https://graph.microsoft.com/v1.0/$batch", "https://graph.microsoft.com/beta/$batch"];

/// Most bytes of a source that is not cut into lines that may pass without a record in them. It bounds what a crafted file
/// can make a parser gather.
const LEASH: usize = 8 << 20;

/// A source that fails with [`io::ErrorKind::FileTooLarge`] where too much passes without a record.
pub(super) struct Leashed<'r> {
    source: &'r mut dyn io::Read,
    leash: Arc<AtomicUsize>,
}

impl<'r> Leashed<'r> {
    pub(super) fn new(source: &'r mut dyn io::Read, scanner: &Scanner<'_>) -> Self {
        scanner.leash.store(LEASH, Ordering::Relaxed);
        Self { source, leash: Arc::clone(&scanner.leash) }
    }
}

impl io::Read for Leashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        let left = self.leash.load(Ordering::Relaxed).checked_sub(length);
        self.leash.store(left.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?, Ordering::Relaxed);
        Ok(length)
    }
}

/// One thread's reader of lines.
pub(super) struct Scanner<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) tally: Tally,
    /// Whether bytes may decide; a test turns it off to compare.
    pub(super) by_bytes: bool,
    /// What faults name as their place: the file, as the user knows it.
    pub(super) file: String,
    /// What is left of the bytes that one record may take in a format without lines.
    pub(super) leash: Arc<AtomicUsize>,
    method: memmem::Finder<'static>,
    uri: memmem::Finder<'static>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(shared: &'a Shared<'a>) -> Self {
        Self {
            shared,
            tally: Tally::default(),
            by_bytes: true,
            file: String::new(),
            leash: Arc::new(AtomicUsize::new(LEASH)),
            method: memmem::Finder::new(METHOD),
            uri: memmem::Finder::new(URI),
        }
    }

    /// Takes whole lines.
    pub(super) fn lines(&mut self, block: &[u8]) {
        let mut at = 0;
        let mut next = self.next_method(block, 0);
        while at < block.len() {
            let end = block.get(at..).and_then(|rest| memchr(b'\n', rest)).map_or(block.len(), |length| at + length);
            let line = block.get(at..end).unwrap_or_default();
            let place = next.checked_sub(at).filter(|_| next < end);
            let mut named = 0;
            while next < end {
                named += 1;
                next = self.next_method(block, next + METHOD.len());
            }
            match place {
                Some(place) if named == 1 && self.by_bytes && self.decides(line, place) => self.tally.reading.records += 1,
                _ => self.line(line),
            }
            at = end + 1;
        }
    }

    /// Where the next method is named, from a place on; far away if nowhere.
    fn next_method(&self, block: &[u8], from: usize) -> usize {
        block.get(from..).and_then(|rest| self.method.find(rest)).map_or(usize::MAX, |place| from + place)
    }

    /// Whether the bytes of a line, which names a method at `place` and nowhere else, say that it is no write on Intune.
    fn decides(&self, line: &[u8], place: usize) -> bool {
        let Some(method) = member(line, place, METHOD.len()) else { return false };
        let is_word = !method.is_empty() && method.iter().all(u8::is_ascii_alphabetic);
        method == b"GET" || (is_word && self.is_elsewhere(line))
    }

    /// Whether the one address of a line lies outside of Intune.
    fn is_elsewhere(&self, line: &[u8]) -> bool {
        let Some(place) = self.uri.find(line) else { return false };
        let again = line.get(place + URI.len()..).and_then(|rest| self.uri.find(rest));
        let Some(uri) = member(line, place, URI.len()).filter(|_| again.is_none()) else { return false };
        let path = uri.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
        let Ok(path) = std::str::from_utf8(path) else { return false };
        !path.contains('\\') && (BATCHES.contains(&path) || self.shared.catalogue.is_plainly_elsewhere(path))
    }

    /// Parses a line and counts what is in it.
    fn line(&mut self, line: &[u8]) {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
        if !line.is_empty() && !self.parsed(line) {
            self.tally.reading.records += 1;
            self.tally.reading.fault(LogFault::NotJson, 1, &self.file);
        }
    }

    /// The last line of a file, which has no end: whole only if it parses.
    pub(super) fn last_line(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        if !line.is_empty() && !self.parsed(line) {
            self.tally.reading.records += 1;
            self.tally.reading.fault(LogFault::CutLine, 1, &self.file);
        }
    }

    /// Whether the text of a line is one JSON value, whose records are counted then. What is not UTF-8 is read with marks in
    /// place of what is no text.
    fn parsed(&mut self, line: &[u8]) -> bool {
        if let Ok(text) = std::str::from_utf8(line) {
            return self.counted(text);
        }
        self.tally.reading.fault(LogFault::NotUtf8, 1, &self.file);
        let text = String::from_utf8_lossy(line);
        self.counted(&text)
    }

    fn counted(&mut self, text: &str) -> bool {
        // What comes before a fault is not counted, so that a cut line leaves nothing behind. A line has one record as a rule.
        let (mut first, mut more): (Option<Fields<'_>>, Vec<Fields<'_>>) = (None, Vec::new());
        let each = |fields| match first {
            None => first = Some(fields),
            Some(_) => more.push(fields),
        };
        if record::read(text, each).is_err() {
            return false;
        }
        first.iter().chain(&more).for_each(|fields| self.record(fields));
        true
    }

    /// Takes a record that was parsed elsewhere.
    pub(super) fn record(&mut self, fields: &Fields<'_>) {
        self.leash.store(LEASH, Ordering::Relaxed);
        self.tally.reading.records += 1;
        self.tally.record(self.shared, fields, &self.file);
    }

    pub(super) fn fault(&mut self, fault: LogFault) {
        self.tally.reading.fault(fault, 1, &self.file);
    }
}

/// The text value of the member whose name, but for its first letter, stands at `place`, if it is written without space and the
/// value without quotation marks in it. It may have a backslash before its last byte: who needs none must look.
fn member(line: &[u8], place: usize, length: usize) -> Option<&[u8]> {
    let before = line.get(place.checked_sub(3)?..place)?;
    let opens = matches!(before, [b',' | b'{', b'"', b'r' | b'R']);
    let value = line.get(place + length..)?.strip_prefix(b":\"").filter(|_| opens)?;
    value.get(..memchr(b'"', value)?)
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
