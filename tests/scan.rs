//! `scan`, `collect` and `assess` against a made-up tenant over real HTTP.

mod common;

use common::{Tenant, files, maascan, rows, text};
use maascan::simulator::{Settings, TokenRoles};
use std::collections::BTreeMap;

#[test]
fn scan_gives_what_the_demo_gives() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, scan) = (folder.path().join("demo"), folder.path().join("scan"));
    let shown = maascan().arg("demo").arg("--out").arg(&demo).assert().success().get_output().stdout.clone();
    let tenant = Tenant::start(Settings::default());
    let scanned = tenant.command("scan").arg("--out").arg(&scan).arg("--allow-incomplete").assert().success();
    assert_eq!(text(&scanned.get_output().stdout), text(&shown));
    assert_eq!(files(&scan), files(&demo));
}

#[test]
fn collect_then_assess_gives_what_scan_gives() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let tenant = Tenant::start(Settings::default());
    tenant.command("scan").arg("--out").arg(at("scan")).assert().code(3);
    tenant.command("collect").arg("-o").arg(at("tenant.json.zst")).assert().code(3).stdout("");
    maascan().arg("assess").arg(at("tenant.json.zst")).arg("--out").arg(at("assess")).assert().code(3);
    assert_eq!(files(&at("scan")), files(&at("assess")));
}

#[test]
fn a_scan_only_reads() {
    let tenant = Tenant::start(Settings::default());
    tenant.command("scan").assert().code(3);
    let requests = tenant.requests();
    assert!(requests.len() > 20, "only {} requests were recorded", requests.len());
    for request in requests {
        let path = request.path_and_query.split('?').next().unwrap_or_default();
        let reads_by_post = path.ends_with("/$batch") || path.ends_with("/getByIds") || path.ends_with("/oauth2/v2.0/token");
        assert!(request.method == "GET" || (request.method == "POST" && reads_by_post), "{} {path}", request.method);
        for (method, url) in &request.inner {
            assert_eq!(method, "GET", "{url}");
        }
    }
}

#[test]
fn requests_follow_what_is_in_scope_and_not_the_size_of_the_directory() {
    let count = |service_principals| {
        let tenant = Tenant::start(Settings { service_principals, automations: Some(60), ..Settings::default() });
        tenant.command("scan").assert().code(3);
        tenant.requests().len()
    };
    let (small, large) = (count(300), count(3_000));
    // Ten times the directory: more pages of grants and of sign-in activity at 999 a page, nothing else.
    assert!(large <= small + 12, "{small} requests for 300 service principals, {large} for 3,000");
}

/// Every permission that a scan uses, and the dataset that the lack of it blinds.
const PERMISSIONS: &[(&str, &str)] = &[
    ("Application.Read.All", "app-role-grants"),
    ("DeviceManagementRBAC.Read.All", "access-policies"),
    ("DeviceManagementApps.Read.All", "audit-events"),
    ("AuditLog.Read.All", "sign-in-activity"),
    ("GroupMember.Read.All", "approver-groups"),
    ("Policy.Read.All", "conditional-access"),
    ("RoleManagement.Read.Directory", "directory-roles"),
];

#[test]
fn a_missing_permission_is_a_gap_and_never_a_clean_result() {
    for (missing, dataset) in PERMISSIONS {
        let granted = PERMISSIONS.iter().map(|(name, _)| *name).filter(|name| name != missing).map(str::to_owned).collect();
        let tenant = Tenant::start(Settings { token_roles: TokenRoles::Only(granted), ..Settings::default() });
        let folder = tempfile::tempdir().unwrap();
        let scan = tenant.command("scan").arg("--out").arg(folder.path()).assert().code(3);
        let said = text(&scan.get_output().stderr);
        assert!(said.contains(dataset) && said.contains(missing), "without {missing}: {said}");
        let coverage = rows(&files(folder.path())["coverage.csv"]);
        let row = coverage.iter().find(|row| row["dataset"] == *dataset).unwrap();
        // The groups themselves come with Application.Read.All; their members do not.
        let state = if *dataset == "approver-groups" { "partial" } else { "unavailable" };
        assert_eq!((row["state"].as_str(), row["gap"].as_str(), row["permission"].as_str()), (state, "permission", *missing));
    }
}

#[test]
fn without_access_policies_every_verdict_is_unknown_and_no_exclusion_is_claimed() {
    let granted = ["Application.Read.All", "DeviceManagementApps.Read.All", "AuditLog.Read.All"].map(str::to_owned).into();
    let tenant = Tenant::start(Settings { token_roles: TokenRoles::Only(granted), ..Settings::default() });
    let folder = tempfile::tempdir().unwrap();
    tenant.command("scan").arg("--out").arg(folder.path()).assert().code(3);
    let automations = rows(&files(folder.path())["automations.csv"]);
    assert!(automations.len() > 40);
    for row in automations.iter().filter(|row| row["workload"] != "operationApprovalPolicy") {
        assert_eq!(
            (row["verdict"].as_str(), row["exclusion"].as_str(), row["gate"].as_str()),
            ("unknown", "unknown", "unknown"),
            "{row:?}"
        );
    }
}

#[test]
fn a_plan_turns_what_is_not_gated_into_what_will_break() {
    let tenant = Tenant::start(Settings::default());
    let verdicts = |plan: Option<&str>| {
        let mut command = tenant.command("scan");
        command.args(["--format", "csv", "--allow-incomplete"]).args(plan.map(|plan| ["--plan", plan]).into_iter().flatten());
        rows(&command.assert().success().get_output().stdout)
    };
    let today = verdicts(None);
    let planned = verdicts(Some("deviceAction,role"));
    assert_eq!(today.len(), planned.len());
    let of = |rows: &[BTreeMap<String, String>], workload: &str| -> Vec<String> {
        rows.iter().filter(|row| row["workload"] == workload).map(|row| row["gate"].clone()).collect()
    };
    assert!(of(&today, "deviceDelete").iter().all(|gate| gate == "unknown"));
    assert!(!of(&planned, "deviceDelete").is_empty() && of(&planned, "deviceDelete").iter().all(|gate| gate == "planned"));
    assert_eq!(of(&today, "app"), of(&planned, "app"));
}

#[test]
fn fail_on_sets_the_status_by_the_gravest_open_finding() {
    let tenant = Tenant::start(Settings::default());
    tenant.command("scan").args(["--fail-on", "high"]).assert().code(1);
    tenant.command("scan").args(["--fail-on", "never", "--allow-incomplete"]).assert().code(0);
}
