//! Files of one JSON document: an array of records (Event Hub, `az monitor log-analytics query`), an object with `records`, or the
//! answer of the Log Analytics query API, which has columns and rows. Read as a stream, an element at a time.

use super::record::{Field, Fields, Records, Scalar};
use super::scan::{Leashed, Scanner};
use crate::snapshot::LogFault;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use std::fmt;
use std::io::BufReader;

/// How a document is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Records in arrays and under `records`.
    Records,
    /// `{"tables":[{"columns":[…],"rows":[…]}]}`.
    Tables,
}

/// Reads a document, or several one after another. Counts what is in it up to where it fails.
///
/// # Errors
/// Of the source, as an input or output error; of the text, as one of syntax.
pub(super) fn read(source: &mut dyn std::io::Read, layout: Layout, scanner: &mut Scanner<'_>) -> Result<(), serde_json::Error> {
    let source = Leashed::new(source, scanner);
    let mut json = Deserializer::from_reader(BufReader::with_capacity(super::lines::BLOCK, source));
    loop {
        match layout {
            Layout::Records => {
                let mut each = |fields: Fields<'_>| scanner.record(&fields);
                Records::of_stream(&mut each).deserialize(&mut json)?;
            }
            Layout::Tables => json.deserialize_map(Answer(scanner))?,
        }
        // Several documents may follow one another, as captures of an event hub do.
        if json.end().is_ok() {
            return Ok(());
        }
    }
}

/// The answer of the query API.
struct Answer<'s, 'a>(&'s mut Scanner<'a>);

impl<'de> Visitor<'de> for Answer<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an answer with tables")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "tables" {
                map.next_value_seed(Each(Part::Tables, &mut *self.0, &mut Vec::new()))?;
            } else {
                self.0.tally.reading.fault(LogFault::PartialResult, u64::from(name == "error"), &self.0.file);
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// What a part of a table is.
#[derive(Clone, Copy)]
enum Part {
    Tables,
    Table,
    Columns,
    Column,
    Rows,
    Row,
}

/// A part of a table, with the columns that were named before it.
struct Each<'s, 'a, 'c>(Part, &'s mut Scanner<'a>, &'c mut Vec<Option<Field>>);

impl<'de> DeserializeSeed<'de> for Each<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        match self.0 {
            Part::Table | Part::Column => json.deserialize_map(self),
            Part::Tables | Part::Columns | Part::Rows | Part::Row => json.deserialize_seq(self),
        }
    }
}

impl<'de> Visitor<'de> for Each<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("tables of columns and rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let Self(part, scanner, columns) = self;
        let of = match part {
            Part::Tables => Part::Table,
            Part::Columns => Part::Column,
            Part::Rows => Part::Row,
            Part::Row | Part::Table | Part::Column => {
                let mut fields = Fields::default();
                let mut at = 0;
                while let Some(Value(text)) = sequence.next_element::<Value>()? {
                    if let Some(field) = columns.get(at).copied().flatten() {
                        fields.set(field, text.into());
                    }
                    at += 1;
                }
                scanner.record(&fields);
                return Ok(());
            }
        };
        while sequence.next_element_seed(Each(of, &mut *scanner, &mut *columns))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(part, scanner, columns) = self;
        let mut named = None;
        while let Some(name) = map.next_key::<String>()? {
            match (part, name.as_str()) {
                (Part::Table, "columns") => map.next_value_seed(Each(Part::Columns, &mut *scanner, &mut *columns))?,
                (Part::Table, "rows") if !has_what_is_needed(columns) => {
                    scanner.fault(LogFault::NoColumn);
                    map.next_value::<IgnoredAny>()?;
                }
                (Part::Table, "rows") => map.next_value_seed(Each(Part::Rows, &mut *scanner, &mut *columns))?,
                (Part::Column, "name") => named = Some(map.next_value::<Value>()?.0),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match part {
            Part::Column => columns.push(named.as_deref().and_then(Field::of)),
            _ => columns.clear(),
        }
        Ok(())
    }
}

/// Whether a table has the columns without which no call can be told.
pub(super) fn has_what_is_needed(columns: &[Option<Field>]) -> bool {
    [Field::Method, Field::Uri, Field::Status, Field::App, Field::User, Field::Time].iter().all(|needed| columns.contains(&Some(*needed)))
}

/// A value as text that is its own.
struct Value(String);

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        Scalar::deserialize(json).map(|value| Self(value.0.into_owned()))
    }
}
