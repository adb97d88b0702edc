//! Whether approvers may read what a policy protects: "cannot approve" without it, by the product's documentation
//! (facts/maa.md section 7). Which of Intune's resource actions that is, no single source says.

use super::directory::Directory;
use crate::catalogue::Workload;
use crate::snapshot::{Dataset, Group, GroupId, IntuneRoleAssignment};

/// The action that reads what a workload is about; None where no source gives its name. The documentation names
/// ManagedDevices/Read as its example; the others are inferred from the objects that the policy types protect. The names, with
/// the service's own spelling of `Polices`, are those of built-in roles as several public exports of role definitions have them.
/// Of scripts, and of what tenantConfiguration protects, none of these says under which resource they stand.
pub(super) fn read_action(workload: &Workload) -> Option<&'static str> {
    match workload {
        Workload::App => Some("Microsoft.Intune_MobileApps_Read"),
        Workload::DeviceWipe | Workload::DeviceRetire | Workload::DeviceDelete => Some("Microsoft.Intune_ManagedDevices_Read"),
        Workload::ConfigurationPolicy => Some("Microsoft.Intune_DeviceConfigurations_Read"),
        Workload::CompliancePolicy => Some("Microsoft.Intune_DeviceCompliancePolices_Read"),
        Workload::Role => Some("Microsoft.Intune_Roles_Read"),
        _ => None,
    }
}

/// Whether the Intune roles of a group let its members read what a policy protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// One of them does.
    Yes,
    /// It has roles, all of them were read, and none does.
    No,
    /// It has no role that was read: a problem of its own.
    NoRole,
    /// Cannot be told.
    Unknown,
}

/// What the Intune roles that are assigned to the group itself allow.
pub(super) fn reads(directory: &Directory<'_>, group: &GroupId, workload: &Workload) -> Reads {
    let assignments = &directory.snapshot.intune_role_assignments;
    let has = |assignment: &&IntuneRoleAssignment| assignment.members.as_ref().is_some_and(|members| members.contains(group));
    let own: Vec<&IntuneRoleAssignment> = assignments.values().filter(has).collect();
    if own.is_empty() {
        return if directory.is_complete(Dataset::IntuneRoles) { Reads::NoRole } else { Reads::Unknown };
    }
    let Some(action) = read_action(workload) else { return Reads::Unknown };
    let actions = |assignment: &IntuneRoleAssignment| {
        directory.snapshot.intune_roles.get(assignment.role.as_ref()?).map(|role| &role.allowed_actions)
    };
    let allows = |action: &str, allowed: &std::collections::BTreeSet<String>| allowed.iter().any(|one| one.eq_ignore_ascii_case(action));
    if own.iter().filter_map(|assignment| actions(assignment)).any(|allowed| allows(action, allowed)) {
        return Reads::Yes;
    }
    // Of a role without any action nothing was shown. And an action that no role of the tenant has may be called otherwise by now.
    let each_read = own.iter().all(|assignment| actions(assignment).is_some_and(|allowed| !allowed.is_empty()));
    let all_read = directory.is_complete(Dataset::IntuneRoles) && assignments.values().all(|one| one.members.is_some());
    let name_holds = directory.snapshot.intune_roles.values().any(|role| allows(action, &role.allowed_actions));
    if each_read && all_read && name_holds { Reads::No } else { Reads::Unknown }
}

/// Whether a group is a plain security group, the only kind whose members are resolved as approvers; None where the service
/// did not say.
pub(super) fn is_plain(group: &Group) -> Option<bool> {
    let unified = group.group_types.iter().any(|kind| kind.eq_ignore_ascii_case("Unified"));
    if unified || group.security_enabled == Some(false) || group.mail_enabled == Some(true) {
        return Some(false);
    }
    (group.security_enabled == Some(true) && group.mail_enabled == Some(false)).then_some(true)
}
