//! Facts of an access policy: what it protects, who approves, and what makes it useless.

use super::{Builder, EntityKind, Fact, FieldType, dataset_gap, gap_of, texts};
use crate::assess::ObjectRef;
use crate::assess::model::{Assessment, Exclusion, Gate, GateProblem, PolicyGate};
use crate::assess::needs::Listed;
use crate::assess::words::{GateProblemKind, InForce};
use crate::catalogue::{Platform, Workload};
use crate::snapshot::{Dataset, Gap};
use serde_json::{Value, json};

/// The facts of every policy that was read, one each; gates of a plan are no policies.
pub(super) fn policies(assessment: &Assessment) -> impl Iterator<Item = Fact> {
    let listed = Listed::new(&assessment.exclusions);
    let gates = assessment.gates.iter();
    let policies = gates.flat_map(|gate| gate.policies.iter().map(move |policy| (gate, policy)));
    policies.filter(|(_, policy)| !policy.planned).map(move |(gate, policy)| policy_facts(assessment, gate, policy, &listed))
}

fn policy_facts(assessment: &Assessment, gate: &Gate, policy: &PolicyGate, listed: &Listed<'_>) -> Fact {
    let mut fact = Builder::new();
    fact.set("policy_id", policy.policy_id.as_str());
    fact.set("policy", policy.name.as_str());
    fact.set("workload", gate.workload.word());
    fact.set("known_type", !matches!(gate.workload, Workload::Unknown(_)));
    fact.set("platforms", texts(policy.platforms.iter().map(Platform::word)));
    match policy.in_force {
        InForce::Unknown => {
            fact.gap("in_force", dataset_gap(assessment, Dataset::ApprovalRequests, "neither a request nor an event tells"));
        }
        known => fact.set("in_force", known.word()),
    }
    let unread = dataset_gap(assessment, Dataset::ApproverGroups, "the groups of this policy, or their members, could not be read");
    fact.optional("approvers", policy.approvers, &unread);
    exclusion_facts(&mut fact, assessment, policy, listed);
    problem_facts(&mut fact, assessment, policy);
    let object = ObjectRef { kind: "accessPolicy", id: policy.policy_id.to_string(), name: policy.name.clone(), app_id: None };
    fact.finish(EntityKind::AccessPolicy, object)
}

fn exclusion_facts(fact: &mut Builder, assessment: &Assessment, policy: &PolicyGate, listed: &Listed<'_>) {
    let mine = || assessment.exclusions.iter().filter(|row| row.policy_id == policy.policy_id);
    let count = listed.room(policy).listed;
    fact.set("exclusions_at_least", count);
    let unread = Gap::OutOfReach { detail: "the list of exclusions of this policy is not known whole".to_owned() };
    fact.optional("exclusions", policy.exclusions_readable.then_some(count), &unread);
    let disputed = mine().filter(|row| row.disputed).map(named);
    let gap = (!policy.exclusions_readable).then_some(unread);
    fact.list("disputed_exclusions", texts(disputed), gap);
}

/// How an excluded application is called.
fn named(row: &Exclusion) -> &str {
    row.application.as_deref().unwrap_or(&row.listed_id)
}

/// A field for each kind of problem: true where the policy has it, false where it was ruled out, missing where nobody can tell.
fn problem_facts(fact: &mut Builder, assessment: &Assessment, policy: &PolicyGate) {
    let found: Vec<Value> = policy.problems.iter().filter(|problem| problem.unknown.is_none()).map(record).collect();
    fact.set("problems", Value::Array(found));
    // Without the groups nothing else can be told either, which the policy's problems say only once.
    let groups_unread =
        policy.problems.iter().find(|problem| problem.kind == GateProblemKind::NoApproverGroup && problem.unknown.is_some());
    for (kind, name) in flags() {
        let problem = policy.problems.iter().find(|problem| problem.kind == kind).or(groups_unread);
        match problem.map(|problem| (problem, &problem.unknown)) {
            None => fact.set(name, false),
            Some((_, None)) => fact.set(name, true),
            Some((problem, Some(untold))) => {
                let gap = untold.gap.clone().or_else(|| gap_of(assessment, untold.dataset));
                fact.gap(name, gap.unwrap_or_else(|| Gap::OutOfReach { detail: problem.sentence.clone() }));
            }
        }
    }
}

/// The kinds of problem with the fields for them.
fn flags() -> impl Iterator<Item = (GateProblemKind, &'static str)> {
    let named = |kind: &GateProblemKind| {
        let name = kind.word().replace('-', "_");
        let fields = EntityKind::AccessPolicy.fields().iter();
        let field = fields.filter(|field| field.kind == FieldType::Bool).find(|field| field.name == name)?;
        Some((*kind, field.name))
    };
    GateProblemKind::ALL.iter().filter_map(named)
}

fn record(problem: &GateProblem) -> Value {
    json!({ "kind": problem.kind.word(), "sentence": problem.sentence })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_problem_has_a_field() {
        assert_eq!(flags().count(), GateProblemKind::ALL.len());
    }
}
