//! What a file holds, by its first bytes.

use super::document::Layout;
use super::packed::Packing;
use super::table;
use memchr::memchr;

/// First bytes of a file that are looked at.
pub(super) const HEAD: u64 = 16 << 10;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A record a line.
    Lines,
    /// One JSON document.
    Document(Layout),
    /// CSV.
    Table,
    /// Something packed.
    Packed(Packing),
    /// Nothing.
    Empty,
    /// None of these.
    Unknown,
}

impl Format {
    /// The format of a file that begins so.
    pub(super) fn of(head: &[u8]) -> Self {
        if let Some(packing) = Packing::of(head) {
            return Self::Packed(packing);
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let line = text.get(..memchr(b'\n', text).unwrap_or(text.len())).unwrap_or_default().trim_ascii_end();
        match text.first() {
            None if (head.len() as u64) < HEAD => Self::Empty,
            None => Self::Unknown,
            Some(b'[') => Self::Document(Layout::Records),
            Some(b'{') => Self::of_object(text, line),
            Some(_) if table::is_head(line) => Self::Table,
            // Lines of which the first is damaged: others may not be.
            Some(_) if text.split(|byte| *byte == b'\n').skip(1).take(8).any(|line| line.starts_with(b"{\"")) => Self::Lines,
            Some(_) => Self::Unknown,
        }
    }

    fn of_object(text: &[u8], line: &[u8]) -> Self {
        let first: Vec<u8> = text.iter().skip(1).filter(|byte| !byte.is_ascii_whitespace()).take(9).copied().collect();
        let in_lines = line.len() > 1 && line.ends_with(b"}");
        if first == *b"\"tables\":" {
            Self::Document(Layout::Tables)
        // An object over several lines is no line of records; one without an end in sight may be.
        } else if line.len() < text.len() && !in_lines && line.len() < 200 && !line.contains(&b',') {
            Self::Document(Layout::Records)
        } else {
            Self::Lines
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_beginnings() {
        for (head, format) in [
            ("", Format::Empty),
            (" \r\n", Format::Empty),
            ("{\"time\":1}\r\n{\"time\":2}", Format::Lines),
            ("\u{feff}{\"time\":1}", Format::Lines),
            ("{\"time\":1", Format::Lines),
            ("{\"records\":[{}]}\n{\"records\":[]}\n", Format::Lines),
            ("\"me\":1}\r\n{\"time\":2}\r\n", Format::Lines),
            ("\n[{}]", Format::Document(Layout::Records)),
            ("{\n  \"records\": [\n", Format::Document(Layout::Records)),
            ("{ \"tables\" : [", Format::Document(Layout::Tables)),
            ("{\n\"tables\":[", Format::Document(Layout::Tables)),
            ("TimeGenerated,RequestMethod,RequestUri\n", Format::Table),
            ("\u{feff}\"TimeGenerated [UTC]\",\"RequestMethod\",\"RequestUri\"\r\n", Format::Table),
            ("a,b,c\n1,2,3\n", Format::Unknown),
            ("hello", Format::Unknown),
            ("\u{1f}", Format::Unknown),
        ] {
            assert_eq!(Format::of(head.as_bytes()), format, "{head:?}");
        }
        assert_eq!(Format::of(&[0x1f, 0x8b, 8]), Format::Packed(Packing::Gzip));
    }
}
