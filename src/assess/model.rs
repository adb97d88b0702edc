//! What an assessment says: the types that rules look at and reports print.

use super::applied::AppliedSettings;
use super::baseline::Baseline;
use super::days::DayCounts;
use super::exposure::Exposure;
use super::finding::Finding;
use super::logs::LogsRead;
use super::posture::Posture;
use super::scripts::ScriptsRead;
use super::words::{
    Confidence, EvidenceGrade, ExcludedObject, ExclusionSource, ExclusionState, GateProblemKind, GateState, Home, InForce, KeyHolder,
    KeyKind, VerdictKind, WayKind,
};
use crate::catalogue::{Platform, Workload};
use crate::evidence::Scripted;
use crate::snapshot::{AppId, Coverage, Dataset, DatasetReading, Gap, PolicyId, RequestId, ServicePrincipalId, TenantId};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The result of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Of which tenant, when, over which window.
    pub run: Run,
    /// What could be read.
    pub coverage: BTreeMap<Dataset, DatasetReading>,
    /// What could be read of the activity logs.
    pub activity_logs: LogsRead,
    /// What could be read of the automations' own source.
    pub scripts: ScriptsRead,
    /// Every automation and every excluded application, by app id.
    pub applications: BTreeMap<AppId, ApplicationProfile>,
    /// One for each automation × workload; what needs action first, then by name.
    pub verdicts: Vec<Verdict>,
    /// One for each workload that is known or that a policy names.
    pub gates: Vec<Gate>,
    /// One for each policy × excluded application, two where sources disagree.
    pub exclusions: Vec<Exclusion>,
    /// Approval requests that an application filed, or that still wait; by id.
    pub requests: Vec<Request>,
    /// For each policy that breaks or blocks automations, those that it would have to exclude.
    pub exclusion_needs: Vec<ExclusionNeed>,
    /// What the user's own files list and could not be placed in this tenant, a sentence each.
    pub unplaced: Vec<String>,
    /// Application-made audit events whose activity is in no vocabulary: listed, so that a new name is seen.
    pub unmapped_activities: BTreeMap<String, u64>,
    /// Permissions of the tenant's Microsoft Graph that by their name write Intune and that the catalogue does not have: whoever
    /// holds only these is not an automation here, which has to be said.
    pub unmapped_permissions: BTreeSet<String>,
    /// What is known of the tenant as a whole.
    pub tenant: TenantProfile,
    /// An earlier snapshot that this one is compared with, if the user gave one.
    pub baseline: Option<Baseline>,
    /// What the rules found; empty until rules have run.
    pub findings: Vec<Finding>,
    /// Excluded applications, the one to look at first first; empty until rules have run.
    pub exposures: Vec<Exposure>,
    /// The settings under which rules ran. The register of exclusions is there from the beginning, the rest once they have run.
    pub settings: AppliedSettings,
}

/// What is known of the tenant as a whole, beside its policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantProfile {
    /// The default app management policy.
    pub app_management: Known<AppManagement>,
    /// Service principals with a permission on one of Intune's own resources.
    pub intune_api_holders: Known<usize>,
}

/// The tenant's default app management policy (`tenantAppManagementPolicy`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppManagement {
    /// `isEnabled`.
    pub enabled: bool,
    /// What it restricts, a clause each; empty where it is off.
    pub restrictions: BTreeSet<String>,
}

/// The frame of an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The tenant's id.
    pub tenant_id: TenantId,
    /// The tenant's name, if it could be read.
    pub tenant_name: Option<String>,
    /// The clock of the run (UTC).
    pub taken_at: DateTime<Utc>,
    /// Days of the evidence window.
    pub window_days: u32,
    /// Start of the evidence window (UTC).
    pub window_start: DateTime<Utc>,
    /// Start of the span in which audit events were read (UTC).
    pub audit_since: DateTime<Utc>,
    /// Workloads judged as if they were gated.
    pub planned: BTreeSet<Workload>,
}

