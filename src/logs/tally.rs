//! From records to rows: which of them are writes on Intune, by whom, and how they ended. One tally a thread, put together at
//! the end; nothing in it depends on the order in which records come.

use super::record::{Field, Fields};
use super::rows::{self, Rows};
use super::seen::{Seen, fingerprint};
use super::words::{Kind, LONGEST_AGENT, LONGEST_METHOD, LONGEST_WORD, cut, is_write, status, time};
use super::{Options, template};
use crate::catalogue::{Catalogue, Route};
use crate::snapshot::{ActivityLogs, AppId, CallCount, CallFlow, CallKey, CallRow, LogFault, LogReading, ServicePrincipalId};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

/// The category of these logs, also the table's name in Log Analytics.
const CATEGORY: &str = "MicrosoftGraphActivityLogs";

/// What all threads share.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) options: &'a Options,
    pub(super) seen: Mutex<Seen>,
}

impl Shared<'_> {
    fn is_new(&self, fingerprint: u64) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_new(fingerprint)
    }
}

/// What is known of all calls that are written alike in everything that makes their row.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// They are the collector's own.
    Own,
    /// They count in the row of this place, if it is kept, whose key has this fingerprint.
    Row(Option<usize>, u64),
}

/// A fingerprint is mixed well enough to be its own hash.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = fingerprint(bytes);
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Most ways of writing that are remembered.
const MOST_WAYS: usize = 4 * rows::MOST;

/// What one thread has counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    rows: Rows,
    /// By the fingerprint of what makes a row, as it was written.
    known: HashMap<u64, Known, BuildHasherDefault<AsItIs>>,
    /// What makes the row of the call at hand, as it is written.
    written: Vec<u8>,
    pub(super) reading: LogReading,
}

impl Tally {
    /// No rows, and what was said of the reading so far.
    pub(super) fn of(reading: LogReading) -> Self {
        Self { reading, ..Self::default() }
    }

    /// Puts what several threads counted together.
    pub(super) fn together(tallies: impl IntoIterator<Item = Self>) -> ActivityLogs {
        let mut whole = Self::default();
        for tally in tallies {
            whole.reading.merge(&tally.reading);
            if whole.reading.source.is_empty() {
                whole.reading.source = tally.reading.source;
            }
            whole.rows.merge(tally.rows);
        }
        let (rows, dropped) = whole.rows.finish();
        whole.reading.fault(LogFault::ManyRows, dropped, "");
        ActivityLogs::new(rows, whole.reading)
    }

    /// Takes one record out of `file`.
    pub(super) fn record(&mut self, shared: &Shared<'_>, fields: &Fields<'_>, file: &str) {
        if fields.get(Field::Category).is_some_and(|category| !category.eq_ignore_ascii_case(CATEGORY)) {
            return self.reading.fault(LogFault::OtherCategory, 1, file);
        }
        let (Some(method), Some(uri)) = (fields.get(Field::Method), fields.get(Field::Uri)) else {
            return self.reading.fault(LogFault::NoRequest, 1, file);
        };
        let route = shared.catalogue.route(method, uri);
        if is_write(method, &route) {
            self.write(shared, fields, &route, file);
        }
    }

    /// Counts a write on Intune.
    fn write(&mut self, shared: &Shared<'_>, fields: &Fields<'_>, route: &Route<'_>, file: &str) {
        let Some(time) = fields.get(Field::Time).and_then(time) else {
            return self.reading.fault(LogFault::NoTime, 1, file);
        };
        let Some(app_id) = fields.get(Field::App) else {
            return self.reading.fault(LogFault::NoApplication, 1, file);
        };
        let Known::Row(place, key) = self.row_of(shared, fields, route, app_id) else {
            self.reading.own += 1;
            return;
        };
        let status = fields.get(Field::Status).and_then(status).unwrap_or_default();
        match fields.get(Field::RequestId) {
            Some(id) if !shared.is_new(fingerprint_of(key, status, time, id, fields)) => {
                self.reading.duplicates += 1;
                return;
            }
            Some(_) => {}
            None => self.reading.fault(LogFault::NoRequestId, 1, file),
        }
        self.reading.fault(LogFault::NoStatus, u64::from(status == 0), file);
        self.reading.fault(LogFault::Ahead, u64::from(time > shared.options.now), file);
        match place.and_then(|place| self.rows.get_mut(place)) {
            Some(row) => count(row, status, time, fields),
            None => self.reading.fault(LogFault::ManyRows, 1, ""),
        }
    }

