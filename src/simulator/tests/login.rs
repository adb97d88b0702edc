//! Every way to sign in, over HTTP.

use super::certificate::test_key;
use super::*;
use sha2::{Digest, Sha256};

const GRAPH: &str = "https://graph.microsoft.com/.default";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl Wire {
    async fn certified() -> Self {
        Self::with(Settings { certificate: Some(test_key::certificate()), ..Settings::default() }).await
    }

    async fn with_code(device_code: DeviceCode) -> Self {
        Self::with(Settings { device_code, ..Settings::default() }).await
    }

    async fn form(&self, endpoint: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/{}/oauth2/v2.0/{endpoint}", self.simulator.origin(), self.simulator.tenant_id());
        let client = [("client_id", self.simulator.client_id())];
        let form: Vec<_> = client.iter().chain(form).collect();
        let response = self.client.post(url).form(&form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Status, and the number of the refusal if it is one.
    async fn assert_with(&self, assertion: &str) -> (u16, Option<u64>) {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", GRAPH),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ];
        let (status, body) = self.form("token", &form).await;
        (status, body["error_codes"][0].as_u64())
    }

    fn header(&self) -> Value {
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(Sha256::digest(test_key::certificate()))})
    }

    fn claims(&self) -> Value {
        let now = Utc::now().timestamp();
        let audience = format!("{}/{}/oauth2/v2.0/token", self.simulator.origin(), self.simulator.tenant_id());
        let client = self.simulator.client_id();
        json!({"aud": audience, "iss": client, "sub": client, "jti": "1", "nbf": now, "exp": now + 300})
    }

    async fn plain(&self, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        let request = headers.iter().fold(self.client.get(self.url(path)), |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn works(&mut self, token: &Value) {
        self.token = token.as_str().unwrap().to_owned();
        assert_eq!(self.get("/v1.0/organization").await.0, 200);
    }
}

#[tokio::test]
async fn a_certificate_signs_in() {
    let wire = Wire::certified().await;
    assert_eq!(wire.assert_with(&test_key::signed(&wire.header(), &wire.claims())).await, (200, None));
}

#[tokio::test]
async fn each_fault_of_a_signed_assertion_has_its_number() {
    let wire = Wire::certified().await;
    let changed = |name: &str, value: Value| {
        let mut claims = wire.claims();
        claims[name] = value;
        test_key::signed(&wire.header(), &claims)
    };
    let now = Utc::now().timestamp();
    let good = test_key::signed(&wire.header(), &wire.claims());
    let mut other_key = wire.header();
    other_key["x5t#S256"] = "x".into();
    let (signed, _) = good.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 256]));
    for (assertion, status, number) in [
        ("x.y.z".to_owned(), 400, 50_027),
        (String::new(), 400, 50_027),
        (forged, 401, 700_027),
        (test_key::signed(&other_key, &wire.claims()), 401, 700_027),
        (changed("exp", json!(now - 301)), 401, 700_024),
        (changed("nbf", json!(now + 330)), 401, 700_024),
        (changed("sub", json!("another")), 401, 700_021),
        (changed("aud", json!("https://login.example")), 401, 700_023),
    ] {
        assert_eq!(wire.assert_with(&assertion).await, (status, Some(number)), "{number}");
    }
    assert_eq!(wire.assert_with(&changed("exp", json!(now - 280))).await.0, 200);
    let unregistered = Wire::new().await;
    assert_eq!(unregistered.assert_with(&test_key::signed(&unregistered.header(), &unregistered.claims())).await.1, Some(700_027));
    let no_kind = [("grant_type", "client_credentials"), ("scope", GRAPH), ("client_assertion", good.as_str())];
    assert_eq!(wire.form("token", &no_kind).await.1["error_codes"][0], 900_144);
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_at_the_start() {
    let settings = Settings { certificate: Some(vec![1, 2, 3]), ..Settings::default() };
    assert!(matches!(start(settings, 0).await.unwrap_err(), Error::Certificate));
}

#[tokio::test]
async fn a_federated_token_signs_in_if_issuer_and_subject_are_trusted() {
    let wire = Wire::new().await;
    assert_eq!(wire.assert_with(&wire.simulator.federated_token()).await, (200, None));
    let issuer = format!("{}/issuer", wire.simulator.origin());
    let good = wire.simulator.federated_token();
    let (signed, _) = good.rsplit_once('.').unwrap();
    for (token, number) in [
        (wire.simulator.federated_token_of("https://elsewhere.example", "x"), 700_211),
        (wire.simulator.federated_token_of(&issuer, "system:serviceaccount:other:other"), 700_213),
        (format!("{signed}.{}", URL_SAFE_NO_PAD.encode("forged")), 50_013),
    ] {
        assert_eq!(wire.assert_with(&token).await, (401, Some(number)));
    }
}