/// An application as far as it concerns Multi Admin Approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationProfile {
    /// App id.
    pub app_id: AppId,
    /// Its service principal in this tenant; None where there is none, or it could not be read.
    pub service_principal: Option<ServicePrincipalId>,
    /// Display name: an attacker's text.
    pub name: String,
    /// `servicePrincipalType`; None where it could not be read.
    pub kind: Option<String>,
    /// Where it is registered.
    pub home: Home,
    /// Whether it can get a token; None where that could not be read.
    pub can_sign_in: Option<bool>,
    /// Intune write permissions and those that lead to them, by name.
    pub permissions: Known<Vec<HeldPermission>>,
    /// Last sign-in as itself, by the activity report or, where they were read, by the raw sign-ins.
    pub last_sign_in: LastSignIn,
    /// Last sign-in for a person, by the activity report (UTC); None where it shows none or could not be read.
    pub delegated_sign_in: Option<DateTime<Utc>>,
    /// First trace of it in this tenant: registration, first grant, or first key, whichever is earliest.
    pub first_trace: Option<DateTime<Utc>>,
    /// Its secrets and certificates, on the application and on the service principal. A foreign application's own keys
    /// lie in its home tenant, so of those only the ones on the service principal are seen.
    pub keys: Known<Vec<Key>>,
    /// Of these, the ones set directly on the service principal.
    pub service_principal_keys: Known<Vec<Key>>,
    /// Its federated credentials.
    pub federated: Known<Vec<Key>>,
    /// How far its reach goes beyond that, and how well it is held.
    pub posture: Posture,
    /// Whether at least one policy excludes it.
    pub excluded: bool,
    /// Whether it has a verdict, that is, can write or was seen writing.
    pub automation: bool,
}

/// A value, or why it could not be read. Never a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// Read in full.
    Yes(T),
    /// Read in part: what is there is true, what is not there may be.
    Partly(T, Gap),
    /// Not read.
    No(Gap),
}

impl<T> Known<T> {
    /// A value that is whole unless there is a gap.
    #[must_use]
    pub fn of(value: T, gap: Option<Gap>) -> Self {
        match gap {
            None => Self::Yes(value),
            Some(gap) => Self::Partly(value, gap),
        }
    }

    /// The same of another value, made from what was read.
    #[must_use]
    pub fn map<U>(&self, make: impl FnOnce(&T) -> U) -> Known<U> {
        match self {
            Self::Yes(value) => Known::Yes(make(value)),
            Self::Partly(value, gap) => Known::Partly(make(value), gap.clone()),
            Self::No(gap) => Known::No(gap.clone()),
        }
    }

    /// What was read, whole or not.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Yes(value) | Self::Partly(value, _) => Some(value),
            Self::No(_) => None,
        }
    }

    /// Why something is missing.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Yes(_) => None,
            Self::Partly(_, gap) | Self::No(gap) => Some(gap),
        }
    }
}

/// A permission that an application holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldPermission {
    /// Name, such as `DeviceManagementApps.ReadWrite.All`.
    pub name: String,
    /// Workloads that it writes.
    pub primary: BTreeSet<Workload>,
    /// Workloads that it may write according to some source.
    pub possible: BTreeSet<Workload>,
    /// Since when it is held.
    pub granted: Option<DateTime<Utc>>,
}

/// When an application last signed in as itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastSignIn {
    /// Then.
    At(DateTime<Utc>),
    /// The report was read whole and shows none.
    NoneSeen,
    /// It could not be read.
    Unknown(Gap),
}

/// A secret, a certificate, or trust in an outside issuer. Days are whole, rounded down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What it is.
    pub kind: KeyKind,
    /// Key id; for a federated credential its id.
    pub key_id: String,
    /// Which object holds it.
    pub held_on: KeyHolder,
    /// Start of validity (UTC).
    pub start: Option<DateTime<Utc>>,
    /// End of validity (UTC); None for a federated credential, which has none.
    pub end: Option<DateTime<Utc>>,
    /// Days from start to end.
    pub lifetime_days: Option<i64>,
    /// Days since start.
    pub age_days: Option<i64>,
    /// Whether the end has passed; None where the end is not known.
    pub expired: Option<bool>,
    /// When it was last used, if that is known.
    pub last_used: Option<DateTime<Utc>>,
}

