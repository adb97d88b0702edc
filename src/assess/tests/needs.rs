//! The fewest exclusions that keep alive what writes today.

use super::*;

fn broken() -> Tenant {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({"x": [app(3)]})).policy("q", "app", &["macOS"], json!({"x": []}));
    for number in 1..=3 {
        tenant = tenant.holder(number, APPS_WRITE, "2026-11-01T00:00:00Z");
    }
    tenant.0.access_policies.values_mut().for_each(|policy| policy.last_modified = Some(at("2026-11-01T00:00:00Z")));
    for number in 1..=3 {
        tenant = tenant.event(number, "2026-10-20T00:00:00Z", "Create Win32LobApp", "Success", "Win32LobApp");
    }
    tenant.request("r", "expired", "app", Some(app(2)), None)
}

fn told(assessment: &Assessment) -> Vec<(&str, usize, usize)> {
    let needs = assessment.exclusion_needs.iter();
    needs.map(|need| (need.room.policy_id.as_str(), need.room.listed, need.automations.len())).collect()
}

#[test]
fn each_policy_needs_what_breaks_or_is_blocked_behind_it_and_is_not_excluded() {
    let assessment = broken().assess();
    assert_eq!(told(&assessment)[0], ("p", 1, 2), "the third is excluded");
    assert_eq!(assessment.exclusion_needs[0].automations, [AppId::new(&app(1)), AppId::new(&app(2))].into());
    assert_eq!(assessment.exclusion_needs[0].room.fits(2), Some(true));
}

#[test]
fn with_the_exclusions_that_are_needed_nothing_breaks_any_more() {
    let needs = broken().assess().exclusion_needs;
    let mut options = Options::default();
    for need in &needs {
        let line = |app_id: &AppId| ListedExclusion { line: 1, policy: need.room.policy_id.to_string(), ids: vec![app_id.to_string()] };
        options.exclusions.extend(need.automations.iter().map(line));
    }
    let mut tenant = broken();
    tenant.0.access_policies.values_mut().for_each(|policy| policy.unknown_members.clear());
    options.exclusions.push(ListedExclusion { line: 9, policy: "p".into(), ids: vec![app(3)] });
    let after = tenant.assess_with(&options);
    let broken = after.verdicts.iter().filter(|verdict| matches!(verdict.kind, VerdictKind::Breaks | VerdictKind::Blocked)).count();
    assert_eq!((broken, after.exclusion_needs.len()), (0, 0), "{:?}", after.verdicts);
}

#[test]
fn a_policy_that_is_full_has_no_room_and_one_that_was_not_read_may_have() {
    let many: Vec<String> = (100..150).chain([3]).map(app).collect();
    let full = broken().policy("p", "app", &[], json!({"x": many}));
    let assessment = full.assess();
    let need = &assessment.exclusion_needs[0];
    assert_eq!((need.room.listed, need.room.fits(1)), (51, Some(false)), "ids that belong to nothing take a place too");
    let way = verdict(&assessment, 2, &Workload::App).ways_out.remove(1);
    assert!(way.summary.contains("no room"), "{}", way.summary);
    let unread = broken().policy("p", "app", &[], json!({})).assess();
    assert_eq!(unread.exclusion_needs[0].room.fits(1), None);
}

#[test]
fn what_is_gone_from_the_tenant_is_not_to_be_excluded() {
    let mut tenant = broken();
    tenant.0.service_principals.remove(&principal(1).as_str().into());
    let needs = tenant.assess().exclusion_needs;
    assert_eq!(needs[0].automations, [AppId::new(&app(2))].into());
    // Where the directory was not read, nobody knows who is gone.
    let unread = tenant.lost(Dataset::ServicePrincipals).assess().exclusion_needs;
    assert!(unread[0].automations.contains(&AppId::new(&app(1))), "{unread:?}");
}

#[test]
fn an_exclusion_that_sources_disagree_on_is_needed_and_takes_no_place_yet() {
    let options = Options { exclusions: vec![ListedExclusion { line: 2, policy: "p".into(), ids: vec![app(1)] }], ..Options::default() };
    let assessment = broken().assess_with(&options);
    assert_eq!(told(&assessment)[0], ("p", 1, 2), "the third alone has a place");
    let explained = explain(&broken().0, &Catalogue::builtin().unwrap(), &options, &AppId::new(&app(1)), Some(&Workload::App));
    let said = format!("{explained:?}");
    assert!(said.contains("neither is believed"), "{said}");
    assert!(!said.contains("the list of exclusions of policy p is known"), "{said}");
}
