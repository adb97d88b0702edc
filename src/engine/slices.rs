//! Which span of time is asked for next. A query over a whole month of a large tenant does not end within the ten minutes that
//! the service allows, and one over each minute would never be done: spans grow while answers come fast, and are halved when
//! one does not come.

use crate::graph::Span;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// The first span.
const FIRST: TimeDelta = TimeDelta::days(1);

/// The shortest span that is halved no more.
const SHORTEST: TimeDelta = TimeDelta::minutes(5);

/// An answer that came faster than this makes the next span twice as long.
const FAST: Duration = Duration::from_secs(30);

/// Goes through a span of time from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slices {
    at: DateTime<Utc>,
    end: DateTime<Utc>,
    step: TimeDelta,
    /// What was too much once is not tried again.
    most: TimeDelta,
}

impl Slices {
    pub(super) fn of(span: Span) -> Self {
        Self { at: span.from, end: span.to, step: FIRST, most: TimeDelta::MAX }
    }

    /// The next span; None when all are done.
    pub(super) fn next(&self) -> Option<Span> {
        let to = self.at.checked_add_signed(self.step).map_or(self.end, |to| to.min(self.end));
        (self.at < self.end).then_some(Span { from: self.at, to })
    }

    /// What is left, the next span included.
    pub(super) fn rest(&self) -> Span {
        Span { from: self.at, to: self.end }
    }

    /// The span was answered, or given up; its answer took so long.
    pub(super) fn done(&mut self, span: Span, took: Duration) {
        self.at = span.to;
        if took < FAST {
            self.step = self.step.checked_mul(2).unwrap_or(self.step).min(self.most);
        }
    }

    /// The span was too much at once. Whether a shorter one is tried in its place.
    pub(super) fn halve(&mut self, span: Span) -> bool {
        let length = span.to - span.from;
        if length <= SHORTEST {
            return false;
        }
        let half = TimeDelta::seconds((length / 2).num_seconds());
        self.step = half.max(SHORTEST);
        self.most = self.step;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(hours: i64) -> Span {
        let from: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
        Span { from, to: from + TimeDelta::hours(hours) }
    }

    /// Every span that is answered, where one longer than `most` is too much and one takes `took`.
    fn walk(whole: Span, most: TimeDelta, took: Duration) -> (Vec<Span>, usize) {
        let (mut slices, mut answered, mut refused) = (Slices::of(whole), Vec::new(), 0);
        while let Some(span) = slices.next() {
            if span.to - span.from > most && slices.halve(span) {
                refused += 1;
                continue;
            }
            answered.push(span);
            slices.done(span, took);
        }
        (answered, refused)
    }

    #[test]
    fn spans_grow_while_answers_come_fast() {
        let days =
            |took| walk(span(30 * 24), TimeDelta::MAX, took).0.iter().map(|span| (span.to - span.from).num_days()).collect::<Vec<_>>();
        assert_eq!(days(Duration::from_secs(1)), [1, 2, 4, 8, 15]);
        assert_eq!(days(Duration::from_secs(31)), [1; 30]);
    }

    #[test]
    fn what_was_too_much_once_is_not_tried_again() {
        let (answered, refused) = walk(span(48), TimeDelta::hours(5), Duration::ZERO);
        assert_eq!(refused, 3, "24, 12, 6 hours");
        assert!(answered.iter().all(|span| span.to - span.from <= TimeDelta::hours(3)));
    }

    #[test]
    fn the_shortest_span_is_not_halved() {
        let (answered, refused) = walk(span(1), TimeDelta::zero(), Duration::ZERO);
        assert!(answered.iter().all(|span| span.to - span.from <= SHORTEST), "{answered:?}");
        assert!(refused < 10 && answered.len() == 12, "{refused} {}", answered.len());
    }

    proptest! {
        #[test]
        fn the_spans_cover_the_whole_without_gap_or_overlap(seconds in 0_i64..4_000_000, most in 0_i64..100_000, took in 0_u64..60) {
            let from: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
            let whole = Span { from, to: from + TimeDelta::seconds(seconds) };
            let (answered, _) = walk(whole, TimeDelta::seconds(most.max(600)), Duration::from_secs(took));
            let mut at = whole.from;
            for span in &answered {
                prop_assert_eq!(span.from, at);
                prop_assert!(span.to > span.from);
                at = span.to;
            }
            prop_assert_eq!(at, whole.to);
        }
    }
}
