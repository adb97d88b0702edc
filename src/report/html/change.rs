//! What is different from an earlier run, object by object; or how to give one.

use super::foreign::{code, counted, dated, name, sentence, words};
use super::index::Index;
use super::trend::trend;
use super::{marks, overview};
use crate::runs::{Change, Entry, NotCompared, Topic};
use maud::{Markup, html};

/// Most rows of one topic; `maascan diff` prints them all.
const ROWS: usize = 300;

pub(super) fn section(index: &Index<'_>) -> Markup {
    html! {
        section id="change" aria-labelledby="change-title" {
            h2 id="change-title" { "Change since the last run" }
            @match index.change { Some(change) => (changes(index, change)), None => (none(index)) }
            (trend(index.trend))
        }
    }
}

fn none(index: &Index<'_>) -> Markup {
    let run = &index.assessment.run;
    let unfit =
        index.assessment.baseline.as_ref().and_then(|earlier| Some((earlier.unfit(&run.tenant_id, run.taken_at)?, earlier.taken_at)));
    html! {
        @if let Some((why, taken_at)) = unfit {
            p class="empty" { "What changed is not known: an earlier run was given, read " (overview::moment(taken_at)) ", but " (why) "." }
        } @else if !index.trend.is_empty() {
            p class="empty" { "The store holds no earlier run that could be compared with, so what changed is not known." }
        } @else {
            p class="empty" { "No earlier run was given to compare with, so what changed is not known." }
            p { "Give one: " code { "--baseline FILE" } ", the snapshot of an earlier run, or keep runs: " code { "--store DIR" } "." }
        }
    }
}

fn changes(index: &Index<'_>, change: &Change) -> Markup {
    html! {
        p class="quiet" { "Between " (overview::moment(change.earlier)) " and " (overview::moment(change.later)) ": " (counted(change.entries.len(), "difference", "differences")) "." }
        @if change.entries.is_empty() {
            p class="empty" { "Nothing is different" @if !change.not_compared.is_empty() { ", as far as it could be compared" } "." }
        }
        @for topic in Topic::ALL {
            @let own: Vec<&Entry> = change.entries.iter().filter(|entry| entry.topic == topic).collect();
            @if !own.is_empty() { (of_topic(index, topic, &own)) }
        }
        @if !change.not_compared.is_empty() { (not_compared(&change.not_compared)) }
    }
}

fn of_topic(index: &Index<'_>, topic: Topic, entries: &[&Entry]) -> Markup {
    let graded = entries.iter().any(|entry| entry.severity.is_some());
    // Nobody makes a verdict or a finding: it follows from what somebody did, which has a row of its own.
    let made = !matches!(topic, Topic::Verdict | Topic::Finding);
    html! {
        h3 { (title(topic)) " " span class="quiet" { (entries.len()) } }
        div class="scroll" role="region" tabindex="0" aria-label={ "Changes: " (title(topic)) } {
            table class="rows" {
                caption class="sr" { "Changes: " (title(topic)) }
                thead { tr {
                    th scope="col" { "What" } @if graded { th scope="col" { "Severity" } } th scope="col" { "Whose" } th scope="col" { "Object" }
                    th scope="col" { "Before" } th scope="col" { "Now" } @if made { th scope="col" { "By and when" } }
                } }
                tbody { @for entry in entries.iter().take(ROWS) { (row(index, entry, graded, made)) } }
            }
        }
        @if entries.len() > ROWS { p class="quiet" { (ROWS) " of " (entries.len()) " shown: see maascan diff for the rest." } }
    }
}

fn row(index: &Index<'_>, entry: &Entry, graded: bool, made: bool) -> Markup {
    let shown = super::super::phrases::named(&entry.name, &entry.id);
    html! {
        tr {
            td { strong { (entry.what.word()) } }
            @if graded { td { @if let Some(severity) = entry.severity { (marks::severity(severity)) } } }
            th scope="row" { (index.link(&entry.id, shown)) }
            td { @if entry.object.is_empty() { "itself" } @else { (code(&entry.object)) } }
            td { (side(entry.before.as_deref())) } td { (side(entry.after.as_deref())) }
            @if made {
                td {
                    @match &entry.by { Some(by) => (name(by)), None => "not known by whom" }
                    @if let Some(at) = entry.at { br; (overview::moment(at)) }
                }
            }
        }
    }
}

