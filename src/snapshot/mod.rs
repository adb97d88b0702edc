//! The tenant as it was read at one time: entities by id, and how much of each dataset could be read.
//! Collected over HTTP, kept on disk, and the only thing that an assessment looks at.

mod activity;
mod approval;
mod area;
mod calls;
mod coverage;
mod dataset;
mod directory;
mod governance;
mod id;
mod permission;
mod scripts;
mod store;

pub use activity::{AuditActor, AuditEvent, AuditResource, SignInActivity, SignInTime, UnfinishedApp};
pub use approval::{AccessPolicy, ApprovalRequest, CandidateCollection};
pub use area::Area;
pub use calls::{
    ActivityLogs, CallCount, CallFlow, CallKey, CallRow, FaultCount, Listed, LogFault, LogReading, MOST_LISTED, REFUSALS, is_success,
};
pub use coverage::{Coverage, DatasetReading, Gap};
pub use dataset::{About, Clouds, Dataset, Endpoint};
pub use directory::{
    AppRole, AppRoleGrant, Application, Credential, CredentialKind, DeletedServicePrincipal, FederatedCredential, Group, GroupMember,
    ServicePrincipal,
};
pub use governance::{
    AppManagementPolicy, ConditionalAccessPolicy, CredentialActivity, CredentialRestriction, DelegatedGrant, DirectoryRoleAssignment,
    IntuneApiGrant, IntuneRole, IntuneRoleAssignment, Licence, Owner, Person, PropertyLock, RestrictionTarget, RiskyServicePrincipal,
    SignInKey, SignInSummary,
};
pub use id::{AppId, AppRoleId, ApplicationId, GroupId, PolicyId, RequestId, ServicePrincipalId, TenantId, is_guid};
pub use permission::ReadPermission;
pub use scripts::{
    ScriptApproval, ScriptConfidence, ScriptExpectation, ScriptGap, ScriptReading, ScriptSignIn, ScriptedWrite, Scripts, WritingScript,
};
pub use store::{Error, load, save};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Version of the format on disk. Raised when an older maascan would misread a file.
pub const SCHEMA_VERSION: u32 = 3;

/// Everything that was read of one tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Version of this format, [`SCHEMA_VERSION`] when written.
    pub schema_version: u32,
    /// The tenant's id.
    pub tenant_id: TenantId,
    /// The tenant's name, if it could be read.
    pub tenant_name: Option<String>,
    /// The clock of the run (UTC).
    pub taken_at: DateTime<Utc>,
    /// Start of the span in which audit events were asked for (UTC).
    pub audit_since: DateTime<Utc>,
    /// What was read of each dataset. A dataset that is not in it was not requested.
    pub coverage: BTreeMap<Dataset, DatasetReading>,
    /// Access policies.
    pub access_policies: BTreeMap<PolicyId, AccessPolicy>,
    /// Approval requests.
    pub approval_requests: BTreeMap<RequestId, ApprovalRequest>,
    /// Groups that access policies name as approvers.
    pub groups: BTreeMap<GroupId, Group>,
    /// Permissions that Microsoft Graph defines.
    pub app_roles: BTreeMap<AppRoleId, AppRole>,
    /// Grants of those permissions that matter: held by service principals in scope.
    pub app_role_grants: Vec<AppRoleGrant>,
    /// Service principals in scope.
    pub service_principals: BTreeMap<ServicePrincipalId, ServicePrincipal>,
    /// Applications behind them that are registered in this tenant.
    pub applications: BTreeMap<ApplicationId, Application>,
    /// Deleted service principals.
    pub deleted_service_principals: BTreeMap<ServicePrincipalId, DeletedServicePrincipal>,
    /// Sign-in activity of applications in scope.
    pub sign_in_activity: BTreeMap<AppId, SignInActivity>,
    /// Intune audit events by applications on their own, and those on access policies, oldest first.
    pub audit_events: Vec<AuditEvent>,
    /// Win32 apps that are not published, by id.
    #[serde(default)]
    pub unfinished_apps: BTreeMap<String, UnfinishedApp>,
    /// Intune roles, by id.
    pub intune_roles: BTreeMap<String, IntuneRole>,
    /// Assignments of Intune roles, by id.
    pub intune_role_assignments: BTreeMap<String, IntuneRoleAssignment>,
    /// `unlicensedAdminstratorsEnabled` (Microsoft's spelling): whether unlicensed administrators may approve.
    pub unlicensed_administrators: Option<bool>,
    /// Application permissions on Intune's own first-party resources.
    pub intune_api_grants: Vec<IntuneApiGrant>,
    /// Accounts of people who own applications in scope or approve, by object id.
    pub people: BTreeMap<String, Person>,
    /// Entra roles held by applications and groups.
    pub directory_roles: Vec<DirectoryRoleAssignment>,
    /// Delegated permissions of service principals in scope.
    pub delegated_grants: Vec<DelegatedGrant>,
    /// Last use of the credentials of applications in scope, by app id and key id.
    pub credential_activity: Vec<CredentialActivity>,
    /// Raw sign-ins of service principals in scope, counted.
    pub sign_ins: Vec<SignInSummary>,
    /// Conditional Access policies for workload identities, by id.
    pub conditional_access: BTreeMap<String, ConditionalAccessPolicy>,
    /// Restrictions on credentials, by id; the tenant's default is one of them.
    pub app_management_policies: BTreeMap<String, AppManagementPolicy>,
    /// Risky service principals in scope.
    pub risky_service_principals: BTreeMap<ServicePrincipalId, RiskyServicePrincipal>,
    /// Products that the tenant is subscribed to.
    pub licences: Vec<Licence>,
    /// What the activity logs of Microsoft Graph say, where they were given; a snapshot from before they were read has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_logs: Option<ActivityLogs>,
    /// What the automations' own source says, where it was given; a snapshot from before it was read has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scripts: Option<Scripts>,
    /// Ids, in lower case, that were looked up among service principals and applications, as object id and as app id. One that
    /// is not in here and was not found may exist all the same.
    pub looked_up: BTreeSet<String>,
}

