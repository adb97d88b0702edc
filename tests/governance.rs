//! How users govern the rules, end to end: settings, waivers, and what reports say of both.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use assert_cmd::Command;
use common::{collected, files, maascan, rows, text, without};
use maascan::snapshot::{self, Dataset};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const RULE: &str = "excluded-app-holds-secret";

/// A folder with a snapshot of the made-up tenant (its clock says 2026-11-02), and one open finding of [`RULE`].
struct Case {
    folder: tempfile::TempDir,
    snapshot: PathBuf,
    object: String,
    finding: String,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = collected(folder.path(), &[]);
        let mut case = Self { folder, snapshot, object: String::new(), finding: String::new() };
        let (_, files) = case.assess(&[]);
        let row = rows(&files["findings.csv"]).into_iter().find(|row| row["rule_id"] == RULE && row["status"] == "open").unwrap();
        (case.object, case.finding) = (row["object_id"].clone(), row["finding_id"].clone());
        case
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn waiver(&self, expires: &str, reason: &str) -> String {
        format!(
            "[[waiver]]\nrule = \"{RULE}\"\nobject = \"{}\"\nreason = {reason:?}\napprover = \"Head of IT\"\nticket = \"CHG-1\"\nexpires = {expires}\n",
            self.object
        )
    }

    /// The command, in the folder of the case.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = maascan();
        command.current_dir(self.path()).args(arguments);
        command
    }

    /// What `assess` says on standard error, and its files.
    fn assess(&self, arguments: &[&str]) -> (String, BTreeMap<String, Vec<u8>>) {
        let mut command = self.command(&["assess", "tenant.json.zst", "--out", "report", "--allow-incomplete"]);
        let output = command.args(arguments).assert().success().get_output().clone();
        (text(&output.stderr), files(&self.path().join("report")))
    }

    /// Rows of findings.csv of a rule.
    fn findings(&self, arguments: &[&str], rule: &str) -> Vec<BTreeMap<String, String>> {
        rows(&self.assess(arguments).1["findings.csv"]).into_iter().filter(|row| row["rule_id"] == rule).collect()
    }
}

fn of_object<'a>(rows: &'a [BTreeMap<String, String>], object: &str) -> &'a BTreeMap<String, String> {
    rows.iter().find(|row| row["object_id"] == object).unwrap()
}

#[test]
fn a_waived_finding_stays_in_every_report_with_its_waiver() {
    let case = Case::new();
    case.write("waivers.toml", &case.waiver("2026-12-31", "vendor's agent"));
    let (_, files) = case.assess(&["--waivers", "waivers.toml"]);
    let findings: Vec<_> = rows(&files["findings.csv"]).into_iter().filter(|row| row["rule_id"] == RULE).collect();
    let row = of_object(&findings, &case.object);
    assert_eq!((row["status"].as_str(), row["finding_id"].as_str()), ("waived", case.finding.as_str()));
    assert_eq!(row["waiver"], "ticket CHG-1, approved by Head of IT, until 2026-12-31: vendor's agent");
    assert!(findings.iter().any(|row| row["status"] == "open" && row["waiver"].is_empty()), "the others stay as they were");
    let json: serde_json::Value = serde_json::from_slice(&files["assessment.json"]).unwrap();
    let waived: Vec<_> = json["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "waived").collect();
    assert_eq!(waived.len(), 1);
    assert_eq!((&waived[0]["waiver"]["ticket"], &waived[0]["waiver"]["expires"]), (&"CHG-1".into(), &"2026-12-31".into()));
    assert_eq!((&json["settings"]["waivers"][0]["matches"], &json["settings"]["waivers"][0]["days_left"]), (&1.into(), &59.into()));
    assert!(text(&files["summary.md"]).contains("| 2026-12-31 | CHG-1 | Head of IT | vendor's agent |"));
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["settings"]["waivers"], 1);
    let table = case.command(&["assess", "tenant.json.zst", "--waivers", "waivers.toml", "--allow-incomplete"]).assert().success();
    let table = text(&table.get_output().stdout);
    assert!(table.contains("1 waived") && table.contains("waivers: 1"), "{table}");
    let app_id = row["app_id"].as_str();
    let explained = case.command(&["explain", app_id, "--snapshot", "tenant.json.zst", "--waivers", "waivers.toml"]).assert().success();
    assert!(
        text(&explained.get_output().stdout).replace("\n    ", " ").contains("waived (ticket CHG-1, approved by Head of IT"),
        "{app_id}"
    );
}

