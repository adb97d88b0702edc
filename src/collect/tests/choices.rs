//! Which way is taken to what is wanted, and what happens where the service does not go along.

use super::*;

/// A fake whose reports have a second page with everybody, and a directory of `counted` service principals.
fn with_long_reports(fake: &mut Fake, uri: &str, counted: u64) {
    fake.counted = counted;
    let row = |number| json!({"appId": guid('a', number), "keyId": "K", "applicationAuthenticationClientSignInActivity": {"lastSignInDateTime": "2026-07-16T23:59:55Z"}});
    for place in [SIGN_INS, KEY_USE] {
        fake.paged(place, uri, vec![json!([row(6)]), json!([row(1), row(3)])], None);
    }
}

#[tokio::test]
async fn a_long_report_is_read_to_its_end_where_the_directory_is_small() {
    let snapshot = run(|fake, uri| with_long_reports(fake, uri, 1_500)).await;
    let apps: Vec<_> = snapshot.sign_in_activity.keys().map(ToString::to_string).collect();
    assert_eq!(apps, [1, 3].map(|number| guid('a', number)), "only what is in scope is kept");
    for dataset in [Dataset::SignInActivity, Dataset::CredentialActivity] {
        assert_eq!((snapshot.coverage[&dataset].requests, snapshot.coverage_of(dataset).is_complete()), (2, true));
    }
}

#[tokio::test]
async fn where_the_report_is_longer_than_the_scope_each_application_is_asked_for() {
    /// Answers filters of the reports: a list, a bare object as in the documentation, nothing, or a refusal.
    struct Filtered(Fake);
    impl Respond for Filtered {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            let filter = request.url.query_pairs().find(|(name, _)| name == "$filter").map(|(_, filter)| filter.into_owned());
            let Some(filter) = filter.filter(|_| request.url.path() == SIGN_INS) else { return self.0.respond(request) };
            let row = |number| json!({"appId": guid('a', number), "applicationAuthenticationClientSignInActivity": null});
            let answers = [(1, json!({"value": [row(1)]})), (2, row(2)), (3, json!({"value": row(3)})), (4, json!({"value": []}))];
            let answer = answers.into_iter().find(|(number, _)| filter == format!("appId eq '{}'", guid('a', *number)));
            answer.map_or(ResponseTemplate::new(404), |(_, body)| ResponseTemplate::new(200).set_body_json(body))
        }
    }
    let server = MockServer::start().await;
    let mut fake = fake(&server.uri());
    with_long_reports(&mut fake, &server.uri(), 100_000);
    fake.set(KEY_USE, Ok(json!({"value": []})));
    Mock::given(any()).respond_with(Filtered(fake.clone())).with_priority(1).mount(&server).await;
    let snapshot = run_with(Cloud::Global, &server, fake, options()).await.unwrap();
    let apps: Vec<_> = snapshot.sign_in_activity.keys().map(ToString::to_string).collect();
    assert_eq!(apps, [1, 2, 3].map(|number| guid('a', number)));
    let reading = &snapshot.coverage[&Dataset::SignInActivity];
    assert_eq!(reading.requests, 1 + 5, "the first page, and one for each application in scope");
    assert!(reading.coverage.is_complete(), "{:?}", reading.coverage);
}

#[tokio::test]
async fn without_a_whole_scope_the_list_is_the_only_way() {
    let snapshot = run(|fake, uri| {
        with_long_reports(fake, uri, 100_000);
        fake.paged(&format!("{GRAPH}/appRoleAssignedTo"), uri, vec![json!([grant(1, ROLE)])], Some((500, Value::Null)));
    })
    .await;
    assert_eq!(snapshot.coverage[&Dataset::SignInActivity].requests, 2);
    assert_eq!(snapshot.sign_in_activity.len(), 3, "no row may be taken for none");
}

