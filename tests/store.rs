//! The store of runs: whole runs whatever happens, nothing of two tenants mixed, and what does not belong there left alone.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod common;

use chrono::TimeDelta;
use common::{collected, maascan, text};
use maascan::runs::Store;
use maascan::snapshot::{Dataset, Snapshot};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// A folder with a snapshot in it, a week and more before another one.
struct Fixture {
    folder: tempfile::TempDir,
    snapshot: Snapshot,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = collected(folder.path(), &[]);
        let mut snapshot = maascan::snapshot::load(&path).unwrap();
        // A file of a megabyte and more takes a moment to write, in which the process can be stopped.
        snapshot.audit_events.truncate(4_000);
        Self { folder, snapshot }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn store(&self) -> PathBuf {
        self.path("runs")
    }

    /// The snapshot as of so many days later, after a change.
    fn later(&self, days: i64, change: impl FnOnce(&mut Snapshot)) -> PathBuf {
        let mut snapshot = self.snapshot.clone();
        snapshot.taken_at += TimeDelta::days(days);
        change(&mut snapshot);
        let path = self.path(&format!("day{days}.json.zst"));
        maascan::snapshot::save(&snapshot, &path).unwrap();
        path
    }

    fn keep(&self, snapshot: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = maascan();
        command.arg("assess").arg(snapshot).args(["--allow-incomplete", "--format", "json", "--days", "7", "--store"]).arg(self.store());
        command.args(arguments).assert()
    }

