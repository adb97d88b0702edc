//! What of an assessment may be stated as a fact. A count of nothing is one only where the dataset behind it was read
//! whole; otherwise it is not known, in every format alike.

use crate::assess::{
    ApplicationProfile, Assessment, Exclusion, Finding, FindingStatus, GateProblemKind, Key, PolicyGate, Severity, Verdict,
};
use crate::snapshot::{Coverage, Dataset, Gap};
use std::collections::{BTreeMap, BTreeSet};

/// Stands for a dataset that the assessment does not mention.
static NOT_REQUESTED: Coverage = Coverage::Unavailable { gap: Gap::NotRequested };

/// Word for what could not be read, in every table and file.
pub(super) const UNKNOWN: &str = "unknown";

/// How much of a dataset was read.
pub(super) fn coverage(assessment: &Assessment, dataset: Dataset) -> &Coverage {
    assessment.coverage.get(&dataset).map_or(&NOT_REQUESTED, |reading| &reading.coverage)
}

/// Datasets of which something is missing that was asked for.
pub(super) fn missing(assessment: &Assessment) -> impl Iterator<Item = (Dataset, &Coverage, &Gap)> {
    let all = Dataset::ALL.into_iter().map(|dataset| (dataset, coverage(assessment, dataset)));
    let missing = all.filter(|(_, coverage)| !coverage.is_skipped());
    missing.filter_map(|(dataset, coverage)| coverage.gap().map(|gap| (dataset, coverage, gap)))
}

/// Datasets that nobody asked for.
pub(super) fn skipped(assessment: &Assessment) -> impl Iterator<Item = Dataset> {
    Dataset::ALL.into_iter().filter(|dataset| coverage(assessment, *dataset).is_skipped())
}

/// A count of things seen in a dataset: at least one is a fact, none is a fact only if the dataset was read whole.
pub(super) fn count(assessment: &Assessment, dataset: Dataset, seen: u64) -> Option<u64> {
    (seen > 0 || coverage(assessment, dataset).is_complete()).then_some(seen)
}

/// Whether every automation can have been found: those who hold a permission, and those who were seen writing.
pub(super) fn all_automations(assessment: &Assessment) -> bool {
    [Dataset::AppRoles, Dataset::AppRoleGrants, Dataset::ServicePrincipals, Dataset::AuditEvents]
        .into_iter()
        .all(|dataset| coverage(assessment, dataset).is_complete())
}

/// A count, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// So many.
    Exactly(usize),
    /// So many were found, and there may be more.
    AtLeast(usize),
    /// None was found, and what would show them was not read whole.
    Unknown,
}

impl Count {
    fn new(found: usize, whole: bool) -> Self {
        match (found, whole) {
            (found, true) => Self::Exactly(found),
            (0, false) => Self::Unknown,
            (found, false) => Self::AtLeast(found),
        }
    }

    /// What was found; None where nothing was, and that says nothing.
    pub(super) fn found(self) -> Option<usize> {
        match self {
            Self::Exactly(found) | Self::AtLeast(found) => Some(found),
            Self::Unknown => None,
        }
    }

    /// Whether there may be more.
    pub(super) fn is_least(self) -> bool {
        !matches!(self, Self::Exactly(_))
    }
}

/// Automations that break or are blocked. Those whose gates are unknown have a count of their own beside it, so they matter
/// here only where nothing else was found.
pub(super) fn breaking(assessment: &Assessment) -> Count {
    let counts = assessment.headline();
    let seen = [Dataset::AuditEvents, Dataset::ApprovalRequests].into_iter().all(|dataset| coverage(assessment, dataset).is_complete());
    Count::new(counts.breaking, seen && (counts.breaking > 0 || counts.unknown == 0))
}

/// Automations that are blocked already. What is refused shows in audit events and in approval requests.
pub(super) fn blocked(assessment: &Assessment) -> Count {
    let shown = [Dataset::AccessPolicies, Dataset::AuditEvents, Dataset::ApprovalRequests];
    Count::new(assessment.headline().blocked, shown.into_iter().all(|dataset| coverage(assessment, dataset).is_complete()))
}

