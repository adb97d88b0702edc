//! Gzip without compression (RFC 1952, stored blocks of RFC 1951): enough to send a body that breaks off.

/// Longest stored block.
const BLOCK: usize = 0xffff;

/// The bytes as a gzip file.
pub(crate) fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let blocks: Vec<&[u8]> = if bytes.is_empty() { vec![bytes] } else { bytes.chunks(BLOCK).collect() };
    for (number, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        file.push(u8::from(number + 1 == blocks.len()));
        file.extend(length.to_le_bytes());
        file.extend((!length).to_le_bytes());
        file.extend_from_slice(block);
    }
    file.extend(crc32(bytes).to_le_bytes());
    file.extend(u32::try_from(bytes.len() & 0xffff_ffff).unwrap_or_default().to_le_bytes());
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn long_bodies_take_several_blocks() {
        let bytes = vec![7; BLOCK + 5];
        assert_eq!(stored(&bytes).len(), 10 + 5 + BLOCK + 5 + 5 + 8);
        assert_eq!(stored(b"").len(), 10 + 5 + 8);
    }
}
