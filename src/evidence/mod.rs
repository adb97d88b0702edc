//! What applications were seen to do, whatever the source: audit events, approval requests and activity logs, as observations of
//! one form; and what their scripts hold, which nobody saw happen.

mod audit;
mod calls;
mod drafts;
mod observation;
mod requests;
mod scripts;

pub use observation::{Moment, Observation, ObservedOutcome, Source, total};
pub use scripts::{Joined, Scripted, strangers, unjoined};

use crate::catalogue::{Catalogue, Workload};
use crate::snapshot::{AppId, Snapshot};
use observation::Tally;
use std::collections::BTreeMap;

/// Everything observed in one snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Observations by application, each list in the order of its keys.
    pub by_application: BTreeMap<AppId, Vec<Observation>>,
    /// Writes in the scripts of each application.
    pub scripts: BTreeMap<AppId, Vec<Scripted>>,
    /// Activity types of application-made events that are in no vocabulary, with their counts.
    pub unmapped_activities: BTreeMap<String, u64>,
    /// The same by application.
    pub unmapped_by_application: BTreeMap<AppId, BTreeMap<String, u64>>,
    /// Approval requests by workload that name nobody who filed them, or no time: they may be anybody's. A request that names
    /// no workload stands under an unknown one.
    pub unattributed_requests: BTreeMap<Workload, u64>,
    /// Names that the audit log gives to applications, for those that are known from nowhere else.
    pub names: BTreeMap<AppId, String>,
}

/// Reads the evidence out of a snapshot.
#[must_use]
pub fn evidence(snapshot: &Snapshot, catalogue: &Catalogue) -> Evidence {
    let mut tally = Tally::default();
    let unmapped_by_application = audit::observe(snapshot, catalogue, &mut tally);
    let mut unmapped_activities = BTreeMap::new();
    for (activity, events) in unmapped_by_application.values().flatten() {
        *unmapped_activities.entry(activity.clone()).or_default() += events;
    }
    let unattributed_requests = requests::observe(snapshot, &mut tally);
    calls::observe(snapshot, catalogue, &mut tally);
    Evidence {
        by_application: tally.into_observations(),
        scripts: scripts::scripted(snapshot),
        unmapped_activities,
        unmapped_by_application,
        unattributed_requests,
        names: audit::names(snapshot),
    }
}
