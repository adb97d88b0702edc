//! Whole collections of a made-up tenant: what is kept, what each failure does to the coverage, and what is asked.

use super::*;
use crate::graph::{Cloud, Credential, Endpoints, RetryPolicy, Settings};
use crate::snapshot::{AppId, SignInTime};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const GROUP: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
const ROLE: &str = "78145de6-330d-4800-a6ce-494ff2d33d07";
const OTHER_ROLE: &str = "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30";
const GRAPH: &str = "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";

/// A GUID of a kind: `p` service principal, `a` app id, `o` application, `x` nothing.
fn guid(kind: char, number: u32) -> String {
    let kind = match kind {
        'p' => 1,
        'a' => 2,
        'o' => 3,
        _ => 9,
    };
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

type Answer = Result<Value, (u16, Value)>;

/// A tenant: answers by path, and a directory that understands `in` filters.
#[derive(Clone)]
struct Fake {
    lists: BTreeMap<String, Vec<Answer>>,
    principals: Vec<Value>,
    applications: Vec<Value>,
    asked: Arc<Mutex<Vec<String>>>,
    reversed: bool,
    /// Members that this service does not know and refuses to select.
    unknown: &'static [&'static str],
}

impl Fake {
    fn answer(&self, url: &str) -> Answer {
        self.asked.lock().unwrap().push(url.to_owned());
        let parsed = url::Url::parse(&format!("http://h{url}")).unwrap();
        let query: BTreeMap<_, _> = parsed.query_pairs().into_owned().collect();
        let page: usize = query.get("page").map_or(0, |page| page.parse().unwrap());
        let filter = query.get("$filter").cloned().unwrap_or_default();
        if let Some(pages) = self.lists.get(parsed.path()) {
            return pages.get(page).cloned().unwrap_or(Err((404, Value::Null)));
        }
        let select = query.get("$select").cloned().unwrap_or_default();
        if let Some(member) = self.unknown.iter().find(|member| select.split(',').any(|selected| selected == **member)) {
            let message = format!("Could not find a property named '{member}' on type 'microsoft.graph.directoryObject'.");
            return Err((400, json!({"error": {"code": "BadRequest", "message": message}})));
        }
        match parsed.path() {
            "/v1.0/servicePrincipals" => Ok(self.found(&self.principals, &filter)),
            "/v1.0/applications" => Ok(self.found(&self.applications, &filter)),
            _ => Err((404, json!({"error": {"code": "NotFound", "message": url}}))),
        }
    }

    fn found(&self, objects: &[Value], filter: &str) -> Value {
        let (member, values) = filter.split_once(" in ").unwrap();
        assert!(values.matches(',').count() < 15);
        let mut rows: Vec<&Value> = objects.iter().filter(|row| values.contains(row[member].as_str().unwrap())).collect();
        if self.reversed {
            rows.reverse();
        }
        json!({"value": rows})
    }

    fn set(&mut self, place: &str, answer: Answer) {
        self.lists.insert(place.to_owned(), vec![answer]);
    }

    /// Splits a list into pages, linked to each other.
    fn paged(&mut self, place: &str, uri: &str, pages: Vec<Value>, last: Option<(u16, Value)>) {
        let count = pages.len();
        let link = |at: usize| json!(format!("{uri}{place}?page={}", at + 1));
        let more = |at: usize| at + 1 < count || last.is_some();
        let mut answers: Vec<Answer> = pages
            .into_iter()
            .enumerate()
            .map(|(at, rows)| Ok(if more(at) { json!({"value": rows, "@odata.nextLink": link(at)}) } else { json!({"value": rows}) }))
            .collect();
        answers.extend(last.map(Err));
        self.lists.insert(place.to_owned(), answers);
    }
}

