//! A verdict for each automation × workload: gathers what is known, decides, and says how sure and why.

use super::days;
use super::decision::{SignsIn, Situation, Views};
use super::directory::Directory;
use super::explain;
use super::fall::{Fall, fall};
use super::gates::{app_only_since, covered};
use super::model::{ApplicationProfile, Exclusion, Gate, LastSignIn, PlannedGate, PolicyGate, Verdict};
use super::needs::Listed;
use super::ways;
use super::words::{EvidenceGrade, ExclusionSource, ExclusionState, GateState, Home, InForce, VerdictKind};
use crate::catalogue::{Catalogue, Platform, Sure, Workload};
use crate::evidence::{Observation, ObservedOutcome, Scripted, Source, total};
use crate::snapshot::{AppId, Dataset, PolicyId};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What every verdict looks at.
pub(super) struct Context<'a> {
    pub(super) directory: &'a Directory<'a>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) gates: BTreeMap<&'a Workload, &'a Gate>,
    /// Exclusions by application.
    pub(super) exclusions: BTreeMap<AppId, Vec<&'a Exclusion>>,
    /// When applications were last taken off lists of exclusions, by policy.
    pub(super) removals: &'a BTreeMap<AppId, BTreeMap<PolicyId, DateTime<Utc>>>,
    /// How many applications each policy excludes.
    pub(super) listed: Listed<'a>,
    pub(super) planned: &'a BTreeSet<Workload>,
    /// Gates of the user's plan.
    pub(super) plan: &'a [PlannedGate],
    /// Approval requests by workload that may be anybody's.
    pub(super) unattributed: &'a BTreeMap<Workload, u64>,
    /// Writes in the scripts of each application.
    pub(super) scripts: &'a BTreeMap<AppId, Vec<Scripted>>,
    /// The evidence window (UTC).
    pub(super) window: RangeInclusive<DateTime<Utc>>,
    /// Whether the service shows policies of a type that this maascan does not know.
    pub(super) unknown_gates: bool,
}

/// How an automation comes to be listed under a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// It holds a permission that writes it.
    Primary,
    /// It holds a permission that may write it according to some source.
    Possible,
    /// It was seen writing, or its script writes, and no permission explains it.
    None,
}

/// The gate as it concerns one automation: only the policies whose platforms its writes touch.
pub(super) struct Concern<'a> {
    pub(super) state: GateState,
    pub(super) policies: Vec<&'a PolicyGate>,
    /// The gate is limited to platforms, and the platform of some writes is not known.
    pub(super) platform_unclear: bool,
    /// The policies, where all of them are for other platforms.
    pub(super) elsewhere: Vec<&'a PolicyGate>,
}

/// Everything gathered for one verdict.
pub(super) struct Case<'a> {
    pub(super) profile: &'a ApplicationProfile,
    pub(super) workload: &'a Workload,
    pub(super) right: Right,
    pub(super) concern: Concern<'a>,
    pub(super) situation: Situation,
    /// Who lists it as excluded from the policies concerned.
    pub(super) exclusions: Vec<&'a Exclusion>,
    /// When it was last taken off the list of one of them, as far as that is known (UTC).
    pub(super) removed: Option<DateTime<Utc>>,
    /// Its successful writes by source.
    pub(super) written: Views,
    /// Weakest of the vocabulary entries by which its audited writes were told.
    pub(super) vocabulary: Option<Sure>,
    /// Weakest of the operations of the catalogue by which its logged writes were told.
    pub(super) operations: Option<Sure>,
    pub(super) first_write: Option<DateTime<Utc>>,
    pub(super) last_write: Option<DateTime<Utc>>,
    pub(super) failed_writes: u64,
    /// Whether the audit log has one of its writes, failed or not.
    pub(super) audited: bool,
    /// Nothing was refused but by statuses that have other causes too.
    pub(super) only_refused: bool,
    pub(super) pending: u64,
    /// Operations and requests of which it is not known how they ended.
    pub(super) unclear: u64,
    /// A fall in its writes since the gate holds for it.
    pub(super) fall: Option<Fall>,
    /// What it was seen doing on this workload.
    pub(super) seen: Vec<&'a Observation>,
    /// Writes on this workload in its scripts.
    pub(super) scripted: Vec<&'a Scripted>,
}

