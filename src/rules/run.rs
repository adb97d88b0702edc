//! Runs rules over facts.

use super::{Profile, Rule, RuleSet};
use crate::assess::Finding;
use crate::assess::facts::{EntityKind, Fact};
use std::collections::BTreeMap;

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

/// One finding for each fingerprint. Of texts that differ the first in their own order is kept.
fn merged(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| (&a.id, &a.object, &a.message, &a.evidence, &a.gap).cmp(&(&b.id, &b.object, &b.message, &b.evidence, &b.gap)));
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

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
