//! What an automation was seen doing on each day: the grounds of a timeline.

use crate::evidence::{Observation, ObservedOutcome};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What one application was seen doing as itself on one workload on one day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayCounts {
    /// Writes that went through, whatever came of what they began.
    pub written: u64,
    /// Writes that were tried and failed.
    pub failed: u64,
    /// Requests that were rejected or ran past their time, and calls that ended in a status with which a gate refuses.
    pub refused: u64,
    /// Requests that wait, within their time.
    pub waiting: u64,
    /// Requests that were completed.
    pub approved: u64,
    /// Operations and requests of which it is not known how they ended.
    pub unclear: u64,
}

impl DayCounts {
    fn of(&mut self, outcome: ObservedOutcome) -> &mut u64 {
        match outcome {
            ObservedOutcome::Written | ObservedOutcome::Unfinished | ObservedOutcome::Begun => &mut self.written,
            ObservedOutcome::Failed => &mut self.failed,
            ObservedOutcome::Blocked | ObservedOutcome::Refused => &mut self.refused,
            ObservedOutcome::Pending => &mut self.waiting,
            ObservedOutcome::Approved => &mut self.approved,
            ObservedOutcome::Unclear => &mut self.unclear,
        }
    }
}

/// The days of a span on which something was seen; a day without anything is not there.
pub(super) fn days(seen: &[&Observation], span: &RangeInclusive<DateTime<Utc>>) -> BTreeMap<NaiveDate, DayCounts> {
    let mut days: BTreeMap<NaiveDate, DayCounts> = BTreeMap::new();
    for observation in seen {
        for time in observation.times_in(span) {
            let count = days.entry(time.at.date_naive()).or_default().of(observation.outcome);
            *count = count.saturating_add(time.count);
        }
    }
    days
}
