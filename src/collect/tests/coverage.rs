//! What each failure does to the coverage, and to nothing else.

use super::*;

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
        (INTUNE_ROLES, Dataset::IntuneRoles),
        (INTUNE_SETTINGS, Dataset::IntuneSettings),
        ("/v1.0/users", Dataset::People),
        (DIRECTORY_ROLES, Dataset::DirectoryRoles),
        (DELEGATED, Dataset::DelegatedGrants),
        (KEY_USE, Dataset::CredentialActivity),
        (ACCESS, Dataset::ConditionalAccess),
        (RISKY, Dataset::RiskyServicePrincipals),
        (LICENCES, Dataset::Licences),
        (MOBILE_APPS, Dataset::UnfinishedApps),
    ];
    for (place, dataset) in places {
        let snapshot = run(|tenant, _| {
            tenant.set(place, denied());
            if place == INTUNE_ROLES {
                tenant.set(INTUNE_ASSIGNMENTS, denied());
            }
        })
        .await;
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
async fn without_policies_nobody_is_missing_and_without_sight_of_them_somebody_may_be() {
    let none = run(|tenant, _| tenant.set(POLICIES, Ok(json!({"value": []})))).await;
    assert_eq!(none.coverage_of(Dataset::People), &Coverage::Complete { items: 1 });
    let unseen = run(|tenant, _| tenant.set(POLICIES, denied())).await;
    let gap = Gap::Permission { missing: Dataset::AccessPolicies.permission().to_owned() };
    assert_eq!(unseen.coverage_of(Dataset::People), &Coverage::Partial { items: 1, gap });
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
async fn a_holder_that_a_filter_does_not_give_is_missed_unless_it_was_deleted() {
    let missing = |tenant: &mut Fake| {
        tenant.principals.retain(|row| row["id"] != json!(guid('p', 1)));
        tenant.set(DELETED, Ok(json!({"value": []})));
    };
    let snapshot = run(|tenant, _| missing(tenant)).await;
    let gap = Gap::Failed { detail: "1 that hold permissions were not among the service principals".to_owned() };
    assert_eq!(snapshot.coverage_of(Dataset::ServicePrincipals), &Coverage::Partial { items: 4, gap: gap.clone() });
    assert_eq!(snapshot.coverage_of(Dataset::Applications).gap(), Some(&gap));
    let snapshot = run(|tenant, _| {
        missing(tenant);
        tenant.set(DELETED, Ok(json!({"value": [{"id": guid('p', 1), "appId": guid('a', 1)}]})));
    })
    .await;
    assert!(snapshot.coverage_of(Dataset::ServicePrincipals).is_complete(), "it is in the bin: {:?}", snapshot.coverage);
}

#[tokio::test]
async fn an_event_that_says_neither_who_nor_what_is_not_called_whole() {
    let snapshot = run(|tenant, _| {
        let time = "2026-11-20T00:00:00Z";
        let (mut nobody, mut nothing) = (event("e", time, 4, "", "MobileApp"), event("f", time, 4, "", "MobileApp"));
        nobody["actor"] = Value::Null;
        nothing["activityType"] = Value::Null;
        tenant.set(AUDIT, Ok(json!({"value": [nobody, nothing, event("g", time, 4, "", "MobileApp")]})));
    })
    .await;
    let gap = Gap::Failed { detail: "malformed rows: 1 without an activity, 1 without an actor".to_owned() };
    assert_eq!(snapshot.coverage_of(Dataset::AuditEvents), &Coverage::Partial { items: 3, gap });
}

#[tokio::test]
async fn a_list_that_no_tenant_has_empty_was_not_read() {
    let snapshot = run(|tenant, _| {
        tenant.set(ORGANIZATION, Ok(json!({"value": []})));
        tenant.set(GRAPH, Ok(json!({"appRoles": []})));
    })
    .await;
    for dataset in [Dataset::Organization, Dataset::AppRoles] {
        assert_eq!(snapshot.coverage_of(dataset).word(), "unavailable", "{dataset}");
    }
}

#[tokio::test]
async fn an_intune_role_without_permissions_or_assignments_that_it_shows_is_not_called_whole() {
    let snapshot = run(|tenant, _| {
        tenant.set(INTUNE_ROLES, Ok(json!({"value": [{"id": "IR", "displayName": "Operator"}]})));
        tenant.set(&format!("{INTUNE_ROLES}/ir/roleAssignments"), Ok(json!({"value": []})));
    })
    .await;
    let gap = Gap::Failed { detail: "malformed rows: 1 without permissions, 1 without role".to_owned() };
    assert_eq!(snapshot.coverage_of(Dataset::IntuneRoles), &Coverage::Partial { items: 2, gap });
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
    assert!(detail.contains("8 more such spans not tried"), "{detail}");
    let attempts = u64::from(RetryPolicy::default().attempts);
    assert_eq!(snapshot.coverage[&Dataset::AuditEvents].requests, 5 * attempts, "five at a time, and none after");
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
