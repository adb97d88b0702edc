//! What is different from an earlier run, as a section of `summary.md`.

use super::known::UNKNOWN;
use super::markdown::{ROWS, name, table};
use super::phrases::{optional_time, time};
use super::text::{self, LONGEST};
use crate::runs::{Change, Entry, Topic, What};

/// The section; empty where there is no earlier run to compare with.
pub(super) fn section(change: Option<&Change>) -> String {
    let Some(change) = change else { return String::new() };
    let mut section = format!("\n## What changed since {}\n", time(change.earlier));
    if change.entries.is_empty() {
        let limit = if change.not_compared.is_empty() { "" } else { " of what could be compared" };
        section.push_str(&format!("\nNothing{limit}.\n"));
    } else {
        section.push_str(&format!("\n- {}\n", counts(change).join("\n- ")));
        let header = ["what", "of", "name", "object", "before", "after", "by", "at", "severity"];
        section.push_str(&table(&header, change.entries.iter().map(row), change.entries.len(), "assessment.json"));
    }
    section + &not_compared(change)
}

/// For each topic how many of which kind.
fn counts(change: &Change) -> Vec<String> {
    let of = |topic: Topic| {
        let kinds = What::ALL.into_iter().filter_map(move |what| {
            let count = change.entries.iter().filter(|entry| entry.topic == topic && entry.what == what).count();
            (count > 0).then(|| format!("{count} {}", what.word()))
        });
        kinds.collect::<Vec<_>>()
    };
    let topics = Topic::ALL.into_iter().map(|topic| (topic, of(topic)));
    topics.filter(|(_, kinds)| !kinds.is_empty()).map(|(topic, kinds)| format!("{}: {}", topic.word(), kinds.join(", "))).collect()
}

fn row(entry: &Entry) -> Vec<String> {
    let side = |value: &Option<String>, unread: What| match value {
        Some(value) => value.clone(),
        None if entry.what == unread => UNKNOWN.to_owned(),
        None => String::new(),
    };
    vec![
        entry.what.word().to_owned(),
        entry.topic.word().to_owned(),
        name(super::phrases::named(&entry.name, &entry.id)),
        name(&entry.object),
        side(&entry.before, What::ReadableNow),
        side(&entry.after, What::NoLongerReadable),
        name(entry.by.as_deref().unwrap_or_default()),
        optional_time(entry.at),
        entry.severity.map(|severity| severity.to_string()).unwrap_or_default(),
    ]
}

fn not_compared(change: &Change) -> String {
    if change.not_compared.is_empty() {
        return String::new();
    }
    let all = &change.not_compared;
    let lines: Vec<String> =
        all.iter().take(ROWS).map(|one| format!("{}: {}", one.topic.word(), text::markdown(&one.why, LONGEST))).collect();
    let rest =
        if all.len() > ROWS { format!("\n\n{ROWS} of {} shown: see assessment.json for the rest.", all.len()) } else { String::new() };
    format!("\nNot compared:\n\n- {}{rest}\n", lines.join("\n- "))
}
