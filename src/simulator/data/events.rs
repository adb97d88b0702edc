//! The Intune audit log: what automations did as themselves, what people did in the portal and through an automation, and
//! how the access policies came to be.

use super::approval::Policy;
use super::spec::{Gate, SCRIPT_GATE_CHANGED_DAYS, WriteSpec};
use super::vocabulary::{self, Activity};
use super::{Actor, PORTAL_APP, Tenant};
use crate::simulator::guid::{Guid, rng};
use chrono::{DateTime, TimeDelta, Utc};

/// Start of every secret that the audit log holds. No report may hold it.
pub(crate) const SECRET: &str = "PLANTED-SECRET-VALUE-";

/// The person who makes access policies.
const POLICY_AUTHOR: usize = 0;

/// Days over which people have been working in the portal.
const PORTAL_DAYS: usize = 130;

/// An entry of `modifiedProperties`.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) name: String,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
}

/// An audit event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: Guid,
    pub(crate) time: DateTime<Utc>,
    pub(crate) activity: &'static Activity,
    pub(crate) app_id: Guid,
    pub(crate) app_name: Box<str>,
    /// The person who acted; None where the application acted as itself.
    pub(crate) person: Option<usize>,
    pub(crate) succeeded: bool,
    /// What it made was never published.
    pub(crate) left_draft: bool,
    pub(crate) resource: Guid,
    /// None where the service writes `<null>`.
    pub(crate) resource_name: Option<Box<str>>,
    pub(crate) changes: Vec<Change>,
}

impl Tenant {
    pub(super) fn add_events(&mut self) {
        let mut events: Vec<Event> = self.actors.iter().flat_map(|actor| self.events_of(actor)).collect();
        events.extend((0..PORTAL_DAYS * 2).map(|number| self.portal_event(number)));
        events.extend(self.policies.iter().filter_map(|policy| self.creation_of(policy)));
        events.extend(self.addition_of_an_exclusion());
        self.events = events;
    }

    fn events_of(&self, actor: &Actor) -> Vec<Event> {
        let writes = actor.spec.writes.iter().enumerate();
        writes.flat_map(|(number, write)| self.events_of_write(actor, number, write)).collect()
    }

    /// Those of an automation's own kind write less often, or large tenants would consist of audit events.
    fn events_of_write(&self, actor: &Actor, number: usize, write: &WriteSpec) -> Vec<Event> {
        let every = if actor.copy == 0 { write.every } else { write.every.max(5) };
        let step = usize::try_from(every).unwrap_or(1).max(1);
        let days = (write.newest..=write.oldest).step_by(step);
        days.map(|days_ago| self.event_of_write(actor, write, &format!("{}/{number}/{days_ago}", actor.app_id), days_ago)).collect()
    }

    /// Some time within the day that ended `days_ago` days before now, so never on the wrong side of a boundary of days.
    fn event_of_write(&self, actor: &Actor, write: &WriteSpec, key: &str, days_ago: i64) -> Event {
        Event {
            app_id: actor.app_id,
            app_name: actor.name.clone(),
            person: write.by_person.then_some(8),
            succeeded: write.succeeded,
            left_draft: write.left_draft,
            ..self.event(key, write.activity, days_ago)
        }
    }

    /// An event by the portal, by nobody yet.
    fn event(&self, key: &str, activity: &'static Activity, days_ago: i64) -> Event {
        let mut random = rng(self.seed, "event", key);
        let time = self.days_ago(days_ago) - TimeDelta::seconds(random.i64(1..86_000));
        let named = random.u8(0..4) > 0;
        Event {
            id: self.guid("event", key),
            time,
            activity,
            app_id: PORTAL_APP,
            app_name: "Microsoft Intune portal extension".into(),
            person: None,
            succeeded: true,
            left_draft: false,
            resource: self.guid("resource", key),
            resource_name: named.then(|| format!("{} {}", activity.resource, random.u16(..)).into()),
            changes: changes(&mut random, key),
        }
    }

    fn portal_event(&self, number: usize) -> Event {
        let activity = vocabulary::PORTAL_WORK.get(number % vocabulary::PORTAL_WORK.len()).copied().unwrap_or(&vocabulary::PATCH_WIN32);
        let days_ago = i64::try_from(number / 2).unwrap_or_default();
        let failed = number % 17 == 16;
        // Somebody in the portal has left a draft too, which is nobody's trace.
        Event {
            person: Some(number % 9),
            succeeded: !failed,
            left_draft: (10..20).contains(&number),
            ..self.event(&format!("portal {number}"), activity, days_ago)
        }
    }

