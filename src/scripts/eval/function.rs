//! Functions of the script: what their parameters become, and what happens when nothing calls them.

use super::super::ir::{Call, Expr, Function, Parameter, Span, Stmt};
use super::super::value::{Map, Value};
use super::call::{ANY, dotted};
use super::library::file_of_function;
use super::{Evaluator, Frame, MOST_FRAMES, lower};
use std::collections::BTreeSet;
use std::rc::Rc;

/// An argument as it is passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Passed {
    pub(in super::super) name: Option<Rc<str>>,
    pub(in super::super) value: Value,
}

/// Deepest nesting that is searched for calls.
const DEEPEST: usize = 80;

/// Names of everything that is called in a body, in lower case: of `a.b()` both `b` and `a.b`.
pub(in super::super) fn callees(body: &[Stmt], names: &mut BTreeSet<Rc<str>>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    for statement in body {
        match statement {
            Stmt::Expr(value) | Stmt::Return(Some(value)) => mentioned(value, names, depth + 1),
            Stmt::Assign { target, value, .. } => {
                mentioned(target, names, depth + 1);
                mentioned(value, names, depth + 1);
            }
            Stmt::If(arms) | Stmt::Switch(_, arms) => {
                for (condition, body) in arms {
                    condition.iter().for_each(|condition| mentioned(condition, names, depth + 1));
                    callees(body, names, depth + 1);
                }
            }
            Stmt::Each { over, body, .. } => {
                mentioned(over, names, depth + 1);
                callees(body, names, depth + 1);
            }
            Stmt::Repeat(body) => callees(body, names, depth + 1),
            Stmt::Try(body, others) => {
                callees(body, names, depth + 1);
                others.iter().for_each(|other| callees(other, names, depth + 1));
            }
            Stmt::Define(function) => callees(&function.body, names, depth + 1),
            Stmt::Class(class) => class.methods.iter().for_each(|method| callees(&method.body, names, depth + 1)),
            Stmt::Return(None) | Stmt::Leave => {}
        }
    }
}

fn mentioned(expr: &Expr, names: &mut BTreeSet<Rc<str>>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    let mut go = |expr: &Expr| mentioned(expr, names, depth + 1);
    match expr {
        Expr::Unknown | Expr::Text(_) | Expr::Name(_) => {}
        Expr::Join(parts) | Expr::List(parts) | Expr::Either(parts) | Expr::Effects(parts) => parts.iter().for_each(go),
        Expr::Plus(left, right) | Expr::Index(left, right) | Expr::Same(left, right, _) => {
            go(left);
            go(right);
        }
        Expr::Format(template, arguments) => {
            go(template);
            arguments.iter().for_each(go);
        }
        Expr::Member(base, _) | Expr::Not(base) => go(base),
        Expr::Map(entries, _) => entries.iter().for_each(|(key, value)| {
            go(key);
            go(value);
        }),
        Expr::Choose(condition, yes, no) => [condition, yes, no].into_iter().for_each(|part| go(part)),
        Expr::Call(call) => {
            called(call, names);
            mentioned(&call.callee, names, depth + 1);
            let others = call.arguments.iter().map(|argument| &argument.value).chain(&call.input);
            others.for_each(|other| mentioned(other, names, depth + 1));
        }
        Expr::Block(body) => callees(body, names, depth + 1),
        Expr::Lambda(function) => callees(&function.body, names, depth + 1),
    }
}

fn called(call: &Call, names: &mut BTreeSet<Rc<str>>) {
    match &call.callee {
        Expr::Name(name) => {
            names.insert(lower(name));
        }
        Expr::Member(_, name) => {
            names.insert(lower(name));
            names.insert(lower(&dotted(&call.callee, 0)));
        }
        _ => {}
    }
}

