//! The fields of each kind of entity: what rules may use, with types, units, and the datasets behind them.

use super::FieldType::{Bool, Int, Records, Text, Texts};
use super::{Field, FieldType};
use crate::snapshot::Dataset;

const fn field(name: &'static str, kind: FieldType, about: &'static str, datasets: &'static [Dataset]) -> Field {
    Field { name, kind, about, datasets }
}

const NONE: &[Dataset] = &[];
const PRINCIPAL: &[Dataset] = &[Dataset::ServicePrincipals];
const KEYS: &[Dataset] = &[Dataset::ServicePrincipals, Dataset::Applications];
const GRANTS: &[Dataset] = &[Dataset::AppRoleGrants];
const OWNERS: &[Dataset] = &[Dataset::Owners];
const EVENTS: &[Dataset] = &[Dataset::AuditEvents];
const ACTIVITY: &[Dataset] = &[Dataset::SignInActivity];

/// What decides between refused, breaking and passing.
const VERDICTS: &[Dataset] = &[Dataset::AuditEvents, Dataset::ApprovalRequests, Dataset::UnfinishedApps, Dataset::ServicePrincipals];
/// The same, and whether it signs in.
const VERDICTS_OF_QUIET: &[Dataset] =
    &[Dataset::AuditEvents, Dataset::ApprovalRequests, Dataset::ServicePrincipals, Dataset::SignInActivity];

/// Fields of a secret or certificate.
const KEY: &[Field] = &[
    field("kind", Text, "secret or certificate", NONE),
    field("key_id", Text, "key id", NONE),
    field("held_on", Text, "application or service-principal", NONE),
    field("lifetime_days", Int, "days from start to end of validity", NONE),
    field("age_days", Int, "days since the start of validity", NONE),
    field("days_to_end", Int, "days until the end of validity, rounded down; negative once it has passed", NONE),
    field("expired", Bool, "whether the end of validity has passed", NONE),
    field("start", Text, "start of validity (UTC)", NONE),
    field("end", Text, "end of validity (UTC)", NONE),
];

/// Fields of an unexpired secret or certificate with what the credential report says of its use.
const KEY_USE: &[Field] = &[
    field("kind", Text, "secret or certificate", NONE),
    field("key_id", Text, "key id", NONE),
    field("held_on", Text, "application or service-principal", NONE),
    field("age_days", Int, "days since the start of validity", NONE),
    field("used", Bool, "whether the report shows a sign-in with it", NONE),
    field("idle_days", Int, "days since the last sign-in with it; where there is none, days since the start of validity", NONE),
];

/// Fields of a federated credential.
const TRUST: &[Field] = &[
    field("key_id", Text, "id of the federated credential", NONE),
    field("name", Text, "its name", NONE),
    field("issuer", Text, "whose tokens it trusts", NONE),
    field("subject", Text, "subject, or the expression over claims, that a token must have", NONE),
    field(
        "weaknesses",
        Texts,
        "wildcard, pull-request, any-branch, unknown-issuer, http-issuer: how more tokens than meant could fit; empty where none was seen",
        NONE,
    ),
];

/// Fields of an owner.
const OWNER: &[Field] = &[
    field("id", Text, "directory object id", NONE),
    field("kind", Text, "user, servicePrincipal, …", NONE),
    field("name", Text, "display name; the id where it may not be read", NONE),
];

/// Fields of an owner whose account makes a weak guardian.
const WEAK_OWNER: &[Field] = &[
    field("id", Text, "directory object id", NONE),
    field("name", Text, "display name; the id where it may not be read", NONE),
    field("why", Text, "guest, disabled, synchronised; several joined by commas", NONE),
];

/// Fields of the use that an application makes of one workload, by the audit log.
const USE: &[Field] = &[
    field("workload", Text, "workload", NONE),
    field("seen", Bool, "whether the audit events show a write of it; missing where they do not and were not read whole", NONE),
    field("idle_days", Int, "days since the last write seen; missing where none was, or a later one may be missing", NONE),
    field(
        "idle_at_least",
        Int,
        "days without a write, at least: since the last one seen, or as far back as audit events were read; 0 where these were not read whole",
        NONE,
    ),
];

