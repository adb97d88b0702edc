//! Faults that tests plant: what goes wrong, where, and how often. Each is something that Graph is known to do, or that a
//! reader must survive if a proxy does it (facts/graph.md sections 4 and 8).

use super::limits::query_broker;
use super::reply::Reply;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A fault.
///
/// ```
/// use maascan::simulator::{Fault, FaultKind};
/// let second_page_for_good = Fault::new("/servicePrincipals", FaultKind::InternalError).after(1).always();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Concerns requests whose path and query contain this text, as they were sent; also requests inside a batch, as they
    /// would look outside it. An empty text concerns every request.
    pub path_contains: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many answers it spoils; [`usize::MAX`] for all.
    pub times: usize,
    /// How many answers that it concerns it leaves alone first.
    pub after: usize,
}

impl Fault {
    /// Spoils the first answer whose path and query contain this text.
    #[must_use]
    pub fn new(path_contains: impl Into<String>, kind: FaultKind) -> Self {
        Self { path_contains: path_contains.into(), kind, times: 1, after: 0 }
    }

    /// Spoils this many answers.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Never stops.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Leaves this many answers alone first: with 1, a list fails on its second page.
    #[must_use]
    pub fn after(self, after: usize) -> Self {
        Self { after, ..self }
    }
}

/// What goes wrong. The first group replaces an answer, the second spoils one as it is sent, the third concerns requests
/// inside a batch only, and the last spoils a page of a list and waits for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// 429, with `Retry-After` in seconds where it is given.
    TooManyRequests {
        /// Seconds.
        retry_after: Option<u64>,
    },
    /// 429 with `Retry-After` as an HTTP date, by the wire's clock.
    TooManyRequestsUntil {
        /// Seconds from the answer to that date.
        seconds: u64,
    },
    /// The 500 by which Intune says that there were too many requests.
    InternalQueryBroker,
    /// A 500 that says nothing.
    InternalError,
    /// 502 with the HTML of a gateway.
    BadGateway,
    /// 503 without `Retry-After`.
    ServiceUnavailable,
    /// 503 with `Retry-After`.
    ServiceUnavailableFor {
        /// Seconds.
        retry_after: u64,
    },
    /// 504.
    GatewayTimeout,
    /// 403, whatever the token holds.
    Forbidden,
    /// 403 because the tenant has no Entra ID P1.
    NotLicensed,
    /// 401 because the token has run out, though it has not.
    TokenExpired,
    /// 200 with the HTML of a proxy that wants its user to sign in.
    ProxyLogin,
    /// 407 with the HTML of a proxy.
    ProxyAuthentication,

    /// The connection is closed when half of the answer has been sent. Inside a batch, the item gets a 504 instead.
    ConnectionReset,
    /// The connection is closed before a byte of the answer is sent. Inside a batch, the item gets a 504 instead.
    ConnectionClosed,
    /// The answer comes this much later. Concerns nothing inside batches.
    Hangs(Duration),
    /// The header says gzip and the body is plain JSON. Concerns nothing inside batches.
    NotGzip,
    /// The body is gzip of which half is there; `Content-Length` fits what is sent. Concerns nothing inside batches.
    CutGzip,
    /// The JSON of the answer, list or not, ends in the middle; `Content-Length` fits what is sent.
    CutJson,

    /// 429 for one request inside a batch, while the batch itself is answered with 200.
    BatchItemThrottled,
    /// The answer to one request inside a batch is left out.
    BatchItemMissing,
    /// The status of one answer inside a batch is text.
    BatchItemStatusText,

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

    /// A query of the log workspace is answered with 200, half of its rows, and the error `PartialError`.
    PartialResult {
        /// Because the result is beyond the size limit, and not because a part of the table could not be read.
        too_large: bool,
    },
}

impl FaultKind {
    fn spoils_lists(self) -> bool {
        matches!(
            self,
            Self::NextLinkToOtherHost | Self::TruncatedList | Self::EmptyPageWithNextLink | Self::RepeatedNextLink | Self::DuplicateRows
        )
    }

    /// Whether it can befall a request outside a batch, or one inside.
    fn befalls(self, in_batch: bool) -> bool {
        let only_inside = matches!(self, Self::BatchItemThrottled | Self::BatchItemMissing | Self::BatchItemStatusText);
        let only_outside = matches!(self, Self::Hangs(_) | Self::NotGzip | Self::CutGzip);
        let of_queries = matches!(self, Self::PartialResult { .. });
        !self.spoils_lists() && !of_queries && if in_batch { !only_outside } else { !only_inside }
    }
}

