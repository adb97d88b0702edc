//! Excluded applications in the order in which to look at them, in words: each grade with the parts that make it.

use super::markdown::{name, table};
use super::phrases;
use crate::assess::{Assessment, Exposure, FindingStatus, Grade, Part};
use crate::catalogue::Workload;

/// How the order comes about, wherever it is printed.
pub(super) const ORDER: &str = "First comes what can do much and is held weakly: the lesser of the two grades decides, then the \
                                greater, then how many findings there are on how it is held. A grade is the gravest finding of its \
                                kind; one that could not be determined counts as much as one that was found";

/// Name of the application.
pub(super) fn application<'a>(assessment: &'a Assessment, exposure: &'a Exposure) -> &'a str {
    phrases::name(assessment, &exposure.app_id)
}

/// The grade of what it can do, beside what it is excluded for.
pub(super) fn reach(exposure: &Exposure) -> String {
    grade(exposure.reach_grade(), "no more than it is excluded for")
}

/// The grade of how it is held.
pub(super) fn guard(exposure: &Exposure) -> String {
    grade(exposure.guard_grade(), "nothing found")
}

fn grade(grade: Grade, nothing: &str) -> String {
    match (grade.severity, grade.known) {
        (None, _) => nothing.to_owned(),
        (Some(severity), true) => severity.to_string(),
        (Some(severity), false) => format!("{severity}, not determined"),
    }
}

/// A part as reports print it.
pub(super) fn part(part: &Part) -> String {
    match part.status {
        FindingStatus::Open => format!("{} ({})", part.title, part.severity),
        FindingStatus::Waived => format!("{} ({}, waived)", part.title, part.severity),
        FindingStatus::Undetermined => format!("{} ({}, not determined)", part.title, part.severity),
    }
}

/// Who to look at first, for a terminal; None where no application is excluded.
pub(super) fn line(assessment: &Assessment) -> Option<String> {
    /// Most applications in the line.
    const MOST: usize = 3;
    let first = assessment.exposures.iter().take(MOST).map(|exposure| {
        let (reach, held) = (reach(exposure), guard(exposure));
        format!("{} (reach: {reach}; how it is held: {held})", name(application(assessment, exposure)))
    });
    let first: Vec<String> = first.collect();
    (!first.is_empty()).then(|| format!("excluded applications to look at first: {}", first.join(", ")))
}

/// The section of `summary.md`.
pub(super) fn section(assessment: &Assessment) -> String {
    let exposures = &assessment.exposures;
    if exposures.is_empty() {
        return String::new();
    }
    let parts = |parts: &[Part]| parts.iter().map(part).collect::<Vec<_>>().join("; ");
    let rows = exposures.iter().enumerate().map(|(at, exposure)| {
        let with = |grade: String, of: &[Part]| if of.is_empty() { grade } else { format!("{grade}: {}", parts(of)) };
        vec![
            (at + 1).to_string(),
            name(application(assessment, exposure)),
            exposure.workloads.iter().map(Workload::word).collect::<Vec<_>>().join(", "),
            with(reach(exposure), &exposure.reach),
            with(guard(exposure), &exposure.guard),
            parts(&exposure.need),
        ]
    });
    let header = ["", "application", "excluded from", "what it can do", "how it is held", "whether it is needed"];
    let shown = table(&header, rows, exposures.len(), "exposures.csv");
    format!("\n## Excluded applications: which first\n\n{ORDER}.\n{shown}")
}
