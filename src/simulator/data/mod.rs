//! The made-up tenant: what there is, and how it is generated from a seed. Everything is kept compact and turned into JSON
//! only when it is asked for, so that a tenant of 100,000 service principals fits into modest memory.
//!
//! The tenant, its people, vendors and applications are invented. Only ids and names of Microsoft's own services are real.

pub(crate) mod access;
pub(crate) mod approval;
pub(crate) mod cast;
mod drift;
pub(crate) mod events;
pub(crate) mod mobile_apps;
pub(crate) mod posture;
mod principals;
pub(crate) mod spec;
pub(crate) mod usage;
pub(crate) mod vocabulary;

use super::guid::Guid;
use super::roles;
use access::{Delegated, DirectoryRole, IntuneRole};
use approval::{Policy, Request};
use chrono::{DateTime, TimeDelta, Utc};
use events::Event;
use mobile_apps::MobileApp;
use posture::{Federated, Lock, Redirects, WorkloadPolicy};
use spec::Spec;
use std::collections::{BTreeMap, HashMap};
use usage::LoggedSignIn;

/// Name of the tenant.
pub(crate) const TENANT_NAME: &str = "Lindenhof Logistik GmbH";
/// Domain of its people.
pub(crate) const DOMAIN: &str = "lindenhof-logistik.example";
/// Microsoft's tenant that owns its first-party applications.
pub(crate) const MICROSOFT: Guid = Guid(0xf8cdef31_a31e_4b4a_93e4_5f571e91255a);
/// Another tenant of Microsoft's, which owns some of them.
pub(crate) const MICROSOFT_TOO: Guid = Guid(0x72f988bf_86f1_41af_91ab_2d7cd011db47);
/// App id of Microsoft Graph.
pub(crate) const GRAPH_APP: Guid = Guid(0x00000003_0000_0000_c000_000000000000);
/// App id under which people work in the Intune portal.
pub(crate) const PORTAL_APP: Guid = Guid(0x5926fc8e_304e_4f59_8bed_58ca97cc39a4);
/// App id of the Microsoft Intune API.
pub(crate) const INTUNE_API_APP: Guid = Guid(0xc161e42e_d4df_4a3d_9b42_e7a3c31f59d4);
/// The three characters that the simulated Graph gives as `hint` of every secret. No report may hold them.
pub(crate) const HINT: &str = "~Z.";

/// A secret or certificate.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) id: Guid,
    pub(crate) certificate: bool,
    pub(crate) twice: bool,
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
}

/// `servicePrincipalType`, with what only this kind has.
#[derive(Debug, Clone)]
pub(crate) enum PrincipalKind {
    Application,
    /// With the ARM id of its resource.
    ManagedIdentity(Box<str>),
    /// An agent identity.
    ServiceIdentity,
}

/// A service principal.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    pub(crate) id: Guid,
    pub(crate) app_id: Guid,
    pub(crate) name: Box<str>,
    pub(crate) kind: PrincipalKind,
    /// `appOwnerOrganizationId`.
    pub(crate) owner: Option<Guid>,
    pub(crate) multi_tenant: bool,
    pub(crate) enabled: bool,
    pub(crate) is_disabled: bool,
    pub(crate) publisher: Option<&'static str>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) keys: Vec<Key>,
}

/// An application registered in the tenant.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) id: Guid,
    pub(crate) app_id: Guid,
    pub(crate) name: Box<str>,
    pub(crate) is_disabled: bool,
    pub(crate) created: DateTime<Utc>,
    pub(crate) keys: Vec<Key>,
    pub(crate) federated: Vec<Federated>,
    /// `servicePrincipalLockConfiguration`.
    pub(crate) lock: Lock,
    /// `web`, `spa` and `publicClient`.
    pub(crate) redirects: Redirects,
}

/// Who holds a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    ServicePrincipal(Guid),
    User(usize),
    Group(usize),
}

/// A permission granted on a resource.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) holder: Holder,
    pub(crate) role: Guid,
    pub(crate) created: DateTime<Utc>,
}

/// A person.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: Guid,
    pub(crate) name: &'static str,
    pub(crate) enabled: bool,
    /// Invited from another organisation.
    pub(crate) guest: bool,
    /// Synchronised from a directory on premises.
    pub(crate) synced: bool,
    /// Has the plan of Intune; it was taken away from who has not.
    pub(crate) licensed: bool,
}

impl User {
    /// User principal name.
    pub(crate) fn address(&self) -> String {
        let name = self.name.to_lowercase().replace(' ', ".");
        if self.guest { format!("{name}_nebelhorn.example#EXT#@{DOMAIN}") } else { format!("{name}@{DOMAIN}") }
    }
}

/// A group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: Guid,
    pub(crate) name: &'static str,
    /// A Microsoft 365 group instead of a security group.
    pub(crate) unified: bool,
    pub(crate) members: Vec<Member>,
}

