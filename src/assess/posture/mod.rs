//! How far an application reaches beyond its permissions on Intune, and how well it is held: owners, outside issuers, rights
//! over the tenant, use of what was granted, protection. Each value says whether it was read whole; none is a default.

mod issuer;
mod networks;
mod owners;
mod protection;
mod redirects;
mod restrictions;
mod rights;
mod sources;
mod standing;
mod subject;
mod trust;
mod usage;

#[cfg(test)]
mod fixture;

pub use networks::Network;
pub use owners::{HeldBy, WeakOwner, Weakness};
pub use protection::{AccessCover, LockState, Risk};
pub use rights::HeldRole;
pub use standing::Standing;
pub use trust::{Trust, TrustWeakness};
pub use usage::{KeyUse, PermissionUse, WriteUse, Writes};

pub(super) use sources::Sources;

use super::directory::Directory;
use super::model::{ApplicationProfile, Exclusion, Gate, Key, Known, Verdict};
use crate::catalogue::{Catalogue, Workload};
use crate::evidence::{Evidence, Observation};
use crate::snapshot::{Application, Gap, ServicePrincipal};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// How far an application reaches, and how well it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posture {
    /// From what it is excluded, and what it may write.
    pub standing: Standing,
    /// Of the workloads that its permissions write, those that no policy excludes it from. Empty for one that is not excluded.
    pub writes_beyond: Known<BTreeSet<Workload>>,
    /// Whether an access policy in force holds its wipes.
    pub wipe_needs_approval: Known<bool>,
    /// Names of permissions on Microsoft Graph with which it can take over the tenant.
    pub tier_zero: Known<BTreeSet<String>>,
    /// Entra roles that it holds itself.
    pub directory_roles: Known<Vec<HeldRole>>,
    /// Of these, names of the ones that administer the directory or Intune as a whole.
    pub tier_zero_roles: Known<BTreeSet<String>>,
    /// Delegated permissions that write and were consented to.
    pub delegated_scopes: Known<BTreeSet<String>>,
    /// Permissions that write Intune, and the writes seen.
    pub permission_use: Known<Vec<PermissionUse>>,
    /// Workloads that it is excluded from, and the writes seen.
    pub exclusion_use: Known<Vec<WriteUse>>,
    /// Workloads that it is excluded from and completed approval requests of its own for, in the window.
    pub completes_requests: Known<BTreeSet<Workload>>,
    /// Unexpired secrets and certificates, and their use.
    pub key_uses: Known<Vec<KeyUse>>,
    /// Unexpired keys whose validity began after a policy excluded it.
    pub keys_after_exclusion: Known<Vec<Key>>,
    /// Its federated credentials.
    pub trust: Known<Vec<Trust>>,
    /// Owners of the application and of the service principal, each once, by id.
    pub owners: Known<Vec<HeldBy>>,
    /// Of these, the people whose accounts make weak guardians.
    pub weak_owners: Known<Vec<WeakOwner>>,
    /// Of these, the direct members of an approver group.
    pub approving_owners: Known<Vec<HeldBy>>,
    /// App instance property lock.
    pub property_lock: Known<LockState>,
    /// Whether Conditional Access for workload identities reaches it.
    pub conditional_access: Known<AccessCover>,
    /// What Entra ID Protection says of it; None where it is not listed.
    pub risk: Known<Option<Risk>>,
    /// Restrictions of the tenant's app management policy that do not bind it, a clause each.
    pub unrestricted: Known<Vec<String>>,
    /// Redirect addresses that are unsafe, a clause each.
    pub unsafe_redirects: Known<Vec<String>>,
    /// Whether tokens are handed out in the front channel.
    pub implicit_grant: Known<bool>,
    /// Networks that it signed in from.
    pub networks: Known<Vec<Network>>,
    /// Whether accounts of other tenants may use it.
    pub multi_tenant: Known<bool>,
    /// Whether its publisher is verified.
    pub verified_publisher: Known<bool>,
}