    /// The event by which a person created an access policy, with its exclusions as they were written then.
    fn creation_of(&self, policy: &Policy) -> Option<Event> {
        let days_ago = policy.created_days_ago?;
        let added_later = usize::from(policy.gate == Gate::Script);
        let at_first = policy.exclusions.as_ref().map_or(0, Vec::len).saturating_sub(added_later);
        let listed = policy.exclusions.iter().flatten().take(at_first).enumerate();
        let changes = listed.map(|(at, exclusion)| self.exclusion_change(at, exclusion.id.clone()));
        let event = Event { changes: changes.collect(), ..self.event_on(policy, &vocabulary::CREATE_ACCESS_POLICY, days_ago) };
        Some(Event { time: self.days_ago(days_ago), ..event })
    }

    fn event_on(&self, policy: &Policy, activity: &'static Activity, days_ago: i64) -> Event {
        let event = self.event(&format!("{} {}", activity.activity_type, policy.name), activity, days_ago);
        Event { person: Some(POLICY_AUTHOR), resource: policy.id, resource_name: Some(policy.name.into()), ..event }
    }

    pub(super) fn exclusion_change(&self, at: usize, id: String) -> Change {
        let member = self.exclusion_member;
        let initial = member.chars().next().map(|first| first.to_ascii_uppercase());
        let name: String = initial.into_iter().chain(member.chars().skip(1)).collect();
        Change { name: format!("$Collection.{name}[{at}]"), old: None, new: Some(id) }
    }

    /// The last exclusion from the gate on scripts was added on its own.
    fn addition_of_an_exclusion(&self) -> Option<Event> {
        let policy = self.policies.iter().find(|policy| policy.gate == Gate::Script)?;
        let (at, added) = policy.exclusions.iter().flatten().enumerate().last()?;
        let changes = vec![self.exclusion_change(at, added.id.clone())];
        Some(Event { changes, ..self.event_on(policy, &vocabulary::PATCH_ACCESS_POLICY, SCRIPT_GATE_CHANGED_DAYS) })
    }
}

/// What changed: always something harmless, and now and then something that nobody should have put there.
fn changes(random: &mut fastrand::Rng, key: &str) -> Vec<Change> {
    let mut changes = vec![
        Change { name: "DeviceManagementAPIVersion".into(), old: None, new: Some("5026-08-01".into()) },
        Change { name: "$Collection.RoleScopeTagIds[0]".into(), old: None, new: Some("Default".into()) },
    ];
    if random.u8(0..8) == 0 {
        let value = format!("{SECRET}{:08x} of {key}", random.u32(..));
        changes.push(Change { name: "ScriptContent".into(), old: Some(value.clone()), new: Some(value) });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::super::spec::APP_GATE_DAYS;
    use super::*;
    use crate::simulator::DEMO_TIME;

    fn tenant() -> Tenant {
        Tenant::generate(42, DEMO_TIME, 300, None)
    }

    #[test]
    fn an_application_that_breaks_wrote_before_the_gate_and_not_since() {
        let tenant = tenant();
        let gate = DEMO_TIME - TimeDelta::days(APP_GATE_DAYS);
        for actor in tenant.actors.iter().filter(|actor| actor.spec.expected.contains(&("app", "breaks"))) {
            let times: Vec<_> = tenant.events.iter().filter(|event| event.app_id == actor.app_id).map(|event| event.time).collect();
            assert!(times.iter().any(|time| *time > DEMO_TIME - TimeDelta::days(30)), "{}", actor.name);
            assert!(times.iter().all(|time| *time < gate), "{}", actor.name);
        }
    }

    #[test]
    fn events_go_back_more_than_ninety_days_and_fill_more_than_a_page() {
        let events = tenant().events;
        assert!(events.len() > 1_000, "{}", events.len());
        assert!(events.last().is_some_and(|event| event.time < DEMO_TIME - TimeDelta::days(120)));
        assert!(events.iter().all(|event| event.time < DEMO_TIME));
        assert!(events.iter().any(|event| event.changes.iter().any(|change| change.new.iter().any(|value| value.contains(SECRET)))));
        assert!(events.iter().any(|event| event.resource_name.is_none()));
    }

    #[test]
    fn a_person_acts_through_the_app_id_of_an_automation() {
        let tenant = tenant();
        let acted_for = |event: &&Event| event.person.is_some() && event.app_id != PORTAL_APP;
        assert!(tenant.events.iter().filter(acted_for).count() > 5);
    }
}
