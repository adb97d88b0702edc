//! Arguments that several commands share.

use super::exit::{Failure, usage_error};
use super::governance::Governing;
use super::reports::Reports;
use super::{exclusion_file, plan_file};
use crate::assess::{self, Severity};
use crate::catalogue::Workload;
use crate::collect;
use crate::graph::{Cloud, Endpoints, Pacing};
use crate::snapshot::{self, AppRoleId, Snapshot};
use chrono::{DateTime, SubsecRound, Utc};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the tenant is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tenant")]
pub(super) struct Connection {
    /// Cloud of the tenant
    #[arg(long, value_name = "NAME", default_value = "global", value_parser = cloud)]
    cloud: Cloud,
    /// Graph at another origin, such as a simulated tenant; plain http only on loopback
    #[arg(long, value_name = "URL")]
    graph_endpoint: Option<String>,
    /// Sign-in at another origin; plain http only on loopback
    #[arg(long, value_name = "URL")]
    login_endpoint: Option<String>,
    /// Sign in as a person, at a web page with a code; needs AZURE_CLIENT_ID of a public client of your own
    #[arg(long)]
    pub(super) device_code: bool,
    /// Whether requests keep to Microsoft's documented limits by themselves; default: documented, off for plain http
    #[arg(long, value_enum, value_name = "HOW")]
    pace: Option<Pace>,
}

/// What `--pace` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pace {
    /// Never more requests than the documented limits allow
    Documented,
    /// As fast as the service answers; refusals are waited out
    Off,
}

impl Connection {
    /// A service on this machine is a simulated one, and waits would be for nothing unless asked for.
    pub(super) fn pacing(&self, endpoints: &Endpoints) -> Pacing {
        match self.pace {
            Some(Pace::Documented) => Pacing::Documented,
            Some(Pace::Off) => Pacing::Off,
            None if endpoints.is_plain() => Pacing::Off,
            None => Pacing::Documented,
        }
    }

    pub(super) fn endpoints(&self) -> Result<Endpoints, Failure> {
        Endpoints::new(self.cloud, self.graph_endpoint.as_deref(), self.login_endpoint.as_deref()).map_err(usage_error)
    }
}

/// Reads the name of a cloud.
pub(super) fn cloud(name: &str) -> Result<Cloud, String> {
    Cloud::from_name(name).ok_or_else(|| format!("clouds are: {}", Cloud::names().join(", ")))
}

/// How much is read, and by which clock.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(super) struct Reading {
    /// Days of audit events to read
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=730))]
    pub(super) audit_days: u32,
    /// How much of the directory is read: what is in scope, or every service principal and application
    #[arg(long, value_enum, value_name = "HOW MUCH", default_value_t = Inventory::Scope)]
    inventory: Inventory,
    /// Read the raw sign-ins of what is in scope, of the last 30 days: with which credential, from where
    #[arg(long)]
    sign_ins: bool,
    /// The clock, RFC 3339, for output that can be reproduced; default: now
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<DateTime<Utc>>,
    /// Keep what has been read in this file until the run is done, so that the same command goes on from there if it is
    /// stopped; default: beside the output, else in the user's cache folder
    #[arg(long, value_name = "FILE")]
    pub(super) work: Option<PathBuf>,
    /// Read everything anew, also what a stopped run has read
    #[arg(long)]
    pub(super) refresh: bool,
}

/// What `--inventory` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Inventory {
    /// Who can write Intune, was seen writing it, or is excluded
    Scope,
    /// All of them
    Full,
}

impl Reading {
    /// What is to be read, for those who hold one of these permissions.
    pub(super) fn options(&self, scope_app_roles: BTreeSet<AppRoleId>) -> collect::Options {
        let inventory = match self.inventory {
            Inventory::Scope => collect::Inventory::Scope,
            Inventory::Full => collect::Inventory::Full,
        };
        collect::Options {
            taken_at: self.now(),
            audit_days: self.audit_days,
            scope_app_roles,
            inventory,
            sign_ins: self.sign_ins,
            look_up: BTreeSet::new(),
        }
    }

