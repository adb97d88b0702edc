//! The wire, tried over HTTP with a client that knows nothing of the house.

mod access;
mod faults;
mod login;
mod usage;

use super::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A simulator with a client that has signed in.
struct Wire {
    simulator: Simulator,
    client: Client,
    token: String,
}

impl Wire {
    async fn with(settings: Settings) -> Self {
        let simulator = start(settings, 0).await.unwrap();
        // reqwest is built without a TLS provider and wants one even where only plain http is spoken.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        let (status, body) = sign_in(&client, &simulator, simulator.tenant_id(), simulator.client_secret()).await;
        assert_eq!(status, 200, "{body}");
        let token = body["access_token"].as_str().unwrap().to_owned();
        Self { simulator, client, token }
    }

    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    async fn failing(path_contains: &str, kind: FaultKind) -> Self {
        Self::planted(Fault::new(path_contains, kind)).await
    }

    async fn planted(fault: Fault) -> Self {
        Self::with(Settings { faults: vec![fault], ..Settings::default() }).await
    }

    async fn with_roles(roles: &[&str]) -> Self {
        let only = TokenRoles::Only(roles.iter().map(ToString::to_string).collect());
        Self::with(Settings { token_roles: only, ..Settings::default() }).await
    }

    /// The value of a member of the only row whose `displayName` is this.
    async fn id_named(&self, list: &str, name: &str) -> String {
        let (rows, _) = self.list(list).await;
        rows.iter().find(|row| row["displayName"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn get_with(&self, path: &str, header: &str, value: &str) -> (u16, Value) {
        let response = self.client.get(self.url(path)).bearer_auth(&self.token).header(header, value).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.simulator.origin()) }
    }

    async fn send(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        self.client.get(self.url(path)).bearer_auth(&self.token).send().await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.send(path).await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(self.url(path)).bearer_auth(&self.token).body(body.to_string());
        let response = request.header("content-type", "application/json").send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Every row of a list, page by page, and how many pages there were.
    async fn list(&self, path: &str) -> (Vec<Value>, usize) {
        let (mut rows, mut pages, mut next) = (Vec::new(), 0, path.to_owned());
        loop {
            let (status, mut body) = self.get(&next).await;
            assert_eq!(status, 200, "{next}: {body}");
            rows.append(body["value"].as_array_mut().unwrap());
            pages += 1;
            match body["@odata.nextLink"].as_str() {
                Some(link) => {
                    assert!(link.starts_with(&self.simulator.origin()), "{link}");
                    next = link.to_owned();
                }
                None => return (rows, pages),
            }
        }
    }
}

async fn sign_in(client: &Client, simulator: &Simulator, tenant: &str, secret: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", simulator.client_id()),
        ("client_secret", secret),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let url = format!("{}/{tenant}/oauth2/v2.0/token", simulator.origin());
    let response = client.post(url).form(&form).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_clock_of_the_demo_is_the_published_one() {
    assert_eq!(DEMO_TIME.to_rfc3339(), "2026-11-02T06:00:00+00:00");
}

#[tokio::test]
async fn a_token_has_three_parts_and_the_claims_of_an_application() {
    let wire = Wire::new().await;
    let parts: Vec<&str> = wire.token.split('.').collect();
    assert_eq!(parts.len(), 3);
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    assert_eq!(claims["tid"], wire.simulator.tenant_id());
    assert_eq!(claims["appid"], wire.simulator.client_id());
    assert_eq!(claims["aud"], "https://graph.microsoft.com");
    assert_eq!(claims["roles"].as_array().unwrap().len(), 12);
    assert!(claims["exp"].as_i64().unwrap() > claims["iat"].as_i64().unwrap());
}

#[tokio::test]
async fn a_wrong_secret_and_a_wrong_tenant_are_refused_as_entra_does() {
    let wire = Wire::new().await;
    let (status, body) = sign_in(&wire.client, &wire.simulator, wire.simulator.tenant_id(), "wrong").await;
    assert_eq!((status, &body["error"], &body["error_codes"]), (401, &json!("invalid_client"), &json!([7_000_215])));
    assert!(body["error_description"].as_str().unwrap().starts_with("AADSTS7000215: "));
    let (status, body) = sign_in(&wire.client, &wire.simulator, "contoso.example", wire.simulator.client_secret()).await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([90_002])));
}

#[tokio::test]
async fn a_token_that_is_changed_absent_expired_or_for_something_else_is_refused() {
    let mut wire = Wire::new().await;
    let good = wire.token.clone();
    let (header, rest) = good.split_once('.').unwrap();
    let (claims, sum) = rest.split_once('.').unwrap();
    let more = json!({"aud": "https://graph.microsoft.com", "exp": 9_999_999_999u64, "roles": []}).to_string();
    let forged = format!("{header}.{}.{sum}", URL_SAFE_NO_PAD.encode(more));
    for wrong in [String::new(), "x".into(), forged, format!("{header}.{claims}.")] {
        wire.token = wrong;
        let (status, body) = wire.get("/v1.0/organization").await;
        assert_eq!((status, &body["error"]["code"]), (401, &json!("InvalidAuthenticationToken")));
    }
    let short_lived = Wire::with(Settings { token_lifetime: Duration::ZERO, ..Settings::default() }).await;
    assert_eq!(short_lived.get("/v1.0/organization").await.0, 401);
}

#[tokio::test]
async fn beta_only_lists_do_not_exist_in_the_other_version() {
    let wire = Wire::new().await;
    for path in [
        "deviceManagement/operationApprovalPolicies",
        "deviceManagement/operationApprovalRequests",
        "reports/servicePrincipalSignInActivities",
    ] {
        assert_eq!(wire.get(&format!("/beta/{path}")).await.0, 200, "{path}");
        let (status, body) = wire.get(&format!("/v1.0/{path}")).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!("BadRequest")), "{path}");
        assert!(body["error"]["innerError"]["request-id"].is_string());
    }
}

