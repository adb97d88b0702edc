//! Version 1 of the published model of an assessment, as in `assessment.json`. Its structures are its own, so that the
//! types inside may change and the file does not: members may be added, none is renamed, removed or given another type.
//!
//! Times are RFC 3339, UTC, whole seconds. Lists are in a fixed order. `null` stands for what is not known or does not
//! apply; where something could not be read, a member beside it says why.

mod change;
mod exposure;
mod finding;
mod settings;

pub(super) use change::{Change, change};
pub(super) use finding::{Finding, finding};

use super::{known, phrases};
use crate::assess::{self, LastSignIn};
use crate::catalogue::{Platform, Workload as PolicyType};
use crate::snapshot;
use exposure::Exposure;
use serde::Serialize;
use settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// The whole file.
#[derive(Debug, Serialize)]
pub struct Assessment<'a> {
    /// `maascan.assessment`.
    format: &'static str,
    /// 1.
    version: u32,
    /// Of which tenant, when, over which window.
    run: Run<'a>,
    /// The counts that every report opens with.
    headline: Headline,
    /// Whether every dataset that was asked for, and is not optional, was read whole.
    complete: bool,
    /// One for each dataset.
    coverage: Vec<Dataset<'a>>,
    /// Applications that can write to Intune or were seen writing, by app id.
    automations: Vec<Application<'a>>,
    /// Excluded applications that are no automation, by app id.
    other_applications: Vec<Application<'a>>,
    /// One for each automation × workload; what needs action first.
    verdicts: Vec<Verdict<'a>>,
    /// One for each workload.
    gates: Vec<Gate<'a>>,
    /// One for each policy × excluded application; two where sources disagree.
    exclusions: Vec<Exclusion<'a>>,
    /// For each policy that breaks or blocks automations, those that it would have to exclude.
    exclusion_needs: Vec<ExclusionNeed<'a>>,
    /// Excluded applications, the one to look at first first.
    exposures: Vec<Exposure<'a>>,
    /// What the user's own files list and could not be placed in this tenant.
    unplaced: &'a [String],
    /// One for each credential that was seen, by app id.
    credentials: Vec<Credential<'a>>,
    /// What the rules found.
    findings: Vec<Finding<'a>>,
    /// Under which settings the rules ran.
    settings: Settings<'a>,
    /// Activities of audit events made by applications that are in no vocabulary, and how many events each.
    unmapped_activities: &'a BTreeMap<String, u64>,
    unmapped_permissions: &'a BTreeSet<String>,
}

#[derive(Debug, Serialize)]
struct Run<'a> {
    tenant_id: &'a str,
    tenant_name: Option<&'a str>,
    taken_at: String,
    window_days: u32,
    window_start: String,
    audit_since: String,
    /// Workloads judged as if they were gated.
    planned: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct Headline {
    automations: usize,
    /// Null where audit events were not read whole and none was seen writing.
    writing: Option<u64>,
    /// Null where none was found and what would show them was not read whole.
    breaking: Option<usize>,
    /// Whether more may break than were found.
    breaking_at_least: bool,
    blocked: usize,
    /// Null where none was found and not every list of exclusions could be read.
    excluded: Option<usize>,
    /// Whether more may be excluded than were found.
    excluded_at_least: bool,
    unknown: usize,
    /// Whether there may be more automations than were found, because something was not read.
    at_least: bool,
}

#[derive(Debug, Serialize)]
struct Dataset<'a> {
    dataset: &'static str,
    state: &'static str,
    /// Null where nothing was read.
    items: Option<u64>,
    gap: Option<Gap<'a>>,
    /// Permission that reads it.
    permission: &'a str,
    /// HTTP requests made for it. The one number that may differ between two runs over the same tenant.
    requests: u64,
}

