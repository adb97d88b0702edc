//! What activity logs say, for the command that reads them: as a table for people, and as CSV and JSON for those who go on.

use super::text::csv_cell;
use super::{Error, grid::grid, text};
use crate::snapshot::{ActivityLogs, CallRow, Listed, LogReading};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;

/// Columns of the CSV that others may rely on. Further ones come at the end.
pub const COLUMNS: [&str; 17] = [
    "app_id",
    "service_principal_id",
    "workload",
    "operation",
    "method",
    "path_template",
    "calls",
    "written",
    "blocked",
    "failed",
    "first",
    "last",
    "status_counts",
    "client_auth_methods",
    "flow",
    "addresses",
    "user_agents",
];

/// Most rows that the table shows.
const MOST_SHOWN: usize = 100;

/// The table, and what was read. `width` is that of the terminal, None where there is none.
#[must_use]
pub fn table(logs: &ActivityLogs, width: Option<u16>) -> String {
    let header = ["application", "written", "blocked", "failed", "statuses", "flow", "workload", "operation"];
    let mut rows: Vec<&CallRow> = logs.rows.iter().collect();
    // What matters most comes first: applications as themselves, refused calls, then writes.
    rows.sort_by_cached_key(|row| (row.key.flow, std::cmp::Reverse((row.blocked(), row.written(), row.failed()))));
    let shown: Vec<Vec<String>> = rows.iter().take(MOST_SHOWN).map(|row| shown(row)).collect();
    let drawn = if shown.is_empty() { none(&logs.reading) } else { grid(&header, &shown, width) };
    let rest = rows.len().saturating_sub(MOST_SHOWN);
    let rest = if rest > 0 { format!("{rest} more rows: --output activity.csv has them all\n") } else { String::new() };
    format!("{drawn}{rest}{}\n", text::terminal(&summary(&logs.reading), 2000))
}

/// That there are no rows; of logs that were not read whole that says little.
fn none(reading: &LogReading) -> String {
    let known = if reading.is_whole() { "no writes on Intune" } else { "no writes on Intune in what could be read, which is not all" };
    format!("{known}\n")
}

fn shown(row: &CallRow) -> Vec<String> {
    let key = &row.key;
    vec![
        key.app_id.to_string(),
        row.written().to_string(),
        row.blocked().to_string(),
        row.failed().to_string(),
        joined(&row.status_counts()).replace(';', "; "),
        key.flow.word().to_owned(),
        row.workloads.join(", "),
        format!("{}: {} {}", row.operation, key.method, key.path_template),
    ]
}

/// What was read, in a sentence.
#[must_use]
pub fn summary(reading: &LogReading) -> String {
    let span = match (reading.first, reading.last) {
        (Some(first), Some(last)) => format!(", from {} to {}", time(first), time(last)),
        _ => String::new(),
    };
    // An engine says nothing of bytes, and its queries are no files.
    let read = match reading.bytes {
        0 if reading.source != LogReading::FILES => {
            let queries = counted(reading.files, "query", "queries");
            format!("{} of {} by {queries}", counted(reading.records, "record", "records"), reading.source)
        }
        bytes => {
            let (records, files) = (counted(reading.records, "record", "records"), counted(reading.files, "file", "files"));
            format!("{records} in {files}, {}", counted(bytes, "byte", "bytes"))
        }
    };
    let (writes, duplicates) = (counted(reading.calls, "write", "writes"), counted(reading.duplicates, "duplicate", "duplicates"));
    format!("{writes} on Intune{span}; read: {read}; left out: {duplicates}, {} of its own", reading.own)
}

/// A number with its noun.
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What went wrong, a line for each kind.
#[must_use]
pub fn faults(reading: &LogReading) -> Vec<String> {
    reading.told(|_| true)
}

/// The rows as CSV: commas between the cells, every cell quoted, UTF-8, LF.
///
/// # Errors
/// [`Error::Render`].
pub fn csv(logs: &ActivityLogs) -> Result<Vec<u8>, Error> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Render { file: "activity.csv", source };
    let header = format!("{}\n", COLUMNS.join(","));
    let mut writer = ::csv::WriterBuilder::new().quote_style(::csv::QuoteStyle::Always).from_writer(header.into_bytes());
    for row in &logs.rows {
        writer.write_record(cells(row).iter().map(|cell| csv_cell(cell))).map_err(|error| failed(error.into()))?;
    }
    writer.into_inner().map_err(|error| failed(error.into_error().into()))
}

