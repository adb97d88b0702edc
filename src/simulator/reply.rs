//! What the simulated Graph answers: a status, headers and JSON, and the two forms in which Graph writes errors.

use super::odata::Links;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// An answer before it goes onto the wire or into a batch.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
    /// Set on a page of a list: where faults that concern lists take hold.
    pub(crate) links: Option<Links>,
    /// Half of the JSON is left out.
    pub(crate) broken: bool,
    /// HTML that takes the place of the JSON.
    pub(crate) html: Option<&'static str>,
}

/// An answer that is an error is still an answer; `?` is a convenience.
pub(crate) type Answer = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body, links: None, broken: false, html: None }
    }

    /// An error as most of Graph writes it. `innerError` is filled by [`Self::stamp`].
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message, "innerError": {}}});
        Self { status, ..Self::ok(body) }
    }

    /// An error as Intune writes it: JSON inside the message.
    pub(crate) fn intune_error(status: u16, code: &str, message: &str) -> Self {
        let inner = format!(
            "{{\r\n  \"_version\": 3,\r\n  \"Message\": {},\r\n  \"CustomApiErrorPhrase\": \"\",\r\n  \"RetryAfter\": null,\r\n  \
             \"ErrorSourceService\": \"\",\r\n  \"HttpHeaders\": \"{{}}\"\r\n}}",
            Value::from(message)
        );
        Self::error(status, code, &inner)
    }

    /// A page of somebody between, such as a proxy.
    pub(crate) fn html(status: u16, html: &'static str) -> Self {
        Self { status, html: Some(html), ..Self::ok(Value::Null) }
    }

    pub(crate) fn content_type(&self) -> &'static str {
        if self.html.is_some() { "text/html; charset=utf-8" } else { "application/json; odata.metadata=minimal; charset=utf-8" }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// No such segment in this version of Graph, which is a 400 and not a 404.
    pub(crate) fn no_segment(segment: &str) -> Self {
        Self::error(400, "BadRequest", &format!("Resource not found for the segment '{segment}'."))
    }

    pub(crate) fn no_object(id: &str) -> Self {
        let message = format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
        Self::error(404, "Request_ResourceNotFound", &message)
    }

    pub(crate) fn bad_request(message: &str) -> Self {
        Self::error(400, "BadRequest", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::error(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    }

    /// Writes the request id and the time into an error, as Graph does.
    pub(crate) fn stamp(&mut self, request_id: &str, now: DateTime<Utc>) {
        if let Some(inner) = self.body.pointer_mut("/error/innerError") {
            let date = now.format("%Y-%m-%dT%H:%M:%S").to_string();
            *inner = json!({"date": date, "request-id": request_id, "client-request-id": request_id});
        }
    }

    /// The bytes of the body.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        if let Some(html) = self.html {
            return html.as_bytes().to_vec();
        }
        let mut bytes = self.body.to_string().into_bytes();
        if self.broken {
            bytes.truncate(bytes.len() / 2);
        }
        bytes
    }
}
