//! The tables for auditors: their columns and rows, once for CSV and for the workbook.
//!
//! The columns and their order are published. Several values in one cell have semicolons between them. `unknown` stands for
//! what could not be read; a blank cell for what does not apply or has no date on record. Cells are as the tenant has them: a
//! format makes them harmless.

use super::known::{self, LastUse, UNKNOWN};
use super::phrases::{self, count, optional_time, platforms};
use super::text::csv_part;
use super::{exposure, settings};
use crate::assess::{ApplicationProfile, Assessment, Exclusion, Exposure, Finding, Gate, Key, Part, PolicyGate, Verdict};
use crate::snapshot::{Area, Coverage, Gap};
use std::fmt::Display;

/// One table: a CSV file, and a sheet of the workbook.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    word: &'static str,
    file_name: &'static str,
    columns: &'static [&'static str],
    /// The columns that count something. Only they may hold numbers where a format tells numbers from text; ids never do.
    numbers: &'static [&'static str],
    rows: fn(&Assessment) -> Vec<Vec<String>>,
}

impl Table {
    /// Every table, in the order of the manifest.
    pub const ALL: [Self; 7] = [AUTOMATIONS, FINDINGS, EXCLUSIONS, EXPOSURES, CREDENTIALS, GATES, COVERAGE];

    /// Automation × workload: the one that is meant where none is named.
    pub const AUTOMATIONS: Self = AUTOMATIONS;

    /// The table of this word, such as `findings`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.word == word)
    }

    /// Its word: the name of its sheet, and of its file without the ending.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.word
    }

    /// Name of its CSV file in the folder of a report.
    pub(super) fn file_name(&self) -> &'static str {
        self.file_name
    }

    pub(super) fn columns(&self) -> &'static [&'static str] {
        self.columns
    }

    /// Whether a column counts something.
    pub(super) fn counts(&self, column: &str) -> bool {
        self.numbers.contains(&column)
    }

    /// A cell for each column.
    pub(super) fn rows(&self, assessment: &Assessment) -> Vec<Vec<String>> {
        (self.rows)(assessment)
    }
}

/// Two tables of the same word are the same.
impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Table {}

const AUTOMATIONS: Table = Table {
    word: "automations",
    file_name: "automations.csv",
    columns: &[
        "tenant_id",
        "automation",
        "app_id",
        "service_principal_id",
        "type",
        "workload",
        "platform",
        "gate",
        "exclusion",
        "exclusion_source",
        "verdict",
        "confidence",
        "evidence_grade",
        "writes",
        "blocked_calls",
        "first_write",
        "last_write",
        "last_sign_in",
        "expected_status",
        "permissions",
        "next_step",
        "verdict_today",
    ],
    numbers: &["writes", "blocked_calls"],
    rows: |assessment| assessment.verdicts.iter().map(|verdict| automation(assessment, verdict)).collect(),
};

const FINDINGS: Table = Table {
    word: "findings",
    file_name: "findings.csv",
    columns: &[
        "finding_id",
        "rule_id",
        "severity",
        "confidence",
        "status",
        "object_type",
        "object_id",
        "object_name",
        "app_id",
        "message",
        "evidence",
        "remediation",
        "references",
        "first_seen",
        "waiver",
        "owner_response",
        "target_date",
        "accepted_by",
    ],
    numbers: &[],
    rows: |assessment| assessment.findings.iter().map(finding).collect(),
};

const EXCLUSIONS: Table = Table {
    word: "exclusions",
    file_name: "exclusions.csv",
    columns: &[
        "policy_id",
        "policy",
        "workload",
        "listed_id",
        "app_id",
        "service_principal_id",
        "application",
        "source",
        "since",
        "state",
        "listed",
        "detail",
        "gap",
    ],
    numbers: &[],
    rows: |assessment| assessment.exclusions.iter().map(exclusion).collect(),
};

const EXPOSURES: Table = Table {
    word: "exposures",
    file_name: "exposures.csv",
    columns: &[
        "rank",
        "app_id",
        "service_principal_id",
        "application",
        "workloads",
        "reach",
        "reach_parts",
        "guard",
        "guard_parts",
        "need_parts",
    ],
    numbers: &["rank"],
    rows: |assessment| assessment.exposures.iter().enumerate().map(|(at, exposure)| exposed(assessment, at, exposure)).collect(),
};

