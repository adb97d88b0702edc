//! What is known of one application: who it is, what it may do, how it signs in, with which keys.

use super::directory::Directory;
use super::model::{ApplicationProfile, HeldPermission, Key, Known, LastSignIn};
use super::posture::Posture;
use super::words::{Home, KeyHolder, KeyKind};
use crate::catalogue::Catalogue;
use crate::snapshot::{AppId, Application, Credential, CredentialKind, Dataset, FederatedCredential, Gap, ServicePrincipal, SignInTime};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Tenants from which Microsoft publishes its own applications: it uses several (facts/checks.md), these two are known.
const MICROSOFT_TENANTS: [&str; 2] = ["f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"];

/// Draws the profile of one application. `name` is used where the directory has none.
pub(super) fn profile(directory: &Directory<'_>, catalogue: &Catalogue, app_id: &AppId, name: Option<&str>) -> ApplicationProfile {
    let principal = directory.principal(app_id);
    let application = directory.application(app_id);
    let home = home(directory, principal, application);
    let now = directory.snapshot.taken_at;
    let permissions = permissions(directory, catalogue, principal);
    let display_name = principal.map(|principal| &principal.display_name).or(application.map(|application| &application.display_name));
    ApplicationProfile {
        app_id: app_id.clone(),
        service_principal: principal.map(|principal| principal.id.clone()),
        name: display_name.map(String::as_str).or(name).unwrap_or_default().to_owned(),
        kind: principal.and_then(|principal| principal.kind.clone()),
        home,
        can_sign_in: can_sign_in(directory, principal, app_id),
        first_trace: first_trace(application, principal, &permissions),
        permissions,
        last_sign_in: last_sign_in(directory, app_id),
        delegated_sign_in: delegated_sign_in(directory, app_id),
        keys: keys(directory, principal, application, home, now),
        service_principal_keys: principal_keys(directory, principal, now),
        federated: federated(directory, principal, application, home),
        posture: Posture::not_looked_at(),
        excluded: false,
        automation: false,
    }
}

/// Whole days from one time to another, rounded down: negative, and then at least one, where the second is the earlier.
pub(super) fn days_between(from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
    (to - from).num_seconds().div_euclid(86_400)
}

/// Whether an application can get a token: both its service principal and its application must not be disabled.
pub(super) fn can_sign_in(directory: &Directory<'_>, principal: Option<&ServicePrincipal>, app_id: &AppId) -> Option<bool> {
    if directory.application(app_id).is_some_and(|application| application.is_disabled == Some(true)) {
        return Some(false);
    }
    principal.and_then(ServicePrincipal::can_sign_in)
}

fn home(directory: &Directory<'_>, principal: Option<&ServicePrincipal>, application: Option<&Application>) -> Home {
    if principal.is_some_and(ServicePrincipal::is_managed_identity) {
        return Home::ManagedIdentity;
    }
    match principal.and_then(|principal| principal.owner_tenant.as_ref()) {
        Some(owner) if *owner == directory.snapshot.tenant_id => Home::ThisTenant,
        Some(owner) if MICROSOFT_TENANTS.contains(&owner.as_str()) => Home::Microsoft,
        Some(_) => Home::OtherTenant,
        None if application.is_some() => Home::ThisTenant,
        None => Home::Unknown,
    }
}

fn permissions(directory: &Directory<'_>, catalogue: &Catalogue, principal: Option<&ServicePrincipal>) -> Known<Vec<HeldPermission>> {
    let gap = directory.gap(Dataset::AppRoleGrants);
    let Some(principal) = principal else {
        let unread = gap.or_else(|| directory.gap(Dataset::ServicePrincipals)).unwrap_or_else(no_principal);
        return Known::No(unread);
    };
    let mut held: Vec<HeldPermission> = directory
        .grants(principal)
        .iter()
        .filter_map(|grant| {
            let permission = catalogue.permission(&grant.app_role)?;
            let concerns = permission.escalation || !permission.primary.is_empty() || !permission.possible.is_empty();
            concerns.then(|| HeldPermission {
                name: permission.name.clone(),
                primary: permission.primary.clone(),
                possible: permission.possible.clone(),
                granted: grant.created,
            })
        })
        .collect();
    held.sort();
    match (gap, directory.snapshot.coverage_of(Dataset::AppRoleGrants).items()) {
        (None, _) => Known::Yes(held),
        (Some(gap), 0) => Known::No(gap),
        (Some(gap), _) => Known::Partly(held, gap),
    }
}

