//! Words and sentences that more than one format prints, each written once.

use super::known::{self, UNKNOWN};
use super::text::{self, LONGEST};
use crate::assess::{ApplicationProfile, Assessment, FindingStatus, GateProblem, GateState, InForce, LastSignIn, Verdict, VerdictKind};
use crate::catalogue::Platform;
use crate::snapshot::{AppId, Area, Coverage, Dataset, Gap};
use chrono::{DateTime, SecondsFormat, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// RFC 3339, UTC, whole seconds.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time, or nothing.
pub(super) fn optional_time(moment: Option<DateTime<Utc>>) -> String {
    moment.map(time).unwrap_or_default()
}

/// A count, or the word for not known.
pub(super) fn count(count: Option<u64>) -> String {
    count.map_or_else(|| UNKNOWN.to_owned(), |count| count.to_string())
}

/// `all`, or the platforms with semicolons between them.
pub(super) fn platforms(platforms: &BTreeSet<Platform>) -> String {
    let words: Vec<&str> = platforms.iter().map(Platform::word).collect();
    if words.is_empty() { "all".to_owned() } else { words.join(";") }
}

/// The time of the last sign-in, `none` where a whole report shows none, or `unknown`.
pub(super) fn last_sign_in(sign_in: &LastSignIn) -> String {
    match sign_in {
        LastSignIn::At(moment) => time(*moment),
        LastSignIn::NoneSeen => "none".to_owned(),
        LastSignIn::Unknown(_) => UNKNOWN.to_owned(),
    }
}

/// Whether a workload without an access policy of its own is protected, in the words for a policy. What is only planned may
/// be in force already where the policies were not read whole.
pub(super) fn in_force(assessment: &Assessment, state: GateState) -> InForce {
    let whole = known::coverage(assessment, Dataset::AccessPolicies).is_complete();
    match state {
        GateState::InForce => InForce::Yes,
        GateState::Planned if !whole => InForce::Unknown,
        GateState::Planned | GateState::None => InForce::No,
        GateState::Unknown => InForce::Unknown,
    }
}

/// What a gap names beyond its word: the missing permission, what the service said.
pub(super) fn gap_detail(gap: &Gap) -> Option<&str> {
    match gap {
        Gap::Permission { missing: detail }
        | Gap::Licence { detail }
        | Gap::NotGiven { detail }
        | Gap::Throttled { detail }
        | Gap::OutOfReach { detail }
        | Gap::Failed { detail } => Some(detail),
        Gap::Cloud | Gap::NotRequested => None,
    }
}

/// What is missing of an area and what that costs, beyond the word of its gap and the permission; of the activity logs also what
/// went wrong and cost nothing, of scripts those that are nobody's. Empty where there is nothing to say.
pub(super) fn coverage_detail(assessment: &Assessment, area: Area) -> String {
    let gap = match known::area(assessment, area).gap() {
        Some(Gap::Permission { .. }) | None => None,
        Some(gap) => gap_detail(gap).map(str::to_owned),
    };
    let harmless = if area == Area::ActivityLogs { harmless_faults(assessment) } else { Vec::new() };
    let alone = if area == Area::Scripts { unjoined(assessment) } else { None };
    gap.into_iter().chain(harmless).chain(alone).collect::<Vec<_>>().join("; ")
}

/// What went wrong with the activity logs and cost no call, a sentence each.
fn harmless_faults(assessment: &Assessment) -> Vec<String> {
    let reading = assessment.activity_logs.reading.as_ref();
    reading.map(|reading| reading.told(|fault| !fault.loses())).unwrap_or_default()
}

/// Scripts that write and that no application was found for, named up to three.
fn unjoined(assessment: &Assessment) -> Option<String> {
    let alone = &assessment.scripts.unjoined;
    let named: Vec<&str> = alone.iter().take(3).map(String::as_str).collect();
    let more = if alone.len() > named.len() { format!(", and {} more", alone.len() - named.len()) } else { String::new() };
    (!alone.is_empty()).then(|| {
        format!("{} of no application that is known, to be named with --map: {}{more}", scripts_that_write(alone.len()), named.join(", "))
    })
}

fn scripts_that_write(count: usize) -> String {
    if count == 1 { "1 script that writes is".to_owned() } else { format!("{count} scripts that write are") }
}

/// What the scripts were read for and how much, in a sentence.
fn scripts(assessment: &Assessment) -> String {
    let read = &assessment.scripts;
    let Some(reading) = &read.reading else {
        return "No scripts were given, so which line of which script writes is not told.".to_owned();
    };
    let alone = read.unjoined.len();
    let alone = if alone == 0 { String::new() } else { format!("; {} of no application that is known", scripts_that_write(alone)) };
    format!(
        "Scripts: {} read, {} of them write, found for {} applications{alone}. What stands in a script was not seen to run.",
        reading.files, read.writing, read.applications
    )
}

/// What the activity logs were read for and how much, in a sentence.
fn logs(assessment: &Assessment) -> String {
    let Some(reading) = &assessment.activity_logs.reading else {
        return "No activity logs of Microsoft Graph were given, so calls that were refused are known by approval requests only."
            .to_owned();
    };
    let harmless = harmless_faults(assessment);
    let harmless = if harmless.is_empty() { String::new() } else { format!("; {}", harmless.join("; ")) };
    format!(
        "Activity logs of Microsoft Graph: {}{harmless}. That they reach over the whole window cannot be told from them.",
        super::calls::summary(reading)
    )
}

/// The permission that would read an area: the one that was missing, or else the least that reads it.
pub(super) fn permission(area: Area, coverage: &Coverage) -> &str {
    match coverage.gap() {
        Some(Gap::Permission { missing }) => missing,
        _ => area.permission(),
    }
}

/// The profile behind a verdict.
pub(super) fn profile<'a>(assessment: &'a Assessment, app_id: &AppId) -> Option<&'a ApplicationProfile> {
    assessment.applications.get(app_id)
}

