//! Follows values through a script: straight on, into both branches, once round each loop, and into functions of the same file
//! with the arguments that they are called with. Bounded in steps, depth and alternatives; a bound that is reached is said.

mod assign;
mod builder;
mod call;
mod central;
mod expr;
mod function;
mod library;
mod strings;
#[cfg(test)]
mod tests;

pub(super) use function::{Passed, callees};

use super::ir::{Class, Expr, Function, Program, Span, Stmt};
use super::library::{Library, file_of};
use super::sink::{self, Request};
use super::value::{Bounds, Text, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Most steps for one file; a long script takes some ten thousand.
const MOST_STEPS: usize = 400_000;
/// Most functions within functions.
const MOST_FRAMES: usize = 10;
/// Longest literal list that a loop is run through element by element.
const MOST_ROUNDS: usize = 24;
/// Most requests that are remembered of one file.
const MOST_SEEN: usize = 20_000;

/// What differs between languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Dialect {
    /// What a statement yields is output, and a function gives its output back.
    pub(super) output: bool,
    /// Commands have no member calls: an unknown name is a command of a module.
    pub(super) commands: bool,
    /// A map that says a method and an address is a request in itself.
    pub(super) declared: bool,
}

/// A request that the script makes, one of the alternatives of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// The call of this script that decides what is written, or that leads to what does.
    pub(super) place: Span,
    /// The file of the library that decides it, where it is not this one.
    pub(super) through: Option<usize>,
    /// The call that sends.
    pub(super) inner: Span,
    pub(super) method: Text,
    pub(super) url: Text,
    pub(super) headers: Value,
    pub(super) body: Value,
    /// Whether what is called is known to send requests.
    pub(super) certain: bool,
    /// Whether it stands in a loop that goes round until something happens.
    pub(super) repeated: bool,
    /// The cmdlet of a module, where it was told by its name.
    pub(super) cmdlet: bool,
    /// A request that is made first and sent later.
    pub(super) made: bool,
}

/// What came of following a script.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) seen: Vec<Seen>,
    /// Each call of something that is not defined in the file: its name in lower case, and its named arguments.
    pub(super) calls: Vec<Called>,
    /// Files that are handed to something as an argument: a runner and its script.
    pub(super) files: BTreeSet<(Rc<str>, Span)>,
    /// Where the functions begin that were run.
    pub(super) ran: BTreeSet<usize>,
    /// A bound of alternatives, steps or depth was reached.
    pub(super) bounded: bool,
    /// Something that is not known was handed an address of Intune, and nothing is said of that.
    pub(super) handed_on: bool,
}

impl Outcome {
    /// Drops what other files say when they are read themselves, and nothing of this one leads to.
    pub(super) fn leave_to_others(&mut self) {
        let own = |place: Span| file_of(place.start) == 0;
        self.seen.retain(|seen| own(seen.place));
        self.calls.retain(|call| own(call.place));
        self.files.retain(|(_, place)| own(*place));
    }
}

/// A call of something from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Called {
    pub(super) name: Rc<str>,
    pub(super) arguments: Vec<Rc<str>>,
    pub(super) place: Span,
}

type Variables = HashMap<Rc<str>, Value>;

#[derive(Debug, Default)]
struct Frame {
    variables: Variables,
    /// The call that made it.
    call: Span,
    /// Where the function begins; none for the script itself.
    function: Option<usize>,
    /// The file whose code runs in it.
    file: usize,
    class: Option<Rc<str>>,
    returned: Vec<Value>,
}

pub(super) struct Evaluator<'a> {
    dialect: Dialect,
    senders: &'a sink::Senders<'a>,
    functions: HashMap<Rc<str>, Vec<Rc<Function>>>,
    lent: library::Lent,
    classes: Vec<Rc<Class>>,
    fields: BTreeMap<(Rc<str>, Rc<str>), Value>,
    frames: Vec<Frame>,
    outputs: Vec<Vec<Value>>,
    called: BTreeSet<usize>,
    calls: BTreeSet<Called>,
    files: BTreeSet<(Rc<str>, Span)>,
    /// Code that was met as a value, by where it begins.
    lambdas: BTreeMap<usize, (Rc<Function>, Option<Rc<str>>)>,
    /// Maps that look like a request, until something sends them.
    drafts: BTreeMap<Span, Vec<Request>>,
    sent: BTreeSet<Span>,
    seen: Vec<Seen>,
    bounds: Bounds,
    steps: usize,
    repeated: usize,
    /// Calls around this one whose target changes from round to round of a loop.
    varied: usize,
    /// The variables that each of the loops around sets.
    loops: Vec<BTreeSet<Rc<str>>>,
    /// Headers of the approval flow that are set for every call.
    central: super::value::Map,
    handed_on: bool,
}

