//! Functions and constants of other files: what a name stands for in which file.

use super::super::ir::{Function, Span};
use super::super::library::{EVERYWHERE, Library, file_of};
use super::super::value::Value;
use super::function::Passed;
use super::{Evaluator, Frame, Seen, Variables, lower};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// What other files lend to a script.
#[derive(Debug, Default)]
pub(super) struct Lent {
    functions: HashMap<(usize, Rc<str>), Rc<Function>>,
    /// The variables at the head of each file.
    globals: BTreeMap<usize, Variables>,
    values: HashMap<(usize, Rc<str>), (usize, Rc<str>)>,
    /// What runs of functions came to that depended on nothing but their arguments.
    runs: HashMap<usize, Vec<Run>>,
    /// Runs at hand, the innermost last.
    open: RefCell<Vec<Open>>,
    /// How often a global was set: a run says nothing of what comes after that.
    changes: usize,
}

/// A run of a function of another file.
#[derive(Debug)]
struct Run {
    given: Vec<Passed>,
    changes: usize,
    value: Option<Value>,
    /// What was sent in it, all of which the library decides.
    seen: Vec<Seen>,
}

/// A run that has not ended.
#[derive(Debug, Default)]
struct Open {
    seen: Vec<Seen>,
    /// Whether it depends on more than its arguments: on variables of a caller, on what was running already.
    depends: bool,
}

impl Lent {
    fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.globals.is_empty()
    }

    /// All runs at hand depend on more than their arguments.
    pub(super) fn depends(&self) {
        self.open.borrow_mut().iter_mut().for_each(|open| open.depends = true);
    }

    /// Something is sent.
    pub(super) fn sent(&self, seen: &Seen) {
        // What the script itself decides has the place of one call of it.
        for open in self.open.borrow_mut().iter_mut() {
            open.depends |= seen.through.is_none();
            open.seen.push(seen.clone());
        }
    }

    fn known(&self, function: &Function, given: &[Passed]) -> Option<&Run> {
        self.runs.get(&function.start)?.iter().find(|run| run.changes == self.changes && run.given == given)
    }

    fn learn(&mut self, function: &Function, given: Vec<Passed>, value: Option<&Value>, before: usize) {
        let Some(open) = self.open.borrow_mut().pop() else { return };
        let runs = self.runs.entry(function.start).or_default();
        if !open.depends && self.changes == before && runs.len() < MOST_RUNS && open.seen.len() < MOST_SENT {
            runs.push(Run { given, changes: before, value: value.cloned(), seen: open.seen });
        }
    }
}

/// Most runs of one function that are remembered, and most of what was sent in one.
const MOST_RUNS: usize = 40;
const MOST_SENT: usize = 200;

/// An argument as it matters to what a library sends: of a sentence, that it is there.
fn told(argument: &Passed) -> Passed {
    let is_sentence = |text: &str| text.contains([' ', '\n']) && !text.contains(['{', '/']);
    let sentences = argument.value.known_texts().any(|text| is_sentence(&text.text));
    Passed { name: argument.name.clone(), value: if sentences { Value::unknown() } else { argument.value.clone() } }
}

impl Evaluator<'_> {
    /// Takes a library in: its constants are worked out, nothing of it is run.
    pub(super) fn borrow_from(&mut self, library: &Library) {
        for (file, name, function) in &library.functions {
            self.lent.functions.insert((*file, name.clone()), function.clone());
        }
        for (file, name, of, there) in &library.values {
            self.lent.values.insert((*file, name.clone()), (*of, there.clone()));
        }
        for (file, constants) in &library.constants {
            let frame = Frame { file: *file, ..Frame::default() };
            let own = std::mem::replace(&mut self.frames, vec![frame]);
            self.run(constants);
            let globals = self.frames.first_mut().map(|frame| std::mem::take(&mut frame.variables)).unwrap_or_default();
            self.frames = own;
            self.lent.globals.insert(*file, globals);
        }
        // What it says itself, it says where it is read.
        self.seen.clear();
        self.calls.clear();
        self.files.clear();
        self.lambdas.clear();
        self.drafts.clear();
        self.sent.clear();
        self.outputs = vec![Vec::new()];
        self.bounds = super::Bounds::default();
        self.steps = 0;
    }

    /// The file whose code runs.
    pub(super) fn file(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.file)
    }

    /// A function of another file, by the name that the running one has for it.
    pub(super) fn lent(&self, name: &str) -> Option<&Rc<Function>> {
        if self.lent.functions.is_empty() {
            return None;
        }
        let name = lower(name);
        let here = self.lent.functions.get(&(self.file(), name.clone()));
        here.or_else(|| self.lent.functions.get(&(EVERYWHERE, name)))
    }

    /// The value of a variable where several files are in play: of the file that runs, of those that called it only where the
    /// language hands variables down to what is called.
    pub(super) fn variable_across(&self, name: &str) -> Option<Value> {
        let file = self.file();
        let own = self.frames.iter().rev().filter(|frame| frame.file == file).find_map(|frame| frame.variables.get(name));
        if let Some(own) = own.or_else(|| self.global(file, name)) {
            return Some(own.clone());
        }
        if !self.dialect.commands || name == "_" {
            return None;
        }
        let others = self.frames.iter().rev().find_map(|frame| frame.variables.get(name));
        if others.is_some() {
            self.lent.depends();
        }
        others.cloned()
    }

    fn global(&self, file: usize, name: &str) -> Option<&Value> {
        let own = self.lent.globals.get(&file).and_then(|globals| globals.get(name));
        own.or_else(|| {
            let value = |file| self.lent.values.get(&(file, Rc::from(name)));
            let (of, there) = value(file).or_else(|| value(EVERYWHERE))?;
            self.lent.globals.get(of).and_then(|globals| globals.get(there))
        })
    }

    pub(super) fn has_lent(&self) -> bool {
        !self.lent.is_empty()
    }

    /// Runs a function of another file, unless it is known what comes of it with these arguments.
    pub(super) fn run_lent(&mut self, function: &Rc<Function>, given: &[Passed], call: Span) -> Option<Value> {
        let told: Vec<Passed> = given.iter().map(told).collect();
        if let Some(run) = self.lent.known(function, &told) {
            let (value, seen) = (run.value.clone(), run.seen.clone());
            let (place, _) = self.own_place(call);
            for seen in seen {
                self.note_sent(Seen { place, repeated: seen.repeated || self.repeated > 0, ..seen });
            }
            return value;
        }
        let changes = self.lent.changes;
        self.lent.open.borrow_mut().push(Open::default());
        let value = self.invoke(function, given, call, None);
        self.lent.learn(function, told, value.as_ref(), changes);
        value
    }

    /// `$script:name = …` in a function of another file.
    pub(super) fn set_global(&mut self, file: usize, name: Rc<str>, value: Value) {
        let globals = self.lent.globals.entry(file).or_default();
        let value = match globals.get(&name).filter(|known| !known.is_unknown()) {
            Some(known) => self.bounds.either(known, &value),
            None => value,
        };
        if globals.get(&name) != Some(&value) {
            self.lent.changes += 1;
            globals.insert(name, value);
        }
    }
}

/// The file of a function.
pub(super) fn file_of_function(function: &Function) -> usize {
    file_of(function.start)
}