impl Case<'_> {
    /// Policies concerned on which no source lists it, or only one that another contradicts.
    pub(super) fn not_excluded_by(&self) -> BTreeSet<PolicyId> {
        let listed = |policy: &PolicyGate| self.exclusions.iter().any(|row| row.policy_id == policy.policy_id && !row.disputed);
        self.concern.policies.iter().filter(|policy| !listed(policy)).map(|policy| policy.policy_id.clone()).collect()
    }
}

/// The verdicts of one application: for each workload that it can write or was seen writing.
pub(super) fn verdicts(context: &Context<'_>, profile: &ApplicationProfile, observations: &[Observation]) -> Vec<Verdict> {
    let workloads = workloads(context, profile, observations);
    workloads
        .iter()
        .filter_map(|(workload, right)| {
            let seen: Vec<&Observation> = observations.iter().filter(|seen| seen.workload == *workload).collect();
            let case = case(context, profile, workload, *right, seen)?;
            Some(verdict(context, &case))
        })
        .collect()
}

/// The workloads that an application can write, was seen writing or writes in a script, and by which right.
pub(super) fn workloads(context: &Context<'_>, profile: &ApplicationProfile, observations: &[Observation]) -> BTreeMap<Workload, Right> {
    let held = || profile.permissions.seen().into_iter().flatten();
    let mut workloads = BTreeMap::new();
    let seen = observations.iter().map(|seen| &seen.workload);
    for workload in seen.chain(scripted(context, profile).map(|found| &found.workload)) {
        let possible = held().any(|permission| permission.possible.contains(workload));
        workloads.insert(workload.clone(), if possible { Right::Possible } else { Right::None });
    }
    for permission in held() {
        workloads.extend(permission.primary.iter().map(|workload| (workload.clone(), Right::Primary)));
    }
    workloads
}

/// The writes in the scripts of an application.
fn scripted<'a>(context: &Context<'a>, profile: &ApplicationProfile) -> impl Iterator<Item = &'a Scripted> {
    context.scripts.get(&profile.app_id).into_iter().flatten()
}

/// Gathers what is known of one application on one workload; None for a workload that has no gate to judge by.
pub(super) fn case<'a>(
    context: &Context<'a>,
    profile: &'a ApplicationProfile,
    workload: &'a Workload,
    right: Right,
    seen: Vec<&'a Observation>,
) -> Option<Case<'a>> {
    let concern = concern(context, context.gates.get(workload)?, &seen);
    let policies: BTreeSet<&str> = concern.policies.iter().map(|policy| policy.policy_id.as_str()).collect();
    let listed = context.exclusions.get(&profile.app_id).map(Vec::as_slice).unwrap_or_default();
    let concerning = listed.iter().copied().filter(|row| policies.contains(row.policy_id.as_str()));
    let (exclusions, denials): (Vec<&Exclusion>, Vec<&Exclusion>) = concerning.partition(|row| row.listed);
    // Behaviour before a known removal of an exclusion says nothing about now.
    let removed = context.removals.get(&profile.app_id).into_iter().flatten();
    let removed = removed.filter(|(policy, _)| policies.contains(policy.as_str())).map(|(_, time)| *time).max();
    let since = gate_since(&concern, workload).map(|since| removed.map_or(since, |removed| removed.max(since)));
    let counts = Counts::new(&seen, &context.window, since);
    let written = counts.writes();
    let situation = Situation {
        gate: concern.state,
        exclusion: exclusion_state(context, &concern, &exclusions, &denials),
        approved: counts.of(ObservedOutcome::Approved),
        blocked: counts.of(ObservedOutcome::Blocked).saturating_add(counts.refused()),
        refusals: counts.refusals(),
        writes: written.recorded.max(written.logged),
        writes_behind_gate: counts.behind(ObservedOutcome::Written),
        failures_behind_gate: counts.behind_gate.get(&ObservedOutcome::Failed).map_or(0, |views| views.recorded),
        unfinished_behind_gate: counts.behind(ObservedOutcome::Unfinished),
        other_traces: [ObservedOutcome::Pending, ObservedOutcome::Unclear, ObservedOutcome::Failed, ObservedOutcome::Refused]
            .map(|outcome| counts.of(outcome))
            .iter()
            .sum(),
        signs_in: signs_in(context, profile),
        disabled: profile.can_sign_in == Some(false),
        listed: !exclusions.is_empty(),
    };
    let held = situation.gate == GateState::InForce && situation.exclusion != ExclusionState::Excluded;
    let known = removed.or_else(|| gate_told(&concern)).filter(|_| held);
    Some(Case {
        profile,
        workload,
        right,
        concern,
        situation,
        exclusions,
        removed,
        written,
        vocabulary: sure(&seen, |source| source != Source::ActivityLog),
        operations: sure(&seen, |source| source == Source::ActivityLog),
        first_write: counts.first_write,
        last_write: counts.last_write,
        failed_writes: counts.of(ObservedOutcome::Failed) + counts.of(ObservedOutcome::Refused),
        audited: counts.audited,
        only_refused: counts.of(ObservedOutcome::Blocked) == 0 && counts.refused() > 0,
        pending: counts.of(ObservedOutcome::Pending),
        unclear: counts.of(ObservedOutcome::Unclear),
        fall: known.and_then(|since| fall(context.directory, &seen, since)),
        seen,
        scripted: scripted(context, profile).filter(|found| found.workload == *workload).collect(),
    })
}

