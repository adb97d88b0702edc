//! People, groups, Microsoft's own services, the automations, and the applications of no interest among which they stand.

use super::cast::CAST;
use super::posture::{Federated, Lock, Redirects};
use super::spec::{Home, KeySpec, Spec};
use super::{
    Actor, Application, GRAPH_APP, Grant, Group, Holder, INTUNE_API_APP, Key, MICROSOFT, MICROSOFT_TOO, Member, PORTAL_APP, Principal,
    PrincipalKind, SignIn, Tenant, User,
};
use crate::simulator::guid::{Guid, rng};
use crate::simulator::roles::{READER, UNRELATED};
use chrono::TimeDelta;

const PEOPLE: [&str; 38] = [
    "Ragna Sonnhuber",
    "Tilo Wackernagel",
    "Odilie Brandström",
    "Kasimir Vehrenkamp",
    "Jorinde Achterberg",
    "Leopold Szymkowiak",
    "Fenja Oltmanns",
    "Gereon Mühlenbrock",
    "Salome Tschirner",
    "Bero Lindqvist",
    "Minna Krautwurst",
    "Alwin Petersilie",
    "Ottokar Feldbrunn",
    "Wendelin Sauerbier",
    "Adelheid Roggenkamp",
    "Balduin Tressel",
    "Clothilde Marbach",
    "Dankwart Ihlenfeld",
    "Edeltraud Pohlig",
    "Florin Wesseling",
    "Gundula Harkort",
    "Hartmut Quast",
    "Isolde Renneberg",
    "Joost Timmerbeil",
    "Kunigunde Alsen",
    "Lambert Voigtel",
    "Mechthild Orlamund",
    "Notger Brackwede",
    "Ottilie Sperber",
    "Pankraz Dünnwald",
    "Quirin Nesselrath",
    "Roswitha Emmerling",
    "Sigmar Tollkühn",
    "Theda Ubbelohde",
    "Ulfried Casparek",
    "Veronika Zirbel",
    "Wunibald Krehl",
    "Xaver Immenhof",
];

/// The person whose account is disabled.
pub(super) const LEFT: usize = 11;
/// An approver whose licence of Intune was taken away.
const UNLICENSED: usize = 4;
/// A person of another organisation.
pub(super) const GUEST: usize = 12;
/// A person whose account comes from the directory on premises.
pub(super) const SYNCED: usize = 13;
/// The first of those who own one application together.
pub(super) const CREW: usize = 14;

/// Positions in [`Tenant::groups`].
pub(super) mod group {
    pub(crate) const APPROVERS: usize = 0;
    pub(crate) const NESTED: usize = 1;
    pub(crate) const TEAM: usize = 2;
    pub(crate) const LONE: usize = 3;
    pub(crate) const EMPTY: usize = 4;
    pub(crate) const OPERATORS: usize = 5;
}

/// Microsoft's services with their real app ids. The older Intune resource, 0000000a-0000-0000-c000-000000000000, is not among
/// them: nothing in this tenant was ever granted on it.
const SERVICES: [(u128, &str); 10] = [
    (GRAPH_APP.0, "Microsoft Graph"),
    (INTUNE_API_APP.0, "Microsoft Intune API"),
    (PORTAL_APP.0, "Microsoft Intune portal extension"),
    (0x0000000c_0000_0000_c000_000000000000, "Microsoft App Access Panel"),
    (0x00000002_0000_0000_c000_000000000000, "Windows Azure Active Directory"),
    (0x00000002_0000_0ff1_ce00_000000000000, "Office 365 Exchange Online"),
    (0x00000003_0000_0ff1_ce00_000000000000, "Office 365 SharePoint Online"),
    (0x797f4846_ba00_4fd7_ba43_dac1f8f63013, "Windows Azure Service Management API"),
    (0xcc15fd57_2c6c_4117_a88c_83b1d56b4bbe, "Microsoft Teams Services"),
    (0xe933bd07_d2ee_4f1d_933c_3752b819567b, "Azure Monitor Control Service"),
];

/// Owned by the other of Microsoft's tenants.
const GRAPH_EXPLORER: (u128, &str) = (0xde8bc8b5_d9f9_48b1_a8ad_b748da725064, "Graph Explorer");

