//! A fall in an application's audited writes from the day on which a gate came into force. A refused call may leave no audit
//! event (facts/maa.md section 6), so a fall is a trace of refusals, if a weak one: it never decides a verdict.

use super::directory::Directory;
use crate::evidence::{Observation, ObservedOutcome, Source, total};
use crate::snapshot::Dataset;
use chrono::{DateTime, Utc};

/// Writes on both sides of one moment, within the span of which audit events were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fall {
    /// The moment (UTC).
    pub(super) at: DateTime<Utc>,
    /// Writes before it, and in how many days.
    pub(super) before: (u64, i64),
    /// Writes since, and in how many days.
    pub(super) after: (u64, i64),
}

/// Fewest days on each side that say anything of a rate.
const FEWEST_DAYS: i64 = 7;

/// Fewest writes since the moment that the rate before it would lead one to expect. With four, no write at all is a chance of
/// one in fifty for writes that come at random.
const FEWEST_EXPECTED: i64 = 4;

/// A fall counts from this part of what was expected down: a quarter.
const PART: i64 = 4;

/// The fall in what was seen since `at`, if there is one. None as well where either side is not covered by audit events.
pub(super) fn fall(directory: &Directory<'_>, seen: &[&Observation], at: DateTime<Utc>) -> Option<Fall> {
    let (start, end) = (directory.snapshot.audit_since, directory.snapshot.taken_at);
    let days = ((at - start).num_days(), (end - at).num_days());
    if !directory.is_complete(Dataset::AuditEvents) || days.0 < FEWEST_DAYS || days.1 < FEWEST_DAYS {
        return None;
    }
    let (mut before, mut after) = (0_u64, 0_u64);
    let audited = |seen: &&&Observation| seen.outcome == ObservedOutcome::Written && seen.source == Source::AuditEvent;
    for seen in seen.iter().filter(audited) {
        let times = seen.times_in(&(start..=end));
        let (earlier, later) = times.split_at(times.partition_point(|time| time.at < at));
        before += total(earlier);
        after += total(later);
    }
    fell(before, after, days).then_some(Fall { at, before: (before, days.0), after: (after, days.1) })
}

/// Whether so many writes in so many days before and after are a fall.
fn fell(before: u64, after: u64, days: (i64, i64)) -> bool {
    let (Ok(before), Ok(after)) = (i64::try_from(before), i64::try_from(after)) else { return false };
    let expected = before.saturating_mul(days.1) / days.0.max(1);
    expected >= FEWEST_EXPECTED && after.saturating_mul(PART) <= expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_to_a_quarter_of_what_was_to_be_expected() {
        assert!(fell(30, 0, (30, 30)) && fell(30, 7, (30, 30)));
        assert!(!fell(30, 8, (30, 30)), "more than a quarter");
        assert!(!fell(3, 0, (30, 30)), "too few to tell");
        assert!(fell(60, 2, (60, 10)) && !fell(60, 3, (60, 10)), "rates, not counts");
        assert!(!fell(0, 0, (30, 30)) && !fell(u64::MAX, 0, (30, 30)));
    }
}