#[tokio::test]
async fn pages_hold_every_service_principal_once() {
    let wire = Wire::new().await;
    for (path, pages) in [("/v1.0/servicePrincipals", 3), ("/v1.0/servicePrincipals?$top=999", 1), ("/v1.0/servicePrincipals?$top=7", 43)] {
        let (rows, read) = wire.list(path).await;
        assert_eq!((rows.len(), ids(&rows).len(), read), (300, 300, pages), "{path}");
    }
    assert_eq!(wire.get("/v1.0/servicePrincipals?$top=1000").await.0, 400);
    assert_eq!(wire.get("/v1.0/servicePrincipals?$skiptoken=abc").await.0, 400);
}

#[tokio::test]
async fn the_other_lists_are_whole_too() {
    let wire = Wire::new().await;
    let (events, pages) = wire.list("/v1.0/deviceManagement/auditEvents?$top=3").await;
    assert_eq!(ids(&events).len(), events.len());
    assert!(pages >= 2 && events.len() > 1_000, "{pages} pages, {} events", events.len());
    let (requests, pages) = wire.list("/beta/deviceManagement/operationApprovalRequests").await;
    assert_eq!((ids(&requests).len(), pages), (requests.len(), 2));
    let path = "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo?$top=50";
    let (grants, _) = wire.list(path).await;
    assert_eq!(ids(&grants).len(), grants.len());
    let kinds: BTreeSet<&str> = grants.iter().filter_map(|grant| grant["principalType"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["Group", "ServicePrincipal", "User"]));
}

#[tokio::test]
async fn select_gives_what_it_names_and_refuses_what_it_does_not_know() {
    let wire = Wire::new().await;
    let (_, body) = wire.get("/v1.0/servicePrincipals?$select=id,appId&$top=2").await;
    for row in body["value"].as_array().unwrap() {
        let names: BTreeSet<&String> = row.as_object().unwrap().keys().filter(|name| !name.starts_with('@')).collect();
        assert_eq!(names, BTreeSet::from([&"appId".to_owned(), &"id".to_owned()]));
    }
    let (status, body) = wire.get("/v1.0/servicePrincipals?$select=id,colour").await;
    assert_eq!(status, 400);
    assert!(body["error"]["message"].as_str().unwrap().contains("'colour'"));
}

