//! What the page promises: whole without scripts, nothing from the network, nothing of others' text as markup, small.

use super::super::samples::{self, NAMES};
use super::*;
use crate::assess::{Assessment, Reference, VerdictKind};
use proptest::prelude::*;
use std::collections::BTreeSet;

mod checker;
mod large;

use checker::{Tag, Token, tokens};

fn rendered(assessment: &Assessment) -> String {
    String::from_utf8(Page.render(&Contents::of(assessment)).unwrap()).unwrap()
}

fn all_samples() -> [(&'static str, Assessment); 4] {
    [
        ("everything", samples::everything()),
        ("empty", samples::empty()),
        ("unreadable", samples::unreadable()),
        ("only unknowns", samples::only_unknowns()),
    ]
}

fn tags(page: &str) -> Vec<Tag<'_>> {
    tokens(page).into_iter().filter_map(|token| if let Token::Start(tag) = token { Some(tag) } else { None }).collect()
}

/// What a reader sees: the text outside of style and script, with the entities undone.
fn visible(page: &str) -> String {
    let (mut text, mut inside) = (String::new(), None);
    for token in tokens(page) {
        match token {
            Token::Start(tag) if matches!(tag.name, "style" | "script") => inside = Some(tag.name),
            Token::End(name) if inside == Some(name) => inside = None,
            Token::Text(own) if inside.is_none() => text.push_str(&checker::unescaped(own)),
            _ => {}
        }
    }
    text
}

