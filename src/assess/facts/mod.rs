//! The facts that rules are written over: flat, derived, one record an entity. A fact that could not be read is not in the
//! record at all; the reason stands beside it, so that a rule which asks for it is undetermined and never clear.

mod application;
mod exclusion;
mod policy;
mod request;
mod tables;
mod tenant;
mod verdict;
mod workload;

use super::finding::ObjectRef;
use super::model::{Assessment, Known};
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
    let concerned = assessment.applications.values().filter(|profile| profile.excluded || profile.automation);
    let mut facts: Vec<Fact> = concerned.map(|profile| application::facts_of(assessment, profile)).collect();
    facts.extend(assessment.exclusions.iter().filter(|row| row.listed).map(|row| exclusion::exclusion(assessment, row)));
    facts.extend(policy::policies(assessment));
    facts.extend(workload::workloads(assessment));
    facts.extend(assessment.verdicts.iter().map(|verdict| verdict::verdict(assessment, verdict)));
    facts.extend(assessment.requests.iter().map(|row| request::request(assessment, row)));
    facts.push(tenant::tenant(assessment));
    facts.extend(EntityKind::ALL.into_iter().filter_map(|entity| unseen(assessment, entity)));
    facts
}

/// The record of those that were not seen, if there may be any.
fn unseen(assessment: &Assessment, entity: EntityKind) -> Option<Fact> {
    let whole = |datasets: &[Dataset]| datasets.iter().find_map(|dataset| gap_of(assessment, *dataset));
    let gap = match entity {
        EntityKind::ExcludedApplication | EntityKind::Exclusion => unseen_exclusions(assessment),
        EntityKind::Automation | EntityKind::Verdict => whole(&[Dataset::AppRoleGrants, Dataset::ServicePrincipals, Dataset::AuditEvents]),
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

/// Why a dataset was not read whole; if it was, `otherwise`.
fn dataset_gap(assessment: &Assessment, dataset: Dataset, otherwise: &str) -> Gap {
    gap_of(assessment, dataset).unwrap_or_else(|| Gap::OutOfReach { detail: otherwise.to_owned() })
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
