//! `maascan schedule`: files for an unattended run, printed and nothing else.

use super::exit::{Failure, Status, usage_error};
use super::needs::needs;
use super::{grant_script, options, output};
use crate::graph::Cloud;
use crate::schedule::{self, Document, FailOn, Keep, Plan, Platform, Refused, Role, When};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  maascan schedule systemd --tenant … --client …
  for f in $(maascan schedule systemd --list); do maascan schedule systemd --tenant … --client … --file \"$f\" > \"$f\"; done
  maascan schedule github --at \"Mon 06:00\" --storage-account contosoaudit --file maascan.yml > .github/workflows/maascan.yml

It only prints: no file is written, no command run, nobody asked. Read the files, replace what is marked with REPLACE_, and run
install.sh (install.ps1) yourself, as often as you like; remove.sh (remove.ps1) takes it away again and keeps the history, and the
certificate too unless it is told --purge (-Purge).";

/// Print files for a run every week: systemd, cron, Windows, launchd, GitHub, Azure DevOps, Kubernetes, Container Apps
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What starts the run
    #[arg(value_enum, value_name = "PLATFORM")]
    platform: Platform,
    /// When: a day of the week or "daily", and a time; UTC, but the machine's own time for cron and launchd
    #[arg(long, value_name = "WHEN", default_value = "Mon 06:00", value_parser = When::parse)]
    at: When,
    /// Print this file alone, without a line that says where it begins
    #[arg(long, value_name = "NAME")]
    file: Option<String>,
    /// Print the names of the files instead
    #[arg(long, conflicts_with = "file")]
    list: bool,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    place: Place,
}

/// What is run.
#[derive(Debug, Args)]
#[command(next_help_heading = "The run")]
struct Run {
    /// Runs that the store keeps
    #[arg(long, value_name = "N", default_value_t = 52, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    keep: u32,
    /// Keep the runs of so many days instead
    #[arg(long, value_name = "N", conflicts_with = "keep", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep_days: Option<u32>,
    /// What ends with status 1; default: new:high, but nothing for kubernetes and container-apps, which know no such status
    #[arg(long, value_name = "[new:]SEVERITY", value_parser = FailOn::parse)]
    fail_on: Option<FailOn>,
    /// Let a run count as done although a dataset could not be read whole
    #[arg(long)]
    allow_incomplete: bool,
    /// Cloud of the tenant
    #[arg(long, value_name = "NAME", default_value = "global", value_parser = options::cloud)]
    cloud: Cloud,
}

/// Where it is run, and as whom. What is left out and cannot be known is marked with `REPLACE_`.
#[derive(Debug, Args)]
#[command(next_help_heading = "The place")]
struct Place {
    /// Folder of the store: systemd, cron, windows, launchd
    #[arg(long, value_name = "DIR")]
    store: Option<String>,
    /// Path of maascan there: systemd, cron, windows, launchd
    #[arg(long, value_name = "PATH")]
    binary: Option<String>,
    /// Image that holds maascan: kubernetes, container-apps. None is published; a Dockerfile is among the files
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Directory (tenant) id
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// App id of the application that signs in
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Storage account that keeps the store: github, azure-devops, container-apps
    #[arg(long, value_name = "NAME")]
    storage_account: Option<String>,
}

impl ValueEnum for Platform {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.words()))
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let documents = schedule::render(arguments.platform, &plan(arguments)?).map_err(usage_error)?;
    if arguments.list {
        let names: String = documents.iter().map(|document| format!("{}\n", document.name)).collect();
        output::data(names.as_bytes())?;
        return Ok(Status::Done);
    }
    let chosen = match &arguments.file {
        None => documents,
        Some(name) => vec![named(documents, name).map_err(usage_error)?],
    };
    let text: String = match (&arguments.file, chosen.as_slice()) {
        (Some(_), [only]) => only.text.clone(),
        _ => chosen.iter().map(|document| format!("# ---- file: {} ----\n{}", document.name, document.text)).collect(),
    };
    output::data(text.as_bytes())?;
    tell(&chosen);
    Ok(Status::Done)
}

fn named(documents: Vec<Document>, name: &str) -> Result<Document, Refused> {
    let names: Vec<&str> = documents.iter().map(|document| document.name).collect();
    let refused = Refused { what: format!("no such file: {name}"), hint: format!("files are: {}", names.join(", ")) };
    documents.into_iter().find(|document| document.name == name).ok_or(refused)
}

/// Says what the user has to fill in; data stays data.
fn tell(documents: &[Document]) {
    let open: Vec<String> = schedule::placeholders(documents).into_iter().collect();
    if !open.is_empty() {
        output::note(&format!("to be replaced before use: {}", open.join(", ")));
    }
}

fn plan(arguments: &Arguments) -> Result<Plan, Failure> {
    let Run { keep, keep_days, fail_on, allow_incomplete, cloud } = &arguments.run;
    let Place { store, binary, image, tenant, client, storage_account } = &arguments.place;
    Ok(Plan {
        keep: keep_days.map_or(Keep::Runs(*keep), Keep::Days),
        fail_on: fail_on.clone(),
        allow_incomplete: *allow_incomplete,
        store: store.clone(),
        binary: binary.clone(),
        image: image.clone(),
        tenant: tenant.clone(),
        client: client.clone(),
        storage_account: storage_account.clone(),
        cloud: (*cloud != Cloud::Global).then(|| schedule::Cloud {
            name: cloud.name().to_owned(),
            azure_cli: grant_script::azure_name(*cloud).to_owned(),
            graph: cloud.graph_origin().to_owned(),
        }),
        // Only there the sign-in is made by these files; elsewhere `permissions --script` makes it.
        roles: if arguments.platform == Platform::ContainerApps { roles()? } else { Vec::new() },
        ..Plan::new(arguments.at)
    })
}

/// The least set, as `permissions --script` grants it.
fn roles() -> Result<Vec<Role>, Failure> {
    let least = needs()?.into_iter().filter(|need| !need.optional);
    Ok(least.map(|need| Role { id: need.permission.app_role_id().to_owned(), name: need.permission.name().to_owned() }).collect())
}