/// Severity, status and id of each finding. The first two stand with the list that it is in.
fn findings(page: &str) -> Vec<(String, String, Option<String>)> {
    let (mut found, mut list) = (Vec::new(), None);
    for token in tokens(page) {
        match token {
            Token::Start(tag) if tag.has_class("found") => {
                list = Some((tag.attribute("data-severity").unwrap(), tag.attribute("data-status").unwrap()));
            }
            Token::End("ul") => list = None,
            Token::Start(tag) if tag.name == "li" => {
                found.extend(list.clone().map(|(severity, status)| (severity, status, tag.attribute("id"))));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_section_is_there_whatever_was_read() {
    for (name, assessment) in all_samples() {
        let page = rendered(&assessment);
        let ids: Vec<String> = tags(&page).iter().filter_map(|tag| tag.attribute("id")).collect();
        for (section, _) in controls::SECTIONS {
            assert!(ids.iter().any(|id| id == section), "{name} has no {section}");
        }
        for hook in ["coverage-note", "controls", "search", "shown", "main"] {
            assert!(ids.iter().any(|id| id == hook), "{name} has no {hook}");
        }
        let headline = phrases::headline(&assessment);
        assert!(visible(&page).contains(&headline), "{name}: {headline}");
    }
}

#[test]
fn what_could_not_be_seen_stands_before_the_matrix_and_in_every_report() {
    for (name, assessment) in all_samples() {
        let page = rendered(&assessment);
        let (note, matrix) = (page.find("id=\"coverage-note\"").unwrap(), page.find("id=\"matrix\"").unwrap());
        assert!(note < matrix, "{name}");
        assert!(page[note..matrix].contains("What this report could not see"), "{name}");
    }
    assert!(visible(&rendered(&samples::empty())).contains("Every dataset that was asked for was read whole."));
    assert!(visible(&rendered(&samples::unreadable())).contains("26 of 26 datasets that were asked for could not be read whole."));
}

#[test]
fn an_unread_tenant_has_no_clean_result() {
    let text = visible(&rendered(&samples::unreadable()));
    for unknown in [
        "Unknown how many automations can write to Intune",
        "not every automation could be looked for",
        "None open, as far as data could be read",
        "Exclusions are unknown: none was seen",
        "No earlier run was given",
    ] {
        assert!(text.contains(unknown), "{unknown}: {text}");
    }
    let text = visible(&rendered(&samples::only_unknowns()));
    for unknown in [
        "writes not known",
        "whether it can sign in is unknown",
        "last sign-in as itself unknown",
        "Unknown: secrets and certificates (permission missing: Application.Read.All)",
        "nothing seen, but audit events and requests were not read whole",
        "excluded: not known, for the lists were not read whole",
    ] {
        assert!(text.contains(unknown), "{unknown}: {text}");
    }
}

#[test]
fn it_looks_like_this() {
    let page = rendered(&samples::only_unknowns());
    // The style sheet and the script have files of their own.
    let body = &page[page.find("<body>").unwrap()..page.find("<script>").unwrap()];
    insta::assert_snapshot!("report-only-unknowns", body.replace("><", ">\n<"));
}

#[test]
fn every_automation_and_every_finding_is_there_with_what_filters_need() {
    let assessment = samples::everything();
    let page = rendered(&assessment);
    let all = tags(&page);
    let automations: Vec<&Tag<'_>> = all.iter().filter(|tag| tag.name == "details" && tag.has_class("automation")).collect();
    assert_eq!(automations.len(), VerdictKind::ALL.len() * 3);
    let known: BTreeSet<&str> = VerdictKind::ALL.iter().map(|kind| kind.word()).collect();
    for automation in automations {
        let verdicts = automation.attribute("data-verdicts").unwrap();
        assert!(!verdicts.is_empty() && verdicts.split(' ').all(|word| known.contains(word)), "{verdicts}");
        assert!(automation.attribute("id").unwrap().starts_with("app-"), "an app id of the form of a GUID is the id of its block");
    }
    let findings = findings(&page);
    assert_eq!(findings.len(), assessment.findings.len());
    for (at, finding) in assessment.findings.iter().enumerate() {
        let (severity, status, _) = findings.iter().find(|(_, _, id)| *id == Some(format!("f{at}"))).unwrap();
        assert_eq!((severity.as_str(), status.as_str()), (finding.rule.severity.word(), finding.status.word()));
    }
    let boxes = |name: &str| all.iter().filter(|tag| tag.attribute("name").as_deref() == Some(name)).count();
    assert_eq!((boxes("severity"), boxes("status"), boxes("verdict")), (5, 3, 9));
}

#[test]
fn the_policy_names_the_hashes_of_the_two_blocks() {
    let page = rendered(&samples::empty());
    let between = |open: &str, close: &str| {
        let (_, rest) = page.split_once(open).unwrap();
        rest.split_once(close).unwrap().0.to_owned()
    };
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    let csp = checker::unescaped(&between("http-equiv=\"Content-Security-Policy\" content=\"", "\""));
    let expected = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(&between("<style>", "</style>")),
        hash(&between("<script>", "</script>"))
    );
    assert_eq!(csp, expected);
    assert_eq!(page.matches("<script").count() + page.matches("<style").count(), 2);
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</"), "a block that could end early");
}

/// Everything that would load, run or lead away, whoever wrote it.
fn assert_inert(page: &str) {
    for tag in tags(page) {
        assert!(!matches!(tag.name, "img" | "iframe" | "object" | "embed" | "base" | "form" | "link" | "video" | "audio"), "{}", tag.name);
        for (name, value) in &tag.attributes {
            assert!(!name.starts_with("on") && *name != "style" && *name != "src" && *name != "srcset", "{name}={value}");
            if matches!(*name, "href" | "xlink:href" | "action") {
                assert!(value.starts_with('#'), "{name}={value}");
            }
        }
    }
}

/// Ids are unique, links have targets, and tags balance.
fn assert_sound(page: &str) {
    checker::assert_balanced(page, false);
    let all = tags(page);
    let ids: Vec<String> = all.iter().filter_map(|tag| tag.attribute("id")).collect();
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len(), "an id occurs twice");
    assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')), "{ids:?}");
    for name in ["href", "aria-labelledby", "for"] {
        for target in all.iter().filter_map(|tag| tag.attribute(name)) {
            assert!(unique.contains(&target.trim_start_matches('#').to_owned()), "{name}: {target} is not there");
        }
    }
    let heading = |tag: &Tag<'_>| tag.name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok());
    let levels: Vec<u8> = all.iter().filter_map(heading).collect();
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "one h1");
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "a heading skips a level: {levels:?}");
    for table in page.split("<table").skip(1) {
        assert!(
            table.contains("<caption") && table.split("</table>").next().unwrap().contains("scope=\"col\""),
            "a table without caption or header"
        );
    }
}

fn assert_clean(page: &str) {
    let hidden = |letter: &char| {
        (letter.is_control() && *letter != '\n')
            || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
    };
    assert_eq!(page.chars().find(hidden), None, "a hidden character");
}

#[test]
fn pages_are_sound_inert_and_clean() {
    for (name, assessment) in all_samples() {
        let page = rendered(&assessment);
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{name}");
        assert_sound(&page);
        assert_inert(&page);
        assert_clean(&page);
    }
}

#[test]
fn what_changed_is_as_sound_as_the_rest() {
    let (assessment, change) = (samples::everything(), samples::change());
    let page = String::from_utf8(Page.render(&Contents { assessment: &assessment, change: Some(&change), trend: &[] }).unwrap()).unwrap();
    assert_sound(&page);
    assert_inert(&page);
    assert_clean(&page);
    let text = visible(&page);
    assert!(change.entries.iter().all(|entry| text.contains(entry.what.word())), "{text}");
}