/// The name of an application, or its app id where it has no name that can be seen.
pub(super) fn name<'a>(assessment: &'a Assessment, app_id: &'a AppId) -> &'a str {
    named(profile(assessment, app_id).map_or("", |profile| &profile.name), app_id.as_str())
}

/// A name, or the id where the name shows nothing.
pub(super) fn named<'a>(name: &'a str, id: &'a str) -> &'a str {
    if text::is_blank(name) { id } else { name }
}

/// Writes of a verdict in the window, as far as they are known.
pub(super) fn writes(assessment: &Assessment, verdict: &Verdict) -> Option<u64> {
    known::count(assessment, Dataset::AuditEvents, verdict.writes)
}

/// Refused calls of a verdict in the window, as far as they are known.
pub(super) fn blocked_calls(assessment: &Assessment, verdict: &Verdict) -> Option<u64> {
    known::count(assessment, Dataset::ApprovalRequests, verdict.blocked_calls)
}

/// The sentence that every report opens with, without a full stop.
pub(super) fn headline(assessment: &Assessment) -> String {
    let counts = assessment.headline();
    let whole = known::all_automations(assessment);
    if counts.automations == 0 && !whole {
        return "Unknown how many automations can write to Intune: what would show them could not be read whole".to_owned();
    }
    let at_least = if whole { "" } else { "At least " };
    let automations = if counts.automations == 1 { "automation" } else { "automations" };
    let breaks = part(known::breaking(assessment), "breaks", "break", "how many break is not known");
    let exclusions = known::excluded_automations(assessment);
    // Without any list of exclusions, each of those that break may turn out to be excluded.
    let unless = if exclusions.found().is_none() && known::breaking(assessment).found().is_some() { " unless excluded" } else { "" };
    let excluded = part(exclusions, "is excluded", "are excluded", "exclusions are not known");
    format!("{at_least}{} {automations} can write to Intune; {breaks}{unless}, {excluded}, {} unknown", counts.automations, counts.unknown)
}

/// A count with its verb, for one and for many.
fn part(count: known::Count, one: &str, many: &str, unknown: &str) -> String {
    let Some(found) = count.found() else { return unknown.to_owned() };
    let at_least = if count.is_least() { "at least " } else { "" };
    format!("{at_least}{found} {}", if found == 1 { one } else { many })
}

/// A problem of a gate in words, or why it cannot be told.
pub(super) fn problem(problem: &GateProblem) -> String {
    match problem.unknown {
        Some(_) => format!("{}: {}", problem.kind, problem.sentence),
        None => problem.sentence.clone(),
    }
}

/// The same with its word, and the ids of the groups and members it concerns.
pub(super) fn problem_with_ids(problem: &GateProblem) -> String {
    let ids: Vec<&str> = problem.ids.iter().map(String::as_str).collect();
    let ids = if ids.is_empty() { String::new() } else { format!(" ({})", ids.join(", ")) };
    format!("{}: {}{ids}", problem.kind, problem.sentence)
}

