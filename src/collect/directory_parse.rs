//! Service principals, applications and their credentials as Graph writes them. Of a credential the value, the public key
//! and the hint (the first letters of a secret) are never taken over.

use super::json::{flag, plain, text, texts, time};
use super::keep::plain_address;
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
        verified_publisher: verified_publisher(row),
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
        redirects: redirects(row),
        implicit_grant: implicit_grant(row),
        owners: None,
    };
    Some(Parsed { object, credentials_whole })
}

/// Whether the publisher is verified: Graph sends the member with nulls for one that is not, and leaves it out where the cloud
/// does not have it (facts/graph.md section 10).
fn verified_publisher(row: &Value) -> Option<bool> {
    let publisher = row.get("verifiedPublisher")?;
    (publisher.is_object() || publisher.is_null()).then(|| text(publisher, "displayName").is_some())
}

/// Where Graph has redirect addresses: `webApplication`, `spaApplication` and `publicClientApplication` of its schema.
const REDIRECTING: [&str; 3] = ["web", "spa", "publicClient"];

/// Every redirect address, unless one of the lists, or something in it, could not be read.
fn redirects(row: &Value) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for member in REDIRECTING {
        match (row.get(member)?, row.get(member)?.get("redirectUris")) {
            (Value::Null, _) | (Value::Object(_), Some(Value::Null)) => {}
            (Value::Object(_), Some(Value::Array(addresses))) => {
                for address in addresses {
                    found.push(plain_address(address.as_str()?));
                }
            }
            _ => return None,
        }
    }
    found.sort();
    found.dedup();
    found.shrink_to_fit();
    Some(found)
}

/// Whether identity or access tokens are issued in the front channel.
fn implicit_grant(row: &Value) -> Option<bool> {
    let web = row.get("web")?;
    if web.is_null() {
        return Some(false);
    }
    let settings = web.get("implicitGrantSettings")?;
    let flags = [flag(settings, "enableIdTokenIssuance"), flag(settings, "enableAccessTokenIssuance")];
    if flags.contains(&Some(true)) { Some(true) } else { flags.iter().all(Option::is_some).then_some(false) }
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
    fn redirects_and_implicit_grant_are_known_only_where_all_of_them_was_shown() {
        let read = |members: Value| {
            let mut row = json!({"id": "a", "appId": "b"});
            row.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            let object = application(&row).unwrap().object;
            (object.redirects, object.implicit_grant)
        };
        let web = |access: Value| json!({"redirectUris": ["https://h/x?y"], "implicitGrantSettings": {"enableIdTokenIssuance": false, "enableAccessTokenIssuance": access}});
        let lists = json!({"redirectUris": ["http://localhost"]});
        let whole = read(json!({"web": web(json!(false)), "spa": lists, "publicClient": {"redirectUris": []}}));
        assert_eq!(whole, (Some(vec!["http://localhost".into(), "https://h/x".into()]), Some(false)));
        assert_eq!(read(json!({"web": web(json!(true)), "spa": lists})), (None, Some(true)));
        assert_eq!(read(json!({"web": web(json!(null)), "spa": null, "publicClient": null})).1, None);
        assert_eq!(read(json!({"web": null, "spa": null, "publicClient": null})), (Some(vec![]), Some(false)));
        assert_eq!(read(json!({})), (None, None));
    }

    #[test]
    fn a_publisher_that_was_not_shown_is_not_unverified() {
        let read = |publisher: Value| service_principal(&json!({"id": "a", "appId": "b", "verifiedPublisher": publisher})).unwrap().object;
        assert_eq!(read(json!({"displayName": "n"})).verified_publisher, Some(true));
        assert_eq!(read(json!({"displayName": null})).verified_publisher, Some(false));
        assert_eq!(service_principal(&json!({"id": "a", "appId": "b"})).unwrap().object.verified_publisher, None);
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