#[derive(Debug, Serialize)]
struct Gap<'a> {
    kind: &'static str,
    /// The missing permission, or what failed.
    detail: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Application<'a> {
    app_id: &'a str,
    service_principal_id: Option<&'a str>,
    name: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    home: &'static str,
    can_sign_in: Option<bool>,
    /// Null where lists of exclusions could not be read and none of the others has it.
    excluded: Option<bool>,
    /// Null where none could be read.
    permissions: Option<Vec<Permission<'a>>>,
    permissions_gap: Option<Gap<'a>>,
    last_sign_in: SignIn<'a>,
    first_trace: Option<String>,
    /// Why secrets and certificates may be missing from `credentials`.
    keys_gap: Option<Gap<'a>>,
    /// The same for those on the service principal alone.
    service_principal_keys_gap: Option<Gap<'a>>,
    /// The same for federated credentials.
    federated_gap: Option<Gap<'a>>,
}

#[derive(Debug, Serialize)]
struct Permission<'a> {
    name: &'a str,
    /// Workloads that it writes.
    writes: Vec<&'a str>,
    /// Workloads that it may write according to some source.
    may_write: Vec<&'a str>,
    granted: Option<String>,
}

#[derive(Debug, Serialize)]
struct SignIn<'a> {
    /// `seen`, `none` or `unknown`.
    state: &'static str,
    at: Option<String>,
    gap: Option<Gap<'a>>,
}

#[derive(Debug, Serialize)]
struct Verdict<'a> {
    app_id: &'a str,
    automation: &'a str,
    workload: &'a str,
    /// Empty for all.
    platforms: Vec<&'a str>,
    gate: &'static str,
    exclusion: &'static str,
    exclusion_sources: Vec<&'static str>,
    verdict: &'static str,
    /// The verdict without the plan; null where nothing is planned.
    verdict_today: Option<&'static str>,
    confidence: &'static str,
    evidence_grade: &'static str,
    /// Null where audit events were not read whole and no write was seen.
    writes: Option<u64>,
    /// The same for failed attempts.
    failed_writes: Option<u64>,
    /// Null where approval requests were not read whole and no refusal was seen.
    blocked_calls: Option<u64>,
    first_write: Option<String>,
    last_write: Option<String>,
    expected_status: &'a BTreeSet<u16>,
    /// Null where grants were not read whole and none that concerns this workload was seen.
    permissions: Option<&'a BTreeSet<String>>,
    reasons: &'a [String],
    doubts: &'a [String],
    next_step: &'a str,
    /// The ways out, a sentence each.
    ways_out: Vec<&'a str>,
    /// The same in parts.
    ways_out_details: Vec<WayOut<'a>>,
}

#[derive(Debug, Serialize)]
struct WayOut<'a> {
    way: &'static str,
    /// Protected requests that it concerns: those that fit what was seen, else those of the workload.
    requests: &'a [String],
    /// What has to be done before.
    first: &'a [String],
    /// Permissions to take away.
    permissions: &'a [String],
    /// Policies that would have to exclude it.
    policies: Vec<Room<'a>>,
}

/// A policy and its room for exclusions.
#[derive(Debug, Serialize)]
struct Room<'a> {
    policy_id: &'a str,
    policy: &'a str,
    /// Applications that are known to be on its list.
    listed: usize,
    /// Whether its list is known whole.
    list_known: bool,
    /// Most applications that a policy can exclude.
    most: usize,
}

/// What one policy would have to exclude so that what writes today keeps writing.
#[derive(Debug, Serialize)]
struct ExclusionNeed<'a> {
    #[serde(flatten)]
    room: Room<'a>,
    workload: &'a str,
    planned: bool,
    /// App ids of the automations.
    automations: Vec<&'a str>,
    /// Whether they fit beside those that are excluded already; null where the list is not known whole.
    fits: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Gate<'a> {
    workload: &'a str,
    state: &'static str,
    /// Empty for all.
    platforms: Vec<&'a str>,
    policies: Vec<Policy<'a>>,
}

