//! Files read by position, so that several threads can read one without a lock.

use std::fs::File;
use std::io::{self, Read};

/// Bytes read at a time behind the end of a range: the rest of one line.
const BEYOND: usize = 8 << 10;

/// No read goes over a multiple of this many bytes, so that all but the first begin at one: whole pages of the system's cache.
const BOUNDARY: u64 = 256 << 10;

/// Reads at a position, without moving any.
pub(super) fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, position);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, position);
}

/// A file from a position on. Up to the end of its range it is read in large pieces, beyond in small ones.
pub(super) struct Range<'f> {
    file: &'f File,
    at: u64,
    end: u64,
}

impl<'f> Range<'f> {
    pub(super) fn new(file: &'f File, from: u64, end: u64) -> Self {
        Self { file, at: from, end }
    }
}

impl Read for Range<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let within = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let to_boundary = usize::try_from(BOUNDARY - self.at % BOUNDARY).unwrap_or(usize::MAX);
        let length = buffer.len().min(if within == 0 { BEYOND } else { within }).min(to_boundary);
        let read = read_at(self.file, buffer.get_mut(..length).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The first bytes of a source, at most so many, and the failure that came after them, if one did.
pub(super) fn head(source: &mut dyn Read, most: u64) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::new();
    let failure = source.take(most).read_to_end(&mut head).err();
    (head, failure)
}
