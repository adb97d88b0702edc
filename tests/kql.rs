//! `maascan logs kql`: the queries are held against Microsoft's own grammar, and run over generated logs by another engine
//! (DuckDB, through a translator that is not ours), whose answer has to be what the local reader counts in the same logs.
//!
//! The grammar is looked for in `MAASCAN_KUSTO` or `target/kusto` (a folder with `node_modules`), Python in `MAASCAN_LINTERS` and on
//! the path. What is missing is named on standard error and its test passes; with `MAASCAN_REQUIRE_TOOLS=1` it fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{python_with, tool};

use chrono::{DateTime, TimeDelta, Utc};
use maascan::catalogue::Catalogue;
use maascan::engine::{self, Blobs, Shape, SignInTable, Source, Within};
use maascan::graph::{Span, Table};
use maascan::logs::{self, Options, Progress};
use maascan::snapshot::{ActivityLogs, AppId, LogFault};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const OWN: &str = "00000000-aaaa-4000-8000-00000000000f";
const TENANT: &str = "11111111-2222-4333-8444-555555555555";

fn span() -> Span {
    Span { from: "2026-11-01T00:00:00Z".parse().unwrap(), to: "2026-11-08T00:00:00Z".parse().unwrap() }
}

fn own() -> BTreeSet<AppId> {
    [AppId::new(OWN)].into()
}

/// Each shape with its table and the word by which answer.py knows it.
fn sources() -> Vec<(&'static str, Source)> {
    vec![
        ("columns", Source::log_analytics()),
        ("records", Source::new("GraphEvents", Shape::Records { column: "Records".into() }).unwrap()),
        ("properties", Source::new("GraphRecords", Shape::Properties).unwrap()),
        ("blobs", Source::new("GraphActivity", Shape::Blobs).unwrap()),
    ]
}

fn grammar() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/kusto");
    tool("node_modules/@kusto/language-service-next", &[std::env::var_os("MAASCAN_KUSTO").map(PathBuf::from), Some(target)])
}

/// A Python that has the translator.
fn python() -> Option<PathBuf> {
    python_with("duckdb_kql")
}

/// Every kind of query, by a name.
fn queries() -> Vec<(String, String)> {
    let catalogue = Catalogue::builtin().unwrap();
    let mut queries = Vec::new();
    for (name, source) in sources() {
        for (within_name, within) in [("span", Within::Span(span())), ("days", Within::Days(30))] {
            queries.push((format!("{name}-{within_name}"), engine::activity(&catalogue, &source, within, &own())));
            queries.push((format!("{name}-{within_name}-extent"), engine::extent(&source, within)));
        }
    }
    queries.push(("nobody-left-out".into(), engine::activity(&catalogue, &Source::log_analytics(), Within::Days(1), &BTreeSet::new())));
    queries.push(("sign-ins".into(), engine::sign_ins(&SignInTable::ALL, Within::Days(30))));
    for table in SignInTable::ALL {
        queries.push((table.name().into(), engine::sign_ins(&[table], Within::Span(span()))));
    }
    let blobs = Blobs::new("https://contosoaudit.blob.core.windows.net", &format!("tenantId={TENANT}"), "GraphActivity").unwrap();
    queries.push(("create-table".into(), blobs.create_table()));
    queries
}

