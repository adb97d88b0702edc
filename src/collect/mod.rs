//! Reads a tenant into a `Snapshot`: which datasets, in what order, and how much of each came.
//!
//! Two rounds. What does not depend on anything is read at once; then what the first round made necessary, in as few
//! requests as there are: never one for each service principal. A dataset that fails leaves its reason in the coverage and
//! the others go on.

mod access_policies;
mod app_management;
mod applications;
mod approval_requests;
mod approver_groups;
mod audit_events;
mod begun;
mod cheaper;
mod conditional_access;
mod credential_activity;
mod delegated;
mod deleted;
mod directory_parse;
mod directory_roles;
mod federated;
mod filters;
mod grants;
mod intune_roles;
mod intune_settings;
mod inventory;
mod json;
mod keep;
mod licences;
mod organization;
mod owners;
mod people;
mod plan;
mod probe;
mod reader;
mod risky;
mod rounds;
mod scope;
mod service_principals;
mod sign_in_activity;
mod sign_ins;
mod unfinished_apps;
mod work;

pub use begun::count_service_principals;
pub use plan::{Figures, MOST_SERVICE_PRINCIPALS, Plan, Span, Step};
pub use probe::probe;
pub use work::{Beginning, Error as WorkError, Terms, WorkFile};

use crate::graph::{self, Client, Resource};
use crate::snapshot::{AppRoleId, Coverage, Dataset, Gap, Snapshot, TenantId};
use begun::Begun;
use chrono::{DateTime, Duration, Utc};
use reader::{Finished, Reader};
use std::collections::BTreeSet;

/// What to collect.
#[derive(Debug, Clone)]
pub struct Options {
    /// The clock of the run (UTC).
    pub taken_at: DateTime<Utc>,
    /// How far back audit events are read, in days; 0 leaves them out.
    pub audit_days: u32,
    /// Who holds one of these application permissions on Microsoft Graph is in scope.
    pub scope_app_roles: BTreeSet<AppRoleId>,
    /// How much of the directory is read.
    pub inventory: Inventory,
    /// Whether raw sign-ins of what is in scope are read: of the last 30 days, and not further back than audit events.
    pub sign_ins: bool,
    /// Object ids and app ids, in any letter case, to look up beside those that the tenant names: exclusions that the user knows of.
    /// What is found is in scope. Anything else than a GUID is nobody's id.
    pub look_up: BTreeSet<String>,
}

impl Options {
    /// What is usual: audit events of 90 days, only what is in scope, no raw sign-ins, nothing to look up.
    #[must_use]
    pub fn usual(taken_at: DateTime<Utc>, scope_app_roles: BTreeSet<AppRoleId>) -> Self {
        Self { taken_at, audit_days: 90, scope_app_roles, inventory: Inventory::Scope, sign_ins: false, look_up: BTreeSet::new() }
    }
}

/// How much of the directory is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Inventory {
    /// What is in scope.
    #[default]
    Scope,
    /// Every service principal and application, with its keys.
    Full,
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
    let rounds = async {
        let first = rounds::first(&tenant, options, &mut snapshot).await?;
        rounds::second(&tenant, options, first, &mut snapshot).await;
        Ok(())
    };
    let (read, posture) = tokio::join!(Box::pin(rounds), Box::pin(rounds::posture(&tenant)));
    read?;
    posture.file(&mut snapshot);
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

    /// Reads a dataset, unless this cloud does not have it: then nothing is asked.
    async fn read<T: Default>(&self, dataset: Dataset, how: impl AsyncFnOnce(Reader<'a>) -> (T, Finished)) -> (T, Finished) {
        let reader = self.reader(dataset);
        if reader.is_here() { how(reader).await } else { (T::default(), reader.skip(Gap::Cloud)) }
    }

    /// Reads the first page of a dataset, unless this cloud does not have it.
    async fn begin(&self, dataset: Dataset, list: Resource) -> Begun<'a> {
        let mut reader = self.reader(dataset);
        if reader.is_here() {
            return Begun::read(reader, list).await;
        }
        reader.note(Gap::Cloud);
        Begun::unasked(reader)
    }
}

#[cfg(test)]
mod tests;
