//! The register of exclusions with who says so and who owns the decision, and the excluded applications in the order in which
//! to look at them.

use super::super::{exposure, known, phrases};
use super::automations;
use super::foreign::{code, counted, name, optional_day, sentence, words, workload};
use super::index::Index;
use crate::assess::{Assessment, Exclusion, ExclusionNeed, ExclusionRecord, Exposure, FindingStatus, Part, Room};
use crate::snapshot::Dataset;
use maud::{Markup, html};

/// Most rows of one table; the CSV files have them all.
const ROWS: usize = 1_000;

/// Most names in one cell.
const NAMES: usize = 30;

/// Most lines of the user's register beside one exclusion.
const RECORDS: usize = 3;

pub(super) fn section(index: &Index<'_>) -> Markup {
    let assessment = index.assessment;
    html! {
        section id="exclusions" aria-labelledby="exclusions-title" {
            h2 id="exclusions-title" { "Exclusions" }
            p class="quiet" { "Who may write without approval, and who says so." }
            @if let Some(unread) = phrases::unread_exclusions(assessment) {
                p class="unknown" { "Unknown: " (unread) " could not be read. An application that is not listed here may still be excluded." }
            }
            @if assessment.exclusions.is_empty() { p class="empty" { (nothing(assessment)) } } @else { (register(index)) }
            (exposures(index))
            (needs(index))
            @if !index.others.is_empty() {
                h3 { "Excluded applications that do not write Intune" }
                @for app_id in index.others.iter().take(ROWS) { (automations::other(index, app_id)) }
                @if index.others.len() > ROWS { p class="quiet" { (ROWS) " of " (index.others.len()) " shown: see exclusions.csv for the rest." } }
            }
        }
    }
}

fn nothing(assessment: &Assessment) -> &'static str {
    let unread = known::unreadable_exclusions(assessment) > 0 || !known::coverage(assessment, Dataset::AccessPolicies).is_complete();
    if unread { "Exclusions are unknown: none was seen, and not every list could be read." } else { "None." }
}

fn register(index: &Index<'_>) -> Markup {
    let rows = &index.assessment.exclusions;
    let disputed = rows.iter().filter(|row| row.disputed && row.listed).count();
    let own = index.assessment.settings.register.as_deref();
    html! {
        @if disputed > 0 { p class="unknown" { "Sources disagree on " (disputed) " of these; each has a row for what either side says." } }
        @if own.is_none() { p class="quiet" { "No register of exclusions was given, so owners and reasons are not known. " code { "[[exclusion]]" } " tables of maascan.toml make one." } }
        div class="scroll" role="region" tabindex="0" aria-label="Register of exclusions" {
            table class="rows sortable" {
                caption class="sr" { "Register of exclusions" }
                thead { tr {
                    th scope="col" { "Application" } th scope="col" { "Access policy" } th scope="col" { "Workload" } th scope="col" { "Listed" } th scope="col" { "State" }
                    th scope="col" { "Said by" } th scope="col" { "Since" }
                    @if own.is_some() { th scope="col" { "Owner and reason" } }
                } }
                tbody { @for row in rows.iter().take(ROWS) { (exclusion(index, row, own)) } }
            }
        }
        @if rows.len() > ROWS { p class="quiet" { (ROWS) " of " (rows.len()) " shown: see exclusions.csv for the rest." } }
    }
}

fn exclusion(index: &Index<'_>, row: &Exclusion, register: Option<&[ExclusionRecord]>) -> Markup {
    let app_id = row.application_id();
    let shown = phrases::named(row.application.as_deref().unwrap_or_default(), &row.listed_id);
    let sources: Vec<&str> = row.sources.iter().map(|source| source.word()).collect();
    html! {
        tr {
            th scope="row" { (index.link(app_id.as_str(), shown)) @if shown != row.listed_id { br; small { (code(&row.listed_id)) } } }
            td { (name(phrases::named(&row.policy, row.policy_id.as_str()))) }
            td class="word" { (workload(&row.workload)) }
            td { (if row.listed { "yes" } else { "no" }) @if row.disputed { " (disputed)" } }
            td { (row.state.word()) @if let Some(gap) = &row.gap { br; small { (words(&gap.to_string())) } } }
            td { (sources.join(", ")) @if !row.source_detail.is_empty() { br; small { (super::foreign::short(&row.source_detail, 120)) } } }
            td class="d" { (optional_day(row.since, "not known")) }
            @if let Some(register) = register { td { (owner(row, register)) } }
        }
    }
}

/// What the user's own register says of an exclusion.
fn owner(row: &Exclusion, register: &[ExclusionRecord]) -> Markup {
    let app_id = row.application_id();
    let records: Vec<&ExclusionRecord> = register.iter().filter(|record| record.covers(&row.policy_id, &app_id)).collect();
    html! {
        @if records.is_empty() { "not in the register" }
        @for record in records.iter().take(RECORDS) {
            strong { (name(&record.owner)) } ": " (super::foreign::short(&record.justification, 200))
            @if let Some(ticket) = &record.ticket { ", ticket " (name(ticket)) }
            @if let Some(expires) = record.expires { ", until " (expires) }
            @if let Some(reviewed) = record.reviewed { ", reviewed " (reviewed) }
            br;
        }
        @if records.len() > RECORDS { (records.len() - RECORDS) " more in your settings" }
    }
}