/// Fields of a permission that writes Intune and the use that was made of it.
const PERMISSION_USE: &[Field] = &[
    field("permission", Text, "name of the permission", NONE),
    field("workloads", Texts, "workloads that it writes", NONE),
    field("granted_days", Int, "days since it was granted; missing where the grant has no date", NONE),
    field("seen", Bool, "whether the audit events show a write of one of them; missing where they do not and were not read whole", NONE),
    field("idle_days", Int, "days since the last write seen; missing where none was, or a later one may be missing", NONE),
    field("idle_at_least", Int, "days without a write, at least; 0 where audit events were not read whole", NONE),
];

/// Fields of a network that an application signed in from.
const NETWORK: &[Field] = &[
    field("network", Text, "IPv4 addresses by their first 24 bits, IPv6 addresses by their first 48", NONE),
    field("first_days_ago", Int, "days since the first sign-in from it that was read", NONE),
    field("last_days_ago", Int, "days since the last one", NONE),
    field("sign_ins", Int, "how many succeeded", NONE),
];

/// Fields of a problem of an access policy.
const PROBLEM: &[Field] = &[
    field("kind", Text, "word of the problem, as in the column problems of gates.csv", NONE),
    field("sentence", Text, "what is wrong", NONE),
];

/// Of an application that a policy excludes, and of every other automation that may write Intune as itself.
pub(super) const APPLICATION: &[Field] = &[
    field("app_id", Text, "app id", NONE),
    field("name", Text, "display name", NONE),
    field("standing", Text, "a clause: is excluded from approval on …, or may write … as itself", NONE),
    field("excluded", Bool, "whether a source lists it as excluded by at least one policy", NONE),
    field("kind", Text, "servicePrincipalType, such as Application or ManagedIdentity", PRINCIPAL),
    field("home", Text, "this-tenant, other-tenant, microsoft or managed-identity", PRINCIPAL),
    field("can_sign_in", Bool, "whether it can get a token", PRINCIPAL),
    field("workloads", Texts, "workloads that it is excluded from", NONE),
    field("policies", Texts, "names of the policies that exclude it", NONE),
    field("permissions", Texts, "Intune write permissions on Microsoft Graph, and those that lead to them", GRANTS),
    field("writes", Texts, "workloads that these permissions write", GRANTS),
    field("writes_beyond", Texts, "of these, the ones that no policy excludes it from; empty for one that is not excluded at all", GRANTS),
    field("can_wipe", Bool, "whether these permissions allow wiping devices", GRANTS),
    field(
        "can_alter_gates",
        Bool,
        "whether these permissions allow changing access policies and Intune roles, by some source at least",
        GRANTS,
    ),
    field(
        "wipe_needs_approval",
        Bool,
        "whether an access policy in force that could be read, and does not exclude it, holds its wipes",
        NONE,
    ),
    field(
        "tier_zero",
        Texts,
        "permissions on Microsoft Graph with which it can take over the tenant (rules/catalogue/tier-zero.toml)",
        GRANTS,
    ),
    field(
        "directory_roles",
        Texts,
        "Entra roles that it holds itself, not through a group; with their scope where that is not the tenant",
        &[Dataset::DirectoryRoles],
    ),
    field("tier_zero_roles", Texts, "of these, the ones that administer the directory or Intune as a whole", &[Dataset::DirectoryRoles]),
    field(
        "permission_use",
        Records(PERMISSION_USE),
        "Intune write permissions and the writes seen with them",
        &[Dataset::AppRoleGrants, Dataset::AuditEvents],
    ),
    field("exclusion_use", Records(USE), "workloads that it is excluded from and the writes seen", EVENTS),
    field(
        "completes_requests",
        Texts,
        "workloads that it is excluded from and completed approval requests of its own for, in the window",
        &[Dataset::ApprovalRequests],
    ),
    field("secrets", Records(KEY), "client secrets, on the application and on the service principal", KEYS),
    field("certificates", Records(KEY), "certificates, one row each", KEYS),
    field("service_principal_keys", Records(KEY), "secrets and certificates set directly on the service principal", PRINCIPAL),
    field("federated_credentials", Records(TRUST), "trust in outside issuers", &[Dataset::FederatedCredentials]),
    field(
        "key_uses",
        Records(KEY_USE),
        "unexpired secrets and certificates, and when they were last used; none of a managed identity, whose keys Azure renews",
        &[Dataset::ServicePrincipals, Dataset::Applications, Dataset::CredentialActivity],
    ),
    field(
        "keys_after_exclusion",
        Records(KEY),
        "unexpired keys whose validity began after a policy excluded it; empty for one that is not excluded, or a managed identity",
        &[Dataset::ServicePrincipals, Dataset::Applications, Dataset::AuditEvents, Dataset::ApprovalRequests],
    ),
    field("owners", Records(OWNER), "owners of the application and of the service principal, each once", OWNERS),
    field(
        "weak_owners",
        Records(WEAK_OWNER),
        "owners that are guests, disabled, or synchronised from another directory",
        &[Dataset::Owners, Dataset::People],
    ),
    field(
        "approving_owners",
        Records(OWNER),
        "owners that are direct members of an approver group",
        &[Dataset::Owners, Dataset::ApproverGroups],
    ),
    field(
        "property_lock",
        Text,
        "app instance property lock: on, partial, off, or not-applicable for a managed identity",
        &[Dataset::Applications],
    ),
    field("signed_in", Bool, "whether the activity report shows a sign-in as itself", ACTIVITY),
    field("days_since_sign_in", Int, "days since the last sign-in as itself; missing where signed_in is false", ACTIVITY),
    field("last_sign_in", Text, "time of that sign-in (UTC); missing where signed_in is false", ACTIVITY),
    field("days_known", Int, "days since its first trace in this tenant: registration, first grant, or first key", KEYS),
    field("networks", Records(NETWORK), "networks that it signed in from, where raw sign-ins were read (--sign-ins)", &[Dataset::SignIns]),
    field("multi_tenant", Bool, "whether accounts of other tenants may use it (signInAudience)", PRINCIPAL),
    field("verified_publisher", Bool, "whether its publisher is verified", PRINCIPAL),
    field(
        "conditional_access",
        Text,
        "covered, not-covered, or not-coverable: managed identities and applications of several tenants (Conditional Access for workload identities does not reach them)",
        &[Dataset::ConditionalAccess, Dataset::ServicePrincipals],
    ),
    field("risky", Bool, "whether Entra ID Protection holds it at risk or compromised", &[Dataset::RiskyServicePrincipals]),
    field("risk", Text, "risk level and state; missing where it is not listed", &[Dataset::RiskyServicePrincipals]),
    field(
        "unrestricted",
        Texts,
        "restrictions of the tenant's app management policy that do not bind it, of a kind of key that it holds: a clause each",
        &[Dataset::AppManagementPolicies, Dataset::Applications],
    ),
    field(
        "delegated_scopes",
        Texts,
        "delegated permissions on any resource that do more than read and were consented to",
        &[Dataset::DelegatedGrants],
    ),
    field(
        "unsafe_redirects",
        Texts,
        "redirect addresses without https, with a wildcard, or of a host that is a bare address, but for the own machine; a clause each",
        &[Dataset::Applications],
    ),
    field("implicit_grant", Bool, "whether tokens are handed out in the front channel (implicit grant)", &[Dataset::Applications]),
];

