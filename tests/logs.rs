//! `maascan logs`, and logs beside a tenant, end to end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{collected, files, maascan, rows, text};
use maascan::snapshot::Coverage;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A record of the storage export.
fn record(id: usize, time: &str, app: &str, user: &str, method: &str, path: &str, status: u16) -> String {
    let sp = if user.is_empty() { "bbbbbbbb-0000-4000-8000-000000000001" } else { "" };
    let record = serde_json::json!({
        "time": time,
        "category": "MicrosoftGraphActivityLogs",
        "resultSignature": status.to_string(),
        "properties": {
            "requestId": format!("00000000-0000-4000-8000-{id:012}"),
            "requestMethod": method,
            "requestUri": format!("https://graph.microsoft.com/beta{path}"),
            "responseStatusCode": status,
            "appId": app,
            "servicePrincipalId": sp,
            "userId": user,
            "clientAuthMethod": "2",
            "ipAddress": "20.0.0.1",
            "userAgent": "tool/1",
        },
    });
    format!("{record}\r\n")
}

const APP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const SCRIPTS: &str = "/deviceManagement/deviceManagementScripts";

fn a_few() -> String {
    [
        record(1, "2026-10-05T08:00:00Z", APP, "", "POST", SCRIPTS, 201),
        record(2, "2026-10-06T08:00:00Z", APP, "", "POST", SCRIPTS, 412),
        record(2, "2026-10-06T08:00:00Z", APP, "", "POST", SCRIPTS, 412),
        record(3, "2026-10-06T09:00:00Z", APP, "", "GET", SCRIPTS, 200),
    ]
    .concat()
}

#[test]
fn no_log_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("PT1H.json");
    fs::write(&log, a_few()).unwrap();
    let inside = folder.path().join("activity.csv");
    let aside = tempfile::tempdir().unwrap();
    let state = aside.path().join("s.json");
    for (read, written) in [(&log, ["-o".as_ref(), log.as_os_str()]), (&folder.path().to_owned(), ["-o".as_ref(), inside.as_os_str()])] {
        let refused = maascan().arg("logs").arg(read).args(written).assert().code(2).get_output().clone();
        assert!(text(&refused.stderr).contains("it is read as logs"), "{}", text(&refused.stderr));
    }
    maascan().arg("logs").arg(&log).arg("--state").arg(&log).assert().code(2);
    let twice = maascan().arg("logs").arg(&log).arg("--state").arg(&state).arg("-o").arg(&state).assert().code(2).get_output().clone();
    assert!(text(&twice.stderr).contains("written twice"), "{}", text(&twice.stderr));
    assert_eq!(fs::read_to_string(&log).unwrap(), a_few());
    assert!(!inside.exists() && !state.exists());
}

#[test]
fn commands_that_judge_write_over_no_log_either() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("export");
    fs::create_dir(&logs).unwrap();
    let log = logs.join("PT1H.json");
    fs::write(&log, a_few()).unwrap();
    let (out, deeper) = (logs.join("report"), logs.join("new").join("report"));
    let json = format!("json={}", logs.join("run.json").display());
    let refused = |command: &mut assert_cmd::Command| {
        let output = command.arg("--logs").arg(&logs).assert().code(2).get_output().clone();
        assert!(text(&output.stderr).contains("it is read as logs") && text(&output.stderr).contains("hint:"), "{}", text(&output.stderr));
    };
    let assess = || {
        let mut command = maascan();
        command.arg("assess").arg(snapshot()).arg("--allow-incomplete");
        command
    };
    refused(assess().arg("--logs-state").arg(&log));
    refused(assess().arg("--out").arg(&out));
    refused(assess().arg("--out").arg(&deeper));
    refused(assess().args(["--output", &json]));
    refused(signed_in(maascan().arg("scan")).arg("--logs-state").arg(&log));
    refused(signed_in(maascan().arg("scan")).arg("--out").arg(&out));
    refused(signed_in(maascan().arg("collect")).arg("--output").arg(logs.join("tenant.json.zst")));
    assert_eq!(fs::read_to_string(&log).unwrap(), a_few());
    assert_eq!(fs::read_dir(&logs).unwrap().count(), 1);
    assess().arg("--logs").arg(&logs).arg("--out").arg(folder.path().join("report")).assert().success();
}

