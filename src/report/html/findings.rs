//! What the rules found: by severity, and within that by rule, so that what a rule says of all its findings stands once.

use super::super::{known, phrases, settings};
use super::foreign::{code, counted, grouped, plain_name, short, words};
use super::index::Index;
use super::marks;
use crate::assess::{Assessment, Finding, FindingStatus, Reference, RuleText, Severity};
use crate::snapshot::AppId;
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most facts behind one finding; `findings.csv` has them all.
const FACTS: usize = 8;

/// Findings of one severity on one rule, by their places in the assessment.
struct Group<'a> {
    severity: Severity,
    rule: &'a RuleText,
    open: Vec<usize>,
    waived: Vec<usize>,
    /// By why they could not be determined, with what would settle it.
    undetermined: BTreeMap<(String, &'a str), Vec<usize>>,
}

impl<'a> Group<'a> {
    fn of(rule: &'a RuleText) -> Self {
        Self { severity: rule.severity, rule, open: Vec::new(), waived: Vec::new(), undetermined: BTreeMap::new() }
    }

    fn counts(&self) -> String {
        let undetermined: usize = self.undetermined.values().map(Vec::len).sum();
        let counts = [(self.open.len(), "open"), (self.waived.len(), "waived"), (undetermined, "undetermined")];
        counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{} {word}", grouped(count)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Gravest first; within a severity, rules with open findings before those without.
fn groups(assessment: &Assessment) -> Vec<Group<'_>> {
    // What to do is part of the key, so that nothing stands under a remediation that is not its own. What an undetermined
    // finding says there depends on its gap and is told with that.
    let mut groups: BTreeMap<(Reverse<Severity>, &str, &str), Group<'_>> = BTreeMap::new();
    let known = |finding: &&Finding| finding.status != FindingStatus::Undetermined;
    let remedies: BTreeMap<(Severity, &str), &str> = assessment
        .findings
        .iter()
        .rev()
        .filter(known)
        .map(|finding| ((finding.rule.severity, finding.rule.id.as_str()), finding.rule.remediation.as_str()))
        .collect();
    for (at, finding) in assessment.findings.iter().enumerate() {
        let rule = &finding.rule;
        let remedy = match finding.status {
            FindingStatus::Undetermined => remedies.get(&(rule.severity, rule.id.as_str())).copied().unwrap_or_default(),
            FindingStatus::Open | FindingStatus::Waived => rule.remediation.as_str(),
        };
        let group = groups.entry((Reverse(rule.severity), &rule.id, remedy)).or_insert_with(|| Group::of(rule));
        match finding.status {
            FindingStatus::Open => group.open.push(at),
            FindingStatus::Waived => group.waived.push(at),
            FindingStatus::Undetermined => {
                let why = finding.gap.as_ref().map(ToString::to_string).unwrap_or_default();
                group.undetermined.entry((why, &rule.remediation)).or_default().push(at);
            }
        }
        if finding.status != FindingStatus::Undetermined {
            group.rule = rule;
        }
    }
    let mut groups: Vec<Group<'_>> = groups.into_values().collect();
    groups.sort_by_key(|group| (Reverse(group.severity), group.open.is_empty(), group.waived.is_empty()));
    groups
}

pub(super) fn section(index: &Index<'_>) -> Markup {
    let groups = groups(index.assessment);
    html! {
        section id="findings" aria-labelledby="findings-title" {
            h2 id="findings-title" { "Findings" }
            p class="quiet" { (summary(index.assessment)) }
            @for severity in Severity::ALL.iter().rev() {
                @let own: Vec<&Group<'_>> = groups.iter().filter(|group| group.severity == *severity).collect();
                @if !own.is_empty() {
                    div class="level" {
                        h3 { (marks::severity(*severity)) }
                        @for group in own { (rule(index, group)) }
                    }
                }
            }
            p class="empty" id="no-finding" hidden { "No finding matches the search and the filters." }
        }
    }
}

fn summary(assessment: &Assessment) -> String {
    let limit = if assessment.is_complete() { "" } else { ", as far as data could be read" };
    let open = known::open_by_severity(assessment);
    let mut text = if open.is_empty() {
        format!("None open{limit}.")
    } else {
        let open: Vec<String> = open.into_iter().map(|(severity, count)| format!("{} {severity}", grouped(count))).collect();
        format!("Open: {}{limit}.", open.join(", "))
    };
    let count = |status| known::findings(assessment, status).count();
    if count(FindingStatus::Waived) > 0 {
        text.push_str(&format!(
            " Waived: {}. These rules fire; somebody accepted it until the day named.",
            grouped(count(FindingStatus::Waived))
        ));
    }
    if count(FindingStatus::Undetermined) > 0 {
        let checks = counted(count(FindingStatus::Undetermined), "check", "checks");
        text.push_str(&format!(" {checks} could not tell, for want of data. They are neither open nor clear."));
    }
    text
}

fn rule(index: &Index<'_>, group: &Group<'_>) -> Markup {
    let rule = group.rule;
    let known = !group.open.is_empty() || !group.waived.is_empty();
    html! {
        // On paper what is grave is unfolded; of the rest the line above it says how much there is.
        details class={ "rule" @if known && group.severity >= Severity::Medium { " known" } } open[group.severity == Severity::Critical && known] {
            summary { h4 { (words(&rule.title)) } " " span class="ids" { (group.counts()) } }
            p class="ids" { "Rule " (code(&rule.id)) " · " (rule.confidence.word()) " confidence" @for own in &rule.references { " · " (short(&reference(own), 120)) } }
            @if !rule.why.trim().is_empty() { p { (words(&rule.why)) } }
            @if known && !rule.remediation.is_empty() { p class="next" { strong { "What to do: " } (words(&rule.remediation)) } }
            @for (tail, places) in tails(index.assessment, &group.open) { (told(index, group, FindingStatus::Open, tail, &places)) }
            @for (tail, places) in tails(index.assessment, &group.waived) { (told(index, group, FindingStatus::Waived, tail, &places)) }
            @for ((why, settle), places) in &group.undetermined {
                div class="told" {
                    p class="unknown" { "Undetermined: " (words(why)) @if !settle.is_empty() { ". " (words(settle)) } }
                    (names(index, group, FindingStatus::Undetermined, places))
                }
            }
        }
    }
}

/// A reference without the address of its page, which nothing here can lead to; `findings.csv` has it.
fn reference(own: &Reference) -> String {
    own.id.as_ref().map_or_else(|| own.title.clone(), |id| format!("{} {id}", own.title))
}

/// What sentences of a rule say after the name of their object, and the findings that say just that. Most of a rule's sentences
/// differ only in the name; the part after it then stands once. None where it does not begin with the name.
fn tails<'a>(assessment: &'a Assessment, findings: &[usize]) -> Vec<(Option<&'a str>, Vec<usize>)> {
    let mut places: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut tails: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    for at in findings {
        let tail = assessment.findings.get(*at).and_then(tail);
        let place = *places.entry(tail).or_insert(tails.len());
        match tails.get_mut(place) {
            Some((_, own)) => own.push(*at),
            None => tails.push((tail, vec![*at])),
        }
    }
    tails
}