/// The verdicts that a plan changes, each with that of today.
pub(super) fn changed(assessment: &Assessment) -> impl Iterator<Item = (VerdictKind, &Verdict)> {
    let planned = assessment.verdicts.iter().filter_map(|verdict| Some((verdict.today?, verdict)));
    planned.filter(|(today, verdict)| *today != verdict.kind)
}

/// What a plan changes against today, or nothing where nothing is planned.
pub(super) fn changes(assessment: &Assessment) -> Option<String> {
    let mut changes: BTreeMap<(VerdictKind, VerdictKind), usize> = BTreeMap::new();
    let judged = assessment.verdicts.iter().filter_map(|verdict| Some((verdict.today?, verdict.kind)));
    let rows = judged.clone().count();
    judged.filter(|(today, then)| today != then).for_each(|change| *changes.entry(change).or_default() += 1);
    let changed: usize = changes.values().sum();
    let parts: Vec<String> = changes.into_iter().map(|((today, then), rows)| format!("{rows} {today} to {then}")).collect();
    let detail = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    (rows > 0).then(|| format!("the plan changes {changed} of {rows} verdicts against today{detail}"))
}

/// What the headline counts, and how many were seen writing.
pub(super) fn counted(assessment: &Assessment) -> String {
    let writing = assessment.headline().writing as u64;
    let read_whole = known::told_whole(assessment, Dataset::AuditEvents);
    let seen = match known::count(assessment, Dataset::AuditEvents, writing) {
        None => UNKNOWN.to_owned(),
        Some(writing) if read_whole => writing.to_string(),
        Some(writing) => format!("at least {writing}"),
    };
    let (days, start) = (assessment.run.window_days, time(assessment.run.window_start));
    let already = match known::automations_with(assessment, VerdictKind::Blocked) {
        known::Count::Exactly(0) => String::new(),
        known::Count::Exactly(blocked) => format!("; of those that break, blocked already: {blocked}"),
        known::Count::AtLeast(blocked) => format!("; of those that break, blocked already: at least {blocked}"),
        known::Count::Unknown => "; how many are blocked already is not known".to_owned(),
    };
    format!("Counted are automations that can write or were seen writing; seen writing in the {days} days from {start}: {seen}{already}")
}

/// Which lists of exclusions could not be read, if any.
pub(super) fn unread_exclusions(assessment: &Assessment) -> Option<String> {
    let unread = known::unreadable_exclusions(assessment);
    (unread > 0).then(|| format!("exclusions of {unread} of {} access policies", known::policies(assessment).len()))
}

/// What is missing within datasets that were read: exclusions, and credentials; a sentence each.
pub(super) fn gaps_within(assessment: &Assessment) -> Vec<String> {
    let exclusions = unread_exclusions(assessment);
    let exclusions =
        exclusions.map(|which| format!("Not readable: {which}. An application that is not listed here may still be excluded."));
    let partly = assessment.applications.values().filter(|profile| !known::all_credentials(profile)).count();
    let of = assessment.applications.len();
    let credentials = (partly > 0).then(|| format!("Credentials of {partly} of {of} applications could not be read whole."));
    exclusions.into_iter().chain(credentials).collect()
}

/// Datasets that nobody asked for, in a sentence.
pub(super) fn not_requested(assessment: &Assessment) -> Option<String> {
    let skipped: Vec<&str> = known::skipped(assessment).map(Area::name).collect();
    (!skipped.is_empty()).then(|| format!("Not requested: {}.", skipped.join(", ")))
}

/// How many audit events by applications are of no known workload, in a sentence.
pub(super) fn unmapped_events(assessment: &Assessment) -> Option<String> {
    let activities = &assessment.unmapped_activities;
    let events = activities.values().fold(0, |sum: u64, events| sum.saturating_add(*events));
    (!activities.is_empty()).then(|| format!("Audit events by applications whose activity belongs to no known workload: {events}."))
}

