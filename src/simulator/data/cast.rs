//! The planted automations: for every verdict, and for every trap that a reader of Microsoft Graph can fall into, at least
//! one. Days are counted back from the tenant's clock; the access policies that these lines speak of are in `policies`.

use super::spec::{Gate, Home, NamedBy, Spec, automation};
use super::vocabulary::*;
use crate::simulator::roles::{
    APPS, CONFIGURATION, DEPLOYMENTS, DEVICES, DIRECTORY_ROLES, GRANTS, PRIVILEGED, RBAC, SCRIPTS, SERVICE, WRITE_APPLICATIONS,
};
use std::sync::LazyLock;

/// A display name of ten thousand characters.
const LONG_NAME: &str = match std::str::from_utf8(&[b'L'; 10_000]) {
    Ok(name) => name,
    Err(_) => "L",
};

/// All of them, in an order that gives a small tenant some of each kind.
pub(crate) static CAST: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let mut cast = Vec::new();
    cast.extend(breaking());
    cast.extend(excluded_from_apps());
    cast.extend(excluded_elsewhere());
    cast.extend(blocked());
    cast.extend(passing());
    cast.extend(approved());
    cast.extend(at_risk());
    cast.extend(dormant());
    cast.extend(not_gated());
    cast.extend(without_readable_gate());
    cast.extend(odd_identities());
    cast.extend(hostile_names());
    cast.extend(latecomers());
    cast
});

fn breaking() -> Vec<Spec> {
    vec![
        automation("Win32 packaging pipeline", &[APPS], "publishes Windows apps until the gate on apps, not since")
            .secret(70, 180)
            .writes(&CREATE_WIN32, 95, 13, 1)
            .writes(&PATCH_WIN32, 95, 13, 1)
            .signs_in(0)
            .expecting("app", "breaks"),
        automation("Winget catalogue sync", &[APPS], "updates store apps until the gate on apps, not since")
            .secret(20, 90)
            .writes(&PATCH_STORE_APP, 60, 14, 2)
            .signs_in(1)
            .expecting("app", "breaks"),
        automation("GitHub release to Intune", &[APPS], "signs in with a federated credential of GitHub; writes until the gate on apps")
            .federated("repo:lindenhof-logistik/endpoint-apps:ref:refs/heads/main")
            .writes(&CREATE_WIN32, 40, 13, 3)
            .signs_in(1)
            .expecting("app", "breaks"),
        automation("func-app-assignments", &[APPS], "managed identity of a function app; assigns apps until the gate")
            .home(Home::ManagedIdentity("Microsoft.Web/sites/func-app-assignments"))
            .writes(&ASSIGN_APP, 50, 13, 1)
            .signs_in(0)
            .expecting("app", "breaks"),
        automation(
            "Compliance baseline deployer",
            &[CONFIGURATION],
            "writes compliance policies, whose gate is approved but not completed",
        )
        .certificate(100, 365)
        .writes(&PATCH_COMPLIANCE, 96, 1, 1)
        .signs_in(0)
        .expecting("compliancePolicy", "breaks"),
        automation("Grace period tuner", &[CONFIGURATION], "writes compliance policies now and then")
            .secret(200, 730)
            .writes(&PATCH_COMPLIANCE, 88, 3, 5)
            .signs_in(3)
            .expecting("compliancePolicy", "breaks"),
    ]
}

