//! The first screen: whose tenant, when, the headline, what could not be seen, and how many verdicts of each kind there are.

use super::super::known::{self, Count};
use super::super::phrases;
use super::foreign::{code, counted, name, sentence, short, words};
use super::index::Index;
use super::marks;
use crate::assess::{Assessment, Confidence, VerdictKind};
use crate::snapshot::{Coverage, Dataset, Gap};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

/// Most gaps that the first screen names; the section on coverage has them all.
const GAPS: usize = 5;

/// Most characters of a gap on the first screen.
const LONGEST_GAP: usize = 130;

/// Most datasets with the same gap that are named one by one.
const DATASETS: usize = 8;

pub(super) fn section(index: &Index<'_>) -> Markup {
    let assessment = index.assessment;
    html! {
        section id="overview" aria-labelledby="title" {
            p class="eyebrow" { "Multi Admin Approval · readiness report" }
            h1 id="title" { (tenant(assessment)) }
            (frame(assessment))
            div class="lead" {
                div class="panel" { (result(assessment)) }
                div class="panel" id="coverage-note" { (not_seen(assessment)) }
            }
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
            div { dt { "Tenant" } dd { (code(run.tenant_id.as_str())) } }
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
        @if gaps.is_empty() && notes.is_empty() {
            p class="headline" { "Every dataset that was asked for was read whole." }
        } @else if gaps.is_empty() {
            p { "Every dataset that was asked for was read whole." }
        } @else {
            p class="headline" { (gap_headline(assessment)) }
        }
        @if !gaps.is_empty() || !notes.is_empty() {
            ul class="gaps" {
                @for (gap, datasets) in gaps.iter().take(GAPS) {
                    li { strong { (datasets_line(datasets)) } ": " (short(&gap.to_string(), LONGEST_GAP)) }
                }
                @if gaps.len() > GAPS { li { (gaps.len() - GAPS) " more: see " a href="#coverage" { "coverage" } } }
                @for note in &notes { li { (words(note)) } }
            }
        }
        p class="quiet" { @if let Some(skipped) = phrases::not_requested(assessment) { (words(&skipped)) " " } a href="#coverage" { "Coverage of every dataset" } }
    }
}

fn gap_headline(assessment: &Assessment) -> String {
    let total = Dataset::ALL.len() - known::skipped(assessment).count();
    let missing = known::missing(assessment).count();
    format!("{missing} of {total} datasets that were asked for could not be read whole.")
}

/// What is missing, datasets with the same gap together.
fn gaps(assessment: &Assessment) -> Vec<(&Gap, Vec<String>)> {
    let mut gaps: Vec<(&Gap, Vec<String>)> = Vec::new();
    for (dataset, coverage, gap) in known::missing(assessment) {
        let read = match coverage {
            Coverage::Partial { items, .. } => format!("{dataset} (only {})", counted(*items as usize, "item", "items")),
            _ => dataset.to_string(),
        };
        match gaps.iter_mut().find(|(seen, _)| *seen == gap) {
            Some((_, datasets)) => datasets.push(read),
            None => gaps.push((gap, vec![read])),
        }
    }
    gaps
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
    html! {
        h3 class="label" id="counts-title" { "Automations by verdict" }
        ul class="counts" aria-labelledby="counts-title" {
            @for kind in VerdictKind::ALL {
                @let count = known::automations_with(assessment, *kind);
                li class=[(count == Count::Exactly(0)).then_some("zero")] title=(phrases::meaning(*kind)) {
                    (marks::tile(*kind, Confidence::High)) span { (kind.word()) } strong { (count) }
                }
            }
        }
    }
}
