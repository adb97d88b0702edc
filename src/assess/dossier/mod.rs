//! The whole chain for one application: from what it was granted, through what it was seen doing and what gates it, to the
//! verdict; each statement with its source, and what reading more would settle. Says nothing that the assessment does not
//! rest on, and what it rests on in full.

mod conduct;
mod judged;
mod rights;
mod settle;

use super::finding::Finding;
use super::model::{ApplicationProfile, Verdict};
use super::verdicts;
use super::words::LinkKind;
use super::{Ground, Options, VerdictKind};
use crate::catalogue::{Catalogue, Sure, Workload};
use crate::snapshot::{AppId, Dataset, Snapshot};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// All that can be said of one application.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The clock of the run (UTC).
    pub taken_at: DateTime<Utc>,
    /// Days of the evidence window.
    pub window_days: u32,
    /// The application, without its posture: no verdict rests on that.
    pub application: ApplicationProfile,
    /// Who it is, what it may do, how it signs in.
    pub links: Vec<Link>,
    /// One for each workload that was asked for and that it can write or was seen writing, in the order of workloads.
    pub chains: Vec<Chain>,
    /// What the keys of sources that statements cite stand for.
    pub sources: BTreeMap<String, String>,
    /// Open and undetermined findings about it; left empty here, for rules run on the assessment.
    pub findings: Vec<Finding>,
}

/// The chain of one workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The verdict at its end.
    pub verdict: Verdict,
    /// The links, in the order in which they are told.
    pub links: Vec<Link>,
}

/// One link of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which.
    pub kind: LinkKind,
    /// What is to be said of it; never empty.
    pub statements: Vec<Statement>,
}

/// One statement and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// A sentence without a full stop. May hold display names, which are an attacker's text.
    pub text: String,
    /// Names of datasets, and where in them; empty for what follows from other statements.
    pub source: String,
    /// How sure the catalogue is of it.
    pub sure: Option<Sure>,
    /// Keys of the catalogue's sources, explained in [`Explanation::sources`].
    pub citations: Vec<String>,
}

impl Statement {
    /// The same, with a source of the catalogue.
    fn cite(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.citations.extend(keys.into_iter().map(Into::into));
        self
    }

    /// The same, with how sure the catalogue is.
    fn sure(mut self, sure: Sure) -> Self {
        self.sure = Some(sure);
        self
    }
}

/// Explains one application, on one workload or on all. `app_id` is one that [`super::find_application`] gave; of an unknown one
/// little is said.
#[must_use]
pub fn explain(snapshot: &Snapshot, catalogue: &Catalogue, options: &Options, app_id: &AppId, workload: Option<&Workload>) -> Explanation {
    let ground = Ground::new(snapshot, catalogue, options);
    let context = ground.context();
    let mut application = ground.profile(&context, app_id);
    let observations = ground.observations(app_id);
    let workloads = verdicts::workloads(&context, &application, observations);
    let today = options.plans().then(|| kinds_today(snapshot, catalogue, options, app_id));
    let mut chains = Vec::new();
    for (concerned, right) in &workloads {
        let seen = observations.iter().filter(|seen| seen.workload == *concerned).collect();
        let Some(case) = verdicts::case(&context, &application, concerned, *right, seen) else { continue };
        if workload.is_some_and(|wanted| wanted != concerned) {
            continue;
        }
        let mut verdict = verdicts::verdict(&context, &case);
        verdict.today = today.as_ref().and_then(|kinds| kinds.iter().find(|(of, _)| of == concerned)).map(|(_, kind)| *kind);
        let links = [
            rights::grant(&context, &case),
            conduct::observed(&context, &case),
            judged::gate(&context, &case),
            judged::exclusion(&context, &case),
            judged::decision(&case, &verdict),
            judged::confidence(&verdict),
            judged::status(&context, &verdict),
            judged::ways(&context, &case, &verdict),
            Link { kind: LinkKind::NextStep, statements: vec![said(&verdict.next_step, "")] },
            settle::settle(&context, &case, verdict.kind),
        ];
        chains.push(Chain { verdict, links: told(links) });
    }
    application.automation = !workloads.is_empty();
    let unmapped = ground.evidence.unmapped_by_application.get(app_id);
    let links =
        [rights::who(&context, &application), rights::rights(&context, &application), conduct::sign_in(&context, &application, unmapped)];
    let (taken_at, window_days) = (snapshot.taken_at, options.window_days);
    let links = told(links);
    let sources = sources(catalogue, links.iter().chain(chains.iter().flat_map(|chain| &chain.links)));
    Explanation { taken_at, window_days, links, application, chains, sources, findings: Vec::new() }
}

/// The verdicts without the plan.
fn kinds_today(snapshot: &Snapshot, catalogue: &Catalogue, options: &Options, app_id: &AppId) -> Vec<(Workload, VerdictKind)> {
    let today = options.today();
    let ground = Ground::new(snapshot, catalogue, &today);
    let context = ground.context();
    let profile = ground.profile(&context, app_id);
    let verdicts = verdicts::verdicts(&context, &profile, ground.observations(app_id));
    verdicts.into_iter().map(|verdict| (verdict.workload, verdict.kind)).collect()
}

/// A link of which there is nothing to say is left out.
fn told(links: impl IntoIterator<Item = Link>) -> Vec<Link> {
    links.into_iter().filter(|link| !link.statements.is_empty()).collect()
}

fn said(text: impl Into<String>, source: impl Into<String>) -> Statement {
    Statement { text: text.into(), source: source.into(), sure: None, citations: Vec::new() }
}

/// A statement from a dataset.
fn read(text: impl Into<String>, dataset: Dataset) -> Statement {
    said(text, dataset.name())
}

/// What the cited keys stand for.
fn sources<'a>(catalogue: &Catalogue, links: impl Iterator<Item = &'a Link>) -> BTreeMap<String, String> {
    let keys = links.flat_map(|link| &link.statements).flat_map(|statement| &statement.citations);
    keys.filter_map(|key| Some((key.clone(), catalogue.source(key)?.to_owned()))).collect()
}
