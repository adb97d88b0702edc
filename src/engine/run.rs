//! Runs the query over a workspace, span by span, and says of every span that was not answered whole.

use super::query;
use super::rows::Tally;
use super::sign_ins::{self, SignInTable, SignIns};
use super::slices::Slices;
use super::source::{Source, Within};
use crate::catalogue::Catalogue;
use crate::graph::{self, Answer, Span, Table, Workspace};
use crate::snapshot::{ActivityLogs, AppId, LogFault, LogReading, SignInSummary};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Instant;

/// How much later than asked for a table may begin before that is said: logs arrive in batches, and quiet hours have none.
const LATE: TimeDelta = TimeDelta::days(1);

/// What is asked of a workspace.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Workspace id, a GUID.
    pub workspace: &'a str,
    /// The table.
    pub source: &'a Source,
    /// The span of time.
    pub span: Span,
    /// Applications whose calls are left out.
    pub own: &'a BTreeSet<AppId>,
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Sign-in, permission, network: see there.
    #[error(transparent)]
    Wire(#[from] graph::Error),
    /// The workspace has no such table. The tenant's administrator sends the logs there.
    #[error(
        "the workspace has no table {0}: these logs of Microsoft Entra ID are not sent to it\nhint: add a diagnostic setting of Microsoft Entra ID with this category, or name the workspace that has one"
    )]
    NoTable(String),
}

impl Error {
    /// The fault that it is where logs are one of several sources of a run.
    fn fault(&self) -> LogFault {
        match self {
            Self::NoTable(_) => LogFault::NoTable,
            Self::Wire(graph::Error::Permission { .. }) => LogFault::NotAllowed,
            Self::Wire(graph::Error::Throttled { .. }) => LogFault::Throttled,
            Self::Wire(_) => LogFault::NoAnswer,
        }
    }
}

/// The logs of a workspace that could not be asked: nothing, and why.
#[must_use]
pub fn refused(workspace: &str, error: &Error) -> ActivityLogs {
    let mut reading = LogReading { source: source(workspace), ..LogReading::default() };
    let said = match error {
        Error::Wire(error) => error.summary(),
        Error::NoTable(table) => table.clone(),
    };
    reading.fault(error.fault(), 1, &format!("{}: {said}", reading.source.clone()));
    ActivityLogs::new([], reading)
}

fn source(workspace: &str) -> String {
    format!("Log Analytics workspace {workspace}")
}

/// Reads what applications called.
///
/// # Errors
/// [`Error`] if nothing at all could be read. What could not be read later is a fault of [`ActivityLogs::reading`].
pub async fn read_activity(workspace: &Workspace, catalogue: &Catalogue, request: &Request<'_>) -> Result<ActivityLogs, Error> {
    let mut tally = Tally::new(catalogue, source(request.workspace));
    let asked = Asked { workspace, id: request.workspace, span: request.span };
    let kql = query::extent(request.source, Within::Span(request.span));
    let whole = match asked.workspace.query(asked.id, &kql, asked.span).await? {
        Answer::NoTable => false,
        // Where this takes too long the extent stays unknown.
        Answer::Partial(..) | Answer::TooMuch(_) => true,
        Answer::Whole(table) => {
            note_extent(&table, request.span, &mut tally);
            true
        }
    };
    let kql = |span| query::activity(catalogue, request.source, Within::Span(span), request.own);
    if !whole || !asked.slice_by_slice(kql, &mut tally).await? {
        return Err(Error::NoTable(request.source.table().to_owned()));
    }
    tally.reading.files = workspace.queries();
    Ok(tally.finish())
}

