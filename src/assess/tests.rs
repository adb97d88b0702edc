//! The way from a small snapshot to verdicts, with the catalogue that ships.

use super::*;
use crate::snapshot::{
    AccessPolicy, AppRoleGrant, Application, ApprovalRequest, AuditActor, AuditEvent, AuditResource, Coverage, Credential, CredentialKind,
    Dataset, DatasetReading, DeletedServicePrincipal, Gap, Group, GroupMember, ServicePrincipal, SignInActivity, SignInTime,
};
use serde_json::{Value, json};

const NOW: &str = "2026-11-02T06:00:00Z";
const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const APPS_WRITE: &str = "78145de6-330d-4800-a6ce-494ff2d33d07";
const WIPE: &str = "5b07b0dd-2377-4e44-a38d-703f09a0dc3c";
const CONFIGURATION_WRITE: &str = "9241abd9-d0e6-425a-bd4f-47ba86e767a4";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn app(number: u32) -> String {
    format!("a0000000-0000-4000-8000-{number:012}")
}

fn principal(number: u32) -> String {
    format!("b0000000-0000-4000-8000-{number:012}")
}

/// A snapshot in the making. Everything that is not said is read whole and empty.
struct Tenant(Snapshot);

impl Tenant {
    fn new() -> Self {
        let mut snapshot = Snapshot::new(TENANT.into(), at(NOW), at("2026-08-04T06:00:00Z"));
        for dataset in Dataset::ALL {
            snapshot.coverage.insert(dataset, DatasetReading { coverage: Coverage::Complete { items: 1 }, requests: 1 });
        }
        Self(snapshot)
    }

    fn lost(mut self, dataset: Dataset) -> Self {
        let gap = Gap::Permission { missing: dataset.permission().into() };
        self.0.coverage.insert(dataset, DatasetReading { coverage: Coverage::Unavailable { gap }, requests: 1 });
        self
    }

    fn policy(mut self, id: &str, kind: &str, platforms: &[&str], unknown: Value) -> Self {
        let policy = AccessPolicy {
            id: id.into(),
            display_name: format!("policy {id}"),
            policy_type: Some(kind.into()),
            platforms: platforms.iter().map(|platform| (*platform).to_owned()).collect(),
            approver_groups: Some(vec!["g".into()]),
            last_modified: Some(at("2026-09-01T00:00:00Z")),
            read_by_id: true,
            unknown_members: serde_json::from_value(unknown).unwrap(),
        };
        self.0.access_policies.insert(id.into(), policy);
        self
    }

    fn holder(mut self, number: u32, role: &str, signed_in: &str) -> Self {
        let id = principal(number);
        self.0.app_role_grants.push(AppRoleGrant {
            principal: id.as_str().into(),
            principal_display_name: None,
            app_role: role.into(),
            created: Some(at("2026-01-01T00:00:00Z")),
        });
        self.0.service_principals.insert(
            id.as_str().into(),
            ServicePrincipal {
                id: id.as_str().into(),
                app_id: app(number).into(),
                display_name: format!("app {number}"),
                kind: Some("Application".into()),
                account_enabled: Some(true),
                is_disabled: None,
                disabled_by_microsoft: None,
                owner_tenant: Some(TENANT.into()),
                sign_in_audience: None,
                verified_publisher: None,
                alternative_names: vec![],
                credentials: vec![],
            },
        );
        let app_only = if signed_in.is_empty() { SignInTime::None } else { SignInTime::At(at(signed_in)) };
        let activity = SignInActivity { app_id: app(number).into(), app_only, delegated: SignInTime::None };
        self.0.sign_in_activity.insert(app(number).into(), activity);
        self
    }

    fn event(mut self, number: u32, time: &str, activity: &str, result: &str, resource: &str) -> Self {
        let kind = if activity.starts_with("Create") { "Create" } else { "Action" };
        self.0.audit_events.push(AuditEvent {
            id: format!("event {}", self.0.audit_events.len()),
            time: at(time),
            activity_type: Some(activity.into()),
            operation_type: Some(kind.into()),
            result: Some(result.into()),
            category: None,
            actor: AuditActor { app_id: Some(app(number).into()), app_display_name: None, user_id: None, user_principal_name: None },
            resources: vec![AuditResource { kind: Some(resource.into()), id: None, policy_ids: BTreeSet::new() }],
        });
        self
    }

