//! Cuts what is read into whole lines, in blocks, with one buffer a thread.

use super::scan::Scanner;
use crate::snapshot::LogFault;
use memchr::{memchr, memrchr};
use std::io::{self, ErrorKind, Read};

/// Bytes that are read at a time: what fits a core's second cache.
pub(super) const BLOCK: usize = 256 << 10;

/// Longest line that is kept in memory. A record has one or two thousand bytes; a message of an event hub at most 1 MiB.
pub(super) const LONGEST_LINE: usize = 2 << 20;

/// Where reading ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The source has ended; what has no line end is the last line.
    Source,
    /// The source has ended, and may go on later: what has no line end is left for then.
    Growing,
    /// Lines that begin at this many bytes, or later, are left out; the source goes on after.
    At(u64),
}

/// A buffer of lines.
pub(super) struct Lines {
    buffer: Vec<u8>,
    filled: usize,
    /// Inside a line that is too long, which is passed over.
    overlong: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::new(), filled: 0, overlong: false }
    }

    /// Gives every line of the source to the scanner; with `inside` all after the first line end. Answers how many bytes were
    /// whole lines.
    ///
    /// # Errors
    /// What the source says; lines before were given.
    pub(super) fn read(&mut self, source: &mut dyn Read, inside: bool, end: End, scanner: &mut Scanner<'_>) -> io::Result<u64> {
        self.buffer.resize(self.buffer.len().max(BLOCK), 0);
        (self.filled, self.overlong) = (0, inside);
        let mut done = 0_u64;
        loop {
            let left = if let End::At(at) = end { at.saturating_sub(done) } else { u64::MAX };
            if left == 0 {
                return Ok(done);
            }
            let length = match source.read(self.room()) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.finish(end, scanner, true);
                    return Err(error);
                }
            };
            if length == 0 {
                return Ok(done + self.finish(end, scanner, false));
            }
            let from = self.filled;
            self.filled += length;
            done += self.give(from, left, scanner);
        }
    }

    /// Where the next bytes go.
    fn room(&mut self) -> &mut [u8] {
        if self.filled + BLOCK / 4 > self.buffer.len() {
            self.buffer.resize(self.filled + BLOCK, 0);
        }
        self.buffer.get_mut(self.filled..).unwrap_or_default()
    }

    /// Gives the whole lines that are there and begin within `left` bytes, and keeps the rest. Only from `from` on a line end is
    /// new. Answers how many bytes were whole lines.
    fn give(&mut self, from: usize, left: u64, scanner: &mut Scanner<'_>) -> u64 {
        let fresh = self.buffer.get(from..self.filled).unwrap_or_default();
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        // The line that begins before the limit ends behind it.
        let last = if left <= self.filled {
            let start = left.saturating_sub(1).max(from);
            let beyond = self.buffer.get(start..self.filled).unwrap_or_default();
            memchr(b'\n', beyond).map(|place| start + place)
        } else {
            memrchr(b'\n', fresh).map(|place| from + place)
        };
        let Some(last) = last else { return self.wait(scanner) };
        let mut start = 0;
        if std::mem::take(&mut self.overlong) {
            start = memchr(b'\n', self.buffer.get(..self.filled).unwrap_or_default()).unwrap_or(last) + 1;
        }
        scanner.lines(self.buffer.get(start..=last).unwrap_or_default());
        self.buffer.copy_within(last + 1..self.filled, 0);
        self.filled -= last + 1;
        (last + 1) as u64
    }

    /// No line end yet: goes on, or gives the line up. What was given up still counts as read once its end is found, so it is
    /// answered for at once.
    fn wait(&mut self, scanner: &mut Scanner<'_>) -> u64 {
        if self.filled <= LONGEST_LINE {
            return 0;
        }
        if !self.overlong {
            scanner.tally.reading.records += 1;
            scanner.fault(LogFault::LongLine);
        }
        self.overlong = true;
        let given_up = self.filled as u64;
        self.filled = 0;
        self.buffer.truncate(BLOCK);
        given_up
    }

    /// What is left at the end of the source. Answers how many bytes of it are done with.
    fn finish(&mut self, end: End, scanner: &mut Scanner<'_>, failed: bool) -> u64 {
        let rest = self.buffer.get(..self.filled).unwrap_or_default();
        if self.overlong || rest.is_empty() {
            return if end == End::Growing { 0 } else { rest.len() as u64 };
        }
        match end {
            End::Growing => {
                if !rest.trim_ascii().is_empty() {
                    scanner.fault(LogFault::CutLine);
                }
                0
            }
            // Where the source failed, what is left is a piece of a line; the failure is told by itself.
            _ if failed => 0,
            _ => {
                scanner.last_line(rest);
                rest.len() as u64
            }
        }
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