impl Tenant {
    pub(super) fn add_people(&mut self) {
        let person = |(at, &name): (usize, &&'static str)| User {
            id: self.guid("user", name),
            name,
            enabled: at != LEFT,
            guest: at == GUEST,
            synced: at == SYNCED,
            licensed: at != UNLICENSED,
        };
        self.users = PEOPLE.iter().enumerate().map(person).collect();
        let agent = self.guid("principal", "agent");
        let groups = [
            ("Endpoint change approvers", false, vec![Member::User(0), Member::User(1), Member::User(2), Member::User(LEFT)]),
            ("Workplace leads", false, vec![Member::User(3), Member::User(4), Member::Group(0), Member::ServicePrincipal(agent)]),
            ("Device lifecycle team", true, vec![Member::User(5), Member::User(6)]),
            ("Retirement approver", false, vec![Member::User(7)]),
            ("Security baseline approvers", false, vec![]),
            ("Endpoint operators", false, vec![Member::User(5), Member::User(6), Member::User(8)]),
        ];
        self.groups =
            groups.into_iter().map(|(name, unified, members)| Group { id: self.guid("group", name), name, unified, members }).collect();
    }

    pub(super) fn add_microsoft(&mut self) {
        let owners = SERVICES.into_iter().map(|service| (service, MICROSOFT)).chain([(GRAPH_EXPLORER, MICROSOFT_TOO)]);
        for ((app_id, name), owner) in owners {
            self.add_first_party(Guid(app_id), name, owner);
        }
        self.add_grants_to_people();
    }

    fn add_first_party(&mut self, app_id: Guid, name: &str, owner: Guid) {
        let principal = Principal { owner: Some(owner), multi_tenant: true, ..self.new_principal(&app_id.to_string(), app_id, name) };
        self.principals.push(principal);
    }

    /// A service principal registered here, enabled, without keys. `key` is what its object id is computed from.
    fn new_principal(&self, key: &str, app_id: Guid, name: &str) -> Principal {
        Principal {
            id: self.guid("principal", key),
            app_id,
            name: name.into(),
            kind: PrincipalKind::Application,
            owner: Some(self.id),
            multi_tenant: false,
            enabled: true,
            is_disabled: false,
            publisher: None,
            created: self.days_ago(rng(self.seed, "age", key).i64(120..1_400)),
            keys: Vec::new(),
        }
    }

    fn new_application(&self, key: &str, app_id: Guid, name: &str) -> Application {
        let principal = self.new_principal(key, app_id, name);
        Application {
            id: self.guid("application", key),
            app_id,
            name: principal.name,
            is_disabled: false,
            created: principal.created,
            keys: Vec::new(),
            federated: Vec::new(),
            lock: Lock::of(principal.id),
            redirects: Redirects::of(principal.id),
        }
    }

    /// `appRoleAssignedTo` of Microsoft Graph also lists people and groups, with the id of the default role.
    fn add_grants_to_people(&mut self) {
        let holders = (0..4).map(Holder::User).chain((0..3).map(Holder::Group));
        let created = self.days_ago(500);
        let grants: Vec<Grant> = holders.map(|holder| Grant { holder, role: Guid(0), created }).collect();
        self.grants.insert(self.guid("principal", &GRAPH_APP.to_string()), grants);
    }

    /// The application that reads this tenant, and an agent identity.
    pub(super) fn add_reader_and_agent(&mut self) {
        let reader = self.new_principal("reader", self.client_id, "Approval readiness reader");
        for role in READER {
            self.grant(reader.id, role, self.days_ago(30));
        }
        self.sign_ins.push(SignIn { app_id: reader.app_id, app_only: Some(self.now), delegated: None, odd_time: false });
        self.applications.push(self.new_application("reader", self.client_id, "Approval readiness reader"));
        self.principals.push(reader);
        let agent = self.new_principal("agent", self.guid("app", "agent"), "Helpdesk triage agent");
        self.grant(agent.id, "User.Read.All", self.days_ago(30));
        self.principals.push(Principal { kind: PrincipalKind::ServiceIdentity, ..agent });
    }

