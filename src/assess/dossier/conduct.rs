//! How an application signs in, and what it was seen doing.

use super::super::applications::reported_sign_in;
use super::super::explain::time;
use super::super::model::{ApplicationProfile, Key, LastSignIn};
use super::super::scripts;
use super::super::verdicts::{Case, Context};
use super::super::words::{Home, KeyKind, LinkKind};
use super::{Link, Statement, read, said};
use crate::catalogue::Sure;
use crate::evidence::{Observation, ObservedOutcome, Scripted, Source, total};
use crate::snapshot::{Area, Dataset, SignInTime};
use std::collections::BTreeMap;

/// Most keys and activities that are listed one by one.
const MOST: usize = 12;

pub(super) fn sign_in(context: &Context<'_>, profile: &ApplicationProfile, unmapped: Option<&BTreeMap<String, u64>>) -> Link {
    let mut statements = vec![reported(context, profile)];
    statements.push(match profile.delegated_sign_in {
        Some(at) => read(format!("last sign-in for a person through it: {}", time(at)), Dataset::SignInActivity),
        None => read("no sign-in for a person through it on record", Dataset::SignInActivity),
    });
    if matches!(profile.last_sign_in, LastSignIn::Unknown(_)) {
        statements.truncate(1);
    }
    statements.extend(raw(context, profile));
    let keys = profile.keys.seen().into_iter().flatten();
    let federated = profile.federated.seen().into_iter().flatten();
    let all: Vec<&Key> = keys.chain(federated).collect();
    statements.extend(all.iter().take(MOST).map(|held| key(context, profile, held)));
    if all.len() > MOST {
        statements.push(said(format!("{} more keys: see credentials.csv", all.len() - MOST), ""));
    }
    let gaps = [(&profile.keys, "secrets and certificates"), (&profile.federated, "federated credentials")];
    for (held, what) in gaps {
        statements.extend(held.gap().map(|gap| read(format!("its {what} are not all known: {gap}"), Dataset::Applications)));
    }
    if all.is_empty() && profile.keys.gap().is_none() && profile.federated.gap().is_none() {
        let text =
            if profile.home == Home::ManagedIdentity { "its key is held and renewed by Azure" } else { "it has no key to sign in with" };
        statements.push(read(text, Dataset::Applications));
    }
    if let Some(unmapped) = unmapped {
        let listed: Vec<String> = unmapped.iter().take(MOST).map(|(activity, events)| format!("{activity} ({events})")).collect();
        let rest = if unmapped.len() > MOST { ", and more in assessment.json" } else { "" };
        let text = format!("it did what belongs to no known workload, and is not judged: {}{rest}", listed.join(", "));
        statements.push(read(text, Dataset::AuditEvents));
    }
    Link { kind: LinkKind::SignIn, statements }
}

/// The last sign-in as itself by the activity report.
fn reported(context: &Context<'_>, profile: &ApplicationProfile) -> Statement {
    let text = match reported_sign_in(context.directory, &profile.app_id) {
        LastSignIn::At(at) if at > *context.window.end() => {
            format!("last sign-in as itself: {}, after the clock of this run: the clocks differ", time(at))
        }
        LastSignIn::At(at) => format!("last sign-in as itself: {}", time(at)),
        LastSignIn::NoneSeen if profile.home == Home::Microsoft => "sign-ins of Microsoft's own applications are not reported".to_owned(),
        LastSignIn::NoneSeen => "no sign-in as itself on record".to_owned(),
        LastSignIn::Unknown(gap) => format!("its sign-ins are not known: {gap}"),
    };
    read(text, Dataset::SignInActivity)
}

