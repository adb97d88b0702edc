//! The files of a survey as a tree: which of them an import means, and which module of PowerShell a file belongs to. Nothing
//! outside the survey is ever opened.

use super::imports::{From, Import};
use super::model::Language;
use super::{detect, filter, text};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Folders up that an absolute import of Python is looked for in.
const MOST_FOLDERS: usize = 12;

/// Names of functions, in lower case, and the files that define them.
type Index = BTreeMap<Box<str>, Vec<usize>>;

/// What an import means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// A file, by its number.
    File(usize),
    /// A module of PowerShell, by its number.
    Module(usize),
}

/// A module of PowerShell: a folder with a manifest or a module file, and what is below it.
#[derive(Debug)]
struct Root {
    folder: String,
    names: BTreeSet<String>,
    index: OnceLock<Index>,
    /// Functions of files that may hold a write by themselves.
    writers: OnceLock<HashSet<Box<str>>>,
}

/// The files of a survey.
#[derive(Debug)]
pub(super) struct Tree {
    files: Vec<PathBuf>,
    /// Each file's path with slashes and without dots, in lower case.
    plain: Vec<String>,
    by_path: HashMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
    roots: Vec<Root>,
    largest: u64,
    /// Whether each file may hold a write by itself, once it was asked.
    matters: Vec<OnceLock<bool>>,
}

impl Tree {
    /// Of files in order. `manifests` are module manifests of PowerShell, which are no scripts themselves; files above `largest`
    /// bytes are not opened.
    pub(super) fn of(files: Vec<PathBuf>, manifests: &BTreeSet<PathBuf>, largest: u64) -> Self {
        let plain: Vec<String> = files.iter().map(|file| plain(file)).collect();
        let (mut by_path, mut by_name): (HashMap<String, usize>, HashMap<String, Vec<usize>>) = (HashMap::new(), HashMap::new());
        for (at, path) in plain.iter().enumerate() {
            by_path.entry(path.clone()).or_insert(at);
            by_name.entry(base_name(path).to_owned()).or_default().push(at);
        }
        let mut roots: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let modules = plain.iter().filter(|path| path.ends_with(".psm1")).cloned();
        for module in modules.chain(manifests.iter().map(|path| self::plain(path))) {
            let stem = base_name(&module).rsplit_once('.').map_or("", |(stem, _)| stem).to_owned();
            roots.entry(folder(&module).to_owned()).or_default().insert(stem);
        }
        let roots =
            roots.into_iter().map(|(folder, names)| Root { folder, names, index: OnceLock::new(), writers: OnceLock::new() }).collect();
        let matters = files.iter().map(|_| OnceLock::new()).collect();
        Self { files, plain, by_path, by_name, roots, largest, matters }
    }

    /// The text of a file, if it is one in this language or its like.
    pub(super) fn read(&self, file: usize, language: Language) -> Option<String> {
        let path = self.files.get(file)?;
        let script = |language| matches!(language, Language::JavaScript | Language::TypeScript);
        match detect::by_name(path) {
            detect::Named::Is(other) if other == language || (script(other) && script(language)) => {}
            _ => return None,
        }
        if std::fs::metadata(path).ok()?.len() > self.largest {
            return None;
        }
        let bytes = std::fs::read(path).ok()?;
        text::decode(&bytes).map(std::borrow::Cow::into_owned)
    }

    /// The size of a file in bytes; 0 where it cannot be told.
    pub(super) fn size(&self, file: usize) -> u64 {
        self.files.get(file).and_then(|path| std::fs::metadata(path).ok()).map_or(0, |known| known.len())
    }

    /// What an import in a file means; None where no file of the survey, or more than one, can be meant.
    pub(super) fn target(&self, file: usize, import: &Import, language: Language) -> Option<Target> {
        let own = folder(self.plain.get(file)?);
        let found = match (&import.from, language) {
            (From::Module(name), _) => return self.module_named(&name.to_ascii_lowercase()).map(Target::Module),
            (From::Dotted(up, path), _) => self.python(own, *up, &path.to_ascii_lowercase()),
            (From::Path(path, unknown), Language::PowerShell) => return self.powershell(own, &path.to_ascii_lowercase(), *unknown),
            (From::Path(path, unknown), Language::Shell) => self.beside(own, &path.to_ascii_lowercase(), *unknown, &[""]),
            (From::Path(path, true), _) => self.by_end(&path.to_ascii_lowercase(), &SCRIPT),
            (From::Path(path, false), _) => self.script(&join(own, &path.to_ascii_lowercase())?),
        };
        found.filter(|found| *found != file).map(Target::File)
    }