    /// The first `count` automations: the planted ones, then more of those kinds that repeat. The application that stands
    /// in the audit log only is no service principal, and is always there.
    pub(super) fn add_automations(&mut self, count: usize) {
        let absent = |spec: &&Spec| spec.home == Home::AuditLogOnly;
        let planted = CAST.iter().enumerate().filter(|(_, spec)| !absent(spec)).map(|(at, spec)| (at, spec, 0));
        let kinds: Vec<_> = CAST.iter().enumerate().filter(|(_, spec)| spec.repeats()).collect();
        let more = (2..).flat_map(|copy| kinds.iter().map(move |&(at, spec)| (at, spec, copy)));
        for (at, spec, copy) in planted.chain(more).take(count) {
            self.add_automation(at, spec, copy);
        }
        for (at, spec) in CAST.iter().enumerate().filter(|(_, spec)| absent(spec)) {
            let actor = self.new_actor(at, spec, 0);
            self.actors.push(actor);
        }
    }

    fn new_actor(&self, at: usize, spec: &'static Spec, copy: usize) -> Actor {
        let key = automation_key(at, copy);
        let name = if copy == 0 { spec.name.into() } else { format!("{} {copy}", spec.name).into() };
        Actor { spec, copy, name, app_id: self.guid("app", &key), principal_id: self.guid("principal", &key) }
    }

    fn add_automation(&mut self, at: usize, spec: &'static Spec, copy: usize) {
        let actor = self.new_actor(at, spec, copy);
        let key = automation_key(at, copy);
        let principal = self.automation_principal(spec, &key, &actor);
        if spec.home == Home::Tenant {
            let application = self.automation_application(spec, &key, &actor);
            self.applications.push(application);
        }
        for role in &spec.roles {
            self.grant(principal.id, role, principal.created);
        }
        self.add_sign_in(spec, &actor);
        self.principals.push(principal);
        self.actors.push(actor);
    }

    fn automation_principal(&self, spec: &Spec, key: &str, actor: &Actor) -> Principal {
        let plain = self.new_principal(key, actor.app_id, &actor.name);
        let plain = Principal { enabled: spec.account_enabled, is_disabled: spec.is_disabled, keys: self.keys(spec, key, true), ..plain };
        match spec.home {
            Home::Tenant | Home::AuditLogOnly => plain,
            Home::ManagedIdentity(resource) => {
                Principal { kind: PrincipalKind::ManagedIdentity(self.resource_id(resource, actor.copy)), owner: None, ..plain }
            }
            Home::Vendor(verified) => Principal {
                owner: Some(self.guid("vendor", spec.name)),
                multi_tenant: true,
                publisher: verified.then_some("Nebelhorn Software AG"),
                ..plain
            },
        }
    }

    fn resource_id(&self, resource: &str, copy: usize) -> Box<str> {
        let subscription = self.guid("subscription", "workplace");
        let number = if copy == 0 { String::new() } else { format!("-{copy}") };
        format!("/subscriptions/{subscription}/resourcegroups/rg-workplace/providers/{resource}{number}").into()
    }

    fn automation_application(&self, spec: &Spec, key: &str, actor: &Actor) -> Application {
        Application {
            is_disabled: spec.is_disabled,
            keys: self.keys(spec, key, false),
            federated: Federated::of_application(spec),
            lock: Lock::planted(spec, actor.copy).unwrap_or_else(|| Lock::of(actor.principal_id)),
            redirects: Redirects::planted(spec, actor.copy).unwrap_or_default(),
            ..self.new_application(key, actor.app_id, &actor.name)
        }
    }

    fn keys(&self, spec: &Spec, key: &str, on_principal: bool) -> Vec<Key> {
        let held_here = |spec: &&KeySpec| spec.on_principal == on_principal;
        spec.keys
            .iter()
            .filter(held_here)
            .enumerate()
            .map(|(number, spec)| self.key(spec, &format!("{key}/{on_principal}/{number}")))
            .collect()
    }

    fn key(&self, spec: &KeySpec, name: &str) -> Key {
        let start = self.days_ago(spec.age_days);
        let end = start + TimeDelta::days(spec.lifetime_days);
        Key { id: self.guid("key", name), certificate: spec.certificate, twice: spec.twice, start, end }
    }

