//! What `maascan scripts` finds and cannot read, or reads only in part, is said, and is never taken for clean.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{maascan, text};
use serde_json::Value;
use std::fs;
use std::path::Path;

const WRITE: &str = "Invoke-MgGraphRequest -Method POST -Uri 'https://graph.microsoft.com/beta/deviceAppManagement/mobileApps' -Body $b\n";
const FLOW: &str = "{\"actions\": {\"a\": {\"inputs\": {\"method\": \"POST\", \"uri\": \"https://graph.microsoft.com/beta/deviceAppManagement/mobileApps\"}}}, \"triggers\": {}}";

/// A run: status, JSON, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let out = maascan().arg("scripts").args(arguments).args(["--format", "json"]).output().unwrap();
    (out.status.code(), serde_json::from_slice(&out.stdout).unwrap(), text(&out.stderr))
}

/// Files with the bytes given, in a folder of their own; what a run on it says.
fn of(files: &[(&str, &[u8])]) -> (Option<i32>, Value, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    run(&[folder.path().to_str().unwrap(), "--max-size", "1"])
}

/// The kinds of problems of the only file that has any, and how many writes there are in all.
fn kinds(report: &Value) -> (Vec<&str>, usize) {
    let files = report["files"].as_array().unwrap();
    let problems = files.iter().flat_map(|file| file["problems"].as_array().unwrap());
    let writes = files.iter().map(|file| file["writes"].as_array().unwrap().len()).sum();
    (problems.map(|problem| problem["kind"].as_str().unwrap()).collect(), writes)
}

#[test]
fn what_cannot_be_read_is_a_gap_whatever_its_ending() {
    let long = |before: &str, after: &str| [before.as_bytes(), &vec![b' '; 1_100_000], after.as_bytes()].concat();
    let flow = long(FLOW, "");
    let flow_at_the_end = long("", FLOW);
    let pipeline = long("steps:\n- pwsh: |\n", WRITE);
    let shebang = long("#!/bin/bash\n", "x");
    let binary = [FLOW.as_bytes(), &[0, 1, 2, 3, 0, 0, 0, 5].repeat(99)].concat();
    let packed = format!("{}fetch('deviceManagement')", "x;".repeat(20_000));
    for (name, bytes, kind) in [
        ("a.json", flow.as_slice(), "too-large"),
        ("a.json", flow_at_the_end.as_slice(), "too-large"),
        ("a.yml", pipeline.as_slice(), "too-large"),
        ("run", shebang.as_slice(), "too-large"),
        ("a.json", binary.as_slice(), "binary"),
        ("a.ps1", &[0, 1, 2, 3, 0, 0, 0, 5], "binary"),
        ("a.js", packed.as_bytes(), "minified"),
    ] {
        let (status, report, _) = of(&[(name, bytes), ("good.ps1", WRITE.as_bytes())]);
        assert_eq!((status, &report["complete"], kinds(&report)), (Some(3), &false.into(), (vec![kind], 1)), "{name} {kind}");
    }
    let lock = long("{\"name\": \"x\"}", "");
    let plain = "x;".repeat(20_000);
    for (name, bytes) in [("package-lock.json", lock.as_slice()), ("data", lock.as_slice()), ("a.js", plain.as_bytes())] {
        let (status, report, _) = of(&[(name, bytes)]);
        assert_eq!((status, kinds(&report)), (Some(0), (vec![], 0)), "{name} holds no write");
    }
}

#[test]
fn odd_bytes_do_not_hide_a_script() {
    let chinese = format!("# {}\n{WRITE}", "说明文字".repeat(300));
    let sixteen: Vec<u8> = chinese.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let thirty_two: Vec<u8> = std::iter::once('\u{feff}').chain(WRITE.chars()).flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    let zero = [WRITE.as_bytes(), &[0]].concat();
    let old = format!("# a\r{}\r", WRITE.trim_end());
    for bytes in [sixteen.as_slice(), &thirty_two, &zero, old.as_bytes()] {
        let (status, report, _) = of(&[("a.ps1", bytes)]);
        assert_eq!((status, kinds(&report)), (Some(0), (vec![], 1)));
    }
}

