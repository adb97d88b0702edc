//! The small language that every reader puts its scripts into: values, calls, branches, functions. What a reader does not
//! understand becomes [`Expr::Effects`], whose parts are still looked at.

use std::rc::Rc;

/// Where something stands, in bytes from the start of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Something with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A value that cannot be told.
    Unknown,
    /// A literal: text, number, or `true` and `false`.
    Text(Rc<str>),
    /// A variable, or a function where it is called.
    Name(Rc<str>),
    /// Parts of one text, one after another.
    Join(Vec<Expr>),
    /// `+`, of texts, lists or maps.
    Plus(Box<Expr>, Box<Expr>),
    /// A template and what goes into its places `{0}`, `{}`, `%s`.
    Format(Box<Expr>, Vec<Expr>),
    Member(Box<Expr>, Rc<str>),
    Index(Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>, Span),
    /// One of these.
    Either(Vec<Expr>),
    /// Whether two values are equal (`true`) or different (`false`).
    Same(Box<Expr>, Box<Expr>, bool),
    Not(Box<Expr>),
    /// `cond ? a : b`
    Choose(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(Box<Call>),
    /// Statements whose output is the value.
    Block(Vec<Stmt>),
    Lambda(Rc<Function>),
    /// Looked at for what happens in it; its value cannot be told.
    Effects(Vec<Expr>),
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stmt {
    /// In PowerShell its value is output.
    Expr(Expr),
    Assign {
        target: Expr,
        value: Expr,
        append: bool,
    },
    If(Vec<(Option<Expr>, Vec<Stmt>)>),
    Switch(Expr, Vec<(Option<Expr>, Vec<Stmt>)>),
    /// Once for each of a list where `over` is known.
    Each {
        variable: Option<Expr>,
        over: Expr,
        body: Vec<Stmt>,
    },
    /// Again and again: while, until, counting.
    Repeat(Vec<Stmt>),
    /// A body and its handlers.
    Try(Vec<Stmt>, Vec<Vec<Stmt>>),
    Define(Rc<Function>),
    Class(Rc<Class>),
    Return(Option<Expr>),
    /// break, continue, throw, exit: what follows is not reached.
    Leave,
}

/// A call of a function, method or command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) callee: Expr,
    pub(super) arguments: Vec<Argument>,
    /// What comes through the pipe.
    pub(super) input: Option<Expr>,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    /// Without dashes, in lower case.
    pub(super) name: Option<Rc<str>>,
    pub(super) value: Expr,
    /// A map or list whose entries are arguments.
    pub(super) spread: bool,
}

impl Argument {
    pub(super) fn plain(value: Expr) -> Self {
        Self { name: None, value, spread: false }
    }

    pub(super) fn named(name: &str, value: Expr) -> Self {
        Self { name: Some(name.to_ascii_lowercase().into()), value, spread: false }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: Rc<str>,
    pub(super) default: Option<Expr>,
    /// Whether it is a switch: false where it is not passed.
    pub(super) switch: bool,
    /// The only values that it may have; empty where any.
    pub(super) allowed: Vec<Rc<str>>,
    /// The parameter sets that it belongs to.
    pub(super) sets: Vec<Rc<str>>,
    /// Takes every further argument.
    pub(super) rest: bool,
}

impl Parameter {
    pub(super) fn plain(name: &str) -> Self {
        Self { name: name.into(), default: None, switch: false, allowed: Vec::new(), sets: Vec::new(), rest: false }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: Rc<str>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Vec<Stmt>,
    /// Where its definition begins: what tells it from another of its name.
    pub(super) start: usize,
    /// Whether it is a method, whose first parameter may be the object.
    pub(super) method: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) name: Rc<str>,
    /// Fields with their first value: assignments to plain names.
    pub(super) fields: Vec<(Rc<str>, Expr)>,
    pub(super) methods: Vec<Rc<Function>>,
}

/// A script, as its reader understood it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) body: Vec<Stmt>,
    /// Where comments stand: they are no evidence.
    pub(super) comments: Vec<Span>,
    /// The first place that the parser could not make sense of.
    pub(super) broken: Option<usize>,
    /// Whether something was nested too deep to be looked at.
    pub(super) too_deep: bool,
}

/// The key that marks a map as a client of HTTP, or the library that makes them.
pub(super) const CLIENT: &str = "#client";

/// The variables that a loop counts with, changed at the end of each round.
pub(super) fn counters(initial: &[Stmt]) -> Vec<Stmt> {
    let targets = initial.iter().filter_map(|statement| match statement {
        Stmt::Assign { target: target @ Expr::Name(_), .. } => Some(target.clone()),
        _ => None,
    });
    targets.map(|target| Stmt::Assign { target, value: Expr::Unknown, append: false }).collect()
}

/// A text so many times over.
pub(super) fn repeated(what: Expr, times: Expr, span: Span) -> Expr {
    let callee = Expr::Member(Box::new(what), "repeat".into());
    Expr::Call(Box::new(Call { callee, arguments: vec![Argument::plain(times)], input: None, span }))
}

/// Whether a counting loop does the same again rather than the next thing: by the name of what it counts, or because it may end
/// early and what it counts is not used. `body` is its text.
pub(super) fn tries_again(counter: &str, body: &str) -> bool {
    let counter = counter.trim_start_matches('$').to_ascii_lowercase();
    if ["attempt", "retry", "retries", "try", "tries"].iter().any(|word| counter.contains(word)) {
        return true;
    }
    let mut words = body.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let used = counter != "_" && words.clone().any(|word| word.eq_ignore_ascii_case(&counter));
    !used && words.any(|word| matches!(word, "break" | "return"))
}

pub(super) fn text(text: &str) -> Expr {
    Expr::Text(text.into())
}

pub(super) fn name(name: &str) -> Expr {
    Expr::Name(name.into())
}
