//! Activity logs of Microsoft Graph (MicrosoftGraphActivityLogs), out of files: which application wrote what of Intune, how often,
//! with which result. Files of any size are read in constant memory, at about the speed at which they can be looked at.
//!
//! Read are the storage export (JSON lines), records of an event hub (arrays, also wrapped in `records`), exports of Log Analytics
//! as CSV and JSON; plain, gzip or zstd. What could not be read is in the reading's faults; nothing here fails as a whole.

mod document;
mod file;
mod flat;
mod format;
mod inputs;
mod lines;
mod packed;
mod pipe;
mod record;
mod rows;
mod scan;
mod seen;
mod state;
mod table;
mod tally;
mod template;
#[cfg(test)]
mod tests;
mod units;
pub(crate) mod words;
mod work;

pub use state::{Error, State};

use crate::catalogue::Catalogue;
use crate::snapshot::{ActivityLogs, AppId};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// How logs are read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The clock of the run (UTC): what is later is told.
    pub now: DateTime<Utc>,
    /// Applications whose calls are left out: the collector's own.
    pub own: BTreeSet<AppId>,
    /// Threads that read.
    pub threads: usize,
}

impl Options {
    /// Nothing left out, and a thread for each processor.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { now, own: BTreeSet::new(), threads }
    }
}

/// How far reading has come; for whoever wants to look, from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    total: AtomicU64,
    done: AtomicU64,
}

impl Progress {
    /// Bytes of all files as they lie there; standard input counts nothing.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Bytes of them that were read.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Reads the logs that the paths lead to: files, folders with all below them, patterns with `*`, `?` and `[`, and `-` for standard
/// input.
#[must_use]
pub fn read(paths: &[PathBuf], catalogue: &Catalogue, options: &Options, progress: &Progress) -> ActivityLogs {
    work::read(paths, catalogue, options, progress, None)
}

/// The same for files that still grow: of what `state` remembers only what is new is read, and the answer has both. Lines that
/// have no end yet are left for the next time.
#[must_use]
pub fn read_on(paths: &[PathBuf], catalogue: &Catalogue, options: &Options, progress: &Progress, state: &mut State) -> ActivityLogs {
    work::read(paths, catalogue, options, progress, Some(state))
}
