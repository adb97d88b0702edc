//! What of an assessment may be stated as a fact: a count of nothing is one only where the data behind it was read whole.

use super::{Assessment, PolicyGate, VerdictKind};
use crate::snapshot::{Area, Coverage, Dataset, Gap};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

/// Stands for a dataset that the assessment does not mention.
static NOT_REQUESTED: Coverage = Coverage::Unavailable { gap: Gap::NotRequested };

/// How much of a dataset was read.
#[must_use]
pub fn coverage(assessment: &Assessment, dataset: Dataset) -> &Coverage {
    assessment.coverage.get(&dataset).map_or(&NOT_REQUESTED, |reading| &reading.coverage)
}

/// How much of an area was read.
#[must_use]
pub fn area(assessment: &Assessment, area: Area) -> &Coverage {
    match area {
        Area::Dataset(dataset) => coverage(assessment, dataset),
        Area::ActivityLogs => &assessment.activity_logs.coverage,
        Area::Scripts => &assessment.scripts.coverage,
    }
}

/// Whether what a dataset tells of was read whole. Activity logs that were given show writes and refused calls beside audit
/// events and approval requests, so where they were not read whole, more may have been seen.
#[must_use]
pub fn told_whole(assessment: &Assessment, dataset: Dataset) -> bool {
    let logs = &assessment.activity_logs.coverage;
    let beside = matches!(dataset, Dataset::AuditEvents | Dataset::ApprovalRequests);
    coverage(assessment, dataset).is_complete() && (!beside || logs.is_complete() || logs.is_skipped())
}

/// Whether every automation can have been found: those who hold a permission, and those who were seen writing.
#[must_use]
pub fn all_automations(assessment: &Assessment) -> bool {
    read_whole(assessment, &[Dataset::AppRoles, Dataset::AppRoleGrants, Dataset::ServicePrincipals, Dataset::AuditEvents])
}

/// A count, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(usize),
    /// So many were found, and there may be more.
    AtLeast(usize),
    /// None was found, and what would show them was not read whole.
    Unknown,
}

impl Count {
    /// A count, and whether what would show more was read whole.
    #[must_use]
    pub fn new(found: usize, whole: bool) -> Self {
        match (found, whole) {
            (found, true) => Self::Exactly(found),
            (0, false) => Self::Unknown,
            (found, false) => Self::AtLeast(found),
        }
    }

    /// What was found; None where nothing was, and that says nothing.
    #[must_use]
    pub fn found(self) -> Option<usize> {
        match self {
            Self::Exactly(found) | Self::AtLeast(found) => Some(found),
            Self::Unknown => None,
        }
    }

    /// Whether there may be more.
    #[must_use]
    pub fn is_least(self) -> bool {
        !matches!(self, Self::Exactly(_))
    }
}

/// `12`, `at least 12`, or `not known`.
impl Display for Count {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(found) => write!(formatter, "{found}"),
            Self::AtLeast(found) => write!(formatter, "at least {found}"),
            Self::Unknown => formatter.write_str("not known"),
        }
    }
}

/// Whether all that these datasets tell of was read whole.
#[must_use]
pub fn read_whole(assessment: &Assessment, datasets: &[Dataset]) -> bool {
    datasets.iter().all(|dataset| told_whole(assessment, *dataset))
}

/// Automations of a verdict, each once. A verdict is what follows from what was seen: more data may turn it into another, which its
/// confidence tells and this count does not. That there are no more is a fact only where what would show them was read whole. Of those
/// whose gates are unknown each may have any verdict; they have a count of their own, so they matter to the others only where
/// nothing was found.
#[must_use]
pub fn automations_with(assessment: &Assessment, kind: VerdictKind) -> Count {
    let with = |kind: VerdictKind| {
        let own = assessment.verdicts.iter().filter(|verdict| verdict.kind == kind);
        own.map(|verdict| &verdict.app_id).collect::<BTreeSet<_>>().len()
    };
    let found = with(kind);
    let whole = match kind {
        // It wrote, or filed a request.
        VerdictKind::Blocked | VerdictKind::Breaks | VerdictKind::Handshake => {
            read_whole(assessment, &[Dataset::AuditEvents, Dataset::ApprovalRequests])
        }
        VerdictKind::Passes => read_whole(assessment, &[Dataset::AuditEvents]),
        VerdictKind::AtRisk => all_automations(assessment),
        VerdictKind::Dormant => all_automations(assessment) && read_whole(assessment, &[Dataset::SignInActivity]),
        VerdictKind::NotGated => all_automations(assessment) && read_whole(assessment, &[Dataset::AccessPolicies]),
        VerdictKind::Excluded => all_automations(assessment) && all_exclusions(assessment),
        // It says how many of those that were found could not be judged.
        VerdictKind::Unknown => !assessment.verdicts.is_empty() || all_automations(assessment),
    };
    let settled = kind == VerdictKind::Unknown || found > 0 || with(VerdictKind::Unknown) == 0;
    Count::new(found, whole && settled)
}

/// Whether every list of exclusions could be read.
#[must_use]
pub fn all_exclusions(assessment: &Assessment) -> bool {
    coverage(assessment, Dataset::AccessPolicies).is_complete() && unreadable_exclusions(assessment) == 0
}

/// Access policies behind the gates, each once, by id.
#[must_use]
pub fn policies(assessment: &Assessment) -> Vec<&PolicyGate> {
    let all = assessment.gates.iter().flat_map(|gate| &gate.policies).filter(|policy| !policy.planned);
    let by_id: BTreeMap<_, _> = all.map(|policy| (&policy.policy_id, policy)).collect();
    by_id.into_values().collect()
}

/// Access policies whose list of exclusions could not be read.
#[must_use]
pub fn unreadable_exclusions(assessment: &Assessment) -> usize {
    policies(assessment).into_iter().filter(|policy| !policy.exclusions_readable).count()
}
