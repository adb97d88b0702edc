//! One dataset while it is read: what came, what failed, what was malformed, and the coverage that follows from it.

use super::Progress;
use crate::graph::{Client, Cloud, Counter, Error, Pager};
use crate::snapshot::{Clouds, Coverage, Dataset, DatasetReading, Gap, ReadPermission, Snapshot};
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads one dataset and keeps account of it.
pub(super) struct Reader<'a> {
    /// Counts the dataset's requests.
    pub(super) client: Client,
    dataset: Dataset,
    /// What the reads that follow need.
    permission: ReadPermission,
    counter: Counter,
    progress: &'a dyn Progress,
    items: u64,
    some_part_whole: bool,
    gap: Option<Gap>,
    wall: Option<Error>,
    malformed: BTreeMap<&'static str, u64>,
}

/// A dataset that has been read as far as it could be.
#[derive(Debug)]
pub(super) struct Finished {
    dataset: Dataset,
    reading: DatasetReading,
    /// The error that no read of this run would get past, if nothing came.
    pub(super) wall: Option<Error>,
}

impl Finished {
    /// Notes the coverage in the snapshot.
    pub(super) fn file(&self, snapshot: &mut Snapshot) {
        snapshot.coverage.insert(self.dataset, self.reading.clone());
    }

    /// Whether anything was asked of the service.
    pub(super) fn was_asked(&self) -> bool {
        self.reading.requests > 0 || self.wall.is_some()
    }

    /// Why something is missing, if anything is.
    pub(super) fn gap(&self) -> Option<&Gap> {
        self.reading.coverage.gap()
    }
}

impl<'a> Reader<'a> {
    pub(super) fn start(client: &Client, dataset: Dataset, progress: &'a dyn Progress) -> Self {
        let counter = Counter::default();
        progress.started(dataset);
        tracing::info!(%dataset, "reading");
        Self {
            client: client.counted(&counter),
            dataset,
            permission: dataset.about().permission,
            counter,
            progress,
            items: 0,
            some_part_whole: false,
            gap: None,
            wall: None,
            malformed: BTreeMap::new(),
        }
    }

    /// Whether this cloud has the dataset.
    pub(super) fn is_here(&self) -> bool {
        has(self.client.cloud(), self.dataset)
    }

    /// Says what the reads that follow need, where it is not what the dataset needs first.
    pub(super) fn needing(&mut self, permission: ReadPermission) {
        self.permission = permission;
    }

    /// Counts objects read.
    pub(super) fn add(&mut self, items: usize) {
        self.items += items as u64;
        self.progress.read(self.dataset, self.items);
    }

    /// Sets the number of objects read, where it is not the number of rows.
    pub(super) fn set_items(&mut self, items: usize) {
        self.items = items as u64;
    }

    /// A part was read to its end, so that "nothing there" is known of it.
    pub(super) fn part_is_whole(&mut self) {
        self.some_part_whole = true;
    }

    /// What was read whole says nothing by itself, because what it belongs to could not be read.
    pub(super) fn nothing_is_whole(&mut self) {
        self.some_part_whole = false;
    }

    /// A row that could not be used; `lacks` says what it lacks.
    pub(super) fn malformed(&mut self, lacks: &'static str) {
        self.lacking(lacks);
        self.items = self.items.saturating_sub(1);
    }

    /// A row that is kept although it lacks something: what is said of all rows is then not known of it.
    pub(super) fn lacking(&mut self, lacks: &'static str) {
        *self.malformed.entry(lacks).or_default() += 1;
    }

    /// Notes a failure.
    pub(super) fn fail(&mut self, error: &Error) {
        self.note(gap_of(error, self.permission));
        if error.stops_everything() && self.wall.is_none() {
            self.wall = Some(error.clone());
        }
    }

    /// As [`Reader::fail`], naming the part of the dataset that failed.
    pub(super) fn fail_in(&mut self, part: &str, error: &Error) {
        self.note(match gap_of(error, self.permission) {
            Gap::Throttled { detail } => Gap::Throttled { detail: format!("{part}: {detail}") },
            Gap::Failed { detail } => Gap::Failed { detail: format!("{part}: {detail}") },
            other => other,
        });
        if error.stops_everything() && self.wall.is_none() {
            self.wall = Some(error.clone());
        }
    }

    /// Notes why something is missing. Of several reasons the least is kept, so that the order of failures does not show.
    pub(super) fn note(&mut self, gap: Gap) {
        self.gap = Some(match self.gap.take() {
            Some(there) => there.min(gap),
            None => gap,
        });
    }

    /// Why something is missing so far, if anything is.
    pub(super) fn gap(&self) -> Option<Gap> {
        self.gap.clone().or_else(|| malformed_gap(&self.malformed))
    }

    /// Reads all rows of a list and gives those that came; failure and cut are noted.
    pub(super) async fn rows(&mut self, mut pages: Pager, mut each: impl FnMut(&mut Self, Value)) -> bool {
        loop {
            match pages.next().await {
                Ok(Some(rows)) => {
                    self.add(rows.len());
                    rows.into_iter().for_each(|row| each(self, row));
                }
                Ok(None) => break,
                Err(error) => {
                    self.fail(&error);
                    return false;
                }
            }
        }
        if let Some(why) = pages.cut() {
            self.note(Gap::Failed { detail: format!("list was cut: {why}") });
            return false;
        }
        true
    }

    /// Ends a dataset that nothing made necessary, or that cannot be asked for.
    pub(super) fn skip(mut self, gap: Gap) -> Finished {
        self.gap = Some(gap);
        self.finish()
    }

    /// Ends the dataset.
    pub(super) fn finish(self) -> Finished {
        let items = self.items;
        let gap = self.gap();
        let coverage = match gap {
            None => Coverage::Complete { items },
            Some(gap) if items > 0 || self.some_part_whole => Coverage::Partial { items, gap },
            Some(gap) => Coverage::Unavailable { gap },
        };
        self.progress.finished(self.dataset, &coverage);
        tracing::info!(dataset = %self.dataset, state = coverage.word(), items = coverage.items(), requests = self.counter.requests(), "read");
        let wall = self.wall.filter(|_| items == 0);
        Finished { dataset: self.dataset, reading: DatasetReading { coverage, requests: self.counter.requests() }, wall }
    }
}

fn malformed_gap(malformed: &BTreeMap<&'static str, u64>) -> Option<Gap> {
    let parts: Vec<String> = malformed.iter().map(|(lacks, count)| format!("{count} without {lacks}")).collect();
    (!parts.is_empty()).then(|| Gap::Failed { detail: format!("malformed rows: {}", parts.join(", ")) })
}

/// Whether a cloud has a dataset.
pub(super) fn has(cloud: Cloud, dataset: Dataset) -> bool {
    match dataset.about().clouds {
        Clouds::All => true,
        Clouds::GlobalOnly => cloud == Cloud::Global,
        Clouds::NotChina => cloud != Cloud::China,
    }
}

/// What an error means for a dataset, for a read that needs `permission`.
pub(super) fn gap_of(error: &Error, permission: ReadPermission) -> Gap {
    match error {
        Error::Permission { .. } => Gap::Permission { missing: permission.name().to_owned() },
        Error::Licence { detail, .. } => Gap::Licence { detail: detail.clone() },
        Error::Throttled { what, detail } => Gap::Throttled { detail: format!("{what}: {detail}") },
        Error::Failed { what, detail } => Gap::Failed { detail: format!("{what}: {detail}") },
        _ => Gap::Failed { detail: error.summary() },
    }
}
