//! Which service principals matter: those that hold a permission in scope, those that a policy may exclude, those that
//! acted. All ids that lead to them are gathered first, so that they can be looked up in a few batches.

use super::{FirstRound, Options};
use crate::snapshot::{AccessPolicy, AppId, AppRoleGrant, Application, Dataset, ServicePrincipal, SignInActivity, Snapshot};
use std::collections::BTreeSet;

/// The ids to look up, all in lower case, and which of them were found.
pub(super) struct Scope {
    /// Object ids of service principals that hold a permission in scope.
    holders: BTreeSet<String>,
    /// Ids under unknown members of policies, among the values of audit events on policies, and in requests that changed
    /// one: object ids, app ids, or neither.
    candidates: BTreeSet<String>,
    /// Ids of applications that filed approval requests: object ids or app ids.
    requestors: BTreeSet<String>,
    /// App ids that acted as themselves.
    actors: BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Scope {
    pub(super) fn new(first: &FirstRound, options: &Options, snapshot: &Snapshot) -> Self {
        let holds = |grant: &&AppRoleGrant| options.scope_app_roles.contains(&grant.app_role);
        let requestors = snapshot.approval_requests.values().filter_map(|request| request.requestor_application.as_ref());
        Self {
            holders: first.grants.iter().filter(holds).map(|grant| grant.principal.as_str().to_owned()).collect(),
            candidates: candidates(snapshot),
            requestors: requestors.map(|id| id.trim().to_lowercase()).collect(),
            actors: first.actors.iter().map(|id| id.as_str().to_owned()).collect(),
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

    /// Notes a service principal under both of its ids.
    pub(super) fn found_principal(&mut self, principal: &ServicePrincipal) {
        self.found.extend([principal.id.as_str().to_owned(), principal.app_id.as_str().to_owned()]);
    }

    /// Notes an application under both of its ids.
    pub(super) fn found_application(&mut self, application: &Application) {
        self.found.extend([application.id.as_str().to_owned(), application.app_id.as_str().to_owned()]);
    }
}

/// Ids that policies, audit events on them or requests to change them name, without those that are known to be policies or groups.
fn candidates(snapshot: &Snapshot) -> BTreeSet<String> {
    let policies = snapshot.access_policies.values();
    let listed = policies.clone().flat_map(AccessPolicy::candidate_collections).flat_map(|collection| collection.ids);
    let resources = snapshot.audit_events.iter().flat_map(|event| &event.resources);
    let audited = resources.flat_map(|resource| resource.policy_ids.iter().cloned());
    let groups = policies.flat_map(|policy| policy.approver_groups.iter().flatten().map(|id| id.as_str().to_owned()));
    let known: BTreeSet<String> = groups.chain(snapshot.access_policies.keys().map(|id| id.as_str().to_owned())).collect();
    let requested = snapshot.approval_requests.values().flat_map(|request| request.policy_ids.iter().cloned());
    listed.chain(audited).chain(requested).filter(|id| !known.contains(id)).collect()
}

/// Keeps all Graph grants of whoever holds one in scope, or is in scope for another reason.
pub(super) fn keep_grants(grants: Vec<AppRoleGrant>, scope: &Scope, snapshot: &mut Snapshot) {
    let principals = &snapshot.service_principals;
    let kept = |grant: &AppRoleGrant| scope.holders.contains(grant.principal.as_str()) || principals.contains_key(&grant.principal);
    let kept: Vec<AppRoleGrant> = grants.into_iter().filter(kept).collect();
    snapshot.app_role_grants = kept;
}

/// Keeps the sign-ins of applications in scope. Where the service principals could not all be read, the scope is not known
/// and every row is kept, or a missing row would be taken for no sign-in.
pub(super) fn keep_sign_ins(rows: Vec<SignInActivity>, actors: &BTreeSet<AppId>, snapshot: &mut Snapshot) {
    let every = !snapshot.coverage_of(Dataset::ServicePrincipals).is_complete();
    let principals = snapshot.service_principals.values().map(|principal| &principal.app_id);
    let applications = snapshot.applications.values().map(|application| &application.app_id);
    let wanted: BTreeSet<AppId> = principals.chain(applications).chain(actors).cloned().collect();
    let kept = rows.into_iter().filter(|row| every || wanted.contains(&row.app_id));
    snapshot.sign_in_activity = kept.map(|row| (row.app_id.clone(), row)).collect();
}
