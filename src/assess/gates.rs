//! Gates: what protects each workload, on which platforms, since when, and whether anybody can approve.

use super::approvers::Approvers;
use super::directory::Directory;
use super::exclusions::{Exclusions, workload_of};
use super::model::{Gate, PlannedGate, PolicyGate};
use super::words::{GateState, InForce};
use crate::catalogue::{Activity, Catalogue, Platform, Workload};
use crate::snapshot::{AccessPolicy, ApprovalRequest, AuditEvent, Dataset, PolicyId};
use chrono::{DateTime, Days, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Before this day no access policy held for app-only calls (What's new in Intune, week of 2026-06-22).
const APP_ONLY_SINCE: &str = "2026-06-22T00:00:00Z";

/// Days for which the service shows an approval request (Multi Admin Approval documentation).
const REQUESTS_SHOWN_DAYS: u64 = 30;

/// Every gate: of each known workload, and of each unknown one that a policy, or a request of an application, names.
pub(super) fn gates(
    directory: &Directory<'_>,
    catalogue: &Catalogue,
    exclusions: &Exclusions,
    planned: &BTreeSet<Workload>,
    plan: &[PlannedGate],
    observed: &BTreeSet<Workload>,
) -> Vec<Gate> {
    let history = History::new(directory, catalogue);
    let mut policies: BTreeMap<Workload, Vec<PolicyGate>> = BTreeMap::new();
    for policy in directory.snapshot.access_policies.values() {
        let gate = policy_gate(policy, directory, &history, exclusions);
        policies.entry(workload_of(policy)).or_default().push(gate);
    }
    for gate in plan {
        policies.entry(gate.workload.clone()).or_default().push(planned_gate(gate));
    }
    for known in Workload::KNOWN.iter().chain(planned).chain(observed) {
        policies.entry(known.clone()).or_default();
    }
    let readable = directory.is_complete(Dataset::AccessPolicies);
    policies.into_iter().map(|(workload, policies)| gate(workload, policies, readable, planned)).collect()
}

fn gate(workload: Workload, mut policies: Vec<PolicyGate>, readable: bool, planned: &BTreeSet<Workload>) -> Gate {
    policies.sort_by(|a, b| (&a.name, &a.policy_id).cmp(&(&b.name, &b.policy_id)));
    let any = |wanted: fn(&PolicyGate) -> bool| policies.iter().any(wanted);
    // Of a policy whose type was not read, and of a workload that only a request names, it is not known what they gate.
    let unread = matches!(workload, Workload::Unknown(_)) && policies.iter().all(|policy| policy.in_force == InForce::Unknown);
    let state = if unread {
        GateState::Unknown
    } else if workload == Workload::OperationApprovalPolicy || any(|policy| policy.in_force != InForce::No) {
        GateState::InForce
    } else if !policies.is_empty() || planned.contains(&workload) {
        GateState::Planned
    } else if readable {
        GateState::None
    } else {
        GateState::Unknown
    };
    let platforms = covered(policies.iter().filter(|policy| state != GateState::InForce || policy.in_force != InForce::No));
    Gate { workload, state, platforms, policies }
}

/// Platforms that some policies cover together; empty as soon as one covers all.
pub(super) fn covered<'a>(policies: impl Iterator<Item = &'a PolicyGate>) -> BTreeSet<Platform> {
    let mut platforms = BTreeSet::new();
    for policy in policies {
        if policy.platforms.is_empty() {
            return BTreeSet::new();
        }
        platforms.extend(policy.platforms.iter().cloned());
    }
    platforms
}

fn policy_gate(policy: &AccessPolicy, directory: &Directory<'_>, history: &History<'_>, exclusions: &Exclusions) -> PolicyGate {
    let (in_force, since) = history.in_force(policy, directory);
    let since_exact = matches!(since, Some(Since::Told(_)));
    let approvers = Approvers::new(policy, workload_of(policy), in_force, directory);
    PolicyGate {
        policy_id: policy.id.clone(),
        name: policy.display_name.clone(),
        platforms: policy.platforms.iter().filter_map(|word| Platform::from_policy_platform(word)).collect(),
        in_force,
        since: since.map(|since| since.time().max(app_only_since())),
        since_exact,
        approver_groups: approvers.names(),
        approvers: approvers.people(),
        problems: approvers.problems(),
        exclusions_readable: exclusions.known.contains(&policy.id),
        planned: false,
    }
}

/// A gate of the user's plan, as if it were a policy that is not in force yet.
fn planned_gate(gate: &PlannedGate) -> PolicyGate {
    PolicyGate {
        policy_id: gate.policy_id(),
        name: gate.name(),
        platforms: gate.platforms.clone(),
        in_force: InForce::No,
        since: None,
        since_exact: false,
        approver_groups: None,
        approvers: None,
        problems: Vec::new(),
        exclusions_readable: true,
        planned: true,
    }
}

pub(super) fn app_only_since() -> DateTime<Utc> {
    APP_ONLY_SINCE.parse().unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Since when a policy is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    /// Its request was completed then, or its creation was audited then.
    Told(DateTime<Utc>),
    /// At the latest since its last change.
    ByLastChange(DateTime<Utc>),
}

impl Since {
    fn time(self) -> DateTime<Utc> {
        match self {
            Self::Told(time) | Self::ByLastChange(time) => time,
        }
    }
}

/// Statuses of a request that was filed and not completed.
const NOT_COMPLETED: [&str; 6] = ["approved", "needsapproval", "expired", "rejected", "cancelled", "canceled"];

/// Requests and audit events that tell when policies came into force.
struct History<'a> {
    requests: BTreeMap<PolicyId, Vec<&'a ApprovalRequest>>,
    created: BTreeMap<PolicyId, DateTime<Utc>>,
}

