//! The closed vocabularies of an assessment. Each word is published (design.md, "Words") and written in one place.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_about])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The published word.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The value of a published word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.word())
            }
        }
    )*};
}

words! {
    /// What happens to one automation on one workload. In the order in which reports list them: what needs action first.
    VerdictKind {
        /// Calls are being refused.
        Blocked = "blocked",
        /// It writes, and will be refused.
        Breaks = "breaks",
        /// It may write and signs in, but was not seen writing.
        AtRisk = "at-risk",
        /// It writes behind a gate in force, and nothing says why.
        Passes = "passes",
        /// The gates could not be read.
        Unknown = "unknown",
        /// Every policy that gates it excludes it.
        Excluded = "excluded",
        /// It completes approval requests.
        Handshake = "handshake",
        /// It may write, but does not sign in.
        Dormant = "dormant",
        /// No gate, and none planned.
        NotGated = "not-gated",
    }
    /// How sure a statement is.
    Confidence {
        /// A guess to verify.
        Low = "low",
        /// Likely.
        Medium = "medium",
        /// Documented or captured, and every dataset it rests on was read.
        High = "high",
    }
    /// The strongest kind of evidence behind a verdict, weakest first.
    EvidenceGrade {
        /// None.
        None = "none",
        /// It holds the permission.
        Grant = "grant",
        /// It signs in as itself.
        SignIn = "sign-in",
        /// A script of its was found to write.
        ScriptWrite = "script-write",
        /// An activity log shows a write.
        LoggedWrite = "logged-write",
        /// Intune's audit log shows a write.
        AuditedWrite = "audited-write",
        /// A call was refused.
        BlockedCall = "blocked-call",
    }
    /// Whether a workload is protected.
    GateState {
        /// An access policy is in force.
        InForce = "in-force",
        /// A policy is listed but not completed, or `--plan` names the workload.
        Planned = "planned",
        /// No policy.
        None = "none",
        /// The policies could not be read.
        Unknown = "unknown",
    }
    /// Whether one access policy is in force.
    InForce {
        /// It is.
        Yes = "yes",
        /// Approved but not completed, or planned.
        No = "no",
        /// Cannot be told.
        Unknown = "unknown",
    }
    /// Whether an automation is excluded from the gate of a workload.
    ExclusionState {
        /// By every policy that gates it.
        Excluded = "excluded",
        /// By some of them.
        Partly = "partly",
        /// By none, and the lists could be read.
        NotListed = "not-listed",
        /// The lists could not be read.
        Unknown = "unknown",
    }
    /// Where an exclusion was seen.
    ExclusionSource {
        /// In the policy itself.
        Policy = "policy",
        /// In an approval request that changed the policy.
        Request = "request",
        /// In an audit event on the policy.
        Audit = "audit",
        /// In a file given by the user.
        File = "file",
    }
    /// What makes a gate useless or risky (facts/maa.md section 7).
    GateProblemKind {
        /// The policy names no group that approves.
        NoApproverGroup = "no-approver-group",
        /// A group that it names does not exist.
        GroupMissing = "group-missing",
        /// A group is not a plain security group, so its members are not resolved as approvers.
        NotSecurityGroup = "not-security-group",
        /// A group is not itself a member of an Intune role assignment, so members are taken off it.
        NoRoleAssignment = "no-role-assignment",
        /// A group has a group among its members.
        NestedGroup = "nested-group",
        /// A service principal is among the members.
        ServicePrincipalMember = "service-principal-member",
        /// Nobody but service principals.
        OnlyServicePrincipals = "only-service-principals",
        /// The account of an approver is disabled.
        DisabledApprover = "disabled-approver",
        /// Nobody can decide.
        NoApprover = "no-approver",
        /// Only one person can decide, who cannot approve requests of their own.
        OneApprover = "one-approver",
        /// An approver has no licence, and those without may not approve.
        UnlicensedApprover = "unlicensed-approver",
        /// The Intune roles of an approver group do not let its members read what the policy protects.
        ApproverLacksRead = "approver-lacks-read",
        /// The assignment that its approvers need would itself need their approval.
        RoleDeadlock = "role-deadlock",
    }
    /// What an excluded id turned out to be.
    ExcludedObject {
        /// A service principal that can sign in.
        Active = "active",
        /// A service principal that cannot sign in.
        Disabled = "disabled",
        /// Deleted, or an application without a service principal.
        Deleted = "deleted",
        /// Nothing in this tenant has that id, or it could not be looked up.
        Unresolved = "unresolved",
    }
    /// A way out of a refusal.
    WayKind {
        /// Adopt the approval flow.
        Adopt = "adopt-approval-flow",
        /// Exclude it from the policies, hardened.
        Exclude = "exclude",
        /// Take the permission away.
        Remove = "remove-permission",
    }
    /// A link of the chain from a grant to a verdict, in the order in which it is told.
    LinkKind {
        /// Who it is.
        Application = "application",
        /// What it may do.
        Rights = "rights",
        /// How it signs in.
        SignIn = "sign-in",
        /// By what it writes this workload.
        Grant = "grant",
        /// What it was seen doing.
        Observed = "observed",
        /// What gates the workload.
        Gate = "gate",
        /// Whether it is excluded.
        Exclusion = "exclusion",
        /// Which line of the decision table holds.
        Decision = "decision",
        /// What lowers the confidence.
        Confidence = "confidence",
        /// Statuses to expect.
        Status = "status",
        /// Ways out.
        WaysOut = "ways-out",
        /// What to do.
        NextStep = "next-step",
        /// What could be settled by reading more.
        Settle = "settle",
    }
    /// How grave a finding is, least first.
    Severity {
        /// For information.
        Info = "info",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
        /// Critical.
        Critical = "critical",
    }
    /// What a rule on an application looks at.
    Aspect {
        /// What the application can do.
        Reach = "reach",
        /// How it is held.
        Guard = "guard",
        /// Whether it is needed.
        Need = "need",
    }
    /// What became of a finding.
    FindingStatus {
        /// The rule fires.
        Open = "open",
        /// It fires, and an exception is on record.
        Waived = "waived",
        /// Data that the rule needs could not be read.
        Undetermined = "undetermined",
    }
    /// What a key is.
    KeyKind {
        /// A client secret.
        Secret = "secret",
        /// A certificate.
        Certificate = "certificate",
        /// Trust in an outside issuer.
        Federated = "federated",
    }
    /// Which object holds a key.
    KeyHolder {
        /// The application.
        Application = "application",
        /// The service principal.
        ServicePrincipal = "service-principal",
    }
    /// Where an application is registered.
    Home {
        /// In this tenant.
        ThisTenant = "this-tenant",
        /// In another tenant: a vendor's application.
        OtherTenant = "other-tenant",
        /// In one of Microsoft's own tenants.
        Microsoft = "microsoft",
        /// Nowhere: a managed identity.
        ManagedIdentity = "managed-identity",
        /// The service did not say.
        Unknown = "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_values_belong_together() {
        for verdict in VerdictKind::ALL {
            assert_eq!(VerdictKind::from_word(verdict.word()), Some(*verdict));
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.word());
        }
        assert_eq!(Severity::from_word("High"), None, "words are written one way");
        assert!(EvidenceGrade::BlockedCall > EvidenceGrade::AuditedWrite && Confidence::High > Confidence::Medium);
    }
}
