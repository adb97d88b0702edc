//! Strings of PowerShell: escapes, here-strings, and what is expanded in them.

use super::super::super::ir::{Expr, text};
use super::super::tree::children;
use super::{Reader, variable};
use std::rc::Rc;
use tree_sitter::Node;

/// Where the contents of a string begin and end within its source.
fn contents(written: &str) -> (usize, usize) {
    let here = written.starts_with("@\"") || written.starts_with("@'");
    let quotes = if here { 2 } else { 1 };
    if written.len() < 2 * quotes {
        return (0, written.len());
    }
    let (mut from, mut to) = (quotes, written.len() - quotes);
    if here {
        // The line breaks after the first and before the last quote are no part of it.
        from += written.get(from..to).and_then(|inside| inside.find('\n')).map_or(0, |at| at + 1);
        let inside = written.get(from..to).unwrap_or("");
        let trimmed = inside.strip_suffix('\n').unwrap_or(inside);
        to = from + trimmed.strip_suffix('\r').unwrap_or(trimmed).len();
    }
    (from, to.max(from))
}

/// A string in single quotes.
pub(super) fn verbatim(written: &str) -> String {
    let (from, to) = contents(written);
    let inside = written.get(from..to).unwrap_or("");
    if written.starts_with('@') { inside.to_owned() } else { inside.replace("''", "'") }
}

/// The strings in quotes in a piece of source, such as the arguments of an attribute.
pub(super) fn quoted(written: &str) -> Vec<Rc<str>> {
    let mut found = Vec::new();
    let mut rest = written;
    while let Some(at) = rest.find(['\'', '"']) {
        let quote = rest.as_bytes().get(at).copied().map_or('"', char::from);
        let Some(inside) = rest.get(at + 1..) else { break };
        let Some(end) = inside.find(quote) else { break };
        found.push(inside.get(..end).unwrap_or("").into());
        rest = inside.get(end + 1..).unwrap_or("");
        if found.len() >= 64 {
            break;
        }
    }
    found
}

/// Backticks and doubled quotes undone.
fn unescape(written: &str, here: bool) -> String {
    let mut plain = String::with_capacity(written.len());
    let mut letters = written.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '`' => match letters.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('t') => plain.push('\t'),
                Some('0') | None => {}
                Some(other) => plain.push(other),
            },
            '"' if !here && letters.peek() == Some(&'"') => {
                letters.next();
                plain.push('"');
            }
            '\0' | '\u{1}' => {}
            other => plain.push(other),
        }
    }
    plain
}

impl Reader<'_> {
    /// A string in double quotes.
    pub(super) fn expandable(&mut self, node: Node<'_>) -> Expr {
        let written = self.text(node);
        let here = written.starts_with('@');
        let (from, to) = contents(written);
        let (from, to) = (node.start_byte() + from, node.start_byte() + to);
        self.expanded(node, from, to, here)
    }

    /// A bare word, in which variables are expanded too.
    pub(super) fn token(&mut self, node: Node<'_>) -> Expr {
        if children(node).is_empty() {
            let written = self.text(node);
            return match written.strip_prefix('$') {
                Some(_) if written.chars().skip(1).all(|letter| letter.is_alphanumeric() || letter == '_') => variable(written),
                Some(_) => Expr::Unknown,
                None if written.contains('$') => bare(written),
                None => text(&unescape(written, true)),
            };
        }
        self.expanded(node, node.start_byte(), node.end_byte(), true)
    }

    fn expanded(&mut self, node: Node<'_>, from: usize, to: usize, here: bool) -> Expr {
        let mut parts = Vec::new();
        let mut at = from;
        for child in children(node) {
            let (start, end) = (child.start_byte(), child.end_byte());
            if start < at || end > to {
                continue;
            }
            let before = unescape(self.source.get(at..start).unwrap_or(""), here);
            if !before.is_empty() {
                parts.push(text(&before));
            }
            parts.push(self.expr(child));
            at = end;
            // `$name?` in a string: the question mark begins a query.
            if child.kind() == "variable" && self.text(child).ends_with('?') {
                parts.push(text("?"));
            }
        }
        let rest = unescape(self.source.get(at..to).unwrap_or(""), here);
        if parts.is_empty() {
            return text(&rest);
        }
        if !rest.is_empty() {
            parts.push(text(&rest));
        }
        Expr::Join(parts)
    }
}

/// `https://graph.microsoft.com/beta/$path/x` without quotes.
fn bare(written: &str) -> Expr {
    let mut parts = Vec::new();
    for (at, piece) in written.split('$').enumerate() {
        if at == 0 {
            parts.push(text(piece));
            continue;
        }
        let length = piece.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(piece.len());
        let (name, rest) = piece.split_at(length);
        parts.push(if name.is_empty() { Expr::Unknown } else { variable(name) });
        parts.push(text(rest));
    }
    Expr::Join(parts)
}
