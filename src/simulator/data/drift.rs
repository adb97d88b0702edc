//! The same tenant a week later: twenty things have changed, each of which somebody who watches it wants to know. Nothing else
//! has: nobody wrote, asked or signed in that week.

use super::approval::{Exclusion, Policy};
use super::events::{Change, Event};
use super::posture::Federated;
use super::principals::group;
use super::spec::Gate;
use super::vocabulary::{self, Activity};
use super::{Key, Member, Tenant};
use crate::simulator::guid::Guid;
use crate::simulator::roles;
use chrono::{DateTime, TimeDelta, Utc};

/// Person who changes things.
const WHO: usize = 0;

impl Tenant {
    /// Lets a week pass.
    pub(crate) fn let_a_week_pass(&mut self) {
        self.change_keys();
        self.change_owners();
        self.change_permissions();
        self.change_policies();
        self.change_people();
        self.events.sort_by_key(|event| (std::cmp::Reverse(event.time), event.id));
    }

    /// A time in that week.
    fn day(&self, day: i64) -> DateTime<Utc> {
        self.now + TimeDelta::days(day)
    }

    fn new_key(&self, name: &str, certificate: bool, day: i64) -> Key {
        let start = self.day(day);
        Key { id: self.guid("key", &format!("week {name}")), certificate, twice: false, start, end: start + TimeDelta::days(180) }
    }

    /// A secret, a certificate and trust in an issuer more, a secret on a vendor's service principal, and a secret fewer.
    fn change_keys(&mut self) {
        let (secret, certificate) = (self.new_key("factory", false, 1), self.new_key("baseline", true, 2));
        let on_principal = self.new_key("nebelhorn", false, 3);
        let trust = Federated { name: "nightly", issuer: "https://oidc.nightly.example", subject: Some("job:toolkit"), expression: None };
        self.with_application("Software factory", |application| application.keys.push(secret));
        self.with_application("Baseline publisher", |application| application.keys.push(certificate));
        self.with_application("Lost device responder", |application| application.keys.clear());
        self.with_application("Endpoint toolkit runner", |application| application.federated.push(trust));
        let vendor = self.planted("Nebelhorn Patch Cloud").map(|actor| actor.principal_id);
        if let Some(principal) = self.principals.iter_mut().find(|principal| Some(principal.id) == vendor) {
            principal.keys.push(on_principal);
        }
    }

    fn with_application(&mut self, name: &str, change: impl FnOnce(&mut super::Application)) {
        let app_id = self.planted(name).map(|actor| actor.app_id);
        if let Some(application) = self.applications.iter_mut().find(|application| Some(application.app_id) == app_id) {
            change(application);
        }
    }

    /// An owner more on an application and one on a service principal, and an owner fewer.
    fn change_owners(&mut self) {
        let application = |name: &str| self.planted(name).and_then(|actor| actor.application_id(self));
        let principal = |name: &str| self.planted(name).map(|actor| actor.principal_id);
        let (factory, baseline) = (application("Software factory"), application("Baseline publisher"));
        let kiosk = principal("Kiosk profile manager");
        let mut with = |id: Option<Guid>, change: &dyn Fn(&mut Vec<Member>)| {
            if let Some(owners) = id.and_then(|id| self.owners.get_mut(&id)) {
                change(owners);
            }
        };
        with(factory, &|owners| owners.push(Member::User(9)));
        with(baseline, &|owners| {
            owners.pop();
        });
        with(kiosk, &|owners| owners.push(Member::User(7)));
    }

    /// A permission more and one fewer, an Entra role, and a group more in an assignment of an Intune role.
    fn change_permissions(&mut self) {
        let principal = |name: &str| self.planted(name).map(|actor| actor.principal_id);
        let (toolkit, drivers, factory) =
            (principal("Endpoint toolkit runner"), principal("Driver catalogue bot"), principal("Software factory"));
        let day = self.day(4);
        if let Some(toolkit) = toolkit {
            self.grant(toolkit, roles::DEVICES, day);
        }
        let role = roles::id_of(roles::RBAC);
        let taken = |grant: &super::Grant| {
            matches!(grant.holder, super::Holder::ServicePrincipal(holder) if Some(holder) == drivers) && Some(grant.role) == role
        };
        self.grants.values_mut().for_each(|grants| grants.retain(|grant| !taken(grant)));
        self.grants.values_mut().for_each(|grants| grants.sort_by_key(|grant| (grant.holder, grant.role)));
        self.directory_roles.extend(factory.map(|id| super::access::DirectoryRole { role: 0, holder: Member::ServicePrincipal(id) }));
        let lone = self.groups.get(group::LONE).map(|group| group.id);
        if let Some(assignment) = self.intune_roles.iter_mut().find(|assignment| assignment.name == "Endpoint operators") {
            assignment.members.extend(lone);
        }
    }

