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

/// A writer whose one application is registered here, with these keys: when each ends.
fn with_keys(ends: &[Option<&str>]) -> Tenant {
    let mut tenant = writer();
    let credential = |(number, end): (usize, &Option<&str>)| Credential {
        kind: CredentialKind::Secret,
        key_id: format!("k{number}"),
        display_name: None,
        start: Some(at("2026-01-01T00:00:00Z")),
        end: end.map(at),
        usage: None,
        thumbprint: None,
    };
    let application = Application {
        id: "o1".into(),
        app_id: app(1).into(),
        display_name: "app 1".into(),
        is_disabled: None,
        sign_in_audience: None,
        created: None,
        credentials: ends.iter().enumerate().map(credential).collect(),
        federated_credentials: Some(vec![]),
        property_lock: crate::snapshot::PropertyLock::Unknown,
        redirects: None,
        implicit_grant: None,
        owners: None,
    };
    tenant.0.applications.insert("o1".into(), application);
    tenant.0.service_principals.values_mut().for_each(|principal| principal.federated_credentials = Some(vec![]));
    tenant
}

#[test]
fn what_is_known_to_end_before_the_gate_begins_is_told_and_changes_nothing() {
    let options = planned(Workload::App, &[], &[]);
    let judged = |tenant: &Tenant, options: &Options| verdict(&tenant.assess_with(options), 1, &Workload::App);
    let told = |tenant: &Tenant, options: &Options| {
        let verdict = judged(tenant, options);
        assert_eq!(verdict.kind, VerdictKind::Breaks, "no guess makes it milder");
        verdict.doubts.iter().any(|doubt| doubt.contains("it stops for that reason first"))
    };
    let ending = with_keys(&[Some("2026-12-24T00:00:00Z"), Some("2026-10-01T00:00:00Z")]);
    assert!(told(&ending, &options));
    let sentence = judged(&ending, &options).doubts.into_iter().find(|doubt| doubt.contains("every key")).unwrap();
    assert!(sentence.contains("2027-01-15T00:00:00Z, the last on 2026-12-24T00:00:00Z"), "{sentence}");
    let lasting = with_keys(&[Some("2026-12-24T00:00:00Z"), Some("2028-01-01T00:00:00Z")]);
    assert_eq!(judged(&ending, &options).confidence, judged(&lasting, &options).confidence);
    for lasting in [lasting, with_keys(&[Some("2026-12-24T00:00:00Z"), None]), with_keys(&[]), with_keys(&[Some("2026-10-01T00:00:00Z")])] {
        assert!(!told(&lasting, &options), "one lasts, has no end that is known, or all ended already");
    }
    let mut unread = with_keys(&[Some("2026-12-24T00:00:00Z")]).lost(Dataset::Applications);
    unread.0.applications.clear();
    unread.0.service_principals.values_mut().for_each(|principal| {
        let key = ending.0.applications.values().flat_map(|application| application.credentials.clone()).next();
        principal.credentials = key.into_iter().collect();
    });
    assert!(!told(&unread, &options), "another may not have been seen");
    let at_once = Options { planned: [Workload::App].into(), ..Options::default() };
    assert!(!told(&ending, &at_once), "a plan without a day is judged as of now");
    let mut past = options.clone();
    past.plan[0].from = Some(at("2026-06-01T00:00:00Z"));
    assert!(judged(&ending, &past).doubts.iter().any(|doubt| doubt.contains("has passed")));
}

#[test]
fn every_row_of_today_is_a_row_of_the_plan() {
    let tenant =
        writer().policy("p", "script", &[], json!({})).event(7, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "MobileApp");
    let rows = |assessment: &Assessment| {
        assessment.verdicts.iter().map(|verdict| (verdict.app_id.clone(), verdict.workload.clone())).collect::<BTreeSet<_>>()
    };
    let then = tenant.assess_with(&planned(Workload::App, &[], &[]));
    assert_eq!(rows(&tenant.assess()), rows(&then));
    assert!(then.verdicts.iter().all(|verdict| verdict.today.is_some()));
}
