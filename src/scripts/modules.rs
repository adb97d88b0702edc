//! What one file cannot tell, but the files that it imports can: their functions are handed to it as a library. They are parsed
//! when a file asks for them, by each thread for itself, and a few are kept. How many files, bytes and functions one script may
//! ask for is bounded, and a bound that is reached is said.

use super::approval::Signs;
use super::eval;
use super::imports::{self, Import, Names};
use super::ir::{Expr, Function, Program, Stmt};
use super::library::{self, EVERYWHERE, Library, STRIDE};
use super::model::{Language, SignIn};
use super::tree::{Target, Tree};
use super::{language, read, sign_in, walk};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Most files that one script borrows from.
const MOST_FILES: usize = 32;
/// Most text of those files, in bytes.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Largest file that is borrowed from, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// Most functions that one script borrows.
const MOST_FUNCTIONS: usize = 2_000;
/// Most names that are looked up for one script; files may import everything of one another.
const MOST_STEPS: usize = 20_000;
/// Most imports that lead from one file to another: the number of files is the narrower bound.
const DEEPEST: usize = 40;
/// Text of files that one thread keeps parsed, in bytes.
const KEPT_BYTES: usize = 2 * 1024 * 1024;
/// Most files that are looked at for a sign-in that does not show otherwise.
const MOST_SIGN_INS: usize = 16;

/// A file that others import.
#[derive(Debug)]
pub(super) struct Source {
    functions: Vec<Rc<Function>>,
    /// What is imported where no name is asked for.
    default: Option<Rc<Function>>,
    constants: Rc<Vec<Stmt>>,
    imports: Vec<Import>,
    /// Where functions begin, and what the text from there to the next shows of a sign-in.
    parts: Vec<(usize, SignIn)>,
    sign_in: SignIn,
    signs: Signs,
    bytes: usize,
    /// Its path, as it is shown.
    path: String,
}

impl Source {
    fn of(file: usize, path: String, language: Language, text: &str) -> Option<Self> {
        let by = file.checked_add(1)?.checked_mul(STRIDE).filter(|_| text.len() < STRIDE)?;
        let mut program = language::read(language, text)?;
        let code = read::without_comments(text, &program);
        let mut starts: Vec<usize> = program.body.iter().filter_map(defined).map(|function| function.start).collect();
        starts.sort_unstable();
        let ends = starts.iter().skip(1).copied().chain([code.len()]);
        let part = |(start, end): (&usize, usize)| (*start + by, sign_in::judge(code.get(*start..end).unwrap_or(""), language));
        let parts = starts.iter().zip(ends).map(part).collect();
        library::shift(&mut program, by);
        let mut functions = eval::functions(&program);
        functions.extend(program.body.iter().filter_map(exported));
        let default = default_name(&code).and_then(|name| functions.iter().rev().find(|function| *function.name == *name).cloned());
        let constant = |statement: &&Stmt| matches!(statement, Stmt::Assign { target: Expr::Name(_), .. });
        let constants = program.body.iter().filter(constant).cloned().collect();
        let imports = imports::imports(language, &code);
        let (sign_in, signs) = (sign_in::judge(&code, language), Signs::of(&code));
        Some(Self { functions, default, constants: Rc::new(constants), imports, parts, sign_in, signs, bytes: text.len(), path })
    }

    fn function(&self, name: &str) -> Option<&Rc<Function>> {
        self.functions.iter().rev().find(|function| *function.name == *name)
    }

    fn has_constant(&self, name: &str) -> bool {
        self.constants.iter().filter_map(assigned).any(|known| known == name)
    }

    /// What the functions that were run show; unknown where none of this file was.
    fn sign_in_of(&self, ran: &BTreeSet<usize>) -> SignIn {
        let mut found = SignIn::Unknown;
        for (at, (start, sign_in)) in self.parts.iter().enumerate() {
            let end = self.parts.get(at + 1).map_or(usize::MAX, |(next, _)| *next);
            let end = end.min((library::file_of(*start) + 1).saturating_mul(STRIDE));
            if ran.range(*start..end).next().is_some() {
                found = sign_in::either(found, *sign_in);
            }
        }
        found
    }
}

fn defined(statement: &Stmt) -> Option<&Rc<Function>> {
    match statement {
        Stmt::Define(function) => Some(function),
        _ => None,
    }
}