impl Respond for Fake {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let place = request.url.path();
        let answer = if place.ends_with("/$batch") {
            let body: Value = request.body_json().unwrap();
            let version = place.trim_end_matches("/$batch");
            let part = |part: &Value| match self.answer(&format!("{version}{}", part["url"].as_str().unwrap())) {
                Ok(body) => json!({"id": part["id"], "status": 200, "body": body}),
                Err((status, body)) => json!({"id": part["id"], "status": status, "body": body}),
            };
            Ok(json!({"responses": body["requests"].as_array().unwrap().iter().rev().map(part).collect::<Vec<_>>()}))
        } else {
            let query = request.url.query().map_or_else(String::new, |query| format!("?{query}"));
            self.answer(&format!("{place}{query}"))
        };
        match answer {
            Ok(body) => ResponseTemplate::new(200).set_body_json(body),
            Err((status, body)) => ResponseTemplate::new(status).set_body_json(body),
        }
    }
}

const POLICIES: &str = "/beta/deviceManagement/operationApprovalPolicies";
const REQUESTS: &str = "/beta/deviceManagement/operationApprovalRequests";
const SIGN_INS: &str = "/beta/reports/servicePrincipalSignInActivities";
const AUDIT: &str = "/v1.0/deviceManagement/auditEvents";
const ORGANIZATION: &str = "/v1.0/organization";
const BY_IDS: &str = "/v1.0/directoryObjects/getByIds";
const DELETED: &str = "/v1.0/directory/deletedItems/microsoft.graph.servicePrincipal";

fn principal(number: u32) -> Value {
    json!({"id": guid('p', number), "appId": guid('a', number), "displayName": format!("App {number}"), "servicePrincipalType": "Application",
        "accountEnabled": true, "keyCredentials": [], "passwordCredentials": [{"keyId": "K", "hint": "HINTED", "secretText": null}]})
}

fn application(number: u32) -> Value {
    json!({"id": guid('o', number), "appId": guid('a', number), "displayName": "x", "keyCredentials": [], "passwordCredentials": []})
}

fn grant(number: u32, role: &str) -> Value {
    json!({"id": "g", "principalId": guid('p', number), "principalType": "ServicePrincipal", "appRoleId": role, "createdDateTime": "2026-01-01T00:00:00Z"})
}

fn request(id: &str) -> Value {
    json!({"id": id, "requestDateTime": "2026-11-20T00:00:00Z", "requiredOperationApprovalPolicyTypes": ["app"],
        "requestor": {"application": {"id": guid('a', 2)}}})
}

fn event(id: &str, time: &str, app: u32, person: &str, kind: &str) -> Value {
    json!({"id": id, "activityDateTime": time, "activityType": format!("Patch {kind}"), "activityResult": "Success",
        "actor": {"applicationId": guid('a', app), "userPrincipalName": person, "userId": ""},
        "resources": [{"auditResourceType": kind, "resourceId": "r", "modifiedProperties":
            [{"displayName": "$Collection.Mystery[0]", "oldValue": null, "newValue": guid('a', 5)}, {"displayName": "s", "newValue": "hunter2"}]}]})
}

