//! Exclusions: found by their content, told apart, and unknown where they were not seen.

use super::*;

#[test]
fn exclusions_are_found_under_any_name_by_any_id_and_their_name_makes_empty_lists_readable() {
    let tenant = Tenant::new()
        .policy("p", "app", &[], json!({"whoMayPass": [{"id": principal(1).to_uppercase(), "addedBy": app(99)}], "scopeTags": ["0"]}))
        .policy("q", "script", &[], json!({"whoMayPass": []}))
        .policy("r", "role", &[], json!({"author": app(2)}))
        .holder(1, APPS_WRITE, "")
        .holder(2, APPS_WRITE, "");
    let assessment = tenant.assess();
    assert_eq!(assessment.exclusions.len(), 1, "the second id of the element is not an exclusion: {:?}", assessment.exclusions);
    assert_eq!(assessment.exclusions[0].listed_id, principal(1).to_uppercase(), "as it stands in the source");
    assert_eq!(verdict(&assessment, 1, &Workload::App).kind, VerdictKind::Excluded);
    assert_eq!(verdict(&assessment, 2, &Workload::App).exclusion, ExclusionState::NotListed);
    let readable = |workload| gate(&assessment, &workload).policies[0].exclusions_readable;
    assert!(readable(Workload::App) && readable(Workload::Script) && !readable(Workload::Role));
}

#[test]
fn of_two_policies_both_must_exclude() {
    let listed = json!({"x": [app(1)]});
    let tenant = Tenant::new().policy("p", "app", &[], listed.clone()).policy("q", "app", &[], json!({"x": []})).holder(1, APPS_WRITE, "");
    assert_eq!(tenant.verdict(1, &Workload::App).exclusion, ExclusionState::Partly);
    assert_eq!(tenant.policy("q", "app", &[], listed).verdict(1, &Workload::App).exclusion, ExclusionState::Excluded);
}

#[test]
fn a_dangling_exclusion_is_told_by_what_is_left_of_it() {
    let mut tenant = Tenant::new()
        .policy("p", "app", &[], json!({"x": [app(1), principal(2), principal(3), principal(4)]}))
        .holder(1, APPS_WRITE, "")
        .holder(2, APPS_WRITE, "");
    tenant.0.service_principals.get_mut(&principal(2).as_str().into()).unwrap().account_enabled = Some(false);
    let gone =
        DeletedServicePrincipal { id: principal(3).as_str().into(), app_id: app(3).into(), display_name: "gone".into(), deleted: None };
    tenant.0.deleted_service_principals.insert(gone.id.clone(), gone);
    let states = |tenant: &Tenant| {
        tenant.assess().exclusions.iter().map(|row| (row.listed_id.clone(), row.state, row.gap.is_some())).collect::<BTreeSet<_>>()
    };
    let expected = [
        (app(1), ExcludedObject::Active, false),
        (principal(2), ExcludedObject::Disabled, false),
        (principal(3), ExcludedObject::Deleted, false),
        (principal(4), ExcludedObject::Unresolved, false),
    ];
    assert_eq!(states(&tenant), expected.clone().into());
    let unsure = tenant.lost(Dataset::Applications);
    assert!(states(&unsure).contains(&(principal(4), ExcludedObject::Unresolved, true)), "it may be an application that was not read");
}

#[test]
fn a_list_beside_the_list_of_exclusions_is_not_one() {
    let tenant = Tenant::new()
        .policy("p", "app", &[], json!({"settings": {"apps": [app(1)], "notify": [app(99)]}}))
        .policy("q", "script", &[], json!({"settings": {"notify": []}}))
        .holder(1, APPS_WRITE, "");
    let assessment = tenant.assess();
    assert_eq!(assessment.exclusions.len(), 1, "{:?}", assessment.exclusions);
    assert!(!gate(&assessment, &Workload::Script).policies[0].exclusions_readable);
}

