//! The gates: what protects each workload, who can approve, what is wrong with that, and what could not be told.

use super::super::phrases;
use super::foreign::{day, name, short, words, workload};
use super::index::Index;
use crate::assess::{Assessment, Gate, GateProblem, GateProblemKind, GateState, PolicyGate};
use maud::{Markup, html};

/// Most rows; `gates.csv` has them all.
const ROWS: usize = 500;

/// Most groups in one cell.
const GROUPS: usize = 12;

/// Most problems of one policy.
const PROBLEMS: usize = 20;

pub(super) fn section(index: &Index<'_>) -> Markup {
    let assessment = index.assessment;
    let bare: Vec<&Gate> = assessment.gates.iter().filter(|gate| gate.policies.is_empty()).collect();
    html! {
        section id="gates" aria-labelledby="gates-title" {
            h2 id="gates-title" { "Gates" }
            p class="quiet" { "What protects each workload, and whether those who should approve can." }
            @if assessment.gates.is_empty() { p class="empty" { "No gate is known." } }
            @if assessment.gates.len() > bare.len() { (table(assessment)) }
            (without_policy(assessment, &bare))
        }
    }
}

fn table(assessment: &Assessment) -> Markup {
    let rows = assessment.gates.iter().flat_map(|gate| gate.policies.iter().map(move |policy| (gate, policy)));
    let total = rows.clone().count();
    html! {
        div class="scroll" role="region" tabindex="0" aria-label="Access policies" {
            table class="rows" {
                caption class="sr" { "Access policies, their approvers and their problems" }
                thead { tr {
                    th scope="col" { "Access policy" } th scope="col" { "Workload" } th scope="col" { "In force" } th scope="col" { "Since" }
                    th scope="col" { "Approvers" } th scope="col" { "List of exclusions" } th scope="col" { "Health" }
                } }
                tbody { @for (gate, policy) in rows.take(ROWS) { (row(gate, policy)) } }
            }
        }
        @if total > ROWS { p class="quiet" { (ROWS) " of " (total) " shown: see gates.csv for the rest." } }
    }
}

fn row(gate: &Gate, policy: &PolicyGate) -> Markup {
    let platforms = phrases::platforms(&policy.platforms).replace(';', ", ");
    html! {
        tr {
            th scope="row" { (name(phrases::named(&policy.name, policy.policy_id.as_str()))) }
            td class="word" { (workload(&gate.workload)) @if !policy.platforms.is_empty() { br; small { (short(&platforms, 200)) } } }
            td { (policy.in_force.word()) @if policy.planned { " (planned)" } }
            td { (since(policy)) }
            td { (approvers(policy)) }
            td { (if policy.exclusions_readable { "could be read" } else if policy.planned { "planned" } else { "unknown" }) }
            td { (health(policy)) }
        }
    }
}

fn since(policy: &PolicyGate) -> Markup {
    html! {
        @match policy.since {
            Some(since) => { span class="d" { (day(since)) } @if !policy.since_exact { " or before: its last change" } },
            None if policy.planned => "not yet",
            None => "not known",
        }
    }
}

fn approvers(policy: &PolicyGate) -> Markup {
    // A plan names no approvers.
    if policy.planned && policy.approvers.is_none() && policy.approver_groups.is_none() {
        return html! { "planned" };
    }
    html! {
        @match policy.approvers { Some(approvers) => (approvers), None => "unknown" }
        @match &policy.approver_groups {
            None => { br; small { "groups unknown" } },
            Some(groups) => {
                @for group in groups.iter().take(GROUPS) { br; small { (name(group)) } }
                @if groups.len() > GROUPS { br; small { (groups.len() - GROUPS) " more" } }
            },
        }
    }
}

/// Problems, and apart from them what could not be told: a gate is sound only where neither is there.
fn health(policy: &PolicyGate) -> Markup {
    let told: Vec<&GateProblem> = policy.problems.iter().filter(|problem| problem.unknown.is_none()).collect();
    let untold: Vec<&GateProblem> = policy.problems.iter().filter(|problem| problem.unknown.is_some()).collect();
    html! {
        @if policy.problems.is_empty() { @if policy.planned { "planned only" } @else if policy.approvers.is_none() { "unknown" } @else { "no problem seen" } }
        @if !told.is_empty() { ul class="bad" { @for problem in told.iter().take(PROBLEMS) { li { (words(&phrases::problem(problem))) } } (more(told.len())) } }
        @if !untold.is_empty() {
            ul class="doubt" { @for problem in untold.iter().take(PROBLEMS) { li { (words(&untold_words(problem))) } } (more(untold.len())) }
        }
    }
}

fn more(problems: usize) -> Markup {
    html! { @if problems > PROBLEMS { li { (problems - PROBLEMS) " more in gates.csv" } } }
}

/// What cannot be told of a gate, and for want of what. The sentence of the assessment says only the latter.
fn untold_words(problem: &GateProblem) -> String {
    let why = problem.sentence.strip_prefix("cannot be told because of ").unwrap_or(&problem.sentence);
    format!("not known whether {} ({why})", question(problem.kind))
}

fn question(kind: GateProblemKind) -> &'static str {
    match kind {
        GateProblemKind::NoApproverGroup => "it names a group that approves",
        GateProblemKind::GroupMissing => "every group that approves exists",
        GateProblemKind::NotSecurityGroup => "every group that approves is a plain security group",
        GateProblemKind::NoRoleAssignment => "every group that approves is a member of a role assignment",
        GateProblemKind::NestedGroup => "a group that approves has groups among its members",
        GateProblemKind::ServicePrincipalMember => "a service principal is among the members",
        GateProblemKind::OnlyServicePrincipals => "there is anybody but service principals",
        GateProblemKind::DisabledApprover => "the account of an approver is disabled",
        GateProblemKind::NoApprover => "anybody can decide",
        GateProblemKind::OneApprover => "more than one person can decide",
        GateProblemKind::UnlicensedApprover => "every approver has the licence to approve",
        GateProblemKind::ApproverLacksRead => "its approvers may read what it protects",
        GateProblemKind::RoleDeadlock => "the role that its approvers need would need their own approval",
    }
}

/// Workloads without an access policy of their own, by state.
fn without_policy(assessment: &Assessment, bare: &[&Gate]) -> Markup {
    html! {
        @if !bare.is_empty() {
            h3 { "Workloads without an access policy that was seen" }
            dl class="states" {
                @for state in GateState::ALL {
                    @let own: Vec<&&Gate> = bare.iter().filter(|gate| gate.state == *state).collect();
                    @if !own.is_empty() {
                        dt { (meaning(assessment, *state)) }
                        dd { @for (at, gate) in own.iter().take(ROWS).enumerate() { @if at > 0 { ", " } (workload(&gate.workload)) } @if own.len() > ROWS { " and " (own.len() - ROWS) " more in gates.csv" } }
                    }
                }
            }
        }
    }
}

fn meaning(assessment: &Assessment, state: GateState) -> String {
    let in_force = phrases::in_force(assessment, state);
    match state {
        GateState::InForce => "always protected".to_owned(),
        GateState::Planned => format!("planned (in force today: {in_force})"),
        GateState::None => "not protected".to_owned(),
        GateState::Unknown => "unknown: the access policies could not be read whole".to_owned(),
    }
}
