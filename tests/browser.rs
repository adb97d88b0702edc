//! The report in a real browser: what tests/browser/*.mjs look at, on reports that the binary writes here. Needs Node.js, the npm packages
//! of tests/browser, Chromium and pdftotext. Where one is missing, the tests say so on standard error and pass, unless
//! `MAASCAN_REQUIRE_TOOLS` is set, as `.ci/run` does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use chrono::TimeDelta;
use common::{Tenant, maascan, without};
use maascan::simulator::Settings;
use maascan::snapshot::{self, Coverage, Dataset, DatasetReading, Snapshot};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// An automation of the made-up tenant whose name is like no other's.
const KNOWN: &str = "Winget catalogue sync";

/// Set to write the sample reports anew after a change that is meant.
const UPDATE: &str = "UPDATE_SAMPLES";

/// What a report of a thousand automations may take, in bytes. Those of this tenant have 8.6 findings each.
const MOST_BYTES_PER_THOUSAND: u64 = 3_000_000;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What the tests need beside maascan itself.
struct Tools {
    node: PathBuf,
    chromium: PathBuf,
    /// Holds `node_modules`.
    modules: PathBuf,
}

impl Tools {
    /// None, said on standard error, where something is missing and nobody insists.
    fn find() -> Option<Self> {
        let modules = std::env::var_os("MAASCAN_BROWSER_MODULES").map_or_else(|| here("target/browser"), PathBuf::from);
        let chromium = std::env::var_os("MAASCAN_CHROMIUM")
            .map(PathBuf::from)
            .or_else(|| on_path(&["chromium", "chromium-browser", "chromium-headless-shell", "google-chrome"]));
        let node = on_path(&["node"]);
        let missing: Vec<&str> = [
            (node.is_none(), "Node.js 20 or later (node on PATH)"),
            (!fits(&modules), "the npm packages (mkdir -p target/browser && cp tests/browser/package*.json target/browser && npm ci --prefix target/browser)"),
            (chromium.is_none(), "Chromium (apt-get install chromium; MAASCAN_CHROMIUM names another)"),
            (on_path(&["pdftotext"]).is_none(), "pdftotext (apt-get install poppler-utils)"),
        ]
        .into_iter()
        .filter_map(|(missing, what)| missing.then_some(what))
        .collect();
        match (node, chromium) {
            (Some(node), Some(chromium)) if missing.is_empty() => Some(Self { node, chromium, modules }),
            _ => {
                not_run(&missing);
                None
            }
        }
    }

    /// Runs the script on a job and returns its answer.
    fn run(&self, job: &Value) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.json");
        std::fs::write(&path, job.to_string()).unwrap();
        let output = Command::new(&self.node)
            .arg(here("tests/browser/check.mjs"))
            .arg(&path)
            .env("MAASCAN_BROWSER_MODULES", &self.modules)
            .env("MAASCAN_CHROMIUM", &self.chromium)
            .output()
            .unwrap();
        assert!(output.status.success(), "the script failed, {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs checks on a report and fails with the name and the problems of each that did not pass.
    fn check(&self, report: &Report, more: &Value) {
        let answer = self.run(&report.job(more));
        told(&format!("{}: {}", report.what, answer["measures"]));
        let checks = answer["checks"].as_array().unwrap();
        assert!(checks.len() > 3, "hardly anything was checked: {answer}");
        let failed: Vec<String> = checks
            .iter()
            .filter(|check| check["passed"] != true)
            .map(|check| format!("{}: {:#}", check["name"], check["problems"]))
            .collect();
        assert!(failed.is_empty(), "{}, {} of {} checks failed:\n{}", report.what, failed.len(), checks.len(), failed.join("\n"));
    }
}

/// The first of these programs that is on PATH.
fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|name| places.iter().map(move |place| place.join(name))).find(|file| file.is_file())
}

/// Whether the packages are there in the versions that package.json names; others may check something else.
fn fits(modules: &Path) -> bool {
    let read = |path: PathBuf| -> Option<Value> { serde_json::from_slice(&std::fs::read(path).ok()?).ok() };
    let wanted = read(here("tests/browser/package.json")).unwrap();
    wanted["dependencies"].as_object().unwrap().iter().all(|(name, version)| {
        read(modules.join("node_modules").join(name).join("package.json")).is_some_and(|found| found["version"] == *version)
    })
}