    fn request(mut self, id: &str, status: &str, kind: &str, requestor: Option<String>, payload: Option<&str>) -> Self {
        let request = ApprovalRequest {
            id: id.into(),
            requested: Some(at("2026-10-20T00:00:00Z")),
            expires: Some(at("2026-10-23T00:00:00Z")),
            last_modified: Some(at("2026-10-21T00:00:00Z")),
            status: Some(status.into()),
            policy_types: vec![kind.into()],
            requestor_application: requestor,
            requestor_user: None,
            payload_id: payload.map(str::to_owned),
            payload_operation: Some("Create".into()),
        };
        self.0.approval_requests.insert(id.into(), request);
        self
    }

    fn assess(&self) -> Assessment {
        self.assess_with(&Options::default())
    }

    fn assess_with(&self, options: &Options) -> Assessment {
        assess(&self.0, &Catalogue::builtin().unwrap(), options)
    }

    fn verdict(&self, number: u32, workload: &Workload) -> Verdict {
        verdict(&self.assess(), number, workload)
    }
}

fn verdict(assessment: &Assessment, number: u32, workload: &Workload) -> Verdict {
    let app_id = AppId::new(&app(number));
    let found = assessment.verdicts.iter().find(|verdict| verdict.app_id == app_id && verdict.workload == *workload);
    found.unwrap_or_else(|| panic!("no verdict: {:#?}", assessment.verdicts)).clone()
}

fn gate<'a>(assessment: &'a Assessment, workload: &Workload) -> &'a Gate {
    assessment.gates.iter().find(|gate| gate.workload == *workload).unwrap()
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
fn exclusions_are_found_under_any_name_by_any_id_and_their_name_makes_empty_lists_readable() {
    let tenant = Tenant::new()
        .policy("p", "app", &[], json!({"whoMayPass": [{"id": principal(1).to_uppercase(), "addedBy": app(99)}], "scopeTags": ["0"]}))
        .policy("q", "script", &[], json!({"whoMayPass": []}))
        .policy("r", "role", &[], json!({"author": app(2)}))
        .holder(1, APPS_WRITE, "")
        .holder(2, APPS_WRITE, "");
    let assessment = tenant.assess();
    assert_eq!(assessment.exclusions.len(), 1, "the second id of the element is not an exclusion: {:?}", assessment.exclusions);
    assert_eq!(assessment.exclusions[0].listed_id, principal(1));
    assert_eq!(verdict(&assessment, 1, &Workload::App).kind, VerdictKind::Excluded);
    assert_eq!(verdict(&assessment, 2, &Workload::App).exclusion, ExclusionState::NotListed);
    let readable = |workload| gate(&assessment, &workload).policies[0].exclusions_readable;
    assert!(readable(Workload::App) && readable(Workload::Script) && !readable(Workload::Role));
}

#[test]
fn of_two_policies_both_must_exclude() {
    let listed = json!({"x": [app(1)]});
    let tenant = Tenant::new().policy("p", "app", &[], listed.clone()).policy("q", "app", &[], json!({"x": []})).holder(1, APPS_WRITE, "");
    assert_eq!(tenant.verdict(1, &Workload::App).exclusion, ExclusionState::Partly);
    assert_eq!(tenant.policy("q", "app", &[], listed).verdict(1, &Workload::App).exclusion, ExclusionState::Excluded);
}

