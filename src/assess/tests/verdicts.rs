//! Verdicts: evidence, requests, platforms, confidence, ways out.

use super::*;
use crate::snapshot::AppRole;

#[test]
fn a_write_permission_that_the_catalogue_does_not_know_is_named() {
    let mut tenant = Tenant::new();
    let roles = [
        (APPS_WRITE, "DeviceManagementApps.ReadWrite.All"),
        ("c0000000-0000-4000-8000-000000000001", "DeviceManagementNewThing.ReadWrite.All"),
        ("c0000000-0000-4000-8000-000000000002", "DeviceManagementNewThing.Read.All"),
        ("c0000000-0000-4000-8000-000000000003", "Mail.ReadWrite"),
    ];
    tenant.0.app_roles = roles.map(|(id, value)| (id.into(), AppRole { id: id.into(), value: value.into() })).into();
    assert_eq!(tenant.assess().unmapped_permissions, ["DeviceManagementNewThing.ReadWrite.All".to_owned()].into());
}

#[test]
fn writes_before_the_gate_break_and_writes_behind_it_pass() {
    let tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let mut before = tenant;
    before.0.access_policies.get_mut(&"p".into()).unwrap().last_modified = Some(at("2026-10-25T00:00:00Z"));
    let before = before.event(1, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "MobileApp");
    let breaks = before.verdict(1, &Workload::App);
    assert_eq!((breaks.kind, breaks.writes, breaks.grade), (VerdictKind::Breaks, 1, EvidenceGrade::AuditedWrite));
    assert_eq!(breaks.exclusion, ExclusionState::Unknown, "no policy shows whom it excludes");
    assert_eq!(breaks.confidence, Confidence::Medium, "{:?}", breaks.doubts);
    assert!(breaks.expected_status.contains(&400) && breaks.expected_status.contains(&412));
    let passes = before.event(1, "2026-10-30T00:00:00Z", "Create MobileApp", "Success", "MobileApp").verdict(1, &Workload::App);
    assert_eq!((passes.kind, passes.confidence), (VerdictKind::Passes, Confidence::Low));
}

#[test]
fn a_write_of_a_person_is_not_the_applications() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z").event(
        1,
        "2026-10-10T00:00:00Z",
        "Create MobileApp",
        "Success",
        "MobileApp",
    );
    tenant.0.audit_events[0].actor.user_id = Some("someone".into());
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::AtRisk);
}

#[test]
fn requests_of_its_own_make_handshake_or_blocked() {
    let tenant = || Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let by_object_id = tenant().request("r", "completed", "app", Some(principal(1)), None);
    assert_eq!(by_object_id.verdict(1, &Workload::App).kind, VerdictKind::Handshake);
    let by_app_id = tenant().request("r", "expired", "app", Some(app(1).to_uppercase()), None);
    let blocked = by_app_id.verdict(1, &Workload::App);
    assert_eq!((blocked.kind, blocked.blocked_calls, blocked.grade), (VerdictKind::Blocked, 1, EvidenceGrade::BlockedCall));
    let failing = tenant().event(1, "2026-10-30T00:00:00Z", "Create MobileApp", "Failure", "MobileApp").verdict(1, &Workload::App);
    assert_eq!((failing.kind, failing.confidence, failing.writes), (VerdictKind::Blocked, Confidence::Low, 0));
}

#[test]
fn a_gate_for_another_platform_does_not_concern_it() {
    let tenant = Tenant::new().policy("p", "app", &["windows10AndLater"], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let elsewhere = tenant.event(1, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "MacOSLobApp");
    assert_eq!(elsewhere.verdict(1, &Workload::App).kind, VerdictKind::NotGated);
    assert_eq!(elsewhere.verdict(1, &Workload::App).platforms, [crate::catalogue::Platform::Windows].into(), "what the gate covers");
    let long_ago = elsewhere.event(1, "2026-08-10T00:00:00Z", "Create MobileApp", "Success", "Win32LobApp");
    assert_eq!(long_ago.verdict(1, &Workload::App).kind, VerdictKind::NotGated, "evidence is of the window");
    let both = long_ago.event(1, "2026-10-12T00:00:00Z", "Create MobileApp", "Success", "Win32LobApp");
    assert_ne!(both.verdict(1, &Workload::App).kind, VerdictKind::NotGated);
}

#[test]
fn a_possible_permission_counts_only_with_evidence() {
    let tenant = Tenant::new().policy("p", "role", &[], json!({})).holder(1, CONFIGURATION_WRITE, "2026-11-01T00:00:00Z");
    assert!(tenant.assess().verdicts.iter().all(|verdict| verdict.workload != Workload::Role));
    let seen = tenant.event(1, "2026-08-20T00:00:00Z", "Create RoleDefinition", "Success", "RoleDefinition").verdict(1, &Workload::Role);
    assert_eq!((seen.kind, seen.confidence), (VerdictKind::AtRisk, Confidence::Low), "the write is older than the window");
}

#[test]
fn what_could_not_be_read_is_unknown_and_never_milder_with_the_same_confidence() {
    let whole = || Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "");
    let dormant = whole().verdict(1, &Workload::App);
    assert_eq!(dormant.kind, VerdictKind::Dormant);
    let mut without_rows = whole().lost(Dataset::SignInActivity);
    without_rows.0.sign_in_activity.clear();
    assert_eq!(without_rows.verdict(1, &Workload::App).kind, VerdictKind::AtRisk);
    let without_events = whole().lost(Dataset::AuditEvents).verdict(1, &Workload::App);
    assert!(without_events.confidence < dormant.confidence);
    let mut without_policies = whole().lost(Dataset::AccessPolicies);
    without_policies.0.access_policies.clear();
    let unknown = without_policies.verdict(1, &Workload::App);
    assert_eq!((unknown.kind, unknown.exclusion), (VerdictKind::Unknown, ExclusionState::Unknown));
    let always = without_policies.assess();
    assert_eq!(gate(&always, &Workload::OperationApprovalPolicy).state, GateState::InForce, "access policies protect themselves");
}

