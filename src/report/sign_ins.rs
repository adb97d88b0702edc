//! Sign-ins as a log workspace counted them, for the command that reads them: as a table for people, and as CSV and JSON.

use super::text::csv_cell;
use super::{Error, grid::grid, text};
use crate::snapshot::{LogReading, SignInSummary};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

/// Columns of the CSV that others may rely on. Further ones come at the end.
pub const COLUMNS: [&str; 11] = [
    "app_id",
    "service_principal_id",
    "credential_type",
    "credential_key_id",
    "federated_credential",
    "resource",
    "address",
    "succeeded",
    "failed",
    "first",
    "last",
];

/// Most rows that the table shows.
const MOST_SHOWN: usize = 100;

/// The table, and how much was read. `width` is that of the terminal, None where there is none.
#[must_use]
pub fn table(sign_ins: &[SignInSummary], reading: &LogReading, width: Option<u16>) -> String {
    let rows: Vec<Vec<String>> = sign_ins.iter().take(MOST_SHOWN).map(|row| cells(row).to_vec()).collect();
    let drawn = if rows.is_empty() { "no sign-ins of applications\n".to_owned() } else { grid(&COLUMNS, &rows, width) };
    let rest = sign_ins.len().saturating_sub(MOST_SHOWN);
    let rest = if rest > 0 { format!("{rest} more rows: --output sign-ins.csv has them all\n") } else { String::new() };
    let read = format!("{} sign-ins counted by {}", reading.records, reading.source);
    format!("{drawn}{rest}{}\n", text::terminal(&read, 2000))
}

/// The rows as CSV: commas between the cells, every cell quoted, UTF-8, LF.
///
/// # Errors
/// [`Error::Render`].
pub fn csv(sign_ins: &[SignInSummary]) -> Result<Vec<u8>, Error> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Render { file: "sign-ins.csv", source };
    let header = format!("{}\n", COLUMNS.join(","));
    let mut writer = ::csv::WriterBuilder::new().quote_style(::csv::QuoteStyle::Always).from_writer(header.into_bytes());
    for row in sign_ins {
        writer.write_record(cells(row).iter().map(|cell| csv_cell(cell))).map_err(|error| failed(error.into()))?;
    }
    writer.into_inner().map_err(|error| failed(error.into_error().into()))
}

/// The rows and how much was read.
///
/// # Errors
/// [`Error::Render`].
pub fn json(sign_ins: &[SignInSummary], reading: &LogReading) -> Result<Vec<u8>, Error> {
    let document = json!({"format": "maascan.sign-ins", "version": 1, "reading": reading, "sign_ins": sign_ins});
    let printed =
        serde_json::to_string_pretty(&document).map_err(|source| Error::Render { file: "sign-ins.json", source: source.into() })?;
    Ok(text::json(printed + "\n").into_bytes())
}

/// One row, in the order of [`COLUMNS`].
fn cells(row: &SignInSummary) -> [String; COLUMNS.len()] {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let key = &row.key;
    [
        key.app_id.to_string(),
        key.service_principal.as_ref().map(ToString::to_string).unwrap_or_default(),
        word(&key.credential_type),
        word(&key.credential_key_id),
        word(&key.federated_credential),
        word(&key.resource),
        word(&key.address),
        row.succeeded.to_string(),
        row.failed.to_string(),
        time(row.first),
        time(row.last),
    ]
}
