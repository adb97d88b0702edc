//! Exclusions, as far as the tenant and the user show them.
//!
//! No published Graph schema has them (facts/maa.md section 2), yet the portal reads them from somewhere. So every member of
//! a policy that the schema does not have is searched for collections of ids, and a collection counts as a list of exclusions
//! if at least one of its ids belongs to an application of this tenant. Once a member is known by that, an empty collection
//! under the same name is an empty list; without such a member the exclusions of a policy are unknown, never none.
//!
//! Approval requests and audit events tell of additions and removals, and a file of the user's what the portal shows. What
//! an application was seen to do is no source. Sources that disagree make two rows, and which of them is right is not decided.

use super::directory::{Directory, Resolved};
use super::exclusion_history::{History, Standing};
use super::model::{Exclusion, ListedExclusion, PlannedGate};
use super::words::{ExcludedObject, ExclusionSource};
use crate::catalogue::{Catalogue, Workload};
use crate::snapshot::{AccessPolicy, AppId, CandidateCollection, Dataset, Gap, PolicyId};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the exclusions of all policies.
pub(super) struct Exclusions {
    /// One for each policy × application, two where sources disagree; in the order of reports.
    pub(super) rows: Vec<Exclusion>,
    /// Policies whose list is known whole, from the policy itself or from a file.
    pub(super) known: BTreeSet<PolicyId>,
    /// When applications were last taken off a list, by app id and policy (UTC). The policy itself may agree.
    pub(super) removals: BTreeMap<AppId, BTreeMap<PolicyId, DateTime<Utc>>>,
    /// What the user listed and could not be placed, a sentence each.
    pub(super) unplaced: Vec<String>,
}

/// Everything that is said of the exclusions of one policy.
struct OnePolicy<'a> {
    id: &'a PolicyId,
    policy: Option<&'a AccessPolicy>,
    lists: Vec<&'a CandidateCollection>,
    file: Vec<&'a ListedExclusion>,
}

/// What the sources say of one application on one policy.
#[derive(Default)]
struct Said {
    /// The ids under which it is listed, in the letter case of the first source that has them.
    listed: BTreeMap<ExclusionSource, Vec<String>>,
    /// Where in each source.
    details: BTreeMap<ExclusionSource, String>,
    /// The id that requests or audit events have.
    changed: Option<String>,
    /// Where they leave it.
    standing: Option<Standing>,
}

pub(super) fn exclusions(directory: &Directory<'_>, catalogue: &Catalogue, file: &[ListedExclusion], plan: &[PlannedGate]) -> Exclusions {
    let policies = &directory.snapshot.access_policies;
    let candidates: BTreeMap<&PolicyId, Vec<CandidateCollection>> =
        policies.values().map(|policy| (&policy.id, policy.candidate_collections())).collect();
    let members: BTreeSet<&str> = candidates
        .values()
        .flatten()
        .filter(|collection| collection.ids.iter().any(|id| directory.resolve(id).is_some()))
        .map(|collection| collection.member.as_str())
        .collect();
    let history = History::new(directory, catalogue);
    let mut found = Exclusions { rows: Vec::new(), known: BTreeSet::new(), removals: BTreeMap::new(), unplaced: Vec::new() };
    let by_policy = found.place(directory, file);
    for id in every_policy(directory, &history) {
        let lists = candidates.get(id).into_iter().flatten().filter(|list| members.contains(list.member.as_str())).collect();
        let file = by_policy.get(id).cloned().unwrap_or_default();
        found.add(&OnePolicy { id, policy: policies.get(id), lists, file }, directory, &history);
    }
    plan.iter().for_each(|gate| found.add_planned(gate, directory));
    found.rows.sort_by(|a, b| row_order(a).cmp(&row_order(b)));
    found.unplaced.sort();
    // One gate of a plan may stand for several workloads.
    found.unplaced.dedup();
    found
}

/// The policies that were read, and, where not all were, those that only requests and audit events name.
fn every_policy<'a>(directory: &Directory<'a>, history: &'a History) -> BTreeSet<&'a PolicyId> {
    let read = directory.snapshot.access_policies.keys();
    let whole = directory.is_complete(Dataset::AccessPolicies);
    read.chain(history.policies().filter(|_| !whole)).collect()
}

fn row_order(row: &Exclusion) -> impl Ord + '_ {
    (&row.policy, &row.policy_id, row.application.as_deref().unwrap_or("\u{10ffff}"), &row.listed_id, !row.listed, &row.sources)
}

