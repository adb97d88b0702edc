//! What of a script is not followed because a bound cuts it off where nothing else would say so.

use super::filter;
use super::ir::{Expr, Program, Stmt};
use super::value::MOST_ELEMENTS;

/// Blocks within blocks in which functions are looked for (`eval`).
const DEEPEST_DEFINITION: usize = 40;
/// Deepest nesting that is looked at; readers nest less.
const DEEPEST: usize = 400;

/// Whether a function is defined too deep to be found, or a list with words of Intune is longer than what is followed.
pub(super) fn is_cut(program: &Program) -> bool {
    block(&program.body, 0, 0)
}

fn block(body: &[Stmt], blocks: usize, depth: usize) -> bool {
    depth < DEEPEST && body.iter().any(|statement| self::statement(statement, blocks, depth + 1))
}

fn statement(statement: &Stmt, blocks: usize, depth: usize) -> bool {
    let inner = |body: &[Stmt]| block(body, blocks + 1, depth);
    match statement {
        Stmt::Expr(value) | Stmt::Return(Some(value)) => expr(value, blocks, depth),
        Stmt::Assign { target, value, .. } => expr(target, blocks, depth) || expr(value, blocks, depth),
        Stmt::If(arms) => arms.iter().any(|(_, body)| inner(body)),
        Stmt::Switch(subject, arms) => expr(subject, blocks, depth) || arms.iter().any(|(_, body)| inner(body)),
        Stmt::Each { over, body, .. } => expr(over, blocks, depth) || inner(body),
        Stmt::Repeat(body) => inner(body),
        Stmt::Try(body, others) => inner(body) || others.iter().any(|other| inner(other)),
        Stmt::Define(function) => blocks >= DEEPEST_DEFINITION || inner(&function.body),
        Stmt::Class(class) => blocks >= DEEPEST_DEFINITION || class.methods.iter().any(|method| inner(&method.body)),
        Stmt::Return(None) | Stmt::Leave => false,
    }
}

fn expr(value: &Expr, blocks: usize, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    let long = |items: &[Expr]| items.iter().skip(MOST_ELEMENTS).any(|item| names_intune(item, 0));
    match value {
        Expr::List(items) if long(items) => true,
        Expr::Block(body) => block(body, blocks + 1, depth),
        Expr::Lambda(function) => block(&function.body, blocks + 1, depth),
        _ => parts(value).into_iter().any(|part| expr(part, blocks, depth + 1)),
    }
}

fn names_intune(value: &Expr, depth: usize) -> bool {
    match value {
        Expr::Text(text) => filter::names_intune(text),
        _ => depth < DEEPEST && parts(value).into_iter().any(|part| names_intune(part, depth + 1)),
    }
}

/// The values that a value is made of.
fn parts(value: &Expr) -> Vec<&Expr> {
    match value {
        Expr::Unknown | Expr::Text(_) | Expr::Name(_) | Expr::Block(_) | Expr::Lambda(_) => Vec::new(),
        Expr::Join(parts) | Expr::List(parts) | Expr::Either(parts) | Expr::Effects(parts) => parts.iter().collect(),
        Expr::Plus(left, right) | Expr::Index(left, right) | Expr::Same(left, right, _) => vec![left, right],
        Expr::Format(template, arguments) => std::iter::once(&**template).chain(arguments).collect(),
        Expr::Member(inner, _) | Expr::Not(inner) => vec![inner],
        Expr::Map(entries, _) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        Expr::Choose(condition, yes, no) => vec![condition, yes, no],
        Expr::Call(call) => {
            let others = call.arguments.iter().map(|argument| &argument.value).chain(&call.input);
            std::iter::once(&call.callee).chain(others).collect()
        }
    }
}
