//! Runs the query over a workspace, span by span, and says of every span that was not answered whole.

use super::query;
use super::rows::Tally;
use super::slices::Slices;
use super::source::{Source, Within};
use crate::catalogue::Catalogue;
use crate::graph::{self, Answer, Span, Table, Workspace};
use crate::snapshot::{ActivityLogs, AppId, LogFault};
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
        "the workspace has no table {0}: Microsoft Graph activity logs are not sent to it\nhint: add a diagnostic setting of Microsoft Entra ID with category MicrosoftGraphActivityLogs, or name the workspace that has one"
    )]
    NoTable(String),
}

/// Reads what applications called.
///
/// # Errors
/// [`Error`] if nothing at all could be read. What could not be read later is a fault of [`ActivityLogs::reading`].
pub async fn read_activity(workspace: &Workspace, catalogue: &Catalogue, request: &Request<'_>) -> Result<ActivityLogs, Error> {
    let mut tally = Tally::new(catalogue, format!("Log Analytics workspace {}", request.workspace));
    let mut slices = Slices::of(request.span);
    extent(workspace, request, &mut tally).await?;
    let mut again = false;
    let mut answered = false;
    while let Some(span) = slices.next() {
        let kql = query::activity(catalogue, request.source, Within::Span(span), request.own);
        let asked = Instant::now();
        let answer = match workspace.query(request.workspace, &kql, span).await {
            Ok(Answer::NoTable) => return Err(Error::NoTable(request.source.table().to_owned())),
            Ok(answer) => answer,
            Err(error) if !answered => return Err(error.into()),
            Err(error) => {
                lose_rest(&mut tally, slices.rest(), &error);
                break;
            }
        };
        answered = true;
        tracing::info!("asked for {span}");
        match answer {
            Answer::TooMuch(_) if slices.halve(span) => continue,
            Answer::Partial(_, shortfall) if shortfall.too_much && slices.halve(span) => continue,
            // A part of the service that failed may be back a moment later.
            Answer::Partial(..) if !again => {
                again = true;
                continue;
            }
            Answer::Whole(table) => tally.add(&table, &span.to_string()),
            Answer::Partial(table, shortfall) => {
                tally.add(&table, &span.to_string());
                tally.reading.fault(LogFault::PartialResult, 1, &format!("{span}: {}", shortfall.said));
            }
            Answer::TooMuch(said) => tally.reading.fault(LogFault::TimedOut, 1, &format!("{span}: {said}")),
            Answer::NoTable => {}
        }
        again = false;
        slices.done(span, asked.elapsed());
    }
    tally.reading.files = workspace.queries();
    Ok(tally.finish())
}

/// Names the spans that were not asked for because asking failed.
fn lose_rest(tally: &mut Tally<'_>, rest: Span, error: &graph::Error) {
    let fault = if matches!(error, graph::Error::Throttled { .. }) { LogFault::Throttled } else { LogFault::TimedOut };
    tally.reading.fault(fault, 1, &format!("{rest}: {}", error.summary()));
}

/// Looks at how many records the table has in the span and since when. Where that takes too long it stays unknown.
async fn extent(workspace: &Workspace, request: &Request<'_>, tally: &mut Tally<'_>) -> Result<(), Error> {
    let kql = query::extent(request.source, Within::Span(request.span));
    match workspace.query(request.workspace, &kql, request.span).await? {
        Answer::NoTable => return Err(Error::NoTable(request.source.table().to_owned())),
        Answer::Whole(table) => note_extent(&table, request.span, tally),
        Answer::Partial(..) | Answer::TooMuch(_) => {}
    }
    Ok(())
}

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
