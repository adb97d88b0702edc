//! The facts that rules are written over: flat, derived, one record an entity. A fact that could not be read is not in the
//! record at all; the reason stands beside it, so that a rule which asks for it is undetermined and never clear.

mod exclusion;
mod policy;
mod tables;
mod tenant;
mod verdict;
mod workload;

use super::finding::ObjectRef;
use super::model::{ApplicationProfile, Assessment, Exclusion, Key, Known, LastSignIn};
use super::words::{ExclusionState, GateState, Home, KeyKind, VerdictKind};
use crate::catalogue::Workload;
use crate::snapshot::{Dataset, Gap, PolicyId};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a rule can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// An application that at least one access policy excludes.
    ExcludedApplication,
    /// Every other application that may write Intune as itself, or was seen doing so.
    Automation,
    /// One id on one policy's list of exclusions.
    Exclusion,
    /// An access policy.
    AccessPolicy,
    /// A workload, gated or not.
    Workload,
    /// An automation on a workload.
    Verdict,
    /// An approval request that waits, or that an application filed.
    ApprovalRequest,
    /// The tenant.
    Tenant,
    /// A waiver of the user's own. Its facts are made by [`crate::assess::waiver_facts`], after the other rules have run.
    Waiver,
}

impl EntityKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::ExcludedApplication,
        Self::Automation,
        Self::Exclusion,
        Self::AccessPolicy,
        Self::Workload,
        Self::Verdict,
        Self::ApprovalRequest,
        Self::Tenant,
        Self::Waiver,
    ];

    /// The word for it in a rule's `entity`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ExcludedApplication => "excluded-application",
            Self::Automation => "automation",
            Self::Exclusion => "exclusion",
            Self::AccessPolicy => "access-policy",
            Self::Workload => "workload",
            Self::Verdict => "verdict",
            Self::ApprovalRequest => "approval-request",
            Self::Tenant => "tenant",
            Self::Waiver => "waiver",
        }
    }

    /// The fields that a rule on it may use.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::ExcludedApplication | Self::Automation => tables::APPLICATION,
            Self::Exclusion => tables::EXCLUSION,
            Self::AccessPolicy => tables::POLICY,
            Self::Workload => tables::WORKLOAD,
            Self::Verdict => tables::VERDICT,
            Self::ApprovalRequest => tables::REQUEST,
            Self::Tenant => tables::TENANT,
            Self::Waiver => crate::assess::waiver::FIELDS,
        }
    }
}

/// Type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// true or false
    Bool,
    /// whole number
    Int,
    /// text
    Text,
    /// list of texts
    Texts,
    /// list of records with these fields
    Records(&'static [Field]),
}

/// A field that rules may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub kind: FieldType,
    /// What it says, with its unit.
    pub about: &'static str,
    /// Datasets that it comes from, beyond the access policies.
    pub datasets: &'static [Dataset],
}

/// One entity with its facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it is about.
    pub entity: EntityKind,
    /// The object, as findings name it.
    pub object: ObjectRef,
    /// Known fields. A list that was read in part is here and in `gaps`.
    pub values: Map<String, Value>,
    /// Fields that are missing or incomplete, and why.
    pub gaps: BTreeMap<&'static str, Gap>,
}

/// The facts of an assessment, by entity and then by object id. Where objects of a kind may exist that were not seen, it has one
/// more record, of the tenant, in which nothing is known: it stands for those.
#[must_use]
pub fn facts(assessment: &Assessment) -> Vec<Fact> {
    let mut facts: Vec<Fact> = assessment.applications.values().filter_map(|profile| application(assessment, profile)).collect();
    facts.extend(assessment.exclusions.iter().filter(|row| row.listed).map(|row| exclusion::exclusion(assessment, row)));
    facts.extend(policy::policies(assessment));
    facts.extend(workload::workloads(assessment));
    facts.extend(assessment.verdicts.iter().map(|verdict| verdict::verdict(assessment, verdict)));
    facts.push(tenant::tenant(assessment));
    facts.extend(EntityKind::ALL.into_iter().filter_map(|entity| unseen(assessment, entity)));
    facts
}

/// The facts of an application that is excluded, or may write as itself.
fn application(assessment: &Assessment, profile: &ApplicationProfile) -> Option<Fact> {
    let entity = match (profile.excluded, profile.automation) {
        (true, _) => EntityKind::ExcludedApplication,
        (false, true) => EntityKind::Automation,
        (false, false) => return None,
    };
    Some(application_of(assessment, profile, entity))
}

