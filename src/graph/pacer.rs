//! Keeps under the limits of the service instead of running into them: every request takes its permits before it is sent.
//!
//! The service counts what arrives in a span of time, so a limiter here never lets more go in any span than the limit. When a
//! request arrived is only known to lie between its sending and its answer; the later end is counted, up to half a second, so
//! that a slow connection at the start cannot push two spans together. First come, first served. Nothing is locked while
//! somebody waits, and a waiter that goes away leaves no trace.

use super::{Resource, Throttle};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Whether a client paces its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// By the documented limits ([`Throttle::limit`]).
    Documented,
    /// Not at all, for a service without limits, such as a simulated tenant. A `Retry-After` is obeyed all the same.
    Off,
}

/// Longest doubt about when a request arrived. A longer one would slow down every read of a slow service.
const MOST_DOUBT: Duration = Duration::from_millis(500);

/// What a request takes of each limit.
pub(super) type Charges = BTreeMap<Throttle, u32>;

/// What one read of each of these resources takes together.
pub(super) fn charges<'a>(resources: impl Iterator<Item = &'a Resource>) -> Charges {
    let mut charges = Charges::new();
    for (throttle, cost) in resources.flat_map(Throttle::of) {
        *charges.entry(throttle).or_default() += cost;
    }
    charges
}

/// The limiters of one client and its clones, one for each workload.
pub(super) struct Pacer(BTreeMap<Throttle, Limiter>);

impl Pacer {
    /// `scale` shortens the spans as it shortens the waits of a [`super::RetryPolicy`].
    pub(super) fn new(pacing: Pacing, scale: f64) -> Self {
        let limiter = |throttle: Throttle| {
            let (limit, span) = throttle.limit();
            let limit = (pacing == Pacing::Documented).then_some(limit);
            (throttle, Limiter::new(limit, span.mul_f64(scale), MOST_DOUBT.mul_f64(scale)))
        };
        Self(Throttle::ALL.into_iter().map(limiter).collect())
    }

    /// Waits until a request that takes `charges` may be sent.
    pub(super) async fn acquire(&self, charges: &Charges) -> Pass<'_> {
        let mut permits = Vec::new();
        // Always in the same order, so that two requests cannot wait for each other.
        for (throttle, cost) in charges {
            if let Some(limiter) = self.0.get(throttle) {
                permits.push(limiter.acquire(*cost).await);
            }
        }
        Pass { permits }
    }

    /// Nothing of this workload is sent for a while, because the service said so.
    pub(super) fn pause(&self, throttle: Throttle, wait: Duration) {
        if let Some(limiter) = self.0.get(&throttle) {
            limiter.pause(Instant::now() + wait);
        }
    }
}

/// Leave to send one request; dropped when its answer is there.
pub(super) struct Pass<'a> {
    permits: Vec<Permit<'a>>,
}

impl Pass<'_> {
    /// The request goes out now. A pass that is dropped without this counts for nothing.
    pub(super) fn send(&mut self) {
        self.permits.iter_mut().for_each(Permit::send);
    }
}

/// One limit: never more than `limit` in any `span`.
struct Limiter {
    limit: Option<u32>,
    span: Duration,
    doubt: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Who waits, in the order of arrival.
    queue: VecDeque<u64>,
    tickets: u64,
    counted: Vec<Counted>,
    paused_until: Option<Instant>,
}

/// What counts against the limit.
struct Counted {
    ticket: u64,
    cost: u32,
    /// The latest time at which the service may have counted it; none before it is sent.
    at: Option<Instant>,
}

/// When the first in the queue may go.
enum Due {
    At(Instant),
    /// Not before something else happens.
    Unknown,
}

impl Limiter {
    fn new(limit: Option<u32>, span: Duration, doubt: Duration) -> Self {
        Self { limit, span, doubt, state: Mutex::default(), changed: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn acquire(&self, cost: u32) -> Permit<'_> {
        // What is above the limit by itself could never go.
        let cost = self.limit.map_or(0, |limit| cost.min(limit));
        let place = self.line_up();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed, also not one between the look and the wait.
            changed.as_mut().enable();
            match self.look(&place, cost) {
                Ok(permit) => return permit,
                Err(Due::At(due)) => tokio::select! {
                    () = sleep_until(due) => {}
                    () = changed => {}
                },
                Err(Due::Unknown) => changed.await,
            }
        }
    }

    fn line_up(&self) -> Place<'_> {
        let mut state = self.lock();
        state.tickets += 1;
        let ticket = state.tickets;
        state.queue.push_back(ticket);
        Place { limiter: self, ticket }
    }

    fn look(&self, place: &Place<'_>, cost: u32) -> Result<Permit<'_>, Due> {
        let mut state = self.lock();
        if state.queue.front() != Some(&place.ticket) {
            return Err(Due::Unknown);
        }
        let now = Instant::now();
        let until = [self.room(&mut state, cost, now), state.paused_until].into_iter().flatten().max();
        match until {
            Some(due) if due <= now => {}
            Some(due) => return Err(Due::At(due)),
            None => return Err(Due::Unknown),
        }
        if self.limit.is_some() {
            state.counted.push(Counted { ticket: place.ticket, cost, at: None });
        }
        Ok(Permit { limiter: self, ticket: place.ticket, sent: None })
    }

    /// When there is room for `cost` more; None if that depends on what is not sent yet.
    fn room(&self, state: &mut State, cost: u32, now: Instant) -> Option<Instant> {
        let Some(limit) = self.limit else { return Some(now) };
        state.counted.retain(|counted| counted.at.is_none_or(|at| at + self.span > now));
        let mut used: u32 = state.counted.iter().map(|counted| counted.cost).sum();
        if used + cost <= limit {
            return Some(now);
        }
        let mut ends: Vec<(Instant, u32)> =
            state.counted.iter().filter_map(|counted| Some((counted.at? + self.span, counted.cost))).collect();
        ends.sort_unstable();
        for (end, freed) in ends {
            used -= freed;
            if used + cost <= limit {
                return Some(end);
            }
        }
        None
    }

    fn pause(&self, until: Instant) {
        let mut state = self.lock();
        state.paused_until = state.paused_until.max(Some(until));
        drop(state);
        self.changed.notify_waiters();
    }

    /// Notes when the request of `ticket` may have been counted at the latest; none takes it out.
    fn note(&self, ticket: u64, at: Option<Instant>) {
        let mut state = self.lock();
        match at {
            Some(_) => state.counted.iter_mut().filter(|counted| counted.ticket == ticket).for_each(|counted| counted.at = at),
            None => state.counted.retain(|counted| counted.ticket != ticket),
        }
        drop(state);
        self.changed.notify_waiters();
    }
}

/// A place in the queue, given up when dropped.
struct Place<'a> {
    limiter: &'a Limiter,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limiter.lock().queue.retain(|ticket| *ticket != self.ticket);
        self.limiter.changed.notify_waiters();
    }
}

/// Leave of one limiter.
struct Permit<'a> {
    limiter: &'a Limiter,
    ticket: u64,
    sent: Option<Instant>,
}

impl Permit<'_> {
    fn send(&mut self) {
        let now = Instant::now();
        self.sent = Some(now);
        self.limiter.note(self.ticket, Some(now + self.limiter.doubt));
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let at = self.sent.map(|sent| Instant::now().min(sent + self.limiter.doubt));
        self.limiter.note(self.ticket, at);
    }
}

#[cfg(test)]
#[path = "pacer_tests.rs"]
mod tests;