/// What could not be read, in one line, or nothing where nothing is missing. Datasets with the same gap stand together.
pub(super) fn not_seen(assessment: &Assessment) -> Option<String> {
    let mut by_gap: Vec<(&Gap, Vec<String>)> = Vec::new();
    for (dataset, coverage, gap) in known::missing(assessment) {
        let part = if matches!(coverage, Coverage::Partial { .. }) { " in part" } else { "" };
        let words = format!("{dataset}{part}");
        match by_gap.iter_mut().find(|(seen, _)| *seen == gap) {
            Some((_, datasets)) => datasets.push(words),
            None => by_gap.push((gap, vec![words])),
        }
    }
    let gaps = by_gap.into_iter().map(|(gap, datasets)| format!("{} ({})", datasets.join(", "), text::terminal(&gap.to_string(), LONGEST)));
    let parts: Vec<String> = gaps.chain(unread_exclusions(assessment)).collect();
    (!parts.is_empty()).then(|| format!("could not see: {}", parts.join("; ")))
}

/// Findings in one line, or nothing where no rule said anything.
pub(super) fn findings(assessment: &Assessment) -> Option<String> {
    let open = known::open_by_severity(assessment);
    let mut parts: Vec<String> = open.into_iter().map(|(severity, count)| format!("{count} {severity}")).collect();
    for status in [FindingStatus::Waived, FindingStatus::Undetermined] {
        let count = known::findings(assessment, status).count();
        if count > 0 {
            parts.push(format!("{count} {status}"));
        }
    }
    let limit = if assessment.is_complete() { "" } else { ", as far as data could be read" };
    (!parts.is_empty()).then(|| format!("findings: {}{limit}", parts.join(", ")))
}

/// The letter of a verdict in a matrix of automations and workloads, where there is no room for the word; in the terminal and
/// in HTML the same. No two have the same one.
pub(super) fn letter(kind: VerdictKind) -> char {
    match kind {
        VerdictKind::Blocked => 'X',
        VerdictKind::Breaks => 'B',
        VerdictKind::AtRisk => 'R',
        VerdictKind::Passes => 'P',
        VerdictKind::Unknown => '?',
        VerdictKind::Excluded => 'E',
        VerdictKind::Handshake => 'H',
        VerdictKind::Dormant => 'D',
        VerdictKind::NotGated => '·',
    }
}

/// What a verdict means.
pub(super) fn meaning(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Blocked => "calls were refused, requests were not granted, or its writes only fail since the gate is in force",
        VerdictKind::Breaks => {
            "it was seen writing, no source shows it as excluded throughout, and its writes are or will be held for approval"
        }
        VerdictKind::AtRisk => "it may write and signs in as itself, or its sign-ins are not known, but it was not seen writing",
        VerdictKind::Passes => "its writes succeed behind a gate in force, and no source lists it as excluded: verify",
        VerdictKind::Unknown => "whether an access policy gates it could not be read",
        VerdictKind::Excluded => "every access policy that gates it excludes it",
        VerdictKind::Handshake => "it completed approval requests of its own",
        VerdictKind::Dormant => "it may write, but no sign-in as itself was seen, or it is disabled",
        VerdictKind::NotGated => "no access policy gates what it was seen or may be expected to write, and none is planned",
    }
}

/// How the report came about and what it cannot tell, a sentence each.
pub(super) fn method(assessment: &Assessment) -> [String; 8] {
    let run = &assessment.run;
    let (start, audit) = (time(run.window_start), time(run.audit_since));
    [
        format!(
            "Read from Microsoft Graph, without writing. Evidence window: {} days from {start}; audit events from {audit}.",
            run.window_days
        ),
        "Multi Admin Approval has held for app-only calls since 2026-06-22; earlier writes say nothing about it.".to_owned(),
        "Exclusions are not in the published Graph schema. They are taken from members of access policies that the schema does not name, \
         where a member lists ids of applications of this tenant; that it is the list of exclusions is inferred. \
         Completed requests and audit events that changed a policy, as far back as they were read, and the user's own list are taken \
         beside it; where they disagree, neither is believed."
            .to_owned(),
        "When a policy came into force is told by its approval request (shown for about 30 days) or by an audit event within the span \
         above; else only its last change is known, and writes before that change do not count as behind it."
            .to_owned(),
        "A write counts only where Intune's audit log, or activity logs of Microsoft Graph where they were given, show that the \
         application made it as itself. The audit log names no URL, and a refused call may leave no event in it."
            .to_owned(),
        logs(assessment),
        scripts(assessment),
        "Rights through an Entra role or an Intune role make no row without evidence of a write.".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_a_letter_of_its_own() {
        let letters: BTreeSet<char> = VerdictKind::ALL.iter().copied().map(letter).collect();
        assert_eq!(letters.len(), VerdictKind::ALL.len());
    }
}
