//! Answers to the query that were saved in files, as where maascan may not ask the engine itself: CSV, and the JSON of the query APIs
//! and of the Azure CLI. They are told from logs by their columns.

use super::query::COLUMNS;
use crate::graph::Table;
use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What of a file is looked at to tell what it is (bytes).
const HEAD: u64 = 8 * 1024;

/// The longest answer that is read (bytes): as much as the query API gives, and far more than the most rows that are kept.
const LONGEST: u64 = 64 * 1024 * 1024;

/// An answer that was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// Its tables.
    pub tables: Vec<Table>,
    /// Whether the engine says that it is not all.
    pub partial: bool,
    /// Length of the file (bytes).
    pub bytes: u64,
}

/// The answer that a file holds; None for any other file, and for one that cannot be opened: the reader of logs says so.
///
/// # Errors
/// Of the disk; an answer that is cut short, or longer than 64 MiB.
pub fn saved(path: &Path) -> io::Result<Option<Saved>> {
    let Ok(mut file) = File::open(path) else { return Ok(None) };
    let mut bytes = Vec::new();
    let head = (&mut file).take(HEAD).read_to_end(&mut bytes);
    if head.is_err() || !is_answer(&bytes) {
        return Ok(None);
    }
    let head = u64::try_from(bytes.len()).unwrap_or(HEAD);
    (&mut file).take(LONGEST.saturating_sub(head) + 1).read_to_end(&mut bytes)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > LONGEST {
        return Err(io::Error::other("the answer is longer than 64 MiB"));
    }
    let (tables, partial) = tables(&bytes).ok_or_else(|| io::Error::other("the answer is cut short, or no table"))?;
    Ok(Some(Saved { tables, partial, bytes: length }))
}

/// Whether the beginning of a file names every column of an answer.
fn is_answer(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    if is_json(&text) {
        return COLUMNS.iter().all(|name| text.contains(&format!("\"{name}\"")));
    }
    let line = text.lines().next().unwrap_or_default();
    let mut record = StringRecord::new();
    let read = ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes()).read_record(&mut record);
    read.is_ok_and(|read| read) && has_columns(&names(&record))
}

fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

fn has_columns(names: &[String]) -> bool {
    COLUMNS.iter().all(|column| names.iter().any(|name| name == column))
}

/// Names of columns; the portal writes `First [UTC]`.
fn names(record: &StringRecord) -> Vec<String> {
    record.iter().map(|name| name.trim_start_matches('\u{feff}').trim().trim_end_matches("[UTC]").trim_end().to_owned()).collect()
}

/// The tables of an answer, and whether it says that it is not all; None for what is no answer, or was cut.
fn tables(bytes: &[u8]) -> Option<(Vec<Table>, bool)> {
    let text = String::from_utf8_lossy(bytes);
    if !is_json(&text) {
        return Some((vec![csv_table(&text)?], false));
    }
    let answer: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let listed = member(&answer, "tables").or(Some(&answer)).and_then(Value::as_array);
    let tables: Vec<Table> = match listed {
        Some(rows) if rows.iter().any(|row| row.get("Part").is_some()) => vec![of_objects(rows)],
        Some(all) => all.iter().filter_map(of_api).filter(|table| has_columns(&table.columns)).collect(),
        None => Vec::new(),
    };
    (!tables.is_empty()).then(|| (tables, says_partial(&answer)))
}

/// Whether an answer says of itself, or of a frame in it, that something went wrong: `error` of Log Analytics, `Exceptions`,
/// `HasErrors` and `OneApiErrors` of Azure Data Explorer.
fn says_partial(answer: &Value) -> bool {
    let frames = std::iter::once(answer).chain(answer.as_array().into_iter().flatten());
    let tables = member(answer, "tables").and_then(Value::as_array).into_iter().flatten();
    frames.chain(tables).any(|frame| {
        ["error", "exceptions", "haserrors", "oneapierrors"].iter().filter_map(|name| member(frame, name)).any(|said| match said {
            Value::Null | Value::Bool(false) => false,
            Value::Array(errors) => !errors.is_empty(),
            _ => true,
        })
    })
}

fn csv_table(text: &str) -> Option<Table> {
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut records = reader.records();
    let columns = names(&records.next()?.ok()?);
    let row = |record: StringRecord| record.iter().map(|cell| Value::String(cell.to_owned())).collect();
    let rows = records.map(|record| record.map(row)).collect::<Result<_, _>>().ok()?;
    Some(Table { columns, rows })
}

