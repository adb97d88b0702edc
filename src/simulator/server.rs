//! The HTTP side: takes requests, keeps a record of each, and brings login, batches, faults and answers together.

use super::answers::Question;
use super::batch::{self, Item};
use super::data::Tenant;
use super::faults::{Faults, Instead};
use super::guid::Guid;
use super::odata::Query;
use super::reply::{Answer, Reply};
use super::routes::{Address, Route};
use super::token::Issuer;
use super::{Error, RecordedRequest};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Longest body that is read; a batch of twenty and a thousand ids are far below.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) tenant: Tenant,
    pub(crate) origin: String,
    pub(crate) latency: Duration,
    pub(crate) issuer: Issuer,
    pub(crate) faults: Faults,
    pub(crate) requests: Mutex<Vec<RecordedRequest>>,
    pub(crate) served: AtomicU64,
}

/// A request, as far as it matters here.
struct Call {
    method: Method,
    path_and_query: String,
    authorization: Option<String>,
    /// `ConsistencyLevel: eventual`.
    eventual: bool,
    body: Bytes,
}

/// Serves until `stop` is sent or dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: oneshot::Receiver<()>) -> Result<(), Error> {
    let router = Router::new().fallback(handle).with_state(shared);
    let stopped = async {
        let _ = stop.await;
    };
    axum::serve(listener, router).with_graceful_shutdown(stopped).await.map_err(Error::Serve)
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
    let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let path_and_query = head.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let eventual = head.headers.get("ConsistencyLevel").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"eventual"));
    let call = Call { method: head.method, path_and_query, authorization, eventual, body };
    shared.record(&call);
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    match shared.faults.instead(&call.path_and_query, false) {
        Some(Instead::Reply(reply)) => shared.response(reply),
        Some(Instead::Cut) => cut(&shared.answer_or_refusal(&call)),
        None => shared.response(shared.answer_or_refusal(&call)),
    }
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

/// The wire's own clock. Tokens expire by it, as a reader holds them against the real time too; nothing else here reads a clock.
fn wire_clock() -> DateTime<Utc> {
    Utc::now()
}

impl Shared {
    fn record(&self, call: &Call) {
        let inner = if call.is_batch() { batch::items(&call.body).unwrap_or_default() } else { Vec::new() };
        let request = RecordedRequest {
            method: call.method.to_string(),
            path_and_query: call.path_and_query.clone(),
            body_length: call.body.len(),
            inner: inner.into_iter().map(|item| (item.method, item.url)).collect(),
        };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    }

    fn answer_or_refusal(&self, call: &Call) -> Reply {
        self.answer(call).unwrap_or_else(|refusal| refusal)
    }

    fn answer(&self, call: &Call) -> Answer {
        if let Some(tenant) = call.token_endpoint() {
            return match call.method {
                Method::POST => Ok(self.issuer.answer(&self.tenant, tenant, &call.body, wire_clock())),
                _ => Err(Reply::method_not_allowed()),
            };
        }
        let Some(address) = Address::parse(&call.path_and_query) else {
            return Err(Reply::error(404, "UnknownError", "No such endpoint."));
        };
        let roles = self.issuer.roles_of(&self.tenant, call.authorization.as_deref(), wire_clock())?;
        match call.method {
            Method::GET => self.get(&address, &roles, &call.path_and_query, call.eventual),
            Method::POST if call.is_batch() => self.batch(&address, &roles, &call.body),
            Method::POST if Route::find(&address).ok() == Some(Route::ObjectsById) => {
                let query = Query::parse(address.query)?;
                self.question(&address, &query, &roles).objects_by_id(&call.body)
            }
            _ => Err(Reply::method_not_allowed()),
        }
    }

    fn question<'a>(&'a self, address: &'a Address<'a>, query: &'a Query, roles: &'a BTreeSet<String>) -> Question<'a> {
        Question { tenant: &self.tenant, origin: &self.origin, roles, address, query }
    }

    fn get(&self, address: &Address<'_>, roles: &BTreeSet<String>, path_and_query: &str, eventual: bool) -> Answer {
        let route = Route::find(address)?;
        let mut query = Query::parse(address.query)?;
        query.eventual = eventual;
        let reply = self.question(address, &query, roles).answer(&route)?;
        Ok(self.faults.spoil(path_and_query, reply))
    }

    fn batch(&self, address: &Address<'_>, roles: &BTreeSet<String>, body: &[u8]) -> Answer {
        let items = batch::items(body)?;
        batch::answer(&items, |item| {
            let mut reply = self.batch_item(address.version, roles, item);
            self.stamp(&mut reply);
            reply
        })
    }

    fn batch_item(&self, version: &str, roles: &BTreeSet<String>, item: &Item) -> Reply {
        let path_and_query = format!("/{version}{}", item.url);
        if let Some(Instead::Reply(reply)) = self.faults.instead(&path_and_query, true) {
            return reply;
        }
        let answer = Address::parse(&path_and_query)
            .ok_or_else(|| Reply::no_segment(&item.url))
            .and_then(|address| self.get(&address, roles, &path_and_query, item.eventual));
        answer.unwrap_or_else(|refusal| refusal)
    }

    /// Gives the answer its request id: the number of the answer, so that two runs of the same requests agree.
    fn stamp(&self, reply: &mut Reply) -> String {
        let number = self.served.fetch_add(1, Ordering::Relaxed);
        let id = Guid::of(self.tenant.seed, "request-id", &number.to_string()).to_string();
        reply.stamp(&id, self.tenant.now);
        id
    }

    fn response(&self, mut reply: Reply) -> Response<Body> {
        let id = self.stamp(&mut reply);
        let mut response = Response::new(Body::from(reply.bytes()));
        *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let standard = [("content-type", "application/json; odata.metadata=minimal; charset=utf-8".to_owned()), ("request-id", id)];
        for (name, value) in standard.into_iter().chain(reply.headers) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl Call {
    fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    fn is_batch(&self) -> bool {
        self.method == Method::POST && matches!(self.path(), "/v1.0/$batch" | "/beta/$batch" | "/v1.0/%24batch" | "/beta/%24batch")
    }

    /// The tenant, if this is its token endpoint.
    fn token_endpoint(&self) -> Option<&str> {
        self.path().strip_prefix('/')?.strip_suffix("/oauth2/v2.0/token").filter(|tenant| !tenant.contains('/'))
    }
}
