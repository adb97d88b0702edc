//! Service principals, applications, their credentials, and the permissions they hold, as Microsoft Graph returns them.
//! An `Option` that is `None` means "the service did not say", never "no".

use super::governance::{Owner, PropertyLock};
use super::id::{AppId, AppRoleId, ApplicationId, GroupId, ServicePrincipalId, TenantId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A service principal: an application's identity in this tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePrincipal {
    /// Directory object id.
    pub id: ServicePrincipalId,
    /// The app id it shares with its application.
    pub app_id: AppId,
    /// Display name as stored: text that an attacker may have chosen.
    pub display_name: String,
    /// `servicePrincipalType`, an open set: Application, ManagedIdentity, Legacy, SocialIdp, ServiceIdentity, …
    pub kind: Option<String>,
    /// `accountEnabled`.
    pub account_enabled: Option<bool>,
    /// `isDisabled`: no new tokens, those issued run out.
    pub is_disabled: Option<bool>,
    /// `disabledByMicrosoftStatus`; absent or `NotDisabled` means not disabled.
    pub disabled_by_microsoft: Option<String>,
    /// `appOwnerOrganizationId`: the tenant that the application belongs to. None for managed identities.
    pub owner_tenant: Option<TenantId>,
    /// `signInAudience` of the application, as the service principal shows it.
    pub sign_in_audience: Option<String>,
    /// Whether `verifiedPublisher` names somebody. Clouds of governments and of China do not have the member.
    pub verified_publisher: Option<bool>,
    /// `alternativeNames`; for a managed identity one of them is the resource it belongs to.
    pub alternative_names: Vec<String>,
    /// Credentials held by the service principal itself.
    pub credentials: Vec<Credential>,
    /// Federated identity credentials of a managed identity; None where they were not read, and for everything else.
    pub federated_credentials: Option<Vec<FederatedCredential>>,
    /// Owners, by id; None where they were not read.
    pub owners: Option<Vec<Owner>>,
}

impl ServicePrincipal {
    /// Whether it can get a token: enabled, not disabled, not disabled by Microsoft (facts/graph.md section 1).
    /// None where the service did not say whether it is enabled.
    #[must_use]
    pub fn can_sign_in(&self) -> Option<bool> {
        let by_microsoft = self.disabled_by_microsoft.as_deref().is_some_and(|status| !status.eq_ignore_ascii_case("NotDisabled"));
        if by_microsoft || self.is_disabled == Some(true) {
            return Some(false);
        }
        self.account_enabled
    }

    /// Whether it is a managed identity, whose credentials Azure holds and renews.
    #[must_use]
    pub fn is_managed_identity(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("ManagedIdentity"))
    }
}

/// An application registered in this tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Directory object id.
    pub id: ApplicationId,
    /// App id, shared with its service principal.
    pub app_id: AppId,
    /// Display name as stored.
    pub display_name: String,
    /// `isDisabled`.
    pub is_disabled: Option<bool>,
    /// `signInAudience`.
    pub sign_in_audience: Option<String>,
    /// When it was registered.
    pub created: Option<DateTime<Utc>>,
    /// Secrets and certificates.
    pub credentials: Vec<Credential>,
    /// Federated identity credentials; None where they were not read.
    pub federated_credentials: Option<Vec<FederatedCredential>>,
    /// App instance property lock.
    pub property_lock: PropertyLock,
    /// Addresses that codes and tokens are sent to (`redirectUris` of `web`, `spa` and `publicClient`), without user, query and
    /// fragment, sorted; None where the service did not say them all.
    pub redirects: Option<Vec<String>>,
    /// Whether tokens are handed out in the front channel (`web.implicitGrantSettings`).
    pub implicit_grant: Option<bool>,
    /// Owners, by id; None where they were not read.
    pub owners: Option<Vec<Owner>>,
}

/// What kind of key a [`Credential`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// A client secret (`passwordCredentials`).
    Secret,
    /// A certificate (`keyCredentials`).
    Certificate,
}

/// A client secret or certificate: never its value, and never the hint that Graph gives of a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Credential {
    /// Secret or certificate.
    pub kind: CredentialKind,
    /// `keyId`.
    pub key_id: String,
    /// Name the administrator gave it.
    pub display_name: Option<String>,
    /// Start of validity.
    pub start: Option<DateTime<Utc>>,
    /// End of validity.
    pub end: Option<DateTime<Utc>>,
    /// `usage` of a certificate: Sign or Verify. One certificate is often listed under both.
    pub usage: Option<String>,
    /// `customKeyIdentifier` of a certificate, by default its thumbprint: what two listings of one certificate share.
    pub thumbprint: Option<String>,
}

/// Trust in an outside issuer instead of a key. It has no end date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FederatedCredential {
    /// Id of the federated credential.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// `issuer`.
    pub issuer: Option<String>,
    /// `subject`; absent where `claimsMatchingExpression` is used.
    pub subject: Option<String>,
    /// `claimsMatchingExpression.value`.
    pub claims_matching_expression: Option<String>,
    /// `audiences`.
    pub audiences: Vec<String>,
}

/// A service principal in the recycle bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedServicePrincipal {
    /// Directory object id.
    pub id: ServicePrincipalId,
    /// App id.
    pub app_id: AppId,
    /// Display name as stored.
    pub display_name: String,
    /// When it was deleted.
    pub deleted: Option<DateTime<Utc>>,
}

/// An application permission that Microsoft Graph defines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRole {
    /// Id of the app role.
    pub id: AppRoleId,
    /// Its name, such as `DeviceManagementApps.ReadWrite.All`.
    pub value: String,
}

/// An application permission on Microsoft Graph, granted to a service principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AppRoleGrant {
    /// Who holds it.
    pub principal: ServicePrincipalId,
    /// The name of the holder as the grant shows it, which may lag behind the principal's own.
    pub principal_display_name: Option<String>,
    /// What is held.
    pub app_role: AppRoleId,
    /// Since when.
    pub created: Option<DateTime<Utc>>,
}

/// A group that approves, with its direct members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Directory object id.
    pub id: GroupId,
    /// Display name as stored.
    pub display_name: String,
    /// `securityEnabled`.
    pub security_enabled: Option<bool>,
    /// `mailEnabled`.
    pub mail_enabled: Option<bool>,
    /// `groupTypes`; `Unified` marks a Microsoft 365 group.
    pub group_types: Vec<String>,
    /// Direct members; None where they were not read.
    pub members: Option<Vec<GroupMember>>,
}

/// A direct member of a [`Group`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupMember {
    /// Directory object id.
    pub id: String,
    /// `@odata.type` without `#microsoft.graph.`: user, group, servicePrincipal, … None where the service left it out.
    pub kind: Option<String>,
    /// Display name, if it may be read.
    pub display_name: Option<String>,
    /// `accountEnabled` of a user.
    pub account_enabled: Option<bool>,
}
