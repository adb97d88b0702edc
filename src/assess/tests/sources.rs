//! Exclusions by who says so: the policy, requests, the audit log, the user's file; and where they disagree.

use super::*;

/// Policy `p` on apps shows no list; `q` on scripts shows an empty one, by the name that `r` makes known.
fn tenant() -> Tenant {
    Tenant::new()
        .policy("p", "app", &[], json!({}))
        .policy("q", "script", &[], json!({"x": []}))
        .policy("r", "role", &[], json!({"x": [app(9)]}))
        .holder(1, APPS_WRITE, "2026-11-01T00:00:00Z")
        .holder(2, SCRIPTS_WRITE, "2026-11-01T00:00:00Z")
        .holder(9, WIPE, "")
}

const SCRIPTS_WRITE: &str = "9255e99d-faf5-445e-bbf7-cb71482737c4";

fn file(policy: &str, ids: &[String]) -> Options {
    let line = ListedExclusion { line: 2, policy: policy.to_owned(), ids: ids.to_vec() };
    Options { exclusions: vec![line], ..Options::default() }
}

type Told = (String, String, bool, bool, Option<DateTime<Utc>>);

/// Rows of one policy: listed id, sources, listed, disputed, since.
fn told(assessment: &Assessment, policy: &str) -> Vec<Told> {
    let rows = assessment.exclusions.iter().filter(|row| row.policy_id == policy.into());
    let words = |row: &Exclusion| row.sources.iter().map(|source| source.word()).collect::<Vec<_>>().join(";");
    rows.map(|row| (row.listed_id.clone(), words(row), row.listed, row.disputed, row.since)).collect()
}

#[test]
fn the_audit_log_alone_makes_an_exclusion_with_a_time_and_less_sure() {
    let tenant = tenant().change("2026-10-01T00:00:00Z", "p", &[], &[principal(1)]);
    let assessment = tenant.assess();
    assert_eq!(told(&assessment, "p"), [(principal(1), "audit".into(), true, false, Some(at("2026-10-01T00:00:00Z")))]);
    let excluded = verdict(&assessment, 1, &Workload::App);
    assert_eq!((excluded.kind, excluded.confidence), (VerdictKind::Excluded, Confidence::Medium), "{excluded:?}");
    assert_eq!(tenant.lost(Dataset::AuditEvents).verdict(1, &Workload::App).confidence, Confidence::Low, "a removal may be missing");
}

#[test]
fn a_completed_request_makes_one_and_every_other_does_not() {
    let ids = [app(1), "77777777-aaaa-4bbb-8ccc-777777777777".to_owned()];
    let completed = tenant().change_request("s", "completed", "P", &ids).assess();
    assert_eq!(told(&completed, "p"), [(app(1), "request".into(), true, false, Some(at("2026-10-21T00:00:00Z")))]);
    for status in ["approved", "rejected", "expired", "needsApproval", "new"] {
        assert_eq!(told(&tenant().change_request("s", status, "p", &ids).assess(), "p"), [], "{status}");
    }
}

#[test]
fn sources_that_agree_share_a_row() {
    let tenant = tenant()
        .policy("p", "app", &[], json!({"x": [app(1).to_uppercase()]}))
        .change("2026-09-01T00:00:00Z", "p", &[], &[principal(1)])
        .change_request("s", "completed", "p", &[app(1)]);
    let assessment = tenant.assess_with(&file("Policy P", &[principal(1)]));
    let expected = (app(1).to_uppercase(), "policy;request;audit;file".into(), true, false, Some(at("2026-09-01T00:00:00Z")));
    assert_eq!(told(&assessment, "p"), [expected]);
    assert_eq!(verdict(&assessment, 1, &Workload::App).exclusion_sources.len(), 4);
}

#[test]
fn what_was_there_before_the_first_known_change_has_no_start() {
    let assessment = tenant().change("2026-10-01T00:00:00Z", "p", &[app(1)], &[app(1), app(9)]).assess();
    let since: Vec<_> = told(&assessment, "p").into_iter().map(|row| (row.0, row.4)).collect();
    assert_eq!(since, [(app(1), None), (app(9), Some(at("2026-10-01T00:00:00Z")))]);
}

#[test]
fn who_was_taken_off_is_not_excluded_and_what_it_wrote_before_says_nothing() {
    let write = |tenant: Tenant, time: &str| tenant.event(1, time, "Create MobileApp", "Success", "MobileApp");
    let removed = write(tenant(), "2026-10-20T00:00:00Z").change("2026-09-05T00:00:00Z", "p", &[], &[app(1)]).change(
        "2026-10-25T00:00:00Z",
        "p",
        &[app(1)],
        &[],
    );
    let assessment = removed.assess();
    assert_eq!(told(&assessment, "p"), [(app(1), "audit".into(), false, false, Some(at("2026-10-25T00:00:00Z")))]);
    let before = verdict(&assessment, 1, &Workload::App);
    assert_eq!((before.kind, before.exclusion), (VerdictKind::Breaks, ExclusionState::NotListed), "{before:?}");
    assert!(!assessment.applications[&AppId::new(&app(1))].excluded);
    assert_eq!(
        write(removed, "2026-10-28T00:00:00Z").verdict(1, &Workload::App).kind,
        VerdictKind::Passes,
        "it still writes behind the gate"
    );
    let again = tenant().change("2026-10-01T00:00:00Z", "p", &[app(1)], &[]).change("2026-10-02T00:00:00Z", "p", &[], &[app(1)]).assess();
    assert_eq!(told(&again, "p")[0].4, Some(at("2026-10-02T00:00:00Z")));
}

