//! The CSV files and the workbook as other programs read them: the `csv` and `calamine` crates, LibreOffice, and openpyxl. Names
//! in the tenant are chosen to be run, to be taken for numbers, or to be too long.
//!
//! Tests that need a program say so on standard error and pass where it is missing, unless `MAASCAN_REQUIRE_TOOLS=1` is set.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use calamine::{Data, Reader, Xlsx};
use common::{collected, files, maascan, text};
use maascan::snapshot;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard};

/// Names for applications and policies.
const HOSTILE: [&str; 22] = [
    "=1+1",
    "=HYPERLINK(\"http://evil.example\",\"open\")",
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r\n=1+1",
    " \u{200b}=1+1",
    "\"=1+1",
    "\",=1+1,\"",
    "a;=1+1;@x",
    "a,=1+1,@x",
    "a\t=1+1",
    "＝1+1",
    "﹦1+1",
    "_x003D_1+1",
    "a\u{fffe}b\u{ffff}",
    "👩‍💻 打包机 déployeur",
    "\u{202e}=1+1\u{202c}",
    "<t>&lt;</t>]]>",
    "'=1+1",
];

/// Names that a spreadsheet may take for a number, a date or a truth: no harm, but not what the tenant has.
const LIKE_NUMBERS: [&str; 8] = ["00123", "1e5", "2026-03", "2026-12-31", "1/2", "12:30", "TRUE", "3226064392420666"];

/// A name longer than a cell of Excel.
const LONG: usize = 40_000;

/// The tenant of the demo under such names, and what the binary makes of it.
struct Reports {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Reports {
    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

static REPORTS: LazyLock<Reports> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let file = collected(&path, &[]);
    let mut snapshot = snapshot::load(&file).unwrap();
    let mut names = HOSTILE.iter().chain(&LIKE_NUMBERS).copied().cycle();
    let mut next = || names.next().unwrap().to_owned();
    for principal in snapshot.service_principals.values_mut() {
        let long = principal.display_name == "Win32 packaging pipeline";
        principal.display_name = if long { format!("={}", "x".repeat(LONG)) } else { next() };
    }
    snapshot.access_policies.values_mut().for_each(|policy| policy.display_name = next());
    snapshot::save(&snapshot, &file).unwrap();
    for (name, layout) in [("comma", &["--csv-separator", "comma"][..]), ("semicolon", &["--csv-separator", "semicolon", "--csv-bom"])] {
        let mut command = maascan();
        command.arg("assess").arg(&file).arg("--allow-incomplete").args(layout).arg("--out").arg(path.join(name));
        command.arg("--xlsx").arg(path.join(format!("{name}.xlsx"))).assert().success();
    }
    Reports { _folder: folder, path }
});

/// The tables of a folder by name without ending: the header, then the rows.
fn tables(folder: &Path, separator: u8) -> BTreeMap<String, Vec<Vec<String>>> {
    let csv = files(folder).into_iter().filter_map(|(name, bytes)| Some((name.strip_suffix(".csv")?.to_owned(), bytes)));
    csv.map(|(name, bytes)| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(bytes.as_slice());
        let rows = reader.records().map(|row| row.unwrap().iter().map(|cell| cell.trim_start_matches('\u{feff}').to_owned()).collect());
        (name, rows.collect())
    })
    .collect()
}

/// The columns that count something; their cells may be numbers wherever text and numbers are told apart.
const COUNTS: [&str; 8] = ["writes", "blocked_calls", "rank", "lifetime_days", "age_days", "approvers", "items", "requests"];

