//! Facts of policies, workloads, verdicts, exclusions and the tenant: known, or with the reason why not.

use super::*;
use crate::assess::facts::{EntityKind, Fact, facts};
use crate::snapshot::PolicyId;

fn of(assessment: &Assessment, entity: EntityKind, id: &str) -> Fact {
    let mut found = facts(assessment).into_iter().filter(|fact| fact.entity == entity && fact.object.id == id);
    let fact = found.next().unwrap_or_else(|| panic!("no {} {id}", entity.word()));
    assert_eq!(found.next(), None, "one fact an object");
    fact
}

fn excluding(apps: &[u32]) -> Value {
    json!({ "list": apps.iter().map(|number| app(*number)).collect::<Vec<_>>() })
}

#[test]
fn an_exclusion_that_the_earlier_snapshot_does_not_have_is_new() {
    let earlier = |list: &[u32]| {
        let mut tenant = Tenant::new().policy("p", "app", &[], excluding(list)).holder(1, APPS_WRITE, "").holder(2, APPS_WRITE, "");
        tenant.0.taken_at = at("2026-10-26T06:00:00Z");
        baseline(&tenant.0, &Catalogue::builtin().unwrap())
    };
    let now = Tenant::new().policy("p", "app", &[], excluding(&[1, 2])).holder(1, APPS_WRITE, "").holder(2, APPS_WRITE, "");
    let against = |earlier: Option<Baseline>| {
        let options = Options { baseline: earlier, ..Options::default() };
        let assessment = assess(&now.0, &Catalogue::builtin().unwrap(), &options);
        of(&assessment, EntityKind::Exclusion, &app(2))
    };
    assert_eq!(against(Some(earlier(&[1]))).values["new"], true);
    assert_eq!(against(Some(earlier(&[1, 2]))).values["new"], false);
    assert!(matches!(&against(None).gaps["new"], Gap::NotGiven { detail } if detail.contains("--baseline")));
    // Without a list of exclusions that could be read, nothing is known of then.
    let unread = Tenant::new().policy("p", "app", &[], json!({})).holder(2, APPS_WRITE, "");
    let mut unread = baseline(&unread.0, &Catalogue::builtin().unwrap());
    unread.taken_at = at("2026-10-26T06:00:00Z");
    assert!(matches!(against(Some(unread)).gaps["new"], Gap::OutOfReach { .. }));
    let mut later = earlier(&[1]);
    later.taken_at = at(NOW);
    assert!(matches!(&against(Some(later)).gaps["new"], Gap::OutOfReach { detail } if detail.contains("not earlier")));
    let mut other = earlier(&[1]);
    other.tenant_id = "elsewhere".into();
    assert!(matches!(&against(Some(other)).gaps["new"], Gap::OutOfReach { detail } if detail.contains("another tenant")));
}

#[test]
fn a_policy_that_came_after_the_earlier_snapshot_has_new_exclusions_only() {
    let mut earlier = Tenant::new().policy("other", "script", &[], excluding(&[2])).holder(2, APPS_WRITE, "");
    earlier.0.taken_at = at("2026-10-26T06:00:00Z");
    let now = Tenant::new().policy("p", "app", &[], excluding(&[2])).holder(2, APPS_WRITE, "");
    let new = |earlier: &Tenant| {
        let earlier = baseline(&earlier.0, &Catalogue::builtin().unwrap());
        let options = Options { baseline: Some(earlier), ..Options::default() };
        of(&assess(&now.0, &Catalogue::builtin().unwrap(), &options), EntityKind::Exclusion, &app(2))
    };
    assert_eq!(new(&earlier).values["new"], true);
    let partly = earlier.lost(Dataset::AccessPolicies);
    assert!(new(&partly).gaps.contains_key("new"), "the policy may have been there, unread");
}