/// One policy that names principal 3 by object id and nobody by another; principal 1 and 2 hold grants, 4 acted, 5 stands
/// in an audit event on a policy.
fn fake(uri: &str) -> Fake {
    let mut fake = Fake {
        lists: BTreeMap::new(),
        principals: (1..=6).map(principal).collect(),
        applications: vec![application(1), application(3)],
        asked: Arc::default(),
        reversed: false,
        unknown: &[],
    };
    let policy = json!({"id": "p1", "displayName": "Apps", "policyType": "app", "approverGroupIds": [GROUP],
        "mystery": [guid('p', 3)], "roleScopeTagIds": ["0"]});
    fake.set(POLICIES, Ok(json!({"value": [{"id": "p1", "displayName": "Apps"}]})));
    fake.set(&format!("{POLICIES}/p1"), Ok(policy));
    fake.set(REQUESTS, Ok(json!({"value": [request("r1")]})));
    fake.set(GRAPH, Ok(json!({"appRoles": [{"id": ROLE, "value": "DeviceManagementApps.ReadWrite.All"}]})));
    let user = json!({"principalType": "User", "principalId": "u", "appRoleId": ROLE});
    let pages = vec![json!([grant(1, ROLE), user]), json!([]), json!([grant(2, OTHER_ROLE), grant(1, OTHER_ROLE), grant(6, OTHER_ROLE)])];
    fake.paged(&format!("{GRAPH}/appRoleAssignedTo"), uri, pages, None);
    let flow = json!({"lastSignInDateTime": "2026-07-16T23:59:55-8:00"});
    let rows: Vec<Value> =
        [1, 6].map(|number| json!({"appId": guid('a', number), "applicationAuthenticationClientSignInActivity": flow})).into();
    fake.set(SIGN_INS, Ok(json!({"value": rows})));
    let events = [
        event("e3", "2026-11-20T00:00:00Z", 4, "", "MobileApp"),
        event("e2", "2026-11-19T00:00:00Z", 9, "a@b.example", "OperationApprovalPolicy"),
        event("e1", "2026-11-18T00:00:00Z", 9, "a@b.example", "MobileApp"),
    ];
    fake.set(AUDIT, Ok(json!({"value": events})));
    fake.set(ORGANIZATION, Ok(json!({"value": [{"id": TENANT, "displayName": "Contoso"}]})));
    fake.set(BY_IDS, Ok(json!({"value": [{"id": GROUP, "displayName": "Approvers", "securityEnabled": true}]})));
    fake.paged(&format!("/v1.0/groups/{GROUP}/members"), uri, vec![json!([{"id": "U1"}]), json!([{"id": "U2"}])], None);
    for number in [1, 3] {
        let place = format!("/v1.0/applications/{}/federatedIdentityCredentials", guid('o', number));
        fake.set(&place, Ok(json!({"value": [{"id": "F", "issuer": "https://token.example", "audiences": ["x"]}]})));
    }
    fake
}

async fn run_in(cloud: Cloud, server: &MockServer, fake: Fake, audit_days: u32) -> Result<Snapshot, Error> {
    Mock::given(any()).respond_with(fake).mount(server).await;
    let taken_at: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
    let mut settings = Settings::new(taken_at);
    settings.retry = RetryPolicy { scale: 0.000_1, ..RetryPolicy::default() };
    let endpoints = Endpoints::new(cloud, Some(&server.uri()), None).unwrap();
    let credential = Credential::AccessToken { token: "opaque".into(), tenant: Some(TENANT.to_owned()) };
    let client = Client::connect(endpoints, credential, settings).await.unwrap();
    let options =
        Options { taken_at, audit_days, scope_app_roles: BTreeSet::from([ROLE.into()]), inventory: Inventory::Scope, sign_ins: false };
    collect(&client, &options, &Silent).await
}

async fn run(change: impl FnOnce(&mut Fake, &str)) -> Snapshot {
    let server = MockServer::start().await;
    let mut tenant = fake(&server.uri());
    change(&mut tenant, &server.uri());
    run_in(Cloud::Global, &server, tenant, 7).await.unwrap()
}

fn denied() -> Answer {
    Err((403, json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}})))
}

