//! From what an application is excluded, what it may write beyond that, and whether a gate holds its wipes.

use super::{Looked, failed, out_of_reach};
use crate::assess::model::{Known, Verdict};
use crate::assess::words::{ExclusionState, GateState, VerdictKind};
use crate::catalogue::Workload;
use crate::snapshot::{Coverage, Dataset, Gap};
use std::collections::BTreeSet;

/// Where an application stands towards the gates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Workloads that at least one source lists it as excluded from.
    pub excluded_from: BTreeSet<Workload>,
    /// Names of the policies that exclude it: an attacker's text.
    pub policies: BTreeSet<String>,
    /// Workloads that it may write, or was seen writing.
    pub writes: BTreeSet<Workload>,
    /// Of those that it is excluded from, the ones that only some of the policies exclude it from.
    pub partly: BTreeSet<Workload>,
    /// Of these, those of which it could not be told whether a policy excludes it.
    pub untold: BTreeSet<Workload>,
}

impl Standing {
    /// As a clause, for an application of which it is known whether a source lists it as excluded.
    #[must_use]
    pub fn clause(&self, excluded: bool) -> String {
        let words = |workloads: &BTreeSet<Workload>| workloads.iter().map(Workload::word).collect::<Vec<_>>().join(", ");
        let writes = if self.writes.is_empty() { "Intune".to_owned() } else { words(&self.writes) };
        match (excluded, self.untold.is_empty()) {
            (true, _) if self.partly.is_empty() => format!("is excluded from approval on {}", words(&self.excluded_from)),
            (true, _) if self.partly == self.excluded_from => format!("is excluded by some of the policies on {}", words(&self.partly)),
            (true, _) => {
                let whole: BTreeSet<Workload> = self.excluded_from.difference(&self.partly).cloned().collect();
                format!("is excluded from approval on {} and by some of the policies on {}", words(&whole), words(&self.partly))
            }
            (false, true) => format!("may write {writes} as itself"),
            (false, false) => {
                let untold = if self.untold == self.writes { String::new() } else { format!(" from approval on {}", words(&self.untold)) };
                format!("may write {writes} as itself (whether a policy excludes it{untold} could not be told)")
            }
        }
    }
}

pub(super) fn standing(of: &Looked<'_>) -> Standing {
    let listed = || of.exclusions.iter().filter(|row| row.listed);
    let excluded_from: BTreeSet<Workload> = listed().map(|row| row.workload.clone()).collect();
    let untold = |verdict: &&Verdict| verdict.exclusion == ExclusionState::Unknown && !excluded_from.contains(&verdict.workload);
    Standing {
        policies: listed().map(|row| row.policy.clone()).collect(),
        writes: of.verdicts.iter().map(|verdict| verdict.workload.clone()).collect(),
        partly: of
            .verdicts
            .iter()
            .filter(|verdict| verdict.exclusion == ExclusionState::Partly)
            .map(|verdict| verdict.workload.clone())
            .collect(),
        untold: of.verdicts.iter().filter(untold).map(|verdict| verdict.workload.clone()).collect(),
        excluded_from,
    }
}

/// Workloads that its permissions write and that no policy excludes it from. Where that could not be told, a workload is
/// neither among them nor known not to be.
pub(super) fn writes_beyond(of: &Looked<'_>, standing: &Standing) -> Known<BTreeSet<Workload>> {
    if !of.profile.excluded {
        return Known::Yes(BTreeSet::new());
    }
    let Some(held) = of.profile.permissions.seen() else { return of.profile.permissions.map(|_| BTreeSet::new()) };
    let written: BTreeSet<&Workload> = held.iter().flat_map(|permission| &permission.primary).collect();
    // Where no policy was read, other sources list it, and none says from what.
    let blind = matches!(of.directory.snapshot.coverage_of(Dataset::AccessPolicies), Coverage::Unavailable { .. });
    let (untold, beyond): (Vec<&Workload>, Vec<&Workload>) = written
        .into_iter()
        .filter(|workload| !standing.excluded_from.contains(workload))
        .partition(|workload| blind || standing.untold.contains(workload));
    let unread = || of.directory.gap(Dataset::AccessPolicies).unwrap_or_else(|| unknown_list(&untold));
    let gap = of.profile.permissions.gap().cloned().or_else(|| (!untold.is_empty()).then(unread));
    Known::of(beyond.into_iter().cloned().collect(), gap)
}

fn unknown_list(workloads: &[&Workload]) -> Gap {
    let words: Vec<&str> = workloads.iter().map(|workload| workload.word()).collect();
    failed(format!("whether a policy excludes it from approval on {} is not known", words.join(", ")))
}

/// Whether a gate holds its wipes, or why that is not known. Without a verdict on wiping it was not found able to wipe,
/// and what that rests on has its own gap, so the gates alone are asked.
pub(super) fn wipe_needs_approval(of: &Looked<'_>) -> Known<bool> {
    let Some(verdict) = of.verdicts.iter().find(|verdict| verdict.workload == Workload::DeviceWipe) else {
        let gate = of.gates.iter().find(|gate| gate.workload == Workload::DeviceWipe).map(|gate| gate.state);
        let open = matches!(gate, Some(GateState::None | GateState::Planned));
        return if open { Known::Yes(false) } else { Known::No(failed("no verdict on deviceWipe")) };
    };
    match wipes_held(verdict.gate, verdict.exclusion, verdict.kind) {
        Some(held) => Known::Yes(held),
        None => Known::No(why_not_told(of, verdict)),
    }
}

