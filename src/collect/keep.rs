//! What of each answer may be kept: the members that the reader uses and nothing else. Applied as soon as an answer is read, so
//! that neither memory nor a work file holds a secret's hint, a key, a payload, or the value of a changed property.

use super::{approval_requests, audit_events};
use serde_json::Value;

/// What stays of a value.
enum Keep {
    /// All of it.
    Whole,
    /// Of each text, which is an address, what is no user, query or fragment: these may hold a secret.
    Address,
    /// Of an object, or of each object of a list, these members.
    Only(&'static [(&'static str, Keep)]),
}

impl Keep {
    fn apply(&self, value: &mut Value) {
        match self {
            Self::Whole => {}
            Self::Address => keep_address(value),
            Self::Only(kept) => keep_members(kept, value),
        }
    }
}

fn keep_members(kept: &[(&str, Keep)], value: &mut Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        // Text where an object belongs is unreadable, which must stay visible; what it says must not.
        Value::String(_) => *value = Value::Bool(true),
        Value::Array(elements) => elements.iter_mut().for_each(|element| keep_members(kept, element)),
        Value::Object(members) => {
            members.retain(|name, _| kept.iter().any(|(known, _)| known == name));
            for (name, keep) in kept {
                if let Some(member) = members.get_mut(*name) {
                    keep.apply(member);
                }
            }
        }
    }
}

