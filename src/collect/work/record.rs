//! Records of a work file: a length, and a zstd frame with its own checksum, so that a tail that was torn off by a kill, or
//! anything else that is not as it was written, is found.

use std::io::{self, Read, Write};

/// Longest record unpacked, in bytes: above the longest answer that the client takes.
const LONGEST: u64 = 128 << 20;

/// Bytes of the length in front of each frame.
pub(super) const LENGTH: u64 = 4;

/// Packs a record, its length in front.
pub(super) fn pack(parts: &[&[u8]]) -> io::Result<Vec<u8>> {
    let mut packed = zstd::Encoder::new(vec![0; 4], 1)?;
    packed.include_checksum(true)?;
    for part in parts {
        packed.write_all(part)?;
    }
    let mut record = packed.finish()?;
    let length = u32::try_from(record.len() - 4).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    record[..4].copy_from_slice(&length.to_le_bytes());
    Ok(record)
}

/// Reads the packed frame that comes next. None at the end of the file, and where it is torn.
pub(super) fn next_frame(file: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if let Err(error) = file.read_exact(&mut length) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let length = u64::from(u32::from_le_bytes(length));
    let mut frame = Vec::new();
    // Grows with what is there, and not with what a damaged length promises.
    file.take(length).read_to_end(&mut frame)?;
    Ok((frame.len() as u64 == length).then_some(frame))
}

/// Unpacks one frame; None for anything but a whole one with a fitting checksum.
pub(super) fn unpack(frame: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    zstd::Decoder::with_buffer(frame).ok()?.single_frame().take(LONGEST).read_to_end(&mut bytes).ok()?;
    ((bytes.len() as u64) < LONGEST).then_some(bytes)
}

/// The record of one answer: the length of the key, the key, and the body as JSON.
pub(super) fn pack_answer(key: &str, body: &serde_json::Value) -> io::Result<Vec<u8>> {
    let length = u32::try_from(key.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    pack(&[&length.to_le_bytes(), key.as_bytes(), &serde_json::to_vec(body)?])
}

/// Key and body of an unpacked answer.
pub(super) fn split_answer(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (key, body) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    Some((std::str::from_utf8(key).ok()?, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_answer_comes_back_and_a_torn_or_changed_one_does_not() {
        let record = pack_answer("GET /x", &json!({"value": [1, 2]})).unwrap();
        let frame = next_frame(&mut record.as_slice()).unwrap().unwrap();
        let bytes = unpack(&frame).unwrap();
        assert_eq!(split_answer(&bytes), Some(("GET /x", br#"{"value":[1,2]}"#.as_slice())));
        for length in 0..record.len() {
            assert_eq!(next_frame(&mut &record[..length]).unwrap(), None, "{length}");
        }
        for at in 0..frame.len() {
            let mut changed = frame.clone();
            changed[at] ^= 0x40;
            // Some bits of the frame's description say nothing; what is written comes back all the same, or nothing does.
            assert!(unpack(&changed).is_none_or(|unpacked| unpacked == bytes), "{at}");
            assert_eq!(unpack(&frame[..at]), None, "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>()) {
            let _ = next_frame(&mut bytes.as_slice());
            let _ = unpack(&bytes);
            let _ = split_answer(&bytes);
        }
    }
}
