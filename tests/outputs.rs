//! Where reports go: several of them in one run, each whole or not at all, and what is said when one cannot be written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use assert_cmd::Command;
use common::{collected, files, maascan, rows, text};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The snapshot of the demo's tenant, collected once for all tests here.
fn snapshot() -> &'static Path {
    static SNAPSHOT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = SNAPSHOT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = collected(folder.path(), &[]);
        (folder, path)
    });
    path
}

fn assess(arguments: &[&str]) -> Command {
    let mut command = maascan();
    command.arg("assess").arg(snapshot()).arg("--allow-incomplete").args(arguments);
    command
}

/// `FORMAT=FILE` for a file of a folder.
fn to(format: &str, folder: &Path, name: &str) -> String {
    format!("{format}={}", folder.join(name).display())
}

/// Runs a command that must fail, and gives back its one line of error and its hint.
fn refused(mut command: Command, status: i32) -> String {
    let output = command.assert().code(status).get_output().clone();
    let said = text(&output.stderr);
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ") || line.starts_with("hint: ")).collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn several_outputs_of_one_run_say_what_each_says_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let out = at.join("report");
    let mut command = assess(&["--format", "csv:gates", "--out"]);
    command.arg(&out).arg("--xlsx").arg(at.join("w.xlsx"));
    let outputs = [("json", "a.json"), ("csv:findings", "f.csv"), ("csv", "new/folder/c.csv"), ("markdown", "m.md"), ("table", "t.txt")];
    for (format, name) in outputs {
        command.arg("--output").arg(to(format, at, name));
    }
    let output = command.assert().success().get_output().clone();
    let report = files(&out);
    assert_eq!(output.stdout, report["gates.csv"]);
    for (name, same) in
        [("a.json", "assessment.json"), ("f.csv", "findings.csv"), ("new/folder/c.csv", "automations.csv"), ("m.md", "summary.md")]
    {
        assert!(std::fs::read(at.join(name)).unwrap() == report[same], "{name}");
    }
    let said = text(&output.stderr);
    for (what, name) in [("reports written to", "report"), ("written:", "w.xlsx"), ("written:", "a.json"), ("written:", "new/folder/c.csv")]
    {
        assert!(said.contains(&format!("{what} {}\n", at.join(name).display())), "{said}");
    }
    let table = std::fs::read_to_string(at.join("t.txt")).unwrap();
    assert!(table.lines().next().unwrap().contains("automations can write to Intune"));
    assert!(!report.contains_key("report.xlsx") && !text(&report["manifest.json"]).contains("xlsx"), "the workbook is asked for by name");
}

#[test]
fn the_workbook_of_two_runs_is_byte_for_byte_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let made = ["one.xlsx", "two.xlsx"].map(|name| {
        let path = folder.path().join(name);
        assess(&["--xlsx"]).arg(&path).assert().success();
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        std::fs::read(path).unwrap()
    });
    assert!(made[0] == made[1]);
}