#[tokio::test]
async fn a_page_size_that_a_report_refuses_is_left_to_it() {
    struct NoTop(Fake);
    impl Respond for NoTop {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            let sized = request.url.path() == KEY_USE && request.url.query_pairs().any(|(name, _)| name == "$top");
            if sized { ResponseTemplate::new(400) } else { self.0.respond(request) }
        }
    }
    let server = MockServer::start().await;
    let fake = fake(&server.uri());
    Mock::given(any()).respond_with(NoTop(fake.clone())).with_priority(1).mount(&server).await;
    let snapshot = run_with(Cloud::Global, &server, fake, options()).await.unwrap();
    assert!(snapshot.coverage_of(Dataset::CredentialActivity).is_complete());
    assert_eq!(snapshot.credential_activity.len(), 1);
}

/// Places of the lists that are read one by one where an expansion does not do.
fn single(kind: char, number: u32, member: &str) -> String {
    let path = if kind == 'p' { "servicePrincipals" } else { "applications" };
    format!("/v1.0/{path}/{}/{member}", guid(kind, number))
}

#[tokio::test]
async fn what_an_expansion_may_have_cut_is_read_by_itself() {
    let many: Vec<Value> = (0..20).map(|number| owner(&format!("d{number}"))).collect();
    let all: Vec<Value> = (0..24).map(|number| owner(&format!("d{number}"))).collect();
    let trusts: Vec<Value> = (0..22).map(|number| json!({"id": format!("F{number}")})).collect();
    let snapshot = run(|fake, _| {
        fake.applications[0]["owners"] = json!(many);
        fake.applications[0]["federatedIdentityCredentials"] = json!(trusts);
        fake.set(&single('o', 1, "owners"), Ok(json!({"value": all})));
        fake.set(&single('o', 1, "federatedIdentityCredentials"), Ok(json!({"value": trusts})));
    })
    .await;
    let application = &snapshot.applications[&guid('o', 1).as_str().into()];
    assert_eq!(application.owners.as_ref().unwrap().len(), 24);
    assert_eq!(application.federated_credentials.as_ref().unwrap().len(), 22);
    assert_eq!(snapshot.coverage_of(Dataset::Owners), &Coverage::Complete { items: 25 }, "24 of one and one of another");
    assert_eq!(snapshot.coverage[&Dataset::Owners].requests, 1);
}

#[tokio::test]
async fn a_refused_expansion_costs_nothing_where_single_lists_answer() {
    let whole = run(|_, _| {}).await;
    let snapshot = run(|fake, _| {
        fake.refuses_expand = &["owners", "federatedIdentityCredentials"];
        for number in 1..=6 {
            fake.set(&single('p', number, "owners"), Ok(json!({"value": []})));
        }
        for number in [1, 3] {
            fake.set(&single('o', number, "owners"), Ok(json!({"value": [owner("c1")]})));
            let trust = json!({"id": "F", "issuer": "https://token.example", "audiences": ["x"]});
            fake.set(&single('o', number, "federatedIdentityCredentials"), Ok(json!({"value": [trust]})));
        }
    })
    .await;
    assert_eq!(snapshot.service_principals, whole.service_principals);
    assert_eq!(snapshot.applications, whole.applications);
    for dataset in [Dataset::ServicePrincipals, Dataset::Applications, Dataset::Owners, Dataset::FederatedCredentials] {
        assert_eq!(snapshot.coverage_of(dataset), whole.coverage_of(dataset), "{dataset}");
    }
}

#[tokio::test]
async fn owners_that_cannot_be_read_are_a_gap_of_the_owners_only() {
    let snapshot = run(|fake, _| {
        fake.refuses_expand = &["owners"];
        for number in 1..=6 {
            fake.set(&single('p', number, "owners"), denied());
            fake.set(&single('o', number, "owners"), denied());
        }
    })
    .await;
    assert!(snapshot.coverage_of(Dataset::ServicePrincipals).is_complete() && snapshot.coverage_of(Dataset::Applications).is_complete());
    let gap = Gap::Permission { missing: "Application.Read.All".to_owned() };
    assert_eq!(snapshot.coverage_of(Dataset::Owners).gap(), Some(&gap));
    assert!(snapshot.applications.values().all(|application| application.owners.is_none()));
}

