//! Verdicts and exclusions, as the assessment has them.

use super::super::listing::{Key, Listing, Object, Value};
use super::super::side::Side;
use crate::assess::{Assessment, Exclusion, PolicyGate, Verdict, VerdictKind};
use crate::snapshot::{AppId, Area, Dataset, PolicyId};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn verdicts(side: &Side<'_>) -> Listing {
    let assessment = side.assessment;
    let row = |verdict: &Verdict| {
        let key = Key { owner: verdict.app_id.to_string(), list: "", id: verdict.workload.word().to_owned() };
        let object = Object::new(&application_name(assessment, &verdict.app_id), verdict.workload.word(), Value::text(verdict.kind.word()));
        // Unknown is what could not be told, not a verdict that another one turned into.
        let value = object.value.clone().filter(|_| verdict.kind != VerdictKind::Unknown);
        (key, Object { value, doubted_by: doubted_by(verdict.kind), ..object })
    };
    // An automation is one that holds a permission or was seen writing.
    let gap = side.gap(&[Dataset::AppRoles, Dataset::AppRoleGrants, Dataset::ServicePrincipals, Dataset::AuditEvents]);
    let blind = EVIDENCE.into_iter().filter(|area| !side.snapshot.is_whole(*area)).collect();
    Listing { objects: assessment.verdicts.iter().map(row).collect(), gap, blind, ..Listing::default() }
}

/// What verdicts are told by.
const EVIDENCE: [Area; 7] = [
    Area::Dataset(Dataset::ServicePrincipals),
    Area::Dataset(Dataset::AccessPolicies),
    Area::Dataset(Dataset::ApprovalRequests),
    Area::Dataset(Dataset::UnfinishedApps),
    Area::ActivityLogs,
    Area::Dataset(Dataset::AuditEvents),
    Area::Dataset(Dataset::SignInActivity),
];

/// What may have made another verdict, had more of it been read. That a call was refused is told by what was seen, and by
/// whose id it is.
fn doubted_by(kind: VerdictKind) -> &'static [Area] {
    match kind {
        VerdictKind::Blocked => EVIDENCE.split_at(1).0,
        // A list that has it, a request of its own, or a refusal would make it another.
        VerdictKind::Breaks => EVIDENCE.split_at(5).0,
        _ => &EVIDENCE,
    }
}

/// The name of an application, or its app id where it has none.
fn application_name(assessment: &Assessment, app_id: &AppId) -> String {
    let name = assessment.applications.get(app_id).map(|profile| profile.name.clone()).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| app_id.to_string())
}

/// Who is on the list of which policy, without the gates of a plan. `resolved` has the app id of each listed id that either run
/// could look up.
pub(super) fn exclusions(side: &Side<'_>, resolved: &Resolved) -> Listing {
    let policies: Vec<&PolicyGate> = side.assessment.gates.iter().flat_map(|gate| &gate.policies).collect();
    let planned: BTreeSet<&PolicyId> = policies.iter().filter(|policy| policy.planned).map(|policy| &policy.policy_id).collect();
    let rows = side.assessment.exclusions.iter().filter(|row| row.listed && !planned.contains(&row.policy_id));
    let unknown = policies.iter().filter(|policy| !policy.exclusions_readable);
    let why = || "its list of exclusions is not known whole".to_owned();
    Listing {
        objects: rows.map(|row| (exclusion_key(row, resolved), exclusion(row))).collect(),
        unread: unknown.map(|policy| ((policy.policy_id.to_string(), ""), why())).collect(),
        gap: side.gap(&[Dataset::AccessPolicies]),
        read: side.snapshot.access_policies.keys().map(ToString::to_string).collect(),
        ..Listing::default()
    }
}

/// App ids by listed id in lower case.
pub(super) type Resolved = BTreeMap<String, String>;

/// What any of the runs could look up.
pub(super) fn resolved(sides: &[&Side<'_>]) -> Resolved {
    let rows = sides.iter().flat_map(|side| &side.assessment.exclusions);
    rows.filter_map(|row| Some((row.listed_id.to_lowercase(), row.app_id.as_ref()?.to_string()))).collect()
}

fn exclusion_key(row: &Exclusion, resolved: &Resolved) -> Key {
    let listed = row.listed_id.to_lowercase();
    let application = row.app_id.as_ref().map(ToString::to_string).or_else(|| resolved.get(&listed).cloned()).unwrap_or(listed);
    Key { owner: row.policy_id.to_string(), list: "", id: application }
}

fn exclusion(row: &Exclusion) -> Object {
    let label = row.application.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| row.listed_id.clone());
    let disputed = if row.disputed { ", disputed" } else { "" };
    let value = format!("excluded from {}{disputed}", row.workload.word());
    // What could not be looked up is in no state that could have changed.
    let state = row.gap.is_none().then(|| row.state.word().to_owned());
    let object = Object { state, at: row.since, ..Object::new(&row.policy, &label, Value::Text(value)) };
    // Who lists it beside the policy does not say what a policy protects that was not read.
    let value = object.value.clone().filter(|_| row.workload.word() != "unknown");
    Object { value, ..object }
}