    /// The clock of the run (UTC, whole seconds).
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now.unwrap_or_else(Utc::now).trunc_subsecs(0)
    }

    /// Whether the user set the clock.
    pub(super) fn clock_given(&self) -> bool {
        self.now.is_some()
    }

    /// Refuses an evidence window that audit events do not cover.
    pub(super) fn covers(&self, judging: &Judging) -> Result<(), Failure> {
        if judging.days > self.audit_days {
            let message = format!("--days {} reaches further back than --audit-days {}", judging.days, self.audit_days);
            return Err(Failure::usage(message, "raise --audit-days to at least --days"));
        }
        Ok(())
    }
}

/// Reads a time of RFC 3339.
pub(super) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.to_utc()).map_err(|_| "not a time of RFC 3339, such as 2026-11-02T06:00:00Z".to_owned())
}

/// How the tenant is judged.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judging")]
pub(super) struct Judging {
    /// Days of the evidence window
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=730))]
    pub(super) days: u32,
    /// Judge as if these workloads were gated: all that the portal offers, a list such as app,script,deviceAction, or a TOML
    /// file of gates with platforms, a day and exclusions, whose name ends in .toml
    #[arg(long, value_name = "WORKLOADS|FILE", value_parser = plan)]
    plan: Option<Plan>,
    /// Exclusions as copied from the portal: CSV with columns for the policy's id or name and for the app id or object id
    #[arg(long, value_name = "FILE")]
    exclusions: Option<PathBuf>,
    /// An earlier snapshot of this tenant, to tell what is new
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(super) governing: Governing,
}

impl Judging {
    /// What the arguments and the files that they name say about the assessment.
    ///
    /// # Errors
    /// A file that cannot be read, or says what it may not: the user's fault.
    pub(super) fn options(&self) -> Result<assess::Options, Failure> {
        let (planned, plan) = match &self.plan {
            None => (BTreeSet::new(), Vec::new()),
            Some(Plan::Workloads(workloads)) => (workloads.clone(), Vec::new()),
            Some(Plan::File(path)) => (BTreeSet::new(), plan_file::load(path, planned)?),
        };
        let exclusions = self.exclusions.as_deref().map(exclusion_file::load).transpose()?.unwrap_or_default();
        Ok(assess::Options { window_days: self.days, planned, plan, exclusions, baseline: None, register: None })
    }

    /// The files that the arguments name: no output may replace them.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let plan = match &self.plan {
            Some(Plan::File(path)) => Some(path),
            Some(Plan::Workloads(_)) | None => None,
        };
        let governing = &self.governing;
        let all = [plan, self.exclusions.as_ref(), self.baseline.as_ref(), governing.config.as_ref(), governing.waivers.as_ref()];
        all.into_iter().flatten().cloned().collect()
    }

    /// The snapshot that `--baseline` names.
    ///
    /// # Errors
    /// A file that cannot be read: the user's fault.
    pub(super) fn baseline(&self) -> Result<Option<Snapshot>, Failure> {
        self.baseline.as_deref().map(snapshot::load).transpose().map_err(usage_error)
    }
}

/// Formats of what a command prints for people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TableOrJson {
    /// For people
    Table,
    /// For machines
    Json,
}

/// The same, and for a ticket or a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TableMarkdownOrJson {
    /// For people
    Table,
    /// For a ticket or a page
    Markdown,
    /// For machines
    Json,
}

/// What `--plan` names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Plan {
    Workloads(BTreeSet<Workload>),
    File(PathBuf),
}

fn plan(text: &str) -> Result<Plan, String> {
    if text.to_ascii_lowercase().ends_with(".toml") || text.contains(['/', '\\']) {
        return Ok(Plan::File(text.into()));
    }
    let mut workloads = BTreeSet::new();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        workloads.extend(planned(word)?);
    }
    if workloads.is_empty() { Err("names no workload".to_owned()) } else { Ok(Plan::Workloads(workloads)) }
}