/// One row, in the order of [`COLUMNS`].
pub(super) fn cells(row: &CallRow) -> [String; COLUMNS.len()] {
    let key = &row.key;
    [
        key.app_id.to_string(),
        key.service_principal_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        workloads(row),
        row.operation.clone(),
        key.method.clone(),
        key.path_template.clone(),
        row.calls().to_string(),
        row.written().to_string(),
        row.blocked().to_string(),
        row.failed().to_string(),
        row.first().map(time).unwrap_or_default(),
        row.last().map(time).unwrap_or_default(),
        joined(&row.status_counts()),
        listed(&row.client_auth_methods),
        key.flow.word().to_owned(),
        listed(&row.addresses),
        listed(&row.user_agents),
    ]
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    row: &'a CallRow,
    calls: u64,
    written: u64,
    blocked: u64,
    failed: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    status_counts: BTreeMap<u16, u64>,
}

#[derive(Serialize)]
struct Reading<'a> {
    #[serde(flatten)]
    reading: &'a LogReading,
    whole: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    reading: Reading<'a>,
    rows: Vec<Row<'a>>,
}

/// Rows and reading as JSON.
///
/// # Errors
/// [`Error::Render`].
pub fn json(logs: &ActivityLogs) -> Result<Vec<u8>, Error> {
    let reading = Reading { reading: &logs.reading, whole: logs.reading.is_whole() };
    let document = Document { format: "maascan.activity", version: 1, reading, rows: logs.rows.iter().map(whole).collect() };
    let printed =
        serde_json::to_string_pretty(&document).map_err(|source| Error::Render { file: "activity.json", source: source.into() })?;
    Ok(text::json(printed + "\n").into_bytes())
}

fn whole(row: &CallRow) -> Row<'_> {
    Row {
        row,
        calls: row.calls(),
        written: row.written(),
        blocked: row.blocked(),
        failed: row.failed(),
        first: row.first(),
        last: row.last(),
        status_counts: row.status_counts(),
    }
}

fn workloads(row: &CallRow) -> String {
    row.workloads.join(";")
}

/// Values with their calls; `(others):7` at the end for calls with a value that is not listed.
fn listed(list: &Listed) -> String {
    let others = if list.others > 0 { format!(";(others):{}", list.others) } else { String::new() };
    joined(&list.values) + &others
}

/// `204:3;412:1`
fn joined<'c, K: Display + 'c>(counts: impl IntoIterator<Item = (&'c K, &'c u64)>) -> String {
    let parts = counts.into_iter().map(|(value, calls)| format!("{}:{calls}", text::csv_part(&value.to_string())));
    parts.collect::<Vec<_>>().join(";")
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CallCount, CallFlow, CallKey, LogFault};
    use serde_json::Value;

    fn logs() -> ActivityLogs {
        let key = CallKey {
            app_id: "a".into(),
            service_principal_id: None,
            flow: CallFlow::AppOnly,
            method: "PATCH".into(),
            path_template: "/deviceAppManagement/mobileApps/{id}".into(),
        };
        let mut row = CallRow::new(key, vec!["app".into()], "update".into());
        let at = "2026-10-01T10:00:00Z".parse().unwrap();
        row.count(204, CallCount { calls: 3, first: at, last: at });
        row.count(412, CallCount { calls: 1, first: at, last: at });
        row.client_auth_methods.add("2", 4);
        row.user_agents.add("=HYPERLINK(\"x\");\u{1b}[2J", 4);
        let mut logs = ActivityLogs::new([row], LogReading { source: "files".into(), files: 1, records: 9, ..LogReading::default() });
        logs.reading.fault(LogFault::CutLine, 1, "a.json");
        logs
    }

    #[test]
    fn rows_are_written_in_published_columns() {
        let text = String::from_utf8(csv(&logs()).unwrap()).unwrap();
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let row = reader.records().next().unwrap().unwrap();
        let cells: Vec<&str> = row.iter().skip(6).take(9).collect();
        assert_eq!(cells, ["4", "3", "1", "0", "2026-10-01T10:00:00Z", "2026-10-01T10:00:00Z", "204:3;412:1", "2:4", "app-only"]);
        assert!(row.get(16).unwrap().starts_with("'=HYPERLINK") && !text.contains('\u{1b}'));
    }

    #[test]
    fn json_has_the_sums_and_the_faults() {
        let value: Value = serde_json::from_slice(&json(&logs()).unwrap()).unwrap();
        assert_eq!(value["rows"][0]["written"], 3);
        assert_eq!(value["rows"][0]["app_id"], "a");
        assert_eq!(value["reading"]["whole"], false);
        assert_eq!(value["reading"]["faults"]["cut-line"]["times"], 1);
    }

    #[test]
    fn the_table_says_what_was_read() {
        let text = table(&logs(), Some(200));
        assert!(text.contains("PATCH /deviceAppManagement/mobileApps/{id}") && text.contains("204:3; 412:1"), "{text}");
        assert!(text.contains("4 writes on Intune, from 2026-10-01T10:00:00Z"), "{text}");
        assert_eq!(faults(&logs().reading), ["1 last lines cut short: the file was cut, or still grows, such as in a.json"]);
        assert!(table(&ActivityLogs::default(), None).starts_with("no writes on Intune"));
    }
}
