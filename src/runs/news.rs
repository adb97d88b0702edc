//! Which of the differences between two runs somebody should be told of without having asked, the gravest first. Everything
//! else stands in the reports.

use super::change::{Change, Entry, Topic, What};
use crate::assess::{Assessment, GateProblemKind, PolicyGate, Severity, VerdictKind};
use std::collections::{BTreeMap, BTreeSet};

/// Why a difference is told, the gravest first. Findings stand behind the objects that they follow from, or a single new
/// exclusion would fill a message with what the rules say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NewsKind {
    /// An application was put on the list of an access policy.
    NewExclusion,
    /// An excluded application got a secret, certificate or federated credential, or trusts somebody else.
    CredentialOnExcluded,
    /// An access policy is not there any more.
    PolicyGone,
    /// Other people approve for an access policy, or it covers something else.
    PolicyChanged,
    /// A Conditional Access policy for workload identities is gone or was changed.
    ConditionalAccessChanged,
    /// Approvers went, and nobody can approve for an access policy now.
    NobodyApproves,
    /// The calls of an automation are refused.
    Blocked,
    /// An automation will be refused.
    Breaks,
    /// A finding of the gravest kind.
    CriticalFinding,
    /// Somebody can now add credentials to an application.
    OwnerAdded,
    /// An application got a permission that writes Intune or leads to that.
    PermissionGranted,
    /// An application or group got a role.
    RoleGranted,
    /// Somebody more can approve.
    ApproverAdded,
    /// Somebody who could approve is no longer a member, or the account is disabled.
    ApproverGone,
    /// An application was taken off a list, so that what it writes may be refused.
    ExclusionGone,
    /// What the earlier run could read.
    NoLongerReadable,
    /// A credential on an application of which it is not known whether it is excluded.
    CredentialOnPerhapsExcluded,
    /// A finding of the second gravest kind.
    HighFinding,
}

impl NewsKind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 18] = [
        Self::NewExclusion,
        Self::CredentialOnExcluded,
        Self::PolicyGone,
        Self::PolicyChanged,
        Self::ConditionalAccessChanged,
        Self::NobodyApproves,
        Self::Blocked,
        Self::Breaks,
        Self::CriticalFinding,
        Self::OwnerAdded,
        Self::PermissionGranted,
        Self::RoleGranted,
        Self::ApproverAdded,
        Self::ApproverGone,
        Self::ExclusionGone,
        Self::NoLongerReadable,
        Self::CredentialOnPerhapsExcluded,
        Self::HighFinding,
    ];

    /// The published word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NewExclusion => "new-exclusion",
            Self::CredentialOnExcluded => "credential-on-excluded-application",
            Self::PolicyGone => "access-policy-gone",
            Self::PolicyChanged => "access-policy-changed",
            Self::ConditionalAccessChanged => "conditional-access-changed",
            Self::NobodyApproves => "nobody-can-approve",
            Self::Blocked => "blocked",
            Self::Breaks => "breaks",
            Self::CriticalFinding => "new-critical-finding",
            Self::OwnerAdded => "owner-added",
            Self::PermissionGranted => "permission-granted",
            Self::RoleGranted => "role-granted",
            Self::ApproverAdded => "approver-added",
            Self::ApproverGone => "approver-gone",
            Self::ExclusionGone => "exclusion-gone",
            Self::NoLongerReadable => "no-longer-readable",
            Self::CredentialOnPerhapsExcluded => "credential-on-perhaps-excluded-application",
            Self::HighFinding => "new-high-finding",
        }
    }
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct News {
    /// Why it is told.
    pub kind: NewsKind,
    /// The difference. With [`NewsKind::NobodyApproves`] its name and id are those of the access policy.
    pub entry: Entry,
    /// For how many differences it stands: more than one only where as much can no longer be read.
    pub stands_for: usize,
}

/// What of a change is worth saying, the gravest first; within a kind in the order of the change. `later` is the assessment of
/// the later run: it knows who is excluded and who can approve.
#[must_use]
pub fn worth_saying(change: &Change, later: &Assessment) -> Vec<News> {
    let known = Later::new(later);
    let each = change.entries.iter().filter_map(|entry| Some(News { kind: known.kind(entry)?, entry: entry.clone(), stands_for: 1 }));
    let mut news: Vec<News> = each.chain(known.nobody_approves(change)).chain(unreadable(change)).collect();
    news.sort_by_key(|news| news.kind);
    news
}

/// What the later run knows.
struct Later<'a> {
    excluded: BTreeSet<&'a str>,
    /// Whether every list of exclusions is known whole.
    lists_known: bool,
    policies: Vec<&'a PolicyGate>,
}

