//! Every rule on every made-up tenant: one list of hits a rule, so that a rule which fires where it should not is seen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use chrono::TimeDelta;
use common::{Tenant, maascan, rows, text};
use maascan::simulator::{Fault, FaultKind, Settings, TokenRoles};
use maascan::snapshot::{self, AppRole, AppRoleId, Coverage, Dataset, DatasetReading, Snapshot};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

type Row = BTreeMap<String, String>;

/// Findings of each fixture tenant, by its name.
struct Fixtures {
    folder: tempfile::TempDir,
    found: Vec<(&'static str, Vec<Row>)>,
}

impl Fixtures {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), found: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&mut self, name: &'static str, out: &Path) {
        common::assert_valid(out);
        self.found.push((name, rows(&std::fs::read(out.join("findings.csv")).unwrap())));
    }

    /// A tenant of the simulator, read over HTTP and judged.
    fn scan(&mut self, name: &'static str, settings: Settings, arguments: &[&str]) {
        let out = self.path(name);
        Tenant::start(settings).command("scan").arg("--allow-incomplete").args(arguments).arg("--out").arg(&out).assert().success();
        self.read(name, &out);
    }

    /// A snapshot that was read before and changed.
    fn assess(&mut self, name: &'static str, snapshot: &Snapshot, arguments: &[&Path]) {
        let (file, out) = (self.path(&format!("{name}.json.zst")), self.path(name));
        snapshot::save(snapshot, &file).unwrap();
        maascan().arg("assess").arg(&file).args(arguments).arg("--allow-incomplete").arg("--out").arg(&out).assert().success();
        self.read(name, &out);
    }

    fn demo(&self) -> &[Row] {
        &self.found[0].1
    }
}

fn every_fixture() -> Fixtures {
    let mut fixtures = Fixtures::new();
    let only: Vec<String> = ["Application.Read.All", "DeviceManagementConfiguration.Read.All"].map(str::to_owned).into();
    let failing = |path: &str| Fault::new(path, FaultKind::Forbidden).always();
    let no_directory = vec![failing("/servicePrincipals"), failing("/applications"), failing("/groups")];
    fixtures.scan("demo", Settings::default(), &["--sign-ins"]);
    fixtures.scan("demo as planned", Settings::default(), &["--sign-ins", "--profile", "scuba", "--plan", "all"]);
    fixtures.scan("second", Settings { seed: 7, service_principals: 500, ..Settings::default() }, &["--sign-ins"]);
    fixtures.scan("small", Settings { automations: Some(3), service_principals: 20, ..Settings::default() }, &[]);
    fixtures.scan("two permissions", Settings { token_roles: TokenRoles::Only(only), ..Settings::default() }, &[]);
    fixtures.scan("no directory", Settings { faults: no_directory, ..Settings::default() }, &[]);
    let folder = tempfile::tempdir().unwrap();
    let demo = snapshot::load(&common::collected(folder.path(), &[])).unwrap();
    governed(&mut fixtures, &demo);
    neglected(&mut fixtures, &demo);
    fixtures
}

fn waiver(rule: &str, object: &str, expires: &str) -> String {
    format!(
        "[[waiver]]\nrule = \"{rule}\"\nobject = \"{object}\"\nreason = \"moves to a certificate\"\n\
         approver = \"Head of endpoint\"\nticket = \"CHG-1\"\nexpires = {expires}\n"
    )
}

/// The demo with a register, waivers and an earlier snapshot, all of which are in want of attention.
fn governed(fixtures: &mut Fixtures, demo: &Snapshot) {
    let (config, earlier) = (fixtures.path("governed.toml"), fixtures.path("earlier.json.zst"));
    let secret = |at: usize| {
        let mut of_rule = fixtures.demo().iter().filter(|row| row["rule_id"] == "excluded-app-holds-secret" && row["status"] == "open");
        of_rule.nth(at).unwrap()
    };
    let entry = |at: usize, days: &str| {
        format!(
            "[[exclusion]]\napp_id = \"{}\"\nowner = \"Endpoint team\"\njustification = \"no approval flow yet\"\n{days}\n",
            secret(at)["app_id"]
        )
    };
    let waiver = |object: &str, expires: &str| waiver("excluded-app-holds-secret", object, expires);
    let parts = [
        entry(0, "expires = 2027-03-01\nreviewed = 2026-10-01"),
        entry(1, "expires = 2027-03-01\nreviewed = 2026-01-01"),
        entry(2, "expires = 2026-10-01\nreviewed = 2026-09-01"),
        entry(3, ""),
        waiver(&secret(0)["object_id"], "2027-06-30"),
        waiver(&secret(1)["object_id"], "2026-11-10"),
        waiver(&secret(2)["object_id"], "2026-10-10"),
        waiver("3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55", "2027-06-30"),
    ];
    std::fs::write(&config, parts.concat()).unwrap();
    let mut before = demo.clone();
    before.taken_at -= TimeDelta::days(7);
    for list in before.access_policies.values_mut().flat_map(|policy| policy.unknown_members.values_mut()).filter_map(Value::as_array_mut) {
        list.pop();
    }
    snapshot::save(&before, &earlier).unwrap();
    fixtures.assess("demo governed", demo, &[Path::new("--config"), &config, Path::new("--baseline"), &earlier]);
}

