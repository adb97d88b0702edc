//! A tenant with one application, for the tests of postures: in scope, excluded or not, everything read whole.

use super::Posture;
use crate::assess::{Options, assess};
use crate::catalogue::Catalogue;
use crate::snapshot::{
    AccessPolicy, AppId, AppRoleGrant, Application, AuditActor, AuditEvent, AuditResource, Coverage, Credential, CredentialKind, Dataset,
    DatasetReading, Gap, PropertyLock, ServicePrincipal, Snapshot,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) const NOW: &str = "2026-11-02T06:00:00Z";
pub(super) const TENANT: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
pub(super) const APP: &str = "a0000000-0000-4000-8000-000000000001";
pub(super) const PRINCIPAL: &str = "b0000000-0000-4000-8000-000000000001";
pub(super) const OBJECT: &str = "c0000000-0000-4000-8000-000000000001";
pub(super) const APPS_WRITE: &str = "78145de6-330d-4800-a6ce-494ff2d33d07";

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) struct Fixture {
    pub(super) snapshot: Snapshot,
}

impl Fixture {
    /// An application that is registered here and may write apps. Nothing of it was seen.
    pub(super) fn new() -> Self {
        let mut snapshot = Snapshot::new(TENANT.into(), at(NOW), at("2026-08-04T06:00:00Z"));
        for dataset in Dataset::ALL {
            snapshot.coverage.insert(dataset, DatasetReading { coverage: Coverage::Complete { items: 1 }, requests: 1 });
        }
        let principal = ServicePrincipal {
            id: PRINCIPAL.into(),
            app_id: APP.into(),
            display_name: "the application".into(),
            kind: Some("Application".into()),
            account_enabled: Some(true),
            is_disabled: None,
            disabled_by_microsoft: None,
            owner_tenant: Some(TENANT.into()),
            sign_in_audience: Some("AzureADMyOrg".into()),
            verified_publisher: Some(false),
            alternative_names: vec![],
            credentials: vec![],
            federated_credentials: None,
            owners: Some(vec![]),
        };
        let application = Application {
            id: OBJECT.into(),
            app_id: APP.into(),
            display_name: "the application".into(),
            is_disabled: None,
            sign_in_audience: Some("AzureADMyOrg".into()),
            created: Some(at("2025-01-01T00:00:00Z")),
            credentials: vec![],
            federated_credentials: Some(vec![]),
            property_lock: PropertyLock::NotConfigured,
            redirects: Some(vec![]),
            implicit_grant: Some(false),
            owners: Some(vec![]),
        };
        snapshot.service_principals.insert(PRINCIPAL.into(), principal);
        snapshot.applications.insert(OBJECT.into(), application);
        Self { snapshot }.granted(APPS_WRITE, "2026-01-01T00:00:00Z")
    }

    pub(super) fn managed_identity() -> Self {
        Self::new().with(|tenant| {
            tenant.snapshot.applications.clear();
            let principal = tenant.principal();
            (principal.kind, principal.owner_tenant, principal.sign_in_audience) = (Some("ManagedIdentity".into()), None, None);
            principal.federated_credentials = Some(vec![]);
        })
    }

    /// An application of another tenant.
    pub(super) fn foreign() -> Self {
        Self::new().with(|tenant| {
            tenant.snapshot.applications.clear();
            tenant.principal().owner_tenant = Some("dddddddd-0000-4000-8000-00000000000d".into());
            tenant.principal().sign_in_audience = Some("AzureADMultipleOrgs".into());
        })
    }

    pub(super) fn principal(&mut self) -> &mut ServicePrincipal {
        self.snapshot.service_principals.get_mut(&PRINCIPAL.into()).unwrap()
    }

