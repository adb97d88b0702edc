//! What is known of one application: its keys, its switches, its names.

use super::*;

#[test]
fn an_application_that_only_the_audit_log_knows_is_an_automation() {
    let mut tenant =
        Tenant::new().policy("p", "app", &[], json!({})).event(7, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "MobileApp");
    tenant.0.audit_events[0].actor.app_display_name = Some("ghost".into());
    let assessment = tenant.assess();
    let profile = &assessment.applications[&AppId::new(&app(7))];
    assert_eq!((profile.name.as_str(), profile.service_principal.as_ref()), ("ghost", None));
    assert!(matches!(profile.permissions, Known::No(_)) && matches!(profile.keys, Known::No(_)));
    assert_eq!(verdict(&assessment, 7, &Workload::App).writes, 1);
}

#[test]
fn a_certificate_under_sign_and_verify_is_one_key() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "");
    let principal = tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap();
    principal.credentials = vec![certificate("sign", "Sign"), certificate("verify", "Verify")];
    let assessment = tenant.assess();
    let keys = assessment.applications[&AppId::new(&app(1))].keys.seen().unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].key_id.as_str(), keys[0].lifetime_days, keys[0].expired), ("verify", Some(273), Some(true)));
}

#[test]
fn keys_of_a_vendor_are_out_of_reach_and_those_of_an_unread_application_unknown() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "");
    let profile = |tenant: &Tenant| tenant.assess().applications[&AppId::new(&app(1))].clone();
    assert!(matches!(profile(&tenant).keys, Known::Yes(_)));
    tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap().owner_tenant = Some("elsewhere".into());
    assert!(matches!(profile(&tenant).keys, Known::Partly(_, Gap::OutOfReach { .. })));
    tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap().owner_tenant = Some(TENANT.into());
    let tenant = tenant.lost(Dataset::Applications);
    assert!(matches!(profile(&tenant).keys, Known::Partly(_, Gap::Permission { .. })));
}

#[test]
fn the_application_adds_its_keys_and_its_switch() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let application = Application {
        id: "c".into(),
        app_id: app(1).into(),
        display_name: "app 1".into(),
        is_disabled: Some(true),
        sign_in_audience: None,
        created: Some(at("2020-01-01T00:00:00Z")),
        credentials: vec![certificate("k", "Verify")],
        federated_credentials: None,
        property_lock: crate::snapshot::PropertyLock::Unknown,
        redirects: None,
        implicit_grant: None,
        owners: None,
    };
    tenant.0.applications.insert(application.id.clone(), application);
    let profile = tenant.assess().applications[&AppId::new(&app(1))].clone();
    assert_eq!(profile.keys.seen().map(Vec::len), Some(1));
    assert_eq!(profile.first_trace, Some(at("2020-01-01T00:00:00Z")));
    assert!(matches!(profile.federated, Known::No(_)));
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::Dormant, "a disabled application gets no token");
}
