//! What to do this week, in order, each with whom it concerns. Nothing is decided here: every item is made from verdicts, gates,
//! credentials and findings that stand in the report.

use super::super::{exposure, known, phrases};
use super::exclusions::{names, open_parts};
use super::foreign::{code, counted, day, name, short, words, workload};
use super::index::Index;
use super::{credentials, overview};
use crate::assess::{Finding, FindingStatus, GateProblem, GateProblemKind, GateState, PolicyGate, Request, Severity, Verdict, VerdictKind};
use crate::snapshot::AppId;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Most lines of one item.
const LINES: usize = 12;

/// A credential that ends within so many days has to be renewed now.
const SOON_DAYS: i64 = 30;

/// Something to do: what, why, and whom it concerns.
pub(super) struct Item {
    what: String,
    detail: Markup,
}

/// Everything there is to do, in order.
pub(super) fn items(index: &Index<'_>) -> Vec<Item> {
    [
        verdicts(index, "Repair what is refused already", |verdict| verdict.kind == VerdictKind::Blocked),
        verdicts(index, "Move what breaks behind a gate in force", |verdict| {
            verdict.kind == VerdictKind::Breaks && verdict.gate != GateState::Planned
        }),
        planned(index),
        gates(index),
        requests(index),
        keys(index),
        exposed(index),
        critical(index),
        verdicts(index, "Verify what passes a gate and is on no list", |verdict| verdict.kind == VerdictKind::Passes),
        see_more(index),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What there is to do in a line each, which lead to where it is said in full: for the first screen.
pub(super) fn brief(index: &Index<'_>, items: &[Item]) -> Markup {
    html! {
        div class="panel steps" {
            h2 { "What to do this week, in order" }
            @if items.is_empty() { p { (nothing(index)) } } @else {
                ol { @for (at, item) in items.iter().enumerate() { li { a href={ "#t" (at + 1) } { (item.what) } } } }
            }
        }
    }
}

pub(super) fn section(index: &Index<'_>, items: &[Item]) -> Markup {
    html! {
        section id="todo" aria-labelledby="todo-title" {
            h2 id="todo-title" { "What to do this week" }
            @if items.is_empty() { p class="empty" { (nothing(index)) } } @else {
                ol class="todo" { @for (at, item) in items.iter().enumerate() { li { h3 id={ "t" (at + 1) } { (item.what) } (item.detail) } } }
            }
        }
    }
}

fn nothing(index: &Index<'_>) -> &'static str {
    if known::all_automations(index.assessment) {
        "No row has a verdict that needs action."
    } else {
        "No row has a verdict that needs action, but not every automation could be looked for."
    }
}

/// Verdicts that ask for the same, by their next step.
fn verdicts(index: &Index<'_>, what: &str, wanted: fn(&Verdict) -> bool) -> Option<Item> {
    let found: Vec<&Verdict> = index.assessment.verdicts.iter().filter(|verdict| wanted(verdict)).collect();
    let automations: BTreeSet<&AppId> = found.iter().map(|verdict| &verdict.app_id).collect();
    let what = format!("{what}: {}", counted(automations.len(), "automation", "automations"));
    (!found.is_empty()).then(|| Item { what, detail: by_step(index, &found) })
}

fn by_step(index: &Index<'_>, verdicts: &[&Verdict]) -> Markup {
    let mut steps: Vec<(&str, Vec<&Verdict>)> = Vec::new();
    for verdict in verdicts {
        let full = steps.len() == LINES;
        match steps.iter_mut().find(|(step, _)| *step == verdict.next_step) {
            Some((_, own)) => own.push(verdict),
            // Steps name an automation at times; beyond so many the matrix is the better list.
            None if !full => steps.push((&verdict.next_step, vec![verdict])),
            None => {}
        }
    }
    let shown: usize = steps.iter().map(|(_, own)| own.len()).sum();
    html! {
        ul {
            @for (step, own) in &steps {
                li {
                    @for (at, verdict) in own.iter().take(LINES).enumerate() { @if at > 0 { ", " } (index.link_to_verdict(verdict)) }
                    @if own.len() > LINES { " and " (own.len() - LINES) " more in the " a href="#matrix" { "matrix" } }
                    @if !step.is_empty() { ": " (words(step)) }
                }
            }
            @if verdicts.len() > shown { li { (verdicts.len() - shown) " more rows in the " a href="#matrix" { "matrix" } } }
        }
    }
}

/// Who breaks on the day on which a planned gate comes into force.
fn planned(index: &Index<'_>) -> Option<Item> {
    let breaks = |verdict: &&Verdict| verdict.kind == VerdictKind::Breaks && verdict.gate == GateState::Planned;
    let found: Vec<&Verdict> = index.assessment.verdicts.iter().filter(breaks).collect();
    let gated: BTreeSet<_> = found.iter().map(|verdict| &verdict.workload).collect();
    let gates = index.assessment.gates.iter().filter(|gate| gated.contains(&gate.workload));
    let policies: Vec<&PolicyGate> = gates.flat_map(|gate| &gate.policies).collect();
    let what = "Be ready before a planned gate comes into force".to_owned();
    (!found.is_empty()).then(|| Item {
        what,
        detail: html! {
            @if !policies.is_empty() {
                p { "Not in force yet: " @for (at, policy) in policies.iter().take(LINES).enumerate() { @if at > 0 { ", " } (name(phrases::named(&policy.name, policy.policy_id.as_str()))) } }
            }
            (by_step(index, &found))
        },
    })
}

/// Gates that nobody, or only one person, can open.
fn gates(index: &Index<'_>) -> Option<Item> {
    let closed = |problem: &&GateProblem| {
        problem.unknown.is_none()
            && matches!(
                problem.kind,
                GateProblemKind::NoApproverGroup
                    | GateProblemKind::GroupMissing
                    | GateProblemKind::NotSecurityGroup
                    | GateProblemKind::OnlyServicePrincipals
                    | GateProblemKind::NoApprover
                    | GateProblemKind::OneApprover
                    | GateProblemKind::RoleDeadlock
            )
    };
    let all = index.assessment.gates.iter().flat_map(|gate| gate.policies.iter().map(move |policy| (gate, policy)));
    let found: Vec<_> = all.filter(|(_, policy)| policy.problems.iter().any(|problem| closed(&problem))).collect();
    let what = format!("Give gates people who can approve: {}", counted(found.len(), "access policy", "access policies"));
    (!found.is_empty()).then(|| Item {
        what,
        detail: html! {
            ul {
                @for (gate, policy) in found.iter().take(LINES) {
                    li {
                        (name(phrases::named(&policy.name, policy.policy_id.as_str()))) " (" (workload(&gate.workload)) "): "
                        @for (at, problem) in policy.problems.iter().filter(closed).enumerate() { @if at > 0 { "; " } (words(&phrases::problem(problem))) }
                    }
                }
                @if found.len() > LINES { li { (found.len() - LINES) " more: see " a href="#gates" { "gates" } } }
            }
        },
    })
}

/// Requests that wait for somebody, the one that runs out first on top. What has run past its time can be decided no more, and has to
/// be filed again.
fn requests(index: &Index<'_>) -> Option<Item> {
    let all: Vec<&Request> = index.assessment.requests.iter().filter(|request| request.is_pending() == Some(true)).collect();
    let past = |request: &&Request| request.expires.is_some_and(|expires| expires < index.assessment.run.taken_at);
    let (late, mut waiting): (Vec<&Request>, Vec<&Request>) = all.into_iter().partition(past);
    waiting.sort_by_key(|request| (request.expires.is_none(), request.expires, &request.id));
    let what = if waiting.is_empty() {
        format!("File again what ran past its time, if still wanted: {}", counted(late.len(), "approval request", "approval requests"))
    } else {
        format!("Decide what waits: {}", counted(waiting.len(), "approval request", "approval requests"))
    };
    (!waiting.is_empty() || !late.is_empty()).then(|| Item {
        what,
        detail: html! {
            ul {
                @for request in waiting.iter().take(LINES) { (one_request(index, request)) }
                @if waiting.len() > LINES { li { (waiting.len() - LINES) " more in Intune" } }
                @if !late.is_empty() {
                    li {
                        (counted(late.len(), "request", "requests")) " ran past the time to decide, and must be filed again if still wanted: "
                        @for (at, request) in late.iter().take(LINES).enumerate() { @if at > 0 { ", " } (code(request.id.as_str())) }
                        @if late.len() > LINES { " and " (late.len() - LINES) " more" }
                    }
                }
            }
        },
    })
}

fn one_request(index: &Index<'_>, request: &Request) -> Markup {
    html! {
        li {
            @match &request.app_id {
                Some(app_id) => (index.link(app_id.as_str(), phrases::named(request.application.as_deref().unwrap_or_default(), app_id.as_str()))),
                None => "filed by a person, or by nobody that the service names",
            }
            @for own in &request.workloads { ", " (workload(own)) }
            @match request.expires { Some(expires) => { ", runs out " (day(expires)) }, None => ", when it runs out is not known" }
            ": " (code(request.id.as_str()))
        }
    }
}

fn keys(index: &Index<'_>) -> Option<Item> {
    let now = index.assessment.run.taken_at;
    let soon = |owned: &credentials::Owned<'_>| {
        owned.key.expired == Some(false) && owned.key.end.is_some_and(|end| (end - now).num_days() <= SOON_DAYS)
    };
    let found: Vec<credentials::Owned<'_>> = credentials::by_end(index).into_iter().filter(soon).collect();
    let what = format!("Renew what ends within {SOON_DAYS} days: {}", counted(found.len(), "credential", "credentials"));
    (!found.is_empty()).then(|| Item {
        what,
        detail: html! {
            ul {
                @for owned in found.iter().take(LINES) {
                    li {
                        @if let Some(end) = owned.key.end { strong { (day(end)) } } ": " (owned.key.kind.word()) " of "
                        (index.link(owned.app_id.as_str(), phrases::name(index.assessment, owned.app_id)))
                    }
                }
                @if found.len() > LINES { li { (found.len() - LINES) " more: see " a href="#credentials" { "credentials" } } }
            }
        },
    })
}

/// The excluded application to look at first.
fn exposed(index: &Index<'_>) -> Option<Item> {
    let first = index.assessment.exposures.first().filter(|own| open_parts(own) > 0)?;
    let detail = html! {
        p {
            (index.link(first.app_id.as_str(), exposure::application(index.assessment, first))) ": what it can do: " (exposure::reach(first))
            "; how it is held: " (exposure::guard(first)) ". Then the others, " a href="#exclusions" { "in their order" } "."
        }
    };
    Some(Item { what: "Look at the weakest exclusion".to_owned(), detail })
}

fn critical(index: &Index<'_>) -> Option<Item> {
    let open: Vec<(usize, &Finding)> = index
        .assessment
        .findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| finding.status == FindingStatus::Open && finding.rule.severity == Severity::Critical)
        .collect();
    let what = format!("Settle {}", counted(open.len(), "critical finding", "critical findings"));
    (!open.is_empty()).then(|| Item {
        what,
        detail: html! {
            ul {
                @for (at, finding) in open.iter().take(LINES) { li { a href={ "#f" (at) } { (short(&finding.rule.title, 120)) } ": " (name(phrases::named(&finding.object.name, &finding.object.id))) } }
                @if open.len() > LINES { li { (open.len() - LINES) " more: see " a href="#findings" { "findings" } } }
            }
        },
    })
}

/// Whose verdict is unknown, and what reading more would take.
fn see_more(index: &Index<'_>) -> Option<Item> {
    let assessment = index.assessment;
    let unknown: BTreeSet<&AppId> =
        assessment.verdicts.iter().filter(|verdict| verdict.kind == VerdictKind::Unknown).map(|verdict| &verdict.app_id).collect();
    let missing: Vec<_> = known::missing(assessment).collect();
    if unknown.is_empty() && missing.is_empty() {
        return None;
    }
    let detail = html! {
        @if !missing.is_empty() {
            ul {
                @for (dataset, coverage, gap) in missing.iter().take(LINES) {
                    li { (dataset.name()) ": " (words(&overview::plain(gap))) " (read by " (short(phrases::permission(*dataset, coverage), 80)) ")" }
                }
                @if missing.len() > LINES { li { (missing.len() - LINES) " more: see " a href="#coverage" { "coverage" } } }
            }
        }
        @if !unknown.is_empty() { p { "Of unknown verdict: " (names(index, unknown.into_iter())) "." } }
    };
    Some(Item { what: "Let the next run see more".to_owned(), detail })
}