/// Follows a whole script. What is seen in a function of the library has places in the library's files.
pub(super) fn follow(program: &Program, dialect: Dialect, senders: &sink::Senders<'_>, library: &Library) -> Outcome {
    let mut evaluator = Evaluator {
        dialect,
        senders,
        functions: HashMap::new(),
        lent: library::Lent::default(),
        classes: Vec::new(),
        fields: BTreeMap::new(),
        frames: vec![Frame::default()],
        outputs: vec![Vec::new()],
        called: BTreeSet::new(),
        calls: BTreeSet::new(),
        files: BTreeSet::new(),
        lambdas: BTreeMap::new(),
        drafts: BTreeMap::new(),
        sent: BTreeSet::new(),
        seen: Vec::new(),
        bounds: Bounds::default(),
        steps: 0,
        repeated: 0,
        varied: 0,
        loops: Vec::new(),
        central: super::value::Map::default(),
        handed_on: false,
    };
    evaluator.borrow_from(library);
    let mut names = Names::default();
    names.block(&program.body, 0);
    for function in &names.functions {
        evaluator.functions.entry(lower(&function.name)).or_default().push(function.clone());
    }
    evaluator.classes = names.classes.clone();
    evaluator.initial_fields();
    evaluator.run(&program.body);
    evaluator.methods();
    evaluator.uncalled(&names);
    evaluator.unrun();
    evaluator.unsent();
    evaluator.spread_central();
    Outcome {
        bounded: evaluator.bounds.reached || evaluator.steps >= MOST_STEPS,
        handed_on: evaluator.handed_on,
        seen: evaluator.seen,
        calls: evaluator.calls.into_iter().collect(),
        files: evaluator.files,
        ran: evaluator.called,
    }
}

fn lower(name: &str) -> Rc<str> {
    name.to_ascii_lowercase().into()
}

/// The functions of a script, those within others too; no methods.
pub(super) fn functions(program: &Program) -> Vec<Rc<Function>> {
    let mut names = Names::default();
    names.block(&program.body, 0);
    names.functions.into_iter().filter(|function| !function.method).collect()
}

/// What a script defines, wherever it does.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) functions: Vec<Rc<Function>>,
    classes: Vec<Rc<Class>>,
}

impl Names {
    pub(super) fn block(&mut self, body: &[Stmt], depth: usize) {
        if depth < 40 {
            body.iter().for_each(|statement| self.statement(statement, depth + 1));
        }
    }

    fn statement(&mut self, statement: &Stmt, depth: usize) {
        match statement {
            Stmt::Define(function) => {
                self.functions.push(function.clone());
                self.block(&function.body, depth);
            }
            Stmt::Class(class) => {
                self.classes.push(class.clone());
                for method in &class.methods {
                    self.functions.push(method.clone());
                    self.block(&method.body, depth);
                }
            }
            Stmt::If(arms) | Stmt::Switch(_, arms) => arms.iter().for_each(|(_, body)| self.block(body, depth)),
            Stmt::Each { body, .. } | Stmt::Repeat(body) => self.block(body, depth),
            Stmt::Try(body, others) => {
                self.block(body, depth);
                others.iter().for_each(|other| self.block(other, depth));
            }
            Stmt::Assign { value: Expr::Lambda(function), .. } => self.block(&function.body, depth),
            Stmt::Expr(_) | Stmt::Assign { .. } | Stmt::Return(_) | Stmt::Leave => {}
        }
    }
}

