//! What requests and audit events say of exclusions: who was put on a policy's list, and who was taken off, and when.

use super::directory::Directory;
use super::gates::{concerns_policies, says};
use super::words::ExclusionSource;
use crate::catalogue::{Activity, Catalogue, Workload};
use crate::snapshot::{AuditEvent, PolicyId};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What happened to one id on one policy's list. In the order of time, so that the last one counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    time: DateTime<Utc>,
    /// Of two at the same time, the one that lists comes last: rather an exclusion too many to look at than one unseen.
    listed: bool,
    /// Whether it was not on the list before, as far as the source tells.
    fresh: bool,
    source: ExclusionSource,
}

/// The changes to all lists, by policy and by id in lower case.
#[derive(Debug, Default)]
pub(super) struct History(BTreeMap<PolicyId, BTreeMap<String, Vec<Change>>>);

/// What the changes come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether it is on the list now.
    pub(super) listed: bool,
    /// Since when it is, or is no more (UTC); None where it was there before the first change that is known.
    pub(super) since: Option<DateTime<Utc>>,
    /// Who says so.
    pub(super) sources: BTreeSet<ExclusionSource>,
}

impl History {
    pub(super) fn new(directory: &Directory<'_>, catalogue: &Catalogue) -> Self {
        let mut history = Self::default();
        for request in directory.snapshot.approval_requests.values().filter(|request| concerns_policies(request)) {
            // Only what was completed was written; when that was is its last change.
            let completed = says(request.status.as_deref(), &["completed"]);
            let (Some(policy), Some(time), true) = (&request.payload_id, request.last_modified, completed) else { continue };
            let change = Change { time, listed: true, fresh: true, source: ExclusionSource::Request };
            history.add(&PolicyId::new(policy), request.policy_ids.iter(), &change);
        }
        for event in directory.snapshot.audit_events.iter().filter(|event| changes_policy(event, catalogue)) {
            history.add_event(directory, event);
        }
        history.0.values_mut().flat_map(BTreeMap::values_mut).for_each(|changes| changes.sort());
        history
    }

    fn add_event(&mut self, directory: &Directory<'_>, event: &AuditEvent) {
        for resource in &event.resources {
            let kept = resource.new_ids.intersection(&resource.old_ids);
            let added = resource.new_ids.difference(&resource.old_ids);
            let removed = resource.old_ids.difference(&resource.new_ids);
            let change = |listed, fresh| Change { time: event.time, listed, fresh, source: ExclusionSource::Audit };
            // The service may leave the resource's id out and name the policy among the values.
            let known = |id: &&String| directory.snapshot.access_policies.contains_key(&PolicyId::new(id));
            let policies: BTreeSet<PolicyId> = match &resource.id {
                Some(id) => [PolicyId::new(id)].into(),
                None => resource.policy_ids.iter().filter(known).map(|id| PolicyId::new(id)).collect(),
            };
            for policy in policies {
                self.add(&policy, kept.clone(), &change(true, false));
                self.add(&policy, added.clone(), &change(true, true));
                self.add(&policy, removed.clone(), &change(false, true));
            }
        }
    }

    fn add<'a>(&mut self, policy: &PolicyId, ids: impl Iterator<Item = &'a String>, change: &Change) {
        for id in ids {
            self.0.entry(policy.clone()).or_default().entry(id.clone()).or_default().push(change.clone());
        }
    }

    /// Policies of which a change is known.
    pub(super) fn policies(&self) -> impl Iterator<Item = &PolicyId> {
        self.0.keys()
    }

    /// Ids that were ever on a policy's list, or taken off it.
    pub(super) fn ids(&self, policy: &PolicyId) -> impl Iterator<Item = &String> {
        self.0.get(policy).into_iter().flat_map(BTreeMap::keys)
    }

    /// Where the changes to any of these ids, which are of one application, leave it. None where none is known.
    pub(super) fn standing(&self, policy: &PolicyId, ids: &BTreeSet<String>) -> Option<Standing> {
        let of_policy = self.0.get(policy)?;
        let mut changes: Vec<&Change> = ids.iter().filter_map(|id| of_policy.get(id)).flatten().collect();
        changes.sort();
        let last = changes.last()?;
        let start = changes.iter().rposition(|change| change.listed != last.listed).map_or(0, |at| at + 1);
        let same = changes.get(start..).unwrap_or_default();
        Some(Standing {
            listed: last.listed,
            since: same.first().filter(|first| first.fresh).map(|first| first.time),
            sources: same.iter().map(|change| change.source).collect(),
        })
    }
}

/// Whether an event tells of a change to an access policy that was carried out.
fn changes_policy(event: &AuditEvent, catalogue: &Catalogue) -> bool {
    // Of all other events no ids are kept, and there may be very many.
    if event.resources.iter().all(|resource| resource.new_ids.is_empty() && resource.old_ids.is_empty()) {
        return false;
    }
    let kinds: Vec<&str> = event.resources.iter().filter_map(|resource| resource.kind.as_deref()).collect();
    let activity = catalogue.activity(event.activity_type.as_deref(), event.operation_type.as_deref(), &kinds);
    matches!(activity, Activity::Write { workload: Workload::OperationApprovalPolicy, .. }) && says(event.result.as_deref(), &["success"])
}