    /// The row of a call. Most calls are written like one before.
    fn row_of(&mut self, shared: &Shared<'_>, fields: &Fields<'_>, route: &Route<'_>, app_id: &str) -> Known {
        self.written.clear();
        for field in [Field::App, Field::ServicePrincipal, Field::TokenKind, Field::Method] {
            let value = fields.get(field).unwrap_or_default();
            self.written.extend_from_slice(&value.len().to_le_bytes());
            self.written.extend_from_slice(value.as_bytes());
        }
        self.written.push(u8::from(fields.get(Field::User).is_some()));
        match route {
            Route::Operation(operation, _) => self.written.extend_from_slice(operation.path.as_bytes()),
            _ => self.written.extend_from_slice(fields.get(Field::Uri).map(template::of).unwrap_or_default().as_bytes()),
        }
        let way = fingerprint(self.written.as_slice());
        if let Some(known) = self.known.get(&way) {
            return *known;
        }
        let known = self.learn(shared, fields, route, &AppId::new(&cut(app_id, LONGEST_WORD)));
        if self.known.len() >= MOST_WAYS {
            self.known.clear();
        }
        self.known.insert(way, known);
        known
    }

    fn learn(&mut self, shared: &Shared<'_>, fields: &Fields<'_>, route: &Route<'_>, app_id: &AppId) -> Known {
        if shared.options.own.contains(app_id) {
            return Known::Own;
        }
        if self.rows.make_room() {
            self.known.clear();
        }
        let row = empty_row(fields, route, app_id.clone());
        let key = fingerprint(&row.key);
        Known::Row(self.rows.place(row), key)
    }
}

/// What makes two records copies of one: all that is counted of them, so that it does not matter which one comes first.
fn fingerprint_of(key: u64, status: u16, time: DateTime<Utc>, id: &str, fields: &Fields<'_>) -> u64 {
    let words = [Field::AuthMethod, Field::Address, Field::UserAgent].map(|field| fields.get(field));
    fingerprint((key, status, time.timestamp(), id.to_ascii_lowercase(), words))
}

/// Counts a call in its row.
fn count(row: &mut CallRow, status: u16, time: DateTime<Utc>, fields: &Fields<'_>) {
    row.count(status, CallCount { calls: 1, first: time, last: time });
    let word = |field, longest| fields.get(field).map(|text| cut(text, longest)).unwrap_or_default();
    row.client_auth_methods.add(&word(Field::AuthMethod, LONGEST_WORD), 1);
    row.addresses.add(&word(Field::Address, LONGEST_WORD), 1);
    row.user_agents.add(&word(Field::UserAgent, LONGEST_AGENT), 1);
}

/// The row that a write belongs to, without calls.
fn empty_row(fields: &Fields<'_>, route: &Route<'_>, app_id: AppId) -> CallRow {
    let method = cut(fields.get(Field::Method).unwrap_or_default(), LONGEST_METHOD).to_ascii_uppercase();
    let principal = fields.get(Field::ServicePrincipal).map(|id| ServicePrincipalId::new(&cut(id, LONGEST_WORD)));
    let Kind { path_template, workloads, operation } = Kind::of(route, fields.get(Field::Uri).unwrap_or_default());
    let key = CallKey { app_id, service_principal_id: principal, flow: flow(fields), method, path_template };
    CallRow::new(key, workloads, operation)
}

/// For whom a call was made: app-only is a service principal without a user (facts/graph.md section 5), and no token of a user.
fn flow(fields: &Fields<'_>) -> CallFlow {
    let kind = fields.get(Field::TokenKind);
    let of_user = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("user"));
    let of_app = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("app"));
    match (fields.get(Field::User), fields.get(Field::ServicePrincipal)) {
        (Some(_), _) => CallFlow::Delegated,
        (None, _) if of_user => CallFlow::Delegated,
        (None, Some(_)) => CallFlow::AppOnly,
        (None, None) if of_app => CallFlow::AppOnly,
        (None, None) => CallFlow::Unclear,
    }
}