fn excluded_from_apps() -> Vec<Spec> {
    vec![
        automation("Software factory", &[APPS], "excluded; two secrets, one of them valid for two years")
            .secret(90, 730)
            .secret(10, 180)
            .writes(&CREATE_WIN32, 95, 1, 1)
            .signs_in(0)
            .excluded(&[Gate::App])
            .expecting("app", "excluded"),
        automation(
            "Endpoint toolkit runner",
            &[APPS, SCRIPTS],
            "excluded; one certificate, listed under Sign and Verify; completes requests",
        )
        .certificate_listed_twice(40, 365)
        .requests("app", "completed", &[9, 5], NamedBy::AppId)
        .writes(&PATCH_WIN32, 80, 2, 2)
        .signs_in(1)
        .excluded(&[Gate::App])
        .expecting("app", "excluded")
        .expecting("script", "at-risk"),
        automation(
            "Legacy packaging server",
            &[APPS, WRITE_APPLICATIONS],
            "excluded; secret set directly on the service principal; may change every application",
        )
        .secret_on_principal(300, 365)
        .writes(&CREATE_WIN32, 95, 2, 3)
        .signs_in(2)
        .excluded(&[Gate::App])
        .expecting("app", "excluded"),
        automation("Retired imaging service", &[APPS], "excluded; last sign-in 120 days ago")
            .secret(150, 365)
            .writes(&PATCH_WIN32, 180, 121, 7)
            .signs_in(120)
            .excluded(&[Gate::App])
            .expecting("app", "excluded"),
        automation("Lost device responder", &[APPS, PRIVILEGED], "excluded from the gates on apps and on wiping")
            .secret(30, 180)
            .writes(&PATCH_WIN32, 60, 4, 4)
            .writes(&RETIRE_DEVICE, 59, 57, 1)
            .writes(&WIPE_DEVICE, 40, 4, 9)
            .signs_in(4)
            .excluded(&[Gate::App, Gate::Wipe])
            .expecting("app", "excluded")
            .expecting("deviceWipe", "excluded"),
        automation(
            "Nebelhorn Patch Cloud",
            &[APPS],
            "a vendor's multi-tenant application, verified publisher, excluded; a certificate set here",
        )
        .home(Home::Vendor(true))
        .certificate_on_principal(45, 90)
        .writes(&PATCH_STORE_APP, 90, 1, 1)
        .signs_in(0)
        .excluded(&[Gate::App])
        .expecting("app", "excluded"),
        automation("Driver catalogue bot", &[APPS, RBAC], "excluded, and may change roles and access policies")
            .secret(20, 60)
            .signs_in(6)
            .excluded(&[Gate::App])
            .expecting("app", "excluded"),
    ]
}

fn excluded_elsewhere() -> Vec<Spec> {
    vec![
        automation(
            "Proactive remediation author",
            &[SCRIPTS],
            "excluded from the gate on scripts; one secret about to expire, one expired",
        )
        .secret(160, 180)
        .secret(500, 365)
        .writes(&PATCH_REMEDIATION, 95, 1, 1)
        .signs_in(0)
        .excluded(&[Gate::Script])
        .expecting("script", "excluded"),
        automation(
            "aa-endpoint-runbooks",
            &[SCRIPTS, PRIVILEGED],
            "managed identity of an automation account, excluded from the gate on scripts",
        )
        .home(Home::ManagedIdentity("Microsoft.Automation/automationAccounts/aa-endpoint-runbooks"))
        .writes(&ASSIGN_SCRIPT, 70, 2, 2)
        .signs_in(1)
        .excluded(&[Gate::Script])
        .expecting("script", "excluded"),
        automation("Mothballed script runner", &[SCRIPTS], "excluded from the gate on scripts although its account is disabled")
            .secret(400, 730)
            .account_disabled()
            .excluded(&[Gate::Script])
            .expecting("script", "excluded"),
        automation("Baseline publisher", &[CONFIGURATION], "excluded by both access policies on configuration")
            .certificate(200, 730)
            .writes(&CREATE_CONFIGURATION, 95, 1, 2)
            .writes(&ASSIGN_CONFIGURATION, 95, 1, 2)
            .signs_in(0)
            .excluded(&[Gate::ConfigurationBroad, Gate::ConfigurationNarrow])
            .expecting("configurationPolicy", "excluded"),
        automation(
            "Kiosk profile manager",
            &[CONFIGURATION],
            "excluded by one of the two access policies on configuration; writes; a second secret is never used",
        )
        .secret(50, 180)
        .secret(120, 180)
        .writes(&ASSIGN_CONFIGURATION, 66, 2, 4)
        .signs_in(2)
        .excluded(&[Gate::ConfigurationBroad]),
        automation("VPN profile rotator", &[CONFIGURATION], "excluded by one of the two access policies on configuration; does not write")
            .certificate_listed_twice(30, 180)
            .signs_in(5)
            .excluded(&[Gate::ConfigurationBroad])
            .expecting("configurationPolicy", "at-risk"),
    ]
}