fn not_run(missing: &[&str]) {
    let message = format!("the report was not looked at in a browser; missing:\n  {}", missing.join("\n  "));
    assert!(std::env::var_os("MAASCAN_REQUIRE_TOOLS").is_none(), "{message}");
    told(&message);
}

/// Tells whoever runs the tests. The harness keeps what `eprintln!` prints to itself.
fn told(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A report in a folder of its own.
struct Report {
    what: &'static str,
    folder: TempDir,
}

impl Report {
    fn demo() -> Self {
        let folder = tempfile::tempdir().unwrap();
        maascan().arg("demo").arg("--out").arg(folder.path()).assert().success();
        Self { what: "demo", folder }
    }

    /// What the binary makes of a snapshot.
    fn of(what: &'static str, snapshot: &Snapshot) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tenant.json.zst");
        snapshot::save(snapshot, &file).unwrap();
        maascan().arg("assess").arg(&file).arg("--allow-incomplete").arg("--out").arg(folder.path()).assert().success();
        Self { what, folder }
    }

    /// What the binary makes of the last of several snapshots, all of which it keeps.
    fn of_runs(what: &'static str, snapshots: &[Snapshot]) -> Self {
        let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for snapshot in snapshots {
            let file = store.path().join("tenant.json.zst");
            snapshot::save(snapshot, &file).unwrap();
            let mut command = maascan();
            command.arg("assess").arg(&file).arg("--allow-incomplete").arg("--store").arg(store.path().join("runs"));
            command.arg("--out").arg(folder.path()).assert().success();
        }
        Self { what, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn html(&self) -> String {
        std::fs::read_to_string(self.file("report.html")).unwrap()
    }

    fn job(&self, more: &Value) -> Value {
        let mut job = json!({
            "report": self.file("report.html"),
            "assessment": self.file("assessment.json"),
            "folder": self.folder.path(),
            "known": KNOWN,
        });
        job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        job
    }
}

/// The made-up tenant with so many automations, as it is read.
fn tenant(service_principals: usize, automations: Option<usize>) -> Snapshot {
    tenant_of(Settings { service_principals, automations, ..Settings::default() })
}

fn tenant_of(settings: Settings) -> Snapshot {
    let tenant = Tenant::start(settings);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json.zst");
    tenant.command("collect").arg("--allow-incomplete").arg("-o").arg(&file).assert().success();
    snapshot::load(&file).unwrap()
}

/// Every check, most of all whether nothing is said or fetched, the controls work, and all is there with scripts off.
#[test]
fn the_demo_report_passes_every_check() {
    let Some(tools) = Tools::find() else { return };
    tools.check(&Report::demo(), &json!({}));
}

/// Names that run, load, break out of an element or an attribute, or turn the direction of writing, where they are taken for markup.
const HOSTILE: [&str; 18] = [
    "<img src=x onerror=\"window.__planted='img'\">",
    "<script>window.__planted='script'</script>",
    "\"><svg onload=window.__planted='svg'>",
    "' onmouseover='window.__planted=1' autofocus onfocus='window.__planted=2' x='",
    "javascript:window.__planted='link'",
    "</title></style></script><script>window.__planted='ended'</script>",
    "--><script>window.__planted='comment'</script><!--",
    "]]></svg><img src=x onerror=window.__planted='cdata'>",
    "<a href=\"javascript:window.__planted='a'\">click me</a>",
    "&lt;img src=x onerror=window.__planted='twice'&gt;",
    "<iframe srcdoc=\"<script>parent.__planted='frame'</script>\"></iframe>",
    "<details open ontoggle=window.__planted='toggle'><summary>x</summary></details>",
    "<form action=https://evil.invalid><input name=severity value=critical id=search></form>",
    "<base href=https://evil.invalid/><link rel=stylesheet href=//evil.invalid/x.css>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.invalid\">",
    "\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069}\u{1b}[31m\u{0}\u{7f}",
    "{{constructor.constructor('window.__planted=1')()}}${window.__planted=1}",
    "*{background:url(https://evil.invalid/x.png)}",
];

/// Members of a snapshot that hold text which somebody in the tenant, or the service, chose.
const CHOSEN: [&str; 13] = [
    "display_name",
    "displayName",
    "name",
    "principal_display_name",
    "app_display_name",
    "user_principal_name",
    "role_name",
    "tenant_name",
    "detail",
    "subject",
    "issuer",
    "claims_matching_expression",
    "value",
];

/// The tenant with hostile text wherever somebody can choose some, but for the one automation that is looked for by its name.
fn hostile(snapshot: &Snapshot) -> Snapshot {
    let mut value = serde_json::to_value(snapshot).unwrap();
    let mut count = 0;
    plant(&mut value, &mut count);
    assert!(count > 100, "hardly anything was planted: {count}");
    let mut snapshot: Snapshot = serde_json::from_value(value).unwrap();
    snapshot.tenant_name = Some(HOSTILE[0].to_owned());
    let policy = snapshot.access_policies.values_mut().next().unwrap();
    policy.policy_type = Some(HOSTILE[1].to_owned());
    let events = snapshot.audit_events.iter_mut().filter(|event| event.actor.app_id.is_some());
    events.take(3).for_each(|event| event.activity_type = Some(HOSTILE[2].to_owned()));
    snapshot
}

fn plant(value: &mut Value, count: &mut usize) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if CHOSEN.contains(&name.as_str()) && text != KNOWN && !is_permission(text) => {
                        *text = HOSTILE[*count % HOSTILE.len()].to_owned();
                        *count += 1;
                    }
                    other => plant(other, count),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| plant(item, count)),
        _ => {}
    }
}

