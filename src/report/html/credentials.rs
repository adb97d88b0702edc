//! Credentials: what ends soonest, each with a bar of its lifetime. Without an end that is known, it says so.

use super::super::known::{self, LastUse};
use super::foreign::{code, counted, day, optional_day, short};
use super::index::Index;
use super::marks::drawn;
use super::timeline::Axis;
use crate::assess::{ApplicationProfile, Key, KeyHolder, KeyKind, Run};
use crate::snapshot::{AppId, Dataset};
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

/// Years that a bar shows on either side of the run.
const YEARS: i64 = 2;

/// Width of a bar in pixels, as in the style sheet, which draws its floor and the time of the run in the middle.
const WIDTH: i64 = 96;

/// Most rows of the section; every credential stands with its application, and in `credentials.csv`.
const ROWS: usize = 150;

/// What a bar shows.
pub(super) fn scale() -> String {
    format!(
        "The bar of a credential's lifetime runs from {YEARS} years before this run to {YEARS} years after it; the line in its middle is this run."
    )
}

/// What it means where a credential has no day of last use beside it.
pub(super) fn unused(index: &Index<'_>) -> &'static str {
    if known::coverage(index.assessment, Dataset::CredentialActivity).is_complete() {
        "A secret or certificate without a day of last use: none was seen. No report covers federated ones."
    } else {
        "A secret or certificate without a day of last use: when it was used is not known. No report covers federated ones."
    }
}

fn axis(run: &Run) -> Axis {
    let span = TimeDelta::days(365 * YEARS);
    let from = run.taken_at.checked_sub_signed(span).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let to = run.taken_at.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC);
    Axis::new(from, to, WIDTH)
}

/// The lifetime of a credential as a bar; nothing where start or end is not known.
fn bar(run: &Run, key: &Key) -> Markup {
    let Some((start, end)) = key.start.zip(key.end) else { return html! {} };
    let axis = axis(run);
    let (from, to) = (axis.place(start), axis.place(end));
    let class = if key.expired == Some(true) { "class=\"x\" " } else { "" };
    html! {
        svg class="k" { (drawn("path", &format!("{class}d=\"M{from} 4h{}\"", (to - from).max(1)))) }
    }
}

/// When it ends, in words.
fn ends(run: &Run, key: &Key) -> Markup {
    html! {
        @match (key.end, key.expired) {
            (Some(end), Some(true)) => { "expired " span class="d" { (day(end)) } },
            (Some(end), _) => { span class="d" { (day(end)) } " " span class="d" { "(in " (days(end - run.taken_at)) ")" } },
            (None, _) if key.kind == KeyKind::Federated => "no end: trust in an issuer does not expire",
            (None, _) => "end not known",
        }
    }
}

fn days(span: TimeDelta) -> String {
    match usize::try_from(span.num_days()) {
        Ok(days) => counted(days, "day", "days"),
        Err(_) => "0 days".to_owned(),
    }
}

/// From when to when, in short. In a large tenant the bar alone tells the beginning.
fn span(index: &Index<'_>, key: &Key) -> String {
    let start = optional_day(key.start, "not known");
    let expired = if key.expired == Some(true) { ", expired" } else { "" };
    match key.end {
        Some(end) if index.large && key.start.is_some() => format!("to {}{expired}", day(end)),
        Some(end) => format!("{start} to {}{expired}", day(end)),
        None if key.kind == KeyKind::Federated => "without end".to_owned(),
        None => format!("{start} to not known"),
    }
}

/// The credentials of one application, and what of them could not be read.
pub(super) fn of_application(index: &Index<'_>, profile: &ApplicationProfile) -> Markup {
    let run = &index.assessment.run;
    let keys = known::credentials(profile);
    let gaps = [("secrets and certificates", &profile.keys), ("keys on the service principal", &profile.service_principal_keys)];
    let gaps = gaps.into_iter().chain([("federated credentials", &profile.federated)]).filter_map(|(what, keys)| Some((what, keys.gap()?)));
    html! {
        h4 { "Credentials" }
        @if keys.is_empty() && known::all_credentials(profile) { p { "None." } }
        @if !keys.is_empty() {
            // Within one application the beginning of its id tells a key; in a large tenant the rest would only take room.
            ul class="keys" {
                @for key in keys {
                    li {
                        (bar(run, key)) (key.kind.word()) " " @if index.large { (short(&key.key_id, 8)) } @else { (code(&key.key_id)) }
                        // Most are the application's own; where one is not, that is worth a word.
                        @if key.held_on == KeyHolder::ServicePrincipal { " on the service principal" }
                        ", " (span(index, key))
                        @if let Some(used) = key.last_used { ", last used " (day(used)) }
                    }
                }
            }
        }
        @for (what, gap) in gaps { p class="unknown" { "Unknown: " (what) " (" (short(&gap.to_string(), 200)) ")" } }
    }
}