/// One side of a difference. What is missing was not there or could not be read: the first column says which.
fn side(text: Option<&str>) -> Markup {
    html! { @match text { Some(text) => (dated(text)), None => "–" } }
}

fn not_compared(parts: &[NotCompared]) -> Markup {
    html! {
        h3 { "What could not be compared" }
        ul class="doubt" { @for part in parts.iter().take(ROWS) { li { strong { (title(part.topic)) } ": " (words(&sentence(&part.why))) } } }
        @if parts.len() > ROWS { p class="quiet" { (ROWS) " of " (parts.len()) " shown: see maascan diff for the rest." } }
    }
}

fn title(topic: Topic) -> &'static str {
    match topic {
        Topic::Verdict => "Verdicts",
        Topic::Exclusion => "Exclusions",
        Topic::Credential => "Credentials",
        Topic::Owner => "Owners",
        Topic::Permission => "Permissions",
        Topic::Role => "Roles",
        Topic::Policy => "Access policies",
        Topic::Approver => "Approvers",
        Topic::ConditionalAccess => "Conditional Access",
        Topic::Finding => "Findings",
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Contents, samples};
    use super::*;
    use crate::assess::{self, Severity};
    use crate::catalogue::Catalogue;
    use crate::runs::What;
    use crate::snapshot::Snapshot;

    fn rendered(change: Option<&Change>) -> String {
        let assessment = samples::everything();
        section(&Index::new(&Contents { assessment: &assessment, change, trend: &[] })).into_string()
    }

    fn change() -> Change {
        let entry = Entry {
            topic: Topic::Finding,
            what: What::New,
            name: "<b>\u{202e}x".to_owned(),
            id: "00000001-0000-4000-8000-000000000000".to_owned(),
            object: "rule".to_owned(),
            key: String::new(),
            before: None,
            after: Some("open".to_owned()),
            by: Some("<i>mallory".to_owned()),
            at: None,
            severity: Some(Severity::High),
        };
        let secret = Entry { topic: Topic::Credential, what: What::NoLongerReadable, severity: None, ..entry.clone() };
        Change {
            earlier: samples::time("2026-11-15T06:00:00Z"),
            later: samples::time("2026-11-22T06:00:00Z"),
            entries: vec![secret, entry],
            not_compared: vec![NotCompared { topic: Topic::Owner, why: "owners were not read".to_owned() }],
        }
    }

    #[test]
    fn without_an_earlier_run_it_says_how_to_give_one() {
        let text = rendered(None);
        assert!(text.contains("No earlier run was given") && text.contains("--baseline FILE"), "{text}");
    }

    #[test]
    fn an_earlier_run_that_cannot_be_compared_with_is_said() {
        let mut assessment = samples::everything();
        let snapshot = Snapshot::new(assessment.run.tenant_id.clone(), assessment.run.taken_at, assessment.run.audit_since);
        assessment.baseline = Some(assess::baseline(&snapshot, &Catalogue::builtin().unwrap()));
        let text = section(&Index::new(&Contents { assessment: &assessment, change: None, trend: &[] })).into_string();
        assert!(text.contains("but the earlier snapshot is not earlier than this run."), "{text}");
        assert!(!text.contains("No earlier run was given"), "{text}");
    }

    #[test]
    fn every_difference_stands_under_its_topic() {
        let text = rendered(Some(&change()));
        for wanted in ["Credentials", "no-longer-readable", "Findings", ">new<", "&lt;b&gt;x", "&lt;i&gt;mallory", "Owners were not read."]
        {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        let nothing = Change { entries: vec![], ..change() };
        assert!(rendered(Some(&nothing)).contains("Nothing is different, as far as it could be compared."));
    }
}