/// Reads the sign-ins of service principals and managed identities in `span`, out of the workspace of this id, and how much of
/// them was read.
///
/// # Errors
/// [`Error`] if nothing at all could be read. A table that is not there is a fault as long as the other one is.
pub async fn read_sign_ins(workspace: &Workspace, id: &str, span: Span) -> Result<(Vec<SignInSummary>, LogReading), Error> {
    let mut sign_ins = SignIns::new(source(id));
    let asked = Asked { workspace, id, span };
    let mut there = 0;
    for table in SignInTable::ALL {
        if asked.slice_by_slice(|span| sign_ins::sign_ins(&[table], Within::Span(span)), &mut sign_ins).await? {
            there += 1;
        } else {
            sign_ins.reading.fault(LogFault::NoTable, 1, table.name());
        }
    }
    if there == 0 {
        return Err(Error::NoTable(SignInTable::ALL.map(SignInTable::name).join(" or ")));
    }
    sign_ins.reading.files = workspace.queries();
    Ok(sign_ins.finish())
}

/// What takes answers in.
pub(super) trait Counts {
    /// Takes in an answer about a span.
    fn add(&mut self, table: &Table, from: &str);
    /// Where faults are noted.
    fn reading(&mut self) -> &mut LogReading;
}

/// A workspace and the span that is asked of it.
struct Asked<'a> {
    workspace: &'a Workspace,
    id: &'a str,
    span: Span,
}

impl Asked<'_> {
    /// Asks for the whole span, part by part. False if the table is not there.
    async fn slice_by_slice(&self, kql: impl Fn(Span) -> String, counts: &mut impl Counts) -> Result<bool, Error> {
        let mut slices = Slices::of(self.span);
        let (mut again, mut answered) = (false, false);
        while let Some(span) = slices.next() {
            let begun = Instant::now();
            let answer = match self.workspace.query(self.id, &kql(span), span).await {
                Ok(answer) => answer,
                Err(error) if !answered => return Err(error.into()),
                Err(error) => {
                    lose_rest(counts.reading(), slices.rest(), &error);
                    break;
                }
            };
            answered = true;
            tracing::info!("asked for {span}");
            match answer {
                Answer::NoTable => return Ok(false),
                Answer::TooMuch(_) if slices.halve(span) => continue,
                Answer::Partial(_, shortfall) if shortfall.too_much && slices.halve(span) => continue,
                // A part of the service that failed may be back a moment later.
                Answer::Partial(..) if !again => {
                    again = true;
                    continue;
                }
                Answer::Whole(table) => counts.add(&table, &span.to_string()),
                Answer::Partial(table, shortfall) => {
                    counts.add(&table, &span.to_string());
                    counts.reading().fault(LogFault::PartialResult, 1, &format!("{span}: {}", shortfall.said));
                }
                Answer::TooMuch(said) => counts.reading().fault(LogFault::TimedOut, 1, &format!("{span}: {said}")),
            }
            again = false;
            slices.done(span, begun.elapsed());
        }
        Ok(true)
    }
}

/// Names the spans that were not asked for because asking failed.
fn lose_rest(reading: &mut LogReading, rest: Span, error: &graph::Error) {
    let fault = if matches!(error, graph::Error::Throttled { .. }) { LogFault::Throttled } else { LogFault::TimedOut };
    reading.fault(fault, 1, &format!("{rest}: {}", error.summary()));
}

/// Takes from the answer how many records the table has in the span and since when.
fn note_extent(table: &Table, span: Span, tally: &mut Tally<'_>) {
    let value = |name: &str| {
        let place = table.columns.iter().position(|column| column == name)?;
        table.rows.first()?.get(place)
    };
    tally.reading.records = value("Records").and_then(Value::as_u64).unwrap_or_default();
    let first = value("First").and_then(Value::as_str).and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let begins = first.map(|time| time.to_utc());
    let is_late = |first: DateTime<Utc>| first - span.from > LATE;
    if begins.is_none_or(is_late) {
        let since = begins.map_or_else(|| "no record".to_owned(), |first| format!("first record {}", first.format("%Y-%m-%dT%H:%M:%SZ")));
        tally.reading.fault(LogFault::LaterStart, 1, &format!("{span}: {since}"));
    }
}
