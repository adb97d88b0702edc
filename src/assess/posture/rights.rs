//! Rights over the tenant beside those on Intune: permissions and directory roles of tier zero, and delegated permissions.

use super::{Looked, failed};
use crate::assess::model::Known;
use crate::snapshot::{Dataset, Gap};
use std::collections::BTreeSet;

/// An Entra role that an application holds itself. Roles of groups that it is in are not among them, nor are roles that it is
/// only eligible for: neither is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldRole {
    /// Name of the role; its id where no name is known.
    pub name: String,
    /// Where it holds, if not in the whole tenant.
    pub limited_to: Option<String>,
    /// Whether its holder can take over the tenant, or administers Intune as a whole. None where it is such a role and the
    /// service did not say where it holds.
    pub tier_zero: Option<bool>,
}

/// Names of permissions on Microsoft Graph with which it can take over the tenant.
pub(super) fn tier_zero(of: &Looked<'_>) -> Known<BTreeSet<String>> {
    let gap = of.directory.gap(Dataset::AppRoleGrants);
    let Some(principal) = of.principal() else { return Known::No(gap.unwrap_or_else(|| of.principal_gap())) };
    let held = of.directory.grants(principal).iter().filter_map(|grant| of.catalogue.tier_zero_permission(&grant.app_role));
    read(held.map(|permission| permission.name.clone()).collect(), gap, of, Dataset::AppRoleGrants)
}

pub(super) fn directory_roles(of: &Looked<'_>) -> Known<Vec<HeldRole>> {
    let gap = of.directory.gap(Dataset::DirectoryRoles);
    let Some(principal) = &of.profile.service_principal else { return Known::No(gap.unwrap_or_else(|| of.principal_gap())) };
    let held = of.sources.roles.get(principal.as_str()).into_iter().flatten();
    let mut roles: Vec<HeldRole> = held
        .map(|held| {
            let known = of.catalogue.tier_zero_role(&held.role_definition, held.role_name.as_deref());
            let name = held.role_name.clone().or_else(|| known.map(|role| role.name.clone()));
            let scope = held.scope.as_deref();
            HeldRole {
                name: name.unwrap_or_else(|| held.role_definition.clone()),
                limited_to: scope.filter(|scope| *scope != "/").map(str::to_owned),
                tier_zero: if known.is_none() { Some(false) } else { scope.map(|scope| scope == "/") },
            }
        })
        .collect();
    roles.sort();
    roles.dedup();
    read(roles, gap, of, Dataset::DirectoryRoles)
}

/// Of these, the names of the ones of tier zero.
pub(super) fn tier_zero_roles(roles: &Known<Vec<HeldRole>>) -> Known<BTreeSet<String>> {
    let Some(seen) = roles.seen() else { return roles.map(|_| BTreeSet::new()) };
    let unsaid = seen.iter().any(|role| role.tier_zero.is_none());
    let gap = roles.gap().cloned().or_else(|| unsaid.then(|| failed("where a directory role holds was not shown")));
    Known::of(seen.iter().filter(|role| role.tier_zero == Some(true)).map(|role| role.name.clone()).collect(), gap)
}

/// What a delegated permission has in its name if it does more than read: `ReadWrite` and `Write` (of mail, files, and the
/// like), `PrivilegedOperations` of Intune, `FullControl` of SharePoint, `Manage`, `AccessAsUser` and `user_impersonation`, with
/// which the application may do whatever the person may (Microsoft Graph permissions reference).
const WRITING: [&str; 6] = ["Write", "PrivilegedOperations", "FullControl", "Manage.", "AccessAsUser", "user_impersonation"];

/// Delegated permissions on any resource that do more than read, consented to by an administrator for everybody or by one person.
pub(super) fn delegated_scopes(of: &Looked<'_>) -> Known<BTreeSet<String>> {
    let gap = of.directory.gap(Dataset::DelegatedGrants);
    let Some(principal) = &of.profile.service_principal else { return Known::No(gap.unwrap_or_else(|| of.principal_gap())) };
    let grants = of.sources.delegated.get(principal.as_str()).into_iter().flatten();
    let writing = |scope: &&String| WRITING.iter().any(|part| scope.contains(part));
    read(grants.flat_map(|grant| &grant.scopes).filter(writing).cloned().collect(), gap, of, Dataset::DelegatedGrants)
}

