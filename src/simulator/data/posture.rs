//! How well the planted applications are looked after: owners, property lock, federated credentials, exemption from the app
//! management policy, Conditional Access, risk. One table each, by display name, so that the cast itself stays what it is.

use super::principals::{CREW, GUEST, LEFT, SYNCED};
use super::spec::Spec;
use super::{Actor, Member, Principal, PrincipalKind, Tenant};
use crate::simulator::guid::Guid;

/// `servicePrincipalLockConfiguration` of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// All properties are locked.
    On,
    /// Only credentials for verifying are.
    VerifyOnly,
    /// Configured and switched off.
    Off,
    /// Null on the wire.
    NotConfigured,
}

const LOCKS: [(&str, Lock); 5] = [
    ("Software factory", Lock::Off),
    ("Endpoint toolkit runner", Lock::On),
    ("Legacy packaging server", Lock::NotConfigured),
    ("Baseline publisher", Lock::On),
    ("Kiosk profile manager", Lock::VerifyOnly),
];

impl Lock {
    /// That of an application of no interest.
    pub(super) fn of(id: Guid) -> Self {
        match id.0 % 3 {
            0 => Self::On,
            1 => Self::Off,
            _ => Self::NotConfigured,
        }
    }

    pub(super) fn planted(spec: &Spec, copy: usize) -> Option<Self> {
        LOCKS.iter().find(|(name, _)| copy == 0 && *name == spec.name).map(|&(_, lock)| lock)
    }
}

/// Where an application has codes and tokens sent to, and whether it gets tokens in the front channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Redirects {
    /// `web.redirectUris`.
    pub(crate) web: &'static [&'static str],
    /// `spa.redirectUris`.
    pub(crate) spa: &'static [&'static str],
    /// `publicClient.redirectUris`.
    pub(crate) public: &'static [&'static str],
    /// `web.implicitGrantSettings`: identity tokens, access tokens.
    pub(crate) implicit: (bool, bool),
}

const NATIVE: &str = "https://login.microsoftonline.com/common/oauth2/nativeclient";

/// Those of planted automations; all others have none. The second holds a secret that somebody left in an address.
const REDIRECTS: [(&str, Redirects); 4] = [
    (
        "Legacy packaging server",
        Redirects {
            web: &["http://packaging.lindenhof-logistik.example/signin-oidc", "https://203.0.113.40/signin-oidc"],
            spa: &[],
            public: &["http://localhost", NATIVE],
            implicit: (true, false),
        },
    ),
    (
        "Software factory",
        Redirects {
            web: &["https://factory.lindenhof-logistik.example/back?key=PLANTED-SECRET-VALUE-in-an-address"],
            spa: &[],
            public: &["http://localhost:8400/"],
            implicit: (false, false),
        },
    ),
    (
        "Kiosk profile manager",
        Redirects { web: &[], spa: &["https://kiosk.lindenhof-logistik.example/"], public: &[], implicit: (false, false) },
    ),
    (
        "Packaging workbench",
        Redirects { web: &["https://*.workbench.lindenhof-logistik.example/auth"], spa: &[], public: &[NATIVE], implicit: (true, true) },
    ),
];

impl Redirects {
    /// Those of an application of no interest.
    pub(super) fn of(id: Guid) -> Self {
        const ORDINARY: Redirects =
            Redirects { web: &["https://localhost:5001/signin-oidc"], spa: &[], public: &[NATIVE], implicit: (true, false) };
        if id.0.is_multiple_of(4) { ORDINARY } else { Self::default() }
    }

    pub(super) fn planted(spec: &Spec, copy: usize) -> Option<Self> {
        REDIRECTS.iter().find(|(name, _)| copy == 0 && *name == spec.name).map(|&(_, redirects)| redirects)
    }
}

/// A federated credential. Subject and expression exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Federated {
    pub(crate) name: &'static str,
    pub(crate) issuer: &'static str,
    pub(crate) subject: Option<&'static str>,
    /// `claimsMatchingExpression.value`.
    pub(crate) expression: Option<&'static str>,
}

const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Credentials beside those that the cast names: of any branch of any repository, of pull requests, and of an issuer of one's own.
const EXPRESSIONS: [(&str, Federated); 3] = [
    (
        "GitHub release to Intune",
        Federated {
            name: "any-branch",
            issuer: GITHUB,
            subject: None,
            expression: Some("claims['sub'] matches 'repo:lindenhof-logistik/*'"),
        },
    ),
    (
        "Kiosk profile manager",
        Federated { name: "kiosk-checks", issuer: GITHUB, subject: Some("repo:lindenhof-logistik/kiosk:pull_request"), expression: None },
    ),
    (
        "Driver catalogue bot",
        Federated {
            name: "build-farm",
            issuer: "https://oidc.build.lindenhof-logistik.example",
            subject: Some("job:drivers"),
            expression: None,
        },
    ),
];

