//! What is different from an earlier run, in the published model.

use crate::report::phrases;
use crate::runs;
use serde::Serialize;

/// What is different from an earlier run over the same tenant.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Change<'a> {
    earlier: String,
    later: String,
    entries: Vec<Entry<'a>>,
    not_compared: Vec<NotCompared<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    topic: &'static str,
    what: &'static str,
    name: &'a str,
    id: &'a str,
    object: Option<&'a str>,
    key: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
    by: Option<&'a str>,
    at: Option<String>,
    severity: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct NotCompared<'a> {
    topic: &'static str,
    why: &'a str,
}

pub(in crate::report) fn change(change: &runs::Change) -> Change<'_> {
    Change {
        earlier: phrases::time(change.earlier),
        later: phrases::time(change.later),
        entries: change.entries.iter().map(entry).collect(),
        not_compared: change.not_compared.iter().map(|one| NotCompared { topic: one.topic.word(), why: &one.why }).collect(),
    }
}

fn entry(entry: &runs::Entry) -> Entry<'_> {
    Entry {
        topic: entry.topic.word(),
        what: entry.what.word(),
        name: &entry.name,
        id: &entry.id,
        object: (!entry.object.is_empty()).then_some(entry.object.as_str()),
        key: &entry.key,
        before: entry.before.as_deref(),
        after: entry.after.as_deref(),
        by: entry.by.as_deref(),
        at: entry.at.map(phrases::time),
        severity: entry.severity.map(crate::assess::Severity::word),
    }
}