impl<'a> Later<'a> {
    fn new(assessment: &'a Assessment) -> Self {
        let listed = assessment.exclusions.iter().filter(|row| row.listed);
        let mut seen = BTreeSet::new();
        let policies = assessment.gates.iter().flat_map(|gate| &gate.policies);
        let policies: Vec<&PolicyGate> = policies.filter(|policy| !policy.planned && seen.insert(&policy.policy_id)).collect();
        let readable = assessment.coverage.get(&crate::snapshot::Dataset::AccessPolicies);
        Self {
            excluded: listed.filter_map(|row| Some(row.app_id.as_ref()?.as_str())).collect(),
            lists_known: readable.is_some_and(|reading| reading.coverage.is_complete())
                && policies.iter().all(|policy| policy.exclusions_readable),
            policies,
        }
    }

    fn kind(&self, entry: &Entry) -> Option<NewsKind> {
        match (entry.topic, entry.what) {
            (Topic::Exclusion, What::New) => Some(NewsKind::NewExclusion),
            (Topic::Exclusion, What::Gone) => Some(NewsKind::ExclusionGone),
            (Topic::Credential, What::New | What::Changed) => self.credential(entry),
            (Topic::Policy, What::Gone) => Some(NewsKind::PolicyGone),
            // What it is called protects nothing.
            (Topic::Policy, What::Changed) => (entry.object != "name").then_some(NewsKind::PolicyChanged),
            (Topic::ConditionalAccess, What::Gone | What::Changed) => Some(NewsKind::ConditionalAccessChanged),
            (Topic::Verdict, What::New | What::Changed) => verdict(entry),
            (Topic::Owner, What::New) => Some(NewsKind::OwnerAdded),
            (Topic::Permission, What::New) => Some(NewsKind::PermissionGranted),
            // A role that was defined is nobody's yet.
            (Topic::Role, What::New) => (entry.object != ALLOWED_ACTIONS).then_some(NewsKind::RoleGranted),
            (Topic::Approver, What::New) => (!entry.object.is_empty()).then_some(NewsKind::ApproverAdded),
            (Topic::Approver, _) => approver_left(entry).then_some(NewsKind::ApproverGone),
            (Topic::Finding, What::New | What::Changed) => finding(entry),
            _ => None,
        }
    }

    fn credential(&self, entry: &Entry) -> Option<NewsKind> {
        if self.excluded.contains(entry.id.as_str()) {
            Some(NewsKind::CredentialOnExcluded)
        } else {
            (!self.lists_known).then_some(NewsKind::CredentialOnPerhapsExcluded)
        }
    }

    /// Access policies for which nobody can approve, as far as the change took approvers from them.
    fn nobody_approves<'b>(&'b self, change: &'b Change) -> impl Iterator<Item = News> + 'b {
        self.policies.iter().filter(|policy| is_without_approver(policy)).filter_map(|policy| {
            let cause = change.entries.iter().find(|entry| took_approver(entry, policy))?;
            let (name, id) = (policy.name.clone(), policy.policy_id.to_string());
            let entry = Entry { name, id, object: String::new(), key: String::new(), before: None, after: None, ..cause.clone() };
            Some(News { kind: NewsKind::NobodyApproves, entry, stands_for: 1 })
        })
    }
}

/// What a role that is defined in Intune is compared by.
const ALLOWED_ACTIONS: &str = "allowed actions";

/// How the state of a disabled account ends.
const DISABLED: &str = "account disabled";

fn verdict(entry: &Entry) -> Option<NewsKind> {
    match entry.after.as_deref().and_then(VerdictKind::from_word)? {
        VerdictKind::Blocked => Some(NewsKind::Blocked),
        VerdictKind::Breaks => Some(NewsKind::Breaks),
        _ => None,
    }
}

/// A finding that was not open before: new, grave only now, or no longer waived.
fn finding(entry: &Entry) -> Option<NewsKind> {
    let open = |value: &Option<String>| value.as_deref().is_some_and(|words| words.ends_with(", open"));
    let known = entry.before.as_deref().zip(entry.severity).is_some_and(|(words, severity)| words.starts_with(severity.word()));
    if !open(&entry.after) || (open(&entry.before) && known) {
        return None;
    }
    match entry.severity? {
        Severity::Critical => Some(NewsKind::CriticalFinding),
        Severity::High => Some(NewsKind::HighFinding),
        _ => None,
    }
}

fn approver_left(entry: &Entry) -> bool {
    match entry.what {
        What::Gone => true,
        What::Changed => entry.after.as_deref().is_some_and(|words| words.ends_with(DISABLED)),
        _ => false,
    }
}