/// A list out of a dataset: not known at all where nothing of that was read.
fn read<T>(found: T, gap: Option<Gap>, of: &Looked<'_>, dataset: Dataset) -> Known<T> {
    match gap {
        Some(gap) if of.directory.snapshot.coverage_of(dataset).items() == 0 => Known::No(gap),
        gap => Known::of(found, gap),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, PRINCIPAL};
    use super::*;
    use crate::snapshot::{DelegatedGrant, DirectoryRoleAssignment};

    const APPLICATION_WRITE: &str = "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9";

    fn role(id: &str, name: Option<&str>, principal: &str, scope: Option<&str>) -> DirectoryRoleAssignment {
        DirectoryRoleAssignment {
            role_definition: id.into(),
            role_name: name.map(str::to_owned),
            principal: principal.into(),
            principal_kind: Some("servicePrincipal".into()),
            scope: scope.map(str::to_owned),
        }
    }

    fn names(known: &Known<BTreeSet<String>>) -> Vec<&str> {
        known.seen().unwrap().iter().map(String::as_str).collect()
    }

    #[test]
    fn permissions_of_tier_zero_are_told_by_id() {
        let fixture = Fixture::new().granted(APPLICATION_WRITE, "2026-01-01T00:00:00Z");
        assert_eq!(names(&fixture.posture().tier_zero), ["Application.ReadWrite.All"]);
        assert_eq!(Fixture::new().posture().tier_zero, Known::Yes(BTreeSet::new()), "a permission on Intune alone is none");
        let partly = fixture.partial(Dataset::AppRoleGrants).posture().tier_zero;
        assert!(matches!(partly, Known::Partly(seen, Gap::Throttled { .. }) if seen.len() == 1));
    }

    #[test]
    fn a_role_counts_in_the_whole_tenant_and_held_by_itself() {
        const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";
        const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
        let with = |roles: Vec<DirectoryRoleAssignment>| Fixture::new().with(|tenant| tenant.snapshot.directory_roles = roles).posture();
        let held = with(vec![
            role(GLOBAL, None, PRINCIPAL, Some("/")),
            role(READER, Some("Global Reader"), PRINCIPAL, Some("/")),
            role(READER, None, "a-group", Some("/")),
        ]);
        let roles: Vec<&str> = held.directory_roles.seen().unwrap().iter().map(|role| role.name.as_str()).collect();
        assert_eq!(roles, ["Global Administrator", "Global Reader"]);
        assert_eq!((names(&held.tier_zero_roles), held.tier_zero_roles.gap()), (vec!["Global Administrator"], None));
        let limited = with(vec![role(GLOBAL, None, PRINCIPAL, Some("/administrativeUnits/1"))]);
        assert_eq!(limited.tier_zero_roles, Known::Yes(BTreeSet::new()));
        let unsaid = with(vec![role(GLOBAL, None, PRINCIPAL, None)]);
        assert!(matches!(unsaid.tier_zero_roles, Known::Partly(seen, Gap::Failed { .. }) if seen.is_empty()));
        let lost = Fixture::new().lost(Dataset::DirectoryRoles).posture();
        assert!(lost.directory_roles.seen().is_none() && lost.tier_zero_roles.seen().is_none());
    }

    #[test]
    fn only_delegated_permissions_that_do_more_than_read_are_listed() {
        let scopes = [
            "openid",
            "User.Read",
            "DeviceManagementManagedDevices.Read.All",
            "DeviceManagementApps.ReadWrite.All",
            "DeviceManagementManagedDevices.PrivilegedOperations.All",
            "Directory.AccessAsUser.All",
            "user_impersonation",
        ];
        let grant = |client: &str| DelegatedGrant {
            client: client.into(),
            resource: "r".into(),
            consent_type: Some("AllPrincipals".into()),
            principal: None,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        };
        let posture = Fixture::new().with(|tenant| tenant.snapshot.delegated_grants = vec![grant(PRINCIPAL), grant("another")]).posture();
        let expected = [
            "DeviceManagementApps.ReadWrite.All",
            "DeviceManagementManagedDevices.PrivilegedOperations.All",
            "Directory.AccessAsUser.All",
            "user_impersonation",
        ];
        assert_eq!(names(&posture.delegated_scopes), expected);
        assert!(Fixture::new().lost(Dataset::DelegatedGrants).posture().delegated_scopes.seen().is_none());
    }
}
