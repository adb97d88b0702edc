//! What holds an application beside its keys: the property lock, Conditional Access for workload identities, what is said of
//! its risk, and whose it is.

use super::{Looked, failed, out_of_reach};
use crate::assess::model::Known;
use crate::assess::words::Home;
use crate::snapshot::{ConditionalAccessPolicy, Dataset, PropertyLock, RiskyServicePrincipal};

/// The app instance property lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// Keys on service principals of it are locked.
    On,
    /// Switched on, but not for every kind of key.
    Partial,
    /// Off, or never configured.
    Off,
    /// A managed identity has none.
    NotApplicable,
}

impl LockState {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Partial => "partial",
            Self::Off => "off",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// Whether Conditional Access for workload identities reaches an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessCover {
    /// A policy that is enforced may block its sign-ins to Microsoft Graph.
    Covered,
    /// None does.
    NotCovered,
    /// None can: only applications of this tenant alone are reached (facts/graph.md section 6).
    NotCoverable,
}

impl AccessCover {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::NotCovered => "not-covered",
            Self::NotCoverable => "not-coverable",
        }
    }
}

/// What Entra ID Protection says of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Whether it holds it at risk or compromised; None for a state that is not known.
    pub risky: Option<bool>,
    /// Level and state as written, with a comma between.
    pub text: String,
}

pub(super) fn property_lock(of: &Looked<'_>) -> Known<LockState> {
    match (of.profile.home, of.application()) {
        (Home::ManagedIdentity, _) => Known::Yes(LockState::NotApplicable),
        (_, Some(application)) => match lock_state(&application.property_lock) {
            Some(state) => Known::Yes(state),
            None => Known::No(failed("the property lock was not shown")),
        },
        (Home::OtherTenant | Home::Microsoft, None) => Known::No(out_of_reach("the property lock is set in the home tenant")),
        (Home::ThisTenant | Home::Unknown, None) => {
            Known::No(of.application_gap().unwrap_or_else(|| failed("it has no application object that would say")))
        }
    }
}

/// What a lock comes to: it matters for keys, which `allProperties` covers as well as the two usages together.
fn lock_state(lock: &PropertyLock) -> Option<LockState> {
    let PropertyLock::Configured { is_enabled, all_properties, credentials_with_usage_sign, credentials_with_usage_verify } = lock else {
        return (*lock == PropertyLock::NotConfigured).then_some(LockState::Off);
    };
    let usages = [credentials_with_usage_sign, credentials_with_usage_verify];
    match is_enabled {
        None => None,
        Some(false) => Some(LockState::Off),
        Some(true) if *all_properties == Some(true) || usages.iter().all(|usage| **usage == Some(true)) => Some(LockState::On),
        Some(true) if all_properties.is_some() && usages.iter().any(|usage| **usage == Some(false)) => Some(LockState::Partial),
        Some(true) => None,
    }
}

/// App id of Microsoft Graph, as `includeApplications` has it.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// `includeServicePrincipals` for every service principal that is registered in the tenant.
const EVERY: &str = "serviceprincipalsinmytenant";

/// Whether a policy that is enforced includes it, may block it, and holds for Microsoft Graph. At which places or risks it
/// blocks is not asked: that is the tenant's own choice.
pub(super) fn conditional_access(of: &Looked<'_>) -> Known<AccessCover> {
    let Some(principal) = of.principal() else { return Known::No(of.principal_gap()) };
    match coverable(of) {
        Known::Yes(false) => return Known::Yes(AccessCover::NotCoverable),
        Known::No(gap) | Known::Partly(_, gap) => return Known::No(gap),
        Known::Yes(true) => {}
    }
    let policies = of.directory.snapshot.conditional_access.values();
    let answers: Vec<Reach> = policies.map(|policy| reach(policy, principal.id.as_str())).collect();
    if answers.contains(&Reach::Yes) {
        Known::Yes(AccessCover::Covered)
    } else if answers.contains(&Reach::Filter) {
        Known::No(out_of_reach(
            "a Conditional Access policy decides by custom security attributes, which maascan has no permission to read",
        ))
    } else if let Some(gap) = of.directory.gap(Dataset::ConditionalAccess) {
        Known::No(gap)
    } else if answers.contains(&Reach::NotSaid) {
        Known::No(failed("the state of a Conditional Access policy was not shown"))
    } else {
        Known::Yes(AccessCover::NotCovered)
    }
}

