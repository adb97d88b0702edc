//! What is read of a tenant and kept.

use super::*;

#[tokio::test]
async fn a_whole_tenant_is_read_whole() {
    let snapshot = run(|_, _| {}).await;
    for (dataset, reading) in &snapshot.coverage {
        let skipped = [Dataset::DeletedServicePrincipals, Dataset::SignIns].contains(dataset);
        assert!(reading.coverage.is_complete() != skipped, "{dataset}: {:?}", reading.coverage);
        // Owners came along with what they own.
        assert_eq!(reading.requests == 0, skipped || *dataset == Dataset::Owners, "{dataset}");
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
        tenant.paged(&format!("/v1.0/groups/{GROUP}/members"), uri, vec![json!([{"id": person("c2")}, {"id": person("c1")}])], None);
    })
    .await;
    let without_costs = |mut snapshot: Snapshot| {
        snapshot.coverage.values_mut().for_each(|reading| reading.requests = 0);
        serde_json::to_string(&snapshot).unwrap()
    };
    assert_eq!(without_costs(one), without_costs(two));
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
    assert!(requests < 35, "{requests}");
    assert_eq!(requests, server.received_requests().await.unwrap().len() as u64);
}
