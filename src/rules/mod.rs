//! Rules: one TOML file each, with a condition in CEL over the facts of one entity. Loading refuses whatever can be known to
//! be wrong beforehand, with the line and what to write instead; evaluation tells "does not hold" from "cannot be told".

mod builtin;
mod check;
mod error;
mod eval;
mod example;
mod expr;
mod file;
mod handbook;
mod names;
mod register;
mod rule;
mod run;
mod settings;
mod template;
mod toml_reader;
mod tree;
mod typing;
mod waivers;

pub use check::{ExampleResult, check};
pub use error::{LoadError, LoadErrors};
pub use handbook::handbook;
pub use names::did_you_mean;
pub use rule::{Example, Expected, Outcome, Profile, Rule};
pub use run::{run, told_once};
pub use settings::Settings;
pub use waivers::{Judgement, judge};

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Most bytes of a rule file.
const LARGEST_FILE: u64 = 64 * 1024;
/// The settings, which may lie beside rules and are none.
const SETTINGS: &str = "maascan.toml";
/// Deepest folder below the one named.
const DEEPEST_FOLDER: usize = 8;

/// Rules, by id, each id once.
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// The rules that come with maascan.
    ///
    /// # Errors
    /// Only if a rule of the project is wrong, which a test keeps from happening.
    pub fn builtin() -> Result<Self, LoadErrors> {
        let files = builtin::FILES.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
        Self::read(files.collect(), Vec::new())
    }

    /// Reads every `*.toml` file in a folder and the folders in it, in the order of their names, but for `maascan.toml`. A folder
    /// that links lead to again is read once.
    ///
    /// # Errors
    /// All problems of all files: the user's to mend.
    pub fn load_dir(path: &Path) -> Result<Self, LoadErrors> {
        let (mut paths, mut problems) = (Vec::new(), Vec::new());
        find_files(path, 0, &mut BTreeSet::new(), &mut paths, &mut problems);
        paths.sort();
        if paths.is_empty() && problems.is_empty() {
            problems.push(LoadError::of_file(path, "no rules in this folder", "name a folder with rule files, *.toml"));
        }
        let mut files = Vec::new();
        for path in paths {
            match read_file(&path) {
                Ok(text) => files.push((path, text)),
                Err(problem) => problems.push(problem),
            }
        }
        Self::read(files, problems)
    }

    fn read(files: Vec<(PathBuf, String)>, mut problems: Vec<LoadError>) -> Result<Self, LoadErrors> {
        let mut rules = Vec::new();
        for (path, text) in files {
            match file::read(&path, &text) {
                Ok(rule) => rules.push(rule),
                Err(found) => problems.extend(found),
            }
        }
        Self::unique(rules, problems)
    }

    fn unique(rules: Vec<Rule>, mut problems: Vec<LoadError>) -> Result<Self, LoadErrors> {
        let mut by_id: BTreeMap<String, Rule> = BTreeMap::new();
        for rule in rules {
            match by_id.get(rule.id()) {
                Some(first) => problems.push(duplicate(&rule, first)),
                None => drop(by_id.insert(rule.id().to_owned(), rule)),
            }
        }
        if problems.is_empty() { Ok(Self { rules: by_id.into_values().collect() }) } else { Err(LoadErrors::new(problems)) }
    }

    /// Both sets in one.
    ///
    /// # Errors
    /// If an id is in both.
    pub fn merged(self, other: Self) -> Result<Self, LoadErrors> {
        Self::unique(self.rules.into_iter().chain(other.rules).collect(), Vec::new())
    }

    /// The rules, by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id() == id)
    }
}

fn duplicate(rule: &Rule, first: &Rule) -> LoadError {
    LoadError {
        path: rule.path().to_owned(),
        line: Some(1),
        message: format!("duplicate id: {}, also in {}", rule.id(), first.path().display()),
        hint: Some("give the rule, and its file, another id".to_owned()),
    }
}

/// Finds rule files. `visited` has the folders that were read already: links between a few of them make paths without number.
fn find_files(folder: &Path, depth: usize, visited: &mut BTreeSet<PathBuf>, found: &mut Vec<PathBuf>, problems: &mut Vec<LoadError>) {
    let unreadable =
        |error: std::io::Error| LoadError::of_file(folder, format!("cannot read folder: {error}"), "name a folder that you may read");
    match folder.canonicalize().map(|real| visited.insert(real)) {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return problems.push(unreadable(error)),
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut paths: Vec<PathBuf> = match entries {
        Ok(entries) => entries.iter().map(fs::DirEntry::path).collect(),
        Err(error) => return problems.push(unreadable(error)),
    };
    // Of two ways to one folder always the same counts.
    paths.sort();
    for path in paths {
        if path.is_dir() && depth < DEEPEST_FOLDER {
            find_files(&path, depth + 1, visited, found, problems);
        } else if path.is_dir() {
            let message = format!("folders nested too deeply: at most {DEEPEST_FOLDER}");
            problems.push(LoadError::of_file(&path, message, "move the rules up"));
        } else if path.extension().is_some_and(|extension| extension == "toml") && path.file_name().is_some_and(|name| name != SETTINGS) {
            found.push(path);
        }
    }
}

fn read_file(path: &Path) -> Result<String, LoadError> {
    let unreadable = |error: std::io::Error| LoadError::of_file(path, format!("cannot read file: {error}"), "write the rule in UTF-8");
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(LoadError::of_file(path, "not a regular file", "write the rule in a file"));
    }
    let size = metadata.len();
    if size > LARGEST_FILE {
        return Err(LoadError::of_file(path, format!("file too large: {size} bytes, at most {LARGEST_FILE}"), "write one rule a file"));
    }
    fs::read_to_string(path).map_err(unreadable)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