/// Names of permissions are Microsoft's, and without them there is no automation.
fn is_permission(text: &str) -> bool {
    text.contains(".Read")
}

#[test]
fn hostile_names_are_text_and_nothing_else() {
    let Some(tools) = Tools::find() else { return };
    // Not axe: it takes a minute, and looks at the demo, whose report has the same parts.
    let suites = ["quiet", "controls", "scriptless", "hostile", "layout", "paper"];
    tools.check(&Report::of("hostile", &hostile(&tenant(300, None))), &json!({"suites": suites, "foreign": true}));
}

/// Suites for reports with too little in them to search and to copy.
const OF_LITTLE: [&str; 6] = ["quiet", "scriptless", "hostile", "layout", "paper", "accessibility"];

#[test]
fn a_report_of_nothing_and_one_of_unknowns_are_sound() {
    let Some(tools) = Tools::find() else { return };
    let whole = tenant(300, Some(12));
    let mut empty = Snapshot::new(whole.tenant_id.clone(), whole.taken_at, whole.audit_since);
    for dataset in Dataset::ALL {
        empty.coverage.insert(dataset, DatasetReading { coverage: Coverage::Complete { items: 0 }, requests: 1 });
    }
    tools.check(&Report::of("nothing", &empty), &json!({"suites": OF_LITTLE}));
    let grants = [Dataset::AppRoles, Dataset::AppRoleGrants];
    let blind =
        Dataset::ALL.into_iter().filter(|dataset| !grants.contains(dataset)).fold(whole, |snapshot, dataset| without(&snapshot, dataset));
    tools.check(&Report::of("unknowns", &blind), &json!({"suites": OF_LITTLE}));
}

/// The tables of what changed, and the lines over the runs.
#[test]
fn what_changed_within_a_week_can_be_read() {
    let Some(tools) = Tools::find() else { return };
    let earlier = tenant_of(Settings::default());
    let mut later = tenant_of(Settings { week_later: true, ..Settings::default() });
    later.taken_at += TimeDelta::days(7);
    let report = Report::of_runs("a week later", &[earlier, later]);
    let html = report.html();
    assert!(
        html.contains("aria-label=\"Changes: Credentials\"") && html.contains("aria-label=\"Numbers over the runs\""),
        "nothing changed"
    );
    tools.check(&report, &json!({"suites": ["quiet", "scriptless", "hostile", "layout"]}));
}

#[test]
fn a_thousand_automations_take_less_than_promised() {
    let bytes = Report::of("a thousand", &tenant(2_300, Some(1_000))).html().len() as u64;
    told(&format!("report.html with 1,000 automations: {bytes} bytes"));
    assert!(bytes <= MOST_BYTES_PER_THOUSAND, "report.html with 1,000 automations takes {bytes} bytes");
}