/// A command with a sign-in that nobody is asked for.
fn signed_in(command: &mut assert_cmd::Command) -> &mut assert_cmd::Command {
    command.env("AZURE_TENANT_ID", "0a1b2c3d-0000-4000-8000-000000000001").env("MAASCAN_ACCESS_TOKEN", "none")
}

#[test]
fn what_is_of_a_workspace_is_refused_beside_files() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("PT1H.json");
    fs::write(&log, a_few()).unwrap();
    for wrong in [["--sign-ins"].as_slice(), &["--log-days", "5"]] {
        let refused = maascan().arg("logs").arg(&log).args(wrong).assert().code(2).get_output().clone();
        assert!(text(&refused.stderr).contains("workspace"), "{}", text(&refused.stderr));
    }
}

#[test]
fn rows_go_to_standard_output_and_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let (log, out) = (folder.path().join("PT1H.json"), folder.path().join("activity.csv"));
    fs::write(&log, a_few()).unwrap();
    let shown = maascan().arg("logs").arg(&log).arg("-o").arg(&out).assert().success().get_output().clone();
    assert!(
        text(&shown.stdout).contains("2 writes on Intune, from 2026-10-05T08:00:00Z to 2026-10-06T08:00:00Z"),
        "{}",
        text(&shown.stdout)
    );
    let written = rows(&fs::read(&out).unwrap());
    assert_eq!(written.len(), 1);
    let cells: Vec<&str> = ["app_id", "workload", "operation", "calls", "written", "blocked", "failed", "status_counts", "flow"]
        .iter()
        .map(|column| written[0][*column].as_str())
        .collect();
    assert_eq!(cells, [APP, "script", "create", "2", "1", "1", "0", "201:1;412:1", "app-only"]);
    let json =
        maascan().arg("logs").arg("-").args(["--format", "json"]).write_stdin(a_few()).assert().success().get_output().stdout.clone();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&json["reading"]["duplicates"], &json["reading"]["whole"]), (&1.into(), &true.into()));
    let csv = maascan().arg("logs").arg(&log).args(["--format", "csv"]).assert().success().get_output().stdout.clone();
    assert_eq!(csv, fs::read(&out).unwrap());
}

#[test]
fn what_could_not_be_read_is_told_and_changes_the_status() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json"), format!("{}not json\r\n", a_few())).unwrap();
    let run = |more: &[&str]| maascan().arg("logs").arg(folder.path()).args(more).assert();
    let output = run(&[]).code(3).get_output().clone();
    let said = text(&output.stderr);
    assert!(said.contains("warning: activity logs: 1 lines that are no JSON record, such as in ") && said.contains("a.json"), "{said}");
    assert!(text(&output.stdout).contains("2 writes on Intune"));
    run(&["--allow-incomplete"]).success();
}

#[test]
fn wrong_usage_is_refused_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.json");
    fs::write(&log, a_few()).unwrap();
    let missing = folder.path().join("missing");
    let foreign = folder.path().join("foreign");
    fs::write(&foreign, "{}").unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&[missing.to_str().unwrap()], "no such file or folder"),
        (&[log.to_str().unwrap(), "-o", "rows.txt"], "must end in .csv, .json or .parquet"),
        (&[log.to_str().unwrap(), "-o", "/nonexistent/rows.csv"], "cannot write"),
        (&[log.to_str().unwrap(), "--state", foreign.to_str().unwrap()], "not a state of logs"),
        (&[log.to_str().unwrap(), "--own-app", "me"], "not an app id"),
    ];
    for (arguments, message) in cases {
        let output = maascan().arg("logs").args(arguments).assert().code(2).get_output().clone();
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
    }
}