/// Whether Conditional Access can reach it: service principals of applications that are registered here for this tenant alone.
fn coverable(of: &Looked<'_>) -> Known<bool> {
    let application = of.profile.kind.as_deref().map(|kind| kind.eq_ignore_ascii_case("Application"));
    if application == Some(false) || matches!(of.profile.home, Home::ManagedIdentity | Home::OtherTenant | Home::Microsoft) {
        return Known::Yes(false);
    }
    if application.is_none() || of.profile.home == Home::Unknown {
        return Known::No(failed("the service did not say what kind of application it is, or whose"));
    }
    multi_tenant(of).map(|several| !several)
}

/// Whether a policy reaches a service principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Yes,
    No,
    /// A filter over custom security attributes decides.
    Filter,
    /// It would, but whether it is enforced was not shown.
    NotSaid,
}

fn reach(policy: &ConditionalAccessPolicy, principal: &str) -> Reach {
    let named =
        |names: &std::collections::BTreeSet<String>, wanted: &str| names.iter().any(|name| name.trim().eq_ignore_ascii_case(wanted));
    let concerned = named(&policy.included, principal) || named(&policy.included, EVERY) || policy.has_filter;
    let on_graph =
        (named(&policy.applications, "All") || named(&policy.applications, GRAPH)) && !named(&policy.excluded_applications, GRAPH);
    if !concerned || named(&policy.excluded, principal) || !on_graph || !named(&policy.controls, "block") {
        return Reach::No;
    }
    match policy.state.as_deref() {
        None => Reach::NotSaid,
        Some(state) if !state.eq_ignore_ascii_case("enabled") => Reach::No,
        Some(_) if policy.has_filter => Reach::Filter,
        Some(_) => Reach::Yes,
    }
}

/// What the list of risky service principals says. One that is not on a list that was read whole has no known risk.
pub(super) fn risk(of: &Looked<'_>) -> Known<Option<Risk>> {
    let by_id = of.profile.service_principal.as_ref().and_then(|id| of.sources.risky.get(id.as_str()));
    let listed = by_id.or_else(|| of.sources.risky.get(of.profile.app_id.as_str()));
    match (listed, of.directory.gap(Dataset::RiskyServicePrincipals)) {
        (Some(listed), _) => Known::Yes(Some(read_risk(listed))),
        (None, Some(gap)) => Known::No(gap),
        (None, None) => Known::Yes(None),
    }
}

fn read_risk(listed: &RiskyServicePrincipal) -> Risk {
    let risky = match listed.risk_state.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("atrisk" | "confirmedcompromised") => Some(true),
        Some("none" | "confirmedsafe" | "remediated" | "dismissed") => Some(false),
        _ => None,
    };
    let known = [&listed.risk_level, &listed.risk_state].into_iter().flatten();
    Risk { risky, text: known.map(String::as_str).collect::<Vec<_>>().join(", ") }
}

/// Whether accounts of other tenants may use it, by `signInAudience`. A managed identity has no audience and no other tenant.
pub(super) fn multi_tenant(of: &Looked<'_>) -> Known<bool> {
    if of.profile.home == Home::ManagedIdentity {
        return Known::Yes(false);
    }
    let by_principal = of.principal().and_then(|principal| principal.sign_in_audience.as_deref());
    let audience = by_principal.or_else(|| of.application()?.sign_in_audience.as_deref());
    match audience.map(str::to_ascii_lowercase).as_deref() {
        Some("azureadmyorg") => Known::Yes(false),
        Some("azureadmultipleorgs" | "azureadandpersonalmicrosoftaccount" | "personalmicrosoftaccount") => Known::Yes(true),
        Some(_) => Known::No(failed("its signInAudience is none that is known")),
        None if of.principal().is_none() && of.application().is_none() => Known::No(of.principal_gap()),
        None => Known::No(failed("the service did not say who may use it")),
    }
}