    /// The module of PowerShell that a file belongs to: that of the nearest folder.
    pub(super) fn module_of(&self, file: usize) -> Option<usize> {
        let path = self.plain.get(file)?;
        let within = |root: &Root| path.strip_prefix(&*root.folder).is_some_and(|rest| root.folder.is_empty() || rest.starts_with('/'));
        let all = self.roots.iter().enumerate().filter(|(_, root)| within(root));
        all.max_by_key(|(_, root)| root.folder.len()).map(|(at, _)| at)
    }

    /// The one file of a module that defines a function, in lower case; None where several do.
    pub(super) fn defines(&self, module: usize, function: &str) -> Option<usize> {
        let index = self.indexed(self.roots.get(module)?);
        match index.get(function).map(Vec::as_slice) {
            Some([one]) => Some(*one),
            _ => None,
        }
    }

    fn indexed<'t>(&'t self, root: &'t Root) -> &'t Index {
        root.index.get_or_init(|| self.index(&root.folder))
    }

    /// Whether a file may hold a write by itself.
    pub(super) fn matters(&self, file: usize, language: Language) -> bool {
        let looked = || self.read(file, language).is_some_and(|text| filter::may_matter(&text));
        self.matters.get(file).is_some_and(|known| *known.get_or_init(looked))
    }

    /// Whether a text names a function of a module that stands in a file that may hold a write.
    pub(super) fn names_writer(&self, module: usize, text: &str) -> bool {
        let Some(root) = self.roots.get(module) else { return false };
        let writers = root.writers.get_or_init(|| {
            let in_writers = |(_, files): &(_, &Vec<usize>)| files.iter().any(|file| self.matters(*file, Language::PowerShell));
            self.indexed(root).iter().filter(in_writers).map(|(name, _)| name.clone()).collect()
        });
        let words = text.split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '-' | '_'));
        !writers.is_empty() && words.filter(|word| word.len() > 2).any(|word| writers.contains(&*word.to_ascii_lowercase()))
    }

    /// The path of a file, as it is shown.
    pub(super) fn path(&self, file: usize) -> String {
        self.files.get(file).map_or_else(String::new, |path| text::path(path))
    }

    /// The functions of a module, by a look at the words behind `function`: nothing is parsed for it.
    fn index(&self, folder: &str) -> Index {
        let mut index = Index::new();
        for (at, path) in self.plain.iter().enumerate() {
            let below = folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
            let Some(text) = below.then(|| self.read(at, Language::PowerShell)).flatten() else { continue };
            for name in functions(&text) {
                index.entry(name.into()).or_default().push(at);
            }
        }
        index
    }

    fn module_named(&self, name: &str) -> Option<usize> {
        let mut named = self.roots.iter().enumerate().filter(|(_, root)| root.names.contains(name));
        let (at, _) = named.next()?;
        named.next().is_none().then_some(at)
    }

    fn powershell(&self, own: &str, path: &str, unknown: bool) -> Option<Target> {
        let manifest = path.ends_with(".psd1") || path.ends_with(".psm1");
        let beside = join(own, path);
        let folder = if manifest { beside.as_deref().map(folder) } else { beside.as_deref() };
        if let Some(at) = folder.and_then(|folder| self.roots.iter().position(|root| root.folder == folder)) {
            return Some(Target::Module(at));
        }
        self.beside(own, path, unknown, &["", ".ps1", ".psm1"]).map(Target::File)
    }

    /// A file by its path from a folder; where what stands before the path is not known, or where the script is run from
    /// elsewhere, the one file whose path ends so.
    fn beside(&self, own: &str, path: &str, unknown: bool, endings: &[&str]) -> Option<usize> {
        let joined = join(own, path);
        let near = joined.and_then(|joined| endings.iter().find_map(|ending| self.by_path.get(&format!("{joined}{ending}")).copied()));
        near.or_else(|| {
            let plain = path.trim_start_matches("./");
            (unknown || path.starts_with("./")).then(|| self.by_end(plain.trim_start_matches("../"), endings)).flatten()
        })
    }

    /// The one file whose path ends so.
    fn by_end(&self, path: &str, endings: &[&str]) -> Option<usize> {
        let mut found = None;
        for ending in endings {
            let whole = format!("{path}{ending}");
            let tail = format!("/{whole}");
            let named = self.by_name.get(base_name(&whole)).into_iter().flatten();
            for at in named.filter(|at| self.plain[**at] == whole || self.plain[**at].ends_with(&tail)) {
                if found.replace(*at).is_some() {
                    return None;
                }
            }
        }
        found
    }

    fn python(&self, own: &str, up: usize, path: &str) -> Option<usize> {
        let at = |folder: &str| {
            let base = join(folder, path)?;
            ["", "/__init__"].iter().find_map(|end| self.by_path.get(&format!("{base}{end}.py")).copied())
        };
        let parent = |folder: &str| folder.rsplit_once('/').map(|(parent, _)| parent.to_owned());
        let mut folder = own.to_owned();
        if up > 0 {
            for _ in 1..up {
                folder = parent(&folder)?;
            }
            return at(&folder);
        }
        for _ in 0..MOST_FOLDERS {
            if let Some(found) = at(&folder) {
                return Some(found);
            }
            folder = parent(&folder)?;
        }
        None
    }

    fn script(&self, path: &str) -> Option<usize> {
        let named = SCRIPT.iter().find_map(|ending| self.by_path.get(&format!("{path}{ending}")).copied());
        // TypeScript names the file that it becomes.
        named.or_else(|| self.by_path.get(&format!("{}.ts", path.strip_suffix(".js")?)).copied())
    }
}

