//! Every way to sign in against services that behave, refuse, or misbehave.

mod machine;
mod people;

use super::super::test_log::Log;
use super::super::{Client, Cloud, Credential, Endpoints, Error, Resource, Settings, Version, jwt};
use super::testkeys::{self, pem};
use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use people::{code_path, device, person};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Lock};
use tempfile::TempDir;
use wiremock::matchers::{any, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const OTHER_TENANT: &str = "cccccccc-0000-4000-8000-00000000000c";
const CLIENT: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
const NOON: &str = "Sun, 22 Nov 2026 12:00:00 GMT";

fn quick() -> Settings {
    let mut settings = Settings::new("2026-11-22T12:00:00Z".parse().unwrap());
    settings.retry.scale = 0.000_1;
    settings.timeout = Duration::from_secs(2);
    settings
}

fn endpoints(server: &MockServer) -> Endpoints {
    Endpoints::new(Cloud::Global, Some(&server.uri()), Some(&server.uri())).unwrap()
}

/// The sign-in that these variables describe.
fn from(variables: &[(&str, &str)]) -> Credential {
    Credential::from_lookup(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())).unwrap()
}

fn application(more: (&str, &str)) -> Credential {
    from(&[("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT), more])
}

async fn connect(server: &MockServer, credential: Credential) -> Result<Client, Error> {
    Client::connect(endpoints(server), credential, quick()).await
}

async fn refused(server: &MockServer, credential: Credential) -> Error {
    connect(server, credential).await.err().unwrap()
}

/// Answers in turn, the last for ever.
struct Turns(Lock<Vec<ResponseTemplate>>);

impl Respond for Turns {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut turns = self.0.lock().unwrap();
        if turns.len() > 1 { turns.remove(0) } else { turns[0].clone() }
    }
}

fn in_turn(turns: Vec<ResponseTemplate>) -> Turns {
    Turns(Lock::new(turns))
}

fn status(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code).insert_header("Date", NOON)
}

fn ok(body: Value) -> ResponseTemplate {
    status(200).set_body_json(body)
}

fn refusal(kind: &str, code: u64) -> ResponseTemplate {
    status(400).set_body_json(json!({"error": kind, "error_codes": [code], "error_description": format!("AADSTS{code}: no")}))
}

fn app_token(name: &str) -> String {
    jwt::make(&json!({"tid": TENANT, "idtyp": "app", "appid": CLIENT, "roles": ["Application.Read.All"], "n": name}))
}

/// A token that has to be renewed at once.
fn short(name: &str) -> ResponseTemplate {
    ok(json!({"access_token": app_token(name), "expires_in": "0"}))
}

fn token_path() -> String {
    format!("/{TENANT}/oauth2/v2.0/token")
}

async fn serve(server: &MockServer, place: &str, responder: impl Respond + 'static) {
    Mock::given(path(place)).respond_with(responder).mount(server).await;
}

async fn serve_things(server: &MockServer) {
    serve(server, "/v1.0/things", ok(json!({}))).await;
}

fn things() -> Resource {
    Resource::new(Version::V1, "/things")
}

async fn requests(server: &MockServer, place: &str) -> Vec<Request> {
    let all = server.received_requests().await.unwrap();
    all.into_iter().filter(|request| request.url.path() == place).collect()
}

fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

fn bearer_of(request: &Request) -> String {
    request.headers["authorization"].to_str().unwrap().to_owned()
}

/// A certificate file in a folder of its own.
fn certificate_file() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("both.pem");
    std::fs::write(&file, pem("CERTIFICATE", &testkeys::of_2026()) + &pem("PRIVATE KEY", &testkeys::pkcs8())).unwrap();
    let path = file.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test]
async fn a_certificate_signs_a_new_assertion_for_each_token() {
    let server = MockServer::start().await;
    serve(&server, &token_path(), in_turn(vec![status(503), short("one"), short("two")])).await;
    serve_things(&server).await;
    let (_folder, file) = certificate_file();
    let client = connect(&server, application(("AZURE_CLIENT_CERTIFICATE_PATH", &file))).await.unwrap();
    client.get(&things()).await.unwrap();
    let asked = requests(&server, &token_path()).await;
    assert_eq!(asked.len(), 3);
    let mut numbers = Vec::new();
    for form in asked.iter().map(form) {
        assert_eq!((form["grant_type"].as_str(), form["client_id"].as_str()), ("client_credentials", CLIENT));
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert_eq!(form["scope"], format!("{}/.default", server.uri()));
        assert!(!form.contains_key("client_secret"));
        let (signed, signature) = form["client_assertion"].rsplit_once('.').unwrap();
        assert!(testkeys::verifies(&testkeys::of_2026(), signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()));
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap()).unwrap();
        assert_eq!(claims["aud"], format!("{}{}", server.uri(), token_path()));
        numbers.push(claims["jti"].to_string());
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 3, "an assertion was sent twice");
    assert_eq!(bearer_of(&requests(&server, "/v1.0/things").await[0]), format!("Bearer {}", app_token("two")));
    let signed_in = client.signed_in_as();
    assert_eq!((signed_in.how, signed_in.identity, signed_in.app_id.as_deref()), (How::Certificate, Identity::Application, Some(CLIENT)));
    assert_eq!((signed_in.roles.as_slice(), client.notes()), (["Application.Read.All".to_owned()].as_slice(), [].as_slice()));
}

