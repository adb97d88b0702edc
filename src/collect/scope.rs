//! Which service principals matter: those that hold a permission in scope, a grant on Intune's own resources or an Entra role
//! that reaches Intune, those that a policy may exclude, those that acted. All ids that lead to them are gathered first, so that they can be looked up in a few batches.

use super::applications::Applications;
use super::directory_roles::REACHING_INTUNE;
use super::service_principals::Principals;
use super::{Options, sign_ins};
use crate::snapshot::{
    AccessPolicy, AppId, AppRoleGrant, Application, DirectoryRoleAssignment, Gap, ServicePrincipal, ServicePrincipalId, Snapshot, is_guid,
};
use std::collections::BTreeSet;

/// The ids to look up, all in lower case, and which of them were found.
pub(super) struct Scope {
    /// Object ids of service principals that hold something that brings them into scope.
    holders: BTreeSet<String>,
    /// Those among them that the service said are service principals.
    shown: BTreeSet<String>,
    /// Ids under unknown members of policies, among the values of audit events on policies, in requests that changed one, and
    /// those that the user asked for: object ids, app ids, or neither.
    candidates: BTreeSet<String>,
    /// Ids of applications that filed approval requests: object ids or app ids.
    requestors: BTreeSet<String>,
    /// App ids that acted as themselves.
    actors: BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Scope {
    pub(super) fn new(grants: &[AppRoleGrant], actors: &BTreeSet<AppId>, options: &Options, snapshot: &Snapshot) -> Self {
        let holds = |grant: &&AppRoleGrant| options.scope_app_roles.contains(&grant.app_role);
        let holders = grants.iter().filter(holds).map(|grant| grant.principal.as_str().to_owned());
        let on_intune = snapshot.intune_api_grants.iter().map(|held| held.grant.principal.as_str().to_owned());
        let requestors = snapshot.approval_requests.values().filter_map(|request| request.requestor_application.as_ref());
        let roles = role_holders(snapshot).filter(|held| held.principal_kind.is_some()).map(|held| held.principal.clone());
        let shown: BTreeSet<String> = holders.chain(on_intune).chain(roles).collect();
        Self {
            holders: shown.iter().cloned().chain(role_holders(snapshot).map(|held| held.principal.clone())).collect(),
            shown,
            candidates: candidates(snapshot, &options.look_up),
            requestors: requestors.map(|id| id.trim().to_lowercase()).collect(),
            actors: actors.iter().map(|id| id.as_str().to_owned()).collect(),
            found: BTreeSet::new(),
        }
    }

    /// Everything that may be the object id of a service principal.
    pub(super) fn object_ids(&self) -> BTreeSet<String> {
        [&self.holders, &self.candidates, &self.requestors].into_iter().flatten().cloned().collect()
    }

    /// Everything that may be an app id.
    pub(super) fn app_ids(&self) -> BTreeSet<String> {
        [&self.actors, &self.candidates, &self.requestors].into_iter().flatten().cloned().collect()
    }

    /// App ids that acted.
    pub(super) fn actors(&self) -> &BTreeSet<String> {
        &self.actors
    }

    /// Ids that are looked up in every way, of service principals and of applications.
    pub(super) fn looked_up(&self) -> &BTreeSet<String> {
        &self.candidates
    }

    /// Candidates that nothing has been found for so far.
    pub(super) fn unresolved_candidates(&self) -> BTreeSet<String> {
        self.candidates.difference(&self.found).cloned().collect()
    }

    /// Service principals that hold something and were not found.
    pub(super) fn missing_holders(&self) -> BTreeSet<String> {
        self.shown.difference(&self.found).cloned().collect()
    }

    /// Notes a service principal under both of its ids.
    pub(super) fn found_principal(&mut self, principal: &ServicePrincipal) {
        self.found.extend([principal.id.as_str().to_owned(), principal.app_id.as_str().to_owned()]);
    }

    /// Notes an application under both of its ids.
    pub(super) fn found_application(&mut self, application: &Application) {
        self.found.extend([application.id.as_str().to_owned(), application.app_id.as_str().to_owned()]);
    }
}

/// Holders of Entra roles by which an application may reach Intune. Groups are no service principals; of what kind a principal
/// is that was not shown, the directory will tell.
fn role_holders(snapshot: &Snapshot) -> impl Iterator<Item = &DirectoryRoleAssignment> {
    let reaching = snapshot.directory_roles.iter().filter(|held| REACHING_INTUNE.contains(&held.role_definition.as_str()));
    let is_application = |kind: &str| kind.eq_ignore_ascii_case("servicePrincipal");
    reaching.filter(move |held| held.principal_kind.as_deref().is_none_or(is_application))
}

/// Ids that policies, audit events on them, requests to change them or the user name, without those that are known to be
/// policies or groups.
fn candidates(snapshot: &Snapshot, asked_for: &BTreeSet<String>) -> BTreeSet<String> {
    let policies = snapshot.access_policies.values();
    let listed = policies.clone().flat_map(AccessPolicy::candidate_collections).flat_map(|collection| collection.ids);
    let resources = snapshot.audit_events.iter().flat_map(|event| &event.resources);
    let audited = resources.flat_map(|resource| resource.policy_ids.iter().cloned());
    let groups = policies.flat_map(|policy| policy.approver_groups.iter().flatten().map(|id| id.as_str().to_owned()));
    let known: BTreeSet<String> = groups.chain(snapshot.access_policies.keys().map(|id| id.as_str().to_owned())).collect();
    let requested = snapshot.approval_requests.values().flat_map(|request| request.policy_ids.iter().cloned());
    let asked_for = asked_for.iter().map(|id| id.trim().to_lowercase()).filter(|id| is_guid(id));
    listed.chain(audited).chain(requested).chain(asked_for).filter(|id| !known.contains(id)).collect()
}

/// What turned out to be in scope.
pub(super) struct InScope {
    /// Object ids of service principals that were found.
    pub(super) principals: BTreeSet<ServicePrincipalId>,
    /// App ids of these, of applications that were found, and of those that acted.
    pub(super) app_ids: BTreeSet<AppId>,
    /// Those of managed identities.
    managed: BTreeSet<AppId>,
    /// Why not everything in scope is known, if it is not.
    pub(super) gap: Option<Gap>,
}

impl InScope {
    pub(super) fn new(principals: &Principals, applications: &Applications, actors: &BTreeSet<AppId>, gap: Option<Gap>) -> Self {
        let app_ids = principals.values().map(|principal| &principal.app_id);
        let app_ids = app_ids.chain(applications.values().map(|application| &application.app_id)).chain(actors);
        let managed = principals.values().filter(|principal| principal.is_managed_identity());
        Self {
            principals: principals.keys().cloned().collect(),
            app_ids: app_ids.cloned().collect(),
            managed: managed.map(|principal| principal.app_id.clone()).collect(),
            gap,
        }
    }