#[test]
fn the_finding_opens_again_when_the_last_day_has_passed_and_the_waiver_becomes_one() {
    let case = Case::new();
    // The clock of the snapshot says 2026-11-02.
    for (expires, status, said) in
        [("2026-11-02", "waived", "waiver-expires-soon"), ("2026-11-01", "open", "waiver-expired"), ("2027-11-02", "waived", "")]
    {
        case.write("maascan.toml", &case.waiver(expires, "r"));
        let findings = rows(&case.assess(&[]).1["findings.csv"]);
        let own: Vec<_> = findings.iter().filter(|row| row["rule_id"] == RULE).cloned().collect();
        assert_eq!(of_object(&own, &case.object)["status"], status, "{expires}");
        let about: Vec<_> = findings.iter().filter(|row| row["object_type"] == "waiver").map(|row| row["rule_id"].as_str()).collect();
        assert_eq!(about, if said.is_empty() { vec![] } else { vec![said] }, "{expires}");
    }
}

#[test]
fn a_waiver_that_matches_nothing_is_a_finding_and_undetermined_where_nobody_can_tell() {
    let case = Case::new();
    let nobody = case.waiver("2027-12-31", "r").replace(&case.object, "99999999-9999-4999-8999-999999999999");
    case.write("maascan.toml", &nobody);
    let unseen = case.findings(&[], "waiver-matches-nothing");
    assert_eq!(unseen[0]["status"], "undetermined", "the tenant has a policy whose exclusions cannot be read: {unseen:?}");
    let off = format!("{}[rules.{RULE}]\nenabled = false\n", case.waiver("2027-12-31", "r"));
    case.write("maascan.toml", &off);
    let not_run = case.findings(&[], "waiver-matches-nothing");
    assert!(not_run[0]["status"] == "undetermined" && not_run[0]["message"].contains("did not run"), "{not_run:?}");
    let seen = case.findings(&[], "excluded-app-inactive");
    let clear = rows(&case.assess(&[]).1["credentials.csv"]).len();
    assert!(!seen.is_empty() && clear > 0);
    // An application whose sign-in is recent is seen and clear.
    let inactive: Vec<&str> = seen.iter().map(|row| row["object_id"].as_str()).collect();
    assert!(!inactive.contains(&case.object.as_str()));
    case.write("maascan.toml", &case.waiver("2027-12-31", "r").replace(RULE, "excluded-app-inactive"));
    assert_eq!(case.findings(&[], "waiver-matches-nothing")[0]["status"], "open");
    // The app id of an application names it too.
    let app_id = of_object(&case.findings(&[], RULE), &case.object)["app_id"].clone();
    case.write("maascan.toml", &case.waiver("2027-12-31", "r").replace(&case.object, &app_id));
    assert_eq!(of_object(&case.findings(&[], RULE), &case.object)["status"], "waived");
    assert!(case.findings(&[], "waiver-matches-nothing").is_empty());
}

#[test]
fn only_open_findings_count_for_fail_on() {
    let case = Case::new();
    let only = "dangling-exclusion";
    // Everything else is switched off, so that one rule decides about the status.
    let list = text(&maascan().args(["rules", "list"]).assert().success().get_output().stdout);
    let off: String = list
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|id| *id != only)
        .map(|id| format!("[rules.{id}]\nenabled = false\n"))
        .collect();
    case.write("maascan.toml", &off);
    let open: Vec<String> =
        case.findings(&[], only).iter().filter(|row| row["status"] == "open").map(|row| row["object_id"].clone()).collect();
    assert!(!open.is_empty());
    let run = || case.command(&["assess", "tenant.json.zst", "--fail-on", "low", "--allow-incomplete"]).assert();
    run().code(1);
    let objects: std::collections::BTreeSet<&String> = open.iter().collect();
    let waivers: String =
        objects.iter().map(|object| case.waiver("2027-12-31", "r").replace(RULE, only).replace(&case.object, object)).collect();
    case.write("maascan.toml", &format!("{off}{waivers}"));
    run().code(0);
    assert!(case.findings(&[], only).iter().all(|row| row["status"] != "open"));
}

