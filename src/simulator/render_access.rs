//! Rights beside app roles, and the policies on applications, as JSON: Entra roles, delegated grants, Conditional Access, app management policies, risk, licences (facts/graph.md sections 6 and 7, and captured payloads).

use super::data::access::{DIRECTORY_ROLES, Delegated, DirectoryRole, DirectoryRoleKind};
use super::data::posture::{AppPolicy, RISKY, WorkloadPolicy};
use super::data::{GRAPH_APP, Member, Tenant};
use super::guid::Guid;
use super::odata::{Row, Select};
use super::render::{principal_type, time};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) const DIRECTORY_ASSIGNMENT: &[&str] = &["id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId"];
pub(crate) const DIRECTORY_ROLE: &[&str] =
    &["id", "description", "displayName", "isBuiltIn", "isEnabled", "resourceScopes", "rolePermissions", "templateId", "version"];
pub(crate) const DELEGATED: &[&str] = &["id", "clientId", "consentType", "principalId", "resourceId", "scope"];
pub(crate) const CONDITIONAL_ACCESS: &[&str] = &[
    "id",
    "templateId",
    "displayName",
    "createdDateTime",
    "modifiedDateTime",
    "deletedDateTime",
    "state",
    "conditions",
    "grantControls",
    "sessionControls",
];
pub(crate) const DEFAULT_APP_POLICY: &[&str] =
    &["id", "displayName", "description", "isEnabled", "applicationRestrictions", "servicePrincipalRestrictions"];
pub(crate) const APP_POLICY: &[&str] = &["id", "displayName", "description", "isEnabled", "restrictions"];
pub(crate) const RISKY_PRINCIPAL: &[&str] = &[
    "id",
    "appId",
    "displayName",
    "servicePrincipalType",
    "isEnabled",
    "isProcessing",
    "riskLastUpdatedDateTime",
    "riskLevel",
    "riskState",
    "riskDetail",
];
pub(crate) const SKU: &[&str] = &[
    "id",
    "accountId",
    "accountName",
    "appliesTo",
    "capabilityStatus",
    "consumedUnits",
    "prepaidUnits",
    "servicePlans",
    "skuId",
    "skuPartNumber",
    "subscriptionIds",
];
fn joined(ids: &[Guid]) -> String {
    URL_SAFE_NO_PAD.encode(ids.iter().flat_map(|id| id.bytes()).collect::<Vec<u8>>())
}

/// Object id of the holder of an Entra role.
pub(crate) fn holder_id(tenant: &Tenant, holder: Member) -> Guid {
    match holder {
        Member::User(at) => tenant.users.get(at).map_or(Guid(0), |user| user.id),
        Member::Group(at) => tenant.groups.get(at).map_or(Guid(0), |group| group.id),
        Member::ServicePrincipal(id) => id,
    }
}

pub(crate) fn directory_role_id(row: &DirectoryRole) -> Guid {
    DIRECTORY_ROLES.get(row.role).map_or(Guid(0), |role| role.id)
}

pub(crate) fn directory_assignment(tenant: &Tenant, row: &DirectoryRole, select: &Select) -> Value {
    let (role, principal) = (directory_role_id(row), holder_id(tenant, row.holder));
    Row::new(select)
        .put("id", joined(&[role, principal]))
        .put("principalId", principal.to_string())
        .put("roleDefinitionId", role.to_string())
        .put("directoryScopeId", "/")
        .put_extra("appScopeId", Value::Null)
        .done()
}

pub(crate) fn directory_role(row: &DirectoryRoleKind, select: &Select) -> Value {
    Row::new(select)
        .put("id", row.id.to_string())
        .put("description", format!("What a holder of {} may do.", row.name))
        .put("displayName", row.name)
        .put("isBuiltIn", true)
        .put("isEnabled", true)
        .put("resourceScopes", json!(["/"]))
        .put_with("rolePermissions", || json!([{"allowedResourceActions": ["microsoft.intune/allEntities/allTasks"], "condition": null}]))
        .put("templateId", row.id.to_string())
        .put("version", "1")
        .done()
}