#[derive(Debug, Serialize)]
struct Policy<'a> {
    policy_id: &'a str,
    policy: &'a str,
    platforms: Vec<&'a str>,
    in_force: &'static str,
    since: Option<String>,
    /// Whether a request or an audit event tells that time; else it is the policy's last change.
    since_exact: bool,
    /// Null where they could not be read.
    approver_groups: Option<&'a [String]>,
    approvers: Option<u64>,
    /// What is wrong with it, a sentence each.
    problems: Vec<&'a str>,
    /// The same with words and ids, and what could not be told.
    problem_details: Vec<Problem<'a>>,
    exclusions_readable: bool,
    /// Whether it is no policy but a gate of the plan.
    planned: bool,
}

#[derive(Debug, Serialize)]
struct Problem<'a> {
    problem: &'static str,
    /// `found` or `unknown`.
    state: &'static str,
    /// Groups and members that it concerns.
    ids: &'a BTreeSet<String>,
    detail: &'a str,
    /// Dataset that would tell; null where it was found.
    unknown_because: Option<&'static str>,
    /// Why that does not; null where it was read whole and does not say.
    gap: Option<Gap<'a>>,
}

#[derive(Debug, Serialize)]
struct Exclusion<'a> {
    policy_id: &'a str,
    policy: &'a str,
    workload: &'a str,
    listed_id: &'a str,
    app_id: Option<&'a str>,
    service_principal_id: Option<&'a str>,
    application: Option<&'a str>,
    /// Who says it; several with semicolons between them.
    source: String,
    source_detail: &'a str,
    /// Whether they say that it is excluded, or that it is not (any more).
    listed: bool,
    /// Whether another row of the same policy and application says the opposite.
    disputed: bool,
    since: Option<String>,
    state: &'static str,
    gap: Option<Gap<'a>>,
}

#[derive(Debug, Serialize)]
struct Credential<'a> {
    app_id: &'a str,
    kind: &'static str,
    key_id: &'a str,
    held_on: &'static str,
    start: Option<String>,
    end: Option<String>,
    lifetime_days: Option<i64>,
    age_days: Option<i64>,
    expired: Option<bool>,
    last_used: Option<String>,
}

impl<'a> From<&'a assess::Assessment> for Assessment<'a> {
    fn from(assessment: &'a assess::Assessment) -> Self {
        let profiles = |automation: bool| {
            let wanted = assessment.applications.values().filter(move |profile| profile.automation == automation);
            wanted.map(|profile| application(assessment, profile)).collect()
        };
        Self {
            format: "maascan.assessment",
            version: 1,
            run: run(&assessment.run),
            headline: headline(assessment),
            complete: assessment.is_complete(),
            coverage: snapshot::Dataset::ALL.into_iter().map(|dataset| coverage(assessment, dataset)).collect(),
            automations: profiles(true),
            other_applications: profiles(false),
            verdicts: assessment.verdicts.iter().map(|one| verdict(assessment, one)).collect(),
            gates: assessment.gates.iter().map(gate).collect(),
            exclusions: assessment.exclusions.iter().map(exclusion).collect(),
            exposures: assessment.exposures.iter().map(exposure::exposure).collect(),
            exclusion_needs: assessment.exclusion_needs.iter().map(need).collect(),
            unplaced: &assessment.unplaced,
            credentials: assessment.applications.values().flat_map(credentials).collect(),
            findings: assessment.findings.iter().map(finding).collect(),
            settings: settings::settings(&assessment.settings),
            unmapped_activities: &assessment.unmapped_activities,
            unmapped_permissions: &assessment.unmapped_permissions,
        }
    }
}

fn run(run: &assess::Run) -> Run<'_> {
    Run {
        tenant_id: run.tenant_id.as_str(),
        tenant_name: run.tenant_name.as_deref(),
        taken_at: phrases::time(run.taken_at),
        window_days: run.window_days,
        window_start: phrases::time(run.window_start),
        audit_since: phrases::time(run.audit_since),
        planned: workloads(&run.planned),
    }
}

