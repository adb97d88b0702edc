//! Gates: in force or not, since when, who can approve, what a plan adds.

use super::*;

#[test]
fn a_gate_is_in_force_by_request_by_event_or_by_its_last_change() {
    let tenant = Tenant::new().policy("p", "app", &[], json!({}));
    let state = |tenant: &Tenant| {
        let assessment = tenant.assess();
        let policy = gate(&assessment, &Workload::App).policies[0].clone();
        (gate(&assessment, &Workload::App).state, policy.in_force, policy.since)
    };
    assert_eq!(state(&tenant), (GateState::InForce, InForce::Yes, Some(at("2026-09-01T00:00:00Z"))));
    let waiting = tenant.request("r", "approved", "operationApprovalPolicy", None, Some("P"));
    assert_eq!(state(&waiting), (GateState::Planned, InForce::No, None));
    assert!(!gate(&waiting.assess(), &Workload::App).policies[0].since_exact, "no time is no exact time");
    let completed = waiting.request("s", "completed", "operationApprovalPolicy", None, Some("p"));
    assert_eq!(state(&completed), (GateState::InForce, InForce::Yes, Some(at("2026-10-21T00:00:00Z"))));
    let mut created = Tenant::new().policy("p", "app", &[], json!({})).event(
        1,
        "2026-05-01T00:00:00Z",
        "Create OperationApprovalPolicy",
        "Success",
        "OperationApprovalPolicy",
    );
    created.0.audit_events[0].resources[0].id = Some("P".into());
    assert_eq!(state(&created).2, Some(at("2026-06-22T00:00:00Z")), "not before app-only calls were enforced at all");
    let mut recent = Tenant::new().policy("p", "app", &[], json!({})).lost(Dataset::ApprovalRequests);
    assert_eq!(state(&recent).1, InForce::Yes, "older than requests are shown");
    recent.0.access_policies.get_mut(&"p".into()).unwrap().last_modified = Some(at("2026-10-30T00:00:00Z"));
    assert_eq!(state(&recent).1, InForce::Unknown);
}

#[test]
fn a_policy_of_unknown_type_is_listed_and_makes_not_gated_less_sure() {
    let tenant = Tenant::new().holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let sure = tenant.verdict(1, &Workload::App);
    assert_eq!((sure.kind, sure.confidence), (VerdictKind::NotGated, Confidence::High));
    let tenant = tenant.policy("p", "somethingNew", &[], json!({}));
    assert_eq!(tenant.verdict(1, &Workload::App).confidence, Confidence::Medium);
    assert_eq!(gate(&tenant.assess(), &Workload::Unknown("somethingNew".into())).policies.len(), 1);
}

#[test]
fn a_plan_gates_what_nothing_gates_yet() {
    let tenant = Tenant::new().holder(1, WIPE, "2026-11-01T00:00:00Z");
    let options = Options { planned: [Workload::DeviceWipe].into(), ..Options::default() };
    let planned = verdict(&tenant.assess_with(&options), 1, &Workload::DeviceWipe);
    assert_eq!((planned.kind, planned.gate), (VerdictKind::AtRisk, GateState::Planned));
    assert_eq!(verdict(&tenant.assess_with(&options), 1, &Workload::DeviceRetire).kind, VerdictKind::NotGated);
}

#[test]
fn approvers_are_people_who_are_direct_members_of_plain_security_groups() {
    let member = |id: &str, kind: &str, enabled| GroupMember {
        id: id.into(),
        kind: Some(kind.into()),
        display_name: None,
        account_enabled: enabled,
    };
    let group = |members: Option<Vec<GroupMember>>, kinds: &[&str]| Group {
        id: "g".into(),
        display_name: "approvers".into(),
        security_enabled: Some(true),
        mail_enabled: Some(false),
        group_types: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        members,
    };
    let of = |found: Option<Group>| {
        let mut tenant = Tenant::new().policy("p", "app", &[], json!({}));
        tenant = tenant.assigned("g");
        tenant.0.groups.extend(found.map(|group| (group.id.clone(), group)));
        let assessment = tenant.assess();
        let policy = gate(&assessment, &Workload::App).policies[0].clone();
        let found = policy.problems.iter().filter(|problem| problem.unknown.is_none());
        (policy.approvers, found.map(|problem| problem.sentence.clone()).collect::<Vec<_>>().join("; "))
    };
    let two = vec![member("1", "user", Some(true)), member("2", "user", Some(true))];
    assert_eq!(of(Some(group(Some(two.clone()), &[]))), (Some(2), String::new()));
    let unified = of(Some(group(Some(two), &["Unified"])));
    assert!(unified.0 == Some(0) && unified.1.contains("not a plain security group"), "{unified:?}");
    let unsure = vec![member("1", "user", Some(true)), member("2", "user", None)];
    assert_eq!(of(Some(group(Some(unsure), &[]))), (None, String::new()), "whether the second is enabled was not shown");
    let odd = vec![member("1", "user", Some(false)), member("2", "servicePrincipal", None), member("3", "group", None)];
    let (people, problems) = of(Some(group(Some(odd), &[])));
    assert_eq!(people, Some(0));
    assert!(problems.contains("nested") && problems.contains("service principal") && problems.contains("no person"), "{problems}");
    assert_eq!(of(Some(group(None, &[]))), (None, String::new()), "members that could not be read are not none");
    assert!(of(None).1.contains("was not found in the directory"));
}

#[test]
fn writes_do_not_count_as_behind_a_gate_that_may_not_be_in_force() {
    let mut tenant = Tenant::new()
        .policy("p", "app", &[], json!({}))
        .holder(1, APPS_WRITE, "2026-11-01T00:00:00Z")
        .event(1, "2026-10-30T00:00:00Z", "Create MobileApp", "Success", "MobileApp")
        .lost(Dataset::ApprovalRequests);
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::Passes, "older than requests are shown, so in force");
    tenant.0.access_policies.get_mut(&"p".into()).unwrap().last_modified = Some(at("2026-10-20T00:00:00Z"));
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::Breaks);
}

#[test]
fn a_request_that_was_never_completed_leaves_the_policy_planned() {
    let tenant =
        |status: &str| Tenant::new().policy("p", "app", &[], json!({})).request("r", status, "operationApprovalPolicy", None, Some("p"));
    let state = |status: &str| gate(&tenant(status).assess(), &Workload::App).policies[0].in_force;
    for status in ["approved", "expired", "rejected", "cancelled"] {
        assert_eq!(state(status), InForce::No, "{status}");
    }
    assert_eq!(state("paused"), InForce::Unknown);
}

#[test]
fn a_workload_that_only_a_request_names_is_not_dropped() {
    let tenant =
        Tenant::new().holder(1, APPS_WRITE, "2026-11-01T00:00:00Z").request("r", "expired", "unknownFutureValue", Some(app(1)), None);
    let verdict = tenant.verdict(1, &Workload::Unknown("unknownFutureValue".into()));
    assert_eq!((verdict.kind, verdict.blocked_calls), (VerdictKind::Unknown, 1));
}
