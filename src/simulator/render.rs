//! Directory objects as JSON, with Graph's own property names (facts/graph.md section 1, and captured payloads).

use super::data::{
    Application, DOMAIN, GRAPH_APP, Grant, Group, HINT, Holder, Key, Member, Principal, PrincipalKind, SignIn, TENANT_NAME, Tenant, User,
};
use super::guid::Guid;
use super::odata::{Row, Select};
use super::roles::ROLES;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

pub(crate) const PRINCIPAL: &[&str] = &[
    "id",
    "deletedDateTime",
    "accountEnabled",
    "alternativeNames",
    "appDisplayName",
    "appId",
    "appOwnerOrganizationId",
    "appRoleAssignmentRequired",
    "appRoles",
    "createdByAppId",
    "createdDateTime",
    "description",
    "disabledByMicrosoftStatus",
    "displayName",
    "isDisabled",
    "keyCredentials",
    "notes",
    "passwordCredentials",
    "replyUrls",
    "servicePrincipalNames",
    "servicePrincipalType",
    "signInAudience",
    "tags",
    "verifiedPublisher",
];

pub(crate) const APPLICATION: &[&str] = &[
    "id",
    "deletedDateTime",
    "appId",
    "createdByAppId",
    "createdDateTime",
    "description",
    "disabledByMicrosoftStatus",
    "displayName",
    "identifierUris",
    "isDisabled",
    "keyCredentials",
    "notes",
    "passwordCredentials",
    "publisherDomain",
    "servicePrincipalLockConfiguration",
    "signInAudience",
    "tags",
    "verifiedPublisher",
];

pub(crate) const GRANT: &[&str] = &[
    "id",
    "deletedDateTime",
    "appRoleId",
    "createdDateTime",
    "principalDisplayName",
    "principalId",
    "principalType",
    "resourceDisplayName",
    "resourceId",
];

pub(crate) const FEDERATED: &[&str] = &["id", "name", "issuer", "subject", "claimsMatchingExpression", "description", "audiences"];
pub(crate) const GROUP: &[&str] = &[
    "id",
    "deletedDateTime",
    "createdDateTime",
    "description",
    "displayName",
    "groupTypes",
    "mailEnabled",
    "mailNickname",
    "securityEnabled",
];
pub(crate) const MEMBER: &[&str] = &["id", "displayName", "userPrincipalName", "accountEnabled"];
pub(crate) const ORGANIZATION: &[&str] = &["id", "displayName", "createdDateTime", "tenantType", "verifiedDomains", "countryLetterCode"];
pub(crate) const SIGN_IN: &[&str] = &[
    "id",
    "appId",
    "lastSignInActivity",
    "delegatedClientSignInActivity",
    "delegatedResourceSignInActivity",
    "applicationAuthenticationClientSignInActivity",
    "applicationAuthenticationResourceSignInActivity",
];
pub(crate) const CONDITIONAL_ACCESS: &[&str] =
    &["id", "displayName", "createdDateTime", "modifiedDateTime", "state", "conditions", "grantControls", "sessionControls"];

/// RFC 3339 in UTC, whole seconds.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn text(id: Guid) -> Value {
    Value::from(id.to_string())
}

pub(crate) fn principal(row: &Principal, select: &Select) -> Value {
    let audience = if row.multi_tenant { "AzureADMultipleOrgs" } else { "AzureADMyOrg" };
    let managed = matches!(row.kind, PrincipalKind::ManagedIdentity(_));
    let object = Row::new(select)
        .put("id", row.id.to_string())
        .put("deletedDateTime", Value::Null)
        .put("accountEnabled", row.enabled)
        .put_with("alternativeNames", || alternative_names(&row.kind))
        .put_with("appDisplayName", || Value::from(&*row.name))
        .put("appId", row.app_id.to_string())
        .put("appOwnerOrganizationId", row.owner.map(|owner| owner.to_string()))
        .put("appRoleAssignmentRequired", false)
        .put_with("appRoles", || app_roles(row.app_id))
        .put("createdByAppId", Value::Null)
        .put_with("createdDateTime", || Value::from(time(row.created)))
        .put("description", Value::Null)
        .put("disabledByMicrosoftStatus", Value::Null)
        .put_with("displayName", || Value::from(&*row.name))
        .put("isDisabled", is_disabled(row.is_disabled, row.id))
        .put_with("keyCredentials", || key_credentials(&row.keys))
        .put("notes", Value::Null)
        .put_with("passwordCredentials", || password_credentials(&row.keys))
        .put_with("replyUrls", || json!([]))
        .put_with("servicePrincipalNames", || json!([row.app_id.to_string()]))
        .put("servicePrincipalType", principal_type(&row.kind))
        .put("signInAudience", (!managed).then_some(audience))
        .put_with("tags", || json!([]))
        .put_with("verifiedPublisher", || verified_publisher(row.publisher));
    match row.kind {
        PrincipalKind::ServiceIdentity => object.put("@odata.type", "#microsoft.graph.agentIdentity").done(),
        _ => object.done(),
    }
}

