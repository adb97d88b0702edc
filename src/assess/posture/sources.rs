//! The lists of a snapshot that say something of many applications, ordered by whom they concern: built once.

use super::failed;
use crate::assess::directory::Directory;
use crate::snapshot::{AppManagementPolicy, Dataset, DelegatedGrant, DirectoryRoleAssignment, Gap, RiskyServicePrincipal};
use std::collections::{BTreeMap, BTreeSet};

/// What postures look up.
pub(in crate::assess) struct Sources<'a> {
    /// Ids of direct members of the groups that approve for any access policy.
    pub(super) approvers: BTreeSet<String>,
    /// Why there may be more of them.
    pub(super) approvers_gap: Option<Gap>,
    /// Entra roles by the id of who holds them.
    pub(super) roles: BTreeMap<&'a str, Vec<&'a DirectoryRoleAssignment>>,
    /// Delegated grants by the object id of the service principal that may act for people.
    pub(super) delegated: BTreeMap<&'a str, Vec<&'a DelegatedGrant>>,
    /// Custom app management policies by the object that they are put on.
    pub(super) custom_policies: BTreeMap<&'a str, Vec<&'a AppManagementPolicy>>,
    /// The tenant's default app management policy.
    pub(super) default_policy: Option<&'a AppManagementPolicy>,
    /// Whether it was read which objects each custom policy is on.
    pub(super) targets_read: bool,
    /// Risky service principals by object id and by app id.
    pub(super) risky: BTreeMap<&'a str, &'a RiskyServicePrincipal>,
}

impl<'a> Sources<'a> {
    pub(in crate::assess) fn new(directory: &Directory<'a>) -> Self {
        let snapshot = directory.snapshot;
        let mut roles: BTreeMap<&str, Vec<&DirectoryRoleAssignment>> = BTreeMap::new();
        snapshot.directory_roles.iter().for_each(|held| roles.entry(held.principal.as_str()).or_default().push(held));
        let mut delegated: BTreeMap<&str, Vec<&DelegatedGrant>> = BTreeMap::new();
        snapshot.delegated_grants.iter().for_each(|grant| delegated.entry(grant.client.as_str()).or_default().push(grant));
        let policies = snapshot.app_management_policies.values();
        let mut custom_policies: BTreeMap<&str, Vec<&AppManagementPolicy>> = BTreeMap::new();
        for policy in policies.clone().filter(|policy| !policy.is_default) {
            for id in policy.applies_to.iter().flatten() {
                custom_policies.entry(id.as_str()).or_default().push(policy);
            }
        }
        let risky = snapshot.risky_service_principals.values();
        let by_app_id = risky.clone().filter_map(|risky| Some((risky.app_id.as_ref()?.as_str(), risky)));
        let (approvers, approvers_gap) = approvers(directory);
        Self {
            approvers,
            approvers_gap,
            roles,
            delegated,
            custom_policies,
            default_policy: policies.clone().find(|policy| policy.is_default),
            targets_read: policies.clone().all(|policy| policy.is_default || policy.applies_to.is_some()),
            risky: by_app_id.chain(risky.clone().map(|risky| (risky.id.as_str(), risky))).collect(),
        }
    }
}

/// Direct members of approver groups; nested ones do not approve reliably (facts/maa.md section 7).
fn approvers(directory: &Directory<'_>) -> (BTreeSet<String>, Option<Gap>) {
    let snapshot = directory.snapshot;
    let policies = snapshot.access_policies.values();
    let named: BTreeSet<_> = policies.clone().flat_map(|policy| policy.approver_groups.iter().flatten()).collect();
    let mut found = BTreeSet::new();
    let mut gap = directory.gap(Dataset::AccessPolicies);
    if policies.clone().any(|policy| policy.approver_groups.is_none()) {
        gap = gap.or_else(|| Some(failed("the approver groups of an access policy were not shown")));
    }
    let unread = || directory.gap(Dataset::ApproverGroups);
    for id in named {
        match snapshot.groups.get(id).map(|group| &group.members) {
            Some(Some(members)) => found.extend(members.iter().map(|member| member.id.to_lowercase())),
            Some(None) => gap = gap.or_else(unread).or_else(|| Some(failed("the members of an approver group were not read"))),
            // Of the groups that exist all were read, so this one does not.
            None => gap = gap.or_else(unread),
        }
    }
    (found, gap)
}