#[test]
fn a_log_that_grows_is_read_on() {
    let folder = tempfile::tempdir().unwrap();
    let (log, state) = (folder.path().join("PT1H.json"), folder.path().join("state"));
    let run = || {
        let output = maascan().arg("logs").arg(&log).arg("--state").arg(&state).args(["--format", "json"]).assert().success();
        let json: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        (json["reading"]["calls"].as_u64().unwrap(), json["reading"]["bytes"].as_u64().unwrap())
    };
    fs::write(&log, a_few()).unwrap();
    assert_eq!(run(), (2, a_few().len() as u64));
    let whole = a_few() + &record(9, "2026-10-07T08:00:00Z", APP, "", "DELETE", &format!("{SCRIPTS}/x"), 204);
    fs::write(&log, &whole).unwrap();
    assert_eq!(run(), (3, whole.len() as u64));
    assert_eq!(run(), (3, whole.len() as u64));
}

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

/// Rows of `automations.csv`, and all files.
fn assess(logs: Option<&str>) -> (Vec<Row>, BTreeMap<String, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("PT1H.json"), folder.path().join("out"));
    let mut command = maascan();
    command.arg("assess").arg(snapshot()).arg("--allow-incomplete").arg("--out").arg(&out);
    if let Some(logs) = logs {
        fs::write(&file, logs).unwrap();
        command.arg("--logs").arg(&file);
    }
    command.assert().success();
    let files = files(&out);
    (rows(&files["automations.csv"]), files)
}

fn row<'a>(rows: &'a [Row], name: &str, workload: &str) -> &'a Row {
    rows.iter().find(|row| row["automation"] == name && row["workload"] == workload).unwrap()
}

