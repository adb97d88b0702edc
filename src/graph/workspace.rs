//! The query API of Log Analytics: one query over one span of time, and what came of it. Here and not in a room of its own,
//! because it needs the sign-in, the repeats and the TLS that this room confines.
//!
//! Limits (facts/graph.md section 5): 10 minutes a query, and 3 unless it is asked for; 500,000 rows and about 100 MiB an answer;
//! 5 queries at the same time; 200 in 30 seconds. One query is under way at a time, so only the first two are ever met, and both
//! by a shorter span of time: the caller's to choose.

use super::client::bearer;
use super::failure::Trouble;
use super::retry::{RetryPolicy, Transient, Waited, retry_after};
use super::signin::{self, Token, Tokens};
use super::{Credential, Endpoints, Error, Settings, SignedIn, text, wire};
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::header::ACCEPT;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;

/// Longest run of a query that may be asked for, in seconds.
const LONGEST_QUERY: u64 = 600;

/// Silence that is waited out beyond that: the time that the answer itself takes.
const LEEWAY: Duration = Duration::from_secs(60);

/// Longest answer, in bytes. The service's own limit is about 100 MiB.
const LONGEST_ANSWER: usize = 128 << 20;

/// Severities up to this one say that rows are missing; higher ones only warn (Kusto, partial query failures).
const LOSES: i64 = 2;

/// A span of time, its start included and its end not (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Start.
    pub from: DateTime<Utc>,
    /// End.
    pub to: DateTime<Utc>,
}

impl std::fmt::Display for Span {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        write!(out, "{}/{}", text(self.from), text(self.to))
    }
}

/// Rows of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, each with a value for each column.
    pub rows: Vec<Vec<Value>>,
}

/// Why rows are missing from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    /// What the service said, without secrets.
    pub said: String,
    /// Whether it is a matter of quantity: rows, bytes, memory, time. A shorter span would bring less of each.
    pub too_much: bool,
}

/// What came of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All rows.
    Whole(Table),
    /// Some rows: the service answered 200 and named an error inside.
    Partial(Table, Shortfall),
    /// No rows, because there was too much to do: no answer in time (504), or one beyond the limits.
    TooMuch(String),
    /// The workspace has no table of the name that the query reads.
    NoTable,
}

/// A signed-in reader of Log Analytics workspaces.
pub struct Workspace {
    http: reqwest::Client,
    endpoints: Endpoints,
    tokens: Tokens,
    signed_in: SignedIn,
    retry: RetryPolicy,
    waited: Waited,
    queries: AtomicU64,
}

/// One query.
struct Query<'a> {
    url: String,
    body: Value,
    what: &'a str,
}

impl Workspace {
    /// Signs in to the query API. `endpoints` are those of [`Endpoints::log_analytics`].
    ///
    /// # Errors
    /// As [`super::Client::connect`].
    pub async fn connect(endpoints: Endpoints, credential: Credential, settings: Settings) -> Result<Self, Error> {
        let patient = Settings { timeout: Duration::from_secs(LONGEST_QUERY) + LEEWAY, ..settings.clone() };
        let http = wire::client_for(&endpoints.graph, &patient)?;
        // The notes of the sign-in are about permissions of Graph, which say nothing here.
        let signin::Opened { tokens, signed_in, notes: _ } = signin::open(credential, &endpoints, &settings).await?;
        let (waited, queries) = (Waited::default(), AtomicU64::default());
        Ok(Self { http, endpoints, tokens, signed_in, retry: settings.retry, waited, queries })
    }

    /// As whom this reader is signed in.
    #[must_use]
    pub fn signed_in_as(&self) -> &SignedIn {
        &self.signed_in
    }

