//! Paths to files, and files to what is said of them, by several threads. The order in which files are found or read does not
//! show.

use super::detect::{self, Named};
use super::model::{Language, Problem, ProblemKind, ScriptFile, Survey};
use super::modules::{Shelf, Surroundings};
use super::tree::Tree;
use super::{Reader, text};
use ignore::WalkBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How paths are read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files that are larger are listed, not read, in bytes.
    pub largest: u64,
    /// Threads that read.
    pub threads: usize,
    /// Whether ignore files (`.gitignore`, `.ignore`) count.
    pub ignore_files: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            largest: 4 * 1024 * 1024,
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            ignore_files: true,
        }
    }
}

/// Folders that hold other people's code, or none.
const PASSED_OVER: [&str; 5] = [".git", "node_modules", ".venv", "__pycache__", ".terraform"];

/// Room for the recursion of the readers, which is bounded.
const STACK: usize = 48 * 1024 * 1024;

/// Lines of a file that a machine made are this long on average, in bytes.
const MINIFIED: usize = 2_000;

/// Reads every script at and below the paths. Links are not followed.
#[must_use]
pub fn survey(reader: &Reader<'_>, paths: &[PathBuf], options: &Options) -> Survey {
    let Found { files: found, manifests, unwalked } = find(paths, options);
    let tree = Tree::of(found.iter().map(|(path, _)| path.clone()).collect(), &manifests, options.largest);
    let next = AtomicUsize::new(0);
    let files: Mutex<Vec<ScriptFile>> = Mutex::new(Vec::new());
    let work = || {
        let shelf = Shelf::default();
        loop {
            let file = next.fetch_add(1, Ordering::Relaxed);
            let Some((path, named)) = found.get(file) else { return };
            let around = Surroundings { tree: &tree, shelf: &shelf, file };
            if let Some(file) = read(reader, path, *named, options, around)
                && let Ok(mut files) = files.lock()
            {
                files.push(file);
            }
        }
    };
    std::thread::scope(|scope| {
        let begun: Vec<_> = (0..options.threads.max(1))
            .filter_map(|_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok())
            .collect();
        if begun.is_empty() {
            work();
        }
    });
    let mut files = files.into_inner().unwrap_or_default();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    super::calls::through(&mut files);
    Survey { files, unwalked }
}

/// What there is to read.
struct Found {
    /// Every file that may be a script, in order; whether it was named itself.
    files: Vec<(PathBuf, bool)>,
    /// Module manifests of PowerShell.
    manifests: BTreeSet<PathBuf>,
    unwalked: Vec<(String, String)>,
}

fn find(paths: &[PathBuf], options: &Options) -> Found {
    let mut found: BTreeMap<PathBuf, bool> = BTreeMap::new();
    let (mut manifests, mut unwalked) = (BTreeSet::new(), BTreeSet::new());
    for named in paths {
        if named.is_file() {
            found.insert(named.clone(), true);
            continue;
        }
        let mut builder = WalkBuilder::new(named);
        builder.hidden(false).follow_links(false).require_git(false).max_depth(Some(64));
        builder.git_ignore(options.ignore_files).git_exclude(options.ignore_files).git_global(false).ignore(options.ignore_files);
        builder.parents(options.ignore_files);
        builder.filter_entry(|entry| !entry.file_name().to_str().is_some_and(|name| PASSED_OVER.contains(&name)));
        for entry in builder.build() {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) && detect::by_name(entry.path()) != Named::Other => {
                    found.entry(entry.into_path()).or_insert(false);
                }
                Ok(entry) if entry.path().extension().is_some_and(|ending| ending.eq_ignore_ascii_case("psd1")) => {
                    manifests.insert(entry.into_path());
                }
                Ok(_) => {}
                Err(error) => {
                    unwalked.insert((text::path(named), error.to_string()));
                }
            }
        }
    }
    Found { files: found.into_iter().collect(), manifests, unwalked: unwalked.into_iter().collect() }
}

/// Reads one file; None if it is no script.
fn read(reader: &Reader<'_>, path: &Path, named: bool, options: &Options, around: Surroundings<'_>) -> Option<ScriptFile> {
    let by_name = detect::by_name(path);
    let problem = |kind, message: String| {
        let language = if let Named::Is(language) = by_name { language } else { return None };
        Some(fault(path, language, kind, message))
    };
    let size = match std::fs::metadata(path) {
        Ok(known) => known.len(),
        Err(error) => return problem(ProblemKind::Unreadable, format!("cannot be read: {}", error.kind())),
    };
    if size > options.largest {
        return problem(ProblemKind::TooLarge, format!("has {size} bytes; no more than {} are read", options.largest));
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return problem(ProblemKind::Unreadable, format!("cannot be read: {}", error.kind())),
    };
    let Some(text) = text::decode(&bytes) else {
        return problem(ProblemKind::Binary, "is not text".to_owned());
    };
    let language = match by_name {
        Named::Is(language) => language,
        Named::Look => detect::by_contents(path, &text)?,
        Named::Other if named => detect::by_contents(path, &text)?,
        Named::Other => return None,
    };
    if is_minified(&text, language) {
        return Some(fault(
            path,
            language,
            ProblemKind::Minified,
            "was made by a machine, in one line; its source is what to read".to_owned(),
        ));
    }
    Some(reader.read_among(&text::path(path), language, &text, Some(around)))
}

/// Whether a file of a web page was packed.
pub(super) fn is_minified(text: &str, language: Language) -> bool {
    matches!(language, Language::JavaScript) && text.len() > 20_000 && text.len() / text.lines().count().max(1) > MINIFIED
}

fn fault(path: &Path, language: Language, kind: ProblemKind, message: String) -> ScriptFile {
    ScriptFile { problems: vec![Problem { place: None, kind, message }], ..ScriptFile::empty(&text::path(path), language) }
}
