//! The words in which the cast of planted automations is written: one [`Spec`] an automation, built in one chain.

use super::vocabulary::Activity;

/// An access policy of the tenant that matters to an automation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gate {
    /// Apps, Windows only, in force for [`APP_GATE_DAYS`].
    App,
    /// Scripts, all platforms.
    Script,
    /// Configuration, the one with the longer list of exclusions.
    ConfigurationBroad,
    /// Configuration, the one with the shorter list.
    ConfigurationNarrow,
    /// Compliance: approved, never completed.
    Compliance,
    /// Wipe.
    Wipe,
    /// Retire: exclusions not shown.
    Retire,
    /// A policy type that no document knows.
    EndpointSecurity,
    /// The policy that cannot be read by id.
    Unreadable,
}

/// Days before now at which the access policy on apps came into force.
pub(crate) const APP_GATE_DAYS: i64 = 12;

/// Days before now at which an exclusion was added to the access policy on scripts.
pub(crate) const SCRIPT_GATE_CHANGED_DAYS: i64 = 20;

/// Where an automation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// Registered in this tenant.
    Tenant,
    /// A managed identity of an Azure resource of this type and name.
    ManagedIdentity(&'static str),
    /// Another organisation's application; `true` where its publisher is verified.
    Vendor(bool),
    /// No service principal at all: the app id stands in the audit log and nowhere else.
    AuditLogOnly,
}

/// A secret or certificate: kind, days since its start, days of validity, where it is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeySpec {
    pub(crate) certificate: bool,
    /// A certificate under both usages, Sign and Verify.
    pub(crate) twice: bool,
    pub(crate) age_days: i64,
    pub(crate) lifetime_days: i64,
    pub(crate) on_principal: bool,
}

/// Audited activity every `every` days, from `oldest` to `newest` days before now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteSpec {
    pub(crate) activity: &'static Activity,
    pub(crate) oldest: i64,
    pub(crate) newest: i64,
    pub(crate) every: i64,
    pub(crate) succeeded: bool,
    /// A person acted through the application.
    pub(crate) by_person: bool,
    /// What it made was never published.
    pub(crate) left_draft: bool,
}

/// Which of its two ids an approval request names the application by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedBy {
    AppId,
    ObjectId,
}

/// An approval request that the automation filed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestSpec {
    pub(crate) policy_type: &'static str,
    pub(crate) status: &'static str,
    pub(crate) days_ago: i64,
    pub(crate) named_by: NamedBy,
}

/// A planted automation.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) expected: Vec<(&'static str, &'static str)>,
    pub(crate) home: Home,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) keys: Vec<KeySpec>,
    pub(crate) federated: Vec<&'static str>,
    pub(crate) writes: Vec<WriteSpec>,
    pub(crate) requests: Vec<RequestSpec>,
    pub(crate) excluded_by: Vec<Gate>,
    /// Days since the last sign-in as itself, and on behalf of a person.
    pub(crate) signed_in: Option<i64>,
    pub(crate) signed_in_delegated: Option<i64>,
    pub(crate) account_enabled: bool,
    pub(crate) is_disabled: bool,
    /// Its time of last sign-in has an offset that RFC 3339 does not allow.
    pub(crate) odd_time: bool,
    /// Not repeated when a tenant is made larger.
    pub(crate) once: bool,
}

/// A new automation, registered in the tenant, with these permissions.
pub(crate) fn automation(name: &'static str, roles: &[&'static str], what: &'static str) -> Spec {
    Spec {
        name,
        what,
        expected: Vec::new(),
        home: Home::Tenant,
        roles: roles.to_vec(),
        keys: Vec::new(),
        federated: Vec::new(),
        writes: Vec::new(),
        requests: Vec::new(),
        excluded_by: Vec::new(),
        signed_in: None,
        signed_in_delegated: None,
        account_enabled: true,
        is_disabled: false,
        odd_time: false,
        once: false,
    }
}

impl Spec {
    pub(crate) fn expecting(mut self, workload: &'static str, verdict: &'static str) -> Self {
        self.expected.push((workload, verdict));
        self
    }