/// Workloads that one word of `--plan` means. `all` is what the portal offers as profile types (facts/maa.md section 3):
/// not access policies, which protect themselves, and not `deviceDeprovision`, which no portal page names.
pub(super) fn planned(word: &str) -> Result<Vec<Workload>, String> {
    use Workload::{DeviceDelete, DeviceDeprovision, DeviceRetire, DeviceWipe, OperationApprovalPolicy, Unknown};
    if word.eq_ignore_ascii_case("all") {
        return Ok(Workload::KNOWN.into_iter().filter(|known| !matches!(known, OperationApprovalPolicy | DeviceDeprovision)).collect());
    }
    if word.eq_ignore_ascii_case("deviceAction") {
        return Ok(vec![DeviceWipe, DeviceRetire, DeviceDelete]);
    }
    match Workload::from_policy_type(word) {
        Unknown(word) => {
            let known: Vec<String> = Workload::KNOWN.iter().map(ToString::to_string).collect();
            Err(format!(
                "no such workload: {word}; workloads are: all, deviceAction, {}; the name of a file of gates ends in .toml",
                known.join(", ")
            ))
        }
        known => Ok(vec![known]),
    }
}

/// What is put out, and what counts as failing.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// Write all reports into this folder, but for the workbook
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) reports: Reports,
    /// End with status 1 if an open finding is at least this grave: low, medium, high, critical or never; with `new:` before
    /// it only if the finding is new since --baseline or the last run of --store
    #[arg(long, value_name = "[new:]SEVERITY", default_value = "never", value_parser = fail_on)]
    pub(super) fail_on: FailOn,
    /// End with status 0 although a dataset could not be read whole
    #[arg(long)]
    pub(super) allow_incomplete: bool,
}

impl Output {
    /// Every file and folder that is written.
    pub(super) fn written(&self) -> Vec<&Path> {
        self.out.as_deref().into_iter().chain(self.reports.written()).collect()
    }
}

/// What `--fail-on` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FailOn {
    /// The least grave; None for never.
    pub(super) severity: Option<Severity>,
    /// Whether only what is new since an earlier run counts.
    pub(super) only_new: bool,
}

impl FailOn {
    /// No finding makes a run fail.
    pub(super) const NEVER: Self = Self { severity: None, only_new: false };
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    let (only_new, word) = text.strip_prefix("new:").map_or((false, text), |word| (true, word));
    if word == "never" && !only_new {
        return Ok(FailOn::NEVER);
    }
    // A finding that only informs is no reason to fail.
    let severity = Severity::from_word(word).filter(|severity| *severity != Severity::Info);
    let severity = severity.ok_or("severities are: low, medium, high, critical, each also with new: before it; or never")?;
    Ok(FailOn { severity: Some(severity), only_new })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_workloads_in_any_case() {
        assert_eq!(plan("App, SCRIPT"), Ok(Plan::Workloads([Workload::App, Workload::Script].into())));
        assert_eq!(planned("deviceAction").unwrap().len(), 3);
        assert!(!planned("all").unwrap().contains(&Workload::OperationApprovalPolicy));
        for path in ["app.toml", "./app", "C:\\plans\\app"] {
            assert_eq!(plan(path), Ok(Plan::File(path.into())));
        }
    }

    #[test]
    fn a_plan_of_nothing_or_of_something_else_is_refused() {
        assert!(plan(" ,").is_err());
        assert!(plan("app,apps").unwrap_err().contains("apps"));
    }

    #[test]
    fn a_clock_without_a_zone_is_refused() {
        assert!(time("2026-11-02T06:00:00").is_err());
        assert_eq!(time("2026-11-02T08:00:00+02:00").unwrap().to_rfc3339(), "2026-11-02T06:00:00+00:00");
    }
}
