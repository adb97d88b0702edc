//! What the sign-in logs hold: single sign-ins of the planted automations over thirty days, and which key was used last.

use super::spec::Home;
use super::{Actor, Key, SignIn, Tenant};
use crate::simulator::guid::Guid;
use chrono::{DateTime, TimeDelta, Utc};

/// Days that the service keeps single sign-ins for.
const KEPT_DAYS: i64 = 30;

/// The automation whose sign-ins of the last three days come from a network that was never seen before.
const MOVED: &str = "Software factory";

/// One sign-in of a planted automation.
#[derive(Debug, Clone)]
pub(crate) struct LoggedSignIn {
    /// Position in [`Tenant::actors`].
    pub(crate) actor: usize,
    pub(crate) id: Guid,
    pub(crate) time: DateTime<Utc>,
    /// Signed in as a managed identity.
    pub(crate) managed: bool,
    /// From an address outside its usual network.
    pub(crate) new_network: bool,
    /// Refused by Entra.
    pub(crate) failed: bool,
}

impl Tenant {
    /// Runs on the finished tenant, whose order it refers to.
    pub(super) fn add_usage(&mut self) {
        let used = |row: &SignIn| row.app_only.is_some() && self.key_used(row.app_id).is_some();
        let uses = (0u32..).zip(&self.sign_ins).filter(|(_, row)| used(row)).map(|(at, _)| at).collect();
        let actors = self.actors.iter().enumerate().filter(|(_, actor)| actor.copy == 0);
        let mut log: Vec<LoggedSignIn> = actors.flat_map(|(at, actor)| self.sign_ins_of(at, actor)).collect();
        log.sort_by_key(|row| (std::cmp::Reverse(row.time), row.id));
        self.key_uses = uses;
        self.sign_in_log = log;
    }

    /// The key that an application signs in with, and whether it is held on the service principal: the first. Others are
    /// never used.
    pub(crate) fn key_used(&self, app_id: Guid) -> Option<(&Key, bool)> {
        let on_application = self.application_of_app(app_id).and_then(|application| application.keys.first());
        let on_principal = || self.principal_of_app(app_id).and_then(|principal| principal.keys.first());
        on_application.map(|key| (key, false)).or_else(|| on_principal().map(|key| (key, true)))
    }

    /// Newest at the time that the activity report gives, then back to the end of what is kept.
    fn sign_ins_of(&self, at: usize, actor: &Actor) -> Vec<LoggedSignIn> {
        let Some(newest) = actor.spec.signed_in.filter(|_| actor.spec.home != Home::AuditLogOnly) else { return Vec::new() };
        let managed = matches!(actor.spec.home, Home::ManagedIdentity(_));
        let a_day = if actor.spec.writes.is_empty() { 1 } else { 3 };
        let times = (newest..KEPT_DAYS).flat_map(|day| (0..a_day).map(move |hours| (day, hours * 7)));
        times
            .map(|(day, hours)| LoggedSignIn {
                actor: at,
                id: self.guid("sign-in", &format!("{}/{day}/{hours}", actor.app_id)),
                time: self.days_ago(day) - TimeDelta::minutes(7) - TimeDelta::hours(hours),
                managed,
                new_network: actor.spec.name == MOVED && day < 3,
                failed: hours == 14 && day % 9 == 4,
            })
            .filter(|row| row.time > self.days_ago(KEPT_DAYS))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::DEMO_TIME;

    #[test]
    fn the_log_agrees_with_the_report_and_stays_small() {
        let tenant = Tenant::generate(42, DEMO_TIME, 300, None);
        assert!((1_000..6_000).contains(&tenant.sign_in_log.len()), "{}", tenant.sign_in_log.len());
        assert!(tenant.sign_in_log.iter().any(|row| row.managed) && tenant.sign_in_log.iter().any(|row| row.failed));
        let factory = tenant.planted(MOVED).unwrap();
        let newest = tenant.sign_in_log.iter().find(|row| tenant.actors[row.actor].app_id == factory.app_id).unwrap();
        let reported = tenant.sign_ins.iter().find(|row| row.app_id == factory.app_id).unwrap();
        assert_eq!(Some(newest.time), reported.app_only);
        assert!(newest.new_network);
    }

    #[test]
    fn a_larger_tenant_has_no_more_single_sign_ins() {
        let log = |size| Tenant::generate(42, DEMO_TIME, size, None).sign_in_log.len();
        assert_eq!(log(300), log(5_000));
    }
}