fn blocked() -> Vec<Spec> {
    vec![
        automation("Remediation publisher", &[SCRIPTS], "its approval requests expired or were rejected")
            .secret(60, 180)
            .writes(&PATCH_REMEDIATION, 110, 82, 2)
            .requests("script", "expired", &[21, 14], NamedBy::AppId)
            .requests("script", "rejected", &[8], NamedBy::AppId)
            .signs_in(1)
            .expecting("script", "blocked"),
        automation("Firewall rule rollout", &[CONFIGURATION], "its audited writes only fail since the gate on configuration")
            .secret(45, 180)
            .writes(&ASSIGN_CONFIGURATION, 100, 72, 2)
            .fails(&ASSIGN_CONFIGURATION, 68, 1, 3)
            .signs_in(1)
            .expecting("configurationPolicy", "blocked"),
        automation("Store app importer", &[APPS], "its approval requests were rejected since the gate on apps")
            .secret(15, 90)
            .writes(&PATCH_STORE_APP, 90, 40, 5)
            .requests("app", "rejected", &[9, 6], NamedBy::ObjectId)
            .signs_in(0)
            .expecting("app", "blocked"),
        automation("Settings catalogue promoter", &[CONFIGURATION], "its approval requests wait past their time")
            .certificate(10, 365)
            .requests("configurationPolicy", "needsApproval", &[11, 7], NamedBy::AppId)
            .signs_in(2)
            .expecting("configurationPolicy", "blocked"),
        automation("Release drop folder", &[APPS], "publishes Windows apps until the gate on apps, and leaves drafts since")
            .certificate(35, 365)
            .writes(&CREATE_WIN32, 61, 13, 3)
            .leaves_drafts(&CREATE_WIN32, 11, 2, 3)
            .signs_in(1)
            .expecting("app", "blocked"),
    ]
}

fn passing() -> Vec<Spec> {
    vec![
        automation("Nightly app metadata refresh", &[APPS], "writes Windows apps before and after the gate, on no list")
            .secret(33, 180)
            .writes(&PATCH_WIN32, 60, 1, 1)
            .signs_in(0)
            .expecting("app", "passes"),
        automation("Script signing relay", &[SCRIPTS], "writes scripts behind the gate, on no list")
            .certificate(60, 365)
            .writes(&CREATE_SCRIPT, 79, 1, 2)
            .signs_in(1)
            .expecting("script", "passes"),
        automation("Configuration drift corrector", &[CONFIGURATION], "writes configuration behind the gate, on no list")
            .secret(90, 365)
            .writes(&ASSIGN_CONFIGURATION, 90, 1, 1)
            .signs_in(0)
            .expecting("configurationPolicy", "passes"),
        automation("Service desk wipe button", &[PRIVILEGED], "wipes devices behind the gate, on no list")
            .secret(25, 90)
            .writes(&WIPE_DEVICE, 50, 2, 6)
            .signs_in(2)
            .expecting("deviceWipe", "passes"),
    ]
}

fn approved() -> Vec<Spec> {
    vec![
        automation("Change-approved app publisher", &[APPS], "completes approval requests; named by app id")
            .certificate(80, 365)
            .writes(&PATCH_WIN32, 10, 1, 3)
            .requests("app", "completed", &[10, 7, 4], NamedBy::AppId)
            .signs_in(0)
            .expecting("app", "handshake"),
        automation("Change-approved script publisher", &[SCRIPTS], "completes approval requests; named by object id")
            .secret(70, 180)
            .writes(&CREATE_SCRIPT, 28, 2, 8)
            .requests("script", "completed", &[26, 18, 10, 2], NamedBy::ObjectId)
            .requests("script", "expired", &[22], NamedBy::ObjectId)
            .signs_in(1)
            .expecting("script", "handshake"),
        automation("Configuration release train", &[CONFIGURATION], "completes approval requests for configuration")
            .certificate(12, 180)
            .writes(&CREATE_CONFIGURATION, 24, 3, 7)
            .requests("configurationPolicy", "completed", &[24, 17, 10, 3], NamedBy::AppId)
            .signs_in(3)
            .expecting("configurationPolicy", "handshake"),
    ]
}

