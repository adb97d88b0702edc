//! Gates and exclusions in the published model.

use super::words::{Sources, Time, Word};
use super::{Gap, gap, platforms};
use crate::assess;
use crate::snapshot;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// What protects a workload.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Gate<'a> {
    /// Graph's policyType. The set is Microsoft's and grows.
    workload: &'a str,
    /// Whether it is protected.
    state: Word<assess::GateState>,
    /// Platforms that are protected. Empty for all.
    platforms: Vec<&'a str>,
    /// The access policies on it.
    policies: Vec<Policy<'a>>,
}

/// An access policy on a workload.
#[derive(Debug, Serialize, JsonSchema)]
struct Policy<'a> {
    /// Its id.
    policy_id: &'a str,
    /// Its display name: anybody's text.
    policy: &'a str,
    /// Platforms that it covers. Empty for all.
    platforms: Vec<&'a str>,
    /// Whether it is in force.
    in_force: Word<assess::InForce>,
    /// Since when.
    since: Option<Time>,
    /// Whether a request or an audit event tells that time; else it is the policy's last change.
    since_exact: bool,
    /// Ids of the groups whose members approve. Null where they could not be read.
    approver_groups: Option<&'a [String]>,
    /// People who can approve. Null where they could not be read.
    approvers: Option<u64>,
    /// What is wrong with it, a sentence each.
    problems: Vec<&'a str>,
    /// The same with words and ids, and what could not be told.
    problem_details: Vec<Problem<'a>>,
    /// Whether its list of exclusions could be read.
    exclusions_readable: bool,
    /// Whether it is no policy but a gate of the plan.
    planned: bool,
}

/// What is wrong with a policy, or could not be told of it.
#[derive(Debug, Serialize, JsonSchema)]
struct Problem<'a> {
    /// Which problem.
    problem: Word<assess::GateProblemKind>,
    /// Whether it was found, or could not be told.
    state: ProblemState,
    /// Groups and members that it concerns.
    ids: &'a BTreeSet<String>,
    /// A sentence.
    detail: &'a str,
    /// Dataset that would tell; null where it was found.
    unknown_because: Option<Word<snapshot::Area>>,
    /// Why that does not; null where it was read whole and does not say.
    gap: Option<Gap<'a>>,
}

/// Whether a problem was found, or could not be told.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ProblemState {
    Found,
    Unknown,
}

/// An application on the list of an access policy.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Exclusion<'a> {
    /// Id of the policy.
    policy_id: &'a str,
    /// Its display name: anybody's text.
    policy: &'a str,
    /// What it protects.
    workload: &'a str,
    /// The id as it stands in the source.
    listed_id: &'a str,
    /// App id that it belongs to; null where it belongs to nothing.
    app_id: Option<&'a str>,
    /// Object id of the service principal.
    service_principal_id: Option<&'a str>,
    /// Display name of the application: anybody's text.
    application: Option<&'a str>,
    /// Who says it; several with semicolons between them.
    source: Sources,
    /// Where in each source.
    source_detail: &'a str,
    /// Whether they say that it is excluded, or that it is not (any more).
    listed: bool,
    /// Whether another row of the same policy and application says the opposite.
    disputed: bool,
    /// When it was put on the list, or taken off it, if a request or the audit log tells.
    since: Option<Time>,
    /// What the id turned out to be.
    state: Word<assess::ExcludedObject>,
    /// Why it could not be looked up.
    gap: Option<Gap<'a>>,
}

pub(super) fn gate(gate: &assess::Gate) -> Gate<'_> {
    Gate {
        workload: gate.workload.word(),
        state: Word::of(&gate.state),
        platforms: platforms(&gate.platforms),
        policies: gate.policies.iter().map(policy).collect(),
    }
}

fn policy(policy: &assess::PolicyGate) -> Policy<'_> {
    Policy {
        policy_id: policy.policy_id.as_str(),
        policy: &policy.name,
        platforms: platforms(&policy.platforms),
        in_force: Word::of(&policy.in_force),
        since: policy.since.map(Time::of),
        since_exact: policy.since_exact,
        approver_groups: policy.approver_groups.as_deref(),
        approvers: policy.approvers,
        problems: policy.problems.iter().filter(|problem| problem.unknown.is_none()).map(|problem| problem.sentence.as_str()).collect(),
        problem_details: policy.problems.iter().map(problem).collect(),
        exclusions_readable: policy.exclusions_readable,
        planned: policy.planned,
    }
}

fn problem(problem: &assess::GateProblem) -> Problem<'_> {
    Problem {
        problem: Word::of(&problem.kind),
        state: if problem.unknown.is_some() { ProblemState::Unknown } else { ProblemState::Found },
        ids: &problem.ids,
        detail: &problem.sentence,
        unknown_because: problem.unknown.as_ref().map(|untold| Word::of(&untold.dataset.into())),
        gap: problem.unknown.as_ref().and_then(|untold| untold.gap.as_ref()).map(gap),
    }
}

pub(super) fn exclusion(exclusion: &assess::Exclusion) -> Exclusion<'_> {
    Exclusion {
        policy_id: exclusion.policy_id.as_str(),
        policy: &exclusion.policy,
        workload: exclusion.workload.word(),
        listed_id: &exclusion.listed_id,
        app_id: exclusion.app_id.as_ref().map(snapshot::AppId::as_str),
        service_principal_id: exclusion.service_principal.as_ref().map(snapshot::ServicePrincipalId::as_str),
        application: exclusion.application.as_deref(),
        source: Sources::of(&exclusion.sources),
        source_detail: &exclusion.source_detail,
        listed: exclusion.listed,
        disputed: exclusion.disputed,
        since: exclusion.since.map(Time::of),
        state: Word::of(&exclusion.state),
        gap: exclusion.gap.as_ref().map(gap),
    }
}
