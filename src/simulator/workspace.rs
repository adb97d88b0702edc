//! A Log Analytics workspace of the made-up tenant: the query API on the same origin, over calls of Microsoft Graph that a test
//! plants. It is no engine of KQL. It knows the two queries that it gets by their columns, takes the span, the table and the
//! applications to leave out from their text, and counts by itself, with no more than lower case done to an address.
//!
//! Status codes and bodies are those of public reports (Azure SDK issue 25137, Microsoft's pages on API errors and timeouts). The
//! sentence of a 504 and how a workspace refuses a missing right are guesses.

use super::faults::FaultKind;
use super::reply::{Answer, Reply};
use chrono::{DateTime, DurationRound, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A call of Microsoft Graph as its activity log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedCall {
    /// `TimeGenerated` (UTC).
    pub time: DateTime<Utc>,
    /// `RequestId`; a record that is delivered twice has it twice.
    pub request_id: String,
    /// `AppId`.
    pub app_id: String,
    /// `ServicePrincipalId`; empty for a person's call.
    pub service_principal_id: String,
    /// `UserId`; empty for an application's own call.
    pub user_id: String,
    /// `RequestMethod`.
    pub method: String,
    /// `RequestUri`.
    pub uri: String,
    /// `ResponseStatusCode`.
    pub status: u16,
    /// `ClientAuthMethod`.
    pub client_auth_method: u8,
    /// `IPAddress`.
    pub address: String,
    /// `UserAgent`.
    pub user_agent: String,
}

/// A sign-in of a service principal as the sign-in logs have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedAppSignIn {
    /// `TimeGenerated` (UTC).
    pub time: DateTime<Utc>,
    /// `Id`; a record that is delivered twice has it twice.
    pub id: String,
    /// Whether it lies among those of managed identities.
    pub managed: bool,
    /// `AppId`.
    pub app_id: String,
    /// `ServicePrincipalId`.
    pub service_principal_id: String,
    /// `ServicePrincipalCredentialKeyId`.
    pub key_id: String,
    /// `ResourceIdentity`.
    pub resource: String,
    /// `IPAddress`; empty for most managed identities.
    pub address: String,
    /// Whether `ResultType` is 0.
    pub succeeded: bool,
}

/// A workspace and what lies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWorkspace {
    /// Its id, a GUID.
    pub id: String,
    /// What lies in `MicrosoftGraphActivityLogs`.
    pub calls: Vec<LoggedCall>,
    /// What lies in `AADServicePrincipalSignInLogs` and `AADManagedIdentitySignInLogs`. A table with nothing in it is not there.
    pub sign_ins: Vec<LoggedAppSignIn>,
    /// Seconds of log time from which on a query takes longer than the service allows, and is answered with 504.
    pub longest_span: Option<u32>,
}

/// A table that a query reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Calls,
    SignIns { managed: bool },
}

impl Read {
    fn of(table: &str) -> Option<Self> {
        match table {
            "MicrosoftGraphActivityLogs" => Some(Self::Calls),
            "AADServicePrincipalSignInLogs" => Some(Self::SignIns { managed: false }),
            "AADManagedIdentitySignInLogs" => Some(Self::SignIns { managed: true }),
            _ => None,
        }
    }
}

impl LogWorkspace {
    /// The answer to a query; `id` is the workspace that the path names.
    pub(super) fn answer(&self, id: &str, body: &[u8], fault: Option<FaultKind>) -> Answer {
        if !id.eq_ignore_ascii_case(&self.id) {
            return Err(error(404, "WorkspaceNotFoundError", "The workspace could not be found."));
        }
        let body: Value = serde_json::from_slice(body).map_err(|_| bad_argument("SyntaxError", "not JSON"))?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let asked = Asked::read(text("query").unwrap_or_default(), text("timespan"))?;
        let length = (asked.to - asked.from).num_seconds();
        if self.longest_span.is_some_and(|longest| length > i64::from(longest)) {
            return Err(error(504, "GatewayTimeout", "The query did not complete within the allotted time."));
        }
        let (columns, mut rows) = match asked.read {
            Read::Calls => {
                let calls: Vec<&LoggedCall> = self.calls.iter().filter(|call| asked.covers(call.time)).collect();
                if asked.extent { extent(&calls) } else { counted(&calls, &asked.own) }
            }
            Read::SignIns { managed } => {
                let table: Vec<&LoggedAppSignIn> = self.sign_ins.iter().filter(|one| one.managed == managed).collect();
                if table.is_empty() {
                    return Err(no_table("the sign-in logs"));
                }
                signed_in(table.into_iter().filter(|one| asked.covers(one.time)))
            }
        };
        let shortfall = match fault {
            Some(FaultKind::PartialResult { too_large: true }) => Some((
                -2_133_196_797,
                "Query result set has exceeded the internal data size limit 64000000 (E_QUERY_RESULT_SET_TOO_LARGE).",
            )),
            Some(FaultKind::PartialResult { too_large: false }) => Some((-2_133_196_790, "A shard of the table could not be read.")),
            _ => None,
        };
        if shortfall.is_some() {
            rows.truncate(rows.len() / 2);
        }
        let columns: Vec<Value> = columns.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
        let mut reply = json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]});
        if let Some((code, message)) = shortfall {
            let inner = json!({"code": code.to_string(), "message": message, "severity": 2, "severityName": "Error"});
            let detail = json!({"code": "EngineError", "message": "Something went wrong processing your query on the server.",
                "innererror": inner});
            let message = "There were some errors when processing your query.";
            reply["error"] = json!({"code": "PartialError", "message": message, "details": [detail]});
        }
        Ok(Reply::ok(reply))
    }
}

