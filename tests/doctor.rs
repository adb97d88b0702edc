//! `maascan doctor` against the made-up tenant: what can be read, what cannot, and what each gap costs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Tenant, text};
use maascan::simulator::{Fault, FaultKind, Settings, TokenRoles};
use serde_json::Value;
use std::process::Output;

fn doctor(settings: Settings, arguments: &[&str]) -> (Output, Tenant) {
    let tenant = Tenant::start(settings);
    let mut command = common::maascan();
    command.arg("doctor").args(["--graph-endpoint", &tenant.origin(), "--login-endpoint", &tenant.origin()]).args(arguments);
    tenant.sign_in(&mut command);
    (command.output().unwrap(), tenant)
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The datasets that cannot be read, each with its gap and permission.
fn gaps(json: &Value) -> Vec<(String, String, String)> {
    let rows = json["datasets"].as_array().unwrap().iter().filter(|row| row["readable"] == false);
    let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.map(|row| (word(row, "dataset"), word(row, "gap"), word(row, "permission"))).collect()
}

#[test]
fn with_every_permission_all_is_readable_with_one_request_each() {
    let (output, tenant) = doctor(Settings::default(), &["--format", "json"]);
    assert_eq!(gaps(&json(&output)), [], "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
    let graph: Vec<_> = tenant.requests().into_iter().filter(|request| !request.path_and_query.contains("/oauth2/")).collect();
    assert_eq!(graph.len(), json(&output)["datasets"].as_array().unwrap().len());
    assert!(graph.iter().all(|request| request.method == "GET"), "{graph:?}");
}

#[test]
fn each_permission_that_is_missing_is_named_with_what_it_costs() {
    let (output, _) = doctor(Settings::default(), &["--format", "json"]);
    let all: Vec<String> =
        json(&output)["datasets"].as_array().unwrap().iter().map(|row| row["permission"].as_str().unwrap().to_owned()).collect();
    let permissions: std::collections::BTreeSet<&String> = all.iter().collect();
    // Directory.Read.All reads much of what the others read, so that nothing of them is missing while it is there.
    const WIDE: &str = "Directory.Read.All";
    for missing in &permissions {
        let roles = TokenRoles::Only(
            permissions.iter().filter(|name| name != &missing && name.as_str() != WIDE).map(|name| (*name).clone()).collect(),
        );
        let (output, _) = doctor(Settings { token_roles: roles, ..Settings::default() }, &["--format", "json"]);
        let found = gaps(&json(&output));
        assert!(found.iter().any(|(_, gap, permission)| gap == "permission" && permission == *missing), "{missing}: {found:?}");
        assert!(found.iter().all(|(_, _, permission)| permission == *missing || permission == WIDE), "{missing}: {found:?}");
    }
}

#[test]
fn a_gap_ends_with_status_3_and_says_what_is_blind() {
    let roles = TokenRoles::Only(vec!["Application.Read.All".to_owned()]);
    let (output, _) = doctor(Settings { token_roles: roles, ..Settings::default() }, &[]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{shown}");
    for expected in ["every verdict is unknown", "missing: DeviceManagementRBAC.Read.All", "maascan permissions", "excluded-app-inactive"] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}

#[test]
fn a_tenant_without_the_licence_is_told_from_one_without_the_permission() {
    let fault = Fault::new("/reports/", FaultKind::NotLicensed).always();
    let (output, _) = doctor(Settings { faults: vec![fault], ..Settings::default() }, &["--format", "json"]);
    let found = gaps(&json(&output));
    assert_eq!(
        found.iter().map(|(dataset, gap, _)| (dataset.as_str(), gap.as_str())).collect::<Vec<_>>(),
        [("sign-in-activity", "licence"), ("credential-activity", "licence")]
    );
}

#[test]
fn a_national_cloud_is_not_asked_for_what_it_lacks() {
    let (output, tenant) = doctor(Settings::default(), &["--format", "json", "--cloud", "china"]);
    let found = gaps(&json(&output));
    assert!(found.iter().all(|(_, gap, _)| gap == "cloud") && found.len() == 3, "{found:?}");
    assert!(!tenant.requests().iter().any(|request| request.path_and_query.contains("/reports/")));
}

#[test]
fn a_sign_in_that_is_refused_ends_with_status_4_and_a_hint() {
    let tenant = Tenant::start(Settings::default());
    let mut command = common::maascan();
    command.arg("doctor").args(["--graph-endpoint", &tenant.origin(), "--login-endpoint", &tenant.origin()]);
    tenant.sign_in(&mut command);
    let output = command.env("AZURE_CLIENT_SECRET", "not-the-secret").output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("hint: ") && output.stdout.is_empty());
}