/// `isDisabled` of an object that is not disabled is null on some and false on others.
fn is_disabled(disabled: bool, id: Guid) -> Option<bool> {
    (disabled || id.is_odd()).then_some(disabled)
}

fn principal_type(kind: &PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Application => "Application",
        PrincipalKind::ManagedIdentity(_) => "ManagedIdentity",
        PrincipalKind::ServiceIdentity => "ServiceIdentity",
    }
}

fn alternative_names(kind: &PrincipalKind) -> Value {
    match kind {
        PrincipalKind::ManagedIdentity(resource) => json!(["isExplicit=False", resource]),
        _ => json!([]),
    }
}

fn verified_publisher(name: Option<&str>) -> Value {
    let id = name.map(|_| "6048213");
    json!({"displayName": name, "verifiedPublisherId": id, "addedDateTime": name.map(|_| "2024-05-06T09:10:11Z")})
}

fn app_roles(app_id: Guid) -> Value {
    if app_id != GRAPH_APP {
        return json!([]);
    }
    let role = |id: Guid, value: &str| {
        let about = format!("Allows the app what {value} stands for, without a signed-in user.");
        json!({"allowedMemberTypes": ["Application"], "description": about, "displayName": value, "id": id.to_string(),
            "isEnabled": true, "origin": "Application", "value": value})
    };
    ROLES.iter().map(|entry| role(entry.id, entry.value)).collect()
}

fn password_credentials(keys: &[Key]) -> Value {
    let secret = |key: &Key| {
        json!({"customKeyIdentifier": null, "displayName": "issued by workplace team", "endDateTime": time(key.end), "hint": HINT,
            "keyId": key.id.to_string(), "secretText": null, "startDateTime": time(key.start)})
    };
    keys.iter().filter(|key| !key.certificate).map(secret).collect()
}

/// A certificate that an administrator uploads stands under Verify; other ways of adding one list it under Sign as well,
/// with a key id of its own and the same thumbprint.
fn key_credentials(keys: &[Key]) -> Value {
    let certificates = keys.iter().filter(|key| key.certificate);
    certificates
        .flat_map(|key| {
            let sign = key.twice.then(|| certificate(key, "Sign", Guid(key.id.0 ^ 1)));
            sign.into_iter().chain([certificate(key, "Verify", key.id)])
        })
        .collect()
}

fn certificate(key: &Key, usage: &str, id: Guid) -> Value {
    json!({"customKeyIdentifier": thumbprint(key), "displayName": "CN=workplace-automation", "endDateTime": time(key.end), "key": null,
        "keyId": id.to_string(), "startDateTime": time(key.start), "type": "AsymmetricX509Cert", "usage": usage})
}

/// Twenty bytes; in Base64, or as the hexadecimal text that some tools store.
fn thumbprint(key: &Key) -> String {
    let bytes = [&key.id.bytes()[..], b"cert"].concat();
    if key.id.is_odd() { STANDARD.encode(bytes) } else { bytes.iter().map(|byte| format!("{byte:02X}")).collect() }
}

