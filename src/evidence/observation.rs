//! One thing that an application was seen to do.

use crate::catalogue::{Platform, Sure, Workload};
use crate::snapshot::AppId;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Where an observation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Intune audit events.
    AuditEvent,
    /// Approval requests.
    ApprovalRequest,
    /// Activity logs of Microsoft Graph.
    ActivityLog,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObservedOutcome {
    /// The write succeeded.
    Written,
    /// The write succeeded, but what it began was never finished: an app that was made and not published.
    Unfinished,
    /// The write succeeded, and would have behind a gate too, which holds back a later step: the draft of an app. So it is no
    /// sign that a gate lets anything pass.
    Begun,
    /// The write was tried and failed, for whatever reason.
    Failed,
    /// The call ended in a status with which a gate refuses, but not only a gate: 400, 403 or 409.
    Refused,
    /// The source does not say whether it succeeded.
    Unclear,
    /// It was refused: an approval request that was rejected, or ran past its time; or a call that was answered with 412.
    Blocked,
    /// An approval request that waits, within its time.
    Pending,
    /// An approval request that was completed.
    Approved,
}

impl ObservedOutcome {
    /// Whether a write went through, whatever came of what it began.
    #[must_use]
    pub fn went_through(self) -> bool {
        matches!(self, Self::Written | Self::Unfinished | Self::Begun)
    }
}

/// The same thing, seen once or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What it wrote.
    pub workload: Workload,
    /// Platform of the object, where the source tells.
    pub platform: Option<Platform>,
    /// The operation in the source's words: `Create MobileApp`, `approval request`.
    pub operation: String,
    /// The object, where it matters: an app that was not finished, by name, id and state.
    pub object: Option<String>,
    /// What became of it.
    pub outcome: ObservedOutcome,
    /// Where it was seen.
    pub source: Source,
    /// How sure it is that this operation belongs to this workload.
    pub sure: Sure,
    /// When, oldest first; never empty.
    times: Vec<Moment>,
}

/// A time at which something was seen, once or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When (UTC). Calls of which only a day is known stand at the first of that day.
    pub at: DateTime<Utc>,
    /// How often.
    pub count: u64,
}

/// How often something was seen at some moments.
#[must_use]
pub fn total(moments: &[Moment]) -> u64 {
    moments.iter().map(|moment| moment.count).fold(0, u64::saturating_add)
}

impl Observation {
    /// When it was seen within a span, oldest first.
    #[must_use]
    pub fn times_in(&self, span: &RangeInclusive<DateTime<Utc>>) -> &[Moment] {
        let from = self.times.partition_point(|time| time.at < *span.start());
        let to = self.times.partition_point(|time| time.at <= *span.end());
        self.times.get(from..to).unwrap_or_default()
    }

    /// Every time at which it was seen, oldest first (UTC); never empty.
    #[must_use]
    pub fn times(&self) -> &[Moment] {
        &self.times
    }

    /// Times in all.
    #[must_use]
    pub fn count(&self) -> u64 {
        total(&self.times)
    }
}

/// What makes two sightings the same observation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sighting {
    pub(super) workload: Workload,
    pub(super) platform: Option<Platform>,
    pub(super) operation: String,
    pub(super) object: Option<String>,
    pub(super) outcome: ObservedOutcome,
    pub(super) source: Source,
    pub(super) sure: Sure,
}

/// Gathers sightings by application.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<AppId, BTreeMap<Sighting, Vec<Moment>>>);

impl Tally {
    pub(super) fn add(&mut self, app_id: &AppId, sighting: Sighting, time: DateTime<Utc>) {
        self.add_many(app_id, sighting, [Moment { at: time, count: 1 }]);
    }

    /// Adds moments; those of no count are left out.
    pub(super) fn add_many(&mut self, app_id: &AppId, sighting: Sighting, moments: impl IntoIterator<Item = Moment>) {
        let mut moments = moments.into_iter().filter(|moment| moment.count > 0).peekable();
        if moments.peek().is_none() {
            return;
        }
        if !self.0.contains_key(app_id) {
            self.0.insert(app_id.clone(), BTreeMap::new());
        }
        if let Some(sightings) = self.0.get_mut(app_id) {
            sightings.entry(sighting).or_default().extend(moments);
        }
    }

    pub(super) fn into_observations(self) -> BTreeMap<AppId, Vec<Observation>> {
        self.0.into_iter().map(|(app_id, sightings)| (app_id, sightings.into_iter().map(observation).collect())).collect()
    }
}

fn observation((sighting, mut times): (Sighting, Vec<Moment>)) -> Observation {
    times.sort_unstable();
    let Sighting { workload, platform, operation, object, outcome, source, sure } = sighting;
    Observation { workload, platform, operation, object, outcome, source, sure, times }
}