const CREDENTIALS: Table = Table {
    word: "credentials",
    file_name: "credentials.csv",
    columns: &["app_id", "application", "kind", "key_id", "held_on", "start", "end", "lifetime_days", "age_days", "last_used", "excluded"],
    numbers: &["lifetime_days", "age_days"],
    rows: |assessment| {
        let with_keys = assessment.applications.values().map(|profile| (profile, known::credentials(profile)));
        with_keys.flat_map(|(profile, keys)| keys.into_iter().map(move |key| credential(assessment, profile, key))).collect()
    },
};

const GATES: Table = Table {
    word: "gates",
    file_name: "gates.csv",
    columns: &["workload", "platform", "policy_id", "policy", "in_force", "approver_groups", "approvers", "problems"],
    numbers: &["approvers"],
    rows: |assessment| assessment.gates.iter().flat_map(|one| gate(assessment, one)).collect(),
};

const COVERAGE: Table = Table {
    word: "coverage",
    file_name: "coverage.csv",
    columns: &["dataset", "state", "items", "gap", "permission", "requests", "detail"],
    numbers: &["items", "requests"],
    rows: |assessment| Area::all().map(|area| coverage(assessment, area)).collect(),
};

fn automation(assessment: &Assessment, verdict: &Verdict) -> Vec<String> {
    let profile = phrases::profile(assessment, &verdict.app_id);
    vec![
        assessment.run.tenant_id.to_string(),
        profile.map(|profile| profile.name.clone()).unwrap_or_default(),
        verdict.app_id.to_string(),
        text(profile.and_then(|profile| profile.service_principal.as_ref())),
        profile.and_then(|profile| profile.kind.clone()).unwrap_or_else(|| UNKNOWN.to_owned()),
        verdict.workload.to_string(),
        platforms(&verdict.platforms),
        verdict.gate.to_string(),
        verdict.exclusion.to_string(),
        joined(verdict.exclusion_sources.iter()),
        verdict.kind.to_string(),
        verdict.confidence.to_string(),
        verdict.grade.to_string(),
        count(phrases::writes(assessment, verdict)),
        count(phrases::blocked_calls(assessment, verdict)),
        optional_time(verdict.first_write),
        optional_time(verdict.last_write),
        profile.map_or_else(|| UNKNOWN.to_owned(), |profile| phrases::last_sign_in(&profile.last_sign_in)),
        joined(verdict.expected_status.iter()),
        known::permissions(assessment, verdict).map_or_else(|| UNKNOWN.to_owned(), |held| joined(held.iter())),
        verdict.next_step.clone(),
        text(verdict.today.as_ref()),
    ]
}

fn finding(finding: &Finding) -> Vec<String> {
    let mut row = vec![
        finding.id.clone(),
        finding.rule.id.clone(),
        finding.rule.severity.to_string(),
        finding.rule.confidence.to_string(),
        finding.status.to_string(),
        finding.object.kind.to_owned(),
        finding.object.id.clone(),
        finding.object.name.clone(),
        text(finding.object.app_id.as_ref()),
        finding.message.clone(),
        sentences(&finding.evidence),
        finding.rule.remediation.clone(),
        joined(finding.rule.references.iter()),
    ];
    // The last three are for the auditor.
    row.extend([optional_time(finding.first_seen), finding.waiver.as_ref().map(settings::waiver).unwrap_or_default()]);
    row.resize(FINDINGS.columns.len(), String::new());
    row
}

fn exclusion(exclusion: &Exclusion) -> Vec<String> {
    vec![
        exclusion.policy_id.to_string(),
        exclusion.policy.clone(),
        exclusion.workload.to_string(),
        exclusion.listed_id.clone(),
        text(exclusion.app_id.as_ref()),
        text(exclusion.service_principal.as_ref()),
        exclusion.application.clone().unwrap_or_default(),
        joined(exclusion.sources.iter()),
        optional_time(exclusion.since),
        exclusion.state.to_string(),
        if exclusion.listed { "yes" } else { "no" }.to_owned(),
        exclusion.source_detail.clone(),
        text(exclusion.gap.as_ref()),
    ]
}