/// A credential and whose it is.
pub(super) struct Owned<'a> {
    pub(super) app_id: &'a AppId,
    pub(super) key: &'a Key,
}

/// Every credential: those that end soonest first, then those without an end that is known, then those that have ended.
pub(super) fn by_end<'a>(index: &Index<'a>) -> Vec<Owned<'a>> {
    let assessment = index.assessment;
    let all = assessment
        .applications
        .values()
        .flat_map(|profile| known::credentials(profile).into_iter().map(|key| Owned { app_id: &profile.app_id, key }));
    let mut all: Vec<Owned<'a>> = all.collect();
    all.sort_by_key(|owned| {
        let class = match (owned.key.expired, owned.key.end) {
            (Some(true), _) => 3,
            (_, Some(_)) => 0,
            (_, None) if owned.key.kind == KeyKind::Federated => 2,
            (_, None) => 1,
        };
        (class, owned.key.end, owned.app_id, owned.key)
    });
    all
}

pub(super) fn section(index: &Index<'_>) -> Markup {
    let all = by_end(index);
    let profiles = index.assessment.applications.values();
    let unread = profiles.filter(|profile| !known::all_credentials(profile)).count();
    html! {
        section id="credentials" aria-labelledby="credentials-title" {
            h2 id="credentials-title" { "Credentials" }
            p class="quiet" { "Of automations and of excluded applications; what ends soonest first. " (scale()) }
            @if unread > 0 {
                p class="unknown" { "Unknown: credentials of " (unread) " of " (index.assessment.applications.len()) " applications could not be read whole. What is missing stands with each application." }
            }
            @if all.is_empty() {
                p class="empty" { (nothing(index, unread)) }
            } @else { (table(index, &all)) }
        }
    }
}

/// That there is no credential is a fact only where every application whose credentials belong here is known.
fn nothing(index: &Index<'_>, unread: usize) -> &'static str {
    let whole = unread == 0 && known::all_automations(index.assessment) && known::all_exclusions(index.assessment);
    if whole { "None." } else { "None was seen, but not everything that could show one was read." }
}

fn last_used(index: &Index<'_>, key: &Key) -> String {
    match known::last_used(index.assessment, key) {
        LastUse::At(time) => day(time),
        LastUse::NoneSeen => "none seen".to_owned(),
        LastUse::Unknown => "not known".to_owned(),
        LastUse::NotReported => String::new(),
    }
}

fn table(index: &Index<'_>, all: &[Owned<'_>]) -> Markup {
    let run = &index.assessment.run;
    html! {
        div class="scroll" role="region" tabindex="0" aria-label="Credentials by the day they end" {
            table class="rows sortable" {
                caption class="sr" { "Credentials, what ends soonest first" }
                thead { tr {
                    th scope="col" { "Ends" } th scope="col" { "Lifetime" } th scope="col" { "Application" } th scope="col" { "Kind" } th scope="col" { "Held on" }
                    th scope="col" { "Last used" } th scope="col" { "Key id" }
                } }
                tbody { @for owned in all.iter().take(ROWS) { (row(index, run, owned)) } }
            }
        }
        @if all.len() > ROWS {
            p class="quiet" { (ROWS) " of " (all.len()) " shown. The others stand with their application above, and all of them in credentials.csv." }
        }
    }
}

fn row(index: &Index<'_>, run: &Run, owned: &Owned<'_>) -> Markup {
    let key = owned.key;
    let name = super::super::phrases::name(index.assessment, owned.app_id);
    html! {
        tr {
            td { (ends(run, key)) }
            td { (bar(run, key)) }
            th scope="row" { (index.link(owned.app_id.as_str(), name)) }
            td { (key.kind.word()) } td { (key.held_on.word()) }
            td class="d" { (last_used(index, key)) }
            td class="id" { (code(&key.key_id)) }
        }
    }
}
