//! Progress on a terminal, silence otherwise: of a collection one line a dataset; of logs bytes, rate and time left.

use crate::collect::Progress;
use crate::logs;
use crate::snapshot::{Coverage, Dataset};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Lines on standard error, one for each dataset that is being read.
pub(super) struct Lines {
    all: MultiProgress,
    open: Mutex<BTreeMap<Dataset, ProgressBar>>,
}

/// The progress that fits standard error: lines on a terminal, nothing into a pipe.
pub(super) fn for_stderr() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() {
        Box::new(Lines { all: MultiProgress::new(), open: Mutex::default() })
    } else {
        Box::new(crate::collect::Silent)
    }
}

impl Lines {
    fn with(&self, dataset: Dataset, change: impl FnOnce(&ProgressBar)) {
        let open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(line) = open.get(&dataset) {
            change(line);
        }
    }
}

impl Progress for Lines {
    fn started(&self, dataset: Dataset) {
        let line = self.all.add(ProgressBar::new_spinner());
        let style = ProgressStyle::with_template("{spinner} {prefix:28} {pos}");
        line.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        line.set_prefix(dataset.name());
        line.enable_steady_tick(Duration::from_millis(120));
        self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(dataset, line);
    }

    fn read(&self, dataset: Dataset, items: u64) {
        self.with(dataset, |line| line.set_position(items));
    }

    fn finished(&self, dataset: Dataset, _coverage: &Coverage) {
        self.with(dataset, ProgressBar::finish_and_clear);
    }
}

/// Between two looks at how far reading has come.
const TICK: Duration = Duration::from_millis(100);

/// Does the work, and shows meanwhile how far it has come.
pub(super) fn bytes<T>(progress: &logs::Progress, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(progress, &done));
        let result = work();
        done.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        result
    })
}

fn watch(progress: &logs::Progress, done: &AtomicBool) {
    let line = ProgressBar::no_length();
    let known = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    let style = |template| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    line.set_style(style("{spinner} {bytes}, {bytes_per_sec}"));
    while !done.load(Ordering::Relaxed) {
        if line.length().is_none() && progress.total() > 0 {
            line.set_style(style(known));
        }
        if progress.total() > 0 {
            line.set_length(progress.total());
        }
        line.set_position(progress.done());
        std::thread::park_timeout(TICK);
    }
    line.finish_and_clear();
}
