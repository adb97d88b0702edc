//! A service that means ill, or is broken: the run ends, says what it could not read, and gives nothing secret away.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use assert_cmd::Command;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Tenant, files, maascan, rows, text};
use maascan::collect::{self, Silent};
use maascan::graph::{Client, Cloud, Credential, Endpoints, RetryPolicy};
use maascan::simulator::{DEMO_TIME, Fault, FaultKind, Settings};
use maascan::snapshot::{self, Dataset, Gap, Snapshot};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use wiremock::matchers::{any, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const SECRET: &str = "hostile~Secret.of-the/application+8Qx";
const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";

fn endless(path: &str, kind: FaultKind) -> Fault {
    Fault::new(path, kind).always()
}

/// Reads a tenant as the binary does, but without its waits, which would add up to minutes.
fn collected(faults: Vec<Fault>) -> Snapshot {
    let tenant = Tenant::start(Settings { faults, ..Settings::default() });
    let mut settings = maascan::graph::Settings::new(DEMO_TIME);
    settings.retry = RetryPolicy { scale: 0.000_1, ..RetryPolicy::default() };
    let endpoints = Endpoints::new(Cloud::Global, Some(&tenant.origin()), Some(&tenant.origin())).unwrap();
    let mut command = Command::new("unused");
    tenant.sign_in(&mut command);
    let variable = |name: &str| {
        let (_, value) = command.get_envs().find(|(key, _)| *key == name)?;
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let credential = Credential::from_lookup(variable).unwrap();
    let scope_app_roles = maascan::catalogue::Catalogue::builtin().unwrap().scope_app_roles();
    let options = collect::Options::usual(DEMO_TIME, scope_app_roles);
    tenant.runtime().block_on(async {
        let client = Client::connect(endpoints, credential, settings).await.unwrap();
        collect::collect(&client, &options, &Silent).await.unwrap()
    })
}

/// What the binary makes of a snapshot: the rows of `coverage.csv`, and what it says.
fn assessed(snapshot: &Snapshot) -> (Vec<std::collections::BTreeMap<String, String>>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json.zst");
    snapshot::save(snapshot, &file).unwrap();
    let out = folder.path().join("report");
    let output = maascan().arg("assess").arg(&file).arg("--out").arg(&out).assert().code(3).get_output().clone();
    (rows(&files(&out)["coverage.csv"]), text(&output.stderr))
}

#[test]
fn refusal_without_end_and_lists_that_break_off_end_as_named_gaps() {
    let begun = Instant::now();
    let snapshot = collected(vec![
        endless("/auditEvents", FaultKind::TooManyRequests { retry_after: Some(0) }),
        endless("/operationApprovalRequests", FaultKind::RepeatedNextLink),
        endless("/servicePrincipalSignInActivities", FaultKind::TruncatedList),
    ]);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(matches!(snapshot.coverage_of(Dataset::AuditEvents).gap(), Some(Gap::Throttled { .. })));
    let (coverage, said) = assessed(&snapshot);
    for (dataset, state, gap, detail) in [
        ("audit-events", "unavailable", "throttled", "more such spans not tried"),
        ("approval-requests", "partial", "failed", "list was cut: link to the next page repeats"),
        ("sign-in-activity", "unavailable", "failed", "answer was cut"),
    ] {
        let row = coverage.iter().find(|row| row["dataset"] == dataset).unwrap();
        assert_eq!((row["state"].as_str(), row["gap"].as_str()), (state, gap), "{row:?}");
        assert!(said.contains(dataset) && said.contains(detail), "{said}");
    }
}

#[test]
fn a_reader_of_a_link_to_another_port_does_not_go_there() {
    let runtime = Runtime::new().unwrap();
    let (server, other) = runtime.block_on(async { (MockServer::start().await, MockServer::start().await) });
    let elsewhere = format!("{}/v1.0/next", other.uri());
    runtime.block_on(async {
        Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": []}))).mount(&other).await;
        let list = move |request: &Request| {
            let list = json!({"value": [], "appRoles": [], "@odata.nextLink": elsewhere});
            let body = match request.url.path() {
                place if place.ends_with("/token") => json!({"access_token": "token-of-the-run", "expires_in": 3599}),
                place if place.ends_with("/$batch") => {
                    let body: serde_json::Value = request.body_json().unwrap();
                    let part = |part: &serde_json::Value| json!({"id": part["id"], "status": 200, "body": list});
                    json!({"responses": body["requests"].as_array().unwrap().iter().map(part).collect::<Vec<_>>()})
                }
                _ => list,
            };
            ResponseTemplate::new(200).set_body_json(body)
        };
        Mock::given(any()).respond_with(list).mount(&server).await;
    });
    let folder = tempfile::tempdir().unwrap();
    let scan = scan_of(&server.uri()).arg("--out").arg(folder.path()).assert().code(3).get_output().clone();
    let said = text(&scan.stderr);
    assert!(said.contains("link to the next page leads to another host, not followed"), "{said}");
    let coverage = rows(&files(folder.path())["coverage.csv"]);
    for dataset in ["access-policies", "approval-requests", "app-role-grants", "sign-in-activity", "audit-events"] {
        let row = coverage.iter().find(|row| row["dataset"] == dataset).unwrap();
        assert_ne!(row["state"], "complete", "{row:?}");
    }
    assert!(runtime.block_on(other.received_requests()).unwrap().is_empty());
}

fn scan_of(origin: &str) -> Command {
    let mut command = maascan();
    command.args(["scan", "--graph-endpoint", origin, "--login-endpoint", origin, "--now", "2026-11-02T06:00:00Z"]);
    command.env("AZURE_TENANT_ID", TENANT).env("AZURE_CLIENT_ID", "client").env("AZURE_CLIENT_SECRET", SECRET);
    command
}

#[test]
fn a_sign_in_service_that_repeats_the_secret_is_not_quoted_and_leaves_no_folder() {
    let form: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let (left, right) = SECRET.split_at(20);
    let echo = format!("\u{1b}[31m{SECRET} {form} {} {left} {right}\nhint: {SECRET}", STANDARD.encode(SECRET));
    let body = json!({"error": SECRET, "error_description": echo, "error_codes": [50_000]});
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let refusal = ResponseTemplate::new(400).set_body_json(body);
        Mock::given(path_regex("/token$")).respond_with(refusal).mount(&server).await;
        server
    });
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let output = scan_of(&server.uri()).arg("-vv").arg("--out").arg(&out).assert().code(4).stdout("").get_output().clone();
    let said = text(&output.stderr);
    for part in [SECRET, &form, &STANDARD.encode(SECRET), left, right, "\u{1b}"] {
        assert!(!said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("error: sign-in refused: status 400: AADSTS50000\nhint: "), "{said}");
    assert!(!out.exists(), "a run that did not begin leaves no folder");
}

#[test]
fn a_crafted_snapshot_steers_no_terminal() {
    let time = DEMO_TIME;
    let mut snapshot = Snapshot::new(TENANT.into(), time, time - chrono::Duration::days(90));
    let detail = format!("a\u{1b}]0;owned\u{7}\u{202e}b\r\nerror: not ours\nhint: not ours {}", "x".repeat(100_000));
    let coverage = snapshot::Coverage::Unavailable { gap: Gap::Failed { detail } };
    snapshot.coverage.insert(Dataset::AccessPolicies, snapshot::DatasetReading { coverage, requests: 1 });
    let (coverage, said) = assessed(&snapshot);
    assert!(!said.chars().any(|letter| letter == '\u{202e}' || (letter.is_control() && letter != '\n')), "{said:?}");
    assert!(said.lines().all(|line| line.chars().count() <= 2_000 && !line.starts_with("hint: ") && !line.starts_with("error: ")));
    let unsaid = coverage.iter().find(|row| row["dataset"] == "audit-events").unwrap();
    assert_eq!((unsaid["state"].as_str(), unsaid["gap"].as_str()), ("unavailable", "failed"));
}

#[cfg(unix)]
#[test]
fn a_target_that_is_no_file_is_refused_before_anything_is_read() {
    let tenant = Tenant::start(Settings::default());
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    for path in [link.as_path(), folder.path(), "/dev/null".as_ref()] {
        let output = tenant.command("collect").arg("-o").arg(path).assert().code(2).stdout("").get_output().clone();
        let said = text(&output.stderr);
        assert!(said.contains("not a regular file\nhint: "), "{said}");
    }
    assert!(tenant.requests().is_empty());
}
