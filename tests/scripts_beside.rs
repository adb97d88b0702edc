//! Scripts beside a tenant: joined to its applications, told in its verdicts, named in coverage.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{collected, files, maascan, rows, text};
use std::collections::BTreeMap;
use std::fs;
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

type Row = BTreeMap<String, String>;

/// Rows of `automations.csv`, all files, and standard error.
fn assess(arguments: &[&str]) -> (Vec<Row>, BTreeMap<String, Vec<u8>>, String) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = maascan();
    command.arg("assess").arg(snapshot()).arg("--allow-incomplete").arg("--out").arg(&out);
    let output = command.args(arguments).assert().success().get_output().clone();
    let files = files(&out);
    (rows(&files["automations.csv"]), files, text(&output.stderr))
}

fn verdict<'j>(json: &'j serde_json::Value, app_id: &str, workload: &str) -> &'j serde_json::Value {
    let all = json["verdicts"].as_array().unwrap();
    all.iter().find(|verdict| verdict["app_id"] == app_id && verdict["workload"] == workload).unwrap()
}

const BEGIN: &str = "Connect-MgGraph -Identity\n$uri = 'https://graph.microsoft.com/beta/deviceManagement/deviceManagementScripts'\n";
const WRITE: &str = "Invoke-MgGraphRequest -Method POST -Uri $uri -Body $body\n";

/// An automation that may write a gated workload, and was not seen to.
fn silent(rows: &[Row]) -> &Row {
    rows.iter().find(|row| row["verdict"] == "at-risk" && row["workload"] == "script" && row["evidence_grade"] == "sign-in").unwrap()
}

#[test]
fn a_script_is_its_application_s_by_the_client_id_in_it_or_by_the_map() {
    let (before, ..) = assess(&["--plan", "all"]);
    let row = silent(&before);
    let id = &row["app_id"];
    let folder = tempfile::tempdir().unwrap();
    let scripts = folder.path().join("runbooks");
    fs::create_dir(&scripts).unwrap();
    fs::write(scripts.join("by-id.ps1"), format!("$clientId = '{id}'\n{BEGIN}{WRITE}")).unwrap();
    fs::write(scripts.join("by-map.ps1"), format!("{BEGIN}\n\n{WRITE}")).unwrap();
    fs::write(scripts.join("nobody.ps1"), format!("{BEGIN}{WRITE}")).unwrap();
    fs::write(scripts.join("reads.ps1"), "Invoke-MgGraphRequest -Uri $uri\n").unwrap();
    let map = folder.path().join("map.csv");
    fs::write(&map, format!("script,app_id\nrunbooks/by-map.ps1,{id}\nrunbooks/gone.ps1,{id}\n")).unwrap();
    let arguments = ["--plan", "all", "--scripts", scripts.to_str().unwrap(), "--map", map.to_str().unwrap()];
    let (now, reports, _) = assess(&arguments);
    let after = now.iter().find(|one| one["app_id"] == *id && one["workload"] == "script").unwrap();
    assert_eq!((after["verdict"].as_str(), after["evidence_grade"].as_str()), ("at-risk", "script-write"), "it was not seen to run");
    assert!(after["next_step"].contains("its script writes") && after["next_step"].contains("line 4"), "{}", after["next_step"]);
    let json: serde_json::Value = serde_json::from_slice(&reports["assessment.json"]).unwrap();
    let verdict = verdict(&json, id, "script");
    let found: Vec<(&str, u64, &str)> = verdict["scripts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["path"].as_str().unwrap().rsplit('/').next().unwrap(), one["line"].as_u64().unwrap(), one["joined_by"].as_str().unwrap())
        })
        .collect();
    assert_eq!(found, [("by-id.ps1", 4, "client-id"), ("by-map.ps1", 5, "map")]);
    assert_eq!(verdict["scripts"][0]["auth"], "app");
    let read = &json["scripts"];
    assert_eq!((&read["files"], &read["writing"], &read["applications"]), (&4.into(), &3.into(), &1.into()));
    assert!(read["unjoined"][0].as_str().unwrap().ends_with("nobody.ps1"));
    assert!(json["unplaced"].to_string().contains("no script that was read is runbooks/gone.ps1"));
    let coverage = rows(&reports["coverage.csv"]).into_iter().find(|row| row["dataset"] == "scripts").unwrap();
    assert_eq!((coverage["state"].as_str(), coverage["items"].as_str()), ("complete", "4"));
    assert!(coverage["detail"].contains("1 script that writes is of no application that is known"), "{}", coverage["detail"]);
    assert!(text(&reports["report.html"]).contains("Scripts: 4 read, 3 of them write"));
    // What scripts say changes no count of what was seen.
    for one in &before {
        let same = now.iter().find(|row| row["app_id"] == one["app_id"] && row["workload"] == one["workload"]).unwrap();
        for column in ["verdict", "writes", "blocked_calls", "first_write", "last_write"] {
            assert_eq!(one[column], same[column], "{} {column}", one["automation"]);
        }
    }
}

