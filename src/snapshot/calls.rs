//! What applications called, by Microsoft Graph's own activity logs: writes on Intune, counted by application, operation, status
//! and day. Files of an export and the log engine are read into the same rows, so nothing downstream asks which it was.

use super::id::{AppId, ServicePrincipalId};
use chrono::{DateTime, NaiveDate, Utc};
use litemap::LiteMap;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Most network addresses, user agents and ways to authenticate that a row names one by one.
pub const MOST_LISTED: usize = 16;

/// Statuses with which a gate refuses a call, or was said to: 400, 403, 409 and 412. Sources disagree (facts/maa.md section 1,
/// contradiction 1), and 400, 403 and 409 have other causes too: the row keeps each status apart.
pub const REFUSALS: [u16; 4] = [400, 403, 409, 412];

/// The activity logs that were read for one tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityLogs {
    /// What was counted, in the order of its keys; no key twice.
    pub rows: Vec<CallRow>,
    /// How much was read to count it.
    pub reading: LogReading,
}

/// For whom a call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallFlow {
    /// By the application as itself: a service principal id, and no user id.
    AppOnly,
    /// On behalf of a person: never evidence of what the application does as itself.
    Delegated,
    /// The record tells neither.
    Unclear,
}

impl CallFlow {
    /// The published word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AppOnly => "app-only",
            Self::Delegated => "delegated",
            Self::Unclear => "unclear",
        }
    }
}

/// What makes two calls count in the same row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallKey {
    /// The application that called.
    pub app_id: AppId,
    /// Its service principal, where the record names one.
    pub service_principal_id: Option<ServicePrincipalId>,
    /// For whom it called.
    pub flow: CallFlow,
    /// Method of the request, in upper case.
    pub method: String,
    /// Path template of the catalogue without version (`/deviceAppManagement/mobileApps/{id}`); for a write on Intune that the
    /// catalogue does not know, its path in lower case with keys as `{id}`.
    pub path_template: String,
}

/// Calls of one kind by one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// What makes it this row.
    #[serde(flatten)]
    pub key: CallKey,
    /// Policy types that hold the operation back, in Graph's words; empty where none is believed to.
    pub workloads: Vec<String>,
    /// What the operation does, in the catalogue's word: `create`, `assign`; `unmapped` where the catalogue does not know it.
    pub operation: String,
    /// Calls by HTTP status and by day (UTC). Status 0 stands for one that could not be read.
    #[serde(serialize_with = "as_map")]
    pub statuses: LiteMap<u16, LiteMap<NaiveDate, CallCount>>,
    /// Ways in which the client authenticated, in the log's own words (`clientAuthMethod`: 0 public, 1 secret, 2 certificate).
    pub client_auth_methods: Listed,
    /// Network addresses that the calls came from.
    pub addresses: Listed,
    /// User agents, cut to 80 characters.
    pub user_agents: Listed,
}

/// Calls of one row, status and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCount {
    /// Calls, duplicates in the log left out.
    pub calls: u64,
    /// The first (UTC, whole seconds).
    pub first: DateTime<Utc>,
    /// The last (UTC, whole seconds).
    pub last: DateTime<Utc>,
}

impl CallCount {
    /// Takes further calls in.
    pub fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

impl CallRow {
    /// A row of no calls yet.
    #[must_use]
    pub fn new(key: CallKey, workloads: Vec<String>, operation: String) -> Self {
        Self {
            key,
            workloads,
            operation,
            statuses: LiteMap::new(),
            client_auth_methods: Listed::default(),
            addresses: Listed::default(),
            user_agents: Listed::default(),
        }
    }

    /// Counts calls that ended in `status` (0: not readable). They are booked under the day of their first.
    pub fn count(&mut self, status: u16, count: CallCount) {
        let days = self.statuses.entry(status).or_default();
        days.entry(count.first.date_naive()).and_modify(|known| known.add(count)).or_insert(count);
    }

