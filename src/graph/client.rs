//! The client: one read after another, each repeated while its budget lasts, counted for whoever asked.

use super::failure::{Refusal, Trouble};
use super::pager::Pager;
use super::retry::{RetryPolicy, Transient, retry_after, wire_date};
use super::signin::{self, Token, Tokens};
use super::{Cloud, Credential, Endpoints, Error, Resource, SignedIn, Version, wire};
use chrono::{DateTime, Utc};
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use url::Url;

/// Sent on Intune beta reads, or enum members newer than the sentinel arrive as `unknownFutureValue`.
pub(super) const UNKNOWN_MEMBERS: (&str, &str) = ("Prefer", "include-unknown-enum-members");

/// Most ids in one `getByIds`, as documented.
const MOST_IDS: usize = 1000;

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The real time, to tell whether a given token has expired. Not the clock of `--now`.
    pub now: DateTime<Utc>,
    /// When to try again.
    pub retry: RetryPolicy,
    /// Longest silence of the service, on a read, before it is tried again.
    pub timeout: Duration,
    /// Longest answer, in bytes.
    pub longest_answer: usize,
}

impl Settings {
    /// The settings in use: 2 minutes of silence, answers up to 64 MiB.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now, retry: RetryPolicy::default(), timeout: Duration::from_secs(120), longest_answer: 64 << 20 }
    }
}

/// Counts the HTTP requests of one caller, repeats included. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Requests so far. A `$batch` counts once; token requests do not count.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A signed-in reader of one tenant. Clones share the connection and the token.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    counter: Counter,
}

struct Inner {
    endpoints: Endpoints,
    http: reqwest::Client,
    tokens: Tokens,
    signed_in: SignedIn,
    notes: Vec<String>,
    settings: Settings,
    reads: AtomicU64,
}