#[test]
fn a_person_s_script_is_no_evidence() {
    let (before, ..) = assess(&["--plan", "all"]);
    let id = &silent(&before)["app_id"];
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("a.ps1");
    let write = BEGIN.replace("-Identity", "-Scopes 'DeviceManagementConfiguration.ReadWrite.All' -UseDeviceCode") + WRITE;
    fs::write(&script, format!("$clientId = '{id}'\n{write}")).unwrap();
    let (now, ..) = assess(&["--plan", "all", "--scripts", script.to_str().unwrap()]);
    assert_eq!(before, now);
}

#[test]
fn scripts_that_cannot_be_read_whole_are_told_and_are_not_clean() {
    let folder = tempfile::tempdir().unwrap();
    let scripts = folder.path().join("runbooks");
    fs::create_dir(&scripts).unwrap();
    let run = |paths: &Path| {
        let out = folder.path().join("out");
        let output = maascan().arg("assess").arg(snapshot()).arg("--scripts").arg(paths).arg("--out").arg(&out).output().unwrap();
        let row = rows(&files(&out)["coverage.csv"]).into_iter().find(|row| row["dataset"] == "scripts").unwrap();
        (output.status.code(), text(&output.stderr), row["state"].clone())
    };
    let (status, said, state) = run(&scripts);
    assert_eq!((status, state.as_str()), (Some(3), "unavailable"), "an empty folder says nothing");
    assert!(said.contains("warning: scripts: no script was found"), "{said}");
    fs::write(scripts.join("a.ps1"), format!("{BEGIN}{WRITE}")).unwrap();
    fs::write(scripts.join("big.ps1"), " ".repeat(5 * 1024 * 1024)).unwrap();
    let (status, said, state) = run(&scripts);
    assert_eq!((status, state.as_str()), (Some(3), "partial"));
    assert!(said.contains("larger than what is read") && said.contains("big.ps1"), "{said}");
}

#[test]
fn wrong_use_is_refused_before_the_work_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("map.csv");
    let (map_path, here) = (map.to_str().unwrap(), folder.path().to_str().unwrap());
    let refused = |arguments: &[&str]| {
        let output = maascan().arg("assess").arg(snapshot()).args(arguments).assert().code(2).get_output().clone();
        text(&output.stderr)
    };
    assert!(refused(&["--scripts", "does/not/exist"]).contains("no such file or folder"));
    assert!(refused(&["--map", map_path]).contains("--scripts"), "a map of nothing");
    assert!(refused(&["--scripts", here, "--map", map_path]).contains("cannot read map of scripts"));
    fs::write(&map, "name;id\n").unwrap();
    assert!(refused(&["--scripts", here, "--map", map_path]).contains("hint: its first line is script,app_id"));
    fs::write(&map, "script,app_id\na.ps1,not-an-id\n").unwrap();
    assert!(refused(&["--scripts", here, "--map", map_path]).contains("line 2"));
}

#[test]
fn collected_scripts_are_kept_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (before, ..) = assess(&["--plan", "all"]);
    let id = &silent(&before)["app_id"];
    let script = folder.path().join("a.ps1");
    fs::write(&script, format!("$clientId = '{id}'\n{BEGIN}{WRITE}")).unwrap();
    let kept = collected(folder.path(), &["--scripts", script.to_str().unwrap()]);
    let scripts = maascan::snapshot::load(&kept).unwrap().scripts.unwrap();
    assert_eq!((scripts.files.len(), scripts.reading.files), (1, 1));
    let explained =
        maascan().args(["explain", id, "--snapshot"]).arg(&kept).args(["--plan", "all"]).assert().success().get_output().clone();
    let told = text(&explained.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("its script writes it:") && told.contains("[scripts]"), "{told}");
}