    /// An application more on one list and one fewer on another, both told by the audit log; a policy that is renamed, one whose
    /// approvers are others, and one more.
    fn change_policies(&mut self) {
        let added = self.planted("Win32 packaging pipeline").map(|actor| (actor.app_id.to_string(), actor.name.to_string()));
        let removed = self.planted("VPN profile rotator").map(|actor| actor.app_id.to_string().to_uppercase());
        if let Some((id, name)) = added {
            self.with_policy(Gate::App, 2, |policy| {
                policy.exclusions.get_or_insert_default().push(Exclusion { id: id.clone(), name: Some(name) });
                (None, Some(id))
            });
        }
        if let Some(id) = removed {
            self.with_policy(Gate::ConfigurationBroad, 3, |policy| {
                policy.exclusions.iter_mut().for_each(|list| list.retain(|exclusion| !exclusion.id.eq_ignore_ascii_case(&id)));
                (Some(id), None)
            });
        }
        self.with_policy(Gate::Retire, 4, |policy| {
            policy.name = "Retirement of devices";
            (None, None)
        });
        let approvers: Vec<Guid> = self.groups.get(group::APPROVERS).map(|group| group.id).into_iter().collect();
        self.with_policy(Gate::EndpointSecurity, 5, |policy| {
            policy.approvers.clone_from(&approvers);
            (None, None)
        });
        let policy = Policy {
            gate: Gate::Retire,
            id: self.guid("policy", "Roles need two"),
            name: "Roles need two",
            policy_type: Some("role"),
            platform: "notApplicable",
            approvers,
            modified: self.day(6),
            created_days_ago: None,
            exclusions: Some(Vec::new()),
            author: self.guid("author", "Roles need two"),
        };
        let event = self.event_in_week(&policy, &vocabulary::CREATE_ACCESS_POLICY, 6, (None, None));
        self.policies.push(policy);
        self.events.push(event);
    }

    /// Changes the policy of a gate, and has the audit log tell it: the id that left its list, and the one that came onto it.
    fn with_policy(&mut self, gate: Gate, day: i64, change: impl FnOnce(&mut Policy) -> (Option<String>, Option<String>)) {
        let modified = self.day(day);
        let Some(policy) = self.policies.iter_mut().find(|policy| policy.gate == gate) else { return };
        let ids = change(policy);
        policy.modified = modified;
        let policy = policy.clone();
        let event = self.event_in_week(&policy, &vocabulary::PATCH_ACCESS_POLICY, day, ids);
        self.events.push(event);
    }

    fn event_in_week(&self, policy: &Policy, activity: &'static Activity, day: i64, (old, new): (Option<String>, Option<String>)) -> Event {
        let listed = old.is_some() || new.is_some();
        let change = self.exclusion_change(0, String::new());
        let changes = listed.then_some(Change { old, new, ..change });
        Event {
            id: self.guid("event", &format!("week {}", policy.name)),
            time: self.day(day),
            activity,
            app_id: super::PORTAL_APP,
            app_name: "Microsoft Intune portal extension".into(),
            person: Some(WHO),
            succeeded: true,
            left_draft: false,
            resource: policy.id,
            resource_name: Some(policy.name.into()),
            changes: changes.into_iter().collect(),
        }
    }

    /// A group of approvers that is emptied, one that gets a member more, and a Conditional Access policy that is switched off.
    fn change_people(&mut self) {
        if let Some(lone) = self.groups.get_mut(group::LONE) {
            lone.members.clear();
        }
        if let Some(approvers) = self.groups.get_mut(group::APPROVERS) {
            approvers.members.push(Member::User(8));
        }
        for policy in self.conditional_access.iter_mut().filter(|policy| policy.name == "Packaging from the build network only") {
            policy.state = "disabled";
        }
    }
}