fn tail(finding: &Finding) -> Option<&str> {
    let rest = finding.message.strip_prefix(phrases::named(&finding.object.name, &finding.object.id))?;
    rest.strip_prefix(' ').filter(|rest| !rest.is_empty())
}

/// Findings of one status that say the same of their objects. Those behind which the same facts stand are told together.
fn told(index: &Index<'_>, group: &Group<'_>, status: FindingStatus, tail: Option<&str>, places: &[usize]) -> Markup {
    let shared = tail.filter(|_| places.len() > 1);
    let (alike, single) = if shared.is_some() { by_facts(index.assessment, places) } else { (Vec::new(), places.to_vec()) };
    html! {
        div class="told" {
            @if let Some(tail) = shared { p class="tail" { "… " (words(tail)) ":" } }
            @for (finding, places) in &alike {
                @if let Some(facts) = facts(finding) { p class="facts" { (facts) ":" } }
                (names(index, group, status, places))
            }
            @if !single.is_empty() {
                ul class="found" data-severity=(group.severity.word()) data-status=(status.word()) {
                    @for at in &single { (one(index, *at, tail, shared.is_some())) }
                }
            }
        }
    }
}

/// Findings that share their facts with others, each lot with one that has them; and the findings whose facts are their own.
fn by_facts<'a>(assessment: &'a Assessment, places: &[usize]) -> (Vec<(&'a Finding, Vec<usize>)>, Vec<usize>) {
    let mut lots: Vec<(&Finding, Vec<usize>)> = Vec::new();
    let mut known: BTreeMap<(Vec<&String>, Option<String>), usize> = BTreeMap::new();
    for at in places {
        let Some(finding) = assessment.findings.get(*at) else { continue };
        let place = *known.entry((beside(finding), waived(finding))).or_insert(lots.len());
        match lots.get_mut(place) {
            Some((_, own)) => own.push(*at),
            None => lots.push((finding, vec![*at])),
        }
    }
    let (alike, single): (Vec<_>, Vec<_>) = lots.into_iter().partition(|(_, places)| places.len() > 1);
    (alike, single.into_iter().flat_map(|(_, places)| places).collect())
}

/// Findings of which only the object is left to be told.
fn names(index: &Index<'_>, group: &Group<'_>, status: FindingStatus, places: &[usize]) -> Markup {
    html! {
        ul class="found names" data-severity=(group.severity.word()) data-status=(status.word()) { @for at in places { (named(index, *at)) } }
    }
}

fn one(index: &Index<'_>, at: usize, tail: Option<&str>, shared: bool) -> Markup {
    let Some(finding) = index.assessment.findings.get(at) else { return html! {} };
    html! {
        li id=[anchor(index, at, finding)] {
            (object(index, finding))
            @if !shared { @match tail { Some(tail) => { " " (words(tail)) }, None => { ": " (words(&finding.message)) } } }
            @if let Some(facts) = facts(finding) { small { (facts) } }
        }
    }
}

/// The id of a finding. In a large tenant only those have one that something links to.
fn anchor(index: &Index<'_>, at: usize, finding: &Finding) -> Option<String> {
    (!index.large || finding.rule.severity == Severity::Critical).then(|| format!("f{at}"))
}

/// The facts behind a finding but for the sentence itself, and its waiver; None where there is neither.
fn facts(finding: &Finding) -> Option<Markup> {
    let (facts, waiver) = (beside(finding), waived(finding));
    (!facts.is_empty() || waiver.is_some()).then(|| {
        html! {
            @for (at, fact) in facts.iter().take(FACTS).enumerate() { @if at > 0 { " · " } (short(fact, 200)) }
            @if facts.len() > FACTS { " · " (facts.len() - FACTS) " more in findings.csv" }
            @if let Some(waiver) = waiver { @if !facts.is_empty() { " · " } strong { "waived" } ": " (words(&waiver)) }
        }
    })
}

/// The facts behind a finding but for the sentence itself.
fn beside(finding: &Finding) -> Vec<&String> {
    finding.evidence.iter().filter(|fact| **fact != finding.message).collect()
}

fn waived(finding: &Finding) -> Option<String> {
    finding.waiver.as_ref().map(settings::waiver)
}

fn object(index: &Index<'_>, finding: &Finding) -> Markup {
    let object = &finding.object;
    index.link(object.app_id.as_deref().unwrap_or_default(), phrases::named(&object.name, &object.id))
}

fn named(index: &Index<'_>, at: usize) -> Markup {
    let Some(finding) = index.assessment.findings.get(at) else { return html! {} };
    html! { li id=[anchor(index, at, finding)] { (object(index, finding)) } }
}

/// The findings on one application: links to where they stand, in a large tenant their number by severity.
pub(super) fn of_application(index: &Index<'_>, app_id: &AppId) -> Markup {
    let mut by_severity: BTreeMap<Reverse<Severity>, Vec<(usize, &Finding)>> = BTreeMap::new();
    for (at, finding) in index.findings(app_id) {
        by_severity.entry(Reverse(finding.rule.severity)).or_default().push((at, finding));
    }
    html! {
        h4 { "Findings" }
        @if by_severity.is_empty() { p { (none(index)) } }
        @else if index.large { p { (numbers(&by_severity)) } }
        @else { @for (severity, findings) in &by_severity { (links(severity.0, findings)) } }
    }
}

/// No finding is no clean bill: what cannot be told of any application stands once, on the tenant.
fn none(index: &Index<'_>) -> Markup {
    let limit = if index.assessment.is_complete() { "" } else { ", as far as data could be read" };
    html! {
        @if index.untold > 0 {
            "None open" (limit) "; " (counted(index.untold, "check", "checks")) " of the whole tenant could not tell: see " a href="#findings" { "findings" }
        } @else { "None" (limit) "." }
    }
}

fn numbers(by_severity: &BTreeMap<Reverse<Severity>, Vec<(usize, &Finding)>>) -> Markup {
    html! {
        @for (at, (severity, findings)) in by_severity.iter().enumerate() {
            @if at > 0 { ", " }
            (findings.len()) " " (severity.0.word())
        }
    }
}

fn links(severity: Severity, findings: &[(usize, &Finding)]) -> Markup {
    html! {
        p class="links" {
            (marks::severity(severity))
            @for (place, (at, finding)) in findings.iter().enumerate() {
                @if place > 0 { "," } " " a href={ "#f" (at) } { (plain_name(&finding.rule.id)) }
                @if finding.status != FindingStatus::Open { " (" (finding.status.word()) ")" }
            }
        }
    }
}
