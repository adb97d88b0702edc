//! The client against servers that misbehave in every way that the facts name.

use super::test_log::Log;
use super::*;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const SECRET: &str = "s3cret~Value_of.the-application";
const NOON: &str = "2026-11-22T12:00:00Z";

pub(super) fn quick() -> Settings {
    let now: DateTime<Utc> = NOON.parse().unwrap();
    let mut settings = Settings::new(now);
    settings.retry.scale = 0.000_1;
    settings.timeout = Duration::from_secs(5);
    settings
}

pub(super) fn token_credential(token: &str) -> Credential {
    Credential::AccessToken { token: token.into(), tenant: Some(TENANT.to_owned()) }
}

fn secret_credential() -> Credential {
    Credential::ClientSecret { tenant: TENANT.to_owned(), client_id: "client-1".to_owned(), secret: SECRET.into() }
}

pub(super) fn endpoints(server: &MockServer) -> Endpoints {
    Endpoints::new(Cloud::Global, Some(&server.uri()), Some(&server.uri())).unwrap()
}

pub(super) async fn connect(server: &MockServer) -> Client {
    Client::connect(endpoints(server), token_credential("opaque-token-of-the-test"), quick()).await.unwrap()
}

pub(super) fn things() -> Resource {
    Resource::new(Version::V1, "/things")
}

/// Answers in turn, the last for ever.
pub(super) struct Turns(Mutex<Vec<ResponseTemplate>>);

impl Respond for Turns {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut turns = self.0.lock().unwrap();
        if turns.len() > 1 { turns.remove(0) } else { turns[0].clone() }
    }
}

pub(super) fn in_turn(turns: Vec<ResponseTemplate>) -> Turns {
    Turns(Mutex::new(turns))
}

pub(super) fn status(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code)
}

pub(super) fn ok(body: Value) -> ResponseTemplate {
    status(200).set_body_json(body)
}

pub(super) async fn serve(server: &MockServer, place: &str, responder: impl Respond + 'static) {
    Mock::given(path(place)).respond_with(responder).mount(server).await;
}

pub(super) async fn all_rows(pager: &mut Pager) -> Result<Vec<Value>, Error> {
    let mut all = Vec::new();
    while let Some(rows) = pager.next().await? {
        all.extend(rows);
    }
    Ok(all)
}

#[tokio::test]
async fn refusals_that_may_pass_are_tried_again() {
    let broker =
        json!({"error": {"code": "InternalServerError", "message": "Rate limit reached because of too many requests to query broker"}});
    let passing = [
        status(429),
        status(429).insert_header("Retry-After", "2"),
        status(429).insert_header("Retry-After", "Sun, 22 Nov 2026 12:00:05 GMT").insert_header("Date", "Sun, 22 Nov 2026 12:00:00 GMT"),
        status(429).insert_header("Retry-After", "soon"),
        status(502),
        status(503),
        status(504),
        status(500).set_body_json(broker),
        status(200).set_body_string("{\"value\": [1, 2"),
    ];
    for trouble in passing {
        let server = MockServer::start().await;
        serve(&server, "/v1.0/things", in_turn(vec![trouble.clone(), trouble, ok(json!({"a": 1}))])).await;
        let counter = Counter::default();
        let client = connect(&server).await.counted(&counter);
        assert_eq!(client.get(&things()).await.unwrap(), json!({"a": 1}));
        assert_eq!(counter.requests(), 3);
    }
}

#[tokio::test]
async fn refusals_that_stay_are_not_tried_again() {
    for code in [301, 302, 400, 401, 403, 404, 409, 410, 418, 500, 501] {
        let server = MockServer::start().await;
        serve(&server, "/v1.0/things", status(code)).await;
        let counter = Counter::default();
        let error = connect(&server).await.counted(&counter).get(&things()).await.unwrap_err();
        assert_eq!(counter.requests(), 1, "{code}");
        assert_eq!(matches!(error, Error::Permission { .. }), matches!(code, 401 | 403), "{code}: {error}");
    }
}

