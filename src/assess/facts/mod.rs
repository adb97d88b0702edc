//! The facts that rules are written over: flat, derived, one record an entity. A fact that could not be read is not in the
//! record at all; the reason stands beside it, so that a rule which asks for it is undetermined and never clear.

mod application;
mod tables;

use super::finding::ObjectRef;
use super::model::{Assessment, Exclusion, Known};
use super::words::ExcludedObject;
use crate::snapshot::{Dataset, Gap, PolicyId};
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
}

impl EntityKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::ExcludedApplication,
        Self::Automation,
        Self::Exclusion,
        Self::AccessPolicy,
        Self::Workload,
        Self::Verdict,
        Self::ApprovalRequest,
        Self::Tenant,
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

/// The facts of an assessment, by entity and then by object id. Where not every list of exclusions could be read, each kind
/// of entity has one more record, of the tenant, in which nothing is known: it stands for those that were not seen.
#[must_use]
pub fn facts(assessment: &Assessment) -> Vec<Fact> {
    let applications = assessment.applications.values();
    let mut facts: Vec<Fact> = applications.map(|profile| application::facts_of(assessment, profile)).collect();
    facts.extend(assessment.exclusions.iter().filter(|row| row.listed).map(exclusion));
    if let Some(gap) = unseen_exclusions(assessment) {
        facts.extend(EntityKind::ALL.map(|entity| unseen(assessment, entity, &gap)));
    }
    facts
}

/// Why there may be exclusions that were not seen.
fn unseen_exclusions(assessment: &Assessment) -> Option<Gap> {
    let coverage = assessment.coverage.get(&Dataset::AccessPolicies).map(|reading| &reading.coverage);
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
    coverage.and_then(|coverage| coverage.gap().cloned())
}

fn unseen(assessment: &Assessment, entity: EntityKind, gap: &Gap) -> Fact {
    let tenant = &assessment.run.tenant_id;
    let name = assessment.run.tenant_name.clone().unwrap_or_else(|| tenant.to_string());
    let object = ObjectRef { kind: "tenant", id: tenant.to_string(), name, app_id: None };
    let gaps = entity.fields().iter().map(|field| (field.name, gap.clone())).collect();
    Fact { entity, object, values: Map::new(), gaps }
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

    fn gap(&mut self, name: &'static str, gap: &Gap) {
        self.gaps.insert(name, gap.clone());
    }

    fn finish(self, entity: EntityKind, object: ObjectRef) -> Fact {
        Fact { entity, object, values: self.values, gaps: self.gaps }
    }
}

fn exclusion(exclusion: &Exclusion) -> Fact {
    let mut fact = Builder::new();
    fact.set("policy_id", exclusion.policy_id.as_str());
    fact.set("policy", exclusion.policy.as_str());
    fact.set("workload", exclusion.workload.word());
    fact.set("listed_id", exclusion.listed_id.as_str());
    let sources: Vec<&str> = exclusion.sources.iter().map(|source| source.word()).collect();
    fact.set("source", sources.join(";"));
    let name = exclusion.application.clone().unwrap_or_else(|| exclusion.listed_id.clone());
    fact.set("application", name.as_str());
    match &exclusion.gap {
        Some(gap) => fact.gaps.extend([("state", gap.clone()), ("condition", gap.clone())]),
        None => {
            fact.set("state", exclusion.state.word());
            fact.set("condition", condition(exclusion.state));
        }
    }
    let object =
        ObjectRef { kind: "exclusion", id: exclusion.listed_id.clone(), name, app_id: exclusion.app_id.as_ref().map(ToString::to_string) };
    fact.finish(EntityKind::Exclusion, object)
}

/// What an excluded object is, as part of a sentence.
fn condition(state: ExcludedObject) -> &'static str {
    match state {
        ExcludedObject::Active => "can sign in",
        ExcludedObject::Disabled => "is disabled",
        ExcludedObject::Deleted => "is deleted",
        ExcludedObject::Unresolved => "belongs to no application of this tenant",
    }
}

/// Why a dataset was not read whole; if it was, `otherwise`.
fn dataset_gap(assessment: &Assessment, dataset: Dataset, otherwise: &str) -> Gap {
    let coverage = assessment.coverage.get(&dataset).map(|reading| &reading.coverage);
    let gap = coverage.and_then(|coverage| coverage.gap().cloned());
    gap.unwrap_or_else(|| Gap::Failed { detail: otherwise.to_owned() })
}

/// Texts in order, each once.
fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    let sorted: std::collections::BTreeSet<&str> = texts.collect();
    json!(sorted)
}