/// The record of those that were not seen, if there may be any.
fn unseen(assessment: &Assessment, entity: EntityKind) -> Option<Fact> {
    let whole = |datasets: &[Dataset]| datasets.iter().find_map(|dataset| gap_of(assessment, *dataset));
    let gap = match entity {
        EntityKind::ExcludedApplication | EntityKind::Exclusion => unseen_exclusions(assessment),
        EntityKind::Automation | EntityKind::Verdict => whole(&[Dataset::AppRoleGrants, Dataset::ServicePrincipals]),
        EntityKind::AccessPolicy => whole(&[Dataset::AccessPolicies]),
        EntityKind::ApprovalRequest => whole(&[Dataset::ApprovalRequests]),
        // Waivers are the user's own: what of the tenant was not seen hides none of them.
        EntityKind::Workload | EntityKind::Tenant | EntityKind::Waiver => None,
    }?;
    let gaps = entity.fields().iter().map(|field| (field.name, gap.clone())).collect();
    Some(Fact { entity, object: tenant::object(assessment), values: Map::new(), gaps })
}

/// Why there may be exclusions that were not seen.
fn unseen_exclusions(assessment: &Assessment) -> Option<Gap> {
    let policies: BTreeMap<&PolicyId, bool> = assessment
        .gates
        .iter()
        .flat_map(|gate| &gate.policies)
        .filter(|policy| !policy.planned)
        .map(|policy| (&policy.policy_id, policy.exclusions_readable))
        .collect();
    let unread = policies.values().filter(|readable| !**readable).count();
    if unread > 0 {
        return Some(Gap::OutOfReach { detail: format!("exclusions of {unread} of {} access policies are not known", policies.len()) });
    }
    gap_of(assessment, Dataset::AccessPolicies)
}

/// Collects fields, each either known or with the reason why not.
struct Builder {
    values: Map<String, Value>,
    gaps: BTreeMap<&'static str, Gap>,
}

impl Builder {
    fn new() -> Self {
        Self { values: Map::new(), gaps: BTreeMap::new() }
    }

    fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.insert(name.to_owned(), value.into());
    }

    fn known<T>(&mut self, name: &'static str, known: &Known<T>, value: impl Fn(&T) -> Value) {
        if let Some(seen) = known.seen() {
            self.set(name, value(seen));
        }
        if let Some(gap) = known.gap() {
            self.gaps.insert(name, gap.clone());
        }
    }

    fn optional(&mut self, name: &'static str, value: Option<impl Into<Value>>, gap: &Gap) {
        match value {
            Some(value) => self.set(name, value),
            None => {
                self.gaps.insert(name, gap.clone());
            }
        }
    }

    /// A field that is not known, and why.
    fn gap(&mut self, name: &'static str, gap: Gap) {
        self.gaps.insert(name, gap);
    }

    /// A list, and why it may not be whole.
    fn list(&mut self, name: &'static str, value: Value, gap: Option<Gap>) {
        self.set(name, value);
        if let Some(gap) = gap {
            self.gap(name, gap);
        }
    }

    fn finish(self, entity: EntityKind, object: ObjectRef) -> Fact {
        Fact { entity, object, values: self.values, gaps: self.gaps }
    }
}

fn application_of(assessment: &Assessment, profile: &ApplicationProfile, entity: EntityKind) -> Fact {
    let now = assessment.run.taken_at;
    let mut fact = Builder::new();
    fact.set("app_id", profile.app_id.as_str());
    fact.set("name", profile.name.as_str());
    let unread = unread_principal(assessment);
    fact.optional("home", (profile.home != Home::Unknown).then(|| profile.home.word()), &unread);
    fact.optional("kind", profile.kind.as_deref(), &unread);
    fact.optional("can_sign_in", profile.can_sign_in, &unread);
    let mine: Vec<&Exclusion> =
        assessment.exclusions.iter().filter(|row| row.listed && row.app_id.as_ref() == Some(&profile.app_id)).collect();
    fact.set("workloads", texts(mine.iter().map(|exclusion| exclusion.workload.word())));
    fact.set("policies", texts(mine.iter().map(|exclusion| exclusion.policy.as_str())));
    permission_facts(&mut fact, profile);
    match wipe_needs_approval(assessment, profile) {
        Ok(needed) => fact.set("wipe_needs_approval", needed),
        Err(gap) => {
            fact.gaps.insert("wipe_needs_approval", gap);
        }
    }
    key_facts(&mut fact, profile);
    sign_in_facts(&mut fact, profile, now);
    let days_known = profile.first_trace.map(|first| (now - first).num_days());
    fact.optional("days_known", days_known, &unread);
    fact.finish(entity, application_object(profile))
}

