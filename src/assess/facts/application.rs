//! Facts of an application, excluded or not: its profile and posture as values that rules understand.

use super::{Builder, EntityKind, Fact, gap_of, texts};
use crate::assess::finding::ObjectRef;
use crate::assess::model::{ApplicationProfile, Assessment, Exclusion, HeldPermission, Key, Known, LastSignIn};
use crate::assess::posture::{HeldBy, KeyUse, LockState, Network, PermissionUse, Posture, Risk, Trust, WeakOwner, WriteUse, Writes};
use crate::assess::words::{Home, KeyKind};
use crate::assess::{
    applications::{days_between, no_principal},
    posture::AccessCover,
};
use crate::catalogue::Workload;
use crate::snapshot::{Dataset, Gap};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The facts of one application: of one that a policy excludes as such, of every other as an automation.
pub(super) fn facts_of(assessment: &Assessment, profile: &ApplicationProfile) -> Fact {
    let now = assessment.run.taken_at;
    let mut fact = Builder::new();
    identity(&mut fact, assessment, profile);
    exclusions(&mut fact, assessment, profile);
    permissions(&mut fact, profile);
    reach(&mut fact, &profile.posture);
    usage(&mut fact, &profile.posture);
    keys(&mut fact, profile, now);
    owners(&mut fact, &profile.posture);
    sign_ins(&mut fact, profile, now);
    protection(&mut fact, &profile.posture);
    let entity = if profile.excluded { EntityKind::ExcludedApplication } else { EntityKind::Automation };
    fact.finish(entity, object(profile))
}

/// The application as findings name it.
pub(super) fn object(profile: &ApplicationProfile) -> ObjectRef {
    let id = profile.service_principal.as_ref().map_or_else(|| profile.app_id.to_string(), ToString::to_string);
    let kind = if profile.service_principal.is_some() { "servicePrincipal" } else { "application" };
    ObjectRef { kind, id, name: profile.name.clone(), app_id: Some(profile.app_id.to_string()) }
}

fn identity(fact: &mut Builder, assessment: &Assessment, profile: &ApplicationProfile) {
    fact.set("app_id", profile.app_id.as_str());
    fact.set("name", profile.name.as_str());
    let unread = gap_of(assessment, Dataset::ServicePrincipals).unwrap_or_else(|| match &profile.service_principal {
        Some(_) => Gap::OutOfReach { detail: "the service did not say".to_owned() },
        None => no_principal(),
    });
    fact.optional("home", (profile.home != Home::Unknown).then(|| profile.home.word()), &unread);
    fact.optional("kind", profile.kind.as_deref(), &unread);
    fact.optional("can_sign_in", profile.can_sign_in, &unread);
    days_known(fact, assessment, profile, &unread);
    fact.known("multi_tenant", &profile.posture.multi_tenant, |value| (*value).into());
    fact.known("verified_publisher", &profile.posture.verified_publisher, |value| (*value).into());
}

/// An earlier trace may lie in what was not read. A managed identity has no registration.
fn days_known(fact: &mut Builder, assessment: &Assessment, profile: &ApplicationProfile, unread: &Gap) {
    let traces = [Dataset::ServicePrincipals, Dataset::AppRoleGrants, Dataset::Applications];
    let read_here = |dataset: &&Dataset| profile.home != Home::ManagedIdentity || **dataset != Dataset::Applications;
    let gap = traces.iter().filter(read_here).find_map(|dataset| assessment.coverage.get(dataset)?.coverage.gap().cloned());
    let days = profile.first_trace.map(|first| days_between(first, assessment.run.taken_at)).filter(|_| gap.is_none());
    fact.optional("days_known", days, &gap.unwrap_or_else(|| unread.clone()));
}

fn exclusions(fact: &mut Builder, assessment: &Assessment, profile: &ApplicationProfile) {
    let standing = &profile.posture.standing;
    fact.set("standing", standing.clause(profile.excluded));
    fact.set("excluded", profile.excluded);
    let mine = |row: &&Exclusion| row.listed && row.app_id.as_ref() == Some(&profile.app_id);
    let rows: Vec<&Exclusion> = if profile.excluded { assessment.exclusions.iter().filter(mine).collect() } else { Vec::new() };
    fact.set("workloads", texts(rows.iter().map(|row| row.workload.word())));
    fact.set("policies", texts(rows.iter().map(|row| row.policy.as_str())));
    fact.known("writes_beyond", &profile.posture.writes_beyond, words);
    fact.known("wipe_needs_approval", &profile.posture.wipe_needs_approval, |value| (*value).into());
}