pub(super) fn no_principal() -> Gap {
    Gap::OutOfReach { detail: "it has no service principal in this tenant".to_owned() }
}

/// The later of what the activity report and the raw sign-ins, if they were read, say.
fn last_sign_in(directory: &Directory<'_>, app_id: &AppId) -> LastSignIn {
    match (reported_sign_in(directory, app_id), directory.last_raw_sign_in(app_id)) {
        (LastSignIn::At(reported), Some(raw)) => LastSignIn::At(reported.max(raw)),
        (LastSignIn::NoneSeen, Some(raw)) => LastSignIn::At(raw),
        // Raw sign-ins reach back days only, so without the report an old one may not be the last.
        (reported, _) => reported,
    }
}

/// Last sign-in for a person through this application, if the activity report has one.
fn delegated_sign_in(directory: &Directory<'_>, app_id: &AppId) -> Option<DateTime<Utc>> {
    match directory.snapshot.sign_in_activity.get(app_id)?.delegated {
        SignInTime::At(time) => Some(time),
        SignInTime::None | SignInTime::Unreadable => None,
    }
}

/// What the activity report says.
pub(super) fn reported_sign_in(directory: &Directory<'_>, app_id: &AppId) -> LastSignIn {
    match directory.snapshot.sign_in_activity.get(app_id).map(|activity| activity.app_only) {
        Some(SignInTime::At(time)) => LastSignIn::At(time),
        Some(SignInTime::Unreadable) => {
            LastSignIn::Unknown(Gap::Failed { detail: "the time of the last sign-in is not readable".to_owned() })
        }
        Some(SignInTime::None) => LastSignIn::NoneSeen,
        None => directory.gap(Dataset::SignInActivity).map_or(LastSignIn::NoneSeen, LastSignIn::Unknown),
    }
}

fn first_trace(
    application: Option<&Application>,
    principal: Option<&ServicePrincipal>,
    permissions: &Known<Vec<HeldPermission>>,
) -> Option<DateTime<Utc>> {
    let registered = application.and_then(|application| application.created);
    let granted = permissions.seen().into_iter().flatten().filter_map(|permission| permission.granted);
    let on_application = application.into_iter().flat_map(|application| &application.credentials);
    let on_principal = principal.into_iter().flat_map(|principal| &principal.credentials);
    let keys = on_application.chain(on_principal).filter_map(|credential| credential.start);
    registered.into_iter().chain(granted).chain(keys).min()
}

fn principal_keys(directory: &Directory<'_>, principal: Option<&ServicePrincipal>, now: DateTime<Utc>) -> Known<Vec<Key>> {
    match principal {
        Some(principal) => Known::Yes(keys_of(directory, &principal.app_id, &principal.credentials, KeyHolder::ServicePrincipal, now)),
        None => Known::No(directory.gap(Dataset::ServicePrincipals).unwrap_or_else(no_principal)),
    }
}

fn keys(
    directory: &Directory<'_>,
    principal: Option<&ServicePrincipal>,
    application: Option<&Application>,
    home: Home,
    now: DateTime<Utc>,
) -> Known<Vec<Key>> {
    let of_principal =
        |principal: &ServicePrincipal| keys_of(directory, &principal.app_id, &principal.credentials, KeyHolder::ServicePrincipal, now);
    let mut keys = principal.map(of_principal).unwrap_or_default();
    if let Some(application) = application {
        keys.extend(keys_of(directory, &application.app_id, &application.credentials, KeyHolder::Application, now));
        keys.sort();
        let unread = principal.is_none().then(|| directory.gap(Dataset::ServicePrincipals)).flatten();
        return unread.map_or_else(|| Known::Yes(keys.clone()), |gap| Known::Partly(keys.clone(), gap));
    }
    keys.sort();
    match application_gap(directory, principal, home) {
        None => Known::Yes(keys),
        Some(gap) if principal.is_some() => Known::Partly(keys, gap),
        Some(gap) => Known::No(gap),
    }
}

/// Why an application object that was not found may exist all the same.
pub(super) fn application_gap(directory: &Directory<'_>, principal: Option<&ServicePrincipal>, home: Home) -> Option<Gap> {
    match home {
        Home::OtherTenant | Home::Microsoft => {
            Some(Gap::OutOfReach { detail: "the application is registered in another tenant, which holds its keys".to_owned() })
        }
        Home::ManagedIdentity => None,
        Home::ThisTenant | Home::Unknown => {
            let unread = directory.gap(Dataset::Applications);
            unread.or_else(|| principal.is_none().then(|| directory.gap(Dataset::ServicePrincipals).unwrap_or_else(no_principal)))
        }
    }
}