    /// Why something that belongs to what is in scope may be missing.
    pub(super) fn inherited(&self) -> Vec<Gap> {
        self.gap.iter().cloned().collect()
    }

    /// App ids, if these are all.
    pub(super) fn all_app_ids(&self) -> Option<&BTreeSet<AppId>> {
        Some(&self.app_ids).filter(|_| self.gap.is_none())
    }

    /// Whether what is said of an application is kept. Where the scope is not known everything is, or a missing row would be
    /// taken for none.
    pub(super) fn keeps(&self, app_id: &AppId) -> bool {
        self.gap.is_some() || self.app_ids.contains(app_id)
    }

    /// Whose raw sign-ins are read, and of which kind.
    pub(super) fn signing_in(&self) -> sign_ins::Wanted {
        let kind = |app_id: &AppId| if self.managed.contains(app_id) { "managedIdentity" } else { "servicePrincipal" };
        self.app_ids.iter().map(|app_id| (app_id.clone(), kind(app_id))).collect()
    }
}

impl Scope {
    /// Keeps all Graph grants of whoever holds one in scope, or is in scope for another reason.
    pub(super) fn keep_grants(&self, grants: &mut Vec<AppRoleGrant>, found: &InScope) {
        grants.retain(|grant| self.holders.contains(grant.principal.as_str()) || found.principals.contains(&grant.principal));
        grants.shrink_to_fit();
    }
}