#[tokio::test]
async fn a_federated_token_is_read_anew_for_each_token() {
    let server = MockServer::start().await;
    serve(&server, &token_path(), short("x")).await;
    serve_things(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "first.federated.token\n").unwrap();
    let client = connect(&server, application(("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap()))).await.unwrap();
    std::fs::write(&file, "second.federated.token").unwrap();
    client.get(&things()).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let error = client.get(&things()).await.unwrap_err().to_string();
    assert!(error.contains("AZURE_FEDERATED_TOKEN_FILE cannot be read"), "{error}");
    let sent: Vec<String> = requests(&server, &token_path()).await.iter().map(|asked| form(asked)["client_assertion"].clone()).collect();
    assert_eq!(sent, ["first.federated.token", "second.federated.token"]);
    assert_eq!(client.signed_in_as().how, How::FederatedTokenFile);
}

fn job(server: &MockServer) -> Credential {
    let url = format!("{}/job/idtoken?api-version=2.0", server.uri());
    from(&[
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_CLIENT_ID", CLIENT),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer-of-the-job"),
    ])
}

#[tokio::test]
async fn a_job_exchanges_its_own_token() {
    let server = MockServer::start().await;
    Mock::given(path("/job/idtoken"))
        .and(query_param("api-version", "2.0"))
        .and(query_param("audience", "api://AzureADTokenExchange"))
        .and(header("Authorization", "Bearer bearer-of-the-job"))
        .respond_with(in_turn(vec![status(502), ok(json!({"count": 1, "value": "token.of.job1"})), ok(json!({"value": "token.of.job2"}))]))
        .mount(&server)
        .await;
    serve(&server, &token_path(), short("x")).await;
    serve_things(&server).await;
    let client = connect(&server, job(&server)).await.unwrap();
    client.get(&things()).await.unwrap();
    let asked = requests(&server, &token_path()).await;
    let sent: Vec<String> = asked.iter().map(|asked| form(asked)["client_assertion"].clone()).collect();
    assert_eq!(sent, ["token.of.job1", "token.of.job2"]);
    assert!(asked.iter().all(|asked| !asked.headers.contains_key("authorization")), "the bearer of the job is GitHub's alone");
}

#[tokio::test]
async fn a_job_without_its_token_is_refused() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ok(json!({"value": "a.b.c"}))).mount(&elsewhere).await;
    for (answer, said) in [
        (status(403), "status 403"),
        (status(302).insert_header("Location", elsewhere.uri()), "status 302"),
        (status(200).set_body_string("<html>"), "answer is not JSON"),
        (status(200).set_body_string("{\"value\": "), "answer was cut"),
        (ok(json!({"count": 1})), "answer holds none"),
        (ok(json!({"value": "a\u{0}b"})), "answer holds none"),
        (ok(json!({"value": "bearer-of-the-job"})), "answer holds none"),
    ] {
        let server = MockServer::start().await;
        serve(&server, "/job/idtoken", answer).await;
        let error = refused(&server, job(&server)).await.to_string();
        assert!(error.contains(&format!("GitHub gives no token: {said}")) && error.contains("id-token: write"), "{error}");
        assert!(!error.contains("bearer-of-the-job") && requests(&server, &token_path()).await.is_empty(), "{error}");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn many_readers_share_one_renewal() {
    let server = MockServer::start().await;
    let token = |name: &str| ok(json!({"access_token": app_token(name), "expires_in": 3599})).set_delay(Duration::from_millis(20));
    serve(&server, &token_path(), in_turn(vec![token("one"), token("two")])).await;
    let second = format!("Bearer {}", app_token("two"));
    Mock::given(path("/v1.0/things")).and(header("Authorization", second.as_str())).respond_with(ok(json!({}))).mount(&server).await;
    serve(&server, "/v1.0/things", status(401).set_delay(Duration::from_millis(20))).await;
    let (_folder, file) = certificate_file();
    let client = connect(&server, application(("AZURE_CLIENT_CERTIFICATE_PATH", &file))).await.unwrap();
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = client.clone();
        readers.spawn(async move { client.get(&things()).await });
    }
    assert!(readers.join_all().await.iter().all(Result::is_ok));
    assert_eq!(requests(&server, &token_path()).await.len(), 2);
}

#[tokio::test]
async fn a_clock_that_is_off_is_told() {
    let (_folder, file) = certificate_file();
    let off = "Sun, 22 Nov 2026 12:20:30 GMT";
    let server = MockServer::start().await;
    serve(&server, &token_path(), in_turn(vec![refusal("invalid_client", 700_024).insert_header("Date", off)])).await;
    let error = refused(&server, application(("AZURE_CLIENT_CERTIFICATE_PATH", &file))).await.to_string();
    assert!(error.contains("AADSTS700024") && error.contains("clock is 20 minutes behind"), "{error}");
    server.reset().await;
    serve(&server, &token_path(), short("x").insert_header("Date", off)).await;
    let client = connect(&server, application(("AZURE_CLIENT_CERTIFICATE_PATH", &file))).await.unwrap();
    assert_eq!(client.notes().len(), 1);
    assert!(client.notes()[0].contains("clock is 20 minutes behind"), "{:?}", client.notes());
}

/// Sends back what it was sent, in every member that an error has.
struct Echo;

impl Respond for Echo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let decoded: Vec<String> = url::form_urlencoded::parse(&request.body).map(|(_, value)| value.into_owned()).collect();
        let text = format!("AADSTS50000: {} {decoded:?} {:?}", String::from_utf8_lossy(&request.body), request.headers);
        let word =
            decoded.iter().find(|value| value.bytes().all(|byte| byte.is_ascii_lowercase())).cloned().unwrap_or_else(|| text.clone());
        status(400).set_body_json(json!({"error": word, "error_description": text, "suberror": text, "Message": text, "value": text}))
    }
}

