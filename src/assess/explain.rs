//! The words of a verdict: what it rests on, what lowers its confidence, what to do.

use super::as_of;
use super::decision::{SignsIn, Views};
use super::fall::Fall;
use super::model::{Exclusion, Known, LastSignIn};
use super::scripts;
use super::verdicts::{Case, Context, Right};
use super::words::{Confidence, ExclusionSource, ExclusionState, GateState, Home, InForce, VerdictKind};
use crate::catalogue::{Sure, Workload};
use crate::snapshot::{Dataset, Gap};
use chrono::{DateTime, SecondsFormat, Utc};

/// No public schema has the list of exclusions; where it is found, it is found by its content (facts/maa.md section 2).
const INFERRED: &str = "that this member of the policy lists its exclusions is inferred: no published schema has it";

/// Confidence, and the sentences that lowered it. It starts high; each doubt takes one step, some take it all.
pub(super) fn doubts(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind) -> (Confidence, Vec<String>) {
    let mut doubt = Doubt { confidence: Confidence::High, sentences: Vec::new() };
    match kind {
        VerdictKind::Unknown => doubt.all("the access policies could not be read in full"),
        VerdictKind::NotGated => no_gate(context, case, &mut doubt),
        _ => gate(context, case, kind, &mut doubt),
    }
    evidence(context, case, kind, &mut doubt);
    if case.concern.state == GateState::Planned && !case.concern.policies.is_empty() && planned_only(case) {
        let known = as_of::by_then(context.plan, &case.concern.policies, case.profile, *context.window.end());
        known.into_iter().for_each(|sentence| doubt.note(sentence));
    }
    (doubt.confidence, doubt.sentences)
}

struct Doubt {
    confidence: Confidence,
    sentences: Vec<String>,
}

impl Doubt {
    /// One step less sure.
    fn step(&mut self, sentence: impl Into<String>) {
        self.confidence = match self.confidence {
            Confidence::High => Confidence::Medium,
            Confidence::Medium | Confidence::Low => Confidence::Low,
        };
        self.sentences.push(sentence.into());
    }

