//! Approval requests that applications filed themselves: each is the trace of a call that was stopped, and its status says
//! whether the application went on to complete it.

use super::observation::{ObservedOutcome, Sighting, Source, Tally};
use crate::catalogue::{Sure, Workload};
use crate::snapshot::{AppId, ApprovalRequest, Snapshot};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Adds every request by an application to the tally.
pub(super) fn observe(snapshot: &Snapshot, tally: &mut Tally) {
    let ids = app_ids(snapshot);
    for request in snapshot.approval_requests.values() {
        let Some(requestor) = request.requestor_application.as_deref() else { continue };
        let requestor = requestor.trim().to_lowercase();
        // An id that belongs to nothing in the directory is taken for an app id, as the audit log would show it.
        let app_id = ids.get(requestor.as_str()).map_or_else(|| AppId::new(&requestor), |id| (*id).clone());
        let Some((outcome, time)) = outcome(request, snapshot.taken_at) else { continue };
        for policy_type in &request.policy_types {
            let sighting = Sighting {
                workload: Workload::from_policy_type(policy_type),
                platform: None,
                operation: "approval request".to_owned(),
                outcome,
                source: Source::ApprovalRequest,
                sure: Sure::Documented,
            };
            tally.add(&app_id, sighting, time);
        }
    }
}

/// Every id by which the directory knows an application: the requestor is given by one of them, and which is not documented.
fn app_ids(snapshot: &Snapshot) -> BTreeMap<&str, &AppId> {
    let applications = snapshot.applications.values().map(|application| (application.id.as_str(), &application.app_id));
    let principals = snapshot.service_principals.values().map(|principal| (principal.id.as_str(), &principal.app_id));
    applications.chain(principals).collect()
}

/// What became of a request, and the time to book it under. None for a request that was withdrawn, or that has no time.
fn outcome(request: &ApprovalRequest, now: DateTime<Utc>) -> Option<(ObservedOutcome, DateTime<Utc>)> {
    let overdue = request.expires.is_some_and(|expires| expires < now);
    let outcome = match request.status.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("completed") => ObservedOutcome::Approved,
        Some("expired" | "rejected") => ObservedOutcome::Blocked,
        Some("needsapproval" | "approved") if overdue => ObservedOutcome::Blocked,
        Some("needsapproval" | "approved") => ObservedOutcome::Pending,
        Some("cancelled" | "canceled") => return None,
        _ => ObservedOutcome::Unclear,
    };
    let time = request.last_modified.or(request.requested).or(request.expires)?;
    Some((outcome, time))
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
            payload_id: None,
            payload_operation: None,
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
            assert_eq!(outcome(&request(status, expires), now).map(|(outcome, _)| outcome), wanted, "{status}");
        }
    }
}