#[test]
fn writes_behind_broken_syntax_are_not_taken_for_none() {
    for (name, script) in [
        ("a.ps1", format!("$x = \"abc\n{WRITE}")),
        ("a.ps1", format!("$x = @'\n{WRITE}")),
        ("a.ps1", format!("<# abc\n{WRITE}")),
        ("a.ps1", format!("{WRITE}$x = \"abc\n{WRITE}")),
        ("a.py", "'''abc\nrequests.post('https://graph.microsoft.com/beta/deviceAppManagement/mobileApps')\n".to_owned()),
        ("a.json", format!("// c\n{FLOW}")),
    ] {
        let (status, report, _) = of(&[(name, script.as_bytes())]);
        assert_eq!((status, kinds(&report).0), (Some(3), vec!["not-understood"]), "{script}");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), &script).unwrap();
        let shown = maascan().arg("scripts").arg(folder.path()).output().unwrap();
        assert!(text(&shown.stdout).contains("warning: not-understood: "), "{}", text(&shown.stdout));
    }
    let (status, report, _) = of(&[("a.ps1", "$x = \"abc\nGet-Date\n# Intune\n".as_bytes())]);
    assert_eq!((status, kinds(&report)), (Some(3), (vec!["not-understood"], 0)), "it could be anything");
    let (status, ..) = of(&[("a.ps1", "$x = \"abc\nGet-Date -Uri graph\n".as_bytes())]);
    assert_eq!(status, Some(0), "nothing of Intune is in it");
}

#[test]
fn bounds_that_may_lose_a_write_are_said() {
    let list: String = (0..300).map(|at| format!("'deviceManagement/deviceCategories/{at}',\n")).collect();
    let list = format!("$l = @(\n{list}'x')\nirm -Method Delete -Uri \"https://graph.microsoft.com/beta/$($l[299])\"\n");
    let nested = format!("{}function Go {{ {WRITE} }}{}\nGo\n", "if ($a) {\n".repeat(45), "}".repeat(45));
    for script in [list, nested] {
        let (status, report, _) = of(&[("a.ps1", script.as_bytes())]);
        assert_eq!((status, kinds(&report).0), (Some(3), vec!["bounded"]), "{script}");
    }
    // The way through many files that import one another, and the last of many imports.
    let go = "function Go($p) { irm -Method Delete -Uri \"https://graph.microsoft.com/beta/$p/1\" }\n";
    let chain = |length: usize| {
        let mut files = vec![("main.ps1".to_owned(), ". ./f0.ps1\nGo deviceAppManagement/mobileApps\n".to_owned())];
        files.extend((0..length).map(|at| (format!("f{at}.ps1"), format!(". ./f{}.ps1\n", at + 1))));
        files.push((format!("f{length}.ps1"), go.to_owned()));
        files
    };
    let wide = |count: usize| {
        let imports: String = (0..count).map(|at| format!("Import-Module Az.M{at}\n")).collect();
        let main = format!("{imports}. ./go.ps1\nGo deviceAppManagement/mobileApps\n");
        vec![("main.ps1".to_owned(), main), ("go.ps1".to_owned(), go.to_owned())]
    };
    let run = |files: Vec<(String, String)>| {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        of(&files)
    };
    for files in [chain(8), wide(420)] {
        let (status, report, _) = run(files);
        assert_eq!((status, kinds(&report)), (Some(0), (vec![], 1)));
    }
    let (status, report, _) = run(chain(100));
    assert_eq!(status, Some(3));
    assert!(kinds(&report).0.contains(&"bounded"));
}

#[test]
fn a_deep_folder_is_walked() {
    let (status, report, _) = of(&[(&format!("{}a.ps1", "d/".repeat(80)), WRITE.as_bytes())]);
    assert_eq!((status, kinds(&report)), (Some(0), (vec![], 1)));
}

#[test]
fn a_path_that_is_named_twice_counts_once_however_it_is_spelled() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/a.ps1"), WRITE).unwrap();
    let absolute = folder.path().join("d");
    let absolute = absolute.to_str().unwrap();
    for paths in [["d", "./d", absolute], [absolute, "./d/../d", "d/a.ps1"]] {
        let out = maascan().current_dir(folder.path()).arg("scripts").args(paths).args(["--format", "json"]).output().unwrap();
        let report: Value = serde_json::from_slice(&out.stdout).unwrap();
        let found: Vec<&str> = report["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
        assert_eq!(found, ["d/a.ps1"]);
    }
}