#[test]
fn a_dangling_exclusion_is_told_by_what_is_left_of_it() {
    let mut tenant = Tenant::new()
        .policy("p", "app", &[], json!({"x": [app(1), principal(2), principal(3), principal(4)]}))
        .holder(1, APPS_WRITE, "")
        .holder(2, APPS_WRITE, "");
    tenant.0.service_principals.get_mut(&principal(2).as_str().into()).unwrap().account_enabled = Some(false);
    let gone =
        DeletedServicePrincipal { id: principal(3).as_str().into(), app_id: app(3).into(), display_name: "gone".into(), deleted: None };
    tenant.0.deleted_service_principals.insert(gone.id.clone(), gone);
    let states = |tenant: &Tenant| {
        tenant.assess().exclusions.iter().map(|row| (row.listed_id.clone(), row.state, row.gap.is_some())).collect::<BTreeSet<_>>()
    };
    let expected = [
        (app(1), ExcludedObject::Active, false),
        (principal(2), ExcludedObject::Disabled, false),
        (principal(3), ExcludedObject::Deleted, false),
        (principal(4), ExcludedObject::Unresolved, false),
    ];
    assert_eq!(states(&tenant), expected.clone().into());
    let unsure = tenant.lost(Dataset::Applications);
    assert!(states(&unsure).contains(&(principal(4), ExcludedObject::Unresolved, true)), "it may be an application that was not read");
}

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
    let both = elsewhere.event(1, "2026-08-10T00:00:00Z", "Create MobileApp", "Success", "Win32LobApp");
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
fn an_application_that_only_the_audit_log_knows_is_an_automation() {
    let mut tenant =
        Tenant::new().policy("p", "app", &[], json!({})).event(7, "2026-10-10T00:00:00Z", "Create MobileApp", "Success", "MobileApp");
    tenant.0.audit_events[0].actor.app_display_name = Some("ghost".into());
    let assessment = tenant.assess();
    let profile = &assessment.applications[&AppId::new(&app(7))];
    assert_eq!((profile.name.as_str(), profile.service_principal.as_ref()), ("ghost", None));
    assert!(matches!(profile.permissions, Known::No(_)) && matches!(profile.keys, Known::No(_)));
    assert_eq!(verdict(&assessment, 7, &Workload::App).writes, 1);
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

fn certificate(key_id: &str, usage: &str) -> Credential {
    Credential {
        kind: CredentialKind::Certificate,
        key_id: key_id.into(),
        display_name: None,
        start: Some(at("2026-01-01T00:00:00Z")),
        end: Some(at("2026-10-01T12:00:00Z")),
        usage: Some(usage.into()),
        thumbprint: Some("AB12".into()),
    }
}

#[test]
fn a_certificate_under_sign_and_verify_is_one_key() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "");
    let principal = tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap();
    principal.credentials = vec![certificate("sign", "Sign"), certificate("verify", "Verify")];
    let assessment = tenant.assess();
    let keys = assessment.applications[&AppId::new(&app(1))].keys.seen().unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].key_id.as_str(), keys[0].lifetime_days, keys[0].expired), ("verify", Some(273), Some(true)));
}

#[test]
fn keys_of_a_vendor_are_out_of_reach_and_those_of_an_unread_application_unknown() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "");
    let profile = |tenant: &Tenant| tenant.assess().applications[&AppId::new(&app(1))].clone();
    assert!(matches!(profile(&tenant).keys, Known::Yes(_)));
    tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap().owner_tenant = Some("elsewhere".into());
    assert!(matches!(profile(&tenant).keys, Known::Partly(_, Gap::OutOfReach { .. })));
    tenant.0.service_principals.get_mut(&principal(1).as_str().into()).unwrap().owner_tenant = Some(TENANT.into());
    let tenant = tenant.lost(Dataset::Applications);
    assert!(matches!(profile(&tenant).keys, Known::Partly(_, Gap::Permission { .. })));
}

#[test]
fn the_application_adds_its_keys_and_its_switch() {
    let mut tenant = Tenant::new().policy("p", "app", &[], json!({})).holder(1, APPS_WRITE, "2026-11-01T00:00:00Z");
    let application = Application {
        id: "c".into(),
        app_id: app(1).into(),
        display_name: "app 1".into(),
        is_disabled: Some(true),
        sign_in_audience: None,
        created: Some(at("2020-01-01T00:00:00Z")),
        credentials: vec![certificate("k", "Verify")],
        federated_credentials: None,
    };
    tenant.0.applications.insert(application.id.clone(), application);
    let profile = tenant.assess().applications[&AppId::new(&app(1))].clone();
    assert_eq!(profile.keys.seen().map(Vec::len), Some(1));
    assert_eq!(profile.first_trace, Some(at("2020-01-01T00:00:00Z")));
    assert!(matches!(profile.federated, Known::No(_)));
    assert_eq!(tenant.verdict(1, &Workload::App).kind, VerdictKind::Dormant, "a disabled application gets no token");
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
        tenant.0.groups.extend(found.map(|group| (group.id.clone(), group)));
        let assessment = tenant.assess();
        let policy = gate(&assessment, &Workload::App).policies[0].clone();
        (policy.approvers, policy.problems.join("; "))
    };
    let two = vec![member("1", "user", Some(true)), member("2", "user", None)];
    assert_eq!(of(Some(group(Some(two.clone()), &[]))), (Some(2), String::new()));
    assert!(of(Some(group(Some(two), &["Unified"]))).1.contains("not a plain security group"));
    let odd = vec![member("1", "user", Some(false)), member("2", "servicePrincipal", None), member("3", "group", None)];
    let (people, problems) = of(Some(group(Some(odd), &[])));
    assert_eq!(people, Some(0));
    assert!(problems.contains("nested") && problems.contains("service principal") && problems.contains("no person"), "{problems}");
    assert_eq!(of(Some(group(None, &[]))), (None, String::new()), "members that could not be read are not none");
    assert!(of(None).1.contains("does not exist"));
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
