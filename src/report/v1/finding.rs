//! Findings in the published model.

use super::{Gap, gap};
use crate::assess;
use crate::report::phrases;
use serde::Serialize;

/// One finding, as in `assessment.json`.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Finding<'a> {
    finding_id: &'a str,
    rule_id: &'a str,
    title: &'a str,
    severity: &'static str,
    confidence: &'static str,
    status: &'static str,
    object: Object<'a>,
    message: &'a str,
    evidence: &'a [String],
    gap: Option<Gap<'a>>,
    remediation: &'a str,
    references: &'a [String],
    /// When it was first seen, by the runs that are kept; null where none are.
    first_seen: Option<String>,
    /// Null unless the finding is waived.
    waiver: Option<Waiver<'a>>,
}

/// A waiver on a finding.
#[derive(Debug, Serialize)]
struct Waiver<'a> {
    reason: &'a str,
    approver: &'a str,
    ticket: &'a str,
    /// Last day on which it holds, UTC.
    expires: String,
}

#[derive(Debug, Serialize)]
struct Object<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: &'a str,
    name: &'a str,
    app_id: Option<&'a str>,
}

pub(in crate::report) fn finding(finding: &assess::Finding) -> Finding<'_> {
    let object = &finding.object;
    Finding {
        finding_id: &finding.id,
        rule_id: &finding.rule.id,
        title: &finding.rule.title,
        severity: finding.rule.severity.word(),
        confidence: finding.rule.confidence.word(),
        status: finding.status.word(),
        object: Object { kind: object.kind, id: &object.id, name: &object.name, app_id: object.app_id.as_deref() },
        message: &finding.message,
        evidence: &finding.evidence,
        gap: finding.gap.as_ref().map(gap),
        remediation: &finding.rule.remediation,
        references: &finding.rule.references,
        first_seen: finding.first_seen.map(phrases::time),
        waiver: finding.waiver.as_ref().map(waiver),
    }
}

fn waiver(waiver: &assess::Waiver) -> Waiver<'_> {
    Waiver { reason: &waiver.reason, approver: &waiver.approver, ticket: &waiver.ticket, expires: waiver.expires.to_string() }
}
