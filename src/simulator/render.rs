//! Directory objects as JSON, with Graph's own property names (facts/graph.md section 1, and captured payloads).

use super::data::posture::{Federated, Lock, Redirects};
use super::data::{
    Application, DOMAIN, GRAPH_APP, Grant, Group, HINT, Holder, INTUNE_API_APP, Key, Member, Principal, PrincipalKind, SignIn, TENANT_NAME,
    Tenant, User,
};
use super::guid::Guid;
use super::odata::{Row, Select};
use super::roles::{INTUNE_API_ROLES, ROLES};
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
    "publicClient",
    "publisherDomain",
    "servicePrincipalLockConfiguration",
    "signInAudience",
    "spa",
    "tags",
    "verifiedPublisher",
    "web",
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
/// Properties of people, groups and service principals as members, owners and users. The last three come on request only.
pub(crate) const MEMBER: &[&str] = &[
    "id",
    "deletedDateTime",
    "displayName",
    "userPrincipalName",
    "mail",
    "givenName",
    "surname",
    "jobTitle",
    "businessPhones",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "appId",
    "servicePrincipalType",
    "accountEnabled",
    "userType",
    "onPremisesSyncEnabled",
    "assignedPlans",
];
/// Those of [`MEMBER`] that the permission on basic profiles covers.
const BASIC: &[&str] = &["id", "deletedDateTime", "displayName", "userPrincipalName", "mail", "givenName", "surname"];
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

pub(crate) fn principal_type(kind: &PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Application => "Application",
        PrincipalKind::ManagedIdentity(_) => "ManagedIdentity",
        PrincipalKind::ServiceIdentity => "ServiceIdentity",
    }
}

fn alternative_names(kind: &PrincipalKind) -> Value {
    match kind {
        PrincipalKind::ManagedIdentity(resource) => {
            let explicit = if resource.contains("/userAssignedIdentities/") { "isExplicit=True" } else { "isExplicit=False" };
            json!([explicit, resource])
        }
        _ => json!([]),
    }
}

fn verified_publisher(name: Option<&str>) -> Value {
    let id = name.map(|_| "6048213");
    json!({"displayName": name, "verifiedPublisherId": id, "addedDateTime": name.map(|_| "2024-05-06T09:10:11Z")})
}