impl Exclusions {
    /// The lines of the user's file by policy. A line whose policy is not known is told, not dropped.
    fn place<'a>(&mut self, directory: &Directory<'_>, file: &'a [ListedExclusion]) -> BTreeMap<PolicyId, Vec<&'a ListedExclusion>> {
        let policies = &directory.snapshot.access_policies;
        let mut placed: BTreeMap<PolicyId, Vec<&ListedExclusion>> = BTreeMap::new();
        for line in file {
            let by_id = policies.keys().find(|id| **id == PolicyId::new(&line.policy));
            let name = line.policy.trim().to_lowercase();
            let mut by_name = policies.values().filter(|policy| policy.display_name.trim().to_lowercase() == name).map(|policy| &policy.id);
            match (by_id.or_else(|| by_name.next()), by_name.next()) {
                (Some(id), None) => placed.entry(id.clone()).or_default().push(line),
                (Some(_), Some(_)) => self.unplaced.push(format!(
                    "exclusions file, line {}: more than one access policy is called {}: write the policy's id instead",
                    line.line, line.policy
                )),
                (None, _) => self.unplaced.push(format!(
                    "exclusions file, line {}: no access policy {}: {}",
                    line.line,
                    if directory.is_complete(Dataset::AccessPolicies) {
                        "has this id or name"
                    } else {
                        "that could be read has this id or name"
                    },
                    line.policy
                )),
            }
        }
        placed
    }

    fn add(&mut self, of: &OnePolicy<'_>, directory: &Directory<'_>, history: &History) {
        let own_list = own_list_is_whole(of, directory);
        let said = gather(of, directory, history);
        // An id that could not be looked up may be any application's.
        let resolvable = directory.resolution_gap().is_none();
        let unresolved = |ids: &String| directory.resolve(&ids.to_lowercase()).is_none();
        let file_is_clear = resolvable || !of.file.iter().flat_map(|line| &line.ids).any(unresolved);
        if own_list || (!of.file.is_empty() && file_is_clear) {
            self.known.insert(of.id.clone());
        }
        for (key, one) in said {
            if let Some(Standing { listed: false, since: Some(time), .. }) = one.standing {
                self.removals.entry(AppId::new(&key)).or_default().insert(of.id.clone(), time);
            }
            self.rows.extend(rows(of, own_list, &one, directory));
        }
    }

    /// The exclusions of a gate that is only planned, given by id or by a name that only one application has.
    fn add_planned(&mut self, gate: &PlannedGate, directory: &Directory<'_>) {
        let id = gate.policy_id();
        self.known.insert(id.clone());
        for written in &gate.exclusions {
            match directory.resolve_written(written) {
                Ok(listed) => {
                    let detail = format!("plan, line {}", gate.line);
                    let mut row = row(&id, &gate.name(), &gate.workload, &[listed], directory);
                    (row.sources, row.source_detail) = ([ExclusionSource::File].into(), detail);
                    self.rows.push(row);
                }
                Err(why) => self.unplaced.push(format!("plan, line {}: {why}", gate.line)),
            }
        }
    }
}

/// Whether the policy itself shows its whole list, in a way that maascan could read.
fn own_list_is_whole(of: &OnePolicy<'_>, directory: &Directory<'_>) -> bool {
    let readable = of.lists.iter().all(|list| list.unreadable_elements == 0);
    let elements = || of.lists.iter().flat_map(|list| &list.elements);
    let resolved = |ids: &Vec<String>| ids.iter().any(|id| directory.resolve(&id.to_lowercase()).is_some());
    let clear = directory.resolution_gap().is_none() || elements().all(resolved);
    !of.lists.is_empty() && readable && clear && of.policy.is_some_and(|policy| policy.read_by_id)
}

/// What is said of each application, by its app id, or by the id that resolves to none.
fn gather(of: &OnePolicy<'_>, directory: &Directory<'_>, history: &History) -> BTreeMap<String, Said> {
    let mut said: BTreeMap<String, Said> = BTreeMap::new();
    let mut list = |source, ids: &[String], detail: String| {
        let one = said.entry(key(directory, ids)).or_default();
        one.listed.entry(source).or_insert_with(|| ids.to_vec());
        one.details.entry(source).or_insert(detail);
    };
    for member in &of.lists {
        for element in &member.elements {
            list(ExclusionSource::Policy, element, member.member.clone());
        }
    }
    for line in &of.file {
        list(ExclusionSource::File, &line.ids, format!("line {}", line.line));
    }
    // Requests and audit events name groups, scope tags and policies too, so an id counts only if it is an application's, or
    // if another source has it on the list.
    for id in history.ids(of.id) {
        let key = key(directory, std::slice::from_ref(id));
        if directory.resolve(id).is_some() || said.contains_key(&key) {
            said.entry(key).or_default().changed.get_or_insert_with(|| id.clone());
        }
    }
    for (key, one) in &mut said {
        one.standing = history.standing(of.id, &every_id(directory, key));
    }
    said
}

