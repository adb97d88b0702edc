//! Which excluded application to look at first: what it can do against how it is held. There is no score: the order follows
//! from the findings on the application, and every one that counts is a part that reports print.

use super::finding::Finding;
use super::model::{ApplicationProfile, Assessment};
use super::words::{Aspect, FindingStatus, Severity};
use crate::catalogue::Workload;
use crate::snapshot::AppId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// An excluded application, weighed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The application, a key of [`Assessment::applications`].
    pub app_id: AppId,
    /// Workloads that it is excluded from.
    pub workloads: BTreeSet<Workload>,
    /// What it can do, gravest first.
    pub reach: Vec<Part>,
    /// How it is held: what is wrong with that, gravest first.
    pub guard: Vec<Part>,
    /// Signs that the exclusion is not needed.
    pub need: Vec<Part>,
}

/// One finding as far as it counts here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Id of the rule.
    pub rule: String,
    /// Title of the rule.
    pub title: String,
    /// Severity of the finding.
    pub severity: Severity,
    /// Whether it fires, is waived, or could not be told.
    pub status: FindingStatus,
}

/// A side of an exposure in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grade {
    /// The gravest part that counts; None where there is none.
    pub severity: Option<Severity>,
    /// Whether that part was found; else it could not be told, which counts as much and is said.
    pub known: bool,
}

impl Exposure {
    /// The gravest of what it can do. What could not be told counts, what is waived does not.
    #[must_use]
    pub fn reach_grade(&self) -> Grade {
        grade(&self.reach)
    }

    /// The gravest of what is wrong with how it is held.
    #[must_use]
    pub fn guard_grade(&self) -> Grade {
        grade(&self.guard)
    }

    /// Sort key: first what is both far-reaching and weakly held. The lesser of the two grades decides, then the greater, then
    /// how much is wrong with how it is held.
    fn order(&self) -> impl Ord + use<> {
        let (reach, guard) = (self.reach_grade().severity, self.guard_grade().severity);
        let found = self.guard.iter().filter(|part| part.status == FindingStatus::Open).count();
        (Reverse(reach.min(guard)), Reverse(reach.max(guard)), Reverse(found))
    }
}

fn grade(parts: &[Part]) -> Grade {
    let gravest = |status: FindingStatus| parts.iter().filter(|part| part.status == status).map(|part| part.severity).max();
    let (open, untold) = (gravest(FindingStatus::Open), gravest(FindingStatus::Undetermined));
    Grade { severity: open.max(untold), known: open >= untold }
}

/// Every excluded application of an assessment whose rules have run, the one to look at first first.
#[must_use]
pub fn exposures(assessment: &Assessment) -> Vec<Exposure> {
    let mut findings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in assessment.findings.iter().filter(|finding| finding.rule.aspect.is_some()) {
        if let Some(app_id) = &finding.object.app_id {
            findings.entry(app_id).or_default().push(finding);
        }
    }
    let excluded = assessment.applications.values().filter(|profile| profile.excluded);
    let mut exposures: Vec<(Exposure, &ApplicationProfile)> =
        excluded.map(|profile| (exposure(assessment, profile, findings.get(profile.app_id.as_str())), profile)).collect();
    exposures.sort_by_cached_key(|(exposure, profile)| (exposure.order(), profile.name.clone(), profile.app_id.clone()));
    exposures.into_iter().map(|(exposure, _)| exposure).collect()
}

fn exposure(assessment: &Assessment, profile: &ApplicationProfile, findings: Option<&Vec<&Finding>>) -> Exposure {
    let parts = |aspect: Aspect| -> Vec<Part> {
        let of_aspect = findings.into_iter().flatten().filter(|finding| finding.rule.aspect == Some(aspect));
        let mut parts: Vec<Part> = of_aspect.map(|finding| part(finding)).collect();
        parts.sort_by(|a, b| (a.status, Reverse(a.severity), &a.rule).cmp(&(b.status, Reverse(b.severity), &b.rule)));
        parts
    };
    let mine = assessment.exclusions.iter().filter(|row| row.listed && row.app_id.as_ref() == Some(&profile.app_id));
    Exposure {
        app_id: profile.app_id.clone(),
        workloads: mine.map(|row| row.workload.clone()).collect(),
        reach: parts(Aspect::Reach),
        guard: parts(Aspect::Guard),
        need: parts(Aspect::Need),
    }
}

fn part(finding: &Finding) -> Part {
    let rule = &finding.rule;
    Part { rule: rule.id.clone(), title: rule.title.clone(), severity: rule.severity, status: finding.status }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FindingStatus::{Open, Undetermined, Waived};
    use Severity::{Critical, High, Low, Medium};

    fn parts(of: &[(Severity, FindingStatus)]) -> Vec<Part> {
        let part = |(severity, status): &(Severity, FindingStatus)| Part {
            rule: "rule".into(),
            title: "title".into(),
            severity: *severity,
            status: *status,
        };
        of.iter().map(part).collect()
    }

    fn with(reach: &[(Severity, FindingStatus)], guard: &[(Severity, FindingStatus)]) -> Exposure {
        Exposure { app_id: "a".into(), workloads: BTreeSet::new(), reach: parts(reach), guard: parts(guard), need: vec![] }
    }

    #[test]
    fn what_reaches_far_and_is_held_weakly_comes_first() {
        let first_to_last = [
            with(&[(Critical, Open)], &[(High, Open), (Low, Open)]),
            with(&[(Critical, Open)], &[(High, Open)]),
            with(&[(High, Open)], &[(High, Open)]),
            with(&[(Critical, Open)], &[(Medium, Open)]),
            with(&[(Critical, Open)], &[]),
            with(&[], &[(High, Open)]),
            with(&[], &[]),
        ];
        for pair in first_to_last.windows(2) {
            assert!(pair[0].order() < pair[1].order(), "{pair:?}");
        }
    }

    #[test]
    fn what_could_not_be_told_counts_and_is_said_and_what_is_waived_does_not() {
        assert_eq!(grade(&parts(&[(High, Undetermined), (Medium, Open)])), Grade { severity: Some(High), known: false });
        assert_eq!(grade(&parts(&[(High, Undetermined), (High, Open)])), Grade { severity: Some(High), known: true });
        assert_eq!(grade(&parts(&[(Critical, Waived)])), Grade { severity: None, known: true });
    }
}