fn at_risk() -> Vec<Spec> {
    vec![
        automation("App inventory exporter", &[APPS], "may write apps, signs in, was not seen writing")
            .secret(100, 180)
            .signs_in(1)
            .expecting("app", "at-risk"),
        automation("Scripted printer setup", &[SCRIPTS], "signs in; its time of last sign-in has the offset -8:00")
            .secret(5, 90)
            .signs_in(3)
            .odd_time()
            .expecting("script", "at-risk"),
        automation("Policy backup and restore", &[CONFIGURATION, APPS], "may write much, signs in, was not seen writing")
            .certificate(220, 730)
            .signs_in(2)
            .expecting("configurationPolicy", "at-risk")
            .expecting("app", "at-risk"),
        automation("Certificate-only deployer", &[CONFIGURATION], "one certificate, given by the portal, under Verify only")
            .certificate(300, 1095)
            .signs_in(6)
            .expecting("configurationPolicy", "at-risk"),
        automation("Packaging workbench", &[APPS], "people write apps through it; it never writes itself")
            .secret(44, 180)
            .person_writes(&CREATE_WIN32, 25, 2, 2)
            .signs_in(4)
            .signs_in_delegated(2)
            .expecting("app", "at-risk"),
        automation("Retirement scheduler", &[PRIVILEGED], "may retire devices behind a gate with one approver")
            .secret(64, 180)
            .signs_in(1)
            .expecting("deviceRetire", "at-risk"),
        automation("Deployment ring planner", &[DEPLOYMENTS, CONFIGURATION], "holds the permission on deployments beside configuration")
            .secret(64, 180)
            .writes(&UNHEARD_OF, 40, 5, 7)
            .signs_in(5)
            .expecting("configurationPolicy", "at-risk"),
        automation("Tide profile harmoniser", &[CONFIGURATION], "its audited activity is in nobody's vocabulary")
            .secret(12, 180)
            .writes(&UNHEARD_OF_TOO, 30, 1, 4)
            .signs_in(1)
            .expecting("configurationPolicy", "at-risk"),
    ]
}

fn dormant() -> Vec<Spec> {
    vec![
        automation("Old co-management bridge", &[APPS], "no row in the activity report").secret(600, 730).expecting("app", "dormant"),
        automation("Pilot script uploader", &[SCRIPTS], "its account is disabled")
            .secret(90, 180)
            .signs_in(40)
            .account_disabled()
            .expecting("script", "dormant"),
        automation("Contractor packaging app", &[APPS], "switched off by isDisabled; signed in last week")
            .secret(90, 365)
            .signs_in(7)
            .disabled()
            .expecting("app", "dormant"),
        automation("Migration 2024 tool", &[CONFIGURATION], "last sign-in 200 days ago")
            .certificate(700, 730)
            .signs_in(200)
            .expecting("configurationPolicy", "dormant"),
        automation("Fleet report builder", &[SCRIPTS], "only people have signed in through it")
            .secret(90, 180)
            .signs_in_delegated(1)
            .expecting("script", "dormant"),
    ]
}

fn not_gated() -> Vec<Spec> {
    vec![
        automation("Mac app publisher", &[APPS], "writes macOS packages; the gate on apps is for Windows")
            .certificate(50, 365)
            .writes(&CREATE_MAC_PACKAGE, 95, 1, 2)
            .signs_in(0)
            .expecting("app", "not-gated"),
        automation("Mac image updater", &[APPS], "updates macOS disk images; the gate on apps is for Windows")
            .secret(28, 90)
            .writes(&PATCH_MAC_IMAGE, 45, 2, 3)
            .signs_in(2)
            .expecting("app", "not-gated"),
    ]
}

/// One access policy cannot be read, so what protects these workloads is not known.
fn without_readable_gate() -> Vec<Spec> {
    vec![
        automation("Role assignment keeper", &[RBAC], "assigns Intune roles; no readable access policy protects roles")
            .secret(77, 180)
            .writes(&ASSIGN_ROLE, 60, 5, 5)
            .signs_in(5)
            .expecting("role", "unknown"),
        automation("Device category tagger", &[DEVICES], "changes device categories; no readable access policy protects them")
            .secret(21, 90)
            .writes(&PATCH_CATEGORY, 90, 1, 2)
            .signs_in(1)
            .expecting("tenantConfiguration", "unknown"),
        automation("Stale device sweeper", &[DEVICES], "deletes devices; no readable access policy protects deletion")
            .certificate(140, 365)
            .writes(&DELETE_DEVICE, 90, 1, 3)
            .signs_in(1)
            .expecting("deviceDelete", "unknown"),
        automation("Asset register write-back", &[DEVICES], "may change devices, was not seen writing")
            .secret(140, 365)
            .signs_in(1)
            .expecting("deviceDelete", "unknown"),
    ]
}