/// The demo with gates that nobody looks after: without approvers, with too many exclusions, or not there.
fn neglected(fixtures: &mut Fixtures, demo: &Snapshot) {
    let mut snapshot = demo.clone();
    let is = |kind: &Option<String>, word: &str| kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(word));
    snapshot.coverage.insert(Dataset::AccessPolicies, DatasetReading { coverage: Coverage::Complete { items: 9 }, requests: 1 });
    snapshot
        .access_policies
        .retain(|_, policy| !["deviceWipe", "deviceRetire", "deviceDelete", "script"].iter().any(|word| is(&policy.policy_type, word)));
    let app_gate = snapshot.access_policies.values().find(|policy| is(&policy.policy_type, "app"));
    let app_gate = app_gate.map(|policy| policy.id.clone()).unwrap();
    let groups: Vec<_> = snapshot.groups.keys().cloned().collect();
    let others = snapshot.access_policies.values_mut().filter(|policy| policy.id != app_gate);
    for (at, policy) in others.enumerate() {
        policy.approver_groups = Some(match at {
            0 => vec![],
            1 => vec!["99999999-0000-4000-8000-000000000001".into()],
            _ => vec![groups[1].clone()],
        });
        if is(&policy.policy_type, "endpointSecurityPolicy") {
            (policy.policy_type, policy.approver_groups) = (Some("role".to_owned()), Some(vec![groups[0].clone()]));
        }
    }
    snapshot.intune_role_assignments.values_mut().for_each(|assignment| assignment.members = Some([].into()));
    let machines = snapshot.groups.get_mut(&groups[1]).unwrap();
    machines.members.iter_mut().flatten().for_each(|member| member.kind = Some("servicePrincipal".to_owned()));
    for list in snapshot.access_policies.get_mut(&app_gate).unwrap().unknown_members.values_mut().filter_map(Value::as_array_mut) {
        list.extend((0..45).map(|number| Value::from(format!("99999999-0000-4000-9000-{number:012}"))));
    }
    snapshot.app_management_policies.values_mut().for_each(|policy| policy.is_enabled = Some(false));
    let novel = AppRoleId::new("5eb59dd3-1da2-4329-8733-9dabdc435916");
    snapshot.app_roles.insert(novel.clone(), AppRole { id: novel, value: "DeviceManagementNovelty.ReadWrite.All".to_owned() });
    for principal in snapshot.service_principals.values_mut().filter(|principal| principal.display_name == "Software factory") {
        principal.sign_in_audience = Some("AzureADMultipleOrgs".to_owned());
    }
    let (list, waivers) = (fixtures.path("exclusions.csv"), fixtures.path("waivers.toml"));
    let publisher = fixtures.demo().iter().find(|row| row["object_name"] == "Baseline publisher").unwrap();
    std::fs::write(&list, format!("policy,app_id\n{app_gate},{}\n", publisher["app_id"])).unwrap();
    std::fs::write(&waivers, waiver("single-approver", "3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55", "2027-06-30")).unwrap();
    fixtures.assess("demo neglected", &snapshot, &[Path::new("--exclusions"), &list, Path::new("--waivers"), &waivers]);
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
    let fixtures = every_fixture();
    let list = text(&maascan().args(["rules", "list"]).assert().success().get_output().stdout);
    let ids: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).filter(|id| id.contains('-')).collect();
    assert!(ids.len() >= 75, "{list}");
    let firing = |id: &str| fixtures.found.iter().any(|(_, rows)| rows.iter().any(|row| row["rule_id"] == id && row["status"] == "open"));
    let silent: Vec<&str> = ids.iter().copied().filter(|id| !firing(id)).collect();
    assert!(silent.is_empty(), "rules that fire on no made-up tenant: {silent:?}");
    for id in ids {
        let shown: String = fixtures.found.iter().map(|(name, rows)| format!("{name}\n{}", hits(id, rows))).collect();
        insta::assert_snapshot!(id.to_owned(), shown);
    }
}
