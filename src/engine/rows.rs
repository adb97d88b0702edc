//! From the engine's rows to rows of the snapshot: which operation an address is, and what each kind of row adds.

use super::query::COLUMNS;
use super::run::Counts;
use crate::catalogue::{Catalogue, Route};
use crate::graph::Table;
use crate::snapshot::{ActivityLogs, AppId, CallCount, CallFlow, CallKey, CallRow, Listed, LogFault, LogReading, ServicePrincipalId};
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// The operation that is not counted.
const ENVELOPE: &str = "/$batch";

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

    /// A number, which some formats write as text.
    fn number(&self, name: &str) -> u64 {
        let value = self.value(name);
        value.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok())).unwrap_or_default()
    }

    fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.text(name);
        let exact = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
        // As the Azure CLI, Azure Data Explorer and the portal write times, which are UTC.
        let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%m/%d/%Y, %I:%M:%S%.f %p"];
        let other = || formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()).map(|time| time.and_utc());
        Some(exact.or_else(other)?.trunc_subsecs(0))
    }
}

impl<'c> Tally<'c> {
    pub(super) fn new(catalogue: &'c Catalogue, source: String) -> Self {
        Self { catalogue, rows: BTreeMap::new(), reading: LogReading { source, ..LogReading::default() } }
    }

    fn row(&mut self, row: &Row<'_>, from: &str) {
        let (method, uri) = (row.text("Method"), row.text("Uri"));
        let catalogue = self.catalogue;
        let route = catalogue.route(method, uri);
        let part = row.text("Part");
        // A batch is an envelope: the log has each request in it as a record of its own.
        let is_envelope = matches!(route, Route::Operation(operation, _) if operation.path == ENVELOPE);
        if matches!(route, Route::NotIntune | Route::Read) || is_envelope {
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
            "authentication" => list(&mut kept.client_auth_methods, row),
            "address" => list(&mut kept.addresses, row),
            "agent" => list(&mut kept.user_agents, row),
            _ => {}
        }
    }

    fn count(kept: &mut CallRow, reading: &mut LogReading, row: &Row<'_>, from: &str) {
        let calls = row.number("Calls");
        let (Some(first), Some(last)) = (row.time("First"), row.time("Last")) else {
            return reading.fault(LogFault::NoTime, calls, from);
        };
        let status = status(row.text("Value"));
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

fn list(listed: &mut Listed, row: &Row<'_>) {
    listed.add(row.text("Value"), row.number("Calls"));
}

fn status(text: &str) -> u16 {
    text.parse().ok().filter(|status| (100..600).contains(status)).unwrap_or_default()
}

fn empty_row(row: &Row<'_>, route: &Route<'_>, uri: &str) -> CallRow {
    let (path_template, workloads, operation) = match route {
        Route::Operation(operation, _) => {
            let workloads = operation.workloads.iter().map(|workload| workload.word().to_owned()).collect();
            (operation.path.clone(), workloads, operation.name.clone())
        }
        _ => (crate::logs::path_template(uri), Vec::new(), "unmapped".to_owned()),
    };
    let flow = match row.text("Flow") {
        "app-only" => CallFlow::AppOnly,
        "delegated" => CallFlow::Delegated,
        _ => CallFlow::Unclear,
    };
    let principal = Some(row.text("ServicePrincipalId")).filter(|id| !id.is_empty()).map(ServicePrincipalId::from);
    let (app_id, method) = (AppId::new(row.text("AppId")), row.text("Method").to_ascii_uppercase());
    CallRow::new(CallKey { app_id, service_principal_id: principal, flow, method, path_template }, workloads, operation)
}
