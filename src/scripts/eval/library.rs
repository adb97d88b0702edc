//! Functions and constants of other files: what a name stands for in which file.

use super::super::ir::Function;
use super::super::library::{EVERYWHERE, Library, file_of};
use super::super::value::Value;
use super::{Evaluator, Frame, Variables, lower};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// What other files lend to a script.
#[derive(Debug, Default)]
pub(super) struct Lent {
    functions: HashMap<(usize, Rc<str>), Rc<Function>>,
    /// The variables at the head of each file.
    globals: BTreeMap<usize, Variables>,
    values: HashMap<(usize, Rc<str>), (usize, Rc<str>)>,
}

impl Lent {
    fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.globals.is_empty()
    }
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
        if !self.dialect.commands {
            return None;
        }
        let others = self.frames.iter().rev().find_map(|frame| frame.variables.get(name));
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

    /// `$script:name = …` in a function of another file.
    pub(super) fn set_global(&mut self, file: usize, name: Rc<str>, value: Value) {
        let globals = self.lent.globals.entry(file).or_default();
        let value = match globals.get(&name).filter(|known| !known.is_unknown()) {
            Some(known) => self.bounds.either(known, &value),
            None => value,
        };
        globals.insert(name, value);
    }
}

/// The file of a function.
pub(super) fn file_of_function(function: &Function) -> usize {
    file_of(function.start)
}