impl Posture {
    /// That of an application that nobody has looked at: nothing is known of it.
    #[must_use]
    pub fn not_looked_at() -> Self {
        fn no<T>() -> Known<T> {
            Known::No(Gap::NotRequested)
        }
        Self {
            standing: Standing::default(),
            writes_beyond: no(),
            wipe_needs_approval: no(),
            tier_zero: no(),
            directory_roles: no(),
            tier_zero_roles: no(),
            delegated_scopes: no(),
            permission_use: no(),
            exclusion_use: no(),
            completes_requests: no(),
            key_uses: no(),
            keys_after_exclusion: no(),
            trust: no(),
            owners: no(),
            weak_owners: no(),
            approving_owners: no(),
            property_lock: no(),
            conditional_access: no(),
            risk: no(),
            unrestricted: no(),
            unsafe_redirects: no(),
            implicit_grant: no(),
            networks: no(),
            multi_tenant: no(),
            verified_publisher: no(),
        }
    }
}

/// One application, and everything that its posture is read from.
pub(super) struct Looked<'a> {
    pub(super) directory: &'a Directory<'a>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) sources: &'a Sources<'a>,
    pub(super) evidence: &'a Evidence,
    pub(super) gates: &'a [Gate],
    /// Start of the evidence window (UTC).
    pub(super) window_start: DateTime<Utc>,
    /// Everything but its posture.
    pub(super) profile: &'a ApplicationProfile,
    /// What lists of exclusions say of it.
    pub(super) exclusions: &'a [&'a Exclusion],
    pub(super) verdicts: &'a [Verdict],
}

impl<'a> Looked<'a> {
    fn now(&self) -> DateTime<Utc> {
        self.directory.snapshot.taken_at
    }

    fn principal(&self) -> Option<&'a ServicePrincipal> {
        self.directory.principal(&self.profile.app_id)
    }

    fn application(&self) -> Option<&'a Application> {
        self.directory.application(&self.profile.app_id)
    }

    fn observations(&self) -> &'a [Observation] {
        self.evidence.by_application.get(&self.profile.app_id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Why its application object was not found although there may be one; None where it has none.
    fn application_gap(&self) -> Option<Gap> {
        super::applications::application_gap(self.directory, self.principal(), self.profile.home)
    }

    /// Why what its service principal would tell is not known, if it was not found.
    fn principal_gap(&self) -> Gap {
        let unread = self.directory.gap(crate::snapshot::Dataset::ServicePrincipals);
        unread.unwrap_or_else(super::applications::no_principal)
    }
}

/// Looks at one application.
pub(super) fn posture(of: &Looked<'_>) -> Posture {
    let standing = standing::standing(of);
    let owners = owners::owners(of);
    let directory_roles = rights::directory_roles(of);
    Posture {
        writes_beyond: standing::writes_beyond(of, &standing),
        wipe_needs_approval: standing::wipe_needs_approval(of),
        tier_zero: rights::tier_zero(of),
        tier_zero_roles: rights::tier_zero_roles(&directory_roles),
        directory_roles,
        delegated_scopes: rights::delegated_scopes(of),
        permission_use: usage::permission_use(of),
        exclusion_use: usage::exclusion_use(of, &standing),
        completes_requests: usage::completes_requests(of, &standing),
        key_uses: usage::key_uses(of),
        keys_after_exclusion: usage::keys_after_exclusion(of),
        trust: trust::trust(of),
        weak_owners: owners::weak_owners(of, &owners),
        approving_owners: owners::approving_owners(of, &owners),
        owners,
        property_lock: protection::property_lock(of),
        conditional_access: protection::conditional_access(of),
        risk: protection::risk(of),
        unrestricted: restrictions::unrestricted(of),
        unsafe_redirects: redirects::unsafe_redirects(of),
        implicit_grant: redirects::implicit_grant(of),
        networks: networks::networks(of),
        multi_tenant: protection::multi_tenant(of),
        verified_publisher: protection::verified_publisher(of),
        standing,
    }
}

fn failed(detail: impl Into<String>) -> Gap {
    Gap::Failed { detail: detail.into() }
}

fn out_of_reach(detail: impl Into<String>) -> Gap {
    Gap::OutOfReach { detail: detail.into() }
}
