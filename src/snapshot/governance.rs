//! What holds an application besides its keys: owners, roles, grants outside Microsoft Graph, Conditional Access, restrictions
//! on credentials, and what is said of its risk.

use super::activity::SignInTime;
use super::directory::AppRoleGrant;
use super::id::{AppId, GroupId, ServicePrincipalId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Somebody who owns an application or service principal and so can add credentials to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// Directory object id, lower case.
    pub id: String,
    /// `@odata.type` without `#microsoft.graph.`: user, servicePrincipal, … None where the service left it out.
    pub kind: Option<String>,
    /// Display name, if it may be read.
    pub display_name: Option<String>,
}

/// The state of a person's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Directory object id, lower case.
    pub id: String,
    /// Display name, if it may be read.
    pub display_name: Option<String>,
    /// `accountEnabled`.
    pub account_enabled: Option<bool>,
    /// `userType`: Member or Guest.
    pub user_type: Option<String>,
    /// `onPremisesSyncEnabled`: true where the account comes from another directory; Graph sends null for one that does not.
    pub synchronised: Option<bool>,
    /// Whether a service plan that makes a licensed user of Intune is assigned and usable (`assignedPlans`); None where that was
    /// not shown, or where only plans of Intune are assigned that maascan does not know. No plan is kept.
    #[serde(default)]
    pub intune_licensed: Option<bool>,
}

/// App instance property lock (`servicePrincipalLockConfiguration`): whether a service principal of the application in another
/// tenant, or in this one, can be given keys of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PropertyLock {
    /// The service did not say.
    #[default]
    Unknown,
    /// Never configured: off.
    NotConfigured,
    /// Configured. A member that is None was not said.
    Configured {
        /// `isEnabled`.
        is_enabled: Option<bool>,
        /// `allProperties`.
        all_properties: Option<bool>,
        /// `credentialsWithUsageSign`.
        credentials_with_usage_sign: Option<bool>,
        /// `credentialsWithUsageVerify`.
        credentials_with_usage_verify: Option<bool>,
    },
}

/// An application permission on one of Intune's own first-party resources. Nobody has published whether Multi Admin
/// Approval covers calls to them (facts/maa.md section 5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IntuneApiGrant {
    /// App id of the resource.
    pub resource: AppId,
    /// Who holds what. The app role is one of that resource, not of Microsoft Graph.
    pub grant: AppRoleGrant,
}

/// A delegated permission that was consented to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DelegatedGrant {
    /// `clientId`: the service principal that may act for people.
    pub client: ServicePrincipalId,
    /// `resourceId`: object id of the service principal whose scopes these are.
    pub resource: ServicePrincipalId,
    /// `consentType`: AllPrincipals, or Principal for one person.
    pub consent_type: Option<String>,
    /// `principalId` of that person.
    pub principal: Option<String>,
    /// The scopes, sorted.
    pub scopes: BTreeSet<String>,
}

/// An Entra role held by an application or a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DirectoryRoleAssignment {
    /// `roleDefinitionId`; for a built-in role the same in every tenant.
    pub role_definition: String,
    /// Name of the role; None where the definitions could not be read.
    pub role_name: Option<String>,
    /// `principalId`, lower case.
    pub principal: String,
    /// Kind of the principal: servicePrincipal, group, … None where the service left it out. People are not kept.
    pub principal_kind: Option<String>,
    /// `directoryScopeId`; `/` is the whole tenant.
    pub scope: Option<String>,
}

/// An Intune role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntuneRole {
    /// Id.
    pub id: String,
    /// Display name as stored.
    pub display_name: String,
    /// `isBuiltIn`.
    pub is_built_in: Option<bool>,
    /// Allowed resource actions, such as `Microsoft.Intune_ManagedDevices_Wipe`.
    pub allowed_actions: BTreeSet<String>,
}

/// An assignment of an Intune role, joined from two lists because neither has it whole (facts/graph.md section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntuneRoleAssignment {
    /// Id.
    pub id: String,
    /// Display name as stored.
    pub display_name: String,
    /// Id of the role; None where the list that links them could not be read, or does not have this assignment.
    pub role: Option<String>,
    /// Groups whose members get the role; None where the list that has them could not be read.
    pub members: Option<BTreeSet<GroupId>>,
}

/// Last use of one credential (`appCredentialSignInActivity`, beta).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialActivity {
    /// The application.
    pub app_id: AppId,
    /// `keyId`, lower case.
    pub key_id: String,
    /// `keyType` as written: password or certificate; the schema says clientSecret (facts/graph.md section 3).
    pub key_type: Option<String>,
    /// `credentialOrigin`: application or servicePrincipal.
    pub origin: Option<String>,
    /// Last sign-in with it.
    pub last_sign_in: SignInTime,
}