/// The workspace that a path names, if it is one of the query API.
pub(super) fn workspace_of(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/v1/workspaces/")?.strip_suffix("/query")?;
    (!id.contains('/')).then_some(id)
}

/// What a query asks for.
struct Asked {
    read: Read,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    own: Vec<String>,
    extent: bool,
}

impl Asked {
    fn read(query: &str, timespan: Option<&str>) -> Result<Self, Reply> {
        let word = |line: &str| line.trim().split(' ').next().unwrap_or_default().to_owned();
        let mut lines = query.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
        let table = lines.find(|line| !line.starts_with("let ") && !line.starts_with(')')).map(word).unwrap_or_default();
        let read = Read::of(&table).ok_or_else(|| no_table(&table))?;
        let bound = |name: &str| {
            let value = query.lines().find_map(|line| line.trim().strip_prefix(&format!("let {name} = ")))?;
            Some(value.trim_end_matches(';').to_owned())
        };
        let time = |name: &str| {
            let text = bound(name)?;
            text.strip_prefix("datetime(")?.strip_suffix(')')?.parse::<DateTime<Utc>>().ok()
        };
        let (Some(from), Some(to)) = (time("Start"), time("End")) else { return Err(semantic("Start or End is no datetime literal")) };
        let span = timespan.and_then(|text| text.split_once('/')).and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        let (least, most): (DateTime<Utc>, DateTime<Utc>) = span.unwrap_or((from, to));
        let own = bound("Own").unwrap_or_default();
        let own = own.split('"').skip(1).step_by(2).map(str::to_lowercase).collect();
        Ok(Self { read, from: from.max(least), to: to.min(most), own, extent: query.contains("summarize Records = count()") })
    }
}

impl Asked {
    fn covers(&self, time: DateTime<Utc>) -> bool {
        self.from <= time && time < self.to
    }
}

/// Succeeded, failed, first, last.
type SignInCount = (u64, u64, DateTime<Utc>, DateTime<Utc>);

/// Sign-ins with the same of everything but time, id and result are one row.
fn signed_in<'a>(sign_ins: impl Iterator<Item = &'a LoggedAppSignIn>) -> Table {
    let mut seen = BTreeMap::new();
    let mut counts: BTreeMap<[String; 6], SignInCount> = BTreeMap::new();
    for one in sign_ins {
        if seen.insert(one.id.clone(), ()).is_some() {
            continue;
        }
        let time = one.time.duration_trunc(TimeDelta::seconds(1)).unwrap_or(one.time);
        let kind = if one.managed { "managedIdentity" } else { "" };
        let texts = [&one.app_id, &one.service_principal_id, kind, &one.key_id, &one.resource, &one.address];
        let key = texts.map(|text: &str| if text == kind { text.to_owned() } else { text.to_lowercase() });
        let (succeeded, failed, first, last) = counts.entry(key).or_insert((0, 0, time, time));
        *succeeded += u64::from(one.succeeded);
        *failed += u64::from(!one.succeeded);
        (*first, *last) = ((*first).min(time), (*last).max(time));
    }
    let rows = counts.into_iter().map(|([app, principal, kind, key, resource, address], (succeeded, failed, first, last))| {
        json!([app, principal, kind, key, "", resource, address, succeeded, failed, stamp(first), stamp(last)])
    });
    let text = ["AppId", "ServicePrincipalId", "CredentialType", "CredentialKeyId", "FederatedCredentialId", "Resource", "Address"];
    let rest = [("Succeeded", "long"), ("Failed", "long"), ("First", "datetime"), ("Last", "datetime")];
    (text.map(|name| (name, "string")).into_iter().chain(rest).collect(), rows.collect())
}

type Table = (Vec<(&'static str, &'static str)>, Vec<Value>);

