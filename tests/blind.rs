//! What is said to be lost without a dataset is lost, and nothing else is: each dataset is taken out of the demo's snapshot.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use maascan::assess::{self, Assessment, Options, verdicts_without};
use maascan::catalogue::Catalogue;
use maascan::snapshot::{self, AppRole, AppRoleId, Coverage, Dataset, DatasetReading, Gap, PropertyLock, Snapshot};

fn collected() -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let mut snapshot = snapshot::load(&common::collected(folder.path(), &[])).unwrap();
    // Microsoft adds a permission that this maascan does not know, and somebody is granted it.
    let id = AppRoleId::new("5eb59dd3-1da2-4329-8733-9dabdc435916");
    let mut grant = snapshot.app_role_grants[0].clone();
    grant.app_role = id.clone();
    snapshot.app_role_grants.push(grant);
    snapshot.app_roles.insert(id.clone(), AppRole { id, value: "DeviceManagementNovelty.ReadWrite.All".to_owned() });
    snapshot
}

/// The snapshot as it would be had this dataset been refused.
fn without(whole: &Snapshot, dataset: Dataset) -> Snapshot {
    let mut snapshot = whole.clone();
    let gap = Gap::Permission { missing: dataset.permission().to_owned() };
    snapshot.coverage.insert(dataset, DatasetReading { coverage: Coverage::Unavailable { gap }, requests: 1 });
    match dataset {
        Dataset::AccessPolicies => snapshot.access_policies.clear(),
        Dataset::ApprovalRequests => snapshot.approval_requests.clear(),
        Dataset::ApproverGroups => snapshot.groups.clear(),
        Dataset::IntuneRoles => {
            snapshot.intune_roles.clear();
            snapshot.intune_role_assignments.clear();
        }
        Dataset::IntuneSettings => snapshot.unlicensed_administrators = None,
        Dataset::AppRoles => snapshot.app_roles.clear(),
        Dataset::AppRoleGrants => snapshot.app_role_grants.clear(),
        Dataset::IntuneApiGrants => snapshot.intune_api_grants.clear(),
        Dataset::ServicePrincipals => snapshot.service_principals.clear(),
        Dataset::Applications => snapshot.applications.clear(),
        Dataset::FederatedCredentials => {
            snapshot.applications.values_mut().for_each(|application| application.federated_credentials = None);
            snapshot.service_principals.values_mut().for_each(|principal| principal.federated_credentials = None);
        }
        Dataset::Owners => {
            snapshot.applications.values_mut().for_each(|application| application.owners = None);
            snapshot.service_principals.values_mut().for_each(|principal| principal.owners = None);
        }
        Dataset::People => snapshot.people.clear(),
        Dataset::DeletedServicePrincipals => snapshot.deleted_service_principals.clear(),
        Dataset::DirectoryRoles => snapshot.directory_roles.clear(),
        Dataset::DelegatedGrants => snapshot.delegated_grants.clear(),
        Dataset::SignInActivity => snapshot.sign_in_activity.clear(),
        Dataset::CredentialActivity => snapshot.credential_activity.clear(),
        Dataset::SignIns => snapshot.sign_ins.clear(),
        Dataset::AuditEvents => snapshot.audit_events.clear(),
        Dataset::UnfinishedApps => snapshot.unfinished_apps.clear(),
        Dataset::ConditionalAccess => snapshot.conditional_access.clear(),
        Dataset::AppManagementPolicies => snapshot.app_management_policies.clear(),
        Dataset::RiskyServicePrincipals => snapshot.risky_service_principals.clear(),
        Dataset::Organization => snapshot.tenant_name = None,
        Dataset::Licences => snapshot.licences.clear(),
    }
    snapshot
}

/// Everything that verdicts, gates and exclusions say.
fn judged(snapshot: &Snapshot, catalogue: &Catalogue) -> String {
    let Assessment { verdicts, gates, exclusions, unmapped_permissions, .. } =
        assess::assess(snapshot, catalogue, &Options { window_days: 30, ..Options::default() });
    format!("{verdicts:#?}\n{gates:#?}\n{exclusions:#?}\n{unmapped_permissions:#?}")
}

#[test]
fn verdicts_change_without_exactly_the_datasets_that_are_said_to_matter() {
    let (whole, catalogue) = (collected(), Catalogue::builtin().unwrap());
    let with_all = judged(&whole, &catalogue);
    for dataset in Dataset::ALL {
        let changes = judged(&without(&whole, dataset), &catalogue) != with_all;
        assert_eq!(changes, verdicts_without(dataset).is_some(), "{dataset}");
    }
}

#[test]
fn without_the_property_lock_nothing_is_judged_by_it() {
    let (mut whole, catalogue) = (collected(), Catalogue::builtin().unwrap());
    let with_all = judged(&whole, &catalogue);
    whole.applications.values_mut().for_each(|application| application.property_lock = PropertyLock::Unknown);
    assert_eq!(judged(&whole, &catalogue), with_all);
}
