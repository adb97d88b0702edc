//! CSV, as Log Analytics, Azure Data Explorer and the portals export it. The portal writes `TimeGenerated [UTC]`.

use super::document::has_what_is_needed;
use super::record::{Field, Fields};
use super::scan::{Leashed, Scanner};
use crate::snapshot::LogFault;
use csv::{ByteRecord, ReaderBuilder};
use memchr::memchr;
use std::borrow::Cow;
use std::io;

/// Whether the first line of a file is the head of a table: it names the method and the address.
pub(super) fn is_head(line: &[u8]) -> bool {
    let mut record = ByteRecord::new();
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(line);
    let columns = if reader.read_byte_record(&mut record).unwrap_or(false) { columns(&record) } else { Vec::new() };
    columns.contains(&Some(Field::Method)) && columns.contains(&Some(Field::Uri))
}

/// Reads a table.
///
/// # Errors
/// Of the source; rows before were counted.
pub(super) fn read(source: &mut dyn io::Read, scanner: &mut Scanner<'_>) -> io::Result<()> {
    let source = Leashed::new(source, scanner);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(super::lines::BLOCK).from_reader(source);
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(of_source)? {
        return Ok(());
    }
    let columns = columns(&record);
    if !has_what_is_needed(&columns) {
        scanner.fault(LogFault::NoColumn);
        return Ok(());
    }
    while reader.read_byte_record(&mut record).map_err(of_source)? {
        row(&record, &columns, scanner);
    }
    Ok(())
}

/// What the source said. A reader that takes rows of any length and bytes of any kind has nothing to say of its own.
fn of_source(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::Error::from(io::ErrorKind::InvalidData),
    }
}

fn columns(head: &ByteRecord) -> Vec<Option<Field>> {
    let name = |name: &[u8]| {
        let name = String::from_utf8_lossy(name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name)).into_owned();
        Field::of(name.trim().trim_end_matches("[UTC]").trim_end())
    };
    head.iter().map(name).collect()
}

fn row(record: &ByteRecord, columns: &[Option<Field>], scanner: &mut Scanner<'_>) {
    // A row of fewer cells than the head was cut.
    if record.len() < columns.len() {
        scanner.tally.reading.records += 1;
        return scanner.fault(LogFault::CutLine);
    }
    // No cell of these logs goes over lines: one that does has a quotation mark too many, and rows in it.
    if record.iter().any(|cell| memchr(b'\n', cell).is_some()) {
        scanner.fault(LogFault::BadRow);
    }
    let mut fields = Fields::default();
    let mut garbled = false;
    for (cell, field) in record.iter().zip(columns) {
        if let Some(field) = field {
            let text = String::from_utf8_lossy(cell);
            garbled |= matches!(text, Cow::Owned(_));
            fields.set(*field, text);
        }
    }
    if garbled {
        scanner.fault(LogFault::NotUtf8);
    }
    scanner.record(&fields);
}
