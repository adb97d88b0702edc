//! Files for an unattended run, for each platform that can start one: pure text from a plan. Nothing here reads, writes or runs
//! anything. The texts are templates beside this code; a value comes into one only through the quoting of its syntax
//! ([`quote`]), and what cannot be quoted safely is refused.
//!
//! Exit status 1, "something new", is not a failure of the run anywhere: each platform says in its files how it is told from
//! 2 and 4 (the run was not carried out) and 3 (a dataset could not be read).

mod azure;
mod cluster;
mod machine;
mod place;
mod plan;
mod quote;
mod template;
mod when;
mod windows;

pub use plan::{Cloud, FailOn, Keep, Plan, Role};
pub use when::When;

use std::collections::BTreeSet;
use thiserror::Error;

/// What starts the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// A timer of systemd.
    Systemd,
    /// cron, for machines without systemd.
    Cron,
    /// Task Scheduler of Windows.
    Windows,
    /// launchd of macOS.
    Launchd,
    /// GitHub Actions, on a hosted runner.
    Github,
    /// Azure Pipelines, on a hosted agent.
    AzureDevops,
    /// A CronJob.
    Kubernetes,
    /// A scheduled job of Azure Container Apps.
    ContainerApps,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Systemd, Self::Cron, Self::Windows, Self::Launchd, Self::Github, Self::AzureDevops, Self::Kubernetes, Self::ContainerApps];

    /// As the command line calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Cron => "cron",
            Self::Windows => "windows",
            Self::Launchd => "launchd",
            Self::Github => "github",
            Self::AzureDevops => "azure-devops",
            Self::Kubernetes => "kubernetes",
            Self::ContainerApps => "container-apps",
        }
    }

    /// What it is, for help.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Systemd => "A timer and a service of systemd",
            Self::Cron => "cron, where there is no systemd",
            Self::Windows => "Task Scheduler of Windows",
            Self::Launchd => "launchd of macOS",
            Self::Github => "A workflow of GitHub Actions",
            Self::AzureDevops => "A pipeline of Azure DevOps",
            Self::Kubernetes => "A CronJob of Kubernetes",
            Self::ContainerApps => "A scheduled job of Azure Container Apps",
        }
    }
}

/// A value that has no place in the files, or cannot be written there safely.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}\nhint: {hint}")]
pub struct Refused {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl Refused {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

/// One file: its name, and its text, which ends with a line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// File name without a folder.
    pub name: &'static str,
    /// Contents.
    pub text: String,
}

/// The files for `platform`, in the order in which they are to be read. The same plan gives the same bytes.
///
/// # Errors
/// [`Refused`] for a value of the plan that this platform has no place for, or that its syntax cannot carry.
pub fn render(platform: Platform, plan: &Plan) -> Result<Vec<Document>, Refused> {
    plan.check(platform)?;
    match platform {
        Platform::Systemd => machine::systemd(plan),
        Platform::Cron => machine::cron(plan),
        Platform::Launchd => machine::launchd(plan),
        Platform::Windows => windows::windows(plan),
        Platform::Github => azure::github(plan),
        Platform::AzureDevops => azure::azure_devops(plan),
        Platform::Kubernetes => cluster::kubernetes(plan),
        Platform::ContainerApps => cluster::container_apps(plan),
    }
}

/// What every placeholder begins with.
const PLACEHOLDER: &str = "REPLACE_";

/// The placeholders that stand in `documents`: values that nobody gave and that cannot be known here.
#[must_use]
pub fn placeholders(documents: &[Document]) -> BTreeSet<String> {
    let part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let names = documents.iter().flat_map(|document| {
        let text = document.text.as_str();
        text.match_indices(PLACEHOLDER).map(move |(at, _)| text[at..].chars().take_while(|letter| part(*letter)).collect::<String>())
    });
    // The scripts look for the bare prefix to stop before anything is left open.
    names.filter(|name| name != PLACEHOLDER).collect()
}

#[cfg(test)]
mod tests;
