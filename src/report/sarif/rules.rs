//! Rules in SARIF, and the benchmarks that they follow as taxonomies.

use super::model::{ComponentReference, Configuration, Message, Relationship, Rule, RuleProperties, Taxon, TaxonReference, Taxonomy};
use super::{level, message};
use crate::assess::{Confidence, Finding, FindingStatus, Reference, Severity};
use crate::report::text;
use std::collections::BTreeMap;

/// The rules that findings speak of, by id, each with its findings in the order of the report.
pub(super) type ByRule<'a> = BTreeMap<&'a str, Vec<&'a Finding>>;

/// Benchmarks and their items, by name, each item with its address where it has one.
pub(super) type Benchmarks<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Option<&'a str>>>;

pub(super) fn by_rule(findings: &[Finding]) -> ByRule<'_> {
    let mut rules = ByRule::new();
    for finding in findings {
        rules.entry(finding.rule.id.as_str()).or_default().push(finding);
    }
    rules
}

pub(super) fn benchmarks<'a>(rules: &ByRule<'a>) -> Benchmarks<'a> {
    let mut benchmarks = Benchmarks::new();
    for reference in rules.values().flatten().flat_map(|finding| &finding.rule.references) {
        if let Some(id) = &reference.id {
            let address = benchmarks.entry(reference.title.as_str()).or_default().entry(id.as_str()).or_default();
            *address = address.or_else(|| reference.url.as_deref().and_then(web_address));
        }
    }
    benchmarks
}

pub(super) fn taxonomies<'a>(benchmarks: &Benchmarks<'a>) -> Vec<Taxonomy<'a>> {
    let taxonomy = |(name, items): (&&'a str, &BTreeMap<&'a str, Option<&'a str>>)| Taxonomy {
        name,
        is_comprehensive: false,
        taxa: items.iter().map(|(id, help_uri)| Taxon { id, help_uri: *help_uri }).collect(),
    };
    benchmarks.iter().map(taxonomy).collect()
}

/// A rule, as its findings have it. Severity and confidence may differ from finding to finding: it has the gravest severity of
/// those that fire, or of all where none does, and the best confidence. A score of its own is what GitHub shows; each result
/// has its own level too.
pub(super) fn rule<'a>(id: &'a str, findings: &[&'a Finding], benchmarks: &Benchmarks<'a>) -> Option<Rule<'a>> {
    let fired: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.status != FindingStatus::Undetermined).collect();
    let judged = if fired.is_empty() { findings } else { &fired };
    let severity = judged.iter().map(|finding| finding.rule.severity).max()?;
    let confidence = judged.iter().map(|finding| finding.rule.confidence).max()?;
    let text = &judged.first()?.rule;
    // Of an undetermined finding this says how to settle it, which is no advice on the rule.
    let remediation = (!fired.is_empty()).then_some(text.remediation.as_str());
    Some(Rule {
        id,
        name: pascal_case(id),
        short_description: message(&text.title),
        full_description: message(&one_line(&text.why)),
        help: help(&text.why, remediation, &text.references),
        default_configuration: Configuration { level: level(severity) },
        relationships: text.references.iter().filter_map(|reference| relationship(reference, benchmarks)).collect(),
        properties: properties(severity, confidence, text.aspect.map(crate::assess::Aspect::word)),
    })
}

fn relationship<'a>(reference: &Reference, benchmarks: &Benchmarks<'a>) -> Option<Relationship<'a>> {
    let (index, (name, items)) = benchmarks.iter().enumerate().find(|(_, (name, _))| **name == reference.title)?;
    let (at, (id, _)) = items.iter().enumerate().find(|(_, (id, _))| reference.id.as_deref() == Some(**id))?;
    let tool_component = ComponentReference { name, index };
    Some(Relationship { target: TaxonReference { id, index: at, tool_component }, kinds: ["relevant"] })
}

/// Tags and scores as GitHub reads them. The scores are no CVSS: each is one in the middle of the range that GitHub gives the
/// same word to. What is for information has none, and no tag that would make it a security alert.
fn properties(severity: Severity, confidence: Confidence, aspect: Option<&'static str>) -> RuleProperties {
    let security_severity = match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    };
    let security = security_severity.map(|_| "security");
    let tags = security.into_iter().chain(["intune", "multi-admin-approval"]).chain(aspect).collect();
    RuleProperties { tags, precision: confidence.word(), security_severity }
}

/// The texts of rules are broken for reading in an editor.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why, what to do and what it follows, as text and as Markdown.
fn help(why: &str, remediation: Option<&str>, references: &[Reference]) -> Message {
    let listed: Vec<String> = references.iter().map(ToString::to_string).collect();
    let plain = [Some(one_line(why)), remediation.map(one_line), Some(listed.join("\n"))];
    let plain: Vec<String> = plain.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let mut markdown = format!("{}\n", text::markdown(why, usize::MAX));
    if let Some(remediation) = remediation {
        markdown.push_str(&format!("\n**What to do.** {}\n", text::markdown(remediation, usize::MAX)));
    }
    if !references.is_empty() {
        let items: Vec<String> = references.iter().map(item).collect();
        markdown.push_str(&format!("\n**References**\n\n{}", items.concat()));
    }
    Message { text: text::sarif(&plain.join("\n\n")), markdown: Some(text::doubled_braces(&markdown)) }
}

fn item(reference: &Reference) -> String {
    let name = [Some(reference.title.as_str()), reference.id.as_deref()];
    let name: Vec<&str> = name.into_iter().flatten().collect();
    let name = text::markdown(&name.join(" "), usize::MAX);
    match reference.url.as_deref().and_then(web_address) {
        Some(address) => format!("- {name}: <{address}>\n"),
        None => format!("- {name}\n"),
    }
}

/// An address that can stand in a document as a link: `https`, and nothing in it that RFC 3986 would have encoded.
fn web_address(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte);
    let encoded = rest.split('%').skip(1).all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    let parsed = url::Url::parse(address).is_ok_and(|parsed| parsed.host_str().is_some());
    (rest.bytes().all(plain) && encoded && rest.matches('#').count() <= 1 && parsed).then_some(address)
}

/// `two-words` as `TwoWords`.
fn pascal_case(id: &str) -> String {
    let words = id.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(String::new(), |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_become_links() {
        for good in ["https://attack.mitre.org/techniques/T1199/", "https://a.example/x?a=b&c=%2F#d"] {
            assert_eq!(web_address(good), Some(good));
        }
        for bad in
            ["http://a.example", "https://", "https://a.example/<x>", "https://a.example/ x", "https://a.example/%zz", "javascript:1"]
        {
            assert_eq!(web_address(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_rule_id_makes_a_name() {
        assert_eq!(pascal_case("approver-without-licence"), "ApproverWithoutLicence");
        assert_eq!(pascal_case("x_1--y"), "X1Y");
    }
}
