//! The demo, end to end: what a new user sees first.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use assert_cmd::Command;
use common::{files, maascan, rows, text};
use maascan::simulator::{PLANTED_HINT, PLANTED_SECRET, Settings, planted};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn demo(out: &Path) -> Command {
    let mut command = maascan();
    command.arg("demo").arg("--out").arg(out);
    command
}

/// A demo run: what it printed, and its files.
fn run() -> (String, BTreeMap<String, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let shown = demo(folder.path()).assert().success().get_output().stdout.clone();
    (text(&shown), files(folder.path()))
}

#[test]
fn it_shows_the_headline_and_writes_every_report() {
    let (shown, files) = run();
    let headline = shown.lines().next().unwrap_or_default();
    assert!(headline.contains("automations can write to Intune; ") && headline.contains(" break, "), "{headline}");
    assert!(headline.contains(" are excluded, ") && headline.ends_with(" unknown"), "{headline}");
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        "assessment.json",
        "automations.csv",
        "coverage.csv",
        "credentials.csv",
        "exclusions.csv",
        "exposures.csv",
        "findings.csv",
        "findings.sarif",
        "gates.csv",
        "manifest.json",
        "report.html",
        "summary.md",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(run(), run());
}

/// Set to write the sample reports anew after a change that is meant.
const UPDATE: &str = "UPDATE_SAMPLES";

#[test]
fn the_sample_reports_are_the_demos() {
    let samples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sample-reports");
    if std::env::var_os(UPDATE).is_some() {
        demo(&samples).assert().success();
    }
    let mut committed = files(&samples);
    committed.remove("README.md");
    // Not the demo's: tests/browser.rs takes the picture and knows when it is old.
    committed.remove("report.png");
    let (_, fresh) = run();
    assert_eq!(committed.keys().collect::<Vec<_>>(), fresh.keys().collect::<Vec<_>>());
    for (name, bytes) in &fresh {
        assert!(committed[name] == *bytes, "sample-reports/{name} is not what the demo writes: run the tests with {UPDATE}=1");
    }
}

#[test]
fn the_front_page_shows_what_the_demo_shows() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let (shown, _) = run();
    let picture: String = shown.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("```text\n").unwrap();
    let (_, after) = rest.split_once("```\n").unwrap();
    let expected = format!("{before}```text\n{picture}```\n{after}");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert!(readme == expected, "README.md does not show what the demo shows: run the tests with {UPDATE}=1");
    }
}

#[test]
fn every_planted_case_gets_its_verdict() {
    let (_, files) = run();
    let tenant = common::Tenant::start(Settings::default());
    let automations = rows(&files["automations.csv"]);
    let mut wrong = Vec::new();
    let mut checked = 0;
    for case in planted() {
        let app_id = tenant.app_id_of(case.name);
        let shared = planted().iter().filter(|other| other.name == case.name).count() > 1;
        for (workload, verdict) in &case.expected {
            let found: Vec<&str> = automations
                .iter()
                .filter(|row| row["workload"] == *workload)
                .filter(|row| if shared { row["automation"] == case.name } else { row["app_id"] == app_id })
                .map(|row| row["verdict"].as_str())
                .collect();
            checked += 1;
            if found != [*verdict] {
                wrong.push(format!("{:?} on {workload}: expected {verdict}, got {found:?} ({})", case.name, case.what));
            }
        }
    }
    assert!(checked > 50, "only {checked} planted expectations");
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}

fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn every_verdict_occurs_more_than_once() {
    let (_, files) = run();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(&files["automations.csv"]) {
        *counts.entry(row["verdict"].clone()).or_default() += 1;
    }
    for verdict in ["unknown", "not-gated", "excluded", "handshake", "blocked", "passes", "breaks", "at-risk", "dormant"] {
        assert!(counts.get(verdict).is_some_and(|count| *count > 1), "{verdict}: {counts:?}");
    }
}

#[test]
fn every_rule_finds_something() {
    let (_, files) = run();
    let findings = rows(&files["findings.csv"]);
    let list = maascan().args(["rules", "list"]).assert().success().get_output().stdout.clone();
    let shown = |id: &str| findings.iter().any(|row| row["rule_id"] == id && row["status"] == "open");
    let listed = text(&list);
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).filter(|id| id.contains('-')).collect();
    // tests/fixture_tenants.rs has a tenant for each of the others.
    let quiet: Vec<&str> = ids.iter().copied().filter(|id| !shown(id)).collect();
    assert!(quiet.len() * 3 < ids.len(), "the demo shows too little: {quiet:?}");
    assert!(findings.iter().any(|row| row["status"] == "undetermined"), "the vendor's keys are out of reach, so something is undetermined");
}

