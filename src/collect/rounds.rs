//! The two rounds of a collection: what does not depend on anything, and what that made necessary.

use super::begun::{self, Begun};
use super::reader::{Finished, Reader};
use super::scope::{InScope, Scope};
use super::service_principals::{Found, Readers};
use super::{
    Error, Inventory, Options, Tenant, access_policies, app_management, approval_requests, approver_groups, audit_events,
    conditional_access, credential_activity, delegated, deleted, directory_roles, federated, grants, intune_roles, intune_settings,
    inventory, licences, organization, owners, people, risky, service_principals, sign_in_activity, sign_ins, unfinished_apps,
};
use crate::snapshot::{AppId, AppRoleGrant, Dataset, Gap, ServicePrincipalId, Snapshot, is_guid};
use std::collections::BTreeSet;

/// What the second round needs of the first besides the snapshot: rows of which only those in scope are kept, and lists that
/// have been begun.
pub(super) struct First<'a> {
    grants: Vec<AppRoleGrant>,
    actors: BTreeSet<AppId>,
    lists: Lists<'a>,
    /// Reads service principals; so far it has counted them.
    principals: Reader<'a>,
}

/// Lists that go on when the scope is known.
struct Lists<'a> {
    sign_ins: Begun<'a>,
    credentials: Begun<'a>,
    delegated: Begun<'a>,
    /// Service principals in the tenant.
    directory: Option<u64>,
}

/// Reads everything that does not depend on anything else.
///
/// # Errors
/// [`Error::Nothing`] if nothing at all can be read.
pub(super) async fn first<'a>(tenant: &Tenant<'a>, options: &Options, snapshot: &mut Snapshot) -> Result<First<'a>, Error> {
    // Boxed, because so many reads at once would fill the stack of whoever waits for them.
    let (intune, directory, begun) =
        tokio::join!(Box::pin(read_intune(tenant, options, snapshot)), Box::pin(read_directory(tenant)), Box::pin(begin(tenant)));
    let ends: Vec<&Finished> = intune.1.iter().chain(&directory.1).collect();
    refuse_if_nothing(&ends)?;
    ends.into_iter().for_each(|end| end.file(snapshot));
    intune.0.file(snapshot);
    let grants = directory.0.file(snapshot);
    let actors = snapshot.audit_events.iter().filter_map(|event| event.actor.app_only().cloned()).collect();
    let (lists, principals) = begun;
    Ok(First { grants, actors, lists, principals })
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

/// What Intune says.
struct Intune {
    policies: access_policies::Policies,
    requests: approval_requests::Requests,
    roles: intune_roles::IntuneRoles,
    unlicensed: Option<bool>,
    events: Vec<crate::snapshot::AuditEvent>,
    unfinished: unfinished_apps::Unfinished,
}

async fn read_intune(tenant: &Tenant<'_>, options: &Options, snapshot: &Snapshot) -> (Intune, [Finished; 6]) {
    let (since, until) = (snapshot.audit_since, options.taken_at);
    let (policies, requests, roles, settings, events, unfinished) = tokio::join!(
        tenant.read(Dataset::AccessPolicies, access_policies::read),
        tenant.read(Dataset::ApprovalRequests, approval_requests::read),
        tenant.read(Dataset::IntuneRoles, intune_roles::read),
        tenant.read(Dataset::IntuneSettings, intune_settings::read),
        tenant.read(Dataset::AuditEvents, async |reader| audit_events::read(reader, since, until).await),
        tenant.read(Dataset::UnfinishedApps, unfinished_apps::read),
    );
    let found = Intune {
        policies: policies.0,
        requests: requests.0,
        roles: roles.0,
        unlicensed: settings.0,
        events: events.0,
        unfinished: unfinished.0,
    };
    (found, [policies.1, requests.1, roles.1, settings.1, events.1, unfinished.1])
}

impl Intune {
    fn file(self, snapshot: &mut Snapshot) {
        snapshot.access_policies = self.policies;
        snapshot.approval_requests = self.requests;
        snapshot.intune_roles = self.roles.roles;
        snapshot.intune_role_assignments = self.roles.assignments;
        snapshot.unlicensed_administrators = self.unlicensed;
        snapshot.audit_events = self.events;
        snapshot.unfinished_apps = self.unfinished;
    }
}

