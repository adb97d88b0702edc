//! The HTTP side: takes requests, keeps a record of each, and brings login, batches, faults and answers together.

use super::answers::Question;
use super::batch::{self, Item, Part};
use super::data::Tenant;
use super::faults::{Faults, Instead, Manner, http_date};
use super::guid::Guid;
use super::gzip;
use super::limits::{Meter, resource_units};
use super::line::{Handle, Lines, Log};
use super::login::{Asked, Endpoint};
use super::odata::Query;
use super::reply::{Answer, Reply};
use super::routes::{Address, Route};
use super::token::Issuer;
use super::workspace::{LogWorkspace, workspace_of};
use super::{Error, RecordedRequest};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Longest body that is read; a batch of twenty and a thousand ids are far below.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) tenant: Tenant,
    pub(crate) log_workspace: Option<LogWorkspace>,
    pub(crate) origin: String,
    pub(crate) latency: Duration,
    /// How far the service's clock is ahead of the real one.
    pub(crate) clock_skew: TimeDelta,
    pub(crate) issuer: Issuer,
    pub(crate) faults: Faults,
    pub(crate) meter: Meter,
    pub(crate) log: Arc<Log>,
    pub(crate) served: AtomicU64,
}

/// A request, as far as it matters here.
struct Call {
    method: Method,
    path_and_query: String,
    authorization: Option<String>,
    /// `ConsistencyLevel: eventual`.
    eventual: bool,
    /// `Metadata: true`.
    metadata: bool,
    /// `X-IDENTITY-HEADER`.
    identity_header: Option<String>,
    body: Bytes,
}

/// Serves until `stop` is sent or dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: oneshot::Receiver<()>) -> Result<(), Error> {
    let lines = Lines { listener, log: Arc::clone(&shared.log) };
    let router = Router::new().fallback(handle).with_state(shared);
    let stopped = async {
        let _ = stop.await;
    };
    let service = router.into_make_service_with_connect_info::<Handle>();
    axum::serve(lines, service).with_graceful_shutdown(stopped).await.map_err(Error::Serve)
}

/// The answer is made when the request arrives, so that throttling counts by arrival, and sent when its time has come.
async fn handle(State(shared): State<Arc<Shared>>, ConnectInfo(line): ConnectInfo<Handle>, request: Request) -> Response<Body> {
    let call = Call::read(request).await;
    let number = shared.log.add(call.record());
    let (reply, manner) = shared.outcome(&call);
    let wait = if let Manner::Late(time) = manner { shared.latency + time } else { shared.latency };
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    match manner {
        Manner::Closed => line.close(),
        Manner::Cut => shared.log.answered(number, reply.status),
        _ => {
            shared.log.answered(number, reply.status);
            line.sending(number);
        }
    }
    shared.response(reply, manner)
}

/// An answer of which half arrives before the connection is closed. `Content-Length` promises the whole; the body goes
/// through a stream because hyper believes the header only for a body whose length it cannot see.
fn cut(reply: &Reply) -> Response<Body> {
    let mut bytes = reply.bytes();
    let promised = bytes.len() + 1;
    bytes.truncate(bytes.len() / 2);
    let mut response = Response::new(Body::from_stream(Body::from(bytes).into_data_stream()));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(promised));
    response
}

impl Shared {
    /// The wire's own clock. Tokens expire by it, as a reader holds them against the real time too; nothing else here reads
    /// a clock.
    pub(crate) fn wire_clock(&self) -> DateTime<Utc> {
        Utc::now() + self.clock_skew
    }

    /// The answer, and how it is sent.
    fn outcome(&self, call: &Call) -> (Reply, Manner) {
        match self.faults.instead(&call.path_and_query, false, self.wire_clock()) {
            Some(Instead::Reply(reply)) => (reply, Manner::Whole),
            Some(Instead::CutJson) => (Reply { broken: true, ..self.answer_or_refusal(call) }, Manner::Whole),
            Some(Instead::Sent(manner)) => (self.answer_or_refusal(call), manner),
            _ => (self.answer_or_refusal(call), Manner::Whole),
        }
    }

    fn answer_or_refusal(&self, call: &Call) -> Reply {
        self.answer(call).unwrap_or_else(|refusal| refusal)
    }

    fn answer(&self, call: &Call) -> Answer {
        if let Some(endpoint) = Endpoint::find(call.path()) {
            return Ok(self.issuer.answer(&self.tenant, endpoint, &call.asked(), self.wire_clock()));
        }
        if let Some(id) = workspace_of(call.path()) {
            return self.query(id, call);
        }
        let Some(address) = Address::parse(&call.path_and_query) else {
            return Err(Reply::error(404, "UnknownError", "No such endpoint."));
        };
        let roles = self.issuer.roles_of(&self.tenant, call.authorization.as_deref(), self.wire_clock())?;
        match call.method {
            Method::GET => self.get(&address, &roles, &call.path_and_query, call.eventual),
            Method::POST if call.is_batch() => self.batch(&address, &roles, &call.body),
            Method::POST if Route::find(&address).ok() == Some(Route::ObjectsById) => {
                let query = Query::parse(address.query)?;
                self.meter.admit(&Route::ObjectsById, &query, Instant::now())?;
                self.question(&address, &query, &roles).objects_by_id(&call.body)
            }
            _ => Err(Reply::method_not_allowed()),
        }
    }

