//! From a snapshot to an assessment: gates, exclusions, automations, and a verdict for each automation × workload.

mod applications;
mod applied;
mod approver_rights;
mod approvers;
mod as_of;
mod baseline;
mod blind;
mod days;
mod decision;
mod directory;
mod dossier;
mod exclusion_history;
mod exclusions;
mod explain;
mod exposure;
pub mod facts;
mod fall;
mod find;
mod finding;
mod gates;
pub mod known;
mod logs;
mod model;
mod needs;
mod posture;
mod register;
mod requests;
mod scripts;
mod tenant;
mod verdicts;
mod waiver;
mod ways;
mod words;

#[cfg(test)]
mod tests;

pub use crate::evidence::{Joined, Scripted};
pub use applied::{AppliedSettings, SeverityChange, SwitchedOff, ThresholdChange};
pub use baseline::{Baseline, baseline};
pub use blind::verdicts_without;
pub use days::DayCounts;
pub use dossier::{Chain, Explanation, Link, Statement, explain};
pub use exposure::{Exposure, Grade, Part, exposures};
pub use find::{NotFound, find_application};
pub use finding::{Finding, ObjectRef, Reference, RuleText};
pub use logs::LogsRead;
pub use model::{
    AppManagement, ApplicationProfile, Assessment, Exclusion, ExclusionNeed, Gate, GateProblem, Headline, HeldPermission, Key, Known,
    LastSignIn, ListedExclusion, PlannedGate, PolicyGate, Request, Room, Run, TenantProfile, Untold, Verdict, WayOut,
};
pub use posture::{
    AccessCover, HeldBy, HeldRole, KeyUse, LockState, Network, PermissionUse, Posture, Risk, Standing, Trust, TrustWeakness, WeakOwner,
    Weakness, WriteUse, Writes,
};
pub use register::ExclusionRecord;
pub use scripts::ScriptsRead;
pub use waiver::{Waiver, WaiverUse, waiver_facts};
pub use words::{
    Aspect, Confidence, EvidenceGrade, ExcludedObject, ExclusionSource, ExclusionState, FindingStatus, GateProblemKind, GateState, Home,
    InForce, KeyHolder, KeyKind, LinkKind, Severity, VerdictKind, WayKind,
};

use crate::catalogue::{Catalogue, Workload};
use crate::evidence::{Evidence, Observation, evidence};
use crate::snapshot::{AppId, Dataset, Snapshot};
use chrono::{DateTime, Days, Utc};
use directory::Directory;
use exclusions::Exclusions;
use needs::Listed;
use std::collections::{BTreeMap, BTreeSet};
use verdicts::Context;

/// What the user may decide about an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Days of the evidence window, back from the snapshot's clock.
    pub window_days: u32,
    /// Workloads to judge as if they were gated, where nothing gates them.
    pub planned: BTreeSet<Workload>,
    /// Gates that are planned, with platforms and exclusions of their own, beside what gates already.
    pub plan: Vec<PlannedGate>,
    /// Exclusions that the user knows of, as copied from the portal.
    pub exclusions: Vec<ListedExclusion>,
    /// An earlier snapshot, to tell what is new.
    pub baseline: Option<Baseline>,
    /// The user's register of exclusions; None if none was given, which is not the same as an empty one.
    pub register: Option<Vec<ExclusionRecord>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { window_days: 30, planned: BTreeSet::new(), plan: Vec::new(), exclusions: Vec::new(), baseline: None, register: None }
    }
}

impl Options {
    /// Whether anything is judged that is not so today.
    fn plans(&self) -> bool {
        !self.planned.is_empty() || !self.plan.is_empty()
    }

    /// The same without a plan.
    fn today(&self) -> Self {
        Self { planned: BTreeSet::new(), plan: Vec::new(), ..self.clone() }
    }

    /// Every workload that the plan names.
    fn planned_workloads(&self) -> BTreeSet<Workload> {
        self.planned.iter().cloned().chain(self.plan.iter().map(|gate| gate.workload.clone())).collect()
    }
}

/// Judges a snapshot; with a plan, beside what it is today. Findings are left empty: rules run on the result.
#[must_use]
pub fn assess(snapshot: &Snapshot, catalogue: &Catalogue, options: &Options) -> Assessment {
    let mut assessment = judge(snapshot, catalogue, options);
    if options.plans() {
        let today = judge(snapshot, catalogue, &options.today());
        let kinds: BTreeMap<_, _> = today.verdicts.iter().map(|verdict| ((&verdict.app_id, &verdict.workload), verdict.kind)).collect();
        for verdict in &mut assessment.verdicts {
            verdict.today = kinds.get(&(&verdict.app_id, &verdict.workload)).copied();
        }
    }
    assessment
}

