//! When to try again and how long to wait: a value with a budget, so that no read goes on for ever.

use super::Error;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How patient the client is.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// Most attempts for one read, the first included.
    pub attempts: u32,
    /// Most attempts when not even a connection comes about, which is more often a wrong endpoint than a bad moment.
    pub connect_attempts: u32,
    /// Longest wait before one attempt, whatever the service asks for.
    pub longest_wait: Duration,
    /// Longest time of the whole run in which somebody waits because of a failure. Once it is spent, every further failure
    /// ends its read at once: a service that refuses every dataset would otherwise cost minutes for each. Waits at the same
    /// time count once.
    pub waiting: Duration,
    /// Factor on every wait: 1 in use, near 0 in tests.
    pub scale: f64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 8, connect_attempts: 4, longest_wait: Duration::from_secs(120), waiting: Duration::from_secs(1800), scale: 1.0 }
    }
}

/// Longest wait that the client chooses by itself, in milliseconds.
const OWN_LONGEST: u64 = 60_000;

/// Most attempts when a whole answer is not JSON: one more than the first, for a proxy in a bad moment.
const FOREIGN_ATTEMPTS: u32 = 2;

impl RetryPolicy {
    /// A fresh budget for one read. `seed` varies the jitter from read to read.
    pub(super) fn budget(&self, seed: u64) -> Budget<'_> {
        Budget { policy: self, seed, made: 1, unconnected: 1, foreign: 1 }
    }

    /// Between 0 and 1, whatever was set.
    pub(super) fn factor(&self) -> f64 {
        if self.scale.is_nan() { 1.0 } else { self.scale.clamp(0.0, 1.0) }
    }
}

/// A failure that may pass.
#[derive(Debug, Clone)]
pub(super) struct Transient {
    /// What to report if the budget is spent.
    pub(super) error: Error,
    /// Least wait that the service asked for.
    pub(super) floor: Option<Duration>,
    /// Whether no connection came about.
    pub(super) unconnected: bool,
    /// Whether a whole answer came that is no answer of this service.
    pub(super) foreign: bool,
    /// Whether the service said that the workload gets too many requests, which concerns everybody who reads it.
    pub(super) crowded: bool,
}

impl Transient {
    pub(super) fn new(error: Error, floor: Option<Duration>) -> Self {
        Self { error, floor, unconnected: false, foreign: false, crowded: false }
    }
}

/// What is left of a [`RetryPolicy`] for one read.
#[derive(Debug)]
pub(super) struct Budget<'a> {
    policy: &'a RetryPolicy,
    seed: u64,
    made: u32,
    unconnected: u32,
    foreign: u32,
}

impl Budget<'_> {
    /// The wait before the next attempt; None when there is none.
    pub(super) fn spend(&mut self, failure: &Transient) -> Option<Duration> {
        let spent = self.made >= self.policy.attempts
            || (failure.unconnected && self.unconnected >= self.policy.connect_attempts)
            || (failure.foreign && self.foreign >= FOREIGN_ATTEMPTS);
        if spent {
            return None;
        }
        let own = equal_jitter(self.made, self.seed);
        self.made += 1;
        self.unconnected += u32::from(failure.unconnected);
        self.foreign += u32::from(failure.foreign);
        let wait = own.max(failure.floor.unwrap_or_default()).min(self.policy.longest_wait);
        Some(wait.mul_f64(self.policy.factor()))
    }
}

/// How long a run has waited because of failures.
#[derive(Debug, Default)]
pub(super) struct Waited(Mutex<Union>);

/// The time that spans cover together.
#[derive(Debug, Default)]
struct Union {
    length: Duration,
    end: Option<Instant>,
}

impl Waited {
    /// Whether somebody may wait that long from now on; counts it if so.
    pub(super) fn allows(&self, wait: Duration, policy: &RetryPolicy) -> bool {
        let mut union = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let end = now + wait;
        let new = end.saturating_duration_since(union.end.map_or(now, |there| there.max(now)));
        if union.length + new > policy.waiting.mul_f64(policy.factor()) {
            return false;
        }
        union.length += new;
        union.end = union.end.max(Some(end));
        true
    }
}

/// Half of 1, 2, 4 … 60 seconds, and up to as much again.
fn equal_jitter(attempt: u32, seed: u64) -> Duration {
    let whole = 1000_u64.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(OWN_LONGEST);
    let half = whole / 2;
    Duration::from_millis(half + mix(seed.wrapping_add(u64::from(attempt) << 32)) % (half + 1))
}

