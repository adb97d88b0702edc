//! `maascan rules`: list, show, check.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{maascan, text};
use std::path::Path;

#[test]
fn every_listed_rule_can_be_shown() {
    let list = text(&maascan().args(["rules", "list"]).assert().success().get_output().stdout);
    assert!(list.lines().count() >= 6, "{list}");
    for line in list.lines() {
        let id = line.split_whitespace().next().unwrap_or_default();
        let page = text(&maascan().args(["rules", "show", id]).assert().success().get_output().stdout);
        for part in [id, "severity", "when", "Why", "What to do", "References"] {
            assert!(page.contains(part), "{id} lacks {part}: {page}");
        }
    }
}

#[test]
fn an_unknown_rule_is_refused_with_a_hint() {
    let said = text(&maascan().args(["rules", "show", "no-such-rule"]).assert().code(2).get_output().stderr);
    assert!(said.contains("no-such-rule") && said.contains("hint: "), "{said}");
}

#[test]
fn the_built_in_rules_hold_their_examples() {
    let said = text(&maascan().args(["rules", "check"]).assert().success().get_output().stdout);
    assert!(said.contains(" 0 failed"), "{said}");
}

/// One of the built-in rules, changed.
fn rule(folder: &Path, id: &str, change: impl Fn(&str) -> String) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/exclusions/excluded-app-holds-secret.toml");
    let text = std::fs::read_to_string(source).unwrap().replace("excluded-app-holds-secret", id);
    std::fs::write(folder.join(format!("{id}.toml")), change(&text)).unwrap();
}

#[test]
fn rules_of_ones_own_are_checked_and_run() {
    let folder = tempfile::tempdir().unwrap();
    rule(folder.path(), "my-rule", str::to_owned);
    maascan().args(["rules", "check"]).arg(folder.path()).assert().success();
    let out = folder.path().join("out");
    maascan().arg("demo").arg("--out").arg(&out).arg("--rules").arg(folder.path()).assert().success();
    let findings = common::rows(&std::fs::read(out.join("findings.csv")).unwrap());
    let of = |id: &str| findings.iter().filter(|row| row["rule_id"] == id && row["status"] == "open").count();
    assert!(of("my-rule") > 0);
    assert_eq!(of("my-rule"), of("excluded-app-holds-secret"));
}

#[test]
fn a_rule_that_does_not_load_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    rule(folder.path(), "my-rule", |text| text.replace("secrets.exists", "secretz.exists"));
    for arguments in [vec!["rules", "check"], vec!["demo", "--rules"]] {
        let said = text(&maascan().args(arguments).arg(folder.path()).assert().code(2).get_output().stderr);
        assert!(said.contains("my-rule.toml:") && said.contains("secretz") && said.contains("hint: "), "{said}");
    }
}

#[test]
fn a_rule_whose_example_does_not_hold_fails_the_check() {
    let folder = tempfile::tempdir().unwrap();
    rule(folder.path(), "my-rule", |text| text.replacen("expect = \"fires\"", "expect = \"clear\"", 1));
    let said = text(&maascan().args(["rules", "check"]).arg(folder.path()).assert().code(1).get_output().stdout);
    assert!(said.contains("my-rule") && said.contains("1 failed"), "{said}");
}

#[test]
fn a_folder_that_is_missing_is_refused() {
    let said = text(&maascan().args(["rules", "check", "no/such/folder"]).assert().code(2).get_output().stderr);
    assert!(said.contains("no/such/folder"), "{said}");
}

#[test]
fn rules_are_listed_by_group_and_gravest_first() {
    let list = text(&maascan().args(["rules", "list"]).assert().success().get_output().stdout);
    let grave = ["info", "low", "medium", "high", "critical"];
    let keys: Vec<(String, usize, String)> = list
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let severity = grave.iter().position(|word| *word == words[1]).unwrap();
            (words[2].to_owned(), grave.len() - severity, words[0].to_owned())
        })
        .collect();
    assert!(keys.is_sorted(), "{list}");
    assert!(list.lines().any(|line| line.contains("excluded-application") && line.contains(" Application holds an unexpired")));
}

/// Set to write the page anew after a change that is meant.
const UPDATE: &str = "UPDATE_SAMPLES";

#[test]
fn the_page_of_the_rules_is_what_they_say() {
    let page = maascan().args(["rules", "document"]).assert().success().get_output().stdout.clone();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/README.md");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(std::fs::read(&path).unwrap_or_default() == page, "rules/README.md is not what the rules say: run the tests with {UPDATE}=1");
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    let page = text(&maascan().args(["rules", "document"]).assert().success().get_output().stdout);
    let anchor = |heading: &str| heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    let headings: Vec<String> = page.lines().filter(|line| line.starts_with("##")).map(anchor).collect();
    let links: Vec<&str> = page.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.len() > 20);
    for link in links {
        assert!(headings.iter().any(|heading| heading == link), "{link} is no heading: {headings:?}");
    }
    let mut sorted = headings.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), headings.len(), "two headings of one name: {headings:?}");
}

