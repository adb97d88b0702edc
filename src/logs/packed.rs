//! Packed files: gzip, also of several members, and zstd. Told by their first bytes, not by their names. What a file unpacks to
//! is bounded by what it is packed in.

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

/// Logs pack to a tenth or a thirtieth; gzip cannot do better than a thousandth, which only one text over and over reaches.
const MOST_TIMES: u64 = 200;

/// A small file may unpack to this much all the same.
const ALWAYS: u64 = 64 << 20;

/// Bytes that are read of a packed file at a time.
const PIECE: usize = 64 << 10;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// The packing that the first bytes of a file tell.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Unpacks. Reading fails with [`io::ErrorKind::FileTooLarge`] where it is out of proportion.
    ///
    /// # Errors
    /// Where the system has no memory for it.
    pub(super) fn open(self, packed: impl Read) -> io::Result<impl Read> {
        let taken = Rc::new(Cell::new(0));
        let packed = BufReader::with_capacity(PIECE, Counted { inner: packed, taken: Rc::clone(&taken) });
        let inner = match self {
            Self::Gzip => Unpacking::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(packed))),
            Self::Zstd => Unpacking::Zstd(zstd::Decoder::with_buffer(packed)?),
        };
        Ok(Bounded { inner, taken, given: 0 })
    }
}

enum Unpacking<R: io::BufRead> {
    Gzip(Box<flate2::bufread::MultiGzDecoder<R>>),
    Zstd(zstd::Decoder<'static, R>),
}

impl<R: io::BufRead> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(gzip) => gzip.read(buffer),
            Self::Zstd(zstd) => zstd.read(buffer),
        }
    }
}

/// Counts what is taken from it.
struct Counted<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + length as u64);
        Ok(length)
    }
}

struct Bounded<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
    given: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given > ALWAYS && self.given > self.taken.get().saturating_mul(MOST_TIMES) {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let length = self.inner.read(buffer)?;
        self.given += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Packing::of(packed).unwrap().open(packed)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn both_packings_and_several_members_are_read() {
        let members = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(unpack(&members).unwrap(), b"one two");
        assert_eq!(unpack(&zstd::encode_all(b"three".as_slice(), 3).unwrap()).unwrap(), b"three");
        assert_eq!(Packing::of(b"{\"time\""), None);
    }

    #[test]
    fn a_cut_file_fails() {
        for packed in [gzip(&b"line\n".repeat(1000)), zstd::encode_all(b"line\n".repeat(1000).as_slice(), 3).unwrap()] {
            assert!(unpack(&packed[..packed.len() - 9]).is_err());
        }
    }

    #[test]
    fn a_bomb_is_given_up() {
        let packed = gzip(&vec![b' '; 80 << 20]);
        assert_eq!(unpack(&packed).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        let packed = zstd::encode_all(vec![b' '; 80 << 20].as_slice(), 3).unwrap();
        assert_eq!(unpack(&packed).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
