//! Whole collections of a made-up tenant: what is kept, what each failure does to the coverage, and what is asked.

mod choices;
mod coverage;
mod datasets;
mod reading;

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
    /// What it refuses to expand.
    refuses_expand: &'static [&'static str],
    users: Vec<Value>,
    /// Service principals that it says it has.
    counted: u64,
}

/// What belongs to objects and comes along only with `$expand`.
const BESIDE: [&str; 2] = ["owners", "federatedIdentityCredentials"];

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
        let expand = query.get("$expand").map(String::as_str);
        if expand.is_some_and(|expand| self.refuses_expand.contains(&expand)) {
            return Err((400, json!({"error": {"code": "BadRequest", "message": "Expand is not supported."}})));
        }
        let objects = match parsed.path() {
            "/v1.0/servicePrincipals" | "/beta/servicePrincipals" => &self.principals,
            "/v1.0/applications" | "/beta/applications" => &self.applications,
            "/v1.0/users" => &self.users,
            _ => return Err((404, json!({"error": {"code": "NotFound", "message": url}}))),
        };
        let mut answer = json!({"value": self.found(objects, &filter, expand)});
        if query.contains_key("$count") {
            answer["@odata.count"] = json!(self.counted);
        }
        Ok(answer)
    }

    /// Objects that a filter names, or all; with nothing beside them but what is expanded, of which at most twenty.
    fn found(&self, objects: &[Value], filter: &str, expand: Option<&str>) -> Value {
        let named = |row: &&Value| match filter.split_once(" in ") {
            Some((member, values)) => {
                assert!(values.matches(',').count() < 15);
                values.contains(row[member].as_str().unwrap())
            }
            None => filter.is_empty(),
        };
        let mut rows: Vec<Value> = objects.iter().filter(named).cloned().collect();
        for row in &mut rows {
            for member in BESIDE {
                match row.get_mut(member).and_then(Value::as_array_mut) {
                    Some(more) if expand == Some(member) => more.truncate(20),
                    _ if expand == Some(member) => row[member] = json!([]),
                    _ => drop(row.as_object_mut().unwrap().remove(member)),
                }
            }
        }
        if self.reversed {
            rows.reverse();
        }
        json!(rows)
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

const INTUNE_ROLES: &str = "/v1.0/deviceManagement/roleDefinitions";
const INTUNE_ASSIGNMENTS: &str = "/v1.0/deviceManagement/roleAssignments";
const INTUNE_SETTINGS: &str = "/beta/deviceManagement";
const MOBILE_APPS: &str = "/beta/deviceAppManagement/mobileApps";
const INTUNE_API: &str = "/v1.0/servicePrincipals(appId='c161e42e-d4df-4a3d-9b42-e7a3c31f59d4')/appRoleAssignedTo";
const DIRECTORY_ROLES: &str = "/v1.0/roleManagement/directory/roleAssignments";
const DIRECTORY_ROLE_NAMES: &str = "/v1.0/roleManagement/directory/roleDefinitions";
const KEY_USE: &str = "/beta/reports/appCredentialSignInActivities";
const DELEGATED: &str = "/v1.0/oauth2PermissionGrants";
const ACCESS: &str = "/v1.0/identity/conditionalAccess/policies";
const DEFAULT_MANAGEMENT: &str = "/v1.0/policies/defaultAppManagementPolicy";
const MANAGEMENT: &str = "/v1.0/policies/appManagementPolicies";
const RISKY: &str = "/v1.0/identityProtection/riskyServicePrincipals";
const LICENCES: &str = "/v1.0/subscribedSkus";
const RAW_SIGN_INS: &str = "/beta/auditLogs/signIns";
const INTUNE_ADMINISTRATOR: &str = "3a2c62db-5318-420d-8d74-23affee5d9d5";
const GLOBAL_READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

/// The id of a person.
fn person(name: &str) -> String {
    format!("{name:0>8}-0000-4000-8000-000000000000")
}

fn user(name: &str) -> Value {
    json!({"id": person(name), "displayName": name, "accountEnabled": true, "userType": "Member", "onPremisesSyncEnabled": null})
}

fn owner(name: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.user", "id": person(name), "displayName": name, "mail": "hidden@contoso.example"})
}

fn principal(number: u32) -> Value {
    json!({"id": guid('p', number), "appId": guid('a', number), "displayName": format!("App {number}"), "servicePrincipalType": "Application",
        "accountEnabled": true, "keyCredentials": [], "passwordCredentials": [{"keyId": "K", "hint": "HINTED", "secretText": null}]})
}

fn application(number: u32) -> Value {
    json!({"id": guid('o', number), "appId": guid('a', number), "displayName": "x", "keyCredentials": [], "passwordCredentials": [],
        "owners": [owner("c1")], "federatedIdentityCredentials": [{"id": "F", "issuer": "https://token.example", "audiences": ["x"]}]})
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
        refuses_expand: &[],
        users: ["c1", "c2"].map(user).into(),
        counted: 6,
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
    fake.paged(&format!("/v1.0/groups/{GROUP}/members"), uri, vec![json!([{"id": person("c1")}]), json!([{"id": person("c2")}])], None);
    fake_further_lists(&mut fake);
    fake
}

/// Lists of the datasets that say what holds and protects applications.
fn fake_further_lists(fake: &mut Fake) {
    let role = json!({"id": "IR", "displayName": "Operator", "isBuiltIn": true, "rolePermissions": [{"resourceActions": [{"allowedResourceActions": ["a"]}]}]});
    fake.set(INTUNE_ROLES, Ok(json!({"value": [role]})));
    fake.set(INTUNE_ASSIGNMENTS, Ok(json!({"value": [{"id": "IA", "displayName": "n", "members": [GROUP]}]})));
    fake.set(&format!("{INTUNE_ROLES}/ir/roleAssignments"), Ok(json!({"value": [{"id": "IA", "displayName": "n", "members": []}]})));
    fake.set(INTUNE_SETTINGS, Ok(json!({"unlicensedAdminstratorsEnabled": true})));
    let held = |number, kind: &str, role: &str| json!({"roleDefinitionId": role, "principalId": guid('p', number), "directoryScopeId": "/", "principal": {"@odata.type": format!("#microsoft.graph.{kind}")}});
    let roles = [held(2, "servicePrincipal", GLOBAL_READER), held(7, "user", INTUNE_ADMINISTRATOR), held(8, "group", INTUNE_ADMINISTRATOR)];
    fake.set(DIRECTORY_ROLES, Ok(json!({"value": roles})));
    fake.set(
        DIRECTORY_ROLE_NAMES,
        Ok(json!({"value": [{"id": GLOBAL_READER, "templateId": GLOBAL_READER, "displayName": "Global Reader"}]})),
    );
    fake.set(INTUNE_API, Ok(json!({"value": []})));
    let used = json!({"appId": guid('a', 1), "keyId": "K", "keyType": "password", "signInActivity": {"lastSignInDateTime": "2026-07-16T23:59:55Z"}});
    fake.set(KEY_USE, Ok(json!({"value": [used, {"appId": guid('a', 6), "keyId": "K"}]})));
    let consent =
        |number| json!({"clientId": guid('p', number), "resourceId": guid('x', 1), "consentType": "AllPrincipals", "scope": " User.Read"});
    fake.set(DELEGATED, Ok(json!({"value": [consent(1), consent(6)]})));
    let clients = json!({"includeServicePrincipals": [guid('p', 3)], "excludeServicePrincipals": []});
    let policies = json!([{"id": "c1", "conditions": {"clientApplications": null}},
        {"id": "c2", "displayName": "n", "state": "enabled", "conditions": {"clientApplications": clients}}]);
    fake.set(ACCESS, Ok(json!({"value": policies})));
    fake.set(DEFAULT_MANAGEMENT, Ok(json!({"id": "d", "displayName": "n", "isEnabled": true, "applicationRestrictions": {}})));
    fake.set(MANAGEMENT, Ok(json!({"value": [{"id": "m", "displayName": "n", "isEnabled": true, "restrictions": {}}]})));
    fake.set(&format!("{MANAGEMENT}/m/appliesTo"), Ok(json!({"value": [{"id": guid('o', 1)}]})));
    fake.set(RISKY, Ok(json!({"value": [{"id": guid('p', 1), "riskLevel": "high"}, {"id": guid('p', 6), "riskLevel": "low"}]})));
    let app = |id: &str, state: &str| {
        json!({"@odata.type": "#microsoft.graph.win32LobApp", "id": id, "displayName": id, "publishingState": state, "notes": "hunter2",
            "createdDateTime": "2026-11-01T00:00:00Z"})
    };
    fake.set(MOBILE_APPS, Ok(json!({"value": [app("DRAFT", "notPublished"), app("done", "published")]})));
    fake.set(LICENCES, Ok(json!({"value": [{"skuPartNumber": "EMS", "consumedUnits": 1}]})));
}

async fn run_in(cloud: Cloud, server: &MockServer, fake: Fake, audit_days: u32) -> Result<Snapshot, Error> {
    run_with(cloud, server, fake, Options { audit_days, ..options() }).await
}

fn options() -> Options {
    let usual = Options::usual("2026-11-22T12:00:00Z".parse().unwrap(), BTreeSet::from([ROLE.into()]));
    Options { audit_days: 7, ..usual }
}

async fn run_with(cloud: Cloud, server: &MockServer, fake: Fake, options: Options) -> Result<Snapshot, Error> {
    Mock::given(any()).respond_with(fake).mount(server).await;
    let mut settings = Settings::new(options.taken_at);
    settings.retry = RetryPolicy { scale: 0.000_1, ..RetryPolicy::default() };
    let endpoints = Endpoints::new(cloud, Some(&server.uri()), None).unwrap();
    let credential = Credential::AccessToken { token: "opaque".into(), tenant: Some(TENANT.to_owned()) };
    let client = Client::connect(endpoints, credential, settings).await.unwrap();
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