/// Whether a program is to be used: it is there, or it has to be.
fn has(program: &str, there: bool) -> bool {
    assert!(there || std::env::var_os("MAASCAN_REQUIRE_TOOLS").is_none(), "{program} is missing, and MAASCAN_REQUIRE_TOOLS is set");
    if !there {
        // Not eprintln, which a test that passes keeps to itself.
        let _ = writeln!(std::io::stderr(), "{program} is missing: what it would show was not tested");
    }
    there
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_csv_reader_gets_every_cell_whatever_the_layout() {
    let comma = tables(&REPORTS.file("comma"), b',');
    let semicolon = tables(&REPORTS.file("semicolon"), b';');
    assert_eq!(comma.len(), 7);
    assert!(comma == semicolon);
    let all: Vec<&str> = comma.values().flatten().flatten().map(String::as_str).collect();
    let names = ["'=1+1", "'＝1+1", "'-2+3", "a,'=1+1,'@x", "a;'=1+1;'@x", "a =1+1", "00123", "_x003D_1+1", "<t>&lt;</t>]]>"];
    for expected in names {
        assert!(all.contains(&expected), "{expected}");
    }
    assert!(all.iter().any(|cell| cell.starts_with("'=xxx") && cell.len() > LONG));
    for cell in all {
        let parts = cell.split([',', ';']);
        assert!(parts.into_iter().all(|part| !part.trim_start().starts_with(['=', '+', '-', '@', '＝', '﹦'])), "{cell}");
    }
}

fn workbook(path: &Path) -> Xlsx<std::io::BufReader<std::fs::File>> {
    calamine::open_workbook(path).unwrap()
}

#[test]
fn another_crate_reads_the_workbook_as_the_csv_files_have_it() {
    let mut book = workbook(&REPORTS.file("comma.xlsx"));
    let csv = tables(&REPORTS.file("comma"), b',');
    let names = ["automations", "findings", "exclusions", "exposures", "credentials", "gates", "coverage", "cut"];
    assert_eq!(book.sheet_names(), names);
    for (name, rows) in &csv {
        assert!(book.worksheet_formula(name).unwrap().is_empty(), "{name}");
        let sheet = book.worksheet_range(name).unwrap();
        let header = &rows[0];
        for (row, cells) in (0u32..).zip(rows) {
            for ((column, heading), expected) in (0u32..).zip(header).zip(cells) {
                let place = format!("{name} {row} {heading}");
                match sheet.get_value((row, column)).unwrap_or(&Data::Empty) {
                    Data::String(found) => assert_same(found, expected, &place),
                    Data::Float(number) => {
                        assert!(COUNTS.contains(&heading.as_str()), "{place}");
                        assert_eq!(number.to_string(), expected.trim_start_matches('\''), "{place}");
                    }
                    Data::Empty => assert_eq!(expected, "", "{place}"),
                    other => panic!("{place}: {other:?}"),
                }
            }
        }
    }
    let cut = book.worksheet_range("cut").unwrap();
    let told = cut.rows().skip(1).any(|row| row[3] == "32766 of 40002 characters: a cell takes no more; the CSV file has them all");
    assert!(told, "{cut:?}");
}

/// The same text, or as much of it as a cell takes.
fn assert_same(found: &str, expected: &str, place: &str) {
    let expected = expected.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    match found.strip_suffix('…').filter(|_| found.chars().count() == 32_767) {
        Some(begin) => assert!(expected.starts_with(begin), "{place}"),
        None => assert_eq!(found, expected, "{place}"),
    }
}

const OPENPYXL: &str = r#"
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
sheet = lambda s: {
    "frozen": s.freeze_panes,
    "filter": s.auto_filter.ref,
    "size": s.dimensions,
    "bold": [cell.font.bold for cell in s[1]],
    "widths": [s.column_dimensions[cell.column_letter].width for cell in s[1]],
    "links": sum(1 for row in s.iter_rows() for cell in row if cell.hyperlink),
    "types": sorted({cell.data_type for row in s.iter_rows() for cell in row if cell.value is not None}),
    "quoted": all(cell.quotePrefix for row in s.iter_rows(min_row=2) for cell in row if cell.data_type == "s"),
    "cells": [[cell.value for cell in row] for row in s.iter_rows()],
}
json.dump({"created": book.properties.created.isoformat(), "sheets": {s.title: sheet(s) for s in book}}, sys.stdout)
"#;

/// A Python that has openpyxl: the one that is named, else the one of the system.
fn python() -> String {
    std::env::var("MAASCAN_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
fn openpyxl_reads_the_workbook_as_the_csv_files_have_it() {
    let there = Command::new(python()).args(["-c", "import openpyxl"]).output().is_ok_and(|output| output.status.success());
    if !has("openpyxl", there) {
        return;
    }
    let output = Command::new(python()).args(["-c", OPENPYXL]).arg(REPORTS.file("comma.xlsx")).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let book: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(book["created"], "2026-11-02T06:00:00", "the time of the run, not of the writing");
    for (name, rows) in tables(&REPORTS.file("comma"), b',') {
        let sheet = &book["sheets"][&name];
        let size = sheet["size"].as_str().unwrap();
        assert!(size.ends_with(&rows.len().to_string()), "{name}: {size}");
        assert_eq!((sheet["frozen"].as_str(), sheet["filter"].as_str()), (Some("A2"), Some(size)), "{name}");
        assert!(sheet["bold"].as_array().unwrap().iter().all(|bold| bold == true), "{name}");
        assert!(sheet["widths"].as_array().unwrap().iter().all(|width| (8.0..60.0).contains(&width.as_f64().unwrap())), "{name}");
        assert!(sheet["types"].as_array().unwrap().iter().all(|kind| kind == "s" || kind == "n"), "{name}: {}", sheet["types"]);
        assert_eq!((sheet["links"].as_u64(), sheet["quoted"].as_bool()), (Some(0), Some(true)), "{name}");
        for (expected, found) in rows.iter().zip(sheet["cells"].as_array().unwrap()) {
            for ((heading, expected), found) in rows[0].iter().zip(expected).zip(found.as_array().unwrap()) {
                match found {
                    serde_json::Value::Null => assert_eq!(expected, ""),
                    serde_json::Value::Number(number) => {
                        assert!(COUNTS.contains(&heading.as_str()), "{name} {heading}");
                        assert_eq!(number.to_string(), expected.trim_start_matches('\''));
                    }
                    found => assert_same(found.as_str().unwrap(), expected, &format!("{name} {heading}")),
                }
            }
        }
    }
}

/// One LibreOffice at a time: two share no profile.
fn office() -> Option<MutexGuard<'static, ()>> {
    static ONE: Mutex<()> = Mutex::new(());
    has("LibreOffice (soffice)", runs("soffice", "--version")).then(|| ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

const TABLES: [&str; 7] = ["automations", "findings", "exclusions", "exposures", "credentials", "gates", "coverage"];

/// How LibreOffice is told to read CSV (Filter Options for Text): separator, quote, character set 76 (UTF-8), first line, and
/// then only where it differs from what its dialog offers: language and "quoted field as text".
const AS_OFFERED: &str = "34,76,1";
const QUOTED_AS_TEXT: &str = "34,76,1,,0,true,false";

/// CSV files of a folder as LibreOffice makes workbooks of them, by name without ending.
fn imported(folder: &Path, names: &[&str], separator: u8, how: &str) -> BTreeMap<String, Xlsx<std::io::BufReader<std::fs::File>>> {
    let scratch = tempfile::tempdir().unwrap();
    let csv: Vec<PathBuf> = names.iter().map(|name| folder.join(format!("{name}.csv"))).collect();
    let output = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}/profile", scratch.path().display()))
        .args(["--headless", &format!("--infilter=CSV:{separator},{how}"), "--convert-to", "xlsx", "--outdir"])
        .arg(scratch.path())
        .args(&csv)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    csv.iter().map(|path| (name(path), workbook(&scratch.path().join(format!("{}.xlsx", name(path)))))).collect()
}

#[test]
fn libreoffice_imports_every_cell_as_text_where_quoted_fields_are_text() {
    let Some(_one) = office() else { return };
    for (folder, separator) in [("comma", b','), ("semicolon", b';')] {
        let expected = tables(&REPORTS.file(folder), separator);
        for (name, mut book) in imported(&REPORTS.file(folder), &TABLES, separator, QUOTED_AS_TEXT) {
            let sheet = book.sheet_names()[0].clone();
            assert!(book.worksheet_formula(&sheet).unwrap().is_empty(), "{folder}/{name}");
            let range = book.worksheet_range(&sheet).unwrap();
            for (row, cells) in (0u32..).zip(&expected[&name]) {
                for ((column, heading), expected) in (0u32..).zip(&expected[&name][0]).zip(cells) {
                    let place = format!("{folder}/{name} {row} {heading}");
                    match range.get_value((row, column)).unwrap_or(&Data::Empty) {
                        Data::String(found) => assert_same_in_excel(found, expected, &place),
                        Data::Empty => assert_eq!(expected, "", "{place}"),
                        other => panic!("{place}: {other:?}"),
                    }
                }
            }
        }
    }
}

/// The same text; what is longer than a cell of Excel was cut by LibreOffice when it made the workbook.
fn assert_same_in_excel(found: &str, expected: &str, place: &str) {
    if expected.len() > 32_767 {
        assert!(expected.starts_with(found), "{place}");
    } else {
        // What XML cannot hold is lost on the way through the workbook, not in the CSV.
        let without = |text: &str| text.replace(['\u{fffe}', '\u{ffff}', '\u{fffd}'], "");
        assert_eq!(without(found), without(expected), "{place}");
    }
}

/// With the settings its dialog offers, LibreOffice takes names such as 00123 for numbers, and nothing else: no time, no id.
#[test]
fn libreoffice_as_it_offers_takes_no_cell_for_a_formula_and_no_id_or_time_for_a_number() {
    let Some(_one) = office() else { return };
    let names = ["automation", "object_name", "application", "policy", "message"];
    // The right separator, and the wrong one, with which most files fall apart.
    for (folder, separator) in [("comma", b','), ("semicolon", b';'), ("comma", b';'), ("semicolon", b',')] {
        let right = separator == if folder == "comma" { b',' } else { b';' };
        let expected = tables(&REPORTS.file(folder), if folder == "comma" { b',' } else { b';' });
        // A file that falls apart has thousands of columns and takes long; those with the most names are enough.
        let tables_read = if right { &TABLES[..] } else { &["automations", "exclusions", "exposures", "gates"] };
        let mut numbers = 0;
        for (name, mut book) in imported(&REPORTS.file(folder), tables_read, separator, AS_OFFERED) {
            let sheet = book.sheet_names()[0].clone();
            assert!(book.worksheet_formula(&sheet).unwrap().is_empty(), "{folder}/{name} read with {}", char::from(separator));
            let range = book.worksheet_range(&sheet).unwrap();
            for (row, cells) in (0u32..).zip(&expected[&name]).filter(|_| right) {
                for ((column, heading), expected) in (0u32..).zip(&expected[&name][0]).zip(cells) {
                    let place = format!("{folder}/{name} {row} {heading}: {expected}");
                    match range.get_value((row, column)).unwrap_or(&Data::Empty) {
                        Data::String(found) => assert_same_in_excel(found, expected, &place),
                        Data::Empty => assert_eq!(expected, "", "{place}"),
                        _ if names.contains(&heading.as_str()) => {
                            assert!(LIKE_NUMBERS.contains(&expected.as_str()), "{place}");
                            numbers += 1;
                        }
                        other => assert!(COUNTS.contains(&heading.as_str()), "{place}: {other:?}"),
                    }
                }
            }
        }
        assert!(!right || numbers > 0, "the names that look like numbers were not met");
    }
}
