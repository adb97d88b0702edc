use super::super::{Folder, Layout, samples};
use super::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The published schema with the erratum that makes it one: the pattern of languages that it was published with is no regular
/// expression. Formats such as that of an address are checked too.
fn validator() -> jsonschema::Validator {
    let published = include_str!("../../../tests/schemas/sarif-schema-2.1.0.json");
    let schema: Value =
        serde_json::from_str(&published.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$")).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn read(assessment: &Assessment) -> Value {
    serde_json::from_slice(&Sarif.render(&Contents::of(assessment)).unwrap()).unwrap()
}

fn problems(value: &Value) -> Vec<String> {
    validator().iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_sample_is_valid() {
    for assessment in [samples::everything(), samples::empty(), samples::unreadable(), samples::only_unknowns()] {
        assert_eq!(problems(&read(&assessment)), [""; 0]);
    }
}

#[test]
fn the_schema_tells_what_is_not_valid() {
    let whole = read(&samples::everything());
    let spoilt = |path: &str, value: Value| {
        let mut spoilt = whole.clone();
        *spoilt.pointer_mut(path).unwrap() = value;
        problems(&spoilt)
    };
    for (path, value) in [
        ("/version", json!("2.2")),
        ("/runs/0/results/0/level", json!("high")),
        ("/runs/0/results/0/kind", json!("undetermined")),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/ruleIndex", json!(-2)),
        ("/runs/0/results/0/locations/0/physicalLocation/region", json!({ "startLine": 0 })),
        ("/runs/0/results/0/suppressions", json!([{}])),
        ("/runs/0/tool/driver/rules/0", json!({ "unheard": "of" })),
        ("/runs/0/invocations/0", json!({})),
    ] {
        assert_ne!(spoilt(path, value), [""; 0], "{path}");
    }
}

#[test]
fn status_severity_and_waiver_are_said_in_the_words_of_the_standard() {
    let assessment = samples::everything();
    let value = read(&assessment);
    let results = value["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), assessment.findings.len());
    for (result, finding) in results.iter().zip(&assessment.findings) {
        let undetermined = finding.status == FindingStatus::Undetermined;
        assert_eq!(result["kind"], if undetermined { "open" } else { "fail" });
        assert_eq!(result["level"] == "none", undetermined);
        assert_eq!(result["properties"].get("gap").is_some(), undetermined);
        let suppressions = result["suppressions"].as_array().unwrap();
        assert_eq!(suppressions.len(), usize::from(finding.status == FindingStatus::Waived));
        for suppression in suppressions {
            assert_eq!((&suppression["kind"], &suppression["status"]), (&json!("external"), &json!("accepted")));
            assert!(suppression["justification"].as_str().unwrap().contains("2026-12-31"), "{suppression}");
        }
        assert_eq!(result["partialFingerprints"]["maascan/v1"], finding.id.as_str());
        assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], format!("{}:1", finding.id));
    }
}

#[test]
fn every_index_points_at_what_it_names() {
    let value = read(&samples::everything());
    let run = &value["runs"][0];
    let driver = &run["tool"]["driver"];
    for result in run["results"].as_array().unwrap() {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(driver["rules"][at]["id"], result["ruleId"]);
    }
    let targets: Vec<&Value> =
        driver["rules"].as_array().unwrap().iter().flat_map(|rule| rule["relationships"].as_array().unwrap()).collect();
    assert_eq!(targets.len(), 6, "two of the three references of three rules are items of a benchmark");
    for target in targets.iter().map(|relationship| &relationship["target"]) {
        let component = &target["toolComponent"];
        let (taxonomy, taxon) = (component["index"].as_u64().unwrap(), target["index"].as_u64().unwrap());
        let taxonomy = &run["taxonomies"][usize::try_from(taxonomy).unwrap()];
        assert_eq!(taxonomy["name"], component["name"]);
        assert_eq!(taxonomy["taxa"][usize::try_from(taxon).unwrap()]["id"], target["id"]);
    }
    for kind in ["toolExecutionNotifications", "toolConfigurationNotifications"] {
        for notification in run["invocations"][0][kind].as_array().unwrap() {
            let at = usize::try_from(notification["descriptor"]["index"].as_u64().unwrap()).unwrap();
            assert_eq!(driver["notifications"][at]["id"], notification["descriptor"]["id"]);
        }
    }
}

#[test]
fn what_was_not_read_is_a_warning_and_what_nobody_asked_for_a_note() {
    let value = read(&samples::everything());
    let said: Vec<(&str, &str)> = value["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["level"].as_str().unwrap(), one["message"]["text"].as_str().unwrap()))
        .collect();
    let has = |level: &str, text: &str| said.iter().any(|(found, message)| *found == level && message.contains(text));
    assert!(has("warning", "audit-events was read in part (412 items): throttled"), "{said:#?}");
    assert!(has("warning", "approver-groups was read not"), "{said:#?}");
    assert!(has("warning", "not readable: exclusions of 1 of"), "{said:#?}");
    assert!(has("note", "not requested: deleted-service-principals"), "{said:#?}");
    let settings = value["runs"][0]["invocations"][0]["toolConfigurationNotifications"].as_array().unwrap();
    assert_eq!(settings.len(), 3, "{settings:#?}");
    let unread = read(&samples::unreadable());
    let warnings = unread["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len();
    assert_eq!(warnings, crate::snapshot::Area::all().count());
}

#[test]
fn a_result_names_the_line_of_its_finding() {
    let folder = tempfile::tempdir().unwrap();
    let assessment = samples::everything();
    Folder::prepare(folder.path()).unwrap().write(&Contents::of(&assessment), Layout::default()).unwrap();
    let table = std::fs::read_to_string(folder.path().join(FINDINGS_FILE)).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    for result in read(&assessment)["runs"][0]["results"].as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], FINDINGS_FILE);
        let line = usize::try_from(place["region"]["startLine"].as_u64().unwrap()).unwrap();
        let id = result["properties"]["findingId"].as_str().unwrap();
        assert!(lines[line - 1].contains(id), "line {line}: {}", lines[line - 1]);
    }
}