#[tokio::test]
async fn no_way_to_sign_in_shows_what_it_holds() {
    let (log, _guard) = Log::start();
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "plantedfederatedtoken").unwrap();
    let (_certificate, certificate) = certificate_file();
    let echo = MockServer::start().await;
    Mock::given(any()).respond_with(Echo).mount(&echo).await;
    let job_url = format!("{}/job", echo.uri());
    let identity_url = format!("{}/msi", echo.uri());
    let mut shown = String::new();
    for more in [
        vec![("AZURE_CLIENT_SECRET", "plantedclientsecret")],
        vec![("AZURE_CLIENT_CERTIFICATE_PATH", certificate.as_str())],
        vec![("AZURE_FEDERATED_TOKEN_FILE", token_file.to_str().unwrap())],
        vec![("ACTIONS_ID_TOKEN_REQUEST_URL", job_url.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "plantedjobtoken")],
        vec![("IDENTITY_ENDPOINT", identity_url.as_str()), ("IDENTITY_HEADER", "plantedidentityheader")],
    ] {
        let credential = from(&[[("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT)].as_slice(), &more].concat());
        shown += &format!("{credential:?}\n");
        let error = refused(&echo, credential).await;
        shown += &format!("{error}\n{error:?}\n");
    }
    for (answers, refused_at) in [
        (vec![person(Some("plantedrefreshtoken")), refusal("plantedrefreshtoken", 1)], "renewal"),
        (vec![refusal("planteddevicecode", 1)], "sign-in"),
    ] {
        let server = MockServer::start().await;
        let code = json!({"user_code": "A", "device_code": "planteddevicecode", "verification_uri": "https://microsoft.com/devicelogin"});
        serve(&server, &code_path(), ok(code)).await;
        serve(&server, &token_path(), in_turn(answers)).await;
        let credential = device().1;
        shown += &format!("{credential:?}\n");
        let error = match connect(&server, credential).await {
            Ok(client) => client.get(&things()).await.unwrap_err(),
            Err(error) => error,
        };
        shown += &format!("{refused_at}: {error}\n{error:?}\n");
    }
    let traced = log.text();
    assert!(traced.contains("TRACE") || traced.contains("DEBUG"), "the log was not kept");
    shown += &traced;
    let sent: Vec<String> =
        requests(&echo, &token_path()).await.iter().filter_map(|asked| form(asked).get("client_assertion").cloned()).collect();
    assert!(sent.iter().any(|assertion| assertion.starts_with("eyJ")), "no assertion was sent");
    for secret in sent.iter().map(String::as_str).chain(["planted", "PRIVATE KEY"]) {
        let at = shown.find(secret);
        assert_eq!(at.map(|at| shown[at.saturating_sub(80)..].chars().take(160).collect::<String>()), None);
    }
}

#[tokio::test]
async fn a_token_service_that_stays_away_is_waited_for_once() {
    let server = MockServer::start().await;
    let busy = status(429).insert_header("Retry-After", "100");
    let mut turns = vec![short("one")];
    turns.extend(std::iter::repeat_n(busy, 10));
    turns.push(ok(json!({"access_token": app_token("two"), "expires_in": 3600})));
    serve(&server, &token_path(), in_turn(turns)).await;
    serve_things(&server).await;
    let client = connect(&server, application(("AZURE_CLIENT_SECRET", "s3cret~Value"))).await.unwrap();
    let asked = async || requests(&server, &token_path()).await.len();
    for so_far in [9, 10, 11] {
        assert!(matches!(client.get(&things()).await, Err(Error::SignIn { .. })));
        assert_eq!(asked().await, so_far, "eight attempts for the first reader, one for each that comes after");
    }
    client.get(&things()).await.unwrap();
    assert_eq!(asked().await, 12);
}