/// That of a user-assigned managed identity, which a workload in Kubernetes uses.
const OF_IDENTITY: [Federated; 1] = [Federated {
    name: "aks-hygiene",
    issuer: "https://westeurope.oic.prod-aks.azure.com/0f2f7d3c-9d0e-4f5c-9a3e-6f4f3b1a2c5d/5f0e1c2d-3b4a-4958-8776-655443322110/",
    subject: Some("system:serviceaccount:endpoint:hygiene"),
    expression: None,
}];

impl Federated {
    pub(super) fn of_application(spec: &Spec) -> Vec<Self> {
        let exact = |subject: &&'static str| Self { name: "github-actions", issuer: GITHUB, subject: Some(subject), expression: None };
        let matching = EXPRESSIONS.iter().filter(|(name, _)| *name == spec.name).map(|&(_, credential)| credential);
        spec.federated.iter().map(exact).chain(matching).collect()
    }
}

impl Principal {
    /// Whether it is a managed identity that stands by itself instead of belonging to one resource.
    pub(crate) fn is_user_assigned(&self) -> bool {
        matches!(&self.kind, PrincipalKind::ManagedIdentity(resource) if resource.contains("/userAssignedIdentities/"))
    }

    /// Federated credentials held on the service principal, which only user-assigned managed identities have.
    pub(crate) fn federated(&self) -> &'static [Federated] {
        if self.is_user_assigned() { &OF_IDENTITY } else { &[] }
    }
}

/// Whose owners an entry of [`OWNERS`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Application,
    ServicePrincipal,
}

/// How many own one application together: more than `$expand` shows.
const CREW_SIZE: usize = 24;

/// Owners by position among the people.
const OWNERS: [(&str, Of, &[usize]); 13] = [
    // An approver of the access policy that excludes it.
    ("Software factory", Of::Application, &[1]),
    ("Software factory", Of::ServicePrincipal, &[1, 5]),
    ("Endpoint toolkit runner", Of::Application, &[GUEST, 8]),
    ("Legacy packaging server", Of::Application, &[LEFT]),
    ("Retired imaging service", Of::Application, &[]),
    ("Retired imaging service", Of::ServicePrincipal, &[]),
    ("Lost device responder", Of::Application, &[8, SYNCED]),
    // Well looked after.
    ("Baseline publisher", Of::Application, &[9, 10]),
    // Who reads the owners of applications only does not see the guest.
    ("Kiosk profile manager", Of::Application, &[5, 6]),
    ("Kiosk profile manager", Of::ServicePrincipal, &[GUEST]),
    ("Nebelhorn Patch Cloud", Of::ServicePrincipal, &[4]),
    ("Mothballed script runner", Of::Application, &[]),
    // Person 1 also decides its requests.
    ("Change-approved app publisher", Of::Application, &[1, 6]),
];

/// The application with more owners than `$expand` shows.
pub(crate) const OWNED_BY_MANY: &str = "Driver catalogue bot";

/// The application that a service principal owns.
const OWNED_BY_APPLICATION: &str = "Proactive remediation author";

impl Tenant {
    pub(super) fn add_posture(&mut self) {
        for &(name, of, people) in &OWNERS {
            self.set_owners(name, of, people.iter().map(|&at| Member::User(at)).collect());
        }
        self.set_owners(OWNED_BY_MANY, Of::Application, (CREW..CREW + CREW_SIZE).map(Member::User).collect());
        let agent = self.guid("principal", "agent");
        self.set_owners(OWNED_BY_APPLICATION, Of::Application, vec![Member::ServicePrincipal(agent)]);
    }

    /// Runs before the tenant is indexed, so applications are looked through.
    fn set_owners(&mut self, name: &str, of: Of, owners: Vec<Member>) {
        let Some(actor) = self.planted(name) else { return };
        let id = match of {
            Of::ServicePrincipal => Some(actor.principal_id),
            Of::Application => self.applications.iter().find(|application| application.app_id == actor.app_id).map(|found| found.id),
        };
        self.owners.extend(id.map(|id| (id, owners)));
    }

    /// Owners of an application or service principal. Where none are planted, one of two objects of this tenant has one,
    /// and what belongs to somebody else has none.
    pub(crate) fn owners_of(&self, id: Guid, own: bool) -> Vec<Member> {
        if let Some(owners) = self.owners.get(&id) {
            return owners.clone();
        }
        let person = usize::try_from(id.0 % 3).unwrap_or_default() + CREW;
        if own && !id.is_odd() { vec![Member::User(person)] } else { Vec::new() }
    }

    pub(crate) fn owns(&self, principal: &Principal) -> bool {
        principal.owner == Some(self.id)
    }

    /// Object ids of the service principals of these planted automations, as far as the tenant has them.
    pub(crate) fn principals_named(&self, names: &[&str]) -> Vec<Guid> {
        names.iter().filter_map(|name| self.planted(name)).map(|actor| actor.principal_id).collect()
    }
}