/// Narrows a gate to the platforms that the automation's writes of the window touch. Writes of unknown platform touch all.
fn concern<'a>(context: &Context<'a>, gate: &'a Gate, seen: &[&Observation]) -> Concern<'a> {
    let recent = seen.iter().filter(|seen| !seen.times_in(&context.window).is_empty());
    let writes: Vec<Option<&Platform>> = recent.map(|seen| seen.platform.as_ref()).collect();
    let known: BTreeSet<&Platform> = writes.iter().filter_map(|platform| *platform).collect();
    let unclear = writes.is_empty() || writes.contains(&None);
    let touches = |policy: &PolicyGate| {
        let open = policy.platforms.is_empty() || policy.platforms.iter().any(|platform| matches!(platform, Platform::Unknown(_)));
        open || unclear || policy.platforms.iter().any(|platform| known.contains(platform))
    };
    let (concerning, others): (Vec<&PolicyGate>, Vec<&PolicyGate>) = gate.policies.iter().partition(|policy| touches(policy));
    let (mut in_force, waiting): (Vec<&PolicyGate>, Vec<&PolicyGate>) =
        concerning.into_iter().partition(|policy| policy.in_force != InForce::No);
    if !in_force.is_empty() {
        // As of then a planned gate holds beside those that are in force already.
        in_force.extend(waiting.iter().filter(|policy| policy.planned));
    }
    let (state, policies) = if !in_force.is_empty() || (gate.state == GateState::InForce && gate.policies.is_empty()) {
        (GateState::InForce, in_force)
    } else if !waiting.is_empty() || context.planned.contains(&gate.workload) {
        (GateState::Planned, waiting)
    } else if gate.policies.is_empty() {
        (gate.state, Vec::new())
    } else {
        (GateState::None, Vec::new())
    };
    let platform_unclear = unclear && !covered(policies.iter().copied()).is_empty();
    let elsewhere = if state == GateState::None { others } else { Vec::new() };
    Concern { state, policies, platform_unclear, elsewhere }
}

/// Since when writes were behind the gate: the moment from which a policy concerned was known to be in force.
fn gate_since(concern: &Concern<'_>, workload: &Workload) -> Option<DateTime<Utc>> {
    match concern.state {
        GateState::InForce if concern.policies.is_empty() && *workload == Workload::OperationApprovalPolicy => Some(app_only_since()),
        GateState::InForce => concern.policies.iter().filter_map(|policy| policy.since).min(),
        GateState::Planned | GateState::None | GateState::Unknown => None,
    }
}

/// The same, where a request or an audit event tells it: a policy's last change says nothing of what came before.
fn gate_told(concern: &Concern<'_>) -> Option<DateTime<Utc>> {
    let first = concern.policies.iter().filter_map(|policy| Some((policy.since?, policy.since_exact))).min()?;
    first.1.then_some(first.0)
}

