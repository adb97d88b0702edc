//! The smallest set of exclusions, per policy, with which the automations that write today keep writing. And how much room a
//! policy has for more: it excludes at most [`Room::MOST`] applications.

use super::model::{Exclusion, ExclusionNeed, Gate, PolicyGate, Room, Verdict};
use super::words::VerdictKind;
use crate::snapshot::{AppId, PolicyId};
use std::collections::{BTreeMap, BTreeSet};

/// Distinct applications that some source lists on each policy, and none denies. An id that resolves to nothing takes a place too.
pub(super) struct Listed<'a>(BTreeMap<&'a PolicyId, BTreeSet<String>>);

impl<'a> Listed<'a> {
    pub(super) fn new(rows: &'a [Exclusion]) -> Self {
        let mut listed: BTreeMap<&PolicyId, BTreeSet<String>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.listed && !row.disputed) {
            let id = row.app_id.as_ref().map_or_else(|| row.listed_id.to_lowercase(), ToString::to_string);
            listed.entry(&row.policy_id).or_default().insert(id);
        }
        Self(listed)
    }

    /// The room that a policy has.
    pub(super) fn room(&self, policy: &PolicyGate) -> Room {
        Room {
            policy_id: policy.policy_id.clone(),
            policy: policy.name.clone(),
            listed: self.0.get(&policy.policy_id).map_or(0, BTreeSet::len),
            whole: policy.exclusions_readable,
        }
    }
}

/// For each policy that breaks or blocks something, what it would have to exclude; in the order of the gates. What is `gone`
/// from the tenant cannot be excluded and does not come back by it.
pub(super) fn needs(gates: &[Gate], listed: &Listed<'_>, verdicts: &[Verdict], gone: &BTreeSet<&AppId>) -> Vec<ExclusionNeed> {
    let mut wanted: BTreeMap<&PolicyId, BTreeSet<_>> = BTreeMap::new();
    let stopped =
        |verdict: &&Verdict| matches!(verdict.kind, VerdictKind::Breaks | VerdictKind::Blocked) && !gone.contains(&verdict.app_id);
    for verdict in verdicts.iter().filter(stopped) {
        for policy in &verdict.not_excluded_by {
            wanted.entry(policy).or_default().insert(verdict.app_id.clone());
        }
    }
    let policies = gates.iter().flat_map(|gate| gate.policies.iter().map(move |policy| (gate, policy)));
    let needed = policies.filter_map(|(gate, policy)| {
        let automations = wanted.get(&policy.policy_id)?.clone();
        Some(ExclusionNeed { room: listed.room(policy), workload: gate.workload.clone(), planned: policy.planned, automations })
    });
    needed.collect()
}