#[test]
fn settings_of_the_working_folder_are_found_and_said() {
    let case = Case::new();
    let config = "profile = \"scuba\"\n[rules.secret-valid-too-long]\nseverity = \"critical\"\nthresholds = { validity_days = 0 }\n\
                  [rules.dangling-exclusion]\nenabled = false\n[[exclusion]]\napp_id = \"3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55\"\n\
                  owner = \"o\"\njustification = \"j\"\n";
    case.write("maascan.toml", config);
    let (said, files) = case.assess(&[]);
    assert!(said.contains("./maascan.toml"), "{said}");
    let findings = rows(&files["findings.csv"]);
    assert!(findings.iter().all(|row| row["rule_id"] != "dangling-exclusion"));
    let long: Vec<_> = findings.iter().filter(|row| row["rule_id"] == "secret-valid-too-long" && row["status"] == "open").collect();
    let excluded = long.iter().filter(|row| row["message"].contains("is excluded"));
    assert!(excluded.clone().count() > 0 && excluded.clone().all(|row| row["severity"] == "critical"), "{long:?}");
    assert!(long[0]["message"].contains("more than 0 days"), "{long:?}");
    let json: serde_json::Value = serde_json::from_slice(&files["assessment.json"]).unwrap();
    let settings = &json["settings"];
    assert_eq!((&settings["profile"], &settings["switched_off"][0]["rule_id"]), (&"scuba".into(), &"dangling-exclusion".into()));
    assert_eq!((&settings["severities"][0]["to"], &settings["thresholds"][0]["to"]), (&"critical".into(), &0.into()));
    assert_eq!(settings["register"].as_array().unwrap().len(), 1);
    let markdown = text(&files["summary.md"]);
    for wanted in ["profile scuba", "switched off: dangling-exclusion (medium)", "secret-valid-too-long critical instead of high"] {
        assert!(markdown.contains(wanted), "{wanted}: {markdown}");
    }
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["settings"]["switched_off"][0], "dangling-exclusion");
    // The command line wins over the file, and a file that is named over the one that is found.
    let (_, files) = case.assess(&["--profile", "cis-v7"]);
    assert!(text(&files["summary.md"]).contains("profile cis-v7"));
    let other = case.write("other.toml", "");
    let (said, files) = case.assess(&["--config", other.to_str().unwrap()]);
    assert!(!said.contains("./maascan.toml") && text(&files["summary.md"]).contains("every built-in rule ran"), "{said}");
    assert!(text(&files["assessment.json"]).contains("\"register\": null"));
}

#[test]
fn explain_says_which_rules_it_leaves_out() {
    let case = Case::new();
    case.write("maascan.toml", &format!("[rules.{RULE}]\nenabled = false\n"));
    let output = case.command(&["explain", &case.object, "--snapshot", "tenant.json.zst"]).assert().success().get_output().clone();
    assert!(text(&output.stderr).contains(&format!("switched off: {RULE}")) && !text(&output.stdout).contains(RULE));
}

