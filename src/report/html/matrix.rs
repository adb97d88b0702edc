//! The break matrix: a row for each automation, a column for each workload. A cell has the colour and the letter of the verdict,
//! its word for those who do not see it, and a tooltip with how sure it is and what was seen.

use super::super::known::{self, Count};
use super::super::phrases;
use super::foreign::{counted, workload};
use super::index::{Automation, Index};
use super::marks;
use crate::assess::{Assessment, Confidence, Gate, GateState, Verdict, VerdictKind};
use crate::catalogue::Workload;
use crate::snapshot::Dataset;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Most rows that are not folded.
const SHOWN: usize = 40;

/// Most columns. Beyond the workloads that are known, a service may name any number.
const COLUMNS: usize = 18;

pub(super) fn section(index: &Index<'_>) -> Markup {
    let columns = columns(index.assessment);
    html! {
        section id="matrix" aria-labelledby="matrix-title" {
            div class="head" {
                h2 id="matrix-title" { "What happens to each automation" }
                p class="quiet" { "A row for each automation, a column for each workload; the worst first." }
            }
            @if index.automations.is_empty() { p class="empty" { (nothing(index.assessment)) } } @else { (table(index, &columns)) }
        }
    }
}

/// Why there is no automation to show.
pub(super) fn nothing(assessment: &Assessment) -> &'static str {
    if known::all_automations(assessment) {
        "No automation can write to Intune, and none was seen writing."
    } else {
        "No automation was found, but not every automation could be looked for."
    }
}

fn table(index: &Index<'_>, columns: &[Column<'_>]) -> Markup {
    let (first, rest) = index.automations.split_at(index.automations.len().min(SHOWN));
    html! {
        (rows(index, columns, first, "Verdicts by automation and workload"))
        @if !rest.is_empty() {
            details class="more" {
                summary { "The other " (counted(rest.len(), "automation", "automations")) }
                (rows(index, columns, rest, "Verdicts by automation and workload, continued"))
            }
        }
        (legend())
        p class="quiet" {
            "Filled: high or medium confidence. Outlined: low confidence, verify. Blank: it cannot write this workload and was not seen writing it. "
            "A dash: its permissions could not be read whole, so that is not known."
        }
    }
}

/// What the letters stand for.
fn legend() -> Markup {
    html! {
        ul class="counts" aria-label="Letters" {
            @for kind in VerdictKind::ALL { li title=(phrases::meaning(*kind)) { (marks::tile(*kind, Confidence::High)) (kind.word()) } }
        }
    }
}

fn rows<'a>(index: &Index<'a>, columns: &[Column<'_>], automations: &[Automation<'a>], caption: &str) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(caption) {
            table class="matrix" {
                caption class="sr" { (caption) }
                thead { tr { th scope="col" { "Automation" } @for column in columns { (head(column)) } } }
                tbody { @for automation in automations { (row(index, columns, automation)) } }
            }
        }
    }
}

/// A workload and what gates it; None for the workloads that have no column of their own.
struct Column<'a> {
    workload: Option<&'a Workload>,
    state: Option<GateState>,
}

fn columns(assessment: &Assessment) -> Vec<Column<'_>> {
    let judged: BTreeSet<&Workload> = assessment.verdicts.iter().map(|verdict| &verdict.workload).collect();
    let gated = |gate: &&Gate| matches!(gate.state, GateState::InForce | GateState::Planned) || judged.contains(&gate.workload);
    let mut columns: Vec<Column<'_>> =
        assessment.gates.iter().filter(gated).map(|gate| Column { workload: Some(&gate.workload), state: Some(gate.state) }).collect();
    let gates: BTreeSet<&Workload> = assessment.gates.iter().map(|gate| &gate.workload).collect();
    columns.extend(
        judged.into_iter().filter(|workload| !gates.contains(workload)).map(|workload| Column { workload: Some(workload), state: None }),
    );
    if columns.len() > COLUMNS {
        columns.truncate(COLUMNS - 1);
        columns.push(Column { workload: None, state: None });
    }
    columns
}

fn head(column: &Column<'_>) -> Markup {
    let state = match column.state {
        Some(GateState::InForce) => "gate in force",
        Some(GateState::Planned) => "gate planned",
        Some(GateState::None) => "no gate",
        Some(GateState::Unknown) | None => "gate unknown",
    };
    html! {
        th scope="col" {
            @match column.workload { Some(own) => (workload(own)), None => "other workloads" }
            @if column.workload.is_some() { small { (state) } }
        }
    }
}

fn row<'a>(index: &Index<'a>, columns: &[Column<'_>], automation: &Automation<'a>) -> Markup {
    let profile = index.profile(automation.app_id);
    let whole = profile.is_some_and(|profile| profile.permissions.gap().is_none());
    html! {
        tr {
            th scope="row" { (index.link_to(automation.app_id)) }
            @for column in columns { (cell(index.assessment, &of_column(columns, column, &automation.verdicts), whole)) }
        }
    }
}

/// The verdicts of a row that stand in a column: the worst first, as in the row.
fn of_column<'a>(columns: &[Column<'_>], column: &Column<'_>, verdicts: &[&'a Verdict]) -> Vec<&'a Verdict> {
    let own = |workload: &Workload| columns.iter().any(|column| column.workload == Some(workload));
    let here = |verdict: &&&Verdict| match column.workload {
        Some(workload) => verdict.workload == *workload,
        None => !own(&verdict.workload),
    };
    verdicts.iter().filter(here).copied().collect()
}

fn cell(assessment: &Assessment, verdicts: &[&Verdict], whole: bool) -> Markup {
    let Some(verdict) = verdicts.first() else {
        return if whole {
            html! { td {} }
        } else {
            html! { td class="dash" title="its permissions could not be read whole" { "–" } }
        };
    };
    let low = if verdict.confidence == Confidence::Low { " lo" } else { "" };
    let more = verdicts.len() - 1;
    html! {
        td title=(tooltip(assessment, verdict)) {
            b class={ (marks::class(verdict.kind)) (low) } { (phrases::letter(verdict.kind)) }
            i { (verdict.kind.word()) }
            @if more > 0 { small { "+" (more) } }
        }
    }
}

fn tooltip(assessment: &Assessment, verdict: &Verdict) -> String {
    let writes = match known::seen(assessment, Dataset::AuditEvents, verdict.writes) {
        Count::Exactly(1) => "1 write".to_owned(),
        Count::Unknown => "writes not known".to_owned(),
        writes => format!("{writes} writes"),
    };
    format!("{}, {} confidence, {writes}", verdict.kind, verdict.confidence)
}