#[cfg(unix)]
#[test]
fn single_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    assess(&["--output", &to("json", folder.path(), "a.json"), "--xlsx"]).arg(folder.path().join("w.xlsx")).assert().success();
    for name in ["a.json", "w.xlsx"] {
        assert_eq!(std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn csv_is_laid_out_as_asked_and_the_manifest_says_how() {
    let folder = tempfile::tempdir().unwrap();
    let usual = folder.path().join("usual");
    let other = folder.path().join("other");
    assess(&["--out"]).arg(&usual).assert().success();
    let shown = assess(&["--csv-bom", "--csv-separator", ";", "--format", "csv", "--out"]).arg(&other).assert().success();
    let (usual, other) = (files(&usual), files(&other));
    assert_eq!(shown.get_output().stdout, other["automations.csv"]);
    let manifest = |files: &std::collections::BTreeMap<String, Vec<u8>>| -> serde_json::Value {
        serde_json::from_slice(&files["manifest.json"]).unwrap()
    };
    assert_eq!(manifest(&usual)["csv"], serde_json::json!({"separator": ",", "byte_order_mark": false}));
    let manifest = manifest(&other);
    assert_eq!(manifest["csv"], serde_json::json!({"separator": ";", "byte_order_mark": true}));
    for file in manifest["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        let bytes = &other[name];
        assert_eq!(file["bytes"], bytes.len());
        if !name.ends_with(".csv") {
            assert!(*bytes == usual[name], "{name} is no CSV");
            continue;
        }
        assert!(bytes.starts_with(b"\xef\xbb\xbf"), "{name}");
        let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(bytes.as_slice());
        let read: Vec<std::collections::BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
        assert_eq!(file["rows"], read.len());
        assert!(read == rows(&usual[name]), "{name}: the cells are the same");
    }
    let tabs = assess(&["--csv-separator", "tab", "--format", "csv:coverage"]).assert().success().get_output().stdout.clone();
    assert!(tabs.starts_with(b"dataset\tstate\titems\tgap\t"));
    assess(&["--csv-separator", "|"]).assert().code(2);
}

#[test]
fn outputs_that_make_no_sense_are_refused_before_anything_is_read() {
    let tenant = common::Tenant::start(maascan::simulator::Settings::default());
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("folder")).unwrap();
    std::fs::write(at.join("file"), "mine").unwrap();
    let below = to("json", at, "file/a.json");
    let taken = to("json", at, "folder");
    let inside = to("csv", at, "out/findings.csv");
    let out = at.join("out").display().to_string();
    let wrong: [(&[&str], &str); 9] = [
        (&["--output", "json"], "json=assessment.json"),
        (&["--output", "yaml=a"], "no such format"),
        (&["--output", "json=-"], "--format json"),
        (&["--format", "xlsx"], "--output xlsx=FILE"),
        (&["--format", "csv:finding"], "automations, findings"),
        (&["--output", &below], "cannot write to folder"),
        (&["--output", &taken], "is a folder, not a regular file"),
        (&["--out", &out, "--output", &inside], "two outputs for one path"),
        (&["--xlsx", "-"], "name a file"),
    ];
    for (arguments, expected) in wrong {
        let output = tenant.command("scan").args(arguments).assert().code(2).stdout("").get_output().clone();
        let said = text(&output.stderr);
        assert!(said.starts_with("error: ") && said.contains(expected), "{arguments:?}: {said}");
    }
    assert!(tenant.requests().is_empty());
    assert_eq!(files(&at.join("folder")).len(), 0);
    assert_eq!(std::fs::read(at.join("file")).unwrap(), b"mine");
    assert!(!at.join("out").exists());
}

#[cfg(unix)]
#[test]
fn what_is_read_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("assessment.json");
    std::fs::copy(snapshot(), &copy).unwrap();
    let before = tree(folder.path());
    let copy_name = copy.to_str().unwrap();
    let output = |format: &str| vec!["--output".to_owned(), to(format, folder.path(), "./assessment.json")];
    let out = vec!["--out".to_owned(), folder.path().display().to_string()];
    for arguments in [output("json"), output("xlsx"), out.clone()] {
        let mut command = maascan();
        command.args(["assess", copy_name, "--allow-incomplete"]).args(&arguments);
        assert!(refused(command, 2).contains("would replace what is read"), "{arguments:?}");
    }
    for option in ["--baseline", "--exclusions", "--config", "--waivers"] {
        std::fs::write(folder.path().join("empty"), "").unwrap();
        let name = if option == "--baseline" { copy_name.to_owned() } else { folder.path().join("empty").display().to_string() };
        let mut command = assess(&[option, &name]);
        command.arg("--output").arg(format!("csv={name}"));
        let said = refused(command, 2);
        assert!(said.contains("would replace what is read") || option == "--exclusions", "{option}: {said}");
        std::fs::remove_file(folder.path().join("empty")).unwrap();
    }
    assert!(tree(folder.path()) == before);
}

#[test]
fn what_stands_in_the_place_of_a_report_is_found_before_the_long_work() {
    for name in ["report.html", "manifest.json"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(name)).unwrap();
        // Nothing listens there: a run that came so far as to sign in would end with status 4.
        let mut command = maascan();
        let nowhere = "http://127.0.0.1:9";
        command.args(["scan", "--graph-endpoint", nowhere, "--login-endpoint", nowhere]).env("MAASCAN_ACCESS_TOKEN", "x.y.z");
        command.arg("--out").arg(folder.path());
        assert!(refused(command, 2).contains("is a folder, not a regular file"), "{name}");
    }
}