/// What is read out of a snapshot once, before any application is looked at.
struct Ground<'a> {
    directory: Directory<'a>,
    catalogue: &'a Catalogue,
    options: &'a Options,
    evidence: Evidence,
    exclusions: Exclusions,
    gates: Vec<Gate>,
}

impl<'a> Ground<'a> {
    fn new(snapshot: &'a Snapshot, catalogue: &'a Catalogue, options: &'a Options) -> Self {
        let directory = Directory::new(snapshot);
        let evidence = evidence(snapshot, catalogue);
        let mut exclusions = exclusions::exclusions(&directory, catalogue, &options.exclusions, &options.plan);
        exclusions.rows.iter_mut().for_each(|row| recognise(row, &evidence));
        let scripted = evidence.scripts.values().flatten().map(|found| found.workload.clone());
        let observed = evidence.by_application.values().flatten().map(|seen| seen.workload.clone()).chain(scripted).collect();
        let gates = gates::gates(&directory, catalogue, &exclusions, &options.planned, &options.plan, &observed);
        Self { directory, catalogue, options, evidence, exclusions, gates }
    }

    fn window_start(&self) -> DateTime<Utc> {
        window_start(self.directory.snapshot.taken_at, self.options.window_days)
    }

    fn context(&self) -> Context<'_> {
        Context {
            directory: &self.directory,
            catalogue: self.catalogue,
            gates: self.gates.iter().map(|gate| (&gate.workload, gate)).collect(),
            exclusions: by_application(&self.exclusions.rows),
            removals: &self.exclusions.removals,
            listed: Listed::new(&self.exclusions.rows),
            planned: &self.options.planned,
            plan: &self.options.plan,
            unattributed: &self.evidence.unattributed_requests,
            scripts: &self.evidence.scripts,
            window: self.window_start()..=self.directory.snapshot.taken_at,
            unknown_gates: self.gates.iter().any(|gate| matches!(gate.workload, Workload::Unknown(_))),
        }
    }

    fn profile(&self, context: &Context<'_>, app_id: &AppId) -> ApplicationProfile {
        let name = self.evidence.names.get(app_id).map(String::as_str).or_else(|| listed_name(context, app_id));
        let mut profile = applications::profile(&self.directory, self.catalogue, app_id, name);
        profile.excluded = is_excluded(context, app_id);
        profile
    }

    fn posture(&self, context: &Context<'_>, sources: &posture::Sources<'_>, profile: &ApplicationProfile, mine: &[Verdict]) -> Posture {
        posture::posture(&posture::Looked {
            directory: &self.directory,
            catalogue: self.catalogue,
            sources,
            evidence: &self.evidence,
            gates: &self.gates,
            window_start: self.window_start(),
            profile,
            exclusions: context.exclusions.get(&profile.app_id).map(Vec::as_slice).unwrap_or_default(),
            verdicts: mine,
        })
    }

    fn observations(&self, app_id: &AppId) -> &[Observation] {
        self.evidence.by_application.get(app_id).map(Vec::as_slice).unwrap_or_default()
    }
}

fn judge(snapshot: &Snapshot, catalogue: &Catalogue, options: &Options) -> Assessment {
    let mut ground = Ground::new(snapshot, catalogue, options);
    let context = ground.context();
    let sources = posture::Sources::new(&ground.directory);
    let mut verdicts = Vec::new();
    let mut applications = BTreeMap::new();
    for app_id in concerned(snapshot, &ground.exclusions.rows, ground.evidence.by_application.keys().chain(ground.evidence.scripts.keys()))
    {
        let mut profile = ground.profile(&context, &app_id);
        let mine = verdicts::verdicts(&context, &profile, ground.observations(&app_id));
        profile.automation = !mine.is_empty();
        if profile.excluded || profile.automation {
            profile.posture = ground.posture(&context, &sources, &profile, &mine);
            verdicts.extend(mine);
            applications.insert(app_id, profile);
        }
    }
    sort(&mut verdicts, &applications);
    let whole = ground.directory.is_complete(Dataset::ServicePrincipals);
    let gone =
        applications.values().filter(|profile| whole && profile.service_principal.is_none()).map(|profile| &profile.app_id).collect();
    let exclusion_needs = needs::needs(&ground.gates, &context.listed, &verdicts, &gone);
    drop((context, sources));
    let mut unplaced = std::mem::take(&mut ground.exclusions.unplaced);
    unplaced.extend(scripts::unplaced(snapshot));
    unplaced.extend(register::unmatched(options.register.as_deref().unwrap_or_default(), &ground.exclusions.rows));
    let tenant = tenant::profile(&ground.directory);
    let run = run(snapshot, options, ground.window_start());
    Assessment {
        run,
        coverage: snapshot.coverage.clone(),
        activity_logs: LogsRead::of(snapshot),
        scripts: ScriptsRead::of(snapshot, &ground.evidence),
        applications,
        verdicts,
        requests: requests::requests(&ground.directory, &ground.evidence.names),
        exclusion_needs,
        exclusions: ground.exclusions.rows,
        unplaced,
        unmapped_activities: ground.evidence.unmapped_activities,
        unmapped_permissions: unmapped_permissions(snapshot, catalogue),
        tenant,
        baseline: options.baseline.clone(),
        findings: Vec::new(),
        exposures: Vec::new(),
        settings: AppliedSettings { register: options.register.clone(), ..AppliedSettings::default() },
        gates: ground.gates,
    }
}

