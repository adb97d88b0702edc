//! The client: one read after another, each repeated while its budget lasts, counted for whoever asked.

use super::failure::{Refusal, Trouble, inside_success};
use super::pacer::{Charges, Pacer, Pacing};
use super::pager::Pager;
use super::resource::{LOW_PRIORITY, Reduction, reduce_rows};
use super::retry::{Budget, RetryPolicy, Transient, Waited, retry_after, wire_date};
use super::signin::{self, Token, Tokens};
use super::{Cloud, Credential, Endpoints, Error, Memory, Resource, SignedIn, Throttle, Version, wire};
use chrono::{DateTime, Utc};
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use url::Url;

/// Most ids in one `getByIds`, as documented.
const MOST_IDS: usize = 1000;

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The real time, to tell whether a given token has expired. Not the clock of `--now`.
    pub now: DateTime<Utc>,
    /// When to try again.
    pub retry: RetryPolicy,
    /// Whether requests keep to the limits of the service by themselves.
    pub pacing: Pacing,
    /// Longest silence of the service, on a read, before it is tried again.
    pub timeout: Duration,
    /// Longest answer, in bytes.
    pub longest_answer: usize,
}

impl Settings {
    /// The settings in use: documented limits, 2 minutes of silence, answers up to 64 MiB.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        let (retry, pacing) = (RetryPolicy::default(), Pacing::Documented);
        Self { now, retry, pacing, timeout: Duration::from_secs(120), longest_answer: 64 << 20 }
    }
}

/// Counts the HTTP requests of one caller, repeats included, and those that an earlier run made in its stead. Clones share the
/// count.
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
    memory: Option<Arc<dyn Memory>>,
}

struct Inner {
    endpoints: Endpoints,
    http: reqwest::Client,
    tokens: Tokens,
    signed_in: SignedIn,
    notes: Vec<String>,
    settings: Settings,
    pacer: Pacer,
    waited: Waited,
    lost: AtomicBool,
    /// Whether the last connection could not be made however often it was tried.
    gone: AtomicBool,
    reads: AtomicU64,
}

/// Every request that this program can make of Graph.
enum Call<'a> {
    Get { url: &'a Url, resource: &'a Resource },
    Batch { version: Version, body: &'a Value, charges: &'a Charges },
    ByIds { body: &'a Value },
}