/// A direct member of a group.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member {
    User(usize),
    Group(usize),
    ServicePrincipal(Guid),
}

/// A row of the sign-in activity report.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) app_id: Guid,
    pub(crate) app_only: Option<DateTime<Utc>>,
    pub(crate) delegated: Option<DateTime<Utc>>,
    /// Written with the offset `-8:00`.
    pub(crate) odd_time: bool,
}

/// An automation as it was cast: the plan, and the ids it got.
#[derive(Debug)]
pub(crate) struct Actor {
    pub(crate) spec: &'static Spec,
    /// 0 for the planted one, then counted up for those of its kind.
    pub(crate) copy: usize,
    pub(crate) name: Box<str>,
    pub(crate) app_id: Guid,
    pub(crate) principal_id: Guid,
}

/// The whole tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) seed: u64,
    pub(crate) now: DateTime<Utc>,
    pub(crate) id: Guid,
    pub(crate) client_id: Guid,
    pub(crate) client_secret: String,
    /// Name of the policy member that holds exclusions.
    pub(crate) exclusion_member: &'static str,
    pub(crate) actors: Vec<Actor>,
    pub(crate) principals: Vec<Principal>,
    pub(crate) applications: Vec<Application>,
    pub(crate) deleted: Vec<Principal>,
    /// By object id of the resource.
    pub(crate) grants: BTreeMap<Guid, Vec<Grant>>,
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) requests: Vec<Request>,
    /// Newest first.
    pub(crate) events: Vec<Event>,
    pub(crate) mobile_apps: Vec<MobileApp>,
    pub(crate) sign_ins: Vec<SignIn>,
    /// Owners of planted objects, by object id; those of others are computed.
    pub(crate) owners: BTreeMap<Guid, Vec<Member>>,
    pub(crate) delegated: Vec<Delegated>,
    pub(crate) directory_roles: Vec<DirectoryRole>,
    pub(crate) intune_roles: Vec<IntuneRole>,
    /// Positions in `sign_ins` of those that used a secret or certificate which still exists.
    pub(crate) key_uses: Vec<u32>,
    /// Newest first.
    pub(crate) sign_in_log: Vec<LoggedSignIn>,
    pub(crate) conditional_access: Vec<WorkloadPolicy>,
    index: Index,
}

#[derive(Debug, Default)]
struct Index {
    principal_by_id: HashMap<Guid, usize>,
    principal_by_app: HashMap<Guid, usize>,
    application_by_id: HashMap<Guid, usize>,
    application_by_app: HashMap<Guid, usize>,
}

impl Tenant {
    /// Generates the tenant: `size` service principals, of which `automations` are automations.
    pub(crate) fn generate(seed: u64, now: DateTime<Utc>, size: usize, automations: Option<usize>) -> Self {
        let mut tenant = Self::empty(seed, now);
        tenant.add_people();
        tenant.add_microsoft();
        tenant.add_reader_and_agent();
        let room = size.saturating_sub(tenant.principals.len());
        let wanted = automations.unwrap_or_else(|| default_automations(size));
        tenant.add_automations(wanted.min(room));
        tenant.add_filler(size);
        tenant.add_deleted();
        tenant.add_policies();
        tenant.add_requests();
        tenant.add_events();
        tenant.add_mobile_apps();
        tenant.add_posture();
        tenant.add_access();
        let mut tenant = tenant.finish();
        tenant.add_usage();
        tenant
    }

    fn empty(seed: u64, now: DateTime<Utc>) -> Self {
        let secret = Guid::of(seed, "client-secret", "reader");
        Self {
            seed,
            now,
            id: Guid::of(seed, "tenant", TENANT_NAME),
            client_id: Guid::of(seed, "app", "reader"),
            client_secret: format!("sim~{secret}"),
            exclusion_member: approval::exclusion_member(seed),
            actors: Vec::new(),
            principals: Vec::new(),
            applications: Vec::new(),
            deleted: Vec::new(),
            grants: BTreeMap::new(),
            users: Vec::new(),
            groups: Vec::new(),
            policies: Vec::new(),
            requests: Vec::new(),
            events: Vec::new(),
            mobile_apps: Vec::new(),
            sign_ins: Vec::new(),
            owners: BTreeMap::new(),
            delegated: Vec::new(),
            directory_roles: Vec::new(),
            intune_roles: Vec::new(),
            key_uses: Vec::new(),
            sign_in_log: Vec::new(),
            conditional_access: posture::WORKLOAD_POLICIES.to_vec(),
            index: Index::default(),
        }
    }