pub(crate) fn delegated(tenant: &Tenant, row: &Delegated, select: &Select) -> Value {
    let graph = tenant.principal_of_app(GRAPH_APP).map_or(Guid(0), |graph| graph.id);
    let person = row.person.and_then(|at| tenant.users.get(at)).map(|user| user.id);
    let ids: Vec<Guid> = [row.client, graph].into_iter().chain(person).collect();
    Row::new(select)
        .put("clientId", row.client.to_string())
        .put("consentType", if person.is_some() { "Principal" } else { "AllPrincipals" })
        .put("id", joined(&ids))
        .put("principalId", person.map(|id| id.to_string()))
        .put("resourceId", graph.to_string())
        .put("scope", row.scope)
        .done()
}

/// Conditional Access policies: one for people, whose `clientApplications` is null, and those for workload identities.
pub(crate) fn conditional_access(tenant: &Tenant, select: &Select) -> Vec<Value> {
    let mut for_people = conditions();
    for_people["clientAppTypes"] = json!(["exchangeActiveSync", "other"]);
    for_people["users"] = json!({"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [], "includeRoles": [],
        "excludeRoles": [], "includeGuestsOrExternalUsers": null, "excludeGuestsOrExternalUsers": null});
    let people = access_policy(tenant, "No legacy sign-in", "enabled", for_people, select);
    let workloads = tenant
        .conditional_access
        .iter()
        .map(|policy| access_policy(tenant, policy.name, policy.state, workload_conditions(tenant, policy), select));
    [people].into_iter().chain(workloads).collect()
}

fn conditions() -> Value {
    let applications = json!({"applicationFilter": null, "includeApplications": ["All"], "excludeApplications": [],
        "includeAuthenticationContextClassReferences": [], "includeUserActions": []});
    json!({"applications": applications, "authenticationFlows": null, "clientAppTypes": ["all"], "clientApplications": null, "devices": null,
        "insiderRiskLevels": null, "locations": null, "platforms": null, "servicePrincipalRiskLevels": [], "signInRiskLevels": [],
        "userRiskLevels": [], "users": null})
}

