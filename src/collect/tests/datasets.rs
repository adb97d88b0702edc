//! Each of the smaller datasets: what is kept of it, and what its failures mean.

use super::*;
use crate::snapshot::{DirectoryRoleAssignment, Person};

#[tokio::test]
async fn what_holds_and_protects_applications_is_kept() {
    let snapshot = run(|_, _| {}).await;
    let application = &snapshot.applications[&guid('o', 1).as_str().into()];
    let owners = application.owners.as_ref().unwrap();
    assert_eq!((owners[0].id.as_str(), owners[0].kind.as_deref()), (person("c1").as_str(), Some("user")));
    assert!(snapshot.service_principals.values().all(|principal| principal.owners == Some(vec![])));
    let Person { account_enabled, synchronised, .. } = &snapshot.people[&person("c1")];
    assert_eq!((snapshot.people.len(), *account_enabled, *synchronised), (2, Some(true), Some(false)));
    assert_eq!(snapshot.credential_activity.len(), 1, "not that of an application out of scope");
    assert_eq!(snapshot.delegated_grants.len(), 1);
    assert_eq!(snapshot.conditional_access.keys().collect::<Vec<_>>(), ["c2"]);
    assert_eq!(snapshot.coverage_of(Dataset::ConditionalAccess).items(), 2);
    let management = &snapshot.app_management_policies;
    assert!(management["d"].is_default && management["d"].applies_to.is_none());
    assert_eq!(management["m"].applies_to, Some(BTreeSet::from([guid('o', 1)])));
    assert_eq!(snapshot.risky_service_principals.len(), 1);
    assert_eq!((snapshot.licences.len(), snapshot.unlicensed_administrators), (1, Some(true)));
    assert!(!serde_json::to_string(&snapshot).unwrap().contains("hidden@"));
}

#[tokio::test]
async fn an_intune_role_assignment_is_joined_from_its_halves() {
    let snapshot = run(|fake, _| {
        let list = json!([{"id": "IA", "displayName": "n", "members": []}, {"id": "IB", "displayName": "only here", "members": []}]);
        fake.set(&format!("{INTUNE_ROLES}/ir/roleAssignments"), Ok(json!({"value": list})));
    })
    .await;
    let joined = &snapshot.intune_role_assignments["ia"];
    assert_eq!((joined.role.as_deref(), &joined.members), (Some("ir"), &Some(BTreeSet::from([GROUP.into()]))));
    let half = &snapshot.intune_role_assignments["ib"];
    assert_eq!((half.role.as_deref(), &half.members), (Some("ir"), &None), "an empty list under the role says nothing of members");
    assert_eq!(snapshot.coverage_of(Dataset::IntuneRoles).word(), "partial");
    let unlinked = run(|fake, _| fake.set(&format!("{INTUNE_ROLES}/ir/roleAssignments"), Err((500, Value::Null)))).await;
    assert_eq!(unlinked.intune_role_assignments["ia"].role, None);
    assert_eq!(unlinked.coverage_of(Dataset::IntuneRoles).word(), "partial");
}

#[tokio::test]
async fn people_with_directory_roles_are_dropped_and_unknown_principals_are_not() {
    let snapshot = run(|fake, _| {
        let rows = json!([{"roleDefinitionId": GLOBAL_READER, "principalId": guid('x', 1), "principal": null},
            {"roleDefinitionId": GLOBAL_READER, "principalId": guid('x', 2), "principal": {"@odata.type": "#microsoft.graph.user"}}]);
        fake.set(DIRECTORY_ROLES, Ok(json!({"value": rows})));
    })
    .await;
    let [DirectoryRoleAssignment { principal, role_name, principal_kind, .. }] = snapshot.directory_roles.as_slice() else { panic!() };
    assert_eq!((principal, role_name.as_deref(), principal_kind), (&guid('x', 1), Some("Global Reader"), &None));
}

#[tokio::test]
async fn who_reaches_intune_another_way_is_in_scope() {
    let snapshot = run(|fake, _| {
        let row = json!({"roleDefinitionId": INTUNE_ADMINISTRATOR, "principalId": guid('p', 6), "principal": {"@odata.type": "#microsoft.graph.servicePrincipal"}});
        fake.set(DIRECTORY_ROLES, Ok(json!({"value": [row]})));
    })
    .await;
    assert!(snapshot.service_principals.contains_key(&guid('p', 6).as_str().into()));
    let snapshot = run(|fake, _| fake.set(INTUNE_API, Ok(json!({"value": [grant(6, OTHER_ROLE)]})))).await;
    assert_eq!(snapshot.intune_api_grants.len(), 1);
    assert!(snapshot.service_principals.contains_key(&guid('p', 6).as_str().into()));
}

#[tokio::test]
async fn a_resource_without_service_principal_is_held_by_nobody() {
    // The other Intune resource is unknown to the fake, which answers 404.
    let snapshot = run(|_, _| {}).await;
    assert_eq!(snapshot.coverage_of(Dataset::IntuneApiGrants), &Coverage::Complete { items: 0 });
    let failed = run(|fake, _| fake.set(INTUNE_API, Err((500, Value::Null)))).await;
    assert_eq!(failed.coverage_of(Dataset::IntuneApiGrants).word(), "partial");
}

