//! The rules that come with maascan, inside the binary. A test holds this list against the folder.

/// Path within the project, and text.
pub(super) const FILES: &[(&str, &str)] = &[
    rule("rules/exclusions/application-of-another-tenant.toml", include_str!("../../rules/exclusions/application-of-another-tenant.toml")),
    rule("rules/exclusions/can-alter-gates.toml", include_str!("../../rules/exclusions/can-alter-gates.toml")),
    rule("rules/exclusions/can-wipe-devices-unattended.toml", include_str!("../../rules/exclusions/can-wipe-devices-unattended.toml")),
    rule("rules/exclusions/certificate-valid-too-long.toml", include_str!("../../rules/exclusions/certificate-valid-too-long.toml")),
    rule("rules/exclusions/could-be-managed-identity.toml", include_str!("../../rules/exclusions/could-be-managed-identity.toml")),
    rule(
        "rules/exclusions/credential-added-after-exclusion.toml",
        include_str!("../../rules/exclusions/credential-added-after-exclusion.toml"),
    ),
    rule("rules/exclusions/credential-expires-soon.toml", include_str!("../../rules/exclusions/credential-expires-soon.toml")),
    rule("rules/exclusions/credential-not-rotated.toml", include_str!("../../rules/exclusions/credential-not-rotated.toml")),
    rule(
        "rules/exclusions/credential-on-foreign-service-principal.toml",
        include_str!("../../rules/exclusions/credential-on-foreign-service-principal.toml"),
    ),
    rule("rules/exclusions/credential-unused.toml", include_str!("../../rules/exclusions/credential-unused.toml")),
    rule("rules/exclusions/dangling-exclusion.toml", include_str!("../../rules/exclusions/dangling-exclusion.toml")),
    rule("rules/exclusions/delegated-permissions-too.toml", include_str!("../../rules/exclusions/delegated-permissions-too.toml")),
    rule("rules/exclusions/excluded-app-holds-secret.toml", include_str!("../../rules/exclusions/excluded-app-holds-secret.toml")),
    rule("rules/exclusions/excluded-app-inactive.toml", include_str!("../../rules/exclusions/excluded-app-inactive.toml")),
    rule(
        "rules/exclusions/excluded-though-it-completes-requests.toml",
        include_str!("../../rules/exclusions/excluded-though-it-completes-requests.toml"),
    ),
    rule("rules/exclusions/exclusion-new.toml", include_str!("../../rules/exclusions/exclusion-new.toml")),
    rule("rules/exclusions/exclusion-not-recorded.toml", include_str!("../../rules/exclusions/exclusion-not-recorded.toml")),
    rule("rules/exclusions/exclusion-record-expired.toml", include_str!("../../rules/exclusions/exclusion-record-expired.toml")),
    rule("rules/exclusions/exclusion-review-overdue.toml", include_str!("../../rules/exclusions/exclusion-review-overdue.toml")),
    rule("rules/exclusions/exclusion-unused.toml", include_str!("../../rules/exclusions/exclusion-unused.toml")),
    rule("rules/exclusions/expired-credential-attached.toml", include_str!("../../rules/exclusions/expired-credential-attached.toml")),
    rule("rules/exclusions/federated-credential-too-wide.toml", include_str!("../../rules/exclusions/federated-credential-too-wide.toml")),
    rule("rules/exclusions/multi-tenant-application.toml", include_str!("../../rules/exclusions/multi-tenant-application.toml")),
    rule("rules/exclusions/no-conditional-access.toml", include_str!("../../rules/exclusions/no-conditional-access.toml")),
    rule("rules/exclusions/non-production-name.toml", include_str!("../../rules/exclusions/non-production-name.toml")),
    rule("rules/exclusions/outside-app-management-policy.toml", include_str!("../../rules/exclusions/outside-app-management-policy.toml")),
    rule("rules/exclusions/owner-account-weak.toml", include_str!("../../rules/exclusions/owner-account-weak.toml")),
    rule("rules/exclusions/owner-is-approver.toml", include_str!("../../rules/exclusions/owner-is-approver.toml")),
    rule("rules/exclusions/permission-unused.toml", include_str!("../../rules/exclusions/permission-unused.toml")),
    rule("rules/exclusions/property-lock-off.toml", include_str!("../../rules/exclusions/property-lock-off.toml")),
    rule("rules/exclusions/publisher-not-verified.toml", include_str!("../../rules/exclusions/publisher-not-verified.toml")),
    rule("rules/exclusions/risky-workload-identity.toml", include_str!("../../rules/exclusions/risky-workload-identity.toml")),
    rule("rules/exclusions/secret-valid-too-long.toml", include_str!("../../rules/exclusions/secret-valid-too-long.toml")),
    rule(
        "rules/exclusions/service-principal-holds-credential.toml",
        include_str!("../../rules/exclusions/service-principal-holds-credential.toml"),
    ),
    rule("rules/exclusions/several-active-credentials.toml", include_str!("../../rules/exclusions/several-active-credentials.toml")),
    rule("rules/exclusions/sign-in-from-new-network.toml", include_str!("../../rules/exclusions/sign-in-from-new-network.toml")),
    rule("rules/exclusions/tier-zero-directory-role.toml", include_str!("../../rules/exclusions/tier-zero-directory-role.toml")),
    rule("rules/exclusions/tier-zero-permission.toml", include_str!("../../rules/exclusions/tier-zero-permission.toml")),
    rule("rules/exclusions/too-few-owners.toml", include_str!("../../rules/exclusions/too-few-owners.toml")),
    rule(
        "rules/exclusions/unsafe-redirect-or-implicit-grant.toml",
        include_str!("../../rules/exclusions/unsafe-redirect-or-implicit-grant.toml"),
    ),
    rule("rules/exclusions/writes-beyond-exclusion.toml", include_str!("../../rules/exclusions/writes-beyond-exclusion.toml")),
    rule("rules/gates/policy-near-exclusion-limit.toml", include_str!("../../rules/gates/policy-near-exclusion-limit.toml")),
    rule("rules/gates/policy-with-many-exclusions.toml", include_str!("../../rules/gates/policy-with-many-exclusions.toml")),
];

const fn rule(path: &'static str, text: &'static str) -> (&'static str, &'static str) {
    (path, text)
}
