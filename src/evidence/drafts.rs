//! Apps that an application began and nobody published. Where publishing is gated, making the draft of a Win32 app still
//! succeeds, and only the change that commits its file is refused, which may leave no audit event (facts/maa.md section 4).
//! So a successful creation that left such an app is no sign that the gate lets anything pass.

use crate::snapshot::{AuditEvent, Snapshot, UnfinishedApp};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// An app that was touched within a day may just be under way.
const UNDER_WAY_HOURS: i64 = 24;

/// The drafts of a snapshot that have been left lying.
pub(super) struct Drafts<'a> {
    apps: BTreeMap<&'a str, &'a UnfinishedApp>,
    /// The last successful write by an application to each of them that was no creation: it may have been the commit.
    written: BTreeMap<&'a str, DateTime<Utc>>,
    /// Nothing after this is old enough to count (UTC).
    until: DateTime<Utc>,
}

impl<'a> Drafts<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let until = snapshot.taken_at.checked_sub_signed(TimeDelta::hours(UNDER_WAY_HOURS)).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let left = |app: &&UnfinishedApp| app.is_half_done() && app.created.max(app.last_modified).is_none_or(|touched| touched <= until);
        let apps: BTreeMap<&str, &UnfinishedApp> =
            snapshot.unfinished_apps.values().filter(left).map(|app| (app.id.as_str(), app)).collect();
        let mut written: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
        if !apps.is_empty() {
            for event in snapshot.audit_events.iter().filter(|event| succeeded(event) && !creates(event)) {
                for (id, _) in about(event, &apps) {
                    let last = written.entry(id).or_insert(event.time);
                    *last = event.time.max(*last);
                }
            }
        }
        Self { apps, written, until }
    }

    /// The app that this event began, if it was never published and nothing that may have committed it followed.
    pub(super) fn left_by(&self, event: &AuditEvent) -> Option<&'a UnfinishedApp> {
        if self.apps.is_empty() || !creates(event) || !succeeded(event) || event.time > self.until {
            return None;
        }
        let committed = |id: &str| self.written.get(id).is_some_and(|written| *written >= event.time);
        about(event, &self.apps).find(|(id, _)| !committed(id)).map(|(_, app)| app)
    }
}

/// The drafts that an event is about.
fn about<'a>(event: &AuditEvent, apps: &BTreeMap<&'a str, &'a UnfinishedApp>) -> impl Iterator<Item = (&'a str, &'a UnfinishedApp)> {
    let ids = event.resources.iter().filter_map(|resource| resource.id.as_deref());
    ids.filter_map(|id| apps.get_key_value(id.trim().to_lowercase().as_str()).map(|(id, app)| (*id, *app)))
}

fn creates(event: &AuditEvent) -> bool {
    match event.operation_type.as_deref() {
        Some(operation) => operation.eq_ignore_ascii_case("create"),
        None => event.activity_type.as_deref().is_some_and(|activity| activity.to_ascii_lowercase().starts_with("create")),
    }
}

fn succeeded(event: &AuditEvent) -> bool {
    event.result.as_deref().is_some_and(|result| result.eq_ignore_ascii_case("success"))
}