#[test]
fn hostile_names_come_out_harmless() {
    let (shown, files) = run();
    let markdown = text(&files["summary.md"]);
    for (what, text) in [("table", shown.as_str()), ("Markdown", markdown.as_str())] {
        let odd = text.chars().find(|letter| (letter.is_control() && *letter != '\n') || is_direction(*letter));
        assert_eq!(odd, None, "{what} holds a control character or a direction override");
    }
    assert!(!markdown.contains("<img") && !markdown.contains("](http"), "Markdown holds live markup of a display name");
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".csv")) {
        for row in rows(bytes) {
            for (column, cell) in row {
                let first = cell.trim_start().chars().next();
                assert!(!first.is_some_and(|letter| "=+-@＝＋－＠".contains(letter)), "{name}, {column}: {cell}");
                assert!(!cell.chars().any(|letter| letter.is_control() || is_direction(letter)), "{name}, {column}: {cell:?}");
            }
        }
    }
    let automations = rows(&files["automations.csv"]);
    assert!(automations.iter().any(|row| row["automation"].starts_with("'=")), "the formula name is in the tenant");
    assert!(automations.iter().any(|row| row["automation"].chars().count() > 9_000), "the long name is in the tenant");
}

#[test]
fn no_secret_and_no_property_value_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let output = demo(&folder.path().join("out")).arg("-vv").assert().success().get_output().clone();
    let tenant = common::Tenant::start(Settings::default());
    let snapshot = folder.path().join("tenant.json");
    let collected =
        tenant.command("collect").arg("-vv").arg("-o").arg(&snapshot).arg("--allow-incomplete").assert().success().get_output().clone();
    let unpacked = zstd::decode_all(std::fs::File::open(&snapshot).unwrap()).unwrap();
    let mut texts: Vec<(String, Vec<u8>)> = files(&folder.path().join("out")).into_iter().collect();
    texts.extend([
        ("snapshot".to_owned(), unpacked),
        ("log of demo".to_owned(), output.stderr),
        ("log of collect".to_owned(), collected.stderr),
    ]);
    texts.push(("table".to_owned(), output.stdout));
    let mut command = maascan();
    tenant.sign_in(&mut command);
    let secret = command.get_envs().find(|(name, _)| *name == "AZURE_CLIENT_SECRET").and_then(|(_, value)| value).unwrap();
    let secret = secret.to_str().unwrap().to_owned();
    for (name, bytes) in texts {
        let text = String::from_utf8_lossy(&bytes);
        for planted in [PLANTED_SECRET, PLANTED_HINT, secret.as_str(), "\"hint\"", "eyJ"] {
            assert!(!text.contains(planted), "{name} holds {planted}");
        }
    }
}

#[test]
fn the_manifest_vouches_for_every_file() {
    use sha2::{Digest, Sha256};
    let (_, files) = run();
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let listed = manifest["files"].as_array().unwrap();
    assert_eq!(listed.len(), files.len() - 1);
    for file in listed {
        let bytes = &files[file["name"].as_str().unwrap()];
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(file["sha256"], hash);
        assert_eq!(file["bytes"], bytes.len());
        if file["name"].as_str().unwrap().ends_with(".csv") {
            assert_eq!(file["rows"], rows(bytes).len());
        }
    }
}

#[test]
fn drafts_left_behind_a_gate_are_told_as_the_trace_of_a_refused_publish() {
    let (_, files) = run();
    let assessment: serde_json::Value = serde_json::from_slice(&files["assessment.json"]).unwrap();
    let mine = |verdict: &&serde_json::Value| verdict["automation"] == "Release drop folder" && verdict["workload"] == "app";
    let verdict = assessment["verdicts"].as_array().unwrap().iter().find(mine).unwrap();
    assert_eq!((verdict["verdict"].as_str(), verdict["confidence"].as_str()), (Some("blocked"), Some("low")));
    assert!(verdict.to_string().contains("4 apps that it began behind the gate were never published"), "{verdict}");
    let told = |verdict: &&serde_json::Value| verdict.to_string().contains("apps that it began behind the gate");
    let others = assessment["verdicts"].as_array().unwrap().iter().filter(told).count();
    assert_eq!(others, 1, "of others nothing of the kind is said");
}

#[test]
fn licences_and_rights_of_approvers_are_found_missing_ruled_out_and_unknown() {
    let (_, files) = run();
    let problems: BTreeMap<String, String> =
        rows(&files["gates.csv"]).into_iter().map(|row| (row["policy"].clone(), row["problems"].clone())).collect();
    let of = |policy: &str| problems[policy].as_str();
    assert!(of("Scripts and remediations").contains("unlicensed-approver: an approver has no licence"), "{problems:#?}");
    assert!(of("Scripts and remediations").contains("approver-lacks-read: cannot be told"), "{problems:#?}");
    assert!(of("Configuration, all teams").contains("approver-lacks-read: its Intune roles do not let it read"), "{problems:#?}");
    let apps = of("Windows apps need a second pair of eyes");
    assert!(!apps.contains("unlicensed-approver") && !apps.contains("approver-lacks-read"), "{apps}");
}

#[test]
fn every_column_of_every_file_is_explained() {
    let (_, files) = run();
    let dictionary = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-reports/README.md")).unwrap();
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".csv")) {
        let (_, section) = dictionary.split_once(&format!("## {name}:")).unwrap_or_else(|| panic!("{name} is not explained"));
        let section = section.split("\n## ").next().unwrap();
        let explained: Vec<&str> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| "))
            .filter_map(|line| line.split(" | ").next())
            .flat_map(|names| names.split(", "))
            .collect();
        for column in csv::Reader::from_reader(bytes.as_slice()).headers().unwrap() {
            assert!(explained.contains(&column), "{name}: {column} is not explained");
        }
    }
}
