//! Problems of gates, each found, clear, and not to be told.

use super::*;
use crate::assess::GateProblemKind as Kind;
use crate::snapshot::Person;

fn member(id: &str, kind: &str, enabled: Option<bool>) -> GroupMember {
    GroupMember { id: id.into(), kind: Some(kind.into()), display_name: None, account_enabled: enabled }
}

fn two_people() -> Vec<GroupMember> {
    vec![member("u1", "user", Some(true)), member("u2", "user", Some(true))]
}

/// A tenant in which nothing is wrong with the one gate.
fn sound() -> Tenant {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).assigned("g");
    tenant.0.unlicensed_administrators = Some(true);
    tenant.with_group(Some(two_people()))
}

impl Tenant {
    fn with_group(mut self, members: Option<Vec<GroupMember>>) -> Self {
        let group = Group {
            id: "g".into(),
            display_name: "approvers".into(),
            security_enabled: Some(true),
            mail_enabled: Some(false),
            group_types: vec![],
            members,
        };
        self.0.groups.insert("g".into(), group);
        self
    }

    fn group(&mut self) -> &mut Group {
        self.0.groups.get_mut(&"g".into()).unwrap()
    }

    fn problem_list(&self, workload: &Workload) -> Vec<GateProblem> {
        gate(&self.assess(), workload).policies[0].problems.clone()
    }

    /// Problems found, and those that cannot be told with the dataset that would tell.
    fn problems(&self) -> (Vec<Kind>, Vec<(Kind, Dataset)>) {
        let all = self.problem_list(&Workload::App);
        let found = all.iter().filter(|problem| problem.unknown.is_none()).map(|problem| problem.kind).collect();
        let untold = all.iter().filter_map(|problem| Some((problem.kind, problem.unknown.as_ref()?.dataset)));
        (found, untold.collect())
    }
}

#[test]
fn a_sound_gate_has_no_problem_and_nothing_untold() {
    assert_eq!(sound().problems(), (vec![], vec![]));
}

#[test]
fn each_problem_is_found_with_the_ids_that_it_concerns() {
    let of = |members: Vec<GroupMember>| sound().with_group(Some(members));
    let person = || member("u1", "user", Some(true));
    let mut unified = sound();
    unified.group().group_types = vec!["unified".into()];
    let mut mail = sound();
    mail.group().mail_enabled = Some(true);
    let mut unassigned = sound();
    unassigned.0.intune_role_assignments.clear();
    let mut nobody = sound();
    nobody.0.access_policies.get_mut(&"p".into()).unwrap().approver_groups = Some(vec![]);
    let mut missing = sound();
    missing.0.groups.clear();
    let two_and = |other: GroupMember| two_people().into_iter().chain([other]).collect::<Vec<_>>();
    let cases: [(Tenant, &[Kind], &[&str]); 12] = [
        (unified, &[Kind::NotSecurityGroup, Kind::NoApprover], &["g"]),
        (mail, &[Kind::NotSecurityGroup, Kind::NoApprover], &["g"]),
        (unassigned, &[Kind::NoRoleAssignment], &["g"]),
        (nobody, &[Kind::NoApproverGroup], &[]),
        (missing, &[Kind::GroupMissing, Kind::NoApprover], &["g"]),
        (of(two_and(member("n", "group", None))), &[Kind::NestedGroup], &["g", "n"]),
        (of(two_and(member("s", "servicePrincipal", None))), &[Kind::ServicePrincipalMember], &["g", "s"]),
        (of(vec![member("s", "ServicePrincipal", None)]), &[Kind::OnlyServicePrincipals, Kind::NoApprover], &["s"]),
        (of(vec![]), &[Kind::NoApprover], &[]),
        (of(vec![person()]), &[Kind::OneApprover], &["u1"]),
        (of(two_and(member("u3", "user", Some(false)))), &[Kind::DisabledApprover], &["u3"]),
        (of(vec![member("u3", "user", Some(false))]), &[Kind::DisabledApprover, Kind::NoApprover], &["u3"]),
    ];
    for (tenant, expected, ids) in cases {
        assert_eq!(tenant.problems(), (expected.to_vec(), vec![]), "{expected:?}");
        let first = &tenant.problem_list(&Workload::App)[0];
        assert_eq!(first.ids.iter().map(String::as_str).collect::<Vec<_>>(), ids, "{first:?}");
    }
}