    /// Takes in another row of the same key.
    pub fn merge(&mut self, other: &Self) {
        for (status, days) in &other.statuses {
            days.values().for_each(|count| self.count(*status, *count));
        }
        self.client_auth_methods.merge(&other.client_auth_methods);
        self.addresses.merge(&other.addresses);
        self.user_agents.merge(&other.user_agents);
    }

    /// All calls.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.sum(|_| true)
    }

    /// Calls that succeeded (2xx). A gate never answers so: a filed request is 412.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.sum(is_success)
    }

    /// Calls of a protected operation that ended in one of [`REFUSALS`]. Whether a gate was in force is not asked here.
    #[must_use]
    pub fn blocked(&self) -> u64 {
        self.sum(|status| self.may_refuse(status))
    }

    /// Calls that ended in any other way: every call is written, blocked or failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.sum(|status| !is_success(status) && !self.may_refuse(status))
    }

    /// Whether a status of this row can be the refusal of a gate.
    #[must_use]
    pub fn may_refuse(&self, status: u16) -> bool {
        !self.workloads.is_empty() && REFUSALS.contains(&status)
    }

    /// The first call (UTC); None only in a row without calls.
    #[must_use]
    pub fn first(&self) -> Option<DateTime<Utc>> {
        self.counts().map(|count| count.first).min()
    }

    /// The last call (UTC).
    #[must_use]
    pub fn last(&self) -> Option<DateTime<Utc>> {
        self.counts().map(|count| count.last).max()
    }

    /// Calls by status, in rising order.
    #[must_use]
    pub fn status_counts(&self) -> BTreeMap<u16, u64> {
        self.statuses.iter().map(|(status, days)| (*status, days.values().map(|count| count.calls).sum())).collect()
    }

    fn counts(&self) -> impl Iterator<Item = &CallCount> {
        self.statuses.values().flat_map(LiteMap::values)
    }

    fn sum(&self, of: impl Fn(u16) -> bool) -> u64 {
        let days = self.statuses.iter().filter(|(status, _)| of(**status));
        days.flat_map(|(_, days)| days.values()).map(|count| count.calls).sum()
    }
}

/// A map as one, empty or not: by itself an empty LiteMap is written as a list.
fn as_map<K: Serialize, V: Serialize, S: Serializer>(map: &LiteMap<K, V>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map)
}

/// Whether a status says that a call succeeded.
#[must_use]
pub fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Values with the calls that had each: at most [`MOST_LISTED`], the first in order of text. Which are kept depends only on what
/// was seen, not on the order in which it was, so that parts can be counted apart and put together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Calls by value.
    #[serde(serialize_with = "as_map")]
    pub values: LiteMap<String, u64>,
    /// Calls with a value that is not listed.
    pub others: u64,
}

impl Listed {
    /// Counts calls with a value. An empty value is none.
    pub fn add(&mut self, value: &str, calls: u64) {
        if value.is_empty() {
            return;
        }
        if let Some(known) = self.values.get_mut(value) {
            *known = known.saturating_add(calls);
            return;
        }
        let full = self.values.len() >= MOST_LISTED;
        if full && self.values.last().is_some_and(|(last, _)| value > last.as_str()) {
            self.others = self.others.saturating_add(calls);
            return;
        }
        self.values.insert(value.to_owned(), calls);
        if self.values.len() > MOST_LISTED
            && let Some((last, _)) = self.values.last()
            && let Some(dropped) = self.values.remove(&last.clone())
        {
            self.others = self.others.saturating_add(dropped);
        }
    }

    /// Takes in another list.
    pub fn merge(&mut self, other: &Self) {
        other.values.iter().for_each(|(value, calls)| self.add(value, *calls));
        self.others = self.others.saturating_add(other.others);
    }
}