pub(crate) fn application(row: &Application, select: &Select) -> Value {
    Row::new(select)
        .put("id", row.id.to_string())
        .put("deletedDateTime", Value::Null)
        .put("appId", row.app_id.to_string())
        .put("createdByAppId", Value::Null)
        .put_with("createdDateTime", || Value::from(time(row.created)))
        .put("description", Value::Null)
        .put("disabledByMicrosoftStatus", Value::Null)
        .put_with("displayName", || Value::from(&*row.name))
        .put_with("identifierUris", || json!([]))
        .put("isDisabled", is_disabled(row.is_disabled, row.id))
        .put_with("keyCredentials", || key_credentials(&row.keys))
        .put("notes", Value::Null)
        .put_with("passwordCredentials", || password_credentials(&row.keys))
        .put("publisherDomain", DOMAIN)
        .put_with("servicePrincipalLockConfiguration", || lock(row.id))
        .put("signInAudience", "AzureADMyOrg")
        .put_with("tags", || json!([]))
        .put_with("verifiedPublisher", || verified_publisher(None))
        .done()
}

fn lock(id: Guid) -> Value {
    let on = id.is_odd();
    json!({"isEnabled": on, "allProperties": on, "credentialsWithUsageVerify": on, "credentialsWithUsageSign": on, "tokenEncryptionKeyId": on})
}

pub(crate) fn federated(tenant: &Tenant, row: &Application, subject: &str, select: &Select) -> Value {
    Row::new(select)
        .put("id", tenant.guid("federated", &format!("{}{subject}", row.app_id)).to_string())
        .put("name", "github-actions")
        .put("issuer", "https://token.actions.githubusercontent.com")
        .put("subject", subject)
        .put("claimsMatchingExpression", Value::Null)
        .put("description", Value::Null)
        .put_with("audiences", || json!(["api://AzureADTokenExchange"]))
        .done()
}

pub(crate) fn grant(tenant: &Tenant, resource: &Principal, row: &Grant, select: &Select) -> Value {
    let (id, kind, name) = holder(tenant, row.holder);
    Row::new(select)
        .put_with("id", || {
            let own = Guid::of(tenant.seed, "grant", &format!("{id} {}", row.role));
            Value::from(URL_SAFE_NO_PAD.encode([id.bytes(), own.bytes()].concat()))
        })
        .put("deletedDateTime", Value::Null)
        .put("appRoleId", row.role.to_string())
        .put_with("createdDateTime", || Value::from(time(row.created)))
        .put("principalDisplayName", name)
        .put("principalId", id.to_string())
        .put("principalType", kind)
        .put_with("resourceDisplayName", || Value::from(&*resource.name))
        .put("resourceId", resource.id.to_string())
        .done()
}

fn holder(tenant: &Tenant, holder: Holder) -> (Guid, &'static str, &str) {
    let nobody = (Guid(0), "User", "");
    match holder {
        Holder::ServicePrincipal(id) => (id, "ServicePrincipal", tenant.principal(id).map_or("", |principal| &principal.name)),
        Holder::User(at) => tenant.users.get(at).map_or(nobody, |user| (user.id, "User", user.name)),
        Holder::Group(at) => tenant.groups.get(at).map_or(nobody, |group| (group.id, "Group", group.name)),
    }
}

pub(crate) fn group(tenant: &Tenant, row: &Group, select: &Select) -> Value {
    let types = if row.unified { json!(["Unified"]) } else { json!([]) };
    Row::new(select)
        .put("id", row.id.to_string())
        .put("deletedDateTime", Value::Null)
        .put("createdDateTime", time(tenant.days_ago(600)))
        .put("description", Value::Null)
        .put("displayName", row.name)
        .put("groupTypes", types)
        .put("mailEnabled", row.unified)
        .put("mailNickname", row.name.to_lowercase().replace(' ', "-"))
        .put("securityEnabled", !row.unified)
        .done()
}

/// A member of a group. Without a permission on users, only id and type come back (facts/graph.md section 0).
pub(crate) fn member(tenant: &Tenant, row: Member, users_readable: bool, select: &Select) -> Value {
    let (kind, id, name) = match row {
        Member::User(at) => return tenant.users.get(at).map_or(Value::Null, |row| user(row, users_readable, select)),
        Member::Group(at) => tenant.groups.get(at).map_or(("group", Guid(0), ""), |group| ("group", group.id, group.name)),
        Member::ServicePrincipal(id) => ("servicePrincipal", id, tenant.principal(id).map_or("", |principal| &principal.name)),
    };
    typed(kind, id, select).put("displayName", name).done()
}