#[tokio::test]
async fn throttling_without_end_spends_the_budget() {
    for (code, throttled) in [(429, true), (503, true), (504, false)] {
        let server = MockServer::start().await;
        serve(&server, "/v1.0/things", status(code).insert_header("Retry-After", "600")).await;
        let counter = Counter::default();
        let error = connect(&server).await.counted(&counter).get(&things()).await.unwrap_err();
        assert_eq!(matches!(error, Error::Throttled { .. }), throttled, "{error}");
        assert_eq!(counter.requests(), u64::from(RetryPolicy::default().attempts));
    }
}

#[tokio::test]
async fn the_service_decides_the_least_wait() {
    let server = MockServer::start().await;
    serve(&server, "/v1.0/things", in_turn(vec![status(429).insert_header("Retry-After", "100"), ok(json!({}))])).await;
    let settings = Settings { retry: RetryPolicy { scale: 0.003, ..RetryPolicy::default() }, ..quick() };
    let client = Client::connect(endpoints(&server), token_credential("opaque"), settings).await.unwrap();
    let begun = std::time::Instant::now();
    client.get(&things()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_list_is_followed_through_empty_pages_with_its_headers() {
    let server = MockServer::start().await;
    let link = |page: u32| format!("{}/beta/deviceManagement/things?$skiptoken=p{page}%2B", server.uri());
    let pages = vec![
        ok(json!({"value": [1], "@odata.nextLink": link(2)})),
        ok(json!({"value": [], "@odata.nextLink": link(3)})),
        ok(json!({"value": [2, 3], "@odata.nextLink": null})),
    ];
    Mock::given(path("/beta/deviceManagement/things"))
        .and(header("Prefer", "include-unknown-enum-members"))
        .and(header("Authorization", "Bearer opaque-token-of-the-test"))
        .respond_with(in_turn(pages))
        .mount(&server)
        .await;
    let client = connect(&server).await;
    let mut pager = client.pages(&Resource::new(Version::Beta, "/deviceManagement/things"));
    assert_eq!(all_rows(&mut pager).await.unwrap(), [1, 2, 3]);
    assert_eq!(pager.cut(), None);
    let seen = server.received_requests().await.unwrap();
    assert_eq!(seen[2].url.query(), Some("$skiptoken=p3%2B"));
    assert!(seen.iter().all(|request| request.headers["user-agent"].to_str().unwrap().starts_with("maascan/")));
}

#[tokio::test]
async fn a_link_that_repeats_ends_the_list_and_says_so() {
    let server = MockServer::start().await;
    let link = format!("{}/v1.0/things?$skiptoken=x", server.uri());
    serve(&server, "/v1.0/things", ok(json!({"value": [1], "@odata.nextLink": link}))).await;
    let mut pager = connect(&server).await.pages(&things());
    assert_eq!(all_rows(&mut pager).await.unwrap(), [1, 1]);
    assert!(pager.cut().is_some());
}

#[tokio::test]
async fn the_token_goes_to_no_other_host() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    serve(&other, "/v1.0/things", ok(json!({"value": []}))).await;
    let port = other.address().port();
    let elsewhere = [
        format!("{}/v1.0/things", other.uri()),
        format!("http://localhost:{port}/v1.0/things"),
        format!("//127.0.0.1:{port}/v1.0/things"),
        format!("{}@127.0.0.1:{port}/v1.0/things", server.uri()),
        server.uri().replace("http:", "https:") + "/v1.0/things",
        "/v1.0/things?$skip=1".to_owned(),
    ];
    for link in elsewhere {
        server.reset().await;
        serve(&server, "/v1.0/things", ok(json!({"value": [1], "@odata.nextLink": link}))).await;
        let mut pager = connect(&server).await.pages(&things());
        assert_eq!(pager.next().await.unwrap().unwrap().len(), 1);
        let error = pager.next().await.unwrap_err();
        assert!(matches!(error, Error::Failed { .. }), "{link}: {error}");
        assert_eq!(pager.next().await, Ok(None));
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
    server.reset().await;
    serve(&server, "/v1.0/things", status(302).insert_header("Location", format!("{}/v1.0/things", other.uri()))).await;
    let error = connect(&server).await.get(&things()).await.unwrap_err();
    assert!(error.to_string().contains("redirects are not followed"), "{error}");
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_list_is_an_error() {
    for body in [json!({}), json!([]), json!({"value": {}}), json!(null), json!(7)] {
        let server = MockServer::start().await;
        serve(&server, "/v1.0/things", ok(body)).await;
        assert!(connect(&server).await.pages(&things()).next().await.is_err());
    }
}

#[tokio::test]
async fn a_success_with_an_error_in_it_is_none() {
    let server = MockServer::start().await;
    let broken = json!({"error": {"code": "UnknownError", "message": "x opaque-token-of-the-test"}, "value": []});
    serve(&server, "/v1.0/things", ok(broken)).await;
    let counter = Counter::default();
    let error = all_rows(&mut connect(&server).await.counted(&counter).pages(&things())).await.unwrap_err().to_string();
    assert!(error.contains("answer holds an error") && error.contains("UnknownError: x ***"), "{error}");
    assert_eq!(counter.requests(), 2, "it is tried once more");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let server = MockServer::start().await;
    serve(&server, "/v1.0/things", ok(json!({"value": "x".repeat(5000)}))).await;
    let settings = Settings { longest_answer: 1000, ..quick() };
    let client = Client::connect(endpoints(&server), token_credential("opaque"), settings).await.unwrap();
    let error = client.get(&things()).await.unwrap_err();
    assert_eq!(error.to_string(), "failed: GET /v1.0/things: answer is longer than 1000 bytes");
}

/// Answers a `$batch` last part first; the parts named in `busy` are refused once with a wait of their own.
struct Batches {
    busy: Mutex<Vec<String>>,
    sizes: Arc<Mutex<Vec<usize>>>,
}

impl Respond for Batches {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let parts = body["requests"].as_array().unwrap();
        self.sizes.lock().unwrap().push(parts.len());
        let mut busy = self.busy.lock().unwrap();
        let answers: Vec<Value> = parts
            .iter()
            .rev()
            .filter_map(|part| {
                assert_eq!(part["method"], "GET");
                let url = part["url"].as_str().unwrap();
                if let Some(at) = busy.iter().position(|name| url == format!("/things/{name}")) {
                    return match busy.remove(at).as_str() {
                        "lost" => None,
                        _ => Some(json!({"id": part["id"], "status": 429, "headers": {"retry-after": "3"}})),
                    };
                }
                Some(match url {
                    "/things/denied" => {
                        json!({"id": part["id"], "status": 403, "body": {"error": {"code": "Authorization_RequestDenied"}}})
                    }
                    _ => json!({"id": part["id"], "status": 200, "body": {"url": url}}),
                })
            })
            .collect();
        ok(json!({"responses": answers}))
    }
}

#[tokio::test]
async fn parts_of_a_batch_are_matched_by_id_and_put_in_again() {
    let server = MockServer::start().await;
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let busy = Mutex::new(vec!["3".to_owned(), "lost".to_owned(), "30".to_owned()]);
    Mock::given(method("POST")).and(path("/v1.0/$batch")).respond_with(Batches { busy, sizes: Arc::clone(&sizes) }).mount(&server).await;
    let mut names: Vec<String> = (0..41).map(|number| number.to_string()).collect();
    names[5] = "denied".to_owned();
    names[6] = "lost".to_owned();
    let wanted: Vec<Resource> = names.iter().map(|name| things().segment(name)).collect();
    let counter = Counter::default();
    let results = connect(&server).await.counted(&counter).batch(&wanted).await;
    assert_eq!(results.len(), 41);
    for (name, result) in names.iter().zip(&results) {
        match result {
            Ok(body) => assert_eq!(body["url"], format!("/things/{name}")),
            Err(error) => assert!(name == "denied" && matches!(error, Error::Permission { .. }), "{name}: {error}"),
        }
    }
    let mut sizes = sizes.lock().unwrap().clone();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 2, 20, 20]);
    assert_eq!(counter.requests(), 5);
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_fails_each_part() {
    let server = MockServer::start().await;
    serve(&server, "/v1.0/$batch", status(403)).await;
    let results = connect(&server).await.batch(&[things(), things()]).await;
    assert!(results.len() == 2 && results.iter().all(|result| matches!(result, Err(Error::Permission { .. }))));
    server.reset().await;
    serve(&server, "/v1.0/$batch", ok(json!({"responses": "none"}))).await;
    let results = connect(&server).await.batch(&[things()]).await;
    assert!(matches!(results[0], Err(Error::Failed { .. })));
}

#[tokio::test]
async fn a_list_goes_on_after_a_batch() {
    let server = MockServer::start().await;
    serve(&server, "/v1.0/things", ok(json!({"value": [2]}))).await;
    let first = json!({"value": [1], "@odata.nextLink": format!("{}/v1.0/things?$skiptoken=2", server.uri())});
    assert_eq!(all_rows(&mut connect(&server).await.pages_from(&things(), first)).await.unwrap(), [1, 2]);
}

#[tokio::test]
async fn a_list_that_leads_back_to_its_beginning_in_a_batch_is_cut() {
    let server = MockServer::start().await;
    let first = json!({"value": [1], "@odata.nextLink": format!("{}/v1.0/things", server.uri())});
    let mut pager = connect(&server).await.pages_from(&things(), first);
    assert_eq!(all_rows(&mut pager).await.unwrap(), [1]);
    assert!(pager.cut().is_some());
}

#[tokio::test]
async fn objects_are_read_by_id() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1.0/directoryObjects/getByIds"))
        .and(body_string_contains("\"types\":[\"group\"]"))
        .respond_with(in_turn(vec![status(503), ok(json!({"value": [{"id": "a"}]}))]))
        .mount(&server)
        .await;
    assert_eq!(connect(&server).await.get_by_ids(&["a", "b"], &["group"]).await.unwrap(), [json!({"id": "a"})]);
}