#[tokio::test]
async fn delegated_grants_stop_at_a_refusal_and_go_the_shorter_way() {
    let refused = run(|fake, _| fake.set(DELEGATED, denied())).await;
    assert_eq!(refused.coverage[&Dataset::DelegatedGrants].requests, 1);
    let consent = json!({"clientId": guid('p', 1), "resourceId": guid('x', 1), "scope": "openid"});
    let singly = run(|fake, uri| {
        fake.paged(DELEGATED, uri, vec![json!([]), json!([consent])], None);
        for number in 1..=6 {
            fake.set(&single('p', number, "oauth2PermissionGrants"), Ok(json!({"value": []})));
        }
        fake.set(&single('p', 1, "oauth2PermissionGrants"), Ok(json!({"value": [consent]})));
        fake.counted = 50_000;
    })
    .await;
    assert_eq!((singly.delegated_grants.len(), singly.coverage[&Dataset::DelegatedGrants].requests), (1, 2));
    assert!(singly.coverage_of(Dataset::DelegatedGrants).is_complete());
}

#[tokio::test]
async fn the_full_inventory_adds_the_rest_and_changes_nothing_else() {
    let server = MockServer::start().await;
    let full = run_with(Cloud::Global, &server, fake(&server.uri()), Options { inventory: Inventory::Full, ..options() }).await.unwrap();
    let scope = run(|_, _| {}).await;
    assert_eq!((scope.service_principals.len(), full.service_principals.len()), (5, 6));
    assert!(scope.service_principals.iter().all(|(id, principal)| full.service_principals[id] == *principal));
    assert_eq!(full.service_principals[&guid('p', 6).as_str().into()].owners, None, "not read");
    assert_eq!((&full.app_role_grants, &full.sign_in_activity), (&scope.app_role_grants, &scope.sign_in_activity));
    assert_eq!(full.coverage_of(Dataset::ServicePrincipals), &Coverage::Complete { items: 6 });
}

#[tokio::test]
async fn a_directory_that_cannot_be_counted_is_read_all_the_same() {
    struct NoCount(Fake);
    impl Respond for NoCount {
        fn respond(&self, request: &Request) -> ResponseTemplate {
            let counts = request.url.query_pairs().any(|(name, _)| name == "$count");
            assert!(!counts || request.headers.get("ConsistencyLevel").is_some_and(|level| level == "eventual"));
            if counts { ResponseTemplate::new(400) } else { self.0.respond(request) }
        }
    }
    let server = MockServer::start().await;
    let mut fake = fake(&server.uri());
    with_long_reports(&mut fake, &server.uri(), 0);
    Mock::given(any()).respond_with(NoCount(fake.clone())).with_priority(1).mount(&server).await;
    let snapshot = run_with(Cloud::Global, &server, fake, options()).await.unwrap();
    assert!(snapshot.coverage_of(Dataset::ServicePrincipals).is_complete() && snapshot.coverage_of(Dataset::SignInActivity).is_complete());
    assert_eq!(snapshot.coverage[&Dataset::SignInActivity].requests, 2);
}

#[tokio::test]
async fn an_id_that_the_user_lists_is_looked_up_in_every_way() {
    let listed = |ids: &[String]| {
        let look_up = ids.iter().cloned().collect();
        async move {
            let server = MockServer::start().await;
            run_with(Cloud::Global, &server, fake(&server.uri()), Options { look_up, ..options() }).await.unwrap()
        }
    };
    let found = |snapshot: &Snapshot| snapshot.service_principals.contains_key(&guid('p', 6).as_str().into());
    assert!(!found(&listed(&[]).await), "out of scope otherwise");
    for id in [guid('p', 6).to_uppercase(), guid('a', 6), format!(" {} ", guid('a', 6))] {
        let snapshot = listed(std::slice::from_ref(&id)).await;
        assert!(found(&snapshot), "{id}");
        assert!(snapshot.looked_up.contains(&id.trim().to_lowercase()));
        assert!(snapshot.coverage_of(Dataset::ServicePrincipals).is_complete(), "{:?}", snapshot.coverage);
    }
    let nobody = listed(&[guid('x', 9), "Nightly packager".to_owned()]).await;
    assert!(nobody.looked_up.contains(&guid('x', 9)) && !nobody.looked_up.contains("nightly packager"));
    assert_eq!(nobody.coverage[&Dataset::DeletedServicePrincipals].requests, 1, "the bin is asked for it");
}
