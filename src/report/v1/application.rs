//! Applications and their credentials in the published model.

use super::words::{Time, Word};
use super::{Gap, gap, workloads};
use crate::assess::{self, LastSignIn};
use crate::report::known;
use crate::snapshot;
use schemars::JsonSchema;
use serde::Serialize;

/// An application, as far as it could be read.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Application<'a> {
    /// App id.
    app_id: &'a str,
    /// Object id of its service principal; null where the tenant has none.
    service_principal_id: Option<&'a str>,
    /// Display name, as it is in the tenant: anybody's text.
    name: &'a str,
    /// Graph's servicePrincipalType; null where it could not be read, or there is no service principal.
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    /// Where it is registered.
    home: Word<assess::Home>,
    /// Whether its account is enabled; null where that is not known.
    can_sign_in: Option<bool>,
    /// Whether a policy excludes it. Null where lists of exclusions could not be read and none of the others has it, or sources disagree.
    excluded: Option<bool>,
    /// Permissions held on Microsoft Graph that concern Intune. Null where none could be read.
    permissions: Option<Vec<Permission<'a>>>,
    /// Why permissions may be missing.
    permissions_gap: Option<Gap<'a>>,
    /// Its last sign-in as itself.
    last_sign_in: SignIn<'a>,
    /// The first sign of it.
    first_trace: Option<Time>,
    /// Why secrets and certificates may be missing from the credentials.
    keys_gap: Option<Gap<'a>>,
    /// The same for those on the service principal alone.
    service_principal_keys_gap: Option<Gap<'a>>,
    /// The same for federated credentials.
    federated_gap: Option<Gap<'a>>,
}

/// A permission that is held.
#[derive(Debug, Serialize, JsonSchema)]
struct Permission<'a> {
    /// Graph's name for it.
    name: &'a str,
    /// Workloads that it writes.
    writes: Vec<&'a str>,
    /// Workloads that it may write according to some source.
    may_write: Vec<&'a str>,
    /// When it was granted.
    granted: Option<Time>,
}

/// A last sign-in.
#[derive(Debug, Serialize, JsonSchema)]
struct SignIn<'a> {
    /// Whether one was seen.
    state: SignInState,
    /// When; null where none was seen.
    at: Option<Time>,
    /// Why it is not known.
    gap: Option<Gap<'a>>,
}

/// Whether a sign-in was seen; none: the whole report shows none.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum SignInState {
    Seen,
    None,
    Unknown,
}

/// A credential that was seen; never its value.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Credential<'a> {
    /// App id of the application that it belongs to.
    app_id: &'a str,
    /// What it is.
    kind: Word<assess::KeyKind>,
    /// Id of the key.
    key_id: &'a str,
    /// Which object holds it.
    held_on: Word<assess::KeyHolder>,
    /// From when on it is valid.
    start: Option<Time>,
    /// Until when it is valid.
    end: Option<Time>,
    /// Whole days from start to end.
    lifetime_days: Option<i64>,
    /// Whole days since start, negative where that is still to come.
    age_days: Option<i64>,
    /// Whether it has expired; null where it has no end.
    expired: Option<bool>,
    /// When it was last used, where that was read.
    last_used: Option<Time>,
}

pub(super) fn application<'a>(assessment: &'a assess::Assessment, profile: &'a assess::ApplicationProfile) -> Application<'a> {
    Application {
        app_id: profile.app_id.as_str(),
        service_principal_id: profile.service_principal.as_ref().map(snapshot::ServicePrincipalId::as_str),
        name: &profile.name,
        kind: profile.kind.as_deref(),
        home: Word::of(&profile.home),
        can_sign_in: profile.can_sign_in,
        excluded: known::excluded(assessment, profile),
        permissions: profile.permissions.seen().map(|held| held.iter().map(permission).collect()),
        permissions_gap: profile.permissions.gap().map(gap),
        last_sign_in: sign_in(&profile.last_sign_in),
        first_trace: profile.first_trace.map(Time::of),
        keys_gap: profile.keys.gap().map(gap),
        service_principal_keys_gap: profile.service_principal_keys.gap().map(gap),
        federated_gap: profile.federated.gap().map(gap),
    }
}

fn permission(held: &assess::HeldPermission) -> Permission<'_> {
    Permission {
        name: &held.name,
        writes: workloads(&held.primary),
        may_write: workloads(&held.possible),
        granted: held.granted.map(Time::of),
    }
}

fn sign_in(sign_in: &LastSignIn) -> SignIn<'_> {
    match sign_in {
        LastSignIn::At(moment) => SignIn { state: SignInState::Seen, at: Some(Time::of(*moment)), gap: None },
        LastSignIn::NoneSeen => SignIn { state: SignInState::None, at: None, gap: None },
        LastSignIn::Unknown(why) => SignIn { state: SignInState::Unknown, at: None, gap: Some(gap(why)) },
    }
}

pub(super) fn credentials(profile: &assess::ApplicationProfile) -> impl Iterator<Item = Credential<'_>> {
    known::credentials(profile).into_iter().map(|key| Credential {
        app_id: profile.app_id.as_str(),
        kind: Word::of(&key.kind),
        key_id: &key.key_id,
        held_on: Word::of(&key.held_on),
        start: key.start.map(Time::of),
        end: key.end.map(Time::of),
        lifetime_days: key.lifetime_days,
        age_days: key.age_days,
        expired: key.expired,
        last_used: key.last_used.map(Time::of),
    })
}
