//! Intune roles and the singleton `deviceManagement` as JSON. Three answers are needed to learn who holds which role: the list
//! of assignments does not say the role, and the assignments of a role do not say the members (facts/graph.md section 4).

use super::data::Tenant;
use super::data::access::{INTUNE_ROLES, IntuneRole, IntuneRoleKind};
use super::guid::Guid;
use super::odata::{Row, Select};
use serde_json::{Value, json};

pub(crate) const ROLE: &[&str] =
    &["id", "displayName", "description", "isBuiltIn", "isBuiltInRoleDefinition", "roleScopeTagIds", "permissions", "rolePermissions"];
pub(crate) const ASSIGNMENT: &[&str] =
    &["id", "displayName", "description", "scopeMembers", "scopeType", "resourceScopes", "members", "roleScopeTagIds"];
/// The singleton `deviceManagement` in beta. v1.0 does not have the last, whose name is misspelt on the wire.
pub(crate) const DEVICE_MANAGEMENT: &[&str] = &["id", "intuneAccountId", "subscriptionState", "unlicensedAdminstratorsEnabled"];

/// In v1.0.
pub(crate) const DEVICE_MANAGEMENT_V1: &[&str] = &["id", "intuneAccountId", "subscriptionState"];

/// The role definition with this id.
pub(crate) fn find(tenant: &Tenant, id: Guid) -> Option<&'static IntuneRoleKind> {
    INTUNE_ROLES.iter().find(|role| role.id(tenant) == id)
}

/// The same permissions stand under two names, as captured.
pub(crate) fn role(tenant: &Tenant, row: &IntuneRoleKind, select: &Select) -> Value {
    let permissions = || {
        json!([{"actions": row.actions,
            "resourceActions": [{"allowedResourceActions": row.actions, "notAllowedResourceActions": []}]}])
    };
    Row::new(select)
        .put("@odata.type", "#microsoft.graph.deviceAndAppManagementRoleDefinition")
        .put("id", row.id(tenant).to_string())
        .put("displayName", row.name)
        .put("description", "")
        .put("isBuiltInRoleDefinition", row.id.is_some())
        .put("isBuiltIn", row.id.is_some())
        .put_with("roleScopeTagIds", || json!([]))
        .put_with("permissions", permissions)
        .put_with("rolePermissions", permissions)
        .done()
}

/// A row of the list of assignments: members, and nothing that says which role.
pub(crate) fn assignment(row: &IntuneRole, select: &Select) -> Value {
    let members: Vec<String> = row.members.iter().map(ToString::to_string).collect();
    Row::new(select)
        .put("id", row.id.to_string())
        .put("displayName", row.name)
        .put("description", Value::Null)
        .put_with("scopeMembers", || json!([]))
        .put("scopeType", if row.all_devices { "allDevicesAndLicensedUsers" } else { "resourceScope" })
        .put_with("resourceScopes", || json!([]))
        .put("members", members)
        .put_with("roleScopeTagIds", || json!([]))
        .done()
}

/// An assignment below its role: the role is known from the address, and the members are gone.
pub(crate) fn assignment_of_role(row: &IntuneRole, select: &Select) -> Value {
    Row::new(select)
        .put("@odata.type", "#microsoft.graph.deviceAndAppManagementRoleAssignment")
        .put("id", row.id.to_string())
        .put("displayName", row.name)
        .put("description", Value::Null)
        .put_with("resourceScopes", || json!([]))
        .put_with("members", || json!([]))
        .done()
}

/// What `$expand=roleDefinition` makes of an assignment. Which fields are dropped was not captured; members is a guess.
pub(crate) fn assignment_expanded(row: &IntuneRole) -> Value {
    json!({"id": row.id.to_string(), "displayName": row.name, "description": null, "resourceScopes": [], "roleDefinition": null})
}

pub(crate) fn role_id(tenant: &Tenant, row: &IntuneRole) -> Guid {
    INTUNE_ROLES.get(row.role).map_or(Guid(0), |role| role.id(tenant))
}

/// The singleton. Unlicensed administrators are allowed here, which nothing can undo.
pub(crate) fn device_management(tenant: &Tenant, beta: bool, select: &Select) -> Value {
    let row = Row::new(select)
        .put("id", tenant.guid("device-management", "").to_string())
        .put("intuneAccountId", tenant.guid("intune-account", "").to_string())
        .put("subscriptionState", "active");
    if beta { row.put("unlicensedAdminstratorsEnabled", false).done() } else { row.done() }
}