#[test]
fn hostile_texts_of_a_waiver_come_out_inert() {
    let case = Case::new();
    let reason =
        "=HYPERLINK(\\\"http://evil.example\\\");=1+1 \\u001b[31mred\\u001b[0m <img src=x onerror=alert(1)> | [a](http://evil.example)";
    let hostile = case
        .waiver("2026-11-10", "R")
        .replace("\"R\"", &format!("\"{reason}\""))
        .replace("CHG-1", "=1+1")
        .replace("Head of IT", "@SUM(A1)\\n\\u202e");
    case.write("maascan.toml", &hostile);
    let output =
        case.command(&["assess", "tenant.json.zst", "--out", "report", "--allow-incomplete"]).assert().success().get_output().clone();
    let files = files(&case.path().join("report"));
    for row in rows(&files["findings.csv"]) {
        for (column, cell) in row {
            let parts = cell.split(';').map(|part| part.trim_start().chars().next().unwrap_or(' '));
            assert!(parts.into_iter().all(|first| !"=+-@".contains(first)), "{column}: {cell}");
            assert!(!cell.chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{column}: {cell:?}");
        }
    }
    // A bracket behind a backslash closes no link.
    let markdown = text(&files["summary.md"]).replace("\\](", "");
    assert!(markdown.contains("red") && !markdown.contains("<img") && !markdown.contains("](http") && !markdown.contains("http://"));
    let checked = case.command(&["waivers", "check", "--now", "2026-11-02T00:00:00Z"]).assert().success().get_output().clone();
    let all = [output.stdout, output.stderr, checked.stdout, files["assessment.json"].clone(), files["summary.md"].clone()];
    for shown in all.iter().map(|bytes| text(bytes)) {
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }
}

#[test]
fn waivers_are_checked_with_their_days() {
    let case = Case::new();
    let check = |arguments: &[&str], code: i32| {
        let mut command = case.command(&["waivers", "check"]);
        text(&command.args(arguments).assert().code(code).get_output().stdout)
    };
    case.write("w.toml", &case.waiver("2026-12-31", "r"));
    let said = check(&["w.toml", "--now", "2026-12-30T23:59:59Z"], 0);
    assert!(
        said.contains(&format!("{RULE}/{}: 1 day left, last day 2026-12-31", case.object)) && said.contains("1 waiver, 0 expired"),
        "{said}"
    );
    assert!(check(&["w.toml", "--now", "2026-12-31T23:59:59Z"], 0).contains("0 days left"));
    assert!(check(&["w.toml", "--now", "2027-01-01T00:00:00Z"], 1).contains("expired 1 day ago"));
    let snapshot = case.snapshot.to_str().unwrap();
    let said = check(&["w.toml", "--now", "2026-11-02T00:00:00Z", "--snapshot", snapshot], 0);
    assert!(said.contains("; matches 1 finding") && said.contains("0 matching nothing"), "{said}");
    case.write("w.toml", &case.waiver("2026-12-31", "r").replace(RULE, "excluded-app-inactive"));
    let said = check(&["w.toml", "--now", "2026-11-02T00:00:00Z", "--snapshot", snapshot], 1);
    assert!(said.contains("; matches nothing") && said.contains("1 matching nothing"), "{said}");
    let nothing = text(&case.command(&["waivers", "check"]).assert().code(2).get_output().stderr);
    assert!(nothing.contains("no waivers to check") && nothing.contains("hint: "), "{nothing}");
}

#[test]
fn thousands_of_waivers_load_and_apply_in_a_moment() {
    let case = Case::new();
    let many: String = (0..4_000)
        .map(|at| case.waiver("2027-12-31", "r").replace(&case.object, &format!("{at:08x}-0000-4000-8000-000000000000")))
        .collect();
    case.write("w.toml", &many);
    let begun = std::time::Instant::now();
    let checked =
        case.command(&["waivers", "check", "w.toml", "--now", "2026-11-02T00:00:00Z", "--snapshot", "tenant.json.zst"]).assert().success();
    assert!(text(&checked.get_output().stdout).contains("4000 waivers, 0 expired"));
    // Far more than it takes, far less than looking at every line or finding for each of them would.
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn what_does_not_load_is_refused_before_the_long_work_with_every_line() {
    let case = Case::new();
    let bad = "[rules.no-such-rule]\nenabled = false\n[rules.secret-valid-too-long]\nthresholds = { validity_days = -3 }\n\
               [[waiver]]\nrule = \"dangling-exclusion\"\nobject = \"Nightly packager\"\nreason = \"r\"\napprover = \"a\"\nticket = \"t\"\n";
    case.write("maascan.toml", bad);
    let commands: [&[&str]; 5] = [
        &["assess", "tenant.json.zst", "--out", "never"],
        &["demo", "--out", "never"],
        &["explain", "x", "--snapshot", "tenant.json.zst"],
        &["waivers", "check"],
        &["rules", "check", "--config", "maascan.toml"],
    ];
    for arguments in commands {
        let output = case.command(arguments).assert().code(2).stdout("").get_output().clone();
        let said = text(&output.stderr);
        for wanted in [
            "maascan.toml:1: unknown rule: no-such-rule",
            "maascan.toml:4: negative threshold: validity_days = -3",
            "maascan.toml:5: missing key of a waiver: expires",
            "maascan.toml:7: object is not an id: Nightly packager",
            "hint: write 0 or more",
        ] {
            assert!(said.contains(wanted), "{arguments:?}: {wanted}: {said}");
        }
        assert!(!said.contains("panicked") && !case.path().join("never").exists());
    }
}

#[test]
fn a_file_that_cannot_be_settings_is_refused() {
    let case = Case::new();
    let refused = |arguments: &[&str]| text(&case.command(arguments).assert().code(2).get_output().stderr);
    case.write("large.toml", &"# x\n".repeat(300_000));
    std::fs::write(case.path().join("binary.toml"), [0xff, 0xfe]).unwrap();
    for (file, wanted) in [("large.toml", "larger than"), ("binary.toml", "not UTF-8"), ("none.toml", "cannot read"), (".", "cannot read")]
    {
        for flag in ["--config", "--waivers"] {
            let said = refused(&["assess", "tenant.json.zst", flag, file]);
            assert!(said.contains(wanted) && said.contains("hint: "), "{flag} {file}: {said}");
        }
    }
    std::fs::create_dir(case.path().join("maascan.toml")).unwrap();
    assert!(refused(&["assess", "tenant.json.zst"]).contains("cannot read maascan.toml"));
}

#[test]
fn rules_on_waivers_can_be_written_and_switched_off() {
    let case = Case::new();
    let rule = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/waivers/waiver-expired.toml")).unwrap();
    std::fs::create_dir(case.path().join("own")).unwrap();
    let own = rule
        .replace("expires = \"2026-11-01\"", "ticket = \"CHG-1\", expires = \"2026-11-01\"")
        .replace("\"waiver-expired\"", "\"waiver-without-change\"")
        .replace("when = \"expired\"", "when = \"!ticket.matches('^CHG-[0-9]+$') || expired\"");
    case.write("own/waiver-without-change.toml", &own);
    case.command(&["rules", "check", "own"]).assert().success();
    case.write(
        "maascan.toml",
        &format!("[rules.waiver-expires-soon]\nenabled = false\n{}", case.waiver("2026-11-10", "r").replace("CHG-1", "mail of May")),
    );
    let (_, files) = case.assess(&["--rules", "own"]);
    let about: Vec<String> =
        rows(&files["findings.csv"]).into_iter().filter(|row| row["object_type"] == "waiver").map(|row| row["rule_id"].clone()).collect();
    assert_eq!(about, ["waiver-without-change"]);
    assert!(text(&files["manifest.json"]).contains("\"own_rules\": [\n      \"waiver-without-change\"\n    ]"));
}

/// What nothing is known of is said once, with waivers or without, and does not look as if nothing had been found where
/// single applications are weighed.
#[test]
fn what_can_be_told_of_no_object_is_said_once_and_counts_for_each() {
    let case = Case::new();
    let whole = snapshot::load(&case.snapshot).unwrap();
    snapshot::save(&without(&whole, Dataset::RiskyServicePrincipals), &case.snapshot).unwrap();
    case.write("waivers.toml", &case.waiver("2027-12-31", "r"));
    for arguments in [&[][..], &["--waivers", "waivers.toml"]] {
        let (_, files) = case.assess(arguments);
        let findings = rows(&files["findings.csv"]);
        for rule in ["exclusion-new", "exclusion-not-recorded", "risky-workload-identity"] {
            let of: Vec<&str> = findings.iter().filter(|row| row["rule_id"] == rule).map(|row| row["object_type"].as_str()).collect();
            assert_eq!(of, ["tenant"], "{rule} {arguments:?}");
        }
        for (rule, why) in [("exclusion-new", "--baseline FILE"), ("risky-workload-identity", "IdentityRiskyServicePrincipal.Read.All")] {
            let row = findings.iter().find(|row| row["rule_id"] == rule).unwrap();
            assert!(row["message"].contains(why), "{rule}: {}", row["message"]);
        }
        let exposures = rows(&files["exposures.csv"]);
        let untold = "Application is flagged as a risky workload identity (critical, not determined)";
        assert!(!exposures.is_empty() && exposures.iter().all(|row| row["guard_parts"].contains(untold)), "{arguments:?}");
        let app_id = exposures[0]["app_id"].as_str();
        let mut explain = case.command(&["explain", app_id, "--snapshot", "tenant.json.zst"]);
        let explained = text(&explain.args(arguments).assert().success().get_output().stdout);
        assert!(explained.contains("risky-workload-identity"), "{explained}");
    }
}