    fn add_sign_in(&mut self, spec: &Spec, actor: &Actor) {
        if spec.signed_in.is_none() && spec.signed_in_delegated.is_none() {
            return;
        }
        let time = |days: Option<i64>| days.map(|days| self.days_ago(days) - TimeDelta::minutes(7));
        let row = SignIn {
            app_id: actor.app_id,
            app_only: time(spec.signed_in),
            delegated: time(spec.signed_in_delegated),
            odd_time: spec.odd_time,
        };
        self.sign_ins.push(row);
    }

    /// Applications of no interest, until there are `size` service principals.
    pub(super) fn add_filler(&mut self, size: usize) {
        for number in 0..size.saturating_sub(self.principals.len()) {
            self.add_filler_principal(number);
        }
    }

    fn add_filler_principal(&mut self, number: usize) {
        let key = format!("filler {number}");
        let mut random = rng(self.seed, "filler", &key);
        let name = filler_name(&mut random, number);
        let app_id = self.guid("app", &key);
        match random.u8(0..20) {
            0..5 => self.add_first_party(app_id, &format!("{name} (Microsoft service)"), MICROSOFT),
            5..8 => self.add_gallery_app(&key, app_id, &name),
            8 => self.add_filler_identity(&key, app_id, &name),
            _ => self.add_business_app(&key, app_id, &name, &mut random),
        }
        if random.u8(0..10) < 7 {
            let app_only = Some(self.now - TimeDelta::minutes(random.i64(60..90_000)));
            let delegated = random.bool().then(|| self.now - TimeDelta::minutes(random.i64(60..90_000)));
            self.sign_ins.push(SignIn { app_id, app_only, delegated, odd_time: false });
        }
    }

    fn add_gallery_app(&mut self, key: &str, app_id: Guid, name: &str) {
        let owner = Some(self.guid("vendor", name));
        let principal = Principal { owner, multi_tenant: true, ..self.new_principal(key, app_id, name) };
        self.grant(principal.id, "User.Read.All", principal.created);
        self.principals.push(principal);
    }

    fn add_filler_identity(&mut self, key: &str, app_id: Guid, name: &str) {
        let kind = PrincipalKind::ManagedIdentity(self.resource_id(&format!("Microsoft.Compute/virtualMachines/{name}"), 0));
        self.principals.push(Principal { kind, owner: None, ..self.new_principal(key, app_id, name) });
    }

    fn add_business_app(&mut self, key: &str, app_id: Guid, name: &str, random: &mut fastrand::Rng) {
        let principal = self.new_principal(key, app_id, name);
        let first = random.usize(0..UNRELATED.len());
        for role in UNRELATED.iter().cycle().skip(first).take(random.usize(0..3)) {
            self.grant(principal.id, role, principal.created);
        }
        let age_days = random.i64(10..900);
        let spec = KeySpec { certificate: random.bool(), twice: false, age_days, lifetime_days: 730, on_principal: false };
        let keys = vec![self.key(&spec, key)];
        self.applications.push(Application { keys, ..self.new_application(key, app_id, name) });
        self.principals.push(principal);
    }

    /// Service principals in the recycle bin. An access policy still lists the first.
    pub(super) fn add_deleted(&mut self) {
        for (number, name) in ["Old script uploader", "Trial backup connector"].iter().enumerate() {
            let key = format!("deleted {number}");
            self.deleted.push(self.new_principal(&key, self.guid("app", &key), name));
        }
    }
}

fn automation_key(at: usize, copy: usize) -> String {
    format!("automation {at}/{copy}")
}

fn filler_name(random: &mut fastrand::Rng, number: usize) -> String {
    const FIELDS: [&str; 12] =
        ["Freight", "Customs", "Warehouse", "Fleet", "Payroll", "Timesheet", "Tender", "Pallet", "Depot", "Invoice", "Route", "Shift"];
    const THINGS: [&str; 10] =
        ["ledger", "portal", "connector", "dashboard", "mailer", "archive", "sync", "planner", "gateway", "exporter"];
    let field = FIELDS.get(random.usize(0..FIELDS.len())).copied().unwrap_or_default();
    let thing = THINGS.get(random.usize(0..THINGS.len())).copied().unwrap_or_default();
    format!("{field} {thing} {number:05}")
}
