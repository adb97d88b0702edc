//! Evidence put together: a fall in writes, use of keys, sign-ins for people, raw sign-ins.

use super::*;

/// A gate on apps whose creation was audited, so that its first day is known.
fn gated_since(day: &str) -> Tenant {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({"x": [app(9)]})).holder(9, WIPE, "").change(day, "p", &[], &[]);
    let event = tenant.0.audit_events.last_mut().unwrap();
    event.activity_type = Some("Create OperationApprovalPolicy".into());
    event.operation_type = Some("Create".into());
    tenant.holder(1, APPS_WRITE, "2026-11-01T00:00:00Z")
}

fn writes(mut tenant: Tenant, days: impl Iterator<Item = String>) -> Tenant {
    for day in days {
        tenant = tenant.event(1, &day, "Create MobileApp", "Success", "MobileApp");
    }
    tenant
}

fn august() -> impl Iterator<Item = String> {
    (5..30).map(|day| format!("2026-08-{day:02}T10:00:00Z"))
}

#[test]
fn a_fall_in_writes_since_the_gate_is_told_and_decides_nothing() {
    let gate = "2026-09-01T00:00:00Z";
    let fallen = writes(gated_since(gate), august()).verdict(1, &Workload::App);
    let reason =
        "fall in its writes since the gate held: 25 audited writes in the 27 days before 2026-09-01T00:00:00Z, 0 in the 62 days since";
    assert!(fallen.reasons.iter().any(|told| told == reason), "{fallen:?}");
    assert!(fallen.doubts.iter().any(|doubt| doubt.contains("may be blocked already")), "{fallen:?}");
    assert!(fallen.next_step.contains("look for 400 and 412"), "{}", fallen.next_step);
    let silent = gated_since(gate).verdict(1, &Workload::App);
    assert_eq!((fallen.kind, fallen.confidence), (VerdictKind::AtRisk, silent.confidence), "never a verdict by itself");
    assert!(!silent.reasons.iter().any(|told| told.contains("fall")), "{silent:?}");
}

#[test]
fn a_fall_needs_both_sides_of_a_day_that_is_known_and_a_gate_that_holds_it() {
    let told = |tenant: &Tenant| tenant.verdict(1, &Workload::App).reasons.iter().any(|told| told.starts_with("fall in its writes"));
    assert!(told(&writes(gated_since("2026-09-01T00:00:00Z"), august())));
    assert!(!told(&writes(gated_since("2026-08-08T00:00:00Z"), august())), "four days before are too few");
    assert!(!told(&writes(gated_since("2026-10-30T00:00:00Z"), august())), "three days after are too few");
    let unread = writes(gated_since("2026-09-01T00:00:00Z"), august()).lost(Dataset::AuditEvents);
    assert!(!told(&unread), "events that were not read are no fall");
    let by_last_change = writes(Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, ""), august());
    assert!(!told(&by_last_change), "a policy that was changed may be older");
    let excluded = writes(gated_since("2026-09-01T00:00:00Z"), august()).policy("p", "app", &[], json!({"x": [app(1)]}));
    assert!(!told(&excluded), "the gate does not hold it");
    let steady = (5..30).map(|day| format!("2026-09-{day:02}T10:00:00Z"));
    assert!(!told(&writes(gated_since("2026-09-01T00:00:00Z"), august().chain(steady))));
}

fn quiet() -> Tenant {
    Tenant::new().policy("p", "app", &[], json!({"x": [app(9)]})).holder(9, WIPE, "").holder(1, APPS_WRITE, "")
}

#[test]
fn raw_sign_ins_that_the_report_does_not_show_make_it_no_sleeper() {
    let sleeps = quiet().verdict(1, &Workload::App);
    assert_eq!(sleeps.kind, VerdictKind::Dormant);
    assert_eq!(quiet().raw_sign_ins(1, "2026-10-20T00:00:00Z", 3).verdict(1, &Workload::App).kind, VerdictKind::AtRisk);
    assert_eq!(quiet().raw_sign_ins(1, "2026-10-20T00:00:00Z", 0).verdict(1, &Workload::App).kind, VerdictKind::Dormant, "they failed");
    let unread = quiet().lost(Dataset::SignIns).verdict(1, &Workload::App);
    assert_eq!(unread.kind, VerdictKind::Dormant);
    assert!(unread.confidence < sleeps.confidence, "asked for and not read: {unread:?}");
    let mut skipped = quiet();
    let gap = Gap::NotRequested;
    skipped.0.coverage.insert(Dataset::SignIns, DatasetReading { coverage: Coverage::Unavailable { gap }, requests: 0 });
    assert_eq!(skipped.verdict(1, &Workload::App).confidence, sleeps.confidence, "nobody asked for them");
}

#[test]
fn a_key_in_use_makes_dormant_less_sure_and_is_shown_on_the_key() {
    let mut tenant = quiet().key_used(1, "AB-1", "2026-10-20T00:00:00Z");
    let pair = [certificate("ab-1", "Sign"), certificate("ab-2", "Verify")];
    tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap().credentials = pair.into();
    let used = tenant.assess();
    let verdict = verdict(&used, 1, &Workload::App);
    assert_eq!(verdict.kind, VerdictKind::Dormant);
    assert!(verdict.confidence < quiet().verdict(1, &Workload::App).confidence, "{verdict:?}");
    let keys = used.applications[&AppId::new(&app(1))].keys.seen().unwrap().clone();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].key_id.as_str(), keys[0].last_used), ("ab-2", Some(at("2026-10-20T00:00:00Z"))), "by either id of one certificate");
    let before = quiet().key_used(1, "k", "2026-08-20T00:00:00Z").verdict(1, &Workload::App);
    assert_eq!(before.confidence, quiet().verdict(1, &Workload::App).confidence, "not in the window");
}

#[test]
fn who_signs_in_for_people_only_needs_no_application_permission() {
    let mut tenant = quiet();
    tenant.0.sign_in_activity.get_mut(&AppId::new(&app(1))).unwrap().delegated = SignInTime::At(at("2026-10-30T00:00:00Z"));
    let verdict = tenant.verdict(1, &Workload::App);
    assert_eq!(verdict.kind, VerdictKind::Dormant, "not as itself");
    assert!(verdict.next_step.contains("for people only"), "{}", verdict.next_step);
    assert!(verdict.reasons.iter().any(|reason| reason.contains("for people it signed in, last on 2026-10-30")), "{verdict:?}");
}
