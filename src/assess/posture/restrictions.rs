//! Which restrictions of the tenant's app management policy do not bind an application (facts/graph.md section 7): a custom
//! policy on an object replaces the default, and each restriction may spare applications that are older than it. Both keep new
//! keys out only, whatever is there stays.

use super::{Looked, failed, out_of_reach};
use crate::assess::model::{Key, Known};
use crate::assess::words::{Home, KeyKind};
use crate::snapshot::{AppManagementPolicy, CredentialRestriction, Dataset, Gap, RestrictionTarget};
use chrono::{DateTime, SecondsFormat, Utc};

/// What was found out about one restriction.
enum Binding {
    Binds,
    /// It does not, with the reason as a clause.
    Not(String),
    NotTold(Gap),
}

/// Restrictions on kinds of key that it holds, and why each does not bind it. Empty where the default policy is off: that is a
/// matter of the tenant.
pub(super) fn unrestricted(of: &Looked<'_>) -> Known<Vec<String>> {
    let Some(target) = target(of) else {
        return match of.profile.home {
            Home::ManagedIdentity => Known::Yes(Vec::new()),
            _ => Known::No(of.application_gap().unwrap_or_else(|| failed("it has no application object that a policy could bind"))),
        };
    };
    let unread = of.directory.gap(Dataset::AppManagementPolicies);
    let Some(default) = of.sources.default_policy else {
        return Known::No(unread.unwrap_or_else(|| failed("the tenant's app management policy was not shown")));
    };
    match default.is_enabled {
        Some(true) => {}
        Some(false) => return Known::Yes(Vec::new()),
        None => return Known::No(failed("whether the tenant's app management policy is on was not shown")),
    }
    let (kinds, mut gap) = kinds_held(of, target.target);
    let custom = custom(of, &target, unread);
    let mut clauses = Vec::new();
    for restriction in default.restrictions.iter().filter(|one| one.target == target.target && is_active(one)) {
        if !kind_of(restriction).is_some_and(|kind| kinds.contains(&kind)) {
            continue;
        }
        match binding(restriction, &custom, target.created) {
            Binding::Binds => {}
            Binding::Not(why) => clauses.push(format!("{}: {why}", restriction.kind)),
            Binding::NotTold(why) => gap = gap.or(Some(why)),
        }
    }
    clauses.sort();
    clauses.dedup();
    Known::of(clauses, gap)
}

/// The object that restrictions would bind.
struct Target<'a> {
    target: RestrictionTarget,
    id: &'a str,
    /// When it was made; None where that is not known, as of all service principals.
    created: Option<DateTime<Utc>>,
}

/// The application where it is registered here; of one of another tenant its service principal. A managed identity has no keys
/// that anybody could add.
fn target<'a>(of: &Looked<'a>) -> Option<Target<'a>> {
    match (of.profile.home, of.application(), of.principal()) {
        (Home::ManagedIdentity, ..) => None,
        (_, Some(application), _) => {
            Some(Target { target: RestrictionTarget::Application, id: application.id.as_str(), created: application.created })
        }
        (Home::OtherTenant | Home::Microsoft, None, Some(principal)) => {
            Some(Target { target: RestrictionTarget::ServicePrincipal, id: principal.id.as_str(), created: None })
        }
        _ => None,
    }
}

/// Kinds of unexpired key that it holds, and why there may be others. Of a foreign application only those on the service
/// principal here count.
fn kinds_held(of: &Looked<'_>, target: RestrictionTarget) -> (Vec<KeyKind>, Option<Gap>) {
    let keys: &Known<Vec<Key>> =
        if target == RestrictionTarget::ServicePrincipal { &of.profile.service_principal_keys } else { &of.profile.keys };
    let held = keys.seen().into_iter().flatten().filter(|key| key.expired != Some(true)).map(|key| key.kind);
    (held.collect(), keys.gap().cloned())
}

