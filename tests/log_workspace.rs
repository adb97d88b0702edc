//! Activity logs counted by a Log Analytics workspace, over the wire: what is refused, cut short or answered in part must end in
//! the right counts, and be said where calls are missing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use chrono::{DateTime, TimeDelta, Utc};
use maascan::catalogue::Catalogue;
use maascan::engine::{self, Error, Request, Source};
use maascan::graph::{self, Cloud, Credential, Endpoints, RetryPolicy, Span, Workspace};
use maascan::simulator::{self, Fault, FaultKind, LogWorkspace, LoggedAppSignIn, LoggedCall, Settings};
use maascan::snapshot::{ActivityLogs, AppId, CallFlow, LogFault};
use std::collections::{BTreeMap, BTreeSet};

const ID: &str = "0a1b2c3d-0000-4000-8000-00000000000a";
const APP: &str = "00000000-AAAA-4000-8000-000000000001";
const OWN: &str = "00000000-AAAA-4000-8000-00000000000F";
const QUERY: &str = "/v1/workspaces/";

fn start() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn days(days: i64) -> Span {
    Span { from: start(), to: start() + TimeDelta::days(days) }
}

fn call(number: i64, method: &str, path: &str, status: u16) -> LoggedCall {
    LoggedCall {
        // Every 40 minutes from the first minute on.
        time: start() + TimeDelta::minutes(1 + 40 * number),
        request_id: format!("request-{number}"),
        app_id: APP.into(),
        service_principal_id: "S1".into(),
        user_id: String::new(),
        method: method.into(),
        uri: format!("https://graph.microsoft.com/beta/{path}?x=1"),
        status,
        client_auth_method: 2,
        address: format!("203.0.113.{}", number % 3),
        user_agent: "PowerShell/7.5".into(),
    }
}

const WIPE: &str = "/deviceManagement/managedDevices('9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30')/wipe";
const PATCH_APP: &str = "deviceAppManagement/mobileApps/9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30";

/// Four days of calls: 140 that count, and others that do not.
fn calls() -> Vec<LoggedCall> {
    let mut calls: Vec<LoggedCall> = (0..140)
        .map(|number| match number % 4 {
            0 => call(number, "POST", WIPE, 412),
            1 => LoggedCall { user_id: "U".into(), ..call(number, "patch", PATCH_APP, 204) },
            _ => call(number, "PATCH", PATCH_APP, 204),
        })
        .collect();
    let twice: Vec<LoggedCall> = calls.iter().step_by(7).cloned().collect();
    calls.extend(twice);
    calls.extend((0..30).map(|number| LoggedCall { app_id: OWN.into(), ..call(number, "POST", WIPE, 204) }));
    calls.extend((0..30).map(|number| call(number, "GET", PATCH_APP, 200)));
    calls.extend((0..30).map(|number| call(number, "PATCH", "users/9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", 204)));
    calls
}

struct Run {
    read: Result<ActivityLogs, Error>,
    /// Statuses of the answers to queries, in their order.
    statuses: Vec<u16>,
}

async fn run(span: Span, longest_span: Option<u32>, faults: Vec<Fault>) -> Run {
    let workspace = LogWorkspace { id: ID.into(), calls: calls(), sign_ins: vec![], longest_span };
    run_over(Some(workspace), span, faults).await
}

async fn run_over(log_workspace: Option<LogWorkspace>, span: Span, faults: Vec<Fault>) -> Run {
    let server = simulator::start(Settings { log_workspace, faults, ..Settings::default() }, 0).await.unwrap();
    let environment = server.environment();
    let lookup = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let origin = server.origin();
    let endpoints = Endpoints::new(Cloud::Global, None, Some(&origin)).unwrap().log_analytics(Some(&origin)).unwrap();
    let retry = RetryPolicy { scale: 0.001, ..RetryPolicy::default() };
    let settings = graph::Settings { retry, ..graph::Settings::new(Utc::now()) };
    let reader = Workspace::connect(endpoints, Credential::from_lookup(lookup).unwrap(), settings).await.unwrap();
    let (catalogue, source, own) = (Catalogue::builtin().unwrap(), Source::log_analytics(), BTreeSet::from([AppId::new(OWN)]));
    let request = Request { workspace: ID, source: &source, span, own: &own };
    let read = engine::read_activity(&reader, &catalogue, &request).await;
    let statuses =
        server.requests().iter().filter(|request| request.path_and_query.starts_with(QUERY)).map(|request| request.status).collect();
    Run { read, statuses }
}

