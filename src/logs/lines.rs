//! Cuts what is read into whole lines, in blocks, with one buffer a thread.

use super::scan::Scanner;
use crate::snapshot::LogFault;
use memchr::{memchr, memrchr};
use std::io::{self, ErrorKind, Read};

/// Bytes that are read at a time: what fits a core's second cache.
pub(super) const BLOCK: usize = 256 << 10;

/// What the place that blocks are read to is a multiple of, in bytes: a line of the processor's cache.
const ALIGNMENT: usize = 64;

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

/// Room before the place that blocks are read to, for the beginning of a line whose end is in the next block.
const FRONT: usize = 64 << 10;

/// A buffer of lines. Blocks are always read to the same place, which is a multiple of what the processor copies at a time, and what
/// is left of one is put before it: a copy from the system's cache is a third slower elsewhere.
pub(super) struct Lines {
    buffer: Vec<u8>,
    /// Where blocks are read to.
    base: usize,
    /// What was read and not given yet: from here,
    from: usize,
    /// to here.
    to: usize,
    /// Inside a line that is too long, which is passed over.
    overlong: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::new(), base: 0, from: 0, to: 0, overlong: false }
    }

    /// Gives every line of the source to the scanner; with `inside` all after the first line end. Answers how many bytes were
    /// whole lines.
    ///
    /// # Errors
    /// What the source says; lines before were given.
    pub(super) fn read(&mut self, source: &mut dyn Read, inside: bool, end: End, scanner: &mut Scanner<'_>) -> io::Result<u64> {
        if self.buffer.is_empty() {
            self.buffer = vec![0; FRONT + ALIGNMENT + 2 * BLOCK];
            self.base = FRONT + self.buffer.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        }
        (self.from, self.to, self.overlong) = (self.base, self.base, inside);
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
            let fresh = self.to;
            self.to += length;
            done += self.give(fresh, left, scanner);
        }
    }

    /// Where the next bytes go.
    fn room(&mut self) -> &mut [u8] {
        let end = self.to + BLOCK;
        if end > self.buffer.len() {
            self.buffer.resize(end, 0);
        }
        self.buffer.get_mut(self.to..end).unwrap_or_default()
    }

    /// Gives the whole lines that are there and begin within `left` bytes, and keeps the rest. Only from `fresh` on a line end is
    /// new. Answers how many bytes were whole lines.
    fn give(&mut self, fresh: usize, left: u64, scanner: &mut Scanner<'_>) -> u64 {
        let limit = usize::try_from(left).ok().and_then(|left| self.from.checked_add(left)).unwrap_or(usize::MAX);
        // The line that begins before the limit ends behind it.
        let last = if limit <= self.to {
            let start = limit.saturating_sub(1).max(fresh);
            memchr(b'\n', self.bytes(start, self.to)).map(|place| start + place)
        } else {
            memrchr(b'\n', self.bytes(fresh, self.to)).map(|place| fresh + place)
        };
        let Some(last) = last else { return self.wait(scanner) };
        let mut start = self.from;
        if std::mem::take(&mut self.overlong) {
            start += memchr(b'\n', self.bytes(self.from, self.to)).map_or(0, |place| place + 1);
        }
        scanner.lines(self.bytes(start, last + 1));
        let done = last + 1 - self.from;
        self.settle(last + 1);
        done as u64
    }

    fn bytes(&self, from: usize, to: usize) -> &[u8] {
        self.buffer.get(from..to).unwrap_or_default()
    }

    /// Puts what begins at a place before the one that blocks are read to, if there is room.
    fn settle(&mut self, begin: usize) {
        let length = self.to - begin;
        self.from = self.base.saturating_sub(length);
        self.buffer.copy_within(begin..self.to, self.from);
        self.to = self.from + length;
        self.buffer.truncate((self.base + 2 * BLOCK).max(self.to));
    }

    /// No line end yet: goes on, or gives the line up. What was given up still counts as read once its end is found, so it is
    /// answered for at once.
    fn wait(&mut self, scanner: &mut Scanner<'_>) -> u64 {
        if self.to - self.from <= LONGEST_LINE {
            return 0;
        }
        if !self.overlong {
            scanner.tally.reading.records += 1;
            scanner.fault(LogFault::LongLine);
        }
        self.overlong = true;
        let given_up = self.to - self.from;
        self.settle(self.to);
        given_up as u64
    }

    /// What is left at the end of the source. Answers how many bytes of it are done with.
    fn finish(&mut self, end: End, scanner: &mut Scanner<'_>, failed: bool) -> u64 {
        let rest = self.bytes(self.from, self.to);
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
