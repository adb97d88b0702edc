//! Credentials: what ends soonest, each with a bar of its lifetime. Without an end that is known, it says so.

use super::super::known;
use super::foreign::{code, counted, day, optional_day};
use super::index::Index;
use super::timeline::Axis;
use crate::assess::{ApplicationProfile, Key, KeyKind, Run};
use crate::snapshot::AppId;
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

/// Years that a bar shows on either side of the run.
const YEARS: i64 = 2;

/// Width and height of a bar, in its own units.
const WIDTH: i64 = 96;
const HEIGHT: i64 = 8;

/// Most rows of the section; every credential stands with its application, and in `credentials.csv`.
const ROWS: usize = 150;

/// What all bars share: the floor, and the time of the run.
pub(super) fn shared() -> Markup {
    html! {
        g id="kx" {
            path class="base" d={ "M0 " (HEIGHT / 2) "h" (WIDTH) } {}
            path class="now" d={ "M" (WIDTH / 2) " 0v" (HEIGHT) } {}
        }
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
    html! {
        svg class="k" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-hidden="true" {
            use href="#kx" {}
            path class=[(key.expired == Some(true)).then_some("x")] d={ "M" (from) " " (HEIGHT / 2) "h" ((to - from).max(1)) } {}
        }
    }
}

/// When it ends, in words.
fn end(run: &Run, key: &Key) -> String {
    match (key.end, key.expired) {
        (Some(end), Some(true)) => format!("expired {}", day(end)),
        (Some(end), _) => format!("ends {} (in {})", day(end), days(end - run.taken_at)),
        (None, _) if key.kind == KeyKind::Federated => "no end: trust in an issuer does not expire".to_owned(),
        (None, _) => "end not known".to_owned(),
    }
}

fn days(span: TimeDelta) -> String {
    match usize::try_from(span.num_days()) {
        Ok(days) => counted(days, "day", "days"),
        Err(_) => "0 days".to_owned(),
    }
}

fn last_use(key: &Key) -> String {
    key.last_used.map_or_else(|| "last use not known".to_owned(), |used| format!("last used {}", day(used)))
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
            ul class="keys" {
                @for key in keys {
                    li {
                        (bar(run, key)) (key.kind.word()) " " (code(&key.key_id)) " on the " (key.held_on.word()) ", from " (optional_day(key.start, "a day not known"))
                        ", " (end(run, key)) ", " (last_use(key))
                    }
                }
            }
        }
        @for (what, gap) in gaps { p class="unknown" { "Unknown: " (what) " (" (super::foreign::short(&gap.to_string(), 200)) ")" } }
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
    let all = assessment.applications.values().flat_map(|profile| known::credentials(profile).into_iter().map(|key| Owned { app_id: &profile.app_id, key }));
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
            p class="quiet" { "Of automations and of excluded applications; what ends soonest first. A bar runs from " (YEARS) " years before this run to " (YEARS) " years after it." }
            @if unread > 0 {
                p class="unknown" { "Unknown: credentials of " (unread) " of " (index.assessment.applications.len()) " applications could not be read whole. What is missing stands with each application." }
            }
            @if all.is_empty() {
                p class="empty" { @if unread > 0 { "None was seen." } @else { "None." } }
            } @else { (table(index, &all)) }
        }
    }
}

fn table(index: &Index<'_>, all: &[Owned<'_>]) -> Markup {
    let run = &index.assessment.run;
    html! {
        div class="scroll" role="region" tabindex="0" aria-label="Credentials" {
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
            td { (end(run, key)) }
            td { (bar(run, key)) }
            th scope="row" { (index.link(owned.app_id.as_str(), name)) }
            td { (key.kind.word()) } td { (key.held_on.word()) }
            td { (optional_day(key.last_used, "not known")) }
            td { (code(&key.key_id)) }
        }
    }
}
