//! The numbers of one run that a trend is drawn of.

use crate::assess::{ApplicationProfile, Assessment, FindingStatus, KeyKind, Severity, VerdictKind, known};
use crate::snapshot::{AppId, Dataset};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A count, and whether there may be more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// So many were found.
    pub found: u64,
    /// Whether what would show others was read whole.
    pub whole: bool,
}

impl Count {
    /// The count as far as it says something: of nothing found in what was not read whole, nothing is known.
    #[must_use]
    pub fn known(self) -> Option<u64> {
        (self.whole || self.found > 0).then_some(self.found)
    }
}

/// What is kept of each run to draw trends without reading it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// Automations.
    pub automations: Count,
    /// Automations by the word of the verdict; one that has several counts in each. Whole where what would show more was read.
    pub verdicts: BTreeMap<String, Count>,
    /// Applications on the list of at least one access policy.
    pub exclusions: Count,
    /// Secrets of these that have not expired.
    pub secrets_on_excluded: Count,
    /// Open findings by the word of the severity. Whole where no finding of that severity is undetermined.
    pub findings: BTreeMap<String, Count>,
    /// Waived findings.
    pub waived: u64,
    /// Findings that could not be determined.
    pub undetermined: u64,
    /// Datasets by the word of their state.
    pub datasets: BTreeMap<String, u64>,
}

impl Numbers {
    /// Whether none of them may be higher.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let counts = [self.automations, self.exclusions, self.secrets_on_excluded];
        counts.iter().chain(self.verdicts.values()).chain(self.findings.values()).all(|count| count.whole)
    }
}

/// The numbers of a run on which rules have run.
#[must_use]
pub fn numbers(assessment: &Assessment) -> Numbers {
    let excluded: Vec<&ApplicationProfile> = assessment.applications.values().filter(|profile| profile.excluded).collect();
    let lists = known::all_exclusions(assessment);
    let secrets = excluded.iter().flat_map(|profile| profile.keys.seen()).flatten();
    let living = secrets.filter(|key| key.kind == KeyKind::Secret && key.expired != Some(true)).count();
    let keys_whole = excluded.iter().all(|profile| profile.keys.gap().is_none());
    let with = |status| assessment.findings.iter().filter(|finding| finding.status == status).count() as u64;
    Numbers {
        automations: automations(assessment),
        verdicts: verdicts(assessment),
        exclusions: Count { found: on_lists(assessment), whole: lists },
        secrets_on_excluded: Count { found: living as u64, whole: lists && keys_whole },
        findings: findings(assessment),
        waived: with(FindingStatus::Waived),
        undetermined: with(FindingStatus::Undetermined),
        datasets: states(assessment),
    }
}

fn automations(assessment: &Assessment) -> Count {
    Count { found: assessment.headline().automations as u64, whole: known::all_automations(assessment) }
}

fn on_lists(assessment: &Assessment) -> u64 {
    let planned: BTreeSet<_> =
        assessment.gates.iter().flat_map(|gate| &gate.policies).filter(|policy| policy.planned).map(|policy| &policy.policy_id).collect();
    let listed = assessment.exclusions.iter().filter(|row| row.listed && !planned.contains(&row.policy_id));
    listed.map(crate::assess::Exclusion::application_id).collect::<BTreeSet<AppId>>().len() as u64
}

fn verdicts(assessment: &Assessment) -> BTreeMap<String, Count> {
    let count = |kind| {
        let count = known::automations_with(assessment, kind);
        Count { found: count.found().unwrap_or_default() as u64, whole: !count.is_least() }
    };
    VerdictKind::ALL.iter().map(|kind| (kind.word().to_owned(), count(*kind))).collect()
}

fn findings(assessment: &Assessment) -> BTreeMap<String, Count> {
    let of = |severity: Severity, status: FindingStatus| {
        assessment.findings.iter().filter(|finding| finding.status == status && finding.rule.severity == severity).count() as u64
    };
    let count = |severity| Count { found: of(severity, FindingStatus::Open), whole: of(severity, FindingStatus::Undetermined) == 0 };
    Severity::ALL.iter().map(|severity| (severity.word().to_owned(), count(*severity))).collect()
}

fn states(assessment: &Assessment) -> BTreeMap<String, u64> {
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    for dataset in Dataset::ALL {
        let word = assessment.coverage.get(&dataset).map_or("skipped", |reading| reading.coverage.word());
        *states.entry(word.to_owned()).or_default() += 1;
    }
    states
}
