//! A record as nearly all are written: one object without spaces, escapes or nesting but for its `properties`. It is read here with
//! fewer steps than a parser takes for it; whatever is written in any other way is left to the parser.

use super::record::{Field, Fields};
use memchr::memchr;

/// The members of a record, the same as the parser gives. None if the text is not written so, which says nothing of what it is.
pub(super) fn read(text: &str) -> Option<Fields<'_>> {
    // Without control characters and backslashes, a text between quotation marks is what it is written as.
    if text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'\\')) {
        return None;
    }
    let (mut inner, mut outer) = (Fields::default(), Fields::default());
    let mut rest = Rest(text.strip_prefix('{')?);
    loop {
        let name = rest.name()?;
        match name {
            "records" | "Records" => return None,
            "properties" | "Properties" => rest.properties(&mut inner)?,
            _ => outer.take(name, rest.scalar()?),
        }
        if rest.ended()? {
            break;
        }
    }
    inner.complete(outer);
    rest.0.is_empty().then_some(inner)
}

/// What is left to read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn eat(&mut self, start: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(start)?;
        Some(())
    }

    /// Text in quotation marks.
    fn quoted(&mut self) -> Option<&'a str> {
        self.eat("\"")?;
        let (text, rest) = self.0.split_at_checked(memchr(b'"', self.0.as_bytes())?)?;
        self.0 = rest.get(1..)?;
        Some(text)
    }

    fn name(&mut self) -> Option<&'a str> {
        let name = self.quoted()?;
        self.eat(":")?;
        Some(name)
    }

    /// A value that is neither object nor array: text, a whole number that is no other way to write one, or a word.
    fn scalar(&mut self) -> Option<&'a str> {
        match self.0.as_bytes().first()? {
            b'"' => self.quoted(),
            b'0'..=b'9' => {
                let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
                let (number, rest) = self.0.split_at_checked(digits)?;
                let plain = digits == 1 || (digits < 19 && !number.starts_with('0'));
                self.0 = rest;
                (plain && !rest.starts_with(['.', 'e', 'E'])).then_some(number)
            }
            _ => {
                let word = ["true", "false", "null"].into_iter().find(|word| self.0.starts_with(word))?;
                self.eat(word)?;
                Some(if word == "null" { "" } else { word })
            }
        }
    }

    /// Whether an object ends here; if not, its next member follows.
    fn ended(&mut self) -> Option<bool> {
        let ended = self.0.starts_with('}');
        self.eat(if ended { "}" } else { "," })?;
        Some(ended)
    }

    fn properties(&mut self, fields: &mut Fields<'a>) -> Option<()> {
        self.eat("{")?;
        loop {
            let name = self.name()?;
            fields.take(name, self.scalar()?);
            if self.ended()? {
                return Some(());
            }
        }
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, name: &str, value: &'a str) {
        if let Some(field) = Field::of(name) {
            self.set(field, value.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record;
    use super::super::tests::storage;
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Option<Vec<Fields<'_>>> {
        let mut found = Vec::new();
        record::read(text, |fields| found.push(fields)).ok()?;
        Some(found)
    }

    #[test]
    fn a_record_of_the_export_is_written_so() {
        let line = storage(1, "POST", "https://graph.microsoft.com/v1.0/deviceManagement/managedDevices/x/wipe", 204, "");
        let found = read(&line).unwrap();
        assert_eq!(found.get(Field::Method), Some("POST"));
        assert_eq!(parsed(&line), Some(vec![found]));
    }

    #[test]
    fn what_is_written_otherwise_is_left_to_the_parser() {
        for text in [
            "",
            "{}",
            "[]",
            "{\"appId\": \"a\"}",
            "{\"appId\":\"\\u0061\"}",
            "{\"appId\":\"a\t\"}",
            "{\"appId\":01}",
            "{\"appId\":1.0}",
            "{\"appId\":1e3}",
            "{\"appId\":-1}",
            "{\"appId\":99999999999999999999}",
            "{\"appId\":nul}",
            "{\"appId\":[1]}",
            "{\"properties\":{\"x\":{}}}",
            "{\"properties\":{}}",
            "{\"properties\":1}",
            "{\"records\":1}",
            "{\"appId\":\"a\"}}",
            "{\"appId\":\"a\"} ",
            "{\"appId\":\"a\",}",
            "{\"appId\":\"a\"",
            "{\"appId\":\"a",
            "\"appId\":\"a\"}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("{\"appId\":\"é\",\"x\":null,\"y\":true,\"status\":0}").unwrap().get(Field::App), Some("é"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn what_is_read_is_what_the_parser_reads(
            parts in prop::collection::vec(
                "(\"appId\":|\"requestMethod\":|\"responseStatusCode\":|\"properties\":|\"Properties\":|\"x\":|\"records\":|\"a\"|\"\"|\" é \"|\"b|0|12|007|1.5|-3|1e5|true|null|fals|,|,|,|\\{|\\{|\\}|\\}|\\[\\]| |\\\\u0041|\t)", 0..14),
        ) {
            let text = format!("{{{}", parts.concat());
            for text in [text.clone(), text + "}"] {
                if let Some(found) = read(&text) {
                    prop_assert_eq!(parsed(&text), Some(vec![found]), "{}", text);
                }
            }
        }

        #[test]
        fn wounds_change_nothing_of_that(wounds in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..4)) {
            let line = storage(1, "PATCH", "https://graph.microsoft.com/v1.0/deviceAppManagement/mobileApps/x", 412, "");
            let mut letters: Vec<char> = line.trim().chars().collect();
            for (at, letter) in wounds {
                let at = at.index(letters.len());
                letters[at] = letter;
            }
            let text: String = letters.into_iter().collect();
            if let Some(found) = read(&text) {
                prop_assert_eq!(parsed(&text), Some(vec![found]), "{}", text);
            }
        }
    }
}