fn permissions(fact: &mut Builder, profile: &ApplicationProfile) {
    let held = &profile.permissions;
    fact.known("permissions", held, |held| texts(held.iter().map(|permission| permission.name.as_str())));
    fact.known("writes", held, |held| texts(held.iter().flat_map(|permission| permission.primary.iter().map(Workload::word))));
    yes_or_not_known(fact, "can_wipe", held, |permission| permission.primary.contains(&Workload::DeviceWipe));
    let gates = [Workload::OperationApprovalPolicy, Workload::Role];
    yes_or_not_known(fact, "can_alter_gates", held, |permission| {
        gates.iter().any(|workload| permission.primary.contains(workload) || permission.possible.contains(workload))
    });
}

/// Sets whether one of its permissions allows something. That none does is not known as long as a grant may be missing.
fn yes_or_not_known(
    fact: &mut Builder,
    name: &'static str,
    held: &Known<Vec<HeldPermission>>,
    allows: impl Fn(&HeldPermission) -> bool + Copy,
) {
    match (held.seen().is_some_and(|held| held.iter().any(allows)), held.gap()) {
        (true, _) => fact.set(name, true),
        (false, None) => fact.set(name, false),
        (false, Some(gap)) => fact.gap(name, gap.clone()),
    }
}

fn reach(fact: &mut Builder, posture: &Posture) {
    let names = |names: &BTreeSet<String>| texts(names.iter().map(String::as_str));
    fact.known("tier_zero", &posture.tier_zero, names);
    fact.known("tier_zero_roles", &posture.tier_zero_roles, names);
    fact.known("delegated_scopes", &posture.delegated_scopes, names);
    fact.known("directory_roles", &posture.directory_roles, |roles| {
        let name = |role: &crate::assess::posture::HeldRole| match &role.limited_to {
            Some(scope) => format!("{} on {scope}", role.name),
            None => role.name.clone(),
        };
        let names: BTreeSet<String> = roles.iter().map(name).collect();
        texts(names.iter().map(String::as_str))
    });
}

fn usage(fact: &mut Builder, posture: &Posture) {
    fact.known("permission_use", &posture.permission_use, |rows| list(rows, permission_use));
    fact.known("exclusion_use", &posture.exclusion_use, |rows| list(rows, write_use));
    fact.known("completes_requests", &posture.completes_requests, words);
}

fn keys(fact: &mut Builder, profile: &ApplicationProfile, now: DateTime<Utc>) {
    let of_kind = |kind: KeyKind| move |keys: &Vec<Key>| keys.iter().filter(|key| key.kind == kind).map(|row| key(row, now)).collect();
    let every = |keys: &Vec<Key>| list(keys, |row| key(row, now));
    fact.known("secrets", &profile.keys, of_kind(KeyKind::Secret));
    fact.known("certificates", &profile.keys, of_kind(KeyKind::Certificate));
    fact.known("service_principal_keys", &profile.service_principal_keys, every);
    fact.known("keys_after_exclusion", &profile.posture.keys_after_exclusion, every);
    fact.known("key_uses", &profile.posture.key_uses, |rows| list(rows, key_use));
    fact.known("federated_credentials", &profile.posture.trust, |rows| list(rows, trust));
}

fn owners(fact: &mut Builder, posture: &Posture) {
    fact.known("owners", &posture.owners, |rows| list(rows, owner));
    fact.known("weak_owners", &posture.weak_owners, |rows| list(rows, weak_owner));
    fact.known("approving_owners", &posture.approving_owners, |rows| list(rows, owner));
}

fn sign_ins(fact: &mut Builder, profile: &ApplicationProfile, now: DateTime<Utc>) {
    match &profile.last_sign_in {
        LastSignIn::At(time) => {
            fact.set("signed_in", true);
            fact.set("days_since_sign_in", days_between(*time, now));
            fact.set("last_sign_in", written(*time));
        }
        LastSignIn::NoneSeen => fact.set("signed_in", false),
        LastSignIn::Unknown(gap) => ["signed_in", "days_since_sign_in", "last_sign_in"].iter().for_each(|name| fact.gap(name, gap.clone())),
    }
    fact.known("networks", &profile.posture.networks, |rows| list(rows, network));
}

fn protection(fact: &mut Builder, posture: &Posture) {
    fact.known("property_lock", &posture.property_lock, |state: &LockState| state.word().into());
    fact.known("conditional_access", &posture.conditional_access, |cover: &AccessCover| cover.word().into());
    fact.known("unrestricted", &posture.unrestricted, |clauses| texts(clauses.iter().map(String::as_str)));
    fact.known("unsafe_redirects", &posture.unsafe_redirects, |clauses| texts(clauses.iter().map(String::as_str)));
    fact.known("implicit_grant", &posture.implicit_grant, |value| (*value).into());
    risk(fact, &posture.risk);
}

fn risk(fact: &mut Builder, risk: &Known<Option<Risk>>) {
    let unsaid = || Gap::Failed { detail: "its risk state was not shown, or is none that is known".to_owned() };
    match risk {
        Known::Yes(None) => fact.set("risky", false),
        Known::Yes(Some(listed)) => {
            fact.optional("risky", listed.risky, &unsaid());
            fact.optional("risk", (!listed.text.is_empty()).then_some(listed.text.as_str()), &unsaid());
        }
        Known::Partly(_, gap) | Known::No(gap) => ["risky", "risk"].iter().for_each(|name| fact.gap(name, gap.clone())),
    }
}