    /// Requests made so far, repeats included; token requests do not count.
    #[must_use]
    pub fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// Runs a query over one workspace, of which only records in `span` are looked at. `workspace` is the workspace id (a GUID).
    ///
    /// # Errors
    /// [`Error::Settings`] for an id that is none, [`Error::Permission`] without the right to read, [`Error::Throttled`] after
    /// the budget for repeats is spent, any other [`Error`].
    pub async fn query(&self, workspace: &str, kql: &str, span: Span) -> Result<Answer, Error> {
        if !super::jwt::is_guid(workspace) {
            let hint = "copy the workspace id from the overview page of the Log Analytics workspace";
            return Err(Error::settings("the workspace id is not a GUID", hint));
        }
        let url = format!("{}/v1/workspaces/{workspace}/query", self.endpoints.graph());
        let query = Query { url, body: json!({"query": kql, "timespan": span.to_string()}), what: "POST /v1/workspaces/{id}/query" };
        self.repeat(&query).await
    }

    async fn repeat(&self, query: &Query<'_>) -> Result<Answer, Error> {
        let mut budget = self.retry.budget(self.queries());
        let mut replaced = false;
        loop {
            let token = self.tokens.current().await?;
            match self.attempt(query, &token).await {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Stop(error)) if wire::is_too_long(&error) => {
                    return Ok(Answer::TooMuch("answer beyond the size limit".into()));
                }
                Err(Trouble::Unauthorized(_)) if !replaced && self.tokens.can_replace(&token).await => replaced = true,
                Err(Trouble::Unauthorized(error) | Trouble::Stop(error)) => return Err(error),
                Err(Trouble::Again(failure)) => {
                    let wait = budget.spend(&failure).filter(|wait| self.waited.allows(*wait, &self.retry));
                    let Some(wait) = wait else { return Err(failure.error) };
                    tracing::debug!(what = query.what, ?wait, "trying again");
                    sleep(wait).await;
                }
            }
        }
    }

    async fn attempt(&self, query: &Query<'_>, token: &Token) -> Result<Answer, Trouble> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let request = self.http.post(&query.url).json(&query.body).header(ACCEPT, "application/json");
        let request = request.header("Prefer", format!("wait={LONGEST_QUERY}")).header("Authorization", bearer(token)?);
        let answer = wire::send(request, &self.endpoints.graph, query.what, LONGEST_ANSWER).await?;
        tracing::debug!(what = query.what, status = answer.status, "answered");
        let body = answer.json();
        if answer.status == 200 {
            let failed = |detail: &str| Error::failed(query.what, detail);
            let mut body = body.map_err(|unread| Trouble::Again(unread.limited(Transient::new(failed(unread.says()), None))))?;
            let shortfall = shortfall(&body, &token.text);
            let table = table(&mut body).ok_or_else(|| Trouble::Stop(failed("answer holds no table")))?;
            return Ok(shortfall.map_or_else(|| Answer::Whole(table.clone()), |shortfall| Answer::Partial(table.clone(), shortfall)));
        }
        let refusal = Refusal { status: answer.status, body: &body.unwrap_or_default(), what: query.what, token: &token.text };
        refusal.judge(retry_after(&answer.headers), self.endpoints.name())
    }
}

/// The first table of an answer.
fn table(body: &mut Value) -> Option<Table> {
    let table = body.get_mut("tables")?.get_mut(0)?;
    let columns = table.get("columns")?.as_array()?.iter();
    let columns: Vec<String> = columns.map(|column| column.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()).collect();
    let Some(Value::Array(rows)) = table.get_mut("rows").map(Value::take) else { return None };
    let rows = rows.into_iter().filter_map(|row| if let Value::Array(row) = row { Some(row) } else { None }).collect();
    Some(Table { columns, rows })
}