impl Snapshot {
    /// An empty snapshot of which nothing has been read.
    #[must_use]
    pub fn new(tenant_id: TenantId, taken_at: DateTime<Utc>, audit_since: DateTime<Utc>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tenant_id,
            tenant_name: None,
            taken_at,
            audit_since,
            coverage: BTreeMap::new(),
            access_policies: BTreeMap::new(),
            approval_requests: BTreeMap::new(),
            groups: BTreeMap::new(),
            app_roles: BTreeMap::new(),
            app_role_grants: Vec::new(),
            service_principals: BTreeMap::new(),
            applications: BTreeMap::new(),
            deleted_service_principals: BTreeMap::new(),
            sign_in_activity: BTreeMap::new(),
            audit_events: Vec::new(),
            unfinished_apps: BTreeMap::new(),
            intune_roles: BTreeMap::new(),
            intune_role_assignments: BTreeMap::new(),
            unlicensed_administrators: None,
            intune_api_grants: Vec::new(),
            people: BTreeMap::new(),
            directory_roles: Vec::new(),
            delegated_grants: Vec::new(),
            credential_activity: Vec::new(),
            sign_ins: Vec::new(),
            conditional_access: BTreeMap::new(),
            app_management_policies: BTreeMap::new(),
            risky_service_principals: BTreeMap::new(),
            licences: Vec::new(),
            activity_logs: None,
            scripts: None,
            looked_up: BTreeSet::new(),
        }
    }

    /// How much of a dataset was read; "not requested" for one that the snapshot does not mention.
    #[must_use]
    pub fn coverage_of(&self, dataset: Dataset) -> &Coverage {
        self.coverage.get(&dataset).map_or(&coverage::NOT_REQUESTED, |reading| &reading.coverage)
    }

    /// Puts lists into their one order and drops repeats, so that the same tenant gives the same bytes however its pages came.
    pub fn normalise(&mut self) {
        sort_once(&mut self.app_role_grants);
        self.audit_events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        self.audit_events.dedup_by(|a, b| a.id == b.id);
        sort_once(&mut self.intune_api_grants);
        sort_once(&mut self.directory_roles);
        sort_once(&mut self.delegated_grants);
        sort_once(&mut self.licences);
        self.credential_activity.sort_by(|a, b| (&a.app_id, &a.key_id).cmp(&(&b.app_id, &b.key_id)));
        self.sign_ins.sort_by(|a, b| a.key.cmp(&b.key));
    }
}

fn sort_once<T: Ord>(rows: &mut Vec<T>) {
    rows.sort();
    rows.dedup();
}