#[tokio::test]
async fn a_whole_tenant_is_read_whole() {
    let snapshot = run(|_, _| {}).await;
    for (dataset, reading) in &snapshot.coverage {
        let skipped = *dataset == Dataset::DeletedServicePrincipals;
        assert!(reading.coverage.is_complete() != skipped, "{dataset}: {:?}", reading.coverage);
        assert_eq!(reading.requests == 0, skipped, "{dataset}");
    }
    assert_eq!(snapshot.coverage.len(), Dataset::ALL.len());
    assert_eq!(snapshot.tenant_name.as_deref(), Some("Contoso"));
    let ids: Vec<String> = snapshot.service_principals.keys().map(ToString::to_string).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5].map(|number| guid('p', number)));
    let holders: Vec<String> = snapshot.app_role_grants.iter().map(|grant| grant.principal.to_string()).collect();
    assert_eq!(holders, [1, 1, 2].map(|number| guid('p', number)));
    assert_eq!(snapshot.coverage_of(Dataset::AppRoleGrants).items(), 5);
    assert_eq!(snapshot.applications.len(), 2);
    assert!(snapshot.applications.values().all(|application| application.federated_credentials.as_ref().unwrap().len() == 1));
    let sign_in = &snapshot.sign_in_activity[&AppId::new(&guid('a', 1))];
    assert_eq!(snapshot.sign_in_activity.len(), 1);
    assert_eq!((sign_in.app_only, sign_in.delegated), (SignInTime::At("2026-07-17T07:59:55Z".parse().unwrap()), SignInTime::None));
    assert_eq!(snapshot.audit_events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["e2", "e3"]);
    assert_eq!(snapshot.coverage_of(Dataset::AuditEvents).items(), 3);
    let group = &snapshot.groups[&GROUP.into()];
    assert_eq!(group.members.as_ref().unwrap().len(), 2);
    let policy = &snapshot.access_policies[&"p1".into()];
    assert!(policy.read_by_id && policy.unknown_members.contains_key("mystery"));
    let text = serde_json::to_string(&snapshot).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("HINTED"));
}

#[tokio::test]
async fn the_order_of_arrival_does_not_show() {
    let one = run(|_, _| {}).await;
    let two = run(|tenant, uri| {
        tenant.reversed = true;
        let pages = vec![
            json!([grant(6, OTHER_ROLE), grant(1, OTHER_ROLE)]),
            json!([grant(2, OTHER_ROLE), grant(1, ROLE), {"principalType": "User"}]),
        ];
        tenant.paged(&format!("{GRAPH}/appRoleAssignedTo"), uri, pages, None);
        tenant.paged(&format!("/v1.0/groups/{GROUP}/members"), uri, vec![json!([{"id": "U2"}, {"id": "U1"}])], None);
    })
    .await;
    let without_costs = |mut snapshot: Snapshot| {
        snapshot.coverage.values_mut().for_each(|reading| reading.requests = 0);
        serde_json::to_string(&snapshot).unwrap()
    };
    assert_eq!(without_costs(one), without_costs(two));
}

#[tokio::test]
async fn each_dataset_says_which_permission_it_lacks() {
    let places = [
        (POLICIES, Dataset::AccessPolicies),
        (REQUESTS, Dataset::ApprovalRequests),
        (GRAPH, Dataset::AppRoles),
        (&format!("{GRAPH}/appRoleAssignedTo"), Dataset::AppRoleGrants),
        (SIGN_INS, Dataset::SignInActivity),
        (AUDIT, Dataset::AuditEvents),
        (ORGANIZATION, Dataset::Organization),
        (BY_IDS, Dataset::ApproverGroups),
        ("/v1.0/servicePrincipals", Dataset::ServicePrincipals),
        ("/v1.0/applications", Dataset::Applications),
    ];
    for (place, dataset) in places {
        let snapshot = run(|tenant, _| tenant.set(place, denied())).await;
        let gap = Gap::Permission { missing: dataset.permission().to_owned() };
        assert_eq!(snapshot.coverage_of(dataset), &Coverage::Unavailable { gap }, "{place}");
    }
}

#[tokio::test]
async fn a_failure_after_some_pages_is_partial() {
    for place in [REQUESTS, SIGN_INS, AUDIT, ORGANIZATION] {
        let snapshot = run(|tenant, uri| {
            tenant.paged(
                place,
                uri,
                vec![json!([{"id": "1", "appId": "a", "activityDateTime": "2026-11-20T00:00:00Z"}])],
                Some((500, Value::Null)),
            );
        })
        .await;
        let partial: Vec<_> = snapshot.coverage.iter().filter(|(_, reading)| reading.coverage.word() == "partial").collect();
        assert_eq!(partial.len(), 1, "{place}");
        assert_eq!(partial[0].1.coverage.items(), 1, "{place}");
    }
}