/// Of one id on one policy's list of exclusions.
pub(super) const EXCLUSION: &[Field] = &[
    field("policy_id", Text, "id of the access policy", NONE),
    field("policy", Text, "name of the access policy", NONE),
    field("workload", Text, "what the policy protects", NONE),
    field("listed_id", Text, "the id as it stands in the source", NONE),
    field("application", Text, "display name of what it belongs to; the id where it belongs to nothing", NONE),
    field("source", Text, "policy, request, audit or file; several with semicolons between them", NONE),
    field("state", Text, "active, disabled, deleted or unresolved", KEYS),
    field("condition", Text, "the same as part of a sentence", KEYS),
    field("listed_days", Int, "days since it was excluded, by the request or the audit event that says so", NONE),
    field("disputed", Bool, "whether another source says that it is not excluded, or not any more", NONE),
    field("recorded", Bool, "whether the register of exclusions (maascan.toml) has an entry for it; missing without a register", NONE),
    field(
        "record_lacks",
        Texts,
        "owner, justification, expires, reviewed: what its entry does not say; missing without a register or an entry",
        NONE,
    ),
    field(
        "record_expired",
        Bool,
        "whether the date until which it was accepted has passed; missing without an entry, false without a date",
        NONE,
    ),
    field("days_since_review", Int, "days since the last review in the register; missing without one", NONE),
    field("new", Bool, "whether it was not excluded in the earlier snapshot (--baseline); missing without one", NONE),
    field("baseline", Text, "time of the earlier snapshot (UTC); missing without one", NONE),
];

