//! Text out of bytes, and places in it.

use super::ir::Span;
use super::model::Place;
use std::borrow::Cow;

/// Where lines begin.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// Line and column, each from 1; columns count characters.
    pub(super) fn at(&self, byte: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..byte).map_or(1, |before| before.chars().count() + 1);
        (line, column)
    }

    pub(super) fn place(&self, span: Span) -> Place {
        let (line, column) = self.at(span.start);
        let (end_line, end_column) = self.at(span.end);
        Place { line, column, end_line, end_column }
    }

    /// The text of a line, without its break.
    pub(super) fn line(&self, line: usize) -> &'t str {
        let from = line.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or(0);
        let to = self.starts.get(line).copied().unwrap_or(self.text.len());
        self.text.get(from..to).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// The text of a file: UTF-8, UTF-16 with or without mark, or else Windows-1252. None if it is not text.
pub(super) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or(&[]));
        return Some(text);
    }
    let head = bytes.get(..bytes.len().min(4_096)).unwrap_or(&[]);
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count() * 10;
    let half = head.len() / 2;
    if head.contains(&0) {
        // Text of Western scripts in UTF-16 has a zero in every other byte.
        let encoding = if half > 0 && zeros(1) > half * 7 && zeros(0) < half {
            encoding_rs::UTF_16LE
        } else if half > 0 && zeros(0) > half * 7 && zeros(1) < half {
            encoding_rs::UTF_16BE
        } else {
            return None;
        };
        return Some(encoding.decode_without_bom_handling(bytes).0);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0),
    }
}

/// A path as it is shown: with slashes, and without a dot before it.
pub(super) fn path(path: &std::path::Path) -> String {
    let shown = path.to_string_lossy().replace('\\', "/");
    shown.strip_prefix("./").map_or(shown.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let lines = Lines::of("a\näö x\n");
        let at = "a\näö ".len();
        assert_eq!(lines.at(at), (2, 4));
        assert_eq!(lines.line(2), "äö x");
        assert_eq!(lines.at(10_000).0, 3);
    }

    #[test]
    fn every_encoding_of_windows_is_read() {
        let text = "Invoke-X -Uri 'ä'";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.as_bytes()),
            marked(b"\xff\xfe", &little),
            marked(b"\xfe\xff", &big),
            little.clone(),
            big.clone(),
            b"Invoke-X -Uri '\xe4'".to_vec(),
        ] {
            assert_eq!(decode(&bytes).unwrap(), text, "{bytes:?}");
        }
        assert_eq!(decode(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0"), None);
    }
}
