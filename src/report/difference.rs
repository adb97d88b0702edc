//! What is different between two runs, by itself: for a terminal, for machines, and for a ticket.

use super::grid::grid;
use super::{Error, phrases, text, v1};
use crate::runs::{Change, Entry, NotCompared, Topic, What};
use serde::Serialize;
use std::fmt::Write;

/// Most characters of one cell.
const LONGEST_CELL: usize = 160;

/// As tables, one for each kind of object. `width` is that of the terminal, None where there is none.
#[must_use]
pub fn text(change: &Change, width: Option<u16>) -> String {
    let mut text = format!("{}\n", headline(change));
    for topic in Topic::ALL {
        let rows: Vec<Vec<String>> = change.entries.iter().filter(|entry| entry.topic == topic).map(row).collect();
        if !rows.is_empty() {
            let _ = write!(text, "\n{} ({})\n{}", topic.title(), rows.len(), grid(&HEADER, &rows, width));
        }
    }
    if !change.not_compared.is_empty() {
        text.push_str("\nnot compared\n");
        let line = |one: &NotCompared| format!("{}: {}\n", one.topic.title(), text::terminal(&one.why, text::LONGEST));
        text.extend(change.not_compared.iter().map(line));
    }
    text
}

const HEADER: [&str; 6] = ["what", "of", "which", "before", "after", "by, when"];

fn row(entry: &Entry) -> Vec<String> {
    let cell = |value: &str| text::terminal(value, LONGEST_CELL);
    let value = |value: &Option<String>| value.as_deref().map(cell).unwrap_or_default();
    let when = entry.at.map(phrases::time);
    let by = entry.by.as_deref().map(cell).into_iter().chain(when).collect::<Vec<_>>().join(", ");
    vec![entry.what.title().to_owned(), cell(named(entry)), cell(&entry.object), value(&entry.before), value(&entry.after), by]
}

/// The name of what an entry belongs to, else its id.
fn named(entry: &Entry) -> &str {
    if text::is_blank(&entry.name) { &entry.id } else { &entry.name }
}

/// One sentence on the whole.
pub(super) fn headline(change: &Change) -> String {
    let span = format!("from {} to {}", phrases::time(change.earlier), phrases::time(change.later));
    let of = |what: What| change.entries.iter().filter(|entry| entry.what == what).count();
    let counts = What::ALL.into_iter().map(|what| (of(what), what)).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {}", what.title())).collect();
    if counts.is_empty() { format!("No change {span}") } else { format!("{} {span}", counts.join(", ")) }
}

/// As Markdown, a table for each kind of object.
#[must_use]
pub fn markdown(change: &Change) -> String {
    let mut text = format!("# What changed\n\n{}\n", headline(change));
    for topic in Topic::ALL {
        let rows: Vec<String> = change.entries.iter().filter(|entry| entry.topic == topic).map(markdown_row).collect();
        if !rows.is_empty() {
            let header = HEADER.join(" | ");
            let rule = ["---"; HEADER.len()].join(" | ");
            let _ = write!(text, "\n## {} ({})\n\n| {header} |\n| {rule} |\n{}", topic.title(), rows.len(), rows.concat());
        }
    }
    if !change.not_compared.is_empty() {
        text.push_str("\n## Not compared\n\n");
        let line = |one: &NotCompared| format!("- {}: {}\n", one.topic.title(), text::markdown(&one.why, text::LONGEST));
        text.extend(change.not_compared.iter().map(line));
    }
    text
}

fn markdown_row(entry: &Entry) -> String {
    let cell = |value: &str| text::markdown(value, LONGEST_CELL);
    let value = |value: &Option<String>| value.as_deref().map(cell).unwrap_or_default();
    let when = entry.at.map(phrases::time);
    let by = entry.by.as_deref().map(cell).into_iter().chain(when).collect::<Vec<_>>().join(", ");
    let cells = [entry.what.title().to_owned(), cell(named(entry)), cell(&entry.object), value(&entry.before), value(&entry.after), by];
    format!("| {} |\n", cells.join(" | "))
}

/// For machines.
///
/// # Errors
/// [`Error::Render`].
pub fn json(change: &Change) -> Result<Vec<u8>, Error> {
    let document = Document { format: "maascan.diff", version: 1, change: v1::change(change) };
    let printed = serde_json::to_string_pretty(&document).map_err(|source| Error::Render { file: "diff", source: source.into() })?;
    Ok(text::json(printed + "\n").into_bytes())
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    #[serde(flatten)]
    change: v1::Change<'a>,
}
