//! What is different between two runs over one tenant, object by object.

use crate::assess::Severity;
use chrono::{DateTime, Utc};

/// The differences between two runs over one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When the earlier run read the tenant (UTC).
    pub earlier: DateTime<Utc>,
    /// When the later one did (UTC).
    pub later: DateTime<Utc>,
    /// The differences, by topic, then by what happened, then by name and ids.
    pub entries: Vec<Entry>,
    /// What could not be compared, because one of the runs did not read it whole.
    pub not_compared: Vec<NotCompared>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Of what kind the object is.
    pub topic: Topic,
    /// What happened to it.
    pub what: What,
    /// The application or policy that it belongs to: an attacker's text.
    pub name: String,
    /// Id of that application (its app id) or policy.
    pub id: String,
    /// Which object of it: a key, an owner, a workload, a rule; empty where it is that application or policy itself. May be
    /// an attacker's text.
    pub object: String,
    /// Id of that object, which may have several parts; empty where it has none of its own.
    pub key: String,
    /// As it was, in words; None where it was not there. Where it could not be read, why.
    pub before: Option<String>,
    /// As it is, the same way.
    pub after: Option<String>,
    /// Who did it, where the audit log tells: an attacker's text.
    pub by: Option<String>,
    /// When it was done, where the audit log or the object itself tells (UTC).
    pub at: Option<DateTime<Utc>>,
    /// How grave it is; of findings only.
    pub severity: Option<Severity>,
}

/// Something that was not compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotCompared {
    /// What.
    pub topic: Topic,
    /// Why, a sentence.
    pub why: String,
}

/// Kinds of objects that are compared, in the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// An automation × workload and its verdict.
    Verdict,
    /// An application on the list of an access policy.
    Exclusion,
    /// A secret, certificate or federated credential.
    Credential,
    /// An owner of an application or a service principal.
    Owner,
    /// A permission on Microsoft Graph.
    Permission,
    /// A role in Entra ID or in Intune.
    Role,
    /// An access policy.
    Policy,
    /// A person who approves what an access policy holds back.
    Approver,
    /// A Conditional Access policy for workload identities.
    ConditionalAccess,
    /// What a rule found.
    Finding,
}

impl Topic {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::Verdict,
        Self::Exclusion,
        Self::Credential,
        Self::Owner,
        Self::Permission,
        Self::Role,
        Self::Policy,
        Self::Approver,
        Self::ConditionalAccess,
        Self::Finding,
    ];

    /// The word for it in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Exclusion => "exclusion",
            Self::Credential => "credential",
            Self::Owner => "owner",
            Self::Permission => "permission",
            Self::Role => "role",
            Self::Policy => "access-policy",
            Self::Approver => "approver",
            Self::ConditionalAccess => "conditional-access",
            Self::Finding => "finding",
        }
    }
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// It was not there.
    New,
    /// It is another.
    Changed,
    /// It is not there any more.
    Gone,
    /// It could be read, and cannot any more; whether it is there is not known.
    NoLongerReadable,
    /// It could not be read, and can now; whether it was there is not known.
    ReadableNow,
}

impl What {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 5] = [Self::New, Self::Changed, Self::Gone, Self::NoLongerReadable, Self::ReadableNow];

    /// The word for it in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::NoLongerReadable => "no-longer-readable",
            Self::ReadableNow => "readable-now",
        }
    }
}