#[tokio::test]
async fn an_endpoint_names_the_permission_that_it_needs() {
    let snapshot = run(|fake, _| fake.set(&format!("{MANAGEMENT}/m/appliesTo"), denied())).await;
    let gap = Gap::Permission { missing: "Application.Read.All".to_owned() };
    assert_eq!(snapshot.coverage_of(Dataset::AppManagementPolicies), &Coverage::Partial { items: 2, gap });
    assert_eq!(snapshot.app_management_policies["m"].applies_to, None);
}

#[tokio::test]
async fn of_the_apps_only_those_not_published_are_kept_and_one_without_a_state_is_a_gap() {
    let snapshot = run(|_, _| {}).await;
    assert_eq!(snapshot.unfinished_apps.keys().collect::<Vec<_>>(), ["draft"]);
    assert_eq!(snapshot.coverage_of(Dataset::UnfinishedApps), &Coverage::Complete { items: 2 });
    assert!(!serde_json::to_string(&snapshot).unwrap().contains("hunter2"));
    let odd = run(|fake, _| fake.set(MOBILE_APPS, Ok(json!({"value": [{"id": "a"}, {"id": "b", "publishingState": "processing"}]})))).await;
    let gap = Gap::Failed { detail: "malformed rows: 1 without id or publishing state".to_owned() };
    assert_eq!(odd.coverage_of(Dataset::UnfinishedApps), &Coverage::Partial { items: 1, gap });
    let none = run(|fake, _| fake.set(MOBILE_APPS, Ok(json!({"value": []})))).await;
    assert_eq!(none.coverage_of(Dataset::UnfinishedApps), &Coverage::Complete { items: 0 });
}

#[tokio::test]
async fn a_setting_that_is_not_there_is_unknown() {
    let snapshot = run(|fake, _| fake.set(INTUNE_SETTINGS, Ok(json!({"id": "x"})))).await;
    assert_eq!(snapshot.unlicensed_administrators, None);
    assert_eq!(snapshot.coverage_of(Dataset::IntuneSettings).word(), "unavailable");
}

#[tokio::test]
async fn sign_ins_are_counted_and_not_kept() {
    let server = MockServer::start().await;
    let mut fake = fake(&server.uri());
    fake.principals[2]["servicePrincipalType"] = json!("ManagedIdentity");
    let row = |id: u32, time: &str, error: u32| {
        json!({"id": guid('x', id), "createdDateTime": time, "appId": guid('a', 1), "clientCredentialType": "clientSecret",
        "ipAddress": "203.0.113.1", "userAgent": "hidden", "status": {"errorCode": error}})
    };
    let pages = vec![
        json!([row(1, "2026-11-20T00:00:00Z", 0), row(2, "2026-11-21T00:00:00Z", 7_000_222)]),
        // The list grew while it was read; and one row lies before the window.
        json!([row(2, "2026-11-21T00:00:00Z", 7_000_222), row(3, "2026-11-01T00:00:00Z", 0)]),
    ];
    fake.paged(RAW_SIGN_INS, &server.uri(), pages, None);
    let asked = Arc::clone(&fake.asked);
    let snapshot = run_with(Cloud::Global, &server, fake, Options { sign_ins: true, ..options() }).await.unwrap();
    let [summary] = snapshot.sign_ins.as_slice() else { panic!("{:?}", snapshot.sign_ins) };
    assert_eq!((summary.succeeded, summary.failed), (1, 1));
    assert_eq!(
        (summary.first.to_rfc3339(), summary.last.to_rfc3339()),
        ("2026-11-20T00:00:00+00:00".into(), "2026-11-21T00:00:00+00:00".into())
    );
    assert!(snapshot.coverage_of(Dataset::SignIns).is_complete());
    let asked = asked.lock().unwrap();
    let of = |kind: &str| asked.iter().filter(|url| url.contains("/signIns") && url.contains(kind)).count();
    assert_eq!((of("eq%20%27managedIdentity%27"), of("eq%20%27servicePrincipal%27")), (1, 4), "one for each application in scope");
}

#[tokio::test]
async fn a_cloud_is_not_asked_for_what_it_lacks() {
    let lacking = |cloud| async move {
        let server = MockServer::start().await;
        let fake = fake(&server.uri());
        let asked = Arc::clone(&fake.asked);
        let snapshot = run_in(cloud, &server, fake, 7).await.unwrap();
        let lacks: Vec<Dataset> = snapshot
            .coverage
            .iter()
            .filter(|(_, reading)| reading.coverage.gap() == Some(&Gap::Cloud))
            .map(|(dataset, _)| *dataset)
            .collect();
        assert!(lacks.iter().all(|dataset| snapshot.coverage[dataset].requests == 0));
        assert!(!asked.lock().unwrap().iter().any(|url| url.contains("/reports/")));
        lacks
    };
    let reports = [Dataset::SignInActivity, Dataset::CredentialActivity];
    assert_eq!(lacking(Cloud::UsGov).await, reports);
    assert_eq!(lacking(Cloud::China).await, [reports[0], reports[1], Dataset::RiskyServicePrincipals]);
}