/// What the directory says of the whole tenant.
struct Directory {
    roles: grants::Roles,
    grants: Vec<AppRoleGrant>,
    intune_grants: Vec<crate::snapshot::IntuneApiGrant>,
    directory_roles: Vec<crate::snapshot::DirectoryRoleAssignment>,
    organization: Option<organization::Organization>,
    licences: Vec<crate::snapshot::Licence>,
}

async fn read_directory(tenant: &Tenant<'_>) -> (Directory, [Finished; 6]) {
    let (roles, grants, intune_grants, directory_roles, organization, licences) = tokio::join!(
        tenant.read(Dataset::AppRoles, grants::read_roles),
        tenant.read(Dataset::AppRoleGrants, grants::read_grants),
        tenant.read(Dataset::IntuneApiGrants, grants::read_intune_grants),
        tenant.read(Dataset::DirectoryRoles, directory_roles::read),
        tenant.read(Dataset::Organization, organization::read),
        tenant.read(Dataset::Licences, licences::read),
    );
    let found = Directory {
        roles: roles.0,
        grants: grants.0,
        intune_grants: intune_grants.0,
        directory_roles: directory_roles.0,
        organization: organization.0,
        licences: licences.0,
    };
    (found, [roles.1, grants.1, intune_grants.1, directory_roles.1, organization.1, licences.1])
}

impl Directory {
    /// Gives back the grants, of which only some are kept.
    fn file(self, snapshot: &mut Snapshot) -> Vec<AppRoleGrant> {
        snapshot.app_roles = self.roles;
        snapshot.intune_api_grants = self.intune_grants;
        snapshot.directory_roles = self.directory_roles;
        snapshot.licences = self.licences;
        if let Some(organization) = self.organization {
            snapshot.tenant_name = organization.name;
            // The tenant's id stands in for a domain name that the sign-in was given.
            if !is_guid(snapshot.tenant_id.as_str()) && is_guid(organization.id.as_str()) {
                snapshot.tenant_id = organization.id;
            }
        }
        self.grants
    }
}

/// What protects applications, and what is said of their risk.
pub(super) struct Posture {
    conditional_access: conditional_access::ConditionalAccess,
    app_management: app_management::Policies,
    risky: risky::Risky,
    ends: [Finished; 3],
}

/// Reads what no other dataset depends on and what depends on none. It goes beside both rounds, because its limit of one request a
/// second would hold them up.
pub(super) async fn posture(tenant: &Tenant<'_>) -> Posture {
    let (access, management, risky) = tokio::join!(
        tenant.read(Dataset::ConditionalAccess, conditional_access::read),
        tenant.read(Dataset::AppManagementPolicies, app_management::read),
        tenant.read(Dataset::RiskyServicePrincipals, risky::read),
    );
    Posture { conditional_access: access.0, app_management: management.0, risky: risky.0, ends: [access.1, management.1, risky.1] }
}

impl Posture {
    /// Files it when the rounds are done: of the risky service principals those in scope, or all where the scope is not known.
    pub(super) fn file(self, snapshot: &mut Snapshot) {
        self.ends.iter().for_each(|end| end.file(snapshot));
        snapshot.conditional_access = self.conditional_access;
        snapshot.app_management_policies = self.app_management;
        let every = !snapshot.coverage_of(Dataset::ServicePrincipals).is_complete();
        let in_scope = |id: &ServicePrincipalId| every || snapshot.service_principals.contains_key(id);
        let kept = self.risky.into_iter().filter(|(id, _)| in_scope(id)).collect();
        snapshot.risky_service_principals = kept;
    }
}

async fn begin<'a>(tenant: &Tenant<'a>) -> (Lists<'a>, Reader<'a>) {
    let principals = tenant.reader(Dataset::ServicePrincipals);
    let (sign_ins, credentials, delegated, directory) = tokio::join!(
        tenant.begin(Dataset::SignInActivity, sign_in_activity::REPORT.list()),
        tenant.begin(Dataset::CredentialActivity, credential_activity::REPORT.list()),
        tenant.begin(Dataset::DelegatedGrants, delegated::list()),
        begun::count_service_principals(&principals.client),
    );
    (Lists { sign_ins, credentials, delegated, directory }, principals)
}

