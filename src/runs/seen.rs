//! When each finding was first and last seen, carried from run to run, so that it outlives the runs that are deleted.

use crate::assess::{Assessment, FindingStatus};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When one finding was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// In the first run that has it (UTC).
    pub first: DateTime<Utc>,
    /// In the last run that has it (UTC).
    pub last: DateTime<Utc>,
}

/// Findings by id: those of a run, open or waived, and those of the runs before it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen(pub BTreeMap<String, Span>);

impl Seen {
    /// The same after one more run. An undetermined finding was not seen.
    #[must_use]
    pub fn after(mut self, assessment: &Assessment) -> Self {
        let now = assessment.run.taken_at;
        for finding in assessment.findings.iter().filter(|finding| finding.status != FindingStatus::Undetermined) {
            let span = self.0.entry(finding.id.clone()).or_insert(Span { first: now, last: now });
            span.first = span.first.min(now);
            span.last = span.last.max(now);
        }
        self
    }

    /// Writes into the findings of a run when each was first seen.
    pub fn mark(&self, assessment: &mut Assessment) {
        for finding in &mut assessment.findings {
            finding.first_seen = self.0.get(&finding.id).map(|span| span.first);
        }
    }
}