#[test]
fn the_order_of_what_was_read_does_not_matter() {
    let tenant = Tenant::new()
        .policy("p", "app", &[], json!({"x": [app(2)]}))
        .holder(1, APPS_WRITE, "2026-11-01T00:00:00Z")
        .holder(2, WIPE, "")
        .event(1, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "MobileApp")
        .event(1, "2026-10-12T00:00:00Z", "Update MobileApp", "Success", "MobileApp");
    let mut turned = Tenant(tenant.0.clone());
    turned.0.audit_events.reverse();
    turned.0.app_role_grants.reverse();
    assert_eq!(tenant.assess(), turned.assess());
}

#[test]
fn a_persons_request_through_an_application_is_not_the_applications() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z").request(
        "r",
        "completed",
        "app",
        Some(app(1)),
        None,
    );
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::Handshake);
    tenant.0.approval_requests.get_mut(&"r".into()).unwrap().requestor_user = Some("someone".into());
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::AtRisk);
}

#[test]
fn requests_that_name_nobody_or_could_not_be_read_lower_the_confidence() {
    let tenant = || Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let sure = tenant().verdict(1, &Workload::App).confidence;
    assert!(tenant().request("r", "completed", "app", None, None).verdict(1, &Workload::App).confidence < sure);
    assert!(tenant().lost(Dataset::ApprovalRequests).verdict(1, &Workload::App).confidence < sure);
    let elsewhere = tenant().request("r", "completed", "script", None, None).verdict(1, &Workload::App).confidence;
    assert_eq!(elsewhere, sure, "a request on another workload says nothing of this one");
    let strange = tenant().request("r", "paused", "app", Some(app(1)), None).verdict(1, &Workload::App);
    assert!(strange.confidence < sure && strange.doubts.iter().any(|doubt| doubt.contains("how they ended")), "{strange:?}");
}

#[test]
fn a_result_that_is_no_known_word_is_neither_success_nor_failure() {
    let tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let verdict = tenant.event(1, "2026-10-30T00:00:00Z", "Create MobileApp", "Queued", "MobileApp").verdict(1, &Workload::App);
    assert_eq!((verdict.kind, verdict.writes, verdict.failed_writes), (VerdictKind::AtRisk, 0, 0));
    assert!(verdict.doubts.iter().any(|doubt| doubt.contains("how they ended")), "{verdict:?}");
}

#[test]
fn sign_ins_of_microsofts_own_applications_are_not_known() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "");
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::Dormant);
    let principal = tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap();
    principal.owner_tenant = Some("f8cdef31-a31e-4b4a-93e4-5f571e91255a".into());
    let verdict = tenant.verdict(1, &Workload::App);
    assert_eq!(verdict.kind, VerdictKind::AtRisk);
    assert!(verdict.doubts.iter().any(|doubt| doubt.contains("sign-ins are not known")), "{verdict:?}");
}

#[test]
fn ways_out_say_what_to_harden_before_an_exclusion() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    tenant.0.app_role_grants.push(AppRoleGrant { app_role: WIPE.into(), ..tenant.0.app_role_grants[0].clone() });
    let secret = Credential { kind: CredentialKind::Secret, end: Some(at("2027-01-01T00:00:00Z")), ..certificate("s", "") };
    tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap().credentials = vec![secret];
    let ways = tenant.verdict(1, &Workload::App).ways_out;
    assert_eq!(ways.iter().map(|way| way.kind).collect::<Vec<_>>(), WayKind::ALL, "{ways:?}");
    assert!(ways[0].summary.contains("x-msft-approval-justification"));
    for part in ["client secrets (1)", "off its service principal", "PrivilegedOperations"] {
        assert!(ways[1].summary.contains(part), "{part}: {}", ways[1].summary);
    }
    assert_eq!(ways[2].permissions, ["DeviceManagementApps.ReadWrite.All"]);
    assert!(ways[2].summary.contains("DeviceManagementApps.ReadWrite.All"));
}

#[test]
fn the_days_of_a_verdict_hold_what_was_seen_in_the_span_of_the_audit_log() {
    let tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let mut tenant = tenant
        .event(1, "2026-09-30T23:59:59Z", "Create MobileApp", "Success", "MobileApp")
        .event(1, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "MobileApp")
        .event(1, "2026-10-10T23:59:59Z", "Create MobileApp", "Success", "MobileApp")
        .event(1, "2026-10-10T12:00:00Z", "Create MobileApp", "Failure", "MobileApp")
        .request("r", "expired", "app", Some(principal(1)), None);
    tenant.0.audit_since = at("2026-10-01T00:00:00Z");
    let verdict = tenant.verdict(1, &Workload::App);
    let day = verdict.days[&at("2026-10-10T00:00:00Z").date_naive()];
    assert_eq!(day, DayCounts { written: 2, failed: 1, ..DayCounts::default() });
    let sum = |count: fn(&DayCounts) -> u64| verdict.days.values().map(count).sum::<u64>();
    assert_eq!((sum(|day| day.written), sum(|day| day.refused)), (2, verdict.blocked_calls), "{:?}", verdict.days);
}
