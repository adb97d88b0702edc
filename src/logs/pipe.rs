//! Unpacks in one thread while another looks at what was unpacked.

use super::lines::BLOCK;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Blocks on their way.
const UNDER_WAY: usize = 4;

/// Gives `take` a source that holds what the source of `open`, which is read in a thread of its own, holds.
pub(super) fn through<R: Read, T>(open: impl FnOnce() -> io::Result<R> + Send, take: impl FnOnce(&mut dyn Read) -> T) -> T {
    let (full, blocks) = sync_channel(UNDER_WAY);
    let (back, empty) = channel();
    thread::scope(|scope| {
        scope.spawn(move || fill(open, &full, &empty));
        take(&mut Pipe { blocks, back, block: Block::default(), at: 0 })
    })
}

/// Bytes that were read into the front of a buffer.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    length: usize,
}

/// Reads until the end, a failure, or until nobody takes it.
fn fill<R: Read>(open: impl FnOnce() -> io::Result<R>, full: &SyncSender<io::Result<Block>>, empty: &Receiver<Vec<u8>>) {
    let mut source = match open() {
        Ok(source) => source,
        Err(error) => {
            let _ = full.send(Err(error));
            return;
        }
    };
    loop {
        let mut bytes: Vec<u8> = empty.try_recv().unwrap_or_default();
        bytes.resize(BLOCK, 0);
        let read = source.read(&mut bytes);
        let ended = !matches!(read, Ok(1..));
        let sent = full.send(read.map(|length| Block { bytes, length }));
        if ended || sent.is_err() {
            return;
        }
    }
}

struct Pipe {
    blocks: Receiver<io::Result<Block>>,
    back: Sender<Vec<u8>>,
    block: Block,
    at: usize,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.block.length {
            let _ = self.back.send(std::mem::take(&mut self.block.bytes));
            // A sender that has gone has sent its end, or its failure, before.
            self.block = self.blocks.recv().unwrap_or_else(|_| Ok(Block::default()))?;
            self.at = 0;
        }
        let rest = self.block.bytes.get(self.at..self.block.length).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let bytes: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let out = through(
            || Ok(bytes.as_slice()),
            |source| {
                let mut out = Vec::new();
                source.read_to_end(&mut out).map(|_| out)
            },
        );
        assert!(out.unwrap() == bytes);
    }

    #[test]
    fn a_failure_arrives_and_who_goes_away_stops_it() {
        let failed = through(|| Err::<&[u8], _>(io::Error::from(io::ErrorKind::NotFound)), |source| source.read(&mut [0; 9]));
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(through(|| Ok(io::repeat(7)), |source| source.read(&mut [0; 9]).ok()), Some(9));
    }
}