fn odd_identities() -> Vec<Spec> {
    vec![
        automation("func-intune-hygiene", &[CONFIGURATION], "user-assigned managed identity without writes")
            .home(Home::ManagedIdentity("Microsoft.ManagedIdentity/userAssignedIdentities/func-intune-hygiene"))
            .signs_in(1)
            .expecting("configurationPolicy", "at-risk"),
        automation(
            "Quellgrund Patch Orchestrator",
            &[APPS, DEVICES],
            "a vendor's application, publisher not verified; writes until the gate",
        )
        .home(Home::Vendor(false))
        .writes(&CREATE_WIN32, 45, 13, 4)
        .signs_in(0)
        .expecting("app", "breaks"),
        automation("Intune Automation", &[APPS], "shares its display name with another; this one writes apps until the gate")
            .secret(40, 180)
            .writes(&PATCH_WIN32, 26, 13, 2)
            .signs_in(1)
            .once()
            .expecting("app", "breaks"),
        automation("Intune Automation", &[SCRIPTS], "shares its display name with another; this one may write scripts")
            .secret(40, 180)
            .signs_in(1)
            .once()
            .expecting("script", "at-risk"),
        automation(
            "Autopilot hash importer",
            &[SERVICE],
            "holds DeviceManagementServiceConfig.ReadWrite.All only: no automation in the sense of the report",
        )
        .secret(40, 180)
        .writes(&IMPORT_AUTOPILOT, 60, 1, 5)
        .signs_in(1)
        .once(),
        automation("Entitlement provisioner", &[GRANTS], "can grant itself any permission").secret(40, 180).signs_in(1).once(),
        automation("Tenant bootstrap", &[GRANTS, DIRECTORY_ROLES, APPS], "can grant itself any permission and any directory role")
            .secret(365, 730)
            .signs_in(2)
            .once()
            .expecting("app", "at-risk"),
        automation("Decommissioned publisher", &[], "its app id stands in the audit log and nowhere else")
            .home(Home::AuditLogOnly)
            .writes(&CREATE_WIN32, 28, 14, 2)
            .once(),
    ]
}

fn hostile_names() -> Vec<Spec> {
    let hostile = |name, what| automation(name, &[APPS], what).secret(30, 180).signs_in(1).once();
    let writer = |name, what| hostile(name, what).writes(&PATCH_WIN32, 28, 13, 3).expecting("app", "breaks");
    vec![
        writer("=HYPERLINK(\"http://evil.example\",\"x\")", "name is a spreadsheet formula"),
        writer("<img src=x onerror=alert(1)>", "name is HTML"),
        writer("\u{1b}[31mred\u{1b}[0m\u{7} alert", "name holds terminal control sequences"),
        hostile("Invoice\u{202e}fdp.exe", "name holds a right-to-left override").expecting("app", "at-risk"),
        writer("| pipe | `tick` |\n\n# heading\r\n- item", "name is Markdown with line breaks"),
        hostile(LONG_NAME, "name is 10,000 characters long").expecting("app", "at-risk"),
        hostile("🚚 Lieferkette 📦 Ümläut", "name holds emoji and umlauts").expecting("app", "at-risk"),
    ]
}

/// Cast later than the others, whose ids are computed from their places.
fn latecomers() -> Vec<Spec> {
    vec![
        automation("Packaging proof of concept (dev)", &[APPS], "excluded, by its name not meant for production")
            .certificate(15, 90)
            .writes(&PATCH_WIN32, 14, 3, 5)
            .signs_in(3)
            .excluded(&[Gate::App])
            .once()
            .expecting("app", "excluded"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_about_sixty_and_every_verdict_is_among_them() {
        assert!((58..=66).contains(&CAST.len()), "{}", CAST.len());
        for verdict in ["blocked", "breaks", "at-risk", "passes", "unknown", "excluded", "handshake", "dormant", "not-gated"] {
            let planted = CAST.iter().flat_map(|spec| &spec.expected).filter(|(_, expected)| *expected == verdict).count();
            assert!(planted >= 2, "{verdict}: {planted}");
        }
    }

    #[test]
    fn the_gate_on_apps_excludes_at_least_six() {
        assert!(CAST.iter().filter(|spec| spec.excluded_by.contains(&Gate::App)).count() >= 6);
    }
}
