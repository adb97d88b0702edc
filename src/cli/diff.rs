//! `maascan diff`: what is different between two runs, object by object.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::governance::{Governance, Governing};
use super::options::TableMarkdownOrJson as Format;
use super::{assess as assess_command, output, runs as runs_command, tenant};
use crate::assess::{self, Assessment};
use crate::catalogue::Catalogue;
use crate::report::difference;
use crate::runs::{self, Run, SNAPSHOT, Store};
use crate::snapshot::{self, Snapshot};
use clap::Args;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  maascan diff --store runs
  maascan diff 2026-10-26T060000Z 2026-11-02T060000Z --store runs
  maascan diff before.json.zst after.json.zst --format markdown

Both runs are judged anew, by the same rules. What one of them could not read is told apart from what is gone.

Exit status: 0 done, whether something is different or not; 2 wrong usage; 4 could not run";

/// Tell what is different between two runs: exclusions, credentials, owners, permissions, roles, policies, approvers,
/// Conditional Access, verdicts, findings
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The earlier run: a snapshot, the folder of a run, or the name of one in the store; default: the last but one there
    #[arg(value_name = "A")]
    earlier: Option<String>,
    /// The later run; default: the last one in the store
    #[arg(value_name = "B", requires = "earlier")]
    later: Option<String>,
    /// Folder of runs, as scan --store keeps them
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Tenant, where the store has runs of several
    #[arg(long, value_name = "ID", requires = "store")]
    tenant: Option<String>,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Days of the evidence window
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=730))]
    days: u32,
    #[command(flatten)]
    governing: Governing,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let catalogue = tenant::catalogue()?;
    let governance = Governance::load(&arguments.governing)?;
    let (earlier, later) = arguments.snapshots()?;
    let [before, after] = [&earlier, &later].map(|snapshot| judged(snapshot, arguments.days, &governance, &catalogue));
    let (before, after) = (before?, after?);
    let earlier = Run { snapshot: &earlier, assessment: &before, findings: &before.findings };
    let later = Run { snapshot: &later, assessment: &after, findings: &after.findings };
    let change = runs::compare(earlier, later, &[]).map_err(usage_error)?;
    if change.earlier > change.later {
        output::note("warning: the first run is the later one: what is told as new was there before");
    }
    let bytes = match arguments.format {
        Format::Table => difference::text(&change, output::width()).into_bytes(),
        Format::Json => difference::json(&change).map_err(could_not_run)?,
        Format::Markdown => difference::markdown(&change).into_bytes(),
    };
    output::data(&bytes)?;
    Ok(Status::Done)
}

fn judged(snapshot: &Snapshot, days: u32, governance: &Governance, catalogue: &Catalogue) -> Result<Assessment, Failure> {
    assess_command::covers(days, snapshot)?;
    let register = governance.settings.register().map(<[_]>::to_vec);
    let mut assessment =
        assess::assess(snapshot, catalogue, &assess::Options { window_days: days, register, ..assess::Options::default() });
    governance.judge(&mut assessment);
    Ok(assessment)
}

impl Arguments {
    fn snapshots(&self) -> Result<(Snapshot, Snapshot), Failure> {
        let store = self.store.as_deref().map(Store::open).transpose().map_err(usage_error)?;
        match (&self.earlier, &self.later) {
            (Some(earlier), Some(later)) => Ok((named(earlier, store.as_ref())?, named(later, store.as_ref())?)),
            (Some(earlier), None) => Ok((named(earlier, store.as_ref())?, self.last(store.as_ref(), 1)?.remove(0))),
            (None, _) => {
                let mut two = self.last(store.as_ref(), 2)?;
                let later = two.remove(1);
                Ok((two.remove(0), later))
            }
        }
    }

    /// The last so many runs of the store, oldest first.
    fn last(&self, store: Option<&Store>, count: usize) -> Result<Vec<Snapshot>, Failure> {
        let hint = "name two runs, or a store that has them: --store DIR";
        let Some(store) = store else { return Err(Failure::usage("two runs are compared, and not both were named", hint)) };
        let mut runs = store.contents().map_err(usage_error)?.runs;
        runs.retain(|run| self.tenant.as_ref().is_none_or(|tenant| run.manifest.tenant_id.eq_ignore_ascii_case(tenant)));
        let mut runs = runs_command::one_tenant(runs)?;
        if runs.len() < count {
            let message = format!("{count} runs are needed, and the store has {}", runs.len());
            return Err(Failure::usage(message, "maascan scan --store DIR keeps one"));
        }
        let wanted = runs.split_off(runs.len() - count);
        wanted.iter().map(|run| run.snapshot().map_err(usage_error)).collect()
    }
}

/// The snapshot that a word means: a run of the store, a folder of a run, or a file.
fn named(word: &str, store: Option<&Store>) -> Result<Snapshot, Failure> {
    let path = Path::new(word);
    let by_name = store.map(|store| store.find(word));
    match by_name {
        Some(Ok(run)) => run.snapshot().map_err(usage_error),
        Some(Err(error)) if !path.exists() => Err(usage_error(error)),
        _ if path.is_dir() => snapshot::load(&path.join(SNAPSHOT)).map_err(usage_error),
        _ => snapshot::load(path).map_err(usage_error),
    }
}