impl Evaluator<'_> {
    /// Counts a step; false when there are none left.
    fn step(&mut self, cost: usize) -> bool {
        self.steps = self.steps.saturating_add(cost);
        self.steps < MOST_STEPS
    }

    fn initial_fields(&mut self) {
        for class in self.classes.clone() {
            for (name, first) in &class.fields {
                self.frames.push(Frame { class: Some(class.name.clone()), ..Frame::default() });
                let value = self.value(first);
                self.frames.pop();
                self.set_field(&class.name, name, value);
            }
        }
    }

    /// Methods, twice: what one sets, another that stands before it may use. What others of the file mention comes last, and
    /// only if they did not call it after all.
    fn methods(&mut self) {
        if self.classes.is_empty() {
            return;
        }
        let (seen, called) = (self.seen.len(), self.called.clone());
        let mut mentioned = BTreeSet::new();
        for method in self.classes.iter().flat_map(|class| &class.methods) {
            callees(&method.body, &mut mentioned, 0);
        }
        self.each_method(|_, _| true);
        self.seen.truncate(seen);
        self.called = called;
        self.each_method(|evaluator, method| !evaluator.called.contains(&method.start) && !mentioned.contains(&lower(&method.name)));
        self.each_method(|evaluator, method| !evaluator.called.contains(&method.start));
    }

    fn each_method(&mut self, fits: impl Fn(&Self, &Function) -> bool) {
        for class in self.classes.clone() {
            for method in &class.methods {
                if fits(self, method) {
                    self.alone(method, Some(class.name.clone()));
                }
            }
        }
    }

    /// Functions that nothing called: first those that nothing mentions, since they call the others.
    fn uncalled(&mut self, names: &Names) {
        let mut mentioned = BTreeSet::new();
        names.functions.iter().for_each(|function| callees(&function.body, &mut mentioned, 0));
        for leave in [true, false] {
            for function in names.functions.iter().filter(|function| !function.method) {
                let left = leave && mentioned.contains(&lower(&function.name));
                if !left && !self.called.contains(&function.start) {
                    self.alone(function, None);
                }
            }
        }
    }

    /// Code that was kept as a value, and that nothing was seen to run.
    fn unrun(&mut self) {
        for _ in 0..3 {
            for (start, (code, class)) in std::mem::take(&mut self.lambdas) {
                if !self.called.contains(&start) {
                    self.alone(&code, class);
                }
            }
        }
    }

    /// Requests that were written down as maps, and that nothing was seen to send.
    fn unsent(&mut self) {
        for (span, requests) in std::mem::take(&mut self.drafts) {
            if !self.sent.contains(&span) {
                let certain = self.dialect.declared;
                requests.into_iter().for_each(|request| self.emit(&Request { certain: request.certain || certain, ..request }));
            }
        }
    }

    /// Runs statements; false if what follows them is not reached.
    fn run(&mut self, body: &[Stmt]) -> bool {
        body.iter().all(|statement| self.step(1) && self.statement(statement))
    }

    fn statement(&mut self, statement: &Stmt) -> bool {
        match statement {
            Stmt::Expr(expr) => self.output(expr),
            Stmt::Assign { target, value, append } => self.assign(target, value, *append),
            Stmt::If(arms) => return self.branch(arms, Self::decide),
            Stmt::Switch(subject, arms) => return self.switch(subject, arms),
            Stmt::Each { variable, over, body } => self.each(variable.as_ref(), over, body),
            Stmt::Repeat(body) => {
                self.repeated += 1;
                let mut names = BTreeSet::new();
                call::assigned(body, &mut names, 0);
                self.loops.push(names);
                self.once(body);
                self.loops.pop();
                self.repeated -= 1;
            }
            Stmt::Try(body, others) => return self.attempt(body, others),
            Stmt::Define(function) => self.define(function),
            Stmt::Class(_) => {}
            Stmt::Return(value) => {
                let value = value.as_ref().map(|value| self.value(value));
                if let (Some(frame), Some(value)) = (self.frames.last_mut(), value) {
                    frame.returned.push(value);
                }
                return false;
            }
            Stmt::Leave => return false,
        }
        true
    }

    fn define(&mut self, function: &Rc<Function>) {
        // The last definition before a call counts.
        let known = self.functions.entry(lower(&function.name)).or_default();
        if let Some(at) = known.iter().position(|other| other.start == function.start) {
            let function = known.remove(at);
            known.push(function);
        }
    }

    fn output(&mut self, expr: &Expr) {
        let value = self.value(expr);
        if self.dialect.output
            && !(value.open && value.is_unknown())
            && let Some(outputs) = self.outputs.last_mut()
        {
            outputs.push(value);
        }
    }

    fn top(&mut self) -> &mut Variables {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last].variables
    }

    fn snapshot(&mut self) -> Variables {
        let variables = self.top().clone();
        self.step(1 + variables.len() / 4);
        variables
    }

    fn branch(&mut self, arms: &[(Option<Expr>, Vec<Stmt>)], mut holds: impl FnMut(&mut Self, &Expr) -> Option<bool>) -> bool {
        let before = self.snapshot();
        let (mut ends, mut whole) = (Vec::new(), false);
        for (condition, body) in arms {
            *self.top() = before.clone();
            let known = condition.as_ref().map_or(Some(true), |condition| holds(self, condition));
            if known == Some(false) {
                continue;
            }
            if self.run(body) {
                ends.push(std::mem::take(self.top()));
            }
            whole = known == Some(true);
            if whole {
                break;
            }
        }
        if !whole {
            ends.push(before);
        }
        self.join(ends)
    }

    /// What holds behind branches; false if none of them comes out.
    fn join(&mut self, ends: Vec<Variables>) -> bool {
        let mut ends = ends.into_iter();
        let Some(mut joined) = ends.next() else { return false };
        for end in ends {
            self.step(1 + end.len() / 4);
            for (name, value) in end {
                let both = joined.get(&name).map(|known| self.bounds.either(known, &value));
                joined.insert(name, both.unwrap_or(value));
            }
        }
        *self.top() = joined;
        true
    }

    fn switch(&mut self, subject: &Expr, arms: &[(Option<Expr>, Vec<Stmt>)]) -> bool {
        let subject = self.value(subject);
        let passed = self.passed_text(&subject);
        let held = self.top().insert("_".into(), subject);
        let reached = self.branch(arms, |evaluator, case| {
            let case = evaluator.value(case);
            let case = case.only_text()?;
            passed.as_ref().map(|passed| passed.eq_ignore_ascii_case(&case.text))
        });
        match held {
            Some(held) => self.top().insert("_".into(), held),
            None => self.top().remove("_"),
        };
        reached
    }

    /// Runs a body that may not run at all.
    fn once(&mut self, body: &[Stmt]) {
        let before = self.snapshot();
        self.run(body);
        let after = std::mem::take(self.top());
        self.join(vec![before, after]);
    }

    fn attempt(&mut self, body: &[Stmt], others: &[Vec<Stmt>]) -> bool {
        let before = self.snapshot();
        let through = self.run(body);
        let after = self.snapshot();
        let mut ends = Vec::new();
        if through {
            ends.push(after.clone());
        }
        for other in others {
            self.join(vec![before.clone(), after.clone()]);
            if self.run(other) {
                ends.push(std::mem::take(self.top()));
            }
        }
        self.join(ends)
    }

    fn each(&mut self, variable: Option<&Expr>, over: &Expr, body: &[Stmt]) {
        let over = self.value(over);
        let before = self.snapshot();
        for element in self.rounds(&over) {
            if let Some(variable) = variable {
                self.store(variable, element, false);
            }
            if !self.step(1) {
                break;
            }
            self.run(body);
        }
        let after = std::mem::take(self.top());
        self.join(vec![before, after]);
    }

    /// What a loop goes through: each element of a short list, or any one of them.
    fn rounds(&mut self, over: &Value) -> Vec<Value> {
        let lists: Vec<Rc<Vec<Value>>> = over.lists().cloned().collect();
        let mut elements: Vec<Value> = lists.iter().flat_map(|list| list.iter().cloned()).collect();
        let others = over.atoms.iter().filter(|atom| !matches!(atom, super::value::Atom::List(_)));
        elements.extend(others.map(|atom| Value::of(atom.clone())));
        if elements.is_empty() {
            return vec![Value::unknown()];
        }
        if elements.len() > MOST_ROUNDS {
            let maps = elements.iter().any(|element| element.maps().next().is_some());
            if maps {
                self.bounds.reached |= elements.len() > MOST_ROUNDS * 4;
                elements.truncate(MOST_ROUNDS * 4);
                return elements;
            }
            return vec![self.bounds.any(&elements)];
        }
        elements
    }

    /// A place in a file of the library as the call of this script that leads there, and that file.
    fn own_place(&self, place: Span) -> (Span, Option<usize>) {
        let file = file_of(place.start);
        let calls = self.frames.iter().rev().map(|frame| frame.call);
        let own = calls.filter(|call| file != 0 && call.end > 0).find(|call| file_of(call.start) == 0);
        own.map_or((place, None), |call| (call, Some(file)))
    }

    fn emit(&mut self, request: &Request) {
        let depth = self.frames.len();
        for (method, url) in request.methods.iter().flat_map(|method| request.urls.iter().map(move |url| (method, url))) {
            if self.seen.len() >= MOST_SEEN {
                self.bounds.reached = true;
                return;
            }
            let frame = usize::from(method.via.min(url.via));
            // Frame n was made by a call that stands in frame n - 1.
            let decides = if frame + 1 < depth { self.frames[frame + 1].call } else { request.span };
            let (place, through) = self.own_place(decides);
            let seen = Seen {
                place,
                through,
                inner: request.span,
                method: method.clone(),
                url: url.clone(),
                headers: request.headers.clone(),
                body: request.body.clone(),
                certain: request.certain,
                repeated: request.repeated || (self.repeated > 0 && self.varied == 0),
                cmdlet: request.cmdlet,
                made: request.made,
            };
            self.note_sent(seen);
        }
    }

    fn note_sent(&mut self, seen: Seen) {
        self.lent.sent(&seen);
        if !self.seen.contains(&seen) || self.seen.len() > 500 {
            self.seen.push(seen);
        }
    }
}