#[test]
fn hostile_names_are_text() {
    let page = rendered(&samples::everything());
    assert!(page.contains("<bdi>&lt;img src=x onerror=alert(1)&gt; &amp; &lt;script&gt;alert(2)&lt;/script&gt;</bdi>"));
    let text = visible(&page);
    for name in NAMES.iter().filter(|name| !name.is_empty()) {
        assert!(text.contains(&super::super::text::terminal(name, 80)), "{name:?} is not shown");
    }
    assert!(!text.contains(&"long ".repeat(141)), "a sentence with a long name in it is cut");
}

#[test]
fn cells_of_the_matrix_say_more_than_their_colour() {
    let page = rendered(&samples::everything());
    let matrix = &page[page.find("class=\"matrix\"").unwrap()..page.find("</table>").unwrap()];
    for kind in VerdictKind::ALL {
        let cell = format!("\">{}</b><i>{}</i></td>", phrases::letter(*kind), kind.word());
        assert!(matrix.contains(&cell), "{kind}: {matrix}");
        assert!(matrix.contains(&format!("<td title=\"{kind}, medium confidence, ")), "{kind}: {matrix}");
    }
}

#[test]
fn the_style_sheet_has_the_letters_of_the_matrix() {
    for kind in VerdictKind::ALL {
        let (class, letter) = (marks::class(*kind), phrases::letter(*kind));
        assert!(STYLE.contains(&format!(".{class}:empty::before {{ content: \"{letter}\";")), "{kind}");
    }
}

#[test]
fn the_same_contents_give_the_same_bytes() {
    assert_eq!(rendered(&samples::everything()), rendered(&samples::everything()));
}

#[test]
fn what_to_do_comes_in_order() {
    let text = visible(&rendered(&samples::everything()));
    let places: Vec<usize> = [
        "Repair what is refused already: 3 automations",
        "Move what breaks behind a gate in force: 3 automations",
        "Settle 2 critical findings",
        "Verify what passes a gate and is on no list: 3 automations",
        "Let the next run see more",
    ]
    .into_iter()
    .map(|what| text.find(what).unwrap_or_else(|| panic!("{what}: {text}")))
    .collect();
    assert!(places.is_sorted(), "{places:?}");
}

/// The same assessment with one text in every place that a tenant or a user fills.
fn with_name(name: &str) -> Assessment {
    let mut assessment = samples::everything();
    assessment.run.tenant_name = Some(name.to_owned());
    for profile in assessment.applications.values_mut() {
        profile.name = name.to_owned();
        profile.kind = Some(name.to_owned());
    }
    for verdict in &mut assessment.verdicts {
        verdict.workload = crate::catalogue::Workload::Unknown(name.to_owned());
        verdict.app_id = crate::snapshot::AppId::new(name);
        verdict.reasons = vec![name.to_owned()];
        verdict.next_step = name.to_owned();
        verdict.ways_out.iter_mut().for_each(|way| way.requests = vec![name.to_owned(), name.to_owned()]);
    }
    for finding in &mut assessment.findings {
        finding.object.name = name.to_owned();
        finding.object.app_id = Some(name.to_owned());
        finding.message = format!("{name} is weak");
        finding.rule.id = name.to_owned();
        finding.rule.why = name.to_owned();
        finding.rule.references = vec![Reference { title: name.to_owned(), id: Some(name.to_owned()), url: Some(name.to_owned()) }];
    }
    for row in &mut assessment.exclusions {
        row.policy = name.to_owned();
        row.listed_id = name.to_owned();
        row.app_id = None;
    }
    for policy in assessment.gates.iter_mut().flat_map(|gate| &mut gate.policies) {
        policy.name = name.to_owned();
        policy.approver_groups = Some(vec![name.to_owned()]);
    }
    assessment.unplaced = vec![name.to_owned()];
    assessment.settings.profile = name.to_owned();
    assessment
}

#[test]
fn no_place_lets_a_hostile_text_through() {
    for name in NAMES {
        let page = rendered(&with_name(name));
        assert_sound(&page);
        assert_inert(&page);
        assert_clean(&page);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_gets_through(name in prop_oneof![any::<String>(), "[<>\"'&/=a-z \\u{202e}\\u{0}-\\u{1f}#]{0,40}"]) {
        let page = rendered(&with_name(&name));
        assert_sound(&page);
        assert_inert(&page);
        assert_clean(&page);
    }
}
