//! The chain from grant to verdict for one application, as text for a person and as JSON. Decides nothing: every statement comes
//! from the assessment.

use super::settings::short_waiver;
use super::text::{self, LONGEST_NAME, terminal};
use super::{Error, json, phrases, v1};
use crate::assess::{Chain, Explanation, Finding, FindingStatus, Link, LinkKind, Statement};
use serde::Serialize;
use std::collections::BTreeMap;

/// Most characters of one statement; names within it may be long.
const LONGEST: usize = 700;
/// Columns where the output is no terminal.
const NO_TERMINAL: u16 = 100;
const NARROWEST: u16 = 40;

/// Draws the explanation for a person. Lines are at most `width` columns wide (None for 100, where the output is no terminal; fewer
/// than 40 count as 40). Every line ends in a line feed, and none holds a control character.
#[must_use]
pub fn text(explanation: &Explanation, width: Option<u16>) -> String {
    let mut page = Page { text: String::new(), width: usize::from(width.unwrap_or(NO_TERMINAL).max(NARROWEST)) };
    let application = &explanation.application;
    page.line("", &terminal(phrases::named(&application.name, application.app_id.as_str()), LONGEST_NAME));
    page.line("", &format!("as read at {}, window of {} days", phrases::time(explanation.taken_at), explanation.window_days));
    explanation.links.iter().for_each(|link| page.link(link));
    for chain in &explanation.chains {
        page.chain(chain);
    }
    if explanation.chains.is_empty() {
        page.blank();
        page.line("", "no verdict: it holds no permission that writes Intune, and it was not seen writing it");
    }
    page.findings(&explanation.findings);
    page.sources(&explanation.sources);
    page.text
}

struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// One paragraph, wrapped at words; lines after the first stand under the first word.
    fn line(&mut self, lead: &str, words: &str) {
        let indent = " ".repeat(lead.chars().count());
        let room = self.width.saturating_sub(indent.len()).max(10);
        for (at, line) in wrap(words, room).into_iter().enumerate() {
            let lead = if at == 0 { lead } else { &indent };
            self.text.push_str(format!("{lead}{line}").trim_end());
            self.text.push('\n');
        }
    }

    fn chain(&mut self, chain: &Chain) {
        let verdict = &chain.verdict;
        self.blank();
        let heading = format!("{}: {} ({} confidence)", terminal(verdict.workload.word(), LONGEST_NAME), verdict.kind, verdict.confidence);
        self.line("", &heading);
        self.line("", &"=".repeat(heading.chars().count().min(self.width)));
        self.line("", phrases::meaning(verdict.kind));
        chain.links.iter().for_each(|link| self.link(link));
    }

    fn link(&mut self, link: &Link) {
        self.blank();
        self.line("", title(link.kind));
        for (at, statement) in link.statements.iter().enumerate() {
            let lead = if statement.text.starts_with("  ") { "    - " } else { "  " };
            // A source is told once for neighbours that share it.
            let source = source(statement);
            let shared = link.statements.get(at + 1).is_some_and(|next| self::source(next) == source);
            let source = if source.is_empty() || shared { String::new() } else { format!("  [{}]", terminal(&source, LONGEST)) };
            self.line(lead, &format!("{}{source}", terminal(&statement.text, LONGEST)));
        }
    }

    /// What is behind the words in brackets.
    fn sources(&mut self, sources: &BTreeMap<String, String>) {
        self.blank();
        self.line("", "Sources: a name in small letters is a dataset that was read, as in coverage.csv");
        for (key, text) in sources {
            self.line(&format!("  {key}: "), text);
        }
    }

    fn findings(&mut self, findings: &[Finding]) {
        if findings.is_empty() {
            return;
        }
        self.blank();
        self.line("", "What the rules found");
        for finding in findings {
            let status = if finding.status == FindingStatus::Open { String::new() } else { format!(", {}", finding.status) };
            let waiver = finding.waiver.as_ref().map(|waiver| format!(" ({})", short_waiver(waiver))).unwrap_or_default();
            let words = format!("{}{status}{waiver}: {}", finding.rule.severity, finding.message);
            self.line("  ", &format!("{}  [rule {}]", terminal(&words, LONGEST), terminal(&finding.rule.id, LONGEST_NAME)));
        }
    }
}

