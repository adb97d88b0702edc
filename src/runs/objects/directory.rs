//! Credentials, owners and permissions of the applications that a run looked at closely.

use super::super::listing::{Key, Listing, Object, Value};
use super::super::side::{Side, joined, said, why};
use crate::assess::{self, ApplicationProfile, Home, KeyHolder, KeyKind};
use crate::snapshot::{Dataset, FederatedCredential, Owner};
use chrono::SecondsFormat;
use std::collections::BTreeSet;

fn looked_at(side: &Side<'_>) -> Option<BTreeSet<String>> {
    Some(side.profiles().map(|profile| profile.app_id.to_string()).collect())
}

const ON_APPLICATION: &str = "application";
const ON_PRINCIPAL: &str = "service-principal";
const FEDERATED: &str = "federated";

/// Secrets, certificates and federated credentials. Keys of managed identities are left out: Azure renews them by itself.
pub(super) fn credentials(side: &Side<'_>) -> Listing {
    let mut listing = Listing { owners: looked_at(side), ..Listing::default() };
    for profile in side.profiles() {
        let unread = [
            (ON_APPLICATION, profile.keys.gap()),
            (ON_PRINCIPAL, profile.service_principal_keys.gap()),
            (FEDERATED, profile.federated.gap()),
        ];
        for (list, gap) in unread.into_iter().filter_map(|(list, gap)| Some((list, gap?))) {
            listing.unread.insert((profile.app_id.to_string(), list), why(gap));
        }
        if profile.home != Home::ManagedIdentity {
            listing.objects.extend(profile.keys.seen().into_iter().flatten().map(|held| key(profile, held)));
        }
        listing.objects.extend(federated(side, profile));
    }
    listing
}

fn key(profile: &ApplicationProfile, held: &assess::Key) -> (Key, Object) {
    let list = match held.held_on {
        KeyHolder::Application => ON_APPLICATION,
        KeyHolder::ServicePrincipal => ON_PRINCIPAL,
    };
    let end = held.end.map_or_else(|| "not told".to_owned(), |end| end.to_rfc3339_opts(SecondsFormat::Secs, true));
    let label = format!("{} {}", held.kind.word(), held.key_id);
    let value = Value::Text(format!("on the {}, until {end}", list.replace('-', " ")));
    let object = Object { at: held.start, ..Object::new(&profile.name, &label, value) };
    (Key { owner: profile.app_id.to_string(), list, id: format!("{}:{}", held.kind.word(), held.key_id) }, object)
}

fn federated<'a>(side: &Side<'a>, profile: &'a ApplicationProfile) -> impl Iterator<Item = (Key, Object)> {
    let application = side.application(&profile.app_id).and_then(|application| application.federated_credentials.as_deref());
    let identity = || side.principal(&profile.app_id).and_then(|principal| principal.federated_credentials.as_deref());
    let trusted = application.or_else(identity).unwrap_or_default();
    trusted.iter().map(|credential| {
        let key =
            Key { owner: profile.app_id.to_string(), list: FEDERATED, id: format!("{}:{}", KeyKind::Federated.word(), credential.id) };
        let label = credential.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&credential.id);
        let label = format!("{} credential {label}", KeyKind::Federated.word());
        (key, Object::new(&profile.name, &label, Value::Text(trust(credential))))
    })
}

fn trust(credential: &FederatedCredential) -> String {
    let issuer = credential.issuer.as_deref().unwrap_or("not told");
    let whom = credential.subject.as_deref().or(credential.claims_matching_expression.as_deref()).unwrap_or("not told");
    format!("issuer {issuer}, subject {whom}, audiences {}", joined(&credential.audiences))
}

pub(super) fn owners(side: &Side<'_>) -> Listing {
    let mut listing = Listing { owners: looked_at(side), ..Listing::default() };
    let gap = side.gap(&[Dataset::Owners]);
    for profile in side.profiles() {
        let application = side.application(&profile.app_id).map(|application| (ON_APPLICATION, &application.owners));
        let principal = side.principal(&profile.app_id).map(|principal| (ON_PRINCIPAL, &principal.owners));
        for (list, owners) in [application, principal].into_iter().flatten() {
            match owners {
                Some(owners) => listing.objects.extend(owners.iter().map(|owner| owned(side, profile, list, owner))),
                None => {
                    let why = gap.clone().unwrap_or_else(|| "not read for this application".to_owned());
                    listing.unread.insert((profile.app_id.to_string(), list), why);
                }
            }
        }
        let absent = [(ON_APPLICATION, application.is_none()), (ON_PRINCIPAL, principal.is_none())];
        for (list, _) in absent.into_iter().filter(|(_, absent)| *absent) {
            if let Some(why) = side.gap(&[Dataset::Applications, Dataset::ServicePrincipals]) {
                listing.unread.insert((profile.app_id.to_string(), list), why);
            }
        }
    }
    listing
}

fn owned(side: &Side<'_>, profile: &ApplicationProfile, list: &'static str, owner: &Owner) -> (Key, Object) {
    let label = owner.display_name.as_deref().filter(|name| !name.is_empty()).unwrap_or_else(|| side.name(&owner.id)).to_owned();
    let account = side.snapshot.people.get(&owner.id).and_then(|person| person.account_enabled);
    let kind = owner.kind.as_deref().unwrap_or("kind not told");
    let value = Value::Text(format!("owner of the {}, {kind}", list.replace('-', " ")));
    let state = account.map(|enabled| said(Some(enabled), "account enabled", "account disabled").to_owned());
    let key = Key { owner: profile.app_id.to_string(), list, id: owner.id.clone() };
    (key, Object { state, ..Object::new(&profile.name, &label, value) })
}

/// Permissions that write Intune or lead to that. Others may come into sight only because an application did.
pub(super) fn permissions(side: &Side<'_>) -> Listing {
    let mut listing =
        Listing { gap: side.gap(&[Dataset::AppRoles, Dataset::AppRoleGrants, Dataset::ServicePrincipals]), ..Listing::default() };
    for profile in side.profiles() {
        if let Some(gap) = profile.permissions.gap() {
            listing.unread.insert((profile.app_id.to_string(), ""), why(gap));
        }
        for held in profile.permissions.seen().into_iter().flatten() {
            let key = Key { owner: profile.app_id.to_string(), list: "", id: held.name.clone() };
            let object = Object::new(&profile.name, &held.name, Value::text("granted"));
            listing.objects.insert(key, Object { at: held.granted, ..object });
        }
    }
    listing
}
