//! The settings of the rules in the published model.

use super::{Gap, gap};
use crate::assess;
use serde::Serialize;

/// Under which settings the rules ran.
#[derive(Debug, Serialize)]
pub(super) struct Settings<'a> {
    /// Whose thresholds applied.
    profile: &'a str,
    /// Ids of the user's own rules.
    own_rules: &'a [String],
    /// Rules that did not run.
    switched_off: Vec<SwitchedOff<'a>>,
    severities: Vec<SeverityChange<'a>>,
    thresholds: Vec<ThresholdChange<'a>>,
    /// Every waiver, also those that have expired or match nothing.
    waivers: Vec<WaiverUse<'a>>,
    /// Null where no register of exclusions was given.
    register: Option<Vec<Record<'a>>>,
}

#[derive(Debug, Serialize)]
struct SwitchedOff<'a> {
    rule_id: &'a str,
    title: &'a str,
    severity: &'static str,
}

#[derive(Debug, Serialize)]
struct SeverityChange<'a> {
    rule_id: &'a str,
    from: &'static str,
    to: &'static str,
}

#[derive(Debug, Serialize)]
struct ThresholdChange<'a> {
    rule_id: &'a str,
    threshold: &'a str,
    from: i64,
    to: i64,
}

#[derive(Debug, Serialize)]
struct WaiverUse<'a> {
    rule_id: &'a str,
    object_id: &'a str,
    /// Null where it is meant for every finding of the rule on the object.
    finding_id: Option<&'a str>,
    reason: &'a str,
    approver: &'a str,
    ticket: &'a str,
    /// Last day on which it holds, UTC.
    expires: String,
    /// Negative once it has expired.
    days_left: i64,
    expired: bool,
    /// Findings that it speaks of; null where that is not known.
    matches: Option<u64>,
    matches_gap: Option<Gap<'a>>,
}

/// An entry of the register of exclusions.
#[derive(Debug, Serialize)]
struct Record<'a> {
    app_id: &'a str,
    /// Null for every policy.
    policy_id: Option<&'a str>,
    owner: &'a str,
    justification: &'a str,
    ticket: Option<&'a str>,
    expires: Option<String>,
    reviewed: Option<String>,
}

pub(super) fn settings(applied: &assess::AppliedSettings) -> Settings<'_> {
    Settings {
        profile: &applied.profile,
        own_rules: &applied.own_rules,
        switched_off: applied.switched_off.iter().map(switched_off).collect(),
        severities: applied.severities.iter().map(severity).collect(),
        thresholds: applied.thresholds.iter().map(threshold).collect(),
        waivers: applied.waivers.iter().map(waiver).collect(),
        register: applied.register.as_ref().map(|records| records.iter().map(record).collect()),
    }
}

fn switched_off(off: &assess::SwitchedOff) -> SwitchedOff<'_> {
    SwitchedOff { rule_id: &off.rule, title: &off.title, severity: off.severity.word() }
}

fn severity(change: &assess::SeverityChange) -> SeverityChange<'_> {
    SeverityChange { rule_id: &change.rule, from: change.from.word(), to: change.to.word() }
}

fn threshold(change: &assess::ThresholdChange) -> ThresholdChange<'_> {
    ThresholdChange { rule_id: &change.rule, threshold: &change.name, from: change.from, to: change.to }
}

fn waiver(used: &assess::WaiverUse) -> WaiverUse<'_> {
    let waiver = &used.waiver;
    WaiverUse {
        rule_id: &waiver.rule,
        object_id: &waiver.object,
        finding_id: waiver.finding.as_deref(),
        reason: &waiver.reason,
        approver: &waiver.approver,
        ticket: &waiver.ticket,
        expires: waiver.expires.to_string(),
        days_left: used.days_left,
        expired: used.expired(),
        matches: used.matches.seen().copied(),
        matches_gap: used.matches.gap().map(gap),
    }
}

fn record(record: &assess::ExclusionRecord) -> Record<'_> {
    Record {
        app_id: record.app_id.as_str(),
        policy_id: record.policy.as_ref().map(crate::snapshot::PolicyId::as_str),
        owner: &record.owner,
        justification: &record.justification,
        ticket: record.ticket.as_deref(),
        expires: record.expires.map(|day| day.to_string()),
        reviewed: record.reviewed.map(|day| day.to_string()),
    }
}