#[test]
fn what_a_killed_run_left_goes_away_a_day_later() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join(".maascan-abcdef.tmp");
    let young = folder.path().join(".maascan-ghijkl.tmp");
    std::fs::write(&left, "half a repo").unwrap();
    std::fs::write(&young, "half a repo").unwrap();
    let two_days = std::time::Duration::from_secs(48 * 60 * 60);
    std::fs::File::options().write(true).open(&left).unwrap().set_modified(std::time::SystemTime::now() - two_days).unwrap();
    assess(&["--out"]).arg(folder.path()).assert().success();
    assert!(!left.exists() && young.exists());
}

#[test]
fn a_report_is_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    assess(&["--out"]).arg(folder.path()).assert().success();
    let report = folder.path().join("assessment.json");
    let mut command = maascan();
    command.arg("assess").arg(&report);
    let said = refused(command, 2);
    assert!(said.contains("a report, not a snapshot") && said.contains("maascan collect -o"), "{said}");
    let mut command = assess(&["--baseline"]);
    command.arg(&report);
    assert!(refused(command, 2).contains("a report, not a snapshot"));
}

#[test]
fn a_link_is_not_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link.json");
    std::fs::write(folder.path().join("theirs"), "mine").unwrap();
    std::os::unix::fs::symlink("theirs", &link).unwrap();
    let said = refused(assess(&["--output", &format!("json={}", link.display())]), 2);
    assert!(said.contains("is a symbolic link, not a regular file"), "{said}");
    assert_eq!(std::fs::read(folder.path().join("theirs")).unwrap(), b"mine");
}

/// Every file below a folder, temporary ones too, by its path from there.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(&path).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { found.push((path.clone(), std::fs::read(&path).unwrap())) }
        }
    }
    found.sort();
    found
}

/// The program with at most so many KiB to a file: writes beyond fail with EFBIG, as they fail with ENOSPC where a disk is full.
#[cfg(target_os = "linux")]
fn limited(kibibytes: usize, arguments: &[String]) -> Command {
    let mut command = Command::new("bash");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\""]).arg(kibibytes.to_string()).arg(env!("CARGO_BIN_EXE_maascan"));
    command.args(arguments);
    command
}

/// With less and less room the first file, then a later one does not fit. Nothing of the run is there then, and what an
/// earlier run left is untouched.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("report")).unwrap();
    std::fs::write(at.join("report/notes.txt"), "theirs").unwrap();
    let everything = |out: &str| -> Vec<String> {
        let mut arguments = vec!["assess".to_owned(), snapshot().display().to_string(), "--allow-incomplete".to_owned()];
        arguments.extend(["--out".to_owned(), at.join(out).display().to_string()]);
        arguments.extend(["--xlsx".to_owned(), at.join("w.xlsx").display().to_string()]);
        arguments.extend(["--output".to_owned(), to("csv:coverage", at, &format!("{out}-more/c.csv"))]);
        arguments
    };
    let mut failures = 0;
    let mut largest_refused = String::new();
    for kibibytes in [0, 1, 8, 64, 256] {
        let before = tree(at);
        for out in ["report", "new"] {
            let said = refused(limited(kibibytes, &everything(out)), 4);
            assert!(said.contains("cannot write report: ") && said.contains("File too large"), "{kibibytes} KiB: {said}");
            largest_refused = said;
            failures += 1;
        }
        assert_eq!(tree(at), before, "{kibibytes} KiB");
        assert!(!at.join("new").exists() && !at.join("new-more").exists(), "folders made for nothing are gone");
    }
    assert_eq!(failures, 10);
    assert!(largest_refused.contains("assessment.json") || largest_refused.contains("findings.csv"), "a later file: {largest_refused}");
    limited(1_000_000, &everything("report")).assert().success();
    let after = tree(at);
    assert!(after.iter().any(|(path, _)| path.ends_with("report/manifest.json")));
    assert!(after.iter().all(|(path, _)| path.extension().is_none_or(|ending| ending != "tmp")));
    assert_eq!(std::fs::read(at.join("report/notes.txt")).unwrap(), b"theirs", "foreign files are kept");
}

