//! The way from a small snapshot to verdicts, with the catalogue that ships.

mod approvers;
mod derived;
mod drafts;
mod exclusions;
mod find;
mod fusion;
mod gates;
mod needs;
mod odd;
mod plan;
mod profiles;
mod properties;
mod sources;
mod verdicts;

use super::*;
use crate::snapshot::{
    AccessPolicy, AppRoleGrant, Application, ApprovalRequest, AuditActor, AuditEvent, AuditResource, Coverage, Credential,
    CredentialActivity, CredentialKind, Dataset, DatasetReading, DeletedServicePrincipal, Gap, Group, GroupMember, IntuneRole,
    IntuneRoleAssignment, ServicePrincipal, SignInActivity, SignInKey, SignInSummary, SignInTime,
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
        self.0.looked_up.extend(policy.candidate_collections().into_iter().flat_map(|list| list.ids));
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
                federated_credentials: None,
                owners: None,
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
            resources: vec![AuditResource {
                kind: Some(resource.into()),
                id: None,
                policy_ids: BTreeSet::new(),
                old_ids: BTreeSet::new(),
                new_ids: BTreeSet::new(),
            }],
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
            decided_by: None,
            payload_id: payload.map(str::to_owned),
            payload_operation: Some("Create".into()),
            policy_ids: BTreeSet::new(),
        };
        self.0.approval_requests.insert(id.into(), request);
        self
    }

    /// A change to a policy by a person, as the audit log has it: ids on its lists before and after.
    fn change(mut self, time: &str, policy: &str, old: &[String], new: &[String]) -> Self {
        let ids = |ids: &[String]| ids.iter().map(|id| id.to_lowercase()).collect::<BTreeSet<_>>();
        let (old_ids, new_ids) = (ids(old), ids(new));
        let policy_ids = old_ids.union(&new_ids).cloned().collect();
        let kind = "OperationApprovalPolicy";
        self = self.event(99, time, &format!("Patch {kind}"), "Success", kind);
        let event = self.0.audit_events.last_mut().unwrap();
        event.actor.user_id = Some("someone".into());
        event.resources = vec![AuditResource { kind: Some(kind.into()), id: Some(policy.into()), policy_ids, old_ids, new_ids }];
        self
    }

    /// A request that was completed and would put ids on the lists of a policy.
    fn change_request(mut self, id: &str, status: &str, policy: &str, ids: &[String]) -> Self {
        self = self.request(id, status, "operationApprovalPolicy", None, Some(policy));
        let request = self.0.approval_requests.get_mut(&id.into()).unwrap();
        request.payload_operation = Some("Update".into());
        request.policy_ids = ids.iter().cloned().collect();
        self
    }

    /// Raw sign-ins of an application as itself, at one time.
    fn raw_sign_ins(mut self, number: u32, time: &str, succeeded: u64) -> Self {
        let key = SignInKey {
            app_id: app(number).into(),
            service_principal: Some(principal(number).as_str().into()),
            credential_type: Some("clientSecret".into()),
            credential_key_id: Some("k".into()),
            federated_credential: None,
            resource: None,
            address: None,
        };
        let failed = u64::from(succeeded == 0);
        self.0.sign_ins.push(SignInSummary { key, succeeded, failed, first: at(time), last: at(time) });
        self
    }

    /// The last use of a key, by the credential report.
    fn key_used(mut self, number: u32, key_id: &str, time: &str) -> Self {
        self.0.credential_activity.push(CredentialActivity {
            app_id: app(number).into(),
            key_id: key_id.into(),
            key_type: Some("password".into()),
            origin: Some("application".into()),
            last_sign_in: SignInTime::At(at(time)),
        });
        self
    }

    /// Puts a group into an assignment of an Intune role.
    fn assigned(mut self, group: &str) -> Self {
        let id = format!("assignment of {group}");
        let members = Some([group.into()].into());
        let role = Some("approver".to_owned());
        let reads = ["MobileApps", "ManagedDevices", "DeviceConfigurations", "DeviceCompliancePolices", "Roles"];
        self.0.intune_roles.insert(
            "approver".into(),
            IntuneRole {
                id: "approver".into(),
                display_name: "Approver".into(),
                is_built_in: Some(false),
                allowed_actions: reads.iter().map(|resource| format!("Microsoft.Intune_{resource}_Read")).collect(),
            },
        );
        let assignment = IntuneRoleAssignment { id: id.clone(), display_name: id.clone(), role, members };
        self.0.intune_role_assignments.insert(id, assignment);
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