#[tokio::test]
async fn whole_rows_have_exactly_the_properties_that_can_be_selected() {
    let wire = Wire::new().await;
    for (path, known) in [
        ("/v1.0/servicePrincipals?$top=1", render::PRINCIPAL),
        ("/v1.0/applications?$top=1", render::APPLICATION),
        ("/v1.0/organization", render::ORGANIZATION),
        ("/beta/reports/servicePrincipalSignInActivities?$top=1", render::SIGN_IN),
        ("/v1.0/deviceManagement/auditEvents", render_intune::EVENT),
        ("/v1.0/identity/conditionalAccess/policies", render_access::CONDITIONAL_ACCESS),
        ("/v1.0/directory/deletedItems/microsoft.graph.servicePrincipal", render::PRINCIPAL),
    ] {
        let (_, body) = wire.get(path).await;
        let row = body["value"][0].as_object().unwrap();
        let names: BTreeSet<&str> = row.keys().map(String::as_str).filter(|name| !name.starts_with('@')).collect();
        assert_eq!(names, known.iter().copied().collect(), "{path}");
    }
}

#[tokio::test]
async fn filters_take_fifteen_ids_and_nothing_fancy() {
    let wire = Wire::new().await;
    let (rows, _) = wire.list("/v1.0/servicePrincipals?$select=id,appId").await;
    let list =
        |count: usize| rows.iter().take(count).map(|row| format!("'{}'", row["appId"].as_str().unwrap())).collect::<Vec<_>>().join(",");
    let (found, _) = wire.list(&format!("/v1.0/servicePrincipals?$filter=appId in ({})", list(15))).await;
    assert_eq!(found.len(), 15);
    assert_eq!(wire.get(&format!("/v1.0/servicePrincipals?$filter=appId in ({})", list(16))).await.0, 400);
    assert_eq!(wire.get("/v1.0/servicePrincipals?$filter=displayName eq 'x'").await.0, 400);
    let time = "activityDateTime ge 2026-10-01T00:00:00Z and activityDateTime lt 2026-10-08T00:00:00Z";
    let (events, _) = wire.list(&format!("/v1.0/deviceManagement/auditEvents?$filter={time}")).await;
    let within = |event: &Value| ("2026-10-01".."2026-10-08").contains(&event["activityDateTime"].as_str().unwrap());
    assert!(!events.is_empty() && events.iter().all(within));
    assert_eq!(wire.get("/v1.0/deviceManagement/auditEvents?$filter=category eq 'Role'").await.0, 400);
}

#[tokio::test]
async fn a_batch_is_answered_item_by_item_and_out_of_order() {
    let wire = Wire::new().await;
    let requests = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/organization"},
        {"id": "2", "method": "GET", "url": "/nowhere"},
        {"id": "3", "method": "PATCH", "url": "/organization", "body": {}},
    ]});
    let (status, body) = wire.post("/v1.0/$batch", &requests).await;
    assert_eq!(status, 200);
    let responses = body["responses"].as_array().unwrap();
    let order: Vec<_> = responses.iter().map(|item| (item["id"].as_str().unwrap(), item["status"].as_u64().unwrap())).collect();
    assert_eq!(order, [("3", 405), ("2", 400), ("1", 200)]);
    assert!(responses[2]["body"]["value"][0]["displayName"].is_string());
    let recorded = wire.simulator.requests();
    let inner = &recorded.last().unwrap().inner;
    assert_eq!((inner.len(), inner[0].clone()), (3, ("GET".into(), "/organization".into())));
}

#[tokio::test]
async fn a_batch_holds_twenty() {
    let wire = Wire::new().await;
    let batch = |count: usize| json!({"requests": (0..count).map(|id| json!({"id": id.to_string(), "method": "GET", "url": "organization"})).collect::<Vec<_>>()});
    let (status, body) = wire.post("/beta/$batch", &batch(20)).await;
    assert_eq!((status, body["responses"].as_array().unwrap().len()), (200, 20));
    assert_eq!(wire.post("/beta/$batch", &batch(21)).await.0, 400);
}

