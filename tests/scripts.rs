//! `maascan scripts`, end to end, on scripts of our own: each shows one of the difficulties that real automations have.
//!
//! A fixture says itself what is in it: `MAA: workload operation` on the line of the call, several parted by commas; `AUTH:`,
//! `APPROVAL:` and `PROBLEM:` for the whole file. What it does not say must not be found.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{maascan, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

/// Every script below a folder.
fn fixtures(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { fixtures(&path) } else { vec![path] };
    entries.flat_map(below).filter(|path| path.extension().unwrap() != "psd1").collect()
}

fn json(arguments: &[&str]) -> Value {
    let out = maascan().arg("scripts").args(arguments).args(["--format", "json"]).output().unwrap();
    assert!(out.status.success(), "{}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn marked<'t>(source: &'t str, word: &str) -> Vec<(usize, &'t str)> {
    let lines = source.lines().enumerate();
    let found = lines.filter_map(|(at, line)| line.split_once(word).map(|(_, rest)| (at + 1, rest)));
    found.map(|(line, rest)| (line, rest.trim_matches([' ', '"', ':', ',', '}']))).collect()
}

fn expected(source: &str) -> BTreeSet<(usize, String)> {
    let writes = marked(source, "MAA: ").into_iter().flat_map(|(line, rest)| {
        let rest = rest.split('"').next().unwrap();
        rest.split(", ").map(move |write| (line, write.trim().to_owned())).collect::<Vec<_>>()
    });
    writes.collect()
}

fn found(file: &Value) -> BTreeSet<(usize, String)> {
    let writes = file["writes"].as_array().unwrap().iter();
    let say = |write: &Value| format!("{} {}", write["workload"].as_str().unwrap(), write["operation"].as_str().unwrap());
    writes.map(|write| (usize::try_from(write["line"].as_u64().unwrap()).unwrap(), say(write))).collect()
}

#[test]
fn every_difficulty_is_mastered_in_every_language_that_has_it() {
    let report = json(&[folder().to_str().unwrap()]);
    let files = report["files"].as_array().unwrap();
    assert_eq!(files.len(), fixtures(&folder()).len(), "a fixture was not read");
    let mut wrong = Vec::new();
    for file in files {
        let path = file["path"].as_str().unwrap();
        let source = fs::read_to_string(path).unwrap();
        let (expected, found) = (expected(&source), found(file));
        let name = Path::new(path).file_name().unwrap().to_string_lossy().into_owned();
        wrong.extend(expected.difference(&found).map(|(line, write)| format!("{name}:{line}: missed: {write}")));
        wrong.extend(found.difference(&expected).map(|(line, write)| format!("{name}:{line}: not there: {write}")));
        for (mark, member) in [("AUTH\": \"", "auth"), ("AUTH: ", "auth"), ("APPROVAL: ", "approval")] {
            for (_, said) in marked(&source, mark) {
                let words: BTreeSet<&str> =
                    file["writes"].as_array().unwrap().iter().map(|write| write[member].as_str().unwrap()).collect();
                if words != BTreeSet::from([said]) && !expected.is_empty() {
                    wrong.push(format!("{name}: {member}: {words:?} instead of {said}"));
                }
            }
        }
        let kinds: BTreeSet<&str> = file["problems"].as_array().unwrap().iter().map(|problem| problem["kind"].as_str().unwrap()).collect();
        let told: BTreeSet<&str> = marked(&source, "PROBLEM: ").into_iter().map(|(_, kind)| kind).collect();
        if kinds != told {
            wrong.push(format!("{name}: problems {kinds:?} instead of {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_files_give_the_same_bytes_by_any_number_of_threads() {
    let folder = folder();
    let run =
        |threads: &str| maascan().args(["scripts", folder.to_str().unwrap(), "--format", "json", "--threads", threads]).output().unwrap();
    assert_eq!(run("1").stdout, run("7").stdout);
}

#[test]
fn files_named_one_by_one_in_any_order_say_the_same() {
    let mut named: Vec<String> = fixtures(&folder()).iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let run = |paths: &[String], threads: &str| {
        let out = maascan().arg("scripts").args(paths).args(["--format", "json", "--threads", threads]).output().unwrap();
        serde_json::from_slice::<Value>(&out.stdout).unwrap()["files"].clone()
    };
    let whole = run(&[folder().to_string_lossy().into_owned()], "2");
    named.sort();
    assert_eq!(run(&named, "1"), whole);
    named.reverse();
    assert_eq!(run(&named, "3"), whole);
    named.rotate_left(17);
    assert_eq!(run(&named, "2"), whole);
}

#[test]
fn imports_are_followed_within_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    // A circle, files that import everything of one another, and more files than are followed.
    put("a.py", "from b import go\nfrom c import last\ndef start(key):\n    go('DELETE', f'deviceManagement/deviceCategories/{key}')\n");
    put(
        "b.py",
        "from a import start\nimport requests\ndef go(verb, place):\n    start(place)\n    requests.request(verb, 'https://graph.microsoft.com/beta/' + place)\n",
    );
    let stars: String = (0..60).map(|other| format!("from s{other} import *\n")).collect();
    (0..60).for_each(|file| put(&format!("s{file}.py"), &format!("{stars}def f{file}(x):\n    f{}(x)\n", (file + 1) % 60)));
    put("star.py", &format!("{stars}f1('deviceManagement')\nnobody('deviceManagement')\n"));
    let sourced: String = (0..60).map(|other| format!(". $PSScriptRoot\\p{other}.ps1\n")).collect();
    (0..60).for_each(|file| put(&format!("p{file}.ps1"), &format!("{sourced}function F{file} {{ F{} }}\n", file + 1)));
    put("p.ps1", &format!("{sourced}F1 deviceManagement\n. ../../../../../../etc/passwd\n. /etc/profile\n"));
    let begun = std::time::Instant::now();
    let out = maascan().args(["scripts", folder.path().to_str().unwrap(), "--format", "json"]).output().unwrap();
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let files = report["files"].as_array().unwrap();
    let file = |name: &str| files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap();
    assert_eq!(found(file("/a.py")), BTreeSet::from([(4, "tenantConfiguration delete".to_owned())]));
    assert_eq!(found(file("/b.py")), BTreeSet::from([(4, "tenantConfiguration delete".to_owned())]), "through a.py");
    assert_eq!(file("/p.ps1")["problems"][0]["kind"], "bounded");
    assert!(!files.iter().any(|file| file["path"].as_str().unwrap().contains("etc")));
}

#[test]
fn sarif_keeps_to_the_standard() {
    let out = maascan().args(["scripts", folder().to_str().unwrap(), "--format", "sarif"]).output().unwrap();
    assert!(out.status.success());
    assert_eq!(common::problems(&common::sarif_schema(), &out.stdout), Vec::<String>::new());
}

#[test]
fn bad_input_is_said_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let call = "Invoke-MgGraphRequest -Method DELETE -Uri \"/beta/deviceAppManagement/mobileApps/$id\"\n";
    put("binary.ps1", b"\x7fELF\0\0\0\0intune\0\0");
    put("broken.ps1", format!("function {{ ((( \n{call}").as_bytes());
    put("deep.ps1", format!("{}'deviceManagement'{}", "@(".repeat(3_000), ")".repeat(3_000)).as_bytes());
    let write = "Invoke-MgGraphRequest -Method DELETE -Uri https://graph.microsoft.com/beta/deviceManagement/roleDefinitions/1";
    put("pipes.ps1", format!("$u={}\n{write}\n", vec!["foo"; 50_000].join("|")).as_bytes());
    put("assignments.ps1", format!("{}1\n{write}\n", "$u=".repeat(50_000)).as_bytes());
    put("deep.json", "{\"actions\":".repeat(50_000).as_bytes());
    put("huge.ps1", "#".repeat(2 * 1024 * 1024).as_bytes());
    put("wide.ps1", explosion().as_bytes());
    let sixteen: Vec<u8> = [0xff, 0xfe].into_iter().chain(call.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    put("sixteen.ps1", &sixteen);
    fs::create_dir(folder.path().join("node_modules")).unwrap();
    put("node_modules/a.js", b"fetch('https://graph.microsoft.com/beta/deviceAppManagement/mobileApps', {method: 'POST'})");
    put(".gitignore", b"ignored.ps1\n");
    put("ignored.ps1", call.as_bytes());
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    let begun = std::time::Instant::now();
    let out = maascan().args(["scripts", folder.path().to_str().unwrap(), "--format", "json", "--max-size", "1"]).output().unwrap();
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert_eq!(out.status.code(), Some(3), "{}", text(&out.stderr));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let kinds = |name: &str| -> Vec<String> {
        let file = report["files"].as_array().unwrap().iter().find(|file| file["path"].as_str().unwrap().ends_with(name));
        let file = file.unwrap_or_else(|| panic!("{name} is not listed"));
        let writes = file["writes"].as_array().unwrap().iter().map(|write| write["workload"].as_str().unwrap().to_owned());
        let problems = file["problems"].as_array().unwrap().iter().map(|problem| problem["kind"].as_str().unwrap().to_owned());
        writes.chain(problems).collect()
    };
    assert_eq!(kinds("binary.ps1"), ["binary"]);
    assert_eq!(kinds("broken.ps1"), ["app", "syntax"]);
    assert!(kinds("deep.ps1").contains(&"bounded".to_owned()));
    assert_eq!(kinds("pipes.ps1"), ["role", "bounded"]);
    assert_eq!(kinds("assignments.ps1"), ["role", "bounded"]);
    assert_eq!(kinds("huge.ps1"), ["too-large"]);
    assert!(kinds("wide.ps1").contains(&"bounded".to_owned()));
    assert_eq!(kinds("sixteen.ps1"), ["app"]);
    assert!(!text(&out.stdout).contains("ignored.ps1") && !text(&out.stdout).contains("node_modules"));
}

/// Texts that double with each line, in branches, in functions that call one another.
fn explosion() -> String {
    let mut script = String::from("$a = 'deviceManagement'\n$l = @()\n");
    for line in 0..400 {
        script.push_str(&format!("if ($x{line}) {{ $a = \"$a/$a{line}\"; $l += $a }} else {{ $a = \"$a$a\" }}\n"));
        script.push_str(&format!("function f{line} {{ param($p) f{} \"$p$p\"; f{} $p }}\n", line + 1, line + 2));
    }
    script.push_str("f0 $a\nforeach ($b in $l) { foreach ($c in $l) { foreach ($d in $l) { irm \"$b$c$d\" -Method Delete } } }\n");
    script
}

#[test]
fn wrong_usage_is_met_with_a_hint() {
    let out = maascan().args(["scripts", "no/such/folder"]).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("no such file or folder: no/such/folder\nhint: "), "{}", text(&out.stderr));
    let fixture = folder().join("04-odd-addresses.ps1");
    let status = |what: &str| maascan().args(["scripts", fixture.to_str().unwrap(), "--fail-on", what]).output().unwrap().status.code();
    assert_eq!((status("never"), status("refused"), status("may-be-refused")), (Some(0), Some(1), Some(1)));
}
