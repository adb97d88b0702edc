//! The numbers of runs over time.

use super::numbers::Numbers;
use super::store::StoredRun;
use crate::assess::{Severity, VerdictKind};
use chrono::{DateTime, Utc};

/// One run of a trend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// When the tenant was read (UTC).
    pub at: DateTime<Utc>,
    /// Its numbers.
    pub numbers: Numbers,
}

/// One line of a trend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// What is counted, in words of reports.
    pub label: String,
    /// A value for each run, oldest first; None where nothing is known of it, and the least where there may be more.
    pub values: Vec<Option<u64>>,
}

impl Series {
    /// The value of the first run.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.values.first().copied().flatten()
    }

    /// The value of the last run.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.values.last().copied().flatten()
    }

    /// The least that is known.
    #[must_use]
    pub fn least(&self) -> Option<u64> {
        self.values.iter().copied().flatten().min()
    }

    /// The most that is known.
    #[must_use]
    pub fn most(&self) -> Option<u64> {
        self.values.iter().copied().flatten().max()
    }

    /// Whether it is not nothing all the way. What is not known says something.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.values.iter().any(|value| *value != Some(0))
    }
}

/// The points of runs, oldest first.
#[must_use]
pub fn points(runs: &[StoredRun]) -> Vec<Point> {
    runs.iter().map(|run| Point { at: run.manifest.taken_at, numbers: run.manifest.numbers.clone() }).collect()
}

/// The lines of a trend, in the order of reports.
#[must_use]
pub fn series(points: &[Point]) -> Vec<Series> {
    let line = |label: &str, value: &dyn Fn(&Numbers) -> Option<u64>| Series {
        label: label.to_owned(),
        values: points.iter().map(|point| value(&point.numbers)).collect(),
    };
    let mut lines = vec![line("automations", &|numbers| numbers.automations.known())];
    for kind in VerdictKind::ALL {
        lines.push(line(&format!("automations: {kind}"), &|numbers| numbers.verdicts.get(kind.word()).and_then(|count| count.known())));
    }
    lines.push(line("exclusions", &|numbers| numbers.exclusions.known()));
    lines.push(line("secrets on excluded applications", &|numbers| numbers.secrets_on_excluded.known()));
    for severity in Severity::ALL.iter().rev() {
        lines
            .push(line(&format!("findings: {severity}"), &|numbers| numbers.findings.get(severity.word()).and_then(|count| count.known())));
    }
    lines.push(line("findings: waived", &|numbers| Some(numbers.waived)));
    lines.push(line("findings: undetermined", &|numbers| Some(numbers.undetermined)));
    for word in ["complete", "partial", "unavailable"] {
        lines.push(line(&format!("datasets: {word}"), &|numbers| Some(numbers.datasets.get(word).copied().unwrap_or(0))));
    }
    lines
}
