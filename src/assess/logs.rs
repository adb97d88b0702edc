//! What of the activity logs an assessment could look at.

use crate::snapshot::{Coverage, LogReading, Snapshot};

/// What of the activity logs was read. What they say stands in verdicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsRead {
    /// How much.
    pub coverage: Coverage,
    /// The numbers and the faults; None where no logs were given.
    pub reading: Option<LogReading>,
}

impl LogsRead {
    /// Of a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let reading = snapshot.activity_logs.as_ref().map(|logs| logs.reading.clone());
        Self { coverage: snapshot.coverage_of_logs(), reading }
    }

    /// HTTP requests that reading them took: none for files.
    #[must_use]
    pub fn requests(&self) -> u64 {
        let asked = self.reading.as_ref().filter(|reading| ![LogReading::FILES, LogReading::SAVED].contains(&reading.source.as_str()));
        asked.map_or(0, |reading| reading.files)
    }
}