/// Of one access policy.
pub(super) const POLICY: &[Field] = &[
    field("policy_id", Text, "id of the access policy", NONE),
    field("policy", Text, "name of the access policy", NONE),
    field("workload", Text, "what it protects", NONE),
    field("known_type", Bool, "whether it is known what a policy of this type protects", NONE),
    field("platforms", Texts, "platforms that it covers; empty for all", NONE),
    field("in_force", Text, "yes or no", &[Dataset::ApprovalRequests]),
    field("approvers", Int, "people who can approve", &[Dataset::ApproverGroups]),
    field("exclusions", Int, "applications on its list of exclusions; missing where the list is not known whole", NONE),
    field("exclusions_at_least", Int, "applications that are known to be on it", NONE),
    field("disputed_exclusions", Texts, "applications on which sources disagree, by name", NONE),
    field("problems", Records(PROBLEM), "what makes it useless or risky, as far as that could be told", NONE),
    field("no_approver_group", Bool, "whether it names no group that approves", NONE),
    field("group_missing", Bool, "whether a group that it names does not exist", &[Dataset::ApproverGroups]),
    field("not_security_group", Bool, "whether a group is not a plain security group", &[Dataset::ApproverGroups]),
    field(
        "no_role_assignment",
        Bool,
        "whether a group is not itself a member of an Intune role assignment",
        &[Dataset::IntuneRoles, Dataset::ApproverGroups],
    ),
    field("nested_group", Bool, "whether a group has a group among its members", &[Dataset::ApproverGroups]),
    field("service_principal_member", Bool, "whether a service principal is among the members, beside people", &[Dataset::ApproverGroups]),
    field("only_service_principals", Bool, "whether nobody but service principals is", &[Dataset::ApproverGroups]),
    field("disabled_approver", Bool, "whether an approver's account is disabled", &[Dataset::ApproverGroups, Dataset::People]),
    field("no_approver", Bool, "whether nobody can decide", &[Dataset::ApproverGroups]),
    field("one_approver", Bool, "whether only one person can", &[Dataset::ApproverGroups]),
    field(
        "unlicensed_approver",
        Bool,
        "whether an approver without licence may not approve",
        &[Dataset::IntuneSettings, Dataset::ApproverGroups],
    ),
    field(
        "approver_lacks_read",
        Bool,
        "whether no Intune role of a group reads what the policy protects",
        &[Dataset::IntuneRoles, Dataset::ApproverGroups],
    ),
    field(
        "role_deadlock",
        Bool,
        "whether the assignment that its approvers need would need their approval",
        &[Dataset::IntuneRoles, Dataset::ApprovalRequests],
    ),
];