fn exposures(index: &Index<'_>) -> Markup {
    let exposures = &index.assessment.exposures;
    html! {
        @if !exposures.is_empty() {
            h3 { "Excluded applications: which first" }
            p class="quiet" { (sentence(exposure::ORDER)) }
            ol class="exposures" { @for exposure in exposures.iter().take(ROWS) { (exposed(index, exposure)) } }
            @if exposures.len() > ROWS { p class="quiet" { (ROWS) " of " (exposures.len()) " shown: see exposures.csv for the rest." } }
        }
    }
}

fn exposed(index: &Index<'_>, own: &Exposure) -> Markup {
    let sides = [
        ("What it can do", exposure::reach(own), &own.reach),
        ("How it is held", exposure::guard(own), &own.guard),
        ("Whether it is needed", String::new(), &own.need),
    ];
    html! {
        li {
            strong { (index.link(own.app_id.as_str(), exposure::application(index.assessment, own))) }
            " excluded from " (workloads(own))
            dl {
                @for (what, grade, parts) in &sides {
                    @if !grade.is_empty() || !parts.is_empty() {
                        dt { (what) @if !grade.is_empty() { ": " (grade) } }
                        @if !parts.is_empty() { dd { (parts_line(parts)) } }
                    }
                }
            }
        }
    }
}

fn workloads(own: &Exposure) -> Markup {
    html! { @for (at, one) in own.workloads.iter().take(NAMES).enumerate() { @if at > 0 { ", " } (workload(one)) } @if own.workloads.len() > NAMES { " and " (own.workloads.len() - NAMES) " more in exposures.csv" } }
}

/// The parts of a grade; several findings of one rule are one part with their number.
fn parts_line(parts: &[Part]) -> String {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for part in parts {
        let line = exposure::part(part);
        match lines.iter_mut().find(|(seen, _)| *seen == line) {
            Some((_, times)) => *times += 1,
            None => lines.push((line, 1)),
        }
    }
    let many = |(line, times): &(String, usize)| if *times > 1 { format!("{line} × {times}") } else { line.clone() };
    words(&lines.iter().map(many).collect::<Vec<_>>().join("; ")).shown()
}

/// Exposures that a waived or undetermined part leaves open are not settled by this; only what is open counts here.
pub(super) fn open_parts(own: &Exposure) -> usize {
    own.reach.iter().chain(&own.guard).filter(|part| part.status == FindingStatus::Open).count()
}

fn needs(index: &Index<'_>) -> Markup {
    let needs = &index.assessment.exclusion_needs;
    let most = Room::MOST;
    html! {
        @if !needs.is_empty() {
            h3 { "Exclusions that would keep today's automations alive" }
            p class="quiet" {
                "The fewest that each policy would have to add for every automation that breaks or is blocked behind it; a policy excludes at most " (most)
                ". Each is a way around approval: adopt the approval flow where that can be done, and harden first what has to be excluded."
            }
            div class="scroll" role="region" tabindex="0" aria-label="Exclusions that would be needed" {
                table class="rows" {
                    caption class="sr" { "Exclusions that would be needed, by access policy" }
                    thead { tr { th scope="col" { "Access policy" } th scope="col" { "Workload" } th scope="col" { "To exclude" } th scope="col" { "Places" } th scope="col" { "Automations" } } }
                    tbody { @for need in needs.iter().take(ROWS) { (one_need(index, need)) } }
                }
            }
            @if needs.len() > ROWS { p class="quiet" { (ROWS) " of " (needs.len()) " shown: see assessment.json for the rest." } }
        }
    }
}

fn one_need<'a>(index: &Index<'a>, need: &'a ExclusionNeed) -> Markup {
    let (added, room) = (need.automations.len(), &need.room);
    let taken = room.listed + added;
    let places = match room.fits(added) {
        Some(true) => format!("{taken} of {} taken then", Room::MOST),
        Some(false) => format!("too few: {taken} of {}", Room::MOST),
        None => format!("at least {taken} of {} taken then", Room::MOST),
    };
    html! {
        tr {
            th scope="row" { (name(phrases::named(&room.policy, room.policy_id.as_str()))) }
            td class="word" { (workload(&need.workload)) } td { (added) } td { (places) }
            td { (names(index, need.automations.iter())) }
        }
    }
}

/// Names that lead to their applications, as far as there is room for them.
pub(super) fn names<'a>(index: &Index<'a>, app_ids: impl ExactSizeIterator<Item = &'a crate::snapshot::AppId>) -> Markup {
    let total = app_ids.len();
    html! {
        @for (at, app_id) in app_ids.take(NAMES).enumerate() { @if at > 0 { ", " } (index.link_to(app_id)) }
        @if total > NAMES { " and " (counted(total - NAMES, "other", "others")) " in automations.csv" }
    }
}
