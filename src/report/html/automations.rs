//! Each automation: what happens to it and why, what it was seen doing, what it may do, its credentials, and the ways out.

use super::super::known::{self, Count};
use super::super::phrases;
use super::foreign::{code, counted, day, name, optional_day, plain_name, plain_workload, short, words};
use super::index::{Automation, Index};
use super::{credentials, findings, marks, matrix, timeline};
use crate::assess::{ApplicationProfile, Assessment, Home, LastSignIn, Request, Room, Verdict, VerdictKind, WayKind, WayOut};
use crate::snapshot::{AppId, Dataset};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

/// Most sentences of one list.
const SENTENCES: usize = 20;

/// Most permissions of one application; `assessment.json` has them all.
const PERMISSIONS: usize = 40;

pub(super) fn section(index: &Index<'_>) -> Markup {
    let run = &index.assessment.run;
    html! {
        section id="automations" aria-labelledby="automations-title" {
            h2 id="automations-title" { "Automations" }
            svg class="defs" aria-hidden="true" focusable="false" { defs { (timeline::shared(run)) } }
            @if index.automations.is_empty() {
                p class="empty" { (matrix::nothing(index.assessment)) " See " a href="#coverage-note" { "what this report could not see" } "." }
            } @else {
                (timeline::legend(run))
                p class="quiet" { (credentials::scale()) " " (credentials::unused(index)) }
                div id="list" { @for automation in &index.automations { (one(index, automation)) } }
                p class="empty" id="no-automation" hidden { "No automation matches the search and the filters." }
                (ways(index))
                (index.cases.block())
            }
        }
    }
}

fn one<'a>(index: &Index<'a>, automation: &Automation<'a>) -> Markup {
    let profile = index.profile(automation.app_id);
    let urgent = automation.verdicts.iter().any(|verdict| verdict.kind <= VerdictKind::Unknown);
    let kinds: Vec<&str> = VerdictKind::ALL
        .iter()
        .filter(|kind| automation.verdicts.iter().any(|verdict| verdict.kind == **kind))
        .map(|kind| kind.word())
        .collect();
    html! {
        details class={ "automation" @if urgent { " act" } } id=[index.lasting_anchor(automation.app_id.as_str())] data-verdicts=(kinds.join(" ")) {
            summary {
                h3 id=[index.anchor(automation.app_id.as_str())] { (name(index.name(automation.app_id))) }
                @for verdict in &automation.verdicts { (marks::chip(verdict)) }
            }
            (facts(index, automation.app_id, profile))
            @for verdict in &automation.verdicts { (judged(index, profile, verdict)) }
            (requests(index.assessment.run.taken_at, index.requests(automation.app_id)))
            @if let Some(profile) = profile { (permissions(profile)) (credentials::of_application(index, profile)) }
            (findings::of_application(index, automation.app_id))
        }
    }
}

/// An excluded application that has no verdict, without timelines.
pub(super) fn other(index: &Index<'_>, app_id: &AppId) -> Markup {
    let Some(profile) = index.profile(app_id) else { return html! {} };
    html! {
        details class="other" id=[index.lasting_anchor(app_id.as_str())] {
            summary { h4 id=[index.anchor(app_id.as_str())] { (name(phrases::named(&profile.name, app_id.as_str()))) } }
            (facts(index, app_id, Some(profile))) (permissions(profile)) (credentials::of_application(index, profile)) (findings::of_application(index, app_id))
        }
    }
}

/// Who it is, in two lines.
fn facts(index: &Index<'_>, app_id: &AppId, profile: Option<&ApplicationProfile>) -> Markup {
    let Some(profile) = profile else { return html! { p { "App id " (code(app_id.as_str())) } } };
    html! {
        p {
            "App id " (code(app_id.as_str()))
            @match &profile.service_principal {
                Some(_) if index.large => {},
                Some(id) => { " · service principal " (code(id.as_str())) },
                None => " · no service principal known",
            }
        }
        p {
            (short(profile.kind.as_deref().unwrap_or("type unknown"), 40)) ", " (home(profile.home)) " · "
            (match profile.can_sign_in { Some(true) => "can sign in", Some(false) => "cannot sign in", None => "whether it can sign in is unknown" })
            " · last sign-in as itself " (last_sign_in(&profile.last_sign_in)) " · first trace " (optional_day(profile.first_trace, "unknown"))
            " · excluded: " (excluded(index.assessment, profile))
        }
    }
}

