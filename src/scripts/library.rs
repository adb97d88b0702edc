//! What other files of the same module lend to a script: functions and constants, under the names that it has for them.

use super::ir::{Argument, Call, Class, Expr, Function, Program, Span, Stmt};
use std::rc::Rc;

/// Where each file's places begin, so that those of two files never meet: file n from n times this on; the script itself is 0.
pub(super) const STRIDE: usize = 1 << (usize::BITS / 2);

/// The scope of names that every file sees.
pub(super) const EVERYWHERE: usize = usize::MAX;

/// The file that a place is in; 0 is the script itself.
pub(super) fn file_of(at: usize) -> usize {
    at / STRIDE
}

/// Functions and constants of other files.
#[derive(Debug, Default)]
pub(super) struct Library {
    /// The file in which a name counts, the name in lower case, `a` or `a.b`, and what it stands for.
    pub(super) functions: Vec<(usize, Rc<str>, Rc<Function>)>,
    /// Assignments at the head of a file.
    pub(super) constants: Vec<(usize, Rc<Vec<Stmt>>)>,
    /// The file in which a name counts, the name, and whose constant of what name it is.
    pub(super) values: Vec<(usize, Rc<str>, usize, Rc<str>)>,
    /// More is imported than is followed.
    pub(super) bounded: bool,
}

/// Moves every place of a program by a number of bytes.
pub(super) fn shift(program: &mut Program, by: usize) {
    let mut shift = Shift { by };
    shift.body(&mut program.body);
    program.comments.iter_mut().for_each(|comment| shift.span(comment));
}

/// Recursion is bounded by what readers nest.
struct Shift {
    by: usize,
}

impl Shift {
    fn span(&self, span: &mut Span) {
        span.start = span.start.saturating_add(self.by);
        span.end = span.end.saturating_add(self.by);
    }

    fn body(&mut self, body: &mut [Stmt]) {
        body.iter_mut().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &mut Stmt) {
        match statement {
            Stmt::Expr(value) | Stmt::Return(Some(value)) => self.expr(value),
            Stmt::Assign { target, value, .. } => self.exprs([target, value]),
            Stmt::If(arms) => self.arms(arms),
            Stmt::Switch(subject, arms) => {
                self.expr(subject);
                self.arms(arms);
            }
            Stmt::Each { variable, over, body } => {
                self.exprs(variable.as_mut().into_iter().chain([over]));
                self.body(body);
            }
            Stmt::Repeat(body) => self.body(body),
            Stmt::Try(body, others) => {
                self.body(body);
                others.iter_mut().for_each(|other| self.body(other));
            }
            Stmt::Define(function) => self.function(function),
            Stmt::Class(class) => self.class(class),
            Stmt::Return(None) | Stmt::Leave => {}
        }
    }

    fn arms(&mut self, arms: &mut [(Option<Expr>, Vec<Stmt>)]) {
        for (condition, body) in arms {
            self.exprs(condition);
            self.body(body);
        }
    }

    fn function(&mut self, function: &mut Rc<Function>) {
        let function = Rc::make_mut(function);
        function.start = function.start.saturating_add(self.by);
        self.exprs(function.parameters.iter_mut().filter_map(|parameter| parameter.default.as_mut()));
        self.body(&mut function.body);
    }

    fn class(&mut self, class: &mut Rc<Class>) {
        let class = Rc::make_mut(class);
        self.exprs(class.fields.iter_mut().map(|(_, first)| first));
        class.methods.iter_mut().for_each(|method| self.function(method));
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e mut Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Unknown | Expr::Text(_) | Expr::Name(_) => {}
            Expr::Join(parts) | Expr::List(parts) | Expr::Either(parts) | Expr::Effects(parts) => self.exprs(parts),
            Expr::Plus(left, right) | Expr::Index(left, right) | Expr::Same(left, right, _) => self.exprs([&mut **left, &mut **right]),
            Expr::Format(template, arguments) => {
                self.expr(template);
                self.exprs(arguments);
            }
            Expr::Member(inner, _) | Expr::Not(inner) => self.expr(inner),
            Expr::Map(entries, span) => {
                self.span(span);
                self.exprs(entries.iter_mut().flat_map(|(key, value)| [key, value]));
            }
            Expr::Choose(condition, yes, no) => self.exprs([&mut **condition, &mut **yes, &mut **no]),
            Expr::Call(call) => self.call(call),
            Expr::Block(body) => self.body(body),
            Expr::Lambda(function) => self.function(function),
        }
    }

    fn call(&mut self, call: &mut Call) {
        self.span(&mut call.span);
        self.expr(&mut call.callee);
        self.exprs(call.arguments.iter_mut().map(|Argument { value, .. }| value));
        self.exprs(&mut call.input);
    }
}