/// Where a statement comes from, in short.
fn source(statement: &Statement) -> String {
    let cited = (!statement.citations.is_empty()).then(|| statement.citations.join(", "));
    let sure = statement.sure.map(|sure| sure.word().to_owned());
    let cited = match (sure, cited) {
        (Some(sure), Some(cited)) => Some(format!("{sure}: {cited}")),
        (sure, cited) => sure.or(cited),
    };
    let parts = [Some(statement.source.clone()).filter(|source| !source.is_empty()), cited];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What a link is called.
fn title(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Application => "Who it is",
        LinkKind::Rights => "What it may do in Intune",
        LinkKind::SignIn => "How it signs in",
        LinkKind::Grant => "By what it writes this workload",
        LinkKind::Observed => "What it was seen doing",
        LinkKind::Gate => "What gates the workload",
        LinkKind::Exclusion => "Whether it is excluded",
        LinkKind::Decision => "How that decides, question by question",
        LinkKind::Confidence => "How sure",
        LinkKind::Status => "Statuses to expect",
        LinkKind::WaysOut => "Ways out",
        LinkKind::NextStep => "Next step",
        LinkKind::Settle => "What reading more would settle",
    }
}

/// Lines of at most `room` characters, broken at spaces; a longer word is broken within.
fn wrap(words: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in words.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + rest.len() > room {
            lines.push(String::new());
            length = 0;
        }
        if length > 0 {
            push(&mut lines, ' ');
            length += 1;
        }
        while rest.len() > room {
            let later = rest.split_off(room);
            rest.into_iter().for_each(|letter| push(&mut lines, letter));
            lines.push(String::new());
            rest = later;
        }
        length += rest.len();
        rest.into_iter().for_each(|letter| push(&mut lines, letter));
        length = length.min(room);
    }
    lines
}

fn push(lines: &mut [String], letter: char) {
    if let Some(line) = lines.last_mut() {
        line.push(letter);
    }
}

/// The explanation as published JSON: `maascan.explanation`, version 1, by the rules of `assessment.json`.
///
/// # Errors
/// [`Error::Render`].
pub fn json(explanation: &Explanation) -> Result<Vec<u8>, Error> {
    let application = &explanation.application;
    let file = File {
        format: "maascan.explanation",
        version: 1,
        taken_at: phrases::time(explanation.taken_at),
        window_days: explanation.window_days,
        app_id: application.app_id.as_str(),
        service_principal_id: application.service_principal.as_ref().map(crate::snapshot::ServicePrincipalId::as_str),
        name: &application.name,
        links: links(&explanation.links),
        workloads: explanation.chains.iter().map(chain).collect(),
        sources: &explanation.sources,
        findings: explanation.findings.iter().map(v1::finding).collect(),
    };
    json::pretty("explanation", &file)
}

#[derive(Debug, Serialize)]
struct File<'a> {
    format: &'static str,
    version: u32,
    taken_at: String,
    window_days: u32,
    app_id: &'a str,
    service_principal_id: Option<&'a str>,
    name: &'a str,
    links: Vec<OneLink<'a>>,
    workloads: Vec<OneChain<'a>>,
    /// What the keys in `citations` stand for.
    sources: &'a BTreeMap<String, String>,
    findings: Vec<v1::Finding<'a>>,
}

#[derive(Debug, Serialize)]
struct OneChain<'a> {
    workload: &'a str,
    verdict: &'static str,
    /// Null where nothing is planned.
    verdict_today: Option<&'static str>,
    confidence: &'static str,
    evidence_grade: &'static str,
    links: Vec<OneLink<'a>>,
}

#[derive(Debug, Serialize)]
struct OneLink<'a> {
    link: &'static str,
    statements: Vec<OneStatement<'a>>,
}

#[derive(Debug, Serialize)]
struct OneStatement<'a> {
    text: &'a str,
    /// Null for what follows from other statements.
    source: Option<&'a str>,
    /// `observed`, `documented` or `inferred`; null where the catalogue is not asked.
    sure: Option<&'static str>,
    citations: &'a [String],
}

fn chain(chain: &Chain) -> OneChain<'_> {
    let verdict = &chain.verdict;
    OneChain {
        workload: verdict.workload.word(),
        verdict: verdict.kind.word(),
        verdict_today: verdict.today.map(crate::assess::VerdictKind::word),
        confidence: verdict.confidence.word(),
        evidence_grade: verdict.grade.word(),
        links: links(&chain.links),
    }
}

fn links(links: &[Link]) -> Vec<OneLink<'_>> {
    links.iter().map(|link| OneLink { link: link.kind.word(), statements: link.statements.iter().map(one).collect() }).collect()
}

fn one(statement: &Statement) -> OneStatement<'_> {
    let source = (!text::is_blank(&statement.source)).then_some(statement.source.as_str());
    OneStatement {
        text: statement.text.trim(),
        source,
        sure: statement.sure.map(crate::catalogue::Sure::word),
        citations: &statement.citations,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_broken_at_words_and_a_long_word_within() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("", 4), [""]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_long(words in "[a-zä\\u{1f600} ]{0,80}", room in 1..30_usize) {
            let lines = wrap(&words, room);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= room), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&words));
        }
    }
}
