//! Loading, running and the built-in rules as a whole.

use super::*;
use crate::assess::Severity;
use crate::assess::facts::{EntityKind, FieldType};
use crate::snapshot::Dataset;
use std::path::Path;

/// A rule with nothing wrong. Line 8 is `when`.
const GOOD: &str = r#"id = "rule"
title = "Holds a secret"
severity = "high"
confidence = "high"
entity = "excluded-application"
requires = ["service-principals", "applications"]

when = "secrets.exists(secret, !secret.expired && secret.lifetime_days > threshold.days)"
evidence = "secrets.map(secret, secret.key_id)"
identity = "secrets.map(secret, secret.key_id)"
message = "{name} holds a secret for more than {threshold.days} days"
why = "It may leak."
remediation = "Remove it."
references = [
    { title = "NIST SP 800-53", id = "IA-5" },
]
false_positives = "None known."

[thresholds.default]
days = 90

[thresholds.cis-v7]
days = 180

[[example]]
name = "one"
expect = "fires"
facts = { secrets = [{ key_id = "k", expired = false, lifetime_days = 100 }] }

[[example]]
name = "none"
expect = "clear"
facts = { secrets = [] }

[[example]]
name = "not read"
expect = "undetermined"
facts = {}
missing = ["secrets"]
"#;

fn load(text: &str) -> Result<Rule, Vec<LoadError>> {
    file::read(Path::new("rules/rule.toml"), text)
}

