//! `--plan FILE` and `--exclusions FILE`, end to end: what a user writes, and what comes of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Tenant, collected, files, maascan, rows, text};
use maascan::simulator::Settings;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The made-up tenant, collected once.
fn snapshot() -> &'static Path {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FILE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = collected(folder.path(), &[]);
        (folder, path)
    });
    path
}

/// Judges the tenant with one more argument and its file; the table, what was said on standard error, and the reports.
fn assess(argument: &str, name: &str, content: &str) -> (String, String, BTreeMap<String, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, content).unwrap();
    let out = folder.path().join("out");
    let mut command = maascan();
    command.arg("assess").arg(snapshot()).arg("--allow-incomplete").arg("--out").arg(&out).arg(argument).arg(&file);
    let output = command.assert().success().get_output().clone();
    (text(&output.stdout), text(&output.stderr), files(&out))
}

/// What is said of a file that is refused, with exit status 2.
fn refused(argument: &str, name: &str, content: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, content).unwrap();
    let output = maascan().arg("assess").arg(snapshot()).arg(argument).arg(&file).assert().code(2).get_output().clone();
    text(&output.stderr)
}

#[test]
fn a_planned_gate_shows_its_changes_beside_today() {
    let plan = "[[gate]]\nworkload = \"role\"\nfrom = 2027-01-15\n\n[[gate]]\nworkload = \"deviceDelete\"\n";
    let (table, _, files) = assess("--plan", "plan.toml", plan);
    assert!(table.contains("the plan changes ") && table.contains(" verdicts against today: "), "{table}");
    assert!(text(&files["summary.md"]).contains("By row, the plan changes "));
    assert!(table.contains("what the plan changes (") && text(&files["summary.md"]).contains("## What the plan changes"), "{table}");
    let json: serde_json::Value = serde_json::from_slice(&files["assessment.json"]).unwrap();
    let verdicts = json["verdicts"].as_array().unwrap();
    assert!(verdicts.iter().all(|verdict| verdict["verdict_today"].is_string()), "each beside that of today");
    assert!(verdicts.iter().any(|verdict| verdict["verdict_today"] != verdict["verdict"]));
    let automations = rows(&files["automations.csv"]);
    let changed: Vec<_> = automations.iter().filter(|row| row["verdict"] != row["verdict_today"]).collect();
    assert!(!changed.is_empty() && changed.iter().all(|row| ["role", "deviceDelete"].contains(&row["workload"].as_str())), "{changed:?}");
    let gates = rows(&files["gates.csv"]);
    assert!(gates.iter().any(|row| row["policy"] == "planned gate from 2027-01-15T00:00:00Z (plan, line 1)" && row["in_force"] == "no"));
}

#[test]
fn a_list_from_the_portal_settles_what_the_tenant_does_not_show() {
    let (_, _, before) = assess("--exclusions", "list.csv", "policy,app_id\nnobody's policy,11111111-1111-4111-8111-111111111111\n");
    let retire = |files: &BTreeMap<String, Vec<u8>>| {
        let rows = rows(&files["automations.csv"]);
        rows.into_iter().find(|row| row["workload"] == "deviceRetire" && row["exclusion"] == "unknown")
    };
    let found = retire(&before).unwrap();
    let list = format!("\u{feff}Policy name;Application ID\r\nDEVICE RETIREMENT;{}\r\n", found["app_id"].to_uppercase());
    let (_, _, after) = assess("--exclusions", "list.csv", &list);
    let automations = rows(&after["automations.csv"]);
    let mine = |row: &&BTreeMap<String, String>| row["app_id"] == found["app_id"] && row["workload"] == "deviceRetire";
    let row = automations.iter().find(mine).unwrap();
    assert_eq!((row["verdict"].as_str(), row["exclusion_source"].as_str()), ("excluded", "file"));
    assert_eq!(retire(&after), None, "the list is known now");
    let exclusions = rows(&after["exclusions.csv"]);
    assert!(exclusions.iter().any(|row| row["source"] == "file" && row["listed"] == "yes" && row["detail"] == "line 2"));
}

#[test]
fn what_the_list_and_the_tenant_say_differently_is_told() {
    let list = "policy,id\nnobody's policy,11111111-1111-4111-8111-111111111111\nDevice wipe,22222222-2222-4222-8222-222222222222\n";
    let (_, said, files) = assess("--exclusions", "list.csv", list);
    assert!(said.contains("exclusions file, line 2: no access policy"), "{said}");
    assert!(text(&files["summary.md"]).contains("no access policy") && text(&files["assessment.json"]).contains("no access policy"));
    let exclusions = rows(&files["exclusions.csv"]);
    let of: Vec<_> = exclusions.iter().filter(|row| row["listed_id"].starts_with("2222")).collect();
    let told: Vec<_> = of.iter().map(|row| (row["listed"].as_str(), row["source"].as_str(), row["state"].as_str())).collect();
    assert_eq!(told, [("yes", "file", "unresolved"), ("no", "policy", "unresolved")]);
}