pub(crate) fn user(row: &User, readable: bool, select: &Select) -> Value {
    let address = row.name.to_lowercase().replace(' ', ".");
    let told = |value: Value| if readable { value } else { Value::Null };
    typed("user", row.id, select)
        .put("displayName", told(row.name.into()))
        .put("userPrincipalName", told(format!("{address}@{DOMAIN}").into()))
        .put("accountEnabled", told(row.enabled.into()))
        .done()
}

fn typed<'a>(kind: &str, id: Guid, select: &'a Select) -> Row<'a> {
    Row::new(select).put("@odata.type", format!("#microsoft.graph.{kind}")).put("id", id.to_string())
}

pub(crate) fn organization(tenant: &Tenant, select: &Select) -> Value {
    Row::new(select)
        .put("id", tenant.id.to_string())
        .put("displayName", TENANT_NAME)
        .put("createdDateTime", time(tenant.days_ago(2_400)))
        .put("tenantType", "AAD")
        .put("countryLetterCode", "DE")
        .put(
            "verifiedDomains",
            json!([{"capabilities": "Email", "isDefault": true, "isInitial": false, "name": DOMAIN, "type": "Managed"}]),
        )
        .done()
}

/// A row of the activity report. Some request ids are the word `Aggregated`, and some flows are null altogether, as on the wire.
pub(crate) fn sign_in(row: &SignIn, select: &Select) -> Value {
    let flow = |time: Option<DateTime<Utc>>| {
        let id = if row.app_id.0.is_multiple_of(5) { "Aggregated".to_owned() } else { Guid(row.app_id.0 ^ 0xfeed).to_string() };
        json!({"lastSignInDateTime": time.map(|time| sign_in_time(time, row.odd_time)), "lastSignInRequestId": time.map(|_| id)})
    };
    let absent = if row.app_id.0.is_multiple_of(3) { Value::Null } else { flow(None) };
    let own = |time: Option<DateTime<Utc>>| if time.is_none() && row.app_id.0.is_multiple_of(4) { Value::Null } else { flow(time) };
    Row::new(select)
        .put("id", URL_SAFE_NO_PAD.encode(row.app_id.to_string()))
        .put("appId", text(row.app_id))
        .put("lastSignInActivity", flow(row.app_only.max(row.delegated)))
        .put("delegatedClientSignInActivity", own(row.delegated))
        .put("delegatedResourceSignInActivity", absent.clone())
        .put("applicationAuthenticationClientSignInActivity", own(row.app_only))
        .put("applicationAuthenticationResourceSignInActivity", absent)
        .done()
}

/// Microsoft's documentation shows the offset `-8:00`, which RFC 3339 does not allow.
fn sign_in_time(time: DateTime<Utc>, odd: bool) -> String {
    match FixedOffset::west_opt(8 * 3_600) {
        Some(pacific) if odd => time.with_timezone(&pacific).format("%Y-%m-%dT%H:%M:%S-8:00").to_string(),
        _ => (time + TimeDelta::milliseconds(212)).to_rfc3339_opts(SecondsFormat::Millis, true),
    }
}

/// Conditional Access policies: one for people, one for workload identities.
pub(crate) fn conditional_access(tenant: &Tenant, select: &Select) -> Vec<Value> {
    let applications = json!({"includeApplications": ["All"], "excludeApplications": []});
    let for_people = json!({"applications": applications, "clientAppTypes": ["exchangeActiveSync", "other"], "clientApplications": null,
        "users": {"includeUsers": ["All"], "excludeUsers": []}, "servicePrincipalRiskLevels": []});
    let clients = json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"], "excludeServicePrincipals": []});
    let for_workloads = json!({"applications": applications, "clientApplications": clients, "servicePrincipalRiskLevels": [],
        "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}});
    let policy = |name: &str, state: &str, conditions: Value| {
        Row::new(select)
            .put("id", tenant.guid("conditional-access", name).to_string())
            .put("displayName", name)
            .put("createdDateTime", time(tenant.days_ago(400)))
            .put("modifiedDateTime", Value::Null)
            .put("state", state)
            .put("conditions", conditions)
            .put("grantControls", json!({"operator": "OR", "builtInControls": ["block"]}))
            .put("sessionControls", Value::Null)
            .done()
    };
    vec![
        policy("No legacy sign-in", "enabled", for_people),
        policy("Automations from our network only", "enabledForReportingButNotEnforced", for_workloads),
    ]
}