/// Reads what the first round made necessary, and files it.
pub(super) async fn second(tenant: &Tenant<'_>, options: &Options, first: First<'_>, snapshot: &mut Snapshot) {
    let First { mut grants, actors, lists, principals } = first;
    let mut scope = Scope::new(&grants, &actors, options, snapshot);
    let inherited: Vec<Gap> = snapshot.coverage_of(Dataset::AppRoleGrants).gap().cloned().into_iter().collect();
    let named = snapshot.access_policies.values().flat_map(|policy| policy.approver_groups.iter().flatten().cloned()).collect();
    let (groups, (found, readers)) = tokio::join!(
        tenant.read(Dataset::ApproverGroups, async |reader| approver_groups::read(reader, named).await),
        Box::pin(service_principals::read_with_applications(tenant, principals, &mut scope, inherited)),
    );
    groups.1.file(snapshot);
    let in_scope = InScope::new(&found.principals, &found.applications, &actors, readers.principals.gap());
    scope.keep_grants(&mut grants, &in_scope);
    snapshot.looked_up = scope.looked_up().clone();
    snapshot.app_role_grants = grants;
    let approvers = groups.0.values().flat_map(|group| group.members.iter().flatten());
    let approvers = approvers.filter(|member| people::may_be_person(member.kind.as_deref())).map(|member| member.id.clone()).collect();
    // Where the service principals are not whole anyway, nothing follows from one that is not there.
    let missing = if in_scope.gap.is_none() { scope.missing_holders() } else { BTreeSet::new() };
    let unresolved = !scope.unresolved_candidates().is_empty();
    // Where no policy names a group there is no approver to miss, unless it is the policies that are missing.
    let approvers_gap = match groups.1.gap() {
        Some(Gap::NotRequested) => snapshot.coverage_of(Dataset::AccessPolicies).gap().cloned(),
        other => other.cloned(),
    };
    let also = Also { approvers, approvers_gap, unresolved, missing };
    let window = sign_ins::Window::new(snapshot.audit_since, options.taken_at);
    let (objects, usage) = tokio::join!(
        Box::pin(read_objects(tenant, options, found, readers, also)),
        Box::pin(read_usage(tenant, &in_scope, lists, options.sign_ins.then_some(window))),
    );
    objects.1.iter().chain(&usage.1).for_each(|end| end.file(snapshot));
    snapshot.groups = groups.0;
    objects.0.file(snapshot);
    usage.0.file(snapshot);
}

/// What the objects in scope are read together with.
struct Also {
    /// Object ids of people who may approve.
    approvers: BTreeSet<String>,
    /// Why not all of them are known.
    approvers_gap: Option<Gap>,
    /// Whether a policy names an id that nothing was found for.
    unresolved: bool,
    /// Object ids of service principals that hold something and were not found.
    missing: BTreeSet<String>,
}

impl Also {
    /// Notes holders that are neither in the directory nor in its bin: they exist, so a filter that did not give them was not
    /// answered whole.
    fn note_missing(&self, deleted: &deleted::Deleted, readers: &mut Readers<'_>) {
        let missing = self.missing.iter().filter(|id| !deleted.contains_key(&id.as_str().into())).count();
        if missing > 0 {
            let gap = Gap::Failed { detail: format!("{missing} that hold permissions were not among the service principals") };
            readers.principals.note(gap.clone());
            readers.applications.note(gap);
        }
    }
}

/// The objects in scope, with what belongs to them; with the full inventory also the others.
struct Objects {
    found: Found,
    people: people::People,
    deleted: deleted::Deleted,
}

async fn read_objects(
    tenant: &Tenant<'_>,
    options: &Options,
    mut found: Found,
    mut readers: Readers<'_>,
    also: Also,
) -> (Objects, Vec<Finished>) {
    let apps_gap: Vec<Gap> = readers.applications.gap().into_iter().collect();
    // The applications have inherited what the service principals lack.
    let federated = tenant.read(Dataset::FederatedCredentials, async |reader| {
        federated::read(reader, &found.principals, &found.applications, apps_gap.clone()).await
    });
    let deleted = tenant
        .read(Dataset::DeletedServicePrincipals, async |reader| deleted::read(reader, also.unresolved || !also.missing.is_empty()).await);
    let owned = read_owners_and_people(tenant, &found, &also, apps_gap.clone());
    let rest = async {
        match options.inventory {
            Inventory::Scope => Found::default(),
            Inventory::Full => inventory::read(&found, &mut readers).await,
        }
    };
    let (federated, deleted, owned, rest) = tokio::join!(federated, deleted, owned, rest);
    also.note_missing(&deleted.0, &mut readers);
    let ((owners, owners_end), (people, people_end)) = owned;
    owners.fill(&mut found.principals, &mut found.applications);
    federated.0.fill(&mut found.principals, &mut found.applications);
    // The few into the many: a map of a whole directory is not built twice.
    let Found { mut principals, mut applications } = rest;
    principals.extend(found.principals);
    applications.extend(found.applications);
    let found = Found { principals, applications };
    readers.principals.set_items(found.principals.len());
    readers.applications.set_items(found.applications.len());
    let ends = vec![federated.1, deleted.1, owners_end, people_end, readers.principals.finish(), readers.applications.finish()];
    (Objects { found, people, deleted: deleted.0 }, ends)
}