impl Call<'_> {
    fn charges(&self) -> Charges {
        match self {
            Self::Get { resource, .. } => Throttle::of(resource).into_iter().collect(),
            Self::Batch { charges, .. } => (*charges).clone(),
            Self::ByIds { .. } => Throttle::of_get_by_ids().into_iter().collect(),
        }
    }
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
        let pacer = Pacer::new(settings.pacing, settings.retry.factor());
        let (waited, lost, gone, reads) = (Waited::default(), AtomicBool::default(), AtomicBool::default(), AtomicU64::default());
        let inner = Inner { endpoints, http, tokens, signed_in, notes, settings, pacer, waited, lost, gone, reads };
        Ok(Self { inner: Arc::new(inner), counter: Counter::default(), memory: None })
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

    /// Origin of Microsoft Graph.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.inner.endpoints.graph()
    }

    /// Whether a read of this client or a clone has failed in a way that all others would too: the network or the sign-in was
    /// lost on the way.
    #[must_use]
    pub fn was_lost(&self) -> bool {
        self.inner.lost.load(Ordering::Relaxed)
    }

    /// The same client, counting its requests with `counter`.
    #[must_use]
    pub fn counted(&self, counter: &Counter) -> Self {
        Self { counter: counter.clone(), ..self.clone() }
    }

    /// The same client with a memory: it is asked before the wire for every GET, page, part of a `$batch` and `getByIds`
    /// whose resource says what may be kept, and gets each answer after success.
    #[must_use]
    pub fn remembering(&self, memory: Arc<dyn Memory>) -> Self {
        Self { memory: Some(memory), ..self.clone() }
    }

    /// Reads one resource and gives its JSON.
    ///
    /// # Errors
    /// Any [`Error`], after the budget for repeats is spent.
    pub async fn get(&self, resource: &Resource) -> Result<Value, Error> {
        let url = self.url(resource)?;
        if let Some(body) = self.recall(&url, resource) {
            return Ok(body);
        }
        let body = self.get_url(&url, resource).await?;
        self.keep(&url, resource, &body);
        Ok(body)
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
    /// are left out by the service. Nothing of it is remembered.
    ///
    /// # Errors
    /// Any [`Error`]. With more than 1000 ids, one failure loses them all.
    pub async fn get_by_ids(&self, ids: &[&str], types: &[&str]) -> Result<Vec<Value>, Error> {
        self.by_ids(ids, types, None).await
    }

    /// As [`Client::get_by_ids`], of each object only what `reduce` leaves, and remembered: see [`Resource::keeping`].
    ///
    /// # Errors
    /// As [`Client::get_by_ids`].
    pub async fn get_by_ids_keeping(&self, ids: &[&str], types: &[&str], reduce: Reduction) -> Result<Vec<Value>, Error> {
        self.by_ids(ids, types, Some(reduce)).await
    }

    async fn by_ids(&self, ids: &[&str], types: &[&str], reduce: Option<Reduction>) -> Result<Vec<Value>, Error> {
        let mut found = Vec::new();
        for ids in ids.chunks(MOST_IDS) {
            match self.by_ids_once(ids, types, reduce).await?.get_mut("value").map(Value::take) {
                Some(Value::Array(rows)) => found.extend(rows),
                _ => return Err(Error::failed(BY_IDS, "answer holds no list")),
            }
        }
        Ok(found)
    }

    async fn by_ids_once(&self, ids: &[&str], types: &[&str], reduce: Option<Reduction>) -> Result<Value, Error> {
        let call = json!({"ids": ids, "types": types});
        let memory = self.memory.as_ref().filter(|_| reduce.is_some());
        let key = format!("{BY_IDS} {call}");
        if let Some(body) = memory.and_then(|memory| memory.recall(&key)) {
            self.count();
            return Ok(body);
        }
        let mut body = self.run(&Call::ByIds { body: &call }, BY_IDS).await?.body;
        if let Some(reduce) = reduce {
            reduce_rows(&mut body, reduce);
        }
        if let Some(memory) = memory.filter(|_| is_list(&body)) {
            memory.keep(&key, &body);
        }
        Ok(body)
    }

    /// What an earlier run kept of this answer. Counted as if it had been asked for, so that a run that was stopped comes to
    /// the same count as one that was not.
    pub(super) fn recall(&self, url: &Url, resource: &Resource) -> Option<Value> {
        let body = self.remembered(url, resource)?;
        self.count();
        Some(body)
    }

    /// As [`Client::recall`], without counting.
    pub(super) fn remembered(&self, url: &Url, resource: &Resource) -> Option<Value> {
        self.memory.as_ref().filter(|_| resource.is_kept())?.recall(&key(url))
    }

    pub(super) fn count(&self) {
        self.counter.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives a finished answer, already reduced, to the memory.
    pub(super) fn keep(&self, url: &Url, resource: &Resource, body: &Value) {
        if let Some(memory) = self.memory.as_ref().filter(|_| resource.is_kept()) {
            memory.keep(&key(url), body);
        }
    }

    pub(super) async fn post_batch(&self, version: Version, body: &Value, charges: &Charges, what: &str) -> Result<Reply, Error> {
        self.run(&Call::Batch { version, body, charges }, what).await
    }

    /// Reads from the wire, and takes out of the answer what may not be kept.
    pub(super) async fn get_url(&self, url: &Url, resource: &Resource) -> Result<Value, Error> {
        let mut body = self.run(&Call::Get { url, resource }, &resource.what()).await?.body;
        resource.reduce(&mut body);
        Ok(body)
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

    /// The wait after a failure, as long as both the read and the run have some left. None ends the read. Where one read has found
    /// nobody there to the end of its budget, the others try once, until one gets through.
    pub(super) fn patience(&self, budget: &mut Budget<'_>, failure: &Transient) -> Option<Duration> {
        if failure.unconnected && self.inner.gone.load(Ordering::Relaxed) {
            return None;
        }
        budget.spend(failure).filter(|wait| self.inner.waited.allows(*wait, self.retry()))
    }

    /// Holds back everybody who reads a crowded workload: each would only meet the same refusal. Which of its limits a read ran
    /// into is not said; it is taken to be the narrowest. Without a word of the service nobody waits longer than the limit's span.
    pub(super) fn hold_back(&self, charges: &Charges, failure: &Transient, wait: Duration) {
        if let Some(throttle) = charges.keys().next().filter(|_| failure.crowded) {
            let span = throttle.limit().1.mul_f64(self.retry().factor());
            self.inner.pacer.pause(*throttle, if failure.floor.is_some() { wait } else { wait.min(span) });
        }
    }

    /// Makes the call until it succeeds, cannot succeed, or its budget is spent. A 401 is answered once with a new token.
    async fn run(&self, call: &Call<'_>, what: &str) -> Result<Reply, Error> {
        let result = self.repeat(call, what).await;
        if result.as_ref().is_err_and(Error::stops_everything) {
            self.inner.lost.store(true, Ordering::Relaxed);
        }
        result
    }

    async fn repeat(&self, call: &Call<'_>, what: &str) -> Result<Reply, Error> {
        let mut budget = self.retry().budget(self.next_seed());
        let mut replaced = false;
        let charges = call.charges();
        loop {
            let mut pass = self.inner.pacer.acquire(&charges).await;
            let token = self.token().await?;
            pass.send();
            let answer = self.attempt(call, what, &token).await;
            drop(pass);
            match answer {
                Ok(reply) => {
                    self.inner.gone.store(false, Ordering::Relaxed);
                    return Ok(reply);
                }
                Err(Trouble::Unauthorized(_)) if !replaced && self.inner.tokens.can_replace(&token).await => replaced = true,
                Err(Trouble::Unauthorized(error) | Trouble::Stop(error)) => return Err(error),
                Err(Trouble::Again(failure)) => {
                    let Some(wait) = self.patience(&mut budget, &failure) else {
                        self.inner.gone.fetch_or(failure.unconnected, Ordering::Relaxed);
                        return Err(failure.error);
                    };
                    tracing::debug!(what, ?wait, "trying again");
                    self.hold_back(&charges, &failure, wait);
                    sleep(wait).await;
                }
            }
        }
    }

    async fn attempt(&self, call: &Call<'_>, what: &str, token: &Token) -> Result<Reply, Trouble> {
        self.count();
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
            Ok(body) => inside_success(&body, what, &token.text).map_or(Ok(Reply { body, date }), Err),
            Err(unread) => Err(Trouble::Again(unread.limited(Transient::new(Error::failed(what, unread.says()), None)))),
        }
    }

    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let origin = self.inner.endpoints.graph();
        let post =
            |place: &str, body: &Value| self.inner.http.post(format!("{origin}{place}")).header(LOW_PRIORITY.0, LOW_PRIORITY.1).json(body);
        match call {
            Call::Get { url, resource } => {
                let request = self.inner.http.get((*url).clone());
                resource.headers().into_iter().fold(request, |request, (name, value)| request.header(name, value))
            }
            Call::Batch { version, body, .. } => post(&format!("/{}/$batch", version.segment()), body),
            Call::ByIds { body } => post("/v1.0/directoryObjects/getByIds", body),
        }
    }
}

/// Whether an answer holds rows.
pub(super) fn is_list(body: &Value) -> bool {
    body.get("value").is_some_and(Value::is_array)
}

/// What an answer is remembered by: the origin is left out, because a simulated tenant has another port each time.
fn key(url: &Url) -> String {
    let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
    format!("GET {}{query}", url.path())
}

const BY_IDS: &str = "POST /v1.0/directoryObjects/getByIds";

/// The header with the token, marked so that nothing prints it.
pub(super) fn bearer(token: &Token) -> Result<HeaderValue, Trouble> {
    let unfit = |_| Trouble::Stop(Error::settings("access token has characters that no token has", "get a fresh token"));
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.text.expose_secret())).map_err(unfit)?;
    value.set_sensitive(true);
    Ok(value)
}
