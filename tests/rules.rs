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
