//! The earlier runs that a run is compared with and kept beside: `--baseline`, `--store`.

use super::exit::{Failure, could_not_run, usage_error};
use super::output;
use crate::assess::Assessment;
use crate::report;
use crate::runs::{self, Point, Retention, Seen, Store, StoredRun};
use crate::snapshot::Snapshot;
use clap::Args;
use std::path::PathBuf;

/// Where runs are kept, and how long.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "History")]
pub(super) struct Keeping {
    /// Keep this run in a folder of runs, and tell what changed since the last one there
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Keep so many runs of the tenant in the store and delete older ones; default: all
    #[arg(long, value_name = "N", requires = "store", conflicts_with = "keep_days", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Keep the runs of so many days in the store and delete older ones
    #[arg(long, value_name = "N", requires = "store", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep_days: Option<u32>,
}

/// A store that takes runs.
pub(super) struct History {
    store: Store,
    path: PathBuf,
    retention: Option<Retention>,
}

impl Keeping {
    /// Whether runs are kept.
    pub(super) fn is_on(&self) -> bool {
        self.store.is_some()
    }

    /// The store, looked at before the long work.
    ///
    /// # Errors
    /// A folder that cannot be made or takes no files: the user's fault.
    pub(super) fn open(&self) -> Result<Option<History>, Failure> {
        let Some(path) = &self.store else { return Ok(None) };
        let store = Store::prepare(path).map_err(usage_error)?;
        let count = self.keep.map(|keep| Retention::Runs(usize::try_from(keep).unwrap_or(usize::MAX)));
        Ok(Some(History { store, path: path.clone(), retention: count.or(self.keep_days.map(Retention::Days)) }))
    }
}

/// What the store knows of the runs before this one.
#[derive(Default)]
pub(super) struct Past {
    /// The snapshot of the last one.
    pub(super) earlier: Option<Snapshot>,
    /// When findings were seen.
    pub(super) seen: Seen,
    /// The numbers of all of them.
    pub(super) points: Vec<Point>,
}

impl History {
    /// The runs of the snapshot's tenant before it. What cannot be read is said and left out: the run goes on without.
    ///
    /// # Errors
    /// The store itself cannot be read any more.
    pub(super) fn past(&self, snapshot: &Snapshot) -> Result<Past, Failure> {
        let contents = self.store.contents().map_err(could_not_run)?;
        let tenant = snapshot.tenant_id.as_str();
        let (mine, others): (Vec<StoredRun>, Vec<StoredRun>) =
            contents.runs.into_iter().partition(|run| run.manifest.tenant_id.eq_ignore_ascii_case(tenant));
        if mine.is_empty() && !others.is_empty() {
            output::note(&format!("the store has runs of another tenant only, none of {tenant}: runs of two tenants are never compared"));
        }
        let (before, after): (Vec<StoredRun>, Vec<StoredRun>) = mine.into_iter().partition(|run| run.manifest.taken_at < snapshot.taken_at);
        if let Some(later) = after.first() {
            let name = &later.name;
            output::note(&format!("warning: the store has a run that is not earlier than this one: {name}; has the clock gone backwards?"));
        }
        let seen = before.last().map(StoredRun::seen).unwrap_or_default();
        let points = runs::points(&before);
        Ok(Past { earlier: before.iter().rev().find_map(readable), seen, points })
    }

    /// Keeps the run and deletes what is not to be kept. That something old could not be deleted is said, and no failure.
    ///
    /// # Errors
    /// The run could not be written: the disk is full, or the store is gone.
    pub(super) fn keep(&self, snapshot: &Snapshot, contents: &report::Contents<'_>, seen: &Seen) -> Result<(), Failure> {
        let published = report::render(report::OutputKind::Json, contents, report::Style::default(), report::Layout::default())
            .map_err(could_not_run)?;
        let kept = self.store.add(snapshot, contents.assessment, &published, seen).map_err(could_not_run)?;
        output::note(&format!("run kept as {} in {}", kept.name, self.path.display()));
        if let Some(retention) = self.retention {
            match self.store.retain(&kept, retention, snapshot.taken_at) {
                Ok(gone) if gone.is_empty() => {}
                Ok(gone) => output::note(&format!("deleted from the store: {}", gone.join(", "))),
                Err(error) => output::note(&format!("warning: an old run was not deleted: {error}")),
            }
        }
        Ok(())
    }
}

fn readable(run: &StoredRun) -> Option<Snapshot> {
    match run.snapshot() {
        Ok(snapshot) => Some(snapshot),
        Err(error) => {
            let error = error.to_string();
            let why = error.lines().next().unwrap_or_default();
            output::note(&format!("warning: run {} is left out: {why}", run.name));
            None
        }
    }
}

/// When findings were first seen, this run included, written into them.
pub(super) fn mark(past: &Past, assessment: &mut Assessment) -> Seen {
    let seen = past.seen.clone().after(assessment);
    seen.mark(assessment);
    seen
}
