//! `maascan explain`, end to end: the chain of one automation for each verdict, as an admin reads it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Tenant, collected, maascan, text};
use maascan::simulator::{Settings, TokenRoles};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The made-up tenant, collected once.
fn snapshot() -> &'static Path {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FILE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = collected(folder.path(), &["--sign-ins"]);
        (folder, path)
    });
    path
}

fn explain(arguments: &[&str]) -> String {
    let output = maascan().arg("explain").args(arguments).arg("--snapshot").arg(snapshot()).assert().success().get_output().clone();
    text(&output.stdout)
}

/// What is said of arguments that are refused, with exit status 2.
fn refused(arguments: &[&str]) -> String {
    text(&maascan().arg("explain").args(arguments).arg("--snapshot").arg(snapshot()).assert().code(2).get_output().stderr)
}

/// One automation and workload for each verdict.
const EACH: [(&str, &str, &str); 9] = [
    ("blocked", "Remediation publisher", "script"),
    ("breaks", "Win32 packaging pipeline", "app"),
    ("at-risk", "Driver catalogue bot", "operationApprovalPolicy"),
    ("passes", "Configuration drift corrector", "configurationPolicy"),
    ("unknown", "Device category tagger", "tenantConfiguration"),
    ("excluded", "Baseline publisher", "configurationPolicy"),
    ("handshake", "Change-approved script publisher", "script"),
    ("dormant", "Fleet report builder", "script"),
    ("not-gated", "Mac app publisher", "app"),
];

#[test]
fn it_reads_like_this_for_each_verdict() {
    for (verdict, name, workload) in EACH {
        let shown = explain(&[name, workload]);
        assert!(shown.contains(&format!("{workload}: {verdict} (")), "{shown}");
        insta::assert_snapshot!(verdict, shown);
    }
}

#[test]
fn drafts_left_behind_read_like_this() {
    insta::assert_snapshot!("drafts", explain(&["Release drop folder", "app"]));
}

#[test]
fn json_says_the_same_and_names_its_format() {
    for (verdict, name, workload) in EACH {
        let value: serde_json::Value = serde_json::from_str(&explain(&[name, workload, "--format", "json"])).unwrap();
        assert_eq!((value["format"].as_str(), value["version"].as_u64()), (Some("maascan.explanation"), Some(1)));
        let chain = &value["workloads"][0];
        assert_eq!((chain["verdict"].as_str(), chain["workload"].as_str()), (Some(verdict), Some(workload)));
        let links = chain["links"].as_array().unwrap().iter().chain(value["links"].as_array().unwrap());
        for statement in links.flat_map(|link| link["statements"].as_array().unwrap()) {
            for key in statement["citations"].as_array().unwrap() {
                assert!(value["sources"][key.as_str().unwrap()].is_string(), "{key} is not explained");
            }
        }
    }
}

#[test]
fn every_automation_can_be_explained_and_its_verdicts_are_those_of_the_assessment() {
    let report = maascan().arg("assess").arg(snapshot()).args(["--allow-incomplete", "--format", "csv"]).assert().success();
    let rows = common::rows(&report.get_output().stdout);
    let mut apps: Vec<&str> = rows.iter().map(|row| row["app_id"].as_str()).collect();
    apps.dedup();
    for app_id in apps.iter().take(25) {
        let value: serde_json::Value = serde_json::from_str(&explain(&[app_id, "--format", "json"])).unwrap();
        for chain in value["workloads"].as_array().unwrap() {
            let row = rows.iter().find(|row| row["app_id"] == *app_id && row["workload"] == chain["workload"].as_str().unwrap()).unwrap();
            assert_eq!(
                (row["verdict"].as_str(), row["confidence"].as_str()),
                (chain["verdict"].as_str().unwrap(), chain["confidence"].as_str().unwrap())
            );
        }
    }
}

