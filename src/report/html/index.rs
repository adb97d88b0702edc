//! What the sections look up: built once, so that rendering stays linear in what there is to show.

use super::super::Contents;
use super::super::{known, phrases};
use super::cases::Cases;
use super::foreign::{code, name, workload};
use crate::assess::{ApplicationProfile, Assessment, Exclusion, Finding, FindingStatus, Gate, Request, Verdict, WayKind};
use crate::catalogue::Workload;
use crate::runs::{Change, Point};
use crate::snapshot::{AppId, is_guid};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// Request lists up to this length stand beside each verdict; longer ones once, in a block that verdicts link to.
const INLINE_REQUESTS: usize = 1;

/// From so many automations on, what repeats stands once: the page would be mostly repetition otherwise.
const LARGE: usize = 200;

/// An automation with its verdicts, the worst first.
pub(super) struct Automation<'a> {
    pub(super) app_id: &'a AppId,
    pub(super) verdicts: Vec<&'a Verdict>,
}

/// The contents of a report with the look-ups of the page.
pub(super) struct Index<'a> {
    pub(super) assessment: &'a Assessment,
    pub(super) change: Option<&'a Change>,
    /// The numbers of the runs that are kept, this one last.
    pub(super) trend: &'a [Point],
    /// What needs action first.
    pub(super) automations: Vec<Automation<'a>>,
    /// Excluded applications without a verdict, by app id.
    pub(super) others: Vec<&'a AppId>,
    /// Lists of requests that stand once for all verdicts that name them.
    pub(super) request_lists: Vec<&'a [String]>,
    /// Whether what repeats stands once.
    pub(super) large: bool,
    pub(super) cases: Cases<'a>,
    /// Checks that could not tell of the tenant as a whole, and so of no application.
    pub(super) untold: usize,
    anchors: BTreeMap<&'a str, usize>,
    findings: BTreeMap<&'a str, Vec<usize>>,
    exclusions: BTreeMap<AppId, Vec<&'a Exclusion>>,
    gates: BTreeMap<&'a Workload, &'a Gate>,
    requests: BTreeMap<&'a str, Vec<&'a Request>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(contents: &Contents<'a>) -> Self {
        let assessment = contents.assessment;
        let automations = automations(assessment);
        let listed: BTreeSet<&AppId> = automations.iter().map(|automation| automation.app_id).collect();
        let others: Vec<&AppId> = assessment.applications.keys().filter(|app_id| !listed.contains(app_id)).collect();
        let mut index = Self {
            assessment,
            change: contents.change,
            trend: contents.trend,
            anchors: anchors(&automations, &others),
            findings: findings(assessment),
            exclusions: exclusions(assessment),
            gates: assessment.gates.iter().map(|gate| (&gate.workload, gate)).collect(),
            requests: requests(assessment),
            request_lists: request_lists(assessment),
            large: automations.len() >= LARGE,
            cases: Cases::default(),
            untold: known::findings(assessment, FindingStatus::Undetermined).filter(|finding| finding.object.kind == "tenant").count(),
            automations,
            others,
        };
        if index.large {
            index.cases = Cases::begin(assessment);
            index.cases = Cases::new(&index);
        }
        index
    }

    pub(super) fn profile(&self, app_id: &AppId) -> Option<&'a ApplicationProfile> {
        self.assessment.applications.get(app_id)
    }

    pub(super) fn name(&self, app_id: &'a AppId) -> &'a str {
        phrases::name(self.assessment, app_id)
    }

    /// The short id of an application's own block, by which the page links to it; None for one that has none.
    pub(super) fn anchor(&self, app_id: &str) -> Option<String> {
        self.anchors.get(app_id).map(|place| format!("a{place}"))
    }

    /// Its lasting id, for links from outside. An app id comes from the tenant, so only one of the form of a GUID becomes one.
    pub(super) fn lasting_anchor(&self, app_id: &str) -> Option<String> {
        is_guid(app_id).then(|| format!("app-{app_id}"))
    }

    /// A name that leads to the application's own block, where it has one.
    pub(super) fn link(&self, app_id: &str, text: &str) -> Markup {
        let shown = if is_guid(text) { code(text) } else { name(text) };
        match self.anchor(app_id) {
            Some(anchor) => html! { a href={ "#" (anchor) } { (shown) } },
            None => shown,
        }
    }

    /// The same, by the name that the assessment has for it.
    pub(super) fn link_to(&self, app_id: &'a AppId) -> Markup {
        self.link(app_id.as_str(), self.name(app_id))
    }

    /// An automation and the workload that a verdict is about.
    pub(super) fn link_to_verdict(&self, verdict: &'a Verdict) -> Markup {
        html! { (self.link_to(&verdict.app_id)) " (" (workload(&verdict.workload)) ")" }
    }

    /// Findings on an application, by their place in the assessment.
    pub(super) fn findings(&self, app_id: &AppId) -> impl Iterator<Item = (usize, &'a Finding)> {
        let all = self.findings.get(app_id.as_str()).into_iter().flatten();
        all.filter_map(|at| Some((*at, self.assessment.findings.get(*at)?)))
    }

    /// What lists of exclusions say of an application.
    pub(super) fn exclusions(&self, app_id: &AppId) -> &[&'a Exclusion] {
        self.exclusions.get(app_id).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn gate(&self, workload: &Workload) -> Option<&'a Gate> {
        self.gates.get(workload).copied()
    }

    /// Approval requests that an application filed.
    pub(super) fn requests(&self, app_id: &AppId) -> &[&'a Request] {
        self.requests.get(app_id.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where a list of requests stands that is not shown beside each verdict, from 1.
    pub(super) fn request_list(&self, requests: &[String]) -> Option<usize> {
        self.request_lists.binary_search_by(|list| (*list).cmp(requests)).ok().map(|at| at + 1)
    }
}

/// In the order of the verdicts, which is that of what needs action first.
fn automations(assessment: &Assessment) -> Vec<Automation<'_>> {
    let mut places: BTreeMap<&AppId, usize> = BTreeMap::new();
    let mut automations: Vec<Automation<'_>> = Vec::new();
    for verdict in &assessment.verdicts {
        let place = *places.entry(&verdict.app_id).or_insert(automations.len());
        match automations.get_mut(place) {
            Some(automation) => automation.verdicts.push(verdict),
            None => automations.push(Automation { app_id: &verdict.app_id, verdicts: vec![verdict] }),
        }
    }
    automations
}

fn anchors<'a>(automations: &[Automation<'a>], others: &[&'a AppId]) -> BTreeMap<&'a str, usize> {
    let all = automations.iter().map(|automation| automation.app_id).chain(others.iter().copied());
    all.enumerate().map(|(at, app_id)| (app_id.as_str(), at + 1)).collect()
}

fn findings(assessment: &Assessment) -> BTreeMap<&str, Vec<usize>> {
    let mut findings: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, finding) in assessment.findings.iter().enumerate() {
        if let Some(app_id) = &finding.object.app_id {
            findings.entry(app_id).or_default().push(at);
        }
    }
    findings
}

fn exclusions(assessment: &Assessment) -> BTreeMap<AppId, Vec<&Exclusion>> {
    let mut exclusions: BTreeMap<AppId, Vec<&Exclusion>> = BTreeMap::new();
    for row in &assessment.exclusions {
        exclusions.entry(row.application_id()).or_default().push(row);
    }
    exclusions
}

fn requests(assessment: &Assessment) -> BTreeMap<&str, Vec<&Request>> {
    let mut requests: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
    for request in &assessment.requests {
        if let Some(app_id) = &request.app_id {
            requests.entry(app_id.as_str()).or_default().push(request);
        }
    }
    requests
}

fn request_lists(assessment: &Assessment) -> Vec<&[String]> {
    let ways = assessment.verdicts.iter().flat_map(|verdict| &verdict.ways_out).filter(|way| way.kind == WayKind::Adopt);
    let long: BTreeSet<&[String]> = ways.map(|way| way.requests.as_slice()).filter(|list| list.len() > INLINE_REQUESTS).collect();
    long.into_iter().collect()
}