/// Sign-ins of one service principal with one credential from one address, counted (`signIn`, beta).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInSummary {
    /// What these sign-ins have in common.
    #[serde(flatten)]
    pub key: SignInKey,
    /// How many succeeded (`status.errorCode` 0).
    pub succeeded: u64,
    /// How many did not, or do not say.
    pub failed: u64,
    /// The first (UTC).
    pub first: DateTime<Utc>,
    /// The last (UTC).
    pub last: DateTime<Utc>,
}

/// What the sign-ins of a [`SignInSummary`] have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignInKey {
    /// The application.
    pub app_id: AppId,
    /// `servicePrincipalId`.
    pub service_principal: Option<ServicePrincipalId>,
    /// `clientCredentialType` as written: clientSecret, certificate, federatedIdentityCredential, managedIdentity, …
    pub credential_type: Option<String>,
    /// `servicePrincipalCredentialKeyId`, lower case.
    pub credential_key_id: Option<String>,
    /// `federatedCredentialId`.
    pub federated_credential: Option<String>,
    /// `resourceId`: app id of what the token was for.
    pub resource: Option<String>,
    /// `ipAddress`.
    pub address: Option<String>,
}

/// A Conditional Access policy for workload identities. Policies for people are counted and not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionalAccessPolicy {
    /// Id.
    pub id: String,
    /// Display name as stored.
    pub display_name: String,
    /// `state` as written: enabled, disabled, enabledForReportingButNotEnforced.
    pub state: Option<String>,
    /// `includeServicePrincipals`, lower case: object ids, or `serviceprincipalsinmytenant`.
    pub included: BTreeSet<String>,
    /// `excludeServicePrincipals`, lower case.
    pub excluded: BTreeSet<String>,
    /// Whether a filter over custom security attributes decides, which maascan has no permission to evaluate.
    pub has_filter: bool,
    /// `includeApplications` as written, such as All.
    pub applications: BTreeSet<String>,
    /// `excludeApplications` as written.
    pub excluded_applications: BTreeSet<String>,
    /// `builtInControls` as written; block is the only one for workload identities.
    pub controls: BTreeSet<String>,
}

/// Restrictions on the credentials of applications (`tenantAppManagementPolicy`, `appManagementPolicy`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppManagementPolicy {
    /// Id.
    pub id: String,
    /// Display name as stored.
    pub display_name: String,
    /// Whether it is the tenant's default, which a custom policy on an object replaces.
    pub is_default: bool,
    /// `isEnabled`.
    pub is_enabled: Option<bool>,
    /// What it restricts.
    pub restrictions: Vec<CredentialRestriction>,
    /// Object ids of applications and service principals that a custom policy applies to, lower case; None where they were
    /// not read, and for the default.
    pub applies_to: Option<BTreeSet<String>>,
}

/// One restriction of an [`AppManagementPolicy`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CredentialRestriction {
    /// Whose credentials: `application` or `service-principal` in the default policy, `any` in a custom one.
    pub target: RestrictionTarget,
    /// `restrictionType` as written: passwordAddition, passwordLifetime, asymmetricKeyLifetime, …
    pub kind: String,
    /// `state`; older payloads lack it, and then the restriction holds.
    pub state: Option<String>,
    /// `maxLifetime`, an ISO 8601 duration.
    pub max_lifetime: Option<String>,
    /// `restrictForAppsCreatedAfterDateTime`: older applications are not bound.
    pub created_after: Option<DateTime<Utc>>,
    /// Whether `excludeActors` exempts somebody who may add such credentials all the same. By whom is not kept.
    pub exempts_actors: bool,
}

/// Whom a [`CredentialRestriction`] concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestrictionTarget {
    /// Applications that are registered here.
    Application,
    /// Service principals of foreign applications.
    ServicePrincipal,
    /// Whatever a custom policy is put on.
    Any,
}

/// What Entra ID Protection says of a service principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskyServicePrincipal {
    /// Object id.
    pub id: ServicePrincipalId,
    /// App id.
    pub app_id: Option<AppId>,
    /// `riskLevel` as written: low, medium, high, hidden, none.
    pub risk_level: Option<String>,
    /// `riskState` as written: atRisk, confirmedCompromised, dismissed, remediated, none.
    pub risk_state: Option<String>,
    /// `riskLastUpdatedDateTime`.
    pub last_updated: Option<DateTime<Utc>>,
}

/// A product that the tenant is subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Licence {
    /// `skuPartNumber`, such as `INTUNE_A`.
    pub product: String,
    /// `capabilityStatus` as written: Enabled, Suspended, …
    pub status: Option<String>,
    /// `prepaidUnits.enabled`.
    pub enabled: Option<u64>,
    /// `consumedUnits`.
    pub consumed: Option<u64>,
    /// Names of the service plans in it, such as `AAD_PREMIUM`.
    pub service_plans: BTreeSet<String>,
}