fn permission_facts(fact: &mut Builder, profile: &ApplicationProfile) {
    let held = &profile.permissions;
    let primary = |workload: &Workload| {
        let workload = workload.clone();
        move |permission: &super::HeldPermission| permission.primary.contains(&workload)
    };
    fact.known("permissions", held, |held| texts(held.iter().map(|permission| permission.name.as_str())));
    fact.known("writes", held, |held| texts(held.iter().flat_map(|permission| permission.primary.iter().map(Workload::word))));
    fact.known("can_wipe", held, |held| held.iter().any(primary(&Workload::DeviceWipe)).into());
    // "Cannot wipe" is not known as long as a grant may be missing.
    if fact.gaps.contains_key("can_wipe") && fact.values.get("can_wipe") == Some(&Value::Bool(false)) {
        fact.values.remove("can_wipe");
    }
}

/// Whether a gate holds its wipes, or why that is not known. Without a verdict on wiping it was not found able to wipe,
/// and what that rests on has its own gap, so the gates alone are asked.
fn wipe_needs_approval(assessment: &Assessment, profile: &ApplicationProfile) -> Result<bool, Gap> {
    let failed = |detail: &str| Err(Gap::Failed { detail: detail.to_owned() });
    let unread = || dataset_gap(assessment, Dataset::AccessPolicies, "the list of exclusions from deviceWipe could not be read");
    let mine = |verdict: &&super::Verdict| verdict.app_id == profile.app_id && verdict.workload == Workload::DeviceWipe;
    let Some(verdict) = assessment.verdicts.iter().find(mine) else {
        let gate = assessment.gates.iter().find(|gate| gate.workload == Workload::DeviceWipe).map(|gate| gate.state);
        return if matches!(gate, Some(GateState::None | GateState::Planned)) { Ok(false) } else { failed("no verdict on deviceWipe") };
    };
    match wipes_held(verdict.gate, verdict.exclusion, verdict.kind) {
        Some(held) => Ok(held),
        None if verdict.kind == VerdictKind::Passes => {
            failed("its wipes succeed behind an access policy in force, and no source says that it is excluded")
        }
        // Policies may differ by platform, so some devices may be open to it and others not.
        None if verdict.exclusion == ExclusionState::Partly => {
            failed("some of the access policies on deviceWipe exclude it, others do not")
        }
        None => Err(unread()),
    }
}

/// Whether a gate in this state holds the wipes of an application that is excluded like this; None where that is not known.
/// Of one whose wipes keep succeeding behind the gate (`passes`) it is not known why.
fn wipes_held(gate: GateState, exclusion: ExclusionState, verdict: VerdictKind) -> Option<bool> {
    match (gate, exclusion) {
        (GateState::None | GateState::Planned, _) | (GateState::InForce, ExclusionState::Excluded) => Some(false),
        (GateState::InForce, _) if verdict == VerdictKind::Passes => None,
        (GateState::InForce, ExclusionState::NotListed) => Some(true),
        (GateState::InForce, ExclusionState::Partly | ExclusionState::Unknown) | (GateState::Unknown, _) => None,
    }
}

fn key_facts(fact: &mut Builder, profile: &ApplicationProfile) {
    let of_kind = |kind: KeyKind| move |keys: &Vec<Key>| records(keys.iter().filter(|key| key.kind == kind));
    fact.known("secrets", &profile.keys, of_kind(KeyKind::Secret));
    fact.known("certificates", &profile.keys, of_kind(KeyKind::Certificate));
    fact.known("federated_credentials", &profile.federated, |keys| records(keys.iter()));
    fact.known("service_principal_keys", &profile.service_principal_keys, |keys| records(keys.iter()));
}

