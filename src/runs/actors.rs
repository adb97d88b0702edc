//! Who changed access policies, their lists and Intune's roles, as the audit events between two runs tell. Who changed what lies in
//! Entra ID is in its own audit log, which is not read.

use super::change::{Entry, Topic, What};
use crate::snapshot::{AuditEvent, PolicyId, Snapshot};
use std::collections::BTreeSet;

/// Names who did what the entries on policies, exclusions and Intune's roles tell, and when, where events say so.
pub(super) fn name(entries: &mut [Entry], earlier: &Snapshot, later: &Snapshot) {
    let between: Vec<&AuditEvent> = later
        .audit_events
        .iter()
        .filter(|event| event.time > earlier.taken_at && event.time <= later.taken_at)
        .filter(|event| event.result.as_deref().is_some_and(|result| result.eq_ignore_ascii_case("success")))
        .collect();
    for entry in entries.iter_mut().filter(|entry| matches!(entry.topic, Topic::Policy | Topic::Exclusion | Topic::Role)) {
        let ids = if entry.topic == Topic::Exclusion { ids_of(&entry.key, [earlier, later]) } else { BTreeSet::new() };
        // Events are in the order of time: the last one made it what it is.
        if let Some(event) = between.iter().rev().find(|event| tells(event, entry, &ids)) {
            entry.by = actor(event);
            entry.at = Some(event.time);
        }
    }
}

/// Every id by which the application may be listed, in lower case.
fn ids_of(app_id: &str, runs: [&Snapshot; 2]) -> BTreeSet<String> {
    let mut ids: BTreeSet<String> = [app_id.to_lowercase()].into();
    for snapshot in runs {
        let principals = snapshot.service_principals.values().filter(|principal| principal.app_id.as_str() == app_id);
        ids.extend(principals.map(|principal| principal.id.as_str().to_lowercase()));
        let applications = snapshot.applications.values().filter(|application| application.app_id.as_str() == app_id);
        ids.extend(applications.map(|application| application.id.as_str().to_lowercase()));
    }
    ids
}

fn tells(event: &AuditEvent, entry: &Entry, ids: &BTreeSet<String>) -> bool {
    if entry.topic == Topic::Role {
        return event.resources.iter().any(|resource| resource.id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(&entry.id)));
    }
    event.resources.iter().any(|resource| {
        let of_policy = match &resource.id {
            Some(id) => PolicyId::new(id).as_str() == entry.id,
            None => resource.policy_ids.iter().any(|id| PolicyId::new(id).as_str() == entry.id),
        };
        let has = |listed: &BTreeSet<String>| ids.iter().any(|id| listed.contains(id));
        of_policy
            && match (entry.topic, entry.what) {
                (Topic::Exclusion, What::New) => has(&resource.new_ids) && !has(&resource.old_ids),
                (Topic::Exclusion, What::Gone) => has(&resource.old_ids) && !has(&resource.new_ids),
                (Topic::Exclusion, _) => false,
                // Events on lists of exclusions are told with these.
                _ => resource.new_ids == resource.old_ids,
            }
    })
}

/// The person, else the application, by the name that the event has.
fn actor(event: &AuditEvent) -> Option<String> {
    let person = event.actor.user_principal_name.clone().or_else(|| event.actor.user_id.clone());
    person.or_else(|| event.actor.app_display_name.clone()).or_else(|| event.actor.app_id.as_ref().map(ToString::to_string))
}
