//! What gates a workload, whether the application is excluded, and how that leads to the verdict.

use super::super::explain::time;
use super::super::model::{PolicyGate, Room, Verdict};
use super::super::verdicts::{Case, Context};
use super::super::ways;
use super::super::words::{ExclusionState, GateState, InForce, LinkKind, WayKind};
use super::{Link, Statement, read, said};
use crate::catalogue::{Platform, StatusMeaning, Workload};
use crate::snapshot::{Dataset, PolicyId};
use std::collections::BTreeSet;

pub(super) fn gate(context: &Context<'_>, case: &Case<'_>) -> Link {
    let mut statements = Vec::new();
    if *case.workload == Workload::OperationApprovalPolicy {
        statements.push(said("access policies are always protected, and nobody is excluded from that", "").cite(enforced(context, case)));
    }
    for policy in case.concern.policies.iter().chain(&case.concern.elsewhere) {
        statements.extend(policy_statements(policy));
    }
    if !case.concern.elsewhere.is_empty() {
        statements.push(said(
            "its platforms are not those of the writes seen, so it does not concern this automation",
            Dataset::AuditEvents.name(),
        ));
    }
    if statements.is_empty() {
        let text = match (case.concern.state, context.directory.gap(Dataset::AccessPolicies)) {
            (GateState::Planned, _) => format!("no access policy protects {}; it is judged as if one did (--plan)", case.workload),
            (_, Some(gap)) => format!("whether an access policy protects {} could not be read: {gap}", case.workload),
            (GateState::Unknown, None) => "what this protects is not known".to_owned(),
            (_, None) => format!("no access policy protects {}", case.workload),
        };
        statements.push(read(text, Dataset::AccessPolicies));
    }
    if matches!(case.concern.state, GateState::InForce | GateState::Planned) && *case.workload != Workload::OperationApprovalPolicy {
        statements.push(match context.catalogue.workload(case.workload) {
            Some(facts) => said(format!("a gate on {} holds app-only calls back: {}", case.workload, facts.note), "")
                .sure(facts.app_only)
                .cite(enforced(context, case)),
            None => said("that a gate of this type holds app-only calls back is documented nowhere: maascan does not know the type", ""),
        });
    }
    Link { kind: LinkKind::Gate, statements }
}

fn enforced(context: &Context<'_>, case: &Case<'_>) -> Option<String> {
    context.catalogue.workload(case.workload).map(|facts| facts.source.clone())
}

fn policy_statements(policy: &PolicyGate) -> Vec<Statement> {
    let state = match (policy.planned, policy.in_force) {
        (true, _) => "is only planned".to_owned(),
        (false, InForce::No) => "is listed and not completed, so not in force".to_owned(),
        (false, InForce::Unknown) => "is listed; whether it is in force cannot be told".to_owned(),
        (false, InForce::Yes) => match (policy.since, policy.since_exact) {
            (Some(since), true) => format!("is in force since {}", time(since)),
            (Some(since), false) => format!("is in force, at the latest since its last change on {}", time(since)),
            (None, _) => "is in force, since when is not known".to_owned(),
        },
    };
    let platforms: Vec<&str> = policy.platforms.iter().map(Platform::word).collect();
    let covers = if platforms.is_empty() { "all platforms".to_owned() } else { platforms.join(", ") };
    if policy.planned {
        return vec![said(format!("{} {state}, for {covers}", policy.name), "the plan")];
    }
    let from = format!("{}, {}, {}", Dataset::AccessPolicies, Dataset::ApprovalRequests, Dataset::AuditEvents);
    let mut statements = vec![said(format!("the access policy {} ({}) {state}, for {covers}", policy.name, policy.policy_id), from)];
    let groups = match &policy.approver_groups {
        Some(groups) if groups.is_empty() => "no group".to_owned(),
        Some(groups) => groups.join(", "),
        None => "groups that could not be read".to_owned(),
    };
    let people = match policy.approvers {
        Some(1) => "1 person".to_owned(),
        Some(people) => format!("{people} people"),
        None => "how many people is not known".to_owned(),
    };
    statements.push(read(format!("its approvers: {groups}; can decide: {people}"), Dataset::ApproverGroups));
    for problem in &policy.problems {
        let dataset = problem.unknown.as_ref().map_or(Dataset::ApproverGroups, |untold| untold.dataset);
        let text = match &problem.unknown {
            None => format!("wrong with it: {}", problem.sentence),
            Some(_) => format!("{}: {}", problem.kind, problem.sentence),
        };
        statements.push(read(text, dataset));
    }
    statements
}