/// Whether an application is excluded from any policy, as far as the lists could be read.
fn excluded(assessment: &Assessment, profile: &ApplicationProfile) -> String {
    let unread = known::unreadable_exclusions(assessment);
    match known::excluded(assessment, profile) {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None if profile.excluded => "sources disagree".to_owned(),
        None if unread > 0 => format!("on no list that was read; {} could not be read", counted(unread, "list", "lists")),
        None => "not known, for the lists were not read whole".to_owned(),
    }
}

fn last_sign_in(last: &LastSignIn) -> String {
    match last {
        LastSignIn::At(time) => day(*time),
        LastSignIn::NoneSeen | LastSignIn::Unknown(_) => phrases::last_sign_in(last),
    }
}

fn home(home: Home) -> &'static str {
    match home {
        Home::ThisTenant => "of this tenant",
        Home::OtherTenant => "of another tenant",
        Home::Microsoft => "one of Microsoft's own",
        Home::ManagedIdentity => "a managed identity",
        Home::Unknown => "home unknown",
    }
}

/// One verdict: what, how sure, on what grounds, and what to do.
fn judged(index: &Index<'_>, profile: Option<&ApplicationProfile>, verdict: &Verdict) -> Markup {
    let own: Vec<&String> = verdict.reasons.iter().filter(|reason| !index.cases.is_common(reason)).collect();
    html! {
        div class="verdict" {
            h4 { (marks::tile(verdict.kind, verdict.confidence)) (plain_workload(&verdict.workload)) ": " (verdict.kind.word()) }
            @match index.cases.case(verdict) {
                Some(case) => {
                    (timeline::timeline(index, profile, verdict, &html! { (verdict.grade.word()) " · " a href={ "#g" (case) } { "case " (case) } " · " }))
                    (sentences(&own, None))
                },
                None => {
                    p { (measures(verdict)) " · " (seen(index, verdict)) } (next(verdict)) (timeline::timeline(index, profile, verdict, &html! {})) (sentences(&own, None))
                    (rest(index, verdict))
                },
            }
        }
    }
}

/// What was seen of it in the window, and how sure that is.
fn seen(index: &Index<'_>, verdict: &Verdict) -> Markup {
    let assessment = index.assessment;
    let seen = |number| known::seen(assessment, Dataset::AuditEvents, number);
    let refused = known::seen(assessment, Dataset::ApprovalRequests, verdict.blocked_calls);
    html! {
        (verdict.grade.word()) " · writes " (seen(verdict.writes))
        @if verdict.failed_writes > 0 { " · failed " (seen(verdict.failed_writes)) }
        @if refused != Count::Exactly(0) { " · refused " (refused) }
    }
}

/// What a verdict may have in common with others: how sure, the gate, what to do, grounds, doubts, and ways out.
pub(super) fn shared(index: &Index<'_>, verdict: &Verdict) -> Markup {
    let common: Vec<&String> = verdict.reasons.iter().filter(|reason| index.cases.is_common(reason)).collect();
    html! { p { (measures(verdict)) } (next(verdict)) (sentences(&common, None)) (rest(index, verdict)) }
}

fn measures(verdict: &Verdict) -> Markup {
    let statuses: Vec<String> = verdict.expected_status.iter().map(ToString::to_string).collect();
    html! {
        (verdict.confidence.word()) " confidence · gate " (verdict.gate.word()) " · exclusion " (verdict.exclusion.word())
        @if !verdict.platforms.is_empty() { " · platforms " (short(&phrases::platforms(&verdict.platforms).replace(';', ", "), 200)) }
        @if !statuses.is_empty() { " · expect status " (statuses.join(", ")) }
        @if let Some(today) = verdict.today.filter(|today| *today != verdict.kind) { " · without the plan " strong { (today.word()) } }
    }
}

fn next(verdict: &Verdict) -> Markup {
    html! { @if !verdict.next_step.is_empty() { p class="next" { strong { "Next: " } (words(&verdict.next_step)) } } }
}

/// Doubts and ways out.
fn rest(index: &Index<'_>, verdict: &Verdict) -> Markup {
    html! {
        (sentences(&verdict.doubts.iter().collect::<Vec<_>>(), Some("doubt")))
        @if !verdict.ways_out.is_empty() { ul class="ways" { @for way in &verdict.ways_out { (way_out(index, way)) } } }
    }
}

fn sentences(sentences: &[&String], class: Option<&str>) -> Markup {
    html! {
        @if !sentences.is_empty() {
            ul class=[class] {
                @for sentence in sentences.iter().take(SENTENCES) { li { (words(sentence)) } }
                @if sentences.len() > SENTENCES { li { (sentences.len() - SENTENCES) " more in assessment.json" } }
            }
        }
    }
}

