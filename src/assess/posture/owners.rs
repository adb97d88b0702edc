//! Who owns an application and so can add keys to it, whose accounts are weak, and who of them also approves.

use super::{Looked, failed, out_of_reach};
use crate::assess::model::Known;
use crate::assess::words::Home;
use crate::snapshot::{Dataset, Gap, Owner, Person};
use std::collections::BTreeMap;

/// Somebody who owns an application or its service principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldBy {
    /// Directory object id, lower case.
    pub id: String,
    /// user, servicePrincipal, …; None where the service left it out.
    pub kind: Option<String>,
    /// Display name, the id where it may not be read: an attacker's text.
    pub name: String,
}

/// An owner whose account makes a weak guardian.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeakOwner {
    /// Directory object id, lower case.
    pub id: String,
    /// Display name, the id where it may not be read: an attacker's text.
    pub name: String,
    /// Why, never empty.
    pub why: Vec<Weakness>,
}

/// What makes an owner's account weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weakness {
    /// It belongs to another organisation.
    Guest,
    /// It is disabled: nobody looks after the application.
    Disabled,
    /// It comes from another directory, whose administrators are its masters.
    Synchronised,
}

impl Weakness {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Disabled => "disabled",
            Self::Synchronised => "synchronised",
        }
    }
}

/// Owners of the application and of the service principal. A managed identity has no application; the application of another
/// tenant has owners there, whom nobody sees from here.
pub(super) fn owners(of: &Looked<'_>) -> Known<Vec<HeldBy>> {
    let principal = of.principal().map(|principal| principal.owners.as_deref());
    let application = of.application().map(|application| application.owners.as_deref());
    let unread = || of.directory.gap(Dataset::Owners).unwrap_or_else(|| failed("the owners of this object were not read"));
    let mut gap: Option<Gap> = [&principal, &application].into_iter().any(|owners| *owners == Some(None)).then(unread);
    if application.is_none() {
        gap = gap.or_else(|| match of.profile.home {
            Home::OtherTenant | Home::Microsoft => Some(out_of_reach("the owners of the application are known to its home tenant only")),
            _ => of.application_gap(),
        });
    } else if principal.is_none() {
        gap = gap.or_else(|| of.directory.gap(Dataset::ServicePrincipals));
    }
    let mut found: BTreeMap<&str, &Owner> = BTreeMap::new();
    for owner in [principal, application].into_iter().flatten().flatten().flatten() {
        let known = found.entry(&owner.id).or_insert(owner);
        if known.display_name.is_none() {
            *known = owner;
        }
    }
    let nothing_read = [principal, application].into_iter().all(|owners| owners.flatten().is_none());
    match gap {
        Some(gap) if nothing_read => Known::No(gap),
        gap => Known::of(found.values().map(|owner| held_by(of, owner)).collect(), gap),
    }
}

fn held_by(of: &Looked<'_>, owner: &Owner) -> HeldBy {
    let by_account = || of.directory.snapshot.people.get(&owner.id)?.display_name.clone();
    let name = owner.display_name.clone().or_else(by_account).unwrap_or_else(|| owner.id.clone());
    HeldBy { id: owner.id.clone(), kind: owner.kind.clone(), name }
}

/// Owners that are people and guests, disabled or synchronised. A service principal is none of that.
pub(super) fn weak_owners(of: &Looked<'_>, owners: &Known<Vec<HeldBy>>) -> Known<Vec<WeakOwner>> {
    let Some(seen) = owners.seen() else { return owners.map(|_| Vec::new()) };
    let mut gap = owners.gap().cloned();
    let mut weak = Vec::new();
    for owner in seen.iter().filter(|owner| owner.kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("user"))) {
        let unread = || of.directory.gap(Dataset::People).unwrap_or_else(|| failed("the account of an owner was not shown"));
        match of.directory.snapshot.people.get(&owner.id).map(weaknesses) {
            Some(Some(why)) if why.is_empty() => {}
            Some(Some(why)) => weak.push(WeakOwner { id: owner.id.clone(), name: owner.name.clone(), why }),
            Some(None) | None => gap = gap.or_else(|| Some(unread())),
        }
    }
    Known::of(weak, gap)
}

/// What makes an account weak; None where nothing does as far as is known, and something is not known.
fn weaknesses(person: &Person) -> Option<Vec<Weakness>> {
    let guest = person.user_type.as_deref().map(|kind| kind.eq_ignore_ascii_case("guest"));
    let answers = [
        (guest, Weakness::Guest),
        (person.account_enabled.map(|enabled| !enabled), Weakness::Disabled),
        (person.synchronised, Weakness::Synchronised),
    ];
    let weak: Vec<Weakness> = answers.iter().filter(|(answer, _)| *answer == Some(true)).map(|(_, weakness)| *weakness).collect();
    (!weak.is_empty() || answers.iter().all(|(answer, _)| answer.is_some())).then_some(weak)
}

