//! The CSV files for auditors, after RFC 4180 but with LF at the end of lines, so that `grep` and `diff` see plain lines.
//!
//! The columns and their order are published. Several values in one cell have semicolons between them. A cell that would
//! start a formula, in whole or after a semicolon, has an apostrophe in front; that holds for negative numbers too. Names
//! are whole but for control characters. `unknown` stands for what could not be read; a blank cell for what does not apply
//! or has no date on record.

use super::known::{self, UNKNOWN};
use super::phrases::{self, count, optional_time, platforms};
use super::text::{csv_cell, csv_part};
use super::{Contents, Error, Format};
use super::{exposure, settings};
use crate::assess::{ApplicationProfile, Assessment, Exclusion, Exposure, Finding, Gate, Key, KeyKind, Part, PolicyGate, Verdict};
use crate::snapshot::{Coverage, Dataset, Gap};
use std::fmt::Display;

/// One CSV file.
#[derive(Debug, Clone, Copy)]
pub(super) struct File {
    name: &'static str,
    columns: &'static [&'static str],
    rows: fn(&Assessment) -> Vec<Vec<String>>,
}

/// Every CSV file.
pub(super) const FILES: [File; 7] = [AUTOMATIONS, FINDINGS, EXCLUSIONS, EXPOSURES, CREDENTIALS, GATES, COVERAGE];

/// Automation × workload.
pub(super) const AUTOMATIONS: File = File {
    name: "automations.csv",
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
    rows: |assessment| assessment.verdicts.iter().map(|verdict| automation(assessment, verdict)).collect(),
};

const FINDINGS: File = File {
    name: "findings.csv",
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
    rows: |assessment| assessment.findings.iter().map(finding).collect(),
};

const EXCLUSIONS: File = File {
    name: "exclusions.csv",
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
    ],
    rows: |assessment| assessment.exclusions.iter().map(exclusion).collect(),
};

const EXPOSURES: File = File {
    name: "exposures.csv",
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
    rows: |assessment| assessment.exposures.iter().enumerate().map(|(at, exposure)| exposed(assessment, at, exposure)).collect(),
};

const CREDENTIALS: File = File {
    name: "credentials.csv",
    columns: &["app_id", "application", "kind", "key_id", "held_on", "start", "end", "lifetime_days", "age_days", "last_used", "excluded"],
    rows: |assessment| {
        let with_keys = assessment.applications.values().map(|profile| (profile, known::credentials(profile)));
        with_keys.flat_map(|(profile, keys)| keys.into_iter().map(move |key| credential(assessment, profile, key))).collect()
    },
};

const GATES: File = File {
    name: "gates.csv",
    columns: &["workload", "platform", "policy_id", "policy", "in_force", "approver_groups", "approvers", "problems"],
    rows: |assessment| assessment.gates.iter().flat_map(|one| gate(assessment, one)).collect(),
};

const COVERAGE: File = File {
    name: "coverage.csv",
    columns: &["dataset", "state", "items", "gap", "permission", "requests"],
    rows: |assessment| Dataset::ALL.into_iter().map(|dataset| coverage(assessment, dataset)).collect(),
};

impl Format for File {
    fn file_name(&self) -> &'static str {
        self.name
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
        let assessment = contents.assessment;
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Render { file: self.name, source };
        let header = format!("{}\n", self.columns.join(","));
        // Every cell is quoted, for a spreadsheet may take the semicolons inside for separators too.
        let mut writer = ::csv::WriterBuilder::new().quote_style(::csv::QuoteStyle::Always).from_writer(header.into_bytes());
        for row in (self.rows)(assessment) {
            writer.write_record(row.iter().map(|cell| csv_cell(cell))).map_err(|error| failed(error.into()))?;
        }
        writer.into_inner().map_err(|error| failed(error.into_error().into()))
    }
}

/// Data rows of a rendered CSV file. None for bytes that are no CSV.
pub(super) fn data_rows(bytes: &[u8]) -> Option<u64> {
    let mut reader = ::csv::Reader::from_reader(bytes);
    reader.byte_records().try_fold(0, |rows, record| record.ok().map(|_| rows + 1))
}

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
    let whole = known::coverage(assessment, Dataset::CredentialActivity).is_complete();
    match key.last_used {
        None if !whole && key.kind != KeyKind::Federated => UNKNOWN.to_owned(),
        time => optional_time(time),
    }
}

