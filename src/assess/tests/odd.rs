//! Odd input: what is not known is kept, named, and makes nothing look clean.

use super::*;

#[test]
fn a_policy_type_that_is_not_known_is_a_gate_of_its_own_and_lowers_what_is_not_gated() {
    let without = Tenant::new().holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let clear = without.verdict(1, &Workload::App);
    let odd = without.policy("p", "somethingNew", &["visionOS"], json!({}));
    let assessment = odd.assess();
    let unknown = gate(&assessment, &Workload::Unknown("somethingNew".into()));
    assert_eq!((unknown.state, unknown.policies.len(), unknown.platforms.len()), (GateState::InForce, 1, 1));
    let verdict = verdict(&assessment, 1, &Workload::App);
    assert_eq!((clear.kind, verdict.kind), (VerdictKind::NotGated, VerdictKind::NotGated));
    assert!(verdict.confidence < clear.confidence, "{verdict:?}");
}

#[test]
fn a_policy_without_a_type_may_gate_anything() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    tenant.0.access_policies.get_mut(&"p".into()).unwrap().policy_type = None;
    let verdict = tenant.verdict(1, &Workload::App);
    assert_eq!(verdict.kind, VerdictKind::NotGated);
    assert!(verdict.doubts.iter().any(|doubt| doubt.contains("type that maascan does not know")), "{verdict:?}");
    assert!(tenant.assess().gates.iter().any(|gate| gate.workload == Workload::Unknown("unknown".into()) && gate.policies.len() == 1));
}

#[test]
fn a_platform_that_is_not_known_is_taken_to_concern_every_write() {
    let tenant = Tenant::new().policy("p", "app", &["visionOS"], json!({"x": [app(9)]})).holder(9, WIPE, "").holder(1, APPS_WRITE, "");
    let tenant = tenant.event(1, "2026-08-30T00:00:00Z", "Create Win32LobApp", "Success", "Win32LobApp");
    let tenant = tenant.event(1, "2026-10-20T00:00:00Z", "Create Win32LobApp", "Failure", "Win32LobApp");
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::Blocked);
}

#[test]
fn a_status_that_is_not_known_is_neither_granted_nor_refused() {
    let base = || Tenant::new().policy("p", "app", &[], json!({"x": [app(9)]})).holder(9, WIPE, "").holder(1, APPS_WRITE, "");
    let odd = base().request("r", "pausedByRobot", "app", Some(app(1)), None).verdict(1, &Workload::App);
    assert_eq!((base().verdict(1, &Workload::App).kind, odd.kind), (VerdictKind::Dormant, VerdictKind::AtRisk), "it acts");
    assert!(odd.doubts.iter().any(|doubt| doubt.contains("not known how they ended: 1")), "{odd:?}");
    let result = base().event(1, "2026-10-20T00:00:00Z", "Create MobileApp", "Vielleicht", "MobileApp").verdict(1, &Workload::App);
    assert_eq!((result.kind, result.writes, result.failed_writes), (VerdictKind::AtRisk, 0, 0));
}

#[test]
fn an_application_that_only_the_audit_log_knows_has_a_verdict_under_its_name() {
    let mut tenant =
        Tenant::new().policy("p", "app", &[], json!({})).event(7, "2026-10-20T00:00:00Z", "Create MobileApp", "Success", "MobileApp");
    tenant.0.audit_events[0].actor.app_display_name = Some("Ghost".into());
    let assessment = tenant.assess();
    assert_eq!(assessment.applications[&AppId::new(&app(7))].name, "Ghost");
    assert_eq!(verdict(&assessment, 7, &Workload::App).kind, VerdictKind::Passes);
    let explained = explain(&tenant.0, &Catalogue::builtin().unwrap(), &Options::default(), &AppId::new(&app(7)), None);
    assert!(explained.links[0].statements.iter().any(|said| said.text.contains("no service principal in this tenant")), "{explained:?}");
}

#[test]
fn what_happens_after_the_clock_of_the_run_is_not_counted_and_is_said() {
    let tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-12-24T00:00:00Z");
    let tenant = tenant.event(1, "2026-11-02T06:00:00Z", "Create MobileApp", "Success", "MobileApp");
    let tenant = tenant.event(1, "2026-12-01T00:00:00Z", "Create MobileApp", "Success", "MobileApp");
    let verdict = tenant.verdict(1, &Workload::App);
    assert_eq!((verdict.writes, verdict.last_write), (1, Some(at(NOW))), "the moment of the run itself belongs to the window");
    let explained = explain(&tenant.0, &Catalogue::builtin().unwrap(), &Options::default(), &AppId::new(&app(1)), Some(&Workload::App));
    let told = |links: &[Link], words: &str| links.iter().flat_map(|link| &link.statements).any(|said| said.text.contains(words));
    assert!(told(&explained.chains[0].links, "1 after the clock of this run are not counted"), "{explained:#?}");
    assert!(told(&explained.links, "after the clock of this run: the clocks differ"), "{explained:#?}");
}

#[test]
fn without_any_audit_event_nobody_writes_and_nothing_is_milder_for_it() {
    let tenant =
        || Tenant::new().policy("p", "app", &[], json!({"x": [app(9)]})).holder(9, WIPE, "").holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let none = tenant().verdict(1, &Workload::App);
    assert_eq!((none.kind, none.writes), (VerdictKind::AtRisk, 0));
    let unread = tenant().lost(Dataset::AuditEvents).verdict(1, &Workload::App);
    assert_eq!(unread.kind, VerdictKind::AtRisk);
    assert!(unread.confidence < none.confidence, "{unread:?}");
}

#[test]
fn events_that_map_to_nothing_are_listed_for_the_tenant_and_for_the_application() {
    let tenant = Tenant::new().holder(1, APPS_WRITE, "").event(1, "2026-10-20T00:00:00Z", "frobnicate Widget", "Success", "Widget");
    assert_eq!(tenant.assess().unmapped_activities, [("frobnicate Widget".to_owned(), 1)].into());
    let explained = explain(&tenant.0, &Catalogue::builtin().unwrap(), &Options::default(), &AppId::new(&app(1)), None);
    let told = explained.links.iter().flat_map(|link| &link.statements).any(|said| said.text.contains("frobnicate Widget (1)"));
    assert!(told, "{explained:#?}");
}
