//! The outside issuers that an application trusts, and how more tokens than meant could fit.

use super::issuer::issuer;
use super::{Looked, subject};
use crate::assess::model::Known;
use crate::snapshot::FederatedCredential;

/// A federated credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trust {
    /// Id of the federated credential.
    pub key_id: String,
    /// Its name: an attacker's text.
    pub name: Option<String>,
    /// Whose tokens it trusts: an attacker's text.
    pub issuer: Option<String>,
    /// The subject, or the expression over claims, that a token must have: an attacker's text.
    pub subject: Option<String>,
    /// How more tokens than meant could fit, in the order of the words; None where the service left out what would tell.
    pub weaknesses: Option<Vec<TrustWeakness>>,
}

/// How more tokens than meant could fit a federated credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustWeakness {
    /// Several subjects fit.
    Wildcard,
    /// Pipelines of pull requests fit.
    PullRequest,
    /// Pipelines of branches fit that anybody who may push can make.
    AnyBranch,
    /// The issuer is not a well-known one.
    UnknownIssuer,
    /// The issuer's keys come without encryption.
    HttpIssuer,
}

impl TrustWeakness {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Wildcard => "wildcard",
            Self::PullRequest => "pull-request",
            Self::AnyBranch => "any-branch",
            Self::UnknownIssuer => "unknown-issuer",
            Self::HttpIssuer => "http-issuer",
        }
    }
}

/// Federated credentials of the application, or of the managed identity itself.
pub(super) fn trust(of: &Looked<'_>) -> Known<Vec<Trust>> {
    let trusted = crate::assess::applications::trusted(of.directory, of.principal(), of.application(), of.profile.home);
    let tenant = of.directory.snapshot.tenant_id.as_str();
    trusted.map(|(_, credentials)| {
        let mut rows: Vec<Trust> = credentials.iter().map(|credential| row(credential, tenant)).collect();
        rows.sort();
        rows
    })
}

fn row(credential: &FederatedCredential, tenant: &str) -> Trust {
    Trust {
        key_id: credential.id.clone(),
        name: credential.name.clone(),
        issuer: credential.issuer.clone(),
        subject: credential.subject.clone().or_else(|| credential.claims_matching_expression.clone()),
        weaknesses: weaknesses(credential, tenant),
    }
}

fn weaknesses(credential: &FederatedCredential, tenant: &str) -> Option<Vec<TrustWeakness>> {
    let issuer = issuer(credential.issuer.as_deref()?, tenant);
    let open = match (&credential.subject, &credential.claims_matching_expression) {
        (Some(subject), _) => subject::of_subject(subject),
        (None, Some(expression)) => subject::of_expression(expression),
        (None, None) => return None,
    };
    let found = [
        (open.wildcard, TrustWeakness::Wildcard),
        (open.pull_request, TrustWeakness::PullRequest),
        (open.any_branch, TrustWeakness::AnyBranch),
        (!issuer.known, TrustWeakness::UnknownIssuer),
        (issuer.plain_http, TrustWeakness::HttpIssuer),
    ];
    Some(found.into_iter().filter(|(is, _)| *is).map(|(_, weakness)| weakness).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, TENANT};
    use super::*;
    use crate::snapshot::{Dataset, Gap};

    fn credential(issuer: &str, subject: Option<&str>, expression: Option<&str>) -> FederatedCredential {
        FederatedCredential {
            id: "f".into(),
            name: None,
            issuer: (!issuer.is_empty()).then(|| issuer.to_owned()),
            subject: subject.map(str::to_owned),
            claims_matching_expression: expression.map(str::to_owned),
            audiences: vec![],
        }
    }

    fn words(credential: &FederatedCredential) -> Option<Vec<&'static str>> {
        Some(weaknesses(credential, TENANT)?.into_iter().map(TrustWeakness::word).collect())
    }

    #[test]
    fn issuer_and_subject_are_judged_together() {
        let github = "https://token.actions.githubusercontent.com";
        assert_eq!(words(&credential(github, Some("repo:o/r:ref:refs/heads/main"), None)), Some(vec![]));
        let open = credential("http://ci.example", None, Some("claims['sub'] matches 'repo:o/*'"));
        assert_eq!(words(&open), Some(vec!["wildcard", "pull-request", "any-branch", "unknown-issuer", "http-issuer"]));
    }

    #[test]
    fn what_the_service_left_out_is_not_fine() {
        assert_eq!(words(&credential("", Some("s"), None)), None);
        assert_eq!(words(&credential("https://gitlab.com", None, None)), None);
    }

    #[test]
    fn a_managed_identity_has_its_own_and_what_was_not_read_is_a_gap() {
        let managed = Fixture::managed_identity().with(|tenant| {
            tenant.principal().federated_credentials = Some(vec![credential("https://gitlab.com", Some("s"), None)]);
        });
        assert_eq!(managed.posture().trust.seen().unwrap().len(), 1);
        let unread = Fixture::new().lost(Dataset::FederatedCredentials).with(|tenant| tenant.application().federated_credentials = None);
        assert!(matches!(unread.posture().trust, Known::No(Gap::Permission { .. })));
        assert!(matches!(Fixture::foreign().posture().trust, Known::No(Gap::OutOfReach { .. })));
        assert_eq!(Fixture::new().posture().trust, Known::Yes(vec![]));
    }
}