#[test]
fn what_could_not_be_read_is_untold_and_says_why() {
    let untold = |tenant: Tenant| {
        let (found, untold) = tenant.problems();
        assert_eq!(found, [], "nothing is found where it cannot be told");
        untold
    };
    let unread = sound().with_group(None).lost(Dataset::ApproverGroups);
    let members = [
        Kind::NestedGroup,
        Kind::ServicePrincipalMember,
        Kind::OnlyServicePrincipals,
        Kind::DisabledApprover,
        Kind::NoApprover,
        Kind::OneApprover,
        Kind::UnlicensedApprover,
    ];
    assert_eq!(untold(unread), members.map(|kind| (kind, Dataset::ApproverGroups)));
    let mut gone = sound().lost(Dataset::ApproverGroups);
    gone.0.groups.clear();
    assert!(untold(gone).starts_with(&[(Kind::GroupMissing, Dataset::ApproverGroups), (Kind::NotSecurityGroup, Dataset::ApproverGroups)]));
    let mut roles = sound().lost(Dataset::IntuneRoles);
    roles.0.intune_role_assignments.clear();
    let problem = roles.problem_list(&Workload::App).remove(0);
    assert_eq!((problem.kind, problem.unknown.unwrap().dataset), (Kind::NoRoleAssignment, Dataset::IntuneRoles));
    assert!(problem.sentence.contains("cannot be told because of intune-roles: permission missing"), "{}", problem.sentence);
    let mut one_list = sound();
    one_list.0.intune_role_assignments.clear();
    one_list = one_list.assigned("other");
    one_list.0.intune_role_assignments.values_mut().for_each(|assignment| assignment.members = None);
    assert_eq!(untold(one_list), [(Kind::NoRoleAssignment, Dataset::IntuneRoles)], "the list with the members was not read");
    let mut groups = sound();
    groups.0.access_policies.get_mut(&"p".into()).unwrap().approver_groups = None;
    assert_eq!(untold(groups), [(Kind::NoApproverGroup, Dataset::AccessPolicies)]);
    let mut odd = sound();
    odd.group().security_enabled = None;
    assert_eq!(odd.problems().1[0], (Kind::NotSecurityGroup, Dataset::ApproverGroups), "the service did not say");
}

#[test]
fn an_account_that_the_group_does_not_show_is_looked_for_among_people() {
    let person = |enabled| Person {
        id: "u2".into(),
        display_name: None,
        account_enabled: enabled,
        user_type: None,
        synchronised: None,
        intune_licensed: None,
    };
    let with = |enabled: Option<Option<bool>>| {
        let mut tenant = sound().with_group(Some(vec![member("u1", "user", Some(true)), member("u2", "user", None)]));
        tenant.0.people.extend(enabled.map(|enabled| ("u2".to_owned(), person(enabled))));
        tenant
    };
    assert_eq!(with(Some(Some(true))).problems(), (vec![], vec![]));
    assert_eq!(with(Some(Some(false))).problems(), (vec![Kind::DisabledApprover, Kind::OneApprover], vec![]));
    let unknown = [(Kind::DisabledApprover, Dataset::ApproverGroups), (Kind::OneApprover, Dataset::ApproverGroups)];
    assert_eq!(with(Some(None)).problems(), (vec![], unknown.to_vec()));
    assert_eq!(with(None).lost(Dataset::People).problems().1[0], (Kind::DisabledApprover, Dataset::People));
}

#[test]
fn licences_of_approvers_are_fine_only_where_none_is_needed() {
    let with = |setting| {
        let mut tenant = sound();
        tenant.0.unlicensed_administrators = setting;
        tenant
    };
    assert_eq!(with(Some(true)).problems().1, []);
    assert_eq!(with(Some(false)).problems().1, [(Kind::UnlicensedApprover, Dataset::People)]);
    assert_eq!(with(None).problems().1, [(Kind::UnlicensedApprover, Dataset::IntuneSettings)]);
    let many: Vec<GroupMember> = (0..351).map(|number| member(&format!("u{number}"), "user", Some(true))).collect();
    assert_eq!(sound().with_group(Some(many)).problems().1, [(Kind::UnlicensedApprover, Dataset::ApproverGroups)], "350 is the limit");
}

