//! What the user's own settings changed about the rules of a run. It stands in every report: a rule that is switched off in
//! silence looks like a rule that found nothing.

use super::register::ExclusionRecord;
use super::waiver::WaiverUse;
use super::words::Severity;

/// The settings under which rules ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedSettings {
    /// Word of the profile whose thresholds applied.
    pub profile: String,
    /// Rules of the user's own that ran beside the built-in ones, by id.
    pub own_rules: Vec<String>,
    /// Rules that did not run because they were switched off, by id.
    pub switched_off: Vec<SwitchedOff>,
    /// Severities that were changed, by rule.
    pub severities: Vec<SeverityChange>,
    /// Thresholds that were changed, by rule and name.
    pub thresholds: Vec<ThresholdChange>,
    /// Waivers, by rule and object, and what each did.
    pub waivers: Vec<WaiverUse>,
    /// The register of exclusions; None if none was given, which is not the same as an empty one.
    pub register: Option<Vec<ExclusionRecord>>,
}

impl Default for AppliedSettings {
    /// The built-in rules as they are.
    fn default() -> Self {
        Self {
            profile: "default".to_owned(),
            own_rules: Vec::new(),
            switched_off: Vec::new(),
            severities: Vec::new(),
            thresholds: Vec::new(),
            waivers: Vec::new(),
            register: None,
        }
    }
}

/// A rule that was switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    /// Id of the rule.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// How grave its findings would have been.
    pub severity: Severity,
}

/// A severity that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeverityChange {
    /// Id of the rule.
    pub rule: String,
    /// As the rule says.
    pub from: Severity,
    /// As it was applied.
    pub to: Severity,
}

/// A threshold that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThresholdChange {
    /// Id of the rule.
    pub rule: String,
    /// Name of the threshold.
    pub name: String,
    /// As the profile says.
    pub from: i64,
    /// As it was applied.
    pub to: i64,
}
