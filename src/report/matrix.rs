//! Automations against workloads: a row for each automation, the one with the gravest verdict first.

use super::phrases;
use crate::assess::{Assessment, Verdict};
use crate::catalogue::Workload;
use crate::snapshot::AppId;
use std::collections::{BTreeMap, BTreeSet};

/// An automation and its verdicts.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// The gravest; among equals the first of the report.
    pub(super) worst: &'a Verdict,
    /// All of them, gravest first, the worst included.
    pub(super) verdicts: Vec<&'a Verdict>,
}

/// Every automation, in the order of the report: as its gravest verdict stands there.
pub(super) fn rows(assessment: &Assessment) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut places: BTreeMap<&AppId, usize> = BTreeMap::new();
    for verdict in &assessment.verdicts {
        let at = *places.entry(&verdict.app_id).or_insert(rows.len());
        match rows.get_mut(at) {
            Some(row) => row.verdicts.push(verdict),
            None => rows.push(Row { worst: verdict, verdicts: vec![verdict] }),
        }
    }
    rows
}

/// A column: a workload, or every workload that this maascan does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Of(Workload),
    Other,
}

impl Column {
    fn of(workload: &Workload) -> Self {
        match workload {
            Workload::Unknown(_) => Self::Other,
            known => Self::Of(known.clone()),
        }
    }

    /// The heading: at most six characters, and no two the same.
    pub(super) fn heading(&self) -> &'static str {
        match self {
            Self::Of(Workload::App) => "app",
            Self::Of(Workload::Script) => "script",
            Self::Of(Workload::ConfigurationPolicy) => "conf",
            Self::Of(Workload::CompliancePolicy) => "comp",
            Self::Of(Workload::DeviceWipe) => "wipe",
            Self::Of(Workload::DeviceRetire) => "retire",
            Self::Of(Workload::DeviceDelete) => "delete",
            Self::Of(Workload::DeviceDeprovision) => "deprov",
            Self::Of(Workload::Role) => "role",
            Self::Of(Workload::TenantConfiguration) => "tenant",
            Self::Of(Workload::OperationApprovalPolicy) => "policy",
            Self::Of(Workload::Unknown(_)) | Self::Other => "other",
        }
    }

    /// What the heading stands for, where that is another word.
    pub(super) fn explained(&self) -> Option<String> {
        let heading = self.heading();
        match self {
            Self::Of(workload) if workload.word() == heading => None,
            Self::Of(workload) => Some(format!("{heading} {}", workload.word())),
            Self::Other => Some(format!("{heading} workloads that maascan does not know, the gravest")),
        }
    }
}

/// The columns that these rows need, in the order of workloads.
pub(super) fn columns(rows: &[Row<'_>]) -> Vec<Column> {
    let all = rows.iter().flat_map(|row| &row.verdicts).map(|verdict| Column::of(&verdict.workload));
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

impl<'a> Row<'a> {
    /// The gravest verdict in a column; None where the automation has nothing to do with it.
    pub(super) fn verdict(&self, column: &Column) -> Option<&'a Verdict> {
        self.verdicts.iter().copied().find(|verdict| Column::of(&verdict.workload) == *column)
    }
}

/// What the letters mean.
pub(super) fn legend() -> String {
    let letters = crate::assess::VerdictKind::ALL.iter().map(|kind| format!("{} {kind}", phrases::letter(*kind)));
    letters.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn each_automation_is_one_row_under_its_gravest_verdict() {
        let mut assessment = samples::everything();
        let second = Verdict { workload: Workload::App, ..assessment.verdicts[0].clone() };
        assessment.verdicts.push(Verdict { kind: crate::assess::VerdictKind::Dormant, ..second });
        let rows = rows(&assessment);
        assert_eq!(rows.len(), 27);
        assert_eq!((rows[0].worst.kind.word(), rows[0].verdicts.len()), ("blocked", 2));
        let app = rows[0].verdict(&Column::Of(Workload::App)).unwrap();
        assert_eq!(app.kind.word(), "dormant");
        assert!(rows[1].verdict(&Column::Of(Workload::App)).is_none());
        let worst: Vec<_> = rows.iter().map(|row| row.worst.kind).collect();
        assert!(worst.is_sorted());
    }

    #[test]
    fn headings_are_short_and_apart() {
        let columns: Vec<Column> = Workload::KNOWN.into_iter().map(Column::Of).chain([Column::Other]).collect();
        let headings: BTreeSet<&str> = columns.iter().map(Column::heading).collect();
        assert!(headings.len() == columns.len() && headings.iter().all(|heading| heading.len() <= 6), "{headings:?}");
        assert_eq!(Column::Of(Workload::App).explained(), None);
        assert_eq!(Column::Of(Workload::DeviceWipe).explained().as_deref(), Some("wipe deviceWipe"));
    }

    #[test]
    fn words_that_are_not_known_share_a_column() {
        let mut assessment = samples::everything();
        for (at, verdict) in assessment.verdicts.iter_mut().enumerate() {
            verdict.workload = Workload::Unknown(format!("w{at}"));
        }
        assert_eq!(columns(&rows(&assessment)), [Column::Other]);
    }
}