fn app_roles(app_id: Guid) -> Value {
    let role = |id: Guid, value: &str| {
        let about = format!("Allows the app what {value} stands for, without a signed-in user.");
        json!({"allowedMemberTypes": ["Application"], "description": about, "displayName": value, "id": id.to_string(),
            "isEnabled": true, "origin": "Application", "value": value})
    };
    match app_id {
        GRAPH_APP => ROLES.iter().map(|entry| role(entry.id, entry.value)).collect(),
        INTUNE_API_APP => INTUNE_API_ROLES.iter().map(|entry| role(entry.id(), entry.value)).collect(),
        _ => json!([]),
    }
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
pub(crate) fn thumbprint(key: &Key) -> String {
    let bytes = [&key.id.bytes()[..], b"cert"].concat();
    if key.id.is_odd() { STANDARD.encode(bytes) } else { bytes.iter().map(|byte| format!("{byte:02X}")).collect() }
}

pub(crate) fn application(row: &Application, beta: bool, select: &Select) -> Value {
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
        .put_with("publicClient", || json!({"redirectUris": row.redirects.public}))
        .put("publisherDomain", DOMAIN)
        .put_with("servicePrincipalLockConfiguration", || lock(row.lock, beta))
        .put("signInAudience", "AzureADMyOrg")
        .put_with("spa", || json!({"redirectUris": row.redirects.spa}))
        .put_with("tags", || json!([]))
        .put_with("verifiedPublisher", || verified_publisher(None))
        .put_with("web", || web(&row.redirects))
        .done()
}

/// `webApplication` of the schema of Graph v1.0.
fn web(redirects: &Redirects) -> Value {
    let (identity, access) = redirects.implicit;
    let settings: Vec<Value> = redirects.web.iter().map(|address| json!({"uri": address, "index": null})).collect();
    json!({"homePageUrl": null, "logoutUrl": null, "redirectUris": redirects.web, "redirectUriSettings": settings,
        "implicitGrantSettings": {"enableIdTokenIssuance": identity, "enableAccessTokenIssuance": access}})
}

/// Beta also says where the lock is enforced (facts/graph.md section 1).
fn lock(lock: Lock, beta: bool) -> Value {
    let (on, all, scope) = match lock {
        Lock::NotConfigured => return Value::Null,
        Lock::On => (true, true, "everywhere"),
        Lock::VerifyOnly => (true, false, "foreignTenantOnly"),
        Lock::Off => (false, false, "notConfigured"),
    };
    let mut lock = json!({"isEnabled": on, "allProperties": all, "credentialsWithUsageVerify": on, "credentialsWithUsageSign": all, "tokenEncryptionKeyId": all});
    if beta {
        lock["enforcementScope"] = scope.into();
    }
    lock
}

/// A federated credential of the application or service principal with this app id.
pub(crate) fn federated(tenant: &Tenant, app_id: Guid, row: &Federated, select: &Select) -> Value {
    let key = row.subject.or(row.expression).unwrap_or_default();
    Row::new(select)
        .put("id", tenant.guid("federated", &format!("{app_id}{key}")).to_string())
        .put("name", row.name)
        .put("issuer", row.issuer)
        .put("subject", row.subject)
        .put("claimsMatchingExpression", row.expression.map(|value| json!({"value": value, "languageVersion": 1})))
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

/// What a token lets its holder see of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Only id and type come back (facts/graph.md section 0; not verified).
    IdOnly,
    /// Names and addresses; the rest is null.
    Basic,
    /// Everything.
    Full,
}

impl Sight {
    /// Whether a list of users that selects this property is answered at all.
    pub(crate) fn covers(self, property: &str) -> bool {
        self == Self::Full || (self == Self::Basic && BASIC.contains(&property))
    }
}

/// A member of a group, or an owner.
pub(crate) fn member(tenant: &Tenant, row: Member, sight: Sight, select: &Select) -> Value {
    let (kind, id, name) = match row {
        Member::User(at) => return tenant.users.get(at).map_or(Value::Null, |row| user(row, sight, select)),
        Member::Group(at) => tenant.groups.get(at).map_or(("group", Guid(0), ""), |group| ("group", group.id, group.name)),
        Member::ServicePrincipal(id) => return principal_as_member(tenant, id, select),
    };
    typed(kind, id, select).put("displayName", name).done()
}

fn principal_as_member(tenant: &Tenant, id: Guid, select: &Select) -> Value {
    let row = typed("servicePrincipal", id, select);
    let Some(principal) = tenant.principal(id) else { return row.done() };
    row.put("displayName", &*principal.name)
        .put("appId", principal.app_id.to_string())
        .put("servicePrincipalType", principal_type(&principal.kind))
        .put_extra("accountEnabled", principal.enabled)
        .done()
}

/// A person, by default with the properties that Graph gives without `$select`.
pub(crate) fn user(row: &User, sight: Sight, select: &Select) -> Value {
    let told = |name: &str, value: Value| if sight.covers(name) { value } else { Value::Null };
    let (given, family) = row.name.split_once(' ').unwrap_or((row.name, ""));
    let mail = if row.synced { Value::Null } else { row.address().replace("#EXT#", "").into() };
    typed("user", row.id, select)
        .put("displayName", told("displayName", row.name.into()))
        .put("userPrincipalName", told("userPrincipalName", row.address().into()))
        .put("mail", told("mail", mail))
        .put("givenName", told("givenName", given.into()))
        .put("surname", told("surname", family.into()))
        .put("jobTitle", Value::Null)
        .put_with("businessPhones", || json!([]))
        .put("mobilePhone", Value::Null)
        .put("officeLocation", Value::Null)
        .put("preferredLanguage", Value::Null)
        .put_extra("accountEnabled", told("accountEnabled", row.enabled.into()))
        .put_extra("userType", told("userType", if row.guest { "Guest" } else { "Member" }.into()))
        .put_extra("onPremisesSyncEnabled", told("onPremisesSyncEnabled", row.synced.then_some(true).into()))
        .put_extra("assignedPlans", told("assignedPlans", plans(row.licensed)))
        .done()
}

/// Plans of a person: mail for everybody, and Intune's beside the one of Office, which is no licence of Intune. Of a plan that
/// was taken away the row stays. Form and ids as in captures of `assignedPlans`.
fn plans(licensed: bool) -> Value {
    let plan = |id: &str, service: &str, status: &str| json!({"assignedDateTime": "2025-02-03T10:36:43Z", "capabilityStatus": status, "service": service, "servicePlanId": id});
    json!([
        plan("efb87545-963c-4e0d-99df-69c6916d9eb0", "exchange", "Enabled"),
        plan("882e1d05-acd1-4ccb-8708-6ee03664b117", "SCO", "Enabled"),
        plan("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "SCO", if licensed { "Enabled" } else { "Deleted" }),
    ])
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
pub(crate) fn sign_in_time(time: DateTime<Utc>, odd: bool) -> String {
    match FixedOffset::west_opt(8 * 3_600) {
        Some(pacific) if odd => time.with_timezone(&pacific).format("%Y-%m-%dT%H:%M:%S-8:00").to_string(),
        _ => (time + TimeDelta::milliseconds(212)).to_rfc3339_opts(SecondsFormat::Millis, true),
    }
}
