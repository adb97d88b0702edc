//! Reads a tenant into a `Snapshot`: which datasets, in what order, and how much of each came.
//!
//! Two rounds. What does not depend on anything is read at once; then what the first round made necessary, in as few
//! requests as there are: never one for each service principal. A dataset that fails leaves its reason in the coverage and
//! the others go on.

mod access_policies;
mod applications;
mod approval_requests;
mod approver_groups;
mod audit_events;
mod deleted;
mod directory_parse;
mod filters;
mod grants;
mod json;
mod organization;
mod reader;
mod scope;
mod service_principals;
mod sign_ins;
mod work;

use crate::graph::{self, Client};
use crate::snapshot::{AppRoleId, Coverage, Dataset, Snapshot, TenantId, is_guid};
use chrono::{DateTime, Duration, Utc};
use reader::{Finished, Reader};
use scope::Scope;
use std::collections::BTreeSet;
pub use work::{Beginning, Error as WorkError, Terms, WorkFile};

/// What to collect.
pub struct Options {
    /// The clock of the run (UTC).
    pub taken_at: DateTime<Utc>,
    /// How far back audit events are read, in days; 0 leaves them out.
    pub audit_days: u32,
    /// Who holds one of these application permissions on Microsoft Graph is in scope.
    pub scope_app_roles: BTreeSet<AppRoleId>,
}

/// Told how the collection goes. May be called from several datasets in turn.
pub trait Progress: Send + Sync {
    /// Reading of a dataset has begun.
    fn started(&self, dataset: Dataset);
    /// So many objects of it have been read so far.
    fn read(&self, dataset: Dataset, items: u64);
    /// Reading of it has ended.
    fn finished(&self, dataset: Dataset, coverage: &Coverage);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _: Dataset) {}
    fn read(&self, _: Dataset, _: u64) {}
    fn finished(&self, _: Dataset, _: &Coverage) {}
}

/// Why nothing could be collected.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Every first read failed for the same reason: the sign-in was refused, or the service cannot be reached.
    /// The user's to set right.
    #[error(transparent)]
    Nothing(graph::Error),
}

/// Reads the tenant.
///
/// # Errors
/// [`Error::Nothing`] only when nothing at all can be read; every other failure is in the snapshot's coverage.
pub async fn collect(client: &Client, options: &Options, progress: &dyn Progress) -> Result<Snapshot, Error> {
    let days = Duration::days(i64::from(options.audit_days));
    let since = options.taken_at.checked_sub_signed(days).unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
    let mut snapshot = Snapshot::new(TenantId::new(client.tenant_id()), options.taken_at, since);
    let tenant = Tenant { client, progress };
    let grants = first_round(&tenant, options, &mut snapshot).await?;
    second_round(&tenant, options, grants, &mut snapshot).await;
    snapshot.normalise();
    Ok(snapshot)
}

/// The tenant to read and whom to tell.
struct Tenant<'a> {
    client: &'a Client,
    progress: &'a dyn Progress,
}

impl<'a> Tenant<'a> {
    fn reader(&self, dataset: Dataset) -> Reader<'a> {
        Reader::start(self.client, dataset, self.progress)
    }
}

/// What the second round needs of the first besides the snapshot: rows of which only those in scope are kept.
struct FirstRound {
    grants: Vec<crate::snapshot::AppRoleGrant>,
    sign_ins: Vec<crate::snapshot::SignInActivity>,
    actors: BTreeSet<crate::snapshot::AppId>,
}

async fn first_round(tenant: &Tenant<'_>, options: &Options, snapshot: &mut Snapshot) -> Result<FirstRound, Error> {
    let (policies, requests, roles, grants, sign_ins, audit, organization) = tokio::join!(
        access_policies::read(tenant.reader(Dataset::AccessPolicies)),
        approval_requests::read(tenant.reader(Dataset::ApprovalRequests)),
        grants::read_roles(tenant.reader(Dataset::AppRoles)),
        grants::read_grants(tenant.reader(Dataset::AppRoleGrants)),
        sign_ins::read(tenant.reader(Dataset::SignInActivity)),
        audit_events::read(tenant.reader(Dataset::AuditEvents), snapshot.audit_since, options.taken_at),
        organization::read(tenant.reader(Dataset::Organization)),
    );
    let ends = [&policies.1, &requests.1, &roles.1, &grants.1, &sign_ins.1, &audit.1, &organization.1];
    refuse_if_nothing(&ends)?;
    for end in ends {
        end.file(snapshot);
    }
    snapshot.access_policies = policies.0;
    snapshot.approval_requests = requests.0;
    snapshot.app_roles = roles.0;
    snapshot.audit_events = audit.0;
    take_organization(organization.0, snapshot);
    let actors = snapshot.audit_events.iter().filter_map(|event| event.actor.app_only().cloned()).collect();
    Ok(FirstRound { grants: grants.0, sign_ins: sign_ins.0, actors })
}

/// Fails if every dataset that was asked for met a wall that all others would meet too.
fn refuse_if_nothing(ends: &[&Finished]) -> Result<(), Error> {
    let mut asked = ends.iter().filter(|end| end.was_asked()).peekable();
    let first = asked.peek().and_then(|end| end.wall.clone());
    match first {
        Some(wall) if asked.all(|end| end.wall.is_some()) => Err(Error::Nothing(wall)),
        _ => Ok(()),
    }
}

/// The tenant's id stands in for a domain name that the sign-in was given.
fn take_organization(found: Option<organization::Organization>, snapshot: &mut Snapshot) {
    let Some(organization) = found else { return };
    snapshot.tenant_name = organization.name;
    if !is_guid(snapshot.tenant_id.as_str()) && is_guid(organization.id.as_str()) {
        snapshot.tenant_id = organization.id;
    }
}

async fn second_round(tenant: &Tenant<'_>, options: &Options, first: FirstRound, snapshot: &mut Snapshot) {
    let groups = snapshot.access_policies.values().flat_map(|policy| policy.approver_groups.iter().flatten().cloned()).collect();
    let directory = async {
        let mut scope = Scope::new(&first, options, snapshot);
        let found = service_principals::read_with_applications(tenant, &mut scope, snapshot).await;
        let federated = applications::read_federated(tenant.reader(Dataset::FederatedCredentials), found.applications, &found.apps_end);
        let deleted = deleted::read(tenant.reader(Dataset::DeletedServicePrincipals), !scope.unresolved_candidates().is_empty());
        let (federated, deleted) = tokio::join!(federated, deleted);
        (found.principals, found.principals_end, found.apps_end, federated, deleted, scope)
    };
    let (groups, directory) = tokio::join!(approver_groups::read(tenant.reader(Dataset::ApproverGroups), groups), directory);
    let (principals, principals_end, apps_end, (applications, federated_end), (deleted, deleted_end), scope) = directory;
    for end in [&groups.1, &principals_end, &apps_end, &federated_end, &deleted_end] {
        end.file(snapshot);
    }
    snapshot.groups = groups.0;
    snapshot.applications = applications;
    snapshot.deleted_service_principals = deleted;
    snapshot.service_principals = principals;
    scope::keep_grants(first.grants, &scope, snapshot);
    scope::keep_sign_ins(first.sign_ins, &first.actors, snapshot);
}

#[cfg(test)]
mod tests;