/// Every request that this program can make of Graph.
enum Call<'a> {
    Get { url: &'a Url, unknown_members: bool },
    Batch { version: Version, body: &'a Value },
    ByIds { body: &'a Value },
}

/// A success: the body, and the `Date` that times inside it are relative to.
pub(super) struct Reply {
    pub(super) body: Value,
    pub(super) date: Option<String>,
}

impl Client {
    /// Signs in. A given token is checked as far as it can be read; every other sign-in is tried at once.
    ///
    /// # Errors
    /// [`Error::Settings`] for a token that does not fit, [`Error::SignIn`] if refused, [`Error::Unreachable`].
    pub async fn connect(endpoints: Endpoints, credential: Credential, settings: Settings) -> Result<Self, Error> {
        let http = wire::client_for(&endpoints.graph, &settings)?;
        let signin::Opened { tokens, signed_in, notes } = signin::open(credential, &endpoints, &settings).await?;
        let inner = Inner { endpoints, http, tokens, signed_in, notes, settings, reads: AtomicU64::new(0) };
        Ok(Self { inner: Arc::new(inner), counter: Counter::default() })
    }

    /// The tenant: from the token, else as configured, where it may be a domain name.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.inner.signed_in.tenant_id
    }

    /// As whom this client is signed in.
    #[must_use]
    pub fn signed_in_as(&self) -> &SignedIn {
        &self.inner.signed_in
    }

    /// What a person should know about the sign-in, each in one sentence: permissions that such a token never has, a clock
    /// that is off.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.inner.notes
    }

    /// The cloud of the endpoints.
    #[must_use]
    pub fn cloud(&self) -> Cloud {
        self.inner.endpoints.cloud()
    }

    /// The same client, counting its requests with `counter`.
    #[must_use]
    pub fn counted(&self, counter: &Counter) -> Self {
        Self { inner: Arc::clone(&self.inner), counter: counter.clone() }
    }

    /// Reads one resource and gives its JSON.
    ///
    /// # Errors
    /// Any [`Error`], after the budget for repeats is spent.
    pub async fn get(&self, resource: &Resource) -> Result<Value, Error> {
        let url = self.url(resource)?;
        self.get_url(&url, resource).await
    }

    /// Reads a list page by page.
    #[must_use]
    pub fn pages(&self, resource: &Resource) -> Pager {
        Pager::new(self.clone(), resource.clone())
    }

    /// Goes on with a list whose first page came another way, such as inside a `$batch`.
    #[must_use]
    pub fn pages_from(&self, resource: &Resource, first: Value) -> Pager {
        Pager::resume(self.clone(), resource.clone(), first)
    }

    /// Objects by id (`/v1.0/directoryObjects/getByIds`), of the given types only, such as `group`. Ids that nothing has
    /// are left out by the service.
    ///
    /// # Errors
    /// Any [`Error`]. With more than 1000 ids, one failure loses them all.
    pub async fn get_by_ids(&self, ids: &[&str], types: &[&str]) -> Result<Vec<Value>, Error> {
        let mut found = Vec::new();
        for ids in ids.chunks(MOST_IDS) {
            let mut body = self.run(&Call::ByIds { body: &json!({"ids": ids, "types": types}) }, BY_IDS).await?.body;
            match body.get_mut("value").map(Value::take) {
                Some(Value::Array(rows)) => found.extend(rows),
                _ => return Err(Error::failed(BY_IDS, "answer holds no list")),
            }
        }
        Ok(found)
    }

    pub(super) async fn post_batch(&self, version: Version, body: &Value, what: &str) -> Result<Reply, Error> {
        self.run(&Call::Batch { version, body }, what).await
    }

    pub(super) async fn get_url(&self, url: &Url, resource: &Resource) -> Result<Value, Error> {
        let call = Call::Get { url, unknown_members: resource.wants_unknown_members() };
        Ok(self.run(&call, &resource.what()).await?.body)
    }

    pub(super) fn url(&self, resource: &Resource) -> Result<Url, Error> {
        let text = format!("{}{}", self.inner.endpoints.graph(), resource.absolute());
        Url::parse(&text).map_err(|_| Error::failed(resource.what(), "address cannot be built"))
    }

    /// Whether a link leads to the very origin that the token is for.
    pub(super) fn owns(&self, url: &Url) -> bool {
        self.inner.endpoints.graph.owns(url)
    }

    pub(super) fn retry(&self) -> &RetryPolicy {
        &self.inner.settings.retry
    }

    pub(super) fn next_seed(&self) -> u64 {
        self.inner.reads.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) async fn token(&self) -> Result<Token, Error> {
        self.inner.tokens.current().await
    }

    /// Makes the call until it succeeds, cannot succeed, or its budget is spent. A 401 is answered once with a new token.
    async fn run(&self, call: &Call<'_>, what: &str) -> Result<Reply, Error> {
        let mut budget = self.retry().budget(self.next_seed());
        let mut replaced = false;
        loop {
            let token = self.token().await?;
            match self.attempt(call, what, &token).await {
                Ok(reply) => return Ok(reply),
                Err(Trouble::Unauthorized(_)) if !replaced && self.inner.tokens.can_replace(&token).await => replaced = true,
                Err(Trouble::Unauthorized(error) | Trouble::Stop(error)) => return Err(error),
                Err(Trouble::Again(failure)) => {
                    let Some(wait) = budget.spend(&failure) else { return Err(failure.error) };
                    tracing::debug!(what, ?wait, "trying again");
                    sleep(wait).await;
                }
            }
        }
    }

    async fn attempt(&self, call: &Call<'_>, what: &str, token: &Token) -> Result<Reply, Trouble> {
        self.counter.0.fetch_add(1, Ordering::Relaxed);
        let request = self.request(call).header(ACCEPT, "application/json").header("Authorization", bearer(token)?);
        let answer = wire::send(request, &self.inner.endpoints.graph, what, self.inner.settings.longest_answer).await?;
        tracing::debug!(what, status = answer.status, "answered");
        let body = answer.json();
        if answer.status != 200 {
            let refusal = Refusal { status: answer.status, body: &body.unwrap_or_default(), floor: retry_after(&answer.headers), what };
            return Err(refusal.judge(&token.text));
        }
        let date = wire_date(&answer.headers).map(str::to_owned);
        match body {
            Ok(body) => Ok(Reply { body, date }),
            Err(unread) => Err(Trouble::Again(unread.limited(Transient::new(Error::failed(what, unread.says()), None)))),
        }
    }

    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let origin = self.inner.endpoints.graph();
        match call {
            Call::Get { url, unknown_members } => {
                let request = self.inner.http.get((*url).clone());
                if *unknown_members { request.header(UNKNOWN_MEMBERS.0, UNKNOWN_MEMBERS.1) } else { request }
            }
            Call::Batch { version, body } => self.inner.http.post(format!("{origin}/{}/$batch", version.segment())).json(body),
            Call::ByIds { body } => self.inner.http.post(format!("{origin}/v1.0/directoryObjects/getByIds")).json(body),
        }
    }
}

const BY_IDS: &str = "POST /v1.0/directoryObjects/getByIds";

/// The header with the token, marked so that nothing prints it.
fn bearer(token: &Token) -> Result<HeaderValue, Trouble> {
    let unfit = |_| Trouble::Stop(Error::settings("access token has characters that no token has", "get a fresh token"));
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.text.expose_secret())).map_err(unfit)?;
    value.set_sensitive(true);
    Ok(value)
}