fn exclusion_state(context: &Context<'_>, concern: &Concern<'_>, exclusions: &[&Exclusion], denials: &[&Exclusion]) -> ExclusionState {
    if concern.policies.is_empty() {
        // Nothing can be excluded where nothing gates, and access policies protect themselves without exclusions. But where
        // the policies were not read, a plan may meet one that is there already, and excludes.
        let unread = concern.state == GateState::Planned && !context.directory.is_complete(Dataset::AccessPolicies);
        return if unread || concern.state == GateState::Unknown { ExclusionState::Unknown } else { ExclusionState::NotListed };
    }
    // Where sources disagree, neither is taken for right.
    let listed = |policy: &PolicyGate| exclusions.iter().any(|row| row.policy_id == policy.policy_id && !row.disputed);
    let disputed = |policy: &PolicyGate| exclusions.iter().any(|row| row.policy_id == policy.policy_id && row.disputed);
    let denied = |policy: &PolicyGate| denials.iter().any(|row| row.policy_id == policy.policy_id);
    let known = |policy: &PolicyGate| !disputed(policy) && (policy.exclusions_readable || denied(policy));
    let (by, others): (Vec<&PolicyGate>, Vec<&PolicyGate>) = concern.policies.iter().partition(|policy| listed(policy));
    match (by.is_empty(), others.iter().all(|policy| known(policy))) {
        _ if others.is_empty() => ExclusionState::Excluded,
        (_, false) => ExclusionState::Unknown,
        (true, true) => ExclusionState::NotListed,
        (false, true) => ExclusionState::Partly,
    }
}

fn signs_in(context: &Context<'_>, profile: &ApplicationProfile) -> SignsIn {
    let window = &context.window;
    if context.directory.last_raw_sign_in(&profile.app_id).is_some_and(|time| time >= *window.start()) {
        return SignsIn::InWindow;
    }
    match &profile.last_sign_in {
        LastSignIn::At(time) if time >= window.start() => SignsIn::InWindow,
        // Sign-ins of Microsoft's own applications are not served by Graph (facts/graph.md section 3).
        _ if profile.home == Home::Microsoft => SignsIn::Unknown,
        LastSignIn::At(_) | LastSignIn::NoneSeen => SignsIn::NotInWindow,
        LastSignIn::Unknown(_) => SignsIn::Unknown,
    }
}

/// Whether a write succeeded, whatever became of what it began.
fn wrote(seen: &Observation) -> bool {
    seen.outcome.went_through()
}

/// The weakest of what told writes, of these sources.
fn sure(seen: &[&Observation], of: impl Fn(Source) -> bool) -> Option<Sure> {
    seen.iter().filter(|seen| wrote(seen) && of(seen.source)).map(|seen| seen.sure).min()
}

/// Sightings within the window, by outcome, and how many of them lie behind the gate.
///
/// Activity logs see the same writes as the audit log, and the calls that approval requests come from; so of both counts the
/// larger one is taken, and never their sum.
struct Counts {
    in_window: BTreeMap<ObservedOutcome, Views>,
    behind_gate: BTreeMap<ObservedOutcome, Views>,
    first_write: Option<DateTime<Utc>>,
    last_write: Option<DateTime<Utc>>,
    /// Whether the audit log has a write, failed or not.
    audited: bool,
}

impl Views {
    fn of(&mut self, source: Source) -> &mut u64 {
        if source == Source::ActivityLog { &mut self.logged } else { &mut self.recorded }
    }

    fn larger(self) -> u64 {
        self.recorded.max(self.logged)
    }
}

impl Counts {
    fn new(seen: &[&Observation], window: &RangeInclusive<DateTime<Utc>>, since: Option<DateTime<Utc>>) -> Self {
        let (in_window, behind_gate) = (BTreeMap::new(), BTreeMap::new());
        let mut counts = Self { in_window, behind_gate, first_write: None, last_write: None, audited: false };
        for seen in seen {
            let times = seen.times_in(window);
            *counts.in_window.entry(seen.outcome).or_default().of(seen.source) += total(times);
            let before = since.map_or(times.len(), |since| times.partition_point(|time| time.at < since));
            *counts.behind_gate.entry(seen.outcome).or_default().of(seen.source) += total(times.get(before..).unwrap_or_default());
            if wrote(seen) {
                counts.first_write = counts.first_write.into_iter().chain(times.first().map(|time| time.at)).min();
                counts.last_write = counts.last_write.max(times.last().map(|time| time.at));
            }
            let tried = wrote(seen) || seen.outcome == ObservedOutcome::Failed;
            counts.audited |= tried && seen.source == Source::AuditEvent && !times.is_empty();
        }
        counts
    }

    fn of(&self, outcome: ObservedOutcome) -> u64 {
        self.in_window.get(&outcome).copied().unwrap_or_default().larger()
    }

