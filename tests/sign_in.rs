//! Ways to sign in, through the binary: what a person sees of them, and that nobody sees a token.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use assert_cmd::Command;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{maascan, text};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const CLIENT: &str = "bbbbbbbb-0000-4000-8000-00000000000b";

fn token(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"none"}"#), part(&claims.to_string()), part("planted-signature"))
}

/// A service that signs in and lets nothing be read.
fn service(answers: &[(&str, Value)]) -> (Runtime, MockServer) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        for (place, body) in answers {
            let place = format!("/{TENANT}/oauth2/v2.0/{place}");
            Mock::given(path(place)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
        }
        Mock::given(any()).respond_with(ResponseTemplate::new(403)).mount(&server).await;
        server
    });
    (runtime, server)
}

fn scan(server: &MockServer) -> Command {
    let mut command = maascan();
    command.args(["scan", "-vv", "--graph-endpoint", &server.uri(), "--login-endpoint", &server.uri()]).env("PATH", "");
    command
}

/// What a run says on both outputs; no part of a token may be among it.
fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    for shown in [&said, &text(&output.stdout)] {
        assert!(!shown.contains("planted") && !shown.contains("eyJ") && !shown.contains(&URL_SAFE_NO_PAD.encode("planted")), "{shown}");
    }
    said
}

#[test]
fn a_person_is_shown_the_code_and_what_their_sign_in_means() {
    let access = token(&json!({"tid": TENANT, "scp": "DeviceManagementRBAC.Read.All", "appid": CLIENT}));
    let (_runtime, server) = service(&[
        (
            "devicecode",
            json!({"user_code": "ABCD\u{1b}[2J-EFGH", "device_code": "planted-code", "interval": 1, "expires_in": 900,
            "verification_uri": "https://microsoft.com/devicelogin"}),
        ),
        ("token", json!({"access_token": access, "refresh_token": "planted-refresh", "expires_in": 3599})),
    ]);
    let mut command = scan(&server);
    command.args(["--device-code"]).env("AZURE_TENANT_ID", TENANT).env("AZURE_CLIENT_ID", CLIENT);
    let said = said(command);
    assert!(said.contains("open https://microsoft.com/devicelogin and enter the code ABCD [2J-EFGH within 15 minutes"), "{said}");
    assert!(said.contains("warning: signed in as a person"), "{said}");
}

#[test]
fn a_second_way_that_is_set_is_named() {
    let access = token(&json!({"tid": TENANT, "idtyp": "app", "roles": []}));
    let (_runtime, server) = service(&[("token", json!({"access_token": access, "expires_in": 3599}))]);
    let mut command = scan(&server);
    command.env("AZURE_TENANT_ID", TENANT).env("AZURE_CLIENT_ID", CLIENT);
    command.env("AZURE_CLIENT_SECRET", "planted-secret").env("AZURE_CLIENT_CERTIFICATE_PATH", "/planted.pem");
    let said = said(command);
    assert!(said.contains("sign-in uses AZURE_CLIENT_SECRET") && said.contains("not used: AZURE_CLIENT_CERTIFICATE_PATH"), "{said}");
    assert!(said.contains("warning: the token carries no application permissions"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_person_at_the_azure_cli_is_warned() {
    use std::os::unix::fs::PermissionsExt;
    let (_runtime, server) = service(&[]);
    let folder = tempfile::tempdir().unwrap();
    let access = token(&json!({"tid": TENANT, "scp": "Directory.Read.All", "idtyp": "user", "upn": "planted@contoso.example"}));
    let az = folder.path().join("az");
    let answer = json!({"accessToken": access, "expires_on": 4_000_000_000_u64, "tenant": TENANT});
    std::fs::write(&az, format!("#!/bin/sh\necho 'WARNING: planted' >&2\necho '{answer}'\n")).unwrap();
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = scan(&server);
    command.env("PATH", folder.path());
    let said = said(command);
    assert!(said.contains("warning: tokens that the Azure CLI obtains for people carry no DeviceManagement"), "{said}");
}