#[tokio::test]
async fn a_list_that_was_cut_is_partial() {
    let snapshot =
        run(|tenant, uri| tenant.set(REQUESTS, Ok(json!({"value": [{"id": "r"}], "@odata.nextLink": format!("{uri}{REQUESTS}")})))).await;
    assert_eq!(snapshot.coverage_of(Dataset::ApprovalRequests).word(), "partial");
}

#[tokio::test]
async fn malformed_rows_are_counted() {
    let snapshot = run(|tenant, _| {
        tenant.set(REQUESTS, Ok(json!({"value": [request("r"), {"status": "approved"}, 7, {"id": "s"}]})));
        let rows = [event("e", "not a time", 4, "", "MobileApp"), event("f", "2026-11-20T00:00:00Z", 4, "", "MobileApp")];
        tenant.set(AUDIT, Ok(json!({"value": rows})));
    })
    .await;
    let gap = |detail: &str| Gap::Failed { detail: detail.to_owned() };
    let expected = gap("malformed rows: 1 without a readable time, 2 without id, 1 without policy types");
    assert_eq!(snapshot.coverage_of(Dataset::ApprovalRequests), &Coverage::Partial { items: 2, gap: expected });
    assert!(snapshot.approval_requests.contains_key(&"s".into()), "a request that cannot be placed is kept");
    let expected = Coverage::Partial { items: 1, gap: gap("malformed rows: 1 without a readable time") };
    assert_eq!(snapshot.coverage_of(Dataset::AuditEvents), &expected);
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_by_id_stays_as_listed() {
    let snapshot = run(|tenant, _| tenant.set(&format!("{POLICIES}/p1"), Err((404, Value::Null)))).await;
    let policy = &snapshot.access_policies[&"p1".into()];
    assert!(!policy.read_by_id && policy.display_name == "Apps");
    assert_eq!(snapshot.coverage_of(Dataset::AccessPolicies).word(), "partial");
    assert!(snapshot.coverage_of(Dataset::ApproverGroups).is_skipped());
}

/// Lists within each other, so many.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!([guid('p', 3)]), |inner, _| json!([inner]))
}

#[tokio::test]
async fn a_member_nested_too_deeply_is_named_and_the_snapshot_can_be_read_back() {
    for (levels, kept) in [(32, true), (33, false), (120, false)] {
        let body = json!({"id": "p1", "displayName": "Apps", "policyType": "app", "mystery": nested(levels), "other": [1]});
        let snapshot = run(|tenant, _| tenant.set(&format!("{POLICIES}/p1"), Ok(body))).await;
        let policy = &snapshot.access_policies[&"p1".into()];
        assert_eq!((policy.read_by_id, policy.unknown_members.contains_key("mystery")), (kept, kept), "{levels}");
        assert!(policy.unknown_members.contains_key("other"));
        let detail = "policy p1: member nested deeper than 32 levels was left out: mystery".to_owned();
        let coverage = if kept { Coverage::Complete { items: 1 } } else { Coverage::Partial { items: 1, gap: Gap::Failed { detail } } };
        assert_eq!(snapshot.coverage_of(Dataset::AccessPolicies), &coverage);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json.zst");
        crate::snapshot::save(&snapshot, &path).unwrap();
        assert_eq!(crate::snapshot::load(&path).unwrap(), snapshot);
    }
}

