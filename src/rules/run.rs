//! Runs rules over facts.

use super::{Profile, Rule, RuleSet};
use crate::assess::Finding;
use crate::assess::facts::{EntityKind, Fact};
use crate::snapshot::Gap;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What the rules find in the facts, in the order of reports ([`Finding::order`]). A rule that cannot tell gives an
/// undetermined finding; one that lacks what was not requested gives one for the tenant. Findings with the same fingerprint, such as those on one exclusion that two sources name, become
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
    let found = facts.iter().flat_map(on_fact);
    let mut findings = match facts.iter().find(|fact| fact.entity == EntityKind::Tenant) {
        Some(tenant) => merged(found.map(|finding| once_for_all(finding, tenant)).collect()),
        None => merged(found.collect()),
    };
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings
}

/// What nobody asked for is missing of every object alike, so it is said once, of the tenant.
fn once_for_all(finding: Finding, tenant: &Fact) -> Finding {
    match finding.gap {
        Some(gap @ Gap::NotRequested) => Finding::undetermined(finding.rule, tenant.object.clone(), gap),
        _ => finding,
    }
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