fn words(workloads: &BTreeSet<Workload>) -> Value {
    texts(workloads.iter().map(Workload::word))
}

fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn list<T>(rows: &[T], record: impl Fn(&T) -> Value) -> Value {
    rows.iter().map(record).collect()
}

/// A record of those members that are known.
fn record<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let known = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect::<Map<String, Value>>())
}

fn key(key: &Key, now: DateTime<Utc>) -> Value {
    record([
        ("kind", Some(key.kind.word().into())),
        ("key_id", Some(key.key_id.as_str().into())),
        ("held_on", Some(key.held_on.word().into())),
        ("lifetime_days", key.lifetime_days.map(Value::from)),
        ("age_days", key.age_days.map(Value::from)),
        ("days_to_end", key.end.map(|end| days_between(now, end).into())),
        ("expired", key.expired.map(Value::from)),
        ("start", key.start.map(|start| written(start).into())),
        ("end", key.end.map(|end| written(end).into())),
    ])
}

fn key_use(key: &KeyUse) -> Value {
    record([
        ("kind", Some(key.kind.word().into())),
        ("key_id", Some(key.key_id.as_str().into())),
        ("held_on", Some(key.held_on.word().into())),
        ("age_days", key.age_days.map(Value::from)),
        ("used", Some(key.used.into())),
        ("idle_days", key.idle_days.map(Value::from)),
    ])
}

fn trust(trust: &Trust) -> Value {
    let weaknesses = trust.weaknesses.as_ref().map(|found| found.iter().map(|weakness| Value::from(weakness.word())).collect());
    record([
        ("key_id", Some(trust.key_id.as_str().into())),
        ("name", trust.name.as_deref().map(Value::from)),
        ("issuer", trust.issuer.as_deref().map(Value::from)),
        ("subject", trust.subject.as_deref().map(Value::from)),
        ("weaknesses", weaknesses),
    ])
}

fn owner(owner: &HeldBy) -> Value {
    record([
        ("id", Some(owner.id.as_str().into())),
        ("kind", owner.kind.as_deref().map(Value::from)),
        ("name", Some(owner.name.as_str().into())),
    ])
}

fn weak_owner(owner: &WeakOwner) -> Value {
    let why: Vec<&str> = owner.why.iter().map(|why| why.word()).collect();
    record([("id", Some(owner.id.as_str().into())), ("name", Some(owner.name.as_str().into())), ("why", Some(why.join(", ").into()))])
}

fn permission_use(row: &PermissionUse) -> Value {
    let Writes { seen, idle_days, idle_at_least } = row.writes;
    record([
        ("permission", Some(row.permission.as_str().into())),
        ("workloads", Some(words(&row.workloads))),
        ("granted_days", row.granted_days.map(Value::from)),
        ("seen", seen.map(Value::from)),
        ("idle_days", idle_days.map(Value::from)),
        ("idle_at_least", Some(idle_at_least.into())),
    ])
}

fn write_use(row: &WriteUse) -> Value {
    let Writes { seen, idle_days, idle_at_least } = row.writes;
    record([
        ("workload", Some(row.workload.word().into())),
        ("seen", seen.map(Value::from)),
        ("idle_days", idle_days.map(Value::from)),
        ("idle_at_least", Some(idle_at_least.into())),
    ])
}

fn network(row: &Network) -> Value {
    record([
        ("network", Some(row.network.as_str().into())),
        ("first_days_ago", Some(row.first_days_ago.into())),
        ("last_days_ago", Some(row.last_days_ago.into())),
        ("sign_ins", Some(row.sign_ins.into())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::words::KeyHolder;
    use serde_json::json;

    #[test]
    fn a_key_whose_dates_are_not_known_has_none_in_its_record() {
        let now = "2026-11-02T06:00:00Z".parse().unwrap();
        let mut row = Key {
            kind: KeyKind::Secret,
            key_id: "k".into(),
            held_on: KeyHolder::Application,
            start: None,
            end: None,
            lifetime_days: None,
            age_days: None,
            expired: None,
            last_used: None,
        };
        assert_eq!(key(&row, now), json!({"kind": "secret", "key_id": "k", "held_on": "application"}));
        row.end = Some("2027-01-02T03:04:05Z".parse().unwrap());
        assert_eq!((&key(&row, now)["end"], &key(&row, now)["days_to_end"]), (&json!("2027-01-02T03:04:05Z"), &json!(60)));
        row.end = Some("2026-11-02T05:59:59Z".parse().unwrap());
        assert_eq!(key(&row, now)["days_to_end"], -1, "rounded down");
    }
}