/// A list of objects, as the Azure CLI prints.
fn of_objects(rows: &[Value]) -> Table {
    let row = |row: &Value| COLUMNS.map(|name| row.get(name).cloned().unwrap_or_default()).to_vec();
    Table { columns: COLUMNS.map(str::to_owned).to_vec(), rows: rows.iter().map(row).collect() }
}

/// A table of the query API of Log Analytics (`name`), or of Azure Data Explorer (`ColumnName`).
fn of_api(table: &Value) -> Option<Table> {
    let name = |column: &Value| member(column, "name").or(column.get("ColumnName")).and_then(Value::as_str).unwrap_or_default().to_owned();
    let columns = member(table, "columns")?.as_array()?.iter().map(name).collect();
    let rows = member(table, "rows")?.as_array()?.iter().filter_map(|row| row.as_array().cloned()).collect();
    Some(Table { columns, rows })
}

/// A member by its name, in small letters or with a capital.
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members: &Map<String, Value> = value.as_object()?;
    members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const ROW: [&str; 13] =
        ["status", "a", "s", "app-only", "POST", "/x", "204", "2026-11-01", "2", "3", "0", "2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z"];

    fn read(text: &str) -> io::Result<Option<Vec<Table>>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        saved(file.path()).map(|saved| saved.map(|saved| saved.tables))
    }

    #[test]
    fn every_form_of_an_answer_is_the_same_table() {
        let object: Map<String, Value> = COLUMNS.iter().zip(ROW).map(|(name, cell)| ((*name).to_owned(), cell.into())).collect();
        let columns = |key: &str| COLUMNS.iter().map(|name| json!({key: name, "type": "string"})).collect::<Vec<_>>();
        let forms = [
            format!("{}\n{}\n", COLUMNS.join(","), ROW.join(",")),
            format!("\u{feff}{}\r\n\"{}\"\r\n", COLUMNS.join(",").replace("First", "First [UTC]"), ROW.join("\",\"")),
            json!({"tables": [{"name": "PrimaryResult", "columns": columns("name"), "rows": [ROW]}]}).to_string(),
            json!({"Tables": [{"Columns": columns("ColumnName"), "Rows": [ROW]}, {"Columns": [], "Rows": []}]}).to_string(),
            json!([{"FrameType": "DataSetHeader"}, {"FrameType": "DataTable", "Columns": columns("ColumnName"), "Rows": [ROW]}])
                .to_string(),
            json!([object]).to_string(),
        ];
        for form in forms {
            let tables = read(&form).unwrap().unwrap();
            assert_eq!((tables.len(), &tables[0].rows), (1, &vec![ROW.map(Value::from).to_vec()]), "{form}");
            assert_eq!(tables[0].columns, COLUMNS, "{form}");
        }
    }

    #[test]
    fn an_answer_that_says_it_is_not_all_is_not_taken_for_whole() {
        let table = json!({"columns": COLUMNS.map(|name| json!({"name": name})), "rows": [ROW]});
        let partial = |answer: &Value| tables(answer.to_string().as_bytes()).unwrap().1;
        assert!(!partial(&json!({"tables": [table], "error": null})));
        assert!(!partial(&json!({"Tables": [table], "Exceptions": []})));
        assert!(!partial(&json!([{"FrameType": "DataTable", "Columns": table["columns"], "Rows": [ROW]}, {"HasErrors": false}])));
        assert!(partial(&json!({"tables": [table], "error": {"code": "PartialError"}})));
        assert!(partial(&json!({"Tables": [table], "Exceptions": ["limits"]})));
        assert!(partial(
            &json!([{"FrameType": "DataTable", "Columns": table["columns"], "Rows": [ROW]}, {"HasErrors": true, "OneApiErrors": [{}]}])
        ));
    }

    #[test]
    fn logs_are_no_answers_and_a_cut_answer_is_refused() {
        for logs in ["", "{}", "[]", "TimeGenerated,RequestMethod,RequestUri\n", "{\"category\":\"MicrosoftGraphActivityLogs\"}\n"] {
            assert!(read(logs).unwrap().is_none(), "{logs}");
        }
        let whole = json!({"tables": [{"columns": COLUMNS.map(|name| json!({"name": name})), "rows": [ROW]}]}).to_string();
        assert!(read(&whole[..whole.len() - 3]).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC*", tail in "\\PC*") {
            let _ = read(&text);
            let _ = read(&format!("{}\n{text}", COLUMNS.join(",")));
            let _ = tables(format!("[{{\"Part\":{tail}").as_bytes());
        }
    }
}
