//! Service principals, applications and their credentials as Graph writes them. Of a credential the value, the public key
//! and the hint (the first letters of a secret) are never taken over.

use super::json::{flag, plain, text, texts, time};
use crate::snapshot::{
    AppId, Application, ApplicationId, Credential, CredentialKind, FederatedCredential, PropertyLock, ServicePrincipal, ServicePrincipalId,
    TenantId,
};
use serde_json::Value;

/// An object, and whether its credentials could all be read.
pub(super) struct Parsed<T> {
    pub(super) object: T,
    pub(super) credentials_whole: bool,
}

pub(super) fn service_principal(row: &Value) -> Option<Parsed<ServicePrincipal>> {
    let (credentials, credentials_whole) = credentials(row);
    let object = ServicePrincipal {
        id: ServicePrincipalId::new(&text(row, "id")?),
        app_id: AppId::new(&text(row, "appId")?),
        display_name: plain(row, "displayName"),
        kind: text(row, "servicePrincipalType"),
        account_enabled: flag(row, "accountEnabled"),
        is_disabled: flag(row, "isDisabled"),
        disabled_by_microsoft: text(row, "disabledByMicrosoftStatus"),
        owner_tenant: text(row, "appOwnerOrganizationId").map(TenantId::from),
        sign_in_audience: text(row, "signInAudience"),
        verified_publisher: row.get("verifiedPublisher").and_then(|publisher| text(publisher, "displayName")),
        alternative_names: sorted(texts(row, "alternativeNames")),
        credentials,
        federated_credentials: None,
        owners: None,
    };
    Some(Parsed { object, credentials_whole })
}

pub(super) fn application(row: &Value) -> Option<Parsed<Application>> {
    let (credentials, credentials_whole) = credentials(row);
    let object = Application {
        id: ApplicationId::new(&text(row, "id")?),
        app_id: AppId::new(&text(row, "appId")?),
        display_name: plain(row, "displayName"),
        is_disabled: flag(row, "isDisabled"),
        sign_in_audience: text(row, "signInAudience"),
        created: time(row, "createdDateTime"),
        credentials,
        federated_credentials: None,
        property_lock: property_lock(row.get("servicePrincipalLockConfiguration")),
        owners: None,
    };
    Some(Parsed { object, credentials_whole })
}

/// The property lock: absent says nothing, null says that it was never configured.
fn property_lock(lock: Option<&Value>) -> PropertyLock {
    match lock {
        Some(Value::Null) => PropertyLock::NotConfigured,
        Some(lock @ Value::Object(_)) => PropertyLock::Configured {
            is_enabled: flag(lock, "isEnabled"),
            all_properties: flag(lock, "allProperties"),
            credentials_with_usage_sign: flag(lock, "credentialsWithUsageSign"),
            credentials_with_usage_verify: flag(lock, "credentialsWithUsageVerify"),
        },
        _ => PropertyLock::Unknown,
    }
}

/// Secrets and certificates, in one order; and whether both lists were there and every row had its id.
fn credentials(row: &Value) -> (Vec<Credential>, bool) {
    let mut found = Vec::new();
    let mut whole = true;
    for (member, kind) in [("passwordCredentials", CredentialKind::Secret), ("keyCredentials", CredentialKind::Certificate)] {
        let rows = row.get(member).and_then(Value::as_array);
        whole &= rows.is_some();
        for row in rows.into_iter().flatten() {
            let credential = credential(row, kind);
            whole &= credential.is_some();
            found.extend(credential);
        }
    }
    found.sort();
    found.dedup();
    // A list of one would keep room for four, a hundred thousand times with the full inventory.
    found.shrink_to_fit();
    (found, whole)
}

fn credential(row: &Value, kind: CredentialKind) -> Option<Credential> {
    // Of a secret, customKeyIdentifier is free text of whoever made it.
    let thumbprint = text(row, "customKeyIdentifier").filter(|_| kind == CredentialKind::Certificate);
    Some(Credential {
        kind,
        key_id: text(row, "keyId")?.to_lowercase(),
        display_name: text(row, "displayName"),
        start: time(row, "startDateTime"),
        end: time(row, "endDateTime"),
        usage: text(row, "usage"),
        thumbprint,
    })
}

pub(super) fn federated_credential(row: &Value) -> Option<FederatedCredential> {
    Some(FederatedCredential {
        id: text(row, "id")?.to_lowercase(),
        name: text(row, "name"),
        issuer: text(row, "issuer"),
        subject: text(row, "subject"),
        claims_matching_expression: row.get("claimsMatchingExpression").and_then(|expression| text(expression, "value")),
        audiences: sorted(texts(row, "audiences")),
    })
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.shrink_to_fit();
    texts
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_application_is_read_without_hint_value_or_key() {
        let parsed = application(&json!({"id": "A", "appId": "B", "displayName": "App", "createdDateTime": "2026-01-01T00:00:00Z",
            "passwordCredentials": [{"keyId": "K1", "hint": "abc", "secretText": "abcdef", "endDateTime": "2028-06-05T00:00:00Z",
                "customKeyIdentifier": "note", "displayName": "ci"}],
            "keyCredentials": [{"keyId": "K2", "key": "MIIC", "usage": "Verify", "customKeyIdentifier": "THUMB"}]}))
        .unwrap();
        assert!(parsed.credentials_whole);
        let text = serde_json::to_string(&parsed.object).unwrap();
        assert!(!["abc", "MIIC", "hint", "note"].iter().any(|part| text.contains(part)), "{text}");
        assert_eq!(parsed.object.credentials.len(), 2);
        assert_eq!(parsed.object.credentials[1].thumbprint.as_deref(), Some("THUMB"));
    }

    #[test]
    fn credentials_that_were_not_shown_are_not_none() {
        let shown = |row: Value| service_principal(&row).unwrap().credentials_whole;
        assert!(shown(json!({"id": "a", "appId": "b", "passwordCredentials": [], "keyCredentials": []})));
        assert!(!shown(json!({"id": "a", "appId": "b", "passwordCredentials": []})));
        assert!(!shown(json!({"id": "a", "appId": "b", "passwordCredentials": [{}], "keyCredentials": []})));
        assert!(service_principal(&json!({"id": "a"})).is_none());
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic(row in any_json()) {
            service_principal(&row);
            application(&row);
            federated_credential(&row);
        }
    }
}