/// Of one workload.
pub(super) const WORKLOAD: &[Field] = &[
    field("workload", Text, "policy type, as Graph has it", NONE),
    field("gate", Text, "in-force, planned or none", NONE),
    field("platforms", Texts, "platforms that are gated; empty for all", NONE),
    field("destructive", Bool, "whether it is wiping, retiring or deleting devices", NONE),
    field("writers", Texts, "automations that may write it as themselves, by name", GRANTS),
    field("active_writers", Texts, "of these, the ones that were seen writing it in the window", EVENTS),
];

/// Of one automation on one workload.
pub(super) const VERDICT: &[Field] = &[
    field("app_id", Text, "app id", NONE),
    field("name", Text, "display name", NONE),
    field("workload", Text, "workload", NONE),
    field("verdict", Text, "the verdict, as in automations.csv", NONE),
    field(
        "blocked",
        Bool,
        "whether its calls are being refused; missing where that is, or could be, otherwise than the verdict says",
        VERDICTS,
    ),
    field("breaks", Bool, "whether it will be refused; missing likewise", VERDICTS),
    field("passes", Bool, "whether it writes behind a gate in force, and nothing says why; missing likewise", VERDICTS),
    field("at_risk", Bool, "whether it may write and signs in, and was not seen writing; missing likewise", VERDICTS_OF_QUIET),
    field("dormant", Bool, "whether it may write and does not sign in; missing likewise", VERDICTS_OF_QUIET),
    field("gate", Text, "in-force, planned, none or unknown", NONE),
    field("exclusion", Text, "excluded, partly, not-listed or unknown", NONE),
    field("confidence", Text, "high, medium or low", NONE),
    field("evidence_grade", Text, "the strongest evidence", NONE),
    field("writes", Int, "writes that succeeded in the window", NONE),
    field("blocked_calls", Int, "refused calls, and requests that were not granted, in the window", NONE),
    field("reasons", Texts, "what the verdict rests on, a sentence each", NONE),
    field("permissions", Texts, "permissions that concern this workload", NONE),
    field("next_step", Text, "what to do", NONE),
];

/// Of one approval request that waits, or that an application filed.
pub(super) const REQUEST: &[Field] = &[
    field("request_id", Text, "id, the same as the approval code", NONE),
    field("status", Text, "as the service has it", NONE),
    field("pending", Bool, "whether it waits for a decision, or for its completion", NONE),
    field("workloads", Texts, "what it asks for", NONE),
    field("application", Text, "the application that filed it, by name; missing for a person's", NONE),
    field("hours_left", Int, "whole hours until it expires; negative once it has", NONE),
    field("age_hours", Int, "whole hours since it was filed", NONE),
    field("decided_by_owner", Bool, "whether the person who decided it owns the application that filed it", OWNERS),
    field("decider", Text, "id of the person who decided it, where the service shows it", NONE),
];

/// Of the tenant as a whole.
pub(super) const TENANT: &[Field] = &[
    field("name", Text, "name of the tenant; its id where the name could not be read", NONE),
    field("app_management", Text, "on or off: the tenant's default app management policy", &[Dataset::AppManagementPolicies]),
    field("restrictions", Texts, "what that policy restricts", &[Dataset::AppManagementPolicies]),
    field("unmapped_activities", Texts, "audit activities of applications that are in no vocabulary, with their counts", EVENTS),
    field("unmapped_permissions", Texts, "permissions that by their name write Intune and are not in the catalogue", &[Dataset::AppRoles]),
    field(
        "intune_api_holders",
        Int,
        "service principals with permissions on Intune's own resources, which nobody has shown to be gated",
        &[Dataset::IntuneApiGrants],
    ),
    field("policies", Int, "access policies", NONE),
    field("excluded_applications", Int, "applications that at least one policy excludes", NONE),
];
