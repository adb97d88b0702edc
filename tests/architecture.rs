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
    ("engine", &["catalogue", "graph", "logs", "snapshot"]),
    ("logs", &["catalogue", "snapshot"]),
    ("evidence", &["catalogue", "snapshot"]),
    ("assess", &["catalogue", "evidence", "snapshot"]),
    ("rules", &["assess", "snapshot"]),
    ("runs", &["assess", "catalogue", "snapshot"]),
    ("scripts", &["catalogue", "snapshot"]),
    ("report", &["assess", "catalogue", "runs", "scripts", "snapshot"]),
    ("notify", &["graph", "report"]),
    ("schedule", &[]),
    ("simulator", &[]),
    (
        "cli",
        &[
            "assess",
            "catalogue",
            "collect",
            "engine",
            "graph",
            "logs",
            "notify",
            "report",
            "rules",
            "runs",
            "schedule",
            "scripts",
            "simulator",
            "snapshot",
        ],
    ),
];

/// Each crate that is confined, and the files or folders under `src` where it may be named.
const CONFINED: &[(&str, &[&str])] = &[
    ("anyhow", &["cli/"]),
    ("clap", &["cli/"]),
    ("indicatif", &["cli/progress.rs"]),
    ("terminal_size", &["cli/output.rs"]),
    ("tracing_subscriber", &["cli/output.rs"]),
    ("reqwest", &["graph/", "notify/"]),
    ("rustls", &["graph/"]),
    ("secrecy", &["graph/", "notify/"]),
    ("httpdate", &["graph/"]),
    ("axum", &["simulator/"]),
    ("fastrand", &["simulator/"]),
    ("ring", &["graph/signin/", "simulator/"]),
    ("x509_cert", &["graph/signin/", "simulator/"]),
    ("cel", &["rules/expr.rs", "rules/expr/"]),
    ("comfy_table", &["report/grid.rs", "report/table.rs"]),
    (
        "csv",
        &[
            "cli/exclusion_file.rs",
            "engine/saved.rs",
            "logs/table.rs",
            "report/calls.rs",
            "report/csv.rs",
            "report/sign_ins.rs",
            "scripts/map.rs",
        ],
    ),
    ("flate2", &["logs/packed.rs"]),
    ("glob", &["logs/inputs.rs", "scripts/map.rs"]),
    ("memchr", &["logs/", "scripts/filter.rs"]),
    ("encoding_rs", &["scripts/text.rs"]),
    ("ignore", &["scripts/walk.rs"]),
    ("tree_sitter", &["scripts/language/"]),
    ("tree_sitter_powershell", &["scripts/language/powershell/"]),
    ("tree_sitter_python", &["scripts/language/python/"]),
    ("tree_sitter_typescript", &["scripts/language/script/"]),
    ("tree_sitter_c_sharp", &["scripts/language/csharp/"]),
    ("tree_sitter_bash", &["scripts/language/shell/"]),
    ("parquet", &["report/columnar.rs"]),
    ("schemars", &["report/manifest.rs", "report/scripts/json.rs", "report/v1/"]),
    ("rust_xlsxwriter", &["report/xlsx.rs"]),
    ("maud", &["report/html/"]),
    ("zstd", &["collect/work/", "logs/packed.rs", "logs/state.rs", "snapshot/store.rs"]),
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

/// The file without its comments and without what is compiled for tests only, which may look anywhere: `mod tests;` is one
/// line, and an item with a body ends at the brace that stands as far in as its attribute (rustfmt puts it there).
fn code(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match line.find("#[cfg(test)]") {
            Some(indent) if line.trim() == "#[cfg(test)]" => skip_item(&mut lines, indent),
            _ if line.trim_start().starts_with("//") => {}
            _ => kept.push(line),
        }
    }
    kept.join("\n")
}

/// Passes over the item behind an attribute. A brace inside a string may end it too early, and then too much is looked at.
fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>, indent: usize) {
    let mut head = lines.skip_while(|line| line.trim_start().starts_with("#["));
    let Some(last) = head.find(|line| line.trim_end().ends_with([';', '{', '}'])) else { return };
    if last.trim_end().ends_with('{') {
        let end = format!("{}}}", " ".repeat(indent));
        lines.find(|line| line.trim_end() == end);
    }
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
        let names = if rest.starts_with('{') { branches(rest) } else { vec![rest] };
        rooms.extend(names.iter().map(|name| word(name)).filter(|name| ROOMS.iter().any(|(room, _)| room == name)));
    }
    rooms
}

/// The parts between the commas of `{a::{b, c}, d}`, whatever follows it; braces inside a part stay with it.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 1, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && letter == ',') {
            found.push(group[start..at].trim());
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    found.retain(|part| !part.is_empty());
    found
}