#[tokio::test]
async fn a_secret_is_exchanged_and_renewed_once_on_401() {
    let server = MockServer::start().await;
    let token = |name: &str| ok(json!({"access_token": jwt::make(&json!({"tid": TENANT.to_uppercase(), "n": name})), "expires_in": 3599}));
    Mock::given(method("POST"))
        .and(path(format!("/{TENANT}/oauth2/v2.0/token")))
        .and(body_string_contains("grant_type=client_credentials"))
        .and(body_string_contains("%2F.default"))
        .respond_with(in_turn(vec![status(503), token("one"), token("two")]))
        .mount(&server)
        .await;
    serve(&server, "/v1.0/things", in_turn(vec![status(401), ok(json!({}))])).await;
    serve(&server, "/v1.0/never", status(401)).await;
    let client = Client::connect(endpoints(&server), secret_credential(), quick()).await.unwrap();
    assert_eq!(client.tenant_id(), TENANT.to_uppercase());
    client.get(&things()).await.unwrap();
    let error = client.get(&Resource::new(Version::V1, "/never")).await.unwrap_err();
    assert!(matches!(error, Error::Permission { .. }), "{error}");
    let seen = server.received_requests().await.unwrap();
    let count = |place: &str| seen.iter().filter(|request| request.url.path().ends_with(place)).count();
    assert_eq!((count("/token"), count("/things"), count("/never")), (4, 2, 2));
}

