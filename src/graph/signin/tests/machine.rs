//! What a machine offers: managed identities, and the Azure CLI as a small script.

use super::*;

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