fn is_without_approver(policy: &PolicyGate) -> bool {
    let told = policy.problems.iter().filter(|problem| problem.unknown.is_none());
    told.map(|problem| problem.kind).any(|kind| matches!(kind, GateProblemKind::NoApproverGroup | GateProblemKind::NoApprover))
}

fn took_approver(entry: &Entry, policy: &PolicyGate) -> bool {
    let groups = policy.approver_groups.as_deref().unwrap_or_default();
    match entry.topic {
        Topic::Approver => approver_left(entry) && groups.iter().any(|group| *group == entry.name || *group == entry.id),
        Topic::Policy => entry.what == What::Changed && entry.id == policy.policy_id.as_str() && entry.object == "approver groups",
        _ => false,
    }
}

/// What can no longer be read: one for each topic, or a lost permission would give hundreds.
fn unreadable(change: &Change) -> impl Iterator<Item = News> {
    let mut topics: BTreeMap<Topic, News> = BTreeMap::new();
    for entry in change.entries.iter().filter(|entry| entry.what == What::NoLongerReadable) {
        let first = News { kind: NewsKind::NoLongerReadable, entry: entry.clone(), stands_for: 0 };
        topics.entry(entry.topic).or_insert(first).stands_for += 1;
    }
    topics.into_values()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(topic: Topic, what: What) -> Entry {
        let text = String::new;
        let (by, at, severity) = (None, None, None);
        Entry { topic, what, name: text(), id: text(), object: text(), key: text(), before: None, after: None, by, at, severity }
    }

    fn later(excluded: &[&'static str], lists_known: bool) -> Later<'static> {
        Later { excluded: excluded.iter().copied().collect(), lists_known, policies: Vec::new() }
    }

    #[test]
    fn a_credential_matters_on_who_is_excluded_or_may_be() {
        let credential = |id: &str| Entry { id: id.to_owned(), ..entry(Topic::Credential, What::New) };
        assert_eq!(later(&["a"], true).kind(&credential("a")), Some(NewsKind::CredentialOnExcluded));
        assert_eq!(later(&["a"], true).kind(&credential("b")), None);
        assert_eq!(later(&["a"], false).kind(&credential("b")), Some(NewsKind::CredentialOnPerhapsExcluded));
        assert_eq!(later(&["a"], true).kind(&Entry { what: What::ReadableNow, ..credential("a") }), None, "it may have been there");
    }

    #[test]
    fn a_verdict_matters_where_it_began_to_break() {
        let to = |word: &str| Entry { after: Some(word.to_owned()), ..entry(Topic::Verdict, What::Changed) };
        let kinds = ["breaks", "blocked", "passes", "at-risk"].map(|word| later(&[], true).kind(&to(word)));
        assert_eq!(kinds, [Some(NewsKind::Breaks), Some(NewsKind::Blocked), None, None]);
        assert_eq!(later(&[], true).kind(&Entry { what: What::Gone, ..to("breaks") }), None);
    }

    #[test]
    fn a_finding_matters_where_it_is_grave_and_was_not_open() {
        let told = |severity, before: Option<&str>, after: &str| {
            let (before, after) = (before.map(str::to_owned), Some(after.to_owned()));
            let what = if before.is_some() { What::Changed } else { What::New };
            later(&[], true).kind(&Entry { severity: Some(severity), before, after, ..entry(Topic::Finding, what) })
        };
        assert_eq!(told(Severity::Critical, None, "critical, open"), Some(NewsKind::CriticalFinding));
        assert_eq!(told(Severity::High, None, "high, open"), Some(NewsKind::HighFinding));
        assert_eq!(told(Severity::Medium, None, "medium, open"), None);
        assert_eq!(told(Severity::High, None, "high, waived"), None);
        assert_eq!(told(Severity::High, Some("high, waived"), "high, open"), Some(NewsKind::HighFinding));
        assert_eq!(told(Severity::High, Some("low, open"), "high, open"), Some(NewsKind::HighFinding));
        assert_eq!(told(Severity::High, Some("high, open"), "high, waived"), None);
    }

    #[test]
    fn what_can_no_longer_be_read_is_told_once_for_each_topic() {
        let lost = |topic, name: &str| Entry { name: name.to_owned(), ..entry(topic, What::NoLongerReadable) };
        let entries = vec![lost(Topic::Credential, "a"), lost(Topic::Credential, "b"), lost(Topic::Finding, "c")];
        let time = chrono::DateTime::UNIX_EPOCH;
        let change = Change { earlier: time, later: time, entries, not_compared: Vec::new() };
        let told: Vec<_> = unreadable(&change).map(|news| (news.entry.topic, news.stands_for)).collect();
        assert_eq!(told, [(Topic::Credential, 2), (Topic::Finding, 1)]);
    }
}