type Read<T> = (T, Finished);

async fn read_owners_and_people(
    tenant: &Tenant<'_>,
    found: &Found,
    also: &Also,
    apps_gap: Vec<Gap>,
) -> (Read<owners::Owners>, Read<people::People>) {
    let read = async |reader| owners::read(reader, &found.principals, &found.applications, apps_gap).await;
    let owners = tenant.read(Dataset::Owners, read).await;
    let all = owners.0.all(&found.principals, &found.applications);
    let ids = all.filter(|owner| people::may_be_person(owner.kind.as_deref())).map(|owner| owner.id.clone());
    let ids: BTreeSet<String> = ids.chain(also.approvers.iter().cloned()).collect();
    let gaps = owners.1.gap().into_iter().chain(&also.approvers_gap).cloned().collect();
    let people = tenant.read(Dataset::People, async |reader| people::read(reader, &ids, gaps).await).await;
    (owners, people)
}

impl Objects {
    fn file(self, snapshot: &mut Snapshot) {
        snapshot.service_principals = self.found.principals;
        snapshot.applications = self.found.applications;
        snapshot.people = self.people;
        snapshot.deleted_service_principals = self.deleted;
    }
}

/// How applications in scope are used, by whom and for whom.
struct Usage {
    activity: sign_in_activity::Activity,
    credentials: credential_activity::Activity,
    delegated: Vec<crate::snapshot::DelegatedGrant>,
    sign_ins: Vec<crate::snapshot::SignInSummary>,
}

async fn read_usage(tenant: &Tenant<'_>, scope: &InScope, lists: Lists<'_>, window: Option<sign_ins::Window>) -> (Usage, [Finished; 4]) {
    let Lists { sign_ins, credentials, delegated, directory } = lists;
    let signed_in = async |reader: Reader<'_>| match window {
        Some(window) => sign_ins::read(reader, &scope.signing_in(), window, scope.inherited()).await,
        None => (Vec::new(), reader.skip(Gap::NotRequested)),
    };
    let (activity, credentials, delegated, sign_ins) = tokio::join!(
        read_activity(sign_ins, scope, directory),
        read_credentials(credentials, scope, directory),
        delegated::read(delegated, &scope.principals, directory, scope.inherited()),
        tenant.read(Dataset::SignIns, signed_in),
    );
    let found = Usage { activity: activity.0, credentials: credentials.0, delegated: delegated.0, sign_ins: sign_ins.0 };
    (found, [activity.1, credentials.1, delegated.1, sign_ins.1])
}

async fn read_activity(mut begun: Begun<'_>, scope: &InScope, directory: Option<u64>) -> Read<sign_in_activity::Activity> {
    let mut rows = sign_in_activity::Activity::new();
    let each = |reader: &mut Reader<'_>, row| sign_in_activity::take(reader, &row, scope, &mut rows);
    sign_in_activity::REPORT.take(&mut begun, scope.all_app_ids(), directory, each).await;
    (rows, begun.reader.finish())
}

async fn read_credentials(mut begun: Begun<'_>, scope: &InScope, directory: Option<u64>) -> Read<credential_activity::Activity> {
    let mut rows = credential_activity::Activity::new();
    let each = |reader: &mut Reader<'_>, row| credential_activity::take(reader, &row, scope, &mut rows);
    credential_activity::REPORT.take(&mut begun, scope.all_app_ids(), directory, each).await;
    (rows, begun.reader.finish())
}

impl Usage {
    fn file(self, snapshot: &mut Snapshot) {
        snapshot.sign_in_activity = self.activity;
        snapshot.credential_activity = self.credentials.into_values().collect();
        snapshot.delegated_grants = self.delegated;
        snapshot.sign_ins = self.sign_ins;
    }
}