fn federated(
    directory: &Directory<'_>,
    principal: Option<&ServicePrincipal>,
    application: Option<&Application>,
    home: Home,
) -> Known<Vec<Key>> {
    let trusted = trusted(directory, principal, application, home);
    trusted.map(|(holder, credentials)| credentials.iter().map(|credential| federated_key(&credential.id, *holder)).collect())
}

/// The federated credentials, and what holds them: the application, or a managed identity itself.
pub(super) fn trusted<'a>(
    directory: &Directory<'_>,
    principal: Option<&'a ServicePrincipal>,
    application: Option<&'a Application>,
    home: Home,
) -> Known<(KeyHolder, &'a [FederatedCredential])> {
    let unread = || directory.gap(Dataset::FederatedCredentials).unwrap_or(Gap::Failed { detail: "not read for this object".to_owned() });
    let of = |holder, credentials: &'a Option<Vec<FederatedCredential>>| match credentials {
        Some(credentials) => Known::Yes((holder, credentials.as_slice())),
        None => Known::No(unread()),
    };
    match (application, principal) {
        (Some(application), _) => of(KeyHolder::Application, &application.federated_credentials),
        (None, Some(principal)) if home == Home::ManagedIdentity => of(KeyHolder::ServicePrincipal, &principal.federated_credentials),
        _ => match application_gap(directory, principal, home) {
            None => Known::Yes((KeyHolder::Application, &[])),
            Some(gap) => Known::No(gap),
        },
    }
}

fn federated_key(id: &str, held_on: KeyHolder) -> Key {
    Key {
        kind: KeyKind::Federated,
        key_id: id.to_owned(),
        held_on,
        start: None,
        end: None,
        lifetime_days: None,
        age_days: None,
        expired: None,
        last_used: None,
    }
}

/// Keys of one holder. A certificate listed under Sign and Verify is one key, with the key id of Verify.
fn keys_of(directory: &Directory<'_>, app_id: &AppId, credentials: &[Credential], held_on: KeyHolder, now: DateTime<Utc>) -> Vec<Key> {
    let uses = directory.credential_uses(app_id);
    let last_use = |credential: &Credential| {
        let mine = uses.iter().filter(|activity| activity.key_id.eq_ignore_ascii_case(&credential.key_id));
        let times = mine.filter_map(|activity| if let SignInTime::At(time) = activity.last_sign_in { Some(time) } else { None });
        times.max()
    };
    let mut certificates: BTreeMap<&str, &Credential> = BTreeMap::new();
    let mut used: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
    for credential in credentials.iter().filter(|credential| credential.kind == CredentialKind::Certificate) {
        let same = same_certificate(credential);
        // The report may name the key under either of its two ids.
        if let Some(time) = last_use(credential) {
            let latest = used.entry(same).or_insert(time);
            *latest = time.max(*latest);
        }
        let verifies = credential.usage.as_deref().is_some_and(|usage| usage.eq_ignore_ascii_case("Verify"));
        let kept = certificates.entry(same).or_insert(credential);
        if verifies || (kept.usage == credential.usage && credential.key_id < kept.key_id) {
            *kept = credential;
        }
    }
    let secrets = credentials.iter().filter(|credential| credential.kind == CredentialKind::Secret);
    let secrets = secrets.map(|credential| key(credential, held_on, now, last_use(credential)));
    let certificates =
        certificates.values().map(|credential| key(credential, held_on, now, used.get(same_certificate(credential)).copied()));
    let mut keys: Vec<Key> = secrets.chain(certificates).collect();
    keys.sort();
    keys
}

/// What two listings of one certificate share.
fn same_certificate(credential: &Credential) -> &str {
    credential.thumbprint.as_deref().filter(|thumbprint| !thumbprint.is_empty()).unwrap_or(&credential.key_id)
}

fn key(credential: &Credential, held_on: KeyHolder, now: DateTime<Utc>, last_used: Option<DateTime<Utc>>) -> Key {
    let lifetime = credential.start.zip(credential.end).map(|(start, end)| days_between(start, end));
    Key {
        kind: match credential.kind {
            CredentialKind::Secret => KeyKind::Secret,
            CredentialKind::Certificate => KeyKind::Certificate,
        },
        key_id: credential.key_id.clone(),
        held_on,
        start: credential.start,
        end: credential.end,
        lifetime_days: lifetime,
        age_days: credential.start.map(|start| days_between(start, now)),
        expired: credential.end.map(|end| end <= now),
        last_used,
    }
}