impl<'a> History<'a> {
    fn new(directory: &Directory<'a>, catalogue: &Catalogue) -> Self {
        let mut requests: BTreeMap<PolicyId, Vec<&ApprovalRequest>> = BTreeMap::new();
        let on_policies = directory.snapshot.approval_requests.values().filter(|request| concerns_policies(request));
        for request in on_policies {
            if let Some(policy) = &request.payload_id {
                requests.entry(PolicyId::new(policy)).or_default().push(request);
            }
        }
        let mut created: BTreeMap<PolicyId, DateTime<Utc>> = BTreeMap::new();
        for event in directory.snapshot.audit_events.iter().filter(|event| creates_policy(event, catalogue)) {
            for resource in &event.resources {
                let ids = resource.id.iter().chain(&resource.policy_ids);
                for id in ids.map(|id| PolicyId::new(id)) {
                    let latest = created.entry(id).or_insert(event.time);
                    *latest = event.time.max(*latest);
                }
            }
        }
        Self { requests, created }
    }

    /// Whether a policy is in force, and since when. Without a request or an event that tells, a listed policy counts as in
    /// force, and as known since its last change.
    fn in_force(&self, policy: &AccessPolicy, directory: &Directory<'_>) -> (InForce, Option<Since>) {
        let requests = self.requests.get(&policy.id).map(Vec::as_slice).unwrap_or_default();
        let creations: Vec<_> = requests.iter().filter(|request| says(request.payload_operation.as_deref(), &["create"])).collect();
        let completed: Vec<_> = creations.iter().filter(|request| says(request.status.as_deref(), &["completed"])).collect();
        if let Some(time) = completed.iter().filter_map(|request| request.last_modified).max() {
            return (InForce::Yes, Some(Since::Told(time)));
        }
        if let Some(time) = self.created.get(&policy.id) {
            return (InForce::Yes, Some(Since::Told(*time)));
        }
        let state = match creations.iter().all(|request| says(request.status.as_deref(), &NOT_COMPLETED)) {
            // Completed, if nobody knows when.
            _ if !completed.is_empty() => InForce::Yes,
            _ if creations.is_empty() => default_state(policy, directory),
            true => InForce::No,
            false => InForce::Unknown,
        };
        // Writes count as behind a gate only while it is known to be in force.
        let since = policy.last_modified.filter(|_| state == InForce::Yes);
        (state, since.map(Since::ByLastChange))
    }
}

/// A policy may be waiting for its completion if it changed within the days for which requests are shown, and they were not read.
/// Of a policy of which not even the type was read, nothing is known.
fn default_state(policy: &AccessPolicy, directory: &Directory<'_>) -> InForce {
    if policy.policy_type.is_none() && !policy.read_by_id {
        return InForce::Unknown;
    }
    let horizon = directory.snapshot.taken_at.checked_sub_days(Days::new(REQUESTS_SHOWN_DAYS));
    let recent = policy.last_modified.is_none_or(|changed| horizon.is_none_or(|horizon| changed >= horizon));
    if recent && !directory.is_complete(Dataset::ApprovalRequests) { InForce::Unknown } else { InForce::Yes }
}

/// Whether a request is about an access policy.
pub(super) fn concerns_policies(request: &ApprovalRequest) -> bool {
    request.policy_types.iter().any(|kind| Workload::from_policy_type(kind) == Workload::OperationApprovalPolicy)
}

fn creates_policy(event: &AuditEvent, catalogue: &Catalogue) -> bool {
    let kinds: Vec<&str> = event.resources.iter().filter_map(|resource| resource.kind.as_deref()).collect();
    let activity = catalogue.activity(event.activity_type.as_deref(), event.operation_type.as_deref(), &kinds);
    let on_policy = matches!(activity, Activity::Write { workload: Workload::OperationApprovalPolicy, .. });
    on_policy && says(event.operation_type.as_deref(), &["create"]) && says(event.result.as_deref(), &["success"])
}

/// Whether a text is one of these words, in any letter case.
pub(super) fn says(text: Option<&str>, words: &[&str]) -> bool {
    text.is_some_and(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
}