fn set(text: &str) -> RuleSet {
    RuleSet::read(vec![("rules/rule.toml".into(), text.to_owned())], vec![]).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The condition of [`GOOD`].
const WHEN: &str = "secrets.exists(secret, !secret.expired && secret.lifetime_days > threshold.days)";

/// Checks what is said of [`GOOD`] with one piece of it replaced: each problem as `line: message | hint`, by line.
fn refused(from: &str, to: &str, wanted: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    let mut problems = load(&GOOD.replacen(from, to, 1)).err().unwrap_or_default();
    problems.sort();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let wanted: Vec<String> = wanted.iter().map(|one| format!("rules/rule.toml:{}", one.replacen(" | ", "\nhint: ", 1))).collect();
    assert_eq!(said, wanted, "{from} -> {to}");
}

#[test]
fn a_good_rule_loads_with_everything_it_says() {
    let rule = load(GOOD).unwrap();
    assert_eq!((rule.id(), rule.title(), rule.severity()), ("rule", "Holds a secret", Severity::High));
    assert_eq!(rule.requires(), [Dataset::ServicePrincipals, Dataset::Applications]);
    assert_eq!(rule.text().references.iter().map(ToString::to_string).collect::<Vec<_>>(), ["NIST SP 800-53 IA-5"]);
    assert_eq!(Profile::ALL.map(|profile| rule.thresholds(profile)["days"]), [90, 180, 90]);
    assert_eq!(rule.examples().len(), 3);
    assert!(rule.when().starts_with("secrets.exists") && rule.evidence().is_some() && rule.identity().is_some());
    assert!(check(&set(GOOD)).iter().all(|result| result.passed));
}

#[test]
fn keys_are_known_present_typed_and_in_order() {
    let order = file::KEYS.join(", ");
    refused(
        "title =",
        "titel =",
        &["1: missing key of a rule: title | add title", "2: unknown key of a rule: titel | did you mean title?"],
    );
    refused("severity = \"high\"\n", "", &["1: missing key of a rule: severity | add severity"]);
    refused("\"Holds a secret\"", "7", &["2: title must be a text, not integer | write title as a text"]);
    refused("\"Holds a secret\"", "' '", &["2: empty text: title | write title, or leave the key out if it is optional"]);
    refused(
        "title = \"Holds a secret\"\nseverity = \"high\"",
        "severity = \"high\"\ntitle = \"Holds a secret\"",
        &[&format!("3: key of a rule in the wrong place: title | keep this order: {order}")],
    );
    let element = "6: an element of requires must be a text, not integer | write an element of requires as a text";
    refused("[\"service-principals\", ", "[7, \"service-principals\", ", &[element]);
    refused("id = \"IA-5\"", "idd = \"IA-5\"", &["15: unknown key of a reference: idd | did you mean id?"]);
    refused("id = \"IA-5\"", "url = \"http://x\"", &["15: not an https address: http://x | begin it with https://"]);
    let not_toml = load(&GOOD.replacen("severity = \"high\"", "severity = ", 1)).unwrap_err();
    assert!(not_toml[0].to_string().starts_with("rules/rule.toml:3: not TOML: "), "{not_toml:?}");
}

#[test]
fn words_are_of_their_closed_sets() {
    refused("id = \"rule\"", "id = \"role\"", &["1: id is not the name of the file: role | write id = \"rule\", or rename the file"]);
    refused("id = \"rule\"", "id = \"Rule 1\"", &["1: not an id: Rule 1 | write lower-case words joined by hyphens"]);
    refused("severity = \"high\"", "severity = \"higher\"", &["3: unknown severity: higher | did you mean high?"]);
    refused("confidence = \"high\"", "confidence = \"sure\"", &["4: unknown confidence: sure | known: low, medium, high"]);
    let entities = EntityKind::ALL.map(EntityKind::word).join(", ");
    let entity = format!("5: unknown entity: excluded-app | known: {entities}");
    refused("\"excluded-application\"", "\"excluded-app\"", &[&entity]);
    refused(
        "\"service-principals\"",
        "\"service-principal\"",
        &[
            "6: unknown dataset: service-principal | did you mean service-principals?",
            "8: secrets comes from a dataset that is not required: service-principals | add \"service-principals\" to requires",
        ],
    );
    let twice = "6: dataset named twice: applications | name it once";
    refused("\"applications\"]", "\"applications\", \"applications\"]", &[twice]);
}

#[test]
fn conditions_are_checked_against_the_fields() {
    let condition = |to: &str, wanted: &[&str]| refused(WHEN, to, wanted);
    let types = "give both sides one type; string(number) makes a text of a number";
    condition("secrts.exists(s, s.lifetime_days > threshold.days)", &["8: when: unknown field: secrts | did you mean secrets?"]);
    let members = "kind, key_id, held_on, lifetime_days, age_days, days_to_end, expired, start, end";
    condition("secrets.exists(s, s.until)", &[&format!("8: when: unknown member of a record: until | known: {members}")]);
    condition("secrets.exists(s, s.expird)", &["8: when: unknown member of a record: expird | did you mean expired?"]);
    condition("days_known > name", &[&format!("8: when: > does not work on a whole number and text | {types}")]);
    condition(
        "name == 7 && days_known == 'x'",
        &[
            &format!("8: when: == does not work on a whole number and text | {types}"),
            &format!("8: when: == does not work on text and a whole number | {types}"),
        ],
    );
    condition("secrets", &["8: when: the expression must give true or false, not a list of records | compare it, or ask with exists"]);
    let lists = EntityKind::ExcludedApplication
        .fields()
        .iter()
        .filter(|field| matches!(field.kind, FieldType::Texts | FieldType::Records(_)))
        .map(|field| field.name)
        .collect::<Vec<_>>()
        .join(", ");
    condition("name.exists(s, s == 'x')", &[&format!("8: when: exists takes a list, not text | lists: {lists}")]);
    condition("secrets.exists(name, true)", &["8: when: the name of a variable is taken: name | choose another name for it"]);
    condition("secrets.exists(s, s.lifetime_days > threshold.dys)", &["8: when: unknown threshold: dys | did you mean days?"]);
    let pattern = "8: when: invalid pattern: (: error: unclosed group | see https://docs.rs/regex for the syntax";
    condition("name.matches('(')", &[pattern]);
    let no_members = "a list of records has no members: expired | use exists, all, filter or map to look at the records of a list";
    condition("secrets.expired", &[&format!("8: when: {no_members}")]);
    condition("secrets.exists(s, s == s)", &[&format!("8: when: == does not work on a record and a record | {types}")]);
    condition("can_wipe ? 1 : 'x'", &["8: when: ?: gives a whole number or text | give both branches of ?: one type"]);
    condition("!name && can_wipe", &["8: when: ! takes true or false, not text | give ! true or false"]);
}

#[test]
fn a_condition_that_is_not_cel_is_refused_with_its_line() {
    let said = |to: &str| load(&GOOD.replacen(&format!("\"{WHEN}\""), to, 1)).unwrap_err()[0].to_string();
    assert!(said("\"secrets.exists(\"").starts_with("rules/rule.toml:8: when: not a CEL expression: "));
    let later = said("'''\ncan_wipe &&\nsecrts.exists(s, s.expired)\n'''");
    assert_eq!(later, "rules/rule.toml:10: when: unknown field: secrts\nhint: did you mean secrets?");
    assert!(said(&format!("\"{}true{}\"", "(".repeat(50_000), ")".repeat(50_000))).contains("expression too long"));
    assert!(said(&format!("\"{}true{}\"", "(".repeat(50), ")".repeat(50))).contains("nested too deeply"));
}

#[test]
fn lists_of_texts_are_wanted_where_texts_are_listed() {
    let hint = "use map to make texts of records: secrets.map(secret, secret.key_id)";
    let evidence = format!("9: evidence: the expression must give a list of texts, not a list of records | {hint}");
    refused("evidence = \"secrets.map(secret, secret.key_id)\"", "evidence = \"secrets\"", &[&evidence]);
    let identity = format!("10: identity: the expression must give a list of texts, not a list | {hint}");
    refused("identity = \"secrets.map(secret, secret.key_id)\"", "identity = \"secrets.map(secret, secret.age_days)\"", &[&identity]);
}

#[test]
fn required_datasets_cover_the_fields_of_the_condition() {
    let missing = "8: secrets comes from a dataset that is not required: applications | add \"applications\" to requires";
    refused("[\"service-principals\", \"applications\"]", "[\"service-principals\"]", &[missing]);
    // What only the evidence uses is not needed to decide.
    assert!(load(&GOOD.replacen("secrets.map(secret, secret.key_id)\"", "permissions\"", 1)).is_ok());
}

#[test]
fn placeholders_and_thresholds_are_known() {
    refused("{name} holds", "{nam} holds", &["11: message: unknown field in a placeholder: nam | did you mean name?"]);
    refused("{name} holds", "name} holds", &["11: message: lone brace in a message | write {field} with both braces, or no brace"]);
    let records = "11: message: a list of records as placeholder: secrets | list its records under evidence";
    refused("{name} holds", "{secrets} holds", &[records]);
    refused("{threshold.days}", "{threshold.day}", &["11: message: unknown threshold in a placeholder: day | did you mean days?"]);
    refused("days = 90", "days = -1", &["20: negative threshold: days = -1 | write 0 or more"]);
    refused("days = 90", "days = 1.5", &["20: days must be a whole number, not float | write days as a whole number"]);
    refused("days = 90", "days = 90\nweeks = 1", &["19: threshold is not used: weeks | use it, or remove it"]);
    refused("days = 180", "dayz = 180", &["23: threshold is not under [thresholds.default]: dayz | did you mean days?"]);
    refused("[thresholds.cis-v7]", "[thresholds.cis-v8]", &["22: unknown key of thresholds: cis-v8 | did you mean cis-v7?"]);
}

#[test]
fn examples_are_typed_and_show_every_outcome() {
    let none = |line: usize, kind: &str| format!("{line}: no example of the outcome: {kind} | add an [[example]] with expect = \"{kind}\"");
    refused("expect = \"clear\"", "expect = \"fires\"", &[&none(25, "clear")]);
    refused(
        "expect = \"undetermined\"",
        "expect = \"unknown\"",
        &[&none(25, "undetermined"), "37: unknown expect: unknown | known: fires, clear, undetermined"],
    );
    refused("facts = { secrets = [] }", "facts = { secret = [] }", &["33: unknown field of facts: secret | did you mean secrets?"]);
    let list = "33: secrets must be a list of records, not integer | write a list of records";
    refused("facts = { secrets = [] }", "facts = { secrets = 7 }", &[list]);
    let number = "28: lifetime_days must be a whole number, not string | write lifetime_days as a whole number";
    refused("lifetime_days = 100", "lifetime_days = \"100\"", &[number]);
    refused("expired = false", "expird = false", &["28: unknown field of secrets: expird | did you mean expired?"]);
    refused("missing = [\"secrets\"]", "missing = [\"secret\"]", &["39: unknown field: secret | did you mean secrets?"]);
    let both = "35: both among the facts and missing: days_known | remove one; only a list can be read in part";
    refused("facts = {}\nmissing = [\"secrets\"]", "facts = { days_known = 1 }\nmissing = [\"secrets\", \"days_known\"]", &[both]);
    refused("name = \"none\"", "name = \"one\"", &["30: two examples of one name: one | give each example its own name"]);
    let start = GOOD.find("[[example]]").unwrap();
    let said: Vec<String> = load(&GOOD[..start]).unwrap_err().iter().map(|problem| problem.message.clone()).collect();
    let missing = ["fires", "clear", "undetermined"].map(|kind| format!("no example of the outcome: {kind}"));
    assert_eq!(said, [vec!["missing key of a rule: example".to_owned()], missing.to_vec()].concat());
}

#[test]
fn an_example_that_does_not_hold_is_reported() {
    let failing = |from: &str, to: &str| {
        let results = check(&set(&GOOD.replacen(from, to, 1)));
        results.into_iter().find(|result| !result.passed).unwrap()
    };
    let wrong = failing("lifetime_days = 100", "lifetime_days = 90");
    assert_eq!((wrong.example.as_str(), wrong.expected, wrong.got), ("one", Expected::Fires, Expected::Clear));
    let silent = failing("missing = [\"secrets\"]", "missing = []");
    assert!(silent.got == Expected::Undetermined && silent.detail.unwrap().contains("neither among the facts nor among the missing"));
    let bare = failing("evidence = \"secrets.map", "evidence = \"certificates.map");
    assert_eq!(bare.detail.as_deref(), Some("evidence gives no text"));
    let strict = failing("name = \"one\"\nexpect = \"fires\"", "name = \"one\"\nexpect = \"fires\"\nprofile = \"cis-v7\"");
    assert_eq!((strict.profile, strict.got), (Profile::CisV7, Expected::Clear));
}

#[test]
fn a_folder_is_read_whole_and_every_problem_reported() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("rule.toml", GOOD.as_bytes());
    write("deeper/down/other.toml", GOOD.replacen("\"rule\"", "\"other\"", 1).as_bytes());
    write("notes.txt", b"not a rule");
    let ids = |set: &RuleSet| set.rules().iter().map(|rule| rule.id().to_owned()).collect::<Vec<_>>();
    let loaded = RuleSet::load_dir(folder.path()).unwrap();
    assert_eq!(ids(&loaded), ["other", "rule"]);
    assert!(loaded.get("rule").is_some() && loaded.get("none").is_none());

    write("deeper/rule.toml", GOOD.as_bytes());
    write("binary.toml", &[0xff, 0xfe]);
    write("large.toml", &vec![b'#'; 70_000]);
    write("bad.toml", GOOD.replacen("{name}", "{nam}", 1).as_bytes());
    let problems = RuleSet::load_dir(folder.path()).unwrap_err().to_string();
    for wanted in [
        "bad.toml:1: id is not",
        "bad.toml:11: message:",
        "binary.toml: cannot read file",
        "large.toml: file too large",
        "rule.toml:1: duplicate id: rule",
    ] {
        assert!(problems.contains(wanted), "{wanted}: {problems}");
    }
    let missing = RuleSet::load_dir(&folder.path().join("nowhere")).unwrap_err().to_string();
    assert!(missing.contains("cannot read folder"), "{missing}");
    let empty = tempfile::tempdir().unwrap();
    assert!(RuleSet::load_dir(empty.path()).unwrap_err().to_string().contains("no rules in this folder"));
}

