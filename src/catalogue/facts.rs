//! What is known of each workload as a whole, and of the statuses behind a gate, from `rules/catalogue/workloads.toml`.

use super::sources::{Checked, parse};
use super::{Error, Sure, Workload};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "workloads.toml";

/// What is known of one workload.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadFacts {
    /// The workload.
    pub workload: Workload,
    /// What the Intune portal calls it; None where the portal does not offer it.
    pub portal_name: Option<String>,
    /// How sure it is that a policy holds app-only calls back.
    pub app_only: Sure,
    /// HTTP statuses that an automation has to expect behind a gate.
    pub expected_status: BTreeSet<u16>,
    /// Key of the source, see [`super::Catalogue::source`].
    pub source: String,
    /// What else is to be known of it.
    pub note: String,
}

/// What an HTTP status says behind a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusMeaning {
    /// The justification is missing or unfit; nothing was filed.
    NoJustification,
    /// Approval is required, in the words of the first documentation.
    ApprovalRequired,
    /// A request for the same object is pending.
    Duplicate,
    /// A request was filed.
    Queued,
}

/// An HTTP status that a gate answers with, or was said to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusFacts {
    /// The status.
    pub code: u16,
    /// What it says.
    pub meaning: StatusMeaning,
    /// False for one that only superseded documentation names.
    pub current: bool,
    /// How sure.
    pub sure: Sure,
    /// Key of the source, see [`super::Catalogue::source`].
    pub source: String,
    /// What else is to be known of it.
    pub note: String,
}

/// One step of the approval flow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalStep {
    /// What the automation does, or what happens.
    pub does: String,
    /// The header to send, if there is one.
    pub header: Option<String>,
    /// How sure.
    pub sure: Sure,
    /// Key of the source, see [`super::Catalogue::source`].
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) sources: BTreeMap<String, String>,
    pub(super) status: Vec<StatusFacts>,
    pub(super) step: Vec<ApprovalStep>,
    pub(super) workload: Vec<WorkloadFacts>,
}

/// Reads and checks the file.
pub(super) fn load(text: &str) -> Result<File, Error> {
    let file: File = parse(FILE, text)?;
    let mut checked = Checked::new(FILE, &file.sources);
    let current: BTreeSet<u16> = file.status.iter().filter(|status| status.current).map(|status| status.code).collect();
    for status in &file.status {
        checked.cite(&status.source)?;
    }
    for step in &file.step {
        checked.cite(&step.source)?;
    }
    for facts in &file.workload {
        checked.cite(&facts.source)?;
        checked.workload(&facts.workload)?;
        checked
            .require(facts.expected_status.is_subset(&current), || format!("expects a status that is not current: {}", facts.workload))?;
    }
    for workload in Workload::KNOWN {
        let entries = file.workload.iter().filter(|facts| facts.workload == workload).count();
        checked.require(entries == 1, || format!("workload is not there exactly once: {workload}"))?;
    }
    checked.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    #[test]
    fn every_known_workload_has_facts_and_an_unknown_one_has_none() {
        let catalogue = Catalogue::builtin().unwrap();
        for workload in Workload::KNOWN {
            let facts = catalogue.workload(&workload).unwrap();
            assert_eq!(facts.workload, workload);
            assert_eq!(facts.expected_status, BTreeSet::from([400, 409, 412]), "{workload}");
        }
        assert_eq!(catalogue.workload(&Workload::Unknown("fooBar".into())), None);
    }

    #[test]
    fn app_only_enforcement_is_as_sure_as_its_captures() {
        let catalogue = Catalogue::builtin().unwrap();
        for facts in Workload::KNOWN.iter().filter_map(|workload| catalogue.workload(workload)) {
            let expected = match facts.workload {
                Workload::App | Workload::ConfigurationPolicy => Sure::Observed,
                Workload::DeviceDeprovision => Sure::Inferred,
                _ => Sure::Documented,
            };
            assert_eq!(facts.app_only, expected, "{}", facts.workload);
        }
    }

    #[test]
    fn the_403_of_may_is_known_but_not_expected() {
        let catalogue = Catalogue::builtin().unwrap();
        let seen: Vec<(u16, bool)> = catalogue.statuses().iter().map(|status| (status.code, status.current)).collect();
        assert_eq!(seen, [(400, true), (403, false), (409, true), (412, true)]);
    }

    #[test]
    fn a_file_without_every_workload_is_refused() {
        let text = "[sources]\nS = \"s\"\n[[status]]\ncode = 400\nmeaning = \"queued\"\ncurrent = true\nsure = \"observed\"\nsource = \"S\"\nnote = \"\"\n";
        assert!(load(&format!("{text}[[workload]]\n")).is_err());
        assert!(
            matches!(load(&text.replace("[[status]]", "workload = []\n[[status]]")), Err(Error::Unreadable { .. })),
            "member in the wrong table"
        );
    }
}
