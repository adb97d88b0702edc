//! Which files are meant: files, folders with all below them, patterns where no shell has opened them, and standard input.

use crate::snapshot::{LogFault, LogReading};
use std::fs;
use std::path::{Path, PathBuf};

/// What the path of standard input is.
pub(super) const STANDARD_INPUT: &str = "-";

/// Folders in folders are followed this deep; an export has eight levels.
const DEEPEST: usize = 32;

/// Endings of files that lie in a folder of logs and are none.
const PASSED_OVER: [&str; 3] = [".part", ".tmp", ".azDownload"];

/// The files that the paths lead to, each once, in the order of their paths. What leads nowhere is a fault of the reading.
pub(super) fn files(paths: &[PathBuf], reading: &mut LogReading) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        let faults = reading.faults.len();
        expand(path, &mut found, reading);
        // A folder of nothing but hidden files leads to no file all the same.
        if found.len() == before && (reading.is_whole() || reading.faults.len() == faults) {
            reading.fault(LogFault::NoFile, 1, &path.display().to_string());
        }
    }
    found.sort();
    found.dedup();
    found
}

fn expand(path: &Path, found: &mut Vec<PathBuf>, reading: &mut LogReading) {
    if path.as_os_str() == STANDARD_INPUT {
        return found.push(path.to_owned());
    }
    match fs::metadata(path) {
        Ok(kind) if kind.is_dir() => folder(path, DEEPEST, found, reading),
        Ok(_) => found.push(path.to_owned()),
        Err(_) if pattern(path, found, reading) => {}
        Err(error) => reading.fault(LogFault::Unreadable, 1, &format!("{}: {}", path.display(), error.kind())),
    }
}

/// What a path with `*`, `?` or `[` in it leads to; false if it is no such pattern.
fn pattern(path: &Path, found: &mut Vec<PathBuf>, reading: &mut LogReading) -> bool {
    let Some(text) = path.to_str().filter(|text| text.contains(['*', '?', '['])) else { return false };
    // As a shell does it: what is hidden has to be named.
    let how = glob::MatchOptions { require_literal_leading_dot: true, require_literal_separator: true, case_sensitive: true };
    let Ok(matches) = glob::glob_with(text, how) else { return false };
    for entry in matches {
        match entry {
            Ok(path) if path.is_dir() => folder(&path, DEEPEST, found, reading),
            Ok(path) => found.push(path),
            Err(error) => reading.fault(LogFault::Unreadable, 1, &format!("{}: {}", error.path().display(), error.error().kind())),
        }
    }
    true
}

/// All files of a folder. Links to folders are not followed, hidden files are not looked at; both are told.
fn folder(path: &Path, deep: usize, found: &mut Vec<PathBuf>, reading: &mut LogReading) {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return reading.fault(LogFault::Unreadable, 1, &format!("{}: {}", path.display(), error.kind())),
    };
    for entry in entries {
        let Ok((entry, kind)) = entry.and_then(|entry| entry.file_type().map(|kind| (entry, kind))) else {
            reading.fault(LogFault::Unreadable, 1, &path.display().to_string());
            continue;
        };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || PASSED_OVER.iter().any(|end| name.ends_with(end)) {
            reading.fault(LogFault::PassedOver, 1, &entry.path().display().to_string());
            continue;
        }
        match (kind.is_dir(), deep.checked_sub(1)) {
            (true, Some(deep)) => folder(&entry.path(), deep, found, reading),
            (true, None) => reading.fault(LogFault::Unreadable, 1, &format!("{}: too deep", path.display())),
            (false, _) if kind.is_file() || entry.path().is_file() => found.push(entry.path()),
            (false, _) => reading.fault(LogFault::NotFollowed, 1, &entry.path().display().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_patterns_and_files_are_found_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("tenantId=t/y=2026/m=07/d=16/h=13/m=00");
        fs::create_dir_all(&deep).unwrap();
        for file in [deep.join("PT1H.json"), folder.path().join("b.json"), folder.path().join("a.json"), folder.path().join(".c.json")] {
            fs::write(file, "").unwrap();
        }
        let mut reading = LogReading::default();
        let paths = [folder.path().to_owned(), folder.path().join("*.json"), folder.path().join("a.json")];
        let found = files(&paths, &mut reading);
        assert_eq!(found, [folder.path().join("a.json"), folder.path().join("b.json"), deep.join("PT1H.json")]);
        assert!(reading.is_whole());
        assert_eq!(reading.faults[&LogFault::PassedOver].times, 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_are_not_followed_and_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.json"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
        let mut reading = LogReading::default();
        assert_eq!(files(&[folder.path().to_owned()], &mut reading).len(), 1);
        assert_eq!(reading.faults[&LogFault::NotFollowed].times, 1);
        assert!(!reading.is_whole());
    }

    #[test]
    fn what_leads_nowhere_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut reading = LogReading::default();
        let paths = [folder.path().to_owned(), folder.path().join("none*.json"), folder.path().join("missing.json")];
        assert!(files(&paths, &mut reading).is_empty());
        assert_eq!(reading.faults[&LogFault::NoFile].times, 2);
        assert_eq!(reading.faults[&LogFault::Unreadable].times, 1);
        assert!(reading.faults[&LogFault::Unreadable].example.contains("missing.json"));
    }
}
