//! The first screen: whose tenant, when, the headline, what could not be seen, and how many verdicts of each kind there are.

use super::super::known::{self, Count};
use super::super::phrases;
use super::foreign::{code, counted, name, sentence, short, words};
use super::index::Index;
use super::marks;
use super::todo::{self, Item};
use crate::assess::{Assessment, Confidence, VerdictKind};
use crate::snapshot::{Area, Coverage, Gap};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

/// Most gaps that the first screen names; the section on coverage has them all.
const GAPS: usize = 5;

/// Most datasets with the same gap that are named one by one.
const DATASETS: usize = 8;

pub(super) fn section(index: &Index<'_>, items: &[Item]) -> Markup {
    let assessment = index.assessment;
    html! {
        section id="overview" aria-labelledby="title" {
            p class="eyebrow" { "Multi Admin Approval · readiness report · tenant " (code(assessment.run.tenant_id.as_str())) }
            h1 id="title" { (tenant(assessment)) }
            (frame(assessment))
            div class="lead" {
                div class="panel" { (result(assessment)) }
                div class="panel" id="coverage-note" { (not_seen(assessment)) }
            }
            (todo::brief(index, items))
        }
    }
}

/// The tenant's name, or its id where it has none that can be seen.
pub(super) fn tenant(assessment: &Assessment) -> Markup {
    let run = &assessment.run;
    name(phrases::named(run.tenant_name.as_deref().unwrap_or_default(), run.tenant_id.as_str()))
}

/// A time for people, with the exact one beside it.
pub(super) fn moment(time: DateTime<Utc>) -> Markup {
    html! { time datetime=(phrases::time(time)) { (time.format("%Y-%m-%d %H:%M UTC")) } }
}

fn frame(assessment: &Assessment) -> Markup {
    let run = &assessment.run;
    html! {
        dl class="frame" {
            div { dt { "Read" } dd { (moment(run.taken_at)) } }
            div { dt { "Evidence window" } dd { (counted(run.window_days as usize, "day", "days")) " from " (run.window_start.format("%Y-%m-%d")) } }
            div { dt { "Audit events from" } dd { (run.audit_since.format("%Y-%m-%d")) } }
            @if !run.planned.is_empty() {
                div { dt { "Judged as if gated" } dd { @for (at, workload) in run.planned.iter().enumerate() { @if at > 0 { ", " } (short(workload.word(), 40)) } } }
            }
        }
    }
}

fn result(assessment: &Assessment) -> Markup {
    html! {
        h2 { "Result" }
        p class="headline" { (words(&format!("{}.", phrases::headline(assessment)))) }
        p class="quiet" { (words(&sentence(&phrases::counted(assessment)))) " An automation can count under more than one word." }
        (counts(assessment))
        @if let Some(changes) = phrases::changes(assessment) {
            p class="quiet" { (words(&sentence(&format!("by row, {changes}")))) " " a href="#method" { "What a plan is" } }
        }
    }
}

fn not_seen(assessment: &Assessment) -> Markup {
    let gaps = gaps(assessment);
    let notes = notes(assessment);
    html! {
        h2 { "What this report could not see" }
        @if known::skipped(assessment).count() == Area::all().count() {
            p class="headline" { "Nothing was asked for, so nothing was read." }
        } @else if gaps.is_empty() && notes.is_empty() {
            p class="headline" { "Every dataset that was asked for was read whole." }
        } @else if gaps.is_empty() {
            p { "Every dataset that was asked for was read whole." }
        } @else {
            p class="headline" { (gap_headline(assessment)) }
        }
        @if !gaps.is_empty() || !notes.is_empty() {
            ul class="gaps" {
                @for (gap, datasets) in gaps.iter().take(GAPS) {
                    li { strong { (datasets_line(datasets)) } ": " (words(&plain(gap))) }
                }
                @if gaps.len() > GAPS { li { (gaps.len() - GAPS) " more: see " a href="#coverage" { "coverage" } } }
                @for note in &notes { li { (words(note)) } }
            }
        }
        p class="quiet" { @if let Some(skipped) = phrases::not_requested(assessment) { (words(&skipped)) " " } a href="#coverage" { "Coverage of every dataset" } }
    }
}

fn gap_headline(assessment: &Assessment) -> String {
    let total = Area::all().count() - known::skipped(assessment).count();
    let missing = known::missing(assessment).count();
    format!("{missing} of {total} datasets that were asked for could not be read whole.")
}