/// The finaliser of splitmix64: spreads neighbouring seeds. Not random, so that a run can be repeated.
fn mix(seed: u64) -> u64 {
    let mut word = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// `Retry-After` of an answer, if it has a readable one.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    parse_retry_after(text, wire_date(headers))
}

/// The `Date` of an answer.
pub(super) fn wire_date(headers: &HeaderMap) -> Option<&str> {
    headers.get(DATE).and_then(|date| date.to_str().ok())
}

/// The wait that a `Retry-After` asks for: seconds, or an HTTP date, which is read against the `Date` of the same answer and
/// never against this machine's clock. None where it is neither.
#[must_use]
pub fn parse_retry_after(text: &str, date: Option<&str>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = httpdate::parse_http_date(date?.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failure(floor: Option<u64>) -> Transient {
        Transient::new(Error::failed("GET /x", "503"), floor.map(Duration::from_secs))
    }

    #[test]
    fn waits_grow_to_a_minute_and_then_end() {
        let policy = RetryPolicy { attempts: 10, ..RetryPolicy::default() };
        let mut budget = policy.budget(7);
        let waits: Vec<_> = std::iter::from_fn(|| budget.spend(&failure(None))).collect();
        assert_eq!(waits.len(), 9);
        for (at, wait) in waits.iter().enumerate() {
            let whole = 1000 * (1 << at.min(6)).min(60);
            assert!((whole / 2..=whole).contains(&u64::try_from(wait.as_millis()).unwrap()), "{at}: {wait:?}");
        }
    }

    #[test]
    fn the_service_sets_the_least_wait_and_the_policy_the_most() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.budget(1).spend(&failure(Some(30))), Some(Duration::from_secs(30)));
        assert_eq!(policy.budget(1).spend(&failure(Some(86_400))), Some(Duration::from_secs(120)));
        assert!(policy.budget(1).spend(&failure(Some(0))).unwrap() >= Duration::from_millis(500));
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_waits_only_so_long_and_waits_at_the_same_time_count_once() {
        let policy = RetryPolicy { waiting: Duration::from_secs(100), ..RetryPolicy::default() };
        let waited = Waited::default();
        let minute = Duration::from_secs(60);
        assert!((0..50).all(|_| waited.allows(minute, &policy)));
        tokio::time::advance(minute).await;
        assert!(!waited.allows(minute, &policy));
        assert!(waited.allows(Duration::from_secs(40), &policy));
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(!waited.allows(Duration::from_secs(1), &policy));
    }

    #[test]
    fn no_connection_ends_sooner() {
        let policy = RetryPolicy::default();
        let mut budget = policy.budget(1);
        let refused = Transient { unconnected: true, ..failure(None) };
        assert_eq!(std::iter::from_fn(|| budget.spend(&refused)).count(), 3);
    }

    #[test]
    fn a_foreign_answer_has_one_more_attempt_and_takes_none_from_others() {
        let policy = RetryPolicy::default();
        let mut budget = policy.budget(1);
        let foreign = Transient { foreign: true, ..failure(None) };
        assert!(budget.spend(&foreign).is_some() && budget.spend(&foreign).is_none() && budget.spend(&failure(None)).is_some());
    }

    #[test]
    fn a_date_is_read_against_the_answers_own_date() {
        let date = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(parse_retry_after("Wed, 21 Oct 2026 07:28:05 GMT", date), Some(Duration::from_secs(5)));
        assert_eq!(parse_retry_after("Wed, 21 Oct 2026 07:00:00 GMT", date), Some(Duration::ZERO));
        assert_eq!(parse_retry_after("Wed, 21 Oct 2026 07:28:05 GMT", None), None);
        assert_eq!(parse_retry_after(" 17 ", None), Some(Duration::from_secs(17)));
        assert_eq!(parse_retry_after("-1", date), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>(), date in any::<Option<String>>(), seed in any::<u64>()) {
            let floor = parse_retry_after(&text, date.as_deref());
            let policy = RetryPolicy::default();
            let wait = policy.budget(seed).spend(&Transient::new(Error::failed("", ""), floor)).unwrap();
            prop_assert!(wait <= policy.longest_wait);
        }
    }
}
