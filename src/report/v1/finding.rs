//! Findings in the published model.

use super::words::{Day, Word};
use super::{Gap, gap};
use crate::assess;
use schemars::JsonSchema;
use serde::Serialize;

/// What a rule says of an object: that it fires, or that it cannot tell.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::report) struct Finding<'a> {
    /// Stays the same when the object is renamed or the tenant is read again.
    finding_id: &'a str,
    /// Id of the rule.
    rule_id: &'a str,
    /// Title of the rule.
    title: &'a str,
    /// How grave it is.
    severity: Word<assess::Severity>,
    /// How sure it is.
    confidence: Word<assess::Confidence>,
    /// What became of it.
    status: Word<assess::FindingStatus>,
    /// What it is about.
    object: Object<'a>,
    /// One sentence on this object.
    message: &'a str,
    /// Facts behind it; not empty unless it is undetermined.
    evidence: &'a [String],
    /// What could not be read; null unless it is undetermined.
    gap: Option<Gap<'a>>,
    /// What to do.
    remediation: &'a str,
    /// Benchmarks, techniques and pages that the rule follows.
    references: Vec<String>,
    /// Null unless the finding is waived.
    waiver: Option<Waiver<'a>>,
}

/// A waiver on a finding.
#[derive(Debug, Serialize, JsonSchema)]
struct Waiver<'a> {
    /// Why it is accepted.
    reason: &'a str,
    /// Who accepted it.
    approver: &'a str,
    /// Where that is on record.
    ticket: &'a str,
    /// Last day on which it holds.
    expires: Day,
}

/// What a finding is about.
#[derive(Debug, Serialize, JsonSchema)]
struct Object<'a> {
    /// Of which kind it is: servicePrincipal, application, exclusion, accessPolicy, workload, approvalRequest, waiver or tenant.
    #[serde(rename = "type")]
    kind: &'a str,
    /// Its id; of a dangling exclusion the id as listed, of a waiver its rule and object.
    id: &'a str,
    /// Its display name: anybody's text.
    name: &'a str,
    /// App id, if it has one.
    app_id: Option<&'a str>,
}

pub(in crate::report) fn finding(finding: &assess::Finding) -> Finding<'_> {
    let object = &finding.object;
    Finding {
        finding_id: &finding.id,
        rule_id: &finding.rule.id,
        title: &finding.rule.title,
        severity: Word::of(&finding.rule.severity),
        confidence: Word::of(&finding.rule.confidence),
        status: Word::of(&finding.status),
        object: Object { kind: object.kind, id: &object.id, name: &object.name, app_id: object.app_id.as_deref() },
        message: &finding.message,
        evidence: &finding.evidence,
        gap: finding.gap.as_ref().map(gap),
        remediation: &finding.rule.remediation,
        references: finding.rule.references.iter().map(ToString::to_string).collect(),
        waiver: finding.waiver.as_ref().map(waiver),
    }
}

fn waiver(waiver: &assess::Waiver) -> Waiver<'_> {
    Waiver { reason: &waiver.reason, approver: &waiver.approver, ticket: &waiver.ticket, expires: Day::of(waiver.expires) }
}
