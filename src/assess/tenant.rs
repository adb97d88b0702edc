//! What is known of the tenant as a whole, beside its policies.

use super::directory::Directory;
use super::model::{AppManagement, Known, TenantProfile};
use crate::snapshot::{AppManagementPolicy, CredentialRestriction, Dataset, Gap, RestrictionTarget};
use std::collections::BTreeSet;

pub(super) fn profile(directory: &Directory<'_>) -> TenantProfile {
    TenantProfile { app_management: app_management(directory), intune_api_holders: intune_api_holders(directory) }
}

/// The tenant's default app management policy. A policy that says nothing of being enabled was not read.
fn app_management(directory: &Directory<'_>) -> Known<AppManagement> {
    let default = directory.snapshot.app_management_policies.values().find(|policy| policy.is_default);
    let unread = |detail: &str| Gap::Failed { detail: detail.to_owned() };
    let gap = directory.gap(Dataset::AppManagementPolicies);
    let Some((policy, enabled)) = default.and_then(|policy| Some((policy, policy.is_enabled?))) else {
        return Known::No(gap.unwrap_or_else(|| unread("the service did not say whether the default policy is enabled")));
    };
    Known::Yes(AppManagement { enabled, restrictions: if enabled { restrictions(policy) } else { BTreeSet::new() } })
}

fn restrictions(policy: &AppManagementPolicy) -> BTreeSet<String> {
    let off =
        |restriction: &&CredentialRestriction| restriction.state.as_deref().is_none_or(|state| !state.eq_ignore_ascii_case("disabled"));
    policy.restrictions.iter().filter(off).map(clause).collect()
}

fn clause(restriction: &CredentialRestriction) -> String {
    let of = match restriction.target {
        RestrictionTarget::Application => "applications",
        RestrictionTarget::ServicePrincipal => "service principals",
        RestrictionTarget::Any => "objects it is put on",
    };
    let most = restriction.max_lifetime.as_ref().map(|most| format!(" of at most {most}")).unwrap_or_default();
    format!("{}{most} ({of})", restriction.kind)
}

/// Service principals with a permission on one of Intune's own resources.
fn intune_api_holders(directory: &Directory<'_>) -> Known<usize> {
    let holders: BTreeSet<_> = directory.snapshot.intune_api_grants.iter().map(|held| &held.grant.principal).collect();
    match directory.gap(Dataset::IntuneApiGrants) {
        None => Known::Yes(holders.len()),
        Some(gap) => Known::No(gap),
    }
}
