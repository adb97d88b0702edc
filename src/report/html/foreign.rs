//! Other people's text on its way into the page. Everything that is not a literal of ours passes through [`Foreign`]: hidden
//! characters and direction overrides go, what is too long is cut, and the macro escapes the rest.

use super::super::text::{self, LONGEST_NAME};
use crate::catalogue::Workload;
use chrono::{DateTime, Utc};
use maud::{Markup, Render, html};

/// Most characters of a sentence: rule messages and reasons hold several names, and remediations are paragraphs.
const LONGEST_WORDS: usize = 700;

/// Most characters of a word that Microsoft defines, such as a workload.
const LONGEST_WORD: usize = 40;

/// Text that is not ours, for the inside of an element or an attribute. [`Render`] escapes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foreign<'a> {
    text: &'a str,
    longest: usize,
}

impl Foreign<'_> {
    /// As it is shown, before it is escaped.
    pub(super) fn shown(self) -> String {
        text::terminal(self.text, self.longest)
    }
}

impl Render for Foreign<'_> {
    fn render_to(&self, page: &mut String) {
        self.shown().as_str().render_to(page);
    }
}

/// A sentence or a longer text with others' words in it.
pub(super) fn words(text: &str) -> Foreign<'_> {
    Foreign { text, longest: LONGEST_WORDS }
}

/// At most so many characters of it.
pub(super) fn short(text: &str, longest: usize) -> Foreign<'_> {
    Foreign { text, longest }
}

/// A name, isolated so that its direction of writing stays its own.
pub(super) fn name(text: &str) -> Markup {
    html! { bdi { (Foreign { text, longest: LONGEST_NAME }) } }
}

/// A name for an attribute, where no element can isolate it.
pub(super) fn plain_name(text: &str) -> Foreign<'_> {
    Foreign { text, longest: LONGEST_NAME }
}

/// An id, a permission, a request: something to be read letter by letter.
pub(super) fn code(text: &str) -> Markup {
    html! { code { (Foreign { text, longest: LONGEST_NAME }) } }
}

/// A workload, which may be broken between the parts of its word.
pub(super) fn workload(workload: &Workload) -> Markup {
    let shown = Foreign { text: workload.word(), longest: LONGEST_WORD }.shown();
    let mut parts: Vec<String> = vec![String::new()];
    let mut low = false;
    for letter in shown.chars() {
        if low && letter.is_uppercase() {
            parts.push(String::new());
        }
        low = letter.is_lowercase();
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    html! { @for (at, part) in parts.iter().enumerate() { @if at > 0 { wbr; } (part) } }
}

/// A workload for an attribute.
pub(super) fn plain_workload(workload: &Workload) -> Foreign<'_> {
    Foreign { text: workload.word(), longest: LONGEST_WORD }
}

/// A day (UTC) as `2026-11-02`. The CSV files have the seconds.
pub(super) fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}

/// A short text with dates in it, which are not broken over two lines.
pub(super) fn dated(text: &str) -> Markup {
    let shown = words(text).shown();
    html! {
        @for (at, word) in shown.split(' ').enumerate() {
            @if at > 0 { " " }
            @if is_dated(word) { span class="d" { (word) } } @else { (word) }
        }
    }
}

/// Whether a word begins as a day of RFC 3339 does.
fn is_dated(word: &str) -> bool {
    let form = |(letter, form): (u8, u8)| if form == b'0' { letter.is_ascii_digit() } else { letter == form };
    (10..=21).contains(&word.len()) && word.bytes().zip(*b"0000-00-00").all(form)
}

/// A day, or a word for none.
pub(super) fn optional_day(time: Option<DateTime<Utc>>, none: &str) -> String {
    time.map_or_else(|| none.to_owned(), day)
}

/// A sentence of ours that was written without capital and full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// A number of a sentence, its thousands apart: `12,345`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`: a count with its noun.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_cleaned_cut_and_escaped() {
        let shown = html! { p title=(words("\"a\"\u{202e}<b>")) { (name("<i>\u{1b}[0m&")) } }.into_string();
        assert_eq!(shown, "<p title=\"&quot;a&quot;&lt;b&gt;\"><bdi>&lt;i&gt;[0m&amp;</bdi></p>");
        assert_eq!(words(&"é".repeat(5_000)).shown().chars().count(), LONGEST_WORDS);
    }

    #[test]
    fn a_workload_breaks_between_its_parts() {
        assert_eq!(workload(&Workload::ConfigurationPolicy).into_string(), "configuration<wbr>Policy");
        assert_eq!(workload(&Workload::Unknown("a<B".to_owned())).into_string(), "a&lt;B");
    }

    #[test]
    fn a_date_stays_on_one_line_and_an_id_does_not() {
        let shown = dated("until 2026-11-02T06:00:00Z, 4abcc92f-2994-4f08 <b>").into_string();
        assert_eq!(shown, "until <span class=\"d\">2026-11-02T06:00:00Z,</span> 4abcc92f-2994-4f08 &lt;b&gt;");
    }

    #[test]
    fn sentences_end_once() {
        assert_eq!(sentence("done"), "Done.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
