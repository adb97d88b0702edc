//! Intune audit events by applications on their own. A person's writes through an application are never the application's.

use super::drafts::Drafts;
use super::observation::{ObservedOutcome, Sighting, Source, Tally};
use crate::catalogue::{Activity, Catalogue, Workload};
use crate::snapshot::{AppId, AuditEvent, Snapshot};
use std::collections::BTreeMap;

/// Activity types that no vocabulary has, and how many events, by application.
pub(super) type Unmapped = BTreeMap<AppId, BTreeMap<String, u64>>;

/// Adds every write to the tally; gives back what no vocabulary has.
pub(super) fn observe(snapshot: &Snapshot, catalogue: &Catalogue, tally: &mut Tally) -> Unmapped {
    let mut unmapped = Unmapped::new();
    let drafts = Drafts::new(snapshot);
    for event in &snapshot.audit_events {
        let Some(app_id) = event.actor.app_only() else { continue };
        match classify(event, catalogue) {
            Activity::Write { workload, platform, sure } => {
                let operation = event.activity_type.clone().unwrap_or_default();
                let draft = drafts.left_by(event).filter(|_| workload == Workload::App);
                let outcome = if draft.is_some() { ObservedOutcome::Unfinished } else { outcome(event) };
                let object = draft.map(|app| format!("{} ({}, {})", app.display_name, app.id, app.publishing_state));
                let sighting = Sighting { workload, platform, operation, object, outcome, source: Source::AuditEvent, sure };
                tally.add(app_id, sighting, event.time);
            }
            Activity::Unmapped => {
                let activity = event.activity_type.clone().unwrap_or_default();
                *unmapped.entry(app_id.clone()).or_default().entry(activity).or_default() += 1;
            }
            Activity::Read | Activity::Unprotected => {}
        }
    }
    unmapped
}

/// The latest name that the audit log gives to each application acting on its own.
pub(super) fn names(snapshot: &Snapshot) -> BTreeMap<AppId, String> {
    let named = snapshot.audit_events.iter().filter_map(|event| {
        let name = event.actor.app_display_name.clone()?;
        Some((event.actor.app_only()?.clone(), name))
    });
    named.collect()
}

fn classify(event: &AuditEvent, catalogue: &Catalogue) -> Activity {
    let resources: Vec<&str> = event.resources.iter().filter_map(|resource| resource.kind.as_deref()).collect();
    catalogue.activity(event.activity_type.as_deref(), event.operation_type.as_deref(), &resources)
}

/// Only words that say so count as success or failure: the set is Microsoft's.
fn outcome(event: &AuditEvent) -> ObservedOutcome {
    match event.result.as_deref() {
        Some(result) if result.eq_ignore_ascii_case("success") => ObservedOutcome::Written,
        Some(result) if result.to_ascii_lowercase().starts_with("fail") => ObservedOutcome::Failed,
        _ => ObservedOutcome::Unclear,
    }
}