/// The faults that are left.
#[derive(Debug)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    /// What happens to an answer, if a fault wants something to. `now` is the wire's clock.
    pub(crate) fn instead(&self, path_and_query: &str, in_batch: bool, now: DateTime<Utc>) -> Option<Instead> {
        let kind = self.take(path_and_query, |kind| kind.befalls(in_batch))?;
        Some(match kind {
            FaultKind::ConnectionReset if !in_batch => Instead::Sent(Manner::Cut),
            FaultKind::ConnectionClosed if !in_batch => Instead::Sent(Manner::Closed),
            FaultKind::Hangs(time) => Instead::Sent(Manner::Late(time)),
            FaultKind::NotGzip => Instead::Sent(Manner::NotGzip),
            FaultKind::CutGzip => Instead::Sent(Manner::CutGzip),
            FaultKind::CutJson => Instead::CutJson,
            FaultKind::BatchItemMissing => Instead::Missing,
            FaultKind::BatchItemStatusText => Instead::StatusText,
            kind => Instead::Reply(replacement(kind, path_and_query, now)),
        })
    }

    /// The fault that makes the answer to a query of the log workspace a part of one, if there is any.
    pub(crate) fn partial_result(&self, path_and_query: &str) -> Option<FaultKind> {
        self.take(path_and_query, |kind| matches!(kind, FaultKind::PartialResult { .. }))
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
        for fault in faults.iter_mut().filter(concerned) {
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            if fault.times != usize::MAX {
                fault.times -= 1;
            }
            return Some(fault.kind);
        }
        None
    }
}

/// What happens to an answer.
pub(crate) enum Instead {
    /// This answer comes.
    Reply(Reply),
    /// The real answer is sent in this manner.
    Sent(Manner),
    /// The JSON of the real answer ends in the middle.
    CutJson,
    /// Nothing comes: inside a batch.
    Missing,
    /// The real answer comes, its status as text: inside a batch.
    StatusText,
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Whole,
    Cut,
    Closed,
    Late(Duration),
    NotGzip,
    CutGzip,
}

const PROXY_LOGIN: &str = "<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body><form method=\"post\" \
    action=\"/login\"><input name=\"user\"><input name=\"password\" type=\"password\"></form></body></html>";
const PROXY_REFUSAL: &str = "<html><head><title>407 Proxy Authentication Required</title></head><body>Authenticate.</body></html>";
const BAD_GATEWAY: &str = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";

fn replacement(kind: FaultKind, path: &str, now: DateTime<Utc>) -> Reply {
    match kind {
        FaultKind::TooManyRequests { retry_after } => throttled(retry_after),
        FaultKind::TooManyRequestsUntil { seconds } => {
            let until = now + TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default());
            throttled(None).with_header("retry-after", http_date(until))
        }
        FaultKind::BatchItemThrottled => throttled(Some(1)),
        FaultKind::InternalQueryBroker => query_broker(),
        FaultKind::BadGateway => Reply::html(502, BAD_GATEWAY),
        FaultKind::ServiceUnavailable => unavailable(),
        FaultKind::ServiceUnavailableFor { retry_after } => unavailable().with_header("retry-after", retry_after.to_string()),
        FaultKind::GatewayTimeout | FaultKind::ConnectionReset | FaultKind::ConnectionClosed => Reply::error(504, "UnknownError", ""),
        FaultKind::Forbidden if path.contains("/deviceManagement/") => Reply::intune_error(403, "Forbidden", "An error has occurred"),
        FaultKind::Forbidden => Reply::error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        FaultKind::NotLicensed => Reply::error(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        ),
        FaultKind::TokenExpired => expired_token(),
        FaultKind::ProxyLogin => Reply::html(200, PROXY_LOGIN),
        FaultKind::ProxyAuthentication => Reply::html(407, PROXY_REFUSAL).with_header("proxy-authenticate", "Basic realm=\"proxy\""),
        _ => Reply::error(500, "InternalServerError", "An internal server error has occurred."),
    }
}

fn unavailable() -> Reply {
    Reply::error(503, "serviceNotAvailable", "The service is temporarily unavailable.")
}

/// As Graph refuses a token that has run out.
pub(crate) fn expired_token() -> Reply {
    Reply::error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
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