    fn listed(&self) -> Vec<String> {
        let document = self.json(&["list"]);
        document["runs"].as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let mut command = maascan();
        let output = command.arg("runs").args(arguments).args(["--format", "json", "--store"]).arg(self.store()).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn verify(&self) -> assert_cmd::assert::Assert {
        maascan().args(["runs", "verify", "--store"]).arg(self.store()).assert()
    }

    fn tenant_folder(&self) -> PathBuf {
        self.store().join(self.snapshot.tenant_id.as_str())
    }

    fn started(&self, snapshot: &Path) -> Child {
        self.started_with(snapshot, &[])
    }

    fn started_with(&self, snapshot: &Path, arguments: &[&str]) -> Child {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_maascan"));
        command.arg("assess").arg(snapshot).args(["--allow-incomplete", "--format", "json", "--days", "7", "--store"]).arg(self.store());
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

#[test]
fn a_run_is_kept_and_compared_with_the_one_before() {
    let fixture = Fixture::new();
    let first = fixture.keep(&fixture.later(0, |_| {}), &["--fail-on", "new:low"]).code(0);
    let said = text(&first.get_output().stderr);
    assert!(said.contains("run kept as 2026-11-02T060000Z") && said.contains("nothing to compare with yet"), "{said}");
    let again = fixture.keep(&fixture.later(1, |_| {}), &["--fail-on", "new:critical"]).code(0);
    let document: Value = serde_json::from_slice(&again.get_output().stdout).unwrap();
    let first_seen: Vec<&str> =
        document["findings"].as_array().unwrap().iter().filter_map(|finding| finding["first_seen"].as_str()).collect();
    assert!(first_seen.len() > 100 && first_seen.contains(&"2026-11-02T06:00:00Z"), "{first_seen:?}");
    // The first of them owned by nobody new: an owner taken away is a finding that was not there.
    let widened = fixture.later(2, |snapshot| {
        snapshot.applications.values_mut().for_each(|application| application.owners = Some(Vec::new()));
    });
    fixture.keep(&widened, &["--fail-on", "new:low"]).code(1);
    assert_eq!(fixture.listed(), ["2026-11-02T060000Z", "2026-11-03T060000Z", "2026-11-04T060000Z"]);
    fixture.verify().success();
    let trend = fixture.json(&["trend"]);
    assert_eq!(trend["runs"].as_array().unwrap().len(), 3);
    let shown = fixture.json(&["show"]);
    assert_eq!(
        (shown["run"]["name"].as_str(), shown["damaged"].as_object().map(serde_json::Map::len)),
        (Some("2026-11-04T060000Z"), Some(0))
    );
}

#[test]
fn the_same_again_is_no_change() {
    let fixture = Fixture::new();
    let snapshot = fixture.later(0, |_| {});
    fixture.keep(&snapshot, &[]).success();
    fixture.keep(&fixture.later(0, |snapshot| snapshot.taken_at += TimeDelta::seconds(1)), &[]).success();
    let diff = maascan().args(["diff", "--days", "7", "--format", "json", "--store"]).arg(fixture.store()).assert().success();
    let document: Value = serde_json::from_slice(&diff.get_output().stdout).unwrap();
    assert_eq!(document["entries"].as_array().unwrap().len(), 0, "{document:#}");
}

#[test]
fn old_runs_are_deleted_and_the_newest_never() {
    let fixture = Fixture::new();
    for day in 0..5 {
        fixture.keep(&fixture.later(day, |_| {}), &["--keep", "3"]).success();
    }
    assert_eq!(fixture.listed(), ["2026-11-04T060000Z", "2026-11-05T060000Z", "2026-11-06T060000Z"]);
    fixture.keep(&fixture.later(20, |_| {}), &["--keep-days", "15"]).success();
    assert_eq!(fixture.listed(), ["2026-11-22T060000Z"], "the others are sixteen days old and more");
    // What was seen is known all the same.
    let shown = fixture.json(&["show"]);
    let spans = shown["findings_seen"].as_object().unwrap();
    assert!(spans.values().any(|span| span["first"] == "2026-11-02T06:00:00Z"), "{spans:?}");
    fixture.keep(&fixture.later(19, |_| {}), &["--keep", "1"]).success();
    let listed = fixture.listed();
    assert_eq!(listed, ["2026-11-21T060000Z", "2026-11-22T060000Z"], "neither the run that was just made goes nor the newest");
}

#[test]
fn what_does_not_belong_there_is_said_and_left_alone() {
    let fixture = Fixture::new();
    fixture.keep(&fixture.later(0, |_| {}), &[]).success();
    let folder = fixture.tenant_folder();
    let whole = folder.join("2026-11-02T060000Z");
    std::fs::write(fixture.store().join("notes.txt"), "mine").unwrap();
    std::fs::write(fixture.store().join(".gitkeep"), "").unwrap();
    std::fs::create_dir(folder.join("2026-11-01T060000Z")).unwrap();
    std::fs::create_dir(folder.join(".maascan-run-left")).unwrap();
    copy(&whole, &folder.join("damaged"), |manifest| manifest.truncate(40));
    copy(&whole, &folder.join("newer"), |manifest| *manifest = replaced(manifest, "\"version\": 1", "\"version\": 2"));
    let other = "00000000-0000-4000-8000-00000000000f";
    copy(&whole, &folder.join("foreign"), |manifest| *manifest = replaced(manifest, fixture.snapshot.tenant_id.as_str(), other));
    assert_eq!(fixture.listed(), ["2026-11-02T060000Z"]);
    let document = fixture.json(&["list"]);
    let odd: std::collections::BTreeMap<String, String> = document["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned(), one["why"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [
        (".maascan-run-left", "left by a run that was stopped, or of one that is being written"),
        ("2026-11-01T060000Z", "no run: it has no manifest that can be read"),
        ("damaged", "no run: its manifest is damaged"),
        ("foreign", "a run of another tenant"),
        ("newer", "of a newer maascan"),
        ("notes.txt", "not of a store"),
    ];
    assert_eq!(odd, expected.map(|(name, why)| (name.to_owned(), why.to_owned())).into());
    fixture.verify().code(1);
    // The next run goes on as if they were not there, and they stay.
    fixture.keep(&fixture.later(1, |_| {}), &["--keep", "1"]).success();
    assert_eq!(fixture.listed(), ["2026-11-03T060000Z"]);
    assert!(["damaged", "newer", "foreign", "2026-11-01T060000Z"].iter().all(|name| folder.join(name).is_dir()));
}

fn copy(from: &Path, to: &Path, change: impl FnOnce(&mut String)) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
    let manifest = to.join("manifest.json");
    let mut content = std::fs::read_to_string(&manifest).unwrap();
    change(&mut content);
    std::fs::write(manifest, content).unwrap();
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{text}");
    text.replace(from, to)
}

#[test]
fn a_changed_file_is_found() {
    let fixture = Fixture::new();
    fixture.keep(&fixture.later(0, |_| {}), &[]).success();
    let run = fixture.tenant_folder().join("2026-11-02T060000Z");
    std::fs::write(run.join("assessment.json"), "{}").unwrap();
    std::fs::remove_file(run.join("snapshot.json.zst")).unwrap();
    let said = text(&fixture.verify().code(1).get_output().stdout);
    assert!(
        said.contains("assessment.json") && said.contains("changed") && said.contains("snapshot.json.zst") && said.contains("missing"),
        "{said}"
    );
    // A run that cannot be read is no run to compare with, and no reason to fail.
    let next = fixture.keep(&fixture.later(1, |_| {}), &["--fail-on", "new:low"]).success();
    assert!(text(&next.get_output().stderr).contains("is left out"), "{}", text(&next.get_output().stderr));
}

#[test]
fn two_tenants_are_never_mixed() {
    let fixture = Fixture::new();
    fixture.keep(&fixture.later(0, |_| {}), &[]).success();
    let other = fixture.later(1, |snapshot| snapshot.tenant_id = "00000000-0000-4000-8000-00000000000f".into());
    let said = text(&fixture.keep(&other, &["--keep", "1", "--fail-on", "new:low"]).success().get_output().stderr);
    assert!(said.contains("another tenant only") && said.contains("nothing to compare with yet"), "{said}");
    assert_eq!(fixture.listed().len(), 2, "what is kept of one tenant deletes nothing of the other");
    let trend = maascan().args(["runs", "trend", "--store"]).arg(fixture.store()).assert().code(2);
    assert!(text(&trend.get_output().stderr).contains("--tenant"));
    maascan()
        .args(["runs", "trend", "--tenant", "00000000-0000-4000-8000-00000000000F", "--store"])
        .arg(fixture.store())
        .assert()
        .success();
    maascan().args(["diff", "--store"]).arg(fixture.store()).assert().code(2);
    let diff = maascan().args(["diff", "--days", "7"]).arg(fixture.path("day0.json.zst")).arg(&other).assert().code(2);
    assert!(text(&diff.get_output().stderr).contains("two tenants"));
}

#[test]
fn a_clock_gone_backwards_is_said() {
    let fixture = Fixture::new();
    fixture.keep(&fixture.later(7, |_| {}), &[]).success();
    let said = text(&fixture.keep(&fixture.later(0, |_| {}), &[]).success().get_output().stderr);
    assert!(said.contains("clock gone backwards"), "{said}");
    assert_eq!(fixture.listed(), ["2026-11-02T060000Z", "2026-11-09T060000Z"]);
}

/// Stopped at 50 random moments, the store holds every run that said it was kept, and each run in it is whole.
#[test]
fn a_stopped_run_damages_nothing() {
    let fixture = Fixture::new();
    let snapshots: Vec<PathBuf> = (0..=50).map(|day| fixture.later(day, |_| {})).collect();
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let start = std::time::Instant::now();
    fixture.keep(&snapshots[0], &[]).success();
    let one = start.elapsed();
    let mut kept = vec!["2026-11-02T060000Z".to_owned()];
    for snapshot in snapshots.iter().skip(1) {
        let mut child = fixture.started(snapshot);
        // Over the whole of a run, twice as many of them over its end, where the files are written.
        let from = if random.u8(..3) == 0 { 0.0 } else { 0.6 };
        std::thread::sleep(one.mul_f64(from + (1.2 - from) * random.f64()));
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        if let Some((_, said)) = text(&output.stderr).split_once("run kept as ") {
            kept.push(said.split_whitespace().next().unwrap().to_owned());
        }
        // Read in this process, or this takes minutes; the commands read it once at the end.
        let runs = Store::open(&fixture.store()).unwrap().contents().unwrap().runs;
        assert!(kept.iter().all(|name| runs.iter().any(|run| run.name == *name)), "seed {seed}: {kept:?} {runs:?}");
        assert!(runs.iter().all(|run| run.damage().is_empty() && run.snapshot().is_ok()), "seed {seed}");
    }
    fixture.keep(&fixture.later(60, |_| {}), &[]).success();
    fixture.verify().success();
}

#[test]
fn two_runs_at_once_are_both_kept() {
    let fixture = Fixture::new();
    let snapshot = fixture.later(0, |_| {});
    for round in 1..=5 {
        let children = [fixture.started(&snapshot), fixture.started(&snapshot)];
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
        assert_eq!(fixture.listed().len(), round * 2);
    }
    fixture.verify().success();
}

#[test]
fn of_two_runs_at_once_that_delete_old_ones_the_newest_always_stays() {
    let fixture = Fixture::new();
    let snapshots = [fixture.later(0, |_| {}), fixture.later(7, |_| {})];
    for _ in 0..15 {
        let children = snapshots.each_ref().map(|snapshot| fixture.started_with(snapshot, &["--keep", "1"]));
        for child in children {
            let output = child.wait_with_output().unwrap();
            let said = text(&output.stderr);
            assert!(output.status.success() && !said.contains("not deleted"), "{said}");
        }
        assert!(fixture.listed().iter().any(|name| name.starts_with("2026-11-09")), "{:?}", fixture.listed());
        fixture.verify().success();
    }
}

#[test]
fn a_clock_far_ahead_deletes_nothing() {
    let fixture = Fixture::new();
    for day in [0, 7] {
        fixture.keep(&fixture.later(day, |_| {}), &["--keep-days", "365"]).success();
    }
    let said = fixture.keep(&fixture.later(365 * 70, |_| {}), &["--keep-days", "365"]).success().get_output().stderr.clone();
    assert!(text(&said).contains("is the clock right?"), "{}", text(&said));
    assert_eq!(fixture.listed().len(), 3);
}

#[test]
fn the_day_of_the_first_sight_outlives_a_damaged_run() {
    let fixture = Fixture::new();
    for day in [0, 7] {
        fixture.keep(&fixture.later(day, |_| {}), &[]).success();
    }
    std::fs::write(fixture.tenant_folder().join("2026-11-09T060000Z/seen.json"), "{").unwrap();
    let output = fixture.keep(&fixture.later(14, |_| {}), &[]).success().get_output().clone();
    assert!(text(&output.stderr).contains("does not tell when its findings were seen"), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let first: Vec<&str> = report["findings"].as_array().unwrap().iter().filter_map(|finding| finding["first_seen"].as_str()).collect();
    assert!(first.len() > 100 && first.iter().filter(|day| day.starts_with("2026-11-02")).count() > 100, "{first:?}");
}

/// What a run could not read the next one compares with the run before.
#[test]
fn a_secret_that_came_while_applications_could_not_be_read_is_new() {
    let fixture = Fixture::new();
    fixture.keep(&fixture.later(0, |_| {}), &[]).success();
    let blind = common::without(&fixture.snapshot, Dataset::Applications);
    fixture.keep(&fixture.later(3, |snapshot| *snapshot = Snapshot { taken_at: snapshot.taken_at, ..blind.clone() }), &[]).success();
    let secret = fixture.later(6, |snapshot| {
        let excluded = snapshot.service_principals.values().find(|own| own.display_name == "Lost device responder").unwrap();
        let app_id = excluded.app_id.clone();
        let own = snapshot.applications.values_mut().find(|own| own.app_id == app_id).unwrap();
        let mut credential = own.credentials.first().unwrap().clone();
        credential.key_id = "11111111-0000-4000-8000-000000000001".to_owned();
        // Before the run that could not read it, so that its own time does not tell.
        credential.start = Some(snapshot.taken_at - TimeDelta::days(4));
        own.credentials.push(credential);
    });
    let output = fixture.keep(&secret, &[]).success().get_output().clone();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let entries = report["change"]["entries"].as_array().unwrap();
    let new: Vec<&Value> = entries.iter().filter(|entry| entry["topic"] == "credential" && entry["what"] == "new").collect();
    assert_eq!(new.len(), 1, "{entries:#?}");
    assert_eq!(new[0]["name"], "Lost device responder");
}

#[test]
fn a_pipe_or_a_name_that_leads_elsewhere_is_no_part_of_a_run() {
    let fixture = Fixture::new();
    fixture.keep(&fixture.later(0, |_| {}), &[]).success();
    let run = fixture.tenant_folder().join("2026-11-02T060000Z");
    let manifest = std::fs::read_to_string(run.join("manifest.json")).unwrap();
    let planted = |name: &str, manifest: &str| {
        let folder = fixture.tenant_folder().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("manifest.json"), manifest).unwrap();
    };
    planted("elsewhere", &manifest.replace("\"seen.json\"", "\"../../../../etc/hostname\""));
    planted("esc\u{1b}[31m", &manifest.replace("\"tool\": \"", "\"tool\": \"\\u001b[2J\\nFORGED "));
    #[cfg(unix)]
    {
        let pipe = fixture.tenant_folder().join("pipe");
        std::fs::create_dir(&pipe).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(pipe.join("manifest.json")).status().unwrap().success());
    }
    let document = fixture.json(&["list"]);
    let left_out: Vec<&str> = document["left_out"].as_array().unwrap().iter().map(|odd| odd["path"].as_str().unwrap()).collect();
    assert!(left_out.iter().any(|path| path.ends_with("elsewhere")), "{left_out:?}");
    for arguments in [&["list"][..], &["show", "esc\u{1b}[31m"], &["trend"]] {
        let mut command = maascan();
        let output = command.arg("runs").args(arguments).arg("--store").arg(fixture.store()).assert().success().get_output().clone();
        let said = text(&output.stdout);
        assert!(!said.contains('\u{1b}') && !said.contains("\nFORGED"), "{said}");
    }
}

/// The disk is full at any point of the writing: a limit on the size of files stands for that.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_store_as_it_was() {
    let fixture = Fixture::new();
    fixture.keep(&fixture.later(0, |_| {}), &[]).success();
    let next = fixture.later(1, |_| {});
    for blocks in [0, 4, 64, 200] {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let output = std::process::Command::new("bash")
            .args(["-c", &script, "bash", env!("CARGO_BIN_EXE_maascan"), "assess"])
            .arg(&next)
            .args(["--allow-incomplete", "--format", "table", "--days", "7", "--store"])
            .arg(fixture.store())
            .output()
            .unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{blocks}: {said}");
        assert!(said.contains("cannot write") && said.contains("hint: "), "{said}");
        assert_eq!(fixture.listed(), ["2026-11-02T060000Z"]);
        let left = std::fs::read_dir(fixture.tenant_folder()).unwrap().count();
        assert_eq!(left, 1, "{blocks}: something is left");
    }
}

#[test]
fn wrong_use_is_refused_before_the_long_work() {
    let fixture = Fixture::new();
    let snapshot = fixture.later(0, |_| {});
    let refused = |arguments: &[&str], word: &str| {
        let output = maascan().args(arguments).assert().code(2).get_output().clone();
        assert!(text(&output.stderr).contains(word), "{arguments:?}: {}", text(&output.stderr));
    };
    let (file, missing) = (snapshot.to_str().unwrap().to_owned(), fixture.path("missing").to_str().unwrap().to_owned());
    refused(&["assess", &file, "--store", &file], "cannot write to store");
    refused(&["assess", &file, "--fail-on", "new:high"], "--store DIR");
    refused(&["assess", &file, "--fail-on", "new:never"], "severities are");
    refused(&["assess", &file, "--keep", "3"], "--store");
    refused(&["runs", "list", "--store", &missing], "not a store");
    refused(&["runs", "show", "nothing", "--store", fixture.folder.path().to_str().unwrap()], "no such run");
    refused(&["runs", "show", "--store", fixture.folder.path().to_str().unwrap()], "no runs in");
    refused(&["diff"], "two runs are compared");
    refused(&["diff", &file, &missing], "cannot read snapshot");
}