fn keep_address(value: &mut Value) {
    match value {
        Value::String(address) => *address = plain_address(address),
        Value::Array(elements) => elements.iter_mut().for_each(keep_address),
        Value::Object(_) => *value = Value::Bool(true),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An address without user, query and fragment.
pub(super) fn plain_address(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let address = address.get(..end).unwrap_or_default();
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let authority_end = rest.find(['/', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(authority_end).unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

use Keep::{Address, Only, Whole};

/// By which a row is told from the same row on another page.
const ID: (&str, Keep) = ("id", Whole);
const OBJECT: Keep = Only(&[("id", Whole), ("@odata.type", Whole), ("displayName", Whole)]);
const SECRETS: Keep = Only(&[("keyId", Whole), ("displayName", Whole), ("startDateTime", Whole), ("endDateTime", Whole)]);
const CERTIFICATES: Keep = Only(&[
    ("keyId", Whole),
    ("displayName", Whole),
    ("startDateTime", Whole),
    ("endDateTime", Whole),
    ("usage", Whole),
    ("customKeyIdentifier", Whole),
]);
const FEDERATED: Keep = Only(&[
    ("id", Whole),
    ("name", Whole),
    ("issuer", Whole),
    ("subject", Whole),
    ("claimsMatchingExpression", Only(&[("value", Whole)])),
    ("audiences", Whole),
]);
const PRINCIPAL: Keep = Only(&[
    ("id", Whole),
    ("appId", Whole),
    ("displayName", Whole),
    ("servicePrincipalType", Whole),
    ("accountEnabled", Whole),
    ("isDisabled", Whole),
    ("disabledByMicrosoftStatus", Whole),
    ("appOwnerOrganizationId", Whole),
    ("signInAudience", Whole),
    ("verifiedPublisher", Only(&[("displayName", Whole)])),
    ("alternativeNames", Whole),
    ("passwordCredentials", SECRETS),
    ("keyCredentials", CERTIFICATES),
    ("owners", OBJECT),
]);
const APPLICATION: Keep = Only(&[
    ("id", Whole),
    ("appId", Whole),
    ("displayName", Whole),
    ("isDisabled", Whole),
    ("signInAudience", Whole),
    ("createdDateTime", Whole),
    ("passwordCredentials", SECRETS),
    ("keyCredentials", CERTIFICATES),
    (
        "servicePrincipalLockConfiguration",
        Only(&[("isEnabled", Whole), ("allProperties", Whole), ("credentialsWithUsageSign", Whole), ("credentialsWithUsageVerify", Whole)]),
    ),
    ("web", Only(&[("redirectUris", Address), ("implicitGrantSettings", IMPLICIT)])),
    ("spa", Only(&[("redirectUris", Address)])),
    ("publicClient", Only(&[("redirectUris", Address)])),
    ("owners", OBJECT),
]);
const IMPLICIT: Keep = Only(&[("enableIdTokenIssuance", Whole), ("enableAccessTokenIssuance", Whole)]);
const TRUSTING: Keep = Only(&[("id", Whole), ("federatedIdentityCredentials", FEDERATED)]);
const GRANT: Keep = Only(&[
    ID,
    ("principalType", Whole),
    ("principalId", Whole),
    ("principalDisplayName", Whole),
    ("appRoleId", Whole),
    ("createdDateTime", Whole),
]);
const APP_ROLES: Keep = Only(&[("appRoles", Only(&[("id", Whole), ("value", Whole)]))]);
const GROUP: Keep =
    Only(&[("id", Whole), ("displayName", Whole), ("securityEnabled", Whole), ("mailEnabled", Whole), ("groupTypes", Whole)]);
const MEMBER: Keep = Only(&[("id", Whole), ("@odata.type", Whole), ("displayName", Whole), ("accountEnabled", Whole)]);
const PERSON: Keep = Only(&[
    ("id", Whole),
    ("displayName", Whole),
    ("accountEnabled", Whole),
    ("userType", Whole),
    ("onPremisesSyncEnabled", Whole),
    ("assignedPlans", Only(&[("servicePlanId", Whole), ("service", Whole), ("capabilityStatus", Whole)])),
]);
const REQUEST: Keep = Only(&[
    ("id", Whole),
    ("requestDateTime", Whole),
    ("expirationDateTime", Whole),
    ("lastModifiedDateTime", Whole),
    ("status", Whole),
    ("requiredOperationApprovalPolicyTypes", Whole),
    (
        "requestor",
        Only(&[
            ("application", Only(&[("id", Whole)])),
            ("user", Only(&[("id", Whole), ("Upn", Whole), ("upn", Whole), ("userPrincipalName", Whole)])),
        ]),
    ),
    ("approver", Only(&[("user", Only(&[("id", Whole), ("Upn", Whole), ("upn", Whole), ("userPrincipalName", Whole)]))])),
    ("payloadId", Whole),
    ("payloadOperation", Whole),
]);
const SIGN_IN_TIME: Keep = Only(&[("lastSignInDateTime", Whole)]);
const APP_ID: (&str, Keep) = ("appId", Whole);
const APP_ONLY: (&str, Keep) = ("applicationAuthenticationClientSignInActivity", SIGN_IN_TIME);
const ON_BEHALF: (&str, Keep) = ("delegatedClientSignInActivity", SIGN_IN_TIME);
/// Under `value` may stand one object instead of a list (facts/graph.md section 3).
const ACTIVITY: Keep = Only(&[ID, APP_ID, APP_ONLY, ON_BEHALF, ("value", Only(&[ID, APP_ID, APP_ONLY, ON_BEHALF]))]);
const KEY_ID: (&str, Keep) = ("keyId", Whole);
const KEY_TYPE: (&str, Keep) = ("keyType", Whole);
const ORIGIN: (&str, Keep) = ("credentialOrigin", Whole);
const LAST_USE: (&str, Keep) = ("signInActivity", SIGN_IN_TIME);
const CREDENTIAL_ACTIVITY: Keep =
    Only(&[ID, APP_ID, KEY_ID, KEY_TYPE, ORIGIN, LAST_USE, ("value", Only(&[ID, APP_ID, KEY_ID, KEY_TYPE, ORIGIN, LAST_USE]))]);
const SIGN_IN: Keep = Only(&[
    ("id", Whole),
    ("createdDateTime", Whole),
    ("appId", Whole),
    ("servicePrincipalId", Whole),
    ("clientCredentialType", Whole),
    ("servicePrincipalCredentialKeyId", Whole),
    ("federatedCredentialId", Whole),
    ("resourceId", Whole),
    ("ipAddress", Whole),
    ("status", Only(&[("errorCode", Whole)])),
]);
const ACTIONS: Keep = Only(&[("actions", Whole), ("resourceActions", Only(&[("allowedResourceActions", Whole)]))]);
const INTUNE_ROLE: Keep = Only(&[
    ("id", Whole),
    ("displayName", Whole),
    ("isBuiltIn", Whole),
    ("isBuiltInRoleDefinition", Whole),
    ("permissions", ACTIONS),
    ("rolePermissions", ACTIONS),
    ("members", Whole),
]);
const DIRECTORY_ROLE: Keep = Only(&[
    ("id", Whole),
    ("templateId", Whole),
    ("displayName", Whole),
    ("roleDefinitionId", Whole),
    ("principalId", Whole),
    ("directoryScopeId", Whole),
    ("principal", Only(&[("@odata.type", Whole)])),
]);
const DELEGATED: Keep =
    Only(&[ID, ("clientId", Whole), ("resourceId", Whole), ("consentType", Whole), ("principalId", Whole), ("scope", Whole)]);
const CONDITIONAL_ACCESS: Keep = Only(&[
    ("id", Whole),
    ("displayName", Whole),
    ("state", Whole),
    (
        "conditions",
        Only(&[
            ("applications", Only(&[("includeApplications", Whole), ("excludeApplications", Whole)])),
            (
                "clientApplications",
                Only(&[
                    ("includeServicePrincipals", Whole),
                    ("excludeServicePrincipals", Whole),
                    ("servicePrincipalFilter", Only(&[("mode", Whole)])),
                ]),
            ),
        ]),
    ),
    ("grantControls", Only(&[("builtInControls", Whole)])),
]);
const RESTRICTION: Keep = Only(&[
    ("restrictionType", Whole),
    ("state", Whole),
    ("maxLifetime", Whole),
    ("restrictForAppsCreatedAfterDateTime", Whole),
    ("excludeActors", Only(&[])),
]);
const RESTRICTIONS: Keep = Only(&[("passwordCredentials", RESTRICTION), ("keyCredentials", RESTRICTION)]);
const APP_MANAGEMENT: Keep = Only(&[
    ("id", Whole),
    ("displayName", Whole),
    ("isEnabled", Whole),
    ("restrictions", RESTRICTIONS),
    ("applicationRestrictions", RESTRICTIONS),
    ("servicePrincipalRestrictions", RESTRICTIONS),
]);
const RISKY: Keep =
    Only(&[("id", Whole), ("appId", Whole), ("riskLevel", Whole), ("riskState", Whole), ("riskLastUpdatedDateTime", Whole)]);
const LICENCE: Keep = Only(&[
    ID,
    ("skuPartNumber", Whole),
    ("capabilityStatus", Whole),
    ("consumedUnits", Whole),
    ("prepaidUnits", Only(&[("enabled", Whole)])),
    ("servicePlans", Only(&[("servicePlanName", Whole)])),
]);
const MOBILE_APP: Keep = Only(&[
    ID,
    ("@odata.type", Whole),
    ("displayName", Whole),
    ("publishingState", Whole),
    ("createdDateTime", Whole),
    ("lastModifiedDateTime", Whole),
]);
const DELETED: Keep = Only(&[("id", Whole), ("appId", Whole), ("displayName", Whole), ("deletedDateTime", Whole)]);
const SETTINGS: Keep = Only(&[("unlicensedAdminstratorsEnabled", Whole)]);

/// Approval requests, without what they would change: of one about an access policy the ids on lists stay.
pub(super) fn request(row: &mut Value) {
    let ids = approval_requests::policy_ids(row);
    REQUEST.apply(row);
    if let (Some(members), false) = (row.as_object_mut(), ids.is_empty()) {
        members.insert("payload".to_owned(), ids.into_iter().collect());
    }
}

macro_rules! reductions {
    ($($(#[$about:meta])* $name:ident: $keep:expr;)*) => {$(
        $(#[$about])*
        pub(super) fn $name(row: &mut Value) {
            $keep.apply(row);
        }
    )*};
}

reductions! {
    /// Service principals, without the hint and the value of a secret, or a public key.
    principal: PRINCIPAL;
    /// Applications, likewise.
    application: APPLICATION;
    /// Applications and managed identities with their federated credentials.
    trusting: TRUSTING;
    /// Federated credentials.
    federated: FEDERATED;
    /// Owners, and other objects by name.
    object: OBJECT;
    /// App-role grants.
    grant: GRANT;
    /// The app roles of Microsoft Graph.
    app_roles: APP_ROLES;
    /// Groups.
    group: GROUP;
    /// Members of groups.
    member: MEMBER;
    /// People.
    person: PERSON;
    /// Sign-in activity of applications.
    activity: ACTIVITY;
    /// Sign-in activity of credentials.
    credential_activity: CREDENTIAL_ACTIVITY;
    /// Raw sign-ins.
    sign_in: SIGN_IN;
    /// Intune roles and their assignments.
    intune_role: INTUNE_ROLE;
    /// Entra roles and their assignments.
    directory_role: DIRECTORY_ROLE;
    /// Delegated grants.
    delegated: DELEGATED;
    /// Conditional Access policies.
    conditional_access: CONDITIONAL_ACCESS;
    /// App management policies.
    app_management: APP_MANAGEMENT;
    /// Risky service principals.
    risky: RISKY;
    /// Licences.
    licence: LICENCE;
    /// Deleted service principals.
    deleted: DELETED;
    /// Mobile apps, of which installers, icons, notes and owners are dropped.
    mobile_app: MOBILE_APP;
    /// The settings of Intune.
    settings: SETTINGS;
}

/// Access policies stay whole: the member with the exclusions has no public name, and no member is known to hold a secret.
pub(super) fn access_policy(_: &mut Value) {}

/// Audit events lose all property values but ids of events on access policies.
pub(super) fn audit_event(row: &mut Value) {
    audit_events::reduce(row);
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn of_credentials_only_what_is_no_secret_stays() {
        let mut row = json!({"id": "a", "appId": "b", "tags": ["x"], "keyCredentials": [{"keyId": "k", "key": "MIIC", "usage": "Sign"}],
            "passwordCredentials": [{"keyId": "k", "hint": "abc", "secretText": "abcdef", "customKeyIdentifier": "note"}, "abcdef"],
            "owners": [{"id": "u", "mail": "u@contoso.example", "@odata.type": "#microsoft.graph.user"}], "displayName": null});
        application(&mut row);
        let kept = json!({"id": "a", "appId": "b", "keyCredentials": [{"keyId": "k", "usage": "Sign"}],
            "passwordCredentials": [{"keyId": "k"}, true],
            "owners": [{"id": "u", "@odata.type": "#microsoft.graph.user"}], "displayName": null});
        assert_eq!(row, kept, "and what was null stays null");
    }

    #[test]
    fn an_address_keeps_neither_user_nor_query_nor_fragment() {
        let plain = |address: &str| plain_address(address);
        assert_eq!(plain("https://me:pw@host.example:8443/back?code=1#token"), "https://host.example:8443/back");
        assert_eq!(plain("https://host.example?key=1"), "https://host.example");
        assert_eq!(plain("urn:ietf:wg:oauth:2.0:oob"), "urn:ietf:wg:oauth:2.0:oob");
        assert_eq!(plain("myapp://auth"), "myapp://auth");
        let mut row = json!({"id": "a", "web": {"redirectUris": ["http://u:p@h/x?s=1", {"s": 1}], "homePageUrl": "x"}, "spa": null});
        application(&mut row);
        assert_eq!(row, json!({"id": "a", "web": {"redirectUris": ["http://h/x", true]}, "spa": null}));
    }

    #[test]
    fn a_request_loses_what_it_would_change() {
        let mut row = json!({"id": "r", "payload": "{\"password\":1}", "displayPayload": "x", "payloadId": "p", "requestor": {"user": {"Upn": "a"}, "application": null}});
        request(&mut row);
        assert_eq!(row, json!({"id": "r", "payloadId": "p", "requestor": {"user": {"Upn": "a"}, "application": null}}));
    }

    proptest! {
        #[test]
        fn a_reduction_is_finished_at_once(row in any_json()) {
            for reduce in [principal, application, trusting, request, sign_in, conditional_access, app_management, audit_event] {
                let mut once = row.clone();
                reduce(&mut once);
                let mut twice = once.clone();
                reduce(&mut twice);
                prop_assert_eq!(once, twice);
            }
        }
    }
}