/// One row for each policy, or one without a policy where a plan or the service itself makes the gate, or nothing does.
fn gate(assessment: &Assessment, gate: &Gate) -> Vec<Vec<String>> {
    if gate.policies.is_empty() {
        let mut row = vec![gate.workload.to_string(), platforms(&gate.platforms)];
        row.extend([String::new(), String::new(), phrases::in_force(assessment, gate.state).to_string()]);
        row.resize(GATES.columns.len(), String::new());
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

fn coverage(assessment: &Assessment, dataset: Dataset) -> Vec<String> {
    let coverage = known::coverage(assessment, dataset);
    let read = !matches!(coverage, Coverage::Unavailable { .. });
    vec![
        dataset.to_string(),
        coverage.word().to_owned(),
        text(read.then(|| coverage.items()).as_ref()),
        text(coverage.gap().map(Gap::word).as_ref()),
        phrases::permission(dataset, coverage).to_owned(),
        assessment.coverage.get(&dataset).map_or(0, |reading| reading.requests).to_string(),
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

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn rendered(file: File, assessment: &Assessment) -> String {
        String::from_utf8(file.render(&Contents::of(assessment)).unwrap()).unwrap()
    }

    fn rows(file: File, assessment: &Assessment) -> Vec<::csv::StringRecord> {
        let text = rendered(file, assessment);
        ::csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
    }

    /// The cell of a row under a column.
    fn cell<'a>(file: File, row: &'a ::csv::StringRecord, column: &str) -> &'a str {
        let at = file.columns.iter().position(|name| *name == column).unwrap();
        row.get(at).unwrap()
    }

    #[test]
    fn every_file_looks_like_this() {
        let assessment = samples::everything();
        for file in FILES {
            // The one very long name would bury the rest.
            let text = rendered(file, &assessment).replace(&"long ".repeat(2_000), "long ×2000 ");
            insta::assert_snapshot!(file.name, text);
        }
    }

    #[test]
    fn no_cell_starts_a_formula_or_holds_a_control_character() {
        for file in FILES {
            for row in rows(file, &samples::everything()) {
                for cell in &row {
                    for part in cell.split(';') {
                        assert!(!part.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{}: {cell:?}", file.name);
                    }
                    assert_eq!(cell, super::super::text::clean(cell), "{}", file.name);
                }
            }
        }
    }

    #[test]
    fn columns_are_there_without_rows_and_only_coverage_always_has_rows() {
        for file in FILES {
            let text = rendered(file, &samples::empty());
            assert_eq!(text.lines().next().unwrap(), file.columns.join(","));
            let expected = if file.name == "coverage.csv" { Dataset::ALL.len() as u64 } else { 0 };
            assert_eq!(data_rows(text.as_bytes()), Some(expected), "{}", file.name);
        }
    }

    #[test]
    fn what_could_not_be_read_is_unknown_and_never_zero() {
        let assessment = samples::only_unknowns();
        let row = &rows(AUTOMATIONS, &assessment)[0];
        for column in ["type", "gate", "exclusion", "verdict", "writes", "blocked_calls", "last_sign_in"] {
            assert_eq!(cell(AUTOMATIONS, row, column), "unknown", "{column}");
        }
        assert_eq!(rows(CREDENTIALS, &assessment).len(), 0, "keys that could not be read make no row");
        let coverage = &rows(COVERAGE, &assessment)[0];
        assert_eq!((cell(COVERAGE, coverage, "state"), cell(COVERAGE, coverage, "items")), ("unavailable", ""));
    }

    #[test]
    fn a_dataset_that_is_not_mentioned_was_not_requested() {
        let rows = rows(COVERAGE, &samples::everything());
        let row = rows.iter().find(|row| cell(COVERAGE, row, "dataset") == "deleted-service-principals").unwrap();
        assert_eq!(
            row.iter().collect::<Vec<_>>(),
            ["deleted-service-principals", "skipped", "", "not-requested", "Application.Read.All", "0"]
        );
    }

    #[test]
    fn excluded_is_no_only_where_every_list_could_be_read() {
        let mut assessment = samples::everything();
        let words = |assessment: &Assessment| -> Vec<String> {
            rows(CREDENTIALS, assessment).iter().map(|row| cell(CREDENTIALS, row, "excluded").to_owned()).collect()
        };
        assert_eq!(words(&assessment), ["unknown", "unknown", "unknown", "yes", "yes"]);
        assessment.gates.retain(|gate| gate.policies.iter().all(|policy| policy.exclusions_readable));
        assert_eq!(words(&assessment), ["no", "no", "no", "yes", "yes"]);
    }

    #[test]
    fn names_are_whole() {
        let rows = rows(AUTOMATIONS, &samples::everything());
        assert!(rows.iter().any(|row| cell(AUTOMATIONS, row, "automation").len() == 10_000));
    }
}
