//! The order of excluded applications in the published model.

use super::words::Word;
use crate::assess;
use schemars::JsonSchema;
use serde::Serialize;

/// An excluded application, weighed; the one to look at first is the first of its list.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Exposure<'a> {
    /// App id.
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

/// One side of it.
#[derive(Debug, Serialize, JsonSchema)]
struct Side<'a> {
    /// The gravest part that counts; null where nothing was found.
    severity: Option<Word<assess::Severity>>,
    /// Whether that part was found; else it could not be determined.
    known: bool,
    /// Everything that speaks for it.
    parts: Vec<Part<'a>>,
}

/// A finding, in short.
#[derive(Debug, Serialize, JsonSchema)]
struct Part<'a> {
    /// Id of the rule.
    rule_id: &'a str,
    /// Its title.
    title: &'a str,
    /// How grave it is.
    severity: Word<assess::Severity>,
    /// What became of it.
    status: Word<assess::FindingStatus>,
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
    Side { severity: grade.severity.as_ref().map(Word::of), known: grade.known, parts: parts.iter().map(part).collect() }
}

fn part(part: &assess::Part) -> Part<'_> {
    Part { rule_id: &part.rule, title: &part.title, severity: Word::of(&part.severity), status: Word::of(&part.status) }
}
