//! The sign-in logs as JSON: which credential was used last, and single sign-ins (facts/graph.md section 3, and captured
//! payloads, whose diagnostic form says what Graph says in beta).

use super::data::usage::LoggedSignIn;
use super::data::{Actor, GRAPH_APP, SignIn, Tenant};
use super::guid::Guid;
use super::odata::{Row, Select};
use super::render::{sign_in_time, thumbprint, time};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::SecondsFormat;
use serde_json::{Value, json};

pub(crate) const KEY_USE: &[&str] = &[
    "id",
    "appId",
    "appObjectId",
    "createdDateTime",
    "credentialOrigin",
    "expirationDateTime",
    "keyId",
    "keyType",
    "keyUsage",
    "resourceId",
    "servicePrincipalObjectId",
    "signInActivity",
];
pub(crate) const LOGGED: &[&str] = &[
    "id",
    "agent",
    "appDisplayName",
    "appId",
    "appOwnerTenantId",
    "clientAppUsed",
    "clientCredentialType",
    "conditionalAccessStatus",
    "correlationId",
    "createdDateTime",
    "federatedCredentialId",
    "homeTenantId",
    "ipAddress",
    "isInteractive",
    "location",
    "managedServiceIdentity",
    "resourceDisplayName",
    "resourceId",
    "resourceServicePrincipalId",
    "resourceTenantId",
    "riskLevelDuringSignIn",
    "riskState",
    "servicePrincipalCredentialKeyId",
    "servicePrincipalCredentialThumbprint",
    "servicePrincipalId",
    "servicePrincipalName",
    "signInEventTypes",
    "status",
    "uniqueTokenIdentifier",
    "userDisplayName",
    "userId",
    "userPrincipalName",
];

/// The last use of a credential. The type is `password` or `certificate`, not what the schema says, and the service
/// principal's id is null, as captured.
pub(crate) fn key_use(tenant: &Tenant, row: &SignIn, select: &Select) -> Value {
    let Some((key, on_principal)) = tenant.key_used(row.app_id) else { return json!({}) };
    let application = tenant.application_of_app(row.app_id).map(|application| application.id.to_string());
    let last = row.app_only.map(|last| sign_in_time(last, false));
    Row::new(select)
        .put("id", STANDARD.encode(key.id.to_string()))
        .put("appId", row.app_id.to_string())
        .put("appObjectId", application)
        .put("createdDateTime", sign_in_time(key.start, false))
        .put("credentialOrigin", if on_principal { "servicePrincipal" } else { "application" })
        .put("expirationDateTime", time(key.end))
        .put("keyId", key.id.to_string())
        .put("keyType", if key.certificate { "certificate" } else { "password" })
        .put("keyUsage", if key.twice { "sign" } else { "verify" })
        .put("resourceId", GRAPH_APP.to_string())
        .put("servicePrincipalObjectId", Value::Null)
        .put("signInActivity", json!({"lastSignInDateTime": last, "lastSignInRequestId": Guid(row.app_id.0 ^ 0xbead).to_string()}))
        .done()
}

/// A single sign-in as beta gives it.
pub(crate) fn logged(tenant: &Tenant, row: &LoggedSignIn, select: &Select) -> Value {
    let Some(actor) = tenant.actors.get(row.actor) else { return json!({}) };
    let key = if row.managed { None } else { tenant.key_used(actor.app_id).map(|(key, _)| key) };
    let event = if row.managed { "managedIdentity" } else { "servicePrincipal" };
    let graph = tenant.principal_of_app(GRAPH_APP).map(|graph| graph.id.to_string());
    Row::new(select)
        .put("id", row.id.to_string())
        .put("agent", json!({"agentType": "notAgentic", "parentAppId": null}))
        .put("appDisplayName", &*actor.name)
        .put("appId", actor.app_id.to_string())
        .put("appOwnerTenantId", tenant.principal(actor.principal_id).and_then(|found| found.owner).map(|owner| owner.to_string()))
        .put("clientAppUsed", "Unknown")
        .put("clientCredentialType", credential_type(row.managed, key.map(|key| key.certificate)))
        .put("conditionalAccessStatus", "notApplied")
        .put("correlationId", tenant.guid("sign-in-correlation", &row.id.to_string()).to_string())
        .put("createdDateTime", row.time.to_rfc3339_opts(SecondsFormat::Secs, true))
        .put("federatedCredentialId", federated_id(tenant, actor, key.is_some() || row.managed))
        .put("homeTenantId", tenant.id.to_string())
        .put("ipAddress", address(row))
        .put("isInteractive", false)
        .put("location", json!({"city": "", "state": "", "countryOrRegion": if row.managed { "" } else { "DE" }, "geoCoordinates": {}}))
        .put("managedServiceIdentity", managed(tenant, actor, row.managed))
        .put("resourceDisplayName", "Microsoft Graph")
        .put("resourceId", GRAPH_APP.to_string())
        .put("resourceServicePrincipalId", graph)
        .put("resourceTenantId", tenant.id.to_string())
        .put("riskLevelDuringSignIn", "none")
        .put("riskState", "none")
        .put("servicePrincipalCredentialKeyId", key.map(|key| key.id.to_string()).unwrap_or_default())
        .put("servicePrincipalCredentialThumbprint", key.filter(|key| key.certificate).map(thumbprint).unwrap_or_default())
        .put("servicePrincipalId", actor.principal_id.to_string())
        .put("servicePrincipalName", &*actor.name)
        .put("signInEventTypes", json!([event]))
        .put("status", status(row.failed))
        .put("uniqueTokenIdentifier", URL_SAFE_NO_PAD.encode(row.id.bytes()))
        .put("userDisplayName", "")
        .put("userId", "")
        .put("userPrincipalName", "")
        .done()
}

fn credential_type(managed: bool, certificate: Option<bool>) -> &'static str {
    match (managed, certificate) {
        (true, _) => "managedIdentity",
        (_, Some(true)) => "certificate",
        (_, Some(false)) => "clientSecret",
        (_, None) => "federatedIdentityCredential",
    }
}

fn federated_id(tenant: &Tenant, actor: &Actor, otherwise: bool) -> Option<String> {
    let credential = tenant.application_of_app(actor.app_id)?.federated.first().filter(|_| !otherwise)?;
    let key = credential.subject.or(credential.expression).unwrap_or_default();
    Some(tenant.guid("federated", &format!("{}{key}", actor.app_id)).to_string())
}

/// Managed identities come without an address.
fn address(row: &LoggedSignIn) -> String {
    match (row.managed, row.new_network) {
        (true, _) => String::new(),
        (_, true) => "198.51.100.77".to_owned(),
        _ => format!("203.0.113.{}", row.actor % 9 + 10),
    }
}

fn managed(tenant: &Tenant, actor: &Actor, is_managed: bool) -> Value {
    if !is_managed {
        return Value::Null;
    }
    let user_assigned = tenant.principal(actor.principal_id).is_some_and(super::data::Principal::is_user_assigned);
    let kind = if user_assigned { "userAssigned" } else { "systemAssigned" };
    json!({"msiType": kind, "associatedResourceId": "", "federatedTokenId": "", "federatedTokenIssuer": ""})
}

fn status(failed: bool) -> Value {
    if failed {
        json!({"errorCode": 7_000_222, "failureReason": "The provided client secret keys are expired.", "additionalDetails": null})
    } else {
        json!({"errorCode": 0, "failureReason": "Other.", "additionalDetails": null})
    }
}