    /// As sure as before, but worth knowing.
    fn note(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    /// As unsure as can be.
    fn all(&mut self, sentence: impl Into<String>) {
        self.confidence = Confidence::Low;
        self.sentences.push(sentence.into());
    }
}

fn no_gate(context: &Context<'_>, case: &Case<'_>, doubt: &mut Doubt) {
    if !case.concern.elsewhere.is_empty() {
        doubt.step("judged by the platforms of the writes seen; writes to a platform that is gated would be refused");
        if !context.directory.is_complete(Dataset::AuditEvents) {
            doubt.step("audit events could not be read in full, so it may have written to a platform that is gated");
        }
        if logs_cut(context) {
            doubt.step("activity logs could not be read in full, so it may have written to a platform that is gated");
        }
    }
    if !context.directory.is_complete(Dataset::AccessPolicies) {
        doubt.step("the access policies could not be read in full, so another one may gate it");
    }
    if context.unknown_gates {
        doubt.step("an access policy of a type that maascan does not know may gate it");
    }
}

fn gate(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind, doubt: &mut Doubt) {
    if plan_over_unread(context, case) {
        doubt.step("the access policies could not be read in full, so a gate may be there already");
    }
    let sure = context.catalogue.workload(case.workload).map(|facts| facts.app_only);
    if sure.is_none_or(|sure| sure == Sure::Inferred) {
        doubt.step("that this workload is enforced for app-only calls is inferred, not documented");
    }
    if case.concern.policies.iter().any(|policy| policy.in_force == InForce::Unknown) {
        doubt.step("whether the policy is in force cannot be told: approval requests could not be read");
    }
    if case.concern.policies.iter().any(|policy| policy.approver_groups.as_ref().is_some_and(Vec::is_empty)) {
        doubt.step("a policy without approver groups may not gate");
    }
    if case.concern.platform_unclear {
        doubt.step("the gate covers some platforms only, and the platform of its writes is not known");
    }
    exclusion(context, case, kind, doubt);
    if kind == VerdictKind::Blocked && case.only_refused {
        doubt.all("its calls end in 400, 403 or 409 behind the gate, as refusals do, but other mistakes end so too, and none was 412");
    }
    if kind == VerdictKind::Blocked && case.situation.blocked == 0 {
        let what = if case.situation.unfinished_behind_gate > 0 {
            "apps that it began since the gate is in force were never published"
        } else {
            "its writes fail since the gate is in force"
        };
        doubt.all(format!("{what}; the audit log does not say why"));
    }
}

fn exclusion(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind, doubt: &mut Doubt) {
    match (kind, case.situation.exclusion) {
        (VerdictKind::Handshake, _) | (VerdictKind::Blocked, ExclusionState::NotListed) => {}
        (VerdictKind::Passes, _) => doubt.all("an exclusion that cannot be read, or a gate that does not hold: verify"),
        (_, ExclusionState::Unknown) if case.exclusions.iter().any(|row| row.disputed) => {
            doubt.all("sources disagree on whether it is excluded: exclusions.csv has what each says");
        }
        (_, ExclusionState::Unknown) => doubt.step("exclusions unknown: not every policy shows whom it excludes"),
        (_, ExclusionState::Partly) => doubt.step("excluded by some of the policies only"),
        (_, ExclusionState::NotListed) if case.concern.policies.is_empty() => {}
        (_, ExclusionState::NotListed) if planned_only(case) => {}
        (_, ExclusionState::Excluded) => told_by(context, case, doubt),
        (_, ExclusionState::NotListed) => doubt.step(INFERRED),
    }
    if kind == VerdictKind::Excluded && !context.directory.is_complete(Dataset::AccessPolicies) {
        doubt.step("the access policies could not be read in full, so one that does not exclude it may gate it too");
    }
}

/// Every gate concerned is the user's own plan, and with it its exclusions.
fn planned_only(case: &Case<'_>) -> bool {
    case.concern.policies.iter().all(|policy| policy.planned)
}

/// How sure an exclusion is by who says so. Each policy counts by its best source.
fn told_by(context: &Context<'_>, case: &Case<'_>, doubt: &mut Doubt) {
    let real = || {
        case.exclusions.iter().filter(|row| case.concern.policies.iter().any(|policy| !policy.planned && policy.policy_id == row.policy_id))
    };
    if real().any(|row| row.sources.contains(&ExclusionSource::Policy)) {
        doubt.step(INFERRED);
    }
    if real().all(|row| row.sources.contains(&ExclusionSource::Policy)) {
        return;
    }
    doubt.step("the policy does not show whom it excludes; an approval request, the audit log or the user's file does");
    if !context.directory.is_complete(Dataset::AuditEvents) {
        doubt.step("audit events could not be read in full, so it may have been taken off the list since");
    }
}

fn evidence(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind, doubt: &mut Doubt) {
    right(case, doubt);
    if matches!(kind, VerdictKind::Breaks | VerdictKind::Passes) {
        told_by_inference(case, doubt);
    }
    let rests_on_silence = matches!(kind, VerdictKind::AtRisk | VerdictKind::Dormant);
    if rests_on_silence && !context.directory.is_complete(Dataset::AuditEvents) {
        doubt.step("audit events could not be read in full, so it may have written");
    }
    if rests_on_silence && logs_cut(context) {
        doubt.step("activity logs could not be read in full, so it may have written or been refused");
    }
    if matches!(kind, VerdictKind::Breaks | VerdictKind::Passes) && logs_cut(context) {
        doubt.step("activity logs could not be read in full, so calls may have been refused");
    }
    if rests_on_silence && case.situation.signs_in == SignsIn::Unknown && !case.situation.disabled {
        doubt.step("its sign-ins are not known");
    }
    if rests_on_silence {
        silence(context, case, kind, doubt);
    }
    if rests_on_silence || matches!(kind, VerdictKind::Breaks | VerdictKind::Passes) {
        requests(context, case, rests_on_silence, doubt);
    }
}

/// One step, whichever source it is.
fn told_by_inference(case: &Case<'_>, doubt: &mut Doubt) {
    match (case.vocabulary, case.operations) {
        (Some(Sure::Inferred), _) => {
            doubt.step("the name of its audited activity is assigned to this workload by inference");
        }
        (_, Some(Sure::Inferred)) => doubt.step("that the path it called, by the activity logs, writes this workload is inferred"),
        _ => {}
    }
}

/// Activity logs were given and not read whole. That none were given is no gap: verdicts are then told by the rest.
fn logs_cut(context: &Context<'_>) -> bool {
    let logs = context.directory.snapshot.coverage_of_logs();
    !logs.is_complete() && !logs.is_skipped()
}

/// What speaks against the silence on which a verdict rests.
fn silence(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind, doubt: &mut Doubt) {
    if case.fall.is_some() {
        doubt.note(
            "its writes fell when the gate came into force: it may be blocked already, for a refused call may leave no audit event"
                .to_owned(),
        );
    }
    if kind != VerdictKind::Dormant || case.situation.disabled {
        return;
    }
    if let Some(used) = context.directory.last_key_use(&case.profile.app_id).filter(|used| used >= context.window.start()) {
        doubt.step(format!("a key of its own was used on {}, though the report shows no sign-in as itself in the window", time(used)));
    }
    let raw = context.directory.snapshot.coverage_of(Dataset::SignIns);
    if !raw.is_complete() && !raw.is_skipped() {
        doubt.step("raw sign-ins were asked for and could not be read in full, so one may be missing from the report");
    }
}

/// Requests of its own would have made it `handshake` or `blocked`. A few that name nobody weigh less than writes that were seen.
fn requests(context: &Context<'_>, case: &Case<'_>, rests_on_silence: bool, doubt: &mut Doubt) {
    if !context.directory.is_complete(Dataset::ApprovalRequests) {
        doubt.step("approval requests could not be read in full, so it may have filed some");
    }
    let on = |workload: &Workload| context.unattributed.get(workload).copied().unwrap_or_default();
    let nobodys: u64 =
        context.unattributed.keys().filter(|kind| *kind == case.workload || matches!(kind, Workload::Unknown(_))).map(on).sum();
    let sentence = format!("approval requests that do not say who filed them, or when: {nobodys}");
    match (nobodys, rests_on_silence) {
        (0, _) => {}
        (_, true) => doubt.step(sentence),
        (_, false) => doubt.note(sentence),
    }
    if case.unclear > 0 {
        doubt.step(format!("operations of its own of which it is not known how they ended: {}", case.unclear));
    }
}

fn right(case: &Case<'_>, doubt: &mut Doubt) {
    match (case.right, &case.profile.permissions) {
        (Right::Primary, _) => {}
        (Right::Possible, _) => doubt.all("the permission it holds writes this workload according to some sources only"),
        (Right::None, Known::Yes(_)) if case.seen.is_empty() => {
            doubt.all("it holds no permission for what its script writes: a role may let it, or the script is not its own");
        }
        (Right::None, Known::Yes(_)) if case.situation.writes == 0 => {
            doubt.all("it holds no permission for this workload any more, and did not write it in the window");
        }
        (Right::None, Known::Yes(_)) => doubt
            .step("no permission that it holds explains its writes: a directory role, an Intune role, or a permission since taken away"),
        (Right::None, Known::Partly(_, gap) | Known::No(gap)) => doubt.step(format!("its permissions are not known: {gap}")),
    }
}

/// What a verdict rests on, a sentence each.
pub(super) fn reasons(case: &Case<'_>, kind: VerdictKind) -> Vec<String> {
    let mut reasons = vec![gate_reason(case)];
    reasons.extend(exclusion_reason(case));
    reasons.extend(
        case.removed.map(|removed| format!("taken off a list of exclusions on {}; what it did before says nothing", time(removed))),
    );
    reasons.extend(evidence_reasons(case));
    reasons.extend(scripts::reason(&case.scripted));
    reasons.extend(case.fall.map(fall_reason));
    if kind == VerdictKind::Dormant && case.situation.disabled {
        reasons.push("it cannot get a token: disabled".to_owned());
    }
    reasons
}

fn gate_reason(case: &Case<'_>) -> String {
    let names: Vec<&str> = case.concern.policies.iter().map(|policy| policy.name.as_str()).collect();
    let named = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    match case.concern.state {
        GateState::InForce if names.is_empty() => "access policies are always protected".to_owned(),
        GateState::InForce => match case.concern.policies.iter().filter_map(|policy| Some((policy.since?, policy.since_exact))).min() {
            Some((since, true)) => format!("gate in force since {}{named}", time(since)),
            Some((since, false)) => format!("gate in force, at the latest since its last change on {}{named}", time(since)),
            None => format!("gate in force, since when is not known{named}"),
        },
        GateState::Planned if names.is_empty() => "judged as if it were gated".to_owned(),
        GateState::Planned if planned_only(case) => format!("judged as if it were gated{named}"),
        GateState::Planned => format!("gate listed but not completed{named}"),
        GateState::None if !case.concern.elsewhere.is_empty() => "gated for other platforms only".to_owned(),
        GateState::None => "no access policy for this workload".to_owned(),
        GateState::Unknown => "whether an access policy gates it could not be read".to_owned(),
    }
}

fn exclusion_reason(case: &Case<'_>) -> Option<String> {
    let by: Vec<String> = case.exclusions.iter().map(|row| format!("{} ({})", row.policy, sources(row))).collect();
    match case.situation.exclusion {
        ExclusionState::Unknown if !by.is_empty() => {
            Some(format!("excluded according to {}, but sources disagree or other lists are unknown", by.join(", ")))
        }
        ExclusionState::Excluded => Some(format!("excluded by {}", by.join(", "))),
        ExclusionState::Partly => Some(format!("excluded by {} but not by every policy", by.join(", "))),
        ExclusionState::NotListed | ExclusionState::Unknown => None,
    }
}

fn sources(row: &Exclusion) -> String {
    row.sources.iter().map(|source| source.word()).collect::<Vec<_>>().join(", ")
}

fn evidence_reasons(case: &Case<'_>) -> Vec<String> {
    let situation = &case.situation;
    let mut reasons = Vec::new();
    if let (Some(first), Some(last)) = (case.first_write, case.last_write) {
        let behind = situation.writes_behind_gate;
        let total = written(case);
        reasons.push(format!("{total} between {} and {}, {behind} of them behind the gate", time(first), time(last)));
    }
    let counts = [
        (case.failed_writes, "failed write"),
        (situation.refusals.recorded, "approval request rejected or expired"),
        (case.pending, "approval request waiting"),
        (situation.approved, "approval request completed"),
    ];
    reasons.extend(counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(count, what)));
    reasons.extend(refused_reason(situation.refusals.logged));
    reasons.extend(unfinished_reason(situation.unfinished_behind_gate));
    reasons.push(match &case.profile.last_sign_in {
        LastSignIn::At(at) => format!("last sign-in as itself: {}", time(*at)),
        LastSignIn::NoneSeen if case.profile.home == Home::Microsoft => {
            "sign-ins of Microsoft's own applications are not reported".to_owned()
        }
        LastSignIn::NoneSeen => match case.profile.delegated_sign_in {
            Some(at) => format!("no sign-in as itself on record; for people it signed in, last on {}", time(at)),
            None => "no sign-in as itself on record".to_owned(),
        },
        LastSignIn::Unknown(gap) => format!("sign-ins could not be read: {gap}"),
    });
    reasons
}

