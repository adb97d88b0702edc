//! The directory part of a snapshot, looked up by every id that Graph uses for the same application.

use crate::snapshot::{
    AppId, AppRoleGrant, Application, Coverage, CredentialActivity, Dataset, DeletedServicePrincipal, Gap, ServicePrincipal, SignInSummary,
    SignInTime, Snapshot, is_guid,
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Lookups over one snapshot, each built once.
pub(super) struct Directory<'a> {
    pub(super) snapshot: &'a Snapshot,
    principals: BTreeMap<&'a AppId, &'a ServicePrincipal>,
    applications: BTreeMap<&'a AppId, &'a Application>,
    grants: BTreeMap<&'a str, Vec<&'a AppRoleGrant>>,
    deleted: BTreeMap<&'a str, &'a DeletedServicePrincipal>,
    credential_uses: BTreeMap<&'a AppId, Vec<&'a CredentialActivity>>,
    sign_ins: BTreeMap<&'a AppId, Vec<&'a SignInSummary>>,
}

/// What an id on a list turned out to be.
#[derive(Clone, Copy)]
pub(super) enum Resolved<'a> {
    /// A service principal, given by its object id or app id, or by its application's object id.
    Principal(&'a ServicePrincipal),
    /// An application that has no service principal here.
    ApplicationOnly(&'a Application),
    /// A service principal in the recycle bin.
    Deleted(&'a DeletedServicePrincipal),
}

impl<'a> Resolved<'a> {
    /// The app id behind it.
    pub(super) fn app_id(self) -> &'a AppId {
        match self {
            Self::Principal(principal) => &principal.app_id,
            Self::ApplicationOnly(application) => &application.app_id,
            Self::Deleted(gone) => &gone.app_id,
        }
    }
}

impl<'a> Directory<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let mut grants: BTreeMap<&str, Vec<&AppRoleGrant>> = BTreeMap::new();
        for grant in &snapshot.app_role_grants {
            grants.entry(grant.principal.as_str()).or_default().push(grant);
        }
        let mut credential_uses: BTreeMap<&AppId, Vec<&CredentialActivity>> = BTreeMap::new();
        for activity in &snapshot.credential_activity {
            credential_uses.entry(&activity.app_id).or_default().push(activity);
        }
        let mut sign_ins: BTreeMap<&AppId, Vec<&SignInSummary>> = BTreeMap::new();
        for summary in &snapshot.sign_ins {
            sign_ins.entry(&summary.key.app_id).or_default().push(summary);
        }
        let deleted = snapshot.deleted_service_principals.values();
        Self {
            snapshot,
            principals: snapshot.service_principals.values().map(|principal| (&principal.app_id, principal)).collect(),
            applications: snapshot.applications.values().map(|application| (&application.app_id, application)).collect(),
            grants,
            deleted: deleted.flat_map(|gone| [(gone.id.as_str(), gone), (gone.app_id.as_str(), gone)]).collect(),
            credential_uses,
            sign_ins,
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

    /// Last use of each key of an application that the credential report has, by key id.
    pub(super) fn credential_uses(&self, app_id: &AppId) -> &[&'a CredentialActivity] {
        self.credential_uses.get(app_id).map(Vec::as_slice).unwrap_or_default()
    }

    /// When the credential report last saw any key of an application in use (UTC).
    pub(super) fn last_key_use(&self, app_id: &AppId) -> Option<DateTime<Utc>> {
        let times = self.credential_uses(app_id).iter().filter_map(|activity| match activity.last_sign_in {
            SignInTime::At(time) => Some(time),
            SignInTime::None | SignInTime::Unreadable => None,
        });
        times.max()
    }

    /// Raw sign-ins of an application as itself, counted.
    pub(super) fn sign_ins(&self, app_id: &AppId) -> &[&'a SignInSummary] {
        self.sign_ins.get(app_id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The last raw sign-in that succeeded (UTC). Of a row that counts failures too, only its beginning is sure.
    pub(super) fn last_raw_sign_in(&self, app_id: &AppId) -> Option<DateTime<Utc>> {
        let succeeded = self.sign_ins(app_id).iter().filter(|summary| summary.succeeded > 0);
        succeeded.map(|summary| if summary.failed == 0 { summary.last } else { summary.first }).max()
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

    /// The id that the user means by an id or by a name that only one application has; else why there is none.
    pub(super) fn resolve_written(&self, written: &str) -> Result<String, String> {
        let written = written.trim();
        if is_guid(written) {
            return Ok(written.to_owned());
        }
        let name = written.to_lowercase();
        let principals = self.snapshot.service_principals.values().map(|principal| (&principal.display_name, &principal.app_id));
        let applications = self.snapshot.applications.values().map(|application| (&application.display_name, &application.app_id));
        let named = principals.chain(applications).filter(|(display_name, _)| display_name.trim().to_lowercase() == name);
        let found: BTreeSet<&AppId> = named.map(|(_, app_id)| app_id).collect();
        match (found.len(), found.first()) {
            (1, Some(app_id)) => Ok(app_id.to_string()),
            (0, _) => Err(format!("no application that was read is called {written}: write its app id instead")),
            (several, _) => Err(format!("{several} applications are called {written}: write the app id of the one that is meant")),
        }
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
