//! Rights that are no app role on Microsoft Graph: Entra roles, Intune roles, delegated grants, and grants on the Intune API.

use super::principals::group;
use super::{Grant, Holder, INTUNE_API_APP, Member, PrincipalKind, Tenant};
use crate::simulator::guid::Guid;
use crate::simulator::roles::{self, IntuneApiRole};

/// An Entra role, by its template id.
pub(crate) struct DirectoryRoleKind {
    pub(crate) id: Guid,
    pub(crate) name: &'static str,
}

const fn entra(id: u128, name: &'static str) -> DirectoryRoleKind {
    DirectoryRoleKind { id: Guid(id), name }
}

/// Built-in Entra roles; ids of the first two: facts/maa.md section 5 and Microsoft's list of built-in roles.
pub(crate) const DIRECTORY_ROLES: [DirectoryRoleKind; 8] = [
    entra(0x3a2c62db_5318_420d_8d74_23affee5d9d5, "Intune Administrator"),
    entra(0x62e90394_69f5_4237_9190_012177145e10, "Global Administrator"),
    entra(0xe8611ab8_c189_46e8_94e1_60213ab1f814, "Privileged Role Administrator"),
    entra(0x9b895d92_2cd3_44c7_9d02_a6ac2d5ea5c3, "Application Administrator"),
    entra(0xf2ef992c_3afb_46b9_b7cf_a126ee74c451, "Global Reader"),
    entra(0x5d6b6bb7_de71_4623_b4af_96380a352509, "Security Reader"),
    entra(0x88d8e3e3_8f55_4a1e_953a_9b9898b8876b, "Directory Readers"),
    entra(0x729827e3_9c14_49f7_bb1b_9608f156bbb8, "Helpdesk Administrator"),
];

/// A role of [`DIRECTORY_ROLES`] that somebody holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DirectoryRole {
    pub(crate) role: usize,
    pub(crate) holder: Member,
}

/// An Intune role definition.
pub(crate) struct IntuneRoleKind {
    /// None for a custom role, whose id is computed.
    pub(crate) id: Option<Guid>,
    pub(crate) name: &'static str,
    pub(crate) actions: &'static [&'static str],
}

