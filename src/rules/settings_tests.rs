//! Settings and waivers: what is read, what is refused, and what they do to findings.

use super::*;
use crate::assess::facts::{EntityKind, Fact};
use crate::assess::{Finding, FindingStatus, Known, ObjectRef};
use crate::rules::{Judgement, judge};
use crate::snapshot::Gap;
use chrono::NaiveDate;
use serde_json::{Value as Json, json};

const APP: &str = "3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55";
const OTHER: &str = "7c9e5ad4-1d52-4d0e-9f51-6c3f0a3b7a10";

fn builtin() -> RuleSet {
    RuleSet::builtin().unwrap()
}

fn read(config: &str) -> Result<Settings, LoadErrors> {
    Settings::read(Some((Path::new("maascan.toml"), config)), None, &builtin())
}

fn waiver(rule: &str, object: &str, expires: &str) -> String {
    format!(
        "[[waiver]]\nrule = \"{rule}\"\nobject = \"{object}\"\nreason = \"r\"\napprover = \"a\"\nticket = \"T-1\"\nexpires = {expires}\n"
    )
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Checks what is said of a file: each problem as `line: message | hint`, in order.
fn refused(config: &str, wanted: &[&str]) {
    let said: Vec<String> = read(config).unwrap_err().iter().map(ToString::to_string).collect();
    let wanted: Vec<String> = wanted.iter().map(|one| format!("maascan.toml:{}", one.replacen(" | ", "\nhint: ", 1))).collect();
    assert_eq!(said, wanted, "{config}");
}

#[test]
fn everything_that_can_be_said_is_read() {
    let config = format!(
        "profile = \"cis-v7\"\n[rules.secret-valid-too-long]\nseverity = \"critical\"\nthresholds = {{ validity_days = 90 }}\n\
         [rules.excluded-app-inactive]\nenabled = false\n{}\
         [[exclusion]]\nowner = \"o\"\napp_id = \"{}\"\njustification = \"j\"\npolicy = \"{OTHER}\"\nreviewed = 2026-10-01\n",
        waiver("excluded-app-holds-secret", &APP.to_uppercase(), "2026-12-31"),
        APP.to_uppercase(),
    );
    let settings = read(&config).unwrap();
    assert_eq!(settings.profile(), Some(Profile::CisV7));
    assert_eq!((settings.waivers()[0].object.as_str(), settings.waivers()[0].expires), (APP, day("2026-12-31")));
    let register = settings.register().unwrap();
    assert_eq!((register[0].app_id.as_str(), register[0].reviewed, register[0].expires), (APP, Some(day("2026-10-01")), None));
    let rules = settings.govern(builtin());
    assert!(rules.get("excluded-app-inactive").is_none() && rules.rules().len() + 1 == builtin().rules().len());
    let changed = rules.get("secret-valid-too-long").unwrap();
    assert_eq!(changed.severity(), Severity::Critical);
    assert_eq!(Profile::ALL.map(|profile| changed.thresholds(profile)["validity_days"]), [90; 3]);
    let applied = settings.applied(&builtin(), Profile::CisV7);
    assert_eq!((applied.profile.as_str(), applied.switched_off[0].rule.as_str()), ("cis-v7", "excluded-app-inactive"));
    assert_eq!((applied.severities[0].from, applied.severities[0].to), (Severity::High, Severity::Critical));
    assert_eq!((applied.thresholds[0].from, applied.thresholds[0].to), (180, 90));
}

#[test]
fn what_changes_nothing_is_not_told_as_a_change() {
    let settings =
        read("[rules.secret-valid-too-long]\nseverity = \"high\"\nenabled = true\nthresholds = { validity_days = 180 }").unwrap();
    assert_eq!(settings.applied(&builtin(), Profile::Default), AppliedSettings::default());
    assert_eq!(read("").unwrap(), Settings::default());
}

#[test]
fn no_register_is_not_an_empty_one() {
    assert_eq!(read("").unwrap().register(), None);
    assert_eq!(read("exclusion = []").unwrap().register(), Some([].as_slice()));
}

#[test]
fn a_change_of_a_rule_is_held_against_the_rule() {
    refused("profil = \"scuba\"", &["1: unknown key of the settings: profil | did you mean profile?"]);
    refused("profile = \"cis\"", &["1: unknown profile: cis | known: default, cis-v7, scuba"]);
    refused("rules = 7", &["1: rules must be a table, not integer | write rules as a table"]);
    refused("[rules.dangling-exclusions]", &["1: unknown rule: dangling-exclusions | did you mean dangling-exclusion?"]);
    refused("[rules.nothing-like-it-at-all]", &["1: unknown rule: nothing-like-it-at-all | maascan rules list shows the ids"]);
    let known = "severity, enabled, thresholds";
    refused("[rules.dangling-exclusion]\noff = true", &[&format!("2: unknown key of a rule's settings: off | known: {known}")]);
    refused(
        "[rules.dangling-exclusion]\nenabled = \"no\"",
        &["2: enabled must be true or false, not string | write enabled as true or false"],
    );
    refused("[rules.dangling-exclusion]\nseverity = \"hi\"", &["2: unknown severity: hi | did you mean high?"]);
    let rule = "[rules.secret-valid-too-long.thresholds]\n";
    let unknown = "2: rule secret-valid-too-long has no threshold validity | known: validity_days";
    refused(&format!("{rule}validity = 1"), &[unknown]);
    refused(&format!("{rule}validity_days = -1"), &["2: negative threshold: validity_days = -1 | write 0 or more"]);
    let type_error = "2: validity_days must be a whole number, not string | write validity_days as a whole number";
    refused(&format!("{rule}validity_days = \"90\""), &[type_error]);
    refused("[rules.dangling-exclusion.thresholds]\ndays = 1", &["2: rule dangling-exclusion has no threshold days | known: none"]);
}

#[test]
fn a_waiver_says_who_until_when_and_names_ids() {
    let good = waiver("excluded-app-holds-secret", APP, "2026-12-31");
    let with = |from: &str, to: &str, wanted: &[&str]| {
        assert!(good.contains(from), "{from}");
        refused(&good.replacen(from, to, 1), wanted);
    };
    with("expires = 2026-12-31\n", "", &["1: missing key of a waiver: expires | add expires"]);
    with("approver = \"a\"\n", "", &["1: missing key of a waiver: approver | add approver"]);
    with("ticket = \"T-1\"", "ticket = \" \"", &["6: empty text: ticket | write ticket, or leave the key out if it is optional"]);
    with(
        "reason =",
        "raeson =",
        &["1: missing key of a waiver: reason | add reason", "4: unknown key of a waiver: raeson | did you mean reason?"],
    );
    let name = "3: object is not an id: Nightly packager | write the object_id of the finding, as in findings.csv, not its name";
    with(APP, "Nightly packager", &[name]);
    let rule = "2: unknown rule: excluded-app-holds-secrets | did you mean excluded-app-holds-secret?";
    with("holds-secret", "holds-secrets", &[rule]);
    let own = "2: a rule on waivers cannot be waived: waiver-expired";
    let hint = "renew, correct or remove the waiver that it is about; or switch the rule off under [rules.…]";
    with("excluded-app-holds-secret", "waiver-expired", &[&format!("{own} | {hint}")]);
    let finding = "4: finding is not an id: x | write the finding_id of findings.csv, or leave the key out";
    with("reason =", "finding = \"x\"\nreason =", &[finding]);
    refused(
        &format!("{good}{}", waiver("excluded-app-holds-secret", &APP.to_uppercase(), "2027-01-01")),
        &[&format!(
            "8: duplicate waiver: rule excluded-app-holds-secret on object {APP} | keep the one that counts; a renewed waiver takes the place of the old one"
        )],
    );
    let table = "1: waiver must be a list of tables, not table | write [[waiver]], with two brackets on each side";
    with("[[waiver]]", "[waiver]", &[table]);
}

#[test]
fn a_day_exists_and_has_no_other_form() {
    let expires = |written: &str| read(&waiver("dangling-exclusion", APP, written)).map(|settings| settings.waivers()[0].expires);
    let hint = "write a day that exists, such as 2026-12-31, or a time with its zone, such as 2026-12-31T18:00:00Z";
    for (written, wanted) in [
        ("2026-12-31", "2026-12-31"),
        ("\"2026-12-31\"", "2026-12-31"),
        ("2026-12-31T23:30:00-01:00", "2027-01-01"),
        ("\"2026-12-31T18:00:00Z\"", "2026-12-31"),
    ] {
        assert_eq!(expires(written).unwrap(), day(wanted), "{written}");
    }
    for written in [
        "\"9999-12-31T23:00:00-02:00\"",
        "\"0000-01-01T00:00:00+01:00\"",
        "\"31.12.2026\"",
        "\"2026-1-1\"",
        "\"2026-02-30\"",
        "\"never\"",
        "2026-12-31T18:00:00",
        "12:00:00",
        "\"+2026-12-31\"",
    ] {
        let said = expires(written).unwrap_err().to_string();
        assert!(said.starts_with("maascan.toml:7: expires is not a day: ") && said.ends_with(hint), "{written}: {said}");
    }
    assert!(expires("2026-02-30").unwrap_err().to_string().contains("maascan.toml:7: "));
    assert!(expires("20261231").unwrap_err().to_string().contains("expires must be a day, not integer"));
}

#[test]
fn the_register_names_an_application_and_who_owns_the_decision() {
    let good = format!("[[exclusion]]\napp_id = \"{APP}\"\nowner = \"o\"\njustification = \"j\"\n");
    refused(&good.replace("owner = \"o\"\n", ""), &["1: missing key of an exclusion: owner | add owner"]);
    refused(&good.replace(APP, "Packager"), &["2: app_id is not an id: Packager | write the app id of the application, not a name"]);
    refused(&format!("{good}policy = \"Apps\""), &["5: policy is not an id: Apps | write the policy_id of exclusions.csv, not a name"]);
    refused(&format!("{good}{good}"), &[&format!("5: duplicate exclusion: {APP} | keep one entry for each application and policy")]);
    assert!(read(&format!("{good}{good}policy = \"{OTHER}\"")).is_ok());
}

#[test]
fn every_problem_of_both_files_is_told_at_once() {
    let config = format!("[rules.none-such]\n{}", waiver("dangling-exclusion", APP, "2026-12-31"));
    let further = format!("{}profile = \"scuba\"\n", waiver("dangling-exclusion", APP, "2026-12-31"));
    let said =
        Settings::read(Some((Path::new("m.toml"), &config)), Some((Path::new("w.toml"), &further)), &builtin()).unwrap_err().to_string();
    for wanted in ["m.toml:1: unknown rule", "w.toml:1: duplicate waiver", "w.toml:8: unknown key of a waiver: profile"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let top = Settings::read(None, Some((Path::new("w.toml"), "profile = \"scuba\"")), &builtin()).unwrap_err().to_string();
    assert!(top.contains("w.toml:1: unknown key of a file of waivers: profile"), "{top}");
    assert!(read("[[waiver]\n").unwrap_err().to_string().starts_with("maascan.toml:1: not TOML: "));
    assert!(read("\u{feff}profile = \"scuba\"").is_ok(), "a byte order mark is none of the user's doing");
}

fn application(id: &str, values: Json, missing: &[&'static str]) -> Fact {
    let Json::Object(values) = values else { panic!("not a record") };
    let object = ObjectRef { kind: "servicePrincipal", id: id.to_owned(), name: id.to_owned(), app_id: Some(format!("app of {id}")) };
    let gaps = missing.iter().map(|name| (*name, Gap::Cloud)).collect();
    Fact { entity: EntityKind::ExcludedApplication, object, values, gaps }
}

fn holds(id: &str, keys: &[&str]) -> Fact {
    let secret =
        |key: &&str| json!({"kind": "secret", "key_id": key, "held_on": "application", "lifetime_days": 10, "expired": false, "end": "x"});
    application(id, json!({"name": id, "secrets": keys.iter().map(secret).collect::<Vec<_>>()}), &[])
}

const RULE: &str = "excluded-app-holds-secret";

/// What the rule on secrets and those on waivers make of facts and waivers.
fn judged(facts: &[Fact], waivers: &str, today: &str) -> Judgement {
    let mut rules = builtin();
    rules.rules.retain(|rule| rule.id() == RULE || rule.entity() == EntityKind::Waiver);
    judge(&rules, Profile::Default, facts, read(waivers).unwrap().waivers(), day(today))
}

fn told(judgement: &Judgement) -> Vec<(&str, FindingStatus)> {
    judgement.findings.iter().map(|finding| (finding.rule.id.as_str(), finding.status)).collect()
}

#[test]
fn a_waiver_holds_to_the_end_of_its_last_day() {
    let facts = [holds(APP, &["k"]), holds(OTHER, &["k"])];
    let waivers = waiver(RULE, APP, "2026-12-31");
    let on = |today: &str| judged(&facts, &waivers, today);
    let (open, waived, undetermined) = (FindingStatus::Open, FindingStatus::Waived, FindingStatus::Undetermined);
    assert_eq!(told(&on("2026-11-01")), [(RULE, open), (RULE, waived)]);
    assert_eq!(told(&on("2026-12-31")), [(RULE, open), ("waiver-expires-soon", open), (RULE, waived)]);
    assert_eq!(told(&on("2027-01-01")), [(RULE, open), (RULE, open), ("waiver-expired", open)]);
    let judgement = on("2026-11-01");
    assert_eq!(judgement.findings[1].waiver.as_ref().unwrap().ticket, "T-1");
    assert_eq!((&judgement.waivers[0].matches, judgement.waivers[0].days_left), (&Known::Yes(1), 60));
    assert_eq!(judgement.waivers[0].app_id, Some(format!("app of {APP}")));
    let untold = judged(&[application(APP, json!({}), &["secrets"])], &waivers, "2026-11-01");
    assert_eq!(told(&untold), [(RULE, undetermined), ("waiver-matches-nothing", undetermined)], "nobody accepts what is not known");
    assert!(untold.findings.iter().all(|finding| finding.waiver.is_none() && finding.gap == Some(Gap::Cloud)));
}

#[test]
fn a_waiver_that_matches_nothing_is_told_where_that_is_known() {
    let waivers = waiver(RULE, APP, "2027-12-31");
    let of_waiver = |facts: &[Fact]| {
        let judgement = judged(facts, &waivers, "2026-11-01");
        judgement.findings.into_iter().find(|finding| finding.rule.id == "waiver-matches-nothing").map(|finding| finding.status)
    };
    assert_eq!(of_waiver(&[holds(APP, &["k"])]), None);
    assert_eq!(of_waiver(&[holds(APP, &[])]), Some(FindingStatus::Open));
    assert_eq!(of_waiver(&[]), Some(FindingStatus::Open));
    let mut unseen = application("t", json!({}), &["secrets"]);
    unseen.object.kind = "tenant";
    assert_eq!(of_waiver(&[unseen.clone()]), Some(FindingStatus::Undetermined), "it may be among those that were not seen");
    assert_eq!(of_waiver(&[unseen, holds(APP, &[])]), Some(FindingStatus::Open), "it was seen, and the rule is clear");
    let another = application(OTHER, json!({}), &["secrets"]);
    assert_eq!(of_waiver(&[another]), Some(FindingStatus::Open), "what is not known of another object says nothing of this");
    let settings = read(&format!("[rules.{RULE}]\nenabled = false\n{waivers}")).unwrap();
    let judgement = judge(&settings.govern(builtin()), Profile::Default, &[holds(APP, &["k"])], settings.waivers(), day("2026-11-01"));
    assert!(matches!(&judgement.waivers[0].matches, Known::No(Gap::Failed { detail }) if detail.contains("did not run")));
}

#[test]
fn a_waiver_of_one_finding_ends_with_it() {
    let id = judged(&[holds(APP, &["k"])], "", "2026-11-01").findings[0].id.clone();
    let general = waiver(RULE, APP, "2027-12-31");
    let one = general.replace("reason = \"r\"", &format!("finding = \"{id}\"\nreason = \"this one\""));
    let status = |facts: &[Fact], waivers: &str| judged(facts, waivers, "2026-11-01").findings[0].clone();
    assert_eq!(status(&[holds(APP, &["k"])], &one).status, FindingStatus::Waived);
    assert_eq!(status(&[holds(APP, &["new"])], &one).status, FindingStatus::Open);
    for both in [format!("{general}{one}"), format!("{one}{general}")] {
        assert_eq!(status(&[holds(APP, &["k"])], &both).waiver.unwrap().reason, "this one");
    }
}

#[test]
fn the_order_of_waivers_and_their_texts_do_not_show_in_fingerprints() {
    let (one, two) = (waiver(RULE, APP, "2026-10-31"), waiver(RULE, OTHER, "2026-10-30"));
    let ids = |waivers: &str| -> Vec<String> {
        judged(&[holds(APP, &["k"])], waivers, "2026-11-01").findings.iter().map(|finding: &Finding| finding.id.clone()).collect()
    };
    let forwards = ids(&format!("{one}{two}"));
    assert_eq!(forwards, ids(&format!("{two}{one}")));
    assert_eq!(forwards, ids(&format!("{two}{one}").replace("reason = \"r\"", "reason = \"another\"")));
    assert_ne!(forwards, ids(&format!("{}{two}", waiver(RULE, APP, "2026-10-29"))), "it was renewed and expired again");
}

#[test]
fn a_severity_is_changed_before_waivers_apply() {
    let settings = read(&format!("[rules.{RULE}]\nseverity = \"low\"\n{}", waiver(RULE, APP, "2027-12-31"))).unwrap();
    let judgement = judge(&settings.govern(builtin()), Profile::Default, &[holds(APP, &["k"])], settings.waivers(), day("2026-11-01"));
    let waived = judgement.findings.iter().find(|finding| finding.status == FindingStatus::Waived).unwrap();
    assert_eq!((waived.rule.id.as_str(), waived.rule.severity), (RULE, Severity::Low));
}

const GOOD: &str = "profile = \"scuba\"\n[rules.secret-valid-too-long]\nseverity = \"low\"\nenabled = true\nthresholds = { validity_days = 1 }\n\
    [[waiver]]\nrule = \"dangling-exclusion\"\nobject = \"3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55\"\nfinding = \"f0123456789abcdef\"\n\
    reason = \"r\"\napprover = \"a\"\nticket = \"t\"\nexpires = 2026-12-31\n[[exclusion]]\n\
    app_id = \"3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55\"\nowner = \"o\"\njustification = \"j\"\nexpires = 2027-01-31\n";

proptest::proptest! {
    #[test]
    fn a_damaged_file_is_refused_or_read_without_panic(at in 0..GOOD.len(), length in 0_usize..40, put in "[\\[\\]{}=\"'.,#a-z0-9é\n -]{0,12}") {
        let mut text = GOOD.to_owned();
        text.replace_range(at..(at + length).min(GOOD.len()), &put);
        if let Err(problems) = read(&text) {
            proptest::prop_assert!(problems.iter().count() > 0);
            proptest::prop_assert!(problems.iter().all(|problem| problem.hint.is_some() && problem.line.is_some()));
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text in proptest::prelude::any::<String>(), expires in "[0-9TZ:+.\"' -]{0,30}") {
        let _ = read(&text);
        let _ = read(&waiver("dangling-exclusion", APP, &expires));
    }
}

#[test]
fn the_undamaged_file_is_read() {
    assert!(read(GOOD).is_ok());
}