fn workload_conditions(tenant: &Tenant, policy: &WorkloadPolicy) -> Value {
    let ids = |names: &[&str]| tenant.principals_named(names).iter().map(ToString::to_string).collect::<Vec<_>>();
    let included = if policy.included.is_empty() { vec!["ServicePrincipalsInMyTenant".to_owned()] } else { ids(policy.included) };
    let filter = policy.rule.map(|rule| json!({"mode": "include", "rule": rule}));
    let mut conditions = conditions();
    conditions["clientApplications"] = json!({"includeServicePrincipals": included,
        "excludeServicePrincipals": ids(policy.excluded), "servicePrincipalFilter": filter});
    if policy.risk_levels.is_empty() {
        conditions["locations"] = json!({"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]});
    }
    conditions["servicePrincipalRiskLevels"] = json!(policy.risk_levels);
    conditions
}

fn access_policy(tenant: &Tenant, name: &str, state: &str, conditions: Value, select: &Select) -> Value {
    Row::new(select)
        .put("id", tenant.guid("conditional-access", name).to_string())
        .put("templateId", Value::Null)
        .put("displayName", name)
        .put("createdDateTime", time(tenant.days_ago(400)))
        .put("modifiedDateTime", Value::Null)
        .put("deletedDateTime", Value::Null)
        .put("state", state)
        .put("conditions", conditions)
        .put(
            "grantControls",
            json!({"operator": "OR", "builtInControls": ["block"], "customAuthenticationFactors": [], "termsOfUse": [],
                "authenticationStrength": null}),
        )
        .put("sessionControls", Value::Null)
        .done()
}

/// The tenant's app management policy. It forbids new secrets on applications that were made in the last 700 days and
/// limits the life of certificates; a restriction on other organisations' applications is switched off.
pub(crate) fn default_app_policy(tenant: &Tenant, select: &Select) -> Value {
    let since = time(tenant.days_ago(700));
    let passwords = json!([
        restriction("passwordAddition", "enabled", None, &since),
        restriction("passwordLifetime", "enabled", Some("P180D"), &since),
        restriction("symmetricKeyAddition", "disabled", None, &since)
    ]);
    // Older payloads do not say the state.
    let certificates = json!([{"restrictionType": "asymmetricKeyLifetime", "maxLifetime": "P365D",
        "restrictForAppsCreatedAfterDateTime": since}]);
    let foreign = json!([restriction("passwordAddition", "disabled", None, &since)]);
    Row::new(select)
        .put("id", Guid(0).to_string())
        .put("displayName", "Default app management tenant policy")
        .put("description", "Default tenant policy that enforces app management restrictions on applications and service principals.")
        .put("isEnabled", true)
        .put("applicationRestrictions", json!({"passwordCredentials": passwords, "keyCredentials": certificates}))
        .put("servicePrincipalRestrictions", json!({"passwordCredentials": foreign, "keyCredentials": []}))
        .done()
}

fn restriction(kind: &str, state: &str, lifetime: Option<&str>, since: &str) -> Value {
    json!({"restrictionType": kind, "state": state, "maxLifetime": lifetime, "restrictForAppsCreatedAfterDateTime": since, "excludeActors": null})
}

pub(crate) fn app_policy_id(tenant: &Tenant, row: &AppPolicy) -> Guid {
    tenant.guid("app-management", row.name)
}

pub(crate) fn app_policy(tenant: &Tenant, row: &AppPolicy, select: &Select) -> Value {
    let state = if row.restricts { "enabled" } else { "disabled" };
    let since = time(tenant.days_ago(1_000));
    let passwords = json!([
        restriction("passwordAddition", "disabled", None, &since),
        restriction("passwordLifetime", state, row.restricts.then_some("P30D"), &since)
    ]);
    Row::new(select)
        .put("id", app_policy_id(tenant, row).to_string())
        .put("displayName", row.name)
        .put("description", "")
        .put("isEnabled", row.enabled)
        .put("restrictions", json!({"passwordCredentials": passwords, "keyCredentials": []}))
        .done()
}

/// A row of [`RISKY`] with the service principal it is about.
pub(crate) struct Risky {
    pub(crate) id: Guid,
    pub(crate) row: &'static (&'static str, &'static str, &'static str, &'static str, i64),
}

pub(crate) fn risky_rows(tenant: &Tenant) -> Vec<Risky> {
    RISKY.iter().filter_map(|row| Some(Risky { id: tenant.planted(row.0)?.principal_id, row })).collect()
}

pub(crate) fn risky(tenant: &Tenant, row: &Risky, select: &Select) -> Value {
    let &(name, state, level, detail, days) = row.row;
    let principal = tenant.principal(row.id);
    Row::new(select)
        .put("id", row.id.to_string())
        .put("appId", principal.map(|principal| principal.app_id.to_string()))
        .put("displayName", name)
        .put("servicePrincipalType", principal.map(|principal| principal_type(&principal.kind)))
        .put("isEnabled", principal.map(|principal| principal.enabled))
        .put("isProcessing", false)
        .put("riskLastUpdatedDateTime", time(tenant.days_ago(days)))
        .put("riskLevel", level)
        .put("riskState", state)
        .put("riskDetail", detail)
        .done()
}

/// Licences: one with Intune and Entra ID P1 and P2, and one that has run out. Ids as Microsoft publishes them.
pub(crate) fn skus(tenant: &Tenant, select: &Select) -> Vec<Value> {
    let plan =
        |id: &str, name: &str| json!({"servicePlanId": id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"});
    let plans = json!([
        plan("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A"),
        plan("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"),
        plan("eec0eb4f-6444-4f95-aba0-50c24d67f998", "AAD_PREMIUM_P2"),
    ]);
    let free = json!([plan("113feb6c-3fe4-4440-bddc-54d774bf0318", "EXCHANGE_S_FOUNDATION")]);
    let sku = |id: &str, name: &str, status: &str, used: u32, plans: Value| {
        let warning = if status == "Enabled" { 0 } else { 25 };
        Row::new(select)
            .put("id", format!("{}_{id}", tenant.id))
            .put("accountId", tenant.id.to_string())
            .put("accountName", "lindenhoflogistik")
            .put("appliesTo", "User")
            .put("capabilityStatus", status)
            .put("consumedUnits", used)
            .put("prepaidUnits", json!({"enabled": 25 - warning, "suspended": 0, "warning": warning, "lockedOut": 0}))
            .put("servicePlans", plans)
            .put("skuId", id)
            .put("skuPartNumber", name)
            .put("subscriptionIds", json!([tenant.guid("subscription", name).to_string()]))
            .done()
    };
    vec![
        sku("06ebc4ee-1bb5-47dd-8120-11324bc54e06", "SPE_E5", "Enabled", 21, plans),
        sku("f30db892-07e9-47e9-837c-80727f46fd3d", "FLOW_FREE", "Warning", 3, free),
    ]
}
