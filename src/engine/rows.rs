//! From the engine's rows to rows of the snapshot: which operation an address is, and what each kind of row adds.

use super::query::COLUMNS;
use super::run::Counts;
use crate::catalogue::{Catalogue, Route};
use crate::graph::Table;
use crate::logs::words::{Kind, LONGEST_AGENT, LONGEST_METHOD, LONGEST_WORD, cut, is_write, status, time};
use crate::snapshot::{ActivityLogs, AppId, CallCount, CallFlow, CallKey, CallRow, Listed, LogFault, LogReading, ServicePrincipalId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// Most rows that are kept, as of files: those that come first in the order of their keys.
const MOST_ROWS: usize = 10_000;

/// What the answers so far say.
#[derive(Debug)]
pub(super) struct Tally<'c> {
    catalogue: &'c Catalogue,
    rows: BTreeMap<CallKey, CallRow>,
    pub(super) reading: LogReading,
}

/// One row of an answer, by column.
struct Row<'t> {
    values: &'t [Value],
    places: &'t [Option<usize>; COLUMNS.len()],
}

impl Row<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let column = COLUMNS.iter().position(|column| *column == name)?;
        self.places.get(column).copied().flatten().and_then(|place| self.values.get(place))
    }

    fn text(&self, name: &str) -> &str {
        self.value(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A number, which some formats write as text; 0 if there is none. Rows whose numbers are none were left out before.
    fn number(&self, name: &str) -> u64 {
        self.value(name).and_then(number).unwrap_or_default()
    }

    /// Whether it is of a known kind and its counts are numbers.
    fn is_sound(&self) -> bool {
        let counts = ["Calls", "Copies", "Unnamed"].iter().filter_map(|name| self.value(name));
        PARTS.contains(&self.text("Part")) && counts.filter(|value| !is_empty(value)).all(|value| number(value).is_some())
    }

    fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        time(self.text(name))
    }
}

/// Kinds of rows of the answer.
const PARTS: [&str; 5] = ["status", "authentication", "address", "agent", "own"];

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

impl<'c> Tally<'c> {
    pub(super) fn new(catalogue: &'c Catalogue, source: String) -> Self {
        Self { catalogue, rows: BTreeMap::new(), reading: LogReading { source, ..LogReading::default() } }
    }

    fn row(&mut self, row: &Row<'_>, from: &str) {
        if !row.is_sound() {
            return self.reading.fault(LogFault::BadRow, 1, from);
        }
        let (method, uri) = (row.text("Method"), row.text("Uri"));
        let catalogue = self.catalogue;
        let route = catalogue.route(method, uri);
        let part = row.text("Part");
        if !is_write(method, &route) {
            return;
        }
        if part == "own" {
            self.reading.own = self.reading.own.saturating_add(row.number("Calls"));
            return;
        }
        if row.text("AppId").is_empty() {
            let records = if part == "status" { row.number("Copies") } else { 0 };
            return self.reading.fault(LogFault::NoApplication, records, from);
        }
        let fresh = empty_row(row, &route, uri);
        let kept = self.rows.entry(fresh.key.clone()).or_insert(fresh);
        match part {
            "status" => Self::count(kept, &mut self.reading, row, from),
            "authentication" => list(&mut kept.client_auth_methods, row, LONGEST_WORD),
            "address" => list(&mut kept.addresses, row, LONGEST_WORD),
            "agent" => list(&mut kept.user_agents, row, LONGEST_AGENT),
            _ => {}
        }
    }

    fn count(kept: &mut CallRow, reading: &mut LogReading, row: &Row<'_>, from: &str) {
        let calls = row.number("Calls");
        let (Some(first), Some(last)) = (row.time("First"), row.time("Last")) else {
            return reading.fault(LogFault::NoTime, calls, from);
        };
        let status = status(row.text("Value")).unwrap_or_default();
        kept.count(status, CallCount { calls, first, last });
        reading.duplicates = reading.duplicates.saturating_add(row.number("Copies").saturating_sub(calls));
        reading.fault(LogFault::NoRequestId, row.number("Unnamed"), from);
        reading.fault(LogFault::NoStatus, if status == 0 { calls } else { 0 }, from);
    }

