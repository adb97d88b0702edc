//! The earlier runs that a run is compared with and kept beside: `--baseline`, `--store`.

use super::exit::{Failure, could_not_run, usage_error};
use super::output;
use crate::assess::Assessment;
use crate::report;
use crate::runs::{self, Leaving, Point, Retention, Seen, Store, StoredRun};
use crate::snapshot::{Area, Snapshot};
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
    /// Those before the last one, oldest first.
    before: Vec<StoredRun>,
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
        for oddity in contents.oddities.iter().filter(|oddity| oddity.is_run_of(tenant)) {
            output::note(&format!("warning: the store has a run that is left out: {}: {}", oddity.path.display(), oddity.why));
        }
        let (mut before, after): (Vec<StoredRun>, Vec<StoredRun>) =
            mine.into_iter().partition(|run| run.manifest.taken_at < snapshot.taken_at);
        // Of one instant are two runs that were started at once.
        if let Some(later) = after.iter().find(|run| run.manifest.taken_at > snapshot.taken_at) {
            let name = &later.name;
            output::note(&format!("warning: the store has a run that is later than this one: {name}; has the clock gone backwards?"));
        }
        let seen = seen_before(&before);
        let points = runs::points(&before);
        let mut earlier = None;
        while earlier.is_none() {
            let Some(last) = before.pop() else { break };
            earlier = readable(&last);
        }
        Ok(Past { earlier, seen, points, before })
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
            self.retain(&kept, retention);
        }
        Ok(())
    }

    fn retain(&self, kept: &StoredRun, retention: Retention) {
        let Leaving { gone, kept_for_doubt, failed } = match self.store.retain(kept, retention) {
            Ok(leaving) => leaving,
            Err(error) => Leaving { failed: Some(error), ..Leaving::default() },
        };
        if !gone.is_empty() {
            output::note(&format!("deleted from the store: {}", gone.join(", ")));
        }
        if let Some(days) = kept_for_doubt {
            output::note(&format!(
                "warning: nothing was deleted from the store: the run before this one is {days} days older; is the clock right?"
            ));
        }
        if let Some(error) = failed {
            output::note(&format!("warning: an old run was not deleted: {error}"));
        }
    }
}

/// When findings were seen, by the last run that can tell.
fn seen_before(before: &[StoredRun]) -> Seen {
    for run in before.iter().rev() {
        match run.seen() {
            Some(seen) => return seen,
            None => output::note(&format!("warning: run {} does not tell when its findings were seen: the run before it does", run.name)),
        }
    }
    Seen::default()
}

/// Most runs that are looked at for what the last one could not read, and most that are taken.
const LOOKED_AT: usize = 8;
const TAKEN: usize = 3;

/// Runs before the last one that read what it could not, the newest first: each one reads a dataset whole that this run read whole,
/// and that none after it did.
pub(super) fn older(past: &Past, snapshot: &Snapshot) -> Vec<Snapshot> {
    let Some(earlier) = &past.earlier else { return Vec::new() };
    let mut wanted: Vec<Area> = Area::all().filter(|area| snapshot.is_whole(*area) && !earlier.is_whole(*area)).collect();
    let mut taken = Vec::new();
    for run in past.before.iter().rev().take(LOOKED_AT) {
        if wanted.is_empty() || taken.len() == TAKEN {
            break;
        }
        let Some(older) = readable(run) else { continue };
        if wanted.iter().any(|area| older.is_whole(*area)) {
            wanted.retain(|area| !older.is_whole(*area));
            taken.push(older);
        }
    }
    taken
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
