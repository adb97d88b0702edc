//! A finding: what one rule says of one object. Built in one place, so that none is without its evidence or its reason.

use super::waiver::Waiver;
use super::words::{Aspect, Confidence, FindingStatus, Severity};
use crate::catalogue::Workload;
use crate::snapshot::{Gap, is_guid};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};

/// The object that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// Kind of object: `servicePrincipal`, `application`, `exclusion`, `waiver`, and `tenant` where objects were not seen.
    pub kind: &'static str,
    /// Directory id; for a dangling exclusion the id as listed. Part of the fingerprint.
    pub id: String,
    /// Name: an attacker's text.
    pub name: String,
    /// App id, if it has one.
    pub app_id: Option<String>,
}

impl ObjectRef {
    /// The ids that a waiver may name it by: its own, and of an application the app id too.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let app_id = self.app_id.as_deref().filter(|app_id| matches!(self.kind, "servicePrincipal" | "application") && *app_id != self.id);
        std::iter::once(self.id.as_str()).chain(app_id)
    }

    /// Whether a text has the form of an object id, so that a name put in its place is told: a GUID, a workload, or parts with
    /// `/` or `:` between them of which one is a GUID or a workload.
    #[must_use]
    pub fn is_id(text: &str) -> bool {
        let workload = |part: &str| !matches!(Workload::from_policy_type(part), Workload::Unknown(_));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let mut parts = text.split(['/', ':']);
        parts.clone().all(plain) && parts.any(|part| is_guid(part) || workload(part))
    }
}

/// A benchmark, a technique or a page that a rule follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Title.
    pub title: String,
    /// Number within it, such as a benchmark's recommendation.
    pub id: Option<String>,
    /// Address, beginning with `https://`.
    pub url: Option<String>,
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.title)?;
        if let Some(id) = &self.id {
            write!(out, " {id}")?;
        }
        match &self.url {
            Some(url) => write!(out, " <{url}>"),
            None => Ok(()),
        }
    }
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
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remediation: String,
    /// Benchmarks and pages.
    pub references: Vec<Reference>,
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
    /// The waiver on it; set in a waived finding only.
    pub waiver: Option<Waiver>,
}

impl Finding {
    /// A rule that fires. `identity` is what makes this finding another one when it changes, such as key ids; order and
    /// repeats do not matter. Without evidence, the message itself is the evidence.
    #[must_use]
    pub fn fires(rule: RuleText, object: ObjectRef, message: String, evidence: Vec<String>, identity: &[String]) -> Self {
        let evidence = if evidence.is_empty() { vec![message.clone()] } else { evidence };
        let id = fingerprint(&rule.id, &object.id, identity);
        Self { id, rule, status: FindingStatus::Open, object, message, evidence, gap: None, waiver: None }
    }

    /// A rule that cannot tell, and why.
    #[must_use]
    pub fn undetermined(rule: RuleText, object: ObjectRef, gap: Gap) -> Self {
        let id = fingerprint(&rule.id, &object.id, &["undetermined".to_owned()]);
        let message = format!("cannot be determined: {gap}");
        let rule = RuleText { remediation: settle(&gap), ..rule };
        Self { id, rule, status: FindingStatus::Undetermined, object, message, evidence: Vec::new(), gap: Some(gap), waiver: None }
    }

    /// Waives it, if it is open: nobody can accept what is not known.
    pub fn waive(&mut self, waiver: &Waiver) {
        if self.status == FindingStatus::Open {
            self.status = FindingStatus::Waived;
            self.waiver = Some(waiver.clone());
        }
    }

    /// Sort key of reports: gravest first, open before undetermined, then by rule and object.
    #[must_use]
    pub fn order(&self) -> impl Ord + '_ {
        (self.status, std::cmp::Reverse(self.rule.severity), &self.rule.id, &self.object.name, &self.object.id, &self.id)
    }
}

/// What to do about something that could not be told: nothing is known to be wrong.
fn settle(gap: &Gap) -> String {
    let how = match gap {
        Gap::Permission { missing } => format!("give maascan the permission {missing} and run again"),
        Gap::NotRequested => "ask for this dataset (maascan scan --help) and run again".to_owned(),
        Gap::NotGiven { detail } => format!("give {detail}, and run again"),
        Gap::Throttled { .. } | Gap::Failed { .. } => "run again; if it stays so, look at the object by hand".to_owned(),
        Gap::Licence { .. } | Gap::Cloud | Gap::OutOfReach { .. } => "look at the object by hand".to_owned(),
    };
    format!("Nothing is known to be wrong. To settle it, {how}.")
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
            why: String::new(),
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
    fn an_object_id_is_told_from_a_name() {
        let guid = "3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55";
        for id in [guid.to_owned(), guid.to_uppercase(), format!("{guid}/{guid}"), format!("deviceWipe:{guid}"), "deviceWipe".to_owned()] {
            assert!(ObjectRef::is_id(&id), "{id}");
        }
        for name in ["Nightly packager", "packager", "", "3a6f0a0e", "=1+1", &format!("{guid} "), &format!("{guid}/"), "a/b"] {
            assert!(!ObjectRef::is_id(name), "{name}");
        }
    }

    #[test]
    fn only_what_is_open_can_be_waived() {
        let waiver = Waiver {
            rule: "rule".into(),
            object: "id".into(),
            finding: None,
            reason: "r".into(),
            approver: "a".into(),
            ticket: "t".into(),
            expires: chrono::NaiveDate::MAX,
        };
        let mut open = Finding::fires(rule(), object("a"), "m".into(), vec![], &[]);
        let mut undetermined = Finding::undetermined(rule(), object("a"), Gap::Cloud);
        open.waive(&waiver);
        undetermined.waive(&waiver);
        assert_eq!((open.status, open.waiver.is_some()), (FindingStatus::Waived, true));
        assert_eq!((undetermined.status, undetermined.waiver), (FindingStatus::Undetermined, None));
    }

    #[test]
    fn a_finding_never_lacks_evidence_or_reason() {
        assert_eq!(Finding::fires(rule(), object("a"), "m".into(), vec![], &[]).evidence, ["m"]);
        let undetermined = Finding::undetermined(rule(), object("a"), Gap::Cloud);
        assert!(undetermined.gap.is_some() && undetermined.message.contains("not in this cloud"));
    }
}