    /// The query API of Log Analytics.
    fn query(&self, id: &str, call: &Call) -> Answer {
        if call.method != Method::POST {
            return Err(Reply::method_not_allowed());
        }
        self.issuer.roles_of(&self.tenant, call.authorization.as_deref(), self.wire_clock())?;
        let Some(workspace) = &self.log_workspace else { return Err(Reply::error(404, "PathNotFoundError", "No such workspace.")) };
        workspace.answer(id, &call.body, self.faults.partial_result(&call.path_and_query))
    }

    fn question<'a>(&'a self, address: &'a Address<'a>, query: &'a Query, roles: &'a BTreeSet<String>) -> Question<'a> {
        Question { tenant: &self.tenant, origin: &self.origin, roles, address, query }
    }

    fn get(&self, address: &Address<'_>, roles: &BTreeSet<String>, path_and_query: &str, eventual: bool) -> Answer {
        let route = Route::find(address)?;
        let mut query = Query::parse(address.query)?;
        query.eventual = eventual;
        self.meter.admit(&route, &query, Instant::now())?;
        let reply = self.question(address, &query, roles).answer(&route)?;
        let reply = reply.with_header("x-ms-resource-unit", resource_units(&route, &query).to_string());
        Ok(self.faults.spoil(path_and_query, reply))
    }

    fn batch(&self, address: &Address<'_>, roles: &BTreeSet<String>, body: &[u8]) -> Answer {
        let items = batch::items(body)?;
        batch::answer(&items, |item| {
            let mut part = self.batch_item(address.version, roles, item)?;
            self.stamp(&mut part.reply);
            Some(part)
        })
    }

    fn batch_item(&self, version: &str, roles: &BTreeSet<String>, item: &Item) -> Option<Part> {
        let path_and_query = format!("/{version}{}", item.url);
        let real = || {
            let answer = Address::parse(&path_and_query)
                .ok_or_else(|| Reply::no_segment(&item.url))
                .and_then(|address| self.get(&address, roles, &path_and_query, item.eventual));
            answer.unwrap_or_else(|refusal| refusal)
        };
        match self.faults.instead(&path_and_query, true, self.wire_clock()) {
            Some(Instead::Missing) => None,
            Some(Instead::Reply(reply)) => Some(Part::of(reply)),
            Some(Instead::StatusText) => Some(Part { status_as_text: true, ..Part::of(real()) }),
            Some(Instead::CutJson) => Some(Part::of(Reply { broken: true, ..real() })),
            _ => Some(Part::of(real())),
        }
    }

    /// Gives the answer its request id: the number of the answer, so that two runs of the same requests agree.
    fn stamp(&self, reply: &mut Reply) -> String {
        let number = self.served.fetch_add(1, Ordering::Relaxed);
        let id = Guid::of(self.tenant.seed, "request-id", &number.to_string()).to_string();
        reply.stamp(&id, self.tenant.now);
        id
    }

    fn response(&self, mut reply: Reply, manner: Manner) -> Response<Body> {
        let id = self.stamp(&mut reply);
        let mut response = match manner {
            Manner::Cut => cut(&reply),
            Manner::CutGzip => {
                let mut bytes = gzip::stored(&reply.bytes());
                bytes.truncate(bytes.len() / 2);
                Response::new(Body::from(bytes))
            }
            _ => Response::new(Body::from(reply.bytes())),
        };
        *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = vec![("content-type", reply.content_type().to_owned()), ("request-id", id)];
        if matches!(manner, Manner::NotGzip | Manner::CutGzip) {
            headers.push(("content-encoding", "gzip".to_owned()));
        }
        if !self.clock_skew.is_zero() {
            headers.push(("date", http_date(self.wire_clock())));
        }
        for (name, value) in headers.into_iter().chain(reply.headers) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl Call {
    async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
        let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let says = |name: &str, value: &str| text(name).is_some_and(|given| given.eq_ignore_ascii_case(value));
        Self {
            authorization: text("authorization"),
            path_and_query: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
            eventual: says("consistencylevel", "eventual"),
            metadata: says("metadata", "true"),
            identity_header: text("x-identity-header"),
            method: head.method,
            body,
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            is_post: self.method == Method::POST,
            query: self.path_and_query.split_once('?').map_or("", |(_, query)| query),
            form: &self.body,
            authorization: self.authorization.as_deref(),
            metadata: self.metadata,
            identity_header: self.identity_header.as_deref(),
        }
    }

    fn record(&self) -> RecordedRequest {
        let inner = if self.is_batch() { batch::items(&self.body).unwrap_or_default() } else { Vec::new() };
        RecordedRequest {
            method: self.method.to_string(),
            path_and_query: self.path_and_query.clone(),
            body_length: self.body.len(),
            inner: inner.into_iter().map(|item| (item.method, item.url)).collect(),
            status: 0,
            started: Duration::ZERO,
            finished: None,
        }
    }

    fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    fn is_batch(&self) -> bool {
        self.method == Method::POST && matches!(self.path(), "/v1.0/$batch" | "/beta/$batch" | "/v1.0/%24batch" | "/beta/%24batch")
    }
}