#[test]
fn names_are_exact_their_bytes_harmless_and_no_link() {
    let assessment = samples::everything();
    let text = String::from_utf8(Sarif.render(&Contents::of(&assessment)).unwrap()).unwrap();
    assert!(text.lines().all(|line| line == text::clean(line)));
    let value = read(&assessment);
    let results = value["runs"][0]["results"].as_array().unwrap();
    let named: BTreeSet<&str> =
        results.iter().map(|result| result["locations"][0]["logicalLocations"][0]["name"].as_str().unwrap()).collect();
    assert!(named.contains(samples::NAMES[3]) && named.contains(samples::NAMES[5]), "{named:?}");
    let rules = value["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for message in results.iter().map(|result| &result["message"]).chain(rules.iter().map(|rule| &rule["help"])) {
        let text = message["text"].as_str().unwrap();
        let left = text.replace("\\\\", "").replace("\\[", "").replace("\\]", "").replace("{{", "").replace("}}", "");
        assert!(!left.contains(['[', ']', '{', '}', '\\']), "{text}");
    }
    let help = rules[0]["help"]["markdown"].as_str().unwrap();
    assert!(help.contains("<https://attack.mitre.org/techniques/T1078/>") && help.contains("{{0}}"), "{help}");
    assert!(!help.contains("<b>") && !help.contains("[x](//"), "{help}");
}

#[test]
fn a_rule_has_what_github_reads_and_no_more_than_it_takes() {
    let value = read(&samples::everything());
    for rule in value["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap() {
        let properties = &rule["properties"];
        let score: f64 = properties["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.1..=10.0).contains(&score));
        assert!(["high", "medium", "low"].contains(&properties["precision"].as_str().unwrap()));
        assert!(properties["tags"].as_array().unwrap().len() <= 10, "GitHub shows ten tags and refuses more than twenty");
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty() && !rule["fullDescription"]["text"].as_str().unwrap().is_empty());
    }
}

#[test]
fn it_looks_like_this() {
    let mut assessment = samples::everything();
    assessment.findings.truncate(1);
    assessment.coverage = samples::empty().coverage;
    insta::assert_snapshot!("sarif-one-finding", String::from_utf8(Sarif.render(&Contents::of(&assessment)).unwrap()).unwrap());
}
