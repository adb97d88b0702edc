//! Verdicts, ways out and what would have to be excluded in the published model.

use super::platforms;
use super::scripts::{ScriptWrite, write};
use super::words::{Time, Word};
use crate::assess;
use crate::report::{known, phrases};
use crate::snapshot;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// What happens to an automation on a workload, how sure that is, on what evidence, and what to do.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Verdict<'a> {
    /// App id of the automation.
    app_id: &'a str,
    /// Its display name: anybody's text.
    automation: &'a str,
    /// Graph's policyType. The set is Microsoft's and grows.
    workload: &'a str,
    /// Platforms that the gates cover. Empty for all.
    platforms: Vec<&'a str>,
    /// Whether the workload is protected.
    gate: Word<assess::GateState>,
    /// Whether the automation is excluded.
    exclusion: Word<assess::ExclusionState>,
    /// Who lists it.
    exclusion_sources: Vec<Word<assess::ExclusionSource>>,
    /// The verdict.
    verdict: Word<assess::VerdictKind>,
    /// The verdict without the plan; null where nothing is planned.
    verdict_today: Option<Word<assess::VerdictKind>>,
    /// How sure it is.
    confidence: Word<assess::Confidence>,
    /// The strongest evidence behind it.
    evidence_grade: Word<assess::EvidenceGrade>,
    /// Successful app-only writes in the window. Null where audit events were not read whole and no write was seen.
    writes: Option<u64>,
    /// Whether there may have been more writes, and failed attempts, than were seen: audit events were not read whole.
    writes_at_least: bool,
    /// The same for failed attempts.
    failed_writes: Option<u64>,
    /// Refused calls in the window. Null where approval requests were not read whole and no refusal was seen.
    blocked_calls: Option<u64>,
    /// Whether there may have been more refused calls than were seen: approval requests were not read whole.
    blocked_calls_at_least: bool,
    /// The first write in the window.
    first_write: Option<Time>,
    /// The last write in the window.
    last_write: Option<Time>,
    /// HTTP statuses to expect.
    expected_status: &'a BTreeSet<u16>,
    /// Permissions held that concern the workload. Null where grants were not read whole and none was seen.
    permissions: Option<&'a BTreeSet<String>>,
    /// Why the verdict is what it is, a sentence each.
    reasons: &'a [String],
    /// What lowers the confidence, a sentence each.
    doubts: &'a [String],
    /// Writes on the workload that stand in its scripts.
    scripts: Vec<ScriptWrite<'a>>,
    /// What to do first.
    next_step: &'a str,
    /// The ways out, a sentence each.
    ways_out: Vec<&'a str>,
    /// The same in parts.
    ways_out_details: Vec<WayOut<'a>>,
}

/// A way out of a refusal.
#[derive(Debug, Serialize, JsonSchema)]
struct WayOut<'a> {
    /// Which.
    way: Word<assess::WayKind>,
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
#[derive(Debug, Serialize, JsonSchema)]
struct Room<'a> {
    /// Id of the policy.
    policy_id: &'a str,
    /// Its display name: anybody's text.
    policy: &'a str,
    /// Applications that are known to be on its list.
    listed: usize,
    /// Whether its list is known whole.
    list_known: bool,
    /// Most applications that a policy can exclude.
    most: usize,
}

/// What one policy would have to exclude so that what writes today keeps writing.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ExclusionNeed<'a> {
    #[serde(flatten)]
    room: Room<'a>,
    /// What the policy protects.
    workload: &'a str,
    /// Whether it is no policy but a gate of the plan.
    planned: bool,
    /// App ids of the automations.
    automations: Vec<&'a str>,
    /// Whether they fit beside those that are excluded already; null where the list is not known whole.
    fits: Option<bool>,
}

pub(super) fn verdict<'a>(assessment: &'a assess::Assessment, verdict: &'a assess::Verdict) -> Verdict<'a> {
    Verdict {
        app_id: verdict.app_id.as_str(),
        automation: phrases::profile(assessment, &verdict.app_id).map_or("", |profile| &profile.name),
        workload: verdict.workload.word(),
        platforms: platforms(&verdict.platforms),
        gate: Word::of(&verdict.gate),
        exclusion: Word::of(&verdict.exclusion),
        exclusion_sources: verdict.exclusion_sources.iter().map(Word::of).collect(),
        verdict: Word::of(&verdict.kind),
        verdict_today: verdict.today.as_ref().map(Word::of),
        confidence: Word::of(&verdict.confidence),
        evidence_grade: Word::of(&verdict.grade),
        writes: phrases::writes(assessment, verdict),
        writes_at_least: !known::told_whole(assessment, snapshot::Dataset::AuditEvents),
        failed_writes: known::count(assessment, snapshot::Dataset::AuditEvents, verdict.failed_writes),
        blocked_calls: phrases::blocked_calls(assessment, verdict),
        blocked_calls_at_least: !known::told_whole(assessment, snapshot::Dataset::ApprovalRequests),
        first_write: verdict.first_write.map(Time::of),
        last_write: verdict.last_write.map(Time::of),
        expected_status: &verdict.expected_status,
        permissions: known::permissions(assessment, verdict),
        reasons: &verdict.reasons,
        doubts: &verdict.doubts,
        scripts: verdict.scripts.iter().map(write).collect(),
        next_step: &verdict.next_step,
        ways_out: verdict.ways_out.iter().map(|way| way.summary.as_str()).collect(),
        ways_out_details: verdict.ways_out.iter().map(way_out).collect(),
    }
}

fn way_out(way: &assess::WayOut) -> WayOut<'_> {
    WayOut {
        way: Word::of(&way.kind),
        requests: &way.requests,
        first: &way.first,
        permissions: &way.permissions,
        policies: way.room.iter().map(room).collect(),
    }
}

fn room(room: &assess::Room) -> Room<'_> {
    Room { policy_id: room.policy_id.as_str(), policy: &room.policy, listed: room.listed, list_known: room.whole, most: assess::Room::MOST }
}

pub(super) fn need(need: &assess::ExclusionNeed) -> ExclusionNeed<'_> {
    ExclusionNeed {
        room: room(&need.room),
        workload: need.workload.word(),
        planned: need.planned,
        automations: need.automations.iter().map(snapshot::AppId::as_str).collect(),
        fits: need.room.fits(need.automations.len()),
    }
}
