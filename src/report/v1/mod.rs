//! Version 1 of the published model of an assessment, as in `assessment.json`. Its structures are its own, so that the
//! types inside may change and the file does not: members may be added, none is renamed, removed or given another type.
//!
//! Times are RFC 3339, UTC, whole seconds. Lists are in a fixed order. `null` stands for what is not known or does not
//! apply; where something could not be read, a member beside it says why.
//!
//! The comments on members are published too: `schema` makes the descriptions of the JSON Schema of them.

mod application;
mod change;
mod exposure;
mod finding;
mod gate;
mod logs;
mod schema;
mod scripts;
mod settings;
mod verdict;
mod words;

pub(super) use change::{Change, change};
pub(super) use finding::{Finding, finding};
pub(super) use schema::schema;
pub(super) use words::{Time, Word};

use super::{Contents, known, phrases};
use crate::assess;
use crate::catalogue::{Platform, Workload as PolicyType};
use crate::snapshot;
use application::{Application, Credential, application, credentials};

use exposure::Exposure;
use gate::{Exclusion, Gate, exclusion, gate};
use logs::ActivityLogs;
use schemars::JsonSchema;
use serde::Serialize;
use settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use verdict::{ExclusionNeed, Verdict, need, verdict};

/// Name of the format.
pub(super) const FORMAT: &str = "maascan.assessment";

/// Version of the format.
pub(super) const VERSION: u32 = 1;

/// What maascan found in a tenant.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Assessment<'a> {
    /// Name of the format.
    #[schemars(extend("const" = FORMAT))]
    format: &'static str,
    /// Version of the format.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// Of which tenant, when, over which window.
    run: Run<'a>,
    /// The counts that every report opens with.
    headline: Headline,
    /// Whether every dataset that was asked for, and is not optional, was read whole, and the activity logs and scripts
    /// where they were given.
    complete: bool,
    /// What is different from an earlier run; null where there was none to compare with.
    change: Option<Change<'a>>,
    /// One for each dataset, one for the activity logs of Microsoft Graph, and one for scripts.
    coverage: Vec<Dataset<'a>>,
    /// What of the activity logs was read; null where none were given.
    activity_logs: Option<ActivityLogs<'a>>,
    /// What of the automations' own source was read; null where none was given.
    scripts: Option<scripts::Scripts<'a>>,
    /// Applications that can write to Intune or were seen writing, by app id.
    automations: Vec<Application<'a>>,
    /// Excluded applications that are no automation, by app id.
    other_applications: Vec<Application<'a>>,
    /// One for each automation and workload; what needs action first.
    verdicts: Vec<Verdict<'a>>,
    /// One for each workload.
    gates: Vec<Gate<'a>>,
    /// One for each policy and excluded application; two where sources disagree.
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
    /// Permissions that seem to write Intune and are not judged, because this maascan does not know them.
    unmapped_permissions: &'a BTreeSet<String>,
}

/// Of which tenant, when, over which window.
#[derive(Debug, Serialize, JsonSchema)]
struct Run<'a> {
    /// Id of the tenant.
    tenant_id: &'a str,
    /// Its display name; null where it could not be read.
    tenant_name: Option<&'a str>,
    /// When the tenant was read.
    taken_at: Time,
    /// Length of the evidence window in days.
    window_days: u32,
    /// Where the evidence window begins.
    window_start: Time,
    /// From when on audit events were read.
    audit_since: Time,
    /// Workloads judged as if they were gated.
    planned: Vec<&'a str>,
}

/// The counts that every report opens with.
#[derive(Debug, Serialize, JsonSchema)]
struct Headline {
    /// Applications that can write to Intune or were seen writing.
    automations: usize,
    /// Those that were seen writing. Null where audit events were not read whole and none was seen writing.
    writing: Option<u64>,
    /// Those that break or are blocked. Null where none was found and what would show them was not read whole.
    breaking: Option<usize>,
    /// Whether more may break than were found.
    breaking_at_least: bool,
    /// Those that are blocked already, as far as they were seen.
    blocked: usize,
    /// Whether more may be blocked than were seen.
    blocked_at_least: bool,
    /// Those that are excluded. Null where none was found and not every list of exclusions could be read.
    excluded: Option<usize>,
    /// Whether more may be excluded than were found.
    excluded_at_least: bool,
    /// Those of which it is not known whether a gate holds.
    unknown: usize,
    /// Whether there may be more automations than were found, because something was not read.
    at_least: bool,
}

/// What of a dataset was read.
#[derive(Debug, Serialize, JsonSchema)]
struct Dataset<'a> {
    /// Which.
    dataset: Word<snapshot::Area>,
    /// How much of it was read.
    state: Word<snapshot::Coverage>,
    /// Objects read; of the activity logs records. Null where nothing was read.
    items: Option<u64>,
    /// Why something is missing; null where nothing is.
    gap: Option<Gap<'a>>,
    /// Permission that reads it; of the activity logs the role on a workspace that holds them.
    permission: &'a str,
    /// HTTP requests made for it. The one number that may differ between two runs over the same tenant.
    requests: u64,
}

/// Why something could not be read.
#[derive(Debug, Serialize, JsonSchema)]
struct Gap<'a> {
    /// Of which kind.
    kind: Word<snapshot::Gap>,
    /// The missing permission, or what failed.
    detail: Option<&'a str>,
}

impl<'a> From<&Contents<'a>> for Assessment<'a> {
    fn from(contents: &Contents<'a>) -> Self {
        let assessment = contents.assessment;
        let profiles = |automation: bool| {
            let wanted = assessment.applications.values().filter(move |profile| profile.automation == automation);
            wanted.map(|profile| application(assessment, profile)).collect()
        };
        Self {
            format: FORMAT,
            version: VERSION,
            run: run(&assessment.run),
            headline: headline(assessment),
            complete: assessment.is_complete(),
            change: contents.change.map(change),
            coverage: snapshot::Area::all().map(|area| coverage(assessment, area)).collect(),
            activity_logs: logs::logs(assessment),
            scripts: scripts::scripts(assessment),
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
        taken_at: Time::of(run.taken_at),
        window_days: run.window_days,
        window_start: Time::of(run.window_start),
        audit_since: Time::of(run.audit_since),
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
        blocked_at_least: known::automations_with(assessment, assess::VerdictKind::Blocked).is_least(),
        excluded: excluded.found(),
        excluded_at_least: excluded.is_least(),
        unknown: counts.unknown,
        at_least: !known::all_automations(assessment),
    }
}

fn coverage(assessment: &assess::Assessment, area: snapshot::Area) -> Dataset<'_> {
    let coverage = known::area(assessment, area);
    Dataset {
        dataset: Word::of(&area),
        state: Word::of(coverage),
        items: (!matches!(coverage, snapshot::Coverage::Unavailable { .. })).then(|| coverage.items()),
        gap: coverage.gap().map(gap),
        permission: phrases::permission(area, coverage),
        requests: known::requests(assessment, area),
    }
}

fn gap(gap: &snapshot::Gap) -> Gap<'_> {
    Gap { kind: Word::of(gap), detail: phrases::gap_detail(gap) }
}

fn workloads(workloads: &BTreeSet<PolicyType>) -> Vec<&str> {
    workloads.iter().map(PolicyType::word).collect()
}

fn platforms(platforms: &BTreeSet<Platform>) -> Vec<&str> {
    platforms.iter().map(Platform::word).collect()
}
