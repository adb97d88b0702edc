//! Findings of two runs. One that is not there any more was settled only if the rule could still tell: of that object, or, where
//! the other run did not see the object, of objects that it did not see.

use super::change::{Entry, Topic, What};
use super::side::Run;
use crate::assess::facts::{self, EntityKind};
use crate::assess::{Finding, FindingStatus};
use crate::snapshot::{Dataset, Gap};
use std::collections::{BTreeMap, BTreeSet};

/// What a run tells of findings.
struct Told<'a> {
    /// Open and waived ones, by id.
    known: BTreeMap<&'a str, &'a Finding>,
    /// Rule and object of those that it could not determine.
    undetermined: BTreeSet<(&'a str, &'a str)>,
    /// Objects that rules looked at, and as what: an application as excluded, or as another automation.
    seen: BTreeMap<String, BTreeSet<EntityKind>>,
    /// Rule and object of the open and waived ones.
    found: BTreeSet<(&'a str, &'a str)>,
    /// Datasets that were read whole.
    whole: BTreeSet<Dataset>,
    /// Rules that did not run.
    switched_off: BTreeSet<&'a str>,
    tenant: &'a str,
}

impl<'a> Told<'a> {
    /// `counts` says which undetermined findings count as such.
    fn new(run: Run<'a>, counts: impl Fn(&Finding) -> bool) -> Self {
        let (unsure, known): (Vec<&Finding>, Vec<&Finding>) =
            run.findings.iter().partition(|finding| finding.status == FindingStatus::Undetermined);
        let unsure = unsure.into_iter().filter(|finding| counts(finding));
        let found = known.iter().map(|finding| (finding.rule.id.as_str(), finding.object.id.as_str())).collect();
        let mut seen: BTreeMap<String, BTreeSet<EntityKind>> = BTreeMap::new();
        for fact in facts::facts(run.assessment) {
            seen.entry(fact.object.id).or_default().insert(fact.entity);
        }
        Self {
            known: known.into_iter().map(|finding| (finding.id.as_str(), finding)).collect(),
            undetermined: unsure.map(|finding| (finding.rule.id.as_str(), finding.object.id.as_str())).collect(),
            seen,
            found,
            whole: Dataset::ALL.into_iter().filter(|dataset| run.snapshot.coverage_of(*dataset).is_complete()).collect(),
            switched_off: run.assessment.settings.switched_off.iter().map(|off| off.rule.as_str()).collect(),
            tenant: run.assessment.run.tenant_id.as_str(),
        }
    }

    /// Whether the rule could not tell of this object, of which the other run has a finding. Of objects that a run did not see, it
    /// says so of the tenant; where it does and the other run does not, more was hidden from it than from the other.
    fn untold(&self, finding: &Finding, other: &Self) -> bool {
        let (rule, object) = (finding.rule.id.as_str(), finding.object.id.as_str());
        let seen = self.seen.get(object).is_some_and(|here| other.seen.get(object).is_some_and(|there| here.is_superset(there)));
        // Another finding of the same rule on the same object differs in what makes it another: keys, workloads. Where less was
        // read, that may be all there is to it.
        let other_identity = || self.found.contains(&(rule, object)) && !self.whole.is_superset(&other.whole);
        self.switched_off.contains(rule)
            || other_identity()
            || self.undetermined.contains(&(rule, object))
            || (self.undetermined.contains(&(rule, self.tenant)) && !(seen && other.undetermined.contains(&(rule, self.tenant))))
    }
}

/// Access policies and applications on lists that came or went, by id: what is found of them came and went with them.
struct Moved<'a>(BTreeSet<(What, &'a str)>);

impl<'a> Moved<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        let own = |entry: &'a Entry| match entry.topic {
            Topic::Policy => Some((entry.what, entry.id.as_str())),
            Topic::Exclusion => Some((entry.what, entry.key.as_str())),
            _ => None,
        };
        Self(entries.iter().filter_map(own).collect())
    }

    fn has(&self, what: What, finding: &Finding) -> bool {
        let object = &finding.object;
        object.app_id.as_deref().into_iter().chain([object.id.as_str()]).any(|id| self.0.contains(&(what, id)))
    }
}

/// The differences; `entries` has those between the objects themselves. `older` are runs before the earlier one, the newest first.
pub(super) fn compare(earlier: Run<'_>, later: Run<'_>, older: &[Run<'_>], entries: &[Entry]) -> Vec<Entry> {
    // What the user has only now given, such as a register or the earlier run itself, was no gap of the tenant's: what it shows
    // is new.
    let given = |finding: &Finding| !matches!(finding.gap, Some(Gap::NotGiven { .. }));
    let both = Both {
        before: [earlier].iter().chain(older).map(|run| Told::new(*run, given)).collect(),
        after: Told::new(later, |_| true),
        moved: Moved::new(entries),
    };
    let ids: BTreeSet<&str> = both.before.iter().flat_map(|run| run.known.keys()).chain(both.after.known.keys()).copied().collect();
    ids.into_iter().filter_map(|id| both.entry(id)).collect()
}

/// The runs that are compared.
struct Both<'a> {
    /// The earlier run, and those before it, the newest first.
    before: Vec<Told<'a>>,
    after: Told<'a>,
    moved: Moved<'a>,
}

impl<'a> Both<'a> {
    fn entry(&self, id: &str) -> Option<Entry> {
        match self.after.known.get(id) {
            Some(new) => self.found(id, new),
            None => self.missing(id),
        }
    }

    /// A finding of the later run: as it was in the last run that could tell of it.
    fn found(&self, id: &str, new: &Finding) -> Option<Entry> {
        let after = Some(words(new));
        for before in &self.before {
            if let Some(old) = before.known.get(id) {
                let changed = || Entry { before: Some(words(old)), after: after.clone(), ..entry(What::Changed, new) };
                return (words(old) != words(new)).then(changed);
            }
            if !before.untold(new, &self.after) || self.moved.has(What::New, new) {
                return Some(Entry { after, ..entry(What::New, new) });
            }
        }
        Some(Entry { after, ..entry(What::ReadableNow, new) })
    }

    /// A finding that the later run does not have.
    fn missing(&self, id: &str) -> Option<Entry> {
        let (run, old) = self.before.iter().find_map(|run| Some((run, *run.known.get(id)?)))?;
        let first = self.before.first()?.known.contains_key(id);
        // A run in between that could tell did not have it: then it went before, and that was told.
        let told_before = |newer: &Told<'a>| !newer.known.contains_key(id) && !newer.untold(old, run);
        if self.before.iter().take_while(|newer| !newer.known.contains_key(id)).any(told_before) {
            return None;
        }
        let lost = self.after.untold(old, run) && !self.moved.has(What::Gone, old);
        let what = match (lost, first) {
            (false, _) => What::Gone,
            (true, true) => What::NoLongerReadable,
            // That it could not be read was told when the earlier run could not.
            (true, false) => return None,
        };
        Some(Entry { before: Some(words(old)), ..entry(what, old) })
    }
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