fn assigned(statement: &Stmt) -> Option<&str> {
    match statement {
        Stmt::Assign { target: Expr::Name(name), .. } => Some(name.strip_prefix("::").unwrap_or(name)),
        _ => None,
    }
}

/// `exports.send = (…) => …`, `module.exports = function …`
fn exported(statement: &Stmt) -> Option<Rc<Function>> {
    let Stmt::Assign { target: Expr::Member(base, name), value: Expr::Lambda(function), .. } = statement else { return None };
    let exports = match &**base {
        Expr::Name(base) => matches!(&**base, "exports" | "module"),
        Expr::Member(base, exports) => **base == super::ir::name("module") && &**exports == "exports",
        _ => false,
    };
    let name = if &**name == "exports" { "default" } else { name };
    exports.then(|| Rc::new(Function { name: name.into(), ..(**function).clone() }))
}

/// `export default function name`, `export default name`, `module.exports = name`
fn default_name(code: &str) -> Option<String> {
    let rest = code.split_once("export default ").or_else(|| code.split_once("module.exports = ")).map(|(_, rest)| rest)?;
    let rest = rest.trim_start().trim_start_matches("async ").trim_start_matches("function ");
    let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$')).take(200).collect();
    Some(if name.is_empty() { "default".to_owned() } else { name })
}

#[derive(Debug, Default)]
struct Kept {
    sources: HashMap<(usize, Language), Option<Rc<Source>>>,
    bytes: usize,
}

/// Files that a thread has parsed. What is kept changes how long things take, and nothing else.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    kept: RefCell<Kept>,
}

/// Where a script stands: its tree, its number in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'t> {
    pub(super) tree: &'t Tree,
    pub(super) shelf: &'t Shelf,
    pub(super) file: usize,
}

/// What a script borrows, and from where.
#[derive(Debug, Default)]
pub(super) struct Loan {
    pub(super) library: Library,
    sources: BTreeMap<usize, Rc<Source>>,
}

impl Loan {
    /// Whether a file of which a function was run sends the code of an approved request.
    pub(super) fn resubmits(&self, ran: &BTreeSet<usize>) -> bool {
        let files: BTreeSet<usize> = ran.iter().map(|start| library::file_of(*start)).collect();
        self.sources.iter().any(|(file, source)| source.signs.resubmits && files.contains(&(file + 1)))
    }

    /// The path of a file of the library, by the number that its places have.
    pub(super) fn path(&self, file: usize) -> Option<String> {
        file.checked_sub(1).and_then(|file| self.sources.get(&file)).map(|source| source.path.clone())
    }

    /// What the file that a place is in shows of the approval flow.
    pub(super) fn signs(&self, at: usize) -> Option<Signs> {
        let file = library::file_of(at).checked_sub(1)?;
        self.sources.get(&file).map(|source| source.signs)
    }
}