/// Owners that are direct members of an approver group.
pub(super) fn approving_owners(of: &Looked<'_>, owners: &Known<Vec<HeldBy>>) -> Known<Vec<HeldBy>> {
    let Some(seen) = owners.seen() else { return owners.map(|_| Vec::new()) };
    let approving: Vec<HeldBy> = seen.iter().filter(|owner| of.sources.approvers.contains(&owner.id)).cloned().collect();
    let open = !seen.is_empty() && approving.len() < seen.len();
    let gap = owners.gap().cloned().or_else(|| of.sources.approvers_gap.clone().filter(|_| open));
    Known::of(approving, gap)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;
    use crate::snapshot::{Group, GroupMember};

    fn owner(id: &str, kind: &str) -> Owner {
        Owner { id: id.into(), kind: (!kind.is_empty()).then(|| kind.to_owned()), display_name: None }
    }

    fn person(id: &str, user_type: &str) -> Person {
        let display_name = Some(format!("name of {id}"));
        Person {
            id: id.into(),
            display_name,
            account_enabled: Some(true),
            user_type: Some(user_type.into()),
            synchronised: Some(false),
            intune_licensed: None,
        }
    }

    fn ids(owners: &Known<Vec<HeldBy>>) -> Vec<&str> {
        owners.seen().unwrap().iter().map(|owner| owner.id.as_str()).collect()
    }

    #[test]
    fn an_owner_of_both_objects_counts_once() {
        let fixture = Fixture::new().with(|tenant| {
            tenant.application().owners = Some(vec![owner("u1", "user"), owner("u2", "user")]);
            tenant.principal().owners = Some(vec![owner("u1", "user")]);
            tenant.snapshot.people.insert("u1".into(), person("u1", "Member"));
        });
        let owners = fixture.posture().owners;
        assert_eq!((ids(&owners), owners.gap()), (vec!["u1", "u2"], None));
        assert_eq!(owners.seen().unwrap()[0].name, "name of u1");
        assert_eq!(owners.seen().unwrap()[1].name, "u2", "the id where no name may be read");
    }

    #[test]
    fn owners_that_were_not_read_are_not_none() {
        let unread = Fixture::new().with(|tenant| tenant.application().owners = None).posture().owners;
        assert!(matches!(unread, Known::Partly(_, Gap::Failed { .. })), "{unread:?}");
        let lost = Fixture::new().lost(Dataset::Owners).with(|tenant| {
            tenant.application().owners = None;
            tenant.principal().owners = None;
        });
        assert!(matches!(lost.posture().owners, Known::No(Gap::Permission { .. })));
        assert!(lost.posture().weak_owners.seen().is_none() && lost.posture().approving_owners.seen().is_none());
        assert_eq!(ids(&Fixture::new().posture().owners), Vec::<&str>::new(), "read whole, and nobody");
    }

    #[test]
    fn a_managed_identity_has_no_application_and_a_foreign_application_has_owners_elsewhere() {
        let managed = Fixture::managed_identity().posture().owners;
        assert_eq!((ids(&managed), managed.gap()), (vec![], None));
        let foreign = Fixture::foreign().posture().owners;
        assert!(matches!(foreign.gap(), Some(Gap::OutOfReach { .. })), "{foreign:?}");
    }

    #[test]
    fn weak_are_guests_disabled_and_synchronised_people_but_no_service_principal() {
        let fixture = Fixture::new().with(|tenant| {
            let owners = ["guest", "left", "synced", "fine", "service"];
            tenant.application().owners =
                Some(owners.iter().map(|id| owner(id, if *id == "service" { "servicePrincipal" } else { "user" })).collect());
            let people = &mut tenant.snapshot.people;
            people.insert("guest".into(), Person { synchronised: Some(true), ..person("guest", "Guest") });
            people.insert("left".into(), Person { account_enabled: Some(false), user_type: None, ..person("left", "Member") });
            people.insert("synced".into(), Person { synchronised: Some(true), ..person("synced", "Member") });
            people.insert("fine".into(), person("fine", "Member"));
        });
        let weak = fixture.posture().weak_owners;
        let found: Vec<(&str, Vec<&str>)> =
            weak.seen().unwrap().iter().map(|owner| (owner.id.as_str(), owner.why.iter().map(|why| why.word()).collect())).collect();
        assert_eq!(found, [("guest", vec!["guest", "synchronised"]), ("left", vec!["disabled"]), ("synced", vec!["synchronised"])]);
        assert_eq!(weak.gap(), None);
    }

    #[test]
    fn an_account_that_was_not_found_or_not_shown_whole_may_be_weak() {
        let with = |person: Option<Person>| {
            Fixture::new().with(|tenant| {
                tenant.application().owners = Some(vec![owner("u", "")]);
                tenant.snapshot.people.extend(person.clone().map(|person| ("u".to_owned(), person)));
            })
        };
        for person in [None, Some(Person { synchronised: None, ..person("u", "Member") })] {
            let weak = with(person).posture().weak_owners;
            assert!(matches!(&weak, Known::Partly(seen, Gap::Failed { .. }) if seen.is_empty()), "{weak:?}");
        }
        let lost = with(None).lost(Dataset::People).posture().weak_owners;
        assert!(matches!(lost.gap(), Some(Gap::Permission { .. })));
    }

    #[test]
    fn an_owner_who_approves_is_named_and_unread_groups_leave_it_open() {
        let group = |members: Option<Vec<&str>>| {
            let member =
                |id: &str| GroupMember { id: id.to_uppercase(), kind: Some("user".into()), display_name: None, account_enabled: None };
            let members = members.map(|members| members.into_iter().map(member).collect());
            Group { id: "g".into(), display_name: "g".into(), security_enabled: None, mail_enabled: None, group_types: vec![], members }
        };
        let with = |members| {
            Fixture::new().policy("p", "app").with(|tenant| {
                tenant.application().owners = Some(vec![owner("u1", "user"), owner("u2", "user")]);
                tenant.snapshot.groups.insert("g".into(), group(members));
            })
        };
        let known = with(Some(vec!["u2", "u3"])).posture().approving_owners;
        assert_eq!((ids(&known), known.gap()), (vec!["u2"], None));
        assert!(matches!(with(None).posture().approving_owners, Known::Partly(seen, Gap::Failed { .. }) if seen.is_empty()));
        assert_eq!(with(Some(vec![])).posture().approving_owners, Known::Yes(vec![]));
    }
}
