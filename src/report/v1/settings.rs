//! The settings of the rules in the published model.

use super::words::{Day, Word};
use super::{Gap, gap};
use crate::assess;
use schemars::JsonSchema;
use serde::Serialize;

/// Under which settings the rules ran.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Settings<'a> {
    /// Whose thresholds applied.
    profile: &'a str,
    /// Ids of the user's own rules.
    own_rules: &'a [String],
    /// Rules that did not run.
    switched_off: Vec<SwitchedOff<'a>>,
    /// Rules whose severity was changed.
    severities: Vec<SeverityChange<'a>>,
    /// Thresholds that were changed.
    thresholds: Vec<ThresholdChange<'a>>,
    /// Every waiver, also those that have expired or match nothing.
    waivers: Vec<WaiverUse<'a>>,
    /// The register of exclusions. Null where none was given.
    register: Option<Vec<Record<'a>>>,
}

/// A rule that did not run.
#[derive(Debug, Serialize, JsonSchema)]
struct SwitchedOff<'a> {
    /// Its id.
    rule_id: &'a str,
    /// Its title.
    title: &'a str,
    /// How grave its findings would be.
    severity: Word<assess::Severity>,
}

/// A rule whose severity was changed.
#[derive(Debug, Serialize, JsonSchema)]
struct SeverityChange<'a> {
    /// Its id.
    rule_id: &'a str,
    /// As the rule has it.
    from: Word<assess::Severity>,
    /// As it was set.
    to: Word<assess::Severity>,
}

/// A threshold that was changed.
#[derive(Debug, Serialize, JsonSchema)]
struct ThresholdChange<'a> {
    /// Id of the rule.
    rule_id: &'a str,
    /// Which.
    threshold: &'a str,
    /// As the profile has it.
    from: i64,
    /// As it was set.
    to: i64,
}

/// A waiver and what it is good for.
#[derive(Debug, Serialize, JsonSchema)]
struct WaiverUse<'a> {
    /// Id of the rule.
    rule_id: &'a str,
    /// Id of the object.
    object_id: &'a str,
    /// The one finding that it is meant for. Null where it is meant for every finding of the rule on the object.
    finding_id: Option<&'a str>,
    /// Why it is accepted.
    reason: &'a str,
    /// Who accepted it.
    approver: &'a str,
    /// Where that is on record.
    ticket: &'a str,
    /// Last day on which it holds.
    expires: Day,
    /// Whole days until it ends. Negative once it has expired.
    days_left: i64,
    /// Whether it has expired.
    expired: bool,
    /// Findings that it speaks of; null where that is not known.
    matches: Option<u64>,
    /// Why that is not known.
    matches_gap: Option<Gap<'a>>,
}

/// An entry of the register of exclusions.
#[derive(Debug, Serialize, JsonSchema)]
struct Record<'a> {
    /// App id of the application.
    app_id: &'a str,
    /// Id of the policy that excludes it. Null for every policy.
    policy_id: Option<&'a str>,
    /// Who answers for it.
    owner: &'a str,
    /// Why it is excluded.
    justification: &'a str,
    /// Where that is on record.
    ticket: Option<&'a str>,
    /// Last day on which the exclusion is agreed.
    expires: Option<Day>,
    /// When it was last looked at.
    reviewed: Option<Day>,
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
    SwitchedOff { rule_id: &off.rule, title: &off.title, severity: Word::of(&off.severity) }
}

fn severity(change: &assess::SeverityChange) -> SeverityChange<'_> {
    SeverityChange { rule_id: &change.rule, from: Word::of(&change.from), to: Word::of(&change.to) }
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
        expires: Day::of(waiver.expires),
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
        expires: record.expires.map(Day::of),
        reviewed: record.reviewed.map(Day::of),
    }
}
