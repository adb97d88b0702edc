//! Throttling as facts/graph.md section 8 documents it: one sliding window for each workload, counted here, by arrival, and for
//! each part of a `$batch` by itself.
//!
//! Guesses: a refused request does not count against the window, since no source says that it does; the codes and texts of
//! refusals, which are ordinary ones; and the turn in which Intune gives `Retry-After`, none, or its 500.

use super::odata::Query;
use super::reply::Reply;
use super::routes::Route;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So much within so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests, or for identity resource units.
    pub most: u32,
    /// Length of the sliding window.
    pub window: Duration,
}

/// What the workloads of Graph bear from one application. Where there is none, nothing is ever refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Identity and access, in resource units. Refused with `Retry-After`.
    pub identity: Option<Rate>,
    /// Reports and audit logs of Entra. Refused without `Retry-After`.
    pub reports: Option<Rate>,
    /// Conditional Access and risky service principals together. Refused without `Retry-After`.
    pub conditional_access: Option<Rate>,
    /// Requests that select `keyCredentials`, beside their cost to identity. Refused without `Retry-After`.
    pub key_credentials: Option<Rate>,
    /// Intune. Refused with `Retry-After`, without it, or with a 500 that names the query broker, in turn.
    pub intune: Option<Rate>,
}

impl Limits {
    /// The documented limits, those on identity for a tenant of fewer than 50 people, which are the tightest.
    #[must_use]
    pub fn documented() -> Self {
        let rate = |most, seconds| Some(Rate { most, window: Duration::from_secs(seconds) });
        Self {
            identity: rate(3_500, 10),
            reports: rate(5, 10),
            conditional_access: rate(1, 1),
            key_credentials: rate(150, 60),
            intune: rate(1_000, 20),
        }
    }

    fn of(&self, workload: Workload) -> Option<Rate> {
        match workload {
            Workload::Identity => self.identity,
            Workload::Reports => self.reports,
            Workload::ConditionalAccess => self.conditional_access,
            Workload::KeyCredentials => self.key_credentials,
            Workload::Intune => self.intune,
        }
    }
}

/// A part of Graph that counts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Workload {
    Identity,
    Reports,
    ConditionalAccess,
    KeyCredentials,
    Intune,
}

impl Workload {
    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Reports => "reports",
            Self::ConditionalAccess => "conditional-access",
            Self::KeyCredentials => "key-credentials",
            Self::Intune => "intune",
        }
    }

    fn of(route: &Route) -> Self {
        match route {
            Route::SignInActivity | Route::KeyActivity | Route::SignInLog => Self::Reports,
            Route::ConditionalAccess | Route::RiskyPrincipals => Self::ConditionalAccess,
            route if route.is_intune() => Self::Intune,
            _ => Self::Identity,
        }
    }
}

/// What a request costs identity, in resource units: never less than one.
pub(crate) fn resource_units(route: &Route, query: &Query) -> u32 {
    let base: i32 = match route {
        Route::Applications | Route::Application(_) | Route::AppRoleAssignedTo(_) => 2,
        Route::DelegatedGrants | Route::PrincipalDelegated(_) => 2,
        Route::GroupMembers(_) => 3,
        _ => 1,
    };
    let select = i32::from(query.select.named().is_some());
    let expand = i32::from(query.expand.is_some());
    let small = i32::from(query.top().is_some_and(|top| top < 20));
    u32::try_from(base - select + expand - small).unwrap_or(1).max(1)
}

/// What was used within the windows, and what was refused.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    used: BTreeMap<Workload, VecDeque<(Instant, u32)>>,
    refused: BTreeMap<&'static str, u64>,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// Refusals so far by workload.
    pub(crate) fn refused(&self) -> BTreeMap<&'static str, u64> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).refused.clone()
    }

    /// Counts a request that arrived now, or refuses it.
    pub(crate) fn admit(&self, route: &Route, query: &Query, now: Instant) -> Result<(), Reply> {
        let workload = Workload::of(route);
        let cost = if workload == Workload::Identity { resource_units(route, query) } else { 1 };
        let selects_keys = query.select.named().is_some_and(|names| names.iter().any(|name| name == "keyCredentials"));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = [Some((workload, cost)), selects_keys.then_some((Workload::KeyCredentials, 1))];
        for (workload, cost) in wanted.into_iter().flatten() {
            if let Some(wait) = self.limits.of(workload).and_then(|rate| state.wait(workload, rate, cost, now)) {
                return Err(state.refuse(workload, wait));
            }
        }
        for (workload, cost) in wanted.into_iter().flatten().filter(|(workload, _)| self.limits.of(*workload).is_some()) {
            state.used.entry(workload).or_default().push_back((now, cost));
        }
        Ok(())
    }
}