/// How much of the logs was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogReading {
    /// Where the logs were: `files`, or the engine and workspace that was asked. Without secrets.
    pub source: String,
    /// Files that were read, standard input included; queries, where an engine was asked.
    pub files: u64,
    /// Bytes as they lay there, packed ones packed.
    pub bytes: u64,
    /// Records that were looked at: lines, elements of an array, rows; where an engine aggregates, the calls that it counted.
    pub records: u64,
    /// Records of writes on Intune, duplicates left out: the calls of all rows.
    pub calls: u64,
    /// Records of writes on Intune that had been counted already.
    pub duplicates: u64,
    /// Records of writes on Intune by the collector's own application, left out.
    pub own: u64,
    /// Time of the first call counted (UTC).
    pub first: Option<DateTime<Utc>>,
    /// Time of the last call counted (UTC).
    pub last: Option<DateTime<Utc>>,
    /// What went wrong, by kind.
    pub faults: BTreeMap<LogFault, FaultCount>,
}

impl LogReading {
    /// The source of logs that were read from files.
    pub const FILES: &'static str = "files";

    /// The source of answers of a log engine that were saved in files.
    pub const SAVED: &'static str = "saved answers of a log engine";

    /// Whether everything that was named was read: no fault that may have cost a call.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.faults.keys().any(|fault| fault.loses())
    }

    /// Counts a fault. The example kept is the first in order of text, whoever found it first.
    pub fn fault(&mut self, fault: LogFault, times: u64, example: &str) {
        if times > 0 {
            self.faults.entry(fault).or_default().add(times, example);
        }
    }

    /// Takes in what was read elsewhere. The source stays.
    pub fn merge(&mut self, other: &Self) {
        self.files = self.files.saturating_add(other.files);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.records = self.records.saturating_add(other.records);
        self.calls = self.calls.saturating_add(other.calls);
        self.duplicates = self.duplicates.saturating_add(other.duplicates);
        self.own = self.own.saturating_add(other.own);
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.into_iter().chain(other.last).max();
        for (fault, count) in &other.faults {
            self.fault(*fault, count.times, &count.example);
        }
    }
}

/// How often a fault was met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultCount {
    /// Times: records or lines, or files where it befell a whole file.
    pub times: u64,
    /// One place of it: file, and what was said. Never text of a record.
    pub example: String,
}

impl FaultCount {
    pub(super) fn add(&mut self, times: u64, example: &str) {
        self.times = self.times.saturating_add(times);
        if self.example.is_empty() || (!example.is_empty() && example < self.example.as_str()) {
            example.clone_into(&mut self.example);
        }
    }
}

macro_rules! faults {
    ($($(#[$about:meta])* $name:ident = $word:literal, $says:literal, $loses:literal;)*) => {
        /// What can go wrong with logs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum LogFault {
            $($(#[$about])* $name,)*
        }

        impl LogFault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The published word.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it is, after its number of times.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => $says,)* }
            }

            /// Whether calls may be missing, or counted wrong, because of it.
            #[must_use]
            pub fn loses(self) -> bool {
                match self { $(Self::$name => $loses,)* }
            }
        }
    };
}

