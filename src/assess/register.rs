//! The register of exclusions: why an application is excluded, and who owns that decision. It is the user's own record; no
//! part of it comes from the tenant.

use super::model::Exclusion;
use crate::snapshot::{AppId, PolicyId};
use chrono::NaiveDate;

/// One entry of the register, as in an `[[exclusion]]` table of `maascan.toml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExclusionRecord {
    /// The application, in lower case.
    pub app_id: AppId,
    /// The access policy that excludes it, in lower case; None for every policy.
    pub policy: Option<PolicyId>,
    /// Who owns the decision. Free text, as all others here.
    pub owner: String,
    /// Why the application is excluded.
    pub justification: String,
    /// The change or exception on record.
    pub ticket: Option<String>,
    /// Last day on which the decision holds (UTC).
    pub expires: Option<NaiveDate>,
    /// Day of the last review (UTC). It may lie after the clock of the run.
    pub reviewed: Option<NaiveDate>,
}

impl ExclusionRecord {
    /// Whether it speaks of this application on this access policy. Letter case does not count.
    #[must_use]
    pub fn covers(&self, policy: &PolicyId, app_id: &AppId) -> bool {
        let same_policy = |own: &PolicyId| own.as_str().eq_ignore_ascii_case(policy.as_str());
        self.app_id.as_str().eq_ignore_ascii_case(app_id.as_str()) && self.policy.as_ref().is_none_or(same_policy)
    }
}

/// The entries that speak of no exclusion that was seen, a sentence each: the exclusion is gone, or the id is another one.
pub(super) fn unmatched(register: &[ExclusionRecord], exclusions: &[Exclusion]) -> Vec<String> {
    let spoken_of = |record: &ExclusionRecord| {
        let listed = exclusions.iter().filter(|row| row.listed);
        listed.clone().any(|row| record.covers(&row.policy_id, &row.application_id()))
    };
    let unmatched = register.iter().filter(|record| !spoken_of(record));
    let of = |policy: &PolicyId| format!(" of access policy {policy}");
    unmatched
        .map(|record| {
            let policy = record.policy.as_ref().map(of).unwrap_or_default();
            format!("register of exclusions: no exclusion{policy} that was seen is one of {}", record.app_id)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_policy_it_covers_them_all() {
        let record = |policy: Option<&str>| ExclusionRecord {
            app_id: AppId::new("a"),
            policy: policy.map(PolicyId::from),
            owner: String::new(),
            justification: String::new(),
            ticket: None,
            expires: None,
            reviewed: None,
        };
        assert!(record(None).covers(&"p".into(), &AppId::new("A")));
        assert!(record(Some("p")).covers(&"P".into(), &AppId::new("a")));
        assert!(!record(Some("p")).covers(&"q".into(), &AppId::new("a")));
        assert!(!record(None).covers(&"p".into(), &AppId::new("b")));
    }
}
