//! The HTTP client itself: TLS, limits, no redirects, and transport errors turned into ours.

use super::cloud::Origin;
use super::failure::Trouble;
use super::retry::Transient;
use super::{Error, Settings, text};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// Longest body of a refusal that is looked at, in bytes.
const REFUSAL_LIMIT: usize = 64 << 10;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// A client for one origin. Plain http stays on this machine: no proxy, and `localhost` is not asked of a name server.
pub(super) fn client_for(origin: &Origin, settings: &Settings) -> Result<reqwest::Client, Error> {
    client_within(origin, settings, CONNECT)
}

/// Chooses the cryptography of every TLS connection of this process. Comes before the first HTTP client is built.
pub fn prepare_tls() {
    // An error means that a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The same with another longest wait for a connection.
pub(super) fn client_within(origin: &Origin, settings: &Settings, connect: Duration) -> Result<reqwest::Client, Error> {
    prepare_tls();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("maascan/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(connect)
        .read_timeout(settings.timeout)
        .timeout(settings.timeout.saturating_mul(5))
        .https_only(!origin.is_plain());
    if origin.is_near() {
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].map(|address| SocketAddr::new(address, 0));
        builder = builder.no_proxy().resolve_to_addrs("localhost", &both);
    }
    if origin.is_plain() {
        // Without TLS no certificate store is needed, and a small container may have none.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        Error::settings(
            format!("cannot prepare TLS: {}", root_cause(&error)),
            "install the certificate authorities of the system (ca-certificates)",
        )
    })
}

/// An answer with its body read whole.
pub(super) struct Answer {
    /// HTTP status.
    pub(super) status: u16,
    /// Headers.
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, Unread> {
        serde_json::from_slice(&self.body).map_err(|error| if error.is_eof() { Unread::Cut } else { Unread::NotJson })
    }
}

/// Why the body of a success is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// JSON that ends in the middle, or nothing at all.
    Cut,
    /// Said to be packed with gzip, and is not, or is damaged.
    Packed,
    /// Whole, and something else: a page of a proxy that wants a sign-in, or another server.
    NotJson,
}

impl Unread {
    /// For the error.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Cut => "answer was cut",
            Self::Packed => "answer cannot be unpacked",
            Self::NotJson => "answer is not JSON",
        }
    }

    /// The failure with the patience that it deserves: a cut may pass, another kind of answer hardly.
    pub(super) fn limited(self, failure: Transient) -> Transient {
        Transient { foreign: self == Self::NotJson, ..failure }
    }
}

/// Sends once and reads the body, at most `limit` bytes of it. `what` names the request in errors.
pub(super) async fn send(request: RequestBuilder, origin: &Origin, what: &str, limit: usize) -> Result<Answer, Trouble> {
    let response = request.send().await.map_err(|error| transport(&error, origin, what))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let success = (200..300).contains(&status);
    match read_body(response, if success { limit } else { REFUSAL_LIMIT }).await {
        Ok(body) => Ok(Answer { status, headers, body }),
        // The status says enough of a refusal.
        Err(_) if !success => Ok(Answer { status, headers, body: Vec::new() }),
        Err(BodyError::TooLong) => Err(Trouble::Stop(Error::failed(what, format!("{TOO_LONG} {limit} bytes")))),
        Err(BodyError::Lost(unread)) => Err(Trouble::Again(Transient::new(Error::failed(what, unread.says()), None))),
    }
}

/// How the detail of an answer beyond its limit begins.
const TOO_LONG: &str = "answer is longer than";

/// Whether an answer was given up because it was too long.
pub(super) fn is_too_long(error: &Error) -> bool {
    matches!(error, Error::Failed { detail, .. } if detail.starts_with(TOO_LONG))
}

enum BodyError {
    TooLong,
    Lost(Unread),
}

async fn read_body(mut response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn lost(error: &reqwest::Error) -> BodyError {
    BodyError::Lost(if error.is_decode() { Unread::Packed } else { Unread::Cut })
}

/// No answer at all. A request that could not even be built is nobody's network.
fn transport(error: &reqwest::Error, origin: &Origin, what: &str) -> Trouble {
    if error.is_builder() {
        return Trouble::Stop(Error::failed(what, "request could not be built"));
    }
    let unreachable = Error::Unreachable {
        endpoint: origin.text().to_owned(),
        detail: if error.is_timeout() { "no answer in time".to_owned() } else { root_cause(error) },
        hint: "check the endpoint, the network, and HTTPS_PROXY".to_owned(),
    };
    Trouble::Again(Transient { unconnected: error.is_connect(), ..Transient::new(unreachable, None) })
}

/// The innermost error, without the URL that outer ones carry.
fn root_cause(error: &reqwest::Error) -> String {
    let mut innermost: Option<&dyn std::error::Error> = error.source();
    while let Some(deeper) = innermost.and_then(std::error::Error::source) {
        innermost = Some(deeper);
    }
    innermost.map_or_else(|| "connection failed".to_owned(), |cause| text::clean(&cause.to_string(), &[]))
}