impl Surroundings<'_> {
    fn source(&self, file: usize, language: Language) -> Option<Rc<Source>> {
        let key = (file, language);
        if let Some(known) = self.shelf.kept.borrow().sources.get(&key) {
            return known.clone();
        }
        let text = self.tree.read(file, language).filter(|text| self.tree.size(file) <= LARGEST && !walk::is_minified(text, language));
        let source = text.and_then(|text| Source::of(file, self.tree.path(file), language, &text)).map(Rc::new);
        let mut kept = self.shelf.kept.borrow_mut();
        let bytes = source.as_ref().map_or(0, |source| source.bytes);
        if kept.bytes + bytes > KEPT_BYTES || kept.sources.len() > 1_000 {
            kept.sources.clear();
            kept.bytes = 0;
        }
        kept.bytes += bytes;
        kept.sources.insert(key, source.clone());
        source
    }

    /// Whether what a script imports may hold a write, if it may not itself.
    pub(super) fn leads_to_writes(&self, language: Language, text: &str) -> bool {
        let own = self.tree.module_of(self.file).filter(|_| language == Language::PowerShell);
        if own.is_some_and(|module| self.tree.names_writer(module, text)) {
            return true;
        }
        let mut looked: BTreeSet<usize> = BTreeSet::from([self.file]);
        let mut level: Vec<(usize, Vec<Import>)> = vec![(self.file, imports::imports(language, text))];
        for _ in 0..DEEPEST {
            let mut next = Vec::new();
            for (file, imports) in level {
                for target in imports.iter().filter_map(|import| self.tree.target(file, import, language)) {
                    match target {
                        Target::Module(module) if self.tree.names_writer(module, text) => return true,
                        // Where the bound is reached the script is read, and says so.
                        Target::File(_) if looked.len() > MOST_FILES => return true,
                        Target::File(target) if looked.insert(target) => {
                            if self.tree.matters(target, language) {
                                return true;
                            }
                            let text = self.tree.read(target, language).unwrap_or_default();
                            next.push((target, imports::imports(language, &text)));
                        }
                        _ => {}
                    }
                }
            }
            level = next;
        }
        false
    }

    /// Functions and constants that a script asks other files for. `code` is its text without comments.
    pub(super) fn loan(&self, language: Language, program: &Program, code: &str) -> Loan {
        let imports = imports::imports(language, code);
        let mut mentioned = BTreeSet::new();
        eval::callees(&program.body, &mut mentioned, 0);
        let mut borrower = Borrower { around: *self, language, loan: Loan::default(), bytes: 0, taken: BTreeSet::new(), steps: 0 };
        if matches!(language, Language::PowerShell | Language::Shell) {
            let own: BTreeSet<Rc<str>> = eval::functions(program).iter().map(|function| lower(&function.name)).collect();
            borrower.everywhere(&imports, mentioned.difference(&own).cloned().collect());
        } else {
            borrower.named(0, self.file, &imports, &mentioned, 0);
        }
        borrower.loan.library.bounded |= imports.len() >= imports::MOST;
        borrower.loan
    }

    /// As whom the files sign in that a script imports, if it does not say itself: by the functions of theirs that were run,
    /// by the whole files that they are in, by whatever else is imported.
    pub(super) fn sign_in(&self, language: Language, loan: &Loan, ran: &BTreeSet<usize>, code: &str) -> SignIn {
        let run = loan.sources.values().fold(SignIn::Unknown, |found, source| sign_in::either(found, source.sign_in_of(ran)));
        if run != SignIn::Unknown {
            return run;
        }
        let mut looked: BTreeSet<usize> = BTreeSet::from([self.file]);
        let mut level: Vec<(usize, Vec<Import>)> = vec![(self.file, imports::imports(language, code))];
        for _ in 0..3 {
            let mut next = Vec::new();
            let mut found = SignIn::Unknown;
            for (file, imports) in level {
                for target in imports.iter().filter_map(|import| self.tree.target(file, import, language)) {
                    let Target::File(target) = target else { continue };
                    if looked.len() > MOST_SIGN_INS || !looked.insert(target) {
                        continue;
                    }
                    let Some(source) = self.source(target, language) else { continue };
                    found = sign_in::either(found, source.sign_in);
                    next.push((target, source.imports.clone()));
                }
            }
            if found != SignIn::Unknown {
                return found;
            }
            level = next;
        }
        SignIn::Unknown
    }
}

fn lower(name: &str) -> Rc<str> {
    name.to_ascii_lowercase().into()
}

/// Gathers what a script borrows.
struct Borrower<'t> {
    around: Surroundings<'t>,
    language: Language,
    loan: Loan,
    bytes: usize,
    /// Where the functions begin whose own needs are met.
    taken: BTreeSet<usize>,
    /// Names that were looked up.
    steps: usize,
}

