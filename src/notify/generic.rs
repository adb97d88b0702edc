//! `maascan.notice` version 1, for a service of one's own. Members are added without a new version; none is renamed, and none
//! goes away.

use super::{Item, Notice};
use crate::report::harmless_line;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// Most entries.
pub(super) const MOST_ENTRIES: usize = 100;

/// Most characters of a text.
const LONGEST: usize = 500;

pub(super) fn message(notice: &Notice) -> Value {
    let counts: Vec<Value> = notice.counts().into_iter().map(|(kind, count)| json!({"kind": kind, "count": count})).collect();
    let entries: Vec<Value> = notice.items.iter().take(MOST_ENTRIES).map(entry).collect();
    json!({
        "format": "maascan.notice",
        "version": 1,
        "tenant": {"id": line(&notice.tenant_id), "name": optional(notice.tenant_name.as_ref())},
        "taken_at": time(notice.taken_at),
        "compared_with": notice.earlier.map(time),
        "title": line(&notice.title()),
        "headline": line(&notice.headline),
        "findings": optional(notice.findings.as_ref()),
        "not_seen": optional(notice.not_seen.as_ref()),
        "counts": counts,
        "entries": entries,
        "more_entries": notice.items.len().saturating_sub(MOST_ENTRIES),
        "changes": notice.changes,
        "report": line(&notice.hint),
    })
}

fn entry(item: &Item) -> Value {
    json!({
        "kind": item.kind,
        "sentence": line(&item.sentence),
        "topic": item.topic,
        "what": item.what,
        "name": line(&item.name),
        "id": line(&item.id),
        "object": optional(item.object.as_ref()),
        "key": line(&item.key),
        "severity": item.severity,
        "by": optional(item.by.as_ref()),
        "at": item.at.map(time),
        "stands_for": item.stands_for,
    })
}

fn line(text: &str) -> String {
    harmless_line(text, LONGEST)
}

fn optional(text: Option<&String>) -> Option<String> {
    text.map(|text| line(text))
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