fn headline(assessment: &assess::Assessment) -> Headline {
    let counts = assessment.headline();
    let (breaking, excluded) = (known::breaking(assessment), known::excluded_automations(assessment));
    Headline {
        automations: counts.automations,
        writing: known::count(assessment, snapshot::Dataset::AuditEvents, counts.writing as u64),
        breaking: breaking.found(),
        breaking_at_least: breaking.is_least(),
        blocked: counts.blocked,
        excluded: excluded.found(),
        excluded_at_least: excluded.is_least(),
        unknown: counts.unknown,
        at_least: !known::all_automations(assessment),
    }
}

fn coverage(assessment: &assess::Assessment, dataset: snapshot::Dataset) -> Dataset<'_> {
    let coverage = known::coverage(assessment, dataset);
    Dataset {
        dataset: dataset.name(),
        state: coverage.word(),
        items: (!matches!(coverage, snapshot::Coverage::Unavailable { .. })).then(|| coverage.items()),
        gap: coverage.gap().map(gap),
        permission: phrases::permission(dataset, coverage),
        requests: assessment.coverage.get(&dataset).map_or(0, |reading| reading.requests),
    }
}

fn gap(gap: &snapshot::Gap) -> Gap<'_> {
    Gap { kind: gap.word(), detail: phrases::gap_detail(gap) }
}

fn application<'a>(assessment: &'a assess::Assessment, profile: &'a assess::ApplicationProfile) -> Application<'a> {
    Application {
        app_id: profile.app_id.as_str(),
        service_principal_id: profile.service_principal.as_ref().map(snapshot::ServicePrincipalId::as_str),
        name: &profile.name,
        kind: profile.kind.as_deref(),
        home: profile.home.word(),
        can_sign_in: profile.can_sign_in,
        excluded: known::excluded(assessment, profile),
        permissions: profile.permissions.seen().map(|held| held.iter().map(permission).collect()),
        permissions_gap: profile.permissions.gap().map(gap),
        last_sign_in: sign_in(&profile.last_sign_in),
        first_trace: profile.first_trace.map(phrases::time),
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
        granted: held.granted.map(phrases::time),
    }
}

fn sign_in(sign_in: &LastSignIn) -> SignIn<'_> {
    match sign_in {
        LastSignIn::At(moment) => SignIn { state: "seen", at: Some(phrases::time(*moment)), gap: None },
        LastSignIn::NoneSeen => SignIn { state: "none", at: None, gap: None },
        LastSignIn::Unknown(why) => SignIn { state: "unknown", at: None, gap: Some(gap(why)) },
    }
}

fn verdict<'a>(assessment: &'a assess::Assessment, verdict: &'a assess::Verdict) -> Verdict<'a> {
    Verdict {
        app_id: verdict.app_id.as_str(),
        automation: phrases::profile(assessment, &verdict.app_id).map_or("", |profile| &profile.name),
        workload: verdict.workload.word(),
        platforms: platforms(&verdict.platforms),
        gate: verdict.gate.word(),
        exclusion: verdict.exclusion.word(),
        exclusion_sources: verdict.exclusion_sources.iter().map(|source| source.word()).collect(),
        verdict: verdict.kind.word(),
        verdict_today: verdict.today.map(assess::VerdictKind::word),
        confidence: verdict.confidence.word(),
        evidence_grade: verdict.grade.word(),
        writes: phrases::writes(assessment, verdict),
        failed_writes: known::count(assessment, snapshot::Dataset::AuditEvents, verdict.failed_writes),
        blocked_calls: phrases::blocked_calls(assessment, verdict),
        first_write: verdict.first_write.map(phrases::time),
        last_write: verdict.last_write.map(phrases::time),
        expected_status: &verdict.expected_status,
        permissions: known::permissions(assessment, verdict),
        reasons: &verdict.reasons,
        doubts: &verdict.doubts,
        next_step: &verdict.next_step,
        ways_out: verdict.ways_out.iter().map(|way| way.summary.as_str()).collect(),
        ways_out_details: verdict.ways_out.iter().map(way_out).collect(),
    }
}