#[test]
fn files_that_say_what_they_may_not_are_refused_before_anything_else() {
    let told = refused("--plan", "plan.toml", "[[gate]]\nworkload = \"apps\"\nplatfroms = []\n");
    assert!(told.contains("plan.toml:2: no such workload: apps") && told.contains("hint: did you mean app?"), "{told}");
    assert!(told.contains("plan.toml:3: unknown key of a gate: platfroms") && told.contains("did you mean platforms?"), "{told}");
    let told = refused("--exclusions", "list.csv", "policy,app_id\nDevice wipe,Nightly packager\n");
    assert!(told.contains("list.csv:2: not an id: Nightly packager") && told.contains("hint: "), "{told}");
    let missing = maascan().arg("assess").arg(snapshot()).args(["--plan", "no-such.toml"]).assert().code(2).get_output().clone();
    assert!(text(&missing.stderr).contains("cannot read no-such.toml"), "{}", text(&missing.stderr));
}

#[test]
fn ids_of_a_list_are_looked_up_where_the_tenant_is_read() {
    // Graph Explorer, which is in every directory and in nobody's scope, and nobody.
    const OUT_OF_SCOPE: &str = "de8bc8b5-d9f9-48b1-a8ad-b748da725064";
    const NOBODY: &str = "22222222-2222-4222-8222-222222222222";
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    std::fs::write(&list, format!("policy,app_id\nDevice retirement,{}\nDevice retirement,{NOBODY}\n", OUT_OF_SCOPE.to_uppercase()))
        .unwrap();
    let tenant = Tenant::start(Settings::default());
    let states = |out: &Path| -> BTreeMap<String, String> {
        let rows = rows(&files(out)["exclusions.csv"]);
        let listed = rows.into_iter().filter(|row| row["source"] == "file");
        listed.map(|row| (row["listed_id"].to_lowercase(), row["state"].clone())).collect()
    };
    let expected = BTreeMap::from([(OUT_OF_SCOPE.to_owned(), "active".to_owned()), (NOBODY.to_owned(), "unresolved".to_owned())]);
    let scanned = folder.path().join("scan");
    tenant.command("scan").arg("--allow-incomplete").arg("--exclusions").arg(&list).arg("--out").arg(&scanned).assert().success();
    assert_eq!(states(&scanned), expected);
    let assessed = |collecting: &[&Path], name: &str| {
        let (file, out) = (folder.path().join(format!("{name}.json.zst")), folder.path().join(name));
        let mut collect = tenant.command("collect");
        collect.arg("--allow-incomplete").arg("-o").arg(&file);
        for list in collecting {
            collect.arg("--exclusions").arg(list);
        }
        collect.assert().success();
        let mut assess = maascan();
        assess.arg("assess").arg(&file).arg("--allow-incomplete").arg("--exclusions").arg(&list).arg("--out").arg(&out);
        assess.assert().success();
        states(&out)
    };
    assert_eq!(assessed(&[&list], "with"), expected);
    assert_eq!(assessed(&[], "without")[OUT_OF_SCOPE], "unresolved", "not looked up, so not found");
    let missing = folder.path().join("missing.csv");
    let refused = tenant.command("collect").arg("--exclusions").arg(&missing).arg("-o").arg(folder.path().join("x")).assert().code(2);
    assert!(text(&refused.get_output().stderr).contains("missing.csv"));
}

#[test]
fn a_file_without_a_line_is_said_to_list_nothing_and_an_earlier_snapshot_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = collected(folder.path(), &[]);
    let (list, out) = (folder.path().join("list.csv"), folder.path().join("out"));
    std::fs::write(&list, "policy,app_id\n").unwrap();
    let mut earlier = maascan::snapshot::load(&snapshot).unwrap();
    earlier.taken_at -= chrono::TimeDelta::days(7);
    let before = folder.path().join("before.json.zst");
    maascan::snapshot::save(&earlier, &before).unwrap();
    let mut command = maascan();
    command.arg("assess").arg(&snapshot).args(["--allow-incomplete", "--exclusions"]).arg(&list);
    let said = command.arg("--baseline").arg(&before).arg("--out").arg(&out).assert().success().get_output().stderr.clone();
    assert!(text(&said).contains("list.csv lists no exclusion"), "{}", text(&said));
    let summary = std::fs::read_to_string(out.join("summary.md")).unwrap();
    assert!(summary.contains("earlier snapshot, of 2026-10-26T06:00:00Z"), "{summary}");
}