fn way_out(index: &Index<'_>, way: &WayOut) -> Markup {
    html! {
        li {
            @match way.kind {
                WayKind::Adopt => (adopt(index, way)),
                WayKind::Exclude | WayKind::Remove => (words(&way.summary)),
            }
            @if !way.room.is_empty() { " (" (rooms(&way.room)) ")" }
        }
    }
}

fn adopt(index: &Index<'_>, way: &WayOut) -> Markup {
    html! {
        a href="#adopt" { "adopt the approval flow" }
        @if let Some(list) = index.request_list(&way.requests) {
            " for " a href={ "#q" (list) } { "these " (way.requests.len()) " requests" }
        } @else if !way.requests.is_empty() { " for" (copyable(&way.requests)) }
    }
}

/// How much room each policy has.
fn rooms(rooms: &[Room]) -> Markup {
    html! {
        @for (at, room) in rooms.iter().take(SENTENCES).enumerate() {
            @if at > 0 { "; " }
            (plain_name(phrases::named(&room.policy, room.policy_id.as_str()))) ": "
            @if !room.whole { "at least " } (room.listed) " of " (Room::MOST) " places taken"
        }
        @if rooms.len() > SENTENCES { "; " (rooms.len() - SENTENCES) " more policies in assessment.json" }
    }
}

/// Lines to be copied; the script puts a button beside them.
fn copyable(lines: &[String]) -> Markup {
    html! {
        pre { code { @for (at, line) in lines.iter().take(SENTENCES).enumerate() { @if at > 0 { "\n" } (words(line)) } } }
        @if lines.len() > SENTENCES { p class="quiet" { (lines.len() - SENTENCES) " more in assessment.json" } }
    }
}

fn permissions(profile: &ApplicationProfile) -> Markup {
    let held = profile.permissions.seen().map(Vec::as_slice).unwrap_or_default();
    html! {
        h4 { "Permissions" }
        @if held.is_empty() && profile.permissions.gap().is_none() { p { "None." } }
        @if !held.is_empty() {
            ul class="perms" {
                @for permission in held.iter().take(PERMISSIONS) {
                    li { (code(&permission.name)) " since " (optional_day(permission.granted, "a day not known")) }
                }
                @if held.len() > PERMISSIONS { li { (held.len() - PERMISSIONS) " more in assessment.json" } }
            }
        }
        @if let Some(gap) = profile.permissions.gap() { p class="unknown" { "Unknown: permissions (" (short(&gap.to_string(), 200)) ")" } }
    }
}

/// What it filed for approval, as far as the service still shows it.
fn requests(now: DateTime<Utc>, requests: &[&Request]) -> Markup {
    html! {
        @if !requests.is_empty() {
            h4 { "Approval requests of its own" }
            ul class="keys" {
                @for request in requests.iter().take(SENTENCES) {
                    li {
                        (short(request.status.as_deref().unwrap_or("status unknown"), 40))
                        @for workload in &request.workloads { ", " (plain_workload(workload)) }
                        ", filed " (optional_day(request.requested, "on a day not known"))
                        @if let Some(expires) = request.expires { (if expires < now { ", ran out " } else { ", runs out " }) (day(expires)) }
                    }
                }
                @if requests.len() > SENTENCES { li { (requests.len() - SENTENCES) " more in Intune" } }
            }
        }
    }
}

/// What the ways out of all automations have in common.
fn ways(index: &Index<'_>) -> Markup {
    let all = || index.assessment.verdicts.iter().flat_map(|verdict| &verdict.ways_out);
    let Some(adopt) = all().find(|way| way.kind == WayKind::Adopt) else { return html! {} };
    let first = ["POST /deviceAppManagement/mobileApps".to_owned(), "x-msft-approval-justification: <why, in Base64>".to_owned()];
    let again = ["POST /deviceAppManagement/mobileApps".to_owned(), "x-msft-approval-code: <the code of the 412>".to_owned()];
    html! {
        div id="adopt" class="panel" {
            h3 { "How to adopt the approval flow" }
            p { (words(&super::foreign::sentence(&adopt.summary))) }
            p { "For example, first" } (copyable(&first)) p { "and, once it is approved, the same call with" } (copyable(&again))
        }
        @if !index.request_lists.is_empty() {
            div class="panel" {
                h3 { "Requests that have to adopt it" }
                p class="quiet" { "An audit event names no URL, only verb and type, so several requests may fit what was seen." }
                @for (at, list) in index.request_lists.iter().enumerate() {
                    div id={ "q" (at + 1) } { h4 { "List " (at + 1) ", " (counted(list.len(), "request", "requests")) } (copyable(list)) }
                }
            }
        }
    }
}