#[tokio::test]
async fn a_short_lived_token_is_renewed_without_a_refusal() {
    let server = MockServer::start().await;
    serve(&server, &format!("/{TENANT}/oauth2/v2.0/token"), ok(json!({"access_token": "t", "expires_in": "0"}))).await;
    serve(&server, "/v1.0/things", ok(json!({}))).await;
    let client = Client::connect(endpoints(&server), secret_credential(), quick()).await.unwrap();
    client.get(&things()).await.unwrap();
    let seen = server.received_requests().await.unwrap();
    assert_eq!(seen.iter().filter(|request| request.url.path().ends_with("/token")).count(), 2);
}

#[tokio::test]
async fn refusals_of_a_sign_in_are_explained_without_the_secret() {
    for (code, said) in [
        (7_000_215, "wrong client secret"),
        (7_000_222, "has expired"),
        (90_002, "unknown tenant"),
        (700_016, "unknown application"),
        (1, "invalid_client"),
    ] {
        let server = MockServer::start().await;
        let body = json!({"error": "invalid_client", "error_codes": [code],
            "error_description": format!("AADSTS{code}: you sent\u{1b}[31m {SECRET}\r\nTrace ID: x")});
        serve(&server, &format!("/{TENANT}/oauth2/v2.0/token"), status(401).set_body_json(body)).await;
        let error = Client::connect(endpoints(&server), secret_credential(), quick()).await.err().unwrap();
        let text = error.to_string();
        assert!(matches!(error, Error::SignIn { .. }) && text.contains(said) && text.contains("\nhint: "), "{text}");
        assert!(!text.contains(SECRET) && !text.contains('\u{1b}') && text.lines().count() == 2, "{text}");
    }
}

