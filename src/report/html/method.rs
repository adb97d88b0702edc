//! Coverage of every dataset; how the report came about, what it cannot tell, and what its words mean.

use super::super::{known, phrases, settings, text};
use super::foreign::{counted, short, words};
use super::index::Index;
use super::{marks, overview};
use crate::assess::{Assessment, Confidence, EvidenceGrade, VerdictKind};
use crate::snapshot::Area;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Most sentences of a list.
const SENTENCES: usize = 40;

pub(super) fn coverage(index: &Index<'_>) -> Markup {
    let assessment = index.assessment;
    html! {
        section id="coverage" aria-labelledby="coverage-title" {
            h2 id="coverage-title" { "Coverage" }
            p class="quiet" { "What of each dataset and of the activity logs was read, and why the rest was not. Nothing that was not read counts as zero, as clean, or as failing." }
            ul class="doubt" { @for note in overview::notes(assessment) { li { (words(&note)) } } }
            div class="scroll" role="region" tabindex="0" aria-label="Coverage of every dataset" {
                table class="rows sortable" {
                    caption class="sr" { "Coverage of every dataset" }
                    thead { tr { th scope="col" { "Dataset" } th scope="col" { "State" } th scope="col" { "Items" } th scope="col" { "Gap" } th scope="col" { "Permission that reads it" } } }
                    tbody { @for area in Area::all() { (area_row(assessment, area)) } }
                }
            }
            (own_lists(assessment))
            (unmapped(assessment))
        }
    }
}

fn area_row(assessment: &Assessment, area: Area) -> Markup {
    let coverage = known::area(assessment, area);
    let items = if matches!(coverage, crate::snapshot::Coverage::Unavailable { .. }) {
        known::UNKNOWN.to_owned()
    } else {
        coverage.items().to_string()
    };
    html! {
        tr {
            th scope="row" { (area.name()) }
            td { span class={ "cov " (coverage.word()) } { (coverage.word()) } }
            td { (items) }
            td class=[coverage.gap().map(|_| "long")] { @match coverage.gap() { Some(gap) => (words(&gap.to_string())), None => "none" } }
            td { (short(phrases::permission(area, coverage), 120)) }
        }
    }
}

fn own_lists(assessment: &Assessment) -> Markup {
    html! {
        @if !assessment.unplaced.is_empty() {
            h3 { "Lines of your own lists that could not be placed" }
            ul { @for line in assessment.unplaced.iter().take(SENTENCES) { li { (words(line)) } } }
            @if assessment.unplaced.len() > SENTENCES { p { (assessment.unplaced.len() - SENTENCES) " more: see assessment.json." } }
        }
    }
}

fn unmapped(assessment: &Assessment) -> Markup {
    let (activities, permissions) = (&assessment.unmapped_activities, &assessment.unmapped_permissions);
    html! {
        @if !permissions.is_empty() {
            h3 { "Permissions that are not known" }
            p { "They seem to write Intune and are not judged, because this maascan does not know them." }
            ul { @for name in permissions.iter().take(SENTENCES) { li { (short(name, text::LONGEST_NAME)) } } }
            @if permissions.len() > SENTENCES { p { (permissions.len() - SENTENCES) " more: see assessment.json." } }
        }
        @if !activities.is_empty() {
            h3 { "Activities that are not known" }
            p { "Audit events by applications whose activity belongs to no known workload." }
            ul { @for (activity, events) in activities.iter().take(SENTENCES) { li { (short(activity, text::LONGEST_NAME)) ": " (*events) } } }
            @if activities.len() > SENTENCES { p { (activities.len() - SENTENCES) " more: see assessment.json." } }
        }
    }
}

pub(super) fn section(index: &Index<'_>) -> Markup {
    let assessment = index.assessment;
    html! {
        section id="method" aria-labelledby="method-title" {
            h2 id="method-title" { "Method and limits" }
            ul { @for line in phrases::method(assessment) { li { (words(&line)) } }
                li { "Names are cut to " (text::LONGEST_NAME) " characters here; CSV and JSON have them whole. All times are UTC." }
                li { "A plan (" code { "--plan" } ") judges workloads as if they were gated; what it changes is said beside each verdict." }
            }
            h3 { "How sure" }
            dl class="terms" { @for confidence in Confidence::ALL.iter().rev() { dt { (confidence.word()) } dd { (sure(*confidence)) } } }
            (uncertainty(assessment))
            h3 { "Settings of the rules" }
            ul { @for line in settings::lines(assessment) { li { (words(&line)) } } }
            h3 { "Words" }
            dl class="terms" {
                @for kind in VerdictKind::ALL { dt { (marks::tile(*kind, Confidence::High)) " " (kind.word()) } dd { (phrases::meaning(*kind)) } }
            }
            h3 { "Evidence, strongest first" }
            dl class="terms" { @for grade in EvidenceGrade::ALL.iter().rev() { dt { (grade.word()) } dd { (evidence(*grade)) } } }
        }
    }
}

fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "documented or captured, and every dataset it rests on was read",
        Confidence::Medium => "likely: one of its grounds is inferred, or a dataset that might change it was not read whole",
        Confidence::Low => "a guess to verify before anything is decided on it",
    }
}

fn evidence(grade: EvidenceGrade) -> &'static str {
    match grade {
        EvidenceGrade::BlockedCall => "a call was refused, or held for approval",
        EvidenceGrade::AuditedWrite => "Intune's audit log shows a write, failed or not",
        EvidenceGrade::LoggedWrite => "an activity log shows a write",
        EvidenceGrade::ScriptWrite => "a script of its was found to write",
        EvidenceGrade::SignIn => "it signs in as itself",
        EvidenceGrade::Grant => "it holds the permission",
        EvidenceGrade::None => "none",
    }
}

/// What lowers the confidence of verdicts in this tenant, with how many each.
fn uncertainty(assessment: &Assessment) -> Markup {
    let mut doubts: BTreeMap<&str, usize> = BTreeMap::new();
    for doubt in assessment.verdicts.iter().flat_map(|verdict| &verdict.doubts) {
        *doubts.entry(doubt).or_default() += 1;
    }
    let mut doubts: Vec<(&str, usize)> = doubts.into_iter().collect();
    doubts.sort_by_key(|(doubt, rows)| (std::cmp::Reverse(*rows), *doubt));
    html! {
        h3 { "What is not sure in this tenant" }
        @if doubts.is_empty() { p { "Nothing lowers the confidence of a verdict." } }
        ul { @for (doubt, rows) in doubts.iter().take(SENTENCES) { li { (words(doubt)) " (" (counted(*rows, "row", "rows")) ")" } } }
        @if doubts.len() > SENTENCES { p { (doubts.len() - SENTENCES) " more, each with its automation." } }
    }
}