fn said_by_grammar(queries: &[(String, String)]) -> Option<String> {
    let modules = grammar()?.join("../..").canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = queries.iter().map(|(name, _)| folder.path().join(name)).collect();
    for (file, (_, text)) in files.iter().zip(queries) {
        std::fs::write(file, text).unwrap();
    }
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kql/check.cjs");
    let output = Command::new("node").arg(program).arg(modules).args(&files).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && errors.contains(&format!("checked {}", queries.len())), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_query_is_good_kql_and_knows_its_columns() {
    assert_eq!(said_by_grammar(&queries()).unwrap_or_default(), "");
}

/// The check above can fail: of each of these the grammar says what is wrong.
#[test]
fn the_grammar_tells_a_wrong_query() {
    let good = queries();
    let changes = [
        ("has_any (Anchors)", "has_any Anchors)"),
        ("tolower(RequestUri)", "tolower(RequestUrl)"),
        ("summarize Copies = count()", "summarize Copies = coutn()"),
        ("| where isnotempty(Address)", "| where isnotempty(Adress)"),
        ("ResourceIdentity", "ResourceIdentiy"),
        ("partition by (Hour: datetime)", "partition of (Hour: datetime)"),
    ];
    let wrong: Vec<(String, String)> = changes
        .iter()
        .enumerate()
        .map(|(at, (from, to))| {
            let (_, query) = good.iter().find(|(_, query)| query.contains(from)).unwrap();
            (format!("wrong-{at}"), query.replacen(from, to, 1))
        })
        .collect();
    let Some(said) = said_by_grammar(&wrong) else { return };
    for (at, change) in changes.iter().enumerate() {
        assert!(said.contains(&format!("wrong-{at}: Error")), "{change:?}: {said}");
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn guid(&mut self) -> String {
        format!(
            "{:08x}-{:04X}-4{:03x}-8{:03x}-{:012x}",
            self.below(1 << 32),
            self.below(1 << 16),
            self.below(1 << 12),
            self.below(1 << 12),
            self.0
        )
    }
}

const BASES: &[&str] = &[
    "https://graph.microsoft.com/beta",
    "https://graph.microsoft.com/v1.0",
    "https://graph.microsoft.com/beta/",
    "https://graph.microsoft.com//v1.0",
    "https://GRAPH.microsoft.com/Beta",
    "https://dod-graph.microsoft.us/beta",
    "https://graph.microsoft.com/v1.0/myorganization",
    "https://graph.example.com/beta",
];

/// Not Intune, not a write, or not known.
const OTHERS: &[&str] = &[
    "/users/{id}",
    "/groups/{id}/members/$ref",
    "/drives/{id}/items/root:/deviceManagement/report.docx:/content",
    "/users/{id}/deviceManagementx",
    "/applications?$filter=displayName eq 'deviceManagement'",
    "/deviceManagement/newThings/{id}/doIt",
    "/deviceManagement/newThings('{id}')",
    "/deviceAppManagement/mobileApps/{id}/unheardOf",
    "/$batch",
    "/%24batch",
    "/%64eviceManagement/managedDevices/{id}/wipe",
    "/device%4Danagement/managedDevices/{id}/%72etire",
    "/roleManagement/directory/roleAssignments",
    "/me/managedDevices/{id}/wipe",
];

fn key(chance: &mut Chance) -> String {
    match chance.below(9) {
        0 => "admin@contoso.example".to_owned(),
        1 => "admin%40contoso.example".to_owned(),
        2 => chance.below(900).to_string(),
        3 => format!("T_{}", chance.guid()),
        4 => format!("{}_de-DE", chance.guid()),
        5 => format!("{{{}}}", chance.guid()),
        _ => chance.guid(),
    }
}

fn address(chance: &mut Chance, template: &str) -> String {
    let mut path = chance.of(BASES).to_owned();
    for segment in template.split('/').skip(1) {
        match segment {
            "{id}" if chance.one_in(4) => path.push_str(&format!("('{}')", key(chance))),
            "{id}" => path.push_str(&format!("/{}", key(chance))),
            "{cast}" => path.push_str("/microsoft.graph.win32LobApp"),
            "**" => path.push_str("/anything/below"),
            name => path.push_str(&format!("{}{}", if chance.one_in(15) { "//" } else { "/" }, name.replace("{id}", &key(chance)))),
        }
    }
    if chance.one_in(12) {
        path = path.to_ascii_uppercase();
    }
    let query = chance.of(&["", "", "", "", "?$select=id", "?api-version=2&x=%7Bdevice%7D", "/", "#part"]);
    format!("{path}{query}")
}

/// One line of the storage export.
fn record(chance: &mut Chance, catalogue: &Catalogue) -> Value {
    let operation = &catalogue.operations()[chance.below(catalogue.operations().len())];
    let (method, template) = if chance.one_in(4) {
        (chance.of(&["POST", "PATCH", "GET", "DELETE", "PUT", "MERGE", "head"]).to_owned(), chance.of(OTHERS).to_owned())
    } else if chance.one_in(6) {
        ("GET".to_owned(), operation.path.clone())
    } else {
        let method = operation.method.name();
        (if chance.one_in(10) { method.to_lowercase() } else { method.to_owned() }, operation.path.clone())
    };
    let app = if chance.one_in(30) { String::new() } else { format!("00000000-AAAA-4000-8000-00000000000{:x}", chance.below(16)) };
    let milliseconds = TimeDelta::milliseconds(i64::try_from(chance.below(7 * 86_400_000)).unwrap());
    let time = (span().from + milliseconds).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let person = chance.one_in(5);
    let status = chance.of(&["200", "201", "204", "204", "400", "403", "404", "409", "412", "412", "429", "500"]);
    let kind = if chance.one_in(3) {
        ""
    } else if person {
        "user"
    } else {
        "app"
    };
    let mut properties = json!({
        "timeGenerated": time, "requestId": if chance.one_in(25) { String::new() } else { chance.guid() }, "requestMethod": method,
        "requestUri": address(chance, &template), "appId": app, "userAgent": chance.of(&["", "PowerShell/7.5", "python-requests/2.32"]),
        "servicePrincipalId": if person || chance.one_in(40) { String::new() } else { app.replace("AAAA", "BBBB") },
        "userId": if person { chance.guid() } else { String::new() }, "ipAddress": format!("203.0.113.{}", chance.below(30)),
        "clientAuthMethod": chance.of(&["0", "1", "2"]), "responseStatusCode": status.parse::<u16>().unwrap(), "C_Idtyp": kind,
    });
    if chance.one_in(50) {
        properties["responseStatusCode"] = Value::Null;
    }
    json!({"time": time, "category": "MicrosoftGraphActivityLogs", "callerIpAddress": "203.0.113.200", "properties": properties})
}

/// Log lines: each as often as the export delivers it.
fn lines(catalogue: &Catalogue, typed: bool) -> Vec<String> {
    let mut chance = Chance(20_261_102);
    let mut lines = Vec::new();
    for _ in 0..4_000 {
        let mut record = record(&mut chance, catalogue);
        if typed {
            // A workspace has no such column.
            record["properties"]["C_Idtyp"] = json!("");
        }
        let copies = if chance.one_in(9) { 2 + chance.below(3) } else { 1 };
        lines.extend(std::iter::repeat_n(format!("{record}\r\n"), copies));
    }
    // Copies come anywhere.
    for at in (1..lines.len()).rev() {
        lines.swap(at, chance.below(at + 1));
    }
    lines
}

/// What the local reader counts.
fn counted_locally(catalogue: &Catalogue, file: &Path) -> ActivityLogs {
    let now: DateTime<Utc> = span().to;
    let options = Options { own: own(), threads: 2, ..Options::at(now) };
    logs::read(&[file.to_owned()], catalogue, &options, &Progress::default())
}

/// What the query gives in DuckDB.
fn answered(python: &Path, file: &Path, shape: &str, query: &str) -> Table {
    let path = file.with_extension(shape);
    std::fs::write(&path, query).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kql/answer.py");
    let output = Command::new(python).arg("-B").arg(program).arg(file).arg(shape).arg(&path).output().unwrap();
    assert!(output.status.success(), "{shape}: {}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let columns = answer["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let rows = answer["rows"].as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone()).collect();
    Table { columns, rows }
}

#[test]
fn the_query_counts_what_the_local_reader_counts() {
    let Some(python) = python() else { return };
    let catalogue = Catalogue::builtin().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (shape, source) in sources() {
        let file = folder.path().join(format!("{shape}.json"));
        std::fs::write(&file, lines(&catalogue, shape == "columns").concat()).unwrap();
        let local = counted_locally(&catalogue, &file);
        assert!(local.rows.len() > 1_000 && local.reading.duplicates > 200 && local.reading.own > 50, "{:?}", local.reading);
        let query = engine::activity(&catalogue, &source, Within::Span(span()), &own());
        let answer = answered(&python, &file, shape, &query);
        let asked = engine::counted(&catalogue, std::slice::from_ref(&answer), "DuckDB");
        the_command_reads_it_saved(&answer, folder.path(), &asked);
        for (mine, theirs) in asked.rows.iter().zip(&local.rows) {
            assert_eq!(mine, theirs, "{shape}");
        }
        assert_eq!(asked.rows.len(), local.rows.len(), "{shape}");
        let totals = |logs: &ActivityLogs| {
            let reading = &logs.reading;
            let faults = [LogFault::NoApplication, LogFault::NoStatus, LogFault::NoRequestId];
            let times = faults.map(|fault| reading.faults.get(&fault).map_or(0, |count| count.times));
            (reading.calls, reading.duplicates, reading.own, times)
        };
        assert_eq!(totals(&asked), totals(&local), "{shape}");
        eprintln!("{shape}: {} calls in {} rows, {:?}", asked.reading.calls, asked.rows.len(), totals(&asked));
    }
}

/// The same answer, saved and given to the command among files, is what was counted.
fn the_command_reads_it_saved(answer: &Table, folder: &Path, asked: &ActivityLogs) {
    let file = folder.join("answer.json");
    let columns: Vec<Value> = answer.columns.iter().map(|name| json!({"name": name, "type": "string"})).collect();
    std::fs::write(&file, json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": answer.rows}]}).to_string()).unwrap();
    let output = common::maascan().arg("logs").arg(&file).args(["--format", "json", "--allow-incomplete"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((read["reading"]["source"].as_str(), read["reading"]["files"].as_u64()), (Some("saved answers of a log engine"), Some(1)));
    let totals = ["calls", "duplicates", "own"].map(|name| read["reading"][name].as_u64().unwrap());
    assert_eq!(totals, [asked.reading.calls, asked.reading.duplicates, asked.reading.own]);
    assert_eq!(read["rows"].as_array().unwrap().len(), asked.rows.len());
}

/// A sign-in as the tables of Log Analytics have it: table, and columns.
fn sign_in(chance: &mut Chance) -> Value {
    let milliseconds = TimeDelta::milliseconds(i64::try_from(chance.below(9 * 86_400_000)).unwrap());
    let app = chance.below(4);
    json!({
        "table": SignInTable::ALL[chance.below(2)].name(),
        // Some lie before the span, and some after it.
        "TimeGenerated": (span().from - TimeDelta::days(1) + milliseconds).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        "Id": chance.guid(),
        "AppId": format!("00000000-AAAA-4000-8000-00000000000{app}"),
        "ServicePrincipalId": format!("00000000-BBBB-4000-8000-00000000000{app}"),
        "ServicePrincipalCredentialKeyId": chance.of(&["", "00000000-CCCC-4000-8000-000000000001", "00000000-0000-0000-0000-000000000000"]),
        "ResourceIdentity": chance.of(&["00000003-0000-0000-C000-000000000000", "00000002-0000-0000-c000-000000000000"]),
        "IPAddress": chance.of(&["", "203.0.113.7", "203.0.113.8"]),
        "ResultType": chance.of(&["0", "0", "0", "7000215", ""]),
        "ClientCredentialType": chance.of(&["clientSecret", "certificate", ""]),
        "FederatedCredentialId": chance.of(&["", "", "", "00000000-DDDD-4000-8000-000000000001"]),
    })
}

/// Sign-ins that count: of these tables, within the span, each once.
fn counting<'a>(records: &'a [Value], tables: &[SignInTable]) -> Vec<&'a Value> {
    let within = |record: &&Value| {
        let time: DateTime<Utc> = record["TimeGenerated"].as_str().unwrap().parse().unwrap();
        time >= span().from && time < span().to && tables.iter().any(|table| record["table"] == table.name())
    };
    let mut seen = BTreeSet::new();
    records.iter().filter(within).filter(|record| seen.insert(record["Id"].to_string())).collect()
}

/// What makes sign-ins count together, in the order of the answer's columns.
fn sign_in_key(record: &Value) -> Vec<String> {
    let managed = record["table"] == SignInTable::ManagedIdentity.name();
    let text = |name: &str| record[name].as_str().unwrap().to_owned();
    let (kind, federated) = if managed {
        ("managedIdentity".to_owned(), String::new())
    } else {
        (text("ClientCredentialType"), text("FederatedCredentialId").to_lowercase())
    };
    let lower = |name: &str| text(name).to_lowercase();
    vec![
        lower("AppId"),
        lower("ServicePrincipalId"),
        kind,
        lower("ServicePrincipalCredentialKeyId"),
        federated,
        lower("ResourceIdentity"),
        text("IPAddress"),
    ]
}

type SignInCounts = BTreeMap<Vec<String>, (u64, u64, String, String)>;

/// Counted without the query.
fn sign_ins_expected(records: &[Value], tables: &[SignInTable]) -> SignInCounts {
    let mut counts = SignInCounts::new();
    for record in counting(records, tables) {
        let second = record["TimeGenerated"].as_str().unwrap()[..19].to_owned();
        let fresh = || (0, 0, second.clone(), second.clone());
        let (succeeded, failed, first, last) = counts.entry(sign_in_key(record)).or_insert_with(fresh);
        *(if record["ResultType"] == "0" { succeeded } else { failed }) += 1;
        *first = first.clone().min(second.clone());
        *last = last.clone().max(second.clone());
    }
    counts
}

#[test]
fn the_query_for_sign_ins_counts_what_is_there() {
    let Some(python) = python() else { return };
    let mut chance = Chance(20_261_103);
    let mut records: Vec<Value> = (0..3_000).map(|_| sign_in(&mut chance)).collect();
    let twice: Vec<Value> = records.iter().step_by(9).cloned().collect();
    records.extend(twice);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sign-ins.json");
    std::fs::write(&file, records.iter().map(|record| format!("{record}\n")).collect::<String>()).unwrap();
    for tables in [&SignInTable::ALL[..1], &SignInTable::ALL[1..], &SignInTable::ALL] {
        let answer = answered(&python, &file, "sign-ins", &engine::sign_ins(tables, Within::Span(span())));
        let place = |name: &str| answer.columns.iter().position(|column| column == name).unwrap();
        let names = ["AppId", "ServicePrincipalId", "CredentialType", "CredentialKeyId", "FederatedCredentialId", "Resource", "Address"];
        let text = |row: &[Value], name: &str| row[place(name)].as_str().unwrap_or_default().to_owned();
        let number = |row: &[Value], name: &str| row[place(name)].as_u64().unwrap();
        let counts = |row: &Vec<Value>| {
            let second = |name: &str| text(row, name)[..19].to_owned();
            (names.map(|name| text(row, name)).to_vec(), (number(row, "Succeeded"), number(row, "Failed"), second("First"), second("Last")))
        };
        let asked: SignInCounts = answer.rows.iter().map(counts).collect();
        let expected = sign_ins_expected(&records, tables);
        assert_eq!(asked, expected);
        assert_eq!(answer.rows.len(), asked.len(), "no key comes twice");
        let all: u64 = expected.values().map(|(succeeded, failed, ..)| succeeded + failed).sum();
        assert!(all > 1_000 && expected.len() > 20, "{all} in {}", expected.len());
        eprintln!("{} tables: {all} sign-ins in {} rows", tables.len(), expected.len());
    }
}

fn printed(arguments: &[&str]) -> String {
    let output = common::maascan().args(["logs", "kql"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    common::text(&output.stdout)
}

#[test]
fn the_command_prints_these_queries_and_nothing_else() {
    let catalogue = Catalogue::builtin().unwrap();
    let fixed = ["--from", "2026-11-01T00:00:00Z", "--to", "2026-11-08T00:00:00Z", "--own-app", OWN];
    let table = |name: &str, shape: &str| ["--engine", "data-explorer", "--table", name, "--shape", shape].map(str::to_owned);
    let mut printed_queries = Vec::new();
    for (shape, source) in sources().into_iter().filter(|(shape, _)| *shape != "blobs") {
        let arguments = table(source.table(), shape);
        let text = printed(&[&arguments.iter().map(String::as_str).collect::<Vec<_>>()[..], &fixed].concat());
        assert!(text.ends_with(&engine::activity(&catalogue, &source, Within::Span(span()), &own())), "{text}");
        assert!(text.starts_with("// maascan "), "{text}");
        printed_queries.push((shape.to_owned(), text));
    }
    let sentinel = printed(&["--engine", "sentinel", "--days", "7"]);
    assert!(sentinel.contains("let Start = ago(7d);\nlet End = now();") && sentinel.contains("let Own = dynamic([]);"), "{sentinel}");
    printed_queries.push(("sentinel".into(), sentinel));
    printed_queries.push(("printed-sign-ins".into(), printed(&["--sign-ins"])));
    assert_eq!(said_by_grammar(&printed_queries).unwrap_or_default(), "");
    let storage = printed(&["--storage", "https://contosoaudit.blob.core.windows.net", "--folder", &format!("tenantId={TENANT}")]);
    let blobs = Blobs::new("https://contosoaudit.blob.core.windows.net", &format!("tenantId={TENANT}"), "GraphActivity").unwrap();
    assert!(storage.contains(&blobs.create_table()) && storage.contains("external_table(\"GraphActivity\")"), "{storage}");
}

#[test]
fn what_cannot_stand_in_a_query_is_refused_without_being_repeated() {
    let signed = "https://contosoaudit.blob.core.windows.net/c?sig=hunter2";
    for arguments in [
        &["--table", "T | take 1"][..],
        &["--shape", "records", "--column", "a;b"],
        &["--days", "0"],
        &["--from", "2026-11-08T00:00:00Z", "--to", "2026-11-01T00:00:00Z"],
        &["--from", "2026-11-08T00:00:00Z"],
        &["--own-app", "somebody"],
        &["--storage", signed, "--folder", "tenantId=t"],
        &["--storage", "https://contosoaudit.blob.core.windows.net"],
        &["--sign-ins", "--table", "T"],
    ] {
        let output = common::maascan().args(["logs", "kql"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !common::text(&output.stderr).contains("hunter2"), "{output:?}");
    }
}