#[tokio::test]
async fn a_permission_that_the_token_lacks_is_a_403_in_the_form_of_the_service() {
    let only = TokenRoles::Only(vec!["AuditLog.Read.All".into()]);
    let wire = Wire::with(Settings { token_roles: only, ..Settings::default() }).await;
    assert_eq!(wire.get("/beta/reports/servicePrincipalSignInActivities").await.0, 200);
    for (path, code) in [
        ("/v1.0/servicePrincipals", "Authorization_RequestDenied"),
        ("/v1.0/organization", "Authorization_RequestDenied"),
        ("/v1.0/deviceManagement/auditEvents", "Forbidden"),
        ("/beta/deviceManagement/operationApprovalPolicies", "Forbidden"),
    ] {
        let (status, body) = wire.get(path).await;
        assert_eq!((status, &body["error"]["code"]), (403, &json!(code)), "{path}");
    }
}

#[tokio::test]
async fn nothing_can_be_written_and_the_attempt_is_on_record() {
    let wire = Wire::new().await;
    assert_eq!(wire.post("/v1.0/applications", &json!({"displayName": "x"})).await.0, 405);
    let deleted = wire.client.delete(wire.url("/v1.0/applications/x")).bearer_auth(&wire.token).send().await.unwrap();
    assert_eq!(deleted.status(), 405);
    let recorded = wire.simulator.requests();
    let methods: Vec<_> = recorded.iter().map(|request| (request.method.as_str(), request.path_and_query.as_str())).collect();
    assert_eq!(methods[1..], [("POST", "/v1.0/applications"), ("DELETE", "/v1.0/applications/x")]);
    assert!(recorded[1].body_length > 0);
}

#[tokio::test]
async fn objects_come_by_id_with_their_type() {
    let wire = Wire::new().await;
    let (rows, _) = wire.list("/v1.0/servicePrincipals?$select=id&$top=2").await;
    let known = rows[0]["id"].as_str().unwrap();
    let unknown = "00000000-1111-4222-8333-444444444444";
    let (status, body) =
        wire.post("/v1.0/directoryObjects/getByIds", &json!({"ids": [known, unknown], "types": ["servicePrincipal"]})).await;
    assert_eq!((status, body["value"].as_array().unwrap().len()), (200, 1));
    assert!(body["value"][0]["@odata.type"].as_str().unwrap().starts_with("#microsoft.graph."));
    let (_, body) = wire.post("/v1.0/directoryObjects/getByIds", &json!({"ids": [known], "types": ["group"]})).await;
    assert_eq!(body["value"], json!([]));
    assert_eq!(wire.post("/v1.0/directoryObjects/getByIds", &json!({"ids": "x"})).await.0, 400);
}

#[tokio::test]
async fn faults_that_replace_an_answer_do_so_as_often_as_asked() {
    let throttled = FaultKind::TooManyRequests { retry_after: Some(3) };
    for (kind, status) in [
        (throttled, 429),
        (FaultKind::TooManyRequests { retry_after: None }, 429),
        (FaultKind::InternalQueryBroker, 500),
        (FaultKind::InternalError, 500),
        (FaultKind::ServiceUnavailable, 503),
        (FaultKind::Forbidden, 403),
    ] {
        let wire = Wire::failing("/organization", kind).await;
        assert_eq!(wire.get("/v1.0/servicePrincipals?$top=1").await.0, 200);
        let response = wire.send("/v1.0/organization").await.unwrap();
        let waits = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!((response.status().as_u16(), waits), (status, (kind == throttled).then(|| "3".to_owned())), "{kind:?}");
        let told = response.text().await.unwrap();
        assert_eq!(told.contains("query broker"), kind == FaultKind::InternalQueryBroker);
        assert_eq!(wire.get("/v1.0/organization").await.0, 200, "{kind:?}");
    }
}

#[tokio::test]
async fn a_batch_item_is_throttled_by_itself() {
    let wire = Wire::failing("/organization", FaultKind::BatchItemThrottled).await;
    assert_eq!(wire.get("/v1.0/organization").await.0, 200);
    let requests = json!({"requests": [{"id": "a", "method": "GET", "url": "/organization"}, {"id": "b", "method": "GET", "url": "/applications?$top=1"}]});
    let statuses = |body: &Value| -> BTreeMap<String, u64> {
        let items = body["responses"].as_array().unwrap().iter();
        items.map(|item| (item["id"].as_str().unwrap().to_owned(), item["status"].as_u64().unwrap())).collect()
    };
    let (status, body) = wire.post("/v1.0/$batch", &requests).await;
    assert_eq!((status, statuses(&body)), (200, BTreeMap::from([("a".into(), 429), ("b".into(), 200)])));
    assert!(body["responses"].as_array().unwrap().iter().any(|item| item["headers"]["Retry-After"] == "1"));
    let (_, body) = wire.post("/v1.0/$batch", &requests).await;
    assert_eq!(statuses(&body)["a"], 200);
}