    /// What was counted.
    pub(super) fn finish(mut self) -> ActivityLogs {
        // A key of which only a list came, because the rest of an answer was cut off, is no row.
        self.rows.retain(|_, row| row.calls() > 0);
        while self.rows.len() > MOST_ROWS
            && let Some((_, dropped)) = self.rows.pop_last()
        {
            self.reading.fault(LogFault::ManyRows, dropped.calls(), "");
        }
        ActivityLogs::new(self.rows.into_values(), self.reading)
    }
}

impl Counts for Tally<'_> {
    /// Rows of the same key in several answers are added up.
    fn add(&mut self, table: &Table, from: &str) {
        let places = COLUMNS.map(|name| table.columns.iter().position(|column| column == name));
        let missing = COLUMNS.iter().zip(&places).find_map(|(name, place)| place.is_none().then_some(*name));
        if let Some(missing) = missing {
            return self.reading.fault(LogFault::NoColumn, 1, &format!("{from}: {missing}"));
        }
        for values in &table.rows {
            self.row(&Row { values, places: &places }, from);
        }
    }

    fn reading(&mut self) -> &mut LogReading {
        &mut self.reading
    }
}

/// What saved answers to [`super::activity`] say, such as of an engine that maascan does not ask itself. `source` is where they
/// come from.
#[must_use]
pub fn counted(catalogue: &Catalogue, answers: &[Table], source: &str) -> ActivityLogs {
    let mut tally = Tally::new(catalogue, source.to_owned());
    for table in answers {
        tally.add(table, source);
    }
    let mut logs = tally.finish();
    let reading = &mut logs.reading;
    reading.records = reading.calls.saturating_add(reading.duplicates).saturating_add(reading.own);
    logs
}

fn list(listed: &mut Listed, row: &Row<'_>, longest: usize) {
    listed.add(&cut(row.text("Value"), longest), row.number("Calls"));
}

fn empty_row(row: &Row<'_>, route: &Route<'_>, uri: &str) -> CallRow {
    let Kind { path_template, workloads, operation } = Kind::of(route, uri);
    let flow = match row.text("Flow") {
        "app-only" => CallFlow::AppOnly,
        "delegated" => CallFlow::Delegated,
        _ => CallFlow::Unclear,
    };
    let principal =
        Some(row.text("ServicePrincipalId")).filter(|id| !id.is_empty()).map(|id| ServicePrincipalId::new(&cut(id, LONGEST_WORD)));
    let (app_id, method) =
        (AppId::new(&cut(row.text("AppId"), LONGEST_WORD)), cut(row.text("Method"), LONGEST_METHOD).to_ascii_uppercase());
    CallRow::new(CallKey { app_id, service_principal_id: principal, flow, method, path_template }, workloads, operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &[[&str; 13]]) -> ActivityLogs {
        let rows = rows.iter().map(|row| row.map(Value::from).to_vec()).collect();
        let table = Table { columns: COLUMNS.map(str::to_owned).to_vec(), rows };
        counted(&Catalogue::builtin().unwrap(), &[table], "saved")
    }

    fn row<'t>(part: &'t str, app: &'t str, calls: &'t str) -> [&'t str; 13] {
        let cells = [
            ("Part", part),
            ("AppId", app),
            ("ServicePrincipalId", "s"),
            ("Flow", "app-only"),
            ("Method", "POST"),
            ("Uri", "/deviceAppManagement/mobileApps"),
            ("Value", "204"),
            ("Calls", calls),
            ("Copies", calls),
            ("Unnamed", "0"),
            ("First", "2026-11-01T10:00:00Z"),
            ("Last", "2026-11-01T11:00:00Z"),
        ];
        COLUMNS.map(|column| cells.iter().find(|(name, _)| *name == column).map_or("", |(_, cell)| cell))
    }

    #[test]
    fn rows_that_cannot_be_read_are_told_and_not_counted_as_none() {
        let logs = read(&[row("status", "a", "3"), row("Status", "a", "3"), row("status", "a", "2,000"), row("status", "a", "-5")]);
        assert_eq!(logs.reading.calls, 3);
        assert_eq!((logs.reading.duplicates, logs.reading.faults[&LogFault::BadRow].times), (0, 3));
        assert!(!logs.reading.is_whole());
    }

    #[test]
    fn texts_are_cut_as_those_of_files() {
        let long = format!("\u{1b}[31m{}", "a".repeat(1000));
        let logs = read(&[row("status", &long, "1")]);
        assert_eq!(logs.rows[0].key.app_id.as_str().chars().count(), 64);
        assert!(!logs.rows[0].key.app_id.as_str().contains('\u{1b}'));
    }
}
