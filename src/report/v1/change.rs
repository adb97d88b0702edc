//! What is different from an earlier run, in the published model.

use super::words::{Time, Word};
use crate::assess::Severity;
use crate::runs;
use schemars::JsonSchema;
use serde::Serialize;

/// What is different from an earlier run over the same tenant.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Change<'a> {
    /// When the earlier run read the tenant.
    earlier: Time,
    /// When this one did.
    later: Time,
    /// The differences, by topic, then by what happened, then by name and ids.
    entries: Vec<Entry<'a>>,
    /// What could not be compared, because one of the runs did not read it whole.
    not_compared: Vec<NotCompared<'a>>,
}

/// One difference.
#[derive(Debug, Serialize, JsonSchema)]
struct Entry<'a> {
    /// Of what kind the object is.
    topic: Word<runs::Topic>,
    /// What happened to it.
    what: Word<runs::What>,
    /// The application or policy that it belongs to: anybody's text.
    name: &'a str,
    /// App id of that application, or id of that policy.
    id: &'a str,
    /// Which object of it; null where it is that application or policy itself. May be anybody's text.
    object: Option<&'a str>,
    /// Id of that object, which may have several parts; null where it has none of its own.
    key: Option<&'a str>,
    /// As it was; null where it was not there. Where it could not be read, why.
    before: Option<&'a str>,
    /// As it is; null where it is not there. Where it cannot be read, why.
    after: Option<&'a str>,
    /// Who did it, where the audit log tells: anybody's text.
    by: Option<&'a str>,
    /// When it was done, where the audit log or the object itself tells.
    at: Option<Time>,
    /// How grave it is; of findings only.
    severity: Option<Word<Severity>>,
}

/// Something that was not compared.
#[derive(Debug, Serialize, JsonSchema)]
struct NotCompared<'a> {
    /// What.
    topic: Word<runs::Topic>,
    /// Why, a sentence.
    why: &'a str,
}

pub(super) fn change(change: &runs::Change) -> Change<'_> {
    Change {
        earlier: Time::of(change.earlier),
        later: Time::of(change.later),
        entries: change.entries.iter().map(entry).collect(),
        not_compared: change.not_compared.iter().map(|one| NotCompared { topic: Word::of(&one.topic), why: &one.why }).collect(),
    }
}

fn entry(entry: &runs::Entry) -> Entry<'_> {
    Entry {
        topic: Word::of(&entry.topic),
        what: Word::of(&entry.what),
        name: &entry.name,
        id: &entry.id,
        object: (!entry.object.is_empty()).then_some(entry.object.as_str()),
        key: (!entry.key.is_empty()).then_some(entry.key.as_str()),
        before: entry.before.as_deref(),
        after: entry.after.as_deref(),
        by: entry.by.as_deref(),
        at: entry.at.map(Time::of),
        severity: entry.severity.as_ref().map(Word::of),
    }
}
