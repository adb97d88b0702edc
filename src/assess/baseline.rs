//! An earlier snapshot of the same tenant, reduced to what a later one is compared with: who was excluded from what.

use super::directory::Directory;
use super::exclusions;
use super::model::{Exclusion, Known};
use crate::catalogue::Catalogue;
use crate::snapshot::{Dataset, Gap, PolicyId, Snapshot, TenantId};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Who was excluded from what at an earlier time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// Of which tenant.
    pub tenant_id: TenantId,
    /// When it was read (UTC).
    pub taken_at: DateTime<Utc>,
    /// Policy and application, which is an app id, or the listed id in lower case where it belonged to nothing.
    excluded: BTreeSet<(PolicyId, String)>,
    /// Policies that existed.
    policies: BTreeSet<PolicyId>,
    /// Policies whose list of exclusions was known whole.
    known: BTreeSet<PolicyId>,
    /// Why some policies may not have been seen.
    gap: Option<Gap>,
}

/// Reduces a snapshot to what a later one is compared with. Exclusions that only a file of the user's lists are not in it.
#[must_use]
pub fn baseline(snapshot: &Snapshot, catalogue: &Catalogue) -> Baseline {
    let directory = Directory::new(snapshot);
    let found = exclusions::exclusions(&directory, catalogue, &[], &[]);
    let listed = found.rows.iter().filter(|row| row.listed);
    Baseline {
        tenant_id: snapshot.tenant_id.clone(),
        taken_at: snapshot.taken_at,
        excluded: listed.map(|row| (row.policy_id.clone(), application(row))).collect(),
        policies: snapshot.access_policies.keys().cloned().collect(),
        known: found.known,
        gap: directory.gap(Dataset::AccessPolicies),
    }
}

/// What stands for the application of a row in both snapshots.
fn application(row: &Exclusion) -> String {
    row.app_id.as_ref().map_or_else(|| row.listed_id.to_lowercase(), ToString::to_string)
}

impl Baseline {
    /// Why nothing of a run can be compared with it: another tenant, or not earlier.
    #[must_use]
    pub fn unfit(&self, tenant_id: &TenantId, taken_at: DateTime<Utc>) -> Option<&'static str> {
        if self.tenant_id != *tenant_id {
            return Some("the earlier snapshot is of another tenant");
        }
        (self.taken_at >= taken_at).then_some("the earlier snapshot is not earlier than this run")
    }

    /// Whether an exclusion was not there yet.
    #[must_use]
    pub(super) fn is_new(&self, row: &Exclusion) -> Known<bool> {
        let unknown = |detail: &str| Known::No(Gap::OutOfReach { detail: detail.to_owned() });
        if self.excluded.contains(&(row.policy_id.clone(), application(row))) {
            return Known::Yes(false);
        }
        match (self.policies.contains(&row.policy_id), &self.gap) {
            (true, _) if self.known.contains(&row.policy_id) => Known::Yes(true),
            (true, _) => unknown("who was excluded from this policy was not known in the earlier snapshot"),
            (false, None) => Known::Yes(true),
            (false, Some(_)) => unknown("not all access policies could be read in the earlier snapshot"),
        }
    }
}