/// Intune write permissions that Graph defines in this tenant and the catalogue does not know, by their names: those of Intune
/// begin with `DeviceManagement`, and those that write hold `ReadWrite` or `PrivilegedOperations` (facts/maa.md section 5).
fn unmapped_permissions(snapshot: &Snapshot, catalogue: &Catalogue) -> BTreeSet<String> {
    let writes = |name: &str| name.starts_with("DeviceManagement") && (name.contains("ReadWrite") || name.contains("PrivilegedOperations"));
    let unknown = snapshot.app_roles.values().filter(|role| writes(&role.value) && catalogue.permission(&role.id).is_none());
    unknown.map(|role| role.value.clone()).collect()
}

fn window_start(now: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    now.checked_sub_days(Days::new(days.into())).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

fn run(snapshot: &Snapshot, options: &Options, window_start: DateTime<Utc>) -> Run {
    Run {
        tenant_id: snapshot.tenant_id.clone(),
        tenant_name: snapshot.tenant_name.clone(),
        taken_at: snapshot.taken_at,
        window_days: options.window_days,
        window_start,
        audit_since: snapshot.audit_since,
        planned: options.planned_workloads(),
    }
}

/// Names the application of an exclusion that could not be looked up, where the listed id is the app id of one that was seen.
fn recognise(row: &mut Exclusion, evidence: &Evidence) {
    let app_id = AppId::new(&row.listed_id);
    if row.app_id.is_none() && row.gap.is_some() && evidence.by_application.contains_key(&app_id) {
        row.application = evidence.names.get(&app_id).cloned();
        row.app_id = Some(app_id);
    }
}

/// Exclusions by app id. An id that resolves to nothing is taken for an app id too: an application that only the audit log
/// knows may be listed by it.
fn by_application(rows: &[Exclusion]) -> BTreeMap<AppId, Vec<&Exclusion>> {
    let mut exclusions: BTreeMap<AppId, Vec<&Exclusion>> = BTreeMap::new();
    for row in rows {
        exclusions.entry(row.application_id()).or_default().push(row);
    }
    exclusions
}

/// Whether a policy excludes it. What is left of a deleted application is a matter of the exclusion, not of its keys.
fn is_excluded(context: &Context<'_>, app_id: &AppId) -> bool {
    let mut rows = context.exclusions.get(app_id).into_iter().flatten();
    rows.any(|row| {
        row.listed
            && (matches!(row.state, ExcludedObject::Active | ExcludedObject::Disabled) || (row.app_id.is_some() && row.gap.is_some()))
    })
}

fn listed_name<'a>(context: &Context<'a>, app_id: &AppId) -> Option<&'a str> {
    context.exclusions.get(app_id)?.iter().find_map(|row| row.application.as_deref())
}

/// Applications to look at: in the directory, excluded, or seen.
fn concerned<'a>(snapshot: &Snapshot, exclusions: &[Exclusion], seen: impl Iterator<Item = &'a AppId>) -> BTreeSet<AppId> {
    let principals = snapshot.service_principals.values().map(|principal| principal.app_id.clone());
    let excluded = exclusions.iter().filter_map(|row| row.app_id.clone());
    principals.chain(excluded).chain(seen.cloned()).collect()
}

/// What needs action first: by verdict, then the surer, the busier, and by name.
fn sort(verdicts: &mut [Verdict], applications: &BTreeMap<AppId, ApplicationProfile>) {
    let name = |verdict: &Verdict| applications.get(&verdict.app_id).map(|profile| profile.name.clone()).unwrap_or_default();
    verdicts.sort_by_cached_key(|verdict| {
        let sure = std::cmp::Reverse((verdict.confidence, verdict.writes));
        (verdict.kind, sure, name(verdict), verdict.app_id.clone(), verdict.workload.clone())
    });
}