#[tokio::test]
async fn github_gives_a_token_that_can_be_exchanged() {
    let wire = Wire::new().await;
    let [(_, url), (_, secret)] = wire.simulator.github_environment();
    let bearer = format!("bearer {secret}");
    let exchange = format!("{url}&audience=api://AzureADTokenExchange");
    let (status, body) = wire.plain(&exchange, &[("authorization", &bearer)]).await;
    assert_eq!((status, wire.assert_with(body["value"].as_str().unwrap()).await), (200, (200, None)));
    let (_, body) = wire.plain(&url, &[("authorization", &bearer)]).await;
    assert_eq!(wire.assert_with(body["value"].as_str().unwrap()).await, (401, Some(700_212)));
    assert_eq!(wire.plain(&exchange, &[("authorization", "bearer wrong")]).await.0, 401);
    assert_eq!(wire.plain(&exchange, &[]).await.0, 401);
}

#[tokio::test]
async fn managed_identities_get_tokens_where_they_run() {
    let mut wire = Wire::new().await;
    let query = "api-version=2018-02-01&resource=https://graph.microsoft.com";
    let machine = format!("/metadata/identity/oauth2/token?{query}");
    let (status, body) = wire.plain(&machine, &[("Metadata", "true")]).await;
    assert!(status == 200 && body["expires_in"].is_string() && body["expires_on"].is_string());
    wire.works(&body["access_token"]).await;
    assert_eq!(wire.plain(&machine, &[]).await.0, 400);
    assert_eq!(
        wire.plain(&format!("{machine}&client_id=other"), &[("Metadata", "true")]).await.1["error_description"],
        "Identity not found"
    );

    let [(_, endpoint), (_, secret)] = wire.simulator.app_service_environment();
    let (status, body) = wire.plain(&format!("{endpoint}?{query}"), &[("X-IDENTITY-HEADER", &secret)]).await;
    assert!(status == 200 && body.get("expires_in").is_none());
    wire.works(&body["access_token"]).await;
    assert_eq!(wire.plain(&format!("{endpoint}?{query}"), &[("X-IDENTITY-HEADER", "x")]).await.0, 401);
    let form = [("resource", "https://graph.microsoft.com/")];
    let posted = wire.client.post(endpoint).header("X-IDENTITY-HEADER", secret).form(&form).send().await.unwrap();
    assert_eq!(posted.status(), 200);
}

/// Asks for a code and polls until something else than waiting is answered: the answers.
async fn poll(wire: &Wire, scope: &str) -> Vec<Value> {
    let (status, code) = wire.form("devicecode", &[("scope", scope)]).await;
    assert!(status == 200 && code["user_code"].is_string() && code["interval"].is_u64(), "{code}");
    let mut answers = Vec::new();
    for _ in 0..6 {
        let (_, body) = wire.form("token", &[("grant_type", DEVICE), ("device_code", code["device_code"].as_str().unwrap())]).await;
        let waiting = ["authorization_pending", "slow_down"].iter().any(|error| body["error"] == *error);
        answers.push(body);
        if !waiting {
            break;
        }
    }
    answers
}

fn errors(answers: &[Value]) -> Vec<&str> {
    answers.iter().filter_map(|answer| answer["error"].as_str()).collect()
}

#[tokio::test]
async fn a_person_signs_in_with_a_code_and_the_sign_in_is_renewed() {
    let code = DeviceCode { pending: 2, slow_down: true, ..DeviceCode::default() };
    let mut wire = Wire::with_code(code).await;
    let answers = poll(&wire, &format!("{GRAPH} offline_access openid")).await;
    assert_eq!(errors(&answers), ["authorization_pending", "authorization_pending", "slow_down"]);
    let last = answers.last().unwrap();
    wire.works(&last["access_token"]).await;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(wire.token.split('.').nth(1).unwrap()).unwrap()).unwrap();
    assert!(claims["scp"].as_str().unwrap().contains("Application.Read.All") && claims.get("roles").is_none());
    assert_eq!(claims["idtyp"], "user");
    let refresh = last["refresh_token"].as_str().unwrap();
    let (status, renewed) = wire.form("token", &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    assert_eq!(status, 200);
    wire.works(&renewed["access_token"]).await;
    let (status, body) = wire.form("token", &[("grant_type", "refresh_token"), ("refresh_token", "x.y")]).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_code_can_be_declined_or_run_out() {
    for (end, error) in [(DeviceCodeEnd::Declined, "authorization_declined"), (DeviceCodeEnd::Expired, "expired_token")] {
        let wire = Wire::with_code(DeviceCode { pending: 0, end, ..DeviceCode::default() }).await;
        assert_eq!(errors(&poll(&wire, GRAPH).await), [error]);
    }
    let wire = Wire::new().await;
    let (_, body) = wire.form("token", &[("grant_type", DEVICE), ("device_code", "x")]).await;
    assert_eq!(body["error"], "bad_verification_code");
}

#[tokio::test]
async fn a_person_without_the_scope_cannot_read_intune() {
    let scopes = Some(vec!["Application.Read.All".into(), "Organization.Read.All".into()]);
    let mut wire = Wire::with_code(DeviceCode { pending: 0, scopes, ..DeviceCode::default() }).await;
    let answers = poll(&wire, GRAPH).await;
    assert!(answers[0].get("refresh_token").is_none());
    wire.works(&answers[0]["access_token"]).await;
    for path in
        ["/v1.0/deviceManagement/auditEvents", "/beta/deviceManagement/operationApprovalPolicies", "/v1.0/deviceManagement/roleDefinitions"]
    {
        assert_eq!(wire.get(path).await.0, 403, "{path}");
    }
}