#[test]
fn a_hostile_name_steers_nothing() {
    let names = ["=HYPERLINK(\"http://evil.example\",\"x\")", "<img src=x onerror=alert(1)>", "[31mred[0m alert"];
    for name in names {
        let shown = explain(&[name]);
        assert!(shown.chars().all(|letter| letter == '\n' || !letter.is_control()), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    }
}

#[test]
fn a_plan_is_explained_beside_today() {
    let shown = explain(&["Mac app publisher", "app", "--plan", "all"]);
    assert!(shown.contains("Mac app publisher"), "{shown}");
    let changed = explain(&["Role assignment keeper", "--plan", "all"]);
    assert!(changed.contains("without the plan: ") || changed.contains("(plan"), "{changed}");
}

#[test]
fn what_cannot_be_explained_is_refused_with_what_to_write_instead() {
    let twins = refused(&["Intune Automation"]);
    assert!(twins.contains("2 applications are called Intune Automation") && twins.matches("service principal").count() == 2, "{twins}");
    let near = refused(&["Win32 packaging"]);
    assert!(
        near.contains("no application that was read has this id or name: Win32 packaging") && near.contains("Win32 packaging pipeline 2 ("),
        "{near}"
    );
    let workload = refused(&["Win32 packaging pipeline", "apps"]);
    assert!(workload.contains("no such workload: apps") && workload.contains("did you mean app?"), "{workload}");
    let other = refused(&["Win32 packaging pipeline", "role"]);
    assert!(other.contains("it has no verdict on role") && other.contains("it has one on: app"), "{other}");
    let window = refused(&["Win32 packaging pipeline", "--days", "365"]);
    assert!(window.contains("reaches further back"), "{window}");
}

#[test]
fn a_tenant_is_read_and_explained_as_its_snapshot_is() {
    let tenant = Tenant::start(Settings::default());
    let live = |arguments: &[&str]| {
        let output = tenant.command("explain").args(arguments).assert().success().get_output().clone();
        text(&output.stdout)
    };
    for (_, name, workload) in &EACH[..3] {
        assert_eq!(live(&[name, workload, "--sign-ins", "--allow-incomplete"]), explain(&[name, workload]), "{name}");
    }
    // Graph Explorer is in every directory and in nobody's scope; named by its id it is looked up.
    let shown = live(&["de8bc8b5-d9f9-48b1-a8ad-b748da725064", "--allow-incomplete"]);
    assert!(shown.contains("Graph Explorer"), "{shown}");
    let incomplete = tenant.command("explain").arg("Mac app publisher").assert().code(3).get_output().clone();
    assert!(text(&incomplete.stdout).contains("Mac app publisher") && text(&incomplete.stderr).contains("--allow-incomplete makes it 0"));
    let unknown = tenant.command("explain").arg("Nightly nonsense").assert().code(2).get_output().clone();
    assert!(text(&unknown.stderr).contains("write its app id, or add --inventory full"), "{}", text(&unknown.stderr));
}

#[test]
fn it_says_what_one_more_permission_would_settle() {
    let all = ["Application.Read.All", "DeviceManagementRBAC.Read.All", "AuditLog.Read.All", "GroupMember.Read.All", "Policy.Read.All"];
    let only = TokenRoles::Only(all.iter().map(|role| (*role).to_owned()).collect());
    let tenant = Tenant::start(Settings { token_roles: only, ..Settings::default() });
    let output = tenant.command("explain").args(["Driver catalogue bot", "--allow-incomplete"]).assert().success().get_output().clone();
    let flat = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("granting DeviceManagementApps.Read.All to the scan would let audit-events be read"), "{flat}");
}

#[test]
fn what_is_written_the_wrong_way_round_is_told() {
    let file = snapshot().to_str().unwrap();
    let before = text(&maascan().args(["explain", file, "Mac app publisher"]).assert().code(2).get_output().stderr);
    assert!(before.contains("not an application but a file") && before.contains("--snapshot"), "{before}");
    let both = ["explain", "Mac app publisher", "--snapshot", file, "--graph-endpoint", "http://127.0.0.1:9"];
    let both = text(&maascan().args(both).assert().code(2).get_output().stderr);
    assert!(both.contains("cannot be used with"), "{both}");
    let absent = text(&maascan().args(["explain", "x", "--snapshot", "absent.json.zst"]).assert().code(2).get_output().stderr);
    assert!(absent.contains("absent.json.zst"), "{absent}");
}
