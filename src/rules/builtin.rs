//! The rules that come with maascan, inside the binary. A test holds this list against the folder.

/// Path within the project, and text.
pub(super) const FILES: &[(&str, &str)] = &[
    rule("rules/exclusions/can-wipe-devices-unattended.toml", include_str!("../../rules/exclusions/can-wipe-devices-unattended.toml")),
    rule("rules/exclusions/dangling-exclusion.toml", include_str!("../../rules/exclusions/dangling-exclusion.toml")),
    rule("rules/exclusions/excluded-app-holds-secret.toml", include_str!("../../rules/exclusions/excluded-app-holds-secret.toml")),
    rule("rules/exclusions/excluded-app-inactive.toml", include_str!("../../rules/exclusions/excluded-app-inactive.toml")),
    rule("rules/exclusions/secret-valid-too-long.toml", include_str!("../../rules/exclusions/secret-valid-too-long.toml")),
    rule(
        "rules/exclusions/service-principal-holds-credential.toml",
        include_str!("../../rules/exclusions/service-principal-holds-credential.toml"),
    ),
    rule("rules/waivers/waiver-expired.toml", include_str!("../../rules/waivers/waiver-expired.toml")),
    rule("rules/waivers/waiver-expires-soon.toml", include_str!("../../rules/waivers/waiver-expires-soon.toml")),
    rule("rules/waivers/waiver-matches-nothing.toml", include_str!("../../rules/waivers/waiver-matches-nothing.toml")),
];

const fn rule(path: &'static str, text: &'static str) -> (&'static str, &'static str) {
    (path, text)
}
