//! Findings of two runs. One that is not there any more was settled only if the rule could still tell.

use super::change::{Entry, Topic, What};
use crate::assess::{Assessment, Finding, FindingStatus};
use crate::snapshot::Gap;
use std::collections::{BTreeMap, BTreeSet};

/// What a run tells of findings.
struct Told<'a> {
    /// Open and waived ones, by id.
    known: BTreeMap<&'a str, &'a Finding>,
    /// Rule and object of those that it could not determine.
    undetermined: BTreeSet<(&'a str, &'a str)>,
    /// Rules that ran.
    switched_off: BTreeSet<&'a str>,
}

impl<'a> Told<'a> {
    fn new(assessment: &'a Assessment, counts: impl Fn(&Finding) -> bool) -> Self {
        let (unsure, known): (Vec<&Finding>, Vec<&Finding>) =
            assessment.findings.iter().partition(|finding| finding.status == FindingStatus::Undetermined);
        let unsure = unsure.into_iter().filter(|finding| counts(finding));
        Self {
            known: known.into_iter().map(|finding| (finding.id.as_str(), finding)).collect(),
            undetermined: unsure.map(|finding| (finding.rule.id.as_str(), finding.object.id.as_str())).collect(),
            switched_off: assessment.settings.switched_off.iter().map(|off| off.rule.as_str()).collect(),
        }
    }

    /// Whether the rule could not tell of this object: of itself, or of all objects together, which is said of the tenant.
    fn untold(&self, finding: &Finding, tenant: &str) -> bool {
        let rule = finding.rule.id.as_str();
        self.undetermined.contains(&(rule, finding.object.id.as_str()))
            || self.undetermined.contains(&(rule, tenant))
            || self.switched_off.contains(rule)
    }
}

pub(super) fn compare(earlier: &Assessment, later: &Assessment) -> Vec<Entry> {
    let tenant = later.run.tenant_id.as_str();
    // What the user has only now given, such as a register or the earlier run itself, was no gap of the tenant's: what it shows
    // is new.
    let before = Told::new(earlier, |finding| !matches!(finding.gap, Some(Gap::NotGiven { .. })));
    let after = Told::new(later, |_| true);
    let ids: BTreeSet<&str> = before.known.keys().chain(after.known.keys()).copied().collect();
    let entries = ids.into_iter().filter_map(|id| match (before.known.get(id), after.known.get(id)) {
        (Some(old), Some(new)) if words(old) != words(new) => {
            Some(Entry { before: Some(words(old)), after: Some(words(new)), ..entry(What::Changed, new) })
        }
        (Some(old), None) => {
            let what = if after.untold(old, tenant) { What::NoLongerReadable } else { What::Gone };
            Some(Entry { before: Some(words(old)), ..entry(what, old) })
        }
        (None, Some(new)) => {
            let what = if before.untold(new, tenant) { What::ReadableNow } else { What::New };
            Some(Entry { after: Some(words(new)), ..entry(what, new) })
        }
        _ => None,
    });
    entries.collect()
}

/// What is compared of a finding.
fn words(finding: &Finding) -> String {
    format!("{}, {}", finding.rule.severity.word(), finding.status.word())
}

fn entry(what: What, finding: &Finding) -> Entry {
    let object = &finding.object;
    Entry {
        topic: Topic::Finding,
        what,
        name: object.name.clone(),
        id: object.app_id.clone().unwrap_or_else(|| object.id.clone()),
        object: format!("{}: {}", finding.rule.id, finding.rule.title),
        key: finding.id.clone(),
        before: None,
        after: None,
        by: None,
        at: None,
        severity: Some(finding.rule.severity),
    }
}