faults! {
    /// The last line has no end, and is no whole record: the file was cut, or still grows.
    CutLine = "cut-line", "last lines cut short: the file was cut, or still grows", true;
    /// A line that is no JSON.
    NotJson = "not-json", "lines that are no JSON record", true;
    /// A line that is not UTF-8. It is read all the same, with a mark in place of what is not text.
    NotUtf8 = "not-utf8", "lines that are not UTF-8 and may be writes, read as far as they are text", false;
    /// A line longer than what is kept in memory.
    LongLine = "long-line", "lines longer than 2 MiB, passed over, or files with 8 MiB and no record in them, given up", true;
    /// A record of the right category, or of none, without a method or an address.
    NoRequest = "no-request", "records without a method or an address, left out", true;
    /// A record of another category.
    OtherCategory = "other-category", "records of another log category that may be writes, left out", false;
    /// A write on Intune without a time that could be read.
    NoTime = "no-time", "writes without a readable time, left out", true;
    /// A write on Intune without an application.
    NoApplication = "no-application", "writes that name no application, left out", true;
    /// A write on Intune without a status that could be read; it is counted as failed.
    NoStatus = "no-status", "writes without a readable status, counted as failed", true;
    /// A write on Intune without a request id: duplicates of it cannot be told.
    NoRequestId = "no-request-id", "writes without a request id: duplicates of them are counted", true;
    /// A write on Intune after the clock of the run.
    Ahead = "ahead", "writes after the clock of this run: the clocks differ", false;
    /// A file or folder that could not be opened or read.
    Unreadable = "unreadable", "files or folders that could not be read", true;
    /// A packed file that ends too early or is damaged.
    Damaged = "damaged", "packed files that are damaged or cut short", true;
    /// A packed file that unpacks to far more than logs do.
    Bomb = "bomb", "packed files that unpack to more than 200 times their size, given up", true;
    /// A file that is none of the formats that are read.
    UnknownFormat = "unknown-format", "files that are no log export", true;
    /// A table without a column that is needed.
    NoColumn = "no-column", "tables that lack a column that is needed: method, address, status, application, user or time", true;
    /// A path that names nothing.
    NoFile = "no-file", "paths that lead to no file", true;
    /// A link to a folder, a pipe or a device in a folder.
    NotFollowed = "not-followed", "links, pipes and devices in folders, not read", true;
    /// A hidden or temporary file in a folder.
    PassedOver = "passed-over", "hidden and temporary files in folders, passed over", false;
    /// Files were read, and none held a record.
    NoRecord = "no-record", "times that what was given held no record of MicrosoftGraphActivityLogs", true;
    /// A state made with other applications left out.
    OtherState = "other-state", "states made with other applications left out: begun anew, what is gone by now is not counted", true;
    /// A row of an answer of an engine that cannot be read, or one of a table that goes over several lines.
    BadRow = "bad-row", "rows of an answer that could not be read, or of a table that go over several lines: others may be in them", true;
    /// More rows than are kept.
    ManyRows = "many-rows", "writes beyond the most rows that are kept, not counted", true;
    /// More calls than duplicates are looked for in.
    FarDuplicates = "far-duplicates", "times that the memory for duplicates was full: duplicates far apart are counted twice", false;
    /// A file that became shorter or another since the last run, and was read anew.
    Replaced = "replaced", "files that are not what they were at the last run: what they held then is counted too", true;
    /// The engine gave only part of its answer.
    PartialResult = "partial-result", "answers of the engine that were cut short", true;
    /// The engine did not answer in time.
    TimedOut = "timed-out", "spans of time that the engine did not answer for", true;
    /// A table that is not in the workspace.
    NoTable = "no-table", "tables that the workspace does not have", true;
    /// The table of the engine begins later than the span that was asked for: it is kept no longer, or was not filled before.
    LaterStart = "later-start", "tables of the engine that begin more than a day after the start of the span", true;
    /// A workspace that the sign-in may not read.
    NotAllowed = "not-allowed", "workspaces that the sign-in may not read", true;
    /// A workspace that could not be asked: sign-in, network, or no such workspace.
    NoAnswer = "no-answer", "workspaces that could not be asked", true;
    /// The engine kept refusing for load.
    Throttled = "throttled", "spans of time that the engine refused for load", true;
}

impl fmt::Display for LogFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl ActivityLogs {
    /// Rows in their one order, one for each key, with the totals that follow from them.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = CallRow>, mut reading: LogReading) -> Self {
        let mut kept: BTreeMap<CallKey, CallRow> = BTreeMap::new();
        for row in rows {
            match kept.get_mut(&row.key) {
                Some(known) => known.merge(&row),
                None => {
                    kept.insert(row.key.clone(), row);
                }
            }
        }
        let rows: Vec<CallRow> = kept.into_values().collect();
        reading.calls = rows.iter().map(CallRow::calls).sum();
        reading.first = rows.iter().filter_map(CallRow::first).min();
        reading.last = rows.iter().filter_map(CallRow::last).max();
        Self { rows, reading }
    }

    /// Takes in logs that were read elsewhere or earlier.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let mut reading = self.reading;
        reading.merge(&other.reading);
        Self::new(self.rows.into_iter().chain(other.rows), reading)
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
