//! One of two runs that are compared, with the lookups that comparing needs.

use crate::assess::{ApplicationProfile, Assessment};
use crate::snapshot::{AppId, Application, Dataset, Gap, ServicePrincipal, Snapshot};
use std::collections::BTreeMap;

/// A run: what was read and what was made of it. Rules have run on the assessment.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// What was made of it.
    pub assessment: &'a Assessment,
}

/// A run with its lookups.
pub(super) struct Side<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) assessment: &'a Assessment,
    principals: BTreeMap<&'a AppId, &'a ServicePrincipal>,
    applications: BTreeMap<&'a AppId, &'a Application>,
    names: BTreeMap<&'a str, &'a str>,
}

impl<'a> Side<'a> {
    pub(super) fn new(run: Run<'a>) -> Self {
        let Run { snapshot, assessment } = run;
        let principals = snapshot.service_principals.values();
        let people = snapshot.people.values().filter_map(|person| Some((person.id.as_str(), person.display_name.as_deref()?)));
        let groups = snapshot.groups.values().map(|group| (group.id.as_str(), group.display_name.as_str()));
        let own = principals.clone().map(|principal| (principal.id.as_str(), principal.display_name.as_str()));
        Self {
            snapshot,
            assessment,
            principals: principals.map(|principal| (&principal.app_id, principal)).collect(),
            applications: snapshot.applications.values().map(|application| (&application.app_id, application)).collect(),
            names: people.chain(groups).chain(own).collect(),
        }
    }

    pub(super) fn principal(&self, app_id: &AppId) -> Option<&'a ServicePrincipal> {
        self.principals.get(app_id).copied()
    }

    pub(super) fn application(&self, app_id: &AppId) -> Option<&'a Application> {
        self.applications.get(app_id).copied()
    }

    /// Applications that this run looked at closely: automations and excluded ones.
    pub(super) fn profiles(&self) -> impl Iterator<Item = &'a ApplicationProfile> {
        self.assessment.applications.values()
    }

    /// Name of a person, group or service principal, else its id.
    pub(super) fn name<'b>(&self, id: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.names.get(id).copied().filter(|name| !name.is_empty()).unwrap_or(id)
    }

    /// Why something of these datasets may be missing, if anything may.
    pub(super) fn gap(&self, datasets: &[Dataset]) -> Option<String> {
        let gaps = datasets.iter().filter_map(|dataset| Some((dataset, self.snapshot.coverage_of(*dataset).gap()?)));
        let told: Vec<String> = gaps.map(|(dataset, gap)| format!("{}: {gap}", dataset.name())).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// The words of a gap in one list.
pub(super) fn why(gap: &Gap) -> String {
    gap.to_string()
}

/// A word for something that is said or not.
pub(super) fn said(value: Option<bool>, yes: &'static str, no: &'static str) -> &'static str {
    match value {
        Some(true) => yes,
        Some(false) => no,
        None => "not told",
    }
}

/// Parts in one text, in their order.
pub(super) fn joined<T: ToString>(parts: impl IntoIterator<Item = T>) -> String {
    let parts: Vec<String> = parts.into_iter().map(|part| part.to_string()).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}
