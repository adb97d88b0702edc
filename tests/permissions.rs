//! `maascan permissions` and the tables of the documentation that come from it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{maascan, text};
use std::path::Path;

/// Set to write the tables anew after a change that is meant.
const UPDATE: &str = "UPDATE_SAMPLES";

fn output(arguments: &[&str]) -> String {
    let output = maascan().arg("permissions").args(arguments).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    text(&output.stdout)
}

/// Holds the text between `<!-- name -->` and `<!-- end -->` of a page against what the command prints.
fn hold(page: &str, name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let there = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = there.split_once(&format!("<!-- {name} -->\n")).unwrap();
    let (_, after) = rest.split_once("<!-- end -->\n").unwrap();
    let expected = format!("{before}<!-- {name} -->\n{printed}<!-- end -->\n{after}");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert!(there == expected, "{page} does not show what the command prints: run the tests with {UPDATE}=1");
    }
}

#[test]
fn the_documentation_shows_the_tables_of_the_code() {
    hold("README.md", "permissions", &output(&["--format", "markdown"]));
    hold("sample-reports/README.md", "datasets", &output(&["--datasets", "--format", "markdown"]));
}

#[test]
fn every_format_names_every_permission_and_dataset() {
    let json: serde_json::Value = serde_json::from_str(&output(&["--format", "json"])).unwrap();
    let permissions = json["permissions"].as_array().unwrap();
    let table = output(&[]);
    assert!(permissions.len() > 10 && permissions.iter().all(|row| table.contains(row["permission"].as_str().unwrap())));
    let json: serde_json::Value = serde_json::from_str(&output(&["--datasets", "--format", "json"])).unwrap();
    let datasets = json["datasets"].as_array().unwrap();
    let table = output(&["--datasets"]);
    assert!(datasets.len() > 20 && datasets.iter().all(|row| table.contains(row["dataset"].as_str().unwrap())));
}

#[cfg(unix)]
#[test]
fn the_shell_script_is_one_that_a_shell_can_read() {
    for cloud in ["global", "usgov", "china"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("grant.sh");
        std::fs::write(&file, output(&["--script", "azure-cli", "--optional", "--cloud", cloud])).unwrap();
        let checked = std::process::Command::new("sh").arg("-n").arg(&file).output().unwrap();
        assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
    }
}

#[test]
fn wrong_usage_is_refused_with_the_reason() {
    for arguments in [
        &["--optional"][..],
        &["--script", "bash"],
        &["--script", "azure-cli", "--cloud", "mars"],
        &["--script", "powershell", "--format", "json"],
    ] {
        let output = maascan().arg("permissions").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}
