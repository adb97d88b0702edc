//! Holds every rule against the examples in its own file.

use super::eval::Doubt;
use super::{Example, Expected, Profile, Rule, RuleSet};

/// What became of one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleResult {
    /// Id of the rule.
    pub rule: String,
    /// Name of the example.
    pub example: String,
    /// Whose thresholds applied.
    pub profile: Profile,
    /// What the file expects.
    pub expected: Expected,
    /// What the rule says.
    pub got: Expected,
    /// Whether the example holds.
    pub passed: bool,
    /// Why it does not hold, or why the rule is undetermined.
    pub detail: Option<String>,
}

/// Runs every example of every rule. An example fails as well if the rule reaches for a field that has no value though
/// nothing failed (the rule should have guarded it), or if it fires without any of the evidence that it promises.
#[must_use]
pub fn check(rules: &RuleSet) -> Vec<ExampleResult> {
    rules.rules().iter().flat_map(|rule| rule.examples().iter().map(|example| result(rule, example))).collect()
}

fn result(rule: &Rule, example: &Example) -> ExampleResult {
    let decided = rule.decide(example.profile, &example.fact);
    let (got, detail, sound) = match decided {
        Ok(true) if rule.evidence().is_some() && rule.evidence_on(example.profile, &example.fact).is_empty() => {
            (Expected::Fires, Some("evidence gives no text".to_owned()), false)
        }
        Ok(true) => (Expected::Fires, None, true),
        Ok(false) => (Expected::Clear, None, true),
        Err(Doubt::NoValue(field)) => {
            let detail = format!("{field} is neither among the facts nor among the missing, and the rule does not guard it");
            (Expected::Undetermined, Some(detail), false)
        }
        Err(doubt) => (Expected::Undetermined, Some(doubt.gap().to_string()), true),
    };
    ExampleResult {
        rule: rule.id().to_owned(),
        example: example.name.clone(),
        profile: example.profile,
        expected: example.expect,
        got,
        passed: sound && got == example.expect,
        detail,
    }
}