pub(super) fn verified_publisher(of: &Looked<'_>) -> Known<bool> {
    let Some(principal) = of.principal() else { return Known::No(of.principal_gap()) };
    match principal.verified_publisher {
        Some(verified) => Known::Yes(verified),
        None => Known::No(failed("the service did not say whether its publisher is verified")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{APP, Fixture, PRINCIPAL};
    use super::*;
    use crate::snapshot::Gap;
    use std::collections::BTreeSet;

    fn configured(is_enabled: Option<bool>, all: Option<bool>, sign: Option<bool>, verify: Option<bool>) -> PropertyLock {
        PropertyLock::Configured {
            is_enabled,
            all_properties: all,
            credentials_with_usage_sign: sign,
            credentials_with_usage_verify: verify,
        }
    }

    #[test]
    fn a_lock_is_on_only_if_every_kind_of_key_is_locked() {
        let (yes, no) = (Some(true), Some(false));
        for (lock, expected) in [
            (PropertyLock::NotConfigured, Some(LockState::Off)),
            (PropertyLock::Unknown, None),
            (configured(no, yes, yes, yes), Some(LockState::Off)),
            (configured(yes, yes, None, None), Some(LockState::On)),
            (configured(yes, no, yes, yes), Some(LockState::On)),
            (configured(yes, no, no, yes), Some(LockState::Partial)),
            (configured(yes, no, None, yes), None),
            (configured(None, yes, yes, yes), None),
        ] {
            assert_eq!(lock_state(&lock), expected, "{lock:?}");
        }
    }

    #[test]
    fn a_lock_is_where_the_application_is() {
        assert_eq!(Fixture::new().posture().property_lock, Known::Yes(LockState::Off));
        assert_eq!(Fixture::managed_identity().posture().property_lock, Known::Yes(LockState::NotApplicable));
        assert!(matches!(Fixture::foreign().posture().property_lock, Known::No(Gap::OutOfReach { .. })));
        let lost = Fixture::new().lost(Dataset::Applications).with(|tenant| tenant.snapshot.applications.clear());
        assert!(matches!(lost.posture().property_lock, Known::No(Gap::Permission { .. })));
    }

    fn access(included: &str) -> ConditionalAccessPolicy {
        let one = |text: &str| BTreeSet::from([text.to_owned()]);
        ConditionalAccessPolicy {
            id: "ca".into(),
            display_name: "ca".into(),
            state: Some("enabled".into()),
            included: one(included),
            excluded: BTreeSet::new(),
            has_filter: false,
            applications: one("All"),
            excluded_applications: BTreeSet::new(),
            controls: one("block"),
        }
    }

    fn cover(fixture: Fixture, policies: Vec<ConditionalAccessPolicy>) -> Known<AccessCover> {
        let policies = policies.into_iter().enumerate().map(|(at, policy)| (format!("ca{at}"), policy)).collect();
        fixture.with(|tenant| tenant.snapshot.conditional_access = policies).posture().conditional_access
    }

    #[test]
    fn an_enforced_policy_that_includes_it_and_blocks_covers() {
        let one = |text: &str| BTreeSet::from([text.to_owned()]);
        for included in [PRINCIPAL, EVERY] {
            assert_eq!(cover(Fixture::new(), vec![access(included)]), Known::Yes(AccessCover::Covered), "{included}");
        }
        let on_graph = ConditionalAccessPolicy { applications: one(GRAPH), ..access(EVERY) };
        assert_eq!(cover(Fixture::new(), vec![on_graph]), Known::Yes(AccessCover::Covered));
        let not = [
            access("another"),
            ConditionalAccessPolicy { excluded: one(PRINCIPAL), ..access(EVERY) },
            ConditionalAccessPolicy { state: Some("enabledForReportingButNotEnforced".into()), ..access(EVERY) },
            ConditionalAccessPolicy { state: Some("disabled".into()), ..access(EVERY) },
            ConditionalAccessPolicy { applications: one("another"), ..access(EVERY) },
            ConditionalAccessPolicy { excluded_applications: one(GRAPH), ..access(EVERY) },
            ConditionalAccessPolicy { controls: one("mfa"), ..access(EVERY) },
        ];
        for policy in not {
            assert_eq!(cover(Fixture::new(), vec![policy.clone()]), Known::Yes(AccessCover::NotCovered), "{policy:?}");
        }
    }

    #[test]
    fn a_filter_or_a_state_that_was_not_shown_leaves_it_open_unless_another_policy_covers() {
        let filter = || ConditionalAccessPolicy { has_filter: true, ..access(EVERY) };
        assert!(matches!(cover(Fixture::new(), vec![filter()]), Known::No(Gap::OutOfReach { .. })));
        assert_eq!(cover(Fixture::new(), vec![filter(), access(EVERY)]), Known::Yes(AccessCover::Covered));
        let excluded = ConditionalAccessPolicy { excluded: [PRINCIPAL.to_owned()].into(), ..filter() };
        assert_eq!(cover(Fixture::new(), vec![excluded]), Known::Yes(AccessCover::NotCovered));
        let unsaid = ConditionalAccessPolicy { state: None, ..access(EVERY) };
        assert!(matches!(cover(Fixture::new(), vec![unsaid]), Known::No(Gap::Failed { .. })));
        assert!(matches!(cover(Fixture::new().lost(Dataset::ConditionalAccess), vec![]), Known::No(Gap::Permission { .. })));
    }

    #[test]
    fn what_cannot_be_covered_is_not_said_to_be_uncovered() {
        let several = Fixture::new().with(|tenant| tenant.principal().sign_in_audience = Some("AzureADMultipleOrgs".into()));
        for fixture in [Fixture::managed_identity(), Fixture::foreign(), several] {
            let posture = fixture.lost(Dataset::ConditionalAccess).posture();
            assert_eq!(posture.conditional_access, Known::Yes(AccessCover::NotCoverable));
        }
    }

    #[test]
    fn risk_is_what_the_list_says_and_not_listed_is_none_only_of_a_whole_list() {
        let listed = |state: &str| RiskyServicePrincipal {
            id: PRINCIPAL.into(),
            app_id: Some(APP.into()),
            risk_level: Some("high".into()),
            risk_state: (!state.is_empty()).then(|| state.to_owned()),
            last_updated: None,
        };
        let of = |state: &str| {
            let fixture =
                Fixture::new().with(|tenant| drop(tenant.snapshot.risky_service_principals.insert(PRINCIPAL.into(), listed(state))));
            fixture.posture().risk.seen().unwrap().clone().unwrap()
        };
        assert_eq!(of("atRisk"), Risk { risky: Some(true), text: "high, atRisk".into() });
        assert_eq!(
            [of("confirmedCompromised").risky, of("dismissed").risky, of("novel").risky, of("").risky],
            [Some(true), Some(false), None, None]
        );
        assert_eq!(Fixture::new().posture().risk, Known::Yes(None));
        assert!(Fixture::new().lost(Dataset::RiskyServicePrincipals).posture().risk.seen().is_none());
    }

    #[test]
    fn whose_it_is_is_read_and_not_guessed() {
        let posture = Fixture::foreign().posture();
        assert_eq!((posture.multi_tenant, posture.verified_publisher), (Known::Yes(true), Known::Yes(false)));
        let unsaid = Fixture::foreign().with(|tenant| {
            tenant.principal().sign_in_audience = Some("Novel".into());
            tenant.principal().verified_publisher = None;
        });
        let posture = unsaid.posture();
        assert!(posture.multi_tenant.seen().is_none() && posture.verified_publisher.seen().is_none());
    }
}
