//! Posts a notice, within a budget of time. What says that it did not take the notice is asked again: no connection, 429, 5xx.
//! Silence after the notice was sent is not, for it may have arrived.

use super::{Endpoint, Format, Notice};
use crate::graph::{parse_retry_after, prepare_tls};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Why a notice could not be posted. Holds nothing of the address but what the user may see: neither path nor query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No connection came about: the network, a proxy, a wrong host.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The connection was made and nothing came back: whether the notice arrived is not known.
    #[error("no answer: whether it arrived is not known")]
    Silent,
    /// The service did not take it. Of 4xx the address or the format is wrong, or the webhook was switched off.
    #[error("answered with status {status}{}", if (400..500).contains(status) && *status != 429 { ": check the address and --notify-format" } else { "" })]
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// The service sends the notice elsewhere, where it does not go.
    #[error("answered with status {status}: redirects are not followed")]
    Redirected {
        /// HTTP status.
        status: u16,
    },
    /// No TLS on this machine: there are no certificate authorities.
    #[error("cannot prepare TLS: install the certificate authorities of the system (ca-certificates)")]
    Tls,
}

/// How long a notice may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Everything together.
    pub total: Duration,
    /// One attempt.
    pub attempt: Duration,
    /// Its connection.
    pub connect: Duration,
    /// The wait before the second attempt; doubled before each further one. A service may ask for longer, as long as that ends
    /// before `total`.
    pub first_wait: Duration,
    /// Most attempts.
    pub attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { total: seconds(30), attempt: seconds(10), connect: seconds(5), first_wait: seconds(1), attempts: 5 }
    }
}

/// Why an attempt failed, and whether there may be another.
struct Failed {
    error: Error,
    again: bool,
    /// Least wait that the service asked for.
    floor: Option<Duration>,
}

impl Failed {
    fn for_good(error: Error) -> Self {
        Self { error, again: false, floor: None }
    }
}

/// Posts a notice. The answer's body is not read.
///
/// # Errors
/// [`Error`], at the latest after `patience.total`.
pub async fn post(endpoint: &Endpoint, format: Format, notice: &Notice, patience: &Patience) -> Result<(), Error> {
    let client = client(endpoint, patience)?;
    let body = format.body(notice);
    let end = Instant::now() + patience.total;
    let mut wait = patience.first_wait;
    for attempt in 1.. {
        let left = end.saturating_duration_since(Instant::now());
        let failed = match send(&client, endpoint, &body, patience.attempt.min(left)).await {
            Ok(()) => return Ok(()),
            Err(failed) => failed,
        };
        let pause = wait.max(failed.floor.unwrap_or_default());
        let left = end.saturating_duration_since(Instant::now());
        tracing::debug!(host = endpoint.host(), attempt, error = %failed.error, "no notice was posted");
        if !failed.again || attempt >= patience.attempts || pause >= left {
            return Err(failed.error);
        }
        sleep(pause).await;
        wait = wait.saturating_mul(2);
    }
    Err(Error::Silent)
}

async fn send(client: &Client, endpoint: &Endpoint, body: &[u8], time: Duration) -> Result<(), Failed> {
    // With the charset, or one of Teams' services counts every character twice against its limit.
    let request = client.post(endpoint.expose()).header(CONTENT_TYPE, "application/json; charset=utf-8");
    let sent = request.timeout(time).body(body.to_vec()).send().await;
    let response = sent.map_err(|error| lost(&error, endpoint))?;
    tracing::debug!(host = endpoint.host(), status = response.status().as_u16(), "answered");
    judge(&response)
}

fn judge(response: &Response) -> Result<(), Failed> {
    let status = response.status().as_u16();
    match status {
        200..=299 => Ok(()),
        300..=399 => Err(Failed::for_good(Error::Redirected { status })),
        429 | 500..=599 => Err(Failed { error: Error::Refused { status }, again: true, floor: asked_for(response.headers()) }),
        _ => Err(Failed::for_good(Error::Refused { status })),
    }
}

fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    parse_retry_after(text(RETRY_AFTER)?, text(DATE))
}

/// An attempt without an answer. Of the error only its innermost cause is told: the outer ones name the whole address.
fn lost(error: &reqwest::Error, endpoint: &Endpoint) -> Failed {
    if !error.is_connect() {
        return Failed::for_good(Error::Silent);
    }
    let mut innermost: Option<&dyn std::error::Error> = error.source();
    while let Some(deeper) = innermost.and_then(std::error::Error::source) {
        innermost = Some(deeper);
    }
    let told = if error.is_timeout() { None } else { innermost.map(ToString::to_string) };
    let told = told.filter(|cause| !endpoint.is_in(cause)).unwrap_or_else(|| "no answer in time".to_owned());
    Failed { error: Error::Unreachable(told), again: true, floor: None }
}

/// As the client for Graph: no redirects, https only but for this machine, and there no proxy.
fn client(endpoint: &Endpoint, patience: &Patience) -> Result<Client, Error> {
    prepare_tls();
    let mut builder = Client::builder()
        .user_agent(concat!("maascan/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(patience.connect)
        .https_only(!endpoint.is_plain());
    if endpoint.is_loopback() {
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].map(|address| SocketAddr::new(address, 0));
        builder = builder.no_proxy().resolve_to_addrs("localhost", &both);
    }
    if endpoint.is_plain() {
        // Without TLS no certificate store is needed, and a small container may have none.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|_| Error::Tls)
}