#[test]
fn a_removal_that_the_policy_agrees_with_makes_no_row_but_counts() {
    let writes = tenant().event(2, "2026-10-20T00:00:00Z", "createDeviceManagementScript", "Success", "DeviceManagementScript");
    assert_eq!(writes.verdict(2, &Workload::Script).kind, VerdictKind::Passes);
    let removed = writes.change("2026-10-25T00:00:00Z", "q", &[app(2)], &[]);
    assert_eq!(told(&removed.assess(), "q"), []);
    assert_eq!(removed.verdict(2, &Workload::Script).kind, VerdictKind::Breaks);
}

#[test]
fn sources_that_disagree_make_two_rows_and_neither_is_believed() {
    let since = Some(at("2026-10-01T00:00:00Z"));
    let audit = || tenant().change("2026-10-01T00:00:00Z", "q", &[], &[app(2)]);
    let off = tenant().policy("q", "script", &[], json!({"x": [app(2)]})).change("2026-10-01T00:00:00Z", "q", &[app(2)], &[]);
    let cases = [
        (audit().assess(), [("audit", true, since), ("policy", false, None)]),
        (off.assess(), [("policy", true, None), ("audit", false, since)]),
        (tenant().assess_with(&file("q", &[app(2)])), [("file", true, None), ("policy", false, None)]),
    ];
    for (assessment, expected) in cases {
        let rows = expected.map(|(source, listed, since)| (app(2), source.to_owned(), listed, true, since));
        assert_eq!(told(&assessment, "q"), rows);
        let disputed = verdict(&assessment, 2, &Workload::Script);
        assert_eq!((disputed.kind, disputed.exclusion), (VerdictKind::AtRisk, ExclusionState::Unknown));
        assert_eq!(disputed.confidence, Confidence::Low, "{disputed:?}");
        assert!(disputed.doubts.iter().any(|doubt| doubt.contains("sources disagree")), "{disputed:?}");
    }
    let both = audit().assess_with(&file("q", &[app(2)]));
    assert_eq!(told(&both, "q")[0].1, "audit;file", "two against one are no more right");
}

#[test]
fn a_file_makes_the_list_of_the_policies_that_it_names_known() {
    let unknown = tenant().verdict(1, &Workload::App).exclusion;
    assert_eq!(unknown, ExclusionState::Unknown);
    let listed = tenant().assess_with(&file(" POLICY p", &[app(77), principal(1).to_uppercase()]));
    assert_eq!(verdict(&listed, 1, &Workload::App).kind, VerdictKind::Excluded, "either id of the line");
    let other = tenant().assess_with(&file("p", &[app(9)]));
    assert_eq!(verdict(&other, 1, &Workload::App).exclusion, ExclusionState::NotListed);
    assert!(gate(&other, &Workload::App).policies[0].exclusions_readable);
}

#[test]
fn what_a_file_lists_and_nobody_knows_is_told() {
    let unknown = tenant().assess_with(&file("no such policy", &[app(1)]));
    assert_eq!(unknown.unplaced, ["exclusions file, line 2: no access policy has this id or name: no such policy"]);
    let partly = tenant().lost(Dataset::AccessPolicies).assess_with(&file("no such policy", &[app(1)]));
    assert!(partly.unplaced[0].contains("that could be read"), "{:?}", partly.unplaced);
    let mut twice = tenant();
    twice.0.access_policies.values_mut().for_each(|policy| policy.display_name = "same".into());
    assert!(twice.assess_with(&file("Same", &[app(1)])).unplaced[0].contains("more than one access policy"));
    let nobody = tenant().assess_with(&file("p", &[app(77)]));
    let row = nobody.exclusions.iter().find(|row| row.policy_id == "p".into()).unwrap();
    assert_eq!((row.state, row.listed_id.as_str()), (ExcludedObject::Unresolved, app(77).as_str()));
    assert!(row.gap.is_some(), "nobody looked it up, so it is not known to dangle");
}

#[test]
fn an_id_that_was_not_looked_up_is_not_known_to_dangle() {
    let mut tenant = tenant().policy("r", "role", &[], json!({"x": [app(9), app(55)]}));
    let gap = |tenant: &Tenant| tenant.assess().exclusions.iter().find(|row| row.listed_id == app(55)).unwrap().gap.clone();
    assert_eq!(gap(&tenant), None);
    tenant.0.looked_up.clear();
    assert!(gap(&tenant).is_some());
}

#[test]
fn a_change_that_failed_or_is_no_change_to_a_policy_says_nothing() {
    let mut failed = tenant().change("2026-10-01T00:00:00Z", "p", &[], &[app(1)]);
    failed.0.audit_events[0].result = Some("Failure".into());
    assert_eq!(told(&failed.assess(), "p"), []);
    let gone = tenant().change("2026-10-01T00:00:00Z", "deleted-policy", &[], &[app(1)]);
    assert_eq!(told(&gone.assess(), "deleted-policy"), [], "the policies were read, and it is not among them");
    let unread = gone.lost(Dataset::AccessPolicies).assess();
    assert_eq!(told(&unread, "deleted-policy").len(), 1, "it may still be there");
}