/// Calls of each row: flow, operation, status, number.
fn counts(logs: &ActivityLogs) -> Vec<(CallFlow, &str, u16, u64)> {
    let of = |row: &'_ maascan::snapshot::CallRow| row.status_counts().into_iter().collect::<Vec<_>>();
    logs.rows
        .iter()
        .flat_map(|row| of(row).into_iter().map(|(status, calls)| (row.key.flow, row.operation.as_str(), status, calls)))
        .collect()
}

const ALL: [(CallFlow, &str, u16, u64); 3] =
    [(CallFlow::AppOnly, "update", 204, 70), (CallFlow::AppOnly, "wipe", 412, 35), (CallFlow::Delegated, "update", 204, 35)];

fn times(logs: &ActivityLogs) -> Vec<(LogFault, u64)> {
    logs.reading.faults.iter().map(|(fault, count)| (*fault, count.times)).collect()
}

#[tokio::test]
async fn everything_is_counted_once_and_attributed() {
    let Run { read, statuses } = run(days(4), None, vec![]).await;
    let logs = read.unwrap();
    assert_eq!(counts(&logs), ALL);
    assert_eq!(times(&logs), []);
    assert_eq!((logs.reading.calls, logs.reading.duplicates, logs.reading.own), (140, 20, 30));
    assert_eq!(logs.reading.records, 250, "the whole table, reads and others too");
    // The extent, then one day, two, and the rest.
    assert_eq!((statuses.as_slice(), logs.reading.files), ([200; 4].as_slice(), 4));
    let wipes = logs.rows.iter().find(|row| row.operation == "wipe").unwrap();
    assert_eq!(wipes.key.path_template, "/deviceManagement/managedDevices/{id}/wipe");
    assert_eq!((wipes.workloads.as_slice(), wipes.blocked()), (["deviceWipe".to_owned()].as_slice(), 35));
    assert_eq!(wipes.addresses.values.values().sum::<u64>(), 35);
    assert_eq!(wipes.client_auth_methods.values, [("2".to_owned(), 35)].into_iter().collect());
    assert_eq!(logs.reading.first, Some(start() + TimeDelta::minutes(1)));
    assert_eq!(logs.reading.last, Some(start() + TimeDelta::minutes(1 + 40 * 139)));
}

/// The recorded conversation: load with and without a word of how long, a timeout, a part of the table that cannot be read for a
/// moment and one that cannot be read at all.
#[tokio::test]
async fn load_and_timeouts_cost_no_call_and_a_partial_result_is_named() {
    let part = FaultKind::PartialResult { too_large: false };
    let faults = vec![
        Fault::new(QUERY, FaultKind::TooManyRequests { retry_after: Some(1) }),
        Fault::new(QUERY, FaultKind::TooManyRequests { retry_after: None }).after(1),
        Fault::new(QUERY, FaultKind::GatewayTimeout).after(1),
    ];
    let Run { read, statuses } = run(days(4), None, faults.clone()).await;
    let logs = read.unwrap();
    assert_eq!((counts(&logs).as_slice(), times(&logs)), (ALL.as_slice(), vec![]));
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 2, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 504).count(), 1, "{statuses:?}");

    let passing = [faults.as_slice(), &[Fault::new(QUERY, part).after(2)]].concat();
    let logs = run(days(4), None, passing).await.read.unwrap();
    assert_eq!((counts(&logs).as_slice(), times(&logs)), (ALL.as_slice(), vec![]), "asked again, it was whole");

    let lasting = [faults.as_slice(), &[Fault::new(QUERY, part).after(2).times(2)]].concat();
    let logs = run(days(4), None, lasting).await.read.unwrap();
    assert_eq!(times(&logs), [(LogFault::PartialResult, 1)]);
    assert!(logs.reading.calls < 140 && logs.reading.calls > 0 && !logs.reading.is_whole(), "{:?}", logs.reading);
    let example = &logs.reading.faults[&LogFault::PartialResult].example;
    assert!(example.starts_with("2026-11-01T12:00:00Z/") && example.contains("shard"), "{example}");
}

#[tokio::test]
async fn spans_are_halved_until_the_service_can_answer() {
    let Run { read, statuses } = run(days(4), Some(5 * 3600), vec![]).await;
    let logs = read.unwrap();
    assert_eq!((counts(&logs).as_slice(), times(&logs)), (ALL.as_slice(), vec![]));
    // The extent is given up; a day is 24, 12, 6, 3 hours.
    assert_eq!(statuses.iter().filter(|status| **status == 504).count(), 4, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 32);
}