/// Automations that are excluded.
pub(super) fn excluded_automations(assessment: &Assessment) -> Count {
    let whole = coverage(assessment, Dataset::AccessPolicies).is_complete() && unreadable_exclusions(assessment) == 0;
    Count::new(assessment.headline().excluded, whole)
}

/// Access policies behind the gates, each once, by id.
pub(super) fn policies(assessment: &Assessment) -> Vec<&PolicyGate> {
    let all = assessment.gates.iter().flat_map(|gate| &gate.policies).filter(|policy| !policy.planned);
    let by_id: BTreeMap<_, _> = all.map(|policy| (&policy.policy_id, policy)).collect();
    by_id.into_values().collect()
}

/// Access policies whose list of exclusions could not be read.
pub(super) fn unreadable_exclusions(assessment: &Assessment) -> usize {
    policies(assessment).into_iter().filter(|policy| !policy.exclusions_readable).count()
}

/// Whether an application is excluded. That it is not is a fact only where every list of exclusions could be read.
pub(super) fn excluded(assessment: &Assessment, profile: &ApplicationProfile) -> Option<bool> {
    let known = || coverage(assessment, Dataset::AccessPolicies).is_complete() && unreadable_exclusions(assessment) == 0;
    let sure = |row: &Exclusion| row.listed && !row.disputed && row.app_id.as_ref() == Some(&profile.app_id);
    if profile.excluded {
        // Where sources disagree on every list that has it, it is not known.
        let listed = || assessment.exclusions.iter().any(sure);
        return listed().then_some(true);
    }
    known().then_some(false)
}

/// Permissions of a verdict. That there are none is a fact only where the grants of the automation were read whole.
pub(super) fn permissions<'a>(assessment: &Assessment, verdict: &'a Verdict) -> Option<&'a BTreeSet<String>> {
    let profile = assessment.applications.get(&verdict.app_id);
    let read_whole = || profile.is_some_and(|profile| profile.permissions.gap().is_none());
    (!verdict.permissions.is_empty() || read_whole()).then_some(&verdict.permissions)
}

/// The credentials of an application that were seen, each once, in order.
pub(super) fn credentials(profile: &ApplicationProfile) -> BTreeSet<&Key> {
    // The keys of a service principal are among `keys`, unless only those could be read.
    let lists = [&profile.keys, &profile.service_principal_keys, &profile.federated];
    lists.into_iter().filter_map(|keys| keys.seen()).flatten().collect()
}

/// Whether all credentials of an application were seen.
pub(super) fn all_credentials(profile: &ApplicationProfile) -> bool {
    [&profile.keys, &profile.service_principal_keys, &profile.federated].into_iter().all(|keys| keys.gap().is_none())
}

/// Problems of gates that could not be told: each with the policies of which it could not.
pub(super) fn untold_problems(assessment: &Assessment) -> BTreeMap<(GateProblemKind, &str), usize> {
    let mut untold = BTreeMap::new();
    for problem in policies(assessment).into_iter().flat_map(|policy| &policy.problems).filter(|problem| problem.unknown.is_some()) {
        *untold.entry((problem.kind, problem.sentence.as_str())).or_default() += 1;
    }
    untold
}

/// Findings of one status.
pub(super) fn findings(assessment: &Assessment, status: FindingStatus) -> impl Iterator<Item = &Finding> {
    assessment.findings.iter().filter(move |finding| finding.status == status)
}

/// Open findings by severity, gravest first, without severities that have none.
pub(super) fn open_by_severity(assessment: &Assessment) -> Vec<(Severity, usize)> {
    let count = |severity| findings(assessment, FindingStatus::Open).filter(|finding| finding.rule.severity == severity).count();
    let all = Severity::ALL.iter().rev().map(|severity| (*severity, count(*severity)));
    all.filter(|(_, count)| *count > 0).collect()
}