#[tokio::test]
async fn no_form_of_the_secret_comes_back_from_a_refused_sign_in() {
    use base64::Engine;
    let form: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let packed = base64::engine::general_purpose::STANDARD.encode(SECRET);
    let (left, right) = SECRET.split_at(15);
    let echo = format!("AADSTS50000: {SECRET} {form} {packed} {left} and {right} {}", SECRET.chars().rev().collect::<String>());
    for kind in [echo.as_str(), "invalid_request", SECRET, &packed, left] {
        let server = MockServer::start().await;
        let body = json!({"error": kind, "error_description": echo, "error_uri": echo, "suberror": echo});
        serve(&server, &format!("/{TENANT}/oauth2/v2.0/token"), status(400).set_body_json(body)).await;
        let error = Client::connect(endpoints(&server), secret_credential(), quick()).await.err().unwrap();
        let word = if kind == "invalid_request" { ": invalid_request" } else { "" };
        assert_eq!(error.summary(), format!("sign-in refused: status 400{word}: AADSTS50000"));
    }
}

#[tokio::test]
async fn a_secret_set_as_the_application_or_tenant_is_not_told() {
    for code in [7_000_215, 7_000_222, 90_002, 700_016, 1] {
        let server = MockServer::start().await;
        serve(&server, "/hunter2hunter2/oauth2/v2.0/token", status(401).set_body_json(json!({"error_codes": [code]}))).await;
        let credential = Credential::ClientSecret { tenant: "hunter2hunter2".into(), client_id: SECRET.into(), secret: "id".into() };
        let error = Client::connect(endpoints(&server), credential, quick()).await.err().unwrap().to_string();
        assert!(!error.contains(SECRET) && !error.contains("hunter2") && error.contains(&code.to_string()), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_json_is_tried_once_more_and_a_cut_to_the_end() {
    let attempts = u64::from(RetryPolicy::default().attempts);
    for (body, requests, says) in [
        ("<html>sign in to the network</html>", 2, "answer is not JSON"),
        ("{\"value\": [1, 2", attempts, "answer was cut"),
        ("", attempts, "answer was cut"),
    ] {
        let server = MockServer::start().await;
        serve(&server, "/v1.0/things", status(200).set_body_string(body)).await;
        let counter = Counter::default();
        let error = connect(&server).await.counted(&counter).get(&things()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("failed: GET /v1.0/things: {says}"));
        assert_eq!(counter.requests(), requests, "{body}");
    }
    let server = MockServer::start().await;
    serve(&server, &format!("/{TENANT}/oauth2/v2.0/token"), status(200).set_body_string("<html>")).await;
    let error = Client::connect(endpoints(&server), secret_credential(), quick()).await.err().unwrap();
    assert_eq!(error.summary(), "sign-in refused: token service: answer is not JSON");
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn empty_pages_without_end_are_a_cut_list() {
    struct Empty(String, Mutex<u32>);
    impl Respond for Empty {
        fn respond(&self, _: &Request) -> ResponseTemplate {
            let mut page = self.1.lock().unwrap();
            *page += 1;
            // One row after forty empty pages: the count begins anew.
            let rows = if *page == 41 { json!([1]) } else { json!([]) };
            ok(json!({"value": rows, "@odata.nextLink": format!("{}?$skiptoken={page}", self.0)}))
        }
    }
    let server = MockServer::start().await;
    serve(&server, "/v1.0/things", Empty(format!("{}/v1.0/things", server.uri()), Mutex::new(0))).await;
    let mut pager = connect(&server).await.pages(&things());
    assert_eq!(all_rows(&mut pager).await.unwrap(), [1]);
    assert_eq!(pager.cut(), Some("more than 50 empty pages in a row"));
    assert_eq!(server.received_requests().await.unwrap().len(), 41 + 51);
}

#[tokio::test]
async fn nothing_at_the_endpoint_is_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let origin = format!("http://{free}");
    let endpoints = Endpoints::new(Cloud::Global, Some(&origin), Some(&origin)).unwrap();
    let error = Client::connect(endpoints.clone(), secret_credential(), quick()).await.err().unwrap();
    assert!(matches!(&error, Error::Unreachable { endpoint, .. } if *endpoint == origin), "{error}");
    let counter = Counter::default();
    let client = Client::connect(endpoints, token_credential("opaque"), quick()).await.unwrap().counted(&counter);
    assert!(matches!(client.get(&things()).await, Err(Error::Unreachable { .. })));
    assert_eq!(counter.requests(), u64::from(RetryPolicy::default().connect_attempts));
}

#[tokio::test]
async fn a_body_cut_by_the_connection_is_tried_again() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for body in ["{\"value\":", "{\"value\": [1]}"] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 14\r\n\r\n";
            socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    let endpoints = Endpoints::new(Cloud::Global, Some(&origin), None).unwrap();
    let client = Client::connect(endpoints, token_credential("opaque"), quick()).await.unwrap();
    assert_eq!(client.get(&things()).await.unwrap(), json!({"value": [1]}));
}

#[tokio::test]
async fn a_given_token_must_fit() {
    let server = MockServer::start().await;
    let try_claims = |claims: Value| {
        let credential = Credential::AccessToken { token: jwt::make(&claims).into(), tenant: None };
        Client::connect(endpoints(&server), credential, quick())
    };
    let fits = try_claims(json!({"tid": TENANT, "aud": format!("{}/", server.uri()), "exp": 4_000_000_000_u64})).await.unwrap();
    assert_eq!(fits.tenant_id(), TENANT);
    assert!(try_claims(json!({"tid": TENANT, "aud": "https://graph.microsoft.com"})).await.is_err());
    assert!(try_claims(json!({"tid": TENANT, "exp": 1})).await.is_err());
    let nameless = Credential::AccessToken { token: "opaque".into(), tenant: None };
    let error = Client::connect(endpoints(&server), nameless, quick()).await.err().unwrap();
    assert!(error.to_string().contains("AZURE_TENANT_ID"), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn no_level_of_tracing_shows_a_secret() {
    let (log, _guard) = Log::start();
    let server = MockServer::start().await;
    let token = jwt::make(&json!({"tid": TENANT}));
    serve(&server, &format!("/{TENANT}/oauth2/v2.0/token"), ok(json!({"access_token": token, "expires_in": 3599}))).await;
    let echo = json!({"error": {"code": token, "message": format!("you sent {token} and {SECRET}")}});
    serve(&server, "/v1.0/things", in_turn(vec![status(429), status(400).set_body_json(echo)])).await;
    let client = Client::connect(endpoints(&server), secret_credential(), quick()).await.unwrap();
    let error = client.get(&things()).await.unwrap_err();
    let mut shown = log.text();
    assert!(shown.contains("trying again"), "the log was not kept");
    shown.push_str(&format!("{error} {error:?}"));
    assert!(!shown.contains(&token));
    assert!(!log.text().contains(SECRET));
}

#[tokio::test]
async fn only_reads_are_sent() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(ok(json!({"value": [], "responses": []}))).mount(&server).await;
    let settings = Settings { retry: RetryPolicy { attempts: 1, ..quick().retry }, ..quick() };
    let client = Client::connect(endpoints(&server), token_credential("opaque"), settings).await.unwrap();
    client.get(&things()).await.unwrap();
    all_rows(&mut client.pages(&things())).await.unwrap();
    client.batch(&[things()]).await;
    client.get_by_ids(&["a"], &["group"]).await.unwrap();
    for request in server.received_requests().await.unwrap() {
        let place = request.url.path();
        let harmless =
            request.method == "GET" || (request.method == "POST" && (place.ends_with("/$batch") || place.ends_with("/getByIds")));
        assert!(harmless, "{} {place}", request.method);
    }
}