#[tokio::test]
async fn a_span_that_is_too_much_however_short_is_named() {
    let hour = Span { from: start(), to: start() + TimeDelta::hours(1) };
    let Run { read, .. } = run(hour, Some(1), vec![]).await;
    let logs = read.unwrap();
    assert_eq!((times(&logs), logs.reading.calls), (vec![(LogFault::TimedOut, 12)], 0));
    assert!(logs.reading.faults[&LogFault::TimedOut].example.starts_with("2026-11-01T00:00:00Z/2026-11-01T00:05:00Z"));

    let too_large = Fault::new(QUERY, FaultKind::PartialResult { too_large: true }).after(1).always();
    let logs = run(hour, None, vec![too_large]).await.read.unwrap();
    assert_eq!(times(&logs), [(LogFault::PartialResult, 12)]);
}

#[tokio::test]
async fn what_is_older_than_the_table_is_not_taken_for_quiet() {
    let early = Span { from: start() - TimeDelta::days(26), to: start() + TimeDelta::days(4) };
    let logs = run(early, None, vec![]).await.read.unwrap();
    assert_eq!((counts(&logs).as_slice(), times(&logs)), (ALL.as_slice(), vec![(LogFault::LaterStart, 1)]));
    assert!(logs.reading.faults[&LogFault::LaterStart].example.ends_with("first record 2026-11-01T00:01:00Z"));
    let empty = run_over(Some(LogWorkspace { id: ID.into(), calls: vec![], sign_ins: vec![], longest_span: None }), days(4), vec![]).await;
    assert!(empty.read.unwrap().reading.faults.contains_key(&LogFault::LaterStart));
}

#[tokio::test]
async fn load_without_end_keeps_what_was_read() {
    let busy = Fault::new(QUERY, FaultKind::TooManyRequests { retry_after: None }).after(2).always();
    let logs = run(days(4), None, vec![busy]).await.read.unwrap();
    assert_eq!(times(&logs), [(LogFault::Throttled, 1)]);
    assert_eq!(logs.reading.calls, 36, "the first day");
    assert!(logs.reading.faults[&LogFault::Throttled].example.starts_with("2026-11-02T00:00:00Z/2026-11-05T00:00:00Z"));
}

#[tokio::test]
async fn who_may_not_read_is_told_so() {
    let refused = run(days(4), None, vec![Fault::new(QUERY, FaultKind::Forbidden).always()]).await.read;
    assert!(matches!(refused, Err(Error::Wire(graph::Error::Permission { .. }))), "{refused:?}");
    let elsewhere = run_over(None, days(4), vec![]).await.read;
    assert!(matches!(elsewhere, Err(Error::Wire(graph::Error::Failed { .. }))), "{elsewhere:?}");
}

/// The command over a workspace with these faults: exit status, standard output, standard error.
fn command(faults: Vec<Fault>, arguments: &[&str]) -> (Option<i32>, String, String) {
    let workspace = LogWorkspace { id: ID.into(), calls: calls(), sign_ins: sign_ins(), longest_span: None };
    let tenant = common::Tenant::start(Settings { log_workspace: Some(workspace), faults, ..Settings::default() });
    let mut command = common::maascan();
    tenant.sign_in(&mut command);
    let origin = tenant.origin();
    command.args(["logs", "--workspace", ID, "--login-endpoint", &origin, "--logs-endpoint", &origin, "--own-app", OWN]);
    let output = command.args(["--log-days", "4", "--now", "2026-11-05T00:00:00Z"]).args(arguments).output().unwrap();
    let (out, errors) = (common::text(&output.stdout), common::text(&output.stderr));
    for text in [&out, &errors] {
        assert!(!text.contains(&tenant.client_secret()) && !text.contains("Bearer"), "{text}");
    }
    (output.status.code(), out, errors)
}