/// What will happen to one automation on one workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The automation, a key of [`Assessment::applications`].
    pub app_id: AppId,
    /// The workload.
    pub workload: Workload,
    /// Platforms that the gates cover; empty for all.
    pub platforms: BTreeSet<Platform>,
    /// The gate.
    pub gate: GateState,
    /// Excluded or not.
    pub exclusion: ExclusionState,
    /// Where the exclusion was seen.
    pub exclusion_sources: BTreeSet<ExclusionSource>,
    /// The verdict.
    pub kind: VerdictKind,
    /// The verdict without the plan, by the gates as they are today. None where nothing is planned.
    pub today: Option<VerdictKind>,
    /// How sure.
    pub confidence: Confidence,
    /// The strongest evidence.
    pub grade: EvidenceGrade,
    /// Successful writes in the window, as itself.
    pub writes: u64,
    /// Failed write attempts in the window, as itself.
    pub failed_writes: u64,
    /// Refused calls and requests that were not granted, in the window.
    pub blocked_calls: u64,
    /// First write in the window (UTC).
    pub first_write: Option<DateTime<Utc>>,
    /// Last write in the window (UTC).
    pub last_write: Option<DateTime<Utc>>,
    /// HTTP statuses to expect, or seen, in rising order. Empty where nothing is refused.
    pub expected_status: BTreeSet<u16>,
    /// Permissions held that concern this workload.
    pub permissions: BTreeSet<String>,
    /// What the verdict rests on, a sentence each.
    pub reasons: Vec<String>,
    /// What lowers the confidence, a sentence each.
    pub doubts: Vec<String>,
    /// What to do, one sentence.
    pub next_step: String,
    /// Ways out: adopt the approval flow, exclude (and what to harden first), take the permission away.
    /// Empty where nothing has to be done.
    pub ways_out: Vec<WayOut>,
    /// Policies concerned that no undisputed source lists it on.
    pub not_excluded_by: BTreeSet<PolicyId>,
    /// What it was seen doing, by day (UTC), in the span in which audit events were read ([`Run::audit_since`]); days on which
    /// nothing was seen are not there.
    pub days: BTreeMap<NaiveDate, DayCounts>,
    /// Writes on the workload that stand in its scripts, in order of path and line. That they were made is not said by it.
    pub scripts: Vec<Scripted>,
}

/// One way out of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayOut {
    /// Which.
    pub kind: WayKind,
    /// The whole of it, one sentence.
    pub summary: String,
    /// Protected requests that it concerns, method and path: those that fit what was seen, else those of the workload.
    pub requests: Vec<String>,
    /// What has to be done before.
    pub first: Vec<String>,
    /// Permissions to take away.
    pub permissions: Vec<String>,
    /// Policies that would have to exclude it, and whether they have room.
    pub room: Vec<Room>,
}

/// How much room a policy has for exclusions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The policy.
    pub policy_id: PolicyId,
    /// Its name: an attacker's text.
    pub policy: String,
    /// Applications that are known to be on its list.
    pub listed: usize,
    /// Whether its list is known whole; else there may be more on it.
    pub whole: bool,
}

impl Room {
    /// Most applications that one policy can exclude (Multi Admin Approval documentation, 2026-07-30).
    pub const MOST: usize = 50;

    /// Whether so many more fit; None where the list is not known whole.
    #[must_use]
    pub fn fits(&self, more: usize) -> Option<bool> {
        match self.listed.saturating_add(more) <= Self::MOST {
            false => Some(false),
            true => self.whole.then_some(true),
        }
    }
}

/// The smallest set of exclusions with which what writes today keeps writing behind one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExclusionNeed {
    /// The policy, and how many it excludes.
    pub room: Room,
    /// What it protects.
    pub workload: Workload,
    /// Whether it is no policy but a gate of the plan.
    pub planned: bool,
    /// Automations that break or are blocked behind it and that no undisputed source lists on it; never empty.
    pub automations: BTreeSet<AppId>,
}