#[test]
fn the_register_says_whether_an_exclusion_is_on_record() {
    let tenant = Tenant::new().policy("p", "app", &[], excluding(&[1])).holder(1, APPS_WRITE, "");
    let of_record = |register: Option<Vec<ExclusionRecord>>| {
        let options = Options { register, ..Options::default() };
        of(&assess(&tenant.0, &Catalogue::builtin().unwrap(), &options), EntityKind::Exclusion, &app(1))
    };
    let record = |policy: Option<&str>, expires: &str| ExclusionRecord {
        app_id: AppId::new(&app(1)),
        policy: policy.map(PolicyId::from),
        owner: "team".into(),
        justification: "why".into(),
        ticket: None,
        expires: Some(expires.parse().unwrap()),
        reviewed: Some("2026-10-01".parse().unwrap()),
    };
    assert!(matches!(&of_record(None).gaps["recorded"], Gap::NotGiven { detail } if detail.contains("register")));
    let empty = of_record(Some(vec![]));
    assert_eq!((&empty.values["recorded"], empty.values.get("record_expired")), (&json!(false), None));
    let found = of_record(Some(vec![record(None, "2026-01-01"), record(Some("p"), "2026-11-02")]));
    assert_eq!((&found.values["recorded"], &found.values["record_expired"]), (&json!(true), &json!(false)), "its last day is today");
    assert_eq!((&found.values["days_since_review"], &found.values["record_lacks"]), (&json!(32), &json!([])));
    assert_eq!(of_record(Some(vec![record(None, "2026-11-01")])).values["record_expired"], true);
    assert_eq!(of_record(Some(vec![record(Some("q"), "2027-11-01")])).values["recorded"], false, "of another policy");
    let unplaced = |register: Vec<ExclusionRecord>| {
        let options = Options { register: Some(register), ..Options::default() };
        assess(&tenant.0, &Catalogue::builtin().unwrap(), &options).unplaced
    };
    assert!(unplaced(vec![record(None, "2027-11-01"), record(Some("p"), "2027-11-01")]).is_empty());
    let of_another = unplaced(vec![record(Some("q"), "2027-11-01")]);
    assert!(of_another[0].contains("register of exclusions: no exclusion of access policy q"), "{of_another:?}");
}

#[test]
fn a_problem_that_nobody_can_tell_is_neither_true_nor_false() {
    let policy = |tenant: Tenant| of(&tenant.assess(), EntityKind::AccessPolicy, "p");
    let tenant = || Tenant::new().policy("p", "app", &[], json!({}));
    let whole = policy(tenant());
    assert_eq!((&whole.values["group_missing"], &whole.values["no_approver_group"]), (&json!(true), &json!(false)));
    let sentence = whole.values["problems"].as_array().unwrap().iter().find(|problem| problem["kind"] == "group-missing").unwrap();
    assert!(sentence["sentence"].as_str().unwrap().contains("not found"));
    let lost = policy(tenant().lost(Dataset::ApproverGroups));
    assert!(!lost.values.contains_key("group_missing") && matches!(lost.gaps["group_missing"], Gap::Permission { .. }));
    // Where the policy does not show its groups, none of the flags that need them is false.
    let mut hidden = tenant();
    hidden.0.access_policies.get_mut(&"p".into()).unwrap().approver_groups = None;
    let hidden = policy(hidden);
    for flag in ["no_approver_group", "group_missing", "nested_group", "no_approver", "one_approver"] {
        assert!(!hidden.values.contains_key(flag), "{flag}");
    }
}

#[test]
fn who_may_write_a_workload_is_known_only_from_whole_lists() {
    let tenant = || Tenant::new().holder(1, APPS_WRITE, "2026-10-30T00:00:00Z");
    let workload = |tenant: Tenant| of(&tenant.assess(), EntityKind::Workload, "app");
    let whole = workload(tenant());
    assert_eq!(
        (&whole.values["gate"], &whole.values["writers"], &whole.values["active_writers"]),
        (&json!("none"), &json!(["app 1"]), &json!([]))
    );
    assert!(whole.gaps.is_empty());
    let seen = workload(tenant().event(1, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "MobileApp"));
    assert_eq!(seen.values["active_writers"], json!(["app 1"]));
    assert!(workload(tenant().lost(Dataset::AccessPolicies)).gaps.contains_key("gate"));
    assert!(workload(tenant().lost(Dataset::AppRoleGrants)).gaps.contains_key("writers"));
    assert!(workload(tenant().lost(Dataset::AuditEvents)).gaps.contains_key("active_writers"));
}

#[test]
fn objects_that_were_not_seen_have_a_record_of_the_tenant() {
    let unseen = |dataset: Dataset| -> Vec<&'static str> {
        let assessment = Tenant::new().holder(1, APPS_WRITE, "").lost(dataset).assess();
        let records = facts(&assessment).into_iter().filter(|fact| fact.object.kind == "tenant" && fact.values.is_empty());
        records.map(|fact| fact.entity.word()).collect()
    };
    assert_eq!(unseen(Dataset::AppRoleGrants), ["automation", "verdict"]);
    assert_eq!(unseen(Dataset::AccessPolicies), ["excluded-application", "exclusion", "access-policy"]);
    assert_eq!(unseen(Dataset::ApprovalRequests), ["approval-request"]);
    assert_eq!(unseen(Dataset::Owners), [""; 0]);
}