#[test]
fn two_thousand_automations_are_found_searched_and_fit_a_telephone() {
    let large = Report::of("two thousand", &tenant(4_500, Some(2_000)));
    let bytes = large.html().len() as u64;
    told(&format!("report.html with 2,000 automations: {bytes} bytes"));
    assert!(bytes <= 2 * MOST_BYTES_PER_THOUSAND, "report.html with 2,000 automations takes {bytes} bytes");
    let Some(tools) = Tools::find() else { return };
    tools.check(&large, &json!({"large": true, "suites": ["quiet", "controls", "scriptless", "layout"]}));
}

/// Breaks a sound report in one way after another. The report is a small one with hostile names, so that there is something to unescape.
#[test]
#[ignore = "takes minutes: .ci/run runs it"]
fn every_check_can_fail() {
    let Some(tools) = Tools::find() else { return };
    let report = Report::of("to be broken", &hostile(&tenant(300, Some(12))));
    let answer = tools.run(&report.job(&json!({"mutations": true, "foreign": true})));
    let problems: Vec<&str> = answer["problems"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(answer["mutations"].as_array().unwrap().len() > 30, "{answer}");
}

/// Width and height of the picture on the front page, in pixels, and the most bytes that it may take.
const PICTURE: (u32, u32, usize) = (1280, 1000, 400_000);

/// What the picture can show, hashed: the style and all that stands before the automations one by one. What comes after it, such as
/// findings, may change without the picture growing old.
fn source(html: &str) -> String {
    let (first, _) = html.split_once("id=\"automations\"").unwrap();
    let hash: String = Sha256::digest(first).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("report.html before its automations, SHA-256 {hash}")
}

/// Size and text of a PNG whose first chunks are its header and a text.
fn header(png: &[u8]) -> Option<((u32, u32), String)> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    let length = number(33)? as usize;
    let text = png.get(41..41 + length)?.strip_prefix(b"Source\0")?;
    let sound = png.starts_with(b"\x89PNG\r\n\x1a\n") && png.get(12..16)? == b"IHDR" && png.get(37..41)? == b"tEXt";
    sound.then_some(((number(16)?, number(20)?), String::from_utf8(text.to_vec()).ok()?))
}

#[test]
fn the_picture_on_the_front_page_is_of_this_report() {
    let path = here("sample-reports/report.png");
    let demo = Report::demo();
    let expected = source(&demo.html());
    let told_by = |png: &[u8]| header(png).map(|(_, source)| source);
    if std::env::var_os(UPDATE).is_some() && std::fs::read(&path).ok().and_then(|png| told_by(&png)).as_ref() != Some(&expected) {
        let Some(tools) = Tools::find() else { return };
        tools.run(&demo.job(&json!({"suites": ["picture"], "picture": {"file": path, "source": expected}})));
    }
    let png = std::fs::read(&path).unwrap();
    let ((width, height), source) = header(&png).unwrap();
    assert_eq!((width, height), (PICTURE.0, PICTURE.1));
    assert!(png.len() > 20_000 && png.len() <= PICTURE.2, "{} bytes", png.len());
    assert_eq!(source, expected, "sample-reports/report.png is not of today's report: run the tests with {UPDATE}=1 where Chromium is");
    let readme = std::fs::read_to_string(here("README.md")).unwrap();
    assert!(readme.contains("](sample-reports/report.png)"), "README.md shows the picture");
}

#[test]
fn the_packages_are_pinned_and_their_lock_names_no_registry() {
    let read = |name: &str| std::fs::read_to_string(here("tests/browser").join(name)).unwrap();
    let (package, lock) = (read("package.json"), read("package-lock.json"));
    let (package_json, lock_json): (Value, Value) = (serde_json::from_str(&package).unwrap(), serde_json::from_str(&lock).unwrap());
    for (name, version) in package_json["dependencies"].as_object().unwrap() {
        let locked = &lock_json["packages"][format!("node_modules/{name}")];
        assert_eq!(locked["version"], *version, "{name}");
        assert!(locked["integrity"].as_str().unwrap().starts_with("sha512-"), "{name}");
    }
    assert!(!lock.contains("://") && !lock.contains("\"resolved\""), "an address stands in package-lock.json");
}
