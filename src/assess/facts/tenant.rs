//! Facts of the tenant as a whole.

use super::{Builder, EntityKind, Fact, gap_of, texts};
use crate::assess::ObjectRef;
use crate::assess::model::Assessment;
use crate::snapshot::Dataset;
use serde_json::json;

/// The tenant, as findings name it.
pub(super) fn object(assessment: &Assessment) -> ObjectRef {
    let id = assessment.run.tenant_id.to_string();
    ObjectRef { kind: "tenant", name: assessment.run.tenant_name.clone().unwrap_or_else(|| id.clone()), id, app_id: None }
}

/// The facts of the tenant.
pub(super) fn tenant(assessment: &Assessment) -> Fact {
    let mut fact = Builder::new();
    let object = object(assessment);
    fact.set("name", object.name.as_str());
    let tenant = &assessment.tenant;
    fact.known("app_management", &tenant.app_management, |policy| if policy.enabled { "on" } else { "off" }.into());
    fact.known("restrictions", &tenant.app_management, |policy| json!(policy.restrictions));
    fact.known("intune_api_holders", &tenant.intune_api_holders, |count| (*count).into());
    let activities = assessment.unmapped_activities.iter().map(|(activity, count)| format!("{activity} ({count})"));
    fact.list("unmapped_activities", json!(activities.collect::<Vec<_>>()), gap_of(assessment, Dataset::AuditEvents));
    fact.list(
        "unmapped_permissions",
        texts(assessment.unmapped_permissions.iter().map(String::as_str)),
        gap_of(assessment, Dataset::AppRoles),
    );
    counts(&mut fact, assessment);
    fact.finish(EntityKind::Tenant, object)
}

/// Numbers that are known only where every policy, or every exclusion, was seen.
fn counts(fact: &mut Builder, assessment: &Assessment) {
    let policies = assessment.gates.iter().flat_map(|gate| &gate.policies).filter(|policy| !policy.planned).count();
    match gap_of(assessment, Dataset::AccessPolicies) {
        Some(gap) => fact.gap("policies", gap),
        None => fact.set("policies", policies),
    }
    let excluded = assessment.applications.values().filter(|profile| profile.excluded).count();
    match super::unseen_exclusions(assessment) {
        Some(gap) => fact.gap("excluded_applications", gap),
        None => fact.set("excluded_applications", excluded),
    }
}
