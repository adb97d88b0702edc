//! Every rule on every made-up tenant: one list of hits a rule, so that a rule which fires where it should not is seen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Tenant, maascan, rows, text};
use maascan::simulator::{self, Fault, FaultKind, Settings, TokenRoles};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

type Row = BTreeMap<String, String>;

/// A tenant, and how it is scanned.
struct Fixture {
    name: &'static str,
    settings: Settings,
    arguments: &'static [&'static str],
    /// Text of `maascan.toml`, from the tenant.
    config: Option<fn(&Tenant) -> String>,
}

fn fixtures() -> Vec<Fixture> {
    let plain = |name, settings| Fixture { name, settings, arguments: &["--sign-ins"], config: None };
    let some: Vec<String> = ["Application.Read.All", "DeviceManagementConfiguration.Read.All"].map(str::to_owned).into();
    let failing = |path: &str| Fault::new(path, FaultKind::Forbidden).always();
    vec![
        plain("demo", Settings::default()),
        Fixture { arguments: &["--sign-ins", "--profile", "scuba", "--plan", "all"], ..plain("demo as planned", Settings::default()) },
        Fixture { arguments: &[], config: Some(governed), ..plain("demo governed", Settings::default()) },
        plain("second", Settings { seed: 7, service_principals: 500, ..Settings::default() }),
        plain("small", Settings { automations: Some(3), service_principals: 20, ..Settings::default() }),
        plain("two permissions", Settings { token_roles: TokenRoles::Only(some), ..Settings::default() }),
        plain(
            "no directory",
            Settings { faults: vec![failing("/servicePrincipals"), failing("/applications"), failing("/groups")], ..Settings::default() },
        ),
    ]
}

/// A register with one good entry, one that is due for review, and one that has expired.
fn governed(tenant: &Tenant) -> String {
    let entry = |name: &str, rest: &str| {
        format!(
            "[[exclusion]]\napp_id = \"{}\"\nowner = \"Endpoint team\"\njustification = \"no approval flow yet\"\n{rest}\n",
            tenant.app_id_of(name)
        )
    };
    let excluded = simulator::planted().iter().filter(|planted| planted.expected.iter().any(|(_, verdict)| *verdict == "excluded"));
    let names = excluded.filter(|planted| planted.has_service_principal).map(|planted| planted.name);
    let rests =
        ["expires = 2027-03-01\nreviewed = 2026-10-01\n", "reviewed = 2026-01-01\n", "expires = 2026-10-01\nreviewed = 2026-09-01\n"];
    names.zip(rests).map(|(name, rest)| entry(name, rest)).collect()
}

fn findings(fixture: &Fixture, folder: &Path) -> Vec<Row> {
    let tenant = Tenant::start(fixture.settings.clone());
    let out = folder.join(fixture.name);
    let mut command = tenant.command("scan");
    command.arg("--allow-incomplete").args(fixture.arguments).arg("--out").arg(&out);
    if let Some(config) = fixture.config {
        let path = folder.join("governed.toml");
        std::fs::write(&path, config(&tenant)).unwrap();
        command.arg("--config").arg(path);
    }
    command.assert().success();
    rows(&std::fs::read(out.join("findings.csv")).unwrap())
}

/// What one rule says of one tenant: each hit, and how often it cannot tell and why.
fn hits(rule: &str, findings: &[Row]) -> String {
    let mine = || findings.iter().filter(|row| row["rule_id"] == rule);
    let mut text = String::new();
    for row in mine().filter(|row| row["status"] != "undetermined") {
        let _ = writeln!(text, "  {} {} {}: {}", row["status"], row["severity"], row["object_type"], row["message"]);
    }
    let mut untold: BTreeMap<&str, usize> = BTreeMap::new();
    for row in mine().filter(|row| row["status"] == "undetermined") {
        *untold.entry(&row["message"]).or_default() += 1;
    }
    for (why, count) in untold {
        let _ = writeln!(text, "  {count} × {why}");
    }
    if text.is_empty() { "  quiet\n".to_owned() } else { text }
}

#[test]
fn each_rule_hits_what_it_should_on_every_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let found: Vec<(&str, Vec<Row>)> = fixtures().iter().map(|fixture| (fixture.name, findings(fixture, folder.path()))).collect();
    let list = text(&maascan().args(["rules", "list"]).assert().success().get_output().stdout);
    let severities = ["info ", "low ", "medium ", "high ", "critical "];
    let ids: Vec<&str> = list
        .lines()
        .filter(|line| severities.iter().any(|word| line.contains(word)))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(ids.len() >= 70, "{list}");
    for id in ids {
        let shown: String = found.iter().map(|(name, rows)| format!("{name}\n{}", hits(id, rows))).collect();
        insta::assert_snapshot!(id.to_owned(), shown);
    }
    // A rule that fires on no tenant at all is not shown to work on one.
    let firing = |id: &str| found.iter().any(|(_, rows)| rows.iter().any(|row| row["rule_id"] == id && row["status"] == "open"));
    let silent: Vec<&str> =
        list.lines().filter_map(|line| line.split_whitespace().next()).filter(|id| id.contains('-') && !firing(id)).collect();
    assert_eq!(silent, SILENT, "rules that fire on no made-up tenant");
}

/// Rules that no made-up tenant gives cause for; their examples show them.
const SILENT: &[&str] = &[];