fn extent(calls: &[&LoggedCall]) -> Table {
    let time = |time: Option<DateTime<Utc>>| time.map_or(Value::Null, |time| json!(stamp(time)));
    let times = || calls.iter().map(|call| call.time);
    let row = json!([calls.len(), time(times().min()), time(times().max())]);
    (vec![("Records", "long"), ("First", "datetime"), ("Last", "datetime")], vec![row])
}

/// What makes two records one delivery of a call.
type Delivery = (String, DateTime<Utc>, [String; 5], u16);

/// What makes two calls one row: part, key, value and day.
type Group = (&'static str, [String; 5], String, Option<DateTime<Utc>>);

#[derive(Default)]
struct Count {
    calls: u64,
    copies: u64,
    unnamed: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

fn counted(calls: &[&LoggedCall], own: &[String]) -> Table {
    let mut seen: BTreeMap<Delivery, ()> = BTreeMap::new();
    let mut counts: BTreeMap<Group, Count> = BTreeMap::new();
    for call in calls.iter().filter(|call| !["GET", "HEAD", "OPTIONS"].contains(&call.method.to_uppercase().as_str())) {
        let second = call.time.duration_trunc(TimeDelta::seconds(1)).unwrap_or(call.time);
        let key = key(call);
        if own.contains(&call.app_id.to_lowercase()) {
            let [_, _, _, method, uri] = key;
            let key = [String::new(), String::new(), String::new(), method, uri];
            counts.entry(("own", key, String::new(), None)).or_default().calls += 1;
            continue;
        }
        let delivery = (call.request_id.to_lowercase(), second, key.clone(), call.status);
        let fresh = call.request_id.is_empty() || seen.insert(delivery, ()).is_none();
        let day = second.duration_trunc(TimeDelta::days(1)).ok();
        let count = counts.entry(("status", key.clone(), call.status.to_string(), day)).or_default();
        count.copies += 1;
        if !fresh {
            continue;
        }
        count.calls += 1;
        count.unnamed += u64::from(call.request_id.is_empty());
        count.first = count.first.into_iter().chain([second]).min();
        count.last = count.last.max(Some(second));
        let agent: String = call.user_agent.chars().take(80).collect();
        for (part, value) in [("authentication", call.client_auth_method.to_string()), ("address", call.address.clone()), ("agent", agent)]
        {
            if !value.is_empty() {
                counts.entry((part, key.clone(), value, None)).or_default().calls += 1;
            }
        }
    }
    (columns(), counts.into_iter().map(|((part, key, value, day), count)| row(part, &key, &value, day, &count)).collect())
}

fn columns() -> Vec<(&'static str, &'static str)> {
    let text = ["Part", "AppId", "ServicePrincipalId", "Flow", "Method", "Uri", "Value"].map(|name| (name, "string"));
    let rest =
        [("Day", "datetime"), ("Calls", "long"), ("Copies", "long"), ("Unnamed", "long"), ("First", "datetime"), ("Last", "datetime")];
    text.into_iter().chain(rest).collect()
}

fn key(call: &LoggedCall) -> [String; 5] {
    let flow = if !call.user_id.is_empty() {
        "delegated"
    } else if call.service_principal_id.is_empty() {
        "unclear"
    } else {
        "app-only"
    };
    let uri = call.uri.to_lowercase();
    let uri = uri.split(['?', '#']).next().unwrap_or_default().to_owned();
    [call.app_id.to_lowercase(), call.service_principal_id.to_lowercase(), flow.to_owned(), call.method.to_uppercase(), uri]
}

fn row(part: &str, key: &[String; 5], value: &str, day: Option<DateTime<Utc>>, count: &Count) -> Value {
    let time = |time: Option<DateTime<Utc>>| time.map_or(Value::Null, |time| json!(stamp(time)));
    let [app, principal, flow, method, uri] = key;
    // A column that a part of the union does not have is null there.
    let number = |number: u64| if part == "status" { json!(number) } else { Value::Null };
    json!([
        part,
        app,
        principal,
        flow,
        method,
        uri,
        value,
        time(day),
        count.calls,
        number(count.copies),
        number(count.unnamed),
        time(count.first),
        time(count.last)
    ])
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply { status, ..Reply::ok(json!({"error": {"code": code, "message": message}})) }
}

fn bad_argument(code: &str, message: &str) -> Reply {
    let inner = json!({"code": code, "message": message});
    let body = json!({"error": {"message": "The request had some invalid properties", "code": "BadArgumentError", "innererror": inner}});
    Reply { status: 400, ..Reply::ok(body) }
}

fn no_table(name: &str) -> Reply {
    semantic(&format!("'where' operator: Failed to resolve table or column expression named '{name}'"))
}

fn semantic(message: &str) -> Reply {
    let mut reply = bad_argument("SemanticError", "A semantic error occurred.");
    reply.body["error"]["innererror"]["innererror"] = json!({"code": "SEM0100", "message": message});
    reply
}