/// On what kind of key a restriction is. Symmetric keys are not told from certificates, so restrictions on them are passed over.
fn kind_of(restriction: &CredentialRestriction) -> Option<KeyKind> {
    match restriction.kind.to_ascii_lowercase().as_str() {
        "passwordaddition" | "passwordlifetime" | "custompasswordaddition" => Some(KeyKind::Secret),
        "asymmetrickeylifetime" | "trustedcertificateauthority" => Some(KeyKind::Certificate),
        _ => None,
    }
}

fn is_active(restriction: &CredentialRestriction) -> bool {
    restriction.state.as_deref().is_none_or(|state| !state.eq_ignore_ascii_case("disabled"))
}

/// The custom policy on an object, if one is in force, or why that is not known.
enum Custom<'a> {
    None,
    Is(&'a AppManagementPolicy),
    NotTold(Gap),
}

fn custom<'a>(of: &Looked<'a>, target: &Target<'_>, unread: Option<Gap>) -> Custom<'a> {
    let on_it = of.sources.custom_policies.get(target.id).map(Vec::as_slice).unwrap_or_default();
    if let Some(policy) = on_it.iter().find(|policy| policy.is_enabled == Some(true)) {
        return Custom::Is(policy);
    }
    if on_it.iter().any(|policy| policy.is_enabled.is_none()) {
        return Custom::NotTold(failed("whether a custom app management policy on it is on was not shown"));
    }
    match unread {
        Some(gap) => Custom::NotTold(gap),
        None if !of.sources.targets_read => Custom::NotTold(failed("on which objects a custom app management policy is was not read")),
        None => Custom::None,
    }
}

fn binding(restriction: &CredentialRestriction, custom: &Custom<'_>, created: Option<DateTime<Utc>>) -> Binding {
    match sparing(restriction, custom, created) {
        Binding::Binds if exempts(restriction, custom) => Binding::NotTold(out_of_reach(format!(
            "whoever has a certain custom security attribute is exempt from {}, and who that is cannot be read",
            restriction.kind
        ))),
        other => other,
    }
}

/// Whether the restriction that holds in the end spares somebody who adds keys.
fn exempts(restriction: &CredentialRestriction, custom: &Custom<'_>) -> bool {
    match custom {
        Custom::Is(policy) => policy.restrictions.iter().any(|own| own.kind.eq_ignore_ascii_case(&restriction.kind) && own.exempts_actors),
        Custom::None | Custom::NotTold(_) => restriction.exempts_actors,
    }
}

/// Whether the policies spare the object itself.
fn sparing(restriction: &CredentialRestriction, custom: &Custom<'_>, created: Option<DateTime<Utc>>) -> Binding {
    match custom {
        Custom::NotTold(gap) => Binding::NotTold(gap.clone()),
        Custom::None => by_age(restriction, created, ""),
        Custom::Is(policy) => {
            let same = |one: &&CredentialRestriction| one.kind.eq_ignore_ascii_case(&restriction.kind) && is_active(one);
            let Some(own) = policy.restrictions.iter().find(same) else {
                return Binding::Not(format!("the custom policy {} on it does not have it", policy.display_name));
            };
            if is_longer(own.max_lifetime.as_deref(), restriction.max_lifetime.as_deref()) {
                let lifetime = own.max_lifetime.as_deref().unwrap_or("any time");
                return Binding::Not(format!("the custom policy {} on it allows {lifetime}", policy.display_name));
            }
            by_age(own, created, &format!(" by the custom policy {}", policy.display_name))
        }
    }
}

/// Whether a restriction spares applications as old as this one.
fn by_age(restriction: &CredentialRestriction, created: Option<DateTime<Utc>>, by: &str) -> Binding {
    let Some(after) = restriction.created_after else { return Binding::Binds };
    let text = after.to_rfc3339_opts(SecondsFormat::Secs, true);
    match created {
        Some(created) if created > after => Binding::Binds,
        Some(_) => Binding::Not(format!("it is older than {text}, and only younger applications are bound{by}")),
        None => Binding::NotTold(failed(format!("when it was made was not shown, and only what is younger than {text} is bound"))),
    }
}

