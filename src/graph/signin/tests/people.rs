//! People who sign in with a device code.

use super::*;

pub(super) type Prompts = Arc<Lock<Vec<DevicePrompt>>>;

pub(super) fn device() -> (Prompts, Credential) {
    let prompts = Prompts::default();
    let seen = Arc::clone(&prompts);
    let variables = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT)];
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let credential = Credential::device_code(lookup, move |prompt| seen.lock().unwrap().push(prompt.clone())).unwrap();
    (prompts, credential)
}

pub(super) fn code() -> ResponseTemplate {
    ok(json!({"user_code": "ABCD-EFGH", "device_code": "the-device-code", "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": 900, "interval": 5}))
}

pub(super) fn code_path() -> String {
    format!("/{TENANT}/oauth2/v2.0/devicecode")
}

pub(super) fn person(refresh: Option<&str>) -> ResponseTemplate {
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
async fn a_person_without_a_named_tenant_brings_it_along() {
    let server = MockServer::start().await;
    serve(&server, "/organizations/oauth2/v2.0/devicecode", code()).await;
    serve(&server, "/organizations/oauth2/v2.0/token", person(None)).await;
    let lookup = |name: &str| (name == "AZURE_CLIENT_ID").then(|| CLIENT.to_owned());
    let client = connect(&server, Credential::device_code(lookup, |_| {}).unwrap()).await.unwrap();
    assert_eq!((client.tenant_id(), client.signed_in_as().how), (TENANT, How::DeviceCode));
    server.reset().await;
    serve(&server, "/organizations/oauth2/v2.0/devicecode", code()).await;
    serve(&server, "/organizations/oauth2/v2.0/token", ok(json!({"access_token": "opaque", "expires_in": 3599}))).await;
    let error = refused(&server, Credential::device_code(lookup, |_| {}).unwrap()).await;
    assert!(error.to_string().contains("AZURE_TENANT_ID"), "{error}");
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