/// What two ids of one application have in common: its app id; of an id that resolves to nothing the id itself.
fn key(directory: &Directory<'_>, ids: &[String]) -> String {
    let resolved = ids.iter().find_map(|id| directory.resolve(&id.to_lowercase()));
    let first = || ids.first().map(|id| id.to_lowercase()).unwrap_or_default();
    resolved.map_or_else(first, |resolved| resolved.app_id().to_string())
}

/// Every id under which an application may be listed.
fn every_id(directory: &Directory<'_>, key: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::from([key.to_owned()]);
    let app_id = key.into();
    ids.extend(directory.principal(&app_id).map(|principal| principal.id.to_string()));
    ids.extend(directory.application(&app_id).map(|application| application.id.to_string()));
    if let Some(Resolved::Deleted(gone)) = directory.resolve(key) {
        ids.extend([gone.id.to_string(), gone.app_id.to_string()]);
    }
    ids
}

/// The rows of one application: one for those who list it, one for those who do not although others do, or who took it off
/// a list that nobody else shows.
fn rows(of: &OnePolicy<'_>, own_list: bool, said: &Said, directory: &Directory<'_>) -> Vec<Exclusion> {
    let mut yes: BTreeSet<ExclusionSource> = said.listed.keys().copied().collect();
    let mut no = BTreeSet::new();
    match &said.standing {
        Some(standing) if standing.listed => yes.extend(&standing.sources),
        Some(standing) => no.extend(&standing.sources),
        None => {}
    }
    if own_list && !said.listed.contains_key(&ExclusionSource::Policy) {
        no.insert(ExclusionSource::Policy);
        if yes.is_empty() {
            // The policy and the log agree that it is not excluded any more.
            return Vec::new();
        }
    }
    let disputed = !yes.is_empty() && !no.is_empty();
    [(true, yes), (false, no)]
        .into_iter()
        .filter(|(_, sources)| !sources.is_empty())
        .map(|(listed, sources)| {
            let ids = said.listed.values().next().cloned().unwrap_or_else(|| said.changed.iter().cloned().collect());
            let unknown = || (String::new(), Workload::Unknown("unknown".to_owned()));
            let (name, workload) = of.policy.map_or_else(unknown, |policy| (policy.display_name.clone(), workload_of(policy)));
            let mut row = row(of.id, &name, &workload, &ids, directory);
            row.since = said.standing.as_ref().filter(|standing| standing.listed == listed).and_then(|standing| standing.since);
            row.source_detail = detail(said, &sources, listed, row.since.is_some());
            (row.sources, row.listed, row.disputed) = (sources, listed, disputed);
            row
        })
        .collect()
}

/// Where each source says it, and what.
fn detail(said: &Said, sources: &BTreeSet<ExclusionSource>, listed: bool, dated: bool) -> String {
    let words = |source: &ExclusionSource| match (source, listed) {
        (ExclusionSource::Policy, false) => "not on the policy's own list".to_owned(),
        (ExclusionSource::Request, _) => "put on the list by a completed approval request".to_owned(),
        (ExclusionSource::Audit, true) if dated => "put on the list, by the audit log".to_owned(),
        (ExclusionSource::Audit, true) => "still on the list at a change, by the audit log".to_owned(),
        (ExclusionSource::Audit, false) => "taken off the list, by the audit log".to_owned(),
        (source, _) => said.details.get(source).cloned().unwrap_or_default(),
    };
    sources.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// The exclusion of one element. Of several ids in one element the first that resolves counts: the others may say who added it.
fn row(policy_id: &PolicyId, policy: &str, workload: &Workload, element: &[String], directory: &Directory<'_>) -> Exclusion {
    let resolved = element.iter().find_map(|id| Some((id, directory.resolve(&id.to_lowercase())?)));
    let listed_id = resolved.as_ref().map(|(id, _)| *id).or(element.first()).cloned().unwrap_or_default();
    let mut row = Exclusion {
        policy_id: policy_id.clone(),
        policy: policy.to_owned(),
        workload: workload.clone(),
        listed_id,
        app_id: None,
        service_principal: None,
        application: None,
        sources: BTreeSet::new(),
        source_detail: String::new(),
        listed: true,
        disputed: false,
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
        None => {
            let deleted = || directory.gap(Dataset::DeletedServicePrincipals);
            row.gap = directory.resolution_gap().or_else(deleted).or_else(|| not_looked_up(directory, &row.listed_id));
        }
    }
    row
}

/// Why an id that nothing was found for may exist: nobody asked the directory for it.
fn not_looked_up(directory: &Directory<'_>, id: &str) -> Option<Gap> {
    let asked = directory.snapshot.looked_up.contains(&id.to_lowercase());
    (!asked).then(|| Gap::Failed { detail: "this id was not looked up in the directory, for the tenant did not show it".to_owned() })
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
