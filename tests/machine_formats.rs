//! The formats for machines: their schemas, and that what is written follows them. Every made-up tenant is held against them in
//! `fixture_tenants.rs`.

mod common;

use common::{assert_valid, files, maascan, problems, sarif_schema, schema};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Set to write the committed schemas anew after a change that is meant.
const UPDATE: &str = "UPDATE_SAMPLES";

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-reports/schemas").join(name)
}

#[test]
fn the_committed_schemas_are_those_of_the_binary() {
    for file in ["assessment", "manifest", "scripts"] {
        let printed = maascan().args(["schema", file]).assert().success().get_output().stdout.clone();
        let path = committed(&format!("{file}.schema.json"));
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&path, &printed).unwrap();
        }
        let kept = std::fs::read(&path).unwrap();
        assert!(kept == printed, "sample-reports/schemas/{file}.schema.json is not what maascan prints: run the tests with {UPDATE}=1");
    }
    let default = maascan().arg("schema").assert().success().get_output().stdout.clone();
    assert_eq!(serde_json::from_slice::<Value>(&default).unwrap(), schema("assessment"));
}

#[test]
fn the_schemas_are_valid_json_schema() {
    for file in ["assessment", "manifest", "scripts"] {
        let found = jsonschema::meta::validate(&schema(file)).map_err(|error| error.to_string());
        assert_eq!(found, Ok(()), "{file}");
    }
}

#[test]
fn what_scripts_prints_is_valid_and_a_spoilt_one_is_not() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let printed = maascan().arg("scripts").arg(scripts).args(["--format", "json"]).assert().success().get_output().stdout.clone();
    assert_eq!(problems(&schema("scripts"), &printed), [""; 0]);
    let bad = common::text(&printed).replacen("\"auth\": \"app\"", "\"auth\": \"somebody\"", 1).into_bytes();
    assert_ne!(problems(&schema("scripts"), &bad), [""; 0]);
}

#[test]
fn a_file_without_schema_is_wrong_usage() {
    let error = maascan().args(["schema", "summary"]).assert().code(2).get_output().stderr.clone();
    assert!(common::text(&error).contains("assessment"), "{}", common::text(&error));
}

#[test]
fn the_demos_files_are_valid_and_a_spoilt_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    maascan().arg("demo").arg("--out").arg(folder.path()).assert().success();
    assert_valid(folder.path());
    let files = files(folder.path());
    let spoilt = |name: &str, from: &str, to: &str| {
        let text = common::text(&files[name]);
        assert!(text.contains(from), "{name} has no {from}");
        text.replace(from, to).into_bytes()
    };
    let bad = spoilt("assessment.json", "\"verdict\": \"breaks\"", "\"verdict\": \"shatters\"");
    assert_ne!(problems(&schema("assessment"), &bad), [""; 0]);
    let bad = spoilt("findings.sarif", "\"kind\": \"open\"", "\"kind\": \"unknown\"");
    assert_ne!(problems(&sarif_schema(), &bad), [""; 0]);
}

#[test]
fn the_demos_sarif_has_every_finding_and_no_path_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    maascan().arg("demo").arg("--out").arg(folder.path()).assert().success();
    let files = files(folder.path());
    let sarif: Value = serde_json::from_slice(&files["findings.sarif"]).unwrap();
    let assessment: Value = serde_json::from_slice(&files["assessment.json"]).unwrap();
    let run = &sarif["runs"][0];
    let ids = |list: &Value, path: &str| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one.pointer(path).unwrap().as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&run["results"], "/properties/findingId"), ids(&assessment["findings"], "/finding_id"));
    let text = common::text(&files["findings.sarif"]);
    assert!(!text.contains(&folder.path().display().to_string()) && !text.contains("file://") && !text.contains("127.0.0.1"));
    assert!(run["taxonomies"].as_array().unwrap().iter().any(|taxonomy| taxonomy["name"] == "MITRE ATT&CK"));
    let tenant = assessment["run"]["tenant_id"].as_str().unwrap();
    let id = run["automationDetails"]["id"].as_str().unwrap();
    assert!(id.starts_with(&format!("maascan/{tenant}/")), "{id}");
}
