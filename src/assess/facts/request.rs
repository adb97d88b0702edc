//! Facts of an approval request that waits, or that an application filed.

use super::{Builder, EntityKind, Fact, dataset_gap, texts};
use crate::assess::ObjectRef;
use crate::assess::model::{Assessment, Known, Request};
use crate::assess::posture::HeldBy;
use crate::catalogue::Workload;
use crate::snapshot::{Dataset, Gap, is_guid};

/// The facts of one request.
pub(super) fn request(assessment: &Assessment, request: &Request) -> Fact {
    let now = assessment.run.taken_at;
    let mut fact = Builder::new();
    let unread = |what: &str| dataset_gap(assessment, Dataset::ApprovalRequests, &format!("the service did not give {what}"));
    fact.set("request_id", request.id.as_str());
    fact.optional("status", request.status.as_deref(), &unread("its status"));
    fact.optional("pending", request.is_pending(), &unread("a status that is known"));
    fact.set("workloads", texts(request.workloads.iter().map(Workload::word)));
    let name = request.application.clone().or_else(|| request.app_id.as_ref().map(ToString::to_string));
    if let Some(name) = &name {
        fact.set("application", name.as_str());
    }
    fact.optional("hours_left", request.expires.map(|end| (end - now).num_minutes().div_euclid(60)), &unread("when it expires"));
    fact.optional("age_hours", request.requested.map(|start| (now - start).num_minutes().div_euclid(60)), &unread("when it was filed"));
    match decided_by_owner(assessment, request) {
        Ok(owner) => fact.set("decided_by_owner", owner),
        Err(gap) => fact.gap("decided_by_owner", gap),
    }
    fact.optional("decider", request.decided_by.as_deref(), &unread("who decided it"));
    let object = ObjectRef {
        kind: "approvalRequest",
        id: request.id.to_string(),
        name: name.map_or_else(|| "approval request".to_owned(), |name| format!("approval request of {name}")),
        app_id: request.app_id.as_ref().map(ToString::to_string),
    };
    fact.finish(EntityKind::ApprovalRequest, object)
}

/// Whether the person who decided owns the application that asked, or why that is not known. What was not filed by an
/// application, or not decided, was not.
fn decided_by_owner(assessment: &Assessment, request: &Request) -> Result<bool, Gap> {
    let Some(app_id) = &request.app_id else { return Ok(false) };
    let Some(decider) = request.decided_by.as_deref() else {
        return if decided(request) == Some(false) { Ok(false) } else { Err(out_of_reach("the service does not show who decided it")) };
    };
    if !is_guid(decider) {
        return Err(out_of_reach("the service does not name who decided it by the id of the account"));
    }
    match assessment.applications.get(app_id).map(|profile| &profile.posture.owners) {
        Some(Known::Yes(owners)) => Ok(is_among(decider, owners)),
        Some(Known::Partly(owners, _)) if is_among(decider, owners) => Ok(true),
        Some(Known::Partly(_, gap) | Known::No(gap)) => Err(gap.clone()),
        None => Err(out_of_reach("the application that filed it was not looked at")),
    }
}

fn is_among(decider: &str, owners: &[HeldBy]) -> bool {
    owners.iter().any(|owner| owner.id.eq_ignore_ascii_case(decider))
}

/// Whether somebody decided; None for a status that is not known. One that was cancelled, or ran out, may have been decided
/// before, and nothing came of it.
fn decided(request: &Request) -> Option<bool> {
    match request.status.as_deref()?.to_ascii_lowercase().as_str() {
        "approved" | "rejected" | "completed" => Some(true),
        "needsapproval" | "cancelled" | "canceled" | "expired" => Some(false),
        _ => None,
    }
}

fn out_of_reach(detail: &str) -> Gap {
    Gap::OutOfReach { detail: detail.to_owned() }
}