    /// Sorts by id, as good an order as any that Graph gives, and one in which automations are spread over all pages.
    fn finish(mut self) -> Self {
        self.principals.sort_by_key(|principal| principal.id);
        self.applications.sort_by_key(|application| application.id);
        self.sign_ins.sort_by_key(|row| row.app_id);
        self.events.sort_by_key(|event| (std::cmp::Reverse(event.time), event.id));
        for grants in self.grants.values_mut() {
            grants.sort_by_key(|grant| (grant.holder, grant.role));
        }
        let index = &mut self.index;
        index.principal_by_id = self.principals.iter().enumerate().map(|(at, principal)| (principal.id, at)).collect();
        index.principal_by_app = self.principals.iter().enumerate().map(|(at, principal)| (principal.app_id, at)).collect();
        index.application_by_id = self.applications.iter().enumerate().map(|(at, app)| (app.id, at)).collect();
        index.application_by_app = self.applications.iter().enumerate().map(|(at, app)| (app.app_id, at)).collect();
        self
    }

    /// The time this many days before now.
    pub(crate) fn days_ago(&self, days: i64) -> DateTime<Utc> {
        self.now - TimeDelta::days(days)
    }

    /// An id in this tenant.
    pub(crate) fn guid(&self, kind: &str, name: &str) -> Guid {
        Guid::of(self.seed, kind, name)
    }

    pub(crate) fn principal(&self, id: Guid) -> Option<&Principal> {
        self.index.principal_by_id.get(&id).and_then(|&at| self.principals.get(at))
    }

    pub(crate) fn principal_of_app(&self, app_id: Guid) -> Option<&Principal> {
        self.index.principal_by_app.get(&app_id).and_then(|&at| self.principals.get(at))
    }

    pub(crate) fn application(&self, id: Guid) -> Option<&Application> {
        self.index.application_by_id.get(&id).and_then(|&at| self.applications.get(at))
    }

    pub(crate) fn application_of_app(&self, app_id: Guid) -> Option<&Application> {
        self.index.application_by_app.get(&app_id).and_then(|&at| self.applications.get(at))
    }

    /// The planted automation of this name; of two that share it, the first.
    pub(crate) fn planted(&self, name: &str) -> Option<&Actor> {
        self.actors.iter().find(|actor| actor.copy == 0 && actor.spec.name == name && actor.spec.home != spec::Home::AuditLogOnly)
    }

    pub(crate) fn group(&self, id: Guid) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    pub(crate) fn user(&self, id: Guid) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// Grants a permission on Microsoft Graph. A name that Graph does not define grants nothing.
    fn grant(&mut self, principal: Guid, role: &str, created: DateTime<Utc>) {
        if let Some(role) = roles::id_of(role) {
            let graph = self.guid("principal", &GRAPH_APP.to_string());
            self.grants.entry(graph).or_default().push(Grant { holder: Holder::ServicePrincipal(principal), role, created });
        }
    }
}

/// The planted ones; above that 2 % of the service principals, at most 5,000.
fn default_automations(size: usize) -> usize {
    (size / 50).clamp(cast::CAST.len(), 5_000)
}

#[cfg(test)]
mod tests {
    use super::super::DEMO_TIME;
    use super::*;
    use std::collections::BTreeSet;

    fn tenant(size: usize) -> Tenant {
        Tenant::generate(42, DEMO_TIME, size, None)
    }

    #[test]
    fn a_tenant_has_as_many_service_principals_as_asked_for_and_each_id_once() {
        for size in [100, 300, 4_000] {
            let tenant = tenant(size);
            let ids: BTreeSet<_> = tenant.principals.iter().map(|principal| principal.id).collect();
            let apps: BTreeSet<_> = tenant.principals.iter().map(|principal| principal.app_id).collect();
            assert_eq!((tenant.principals.len(), ids.len(), apps.len()), (size, size, size));
        }
    }

    #[test]
    fn a_hundred_thousand_service_principals_are_generated() {
        let tenant = tenant(100_000);
        assert_eq!(tenant.principals.len(), 100_000);
        assert_eq!(tenant.actors.iter().filter(|actor| actor.spec.home != spec::Home::AuditLogOnly).count(), 2_000);
    }

    #[test]
    fn automations_can_be_fewer_or_more_than_planted() {
        assert_eq!(Tenant::generate(1, DEMO_TIME, 100, Some(3)).actors.len(), 4);
        assert_eq!(Tenant::generate(1, DEMO_TIME, 1_000, Some(500)).actors.len(), 501);
        assert_eq!(Tenant::generate(1, DEMO_TIME, 0, Some(500)).actors.len(), 1);
    }

    #[test]
    fn ids_do_not_depend_on_the_clock_or_the_size() {
        let later = Tenant::generate(42, DEMO_TIME + TimeDelta::days(9), 4_000, None);
        let ids = |tenant: &Tenant| tenant.actors.iter().take(50).map(|actor| (actor.app_id, actor.principal_id)).collect::<Vec<_>>();
        assert_eq!(ids(&tenant(300)), ids(&later));
        assert_ne!(ids(&tenant(300)), ids(&Tenant::generate(43, DEMO_TIME, 300, None)));
    }
}
