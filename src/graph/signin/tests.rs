//! Every way to sign in against services that behave, refuse, or misbehave.

use super::super::{Client, Cloud, Credential, Endpoints, Error, Resource, Settings, Version, jwt};
use super::testkeys::{self, pem};
use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

fn host_identity(server: &MockServer, more: &[(&str, &str)]) -> Credential {
    let endpoint = format!("{}/msi/token", server.uri());
    from(&[&[("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "header-of-the-host")], more].concat())
}

#[tokio::test]
async fn a_host_gives_the_token_of_its_identity() {
    let server = MockServer::start().await;
    let end = |seconds: i64| (DateTime::parse_from_rfc3339("2026-11-22T12:00:00Z").unwrap().timestamp() + seconds).to_string();
    let token = |name: &str, seconds| ok(json!({"access_token": app_token(name), "expires_on": end(seconds), "resource": "x"}));
    Mock::given(path("/msi/token"))
        .and(method("GET"))
        .and(query_param("api-version", "2019-08-01"))
        .and(query_param("resource", server.uri()))
        .and(query_param("client_id", CLIENT))
        .and(header("X-IDENTITY-HEADER", "header-of-the-host"))
        .respond_with(in_turn(vec![status(429), token("one", 0), token("two", 86_400)]))
        .mount(&server)
        .await;
    serve_things(&server).await;
    let client = connect(&server, host_identity(&server, &[("AZURE_CLIENT_ID", CLIENT)])).await.unwrap();
    client.get(&things()).await.unwrap();
    client.get(&things()).await.unwrap();
    assert_eq!(requests(&server, "/msi/token").await.len(), 3, "the second token lasts a day");
    let sent = requests(&server, "/v1.0/things").await;
    assert!(sent.iter().all(|request| bearer_of(request) == format!("Bearer {}", app_token("two"))));
    assert!(sent.iter().all(|request| !request.headers.contains_key("x-identity-header")));
    assert_eq!((client.signed_in_as().how, client.tenant_id()), (How::ManagedIdentity, TENANT));
}

fn metadata(server: &MockServer, more: &[(&str, &str)]) -> Credential {
    from(&[&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.uri().as_str())], more].concat())
}

const METADATA: &str = "/metadata/identity/oauth2/token";

#[tokio::test]
async fn a_virtual_machine_gives_the_token_of_its_identity() {
    let server = MockServer::start().await;
    Mock::given(path(METADATA))
        .and(header("Metadata", "true"))
        .and(query_param("api-version", "2018-02-01"))
        .and(query_param("resource", server.uri()))
        .respond_with(in_turn(vec![status(404), status(410), short("one"), short("two")]))
        .mount(&server)
        .await;
    serve(&server, METADATA, status(400)).await;
    serve_things(&server).await;
    let client = connect(&server, metadata(&server, &[])).await.unwrap();
    client.get(&things()).await.unwrap();
    let asked = requests(&server, METADATA).await;
    assert_eq!(asked.len(), 5);
    assert!(!asked[0].headers.contains_key("metadata") && asked[0].url.query().is_none(), "the first only looks whether it is there");
    assert!(asked[1..].iter().all(|request| !request.url.query().unwrap().contains("client_id")));
}

#[tokio::test]
async fn an_identity_that_does_not_work_is_passed_over_with_its_reason() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(short("x")).mount(&elsewhere).await;
    let not_found = json!({"error": "invalid_request", "error_description": "Identity not found header-of-the-host"});
    let other = jwt::make(&json!({"tid": OTHER_TENANT}));
    for (answer, said) in [
        (status(400).set_body_json(not_found), "no such managed identity"),
        (status(400).set_body_json(json!({"error": "header-of-the-host"})), "status 400; "),
        (status(400).set_body_json(json!({"error": "invalid_resource"})), "status 400: invalid_resource"),
        (status(307).insert_header("Location", elsewhere.uri()), "status 307"),
        (status(200).set_body_string("<html>"), "answer is not JSON"),
        (ok(json!({"access_token": "a\u{7}b"})), "without a token"),
        (ok(json!({"access_token": other, "expires_in": 3600})), "of another tenant"),
        (ok(json!({"access_token": app_token("x").repeat(100_000)})), "longer than"),
    ] {
        let server = MockServer::start().await;
        serve(&server, "/msi/token", answer).await;
        let error = refused(&server, host_identity(&server, &[("AZURE_TENANT_ID", TENANT)])).await.to_string();
        assert!(error.contains("managed identity: ") && error.contains(said), "{said}: {error}");
        assert!(error.contains("Azure CLI: az is not on PATH") && error.contains("AZURE_CLIENT_SECRET"), "{error}");
        assert!(!error.contains("header-of-the-host") && error.lines().count() == 2, "{error}");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn headers_of_an_identity_go_to_no_other_machine() {
    let server = MockServer::start().await;
    for endpoint in
        ["http://10.1.2.3/msi", "https://identity.example/msi", "http://169.254.1.1.example/", "http://u:p@127.0.0.1/", "hunter2"]
    {
        let credential = from(&[("IDENTITY_ENDPOINT", endpoint), ("IDENTITY_HEADER", "h")]);
        let error = refused(&server, credential).await.to_string();
        assert!(error.contains("IDENTITY_ENDPOINT does not lead to this machine") && !error.contains("hunter2"), "{error}");
        let error = refused(&server, from(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", endpoint)])).await.to_string();
        assert!(error.contains("does not lead to this machine"), "{error}");
    }
    let error = refused(&server, from(&[("IDENTITY_ENDPOINT", "http://localhost:40342/x")])).await;
    assert!(matches!(error, Error::Settings { .. }) && error.to_string().contains("Azure Arc"), "{error}");
}

#[tokio::test]
async fn a_machine_outside_azure_is_recognised_soon() {
    let server = MockServer::start().await;
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", silent.local_addr().unwrap());
    let begun = std::time::Instant::now();
    let error = refused(&server, from(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &host)])).await;
    assert!(matches!(error, Error::Settings { .. }) && error.to_string().contains("nothing answers at"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

/// A program `az` that does this, in a folder of its own.
#[cfg(unix)]
fn az(script: &str) -> (TempDir, Credential) {
    az_of(script, &[])
}

#[cfg(unix)]
fn az_of(script: &str, more: &[(&str, &str)]) -> (TempDir, Credential) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("az");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let search = format!(".:{}", folder.path().display());
    let variables = [&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9"), ("PATH", search.as_str())], more].concat();
    let credential = from(&variables);
    (folder, credential)
}

#[cfg(unix)]
#[tokio::test]
async fn the_azure_cli_is_asked_for_each_token() {
    let server = MockServer::start().await;
    serve_things(&server).await;
    let answer = json!({"accessToken": app_token("cli"), "expires_on": 1, "expiresOn": "2026-11-22 12:00:00.000000", "tenant": TENANT});
    let (folder, credential) =
        az_of(&format!("echo \"$@\" >> \"$(dirname \"$0\")/calls\"; echo '{answer}'"), &[("AZURE_TENANT_ID", TENANT)]);
    let client = connect(&server, credential).await.unwrap();
    client.get(&things()).await.unwrap();
    let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    let call = format!("account get-access-token --output json --scope {}/.default --tenant {TENANT}", server.uri());
    assert_eq!(calls.lines().collect::<Vec<_>>(), [call.as_str(), &call]);
    assert_eq!((client.signed_in_as().how, client.tenant_id()), (How::AzureCli, TENANT));
    assert!(client.notes().is_empty(), "a service principal can read: {:?}", client.notes());
}

#[cfg(unix)]
#[tokio::test]
async fn a_person_at_the_azure_cli_is_told_what_their_token_lacks() {
    let server = MockServer::start().await;
    let token = jwt::make(&json!({"tid": TENANT, "idtyp": "user", "scp": "Directory.Read.All", "appid": azure_cli::APP_ID, "upn": "p@x"}));
    let (_folder, credential) = az(&format!("echo '{}'", json!({"accessToken": token, "expiresOn": "2026-11-22 23:00:00.000000"})));
    let client = connect(&server, credential).await.unwrap();
    let notes = client.notes().join("\n");
    assert!(notes.contains("Azure CLI") && notes.contains("DeviceManagement") && notes.contains("Intune"), "{notes}");
    assert_eq!(client.signed_in_as().identity, Identity::Person);
}

#[cfg(unix)]
#[tokio::test]
async fn an_azure_cli_that_does_not_work_is_said_without_tokens() {
    let server = MockServer::start().await;
    let token = app_token("leaked");
    let other = jwt::make(&json!({"tid": OTHER_TENANT}));
    for (script, said) in [
        ("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1".to_owned(), "az: Please run 'az login'"),
        (format!("echo 'ERROR: token {token} is no good' >&2; exit 1"), "az: token *** is no good"),
        ("exit 3".to_owned(), "failed without a word"),
        ("echo '<html>'".to_owned(), "did not answer in JSON"),
        ("echo '{}'".to_owned(), "without a token"),
        (format!("echo '{{\"accessToken\": \"{token}'"), "did not answer in JSON"),
        (format!("echo '{}'", json!({"accessToken": format!("{token}\u{1}")})), "without a token"),
        (format!("echo '{}'", json!({"accessToken": other})), "of another tenant"),
        ("exec sleep 60".to_owned(), "did not end within 2 seconds"),
    ] {
        let (_folder, credential) = az_of(&script, &[("AZURE_TENANT_ID", TENANT)]);
        let error = refused(&server, credential).await;
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(said) && !shown.contains(&token), "{said}: {shown}");
    }
}

type Prompts = Arc<Lock<Vec<DevicePrompt>>>;

fn device() -> (Prompts, Credential) {
    let prompts = Prompts::default();
    let seen = Arc::clone(&prompts);
    let variables = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT)];
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let credential = Credential::device_code(lookup, move |prompt| seen.lock().unwrap().push(prompt.clone())).unwrap();
    (prompts, credential)
}

fn code() -> ResponseTemplate {
    ok(json!({"user_code": "ABCD-EFGH", "device_code": "the-device-code", "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": 900, "interval": 5}))
}

fn code_path() -> String {
    format!("/{TENANT}/oauth2/v2.0/devicecode")
}

fn person(refresh: Option<&str>) -> ResponseTemplate {
    let token = jwt::make(&json!({"tid": TENANT, "scp": "DeviceManagementRBAC.Read.All", "appid": CLIENT}));
    ok(json!({"access_token": token, "expires_in": 0, "refresh_token": refresh}))
}

#[tokio::test]
async fn a_person_enters_a_code_and_is_renewed_with_the_newest_refresh_token() {
    let server = MockServer::start().await;
    serve(&server, &code_path(), in_turn(vec![status(503), code()])).await;
    let answers = vec![
        refusal("authorization_pending", 70_016),
        status(502),
        refusal("slow_down", 0),
        status(200).set_body_string("{\"access"),
        person(Some("refresh-one")),
        person(None),
        person(Some("refresh-two")),
        person(None),
    ];
    serve(&server, &token_path(), in_turn(answers)).await;
    serve_things(&server).await;
    let (prompts, credential) = device();
    let client = connect(&server, credential).await.unwrap();
    for _ in 0..3 {
        client.get(&things()).await.unwrap();
    }
    let shown = prompts.lock().unwrap().clone();
    let page = "https://microsoft.com/devicelogin".to_owned();
    assert_eq!(shown, [DevicePrompt { user_code: "ABCD-EFGH".into(), verification_uri: page, minutes: 15 }], "shown once");
    let scope = format!("{}/.default offline_access", server.uri());
    assert_eq!(
        form(&requests(&server, &code_path()).await[1]),
        BTreeMap::from([("client_id".into(), CLIENT.into()), ("scope".into(), scope)])
    );
    let asked: Vec<_> = requests(&server, &token_path()).await.iter().map(form).collect();
    assert!(asked[..5].iter().all(|form| form["device_code"] == "the-device-code" && form["client_id"] == CLIENT));
    let renewals: Vec<&str> = asked[5..].iter().map(|form| form["refresh_token"].as_str()).collect();
    assert_eq!(renewals, ["refresh-one", "refresh-one", "refresh-two"]);
    assert!(client.notes().join(" ").contains("Intune role"), "{:?}", client.notes());
}

#[tokio::test]
async fn a_person_who_does_not_come_through_is_said() {
    for (answer, said) in [
        (refusal("authorization_declined", 0), "declined"),
        (refusal("access_denied", 0), "declined"),
        (refusal("expired_token", 70_019), "not entered in time"),
        (refusal("bad_verification_code", 70_018), "no longer knows the code"),
        (refusal("authorization_pending", 70_016), "not entered in time"),
        (status(503), "not entered in time"),
        (refusal("invalid_client", 7_000_218), "Allow public client flows"),
        (refusal("invalid_grant", 53_003), "Conditional Access"),
        (refusal("the-device-code", 1), "status 400: AADSTS1"),
    ] {
        let server = MockServer::start().await;
        serve(&server, &code_path(), code()).await;
        serve(&server, &token_path(), answer).await;
        let error = refused(&server, device().1).await;
        let text = error.to_string();
        assert!(matches!(error, Error::SignIn { .. }) && text.contains(said), "{said}: {text}");
        assert!(!text.contains("the-device-code"), "{text}");
        assert!(requests(&server, &token_path()).await.len() <= 180, "asked after the code had ended");
    }
}

#[tokio::test]
async fn a_hostile_device_code_is_not_shown() {
    for answer in [
        ok(json!({"user_code": "A", "device_code": "d", "verification_uri": "http://evil.example/"})),
        ok(json!({"user_code": "A", "verification_uri": "https://microsoft.com/devicelogin"})),
        ok(json!([])),
        refusal("unauthorized_client", 700_016),
    ] {
        let server = MockServer::start().await;
        serve(&server, &code_path(), answer).await;
        let (prompts, credential) = device();
        assert!(matches!(refused(&server, credential).await, Error::SignIn { .. }));
        assert!(prompts.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_person_without_a_refresh_token_is_not_asked_again_in_the_middle_of_a_run() {
    let server = MockServer::start().await;
    serve(&server, &code_path(), code()).await;
    serve(&server, &token_path(), person(None)).await;
    let (prompts, credential) = device();
    let client = connect(&server, credential).await.unwrap();
    let error = client.get(&things()).await.unwrap_err().to_string();
    assert!(error.contains("cannot be renewed") && error.contains("--device-code"), "{error}");
    assert_eq!(prompts.lock().unwrap().len(), 1);
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

/// Keeps everything that is traced, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Lock<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_way_to_sign_in_shows_what_it_holds() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
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
    let traced = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
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