/// What protects one workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The workload.
    pub workload: Workload,
    /// Protected or not.
    pub state: GateState,
    /// Platforms covered; empty for all.
    pub platforms: BTreeSet<Platform>,
    /// The policies behind it; empty for a gate that only `--plan` makes, and for access policies, which protect themselves.
    pub policies: Vec<PolicyGate>,
}

/// Something that makes a gate useless or risky (facts/maa.md section 7), or that nobody could tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateProblem {
    /// What it is.
    pub kind: GateProblemKind,
    /// Ids of the groups and members it concerns; empty where it concerns the policy alone, or was not told.
    pub ids: BTreeSet<String>,
    /// What is wrong, or why it cannot be told; one sentence without a full stop.
    pub sentence: String,
    /// Why it cannot be told whether the gate has it. None where it has.
    pub unknown: Option<Untold>,
}

/// Why something cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The dataset that would tell.
    pub dataset: Dataset,
    /// Why it does not. None where it was read whole and does not say.
    pub gap: Option<Gap>,
}

/// One access policy's part in a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyGate {
    /// The policy.
    pub policy_id: PolicyId,
    /// Its name: an attacker's text.
    pub name: String,
    /// Platforms covered; empty for all.
    pub platforms: BTreeSet<Platform>,
    /// In force or not.
    pub in_force: InForce,
    /// Writes after this time were behind the gate (UTC). None where no time is known.
    pub since: Option<DateTime<Utc>>,
    /// Whether a request or an audit event tells that time; else it is the policy's last change, and the policy may be older.
    pub since_exact: bool,
    /// Approver groups, by name where it could be read, else by id; None where the policy's groups could not be read.
    pub approver_groups: Option<Vec<String>>,
    /// People who can approve as direct members; None where that could not be read.
    pub approvers: Option<u64>,
    /// What is wrong with it, and what could not be told, in the order of the words.
    pub problems: Vec<GateProblem>,
    /// Whether this policy's list of exclusions is known, from the policy itself or from a file.
    pub exclusions_readable: bool,
    /// Whether it is not a policy but a gate of the user's plan.
    pub planned: bool,
}

/// A line of the user's own list of exclusions, as copied from the portal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedExclusion {
    /// Line of the file, from 1.
    pub line: u64,
    /// Id or name of the access policy.
    pub policy: String,
    /// Ids of the application: app id, object id, or both. At least one.
    pub ids: Vec<String>,
}

/// A gate that is only planned, with platforms and exclusions of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedGate {
    /// Line of the file on which it begins, from 1; its name in reports.
    pub line: usize,
    /// What it will protect.
    pub workload: Workload,
    /// Platforms that it will cover; empty for all.
    pub platforms: BTreeSet<Platform>,
    /// From when (UTC), if that is decided.
    pub from: Option<DateTime<Utc>>,
    /// Whom it will exclude: app ids, object ids, or names that only one application has.
    pub exclusions: Vec<String>,
}

impl PlannedGate {
    /// The id that stands in reports where an access policy has its own.
    #[must_use]
    pub fn policy_id(&self) -> PolicyId {
        PolicyId::new(&format!("plan-line-{}-{}", self.line, self.workload))
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        let from = self.from.map(|from| format!(" from {}", from.to_rfc3339_opts(SecondsFormat::Secs, true))).unwrap_or_default();
        format!("planned gate{from} (plan, line {})", self.line)
    }
}