#[tokio::test]
async fn lists_are_spoilt_in_each_way() {
    const PATH: &str = "/v1.0/servicePrincipals?$select=id";
    let wire = Wire::failing("/servicePrincipals", FaultKind::NextLinkToOtherHost).await;
    let (_, body) = wire.get(PATH).await;
    assert!(!body["@odata.nextLink"].as_str().unwrap().starts_with(&wire.simulator.origin()));

    let wire = Wire::failing("/servicePrincipals", FaultKind::TruncatedList).await;
    let text = wire.send(PATH).await.unwrap().text().await.unwrap();
    assert!(text.starts_with('{') && serde_json::from_str::<Value>(&text).is_err());

    let wire = Wire::failing("/servicePrincipals", FaultKind::EmptyPageWithNextLink).await;
    let (rows, pages) = wire.list(PATH).await;
    assert_eq!((ids(&rows).len(), rows.len(), pages), (300, 300, 4));

    let wire = Wire::failing("/servicePrincipals", FaultKind::RepeatedNextLink).await;
    let (rows, pages) = wire.list(PATH).await;
    assert_eq!((ids(&rows).len(), rows.len(), pages), (300, 400, 4));

    let wire = Wire::failing("/servicePrincipals", FaultKind::DuplicateRows).await;
    let (rows, pages) = wire.list(PATH).await;
    assert_eq!((ids(&rows).len(), rows.len(), pages), (300, 400, 3));
}

#[tokio::test]
async fn a_connection_breaks_in_the_middle_of_an_answer() {
    let wire = Wire::failing("/servicePrincipals", FaultKind::ConnectionReset).await;
    let broken = match wire.send("/v1.0/servicePrincipals").await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken);
    assert_eq!(wire.get("/v1.0/servicePrincipals").await.0, 200);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes_and_another_seed_other_ids() {
    async fn read(seed: u64) -> String {
        let wire = Wire::with(Settings { seed, ..Settings::default() }).await;
        let mut all = String::new();
        for path in ["/v1.0/servicePrincipals?$top=999", "/v1.0/applications?$top=999", "/v1.0/deviceManagement/auditEvents"] {
            all += &wire.send(path).await.unwrap().text().await.unwrap();
        }
        let origin = wire.simulator.origin();
        wire.simulator.stop().await;
        all.replace(&origin, "")
    }
    let (first, again, other) = (read(5).await, read(5).await, read(6).await);
    assert!(first == again, "the same seed gave other bytes");
    assert!(first != other, "another seed gave the same bytes");
}

#[tokio::test]
async fn policies_show_more_by_id_and_one_shows_nothing() {
    let wire = Wire::new().await;
    let (rows, _) = wire.list("/beta/deviceManagement/operationApprovalPolicies").await;
    assert_eq!(rows.len(), 9);
    assert!(rows.iter().all(|row| row.get("approverGroupIds").is_none()));
    let (mut unreadable, mut with_exclusions) = (0, 0);
    for row in &rows {
        let (status, body) = wire.get(&format!("/beta/deviceManagement/operationApprovalPolicies/{}", row["id"].as_str().unwrap())).await;
        if status == 500 {
            unreadable += 1;
            assert!(row.get("policyType").is_none() && !body.to_string().contains("query broker"));
            continue;
        }
        assert!(body["approverGroupIds"].is_array(), "{body}");
        let member = body.get(wire.simulator.shared.tenant.exclusion_member);
        with_exclusions += usize::from(member.is_some());
        assert!(row.get(wire.simulator.shared.tenant.exclusion_member).is_none());
        if body["policyType"] == "app" {
            assert!(member.unwrap().as_array().unwrap().len() >= 6);
            assert_eq!(body["policyPlatform"], "windows10AndLater");
        }
    }
    assert_eq!((unreadable, with_exclusions), (1, 7));
}