#[tokio::test]
async fn half_a_list_of_members_is_unknown() {
    let snapshot = run(|tenant, uri| {
        tenant.paged(&format!("/v1.0/groups/{GROUP}/members"), uri, vec![json!([{"id": "U1"}])], Some((403, Value::Null)));
    })
    .await;
    assert_eq!(snapshot.groups[&GROUP.into()].members, None);
    assert_eq!(snapshot.coverage_of(Dataset::ApproverGroups).word(), "partial");
}

#[tokio::test]
async fn without_all_grants_the_scope_is_not_whole() {
    let snapshot = run(|tenant, uri| {
        tenant.paged(&format!("{GRAPH}/appRoleAssignedTo"), uri, vec![json!([grant(1, ROLE)])], Some((500, Value::Null)));
    })
    .await;
    for dataset in [Dataset::AppRoleGrants, Dataset::ServicePrincipals, Dataset::Applications, Dataset::FederatedCredentials] {
        assert_eq!(snapshot.coverage_of(dataset).word(), "partial", "{dataset}");
    }
    assert_eq!(snapshot.sign_in_activity.len(), 2, "no row may be taken for none");
}

#[tokio::test]
async fn a_member_that_the_service_does_not_know_costs_only_itself() {
    let whole = run(|_, _| {}).await;
    let snapshot = run(|fake, _| fake.unknown = &["verifiedPublisher", "isDisabled"]).await;
    for dataset in [Dataset::ServicePrincipals, Dataset::Applications] {
        assert_eq!(snapshot.coverage_of(dataset), whole.coverage_of(dataset), "{dataset}");
    }
    assert!(!snapshot.service_principals.is_empty() && snapshot.service_principals.keys().eq(whole.service_principals.keys()));
    let refused = run(|fake, _| fake.unknown = &["appId"]).await;
    assert!(matches!(refused.coverage_of(Dataset::ServicePrincipals), Coverage::Unavailable { gap: Gap::Failed { .. } }));
}

#[tokio::test]
async fn an_id_that_nothing_has_is_looked_for_in_the_bin() {
    let gone = guid('x', 7);
    let policy = json!({"id": "p1", "mystery": [{"id": gone}, {"id": guid('o', 3)}]});
    let snapshot = run(|tenant, _| {
        tenant.set(&format!("{POLICIES}/p1"), Ok(policy));
        tenant.set(DELETED, Ok(json!({"value": [{"id": gone, "appId": guid('a', 8), "deletedDateTime": "2026-11-01T00:00:00Z"}]})));
    })
    .await;
    assert_eq!(snapshot.deleted_service_principals.len(), 1);
    assert_eq!(snapshot.coverage_of(Dataset::DeletedServicePrincipals), &Coverage::Complete { items: 1 });
    assert!(snapshot.service_principals.contains_key(&guid('p', 3).as_str().into()), "found through its application");
}

#[tokio::test]
async fn no_request_is_made_for_each_service_principal() {
    let server = MockServer::start().await;
    let mut tenant = fake(&server.uri());
    tenant.principals = (1..=700).map(principal).collect();
    let grants: Vec<Value> = (1..=700).map(|number| grant(number, ROLE)).collect();
    tenant.set(&format!("{GRAPH}/appRoleAssignedTo"), Ok(json!({"value": grants})));
    let snapshot = run_in(Cloud::Global, &server, tenant, 7).await.unwrap();
    assert_eq!(snapshot.service_principals.len(), 700);
    let requests: u64 = snapshot.coverage.values().map(|reading| reading.requests).sum();
    assert!(requests < 25, "{requests}");
    assert_eq!(requests, server.received_requests().await.unwrap().len() as u64);
}