#[test]
fn calls_in_logs_decide_verdicts() {
    let (before, _) = assess(None);
    let wipe = "/deviceManagement/managedDevices/x/wipe";
    // Name, workload, calls: time, user, method, path, status. The gates on scripts and wipes are in force since August.
    type Call<'a> = (&'a str, &'a str, &'a str, &'a str, u16);
    let after = "2026-10-20T08:00:00Z";
    let cases: [(&str, &str, &[Call<'_>]); 6] = [
        ("Scripted printer setup", "script", &[(after, "", "POST", SCRIPTS, 412), ("2026-10-21T08:00:00Z", "", "POST", SCRIPTS, 412)]),
        ("Endpoint toolkit runner", "script", &[(after, "", "POST", SCRIPTS, 201), (after, "", "DELETE", SCRIPTS, 404)]),
        ("Retirement scheduler", "deviceWipe", &[(after, "", "POST", wipe, 403)]),
        ("aa-endpoint-runbooks", "deviceWipe", &[(after, "cccccccc-0000-4000-8000-000000000001", "POST", wipe, 204)]),
        (
            "Service desk wipe button",
            "deviceRetire",
            &[("2026-08-01T08:00:00Z", "", "POST", "/deviceManagement/managedDevices/x/retire", 204)],
        ),
        ("Compliance baseline deployer", "compliancePolicy", &[(after, "", "POST", "/deviceManagement/deviceCompliancePolicies", 201)]),
    ];
    let mut logs = String::new();
    for (name, workload, calls) in cases {
        let app = &row(&before, name, workload)["app_id"];
        for (time, user, method, path, status) in calls {
            logs += &record(logs.len(), time, app, user, method, path, *status);
        }
    }
    let (now, reports) = assess(Some(&logs));
    let said = |name: &str, workload: &str, columns: &[&str]| {
        let row = row(&now, name, workload);
        columns.iter().map(|column| row[*column].clone()).collect::<Vec<_>>()
    };
    let columns = ["verdict", "evidence_grade", "writes", "blocked_calls"];
    assert_eq!(said("Scripted printer setup", "script", &columns), ["blocked", "blocked-call", "0", "2"]);
    assert_eq!(said("Endpoint toolkit runner", "script", &columns), ["passes", "logged-write", "1", "0"]);
    assert_eq!(said("Retirement scheduler", "deviceWipe", &columns), ["blocked", "blocked-call", "0", "1"]);
    assert_eq!(said("Retirement scheduler", "deviceWipe", &["confidence"]), ["low"], "403 has other causes");
    // A person's calls, and what lies before the window, change nothing; what the audit log has too is not counted twice.
    for (name, workload) in [
        ("aa-endpoint-runbooks", "deviceWipe"),
        ("Service desk wipe button", "deviceRetire"),
        ("Compliance baseline deployer", "compliancePolicy"),
    ] {
        for column in ["verdict", "confidence", "writes", "blocked_calls", "evidence_grade"] {
            assert_eq!(row(&now, name, workload)[column], row(&before, name, workload)[column], "{name} {column}");
        }
    }
    let json = text(&reports["assessment.json"]);
    assert!(json.contains("2 calls refused, by the activity logs"), "the reason is told");
    assert!(json.contains("1 logged write between"), "what only logs show is not called audited");
    assert!(json.contains(" (audit log ") && json.contains(", activity logs 1) between"), "what both show is told with both");
}

#[test]
fn collected_logs_are_kept_and_what_was_wrong_with_them_is_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("PT1H.json");
    fs::write(&log, format!("{}{{\"cut", a_few())).unwrap();
    let kept = collected(folder.path(), &["--logs", log.to_str().unwrap()]);
    let snapshot = maascan::snapshot::load(&kept).unwrap();
    let logs = snapshot.activity_logs.unwrap();
    assert_eq!((logs.rows.len(), logs.reading.calls), (1, 2));
    let output = maascan().arg("assess").arg(&kept).assert().code(3).get_output().clone();
    assert!(text(&output.stderr).contains("activity logs: 1 last lines cut short"), "{}", text(&output.stderr));
    let explained = maascan().args(["explain", APP, "--snapshot"]).arg(&kept).assert().success().get_output().clone();
    let expected = "POST /deviceManagement/deviceManagementScripts, status 412 for windows10AndLater: 1 refused for want of approval";
    let told = text(&explained.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(expected) && told.contains("[activity-logs]"), "{told}");
}

/// Rows of `coverage.csv` for the activity logs, the published model, exit status and standard error of a snapshot with these logs.
fn covered(logs: Option<&str>) -> (Row, serde_json::Value, Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("PT1H.json"), folder.path().join("out"));
    let mut command = maascan();
    let whole = folder.path().join("whole.json.zst");
    let mut tenant = maascan::snapshot::load(snapshot()).unwrap();
    tenant.coverage.values_mut().for_each(|reading| reading.coverage = Coverage::Complete { items: reading.coverage.items() });
    maascan::snapshot::save(&tenant, &whole).unwrap();
    command.arg("assess").arg(&whole).arg("--out").arg(&out);
    if let Some(logs) = logs {
        fs::write(&file, logs).unwrap();
        command.arg("--logs").arg(&file);
    }
    let output = command.output().unwrap();
    let files = files(&out);
    let row = rows(&files["coverage.csv"]).into_iter().find(|row| row["dataset"] == "activity-logs").unwrap();
    let json = serde_json::from_slice(&files["assessment.json"]).unwrap();
    for report in ["report.html", "summary.md"] {
        assert!(text(&files[report]).contains(if logs.is_some() { "writes on Intune" } else { "No activity logs" }), "{report}");
    }
    (row, json, output.status.code(), text(&output.stderr))
}

