//! The real time, and whether this machine has it.

use chrono::{DateTime, TimeDelta, Utc};

/// Seconds by which clocks may differ: Entra ID allows five minutes.
const ALLOWED: i64 = 300;

/// The real time of a run. It goes on while the machine sleeps, which a timer does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    ahead: TimeDelta,
}

impl Clock {
    /// A clock that shows `now` now.
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { ahead: now - Utc::now() }
    }

    /// The time.
    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now().checked_add_signed(self.ahead).unwrap_or_default()
    }

    /// Seconds from now until a Unix time; 0 if that is past.
    pub(super) fn until(&self, end: i64) -> u64 {
        u64::try_from(end.saturating_sub(self.now().timestamp())).unwrap_or_default()
    }

    /// By how much the clock is off from the `Date` of an answer, in words; None within five minutes.
    pub(super) fn off(&self, date: &str) -> Option<String> {
        let theirs = DateTime::<Utc>::from(httpdate::parse_http_date(date.trim()).ok()?);
        let seconds = (self.now() - theirs).num_seconds();
        let side = if seconds > 0 { "ahead of" } else { "behind" };
        (seconds.abs() > ALLOWED).then(|| format!("this machine's clock is {} minutes {side} the token service's", seconds.abs() / 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clock_is_off_by_more_than_five_minutes() {
        let clock = Clock::new("2026-11-22T12:00:00Z".parse().unwrap());
        let off = |date| clock.off(date).unwrap_or_default();
        assert_eq!(off("Sun, 22 Nov 2026 12:04:50 GMT"), "");
        assert_eq!(off("Sun, 22 Nov 2026 11:55:10 GMT"), "");
        assert_eq!(off("Sun, 22 Nov 2026 12:30:30 GMT"), "this machine's clock is 30 minutes behind the token service's");
        assert_eq!(off("Sun, 22 Nov 2026 10:59:59 GMT"), "this machine's clock is 60 minutes ahead of the token service's");
        assert_eq!(off("yesterday"), "");
    }

    proptest! {
        #[test]
        fn any_date_is_read_without_panic(date in any::<String>(), seconds in any::<i32>()) {
            let clock = Clock::new(DateTime::from_timestamp(i64::from(seconds), 0).unwrap());
            let _ = (clock.off(&date), clock.now());
        }
    }
}
