//! The inputs that the fuzz targets (`tests/fuzz`) keep, and the fixtures, through every reader: what once made one fail, or is
//! unlike everything else, is read again with every run of the tests, without a fuzzer.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(unreachable_pub, reason = "the entry is public for the fuzz targets, which are another crate")]

#[path = "fuzz/src/entry.rs"]
mod entry;

use maascan::{catalogue, scripts};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// As much as the readers are given by the program.
const STACK: usize = 48 * 1024 * 1024;

/// Longest time for one input. The fuzzer allows ten seconds, with optimisation.
const LONGEST: Duration = Duration::from_secs(60);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The files in a folder and below it, in order of their paths.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn replay(target: &'static str, inputs: Vec<PathBuf>) {
    let read = move || {
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            let begun = Instant::now();
            entry::run(target, &bytes);
            assert!(begun.elapsed() < LONGEST, "{target}: {} took {:?}", input.display(), begun.elapsed());
        }
    };
    thread::Builder::new().stack_size(STACK).spawn(read).unwrap().join().unwrap_or_else(|_| panic!("{target} failed"));
}

#[test]
fn every_kept_input_is_read_without_a_fault() {
    for target in entry::TARGETS {
        let kept = files(&folder("fuzz/corpus").join(target));
        assert!(kept.len() > 10, "{target} keeps {} inputs", kept.len());
        replay(target, kept);
    }
}

#[test]
fn every_fixture_is_read_by_every_reader_without_a_fault() {
    for target in entry::TARGETS {
        replay(target, files(&folder("scripts")));
    }
}

#[test]
fn every_target_is_built_and_run() {
    let manifest = fs::read_to_string(folder("fuzz/Cargo.toml")).unwrap();
    let script = fs::read_to_string(folder("fuzz/run")).unwrap();
    for target in entry::TARGETS {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
        assert!(script.contains(&format!(" {target}")), "{target}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), entry::TARGETS.len());
}

/// A lock of its own must not make the fuzzer read with other parsers than the program has.
#[test]
fn the_fuzzer_has_the_same_grammars() {
    let locks = [folder("../Cargo.lock"), folder("fuzz/Cargo.lock")].map(|path| fs::read_to_string(path).unwrap());
    let pinned = locks.map(|lock| {
        let packages: Vec<String> =
            lock.split("[[package]]").filter(|package| package.contains("name = \"tree-sitter")).map(str::to_owned).collect();
        packages
    });
    assert!(pinned[0].len() >= 6, "{pinned:?}");
    assert_eq!(pinned[0], pinned[1]);
}

/// The rooms that the targets compile in as they stand, with every crate that they name.
#[test]
fn the_fuzzer_has_every_crate_of_its_rooms() {
    let manifest = fs::read_to_string(folder("fuzz/Cargo.toml")).unwrap();
    let own = fs::read_to_string(folder("../Cargo.toml")).unwrap();
    let (_, dependencies) = own.split_once("[dependencies]").unwrap();
    let (dependencies, _) = dependencies.split_once("\n[").unwrap();
    let crates: Vec<&str> = dependencies.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    let rooms = ["catalogue", "scripts", "snapshot"].map(|room| files(&folder("../src").join(room)));
    let mut named = 0;
    for file in rooms.iter().flatten().filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
        let text = fs::read_to_string(file).unwrap();
        for name in &crates {
            let path = format!("{}::", name.replace('-', "_"));
            let begins = |at: usize| !text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':');
            if text.match_indices(&path).any(|(at, _)| begins(at)) {
                named += 1;
                assert!(manifest.contains(&format!("\n{name} = ")), "{} names {name}, which tests/fuzz lacks", file.display());
            }
        }
    }
    assert!(named > 20, "{named}");
}