fn sign_in_facts(fact: &mut Builder, profile: &ApplicationProfile, now: DateTime<Utc>) {
    match &profile.last_sign_in {
        LastSignIn::At(time) => {
            fact.set("signed_in", true);
            fact.set("days_since_sign_in", (now - *time).num_days());
            fact.set("last_sign_in", time.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        LastSignIn::NoneSeen => fact.set("signed_in", false),
        LastSignIn::Unknown(gap) => {
            for name in ["signed_in", "days_since_sign_in", "last_sign_in"] {
                fact.gaps.insert(name, gap.clone());
            }
        }
    }
}

fn application_object(profile: &ApplicationProfile) -> ObjectRef {
    let id = profile.service_principal.as_ref().map_or_else(|| profile.app_id.to_string(), ToString::to_string);
    let kind = if profile.service_principal.is_some() { "servicePrincipal" } else { "application" };
    ObjectRef { kind, id, name: profile.name.clone(), app_id: Some(profile.app_id.to_string()) }
}

fn unread_principal(assessment: &Assessment) -> Gap {
    dataset_gap(assessment, Dataset::ServicePrincipals, "the service did not say")
}

/// Why a dataset was not read whole; if it was, `otherwise`.
fn dataset_gap(assessment: &Assessment, dataset: Dataset, otherwise: &str) -> Gap {
    gap_of(assessment, dataset).unwrap_or_else(|| Gap::Failed { detail: otherwise.to_owned() })
}

/// Why a dataset was not read whole. One that is not listed was not asked for.
fn gap_of(assessment: &Assessment, dataset: Dataset) -> Option<Gap> {
    assessment.coverage.get(&dataset).map_or(Some(Gap::NotRequested), |reading| reading.coverage.gap().cloned())
}

/// Texts in order, each once.
fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    let sorted: std::collections::BTreeSet<&str> = texts.collect();
    json!(sorted)
}

fn records<'a>(keys: impl Iterator<Item = &'a Key>) -> Value {
    Value::Array(keys.map(record).collect())
}

fn record(key: &Key) -> Value {
    let mut record = Map::new();
    record.insert("kind".to_owned(), key.kind.word().into());
    record.insert("key_id".to_owned(), key.key_id.as_str().into());
    record.insert("held_on".to_owned(), key.held_on.word().into());
    let known = [("lifetime_days", key.lifetime_days.map(Value::from)), ("age_days", key.age_days.map(Value::from))];
    let end = key.end.map(|end| Value::from(end.to_rfc3339_opts(SecondsFormat::Secs, true)));
    for (name, value) in known.into_iter().chain([("expired", key.expired.map(Value::from)), ("end", end)]) {
        if let Some(value) = value {
            record.insert(name.to_owned(), value);
        }
    }
    Value::Object(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wipes_are_held_only_by_a_gate_in_force_that_does_not_exclude() {
        use ExclusionState::{Excluded, NotListed, Partly};
        let held = |gate, exclusion| wipes_held(gate, exclusion, VerdictKind::AtRisk);
        assert_eq!(held(GateState::InForce, NotListed), Some(true));
        assert_eq!(held(GateState::InForce, Excluded), Some(false));
        assert_eq!(held(GateState::None, NotListed), Some(false));
        assert_eq!(held(GateState::Planned, NotListed), Some(false), "not in force yet");
        for exclusion in [NotListed, ExclusionState::Unknown] {
            assert_eq!(wipes_held(GateState::InForce, exclusion, VerdictKind::Passes), None, "seen to get through, and nobody knows why");
        }
        for (gate, exclusion) in [
            (GateState::InForce, Partly),
            (GateState::InForce, ExclusionState::Unknown),
            (GateState::Unknown, NotListed),
            (GateState::Unknown, ExclusionState::Unknown),
        ] {
            assert_eq!(held(gate, exclusion), None, "{gate} {exclusion}");
        }
    }

    #[test]
    fn a_key_whose_end_is_not_known_has_no_end_in_its_record() {
        let mut key = Key {
            kind: KeyKind::Secret,
            key_id: "k".into(),
            held_on: crate::assess::KeyHolder::Application,
            start: None,
            end: None,
            lifetime_days: None,
            age_days: None,
            expired: None,
            last_used: None,
        };
        assert_eq!(record(&key), json!({"kind": "secret", "key_id": "k", "held_on": "application"}));
        key.end = Some("2027-01-02T03:04:05Z".parse().unwrap());
        assert_eq!(record(&key)["end"], "2027-01-02T03:04:05Z");
    }
}