/// The names that a tree of `use` binds: `a::{b, c::{self, d as e}}` binds b, c and e.
fn bound(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    if let Some(at) = tree.find('{') {
        let parent = word(tree[..at].trim_end_matches("::").rsplit("::").next().unwrap_or_default());
        let parts = branches(&tree[at..]);
        return parts.iter().flat_map(|part| if *part == "self" { vec![parent.clone()] } else { bound(part) }).collect();
    }
    let name = tree.rsplit_once(" as ").map_or_else(|| tree.rsplit("::").next().unwrap_or_default(), |(_, alias)| alias);
    vec![word(name)]
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| is_word(*letter)).collect()
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

/// Whether a text uses a crate: by a path (`name::x`, `::name::x`), by `use name` or `extern crate name`; not as part of a
/// longer word or of a path of ours. Where a sibling file of that name was imported, a bare path means the sibling, but
/// `use name`, `::name::` and `extern crate` still mean the crate.
fn names_crate(text: &str, name: &str) -> bool {
    let sibling = imports_sibling(text, name);
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        let rooted = before.strip_suffix("::").is_some_and(|before| !before.ends_with(|letter| is_word(letter) || letter == '>'));
        let declared = [" crate ", "use "].iter().any(|keyword| before.ends_with(keyword)) || (rooted && before.ends_with("use ::"));
        let path = after.starts_with("::");
        whole && (declared || (path && (rooted || (!before.ends_with(':') && !sibling))))
    })
}

/// Whether the file declares a module of this name, or a `use super::…` binds it.
fn imports_sibling(text: &str, name: &str) -> bool {
    let declaration = format!("mod {name};");
    if text.lines().any(|line| matches!(line.strip_suffix(declaration.as_str()), Some("" | "pub " | "pub(super) "))) {
        return true;
    }
    let trees = text.match_indices("use super::").map(|(at, start)| text[at + start.len()..].split(';').next().unwrap_or_default());
    trees.flat_map(bound).any(|found| found == name)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
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
    assert_eq!(imported("use crate::{assess::{self, model::{A, B}}, graph::{C}, cli};\nfn f() {}").len(), 3);
    assert_eq!(imported("use crate::{\n    assess::{\n        graph,\n    },\n    rules,\n};").len(), 2);
}

#[test]
fn a_crate_is_told_from_a_sibling_of_its_name() {
    for used in
        ["use csv::Writer;", "use ::csv::Writer;", "use csv;", "use csv as c;", "extern crate csv;", "let x = csv::y();", "<csv::Writer>"]
    {
        assert!(names_crate(used, "csv"), "{used}");
    }
    for other in ["crate::report::csv::x", "my_csv::x", "csv_x::y", "super::csv::x", "<T as A>::csv::x", "let csv = 1;"] {
        assert!(!names_crate(other, "csv"), "{other}");
    }
    for sibling in [
        "use super::csv;",
        "use super::{Error, csv};",
        "use super::{\n    Error,\n    csv,\n};",
        "use super::a::{csv::{self, B}};",
        "mod csv;",
        "pub(super) mod csv;",
    ] {
        assert!(!names_crate(&format!("{sibling}\nfn f() {{ csv::data_rows() }}"), "csv"), "{sibling}");
        for genuine in ["use csv::Writer;", "use ::csv::Writer;", "fn g() { ::csv::Writer }", "extern crate csv;"] {
            assert!(names_crate(&format!("{sibling}\n{genuine}"), "csv"), "{sibling} {genuine}");
        }
    }
    for no_sibling in ["use super::csv::Table;", "use super::{csv_x, csv as d};", "use super::x;"] {
        assert!(names_crate(&format!("{no_sibling}\nfn f() {{ csv::x() }}"), "csv"), "{no_sibling}");
    }
}

#[test]
fn only_tests_are_left_out() {
    assert!(!code("fn a() {}\n// crate::cli\n#[cfg(test)]\nmod tests { use crate::cli; }").contains("cli"));
    let declared = "#[cfg(test)]\nmod samples;\nuse crate::a;\n#[cfg(test)]\n#[path = \"b.rs\"]\nmod tests;\nuse crate::b;";
    assert_eq!(code(declared), "use crate::a;\nuse crate::b;");
    let inline = "#[cfg(test)]\npub(super) mod reference {\n    fn x() {\n    }\n}\n\nuse crate::a;\n#[cfg(test)]\nmod tests {\n    x\n}\n";
    assert_eq!(code(inline).trim(), "use crate::a;");
    let within = "impl A {\n    #[cfg(test)]\n    fn x(\n        y: u8,\n    ) {\n        z\n    }\n\n    fn b() {}\n}";
    assert_eq!(code(within), "impl A {\n\n    fn b() {}\n}");
}
