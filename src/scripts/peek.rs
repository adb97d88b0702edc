//! A look into files that are not read: whether they may be scripts at all.

use super::filter;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How much is looked at at once, in bytes.
const PIECE: usize = 1024 * 1024;
/// Longer than any word that is looked for, in UTF-16 too.
const OVERLAP: usize = 128;
/// How much of a file is searched, in bytes. What is longer is taken to have a word.
const MOST: usize = 512 * PIECE;

/// Whether bytes that may be text in any encoding name something of Intune.
pub(super) fn names_intune(bytes: &[u8]) -> bool {
    // Words of ASCII in UTF-16 and UTF-32 are those letters with zeros between.
    let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    filter::names_intune(&String::from_utf8_lossy(&plain))
}

/// The same of a file of any length.
pub(super) fn file_names_intune(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let (mut piece, mut kept, mut read) = (vec![0; PIECE], 0, 0);
    loop {
        let Some(room) = piece.get_mut(kept..) else { return Ok(true) };
        let count = file.read(room)?;
        if count == 0 {
            return Ok(false);
        }
        let end = kept + count;
        read += count;
        if read > MOST || piece.get(..end).is_some_and(names_intune) {
            return Ok(true);
        }
        let from = end.saturating_sub(OVERLAP);
        piece.copy_within(from..end, 0);
        kept = end - from;
    }
}

/// The first line of a file, as far as it is not overlong.
pub(super) fn head(path: &Path) -> io::Result<String> {
    let mut head = Vec::new();
    File::open(path)?.take(4_096).read_to_end(&mut head)?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_wherever_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        for before in [0, 10, PIECE - 5, 2 * PIECE - 140, 3 * PIECE] {
            std::fs::write(&path, [vec![b' '; before], b"deviceManagement".to_vec(), vec![b' '; 300]].concat()).unwrap();
            assert!(file_names_intune(&path).unwrap(), "{before}");
        }
        let wide: Vec<u8> = "deviceManagement".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(names_intune(&wide));
        std::fs::write(&path, vec![b'x'; 3 * PIECE]).unwrap();
        assert!(!file_names_intune(&path).unwrap());
    }
}