fn credential(assessment: &Assessment, profile: &ApplicationProfile, key: &Key) -> Vec<String> {
    let excluded = match known::excluded(assessment, profile) {
        Some(true) => "yes",
        Some(false) => "no",
        None => UNKNOWN,
    };
    vec![
        profile.app_id.to_string(),
        profile.name.clone(),
        key.kind.to_string(),
        key.key_id.clone(),
        key.held_on.to_string(),
        optional_time(key.start),
        optional_time(key.end),
        text(key.lifetime_days.as_ref()),
        text(key.age_days.as_ref()),
        last_used(assessment, key),
        excluded.to_owned(),
    ]
}

/// When a key was last used: blank where the whole report shows no use, and for a federated credential, which no report names.
fn last_used(assessment: &Assessment, key: &Key) -> String {
    match known::last_used(assessment, key) {
        LastUse::At(moment) => phrases::time(moment),
        LastUse::Unknown => UNKNOWN.to_owned(),
        LastUse::NoneSeen | LastUse::NotReported => String::new(),
    }
}

/// One row for each policy, or one without a policy where a plan or the service itself makes the gate, or nothing does.
fn gate(assessment: &Assessment, gate: &Gate) -> Vec<Vec<String>> {
    if gate.policies.is_empty() {
        let mut row = vec![gate.workload.to_string(), platforms(&gate.platforms)];
        row.extend([String::new(), String::new(), phrases::in_force(assessment, gate.state).to_string()]);
        // Where no policy could be read, there may be approvers.
        let approvers = if row.last().is_some_and(|in_force| in_force == UNKNOWN) { UNKNOWN } else { "" };
        row.extend([approvers.to_owned(), approvers.to_owned(), approvers.to_owned()]);
        return vec![row];
    }
    gate.policies.iter().map(|policy| policy_gate(gate, policy)).collect()
}

fn policy_gate(gate: &Gate, policy: &PolicyGate) -> Vec<String> {
    let groups = policy.approver_groups.as_ref();
    let problems: Vec<String> = policy.problems.iter().map(phrases::problem_with_ids).collect();
    let unknown = || if policy.planned { String::new() } else { UNKNOWN.to_owned() };
    vec![
        gate.workload.to_string(),
        platforms(&policy.platforms),
        policy.policy_id.to_string(),
        policy.name.clone(),
        policy.in_force.to_string(),
        groups.map_or_else(unknown, |groups| joined(groups.iter())),
        policy.approvers.map_or_else(unknown, |approvers| approvers.to_string()),
        sentences(&problems),
    ]
}

/// An excluded application, weighed.
fn exposed(assessment: &Assessment, at: usize, exposure: &Exposure) -> Vec<String> {
    let profile = assessment.applications.get(&exposure.app_id);
    let parts = |parts: &[Part]| parts.iter().map(exposure::part).collect::<Vec<_>>();
    vec![
        (at + 1).to_string(),
        exposure.app_id.to_string(),
        profile.and_then(|profile| profile.service_principal.as_ref()).map(ToString::to_string).unwrap_or_default(),
        exposure::application(assessment, exposure).to_owned(),
        joined(exposure.workloads.iter()),
        exposure::reach(exposure),
        joined(parts(&exposure.reach).iter()),
        exposure::guard(exposure),
        joined(parts(&exposure.guard).iter()),
        joined(parts(&exposure.need).iter()),
    ]
}

fn coverage(assessment: &Assessment, area: Area) -> Vec<String> {
    let coverage = known::area(assessment, area);
    let read = !matches!(coverage, Coverage::Unavailable { .. });
    vec![
        area.to_string(),
        coverage.word().to_owned(),
        text(read.then(|| coverage.items()).as_ref()),
        text(coverage.gap().map(Gap::word).as_ref()),
        phrases::permission(area, coverage).to_owned(),
        known::requests(assessment, area).to_string(),
        phrases::coverage_detail(assessment, area),
    ]
}

fn text(value: Option<&impl Display>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// Values that share a cell.
fn joined(values: impl Iterator<Item = impl Display>) -> String {
    let parts: Vec<String> = values.map(|value| csv_part(&value.to_string())).collect();
    parts.join(";")
}

/// Sentences that share a cell.
fn sentences(sentences: &[String]) -> String {
    let parts: Vec<String> = sentences.iter().map(|sentence| csv_part(sentence)).collect();
    parts.join("; ")
}