pub(super) fn exclusion(context: &Context<'_>, case: &Case<'_>) -> Link {
    let mut statements = Vec::new();
    let policies = &case.concern.policies;
    let rows = || context.exclusions.get(&case.profile.app_id).into_iter().flatten();
    for row in rows().filter(|row| policies.iter().any(|policy| policy.policy_id == row.policy_id)) {
        let says = match (row.listed, row.since) {
            (true, Some(since)) => format!("excluded by {} since {}", row.policy, time(since)),
            (true, None) => format!("excluded by {}", row.policy),
            (false, Some(since)) => format!("not excluded by {} since {}", row.policy, time(since)),
            (false, None) => format!("not excluded by {}", row.policy),
        };
        let disputed = if row.disputed { "; another source says the opposite, and neither is believed" } else { "" };
        let sources: Vec<&str> = row.sources.iter().map(|source| source.word()).collect();
        statements.push(said(format!("{says}{disputed}"), format!("{}: {}", sources.join(", "), row.source_detail)));
    }
    // Where sources disagree on a policy, both have been heard, and nothing more is known of its list.
    let disputed: BTreeSet<&PolicyId> = rows().filter(|row| row.disputed).map(|row| &row.policy_id).collect();
    let silent = |policy: &PolicyGate| case.not_excluded_by().contains(&policy.policy_id) && !disputed.contains(&policy.policy_id);
    for policy in policies.iter().filter(|policy| !policy.planned && silent(policy)) {
        let text = if policy.exclusions_readable {
            format!("the list of exclusions of {} is known, and it is not on it", policy.name)
        } else {
            format!("the list of exclusions of {} could not be read: no published schema has it", policy.name)
        };
        statements.push(read(text, Dataset::AccessPolicies));
    }
    statements.extend(case.removed.map(|removed| {
        read(format!("taken off a list of exclusions on {}; what it did before says nothing of now", time(removed)), Dataset::AuditEvents)
    }));
    if !statements.is_empty() {
        let state = match case.situation.exclusion {
            ExclusionState::Excluded => "taken together: excluded",
            ExclusionState::Partly => "taken together: excluded by some of the policies only, so held by the others",
            ExclusionState::NotListed => "taken together: not excluded",
            ExclusionState::Unknown => "taken together: exclusions unknown",
        };
        statements.push(said(state, ""));
    }
    Link { kind: LinkKind::Exclusion, statements }
}

/// The questions of the decision table up to the one that decides.
pub(super) fn decision(case: &Case<'_>, verdict: &Verdict) -> Link {
    let questions = case.situation.questions();
    let mut statements: Vec<Statement> = questions
        .iter()
        .enumerate()
        .map(|(at, question)| {
            let decides = question.verdict.map_or(String::new(), |kind| format!(" -> {kind}"));
            said(format!("{}. {}{decides}", at + 1, question.answer), "")
        })
        .collect();
    statements.extend(verdict.today.filter(|today| *today != verdict.kind).map(|today| said(format!("without the plan: {today}"), "")));
    Link { kind: LinkKind::Decision, statements }
}

pub(super) fn confidence(verdict: &Verdict) -> Link {
    let mut statements = vec![said(format!("confidence {}, best evidence: {}", verdict.confidence, verdict.grade), "")];
    if verdict.doubts.is_empty() {
        statements.push(said("nothing lowers it", ""));
    }
    statements.extend(verdict.doubts.iter().map(|doubt| said(format!("against it: {doubt}"), "")));
    Link { kind: LinkKind::Confidence, statements }
}

pub(super) fn status(context: &Context<'_>, verdict: &Verdict) -> Link {
    if verdict.expected_status.is_empty() {
        return Link { kind: LinkKind::Status, statements: Vec::new() };
    }
    let statements =
        context.catalogue.statuses().iter().filter(|status| !status.current || verdict.expected_status.contains(&status.code)).map(
            |status| {
                let stage = match status.meaning {
                    StatusMeaning::NoJustification => "without a justification",
                    StatusMeaning::ApprovalRequired => "in old documentation only",
                    StatusMeaning::Duplicate => "while a request for the same object waits",
                    StatusMeaning::Queued => "with a justification",
                };
                said(format!("{} {stage}: {}", status.code, status.note), "").sure(status.sure).cite([status.source.as_str()])
            },
        );
    Link { kind: LinkKind::Status, statements: statements.collect() }
}

pub(super) fn ways(context: &Context<'_>, case: &Case<'_>, verdict: &Verdict) -> Link {
    let mut statements = Vec::new();
    for way in &verdict.ways_out {
        match way.kind {
            WayKind::Adopt => statements.extend(adopt(context, case)),
            WayKind::Exclude => {
                statements.push(said("or exclude it, which makes it a way around the gate; harden first:", ""));
                statements.extend(way.first.iter().map(|step| said(format!("  {step}"), "")));
                statements.extend(way.room.iter().map(room));
            }
            WayKind::Remove => {
                let or = if statements.is_empty() { "" } else { "or " };
                let text = format!("{or}take away, if it need not write: {}", way.permissions.join(", "));
                statements.push(read(text, Dataset::AppRoleGrants));
            }
        }
    }
    Link { kind: LinkKind::WaysOut, statements }
}

/// The approval flow, with the requests of the operations that were seen.
fn adopt(context: &Context<'_>, case: &Case<'_>) -> Vec<Statement> {
    let seen =
        if case.seen.is_empty() { "the protected calls of this workload:" } else { "the protected calls that fit what it was seen doing:" };
    let mut statements = vec![said(format!("adopt the approval flow for {seen}"), "")];
    for operation in ways::requests(context, case.workload, &case.seen) {
        let note = operation.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        let text = format!("  {} {}{note}", operation.method.name(), operation.path);
        statements.push(said(text, "").sure(operation.sure).cite(&operation.sources));
    }
    for (at, step) in context.catalogue.approval_steps().iter().enumerate() {
        let header = step.header.as_ref().map(|header| format!(": {header}")).unwrap_or_default();
        let text = format!("  step {}: {}{header}", at + 1, step.does);
        statements.push(said(text, "").sure(step.sure).cite([step.source.as_str()]));
    }
    statements
}

fn room(room: &Room) -> Statement {
    let (listed, most) = (room.listed, Room::MOST);
    let text = match room.fits(1) {
        Some(true) => format!("  {} has room: {listed} of {most} places taken", room.policy),
        Some(false) => format!("  {} has no room: {listed} of {most} places taken", room.policy),
        None => format!("  {} may have room: at least {listed} of {most} places taken", room.policy),
    };
    read(text, Dataset::AccessPolicies)
}