/// Successful writes with the sources that show them; what both show is counted once.
fn written(case: &Case<'_>) -> String {
    let writes = case.situation.writes;
    match case.written {
        Views { logged: 0, .. } => counted(writes, "audited write"),
        Views { recorded: 0, .. } => counted(writes, "logged write"),
        Views { recorded, logged } => format!("{} (audit log {recorded}, activity logs {logged})", counted(writes, "seen write")),
    }
}

/// Calls that the activity logs show as refused.
fn refused_reason(calls: u64) -> Option<String> {
    match calls {
        0 => None,
        1 => Some("1 call refused, by the activity logs".to_owned()),
        _ => Some(format!("{calls} calls refused, by the activity logs")),
    }
}

/// Apps that were begun behind the gate and left.
fn unfinished_reason(apps: u64) -> Option<String> {
    match apps {
        0 => None,
        1 => Some("1 app that it began behind the gate was never published: the trace of a refused publish (inferred)".to_owned()),
        _ => Some(format!("{apps} apps that it began behind the gate were never published: the trace of refused publishes (inferred)")),
    }
}

fn fall_reason(fall: Fall) -> String {
    let (before, after) = (fall.before, fall.after);
    let was = counted(before.0, "audited write");
    format!(
        "fall in its writes since the gate held: {was} in the {} days before {}, {} in the {} days since",
        before.1,
        time(fall.at),
        after.0,
        after.1
    )
}

