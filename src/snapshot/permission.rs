//! The read permissions that maascan may ask for: application permissions on Microsoft Graph by name and id.

use std::fmt;

/// An application permission that only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadPermission {
    /// Applications, service principals, credentials, owners and grants.
    Applications,
    /// Access policies, approval requests and Intune roles.
    IntuneRbac,
    /// Intune audit events.
    IntuneApps,
    /// Sign-in reports.
    AuditLog,
    /// Conditional Access and app management policies.
    Policies,
    /// Entra role assignments.
    DirectoryRoles,
    /// Groups and their members.
    GroupMembers,
    /// Names of members.
    UserNames,
    /// State of accounts.
    Users,
    /// Risky service principals.
    RiskyServicePrincipals,
    /// The tenant's name and licences.
    Organization,
    /// Delegated grants.
    Directory,
}

impl ReadPermission {
    /// Every permission, the necessary ones first.
    pub const ALL: [Self; 12] = [
        Self::Applications,
        Self::IntuneRbac,
        Self::IntuneApps,
        Self::AuditLog,
        Self::Policies,
        Self::DirectoryRoles,
        Self::GroupMembers,
        Self::UserNames,
        Self::Users,
        Self::RiskyServicePrincipals,
        Self::Organization,
        Self::Directory,
    ];

    /// Its name, the same for application and delegated use.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.about().0
    }

    /// Id of the app role on Microsoft Graph (facts/graph.md section 0).
    #[must_use]
    pub fn app_role_id(self) -> &'static str {
        self.about().1
    }

    /// Permissions that read the same and more, which an application may hold instead.
    #[must_use]
    pub fn implied_by(self) -> &'static [&'static str] {
        match self {
            Self::Applications => &["Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
            Self::IntuneRbac => &[
                "DeviceManagementRBAC.ReadWrite.All",
                "DeviceManagementConfiguration.Read.All",
                "DeviceManagementConfiguration.ReadWrite.All",
            ],
            Self::IntuneApps => &["DeviceManagementApps.ReadWrite.All"],
            Self::AuditLog | Self::Policies => &[],
            Self::DirectoryRoles => {
                &["RoleManagement.ReadWrite.Directory", "RoleManagement.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"]
            }
            Self::GroupMembers => {
                &["Group.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]
            }
            Self::UserNames => &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
            Self::Users => &["User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
            Self::RiskyServicePrincipals => &["IdentityRiskyServicePrincipal.ReadWrite.All"],
            Self::Organization => &["Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
            Self::Directory => &["Directory.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"],
        }
    }

    fn about(self) -> (&'static str, &'static str) {
        match self {
            Self::Applications => ("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"),
            Self::IntuneRbac => ("DeviceManagementRBAC.Read.All", "58ca0d9a-1575-47e1-a3cb-007ef2e4583b"),
            Self::IntuneApps => ("DeviceManagementApps.Read.All", "7a6ee1e7-141e-4cec-ae74-d9db155731ff"),
            Self::AuditLog => ("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da"),
            Self::Policies => ("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68"),
            Self::DirectoryRoles => ("RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c"),
            Self::GroupMembers => ("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6"),
            Self::UserNames => ("User.ReadBasic.All", "97235f07-e226-4f63-ace3-39588e11d3a1"),
            // Not in the facts; the id that Microsoft publishes for the application permission.
            Self::Users => ("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
            Self::RiskyServicePrincipals => ("IdentityRiskyServicePrincipal.Read.All", "607c7344-0eed-41e5-823a-9695ebe1b7b0"),
            Self::Organization => ("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6"),
            Self::Directory => ("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
        }
    }
}

impl fmt::Display for ReadPermission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::is_guid;
    use std::collections::BTreeSet;

    #[test]
    fn every_permission_has_a_name_and_an_id_of_its_own_and_only_reads() {
        let names: BTreeSet<_> = ReadPermission::ALL.iter().map(|permission| permission.name()).collect();
        let ids: BTreeSet<_> = ReadPermission::ALL.iter().map(|permission| permission.app_role_id()).collect();
        assert_eq!((names.len(), ids.len()), (ReadPermission::ALL.len(), ReadPermission::ALL.len()));
        assert!(names.iter().all(|name| name.contains(".Read") && !name.contains("Write")), "{names:?}");
        assert!(ids.iter().all(|id| is_guid(id)));
    }
}