#[tokio::test]
async fn a_slice_that_fails_is_named() {
    struct SecondSliceFails(Fake);
    impl Respond for SecondSliceFails {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            let failing =
                request.url.path() == AUDIT && request.url.query_pairs().any(|(_, filter)| filter.ends_with("lt 2026-11-15T12:00:00Z"));
            if failing { ResponseTemplate::new(400) } else { self.0.respond(request) }
        }
    }
    let server = MockServer::start().await;
    let unused = MockServer::start().await;
    let tenant = fake(&server.uri());
    Mock::given(any()).respond_with(SecondSliceFails(tenant.clone())).with_priority(1).mount(&server).await;
    let snapshot = run_in(Cloud::Global, &server, tenant, 20).await.unwrap();
    let Coverage::Partial { items: 3, gap: Gap::Failed { detail } } = snapshot.coverage_of(Dataset::AuditEvents) else {
        panic!("{:?}", snapshot.coverage)
    };
    assert!(detail.starts_with("audit events from 2026-11-08T12:00:00Z to 2026-11-15T12:00:00Z: "), "{detail}");
    let none = run_in(Cloud::Global, &unused, fake(&unused.uri()), 0).await.unwrap();
    assert!(none.coverage_of(Dataset::AuditEvents).is_skipped());
}

#[tokio::test]
async fn throttling_that_outlasts_one_slice_ends_the_others() {
    let server = MockServer::start().await;
    let mut tenant = fake(&server.uri());
    tenant.set(AUDIT, Err((429, Value::Null)));
    let snapshot = run_in(Cloud::Global, &server, tenant, 90).await.unwrap();
    let Coverage::Unavailable { gap: Gap::Throttled { detail } } = snapshot.coverage_of(Dataset::AuditEvents) else {
        panic!("{:?}", snapshot.coverage)
    };
    assert!(detail.contains("audit events from 2026-11-15T12:00:00Z to 2026-11-22T12:00:00Z"), "{detail}");
    assert!(detail.contains("9 more such spans not tried"), "{detail}");
    let attempts = u64::from(RetryPolicy::default().attempts);
    assert_eq!(snapshot.coverage[&Dataset::AuditEvents].requests, 4 * attempts, "four at a time, and none after");
}

#[tokio::test]
async fn national_clouds_have_no_sign_in_report() {
    let server = MockServer::start().await;
    let tenant = Fake { unknown: &["verifiedPublisher"], ..fake(&server.uri()) };
    let asked = Arc::clone(&tenant.asked);
    let snapshot = run_in(Cloud::China, &server, tenant, 7).await.unwrap();
    assert_eq!(snapshot.coverage_of(Dataset::SignInActivity), &Coverage::Unavailable { gap: Gap::Cloud });
    assert!(snapshot.coverage_of(Dataset::ServicePrincipals).is_complete(), "they do not know every member either");
    assert!(!asked.lock().unwrap().iter().any(|url| url.contains("/reports/")));
}

#[tokio::test]
async fn licence_and_throttling_are_told_apart() {
    let premium = json!({"error": {"code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "message": "no premium license"}});
    let snapshot = run(|tenant, _| {
        tenant.set(SIGN_INS, Err((403, premium)));
        tenant.set(REQUESTS, Err((429, Value::Null)));
    })
    .await;
    assert!(matches!(snapshot.coverage_of(Dataset::SignInActivity).gap(), Some(Gap::Licence { .. })));
    assert!(matches!(snapshot.coverage_of(Dataset::ApprovalRequests).gap(), Some(Gap::Throttled { .. })));
}

#[tokio::test]
async fn only_a_wall_on_every_side_is_an_error() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(401).set_body_json(json!({"error": {"code": "InvalidAuthenticationToken"}})))
        .with_priority(1)
        .mount(&server)
        .await;
    let error = run_in(Cloud::Global, &server, fake(&server.uri()), 7).await.unwrap_err();
    assert!(matches!(error, Error::Nothing(graph::Error::SignIn { .. })), "{error}");
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(403)).with_priority(1).mount(&server).await;
    let snapshot = run_in(Cloud::Global, &server, fake(&server.uri()), 7).await.unwrap();
    assert!(snapshot.coverage.values().all(|reading| !reading.coverage.is_complete()));
}
