//! Two runs a week apart: what changed in between is told, each thing once, and what did not change is not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod common;

use chrono::TimeDelta;
use common::{Tenant, maascan};
use maascan::simulator::{DEMO_TIME, Settings};
use serde_json::Value;
use std::path::Path;

/// Scans the tenant of a day and keeps the run.
fn scan(store: &Path, day: i64, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let tenant = Tenant::start(Settings { week_later: day >= 7, ..Settings::default() });
    let now = (DEMO_TIME + TimeDelta::days(day)).to_rfc3339();
    at(&tenant, &now).arg("--store").arg(store).args(arguments).assert()
}

/// A scan by another clock than that of the demo.
fn at(tenant: &Tenant, now: &str) -> assert_cmd::Command {
    let mut command = maascan();
    let origin = tenant.origin();
    command.args(["scan", "--graph-endpoint", &origin, "--login-endpoint", &origin, "--allow-incomplete", "--now", now]);
    tenant.sign_in(&mut command);
    command
}

/// The differences between the last two runs.
fn entries(store: &Path) -> Vec<Value> {
    let output = maascan().args(["diff", "--format", "json", "--store"]).arg(store).assert().success().get_output().stdout.clone();
    let document: Value = serde_json::from_slice(&output).unwrap();
    document["entries"].as_array().unwrap().clone()
}

/// Those of objects, not of what verdicts and findings make of them: topic, what, whose, which.
fn told(store: &Path) -> Vec<String> {
    let word = |entry: &Value, member: &str| entry[member].as_str().unwrap_or_default().to_owned();
    let objects = entries(store).into_iter().filter(|entry| !["finding", "verdict"].contains(&entry["topic"].as_str().unwrap()));
    objects.map(|entry| ["topic", "what", "name", "object"].map(|member| word(&entry, member)).join(" | ")).collect()
}

const CHANGED: [&str; 20] = [
    "exclusion | new | Windows apps need a second pair of eyes | Win32 packaging pipeline",
    "exclusion | gone | Configuration, all teams | VPN profile rotator",
    "credential | new | Baseline publisher | certificate …",
    "credential | new | Endpoint toolkit runner | federated credential nightly",
    "credential | new | Nebelhorn Patch Cloud | secret …",
    "credential | new | Software factory | secret …",
    "credential | gone | Lost device responder | secret …",
    "owner | new | Kiosk profile manager | …",
    "owner | new | Software factory | …",
    "owner | gone | Baseline publisher | …",
    "permission | new | Endpoint toolkit runner | DeviceManagementManagedDevices.ReadWrite.All",
    "permission | gone | Driver catalogue bot | DeviceManagementRBAC.ReadWrite.All",
    "role | new | Software factory | Intune Administrator",
    "role | changed | Endpoint operators | members",
    "access-policy | new | Roles need two | ",
    "access-policy | changed | Endpoint security | approver groups",
    "access-policy | changed | Retirement of devices | name",
    "approver | new | Endpoint change approvers | …",
    "approver | gone | Retirement approver | …",
    "conditional-access | changed | Packaging from the build network only | ",
];

#[test]
fn a_week_later_twenty_things_are_told_and_after_that_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("runs");
    scan(&store, 0, &["--fail-on", "new:low"]).success();
    let second = scan(&store, 7, &["--fail-on", "new:high"]).code(1);
    let told_now = told(&store);
    assert_eq!(told_now.len(), CHANGED.len(), "{told_now:#?}");
    for (told, expected) in told_now.iter().zip(CHANGED) {
        let fits = expected.strip_suffix('…').map_or(told == expected, |start| told.starts_with(start));
        assert!(fits, "{told} is not {expected}: {told_now:#?}");
    }
    let said = String::from_utf8_lossy(&second.get_output().stderr).into_owned();
    assert_eq!(said.matches(" is partial: ").count(), 1, "the policy that cannot be read, and nothing else: {said}");
    // What verdicts and findings make of it concerns these objects, or what follows from them, and nothing else.
    let follows = ["Device retirement", "Role assignment keeper", "approval request"];
    let known = |name: &str| follows.contains(&name) || told_now.iter().any(|told| told.split(" | ").any(|part| part == name));
    let names = entries(&store).into_iter().map(|entry| entry["name"].as_str().unwrap().to_owned());
    let strange: Vec<String> = names.filter(|name| !known(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    // Who took the application off the list, and when.
    let gone = entries(&store).into_iter().find(|entry| entry["topic"] == "exclusion" && entry["what"] == "gone").unwrap();
    assert!(gone["by"].as_str().unwrap().ends_with("@lindenhof-logistik.example"), "{gone}");
    assert_eq!(gone["at"], "2026-11-05T06:00:00Z");
    // An hour later nothing has changed, and the run is silent about changes.
    let tenant = Tenant::start(Settings { week_later: true, ..Settings::default() });
    let now = (DEMO_TIME + TimeDelta::days(7) + TimeDelta::hours(1)).to_rfc3339();
    let report = folder.path().join("report");
    let mut third = at(&tenant, &now);
    third.args(["--fail-on", "new:low", "--store"]).arg(&store).arg("--out").arg(&report);
    // Nobody listens there, so a notice that is tried is a warning.
    let said = third.env("MAASCAN_NOTIFY_URL", "http://127.0.0.1:9/hook").assert().success().get_output().stderr.clone();
    assert!(!String::from_utf8_lossy(&said).contains("notice"), "{}", String::from_utf8_lossy(&said));
    assert_eq!(entries(&store), Vec::<Value>::new());
    let page = std::fs::read_to_string(report.join("report.html")).unwrap();
    for said in ["Nothing is different", "Over the runs that are kept", "3 runs, from 2026-11-02 to 2026-11-09", "<svg class=\"t\""] {
        assert!(page.contains(said), "{said}");
    }
    // The second run found an exclusion more, and the third said so again.
    let (_, row) = page.split_once(">exclusions<").unwrap();
    let numbers: Vec<&str> = row.split("</tr>").next().unwrap().split("<td>").skip(2).collect();
    let exclusions = format!("{numbers:?}");
    assert!(numbers.len() == 4 && !exclusions.contains("unknown"), "{exclusions}");
}
