//! The rules that come with maascan, inside the binary. A test holds this list against the folder.

macro_rules! files {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path))),)*]
    };
}

/// Path within the project, and text.
pub(super) const FILES: &[(&str, &str)] = files![
    "rules/exclusions/can-wipe-devices-unattended.toml",
    "rules/exclusions/dangling-exclusion.toml",
    "rules/exclusions/excluded-app-holds-secret.toml",
    "rules/exclusions/excluded-app-inactive.toml",
    "rules/exclusions/secret-valid-too-long.toml",
    "rules/exclusions/service-principal-holds-credential.toml",
    "rules/gates/approver-account-disabled.toml",
    "rules/gates/approver-group-missing.toml",
    "rules/gates/approver-group-nested.toml",
    "rules/gates/approver-group-not-security-group.toml",
    "rules/gates/approver-group-without-role-assignment.toml",
    "rules/gates/approver-without-licence.toml",
    "rules/gates/exclusion-disputed.toml",
    "rules/gates/gate-covers-some-platforms.toml",
    "rules/gates/gate-that-nobody-can-open.toml",
    "rules/gates/only-service-principals-approve.toml",
    "rules/gates/policy-names-no-approver-group.toml",
    "rules/gates/policy-not-in-force.toml",
    "rules/gates/policy-of-unknown-type.toml",
    "rules/gates/role-policy-deadlock.toml",
    "rules/gates/service-principal-among-approvers.toml",
    "rules/gates/single-approver.toml",
    "rules/readiness/automation-at-risk.toml",
    "rules/readiness/automation-blocked.toml",
    "rules/readiness/automation-breaks.toml",
    "rules/readiness/dormant-write-permission.toml",
    "rules/readiness/excluded-from-some-policies.toml",
    "rules/readiness/writes-pass-gate.toml",
    "rules/tenant/app-management-policy-off.toml",
    "rules/tenant/approval-request-near-expiry.toml",
    "rules/tenant/destructive-action-not-gated.toml",
    "rules/tenant/intune-api-permission-unassessed.toml",
    "rules/tenant/request-decided-by-owner.toml",
    "rules/tenant/unmapped-audit-activity.toml",
    "rules/tenant/unmapped-write-permission.toml",
    "rules/tenant/workload-not-gated.toml",
    "rules/waivers/waiver-expired.toml",
    "rules/waivers/waiver-expires-soon.toml",
    "rules/waivers/waiver-matches-nothing.toml",
];
