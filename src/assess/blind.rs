//! What verdicts lose when a dataset cannot be read: for people who decide which permissions to grant. That a dataset is not
//! named here means that no verdict depends on it; rules name theirs themselves.

use crate::snapshot::Dataset;

/// What becomes less sure, or is not told at all, without this dataset. None where no verdict depends on it.
#[must_use]
pub fn verdicts_without(dataset: Dataset) -> Option<&'static str> {
    match dataset {
        Dataset::AccessPolicies => Some("every verdict is unknown"),
        Dataset::ApprovalRequests => Some("no handshake is seen, and no blocked request"),
        Dataset::ApproverGroups => Some("whether anybody can approve is unknown"),
        Dataset::IntuneRoles => Some("whether approver groups hold an Intune role is unknown"),
        Dataset::People => Some("whether approvers have a licence is unknown"),
        Dataset::IntuneSettings => Some("whether unlicensed approvers can approve is unknown"),
        Dataset::AppRoles => Some("an Intune permission that is new to maascan goes unnoticed"),
        Dataset::AppRoleGrants => Some("only automations that were seen writing are found"),
        Dataset::ServicePrincipals => Some("exclusions cannot be matched to applications"),
        Dataset::Applications => Some("an exclusion by application may not be matched"),
        Dataset::DeletedServicePrincipals => Some("a deleted exclusion looks like a mistyped one"),
        Dataset::SignInActivity => Some("dormant automations are shown as at-risk"),
        Dataset::SignIns => Some("a sign-in that the activity report lacks goes unseen, so dormant is less sure"),
        Dataset::AuditEvents => Some("nobody is seen writing: breaks, blocked and passes are not told"),
        Dataset::UnfinishedApps => Some("an automation whose publishing is refused half-way is shown as passing the gate"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_datasets_that_gates_and_evidence_come_from_are_named() {
        for dataset in [Dataset::AccessPolicies, Dataset::ApprovalRequests, Dataset::AuditEvents, Dataset::AppRoleGrants] {
            assert!(verdicts_without(dataset).is_some(), "{dataset}");
        }
        assert_eq!(verdicts_without(Dataset::Licences), None);
    }
}
