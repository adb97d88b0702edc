//! Facts of one automation on one workload: what the verdict says.

use super::{Builder, EntityKind, Fact, application, dataset_gap, texts, workload};
use crate::assess::ObjectRef;
use crate::assess::model::{Assessment, Verdict};
use crate::assess::words::VerdictKind;
use crate::snapshot::Dataset;
use serde_json::json;

/// The facts of one verdict.
pub(super) fn verdict(assessment: &Assessment, verdict: &Verdict) -> Fact {
    let mut fact = Builder::new();
    fact.set("app_id", verdict.app_id.as_str());
    fact.set("name", workload::name(assessment, verdict));
    fact.set("workload", verdict.workload.word());
    fact.set("verdict", verdict.kind.word());
    let unread = dataset_gap(assessment, Dataset::AccessPolicies, "it is not known whether this workload is gated");
    fact.optional("refused", refused(verdict.kind), &unread);
    fact.set("gate", verdict.gate.word());
    fact.set("exclusion", verdict.exclusion.word());
    fact.set("confidence", verdict.confidence.word());
    fact.set("evidence_grade", verdict.grade.word());
    fact.set("writes", verdict.writes);
    fact.set("blocked_calls", verdict.blocked_calls);
    fact.set("reasons", json!(verdict.reasons));
    fact.set("permissions", texts(verdict.permissions.iter().map(String::as_str)));
    fact.set("next_step", verdict.next_step.as_str());
    fact.finish(EntityKind::Verdict, object(assessment, verdict))
}

fn object(assessment: &Assessment, verdict: &Verdict) -> ObjectRef {
    let id = verdict.app_id.to_string();
    let unlisted = || ObjectRef { kind: "application", id: id.clone(), name: id.clone(), app_id: Some(id.clone()) };
    assessment.applications.get(&verdict.app_id).map_or_else(unlisted, application::object)
}

/// Whether writes are, or will be, refused; None where the gates are not known. Of one that was not seen writing, and of one
/// that passes for reasons unknown, it is not said: they have verdicts of their own.
fn refused(kind: VerdictKind) -> Option<bool> {
    match kind {
        VerdictKind::Blocked | VerdictKind::Breaks => Some(true),
        VerdictKind::Unknown => None,
        VerdictKind::AtRisk
        | VerdictKind::Passes
        | VerdictKind::Excluded
        | VerdictKind::Handshake
        | VerdictKind::Dormant
        | VerdictKind::NotGated => Some(false),
    }
}