pub(super) fn counted(count: u64, what: &str) -> String {
    match (count, what.split_once(' ')) {
        (1, _) => format!("1 {what}"),
        (_, Some((adjective, "write"))) => format!("{count} {adjective} writes"),
        (_, Some(("approval", rest))) => format!("{count} approval {}", rest.replacen("request", "requests", 1)),
        _ => format!("{count} {what}"),
    }
}

pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What to do, one sentence.
pub(super) fn next_step(context: &Context<'_>, case: &Case<'_>, kind: VerdictKind) -> String {
    let text = match kind {
        VerdictKind::Unknown => return unread_step(context),
        VerdictKind::NotGated if !context.directory.is_complete(Dataset::AccessPolicies) => {
            "no gate seen for what it writes, but not every access policy could be read: see coverage.csv and scan again"
        }
        VerdictKind::NotGated => "nothing breaks; judge the workload as gated with --plan before a policy is made",
        VerdictKind::Excluded if case.situation.disabled => "take it off the list of exclusions: the application is disabled",
        VerdictKind::Excluded if case.situation.signs_in == SignsIn::NotInWindow => {
            "take it off the list of exclusions: it does not sign in"
        }
        VerdictKind::Excluded if case.situation.writes == 0 => "harden its sign-in and review the exclusion: it can write without approval",
        VerdictKind::Excluded => "harden its sign-in and review the exclusion: it writes without approval",
        VerdictKind::Handshake => "nothing: it completes its approval requests",
        VerdictKind::Blocked if case.situation.blocked == 0 && case.situation.unfinished_behind_gate > 0 => {
            "look for 400 and 412 in its own log where it commits the file of an app; adopt the approval flow, and clear away the apps left behind"
        }
        VerdictKind::Blocked if case.situation.blocked == 0 => {
            return format!("{}, none succeeded since the gate is in force: find out why", counted(case.failed_writes, "failed write"));
        }
        VerdictKind::Blocked => {
            let begin = scripts::step(&case.scripted);
            return format!("adopt the approval flow, or harden and then exclude it, or take the permission away{begin}");
        }
        VerdictKind::Passes => "look for it in the policy's Exclusions tab; if it is not there, test whether the gate holds",
        VerdictKind::Breaks if gone(context, case) => "it has no service principal in this tenant any more: find out what took its place",
        VerdictKind::Breaks if plan_over_unread(context, case) => {
            "adopt the approval flow, or harden and then exclude it; a gate may be in force already"
        }
        VerdictKind::Breaks => {
            let when = if case.concern.state == GateState::InForce { "now" } else { "before the gate comes into force" };
            return format!("adopt the approval flow {when}, or harden and then exclude it{}", scripts::step(&case.scripted));
        }
        VerdictKind::AtRisk if case.fall.is_some() => {
            "its writes fell when the gate came into force: look for 400 and 412 in its own log; if it still has to write, adopt the approval flow"
        }
        VerdictKind::AtRisk if !case.scripted.is_empty() => {
            let begin = scripts::step(&case.scripted);
            return format!("its script writes: ask its owner whether that still runs; if so, adopt the approval flow{begin}");
        }
        VerdictKind::AtRisk => "ask its owner whether it still writes; if not, take the permission away",
        VerdictKind::Dormant if case.situation.disabled => "take the permission away: the application is disabled",
        VerdictKind::Dormant if for_people_only(case) => {
            "take the application permission away: it signs in for people only, which needs delegated permissions"
        }
        VerdictKind::Dormant => "take the permission away: it does not sign in",
    };
    text.to_owned()
}

/// It signs in for people, and was never seen to sign in as itself.
fn for_people_only(case: &Case<'_>) -> bool {
    case.profile.delegated_sign_in.is_some() && case.profile.last_sign_in == LastSignIn::NoneSeen
}

/// Gated by a plan only, while a policy that could not be read may gate it already.
fn plan_over_unread(context: &Context<'_>, case: &Case<'_>) -> bool {
    let plan_only = case.concern.state == GateState::Planned && planned_only(case);
    plan_only && !context.directory.is_complete(Dataset::AccessPolicies)
}

/// It was seen writing, and the directory, read whole, has it no more.
fn gone(context: &Context<'_>, case: &Case<'_>) -> bool {
    case.profile.service_principal.is_none() && context.directory.is_complete(Dataset::ServicePrincipals)
}

fn unread_step(context: &Context<'_>) -> String {
    match context.directory.gap(Dataset::AccessPolicies) {
        Some(Gap::Permission { missing }) => format!("give the scan {missing} and run it again before relying on this row"),
        _ => "see coverage.csv for why the access policies could not be read; scan again before relying on this row".to_owned(),
    }
}
