//! `$batch`: up to twenty GETs in one request, each answered by itself and deliberately not in the order asked.

use super::reply::{Answer, Reply};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Most requests in a batch.
const MOST: usize = 20;

/// A request inside a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) method: String,
    /// Relative to the version, with a leading slash.
    pub(crate) url: String,
    /// Its own headers say `ConsistencyLevel: eventual`.
    pub(crate) eventual: bool,
}

/// Reads the body of a batch.
pub(crate) fn items(body: &[u8]) -> Result<Vec<Item>, Reply> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Reply::bad_request("Unable to read JSON request payload."))?;
    let requests = body["requests"].as_array().ok_or_else(|| Reply::bad_request("Invalid batch payload format."))?;
    let items: Vec<Item> =
        requests.iter().map(item).collect::<Option<_>>().ok_or_else(|| Reply::bad_request("Invalid batch payload format."))?;
    if items.len() > MOST {
        return Err(Reply::bad_request(&format!("Number of batch request steps exceeds the maximum limit of {MOST}.")));
    }
    if items.iter().map(|item| &item.id).collect::<BTreeSet<_>>().len() < items.len() {
        return Err(Reply::bad_request("Request ids must be unique."));
    }
    Ok(items)
}

fn item(request: &Value) -> Option<Item> {
    let field = |name: &str| request.get(name)?.as_str().map(str::to_owned);
    let url = field("url")?;
    let url = if url.starts_with('/') { url } else { format!("/{url}") };
    Some(Item { id: field("id")?, method: field("method")?, url, eventual: eventual(request) })
}

fn eventual(request: &Value) -> bool {
    let headers = request.get("headers").and_then(Value::as_object);
    headers.is_some_and(|headers| {
        headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("ConsistencyLevel") && value.as_str() == Some("eventual"))
    })
}

/// Answers a batch, last request first, through `get` for each GET.
/// A part for which `get` gives nothing is missing from the answer.
pub(crate) fn answer(items: &[Item], get: impl Fn(&Item) -> Option<Part>) -> Answer {
    let part = |item: &Item| {
        if !item.method.eq_ignore_ascii_case("GET") {
            return Some(response(item, Part::of(Reply::method_not_allowed())));
        }
        get(item).map(|part| response(item, part))
    };
    let responses: Vec<Value> = items.iter().rev().filter_map(part).collect();
    Ok(Reply::ok(json!({"responses": responses})))
}

/// The answer to one request of a batch.
pub(crate) struct Part {
    pub(crate) reply: Reply,
    /// The status is written as text instead of a number.
    pub(crate) status_as_text: bool,
}

impl Part {
    pub(crate) fn of(reply: Reply) -> Self {
        Self { reply, status_as_text: false }
    }
}

fn response(item: &Item, Part { reply, status_as_text }: Part) -> Value {
    let mut headers = json!({"Cache-Control": "no-cache", "OData-Version": "4.0", "Content-Type": reply.content_type()});
    for (name, value) in &reply.headers {
        let name = if *name == "retry-after" { "Retry-After" } else { name };
        headers[name] = Value::from(value.as_str());
    }
    let status = if status_as_text { Value::from(reply.status.to_string()) } else { Value::from(reply.status) };
    let body =
        if reply.broken || reply.html.is_some() { Value::from(String::from_utf8_lossy(&reply.bytes()).into_owned()) } else { reply.body };
    json!({"id": item.id, "status": status, "headers": headers, "body": body})
}
