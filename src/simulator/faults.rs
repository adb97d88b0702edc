//! Faults that tests plant: what goes wrong, where, and how often. Each is something that Graph is known to do, or that a
//! reader must survive if a proxy does it (facts/graph.md sections 4 and 8).

use super::reply::Reply;
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Concerns requests whose path and query contain this text, as they were sent; also requests inside a batch, as they
    /// would look outside it. An empty text concerns every request.
    pub path_contains: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many answers it spoils; [`usize::MAX`] for all.
    pub times: usize,
}

/// What goes wrong. The first group replaces an answer, the second spoils a page of a list and waits for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// 429, with `Retry-After` in seconds where it is given.
    TooManyRequests {
        /// Seconds.
        retry_after: Option<u64>,
    },
    /// The 500 by which Intune says that there were too many requests.
    InternalQueryBroker,
    /// A 500 that says nothing.
    InternalError,
    /// 503 without `Retry-After`.
    ServiceUnavailable,
    /// 403, whatever the token holds.
    Forbidden,
    /// 429 for one request inside a batch, while the batch itself is answered with 200. Concerns nothing outside batches.
    BatchItemThrottled,
    /// The connection is closed when half of the answer has been sent. Inside a batch, the item gets a 504 instead.
    ConnectionReset,
    /// `@odata.nextLink` leads to a host that is not Graph.
    NextLinkToOtherHost,
    /// The JSON of a page ends in the middle; `Content-Length` fits what is sent.
    TruncatedList,
    /// A page without rows, whose `@odata.nextLink` leads to the page that should have come.
    EmptyPageWithNextLink,
    /// `@odata.nextLink` leads to the page that it stands on.
    RepeatedNextLink,
    /// The rows of a page come twice.
    DuplicateRows,
}

impl FaultKind {
    fn spoils_lists(self) -> bool {
        matches!(
            self,
            Self::NextLinkToOtherHost | Self::TruncatedList | Self::EmptyPageWithNextLink | Self::RepeatedNextLink | Self::DuplicateRows
        )
    }
}

/// The faults that are left.
#[derive(Debug)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    /// The answer that takes the place of the real one, if a fault wants that.
    pub(crate) fn instead(&self, path_and_query: &str, in_batch: bool) -> Option<Instead> {
        let fits = |kind: FaultKind| !kind.spoils_lists() && (in_batch || kind != FaultKind::BatchItemThrottled);
        match self.take(path_and_query, fits)? {
            FaultKind::ConnectionReset if !in_batch => Some(Instead::Cut),
            kind => Some(Instead::Reply(replacement(kind, path_and_query))),
        }
    }

    /// Spoils a page of a list, if a fault wants that. Leaves every other answer alone.
    pub(crate) fn spoil(&self, path_and_query: &str, mut reply: Reply) -> Reply {
        let Some(links) = reply.links.clone() else { return reply };
        match self.take(path_and_query, FaultKind::spoils_lists) {
            Some(FaultKind::NextLinkToOtherHost) => set_next(&mut reply, "https://graph.example.invalid/v1.0/next?$skiptoken=x".into()),
            Some(FaultKind::TruncatedList) => reply.broken = true,
            Some(FaultKind::RepeatedNextLink) => set_next(&mut reply, links.here),
            Some(FaultKind::EmptyPageWithNextLink) => {
                reply.body["value"] = json!([]);
                set_next(&mut reply, links.here);
            }
            Some(FaultKind::DuplicateRows) => duplicate(&mut reply),
            _ => {}
        }
        reply
    }

    fn take(&self, path_and_query: &str, fits: impl Fn(FaultKind) -> bool) -> Option<FaultKind> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let concerned = |fault: &&mut Fault| fault.times > 0 && fits(fault.kind) && path_and_query.contains(&fault.path_contains);
        let fault = faults.iter_mut().find(concerned)?;
        if fault.times != usize::MAX {
            fault.times -= 1;
        }
        Some(fault.kind)
    }
}

/// What comes instead of an answer.
pub(crate) enum Instead {
    /// This answer.
    Reply(Reply),
    /// The real answer, of which half arrives.
    Cut,
}

fn replacement(kind: FaultKind, path: &str) -> Reply {
    match kind {
        FaultKind::TooManyRequests { retry_after } => throttled(retry_after),
        FaultKind::BatchItemThrottled => throttled(Some(1)),
        FaultKind::InternalQueryBroker => {
            Reply::intune_error(500, "InternalServerError", "Rate limit reached because of too many requests to query broker")
        }
        FaultKind::ServiceUnavailable => Reply::error(503, "serviceNotAvailable", "The service is temporarily unavailable."),
        FaultKind::Forbidden if path.contains("/deviceManagement/") => Reply::intune_error(403, "Forbidden", "An error has occurred"),
        FaultKind::Forbidden => Reply::error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        FaultKind::ConnectionReset => Reply::error(504, "UnknownError", ""),
        _ => Reply::error(500, "InternalServerError", "An internal server error has occurred."),
    }
}

fn throttled(retry_after: Option<u64>) -> Reply {
    let reply = Reply::error(429, "TooManyRequests", "Too many requests.");
    match retry_after {
        Some(seconds) => reply.with_header("retry-after", seconds.to_string()),
        None => reply,
    }
}

fn set_next(reply: &mut Reply, link: String) {
    reply.body["@odata.nextLink"] = Value::from(link);
}

fn duplicate(reply: &mut Reply) {
    if let Some(rows) = reply.body["value"].as_array_mut() {
        rows.extend_from_within(..);
    }
}