impl Borrower<'_> {
    /// A file to borrow from, within the bounds.
    fn open(&mut self, file: usize) -> Option<Rc<Source>> {
        if file == self.around.file {
            return None;
        }
        if let Some(known) = self.loan.sources.get(&file) {
            return Some(known.clone());
        }
        let large = self.around.tree.size(file) > LARGEST;
        if large || self.loan.sources.len() >= MOST_FILES || self.bytes >= MOST_BYTES {
            self.loan.library.bounded = true;
            return None;
        }
        let source = self.around.source(file, self.language)?;
        self.bytes += source.bytes;
        self.loan.sources.insert(file, source.clone());
        self.loan.library.constants.push((file + 1, source.constants.clone()));
        Some(source)
    }

    fn bind(&mut self, scope: usize, name: &str, function: &Rc<Function>) {
        if self.loan.library.functions.len() >= MOST_FUNCTIONS {
            self.loan.library.bounded = true;
            return;
        }
        self.loan.library.functions.push((scope, lower(name), function.clone()));
    }

    /// PowerShell and shell: what is read in is defined for everybody.
    fn everywhere(&mut self, imports: &[Import], mentioned: Vec<Rc<str>>) {
        let (mut files, mut modules) = (Vec::new(), Vec::new());
        self.read_in(self.around.file, imports, &mut files, &mut modules, 0);
        modules.extend(self.around.tree.module_of(self.around.file).filter(|_| self.language == Language::PowerShell));
        let mut known: HashMap<Rc<str>, Rc<Function>> = HashMap::new();
        for source in &files {
            known.extend(source.functions.iter().map(|function| (lower(&function.name), function.clone())));
        }
        let mut asked: BTreeSet<Rc<str>> = mentioned.iter().cloned().collect();
        let mut waiting = mentioned;
        while let Some(name) = waiting.pop() {
            let function = match known.get(&name) {
                Some(function) => Some(function.clone()),
                None => self.of_modules(&modules, &name),
            };
            let Some(function) = function else { continue };
            self.bind(EVERYWHERE, &name, &function);
            let mut needs = BTreeSet::new();
            eval::callees(&function.body, &mut needs, 0);
            waiting.extend(needs.into_iter().filter(|need| asked.insert(need.clone())));
        }
        for (file, source) in &self.loan.sources {
            for name in source.constants.iter().filter_map(assigned) {
                self.loan.library.values.push((EVERYWHERE, name.into(), *file + 1, name.into()));
            }
        }
    }

    /// The files that imports read in, and what those read in; and the modules.
    fn read_in(&mut self, file: usize, imports: &[Import], files: &mut Vec<Rc<Source>>, modules: &mut Vec<usize>, depth: usize) {
        self.loan.library.bounded |= depth >= DEEPEST && !imports.is_empty();
        for import in imports.iter().filter(|_| depth < DEEPEST) {
            match self.around.tree.target(file, import, self.language) {
                Some(Target::Module(module)) if !modules.contains(&module) => modules.push(module),
                Some(Target::File(target)) if !self.loan.sources.contains_key(&target) => {
                    if let Some(source) = self.open(target) {
                        self.read_in(target, &source.imports.clone(), files, modules, depth + 1);
                        files.push(source);
                    }
                }
                _ => {}
            }
        }
    }

    fn of_modules(&mut self, modules: &[usize], name: &str) -> Option<Rc<Function>> {
        let file = modules.iter().find_map(|module| self.around.tree.defines(*module, name))?;
        let source = self.open(file)?;
        source.functions.iter().rev().find(|function| function.name.eq_ignore_ascii_case(name)).cloned()
    }

    /// Python and JavaScript: each file has its own names for what it imports. Only what is mentioned is asked for.
    fn named(&mut self, scope: usize, file: usize, imports: &[Import], mentioned: &BTreeSet<Rc<str>>, depth: usize) {
        self.loan.library.bounded |= depth >= DEEPEST && !imports.is_empty();
        for import in imports.iter().filter(|_| depth < DEEPEST) {
            let target = self.around.tree.target(file, import, self.language);
            match &import.names {
                Names::All => {
                    for name in mentioned {
                        self.take(scope, name, target, name, depth);
                    }
                }
                Names::Some(names) => {
                    for (there, here) in names {
                        let whole = Import { from: below(&import.from, there), names: Names::All };
                        if is_constant(here) || mentioned.contains(&lower(here)) {
                            self.take(scope, here, target, there, depth);
                        } else if self.language == Language::Python
                            && let Some(module) = self.around.tree.target(file, &whole, self.language)
                        {
                            self.members(scope, here, module, mentioned, depth);
                        }
                    }
                }
                Names::Of(name) => {
                    if let Some(target) = target {
                        self.members(scope, name, target, mentioned, depth);
                        if mentioned.contains(&lower(name)) {
                            self.take(scope, name, Some(target), "default", depth);
                        }
                    }
                }
            }
        }
    }

    /// `name.function` for each function of a file that is mentioned so.
    fn members(&mut self, scope: usize, name: &str, target: Target, mentioned: &BTreeSet<Rc<str>>, depth: usize) {
        let head = format!("{}.", name.to_ascii_lowercase());
        for member in mentioned.iter().filter_map(|mention| mention.strip_prefix(&*head).map(|member| (mention, member))) {
            let (mention, member) = member;
            self.take(scope, mention, Some(target), member, depth);
        }
    }

    /// Takes one name from a file, which may have it from another.
    fn take(&mut self, scope: usize, here: &str, target: Option<Target>, there: &str, depth: usize) {
        let Some(Target::File(file)) = target else { return };
        self.steps += 1;
        if file == self.around.file {
            return;
        }
        if depth > DEEPEST || self.steps > MOST_STEPS {
            self.loan.library.bounded = true;
            return;
        }
        let Some(source) = self.open(file) else { return };
        let any_case = |function: &&Rc<Function>| function.name.eq_ignore_ascii_case(there);
        let found = source.function(there).or_else(|| source.functions.iter().rev().find(any_case));
        let found = if there == "default" { source.default.as_ref().or(found) } else { found };
        if let Some(function) = found {
            self.bind(scope, here, function);
            self.needs(file, &source, function, depth + 1);
            return;
        }
        if source.has_constant(there) {
            self.loan.library.values.push((scope, here.into(), file + 1, there.into()));
            return;
        }
        for import in &source.imports {
            let (again, name) = match &import.names {
                Names::All => (true, there),
                Names::Some(names) => {
                    let known = names.iter().find(|(_, here)| here.eq_ignore_ascii_case(there));
                    (known.is_some(), known.map_or(there, |(there, _)| there.as_str()))
                }
                Names::Of(_) => (false, there),
            };
            if again {
                let target = self.around.tree.target(file, import, self.language);
                self.take(scope, here, target, name, depth + 1);
            }
        }
    }

    /// What a function that is borrowed needs itself: functions of its file, and what that imports.
    fn needs(&mut self, file: usize, source: &Rc<Source>, function: &Rc<Function>, depth: usize) {
        if !self.taken.insert(function.start) {
            return;
        }
        let mut mentioned = BTreeSet::new();
        eval::callees(&function.body, &mut mentioned, 0);
        for name in &mentioned {
            let own = source.functions.iter().rev().find(|own| own.name.eq_ignore_ascii_case(name));
            if let Some(own) = own {
                self.bind(file + 1, name, own);
                self.needs(file, source, own, depth);
            }
        }
        self.named(file + 1, file, &source.imports, &mentioned, depth);
    }
}

