//! Facts of one automation on one workload: what the verdict says, and whether it could be another one had all been read.

use super::{Builder, EntityKind, Fact, application, dataset_gap, gap_of, texts, workload};
use crate::assess::ObjectRef;
use crate::assess::model::{Assessment, Verdict};
use crate::assess::words::{EvidenceGrade, ExclusionState, VerdictKind};
use crate::catalogue::Workload;
use crate::snapshot::{Dataset, Gap};
use serde_json::json;

/// Kinds of verdict that rules ask for, by the field that says whether it is one of them.
const KINDS: [(&str, VerdictKind); 5] = [
    ("blocked", VerdictKind::Blocked),
    ("breaks", VerdictKind::Breaks),
    ("passes", VerdictKind::Passes),
    ("at_risk", VerdictKind::AtRisk),
    ("dormant", VerdictKind::Dormant),
];

/// The facts of one verdict.
pub(super) fn verdict(assessment: &Assessment, verdict: &Verdict) -> Fact {
    let mut fact = Builder::new();
    fact.set("app_id", verdict.app_id.as_str());
    fact.set("name", workload::name(assessment, verdict));
    fact.set("workload", verdict.workload.word());
    fact.set("verdict", verdict.kind.word());
    let others = others(assessment, verdict);
    for (name, kind) in KINDS {
        match others.iter().find(|(possible, _)| (*possible == kind) != (verdict.kind == kind)) {
            Some((_, gap)) => fact.gap(name, gap.clone()),
            None => fact.set(name, verdict.kind == kind),
        }
    }
    fact.set("gate", verdict.gate.word());
    let unlisted = Gap::OutOfReach { detail: "who is excluded from this workload is not known".to_owned() };
    let exclusion = Some(verdict.exclusion).filter(|exclusion| *exclusion != ExclusionState::Unknown);
    fact.optional("exclusion", exclusion.map(ExclusionState::word), &unlisted);
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

/// Other verdicts that it could be had everything been read, with what was not. The order of the decision table says which:
/// a dataset that was not read may hold what an earlier line asks for, or what a later line was passed over for.
fn others(assessment: &Assessment, verdict: &Verdict) -> Vec<(VerdictKind, Gap)> {
    use VerdictKind::{AtRisk, Blocked, Breaks, Dormant, Excluded, Handshake, NotGated, Passes, Unknown};
    let mut others: Vec<(VerdictKind, Gap)> = Vec::new();
    let mut add = |kinds: &[VerdictKind], gap: &Gap| others.extend(kinds.iter().map(|kind| (*kind, gap.clone())));
    let kind = verdict.kind;
    if kind == Unknown {
        let gap = dataset_gap(assessment, Dataset::AccessPolicies, "it is not known whether this workload is gated");
        add(VerdictKind::ALL, &gap);
        return others;
    }
    if matches!(kind, NotGated | Excluded | Handshake) {
        return others;
    }
    let mut lacking = |dataset: Dataset, concerned: bool, kinds: &[VerdictKind]| {
        if let Some(gap) = gap_of(assessment, dataset).filter(|_| concerned) {
            add(kinds, &gap);
        }
    };
    let quiet = matches!(kind, AtRisk | Dormant);
    // Refused by requests it stays refused; by failed writes alone, others may have gone through.
    lacking(Dataset::AuditEvents, kind != Blocked, &[Blocked, Passes, Breaks]);
    lacking(Dataset::AuditEvents, kind == Blocked && verdict.grade < EvidenceGrade::BlockedCall, &[Passes]);
    lacking(Dataset::ApprovalRequests, true, &[Handshake, Blocked]);
    lacking(Dataset::UnfinishedApps, verdict.workload == Workload::App && matches!(kind, Passes | Breaks), &[Blocked]);
    lacking(Dataset::SignInActivity, quiet, &[AtRisk, Dormant]);
    // Exclusions by object id cannot be placed, and whether it is disabled is not known.
    let unplaced = [Dataset::ServicePrincipals, Dataset::Applications].iter().any(|dataset| gap_of(assessment, *dataset).is_some());
    lacking(Dataset::ServicePrincipals, unplaced, &[Excluded, Dormant]);
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_its_field() {
        let fields: BTreeSet<&str> = EntityKind::Verdict.fields().iter().map(|field| field.name).collect();
        assert!(KINDS.iter().all(|(name, kind)| fields.contains(name) && kind.word().replace('-', "_") == *name));
    }
}
