//! Approval requests that applications filed themselves: each is the trace of a call that was stopped, and its status says
//! whether the application went on to complete it.

use super::observation::{ObservedOutcome, Sighting, Source, Tally};
use crate::catalogue::{Sure, Workload};
use crate::snapshot::{AppId, ApprovalRequest, Snapshot};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Adds every request by an application on its own to the tally, and gives back how many on each workload could be anybody's.
pub(super) fn observe(snapshot: &Snapshot, tally: &mut Tally) -> BTreeMap<Workload, u64> {
    let ids = app_ids(snapshot);
    let mut unattributed = BTreeMap::new();
    // A request that names a person was filed by that person, through whichever application.
    for request in snapshot.approval_requests.values().filter(|request| request.requestor_user.is_none()) {
        let requestor = request.requestor_application.as_deref().map(|id| id.trim().to_lowercase());
        // An id that belongs to nothing in the directory is taken for an app id, as the audit log would show it.
        let app_id = requestor.map(|id| ids.get(id.as_str()).map_or_else(|| AppId::new(&id), |app_id| (*app_id).clone()));
        for workload in workloads(request) {
            match (&app_id, outcome(request, snapshot.taken_at), time(request)) {
                (_, None, _) => {}
                (Some(app_id), Some(outcome), Some(time)) => tally.add(app_id, sighting(workload, outcome), time),
                _ => *unattributed.entry(workload).or_default() += 1,
            }
        }
    }
    unattributed
}

/// What a request is about. One that does not say is about something unknown.
fn workloads(request: &ApprovalRequest) -> Vec<Workload> {
    if request.policy_types.is_empty() {
        return vec![Workload::Unknown("unknown".to_owned())];
    }
    request.policy_types.iter().map(|kind| Workload::from_policy_type(kind)).collect()
}

fn sighting(workload: Workload, outcome: ObservedOutcome) -> Sighting {
    let operation = "approval request".to_owned();
    Sighting { workload, platform: None, operation, object: None, outcome, source: Source::ApprovalRequest, sure: Sure::Documented }
}

/// The time to book a request under.
fn time(request: &ApprovalRequest) -> Option<DateTime<Utc>> {
    request.last_modified.or(request.requested).or(request.expires)
}

/// Every id by which the directory knows an application: the requestor is given by one of them, and which is not documented.
fn app_ids(snapshot: &Snapshot) -> BTreeMap<&str, &AppId> {
    let applications = snapshot.applications.values().map(|application| (application.id.as_str(), &application.app_id));
    let principals = snapshot.service_principals.values().map(|principal| (principal.id.as_str(), &principal.app_id));
    applications.chain(principals).collect()
}

/// What became of a request; None for one that was withdrawn.
fn outcome(request: &ApprovalRequest, now: DateTime<Utc>) -> Option<ObservedOutcome> {
    let overdue = request.expires.is_some_and(|expires| expires < now);
    match request.status.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("completed") => Some(ObservedOutcome::Approved),
        Some("expired" | "rejected") => Some(ObservedOutcome::Blocked),
        Some("needsapproval" | "approved") if overdue => Some(ObservedOutcome::Blocked),
        Some("needsapproval" | "approved") => Some(ObservedOutcome::Pending),
        Some("cancelled" | "canceled") => None,
        _ => Some(ObservedOutcome::Unclear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn request(status: &str, expires: &str) -> ApprovalRequest {
        ApprovalRequest {
            id: "r".into(),
            requested: Some(at("2026-10-01T00:00:00Z")),
            expires: Some(at(expires)),
            last_modified: None,
            status: Some(status.into()),
            policy_types: vec!["app".into()],
            requestor_application: Some("A".into()),
            requestor_user: None,
            decided_by: None,
            payload_id: None,
            payload_operation: None,
            policy_ids: std::collections::BTreeSet::new(),
        }
    }

    #[test]
    fn each_status_says_what_became_of_the_call() {
        let now = at("2026-10-03T00:00:00Z");
        let (past, later) = ("2026-10-02T00:00:00Z", "2026-10-04T00:00:00Z");
        let expected = [
            ("completed", later, Some(ObservedOutcome::Approved)),
            ("Rejected", later, Some(ObservedOutcome::Blocked)),
            ("expired", past, Some(ObservedOutcome::Blocked)),
            ("needsApproval", past, Some(ObservedOutcome::Blocked)),
            ("needsApproval", later, Some(ObservedOutcome::Pending)),
            ("approved", later, Some(ObservedOutcome::Pending)),
            ("cancelled", later, None),
            ("somethingNew", later, Some(ObservedOutcome::Unclear)),
        ];
        for (status, expires, wanted) in expected {
            assert_eq!(outcome(&request(status, expires), now), wanted, "{status}");
        }
    }
}