/// Names of constants have no small letters.
fn is_constant(name: &str) -> bool {
    name.chars().any(|letter| letter.is_ascii_uppercase()) && !name.chars().any(|letter| letter.is_ascii_lowercase())
}

/// A module below a module.
fn below(from: &imports::From, name: &str) -> imports::From {
    match from {
        imports::From::Dotted(up, path) if path.is_empty() => imports::From::Dotted(*up, name.to_owned()),
        imports::From::Dotted(up, path) => imports::From::Dotted(*up, format!("{path}/{name}")),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_source_are_beyond_those_of_the_script() {
        let text = "BASE = 'x'\n\ndef send(a):\n    return other(a)\n\ndef other(a):\n    client_credentials(a)\n";
        let source = Source::of(4, String::new(), Language::Python, text).unwrap();
        assert_eq!(source.functions.iter().map(|function| &*function.name).collect::<Vec<_>>(), ["send", "other"]);
        assert!(source.functions.iter().all(|function| library::file_of(function.start) == 5));
        assert!(source.has_constant("BASE"));
        let ran = |at: usize| source.sign_in_of(&BTreeSet::from([source.functions[at].start]));
        assert_eq!((ran(0), ran(1), source.sign_in_of(&BTreeSet::new())), (SignIn::Unknown, SignIn::App, SignIn::Unknown));
    }

    #[test]
    fn every_form_of_an_export_is_found() {
        for (text, name, default) in [
            ("export default async function send(a) {}", "send", true),
            ("module.exports = function (a) {}", "default", true),
            ("module.exports.send = (a) => a", "send", false),
            ("exports.send = async (a) => a", "send", false),
            ("const send = (a) => a\nexport default send", "send", true),
        ] {
            let source = Source::of(0, String::new(), Language::JavaScript, text).unwrap();
            assert!(source.function(name).is_some(), "{text}");
            assert_eq!(source.default.is_some(), default, "{text}");
        }
    }

    #[test]
    fn a_file_too_far_out_is_not_borrowed_from() {
        assert!(Source::of(usize::MAX, String::new(), Language::Python, "def a(): pass").is_none());
        assert!(Source::of(usize::MAX / STRIDE, String::new(), Language::Python, "def a(): pass").is_none());
    }
}