/// Whether one ISO 8601 duration of days, hours, minutes and seconds is longer than another. Without a bound it is the longest;
/// what cannot be read is not compared.
fn is_longer(one: Option<&str>, other: Option<&str>) -> bool {
    match (one.map(seconds), other.map(seconds)) {
        (None, Some(Some(_))) => true,
        (Some(Some(one)), Some(Some(other))) => one > other,
        _ => false,
    }
}

/// Seconds of a duration such as `P180D` or `P4DT12H30M5S`. Years and months are no fixed time; Graph does not write them here.
fn seconds(duration: &str) -> Option<u64> {
    let mut rest = duration.trim().strip_prefix('P')?;
    let mut total: u64 = 0;
    let mut in_time = false;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            (rest, in_time) = (time, true);
            continue;
        }
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, behind) = rest.split_at_checked(end)?;
        let mut letters = behind.chars();
        let unit = match (letters.next()?, in_time) {
            ('W', false) => 7 * 86_400,
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = letters.as_str();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, OBJECT, PRINCIPAL, at, secret};
    use super::*;
    use proptest::prelude::*;

    fn restriction(target: RestrictionTarget, kind: &str, lifetime: Option<&str>, after: Option<&str>) -> CredentialRestriction {
        CredentialRestriction {
            target,
            kind: kind.into(),
            state: Some("enabled".into()),
            max_lifetime: lifetime.map(str::to_owned),
            created_after: after.map(at),
            exempts_actors: false,
        }
    }

    fn policy(
        id: &str,
        is_enabled: Option<bool>,
        restrictions: Vec<CredentialRestriction>,
        applies_to: Option<&[&str]>,
    ) -> AppManagementPolicy {
        AppManagementPolicy {
            id: id.into(),
            display_name: format!("policy {id}"),
            is_default: id == "default",
            is_enabled,
            restrictions,
            applies_to: applies_to.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()),
        }
    }

    fn default(after: Option<&str>) -> AppManagementPolicy {
        let restrictions = vec![
            restriction(RestrictionTarget::Application, "passwordAddition", None, after),
            restriction(RestrictionTarget::Application, "passwordLifetime", Some("P90D"), after),
            restriction(RestrictionTarget::Application, "asymmetricKeyLifetime", Some("P90D"), after),
            restriction(RestrictionTarget::ServicePrincipal, "passwordAddition", None, after),
        ];
        policy("default", Some(true), restrictions, None)
    }

    fn holder() -> Fixture {
        Fixture::new().with(|tenant| tenant.application().credentials = vec![secret("k", "2026-05-01T00:00:00Z", "2027-01-01T00:00:00Z")])
    }

    fn with(fixture: Fixture, policies: Vec<AppManagementPolicy>) -> Known<Vec<String>> {
        let policies = policies.into_iter().map(|policy| (policy.id.clone(), policy)).collect();
        fixture.with(|tenant| tenant.snapshot.app_management_policies = policies).posture().unrestricted
    }

    fn kinds(known: &Known<Vec<String>>) -> Vec<&str> {
        known.seen().unwrap().iter().map(|clause| clause.split_once(':').unwrap().0).collect()
    }

    #[test]
    fn the_default_binds_what_it_does_not_spare() {
        assert_eq!(with(holder(), vec![default(None)]), Known::Yes(vec![]));
        assert_eq!(with(holder(), vec![default(Some("2024-01-01T00:00:00Z"))]), Known::Yes(vec![]));
        let older = with(holder(), vec![default(Some("2025-06-01T00:00:00Z"))]);
        assert_eq!(kinds(&older), ["passwordAddition", "passwordLifetime"], "of kinds of key that it holds");
        assert_eq!(with(Fixture::new(), vec![default(Some("2025-06-01T00:00:00Z"))]), Known::Yes(vec![]), "it holds none");
        let off = AppManagementPolicy { is_enabled: Some(false), ..default(None) };
        assert_eq!(with(holder(), vec![off]), Known::Yes(vec![]), "a matter of the tenant");
    }

    #[test]
    fn a_custom_policy_that_is_on_replaces_the_default() {
        let custom = |is_enabled, restrictions| policy("custom", is_enabled, restrictions, Some(&[OBJECT]));
        assert_eq!(kinds(&with(holder(), vec![default(None), custom(Some(true), vec![])])), ["passwordAddition", "passwordLifetime"]);
        assert_eq!(with(holder(), vec![default(None), custom(Some(false), vec![])]), Known::Yes(vec![]));
        let own = |lifetime: &str, after| {
            let addition = restriction(RestrictionTarget::Any, "passwordAddition", None, None);
            vec![addition, restriction(RestrictionTarget::Any, "passwordLifetime", Some(lifetime), after)]
        };
        assert_eq!(with(holder(), vec![default(None), custom(Some(true), own("P30D", None))]), Known::Yes(vec![]), "stricter");
        assert_eq!(kinds(&with(holder(), vec![default(None), custom(Some(true), own("P91D", None))])), ["passwordLifetime"]);
        assert_eq!(
            kinds(&with(holder(), vec![default(None), custom(Some(true), own("P30D", Some("2026-01-01T00:00:00Z")))])),
            ["passwordLifetime"]
        );
        let unsaid = with(holder(), vec![default(None), custom(None, vec![])]);
        assert!(matches!(unsaid, Known::Partly(seen, Gap::Failed { .. }) if seen.is_empty()));
    }

    #[test]
    fn what_was_not_read_may_spare_it() {
        let untargeted = policy("custom", Some(true), vec![], None);
        assert!(matches!(with(holder(), vec![default(None), untargeted]), Known::Partly(seen, Gap::Failed { .. }) if seen.is_empty()));
        assert!(with(holder().lost(Dataset::AppManagementPolicies), vec![]).seen().is_none());
        let mut exempting = default(None);
        exempting.restrictions.iter_mut().for_each(|restriction| restriction.exempts_actors = true);
        let exempting = with(holder(), vec![exempting]);
        assert!(matches!(exempting, Known::Partly(seen, Gap::OutOfReach { .. }) if seen.is_empty()), "somebody may add keys all the same");
        let undated = holder().with(|tenant| tenant.application().created = None);
        assert!(with(undated, vec![default(Some("2025-06-01T00:00:00Z"))]).gap().is_some());
    }

    #[test]
    fn a_foreign_application_is_bound_by_its_service_principal() {
        let foreign = || {
            Fixture::foreign()
                .with(|tenant| tenant.principal().credentials = vec![secret("k", "2026-05-01T00:00:00Z", "2027-01-01T00:00:00Z")])
        };
        assert_eq!(with(foreign(), vec![default(None)]), Known::Yes(vec![]));
        let custom = policy("custom", Some(true), vec![], Some(&[PRINCIPAL]));
        assert_eq!(kinds(&with(foreign(), vec![default(None), custom])), ["passwordAddition"]);
        assert_eq!(with(Fixture::managed_identity(), vec![default(None)]), Known::Yes(vec![]));
    }

    #[test]
    fn durations_compare_by_their_length() {
        assert_eq!(seconds("P4DT12H30M5S"), Some(390_605));
        assert_eq!((seconds("P180D"), seconds("P1W"), seconds("PT0S")), (Some(15_552_000), Some(604_800), Some(0)));
        assert_eq!(["", "P1Y", "180", "P1", "PD"].map(seconds), [None; 5]);
        assert!(is_longer(Some("P91D"), Some("P90D")) && is_longer(None, Some("P90D")) && !is_longer(Some("P1Y"), Some("P90D")));
    }

    proptest! {
        #[test]
        fn no_duration_panics(text in any::<String>(), near in "P[0-9]{0,25}[DWTHMS0-9]{0,9}") {
            seconds(&text);
            seconds(&near);
        }
    }
}
