//! Lines, and which of them have to be read. Most records are reads, or not of Intune, and their bytes say so; the rest, and
//! every line whose bytes leave a doubt, is parsed whole, and only what was parsed is counted.
//!
//! The bytes of a line decide if it names its method exactly once, as a whole member without space (`,"requestMethod":"GET"`),
//! which in JSON cannot stand inside a text, since a quotation mark there has a backslash before it. Then a GET is a read; and
//! any other method is none of Intune's if the address, likewise there once, is that of a batch, or if the catalogue
//! says at one look that it lies elsewhere, which it does of no address with a backslash. Lines that the bytes decide are counted
//! as records, and their other members are not looked at.

use super::flat;
use super::record::{self, Fields};
use super::tally::{Shared, Tally};
use crate::snapshot::LogFault;
use memchr::{memchr, memchr2_iter};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A letter that both names have, and little else in a record has: it is what the bytes are searched for.
const MARK: u8 = b'q';

/// From the mark on. Before it stand two letters, of which the first may be a capital.
const METHOD: &[u8] = b"questMethod\"";
const URI: &[u8] = b"questUri\"";

/// Where both have their capital, from the mark on.
const CAPITAL: usize = 5;

/// A whole member, from the mark on.
const GET: &[u8] = b"questMethod\":\"GET\"";

/// Where a name stands in a line, and how often it does.
#[derive(Debug, Clone, Copy, Default)]
struct Named {
    place: usize,
    times: u32,
}

impl Named {
    fn at(&mut self, place: usize) {
        *self = Self { place, times: self.times + 1 };
    }
}

/// Envelopes of other requests, each of which has a record of its own; as nearly all of them are written.
const BATCHES: [&[u8]; 2] = [b"https://graph.microsoft.com/v1.0/$batch", b"https://graph.microsoft.com/beta/$batch"];

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
}

impl<'a> Scanner<'a> {
    pub(super) fn new(shared: &'a Shared<'a>) -> Self {
        Self { shared, tally: Tally::default(), by_bytes: true, file: String::new(), leash: Arc::new(AtomicUsize::new(LEASH)) }
    }

    /// Takes whole lines.
    pub(super) fn lines(&mut self, block: &[u8]) {
        let (mut start, mut method, mut uri) = (0, Named::default(), Named::default());
        for place in memchr2_iter(b'\n', MARK, block) {
            let rest = block.get(place..).unwrap_or_default();
            if rest.first() == Some(&MARK) {
                // One letter tells the two names apart, and from nearly all others that have the mark.
                match rest.get(CAPITAL) {
                    Some(b'M') if rest.starts_with(METHOD) => method.at(place),
                    Some(b'U') if rest.starts_with(URI) => uri.at(place),
                    _ => {}
                }
                continue;
            }
            self.judged(block, start..place, method, uri);
            (start, method, uri) = (place + 1, Named::default(), Named::default());
        }
        if start < block.len() {
            self.judged(block, start..block.len(), method, uri);
        }
    }

    /// Counts a line as a record if its bytes decide, and parses it if not.
    fn judged(&mut self, block: &[u8], line: Range<usize>, method: Named, uri: Named) {
        // A line that begins or ends otherwise is damaged, whatever stands in it.
        let text = block.get(line.clone()).unwrap_or_default();
        let whole = text.starts_with(b"{") && (text.ends_with(b"}") || text.ends_with(b"}\r"));
        if self.by_bytes && whole && method.times == 1 && self.decides(block.get(..line.end).unwrap_or_default(), method, uri) {
            self.tally.reading.records += 1;
        } else {
            self.line(text);
        }
    }

    /// Whether the bytes up to the end of a line, which names a method once, say that it is no write on Intune.
    fn decides(&self, bytes: &[u8], method: Named, uri: Named) -> bool {
        if opens(bytes, method.place) && bytes.get(method.place..).is_some_and(|rest| rest.starts_with(GET)) {
            return true;
        }
        let is_word =
            member(bytes, method.place, METHOD.len()).is_some_and(|word| !word.is_empty() && word.iter().all(u8::is_ascii_alphabetic));
        is_word && uri.times == 1 && member(bytes, uri.place, URI.len()).is_some_and(|uri| self.is_elsewhere(uri))
    }

    /// Whether an address, as it is written, lies outside of Intune.
    fn is_elsewhere(&self, uri: &[u8]) -> bool {
        let after_batch = BATCHES.iter().find_map(|batch| uri.strip_prefix(*batch));
        after_batch.is_some_and(|rest| matches!(rest.first(), None | Some(b'?'))) || self.shared.catalogue.is_plainly_elsewhere(uri)
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
        if self.by_bytes
            && let Some(fields) = flat::read(text)
        {
            self.record(&fields);
            return true;
        }
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

/// Whether what stands before a mark is the beginning of a member.
fn opens(bytes: &[u8], mark: usize) -> bool {
    let before = mark.checked_sub(4).and_then(|from| bytes.get(from..mark));
    matches!(before, Some([b',' | b'{', b'"', b'r' | b'R', b'e']))
}

/// The text value of the member whose name has its mark at a place, if it is written without space and the value without
/// quotation marks in it. It may have a backslash before its last byte: who needs none must look.
fn member(bytes: &[u8], mark: usize, length: usize) -> Option<&[u8]> {
    let value = bytes.get(mark + length..)?.strip_prefix(b":\"").filter(|_| opens(bytes, mark))?;
    value.get(..memchr(b'"', value)?)
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