#[test]
fn the_command_counts_in_the_workspace() {
    let (status, out, errors) = command(vec![], &["--format", "csv"]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    let rows = common::rows(out.as_bytes());
    let told: Vec<[&str; 4]> = rows.iter().map(|row| ["flow", "operation", "written", "blocked"].map(|name| row[name].as_str())).collect();
    assert_eq!(told, [["app-only", "update", "70", "0"], ["app-only", "wipe", "0", "35"], ["delegated", "update", "35", "0"]]);
    let (status, out, _) = command(vec![], &[]);
    assert_eq!(status, Some(0));
    assert!(out.contains("140 writes on Intune") && out.contains("20 duplicates, 30 of its own"), "{out}");
}

#[test]
fn a_partial_result_ends_with_status_3_and_says_which_span() {
    let lasting = Fault::new(QUERY, FaultKind::PartialResult { too_large: false }).after(1).times(2);
    let (status, _, errors) = command(vec![lasting], &["--format", "json"]);
    assert_eq!(status, Some(3), "{errors}");
    assert!(errors.contains("2026-11-01T00:00:00Z/2026-11-02T00:00:00Z") && errors.contains("cut short"), "{errors}");
}

#[test]
fn a_missing_right_says_which_role_has_it() {
    let (status, out, errors) = command(vec![Fault::new(QUERY, FaultKind::Forbidden).always()], &[]);
    assert_eq!((status, out.as_str()), (Some(4), ""));
    assert!(errors.contains("Log Analytics Reader"), "{errors}");
}

#[test]
fn a_workspace_and_files_are_not_mixed() {
    for arguments in [&["export.json"][..], &["--state", "s"], &["--threads", "1"]] {
        assert_eq!(command(vec![], arguments).0, Some(2), "{arguments:?}");
    }
    let mut nothing = common::maascan();
    assert_eq!(nothing.arg("logs").output().unwrap().status.code(), Some(2));
}

/// Twelve sign-ins with a key from two addresses, one of which is refused, and each delivered twice. No managed identity.
fn sign_ins() -> Vec<LoggedAppSignIn> {
    let one = |number: i64| LoggedAppSignIn {
        time: start() + TimeDelta::hours(1 + 6 * number),
        id: format!("sign-in-{number}"),
        managed: false,
        app_id: APP.into(),
        service_principal_id: "S1".into(),
        key_id: "K1".into(),
        resource: "00000003-0000-0000-c000-000000000000".into(),
        address: format!("203.0.113.{}", number % 2),
        succeeded: number != 5,
    };
    (0..12).chain(0..12).map(one).collect()
}

#[test]
fn sign_ins_are_counted_by_credential_and_address_and_a_missing_table_is_said() {
    let (status, out, errors) = command(vec![Fault::new(QUERY, FaultKind::GatewayTimeout)], &["--sign-ins", "--format", "csv"]);
    let rows = common::rows(out.as_bytes());
    let told: Vec<[&str; 5]> =
        rows.iter().map(|row| ["credential_key_id", "address", "succeeded", "failed", "last"].map(|name| row[name].as_str())).collect();
    assert_eq!(told, [["k1", "203.0.113.0", "6", "0", "2026-11-03T13:00:00Z"], ["k1", "203.0.113.1", "5", "1", "2026-11-03T19:00:00Z"]]);
    assert_eq!(status, Some(3), "{errors}");
    assert!(errors.contains("AADManagedIdentitySignInLogs"), "{errors}");
    let (status, out, _) = command(vec![], &["--sign-ins", "--allow-incomplete"]);
    assert_eq!(status, Some(0));
    assert!(out.contains("12 sign-ins counted by Log Analytics workspace"), "{out}");
}

/// A tenant whose workspace has refused calls of one of its applications, and that application's id.
fn tenant(faults: Vec<Fault>) -> (common::Tenant, String) {
    let app_id = common::Tenant::start(Settings::default()).app_id_of("Scripted printer setup");
    let script = "deviceManagement/deviceManagementScripts";
    let at = |number: i64| "2026-10-20T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(number);
    let refused = |number| LoggedCall { app_id: app_id.clone(), time: at(number), ..call(number, "POST", script, 412) };
    // The workspace has been filled since before the window.
    let first = LoggedCall { time: "2026-10-03T06:30:00Z".parse().unwrap(), ..call(99, "GET", "users", 200) };
    let calls = std::iter::once(first).chain((0..3).map(refused)).collect();
    let workspace = LogWorkspace { id: ID.into(), calls, sign_ins: vec![], longest_span: None };
    (common::Tenant::start(Settings { log_workspace: Some(workspace), faults, ..Settings::default() }), app_id)
}

/// A command over that tenant and its workspace.
fn beside(tenant: &common::Tenant, name: &str) -> assert_cmd::Command {
    let mut command = tenant.command(name);
    command.args(["--workspace", ID, "--logs-endpoint", &tenant.origin()]);
    command
}

/// Row of the application's scripts in `automations.csv`, row of the logs in `coverage.csv`, exit status and standard error.
type Scanned = (BTreeMap<String, String>, BTreeMap<String, String>, Option<i32>, String);

fn scanned(faults: Vec<Fault>, arguments: &[&str]) -> Scanned {
    let (tenant, app_id) = tenant(faults);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = beside(&tenant, "scan").arg("--out").arg(&out).args(arguments).output().unwrap();
    let (errors, files) = (common::text(&output.stderr), common::files(&out));
    assert!(!errors.contains(&tenant.client_secret()) && !errors.contains("Bearer"), "{errors}");
    let find = |file: &str, wanted: &dyn Fn(&BTreeMap<String, String>) -> bool| {
        common::rows(&files[file]).into_iter().find(|row| wanted(row)).unwrap_or_else(|| panic!("{file}: {errors}"))
    };
    let automation = find("automations.csv", &|row| row["app_id"] == app_id && row["workload"] == "script");
    (automation, find("coverage.csv", &|row| row["dataset"] == "activity-logs"), output.status.code(), errors)
}

#[test]
fn a_scan_takes_what_a_workspace_counts_into_account() {
    let (automation, coverage, _, errors) = scanned(vec![], &[]);
    assert_eq!((automation["verdict"].as_str(), automation["blocked_calls"].as_str()), ("blocked", "3"), "{errors}");
    assert_eq!((coverage["state"].as_str(), coverage["items"].as_str(), coverage["gap"].as_str()), ("complete", "4", ""), "{errors}");
    assert!(coverage["requests"].parse::<u64>().unwrap() >= 2, "{coverage:?}");
    assert!(!errors.contains("activity logs"), "{errors}");
    // Fewer days are asked for, in which nothing was called.
    let (automation, ..) = scanned(vec![], &["--log-days", "2"]);
    assert_eq!((automation["verdict"] == "blocked", automation["evidence_grade"] == "blocked-call"), (false, false));
}

#[test]
fn a_collected_snapshot_keeps_what_the_workspace_counted() {
    let (tenant, app_id) = tenant(vec![]);
    let file = tempfile::tempdir().unwrap().keep().join("tenant.json.zst");
    let output = beside(&tenant, "collect").arg("-o").arg(&file).output().unwrap();
    let logs = maascan::snapshot::load(&file).unwrap().activity_logs.unwrap_or_else(|| panic!("{output:?}"));
    assert_eq!((logs.rows.len(), logs.reading.calls, logs.rows[0].key.app_id.as_str()), (1, 3, app_id.as_str()));
    assert_eq!(logs.reading.source, format!("Log Analytics workspace {ID}"));
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}

#[test]
fn a_workspace_that_refuses_costs_its_evidence_and_not_the_run() {
    let refuses = |kind| vec![Fault::new(QUERY, kind).always()];
    let (automation, coverage, status, errors) = scanned(refuses(FaultKind::Forbidden), &[]);
    assert_eq!(status, Some(3), "{errors}");
    assert_eq!((coverage["state"].as_str(), coverage["gap"].as_str()), ("unavailable", "permission"));
    assert_eq!((coverage["items"].as_str(), coverage["permission"].as_str()), ("", "Log Analytics Reader"));
    assert_eq!(automation["blocked_calls"], "unknown", "nothing seen is not zero");
    assert!(errors.contains("1 workspaces that the sign-in may not read"), "{errors}");
    assert_eq!(scanned(refuses(FaultKind::Forbidden), &["--allow-incomplete"]).2, Some(0));
    let partial = vec![Fault::new(QUERY, FaultKind::PartialResult { too_large: false }).after(1).times(2)];
    let (automation, coverage, status, errors) = scanned(partial, &[]);
    assert_eq!((coverage["state"].as_str(), status), ("partial", Some(3)), "{errors}");
    assert!(coverage["detail"].contains("answers of the engine that were cut short, such as in 2026-10-03T"), "{coverage:?}");
    assert_eq!(automation["verdict"], "blocked");
}

#[test]
fn what_cannot_be_asked_is_refused_before_the_tenant_is_read() {
    let (tenant, _) = tenant(vec![]);
    let cases: [(&[&str], &str); 5] = [
        (&["--workspace", "contoso"], "not a workspace id"),
        (&["--workspace", ID, "--logs", "x.json"], "cannot be used with"),
        (&["--log-days", "3"], "--workspace"),
        (&["--workspace", ID, "--logs-endpoint", "http://logs.example"], "logs endpoint"),
        (&["--workspace", ID, "--logs-state", "s"], "--logs"),
    ];
    for name in ["scan", "collect"] {
        for (arguments, message) in cases {
            let mut command = tenant.command(name);
            if name == "collect" {
                command.args(["-o", "unused.json.zst"]);
            }
            let output = command.args(arguments).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{name} {arguments:?}: {output:?}");
            assert!(common::text(&output.stderr).contains(message), "{name} {arguments:?}: {output:?}");
        }
    }
    assert!(tenant.requests().is_empty(), "nobody was asked anything");
}
