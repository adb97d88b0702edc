//! A finding: what one rule says of one object. Built in one place, so that none is without its evidence or its reason.

use super::words::{Aspect, Confidence, FindingStatus, Severity};
use crate::snapshot::Gap;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The object that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// Kind of object: `servicePrincipal`, `application`, `exclusion`, and `tenant` where objects were not seen.
    pub kind: &'static str,
    /// Directory id; for a dangling exclusion the id as listed. Part of the fingerprint.
    pub id: String,
    /// Name: an attacker's text.
    pub name: String,
    /// App id, if it has one.
    pub app_id: Option<String>,
}

/// The texts of the rule that a finding carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// Rule id, also the name of its file.
    pub id: String,
    /// Title.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// What it looks at, of a rule on applications.
    pub aspect: Option<Aspect>,
    /// How sure the rule is when it fires on whole data.
    pub confidence: Confidence,
    /// What to do.
    pub remediation: String,
    /// Benchmarks and pages.
    pub references: Vec<String>,
}

/// What a rule says of one object: that it fires, or that it cannot tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// First 16 hexadecimal digits of the fingerprint: stable over renaming and re-collecting.
    pub id: String,
    /// The rule.
    pub rule: RuleText,
    /// Open, waived or undetermined.
    pub status: FindingStatus,
    /// The object.
    pub object: ObjectRef,
    /// One sentence on this object.
    pub message: String,
    /// Facts behind it, one each; not empty in an open finding.
    pub evidence: Vec<String>,
    /// What could not be read; set in an undetermined finding only.
    pub gap: Option<Gap>,
}

impl Finding {
    /// A rule that fires. `identity` is what makes this finding another one when it changes, such as key ids; order and
    /// repeats do not matter. Without evidence, the message itself is the evidence.
    #[must_use]
    pub fn fires(rule: RuleText, object: ObjectRef, message: String, evidence: Vec<String>, identity: &[String]) -> Self {
        let evidence = if evidence.is_empty() { vec![message.clone()] } else { evidence };
        let id = fingerprint(&rule.id, &object.id, identity);
        Self { id, rule, status: FindingStatus::Open, object, message, evidence, gap: None }
    }

    /// A rule that cannot tell, and why.
    #[must_use]
    pub fn undetermined(rule: RuleText, object: ObjectRef, gap: Gap) -> Self {
        let id = fingerprint(&rule.id, &object.id, &["undetermined".to_owned()]);
        let message = format!("cannot be determined: {gap}");
        Self { id, rule, status: FindingStatus::Undetermined, object, message, evidence: Vec::new(), gap: Some(gap) }
    }

    /// Sort key of reports: gravest first, open before undetermined, then by rule and object.
    #[must_use]
    pub fn order(&self) -> impl Ord + '_ {
        (self.status, std::cmp::Reverse(self.rule.severity), &self.rule.id, &self.object.name, &self.object.id, &self.id)
    }
}

fn fingerprint(rule: &str, object: &str, identity: &[String]) -> String {
    let mut identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    identity.sort_unstable();
    identity.dedup();
    let mut hash = Sha256::new();
    for part in [rule, object].into_iter().chain(identity) {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> RuleText {
        RuleText {
            id: "rule".into(),
            title: "t".into(),
            severity: Severity::High,
            aspect: None,
            confidence: Confidence::High,
            remediation: String::new(),
            references: vec![],
        }
    }

    fn object(name: &str) -> ObjectRef {
        ObjectRef { kind: "servicePrincipal", id: "id".into(), name: name.into(), app_id: None }
    }

    #[test]
    fn renaming_keeps_the_id_and_another_key_changes_it() {
        let with = |name: &str, keys: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            Finding::fires(rule(), object(name), "m".into(), vec![], &keys).id
        };
        assert_eq!(with("a", &["k1", "k2"]), with("b", &["k2", "k1", "k1"]));
        assert_ne!(with("a", &["k1"]), with("a", &["k2"]));
        assert_ne!(with("a", &["k1"]), Finding::undetermined(rule(), object("a"), Gap::Cloud).id);
    }

    #[test]
    fn a_finding_never_lacks_evidence_or_reason() {
        assert_eq!(Finding::fires(rule(), object("a"), "m".into(), vec![], &[]).evidence, ["m"]);
        let undetermined = Finding::undetermined(rule(), object("a"), Gap::Cloud);
        assert!(undetermined.gap.is_some() && undetermined.message.contains("not in this cloud"));
    }
}