/// Workload-identity policies of Conditional Access: name, state, included, excluded (by name), rule of a filter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkloadPolicy {
    pub(crate) name: &'static str,
    pub(crate) state: &'static str,
    /// Empty: every service principal of the tenant.
    pub(crate) included: &'static [&'static str],
    pub(crate) excluded: &'static [&'static str],
    pub(crate) rule: Option<&'static str>,
    pub(crate) risk_levels: &'static [&'static str],
}

const ENABLED: &str = "enabled";

/// Software factory is covered; Endpoint toolkit runner is named and excluded at once; the policy on Driver catalogue bot is
/// switched off; that on all service principals only reports. Whom the last one concerns an attribute decides, but for the two
/// that it excludes, which none covers.
pub(crate) const WORKLOAD_POLICIES: [WorkloadPolicy; 4] = [
    WorkloadPolicy {
        name: "Automations from our network only",
        state: "enabledForReportingButNotEnforced",
        included: &[],
        excluded: &[],
        rule: None,
        risk_levels: &[],
    },
    WorkloadPolicy {
        name: "Packaging from the build network only",
        state: ENABLED,
        included: &["Software factory", "Endpoint toolkit runner", "Win32 packaging pipeline"],
        excluded: &["Endpoint toolkit runner"],
        rule: None,
        risk_levels: &[],
    },
    WorkloadPolicy {
        name: "Drivers from the build network only",
        state: "disabled",
        included: &["Driver catalogue bot"],
        excluded: &[],
        rule: None,
        risk_levels: &[],
    },
    WorkloadPolicy {
        name: "Tagged automations at risk",
        state: ENABLED,
        included: &[],
        excluded: &["Endpoint toolkit runner", "Legacy packaging server"],
        rule: Some("CustomSecurityAttribute.Automation_Tier -eq \"0\""),
        risk_levels: &["high", "medium"],
    },
];

/// A custom app management policy.
pub(crate) struct AppPolicy {
    pub(crate) name: &'static str,
    pub(crate) enabled: bool,
    /// Whether its restrictions are in force. An enabled policy without them exempts from the default.
    pub(crate) restricts: bool,
    pub(crate) applications: &'static [&'static str],
    pub(crate) principals: &'static [&'static str],
}

/// The first exempts. The second is switched off, so that the default applies to its application. The third is stricter.
pub(crate) const APP_POLICIES: [AppPolicy; 3] = [
    AppPolicy {
        name: "Packaging exemption",
        enabled: true,
        restricts: false,
        applications: &["Software factory", "Lost device responder"],
        principals: &["Nebelhorn Patch Cloud"],
    },
    AppPolicy {
        name: "Exemption during migration",
        enabled: false,
        restricts: false,
        applications: &["Legacy packaging server"],
        principals: &[],
    },
    AppPolicy { name: "Short-lived secrets", enabled: true, restricts: true, applications: &["Baseline publisher"], principals: &[] },
];

/// Risky service principals: name, state, level, detail, days since the last change.
pub(crate) const RISKY: [(&str, &str, &str, &str, i64); 4] = [
    ("Legacy packaging server", "atRisk", "high", "none", 2),
    ("Win32 packaging pipeline", "dismissed", "none", "adminDismissedAllRiskForServicePrincipal", 40),
    ("Fleet report builder", "atRisk", "hidden", "hidden", 6),
    ("Service desk wipe button", "confirmedCompromised", "high", "adminConfirmedServicePrincipalCompromised", 1),
];

impl Actor {
    /// Object id of its application, if it is registered in this tenant.
    pub(crate) fn application_id(&self, tenant: &Tenant) -> Option<Guid> {
        tenant.application_of_app(self.app_id).map(|application| application.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::DEMO_TIME;
    use crate::simulator::data::cast::CAST;

    #[test]
    fn every_name_in_the_tables_is_planted() {
        let cast = |name: &str| assert!(CAST.iter().any(|spec| spec.name == name), "{name}");
        LOCKS.iter().for_each(|(name, _)| cast(name));
        REDIRECTS.iter().for_each(|(name, _)| cast(name));
        OWNERS.iter().for_each(|(name, ..)| cast(name));
        EXPRESSIONS.iter().for_each(|(name, _)| cast(name));
        RISKY.iter().for_each(|(name, ..)| cast(name));
        WORKLOAD_POLICIES.iter().flat_map(|policy| policy.included.iter().chain(policy.excluded)).for_each(|name| cast(name));
        APP_POLICIES.iter().flat_map(|policy| policy.applications.iter().chain(policy.principals)).for_each(|name| cast(name));
        [OWNED_BY_MANY, OWNED_BY_APPLICATION].into_iter().for_each(cast);
    }

    #[test]
    fn one_application_has_more_owners_than_expand_shows() {
        let tenant = Tenant::generate(42, DEMO_TIME, 300, None);
        let id = tenant.planted(OWNED_BY_MANY).and_then(|actor| actor.application_id(&tenant)).unwrap();
        assert_eq!(tenant.owners_of(id, true).len(), CREW_SIZE);
        assert!(tenant.users.len() >= CREW + CREW_SIZE);
    }
}
