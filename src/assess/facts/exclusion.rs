//! Facts of one id on one policy's list of exclusions.

use super::{Builder, EntityKind, Fact, texts};
use crate::assess::model::{Assessment, Exclusion};
use crate::assess::words::ExcludedObject;
use crate::assess::{ExclusionRecord, ObjectRef};
use crate::snapshot::Gap;
use chrono::SecondsFormat;

/// The facts of one exclusion.
pub(super) fn exclusion(assessment: &Assessment, exclusion: &Exclusion) -> Fact {
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
    fact.set("disputed", exclusion.disputed);
    let undated = Gap::OutOfReach { detail: "no request or audit event that was read tells since when it is excluded".to_owned() };
    fact.optional("listed_days", exclusion.since.map(|since| (assessment.run.taken_at - since).num_days()), &undated);
    compare(&mut fact, assessment, exclusion);
    recorded(&mut fact, assessment, exclusion);
    let object =
        ObjectRef { kind: "exclusion", id: exclusion.listed_id.clone(), name, app_id: exclusion.app_id.as_ref().map(ToString::to_string) };
    fact.finish(EntityKind::Exclusion, object)
}

/// What the user's register says of it.
fn recorded(fact: &mut Builder, assessment: &Assessment, exclusion: &Exclusion) {
    let Some(register) = &assessment.settings.register else {
        let names = ["recorded", "record_lacks", "record_expired", "days_since_review"];
        let missing = Gap::NotGiven { detail: "a register of exclusions, the [[exclusion]] tables of maascan.toml".to_owned() };
        return names.into_iter().for_each(|name| fact.gap(name, missing.clone()));
    };
    let today = assessment.run.taken_at.date_naive();
    let record = entry(register, exclusion);
    fact.set("recorded", record.is_some());
    let Some(record) = record else { return };
    let parts = [
        ("owner", !record.owner.is_empty()),
        ("justification", !record.justification.is_empty()),
        ("expires", record.expires.is_some()),
        ("reviewed", record.reviewed.is_some()),
    ];
    fact.set("record_lacks", texts(parts.iter().filter(|(_, there)| !there).map(|(name, _)| *name)));
    fact.set("record_expired", record.expires.is_some_and(|last| last < today));
    if let Some(reviewed) = record.reviewed {
        fact.set("days_since_review", (today - reviewed).num_days());
    }
}

/// The entry on an exclusion; one that names the policy before one for every policy.
fn entry<'a>(register: &'a [ExclusionRecord], exclusion: &Exclusion) -> Option<&'a ExclusionRecord> {
    let app_id = exclusion.application_id();
    let covering = register.iter().filter(|record| record.covers(&exclusion.policy_id, &app_id));
    covering.min_by_key(|record| record.policy.is_none())
}

/// What is new since an earlier snapshot.
fn compare(fact: &mut Builder, assessment: &Assessment, exclusion: &Exclusion) {
    let run = &assessment.run;
    let Some(baseline) = &assessment.baseline else {
        let missing = Gap::NotGiven { detail: "an earlier snapshot (--baseline FILE)".to_owned() };
        fact.gap("new", missing.clone());
        return fact.gap("baseline", missing);
    };
    fact.set("baseline", baseline.taken_at.to_rfc3339_opts(SecondsFormat::Secs, true));
    match baseline.unfit(&run.tenant_id, run.taken_at) {
        Some(why) => fact.gap("new", Gap::OutOfReach { detail: why.to_owned() }),
        None => fact.known("new", &baseline.is_new(exclusion), |new| (*new).into()),
    }
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