#[cfg(unix)]
#[test]
fn links_between_folders_are_followed_once() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    for path in [&one, &two] {
        fs::create_dir(path).unwrap();
    }
    fs::write(one.join("rule.toml"), GOOD).unwrap();
    // Followed each time, these make more than ten million paths.
    for number in 0..8 {
        std::os::unix::fs::symlink(&two, one.join(format!("link{number}"))).unwrap();
        std::os::unix::fs::symlink(&one, two.join(format!("link{number}"))).unwrap();
    }
    let begun = std::time::Instant::now();
    assert_eq!(RuleSet::load_dir(folder.path()).unwrap().rules().len(), 1);
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn sets_are_merged_if_no_id_is_in_both() {
    let builtin = RuleSet::builtin().unwrap();
    let merged = builtin.clone().merged(set(GOOD)).unwrap();
    assert_eq!(merged.rules().len(), builtin.rules().len() + 1);
    let twice = builtin.clone().merged(builtin).unwrap_err();
    assert!(twice.iter().all(|problem| problem.message.starts_with("duplicate id: ")));
}

#[test]
fn every_rule_file_of_the_project_is_built_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut paths, mut problems) = (Vec::new(), Vec::new());
    find_files(&root.join("rules"), 0, &mut BTreeSet::new(), &mut paths, &mut problems);
    paths.retain(|path| !path.starts_with(root.join("rules/catalogue")));
    let mut found: Vec<String> = paths.iter().map(|path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/")).collect();
    found.sort();
    let mut listed: Vec<&str> = builtin::FILES.iter().map(|(path, _)| *path).collect();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn every_example_of_the_built_in_rules_holds() {
    let rules = RuleSet::builtin().unwrap_or_else(|errors| panic!("{errors}"));
    let results = check(&rules);
    let failed: Vec<&ExampleResult> = results.iter().filter(|result| !result.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(results.len() > 40);
}

proptest::proptest! {
    #[test]
    fn a_damaged_file_is_refused_or_read_without_panic(at in 0..GOOD.len(), length in 0_usize..40, put in "[\\[\\]{}=\"'.,#a-z0-9é\n -]{0,8}") {
        let mut text = GOOD.to_owned();
        text.replace_range(at..(at + length).min(GOOD.len()), &put);
        if let Err(problems) = load(&text) {
            proptest::prop_assert!(!problems.is_empty());
            proptest::prop_assert!(problems.iter().all(|problem| problem.hint.is_some() && !problem.to_string().contains("hint: \n")));
        }
    }
}