#[test]
fn an_exclusion_that_could_not_be_looked_up_may_be_anybodys() {
    let listed = json!({"x": [app(1), principal(2)]});
    let whole = || {
        Tenant::new().policy("p", "app", &[], listed.clone()).holder(1, APPS_WRITE, "").holder(2, APPS_WRITE, "").holder(3, APPS_WRITE, "")
    };
    assert_eq!(whole().verdict(3, &Workload::App).exclusion, ExclusionState::NotListed);
    let mut partly = whole().lost(Dataset::ServicePrincipals);
    partly.0.service_principals.remove(&principal(2).as_str().into());
    assert_eq!(partly.verdict(3, &Workload::App).exclusion, ExclusionState::Unknown);
    assert_eq!(partly.verdict(1, &Workload::App).exclusion, ExclusionState::Excluded);
}

#[test]
fn an_application_without_a_principal_is_deleted_only_if_principals_were_read() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({"x": [app(1)]}));
    let application = Application {
        id: "c".into(),
        app_id: app(1).into(),
        display_name: "app 1".into(),
        is_disabled: None,
        sign_in_audience: None,
        created: None,
        credentials: vec![],
        federated_credentials: None,
        property_lock: crate::snapshot::PropertyLock::Unknown,
        redirects: None,
        implicit_grant: None,
        owners: None,
    };
    tenant.0.applications.insert(application.id.clone(), application);
    assert_eq!(tenant.assess().exclusions[0].state, ExcludedObject::Deleted);
    let unread = tenant.lost(Dataset::ServicePrincipals).assess();
    assert_eq!(unread.exclusions[0].state, ExcludedObject::Unresolved);
    assert!(unread.applications[&AppId::new(&app(1))].excluded, "its keys and permissions still are to be judged");
}

#[test]
fn an_application_that_only_the_audit_log_knows_may_be_listed_by_its_app_id() {
    let tenant = Tenant::new().policy("p", "app", &[], json!({"x": [app(1), app(7)]})).holder(1, APPS_WRITE, "").event(
        7,
        "2026-10-10T00:00:00Z",
        "Create MobileApp",
        "Success",
        "MobileApp",
    );
    assert_eq!(tenant.verdict(7, &Workload::App).kind, VerdictKind::Excluded);
}

#[test]
fn a_plan_over_policies_that_were_not_read_claims_no_exclusion() {
    let mut tenant = Tenant::new().holder(1, APPS_WRITE, "2026-11-01T00:00:00Z").lost(Dataset::AccessPolicies);
    tenant = tenant.event(1, "2026-10-30T00:00:00Z", "Create MobileApp", "Success", "MobileApp");
    let options = Options { planned: [Workload::App].into(), ..Options::default() };
    let planned = verdict(&tenant.assess_with(&options), 1, &Workload::App);
    assert_eq!((planned.kind, planned.exclusion, planned.confidence), (VerdictKind::Breaks, ExclusionState::Unknown, Confidence::Low));
}

#[test]
fn where_exclusions_were_not_seen_the_facts_say_so_for_the_tenant() {
    let readable = Tenant::new().policy("p", "app", &[], json!({"x": [app(1)]})).holder(1, APPS_WRITE, "");
    assert!(facts::facts(&readable.assess()).iter().all(|fact| fact.object.kind != "tenant" || !fact.values.is_empty()));
    for tenant in [readable.policy("q", "script", &[], json!({})), Tenant::new().lost(Dataset::AccessPolicies)] {
        let facts = facts::facts(&tenant.assess());
        let unseen: Vec<_> = facts.iter().filter(|fact| fact.object.kind == "tenant" && fact.values.is_empty()).collect();
        let kinds: Vec<_> = unseen.iter().map(|fact| fact.entity).collect();
        assert!([facts::EntityKind::ExcludedApplication, facts::EntityKind::Exclusion].iter().all(|kind| kinds.contains(kind)));
        assert!(unseen.iter().all(|fact| fact.values.is_empty() && fact.gaps.len() == fact.entity.fields().len()));
    }
}