const fn intune(id: u128, name: &'static str, actions: &'static [&'static str]) -> IntuneRoleKind {
    IntuneRoleKind { id: Some(Guid(id)), name, actions }
}

/// Role definitions. The first two as captured, with fewer actions; ids of the next three are Microsoft's built-in ones
/// from general knowledge; the last is this tenant's own.
pub(crate) const INTUNE_ROLES: [IntuneRoleKind; 6] = [
    intune(
        0x9553af24_bd83_4ac3_a339_0e58f9e5478e,
        "Endpoint Privilege Reader",
        &["Microsoft.Intune_Organization_Read", "Microsoft.Intune_EpmPolicy_Read", "Microsoft.Intune_ManagedDevices_Read"],
    ),
    intune(
        0xc56d53a2_73d0_4502_b6bd_4a9d3dba28d5,
        "Endpoint Security Manager",
        &["Microsoft.Intune_ManagedDevices_Read", "Microsoft.Intune_ManagedDevices_Update", "Microsoft.Intune_ManagedDevices_Delete"],
    ),
    intune(
        0xc1d9fcbb_cba5_40b0_bf6b_527006585f4b,
        "Application Manager",
        &["Microsoft.Intune_MobileApps_Read", "Microsoft.Intune_MobileApps_Update", "Microsoft.Intune_MobileApps_Assign"],
    ),
    intune(
        0x9e0cc482_82df_4ab2_a24c_0c23a3f52e1e,
        "Help Desk Operator",
        &["Microsoft.Intune_ManagedDevices_Read", "Microsoft.Intune_RemoteTasks_Wipe", "Microsoft.Intune_RemoteTasks_Retire"],
    ),
    intune(
        0xfa1d7878_e8cb_41a1_8254_0142355c9c84,
        "Read Only Operator",
        &[
            "Microsoft.Intune_ManagedDevices_Read",
            "Microsoft.Intune_MobileApps_Read",
            "Microsoft.Intune_DeviceConfigurations_Read",
            "Microsoft.Intune_DeviceCompliancePolices_Read",
        ],
    ),
    IntuneRoleKind {
        id: None,
        name: "Approver of changes",
        actions: &["Microsoft.Intune_AdminTasks_Read", "Microsoft.Intune_MobileApps_Read", "Microsoft.Intune_DeviceCompliancePolices_Read"],
    },
];

impl IntuneRoleKind {
    pub(crate) fn id(&self, tenant: &Tenant) -> Guid {
        self.id.unwrap_or_else(|| tenant.guid("intune-role", self.name))
    }
}

/// An assignment of a role of [`INTUNE_ROLES`].
#[derive(Debug, Clone)]
pub(crate) struct IntuneRole {
    pub(crate) id: Guid,
    pub(crate) name: &'static str,
    pub(crate) role: usize,
    pub(crate) members: Vec<Guid>,
    /// Null on the wire in some rows.
    pub(crate) all_devices: bool,
}

/// Assignments: name, role, member groups. The group of the lone approver is in none, and one group holds nothing but people
/// and a service principal.
const ASSIGNMENTS: [(&str, usize, &[usize]); 4] = [
    ("Change approvers", 5, &[group::APPROVERS, group::EMPTY]),
    ("Workplace leads", 2, &[group::NESTED, group::TEAM]),
    ("Endpoint operators", 3, &[group::OPERATORS]),
    ("Endpoint security duty", 1, &[group::OPERATORS, group::APPROVERS]),
];

/// A delegated permission that somebody consented to.
#[derive(Debug, Clone)]
pub(crate) struct Delegated {
    /// Object id of the client's service principal.
    pub(crate) client: Guid,
    /// None: consent for everybody.
    pub(crate) person: Option<usize>,
    /// As on the wire, where it may begin with a space.
    pub(crate) scope: &'static str,
}

const ORDINARY: &str = " openid profile User.Read offline_access";
const WIDE: &str = " openid profile offline_access DeviceManagementApps.ReadWrite.All DeviceManagementConfiguration.ReadWrite.All";

/// Delegated grants of planted automations: client, person, scope.
const DELEGATED: [(&str, Option<usize>, &str); 6] = [
    ("Packaging workbench", None, ORDINARY),
    ("Packaging workbench", Some(8), WIDE),
    ("Fleet report builder", None, " DeviceManagementManagedDevices.Read.All openid profile"),
    ("Software factory", None, WIDE),
    ("Nebelhorn Patch Cloud", None, "User.Read"),
    ("Legacy packaging server", Some(0), "User.Read DeviceManagementApps.ReadWrite.All"),
];

/// Who holds a role of [`roles::INTUNE_API_ROLES`].
const ON_INTUNE_API: [(&str, usize); 4] = [
    ("Nebelhorn Patch Cloud", 0),
    ("Asset register write-back", 0),
    ("Quellgrund Patch Orchestrator", 1),
    ("Certificate-only deployer", 2),
];

/// The automation that is in a group which an Intune role is assigned to. It holds no app role for what the role allows.
pub(crate) const IN_ROLE_GROUP: &str = "Old co-management bridge";

/// The application with the Entra role Intune Administrator. On Graph it holds no permission on a protected workload.
pub(crate) const INTUNE_ADMINISTRATOR: &str = "Autopilot hash importer";

impl Tenant {
    pub(super) fn add_access(&mut self) {
        let member = self.planted(IN_ROLE_GROUP).map(|actor| Member::ServicePrincipal(actor.principal_id));
        if let Some(operators) = self.groups.get_mut(group::OPERATORS) {
            operators.members.extend(member);
        }
        self.directory_roles = self.held_directory_roles();
        self.intune_roles = ASSIGNMENTS.iter().map(|&(name, role, groups)| self.intune_role(name, role, groups)).collect();
        self.delegated = self.delegated_grants();
        let created = self.days_ago(210);
        let holders = ON_INTUNE_API.iter().filter_map(|&(name, role)| {
            let role = roles::INTUNE_API_ROLES.get(role).map(IntuneApiRole::id)?;
            Some(Grant { holder: Holder::ServicePrincipal(self.planted(name)?.principal_id), role, created })
        });
        let grants = holders.collect();
        self.grants.insert(self.guid("principal", &INTUNE_API_APP.to_string()), grants);
    }

    /// People, a group, and two service principals.
    fn held_directory_roles(&self) -> Vec<DirectoryRole> {
        let people = [(0, Member::User(0)), (1, Member::User(3)), (2, Member::User(3)), (4, Member::User(9)), (7, Member::Group(2))];
        let applications = [(INTUNE_ADMINISTRATOR, 0), ("Tenant bootstrap", 1), ("Fleet report builder", 6)];
        let applications =
            applications.iter().filter_map(|&(name, role)| Some((role, Member::ServicePrincipal(self.planted(name)?.principal_id))));
        people.into_iter().chain(applications).map(|(role, holder)| DirectoryRole { role, holder }).collect()
    }

    fn intune_role(&self, name: &'static str, role: usize, groups: &[usize]) -> IntuneRole {
        let members = groups.iter().filter_map(|&at| self.groups.get(at)).map(|group| group.id).collect();
        IntuneRole { id: self.guid("intune-assignment", name), name, role, members, all_devices: role == 1 }
    }

    /// Those of the planted automations, and one for every third application of another organisation.
    fn delegated_grants(&self) -> Vec<Delegated> {
        let planted = DELEGATED
            .iter()
            .filter_map(|&(name, person, scope)| Some(Delegated { client: self.planted(name)?.principal_id, person, scope }));
        let foreign = self.principals.iter().filter(|row| row.multi_tenant && matches!(row.kind, PrincipalKind::Application));
        let ordinary = foreign.filter(|row| row.id.0.is_multiple_of(3));
        let ordinary = ordinary.map(|row| Delegated { client: row.id, person: None, scope: ORDINARY });
        let mut all: Vec<Delegated> = planted.chain(ordinary).collect();
        all.sort_by_key(|grant| (grant.client, grant.person));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::DEMO_TIME;

    #[test]
    fn the_planted_rights_are_all_there() {
        let tenant = Tenant::generate(42, DEMO_TIME, 300, None);
        assert_eq!(tenant.directory_roles.len(), 8);
        assert_eq!(tenant.grants[&tenant.guid("principal", &INTUNE_API_APP.to_string())].len(), ON_INTUNE_API.len());
        for (name, ..) in DELEGATED {
            let client = tenant.planted(name).unwrap().principal_id;
            assert!(tenant.delegated.iter().any(|grant| grant.client == client), "{name}");
        }
        let operators = &tenant.groups[group::OPERATORS].members;
        assert!(operators.iter().any(|member| matches!(member, Member::ServicePrincipal(_))));
    }
}