#[test]
fn logs_have_their_place_in_coverage() {
    let words = |row: &Row| ["state", "items", "gap", "requests"].map(|column| row[column].clone());
    let (row, json, status, errors) = covered(None);
    assert_eq!((words(&row), status), (["skipped", "", "not-requested", "0"].map(str::to_owned), Some(0)), "{errors}");
    assert!(json["activity_logs"].is_null());
    let told = |json: &serde_json::Value| json["verdicts"].as_array().unwrap().iter().any(|verdict| verdict["writes_at_least"] == true);
    let (row, json, status, _) = covered(Some(&a_few()));
    assert_eq!((words(&row), status), (["complete", "4", "", "0"].map(str::to_owned), Some(0)));
    assert_eq!((&json["activity_logs"]["whole"], &json["activity_logs"]["calls"]), (&true.into(), &2.into()));
    let before = told(&json);
    let (row, json, status, errors) = covered(Some(&format!("{}no json\r\n{{\"cut", a_few())));
    assert_eq!((words(&row), status), (["partial", "6", "failed", "0"].map(str::to_owned), Some(3)), "{errors}");
    for said in ["1 last lines cut short", "1 lines that are no JSON record", "calls may be missing"] {
        assert!(row["detail"].contains(said), "{row:?}");
    }
    let faults: Vec<_> = json["activity_logs"]["faults"].as_array().unwrap().iter().map(|fault| fault["fault"].as_str().unwrap()).collect();
    assert_eq!(faults, ["cut-line", "not-json"]);
    assert_eq!((before, told(&json)), (false, true), "more may have been written than was seen");
    let doubts = |json: &serde_json::Value| json["verdicts"].to_string().matches("activity logs could not be read in full").count();
    assert!(doubts(&json) > 0, "verdicts that rest on silence are less sure");
    assert_eq!(json["complete"], false);
    let (row, json, status, _) = covered(Some("\u{1}nothing of the kind\n"));
    assert_eq!((words(&row), status), (["unavailable", "", "failed", "0"].map(str::to_owned), Some(3)), "{row:?}");
    assert_eq!(json["activity_logs"]["whole"], false);
}

/// An answer to the query of `maascan logs kql`, as the portal saves it: two refused calls of which one was delivered twice.
fn answer() -> String {
    let head = "Part,AppId,ServicePrincipalId,Flow,Method,Uri,Value,Day [UTC],Calls,Copies,Unnamed,First [UTC],Last [UTC]";
    let key = format!("{APP},s,app-only,POST,https://graph.microsoft.com/beta/devicemanagement/devicemanagementscripts");
    let times = "\"10/6/2026, 08:00:00.000 AM\",\"10/6/2026, 1:30:00.000 PM\"";
    format!("\u{feff}{head}\r\nstatus,{key},412,\"10/6/2026, 12:00:00.000 AM\",2,3,0,{times}\r\naddress,{key},203.0.113.7,,2,,,,\r\n")
}

#[test]
fn a_saved_answer_of_an_engine_is_known_by_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("query_data.csv"), folder.path().join("PT1H.json"));
    fs::write(&file, answer()).unwrap();
    fs::write(&log, a_few()).unwrap();
    let output = maascan().arg("logs").arg(&file).args(["--format", "csv"]).assert().success().get_output().clone();
    let told: Vec<Row> = rows(&output.stdout);
    assert_eq!(told.len(), 1);
    let cells = ["app_id", "workload", "operation", "blocked", "first", "last", "addresses"].map(|column| told[0][column].as_str());
    assert_eq!(cells, [APP, "script", "create", "2", "2026-10-06T08:00:00Z", "2026-10-06T13:30:00Z", "203.0.113.7:2"]);
    let table = maascan().arg("logs").arg(&file).assert().success().get_output().clone();
    assert!(text(&table.stdout).contains("read: 3 records in 1 file, "), "{}", text(&table.stdout));
    let refused = |arguments: &[&Path], message: &str| {
        let output = maascan().arg("logs").args(arguments).assert().code(2).get_output().clone();
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
    };
    refused(&[&file, &log], "not counted together");
    refused(&[&file, Path::new("--state"), &folder.path().join("state")], "do not grow");
    fs::write(&file, "[{\"Part\":1,\"AppId\":1,\"ServicePrincipalId\":1,\"Flow\":1,\"Method\":1,\"Uri\":1,\"Value\":1,\"Day\":1,\"Calls\":1,\"Copies\":1,\"Unnamed\":1,\"First\":1,\"Last\":1},").unwrap();
    refused(&[&file], "cut short");
}