/// What may stand behind the path of an import of JavaScript.
const SCRIPT: [&str; 9] = ["", ".ts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", "/index.ts", "/index.js"];

fn plain(path: &Path) -> String {
    let shown = path.to_string_lossy().replace('\\', "/").to_ascii_lowercase();
    let absolute = shown.starts_with('/');
    let joined = join("", &shown).unwrap_or(shown);
    if absolute { format!("/{joined}") } else { joined }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path from a folder, without `.` and `..`; None where it leaves what is known.
fn join(folder: &str, path: &str) -> Option<String> {
    let absolute = folder.starts_with('/');
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_none_or(|last| *last == "..") && folder.is_empty() => parts.push(".."),
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Some(if absolute { format!("/{joined}") } else { joined })
}

/// Names behind the word `function`, in lower case, each once.
fn functions(text: &str) -> BTreeSet<String> {
    let lower = text.to_ascii_lowercase();
    let mut names = BTreeSet::new();
    for (at, word) in lower.match_indices("function").chain(lower.match_indices("filter")) {
        let begins = lower
            .get(..at)
            .is_some_and(|before| before.chars().next_back().is_none_or(|letter| letter.is_whitespace() || letter == '{' || letter == ';'));
        let rest = lower.get(at + word.len()..).unwrap_or("");
        if begins && rest.starts_with([' ', '\t']) {
            let name: String = rest
                .trim_start()
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ':' | '.'))
                .take(200)
                .collect();
            let name = name.rsplit(':').next().unwrap_or("");
            if !name.is_empty() {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::imports;
    use super::*;

    fn tree(files: &[&str], manifests: &[&str]) -> Tree {
        let manifests = manifests.iter().map(PathBuf::from).collect();
        Tree::of(files.iter().map(PathBuf::from).collect(), &manifests, 1_000)
    }

    fn target(tree: &Tree, file: usize, language: Language, line: &str) -> Option<Target> {
        let imports = imports::imports(language, line);
        tree.target(file, imports.first()?, language)
    }

    #[test]
    fn imports_mean_files_of_the_survey_and_nothing_else() {
        let tree = tree(
            &[
                "/r/a/main.ps1",
                "/r/a/main.py",
                "/r/a/pkg/__init__.py",
                "/r/a/pkg/graph.py",
                "/r/lib/x.ps1",
                "/r/lib/y.ts",
                "/r/lib/z.sh",
                "/r/m/T.psm1",
            ],
            &["/r/n/N.psd1"],
        );
        let powershell = |line| target(&tree, 0, Language::PowerShell, line);
        assert_eq!(powershell(". $PSScriptRoot\\..\\lib\\X.ps1"), Some(Target::File(4)));
        assert_eq!(powershell(". $root\\lib\\x.ps1"), Some(Target::File(4)));
        assert_eq!(powershell(". ./lib/x.ps1"), Some(Target::File(4)));
        assert_eq!(powershell("Import-Module ../m"), Some(Target::Module(0)));
        assert_eq!(powershell("Import-Module ../n/N.psd1"), Some(Target::Module(1)));
        assert_eq!(powershell("Import-Module N"), Some(Target::Module(1)));
        assert_eq!(powershell("Import-Module Az.Accounts"), None);
        assert_eq!(powershell(". ../../../../../etc/x.ps1"), None);
        assert_eq!(target(&tree, 1, Language::Python, "from pkg.graph import f"), Some(Target::File(3)));
        assert_eq!(target(&tree, 3, Language::Python, "from . import g"), Some(Target::File(2)));
        assert_eq!(target(&tree, 1, Language::Python, "import requests"), None);
        assert_eq!(target(&tree, 5, Language::TypeScript, "import a from '../lib/y'"), None);
        assert_eq!(target(&tree, 4, Language::Shell, ". \"$D/z.sh\""), Some(Target::File(6)));
        assert_eq!(tree.module_of(7), Some(0));
        assert_eq!(tree.module_of(0), None);
    }

    #[test]
    fn functions_are_found_without_parsing() {
        let names = functions("function  Send-It {\n}\nFunction global:B($x) {}\n$malfunction = 1\nfilter c { }");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["b", "c", "send-it"]);
    }
}