fn way_out(way: &assess::WayOut) -> WayOut<'_> {
    WayOut {
        way: way.kind.word(),
        requests: &way.requests,
        first: &way.first,
        permissions: &way.permissions,
        policies: way.room.iter().map(room).collect(),
    }
}

fn room(room: &assess::Room) -> Room<'_> {
    Room { policy_id: room.policy_id.as_str(), policy: &room.policy, listed: room.listed, list_known: room.whole, most: assess::Room::MOST }
}

fn need(need: &assess::ExclusionNeed) -> ExclusionNeed<'_> {
    ExclusionNeed {
        room: room(&need.room),
        workload: need.workload.word(),
        planned: need.planned,
        automations: need.automations.iter().map(snapshot::AppId::as_str).collect(),
        fits: need.room.fits(need.automations.len()),
    }
}

fn gate(gate: &assess::Gate) -> Gate<'_> {
    Gate {
        workload: gate.workload.word(),
        state: gate.state.word(),
        platforms: platforms(&gate.platforms),
        policies: gate.policies.iter().map(policy).collect(),
    }
}

fn policy(policy: &assess::PolicyGate) -> Policy<'_> {
    Policy {
        policy_id: policy.policy_id.as_str(),
        policy: &policy.name,
        platforms: platforms(&policy.platforms),
        in_force: policy.in_force.word(),
        since: policy.since.map(phrases::time),
        since_exact: policy.since_exact,
        approver_groups: policy.approver_groups.as_deref(),
        approvers: policy.approvers,
        problems: policy.problems.iter().filter(|problem| problem.unknown.is_none()).map(|problem| problem.sentence.as_str()).collect(),
        problem_details: policy.problems.iter().map(problem).collect(),
        exclusions_readable: policy.exclusions_readable,
        planned: policy.planned,
    }
}

fn problem(problem: &assess::GateProblem) -> Problem<'_> {
    Problem {
        problem: problem.kind.word(),
        state: if problem.unknown.is_some() { "unknown" } else { "found" },
        ids: &problem.ids,
        detail: &problem.sentence,
        unknown_because: problem.unknown.as_ref().map(|untold| untold.dataset.name()),
        gap: problem.unknown.as_ref().and_then(|untold| untold.gap.as_ref()).map(gap),
    }
}

fn exclusion(exclusion: &assess::Exclusion) -> Exclusion<'_> {
    Exclusion {
        policy_id: exclusion.policy_id.as_str(),
        policy: &exclusion.policy,
        workload: exclusion.workload.word(),
        listed_id: &exclusion.listed_id,
        app_id: exclusion.app_id.as_ref().map(snapshot::AppId::as_str),
        service_principal_id: exclusion.service_principal.as_ref().map(snapshot::ServicePrincipalId::as_str),
        application: exclusion.application.as_deref(),
        source: exclusion.sources.iter().map(|source| source.word()).collect::<Vec<_>>().join(";"),
        source_detail: &exclusion.source_detail,
        listed: exclusion.listed,
        disputed: exclusion.disputed,
        since: exclusion.since.map(phrases::time),
        state: exclusion.state.word(),
        gap: exclusion.gap.as_ref().map(gap),
    }
}

fn credentials(profile: &assess::ApplicationProfile) -> impl Iterator<Item = Credential<'_>> {
    known::credentials(profile).into_iter().map(|key| Credential {
        app_id: profile.app_id.as_str(),
        kind: key.kind.word(),
        key_id: &key.key_id,
        held_on: key.held_on.word(),
        start: key.start.map(phrases::time),
        end: key.end.map(phrases::time),
        lifetime_days: key.lifetime_days,
        age_days: key.age_days,
        expired: key.expired,
        last_used: key.last_used.map(phrases::time),
    })
}

fn workloads(workloads: &BTreeSet<PolicyType>) -> Vec<&str> {
    workloads.iter().map(PolicyType::word).collect()
}

fn platforms(platforms: &BTreeSet<Platform>) -> Vec<&str> {
    platforms.iter().map(Platform::word).collect()
}