#[test]
fn rules_of_ones_own_are_listed_shown_and_documented() {
    let folder = tempfile::tempdir().unwrap();
    rule(folder.path(), "my-rule", |text| text.replacen("title = \"Excluded", "title = \"<b>\\u001b[31mExcluded", 1));
    for arguments in [vec!["rules", "list"], vec!["rules", "show", "my-rule"], vec!["rules", "document"]] {
        let shown = text(&maascan().args(&arguments).arg("--rules").arg(folder.path()).assert().success().get_output().stdout);
        assert!(shown.contains("my-rule") && !shown.contains('\u{1b}'), "{arguments:?}: {shown}");
        assert!(arguments[1] != "document" || !shown.contains("<b>"), "live markup");
    }
}

/// What `rules check` says of a folder with one rule, changed; it must refuse it with its line and what to write instead.
fn refused(from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    rule(folder.path(), "my-rule", |text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let output = maascan().args(["rules", "check"]).arg(folder.path()).assert().code(2).stdout("").get_output().clone();
    let said = text(&output.stderr);
    assert!(said.contains("my-rule.toml:") && said.contains("hint: ") && !said.contains("panicked"), "{said}");
    said
}

#[test]
fn bad_rules_are_refused_with_their_line_and_what_to_write() {
    let when = "secrets.exists(secret, !secret.expired)";
    for (from, to, wanted, hint) in [
        ("!secret.expired)", "!secret.expird)", "my-rule.toml:9: when: unknown member of a record: expird", "did you mean expired?"),
        ("title =", "titel =", "my-rule.toml:2: unknown key of a rule: titel", "did you mean title?"),
        (when, "name > 7", "my-rule.toml:9: when: > does not work on text and a whole number", "give both sides one type"),
        (when, "size(secrets)", "my-rule.toml:9: when: the expression must give true or false", "compare it"),
        (when, "secrets.exists(secret", "my-rule.toml:9: when: not a CEL expression", "https://cel.dev"),
        (when, "name.matches('(a*)*b{99999}')", "my-rule.toml:9: when: invalid pattern", "docs.rs/regex"),
        (when, "name.matches('((a{900}){900}){900}')", "my-rule.toml:9: when: invalid pattern", "docs.rs/regex"),
        (when, "name.matches(home)", "my-rule.toml:9: when: the pattern of matches must be a text in quotes", "write the pattern itself"),
        (when, "has(secrets)", "my-rule.toml:9: when: has() is not supported", "the rule is undetermined"),
        ("severity = \"high\"", "severity = 3", "my-rule.toml:3: severity must be a text, not integer", "as a text"),
        ("[[example]]", "[thresholds.default]\ndays = -1\n\n[[example]]", "negative threshold: days = -1", "write 0 or more"),
        ("{name} {standing}", "{nam} {standing}", "message: unknown field in a placeholder: nam", "did you mean name?"),
    ] {
        let said = refused(from, to);
        assert!(said.contains(wanted) && said.contains(hint), "{to}: {said}");
    }
}

#[test]
fn an_endless_pattern_of_a_rule_ends() {
    let folder = tempfile::tempdir().unwrap();
    rule(folder.path(), "my-rule", |text| {
        text.replacen(
            "secrets.exists(secret, !secret.expired)",
            "secrets.exists(secret, !secret.expired || secret.key_id.matches('^(([a-z0-9-])+)+!$'))",
            1,
        )
    });
    let begun = std::time::Instant::now();
    maascan().args(["rules", "check"]).arg(folder.path()).assert().success();
    assert!(begun.elapsed().as_secs() < 60);
}

#[test]
fn two_rules_of_one_id_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deeper")).unwrap();
    rule(folder.path(), "my-rule", str::to_owned);
    rule(&folder.path().join("deeper"), "my-rule", str::to_owned);
    rule(folder.path(), "excluded-app-holds-secret", str::to_owned);
    for (names, wanted) in [("my-rule", "duplicate id: my-rule, also in"), ("excluded-app-holds-secret", "duplicate id")] {
        let said = text(&maascan().args(["rules", "check"]).arg(folder.path()).assert().code(2).get_output().stderr);
        assert!(said.contains(wanted) && said.contains("hint: give the rule, and its file, another id"), "{names}: {said}");
        let _ = std::fs::remove_dir_all(folder.path().join("deeper"));
    }
}

#[test]
fn settings_are_proved_together_with_the_rules_they_speak_of() {
    let folder = tempfile::tempdir().unwrap();
    rule(folder.path(), "my-rule", str::to_owned);
    let elsewhere = tempfile::tempdir().unwrap();
    let config = elsewhere.path().join("maascan.toml");
    std::fs::write(&config, "[rules.my-rule]\nseverity = \"low\"\n").unwrap();
    maascan().args(["rules", "check"]).arg(folder.path()).arg("--config").arg(&config).assert().success();
    // Settings that lie among the rules are no rule.
    std::fs::copy(&config, folder.path().join("maascan.toml")).unwrap();
    maascan().args(["rules", "check"]).arg(folder.path()).assert().success();
    let said = text(&maascan().args(["rules", "check", "--config"]).arg(&config).assert().code(2).get_output().stderr);
    assert!(said.contains("maascan.toml:1: unknown rule: my-rule"), "{said}");
}
