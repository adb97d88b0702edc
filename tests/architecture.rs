//! Holds the house of the design: which room may import which, and which crate lives in which room.
//! Reads the source as text, so that a room which compiles by accident of `pub` is caught all the same.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms that it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("snapshot", &[]),
    ("catalogue", &["snapshot"]),
    ("graph", &[]),
    ("collect", &["graph", "snapshot"]),
    ("evidence", &["catalogue", "snapshot"]),
    ("assess", &["catalogue", "evidence", "snapshot"]),
    ("rules", &["assess", "snapshot"]),
    ("report", &["assess", "catalogue", "snapshot"]),
    ("simulator", &[]),
    ("cli", &["assess", "catalogue", "collect", "graph", "report", "rules", "simulator", "snapshot"]),
];

/// Each crate that is confined, and the files or folders under `src` where it may be named.
const CONFINED: &[(&str, &[&str])] = &[
    ("anyhow", &["cli/"]),
    ("clap", &["cli/"]),
    ("indicatif", &["cli/progress.rs"]),
    ("terminal_size", &["cli/output.rs"]),
    ("tracing_subscriber", &["cli/output.rs"]),
    ("reqwest", &["graph/"]),
    ("rustls", &["graph/"]),
    ("secrecy", &["graph/"]),
    ("httpdate", &["graph/"]),
    ("axum", &["simulator/"]),
    ("fastrand", &["simulator/"]),
    ("cel", &["rules/expr.rs", "rules/expr/"]),
    ("comfy_table", &["report/table.rs"]),
    ("csv", &["report/csv.rs"]),
    ("zstd", &["snapshot/store.rs"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&root).unwrap().to_owned(), code(&text)));
            }
        }
    }
    assert!(found.len() > 30, "the sources were not found");
    found
}

/// The file without its comments and without its tests, which may look anywhere.
fn code(text: &str) -> String {
    let shipped = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The room of a file; none for `lib.rs`, `main.rs` and for files that exist for tests only.
fn room(path: &Path) -> Option<&str> {
    let first = path.components().next()?.as_os_str().to_str()?;
    let test_only = path.components().any(|part| part.as_os_str().to_string_lossy().contains("test"));
    (!first.ends_with(".rs") && !test_only).then_some(first)
}

/// Rooms that a text names as `crate::room`, also within `use crate::{…}`.
fn imported(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        rooms.extend(names.iter().map(|name| word(name.trim())).filter(|name| ROOMS.iter().any(|(room, _)| room == name)));
    }
    rooms
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

#[test]
fn rooms_import_only_what_the_design_allows() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(room) = room(&path) else { continue };
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: no such room in the design: {room}", path.display()));
            continue;
        };
        for import in imported(&text) {
            if import != room && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{}: {room} must not import {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_of_the_design_is_there() {
    let found: BTreeSet<String> = sources().iter().filter_map(|(path, _)| room(path).map(str::to_owned)).collect();
    assert_eq!(found, ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect());
}

#[test]
fn heavy_crates_stay_in_their_room() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if room(&path).is_none() {
            continue;
        }
        for (name, homes) in CONFINED {
            let at_home = homes.iter().any(|home| path.to_string_lossy().starts_with(home));
            if !at_home && names_crate(&text, name) {
                wrong.push(format!("{}: {name} belongs in {}", path.display(), homes.join(" or ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a text uses a crate by a path: `name::`, not part of a longer word or of a path of ours.
fn names_crate(text: &str, name: &str) -> bool {
    // `csv::` may also be a sibling file that was imported as such.
    let sibling = text
        .lines()
        .any(|line| line.starts_with("use super::") && line.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name));
    if sibling {
        return false;
    }
    let path = format!("{name}::");
    text.match_indices(&path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':')
    })
}

#[test]
fn nothing_prints_but_the_command_line() {
    for (path, text) in sources() {
        if room(&path).is_some_and(|room| room != "cli") {
            for printer in ["println!", "print!(", "eprint", "io::stdout", "io::stderr"] {
                assert!(!text.contains(printer), "{}: {printer}", path.display());
            }
        }
    }
}

#[test]
fn files_stay_readable() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 600, "{}: {lines} lines: is it one thing?", path.display());
    }
}

#[test]
fn the_checks_themselves_see_what_they_look_for() {
    assert_eq!(imported("use crate::{graph, collect::Progress};\nlet x = crate::assess::y();").len(), 3);
    assert!(names_crate("use csv::Writer;", "csv") && !names_crate("crate::report::csv::x", "csv") && !names_crate("my_csv::x", "csv"));
    assert!(!code("fn a() {}\n// crate::cli\n#[cfg(test)]\nmod tests { use crate::cli; }").contains("cli"));
}
