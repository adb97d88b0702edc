//! What coverage has a row for: the datasets of Microsoft Graph, and what is read only where it is given: the activity logs, from
//! files or from a log engine, and scripts.

use super::calls::{ActivityLogs, LogFault, LogReading};
use super::coverage::{Coverage, Gap};
use super::scripts::Scripts;
use super::{Dataset, Snapshot};
use std::fmt;

/// One row of coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// A dataset of Microsoft Graph.
    Dataset(Dataset),
    /// The activity logs of Microsoft Graph.
    ActivityLogs,
    /// The automations' own source.
    Scripts,
}

/// What reads a workspace; files of logs need no right but to be opened (facts/graph.md section 5).
const ROLE: &str = "Log Analytics Reader";

/// What faults that lose calls cost, at the end of what is missing.
const COST: &str = "so calls may be missing: none seen is not taken for none made, and verdicts that rest on that are less sure";

impl Area {
    /// Every row, in the order of reports.
    pub fn all() -> impl Iterator<Item = Self> {
        Dataset::ALL.into_iter().map(Self::Dataset).chain([Self::ActivityLogs, Self::Scripts])
    }

    /// The published name, as in `coverage.csv`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dataset(dataset) => dataset.name(),
            Self::ActivityLogs => "activity-logs",
            Self::Scripts => "scripts",
        }
    }

    /// The permission that reads it; of the activity logs the role on a workspace that holds them; empty for
    /// scripts, which need no right but to be opened.
    #[must_use]
    pub fn permission(self) -> &'static str {
        match self {
            Self::Dataset(dataset) => dataset.permission(),
            Self::ActivityLogs => ROLE,
            Self::Scripts => "",
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl From<Dataset> for Area {
    fn from(dataset: Dataset) -> Self {
        Self::Dataset(dataset)
    }
}

impl Snapshot {
    /// How much of the activity logs was read; "not requested" where none were given.
    #[must_use]
    pub fn coverage_of_logs(&self) -> Coverage {
        self.activity_logs.as_ref().map_or(Coverage::Unavailable { gap: Gap::NotRequested }, ActivityLogs::coverage)
    }

    /// How much of the scripts was read; "not requested" where none were given.
    #[must_use]
    pub fn coverage_of_scripts(&self) -> Coverage {
        self.scripts.as_ref().map_or(Coverage::Unavailable { gap: Gap::NotRequested }, Scripts::coverage)
    }

    /// Whether all of it was read.
    #[must_use]
    pub fn is_whole(&self, area: Area) -> bool {
        match area {
            Area::Dataset(dataset) => self.coverage_of(dataset).is_complete(),
            Area::ActivityLogs => self.coverage_of_logs().is_complete(),
            Area::Scripts => self.coverage_of_scripts().is_complete(),
        }
    }
}

impl ActivityLogs {
    /// How much was read of the logs that were given: that they reach over the whole window is not said by it. Items are records.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let reading = &self.reading;
        let items = reading.records.max(reading.calls);
        if reading.is_whole() {
            return Coverage::Complete { items };
        }
        let gap = gap(reading);
        let nothing = items == 0 || reading.faults.contains_key(&LogFault::NoRecord);
        if nothing { Coverage::Unavailable { gap } } else { Coverage::Partial { items, gap } }
    }
}

fn gap(reading: &LogReading) -> Gap {
    let detail = format!("{}; {COST}", reading.told(LogFault::loses).join("; "));
    let losing: Vec<LogFault> = reading.faults.keys().copied().filter(|fault| fault.loses()).collect();
    match losing.as_slice() {
        [LogFault::Throttled] => Gap::Throttled { detail },
        [LogFault::NotAllowed] => Gap::Permission { missing: ROLE.to_owned() },
        _ => Gap::Failed { detail },
    }
}

impl LogReading {
    /// What went wrong, a sentence for each fault that is asked for: how often, what it is, and one place of it.
    #[must_use]
    pub fn told(&self, which: impl Fn(LogFault) -> bool) -> Vec<String> {
        let faults = self.faults.iter().filter(|(fault, _)| which(**fault));
        let sentence = faults.map(|(fault, count)| {
            let place = if count.example.is_empty() { String::new() } else { format!(", such as in {}", count.example) };
            format!("{} {}{place}", count.times, fault.says())
        });
        sentence.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(records: u64, faults: &[(LogFault, u64)]) -> Coverage {
        let mut reading = LogReading { records, ..LogReading::default() };
        faults.iter().for_each(|(fault, times)| reading.fault(*fault, *times, "a.json"));
        ActivityLogs { rows: Vec::new(), reading }.coverage()
    }

    #[test]
    fn a_fault_that_loses_calls_makes_logs_partial_and_is_named_with_its_number_and_its_cost() {
        let coverage = logs(9, &[(LogFault::CutLine, 2), (LogFault::NotUtf8, 1), (LogFault::NotJson, 3)]);
        let said = coverage.gap().unwrap().to_string();
        assert_eq!((coverage.word(), coverage.items()), ("partial", 9));
        assert!(
            said.starts_with("failed: 2 last lines cut short") && said.contains("; 3 lines that are no JSON record, such as in a.json; so")
        );
        assert!(!said.contains("UTF-8"), "what loses nothing is no gap: {said}");
    }

    #[test]
    fn every_fault_makes_the_state_that_it_means() {
        for fault in LogFault::ALL {
            let word = if *fault == LogFault::NoRecord {
                ["unavailable"; 2]
            } else if fault.loses() {
                ["partial", "unavailable"]
            } else {
                ["complete", "complete"]
            };
            assert_eq!([logs(1, &[(*fault, 1)]).word(), logs(0, &[(*fault, 1)]).word()], word, "{fault}");
        }
        assert_eq!(logs(0, &[(LogFault::NotAllowed, 1)]).gap().unwrap().to_string(), "permission missing: Log Analytics Reader");
        assert_eq!(logs(1, &[(LogFault::Throttled, 1)]).gap().unwrap().word(), "throttled");
        assert_eq!(logs(1, &[(LogFault::Throttled, 1), (LogFault::TimedOut, 1)]).gap().unwrap().word(), "failed");
    }

    #[test]
    fn logs_that_nobody_gave_are_skipped_and_not_missing() {
        let snapshot = Snapshot::new("t".into(), chrono::DateTime::UNIX_EPOCH, chrono::DateTime::UNIX_EPOCH);
        assert!(snapshot.coverage_of_logs().is_skipped() && !snapshot.is_whole(Area::ActivityLogs));
    }

    #[test]
    fn the_name_of_the_logs_is_no_dataset_of_graph() {
        assert_eq!(Dataset::from_name(Area::ActivityLogs.name()), None);
        assert_eq!(Dataset::from_name(Area::Scripts.name()), None);
        assert_eq!(Area::all().count(), Dataset::ALL.len() + 2);
    }
}
