//! The marks that stand for words all over the page: a colour, a letter and the word itself, never the colour alone.

use super::foreign::plain_workload;
use crate::assess::{Confidence, Severity, Verdict, VerdictKind};
use maud::{Markup, PreEscaped, html};

/// The class of a verdict in the style sheet.
pub(super) fn class(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Blocked => "vx",
        VerdictKind::Breaks => "vb",
        VerdictKind::AtRisk => "vr",
        VerdictKind::Passes => "vp",
        VerdictKind::Unknown => "vu",
        VerdictKind::Excluded => "ve",
        VerdictKind::Handshake => "vh",
        VerdictKind::Dormant => "vd",
        VerdictKind::NotGated => "vn",
    }
}

/// The letter in its colour, put there by the style sheet: for places where the word is beside it.
pub(super) fn tile(kind: VerdictKind, confidence: Confidence) -> Markup {
    let low = if confidence == Confidence::Low { " lo" } else { "" };
    html! { b class={ (class(kind)) (low) } {} }
}

/// A verdict with its workload, for the line of an automation.
pub(super) fn chip(verdict: &Verdict) -> Markup {
    html! { span { (tile(verdict.kind, verdict.confidence)) (verdict.kind.word()) " " (plain_workload(&verdict.workload)) } }
}

/// Something drawn that needs no end tag. `attributes` is ours: words and numbers.
pub(super) fn drawn(element: &'static str, attributes: &str) -> PreEscaped<String> {
    PreEscaped(format!("<{element} {attributes}/>"))
}

/// A severity.
pub(super) fn severity(severity: Severity) -> Markup {
    html! { b class={ "s s" (initial(severity)) } { (severity.word()) } }
}

/// The letter of a severity, for classes.
pub(super) fn initial(severity: Severity) -> char {
    severity.word().chars().next().unwrap_or('i')
}
