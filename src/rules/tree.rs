//! An expression of a rule as a tree of the operations that rules may use. Read from CEL by `expr`, checked by `typing`,
//! evaluated by `eval`.

use crate::assess::facts::{Field, FieldType};
use std::fmt;

/// A part of an expression.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Line within the expression, from 0.
    pub(super) line: usize,
    /// What it is.
    pub(super) kind: Kind,
}

/// The operations.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Node>),
    /// A field of the entity, or the variable of a fold around it.
    Name(String),
    /// `threshold.name`
    Threshold(String),
    /// Member of a record.
    Member(Box<Node>, String),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    /// Condition, then, else.
    Choose(Box<[Node; 3]>),
    Binary(Operator, Box<[Node; 2]>),
    /// Number of elements of a list, or of characters of a text.
    Size(Box<Node>),
    /// `string(…)`
    ToText(Box<Node>),
    /// Text, and what is looked for in it.
    Search(Search, Box<[Node; 2]>),
    /// Text and pattern. The pattern is compiled when the rule loads.
    Matches(Box<Node>, regex::Regex),
    Fold(Box<Fold>),
}

/// Operators of two operands that need both of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    In,
}

impl Operator {
    /// As it is written in a rule.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::In => "in",
        }
    }
}

/// How one text is looked for in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    Contains,
    StartsWith,
    EndsWith,
}

/// A walk over a list.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: Node,
    pub(super) variable: String,
    pub(super) body: Node,
}

/// What a walk makes of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FoldKind {
    Exists,
    All,
    Filter,
    Map,
}

impl FoldKind {
    /// The walk of that name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "exists" => Some(Self::Exists),
            "all" => Some(Self::All),
            "filter" => Some(Self::Filter),
            "map" => Some(Self::Map),
            _ => None,
        }
    }

    /// Its name in a rule.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::All => "all",
            Self::Filter => "filter",
            Self::Map => "map",
        }
    }
}

/// Type of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Text,
    List(Box<Type>),
    Record(&'static [Field]),
    /// Element of an empty list literal.
    Any,
}

impl Type {
    /// The type of a field.
    pub(super) fn of(field: FieldType) -> Self {
        match field {
            FieldType::Bool => Self::Bool,
            FieldType::Int => Self::Int,
            FieldType::Text => Self::Text,
            FieldType::Texts => Self::List(Box::new(Self::Text)),
            FieldType::Records(fields) => Self::List(Box::new(Self::Record(fields))),
        }
    }

    /// Whether a value of the one can stand where the other is expected.
    pub(super) fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::List(one), Self::List(two)) => one.fits(two),
            (one, two) => one == two,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => out.write_str("true or false"),
            Self::Int => out.write_str("a whole number"),
            Self::Text => out.write_str("text"),
            Self::List(element) => match **element {
                Self::Text => out.write_str("a list of texts"),
                Self::Record(_) => out.write_str("a list of records"),
                _ => out.write_str("a list"),
            },
            Self::Record(_) => out.write_str("a record"),
            Self::Any => out.write_str("anything"),
        }
    }
}

/// What is wrong with an expression or a template, before it is known in which file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Line within the text, from 0.
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Problem {
    /// A problem with what to do instead.
    pub(super) fn new(line: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line, message: message.into(), hint: Some(hint.into()) }
    }
}