    fn behind(&self, outcome: ObservedOutcome) -> u64 {
        self.behind_gate.get(&outcome).copied().unwrap_or_default().larger()
    }

    /// Successful writes. An app that was begun may be in the audit log as one that was made.
    fn writes(&self) -> Views {
        let views = |outcome| self.in_window.get(&outcome).copied().unwrap_or_default();
        let all = [ObservedOutcome::Written, ObservedOutcome::Unfinished, ObservedOutcome::Begun].map(views);
        Views { recorded: all.iter().map(|views| views.recorded).sum(), logged: all.iter().map(|views| views.logged).sum() }
    }

    /// Requests that were not granted, and calls that were refused.
    fn refusals(&self) -> Views {
        let views = self.in_window.get(&ObservedOutcome::Blocked).copied().unwrap_or_default();
        Views { logged: views.logged.saturating_add(self.refused()), ..views }
    }

    /// Calls that ended as a refusal does while the gate was in force. Where other writes succeeded meanwhile, they had another
    /// cause.
    fn refused(&self) -> u64 {
        if self.behind(ObservedOutcome::Written) > 0 { 0 } else { self.behind(ObservedOutcome::Refused) }
    }
}

/// Decides.
pub(super) fn verdict(context: &Context<'_>, case: &Case<'_>) -> Verdict {
    let kind = case.situation.decide();
    let (confidence, doubts) = explain::doubts(context, case, kind);
    let snapshot = context.directory.snapshot;
    Verdict {
        app_id: case.profile.app_id.clone(),
        workload: case.workload.clone(),
        platforms: covered(case.concern.policies.iter().chain(&case.concern.elsewhere).copied()),
        gate: case.concern.state,
        exclusion: case.situation.exclusion,
        exclusion_sources: case.exclusions.iter().flat_map(|row| row.sources.iter().copied()).collect::<BTreeSet<ExclusionSource>>(),
        kind,
        today: None,
        confidence,
        grade: grade(case),
        writes: case.situation.writes,
        failed_writes: case.failed_writes,
        blocked_calls: case.situation.blocked,
        first_write: case.first_write,
        last_write: case.last_write,
        expected_status: expected_status(context, case.workload, kind),
        permissions: permissions(case),
        reasons: explain::reasons(case, kind),
        doubts,
        next_step: explain::next_step(context, case, kind),
        ways_out: ways::ways_out(context, case, kind),
        not_excluded_by: case.not_excluded_by(),
        scripts: case.scripted.iter().map(|found| (*found).clone()).collect(),
        days: days::days(&case.seen, &(snapshot.audit_since..=snapshot.taken_at)),
    }
}

fn grade(case: &Case<'_>) -> EvidenceGrade {
    let situation = &case.situation;
    if situation.blocked > 0 {
        EvidenceGrade::BlockedCall
    } else if case.audited {
        EvidenceGrade::AuditedWrite
    } else if situation.writes > 0 || case.failed_writes > 0 {
        EvidenceGrade::LoggedWrite
    } else if situation.approved > 0 || case.pending > 0 {
        // A request that was filed is the trace of a call that was answered with 412.
        EvidenceGrade::BlockedCall
    } else if !case.scripted.is_empty() {
        EvidenceGrade::ScriptWrite
    } else if situation.signs_in == SignsIn::InWindow {
        EvidenceGrade::SignIn
    } else if case.right == Right::None {
        EvidenceGrade::None
    } else {
        EvidenceGrade::Grant
    }
}

fn expected_status(context: &Context<'_>, workload: &Workload, kind: VerdictKind) -> BTreeSet<u16> {
    match kind {
        VerdictKind::Blocked | VerdictKind::Breaks | VerdictKind::AtRisk | VerdictKind::Dormant | VerdictKind::Handshake => {
            context.catalogue.workload(workload).map(|facts| facts.expected_status.clone()).unwrap_or_default()
        }
        VerdictKind::Passes | VerdictKind::Unknown | VerdictKind::Excluded | VerdictKind::NotGated => BTreeSet::new(),
    }
}

fn permissions(case: &Case<'_>) -> BTreeSet<String> {
    let held = case.profile.permissions.seen().into_iter().flatten();
    held.filter(|permission| permission.primary.contains(case.workload) || permission.possible.contains(case.workload))
        .map(|permission| permission.name.clone())
        .collect()
}