#[test]
fn the_tenants_restrictions_are_on_off_or_unknown() {
    use crate::snapshot::AppManagementPolicy;
    let policy = |is_enabled| AppManagementPolicy {
        id: "d".into(),
        display_name: String::new(),
        is_default: true,
        is_enabled,
        restrictions: vec![],
        applies_to: None,
    };
    let value = |is_enabled| {
        let mut tenant = Tenant::new();
        tenant.0.app_management_policies.insert("d".into(), policy(is_enabled));
        of(&tenant.assess(), EntityKind::Tenant, TENANT).values.get("app_management").cloned()
    };
    assert_eq!((value(Some(true)), value(Some(false)), value(None)), (Some(json!("on")), Some(json!("off")), None));
    let unread = Tenant::new().lost(Dataset::AppManagementPolicies).assess();
    assert!(matches!(of(&unread, EntityKind::Tenant, TENANT).gaps["app_management"], Gap::Permission { .. }));
}

fn on_apps(tenant: &Tenant) -> Fact {
    let on_apps = |fact: &Fact| fact.entity == EntityKind::Verdict && fact.values.get("workload") == Some(&json!("app"));
    facts(&tenant.assess()).into_iter().find(on_apps).unwrap()
}

#[test]
fn a_verdict_that_could_be_another_one_is_neither_this_nor_that() {
    let seen = || {
        let tenant =
            Tenant::new().policy("p", "app", &[], excluding(&[2])).holder(1, APPS_WRITE, "2026-10-30T00:00:00Z").holder(2, APPS_WRITE, "");
        tenant.event(1, "2026-08-10T00:00:00Z", "Create MobileApp", "Success", "MobileApp")
    };
    let known = |fact: &Fact| -> Vec<String> {
        let named = ["blocked", "breaks", "passes", "at_risk", "dormant"]
            .into_iter()
            .filter_map(|name| Some((name, fact.values.get(name)?.as_bool()?)));
        named.map(|(name, is)| if is { name.to_owned() } else { format!("not {name}") }).collect()
    };
    let whole = on_apps(&seen());
    assert_eq!(known(&whole), ["not blocked", "not breaks", "not passes", "at_risk", "not dormant"], "{:?}", whole.values["verdict"]);
    let expected: [(Dataset, &[&str]); 4] = [
        (Dataset::AuditEvents, &["not dormant"]),
        (Dataset::ApprovalRequests, &["not breaks", "not passes", "not dormant"]),
        (Dataset::SignInActivity, &["not blocked", "not breaks", "not passes"]),
        (Dataset::ServicePrincipals, &["not blocked", "not breaks", "not passes"]),
    ];
    let ungated = Tenant::new().holder(1, APPS_WRITE, "2026-10-30T00:00:00Z").lost(Dataset::AccessPolicies);
    assert!(known(&on_apps(&ungated)).is_empty(), "nothing is known of the gates");
    for (dataset, left) in expected {
        let fact = on_apps(&seen().lost(dataset));
        assert_eq!(known(&fact), left, "without {dataset}: {:?}", fact.values["verdict"]);
        assert!(
            ["blocked", "breaks", "passes", "at_risk", "dormant"]
                .iter()
                .all(|name| fact.values.contains_key(*name) || fact.gaps.contains_key(name))
        );
    }
}

#[test]
fn an_application_that_is_listed_by_its_app_id_is_excluded_though_the_directory_was_not_read() {
    let whole = Tenant::new().policy("p", "app", &[], excluding(&[1, 2])).holder(1, APPS_WRITE, "").holder(2, APPS_WRITE, "");
    let mut blind = whole
        .event(1, "2026-10-30T06:00:00Z", "Create MobileApp", "Success", "x")
        .lost(Dataset::ServicePrincipals)
        .lost(Dataset::Applications);
    blind.0.service_principals.clear();
    blind.0.applications.clear();
    let options = Options { exclusions: vec![ListedExclusion { policy: "p".into(), ids: vec![app(1)], line: 2 }], ..Options::default() };
    let mut assessment = assess(&blind.0, &Catalogue::builtin().unwrap(), &options);
    let verdict = assessment.verdicts.iter().find(|verdict| verdict.app_id == AppId::new(&app(1))).unwrap();
    assert_eq!(verdict.exclusion.word(), "excluded");
    let fact = of(&assessment, EntityKind::ExcludedApplication, &app(1));
    assert_eq!((&fact.values["standing"], &fact.values["workloads"]), (&json!("is excluded from approval on app"), &json!(["app"])));
    assessment.exposures = exposures(&assessment);
    assert_eq!(assessment.exposures.len(), 1);
}

#[test]
fn of_an_application_that_is_gone_it_is_said_that_it_is() {
    let tenant = Tenant::new().policy("p", "app", &[], excluding(&[2])).holder(2, APPS_WRITE, "");
    let gone = tenant.event(1, "2026-10-30T06:00:00Z", "Create MobileApp", "Success", "MobileApp").assess();
    let gap = &of(&gone, EntityKind::Automation, &app(1)).gaps["home"];
    assert!(matches!(gap, Gap::OutOfReach { detail } if detail == "it has no service principal in this tenant"), "{gap:?}");
}
