//! Exclusions, as far as the tenant shows them.
//!
//! No published Graph schema has them (facts/maa.md section 2), yet the portal reads them from somewhere. So every member of
//! a policy that the schema does not have is searched for collections of ids, and a collection counts as a list of exclusions
//! if at least one of its ids belongs to an application of this tenant. Once a member is known by that, an empty collection
//! under the same name is an empty list; without such a member the exclusions of a policy are unknown, never none.

use super::directory::{Directory, Resolved};
use super::model::Exclusion;
use super::words::{ExcludedObject, ExclusionSource};
use crate::catalogue::Workload;
use crate::snapshot::{AccessPolicy, CandidateCollection, Dataset, Gap, PolicyId};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the exclusions of all policies.
pub(super) struct Exclusions {
    /// One for each policy × listed application, in the order of reports.
    pub(super) rows: Vec<Exclusion>,
    /// Policies whose list could be read whole.
    pub(super) readable: BTreeSet<PolicyId>,
}

pub(super) fn exclusions(directory: &Directory<'_>) -> Exclusions {
    let policies = &directory.snapshot.access_policies;
    let candidates: BTreeMap<&PolicyId, Vec<CandidateCollection>> =
        policies.values().map(|policy| (&policy.id, policy.candidate_collections())).collect();
    let members: BTreeSet<&str> = candidates
        .values()
        .flatten()
        .filter(|collection| collection.ids.iter().any(|id| directory.resolve(id).is_some()))
        .map(|collection| collection.member.as_str())
        .collect();
    let mut found = Exclusions { rows: Vec::new(), readable: BTreeSet::new() };
    for policy in policies.values() {
        let lists = candidates.get(&policy.id).into_iter().flatten().filter(|list| members.contains(list.member.as_str()));
        found.add(policy, lists, directory);
    }
    found.rows.sort_by(|a, b| row_order(a).cmp(&row_order(b)));
    found
}

fn row_order(row: &Exclusion) -> impl Ord + '_ {
    (&row.policy, &row.policy_id, row.application.as_deref().unwrap_or("\u{10ffff}"), &row.listed_id, row.source)
}

impl Exclusions {
    fn add<'a>(&mut self, policy: &AccessPolicy, lists: impl Iterator<Item = &'a CandidateCollection>, directory: &Directory<'_>) {
        let mut whole = false;
        let mut rows: BTreeMap<String, Exclusion> = BTreeMap::new();
        let mut unreadable = 0;
        for list in lists {
            whole = true;
            unreadable += list.unreadable_elements;
            for element in &list.elements {
                let row = row(policy, &list.member, element, directory);
                let application = row.app_id.as_ref().map_or_else(|| row.listed_id.to_lowercase(), ToString::to_string);
                rows.entry(application).or_insert(row);
            }
        }
        // An id that could not be looked up may be any application's.
        let unresolved = rows.values().any(|row| row.app_id.is_none() && row.gap.is_some());
        if whole && unreadable == 0 && !unresolved && policy.read_by_id {
            self.readable.insert(policy.id.clone());
        }
        self.rows.extend(rows.into_values());
    }
}

/// The exclusion of one element. Of several ids in one element the first that resolves counts: the others may say who added it.
fn row(policy: &AccessPolicy, member: &str, element: &[String], directory: &Directory<'_>) -> Exclusion {
    let resolved = element.iter().find_map(|id| Some((id, directory.resolve(&id.to_lowercase())?)));
    let listed_id = resolved.as_ref().map(|(id, _)| *id).or(element.first()).cloned().unwrap_or_default();
    let mut row = Exclusion {
        policy_id: policy.id.clone(),
        policy: policy.display_name.clone(),
        workload: workload_of(policy),
        listed_id,
        app_id: None,
        service_principal: None,
        application: None,
        source: ExclusionSource::Policy,
        source_detail: member.to_owned(),
        since: None,
        state: ExcludedObject::Unresolved,
        gap: None,
    };
    match resolved.map(|(_, resolved)| resolved) {
        Some(Resolved::Principal(principal)) => {
            row.app_id = Some(principal.app_id.clone());
            row.service_principal = Some(principal.id.clone());
            row.application = Some(principal.display_name.clone());
            (row.state, row.gap) = principal_state(directory, principal);
        }
        Some(Resolved::ApplicationOnly(application)) => {
            row.app_id = Some(application.app_id.clone());
            row.application = Some(application.display_name.clone());
            row.gap = directory.gap(Dataset::ServicePrincipals);
            row.state = if row.gap.is_some() { ExcludedObject::Unresolved } else { ExcludedObject::Deleted };
        }
        Some(Resolved::Deleted(gone)) => {
            row.app_id = Some(gone.app_id.clone());
            row.service_principal = Some(gone.id.clone());
            row.application = Some(gone.display_name.clone());
            row.state = ExcludedObject::Deleted;
        }
        None => row.gap = directory.resolution_gap(),
    }
    row
}

fn principal_state(directory: &Directory<'_>, principal: &crate::snapshot::ServicePrincipal) -> (ExcludedObject, Option<Gap>) {
    match super::applications::can_sign_in(directory, Some(principal), &principal.app_id) {
        Some(true) => (ExcludedObject::Active, None),
        Some(false) => (ExcludedObject::Disabled, None),
        None => {
            (ExcludedObject::Unresolved, Some(Gap::Failed { detail: "the service did not say whether the account is enabled".to_owned() }))
        }
    }
}

/// What a policy protects. A policy without a type protects something unknown.
pub(super) fn workload_of(policy: &AccessPolicy) -> Workload {
    policy.policy_type.as_deref().map_or_else(|| Workload::Unknown("unknown".to_owned()), Workload::from_policy_type)
}
