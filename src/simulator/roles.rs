//! Application permissions (`appRoles`) that the simulated Microsoft Graph defines. Ids of the permissions that matter to
//! Multi Admin Approval: facts/maa.md section 5 and facts/graph.md section 0; the others are ordinary Graph permissions,
//! there so that grants of no interest exist.

use super::guid::Guid;

/// One application permission.
pub(crate) struct Role {
    /// Its id.
    pub(crate) id: Guid,
    /// Its name, as tokens carry it in `roles`.
    pub(crate) value: &'static str,
}

const fn role(id: u128, value: &'static str) -> Role {
    Role { id: Guid(id), value }
}

pub(crate) const APPS: &str = "DeviceManagementApps.ReadWrite.All";
pub(crate) const SCRIPTS: &str = "DeviceManagementScripts.ReadWrite.All";
pub(crate) const CONFIGURATION: &str = "DeviceManagementConfiguration.ReadWrite.All";
pub(crate) const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
pub(crate) const DEVICES: &str = "DeviceManagementManagedDevices.ReadWrite.All";
pub(crate) const RBAC: &str = "DeviceManagementRBAC.ReadWrite.All";
pub(crate) const DEPLOYMENTS: &str = "DeviceManagementDeploymentPlans.ReadWrite.All";
pub(crate) const SERVICE: &str = "DeviceManagementServiceConfig.ReadWrite.All";
pub(crate) const GRANTS: &str = "AppRoleAssignment.ReadWrite.All";
pub(crate) const DIRECTORY_ROLES: &str = "RoleManagement.ReadWrite.Directory";

pub(crate) const WRITE_APPLICATIONS: &str = "Application.ReadWrite.All";

pub(crate) const READ_APPLICATIONS: &str = "Application.Read.All";
pub(crate) const READ_RBAC: &str = "DeviceManagementRBAC.Read.All";
pub(crate) const READ_CONFIGURATION: &str = "DeviceManagementConfiguration.Read.All";
pub(crate) const READ_APPS: &str = "DeviceManagementApps.Read.All";
pub(crate) const READ_AUDIT: &str = "AuditLog.Read.All";
pub(crate) const READ_POLICY: &str = "Policy.Read.All";
pub(crate) const READ_MEMBERS: &str = "GroupMember.Read.All";
pub(crate) const READ_USERS: &str = "User.ReadBasic.All";
pub(crate) const READ_ORGANIZATION: &str = "Organization.Read.All";
pub(crate) const READ_DIRECTORY: &str = "Directory.Read.All";

pub(crate) const READ_FULL_USERS: &str = "User.Read.All";
pub(crate) const READ_ROLES: &str = "RoleManagement.Read.Directory";
pub(crate) const READ_RISK: &str = "IdentityRiskyServicePrincipal.Read.All";
pub(crate) const READ_DEVICES: &str = "DeviceManagementManagedDevices.Read.All";

/// The read permissions of facts/graph.md section 0, and User.Read.All for the state of owners and approvers: what a token
/// holds unless [`super::TokenRoles`] says otherwise.
pub(crate) const READER: [&str; 12] = [
    READ_APPLICATIONS,
    READ_RBAC,
    READ_APPS,
    READ_AUDIT,
    READ_POLICY,
    READ_ROLES,
    READ_MEMBERS,
    READ_USERS,
    READ_FULL_USERS,
    READ_RISK,
    READ_ORGANIZATION,
    READ_DIRECTORY,
];

/// A permission on the Microsoft Intune API. Names as vendors' setup guides have them, ids invented: no source gives them.
pub(crate) struct IntuneApiRole {
    pub(crate) value: &'static str,
}

impl IntuneApiRole {
    pub(crate) fn id(&self) -> Guid {
        Guid::of(0, "intune-api-role", self.value)
    }
}

pub(crate) const INTUNE_API_ROLES: [IntuneApiRole; 3] = [
    IntuneApiRole { value: "get_device_compliance" },
    IntuneApiRole { value: "manage_partner_compliance_policy" },
    IntuneApiRole { value: "scep_challenge_provider" },
];

/// Permissions that applications of no interest hold.
pub(crate) const UNRELATED: [&str; 10] = [
    "User.Read.All",
    "Group.Read.All",
    "Mail.Send",
    "Sites.Read.All",
    "User.ReadWrite.All",
    "Group.ReadWrite.All",
    "Device.Read.All",
    "Reports.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementServiceConfig.Read.All",
];