/// The error inside a success, if it says that rows are missing. It has the code `PartialError` and a list of details, each with
/// a severity of its own; without any severity it is taken at its word.
fn shortfall(body: &Value, token: &SecretString) -> Option<Shortfall> {
    let error = body.get("error").filter(|error| !error.is_null())?;
    let mut said = Vec::new();
    let mut severities = Vec::new();
    let listed = error.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for part in listed.iter().chain([error]) {
        let innermost = innermost(part);
        severities.extend(innermost.get("severity").and_then(Value::as_i64));
        let severe = innermost.get("severity").and_then(Value::as_i64).is_none_or(|severity| severity <= LOSES);
        said.extend(innermost.get("message").and_then(Value::as_str).filter(|_| severe).map(|message| text::clean(message, &[token])));
    }
    if !severities.is_empty() && severities.iter().all(|severity| *severity > LOSES) {
        return None;
    }
    let said = said.into_iter().next().unwrap_or_else(|| "partial result".to_owned());
    Some(Shortfall { too_much: is_quantity(&error.to_string()), said })
}

/// The innermost error of an error.
fn innermost(error: &Value) -> &Value {
    let mut at = error;
    for _ in 0..8 {
        let Some(inner) = at.get("innererror").filter(|inner| inner.is_object()) else { break };
        at = inner;
    }
    at
}

/// Whether an error of the engine is one of quantity: result truncation, runaway queries, memory, time.
fn is_quantity(error: &str) -> bool {
    let error = error.to_lowercase();
    ["exceed", "too_large", "toolarge", "too large", "runaway", "memory", "timeout", "timed out"].iter().any(|word| error.contains(word))
}

/// A status other than 200.
struct Refusal<'a> {
    status: u16,
    body: &'a Value,
    what: &'a str,
    token: &'a SecretString,
}

impl Refusal<'_> {
    fn judge(&self, floor: Option<Duration>, service: &str) -> Result<Answer, Trouble> {
        let what = self.what.to_owned();
        let again = |error| Err(Trouble::Again(Transient::new(error, floor)));
        let detail = self.detail();
        let status = format!("status {}", self.status);
        match self.status {
            429 => again(Error::Throttled { what, detail: status }),
            503 => again(Error::Throttled { what, detail: status }),
            // What the service could not do twice, it will hardly do the eighth time.
            500 | 502 => Err(Trouble::Again(Transient { foreign: true, ..Transient::new(Error::Failed { what, detail }, floor) })),
            504 => Ok(Answer::TooMuch("no answer in time (504)".to_owned())),
            413 => Ok(Answer::TooMuch("answer beyond the size limit (413)".to_owned())),
            400 if self.lacks_table() => Ok(Answer::NoTable),
            400 if is_quantity(&self.body.to_string()) => Ok(Answer::TooMuch(detail)),
            401 | 403 if self.names("InvalidAuthenticationToken") || self.names("AuthenticationFailed") => {
                let hint = format!("get a fresh token for {service} in this cloud and tenant");
                Err(Trouble::Unauthorized(Error::sign_in(format!("{service} does not take the token: {detail}"), hint)))
            }
            401 => Err(Trouble::Unauthorized(Error::Permission { what, detail })),
            403 => Err(Trouble::Stop(Error::Permission { what, detail })),
            _ => Err(Trouble::Stop(Error::Failed { what, detail })),
        }
    }

    /// Status, code and innermost message, cleaned.
    fn detail(&self) -> String {
        let error = self.body.get("error").unwrap_or(&Value::Null);
        let text = |value: &Value, name| value.get(name).and_then(Value::as_str).map(|text| text::clean(text, &[self.token]));
        let parts = [text(error, "code"), text(innermost(error), "message")].into_iter().flatten().filter(|part| !part.is_empty());
        std::iter::once(format!("status {}", self.status)).chain(parts).collect::<Vec<_>>().join(": ")
    }

    fn names(&self, code: &str) -> bool {
        self.body.pointer("/error/code").and_then(Value::as_str).is_some_and(|found| found.starts_with(code))
    }

    /// Whether the query names a table that is not there (`SEM0100`).
    fn lacks_table(&self) -> bool {
        let message = innermost(self.body.get("error").unwrap_or(&Value::Null)).get("message").and_then(Value::as_str);
        message.is_some_and(|message| message.to_lowercase().contains("failed to resolve table"))
    }
}

#[cfg(test)]
#[path = "workspace_tests.rs"]
mod tests;