#[test]
fn a_licence_that_is_needed_is_found_missing_ruled_out_or_unknown() {
    let with = |setting: Option<bool>, licences: [Option<bool>; 2]| {
        let mut tenant = sound();
        tenant.0.unlicensed_administrators = setting;
        for (id, intune_licensed) in ["u1", "u2"].into_iter().zip(licences) {
            let person = Person {
                id: id.into(),
                display_name: None,
                account_enabled: Some(true),
                user_type: None,
                synchronised: None,
                intune_licensed,
            };
            tenant.0.people.insert(id.into(), person);
        }
        tenant
    };
    for setting in [Some(true), Some(false), None] {
        assert_eq!(with(setting, [Some(true); 2]).problems(), (vec![], vec![]), "all have one, so the setting does not matter");
    }
    let one = with(Some(false), [Some(true), Some(false)]);
    assert_eq!(one.problems(), (vec![Kind::OneApprover, Kind::UnlicensedApprover], vec![]), "who has none cannot decide");
    let problem = &one.problem_list(&Workload::App)[1];
    assert_eq!(problem.ids, ["u2".to_owned()].into());
    assert!(problem.sentence.contains("approvers"), "{}", problem.sentence);
    let nobody = with(Some(false), [Some(false); 2]).problems();
    assert_eq!(nobody, (vec![Kind::NoApprover, Kind::UnlicensedApprover], vec![]));
    assert_eq!(with(Some(false), [Some(true), None]).problems(), (vec![], vec![(Kind::UnlicensedApprover, Dataset::People)]));
    let unread = with(None, [Some(false), None]).problems();
    assert_eq!(unread, (vec![], vec![(Kind::UnlicensedApprover, Dataset::IntuneSettings)]), "it may not be needed");
    assert_eq!(with(Some(true), [Some(false); 2]).problems(), (vec![], vec![]));
}

#[test]
fn an_approver_group_whose_roles_do_not_read_what_the_policy_protects_is_found() {
    let with = |kind: &str, actions: &[&str]| {
        let mut tenant = sound().policy("p", kind, &[], json!({}));
        let role = tenant.0.intune_roles.get_mut("approver").unwrap();
        let mut elsewhere = role.clone();
        role.allowed_actions = actions.iter().map(|action| (*action).to_owned()).collect();
        elsewhere.id = "elsewhere".into();
        tenant.0.intune_roles.insert("elsewhere".into(), elsewhere);
        tenant
    };
    let kinds = |tenant: &Tenant, workload: &Workload| {
        let problems = tenant.problem_list(workload);
        problems.iter().map(|problem| (problem.kind, problem.unknown.as_ref().map(|untold| untold.dataset))).collect::<Vec<_>>()
    };
    let found = [(Kind::ApproverLacksRead, None)];
    let untold = [(Kind::ApproverLacksRead, Some(Dataset::IntuneRoles))];
    assert_eq!(kinds(&with("app", &["Microsoft.Intune_ManagedDevices_Read"]), &Workload::App), found);
    assert_eq!(kinds(&with("app", &["microsoft.intune_mobileapps_read"]), &Workload::App), []);
    assert_eq!(kinds(&with("deviceWipe", &["Microsoft.Intune_MobileApps_Read"]), &Workload::DeviceWipe), found);
    assert_eq!(kinds(&with("deviceWipe", &["Microsoft.Intune_ManagedDevices_Read"]), &Workload::DeviceWipe), []);
    assert_eq!(kinds(&with("script", &["Microsoft.Intune_ManagedDevices_Read"]), &Workload::Script), untold, "no source names the action");
    assert_eq!(kinds(&with("app", &[]), &Workload::App), untold, "a role that shows no action");
    let mut renamed = with("app", &["Microsoft.Intune/MobileApps/Read"]);
    renamed.0.intune_roles.remove("elsewhere");
    assert_eq!(kinds(&renamed, &Workload::App), untold, "no role of this tenant has the name that is looked for");
    let mut unlinked = with("app", &["Microsoft.Intune_ManagedDevices_Read"]);
    unlinked.0.intune_role_assignments.values_mut().for_each(|assignment| assignment.role = None);
    assert_eq!(kinds(&unlinked, &Workload::App), untold, "which role it is was not read");
    let partly = with("app", &["Microsoft.Intune_ManagedDevices_Read"]).lost(Dataset::IntuneRoles);
    assert_eq!(kinds(&partly, &Workload::App), untold, "another assignment may not have come");
}

#[test]
fn a_gate_on_roles_whose_approvers_have_no_assignment_is_deadlocked() {
    let role = || {
        let mut tenant = sound().policy("p", "role", &[], json!({}));
        tenant.0.intune_role_assignments.clear();
        tenant
    };
    let kinds = |tenant: &Tenant| {
        let problems = tenant.problem_list(&Workload::Role);
        problems.iter().map(|problem| (problem.kind, problem.unknown.as_ref().map(|untold| untold.dataset))).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&role()), [(Kind::NoRoleAssignment, None), (Kind::RoleDeadlock, None)]);
    assert_eq!(kinds(&role().assigned("g")), []);
    let unread = role().lost(Dataset::IntuneRoles);
    assert_eq!(
        kinds(&unread),
        [Kind::NoRoleAssignment, Kind::ApproverLacksRead, Kind::RoleDeadlock].map(|kind| (kind, Some(Dataset::IntuneRoles)))
    );
    let waiting = role().request("r", "approved", "operationApprovalPolicy", None, Some("p"));
    assert_eq!(kinds(&waiting), [(Kind::NoRoleAssignment, None)], "not in force yet, so the assignment can still be made");
}