    pub(super) fn application(&mut self) -> &mut Application {
        self.snapshot.applications.get_mut(&OBJECT.into()).unwrap()
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(super) fn lost(self, dataset: Dataset) -> Self {
        let gap = Gap::Permission { missing: dataset.permission().into() };
        self.covered(dataset, Coverage::Unavailable { gap })
    }

    pub(super) fn partial(self, dataset: Dataset) -> Self {
        self.covered(dataset, Coverage::Partial { items: 3, gap: Gap::Throttled { detail: "a page".into() } })
    }

    pub(super) fn covered(mut self, dataset: Dataset, coverage: Coverage) -> Self {
        self.snapshot.coverage.insert(dataset, DatasetReading { coverage, requests: 1 });
        self
    }

    pub(super) fn granted(mut self, role: &str, since: &str) -> Self {
        let grant =
            AppRoleGrant { principal: PRINCIPAL.into(), principal_display_name: None, app_role: role.into(), created: Some(at(since)) };
        self.snapshot.app_role_grants.push(grant);
        self
    }

    /// An access policy that excludes nobody.
    pub(super) fn policy(self, id: &str, kind: &str) -> Self {
        self.policy_with(id, kind, &[])
    }

    /// An access policy that excludes the application.
    pub(super) fn excluding(self, id: &str, kind: &str) -> Self {
        self.policy_with(id, kind, &[APP])
    }

    fn policy_with(mut self, id: &str, kind: &str, excluded: &[&str]) -> Self {
        let policy = AccessPolicy {
            id: id.into(),
            display_name: format!("policy {id}"),
            policy_type: Some(kind.into()),
            platforms: vec![],
            approver_groups: Some(vec!["g".into()]),
            last_modified: Some(at("2026-09-01T00:00:00Z")),
            read_by_id: true,
            unknown_members: serde_json::from_value(json!({"bypass": excluded})).unwrap(),
        };
        self.snapshot.looked_up.extend(excluded.iter().map(|id| (*id).to_owned()));
        self.snapshot.access_policies.insert(id.into(), policy);
        self
    }

    /// A change to an access policy, by a person, that puts the application on its list.
    pub(super) fn excluded_at(mut self, policy: &str, time: &str) -> Self {
        let mut event = event(time, "Patch OperationApprovalPolicy", "Success", "OperationApprovalPolicy");
        event.actor.user_id = Some("someone".into());
        let ids: BTreeSet<String> = [APP.to_owned()].into();
        event.resources = vec![AuditResource {
            kind: Some("OperationApprovalPolicy".into()),
            id: Some(policy.into()),
            policy_ids: ids.clone(),
            old_ids: BTreeSet::new(),
            new_ids: ids,
        }];
        self.snapshot.audit_events.push(event);
        self
    }

    pub(super) fn event(mut self, time: &str, activity: &str, result: &str, resource: &str) -> Self {
        self.snapshot.audit_events.push(event(time, activity, result, resource));
        self
    }

    pub(super) fn posture(&self) -> Posture {
        let assessment = assess(&self.snapshot, &Catalogue::builtin().unwrap(), &Options::default());
        assessment.applications.get(&AppId::new(APP)).unwrap().posture.clone()
    }
}

fn event(time: &str, activity: &str, result: &str, resource: &str) -> AuditEvent {
    let operation = activity.split(' ').next().unwrap_or_default();
    AuditEvent {
        id: format!("{activity} {time}"),
        time: at(time),
        activity_type: Some(activity.into()),
        operation_type: Some(operation.into()),
        result: Some(result.into()),
        category: None,
        actor: AuditActor { app_id: Some(APP.into()), app_display_name: None, user_id: None, user_principal_name: None },
        resources: vec![AuditResource {
            kind: Some(resource.into()),
            id: None,
            policy_ids: BTreeSet::new(),
            old_ids: BTreeSet::new(),
            new_ids: BTreeSet::new(),
        }],
    }
}

pub(super) fn secret(key_id: &str, start: &str, end: &str) -> Credential {
    Credential {
        kind: CredentialKind::Secret,
        key_id: key_id.into(),
        display_name: None,
        start: Some(at(start)),
        end: Some(at(end)),
        usage: None,
        thumbprint: None,
    }
}
