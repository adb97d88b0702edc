//! Facts of a workload: whether anything gates it, and who may write it.

use super::{Builder, EntityKind, Fact, dataset_gap, gap_of, texts};
use crate::assess::ObjectRef;
use crate::assess::model::{Assessment, Gate, Verdict};
use crate::assess::words::GateState;
use crate::catalogue::{Platform, Workload};
use crate::snapshot::Dataset;

/// The facts of every workload of which it is known what it protects.
pub(super) fn workloads(assessment: &Assessment) -> impl Iterator<Item = Fact> {
    let known = assessment.gates.iter().filter(|gate| !matches!(gate.workload, Workload::Unknown(_)));
    known.map(|gate| workload(assessment, gate))
}

fn workload(assessment: &Assessment, gate: &Gate) -> Fact {
    let mut fact = Builder::new();
    let word = gate.workload.word();
    fact.set("workload", word);
    match gate.state {
        GateState::Unknown => fact.gap("gate", dataset_gap(assessment, Dataset::AccessPolicies, "it is not known whether it is gated")),
        known => fact.set("gate", known.word()),
    }
    let unread = fact.gaps.get("gate").cloned();
    fact.list("platforms", texts(gate.platforms.iter().map(Platform::word)), unread);
    fact.set("destructive", matches!(gate.workload, Workload::DeviceWipe | Workload::DeviceRetire | Workload::DeviceDelete));
    let mine = || assessment.verdicts.iter().filter(|verdict| verdict.workload == gate.workload);
    let grants = gap_of(assessment, Dataset::AppRoleGrants).or_else(|| gap_of(assessment, Dataset::ServicePrincipals));
    fact.list("writers", texts(mine().map(|verdict| name(assessment, verdict))), grants.clone());
    let events = gap_of(assessment, Dataset::AuditEvents).or(grants);
    fact.list("active_writers", texts(mine().filter(|verdict| verdict.writes > 0).map(|verdict| name(assessment, verdict))), events);
    let object = ObjectRef { kind: "workload", id: word.to_owned(), name: word.to_owned(), app_id: None };
    fact.finish(EntityKind::Workload, object)
}

/// The name of the automation that a verdict is about.
pub(super) fn name<'a>(assessment: &'a Assessment, verdict: &'a Verdict) -> &'a str {
    let profile = assessment.applications.get(&verdict.app_id);
    profile.map(|profile| profile.name.as_str()).filter(|name| !name.is_empty()).unwrap_or(verdict.app_id.as_str())
}
