//! The order of excluded applications in the published model.

use crate::assess;
use serde::Serialize;

/// An excluded application, weighed; the one to look at first is the first of its list.
#[derive(Debug, Serialize)]
pub(super) struct Exposure<'a> {
    app_id: &'a str,
    /// Workloads that it is excluded from.
    workloads: Vec<&'a str>,
    /// What it can do.
    reach: Side<'a>,
    /// How it is held.
    guard: Side<'a>,
    /// Signs that the exclusion is not needed.
    need: Vec<Part<'a>>,
}

#[derive(Debug, Serialize)]
struct Side<'a> {
    /// The gravest part that counts; null where nothing was found.
    severity: Option<&'static str>,
    /// Whether that part was found; else it could not be determined.
    known: bool,
    parts: Vec<Part<'a>>,
}

#[derive(Debug, Serialize)]
struct Part<'a> {
    rule_id: &'a str,
    title: &'a str,
    severity: &'static str,
    status: &'static str,
}

pub(super) fn exposure(exposure: &assess::Exposure) -> Exposure<'_> {
    Exposure {
        app_id: exposure.app_id.as_str(),
        workloads: exposure.workloads.iter().map(crate::catalogue::Workload::word).collect(),
        reach: side(exposure.reach_grade(), &exposure.reach),
        guard: side(exposure.guard_grade(), &exposure.guard),
        need: exposure.need.iter().map(part).collect(),
    }
}

fn side(grade: assess::Grade, parts: &[assess::Part]) -> Side<'_> {
    Side { severity: grade.severity.map(assess::Severity::word), known: grade.known, parts: parts.iter().map(part).collect() }
}

fn part(part: &assess::Part) -> Part<'_> {
    Part { rule_id: &part.rule, title: &part.title, severity: part.severity.word(), status: part.status.word() }
}