/// A file system that takes nothing, which holds for the superuser too.
#[cfg(target_os = "linux")]
#[test]
fn a_place_that_takes_nothing_is_found_before_the_long_work() {
    for arguments in [["--output", "json=/proc/a.json"], ["--xlsx", "/proc/new/a.xlsx"], ["--out", "/proc/report"]] {
        let said = refused(assess(&arguments), 2);
        assert!(said.contains("cannot write to folder: /proc"), "{said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_that_is_full_is_said_and_the_files_are_written_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_maascan"))
        .env_clear()
        .arg("assess")
        .arg(snapshot())
        .args(["--allow-incomplete", "--format", "json", "--out"])
        .arg(folder.path().join("report"))
        .stdout(full)
        .stderr(std::process::Stdio::piped())
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("error: cannot write to standard output: No space left on device") && said.contains("\nhint: "), "{said}");
    assert!(folder.path().join("report/manifest.json").is_file());
}

/// Killed at many moments, the last of them after the end: no file is there in part. A manifest, if there is one, vouches for
/// every file it names.
#[cfg(unix)]
#[test]
fn killed_in_the_middle_no_file_is_there_in_part() {
    use sha2::{Digest, Sha256};
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let whole = at.join("whole");
    let start = std::time::Instant::now();
    assess(&["--out"]).arg(&whole).arg("--xlsx").arg(whole.join("w.xlsx")).assert().success();
    let took = start.elapsed();
    let expected = files(&whole);
    let (mut none, mut some, mut all) = (0, 0, 0);
    for step in 0..12 {
        let out = at.join(format!("killed-{step}"));
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_maascan"))
            .env_clear()
            .arg("assess")
            .arg(snapshot())
            .args(["--allow-incomplete", "--out"])
            .arg(&out)
            .arg("--xlsx")
            .arg(out.join("w.xlsx"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(took * step / 9);
        let _ = child.kill();
        child.wait().unwrap();
        let found = if out.exists() { files(&out) } else { std::collections::BTreeMap::new() };
        let named: Vec<_> = found.iter().filter(|(name, _)| !name.ends_with(".tmp")).collect();
        for (name, bytes) in &named {
            assert!(expected[*name] == **bytes, "{name} after step {step}");
        }
        if let Some(manifest) = found.get("manifest.json") {
            let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
            for file in manifest["files"].as_array().unwrap() {
                let hash: String =
                    Sha256::digest(&found[file["name"].as_str().unwrap()]).iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(file["sha256"], hash);
            }
        }
        match named.len() {
            0 => none += 1,
            count if count == expected.len() => all += 1,
            _ => some += 1,
        }
    }
    assert!(none > 0 && all > 0, "{none} too early, {some} in between, {all} too late");
}

#[test]
fn the_terminal_names_what_holds_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let shown = |arguments: &[&str]| text(&assess(arguments).assert().success().get_output().stdout);
    assert!(shown(&[]).contains("20 of 65 automations shown: --out DIR or --format csv has the rest"));
    let out = folder.path().join("report").display().to_string();
    assert!(shown(&["--out", &out]).contains("automations shown: see automations.csv for the rest"));
    let file = to("csv", folder.path(), "a.csv");
    assert!(shown(&["--output", &file]).contains("automations shown: see the CSV of automations for the rest"));
}

#[test]
fn scan_and_demo_take_the_same_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = common::Tenant::start(maascan::simulator::Settings::default());
    let [scanned, shown] = ["scan.csv", "demo.csv"].map(|name| to("csv:findings", folder.path(), name));
    tenant.command("scan").args(["--allow-incomplete", "--csv-bom", "--output", &scanned]).assert().success();
    let out = folder.path().join("demo");
    maascan().args(["demo", "--csv-bom", "--output", &shown, "--out"]).arg(&out).assert().success();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("demo.csv") == read("demo/findings.csv") && read("demo.csv").starts_with(b"\xef\xbb\xbf"));
    assert!(read("scan.csv").starts_with(b"\xef\xbb\xbf") && read("scan.csv").len() > 10_000);
    let dry = text(&tenant.command("scan").args(["--dry-run=10", "--output", &scanned]).assert().code(2).get_output().stderr);
    assert!(dry.contains("cannot be used with"), "{dry}");
}
