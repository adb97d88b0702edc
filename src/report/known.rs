//! What of an assessment may be stated as a fact. A count of nothing is one only where the dataset behind it was read
//! whole; otherwise it is not known, in every format alike.

use crate::assess::{
    ApplicationProfile, Assessment, Exclusion, Finding, FindingStatus, GateProblemKind, Key, KeyKind, Severity, Verdict, VerdictKind,
};
use crate::snapshot::{Area, Coverage, Dataset, Gap};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub(super) use crate::assess::known::{
    Count, all_automations, all_exclusions, area, automations_with, coverage, policies, read_whole, told_whole, unreadable_exclusions,
};

/// Word for what could not be read, in every table and file.
pub(super) const UNKNOWN: &str = "unknown";

/// What was asked for and could not be read whole.
pub(super) fn missing(assessment: &Assessment) -> impl Iterator<Item = (Area, &Coverage, &Gap)> {
    let all = Area::all().map(|one| (one, area(assessment, one)));
    let missing = all.filter(|(_, coverage)| !coverage.is_skipped());
    missing.filter_map(|(area, coverage)| coverage.gap().map(|gap| (area, coverage, gap)))
}

/// What nobody asked for.
pub(super) fn skipped(assessment: &Assessment) -> impl Iterator<Item = Area> {
    Area::all().filter(|one| area(assessment, *one).is_skipped())
}

/// HTTP requests that reading it took.
pub(super) fn requests(assessment: &Assessment, area: Area) -> u64 {
    match area {
        Area::Dataset(dataset) => assessment.coverage.get(&dataset).map_or(0, |reading| reading.requests),
        Area::ActivityLogs => assessment.activity_logs.requests(),
        Area::Scripts => 0,
    }
}

/// A count of things seen in a dataset: at least one is a fact, none is a fact only if the dataset was read whole.
pub(super) fn count(assessment: &Assessment, dataset: Dataset, seen: u64) -> Option<u64> {
    (seen > 0 || told_whole(assessment, dataset)).then_some(seen)
}

/// The same as [`count`], which says besides whether there may be more.
pub(super) fn seen(assessment: &Assessment, dataset: Dataset, seen: u64) -> Count {
    Count::new(usize::try_from(seen).unwrap_or(usize::MAX), told_whole(assessment, dataset))
}

/// Automations that break or are blocked. Those whose gates are unknown have a count of their own beside it, so they matter
/// here only where nothing else was found.
pub(super) fn breaking(assessment: &Assessment) -> Count {
    let counts = assessment.headline();
    let seen = read_whole(assessment, &[Dataset::AuditEvents, Dataset::ApprovalRequests]);
    Count::new(counts.breaking, seen && (counts.breaking > 0 || counts.unknown == 0))
}

/// Automations that are excluded.
pub(super) fn excluded_automations(assessment: &Assessment) -> Count {
    automations_with(assessment, VerdictKind::Excluded)
}

/// Whether an application is excluded. That it is not is a fact only where every list of exclusions could be read.
pub(super) fn excluded(assessment: &Assessment, profile: &ApplicationProfile) -> Option<bool> {
    let sure = |row: &Exclusion| row.listed && !row.disputed && row.app_id.as_ref() == Some(&profile.app_id);
    if profile.excluded {
        // Where sources disagree on every list that has it, it is not known.
        let listed = || assessment.exclusions.iter().any(sure);
        return listed().then_some(true);
    }
    all_exclusions(assessment).then_some(false)
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

/// When a credential was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastUse {
    /// At this time (UTC).
    At(DateTime<Utc>),
    /// The whole report shows no use.
    NoneSeen,
    /// The report was not read whole, and what was read shows none.
    Unknown,
    /// No report names it: a federated credential.
    NotReported,
}

/// When a credential was last used, as far as the report on that was read.
pub(super) fn last_used(assessment: &Assessment, key: &Key) -> LastUse {
    match key.last_used {
        Some(time) => LastUse::At(time),
        None if key.kind == KeyKind::Federated => LastUse::NotReported,
        None if coverage(assessment, Dataset::CredentialActivity).is_complete() => LastUse::NoneSeen,
        None => LastUse::Unknown,
    }
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

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn nothing_found_is_none_only_where_what_would_show_it_was_read() {
        let empty = samples::empty();
        assert!(VerdictKind::ALL.iter().all(|kind| automations_with(&empty, *kind) == Count::Exactly(0)));
        let unreadable = samples::unreadable();
        assert!(VerdictKind::ALL.iter().all(|kind| automations_with(&unreadable, *kind) == Count::Unknown));
        for (dataset, unknown) in [
            (Dataset::AuditEvents, "blocked breaks at-risk passes unknown excluded handshake dormant not-gated"),
            (Dataset::ApprovalRequests, "blocked breaks handshake"),
            (Dataset::AppRoleGrants, "at-risk unknown excluded dormant not-gated"),
            (Dataset::AccessPolicies, "excluded not-gated"),
            (Dataset::SignInActivity, "dormant"),
        ] {
            let mut assessment = samples::empty();
            assessment.coverage.remove(&dataset);
            for kind in VerdictKind::ALL {
                let known = automations_with(&assessment, *kind) != Count::Unknown;
                assert_eq!(known, !unknown.split(' ').any(|word| word == kind.word()), "{kind} without {dataset}");
            }
        }
    }

    #[test]
    fn an_automation_counts_once_and_those_without_a_verdict_may_be_anything() {
        let mut assessment = samples::empty();
        let mut rows = samples::everything().verdicts;
        rows.retain(|verdict| verdict.kind == VerdictKind::Excluded);
        let twice = rows.clone();
        let automations = rows.iter().map(|verdict| &verdict.app_id).collect::<BTreeSet<_>>().len();
        assessment.verdicts = [rows, twice].concat();
        assert_eq!(automations_with(&assessment, VerdictKind::Excluded), Count::Exactly(automations));
        assert_eq!(automations_with(&assessment, VerdictKind::Breaks), Count::Exactly(0));
        assessment.verdicts[0].kind = VerdictKind::Unknown;
        assert_eq!(automations_with(&assessment, VerdictKind::Unknown), Count::Exactly(1));
        assert_eq!(automations_with(&assessment, VerdictKind::Breaks), Count::Unknown);
        assert_eq!(Count::AtLeast(3).to_string(), "at least 3");
    }
}
