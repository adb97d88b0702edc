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

    /// Where a line begins, in bytes.
    pub(super) fn start(&self, line: usize) -> usize {
        line.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or(0)
    }

    /// The text of a line, without its break.
    pub(super) fn line(&self, line: usize) -> &'t str {
        let from = line.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or(0);
        let to = self.starts.get(line).copied().unwrap_or(self.text.len());
        self.text.get(from..to).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// The text of a file: UTF-8, UTF-16 with or without mark, UTF-32 with one, or else Windows-1252. None if it is not text. Line ends
/// of old are made new ones.
pub(super) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = decoded(bytes)?;
    let old = text.contains('\r') && !text.contains('\n');
    Some(if old { Cow::Owned(text.replace('\r', "\n")) } else { text })
}

fn decoded(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(text) = thirty_two(bytes) {
        return Some(Cow::Owned(text));
    }
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or(&[]));
        return Some(text);
    }
    if bytes.contains(&0) {
        return sixteen(bytes).or_else(|| stray_zeros(bytes));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0),
    }
}

/// UTF-32 behind its mark.
fn thirty_two(bytes: &[u8]) -> Option<String> {
    let read: fn([u8; 4]) -> u32 = match bytes.get(..4)? {
        [0xff, 0xfe, 0, 0] => u32::from_le_bytes,
        [0, 0, 0xfe, 0xff] => u32::from_be_bytes,
        _ => return None,
    };
    let quads = bytes.get(4..).unwrap_or(&[]).as_chunks::<4>().0;
    Some(quads.iter().map(|quad| char::from_u32(read(*quad)).unwrap_or('\u{fffd}')).collect())
}

/// UTF-16 without a mark: of a script, a good part is ASCII, which has a zero in every other byte.
fn sixteen(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), bytes.len() / 2);
    let encoding = if odd * 25 > pairs && even * 20 < odd {
        encoding_rs::UTF_16LE
    } else if even * 25 > pairs && odd * 20 < even {
        encoding_rs::UTF_16BE
    } else {
        return None;
    };
    encoding.decode_without_bom_handling_and_without_replacement(bytes)
}

/// Text in which a few zeros stand, such as at its end; they become spaces.
fn stray_zeros(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let odd = bytes.iter().filter(|byte| **byte < 9 || (14..27).contains(*byte)).count();
    let inner = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let trailing = bytes.len() - inner;
    if (odd - trailing) * 100 > inner || inner == 0 {
        return None;
    }
    let plain: Vec<u8> = bytes.iter().map(|byte| if *byte == 0 { b' ' } else { *byte }).collect();
    let text = match String::from_utf8(plain) {
        Ok(text) => text,
        Err(error) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned(),
    };
    Some(Cow::Owned(text))
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
            [vec![0xff, 0xfe, 0, 0], text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect()].concat(),
            [vec![0, 0, 0xfe, 0xff], text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect()].concat(),
        ] {
            assert_eq!(decode(&bytes).unwrap(), text, "{bytes:?}");
        }
        let chinese = format!("# {}\nInvoke-X -Uri 'a'", "说明".repeat(10));
        let little: Vec<u8> = chinese.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&little).unwrap(), chinese);
        assert_eq!(decode(b"Invoke-X\0").unwrap(), "Invoke-X ");
        assert_eq!(decode(b"a\rb\r").unwrap(), "a\nb\n");
        assert_eq!(decode(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0"), None);
    }
}
