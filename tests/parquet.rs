//! `maascan logs --output FILE.parquet`: another reader, DuckDB, gets the types and the values that the CSV has.
//!
//! A Python with DuckDB is looked for in `MAASCAN_LINTERS` and on the path; see `common::tool` for what happens where there is none.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{maascan, python_with, rows, text};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Records of applications and people, with every kind of end, addresses and user agents, and some without a service principal.
fn logs() -> String {
    let line = |number: usize| {
        let person = number.is_multiple_of(5);
        let record = serde_json::json!({
            "time": format!("2026-10-{:02}T08:{:02}:07.5Z", 1 + number % 20, number % 60),
            "category": "MicrosoftGraphActivityLogs",
            "properties": {
                "requestId": format!("00000000-0000-4000-8000-{number:012}"),
                "requestMethod": (["POST", "PATCH", "DELETE"][number % 3]),
                "requestUri": format!("https://graph.microsoft.com/beta/deviceManagement/{}", ["deviceManagementScripts/x", "new/thing"][number % 2]),
                "responseStatusCode": ([201, 412, 403, 429][number % 4]),
                "appId": format!("aaaaaaaa-0000-4000-8000-{:012}", number % 7),
                "servicePrincipalId": if person { "" } else { "bbbbbbbb-0000-4000-8000-000000000001" },
                "userId": if person { "cccccccc-0000-4000-8000-000000000001" } else { "" },
                "clientAuthMethod": (number % 3).to_string(),
                "ipAddress": format!("20.0.0.{}", number % 30),
                "userAgent": "tool/1; \u{00fc}ber",
            },
        });
        format!("{record}\r\n")
    };
    (0..500).map(line).collect()
}

const READ: &str = "import duckdb, json, sys
activity = duckdb.read_parquet(sys.argv[1])
text = duckdb.sql(\"\"\"SELECT * REPLACE (strftime(first AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS first,
    strftime(last AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS last) FROM activity\"\"\")
rows = [[None if cell is None else str(cell) for cell in row] for row in text.fetchall()]
print(json.dumps({'columns': activity.columns, 'types': [str(kind) for kind in activity.types], 'rows': rows}))
";

fn written(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let (log, csv, parquet) = (folder.join("PT1H.json"), folder.join("a.csv"), folder.join("a.PARQUET"));
    fs::write(&log, logs()).unwrap();
    maascan().arg("logs").arg(&log).arg("-o").arg(&csv).arg("-o").arg(&parquet).assert().success();
    (fs::read(csv).unwrap(), fs::read(parquet).unwrap())
}

#[test]
fn duckdb_reads_what_the_csv_says() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, bytes) = written(folder.path());
    assert_eq!(bytes, written(folder.path()).1, "the same rows give the same bytes");
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    let Some(python) = python_with("duckdb") else { return };
    let output = Command::new(python).args(["-B", "-c", READ]).arg(folder.path().join("a.PARQUET")).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let columns: Vec<&str> = read["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(columns, csv::Reader::from_reader(csv.as_slice()).headers().unwrap().iter().collect::<Vec<_>>());
    let kind = |name: &str| read["types"][columns.iter().position(|column| *column == name).unwrap()].as_str().unwrap().to_owned();
    assert_eq!(["app_id", "calls", "failed", "status_counts"].map(kind), ["VARCHAR", "BIGINT", "BIGINT", "VARCHAR"]);
    assert_eq!(["first", "last"].map(kind), ["TIMESTAMP WITH TIME ZONE"; 2]);
    let cell = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let row = |row: &serde_json::Value| -> BTreeMap<String, String> {
        columns.iter().zip(row.as_array().unwrap()).map(|(name, value)| ((*name).to_owned(), cell(value))).collect()
    };
    let theirs: Vec<_> = read["rows"].as_array().unwrap().iter().map(row).collect();
    assert_eq!(theirs, rows(&csv));
    assert!(theirs.len() > 40 && theirs.iter().any(|row| row["service_principal_id"].is_empty()), "{}", theirs.len());
}

#[test]
fn sign_ins_are_not_written_so() {
    let arguments = ["logs", "--workspace", "0a1b2c3d-0000-4000-8000-000000000001", "--sign-ins", "-o", "x.parquet"];
    let output = maascan().args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("not written as Parquet"), "{output:?}");
}
