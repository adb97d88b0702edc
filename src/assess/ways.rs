//! The ways out of a refusal: adopt the approval flow, exclude, or take the permission away.

use super::model::{Room, WayOut};
use super::verdicts::{Case, Context};
use super::words::{Home, KeyKind, VerdictKind, WayKind};
use crate::catalogue::{Gate as Held, Operation, Workload};
use crate::evidence::Observation;

/// Most requests that are named for one automation; the catalogue has the rest.
const MOST_REQUESTS: usize = 6;

/// The ways out; none where nothing is refused, or the automation does not act.
pub(super) fn ways_out(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind) -> Vec<WayOut> {
    match kind {
        VerdictKind::Blocked | VerdictKind::Breaks | VerdictKind::AtRisk => {
            [Some(adopt(context, case)), exclude(context, case), remove(case)].into_iter().flatten().collect()
        }
        VerdictKind::Dormant => remove(case).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn adopt(context: &Context<'_>, case: &Case<'_>) -> WayOut {
    let summary = "adopt the approval flow: send x-msft-approval-justification (Base64, at most 1024 characters), keep the \
        x-msft-approval-code of the 412, wait for the approval, and repeat the same call with that code instead";
    let requests = requests(context, case.workload, &case.seen);
    let text = |operation: &&Operation| format!("{} {}", operation.method.name(), operation.path);
    WayOut { requests: requests.iter().map(text).collect(), ..way(WayKind::Adopt, summary.to_owned()) }
}

fn way(kind: WayKind, summary: String) -> WayOut {
    WayOut { kind, summary, requests: Vec::new(), first: Vec::new(), permissions: Vec::new(), room: Vec::new() }
}

/// Protected operations that fit what was seen; else the first ones of the workload. An audit event names no URL, only verb
/// and type, so several may fit.
pub(super) fn requests<'a>(context: &Context<'a>, workload: &Workload, seen: &[&Observation]) -> Vec<&'a Operation> {
    let protected = || {
        let all = context.catalogue.operations().iter();
        all.filter(|operation| {
            operation.gate == Held::Gated && operation.same_effect_as.is_none() && operation.workloads.contains(workload)
        })
    };
    let fitting = |fits: fn(&Operation, &str) -> bool| -> Vec<&'a Operation> {
        let wanted = |operation: &&Operation| seen.iter().any(|seen| fits(operation, &seen.operation.to_ascii_lowercase()));
        protected().filter(wanted).take(MOST_REQUESTS).collect()
    };
    let mut found = fitting(|operation, activity| has_verb(operation, activity) && has_type(operation, activity));
    if found.is_empty() {
        found = fitting(has_verb);
    }
    if found.is_empty() { protected().take(MOST_REQUESTS).collect() } else { found }
}

/// Whether an activity, in lower case, begins with what the operation does: `patch mobileapp` updates.
fn has_verb(operation: &Operation, activity: &str) -> bool {
    let words: &[&str] = match operation.name.as_str() {
        "create" => &["create", "add"],
        "update" => &["update", "patch", "set", "put", "replace"],
        "delete" => &["delete", "remove"],
        other => return activity.starts_with(&other.to_ascii_lowercase()),
    };
    words.iter().any(|word| activity.starts_with(word))
}

/// Whether the last collection of the path is the type that an activity, in lower case, ends with: `mobileApps`, `mobileapp`.
fn has_type(operation: &Operation, activity: &str) -> bool {
    let segments = operation.path.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
    let collections: Vec<String> = segments.map(str::to_ascii_lowercase).collect();
    let action = operation.name.to_ascii_lowercase();
    let last = collections.iter().rev().find(|segment| **segment != action);
    last.is_some_and(|segment| activity.ends_with(&singular(segment)))
}

fn singular(plural: &str) -> String {
    plural.strip_suffix("ies").map_or_else(|| plural.trim_end_matches('s').to_owned(), |stem| format!("{stem}y"))
}

/// Excluding makes an application a way around the gate, so what must be better first is said with it. Access policies have no
/// exclusions from themselves, and a gate without a policy has no list.
fn exclude(context: &Context<'_>, case: &Case<'_>) -> Option<WayOut> {
    if *case.workload == Workload::OperationApprovalPolicy {
        return None;
    }
    let first = hardening(case);
    let not_yet = case.concern.policies.iter().filter(|policy| case.not_excluded_by().contains(&policy.policy_id));
    let room: Vec<Room> = not_yet.map(|policy| context.listed.room(policy)).collect();
    let full: Vec<&str> = room.iter().filter(|room| room.fits(1) == Some(false)).map(|room| room.policy.as_str()).collect();
    let limit = if full.is_empty() {
        String::new()
    } else {
        format!("; no room: {} of {} places taken in {}", Room::MOST, Room::MOST, full.join(", "))
    };
    let summary = format!("exclude it from the policy, but first: {}{limit}", first.join("; "));
    Some(WayOut { first, room, ..way(WayKind::Exclude, summary) })
}

fn remove(case: &Case<'_>) -> Option<WayOut> {
    let held = case.profile.permissions.seen().into_iter().flatten();
    let names: Vec<String> = held.filter(|held| held.primary.contains(case.workload)).map(|held| held.name.clone()).collect();
    let summary = format!("take the permission away, if it need not write: {}", names.join(", "));
    (!names.is_empty()).then(|| WayOut { permissions: names, ..way(WayKind::Remove, summary) })
}

/// What has to be better before an application may write without approval.
pub(super) fn hardening(case: &Case<'_>) -> Vec<String> {
    let mut first = key_steps(case);
    let held = case.profile.permissions.seen().into_iter().flatten();
    let others: Vec<&str> =
        held.filter(|permission| !permission.primary.contains(case.workload)).map(|permission| permission.name.as_str()).collect();
    if !others.is_empty() {
        first.push(format!("take away what it does not need: {}", others.join(", ")));
    }
    if first.is_empty() {
        first.push("record an owner, a reason and a date of review".to_owned());
    }
    first
}

fn key_steps(case: &Case<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    let keys = case.profile.keys.seen().into_iter().flatten();
    let secrets = keys.filter(|key| key.kind == KeyKind::Secret && key.expired != Some(true)).count();
    if secrets > 0 {
        steps.push(format!("replace its client secrets ({secrets}) by a certificate or a federated credential"));
    } else if let Some(gap) = case.profile.keys.gap() {
        steps.push(format!("find out which keys it signs in with ({gap})"));
    }
    let on_principal = case.profile.service_principal_keys.seen().is_some_and(|keys| !keys.is_empty());
    if on_principal && case.profile.home != Home::ManagedIdentity {
        steps.push("take the keys off its service principal".to_owned());
    }
    steps
}
