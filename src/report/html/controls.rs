//! Search and filters over automations and findings, and the way through the page. The controls stay hidden until the script
//! that works them runs; without it the page shows everything.

use super::foreign::grouped;
use super::marks;
use crate::assess::{Confidence, FindingStatus, Severity, VerdictKind};
use maud::{Markup, html};

/// The sections in their order: id and what they are called.
pub(super) const SECTIONS: [(&str, &str); 11] = [
    ("overview", "Result"),
    ("matrix", "Break matrix"),
    ("todo", "What to do"),
    ("automations", "Automations"),
    ("exclusions", "Exclusions"),
    ("gates", "Gates"),
    ("findings", "Findings"),
    ("credentials", "Credentials"),
    ("change", "Change"),
    ("coverage", "Coverage"),
    ("method", "Method"),
];

pub(super) fn navigation() -> Markup {
    html! {
        nav aria-label="Sections" {
            p class="brand" { "maascan" }
            ul { @for (id, title) in SECTIONS { li { a href={ "#" (id) } { (title) } } } }
        }
    }
}

pub(super) fn controls(findings: usize, automations: usize) -> Markup {
    html! {
        div id="controls" role="search" aria-label="Automations and findings" hidden {
            label class="find" { span { "Search automations and findings" } input id="search" type="search" autocomplete="off" spellcheck="false"; }
            output id="shown" aria-live="polite" { (grouped(findings)) " of " (grouped(findings)) " findings and " (grouped(automations)) " of " (grouped(automations)) " automations shown" }
            fieldset {
                legend { "Verdict" }
                @for kind in VerdictKind::ALL {
                    label { input type="checkbox" name="verdict" value=(kind.word()) checked; (marks::tile(*kind, Confidence::High)) (kind.word()) }
                }
            }
            fieldset {
                legend { "Severity of findings" }
                @for severity in Severity::ALL.iter().rev() { label { input type="checkbox" name="severity" value=(severity.word()) checked; (severity.word()) } }
            }
            fieldset {
                legend { "Status of findings" }
                @for status in FindingStatus::ALL { label { input type="checkbox" name="status" value=(status.word()) checked; (status.word()) } }
            }
            div class="buttons" {
                label { "Order of automations " select id="sort" { option value="action" { "what needs action first" } option value="name" { "by name" } } }
                button type="button" id="open-all" { "Open all" } button type="button" id="close-all" { "Close all" } button type="button" id="reset" { "Reset" }
            }
        }
    }
}