/// What the raw sign-ins say, where they were asked for.
fn raw(context: &Context<'_>, profile: &ApplicationProfile) -> Option<Statement> {
    let coverage = context.directory.snapshot.coverage_of(Dataset::SignIns);
    if coverage.is_skipped() {
        return None;
    }
    let rows = context.directory.sign_ins(&profile.app_id);
    let (succeeded, failed) = rows.iter().fold((0_u64, 0_u64), |sum, row| (sum.0 + row.succeeded, sum.1 + row.failed));
    let reported = reported_sign_in(context.directory, &profile.app_id);
    let text = match (succeeded, coverage.gap()) {
        (0, Some(gap)) => format!("raw sign-ins could not be read in full: {gap}"),
        (0, None) if failed == 0 => "raw sign-ins agree: none".to_owned(),
        (0, None) => format!("raw sign-ins: none succeeded, {failed} failed"),
        (count, _) => {
            let contradicts = if reported == LastSignIn::NoneSeen { ", which the activity report does not show" } else { "" };
            let span = rows.iter().map(|row| row.first).min().zip(rows.iter().map(|row| row.last).max());
            let span = span.map(|(first, last)| format!(", between {} and {}", time(first), time(last))).unwrap_or_default();
            format!("raw sign-ins as itself: {count} succeeded, {failed} failed{span}{contradicts}")
        }
    };
    Some(read(text, Dataset::SignIns))
}

fn key(context: &Context<'_>, profile: &ApplicationProfile, key: &Key) -> Statement {
    let kind = match key.kind {
        KeyKind::Secret => "client secret",
        KeyKind::Certificate => "certificate",
        KeyKind::Federated => "federated credential",
    };
    let end = match (key.end, key.expired) {
        (Some(end), Some(true)) => format!(", ran out on {}", time(end)),
        (Some(end), _) => format!(", valid until {}", time(end)),
        (None, _) => String::new(),
    };
    let used = context.directory.credential_uses(&profile.app_id);
    let mine = used.iter().find(|activity| activity.key_id.eq_ignore_ascii_case(&key.key_id));
    let unread = !context.directory.is_complete(Dataset::CredentialActivity);
    let use_of_it = match (key.last_used, mine.map(|activity| activity.last_sign_in)) {
        (Some(at), _) => format!(", last used on {}", time(at)),
        (None, Some(SignInTime::Unreadable)) => ", used at a time that is not readable".to_owned(),
        (None, _) if unread => ", whether it is used is not known".to_owned(),
        (None, _) => ", no use on record".to_owned(),
    };
    let holder = key.held_on.word().replace('-', " ");
    let from = format!("{}, {}", Dataset::Applications, Dataset::CredentialActivity);
    said(format!("{kind} {} on its {holder}{end}{use_of_it}", key.key_id), from)
}

/// What it was seen doing on the workload, a line for each kind of thing.
pub(super) fn observed(context: &Context<'_>, case: &Case<'_>) -> Link {
    let mut statements: Vec<Statement> = case.seen.iter().map(|seen| observation(context, seen)).collect();
    let scripts = scripted(case);
    statements.sort_by(|a, b| a.text.cmp(&b.text));
    let rest = statements.len().saturating_sub(MOST);
    statements.truncate(MOST);
    if rest > 0 {
        statements.push(said(format!("{rest} more kinds of operation"), ""));
    }
    let days = (*context.window.end() - *context.window.start()).num_days();
    if statements.is_empty() {
        let text = match context.directory.gap(Dataset::AuditEvents) {
            None => format!("not seen writing it since {}", time(context.directory.snapshot.audit_since)),
            Some(gap) => format!("not seen writing it, but audit events could not be read in full: {gap}"),
        };
        statements.push(read(text, Dataset::AuditEvents));
        statements.extend(not_in_logs(context));
    } else {
        let text = format!("in the window of {days} days: {} succeeded, {} failed", case.situation.writes, case.failed_writes);
        statements.push(if case.seen.iter().any(|seen| seen.source == Source::ActivityLog) {
            said(format!("{text}; what two sources saw is counted once"), format!("{}, {}", Dataset::AuditEvents, Area::ActivityLogs))
        } else {
            read(text, Dataset::AuditEvents)
        });
        if let Some(gap) = context.directory.gap(Dataset::AuditEvents) {
            statements.push(read(format!("audit events could not be read in full, so there may be more: {gap}"), Dataset::AuditEvents));
        }
    }
    if case.seen.iter().any(|seen| seen.outcome == ObservedOutcome::Unfinished) {
        let text = "where publishing is gated, the draft of an app is let through and the commit of its file refused, so an app that was \
                    never published may be the trace of that (inferred); one made before the gate is none";
        statements.push(said(text, format!("{}, {}", Dataset::AuditEvents, Dataset::UnfinishedApps)));
    }
    if let Some(fall) = case.fall {
        let (before, after) = (fall.before, fall.after);
        let text = format!(
            "its writes fell when the gate came to hold on {}: {} in the {} days before, {} in the {} since. A refused call may leave no \
             event, so this may be the trace of refusals (inferred); alone it decides nothing",
            time(fall.at),
            before.0,
            before.1,
            after.0,
            after.1
        );
        statements.push(read(text, Dataset::AuditEvents));
    }
    statements.extend(scripts);
    Link { kind: LinkKind::Observed, statements }
}

