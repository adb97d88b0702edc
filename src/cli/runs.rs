//! `maascan runs`: what a store of runs holds.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::options::TableOrJson as Format;
use super::output;
use crate::report::history;
use crate::runs::{self, Contents, Store, StoredRun};
use clap::{Args, Subcommand};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  maascan runs list --store runs
  maascan runs show 2026-11-02T060000Z --store runs
  maascan runs trend --store runs
  maascan runs verify --store runs

Exit status: 0 done; 1 verify: a run is damaged; 2 wrong usage";

/// Look at the runs that scan --store keeps
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the runs, oldest first, with their numbers
    #[command(after_help = "Example:\n  maascan runs list --store runs")]
    List(Looking),
    /// Show one run, and when each of its findings was first and last seen
    #[command(after_help = "Example:\n  maascan runs show 2026-11-02T060000Z --store runs")]
    Show {
        /// Name of the run; default: the last one
        name: Option<String>,
        #[command(flatten)]
        looking: Looking,
    },
    /// Show how the numbers moved from run to run
    #[command(after_help = "Example:\n  maascan runs trend --store runs")]
    Trend(Looking),
    /// Check that every file is as it was written
    #[command(
        after_help = "Example:\n  maascan runs verify --store runs\n\nExit status: 0 all are; 1 a run is damaged, or of another tenant; 2 wrong usage"
    )]
    Verify(Looking),
}

#[derive(Debug, Args)]
struct Looking {
    /// Folder of the runs
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Only runs of this tenant; of several, one has to be named for a trend
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    match &arguments.command {
        Command::List(looking) => list(looking),
        Command::Show { name, looking } => show(name.as_deref(), looking),
        Command::Trend(looking) => trend(looking),
        Command::Verify(looking) => verify(looking),
    }
}

impl Looking {
    fn contents(&self) -> Result<Contents, Failure> {
        let mut contents = Store::open(&self.store).and_then(|store| store.contents()).map_err(usage_error)?;
        if let Some(tenant) = &self.tenant {
            contents.runs.retain(|run| run.manifest.tenant_id.eq_ignore_ascii_case(tenant));
            if contents.runs.is_empty() {
                return Err(Failure::usage(format!("the store has no run of tenant {tenant}"), "maascan runs list names the tenants"));
            }
        }
        Ok(contents)
    }

    /// The runs, if they are all of one tenant.
    fn of_one_tenant(&self) -> Result<Vec<StoredRun>, Failure> {
        one_tenant(self.contents()?.runs)
    }
}

/// Refuses runs of several tenants: their numbers are never mixed.
pub(super) fn one_tenant(runs: Vec<StoredRun>) -> Result<Vec<StoredRun>, Failure> {
    let tenants: std::collections::BTreeSet<&str> = runs.iter().map(|run| run.manifest.tenant_id.as_str()).collect();
    if tenants.len() > 1 {
        let listed = tenants.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(format!("the store has runs of several tenants: {listed}"), "name one with --tenant"));
    }
    Ok(runs)
}

fn list(looking: &Looking) -> Result<Status, Failure> {
    let contents = looking.contents()?;
    let bytes = match looking.format {
        Format::Table => history::list(&contents, output::width()).into_bytes(),
        Format::Json => history::list_json(&contents).map_err(could_not_run)?,
    };
    output::data(&bytes)?;
    Ok(Status::Done)
}

fn show(name: Option<&str>, looking: &Looking) -> Result<Status, Failure> {
    let run = match name {
        Some(name) => Store::open(&looking.store).and_then(|store| store.find(name)).map_err(usage_error)?,
        None => {
            let last = looking.of_one_tenant()?.pop();
            last.ok_or_else(|| Failure::usage(format!("no runs in {}", looking.store.display()), "maascan scan --store DIR keeps one"))?
        }
    };
    let seen = run.seen();
    let bytes = match looking.format {
        Format::Table => {
            let published = run.published().unwrap_or_default();
            history::show(&run, seen.as_ref(), &history::findings(&published), output::width()).into_bytes()
        }
        Format::Json => history::show_json(&run, seen.as_ref()).map_err(could_not_run)?,
    };
    output::data(&bytes)?;
    Ok(Status::Done)
}

fn trend(looking: &Looking) -> Result<Status, Failure> {
    let points = runs::points(&looking.of_one_tenant()?);
    let bytes = match looking.format {
        Format::Table => history::trend(&points, output::width()).into_bytes(),
        Format::Json => history::trend_json(&points).map_err(could_not_run)?,
    };
    output::data(&bytes)?;
    Ok(Status::Done)
}

fn verify(looking: &Looking) -> Result<Status, Failure> {
    let contents = looking.contents()?;
    let mut problems: Vec<(String, String)> = Vec::new();
    for run in &contents.runs {
        let damage = run.damage();
        problems.extend(damage.into_iter().map(|(file, why)| (format!("{}/{}/{file}", run.manifest.tenant_id, run.name), why.to_owned())));
    }
    let damaged = !problems.is_empty() || contents.oddities.iter().any(|oddity| oddity.damage);
    problems.extend(contents.oddities.iter().map(|oddity| (oddity.path.display().to_string(), oddity.why.to_owned())));
    let bytes = match looking.format {
        Format::Table => history::verified(contents.runs.len(), &problems, output::width()).into_bytes(),
        Format::Json => history::verified_json(contents.runs.len(), &problems).map_err(could_not_run)?,
    };
    output::data(&bytes)?;
    Ok(if damaged { Status::Findings } else { Status::Done })
}