#[test]
#[cfg(unix)]
fn links_and_foreign_files_are_said_and_are_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(path("d/a.ps1"), WRITE).unwrap();
    fs::write(path("x.rb"), WRITE).unwrap();
    for (link, to) in [("d/file.ps1", "a.ps1"), ("d/loop", "."), ("d/gone", "nowhere")] {
        std::os::unix::fs::symlink(to, path(link)).unwrap();
    }
    let (status, report, said) = run(&[&path("d"), &path("x.rb"), "/dev/null"]);
    assert_eq!((status, &report["complete"], kinds(&report)), (Some(0), &true.into(), (vec![], 1)));
    let names = |member: &str| -> Vec<String> {
        let all = report[member].as_array().unwrap().iter();
        all.map(|path| Path::new(path.as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(
        (names("links"), names("no_scripts")),
        (vec!["file.ps1".to_owned(), "gone".to_owned(), "loop".to_owned()], vec!["null".to_owned(), "x.rb".to_owned()],)
    );
    assert!(said.contains("note: 3 links that were not followed, such as "), "{said}");
    assert!(said.contains("note: 2 paths that were named are no scripts that are read, such as /dev/null"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_shown_alike_keep_their_order_by_any_number_of_threads() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    for (at, name) in [b"bad\xff.ps1".as_slice(), b"bad\xfe.ps1", b"bad\xfd.ps1", b"a\\b.ps1", b"a/b.ps1"].iter().enumerate() {
        let path = folder.path().join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, WRITE.replace("mobileApps'", &format!("mobileApps/1/assign' # {at}\n").repeat(at))).unwrap();
    }
    let folder = folder.path().to_str().unwrap();
    let run = |threads: &str| maascan().args(["scripts", folder, "--format", "json", "--threads", threads]).output().unwrap().stdout;
    let first = run("1");
    for round in 0..12 {
        assert_eq!(run(["2", "8", "5"][round % 3]), first);
    }
}

/// The lines on which a pipeline writes, and its problems.
fn pipeline(name: &str, yaml: &str) -> (Vec<u64>, Vec<String>) {
    let (_, report, _) = of(&[(name, yaml.as_bytes()), ("x.ps1", WRITE.as_bytes())]);
    let file = report["files"].as_array().unwrap().iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap().clone();
    let lines = file["writes"].as_array().unwrap().iter().map(|write| write["line"].as_u64().unwrap()).collect();
    (lines, file["problems"].as_array().unwrap().iter().map(|problem| problem["kind"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn every_way_to_write_a_script_in_yaml_is_read_and_its_line_told() {
    let url = "https://graph.microsoft.com/beta/deviceManagement/deviceCategories/1";
    for (step, lines) in [
        (format!("- run: >-\n          curl -X DELETE\n          '{url}'\n"), vec![5]),
        (format!("- run: >\n          echo a\n\n          curl -X DELETE\n          '{url}'\n"), vec![7]),
        (format!("- run: curl -X DELETE\n          '{url}'\n        name: x\n"), vec![4]),
        (format!("- run:\n          curl -X DELETE '{url}'\n"), vec![5]),
        (format!("- run: \"set -e\\ncurl -X DELETE \\\"{url}\\\"\\n\"\n"), vec![4]),
        (format!("- run: \"set -e\\n\n          curl -X DELETE '{url}'\"\n"), vec![5]),
        (format!("- {{run: \"curl -X DELETE '{url}'\"}}\n"), vec![4]),
        (format!("- {{name: x,\n         run: \"curl -X DELETE '{url}'\"}}\n"), vec![5]),
        (format!("- run: &r |\n          curl -X DELETE '{url}'\n      - run: *r\n"), vec![5]),
        (format!("- &s run: curl -X DELETE '{url}'\n"), vec![4]),
        ("- run: pwsh ./x.ps1\n".to_owned(), vec![4]),
        ("- run: ./scripts/x.ps1\n".to_owned(), vec![4]),
        ("- run: ${{ github.action_path }}/../x.ps1\n".to_owned(), vec![4]),
        (
            "- shell: pwsh\n        run: ${{ github.action_path }}/x.ps1 -Id ${{ inputs.id }} -Name '${{ inputs.name }}'\n".to_owned(),
            vec![5],
        ),
    ] {
        let yaml = format!("jobs:\n  a:\n    steps:\n      {step}");
        assert_eq!(pipeline(".github/workflows/a.yml", &yaml), (lines, Vec::new()), "{yaml}");
    }
    let whole = format!("jobs:\n  a:\n    steps: [{{run: \"curl -X DELETE '{url}'\"}},\n      {{run: echo}}]\n");
    assert_eq!(pipeline(".github/workflows/a.yml", &whole), (vec![3], Vec::new()));
    let anchored = format!("x-a: &r |\n  curl -X DELETE '{url}'\njobs:\n  a:\n    steps:\n      - run: *r\n");
    assert_eq!(pipeline(".github/workflows/a.yml", &anchored), (vec![2], Vec::new()));
    for lost in ["- run: *nobody\n", "- {run: \"curl\n"] {
        let yaml = format!("# {url}\njobs:\n  a:\n    steps:\n      {lost}");
        assert_eq!(pipeline(".github/workflows/a.yml", &yaml), (vec![], vec!["not-understood".to_owned()]), "{yaml}");
    }
}