/// What stands in its scripts, a line for each call.
fn scripted(case: &Case<'_>) -> Vec<Statement> {
    let line = |found: &&Scripted| {
        let text = format!(
            "its script writes it: {}, signs in as {}, {}, {} once it is gated",
            scripts::place(found),
            found.sign_in,
            found.confidence.word().replace('-', " "),
            found.expectation.word().replace('-', " ")
        );
        said(format!("{text}; it is its script {}", found.joined.words()), Area::Scripts.name())
    };
    let mut statements: Vec<Statement> = case.scripted.iter().take(MOST).map(line).collect();
    if case.scripted.len() > MOST {
        statements.push(said(format!("{} more calls in its scripts", case.scripted.len() - MOST), Area::Scripts.name()));
    }
    statements
}

/// That the activity logs show nothing either, as far as they were given.
fn not_in_logs(context: &Context<'_>) -> Option<Statement> {
    let coverage = context.directory.snapshot.coverage_of_logs();
    let text = match coverage.gap() {
        None => "not seen calling for it in the activity logs that were given".to_owned(),
        Some(_) if coverage.is_skipped() => return None,
        Some(gap) => format!("not seen calling for it in activity logs, but they could not be read in full: {gap}"),
    };
    Some(said(text, Area::ActivityLogs.name()))
}

fn observation(context: &Context<'_>, seen: &Observation) -> Statement {
    let outcome = match seen.outcome {
        ObservedOutcome::Written => "succeeded",
        ObservedOutcome::Unfinished => "succeeded, but the app was never published",
        ObservedOutcome::Begun => "succeeded, as the first of several steps",
        ObservedOutcome::Failed => "failed",
        ObservedOutcome::Refused => "ended as a refusal does, and as other mistakes do",
        ObservedOutcome::Unclear => "ended in a way that is not recorded",
        ObservedOutcome::Blocked if seen.source == Source::ActivityLog => "refused for want of approval",
        ObservedOutcome::Blocked => "rejected or run out",
        ObservedOutcome::Pending => "waiting",
        ObservedOutcome::Approved => "completed",
    };
    let platform = seen.platform.as_ref().map(|platform| format!(" for {platform}", platform = platform.word())).unwrap_or_default();
    let times = seen.times();
    let (first, last) =
        (times.first().map(|one| time(one.at)).unwrap_or_default(), times.last().map(|one| time(one.at)).unwrap_or_default());
    let span = if seen.count() == 1 { format!("on {first}") } else { format!("between {first} and {last}") };
    let ahead = total(times.get(times.partition_point(|one| one.at <= *context.window.end())..).unwrap_or_default());
    let ahead = if ahead > 0 { format!("; {ahead} after the clock of this run are not counted: the clocks differ") } else { String::new() };
    let object = seen.object.as_ref().map(|object| format!(": {object}")).unwrap_or_default();
    let text = format!("{}{platform}: {} {outcome}, {span}{ahead}{object}", seen.operation, seen.count());
    let inferred = if seen.sure == Sure::Inferred { "; that this activity writes the workload is inferred" } else { "" };
    match seen.source {
        Source::AuditEvent if seen.outcome == ObservedOutcome::Unfinished => {
            said(format!("{text}{inferred}"), format!("{}, {}", Dataset::AuditEvents, Dataset::UnfinishedApps))
        }
        Source::AuditEvent => read(format!("{text}{inferred}"), Dataset::AuditEvents),
        Source::ApprovalRequest => read(text, Dataset::ApprovalRequests),
        Source::ActivityLog => {
            let inferred = if seen.sure == Sure::Inferred { "; that this operation writes the workload is inferred" } else { "" };
            said(format!("{text}{inferred}"), Area::ActivityLogs.name())
        }
    }
}