fn why_not_told(of: &Looked<'_>, verdict: &Verdict) -> Gap {
    let unread = || of.directory.gap(Dataset::AccessPolicies);
    match (verdict.kind, verdict.exclusion) {
        (VerdictKind::Passes, _) => {
            out_of_reach("its wipes succeed behind an access policy in force, and no source says that it is excluded")
        }
        // Policies may differ by platform, so some devices may be open to it and others not.
        (_, ExclusionState::Partly) => out_of_reach("some of the access policies on deviceWipe exclude it, others do not"),
        _ => unread().unwrap_or_else(|| failed("the list of exclusions from deviceWipe could not be read")),
    }
}

/// Whether a gate in this state holds the wipes of an application that is excluded like this; None where that is not known.
/// Of one whose wipes keep succeeding behind the gate (`passes`) it is not known why.
fn wipes_held(gate: GateState, exclusion: ExclusionState, verdict: VerdictKind) -> Option<bool> {
    match (gate, exclusion) {
        (GateState::None | GateState::Planned, _) | (GateState::InForce, ExclusionState::Excluded) => Some(false),
        (GateState::InForce, _) if verdict == VerdictKind::Passes => None,
        (GateState::InForce, ExclusionState::NotListed) => Some(true),
        (GateState::InForce, ExclusionState::Partly | ExclusionState::Unknown) | (GateState::Unknown, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn wipes_are_held_only_by_a_gate_in_force_that_does_not_exclude() {
        use ExclusionState::{Excluded, NotListed, Partly};
        let held = |gate, exclusion| wipes_held(gate, exclusion, VerdictKind::AtRisk);
        assert_eq!(held(GateState::InForce, NotListed), Some(true));
        assert_eq!(held(GateState::InForce, Excluded), Some(false));
        assert_eq!(held(GateState::None, NotListed), Some(false));
        assert_eq!(held(GateState::Planned, NotListed), Some(false), "not in force yet");
        for exclusion in [NotListed, ExclusionState::Unknown] {
            assert_eq!(wipes_held(GateState::InForce, exclusion, VerdictKind::Passes), None, "seen to get through, and nobody knows why");
        }
        for (gate, exclusion) in [
            (GateState::InForce, Partly),
            (GateState::InForce, ExclusionState::Unknown),
            (GateState::Unknown, NotListed),
            (GateState::Unknown, ExclusionState::Unknown),
        ] {
            assert_eq!(held(gate, exclusion), None, "{gate} {exclusion}");
        }
    }

    const SCRIPTS: &str = "9255e99d-faf5-445e-bbf7-cb71482737c4";

    #[test]
    fn what_it_writes_beyond_its_exclusion_is_told_only_where_the_lists_are_known() {
        let fixture = || Fixture::new().excluding("p", "app").granted(SCRIPTS, "2026-01-01T00:00:00Z");
        let script: BTreeSet<Workload> = [Workload::Script].into();
        assert_eq!(fixture().posture().writes_beyond, Known::Yes(script.clone()), "nothing gates scripts, so nothing excludes from it");
        assert_eq!(fixture().policy("q", "script").posture().writes_beyond, Known::Yes(script), "on no list");
        assert_eq!(fixture().excluding("q", "script").posture().writes_beyond, Known::Yes(BTreeSet::new()));
        let unread =
            fixture().policy("q", "script").with(|tenant| tenant.snapshot.access_policies.get_mut(&"q".into()).unwrap().read_by_id = false);
        assert!(matches!(unread.posture().writes_beyond, Known::Partly(seen, Gap::Failed { .. }) if seen.is_empty()));
        let blind = fixture().lost(Dataset::AccessPolicies).posture().writes_beyond;
        assert!(matches!(&blind, Known::Partly(seen, Gap::Permission { .. }) if seen.is_empty()), "{blind:?}");
        let lost = fixture().partial(Dataset::AppRoleGrants).posture().writes_beyond;
        assert!(matches!(lost, Known::Partly(_, Gap::Throttled { .. })));
    }

    #[test]
    fn the_clause_says_what_it_may_and_what_could_not_be_told() {
        let excluded = Fixture::new().excluding("p", "app").posture().standing;
        assert_eq!(excluded.clause(true), "is excluded from approval on app");
        let free = Fixture::new().granted(SCRIPTS, "2026-01-01T00:00:00Z");
        assert_eq!(free.posture().standing.clause(false), "may write app, script as itself");
        let unread = free.policy("p", "script").posture().standing;
        assert_eq!(
            unread.clause(false),
            "may write app, script as itself (whether a policy excludes it from approval on script could not be told)"
        );
        let lost = Fixture::new().lost(Dataset::AccessPolicies).posture().standing;
        assert_eq!(lost.clause(false), "may write app as itself (whether a policy excludes it could not be told)");
    }
}