/// Every permission that the service principal of Microsoft Graph lists in `appRoles`.
pub(crate) const ROLES: [Role; 35] = [
    role(0x78145de6_330d_4800_a6ce_494ff2d33d07, APPS),
    role(0x9255e99d_faf5_445e_bbf7_cb71482737c4, SCRIPTS),
    role(0x9241abd9_d0e6_425a_bd4f_47ba86e767a4, CONFIGURATION),
    role(0x5b07b0dd_2377_4e44_a38d_703f09a0dc3c, PRIVILEGED),
    role(0x243333ab_4d21_40cb_a475_36241daa0842, DEVICES),
    role(0xe330c4f0_4170_414e_a55a_2f022ec2b57b, RBAC),
    role(0x68356fd1_028d_4ce3_b724_241dec11127a, DEPLOYMENTS),
    role(0x5ac13192_7ace_4fcf_b828_1a26f28068ee, SERVICE),
    role(0x06b708a9_e830_4db3_a914_8e69da51d44f, GRANTS),
    role(0x9e3f62cf_ca93_4989_b6ce_bf83c28f9fe8, DIRECTORY_ROLES),
    role(0x9a5d68dd_52b0_4cc2_bd40_abcf44ac3a30, READ_APPLICATIONS),
    role(0x58ca0d9a_1575_47e1_a3cb_007ef2e4583b, READ_RBAC),
    role(0x7a6ee1e7_141e_4cec_ae74_d9db155731ff, READ_APPS),
    role(0xb0afded3_3588_46d8_8b3d_9842eff778da, READ_AUDIT),
    role(0x246dd0d5_5bd0_4def_940b_0421030a5b68, READ_POLICY),
    role(0x483bed4a_2ad3_4361_a73b_c83ccdbdc53c, "RoleManagement.Read.Directory"),
    role(0x98830695_27a2_44f7_8c18_0c3ebc9698f6, READ_MEMBERS),
    role(0x97235f07_e226_4f63_ace3_39588e11d3a1, READ_USERS),
    role(0x607c7344_0eed_41e5_823a_9695ebe1b7b0, "IdentityRiskyServicePrincipal.Read.All"),
    role(0x498476ce_e0fe_48b0_b801_37ba7e2685c6, READ_ORGANIZATION),
    role(0x7ab1d382_f21e_4acd_a863_ba3e13f7da61, READ_DIRECTORY),
    role(0xdc377aa6_52d8_4e23_b271_2a7ae04cedf3, READ_CONFIGURATION),
    role(0xdf021288_bdef_4463_88db_98f22de89214, "User.Read.All"),
    role(0x5b567255_7703_4780_807c_7be8301ae99b, "Group.Read.All"),
    role(0xb633e1c5_b582_4048_a93e_9f11b44c7e96, "Mail.Send"),
    role(0x332a536c_c7ef_4017_ab91_336970924f0d, "Sites.Read.All"),
    role(0x741f803b_c850_494e_b5df_cde7c675a1ca, "User.ReadWrite.All"),
    role(0x62a82d76_70ea_41e2_9197_370581804d09, "Group.ReadWrite.All"),
    role(0x7438b122_aefc_4978_80ed_43db9fcc7715, "Device.Read.All"),
    role(0x230c1aed_a721_4c5d_9cb4_a90514e508ef, "Reports.Read.All"),
    role(0x2f51be20_0bb4_4fed_bf7b_db946066c75e, "DeviceManagementManagedDevices.Read.All"),
    role(0x06a5fe6d_c49d_46a7_b082_56b1b14103c7, "DeviceManagementServiceConfig.Read.All"),
    role(0x1bfefb4e_e0b5_418b_a88f_73c46d2cc8e9, WRITE_APPLICATIONS),
    role(0x19dbc75e_c2e2_444c_a770_ec69d8559fc7, "Directory.ReadWrite.All"),
    role(0x9f67436c_5415_4e7f_8ac1_3014a7132630, "TeamsAppInstallation.ReadWriteSelfForTeam.All"),
];

/// The id of a permission that [`ROLES`] lists.
pub(crate) fn id_of(value: &str) -> Option<Guid> {
    ROLES.iter().find(|role| role.value == value).map(|role| role.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_named_permission_is_defined_once() {
        for value in READER.iter().chain(&UNRELATED) {
            assert!(id_of(value).is_some(), "{value}");
        }
        assert_eq!(ROLES.iter().map(|role| role.id).collect::<BTreeSet<_>>().len(), ROLES.len());
        assert_eq!(ROLES.iter().map(|role| role.value).collect::<BTreeSet<_>>().len(), ROLES.len());
    }
}
