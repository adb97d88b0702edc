//! `maascan scan --dry-run`: what would be asked, without reading.

mod common;

use common::{Tenant, maascan, text};
use maascan::simulator::Settings;
use serde_json::Value;

#[test]
fn with_a_number_nobody_is_asked_anything() {
    let output = maascan().args(["scan", "--dry-run=10000"]).output().unwrap();
    let shown = text(&output.stdout);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    for part in
        ["appRoleAssignedTo", "DeviceManagementRBAC.Read.All", "reports", "10000 service principals (as assumed)", "Nothing was read."]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn without_a_number_the_tenant_is_asked_its_size_and_nothing_else() {
    let tenant = Tenant::start(Settings { service_principals: 1_234, ..Settings::default() });
    let output = tenant.command("scan").args(["--dry-run", "--format", "json"]).output().unwrap();
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&plan["service_principals"], &plan["told_by_tenant"]), (&Value::from(1_234), &Value::from(true)));
    let steps: u64 = plan["steps"].as_array().unwrap().iter().map(|step| step["requests"]["likely"].as_u64().unwrap()).sum();
    assert_eq!(plan["requests"]["likely"], steps);
    let asked: Vec<String> = tenant.requests().into_iter().map(|request| request.path_and_query).collect();
    assert!(asked.len() == 2 && asked[0].contains("/oauth2/") && asked[1].contains("$count=true"), "{asked:?}");
}

#[test]
fn options_change_what_is_planned() {
    let plan = |arguments: &[&str]| -> Value {
        let output = maascan().args(["scan", "--dry-run=10000", "--format", "json"]).args(arguments).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let likely = |plan: &Value| plan["requests"]["likely"].as_u64().unwrap();
    let usual = plan(&[]);
    assert!(likely(&plan(&["--inventory", "full"])) > likely(&usual));
    assert!(likely(&plan(&["--sign-ins"])) > likely(&usual));
    let left_out = |plan: &Value, gap: &str| plan["left_out"].as_array().unwrap().iter().filter(|row| row["gap"] == gap).count();
    assert_eq!((left_out(&usual, "cloud"), left_out(&plan(&["--cloud", "china"]), "cloud")), (0, 3));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for arguments in [
        &["--dry-run=many"][..],
        &["--dry-run=10", "--format", "csv"],
        &["--dry-run=10", "--out", "report"],
        &["--dry-run=18446744073709551615"],
    ] {
        let output = maascan().arg("scan").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}
