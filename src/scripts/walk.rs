//! Paths to files, and files to what is said of them, by several threads. The order in which files are found or read does not
//! show.

use super::detect::{self, Named};
use super::model::{Language, Problem, ProblemKind, ScriptFile, Survey};
use super::modules::{Shelf, Surroundings};
use super::tree::Tree;
use super::{Reader, peek, text};
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

/// Deepest folder that is walked. Links are not followed, so the longest path of the system is mostly the narrower bound.
const DEEPEST: usize = 1_000;

/// Reads every script at and below the paths. Links are not followed.
#[must_use]
pub fn survey(reader: &Reader<'_>, paths: &[PathBuf], options: &Options) -> Survey {
    let Found { files: found, manifests, links, mut unwalked, mut foreign } = find(paths, options);
    let tree = Tree::of(found.iter().map(|(path, _)| path.clone()).collect(), &manifests, options.largest);
    let next = AtomicUsize::new(0);
    let looked: Mutex<Vec<(usize, Looked)>> = Mutex::new(Vec::new());
    let work = || {
        let shelf = Shelf::default();
        loop {
            let file = next.fetch_add(1, Ordering::Relaxed);
            let Some((path, _)) = found.get(file) else { return };
            let around = Surroundings { tree: &tree, shelf: &shelf, file };
            let read = look(reader, path, options, around);
            if let Ok(mut looked) = looked.lock() {
                looked.push((file, read));
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
    // Paths that are shown alike stay in the order of the paths themselves.
    let mut looked = looked.into_inner().unwrap_or_default();
    looked.sort_by_key(|(file, _)| *file);
    let mut files = Vec::new();
    for (file, looked) in looked {
        let Some((path, named)) = found.get(file) else { continue };
        match looked {
            Looked::Script(script) => files.push(*script),
            Looked::NoScript if *named => foreign.push(text::path(path)),
            Looked::NoScript => {}
            Looked::Unread(why) => unwalked.push((text::path(path), why)),
        }
    }
    files.sort_by(|left: &ScriptFile, right| left.path.cmp(&right.path));
    super::calls::through(&mut files);
    foreign.sort();
    unwalked.sort();
    Survey { files, unwalked, links, foreign }
}

/// What there is to read.
struct Found {
    /// Every file that may be a script, in order; whether it was named itself.
    files: Vec<(PathBuf, bool)>,
    /// Module manifests of PowerShell.
    manifests: BTreeSet<PathBuf>,
    links: Vec<String>,
    unwalked: Vec<(String, String)>,
    foreign: Vec<String>,
}

/// What is met on the way, each thing once however it is spelled.
#[derive(Default)]
struct Met {
    /// By the real path: how it is shown, and whether it was named itself.
    files: BTreeMap<PathBuf, (PathBuf, bool)>,
    links: BTreeMap<PathBuf, PathBuf>,
    manifests: BTreeSet<PathBuf>,
    unwalked: BTreeSet<(String, String)>,
    foreign: BTreeSet<String>,
}

impl Met {
    fn file(&mut self, real: PathBuf, path: PathBuf, named: bool) {
        let (shown, known) = self.files.entry(real).or_insert_with(|| (path.clone(), named));
        *known |= named;
        keep_shorter(shown, path);
    }

    fn link(&mut self, real: PathBuf, path: PathBuf) {
        let shown = self.links.entry(real).or_insert_with(|| path.clone());
        keep_shorter(shown, path);
    }

    fn entry(&mut self, root: &Path, real_root: &Path, entry: ignore::DirEntry) {
        let depth = entry.depth();
        let kind = entry.file_type();
        let path = entry.into_path();
        let real = path.strip_prefix(root).map_or_else(|_| path.clone(), |rest| real_root.join(rest));
        if kind.is_some_and(|kind| kind.is_symlink()) {
            self.link(real, path);
        } else if kind.is_some_and(|kind| kind.is_dir()) {
            if depth >= DEEPEST {
                self.unwalked.insert((text::path(&path), "lies too deep".to_owned()));
            }
        } else if kind.is_some_and(|kind| kind.is_file()) {
            if is_manifest(&path) {
                self.manifests.insert(path);
            } else if detect::by_name(&path) != Named::Other {
                self.file(real, path, false);
            }
        } else if depth == 0 {
            self.foreign.insert(text::path(&path));
        }
    }
}

/// Of two spellings of one path the shorter is shown, so that the order in which they were named says nothing.
fn keep_shorter(shown: &mut PathBuf, other: PathBuf) {
    let length = |path: &Path| path.as_os_str().len();
    if (length(&other), &other) < (length(shown), &*shown) {
        *shown = other;
    }
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("psd1"))
}

fn find(paths: &[PathBuf], options: &Options) -> Found {
    let mut met = Met::default();
    for named in paths {
        let real = std::fs::canonicalize(named).unwrap_or_else(|_| named.clone());
        if named.is_file() && is_manifest(named) {
            met.manifests.insert(named.clone());
            continue;
        }
        if named.is_file() {
            met.file(real, named.clone(), true);
            continue;
        }
        let mut builder = WalkBuilder::new(named);
        builder.hidden(false).follow_links(false).require_git(false).max_depth(Some(DEEPEST));
        builder.git_ignore(options.ignore_files).git_exclude(options.ignore_files).git_global(false).ignore(options.ignore_files);
        builder.parents(options.ignore_files);
        builder.filter_entry(|entry| !entry.file_name().to_str().is_some_and(|name| PASSED_OVER.contains(&name)));
        for entry in builder.build() {
            match entry {
                Ok(entry) => met.entry(named, &real, entry),
                Err(error) => {
                    met.unwalked.insert((text::path(named), error.to_string()));
                }
            }
        }
    }
    let mut files: Vec<(PathBuf, bool)> = met.files.into_values().collect();
    files.sort();
    let mut links: Vec<String> = met.links.into_values().map(|path| text::path(&path)).collect();
    links.sort();
    Found {
        files,
        manifests: met.manifests,
        links,
        unwalked: met.unwalked.into_iter().collect(),
        foreign: met.foreign.into_iter().collect(),
    }
}

/// What became of a file.
enum Looked {
    Script(Box<ScriptFile>),
    /// It is in no language that is read.
    NoScript,
    /// Whether it is a script cannot be told: why.
    Unread(String),
}

/// Reads one file.
fn look(reader: &Reader<'_>, path: &Path, options: &Options, around: Surroundings<'_>) -> Looked {
    let by_name = detect::by_name(path);
    let fault = |language, kind, message: String| Looked::Script(Box::new(fault(path, language, kind, message)));
    // A file of which only its contents would tell is taken for what its name allows.
    let likely = if let Named::Is(language) = by_name { Some(language) } else { detect::likely(path) };
    let unreadable = |error: &std::io::Error| {
        let message = format!("cannot be read: {}", error.kind());
        match likely {
            Some(language) => fault(language, ProblemKind::Unreadable, message),
            None => Looked::Unread(message),
        }
    };
    let size = match std::fs::metadata(path) {
        Ok(known) => known.len(),
        Err(error) => return unreadable(&error),
    };
    if size > options.largest {
        let language = match too_large(path, by_name) {
            Ok(language) => language,
            Err(error) => return unreadable(&error),
        };
        let message = format!("has {size} bytes; no more than {} are read", options.largest);
        return language.map_or(Looked::NoScript, |language| fault(language, ProblemKind::TooLarge, message));
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(&error),
    };
    let Some(text) = text::decode(&bytes) else {
        let language = likely.filter(|_| matches!(by_name, Named::Is(_)) || peek::names_intune(&bytes));
        return language.map_or(Looked::NoScript, |language| fault(language, ProblemKind::Binary, "is not text".to_owned()));
    };
    let language = if let Named::Is(language) = by_name { Some(language) } else { detect::by_contents(path, &text) };
    let Some(language) = language else { return Looked::NoScript };
    if is_minified(&text, language) {
        if !super::filter::names_intune(&text) {
            return Looked::Script(Box::new(ScriptFile::empty(&text::path(path), language)));
        }
        let message = "was made by a machine, in one line; its source is what to read".to_owned();
        return fault(language, ProblemKind::Minified, message);
    }
    Looked::Script(Box::new(reader.read_among(&text::path(path), language, &text, Some(around))))
}

/// In which language a file is that is too large to be read; None if it is no script, as far as its name, its head and the words
/// in it tell.
fn too_large(path: &Path, by_name: Named) -> std::io::Result<Option<Language>> {
    if let Named::Is(language) = by_name {
        return Ok(Some(language));
    }
    match detect::likely(path) {
        Some(language) => Ok(peek::file_names_intune(path)?.then_some(language)),
        None => Ok(detect::by_contents(path, &peek::head(path)?)),
    }
}

/// Whether a file of a web page was packed.
pub(super) fn is_minified(text: &str, language: Language) -> bool {
    matches!(language, Language::JavaScript) && text.len() > 20_000 && text.len() / text.lines().count().max(1) > MINIFIED
}

fn fault(path: &Path, language: Language, kind: ProblemKind, message: String) -> ScriptFile {
    ScriptFile { problems: vec![Problem { place: None, kind, message }], ..ScriptFile::empty(&text::path(path), language) }
}