impl Evaluator<'_> {
    /// Runs a function of the script with arguments; gives what it returns. Nothing, where it is running already or too deep.
    pub(super) fn invoke(&mut self, function: &Rc<Function>, passed: &[Passed], call: Span, class: Option<Rc<str>>) -> Option<Value> {
        let running = self.frames.iter().any(|frame| frame.function == Some(function.start));
        let deep = self.frames.len() >= MOST_FRAMES;
        if running || deep || !self.step(2) {
            // The function is looked at by itself, too, or is so already; only what it is handed is lost.
            if passed.iter().any(|argument| argument.value.may_ask()) {
                self.lent.depends();
                self.bounds.reached |= deep && !running;
            }
            return None;
        }
        self.called.insert(function.start);
        let from = u16::try_from(self.frames.len() - 1).unwrap_or(0);
        let passed: Vec<Passed> =
            passed.iter().map(|argument| Passed { name: argument.name.clone(), value: argument.value.passed(from) }).collect();
        let mut frame = Frame { call, function: Some(function.start), file: file_of_function(function), class, ..Frame::default() };
        bind(function, &passed, from, &mut frame);
        if self.dialect.output && !passed.iter().any(|argument| argument.name.as_deref() == Some(ANY)) {
            left_out(function, from, &mut frame);
        }
        self.frames.push(frame);
        self.defaults(function, true);
        Some(self.finish(function))
    }

    /// Runs a function that nothing calls, with parameters that can be anything.
    pub(super) fn alone(&mut self, function: &Rc<Function>, class: Option<Rc<str>>) {
        self.called.insert(function.start);
        self.frames.push(Frame { function: Some(function.start), file: file_of_function(function), class, ..Frame::default() });
        self.defaults(function, false);
        self.finish(function);
    }

    /// Parameters that got no argument: their default, what is allowed, or unknown. Where nothing calls the function, a default
    /// is one value among others.
    fn defaults(&mut self, function: &Rc<Function>, called: bool) {
        for parameter in &function.parameters {
            if self.top().contains_key(&parameter.name) {
                continue;
            }
            let mut value = parameter.default.as_ref().map_or_else(Value::default, |default| self.value(default));
            if !parameter.allowed.is_empty() && (!called || value.is_unknown()) {
                let allowed: Vec<Value> = parameter.allowed.iter().map(|allowed| Value::text(allowed)).collect();
                value = self.bounds.any(&allowed);
            } else if !called {
                value.open = true;
            }
            self.top().insert(parameter.name.clone(), value);
        }
    }

    fn finish(&mut self, function: &Rc<Function>) -> Value {
        self.outputs.push(Vec::new());
        self.run(&function.body);
        let outputs = self.outputs.pop().unwrap_or_default();
        let mut returned = self.frames.pop().map(|frame| frame.returned).unwrap_or_default();
        if self.dialect.output {
            returned.extend(outputs);
        }
        returned.retain(|value| !value.is_unknown());
        self.bounds.any(&returned)
    }

    /// Runs code that something else calls, within the function that handed it over.
    pub(super) fn handler(&mut self, code: &Rc<Function>, argument: &Value) -> Value {
        let running = self.frames.iter().any(|frame| frame.function == Some(code.start));
        if running || !self.step(2) || self.frames.len() >= MOST_FRAMES {
            self.lent.depends();
            return Value::unknown();
        }
        self.called.insert(code.start);
        let call = self.frames.last().map(|frame| frame.call).unwrap_or_default();
        self.frames.push(Frame { call, function: Some(code.start), file: file_of_function(code), ..Frame::default() });
        if let Some(first) = code.parameters.first() {
            self.top().insert(first.name.clone(), argument.clone());
        } else if self.dialect.output {
            self.top().insert("_".into(), argument.clone());
        }
        self.defaults(code, true);
        self.outputs.push(Vec::new());
        self.run(&code.body);
        let outputs = self.outputs.pop().unwrap_or_default();
        let Some(frame) = self.frames.pop() else { return Value::unknown() };
        // A block of code shares the variables of the function around it.
        let inner = code.parameters.first().map(|first| first.name.clone());
        for (name, value) in frame.variables {
            if Some(&name) != inner.as_ref() && &*name != "_" && (self.dialect.output || self.top().contains_key(&name)) {
                let joined = self.top().get(&name).cloned().map(|known| self.bounds.either(&known, &value));
                self.top().insert(name, joined.unwrap_or(value));
            }
        }
        let mut returned = frame.returned;
        if self.dialect.output {
            returned.extend(outputs);
        }
        returned.retain(|value| !value.is_unknown());
        self.bounds.any(&returned)
    }
}

/// Parameters of PowerShell that are not passed and have no default are empty.
fn left_out(function: &Function, from: u16, frame: &mut Frame) {
    for parameter in &function.parameters {
        if parameter.default.is_none() && !parameter.rest && !frame.variables.contains_key(&parameter.name) {
            frame.variables.insert(parameter.name.clone(), Value::text_via("", from));
        }
    }
}

/// Puts arguments into parameters: by name, by the beginning of a name, by place.
fn bind(function: &Function, passed: &[Passed], from: u16, frame: &mut Frame) {
    let parameters: Vec<&Parameter> =
        function.parameters.iter().filter(|parameter| !(function.method && matches!(&*parameter.name, "self" | "cls"))).collect();
    let mut sets: Vec<Rc<str>> = Vec::new();
    let mut free: Vec<&Passed> = Vec::new();
    for argument in passed {
        let Some(name) = &argument.name else {
            free.push(argument);
            continue;
        };
        if let Some(parameter) = named(&parameters, name) {
            sets.extend(parameter.sets.iter().cloned());
            frame.variables.insert(parameter.name.clone(), argument.value.clone());
        }
    }
    let mut free = free.into_iter();
    for parameter in &parameters {
        if parameter.rest {
            let rest: Vec<Value> = free.by_ref().map(|argument| argument.value.clone()).collect();
            frame.variables.insert(parameter.name.clone(), Value::list(rest));
        } else if !frame.variables.contains_key(&parameter.name) {
            if parameter.switch {
                frame.variables.insert(parameter.name.clone(), Value::text_via("false", from));
            } else if let Some(argument) = free.next() {
                sets.extend(parameter.sets.iter().cloned());
                frame.variables.insert(parameter.name.clone(), argument.value.clone());
            }
        }
    }
    sets.dedup();
    if let [set] = sets.as_slice() {
        let mut cmdlet = Map::default();
        cmdlet.entries.insert("parametersetname".into(), Value::text_via(set, from));
        frame.variables.insert("pscmdlet".into(), Value::map(cmdlet));
    }
}

fn named<'p>(parameters: &[&'p Parameter], name: &str) -> Option<&'p Parameter> {
    let exact = parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name));
    let begins = |parameter: &&&Parameter| parameter.name.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    exact.or_else(|| parameters.iter().find(begins)).copied()
}
