//! What activity logs say as an Apache Parquet file, for DuckDB, Spark and the like: the columns of the CSV, typed.
//!
//! Written column by column without Arrow, which would bring a dozen crates for the same bytes. Nothing is packed: equal values stand
//! in a dictionary once, and there are at most 10,000 rows.

use super::Error;
use super::calls::{self, COLUMNS};
use crate::snapshot::{ActivityLogs, CallRow};
use chrono::{DateTime, Utc};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// Numbers are signed, because Spark reads unsigned ones as decimals. What is not known is null.
const SCHEMA: &str = "message activity {
    REQUIRED BYTE_ARRAY app_id (STRING);
    OPTIONAL BYTE_ARRAY service_principal_id (STRING);
    REQUIRED BYTE_ARRAY workload (STRING);
    REQUIRED BYTE_ARRAY operation (STRING);
    REQUIRED BYTE_ARRAY method (STRING);
    REQUIRED BYTE_ARRAY path_template (STRING);
    REQUIRED INT64 calls;
    REQUIRED INT64 written;
    REQUIRED INT64 blocked;
    REQUIRED INT64 failed;
    OPTIONAL INT64 first (TIMESTAMP(MICROS,true));
    OPTIONAL INT64 last (TIMESTAMP(MICROS,true));
    REQUIRED BYTE_ARRAY status_counts (STRING);
    REQUIRED BYTE_ARRAY client_auth_methods (STRING);
    REQUIRED BYTE_ARRAY flow (STRING);
    REQUIRED BYTE_ARRAY addresses (STRING);
    REQUIRED BYTE_ARRAY user_agents (STRING);
}";

/// The rows as Parquet. The same rows give the same bytes: the file holds no time and no name of a machine.
///
/// # Errors
/// [`Error::Render`].
pub fn parquet(logs: &ActivityLogs) -> Result<Vec<u8>, Error> {
    write(&logs.rows).map_err(|source| Error::Render { file: "activity.parquet", source: source.into() })
}

fn write(rows: &[CallRow]) -> Result<Vec<u8>, ParquetError> {
    // The form in which readers look for who wrote a file.
    let created_by = concat!("maascan version ", env!("CARGO_PKG_VERSION"), " (build 0)");
    let properties = WriterProperties::builder().set_created_by(created_by.to_owned()).build();
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    if !rows.is_empty() {
        let cells: Vec<[String; COLUMNS.len()]> = rows.iter().map(calls::cells).collect();
        let mut group = file.next_row_group()?;
        let mut names = COLUMNS.iter().enumerate();
        while let (Some(writer), Some((at, name))) = (group.next_column()?, names.next()) {
            column(writer, name, rows, cells.iter().filter_map(|row| row.get(at)))?;
        }
        group.close()?;
    }
    file.into_inner()
}

/// Writes one column, of numbers, times, or the text of the CSV's cells.
fn column<'c>(
    writer: SerializedColumnWriter<'_>,
    name: &str,
    rows: &[CallRow],
    cells: impl Iterator<Item = &'c String>,
) -> Result<(), ParquetError> {
    let numbers = |of: fn(&CallRow) -> u64| rows.iter().map(move |row| Some(i64::try_from(of(row)).unwrap_or(i64::MAX)));
    let times = |of: fn(&CallRow) -> Option<DateTime<Utc>>| rows.iter().map(move |row| of(row).map(|time| time.timestamp_micros()));
    match name {
        "calls" => values::<Int64Type>(writer, numbers(CallRow::calls)),
        "written" => values::<Int64Type>(writer, numbers(CallRow::written)),
        "blocked" => values::<Int64Type>(writer, numbers(CallRow::blocked)),
        "failed" => values::<Int64Type>(writer, numbers(CallRow::failed)),
        "first" => values::<Int64Type>(writer, times(CallRow::first)),
        "last" => values::<Int64Type>(writer, times(CallRow::last)),
        "service_principal_id" => {
            values::<ByteArrayType>(writer, cells.map(|cell| Some(ByteArray::from(cell.as_str())).filter(|_| !cell.is_empty())))
        }
        _ => values::<ByteArrayType>(writer, cells.map(|cell| Some(ByteArray::from(cell.as_str())))),
    }
}

/// Writes values; a missing one has level 0, which a required column ignores.
fn values<T: DataType>(mut writer: SerializedColumnWriter<'_>, all: impl Iterator<Item = Option<T::T>>) -> Result<(), ParquetError> {
    let all: Vec<Option<T::T>> = all.collect();
    let levels: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = all.into_iter().flatten().collect();
    writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
    writer.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CallCount, CallFlow, CallKey, LogReading};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{Field, Row};

    fn logs() -> ActivityLogs {
        let row = |app: &str, principal: Option<&str>| {
            let key = CallKey {
                app_id: app.into(),
                service_principal_id: principal.map(Into::into),
                flow: CallFlow::AppOnly,
                method: "PATCH".into(),
                path_template: "/deviceAppManagement/mobileApps/{id}".into(),
            };
            let mut row = CallRow::new(key, vec!["app".into(), "script".into()], "update".into());
            let at = |text: &str| text.parse().unwrap();
            row.count(204, CallCount { calls: 3, first: at("2026-10-01T10:00:00Z"), last: at("2026-10-02T11:12:13Z") });
            row.count(412, CallCount { calls: 1, first: at("2026-10-01T10:00:00Z"), last: at("2026-10-01T10:00:00Z") });
            row.client_auth_methods.add("2", 4);
            row.user_agents.add("=HYPERLINK(\"x\")", 4);
            row
        };
        ActivityLogs::new([row("b", Some("s")), row("a", None)], LogReading::default())
    }

    fn read(bytes: Vec<u8>) -> Vec<Row> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let reader = SerializedFileReader::new(file.reopen().unwrap()).unwrap();
        let columns = reader.metadata().file_metadata().schema_descr();
        let names: Vec<&str> = columns.columns().iter().map(|column| column.name()).collect();
        assert_eq!(names, COLUMNS);
        reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn what_is_written_is_read_back_with_its_types() {
        let rows = read(parquet(&logs()).unwrap());
        assert_eq!(rows.len(), 2);
        let fields: Vec<Field> = rows[0].get_column_iter().map(|(_, field)| field.clone()).collect();
        let text = |text: &str| Field::Str(text.to_owned());
        let micros = |time: &str| Field::TimestampMicros(time.parse::<DateTime<Utc>>().unwrap().timestamp_micros());
        let expected = [
            text("a"),
            Field::Null,
            text("app;script"),
            text("update"),
            text("PATCH"),
            text("/deviceAppManagement/mobileApps/{id}"),
            Field::Long(4),
            Field::Long(3),
            Field::Long(1),
            Field::Long(0),
            micros("2026-10-01T10:00:00Z"),
            micros("2026-10-02T11:12:13Z"),
            text("204:3;412:1"),
            text("2:4"),
            text("app-only"),
            text(""),
            text("=HYPERLINK(\"x\"):4"),
        ];
        assert_eq!(fields, expected);
        assert_eq!(rows[1].get_column_iter().nth(1).unwrap().1, &text("s"));
    }

    #[test]
    fn the_same_rows_give_the_same_bytes_and_none_is_a_file_too() {
        assert_eq!(parquet(&logs()).unwrap(), parquet(&logs()).unwrap());
        assert_eq!(read(parquet(&ActivityLogs::default()).unwrap()).len(), 0);
        let bytes = parquet(&logs()).unwrap();
        assert!(!bytes.windows(10).any(|part| part == b"parquet-rs"), "whose version would change the bytes");
    }
}