/// What is missing, datasets with the same gap together.
fn gaps(assessment: &Assessment) -> Vec<(&Gap, Vec<String>)> {
    let mut gaps: Vec<(&Gap, Vec<String>)> = Vec::new();
    for (dataset, coverage, gap) in known::missing(assessment) {
        let read = match coverage {
            Coverage::Partial { items, .. } => format!("{dataset} ({} read, not all)", counted(*items as usize, "item", "items")),
            _ => dataset.to_string(),
        };
        match gaps.iter_mut().find(|(seen, _)| *seen == gap) {
            Some((_, datasets)) => datasets.push(read),
            None => gaps.push((gap, vec![read])),
        }
    }
    gaps
}

/// Why something could not be read, without the address that was asked for: that stands in the section on coverage.
pub(super) fn plain(gap: &Gap) -> String {
    match gap {
        Gap::Failed { detail } => failure(detail),
        Gap::Throttled { .. } => "the service kept refusing for load until the time for that was used up".to_owned(),
        _ => gap.to_string(),
    }
}

/// A failure in words. Its detail names the request, the status of HTTP, and what the service said, with colons between.
fn failure(detail: &str) -> String {
    let status = |part: &str| part.trim().strip_prefix("status ").and_then(|status| status.get(..3)?.parse::<u16>().ok());
    match detail.split(": ").find_map(status) {
        Some(status) if status >= 500 => format!("the service failed on its side (status {status}); reading again may help"),
        Some(status) => format!("the service refused the request (status {status})"),
        None => {
            let parts: Vec<&str> = detail.split(": ").filter(|part| !part.contains("://") && !part.starts_with("GET ")).collect();
            let rest = parts.join(": ");
            if rest.is_empty() { "it could not be read".to_owned() } else { rest }
        }
    }
}

fn datasets_line(datasets: &[String]) -> String {
    let rest = if datasets.len() > DATASETS { format!(" and {} more", datasets.len() - DATASETS) } else { String::new() };
    format!("{}{rest}", datasets.iter().take(DATASETS).cloned().collect::<Vec<_>>().join(", "))
}

/// What is missing beyond whole datasets, a sentence each.
pub(super) fn notes(assessment: &Assessment) -> Vec<String> {
    let mut notes = phrases::gaps_within(assessment);
    if !assessment.unplaced.is_empty() {
        notes.push(format!("Of your own lists {} could not be placed.", counted(assessment.unplaced.len(), "line", "lines")));
    }
    if !assessment.unmapped_permissions.is_empty() {
        let many = counted(assessment.unmapped_permissions.len(), "permission that seems", "permissions that seem");
        notes.push(format!("{many} to write Intune are not judged, because this maascan does not know them."));
    }
    notes.extend(phrases::unmapped_events(assessment));
    notes
}

/// How many automations have a verdict of each kind; one can have several.
fn counts(assessment: &Assessment) -> Markup {
    let counts: Vec<(VerdictKind, Count)> =
        VerdictKind::ALL.iter().map(|kind| (*kind, known::automations_with(assessment, *kind))).collect();
    html! {
        h3 class="label" id="counts-title" { "Automations by verdict" }
        ul class={ "counts" @if counts.iter().any(|(_, count)| *count == Count::Unknown) { " roomy" } } aria-labelledby="counts-title" {
            @for (kind, count) in &counts {
                li class=[(*count == Count::Exactly(0)).then_some("zero")] title=(phrases::meaning(*kind)) {
                    (marks::tile(*kind, Confidence::High)) span { (kind.word()) } (short_count(*count))
                }
            }
        }
    }
}

/// A count where there is little room.
fn short_count(count: Count) -> Markup {
    html! {
        @match count {
            Count::AtLeast(found) => strong title=(count) { "≥ " (found) },
            Count::Exactly(_) | Count::Unknown => strong { (count) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_told_without_the_address_that_was_asked_for() {
        let failed = |detail: &str| plain(&Gap::Failed { detail: detail.to_owned() });
        let of_server = failed("GET /beta/deviceManagement/operationApprovalPolicies/7: status 500: InternalServerError: An error");
        assert_eq!(of_server, "the service failed on its side (status 500); reading again may help");
        assert_eq!(failed("GET /v1.0/users: status 404: NotFound"), "the service refused the request (status 404)");
        assert_eq!(failed("GET /v1.0/users: list was cut: too long"), "list was cut: too long");
        assert_eq!(failed("GET /v1.0/users"), "it could not be read");
        assert_eq!(plain(&Gap::Permission { missing: "A.Read".to_owned() }), "permission missing: A.Read");
    }
}
