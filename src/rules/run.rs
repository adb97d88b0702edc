//! Runs rules over facts.

use super::{Profile, Rule, RuleSet};
use crate::assess::Finding;
use crate::assess::facts::{EntityKind, Fact};
use crate::snapshot::Gap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What the rules find in the facts, in the order of reports ([`Finding::order`]). A rule that cannot tell gives an
/// undetermined finding. Findings with the same fingerprint, such as those on one exclusion that two sources name, become
/// one, with the evidence of all. The order of the facts does not matter.
#[must_use]
pub fn run(rules: &RuleSet, profile: Profile, facts: &[Fact]) -> Vec<Finding> {
    let mut by_entity: BTreeMap<EntityKind, Vec<&Rule>> = BTreeMap::new();
    for rule in rules.rules() {
        for entity in rule.entities() {
            by_entity.entry(entity).or_default().push(rule);
        }
    }
    let on_fact = |fact: &'_ Fact| -> Vec<Finding> {
        let rules = by_entity.get(&fact.entity).into_iter().flatten();
        rules.filter_map(|rule| rule.finding(profile, fact)).collect()
    };
    let mut findings = merged(facts.iter().flat_map(on_fact).collect());
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings
}

/// Says once, of the tenant, what a rule cannot tell of any object for one and the same reason, and what nobody asked for. For
/// reports: whoever weighs single objects takes the findings as they were, in which each object has its own.
#[must_use]
pub fn told_once(rules: &RuleSet, facts: &[Fact], findings: Vec<Finding>) -> Vec<Finding> {
    let Some(tenant) = facts.iter().find(|fact| fact.entity == EntityKind::Tenant) else { return findings };
    let mut objects: BTreeMap<EntityKind, BTreeSet<&str>> = BTreeMap::new();
    // The record of what was not seen is no object: it stands on the tenant already.
    for fact in facts.iter().filter(|fact| fact.object.id != tenant.object.id) {
        objects.entry(fact.entity).or_default().insert(&fact.object.id);
    }
    let of_rule = |rule: &Rule| rule.entities().filter_map(|entity| objects.get(&entity)).map(BTreeSet::len).sum::<usize>();
    let all: BTreeMap<&str, usize> = rules.rules().iter().map(|rule| (rule.id(), of_rule(rule))).collect();
    let mut untold: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.object.id != tenant.object.id) {
        if let Some(gap) = &finding.gap {
            *untold.entry((finding.rule.id.clone(), gap.to_string())).or_default() += 1;
        }
    }
    let same_of_all = |finding: &Finding, gap: &Gap| {
        let count = untold.get(&(finding.rule.id.clone(), gap.to_string())).copied().unwrap_or_default();
        count > 1 && all.get(finding.rule.id.as_str()) == Some(&count)
    };
    let told = |finding: &Finding| {
        finding.gap.as_ref().is_some_and(|gap| matches!(gap, Gap::NotRequested | Gap::NotGiven { .. }) || same_of_all(finding, gap))
    };
    let (of_all, mut rest): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(told);
    let of_all = of_all.into_iter().filter_map(|finding| {
        let gap = finding.gap?;
        Some(Finding::undetermined(finding.rule, tenant.object.clone(), gap))
    });
    let of_all = merged(of_all.collect());
    // What holds of every object that was seen says more than that others may not have been seen.
    let ids: BTreeSet<&str> = of_all.iter().map(|finding| finding.id.as_str()).collect();
    rest.retain(|finding| !ids.contains(finding.id.as_str()));
    let mut findings = rest;
    findings.extend(of_all);
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings
}

/// One finding for each fingerprint. Of texts that differ the first in their own order is kept.
fn merged(mut findings: Vec<Finding>) -> Vec<Finding> {
    // Of two severities, such as for excluded applications and for others that were not seen, the graver is kept.
    findings.sort_by(|a, b| merge_order(a).cmp(&merge_order(b)));
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        match kept.last_mut().filter(|last| last.id == finding.id) {
            Some(last) => {
                let new: Vec<String> = finding.evidence.into_iter().filter(|line| !last.evidence.contains(line)).collect();
                last.evidence.extend(new);
            }
            None => kept.push(finding),
        }
    }
    kept
}

fn merge_order(finding: &Finding) -> impl Ord + '_ {
    (&finding.id, Reverse(finding.rule.severity), &finding.object, &finding.message, &finding.evidence, &finding.gap)
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
