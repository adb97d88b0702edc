//! The directory part of a snapshot, looked up by every id that Graph uses for the same application.

use crate::snapshot::{AppId, AppRoleGrant, Application, Coverage, Dataset, DeletedServicePrincipal, Gap, ServicePrincipal, Snapshot};
use std::collections::BTreeMap;

/// Lookups over one snapshot, each built once.
pub(super) struct Directory<'a> {
    pub(super) snapshot: &'a Snapshot,
    principals: BTreeMap<&'a AppId, &'a ServicePrincipal>,
    applications: BTreeMap<&'a AppId, &'a Application>,
    grants: BTreeMap<&'a str, Vec<&'a AppRoleGrant>>,
    deleted: BTreeMap<&'a str, &'a DeletedServicePrincipal>,
}

/// What an id on a list turned out to be.
pub(super) enum Resolved<'a> {
    /// A service principal, given by its object id or app id, or by its application's object id.
    Principal(&'a ServicePrincipal),
    /// An application that has no service principal here.
    ApplicationOnly(&'a Application),
    /// A service principal in the recycle bin.
    Deleted(&'a DeletedServicePrincipal),
}

impl<'a> Directory<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let mut grants: BTreeMap<&str, Vec<&AppRoleGrant>> = BTreeMap::new();
        for grant in &snapshot.app_role_grants {
            grants.entry(grant.principal.as_str()).or_default().push(grant);
        }
        let deleted = snapshot.deleted_service_principals.values();
        Self {
            snapshot,
            principals: snapshot.service_principals.values().map(|principal| (&principal.app_id, principal)).collect(),
            applications: snapshot.applications.values().map(|application| (&application.app_id, application)).collect(),
            grants,
            deleted: deleted.flat_map(|gone| [(gone.id.as_str(), gone), (gone.app_id.as_str(), gone)]).collect(),
        }
    }

    pub(super) fn principal(&self, app_id: &AppId) -> Option<&'a ServicePrincipal> {
        self.principals.get(app_id).copied()
    }

    pub(super) fn application(&self, app_id: &AppId) -> Option<&'a Application> {
        self.applications.get(app_id).copied()
    }

    pub(super) fn grants(&self, principal: &ServicePrincipal) -> &[&'a AppRoleGrant] {
        self.grants.get(principal.id.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Finds what an object id or app id stands for, in lower case.
    pub(super) fn resolve(&self, id: &str) -> Option<Resolved<'a>> {
        let by_object_id = self.snapshot.service_principals.get(&id.into());
        if let Some(principal) = by_object_id.or_else(|| self.principal(&id.into())) {
            return Some(Resolved::Principal(principal));
        }
        let application = self.snapshot.applications.get(&id.into()).or_else(|| self.application(&id.into()));
        if let Some(application) = application {
            let principal = self.principal(&application.app_id);
            return Some(principal.map_or(Resolved::ApplicationOnly(application), Resolved::Principal));
        }
        self.deleted.get(id).map(|gone| Resolved::Deleted(gone))
    }

    /// Why an id may have stayed unresolved although it exists: the first dataset of the directory that was not read whole.
    pub(super) fn resolution_gap(&self) -> Option<Gap> {
        [Dataset::ServicePrincipals, Dataset::Applications].into_iter().find_map(|dataset| self.gap(dataset))
    }

    /// Why a dataset is not whole.
    pub(super) fn gap(&self, dataset: Dataset) -> Option<Gap> {
        self.snapshot.coverage_of(dataset).gap().cloned()
    }

    pub(super) fn is_complete(&self, dataset: Dataset) -> bool {
        matches!(self.snapshot.coverage_of(dataset), Coverage::Complete { .. })
    }
}