impl State {
    /// How long until there is room, if there is none now.
    fn wait(&mut self, workload: Workload, rate: Rate, cost: u32, now: Instant) -> Option<Duration> {
        let used = self.used.entry(workload).or_default();
        while used.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) >= rate.window) {
            used.pop_front();
        }
        let mut total: u32 = used.iter().map(|(_, cost)| cost).sum::<u32>().saturating_add(cost);
        if total <= rate.most {
            return None;
        }
        let freed = used.iter().find(|(_, cost)| {
            total = total.saturating_sub(*cost);
            total <= rate.most
        });
        Some(freed.map_or(rate.window, |(at, _)| rate.window.saturating_sub(now.saturating_duration_since(*at))))
    }

    fn refuse(&mut self, workload: Workload, wait: Duration) -> Reply {
        let count = self.refused.entry(workload.name()).or_default();
        *count += 1;
        let seconds = wait.as_secs() + 1;
        match (workload, *count % 3) {
            (Workload::Identity, _) => too_many()
                .with_header("retry-after", seconds.to_string())
                .with_header("x-ms-throttle-scope", "Tenant_Application")
                .with_header("x-ms-throttle-information", "ResourceUnitLimitExceeded"),
            (Workload::Intune, 0) => query_broker(),
            (Workload::Intune, 1) => too_many().with_header("retry-after", seconds.to_string()),
            _ => too_many(),
        }
    }
}

fn too_many() -> Reply {
    Reply::error(429, "TooManyRequests", "Too many requests.")
}

/// The 500 by which Intune says that there were too many requests.
pub(crate) fn query_broker() -> Reply {
    Reply::intune_error(500, "InternalServerError", "Rate limit reached because of too many requests to query broker")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(text).unwrap()
    }

    #[test]
    fn resource_units_follow_the_documented_sums() {
        for (route, text, units) in [
            (Route::Principals, "", 1),
            (Route::Applications, "", 2),
            (Route::Applications, "$select=id", 1),
            (Route::Applications, "$expand=owners", 3),
            (Route::Principals, "$select=id&$top=5", 1),
            (Route::GroupMembers(crate::simulator::guid::Guid(1)), "$select=id", 2),
        ] {
            assert_eq!(resource_units(&route, &query(text)), units, "{route:?} {text}");
        }
    }

    #[test]
    fn a_window_slides() {
        let meter = Meter::new(Limits::documented());
        let begun = Instant::now();
        let ask =
            |seconds| meter.admit(&Route::SignInActivity, &query(""), begun + Duration::from_secs(seconds)).map_err(|reply| reply.status);
        assert_eq!((0..5).map(ask).collect::<Vec<_>>(), vec![Ok(()); 5]);
        assert_eq!(ask(5), Err(429));
        assert_eq!((ask(10), ask(10)), (Ok(()), Err(429)));
        assert_eq!(meter.refused(), BTreeMap::from([("reports", 2)]));
    }

    #[test]
    fn each_workload_refuses_in_its_own_way() {
        let limits = Limits { identity: Some(Rate { most: 2, window: Duration::from_secs(10) }), ..Limits::documented() };
        let now = Instant::now();
        let meter = Meter::new(limits);
        let waits = |reply: &Reply| reply.headers.iter().any(|(name, _)| *name == "retry-after");
        assert!(meter.admit(&Route::Applications, &query(""), now).is_ok());
        assert!(waits(&meter.admit(&Route::Organization, &query(""), now).unwrap_err()));
        assert!(meter.admit(&Route::ConditionalAccess, &query(""), now).is_ok());
        assert!(!waits(&meter.admit(&Route::RiskyPrincipals, &query(""), now).unwrap_err()));
        let intune: Vec<(u16, bool)> = (0..1_003)
            .filter_map(|_| meter.admit(&Route::AuditEvents, &query(""), now).err())
            .map(|reply| (reply.status, waits(&reply)))
            .collect();
        assert_eq!(intune, [(429, true), (429, false), (500, false)]);
    }

    #[test]
    fn keys_are_counted_beside_units_and_nothing_without_limits() {
        let meter = Meter::new(Limits::documented());
        let now = Instant::now();
        let keys = query("$select=id,keyCredentials");
        assert!((0..150).all(|_| meter.admit(&Route::Applications, &keys, now).is_ok()));
        assert!(meter.admit(&Route::Applications, &keys, now).is_err());
        assert!(meter.admit(&Route::Applications, &query("$select=id"), now).is_ok());
        assert_eq!(meter.refused(), BTreeMap::from([("key-credentials", 1)]));
        let free = Meter::new(Limits::default());
        assert!((0..5_000).all(|_| free.admit(&Route::SignInActivity, &query(""), now).is_ok()));
    }
}
