//! Plans from a file: gates with platforms, a day and exclusions of their own, beside the verdict of today.

use super::*;
use crate::catalogue::Platform;

fn planned(workload: Workload, platforms: &[Platform], exclusions: &[&str]) -> Options {
    let gate = PlannedGate {
        line: 3,
        workload,
        platforms: platforms.iter().cloned().collect(),
        from: Some(at("2027-01-15T00:00:00Z")),
        exclusions: exclusions.iter().map(|text| (*text).to_owned()).collect(),
    };
    Options { plan: vec![gate], ..Options::default() }
}

fn writer() -> Tenant {
    let tenant = Tenant::new().holder(1, APPS_WRITE, "2026-11-01T00:00:00Z").holder(2, APPS_WRITE, "2026-11-01T00:00:00Z");
    tenant.event(1, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "Win32LobApp")
}

#[test]
fn a_planned_gate_shows_what_changes_against_today() {
    let assessment = writer().assess_with(&planned(Workload::App, &[], &[&app(2)]));
    let kinds = |number| {
        let verdict = verdict(&assessment, number, &Workload::App);
        (verdict.today, verdict.kind, verdict.gate)
    };
    assert_eq!(kinds(1), (Some(VerdictKind::NotGated), VerdictKind::Breaks, GateState::Planned));
    assert_eq!(kinds(2), (Some(VerdictKind::NotGated), VerdictKind::Excluded, GateState::Planned));
    let reasons = verdict(&assessment, 1, &Workload::App).reasons;
    assert!(reasons[0].contains("planned gate from 2027-01-15T00:00:00Z"), "{reasons:?}");
    assert_eq!(verdict(&writer().assess(), 1, &Workload::App).today, None, "nothing is planned");
    assert_eq!(assessment.run.planned, [Workload::App].into());
}

#[test]
fn a_planned_gate_has_its_own_platforms() {
    let on_macs = writer().assess_with(&planned(Workload::App, &[Platform::MacOs], &[]));
    assert_eq!(verdict(&on_macs, 1, &Workload::App).kind, VerdictKind::NotGated, "it writes for Windows");
    let on_windows = writer().assess_with(&planned(Workload::App, &[Platform::Windows], &[]));
    assert_eq!(verdict(&on_windows, 1, &Workload::App).kind, VerdictKind::Breaks);
}

#[test]
fn a_planned_gate_holds_beside_those_in_force() {
    let gated = writer().policy("p", "app", &[], json!({"x": [app(1), app(2)]}));
    assert_eq!(gated.verdict(1, &Workload::App).kind, VerdictKind::Excluded);
    let then = gated.assess_with(&planned(Workload::App, &[], &["APP 2"]));
    let changed = verdict(&then, 1, &Workload::App);
    assert_eq!(
        (changed.today, changed.kind, changed.exclusion),
        (Some(VerdictKind::Excluded), VerdictKind::Breaks, ExclusionState::Partly)
    );
    assert_eq!(verdict(&then, 2, &Workload::App).kind, VerdictKind::Excluded, "by both, by the only name of its kind");
}

#[test]
fn a_name_that_is_nobodys_or_of_several_is_told() {
    let mut tenant = writer();
    let unplaced = |tenant: &Tenant, name: &str| tenant.assess_with(&planned(Workload::App, &[], &[name])).unplaced;
    assert_eq!(unplaced(&tenant, "nobody"), ["plan, line 3: no application that was read is called nobody: write its app id instead"]);
    assert!(unplaced(&tenant, "app 1").is_empty());
    tenant.0.service_principals.values_mut().for_each(|principal| principal.display_name = "app 1".into());
    assert!(unplaced(&tenant, "app 1")[0].contains("2 applications are called app 1"));
}

#[test]
fn a_plan_over_policies_that_were_not_read_is_less_sure() {
    let sure = verdict(&writer().assess_with(&planned(Workload::App, &[], &[])), 1, &Workload::App);
    let unread = verdict(&writer().lost(Dataset::AccessPolicies).assess_with(&planned(Workload::App, &[], &[])), 1, &Workload::App);
    assert_eq!((sure.confidence, unread.kind), (Confidence::High, VerdictKind::Breaks));
    assert!(unread.confidence < sure.confidence, "{unread:?}");
}