#[tokio::test]
async fn credentials_have_the_forms_that_graph_gives_them() {
    let wire = Wire::new().await;
    let (rows, _) = wire.list("/v1.0/applications?$top=999&$select=displayName,keyCredentials,passwordCredentials").await;
    let runner = rows.iter().find(|row| row["displayName"] == "Endpoint toolkit runner").unwrap();
    let keys = runner["keyCredentials"].as_array().unwrap();
    assert_eq!(keys.iter().map(|key| key["usage"].as_str().unwrap()).collect::<Vec<_>>(), ["Sign", "Verify"]);
    assert_eq!(keys[0]["customKeyIdentifier"], keys[1]["customKeyIdentifier"]);
    assert_ne!(keys[0]["keyId"], keys[1]["keyId"]);
    assert!(keys[0]["key"].is_null());
    let factory = rows.iter().find(|row| row["displayName"] == "Software factory").unwrap();
    let secrets = factory["passwordCredentials"].as_array().unwrap();
    assert_eq!((secrets.len(), &secrets[0]["hint"]), (2, &json!(PLANTED_HINT)));
    assert!(secrets[0]["secretText"].is_null());
}

#[tokio::test]
async fn every_planted_automation_is_there_with_its_permission() {
    let wire = Wire::new().await;
    let (rows, _) = wire.list("/v1.0/servicePrincipals?$top=999&$select=id,appId,displayName").await;
    for planted in planted() {
        let found = rows.iter().filter(|row| row["displayName"] == planted.name).count();
        let named = super::planted().iter().filter(|other| other.name == planted.name && other.has_service_principal).count();
        assert_eq!(found, named, "{:.40}", planted.name);
        assert!(wire.simulator.app_id_of(planted.name).is_some());
    }
    let path = "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo?$top=999";
    let (grants, _) = wire.list(path).await;
    let holders: BTreeSet<&str> = grants.iter().filter_map(|grant| grant["principalId"].as_str()).collect();
    let id_of = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let packaging = rows.iter().find(|row| row["displayName"] == "Win32 packaging pipeline").map(id_of).unwrap();
    assert!(holders.contains(packaging.as_str()));
}

#[tokio::test]
async fn audit_events_tell_applications_from_people() {
    let wire = Wire::new().await;
    let (events, _) = wire.list("/v1.0/deviceManagement/auditEvents").await;
    let empty = |value: &Value| value.is_null() || value == "";
    let app_only = |event: &&Value| empty(&event["actor"]["userPrincipalName"]) && empty(&event["actor"]["userId"]);
    let portal = "5926fc8e-304e-4f59-8bed-58ca97cc39a4";
    let applications: Vec<&Value> = events.iter().filter(app_only).collect();
    assert!(applications.len() > 500 && applications.iter().all(|event| event["actor"]["applicationId"] != portal));
    assert!(applications.iter().any(|event| event["actor"]["userPrincipalName"] == ""));
    assert!(applications.iter().any(|event| event["actor"]["userPrincipalName"].is_null()));
    let workbench = wire.simulator.app_id_of("Packaging workbench").unwrap();
    assert!(events.iter().any(|event| event["actor"]["applicationId"] == workbench.as_str()));
    assert!(applications.iter().all(|event| event["actor"]["applicationId"] != workbench.as_str()));
}

#[tokio::test]
async fn latency_is_added_to_each_request() {
    let wire = Wire::with(Settings { latency: Duration::from_millis(120), ..Settings::default() }).await;
    let begun = std::time::Instant::now();
    assert_eq!(wire.get("/v1.0/organization").await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn stopping_frees_the_port_and_a_taken_port_is_the_users_to_change() {
    let wire = Wire::new().await;
    let port = wire.simulator.origin().rsplit(':').next().unwrap().parse().unwrap();
    let taken = start(Settings::default(), port).await.unwrap_err();
    assert!(taken.to_string().contains(&format!("127.0.0.1:{port}")));
    wire.simulator.stop().await;
    assert!(start(Settings::default(), port).await.is_ok());
}