/// One application on one policy's list of exclusions, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The policy.
    pub policy_id: PolicyId,
    /// Its name: an attacker's text.
    pub policy: String,
    /// What the policy protects.
    pub workload: Workload,
    /// The id as it stands in the source, in its letter case.
    pub listed_id: String,
    /// App id it resolves to.
    pub app_id: Option<AppId>,
    /// Service principal it resolves to.
    pub service_principal: Option<ServicePrincipalId>,
    /// Name of the application, if any: an attacker's text.
    pub application: Option<String>,
    /// Who says it.
    pub sources: BTreeSet<ExclusionSource>,
    /// Where in each source, and what: the member's name in a policy, the line of a file.
    pub source_detail: String,
    /// What they say: that it is excluded, or that it is not (any more).
    pub listed: bool,
    /// Whether another row of the same policy and application says the opposite.
    pub disputed: bool,
    /// Since when that holds, if known (UTC).
    pub since: Option<DateTime<Utc>>,
    /// What it turned out to be.
    pub state: ExcludedObject,
    /// Why it could not be resolved for certain, where it could not.
    pub gap: Option<Gap>,
}

/// An approval request, as far as it concerns applications or still waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Id, the same as the approval code.
    pub id: RequestId,
    /// Status as the service has it: needsApproval, approved, rejected, cancelled, completed, expired.
    pub status: Option<String>,
    /// What it asks for, in the order of the service; empty where it does not say.
    pub workloads: Vec<Workload>,
    /// The application that filed it; None for one by a person, or by nobody that the service names.
    pub app_id: Option<AppId>,
    /// Name of that application, as far as one is known: an attacker's text.
    pub application: Option<String>,
    /// When it was filed (UTC).
    pub requested: Option<DateTime<Utc>>,
    /// When it runs out (UTC).
    pub expires: Option<DateTime<Utc>>,
    /// Last change (UTC).
    pub last_modified: Option<DateTime<Utc>>,
    /// Id of the person who decided it, lower case; None where nobody has, or the service does not say.
    pub decided_by: Option<String>,
}

impl Request {
    /// Whether it waits for a decision or for its completion. A status that is not known may be either.
    #[must_use]
    pub fn is_pending(&self) -> Option<bool> {
        match self.status.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("needsapproval" | "approved") => Some(true),
            Some("rejected" | "cancelled" | "canceled" | "completed" | "expired") => Some(false),
            _ => None,
        }
    }
}

impl Exclusion {
    /// The app id that it resolves to; of an id that resolves to nothing the id itself, which may be one.
    #[must_use]
    pub fn application_id(&self) -> AppId {
        self.app_id.clone().unwrap_or_else(|| AppId::new(&self.listed_id))
    }
}

/// Counts for the headline. An automation that breaks on one workload and is excluded on another counts in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Headline {
    /// Automations: can write to Intune, or were seen writing.
    pub automations: usize,
    /// Of these, seen writing in the window.
    pub writing: usize,
    /// Break or are blocked already, on at least one workload.
    pub breaking: usize,
    /// Of these, blocked already.
    pub blocked: usize,
    /// Excluded on at least one workload.
    pub excluded: usize,
    /// Unknown on at least one workload.
    pub unknown: usize,
}

impl Assessment {
    /// The counts that every report opens with.
    #[must_use]
    pub fn headline(&self) -> Headline {
        let with = |wanted: fn(&Verdict) -> bool| {
            let apps: BTreeSet<&AppId> = self.verdicts.iter().filter(|v| wanted(v)).map(|v| &v.app_id).collect();
            apps.len()
        };
        Headline {
            automations: with(|_| true),
            writing: with(|verdict| verdict.writes > 0),
            breaking: with(|verdict| matches!(verdict.kind, VerdictKind::Breaks | VerdictKind::Blocked)),
            blocked: with(|verdict| verdict.kind == VerdictKind::Blocked),
            excluded: with(|verdict| verdict.kind == VerdictKind::Excluded),
            unknown: with(|verdict| verdict.kind == VerdictKind::Unknown),
        }
    }

    /// Whether every dataset that was asked for, and is not optional, was read whole, and the activity logs and scripts
    /// where they were given.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let whole = |coverage: &Coverage| coverage.is_complete() || coverage.is_skipped();
        self.coverage.iter().all(|(dataset, reading)| dataset.is_optional() || whole(&reading.coverage))
            && whole(&self.activity_logs.coverage)
            && whole(&self.scripts.coverage)
    }
}