    pub(crate) fn home(mut self, home: Home) -> Self {
        self.home = home;
        self
    }

    pub(crate) fn secret(self, age_days: i64, lifetime_days: i64) -> Self {
        self.key(KeySpec { certificate: false, twice: false, age_days, lifetime_days, on_principal: false })
    }

    pub(crate) fn secret_on_principal(self, age_days: i64, lifetime_days: i64) -> Self {
        self.key(KeySpec { certificate: false, twice: false, age_days, lifetime_days, on_principal: true })
    }

    pub(crate) fn certificate_on_principal(self, age_days: i64, lifetime_days: i64) -> Self {
        self.key(KeySpec { certificate: true, twice: false, age_days, lifetime_days, on_principal: true })
    }

    pub(crate) fn certificate(self, age_days: i64, lifetime_days: i64) -> Self {
        self.key(KeySpec { certificate: true, twice: false, age_days, lifetime_days, on_principal: false })
    }

    pub(crate) fn certificate_listed_twice(self, age_days: i64, lifetime_days: i64) -> Self {
        self.key(KeySpec { certificate: true, twice: true, age_days, lifetime_days, on_principal: false })
    }

    fn key(mut self, key: KeySpec) -> Self {
        self.keys.push(key);
        self
    }

    pub(crate) fn federated(mut self, subject: &'static str) -> Self {
        self.federated.push(subject);
        self
    }

    /// Succeeded writes as itself, every `every` days from `oldest` to `newest` days before now.
    pub(crate) fn writes(self, activity: &'static Activity, oldest: i64, newest: i64, every: i64) -> Self {
        self.wrote(WriteSpec { activity, oldest, newest, every, succeeded: true, by_person: false, left_draft: false })
    }

    pub(crate) fn fails(self, activity: &'static Activity, oldest: i64, newest: i64, every: i64) -> Self {
        self.wrote(WriteSpec { activity, oldest, newest, every, succeeded: false, by_person: false, left_draft: false })
    }

    pub(crate) fn person_writes(self, activity: &'static Activity, oldest: i64, newest: i64, every: i64) -> Self {
        self.wrote(WriteSpec { activity, oldest, newest, every, succeeded: true, by_person: true, left_draft: false })
    }

    /// Makes apps that are never published.
    pub(crate) fn leaves_drafts(self, activity: &'static Activity, oldest: i64, newest: i64, every: i64) -> Self {
        self.wrote(WriteSpec { activity, oldest, newest, every, succeeded: true, by_person: false, left_draft: true })
    }

    fn wrote(mut self, write: WriteSpec) -> Self {
        self.writes.push(write);
        self
    }

    pub(crate) fn requests(mut self, policy_type: &'static str, status: &'static str, days_ago: &[i64], named_by: NamedBy) -> Self {
        self.requests.extend(days_ago.iter().map(|&days_ago| RequestSpec { policy_type, status, days_ago, named_by }));
        self
    }

    pub(crate) fn excluded(mut self, gates: &[Gate]) -> Self {
        self.excluded_by.extend_from_slice(gates);
        self
    }

    pub(crate) fn signs_in(mut self, days_ago: i64) -> Self {
        self.signed_in = Some(days_ago);
        self
    }

    pub(crate) fn signs_in_delegated(mut self, days_ago: i64) -> Self {
        self.signed_in_delegated = Some(days_ago);
        self
    }

    pub(crate) fn account_disabled(mut self) -> Self {
        self.account_enabled = false;
        self
    }

    pub(crate) fn disabled(mut self) -> Self {
        self.is_disabled = true;
        self
    }

    pub(crate) fn odd_time(mut self) -> Self {
        self.odd_time = true;
        self
    }

    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Whether a larger tenant may hold more of its kind: nothing about it may touch the access policies or requests.
    pub(crate) fn repeats(&self) -> bool {
        let plain = matches!(self.home, Home::Tenant | Home::ManagedIdentity(_));
        plain && !self.once && !self.odd_time && self.excluded_by.is_empty() && self.requests.is_empty()
    }
}
