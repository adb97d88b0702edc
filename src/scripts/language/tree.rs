//! What the readers share: parsing with a bound in time, and walking a tree without recursion.

use super::super::ir::{Program, Span};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tree_sitter::{Language, Node, ParseOptions, Parser, Tree};

/// Longest time that one text is parsed. Only a text built for it takes longer than a fraction of a second.
const LONGEST_PARSE: Duration = Duration::from_secs(5);

/// Deepest nesting that is looked at. A level of the readers is one expression or statement within another.
pub(super) const DEEPEST: usize = 150;

/// The tree of a text; None if it took too long.
pub(super) fn parse(language: &Language, text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let begun = Instant::now();
    let mut check = |_: &tree_sitter::ParseState| {
        if begun.elapsed() > LONGEST_PARSE { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut check);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or(&[]), None, Some(options))
}

pub(super) fn span(node: Node<'_>) -> Span {
    Span { start: node.start_byte(), end: node.end_byte() }
}

pub(super) fn text_of<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or("")
}

/// Whether a node is a comment. Every grammar has them among what may stand anywhere, which is quicker to ask than a name.
fn is_comment(node: Node<'_>) -> bool {
    node.is_extra() && node.kind().contains("comment")
}

/// Up to so many children are asked for one by one: a cursor costs more than it saves.
const FEW: usize = 4;

/// The named children that are no comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let count = node.named_child_count();
    if count > FEW {
        let mut cursor = node.walk();
        return node.named_children(&mut cursor).filter(|child| !is_comment(*child)).collect();
    }
    (0..).take(count).filter_map(|at| node.named_child(at)).filter(|child| !is_comment(*child)).collect()
}

/// The one named child, where there is one only, and that is no comment.
pub(super) fn only_child(node: Node<'_>) -> Option<Node<'_>> {
    let one = (node.named_child_count() == 1).then(|| node.named_child(0)).flatten();
    one.filter(|child| !is_comment(*child))
}

/// How often the parser lost its way.
pub(super) fn errors(tree: &Tree) -> usize {
    let mut errors = 0;
    visit(tree, |node| {
        errors += usize::from(node.is_error() || node.is_missing());
        node.has_error()
    });
    errors
}

/// Notes where comments are, and where the parser first lost its way. Every comment of the language has `mark` in it, so that
/// nodes without are not gone into.
pub(super) fn survey(tree: &Tree, source: &str, mark: u8, program: &mut Program) {
    let broken = tree.root_node().has_error();
    let marks: Vec<usize> = source.bytes().enumerate().filter(|(_, byte)| *byte == mark).map(|(at, _)| at).collect();
    let marked = |node: Node<'_>| {
        let next = marks.partition_point(|at| *at < node.start_byte());
        marks.get(next).is_some_and(|at| *at < node.end_byte())
    };
    visit(tree, |node| {
        let lost = broken && program.broken.is_none() && node.has_error();
        if lost && (node.is_error() || node.is_missing()) {
            program.broken = Some(node.start_byte());
        }
        if !marked(node) {
            return lost;
        }
        if is_comment(node) {
            program.comments.push(span(node));
            return false;
        }
        true
    });
}

/// Goes through a tree in the order of the text, into those nodes for which `into` says so.
fn visit(tree: &Tree, mut into: impl FnMut(Node<'_>) -> bool) {
    let mut cursor = tree.walk();
    loop {
        if (into(cursor.node()) && cursor.goto_first_child()) || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

/// What every reader of a tree has.
pub(super) struct Walker<'t> {
    pub(super) source: &'t str,
    depth: usize,
    pub(super) too_deep: bool,
}

impl<'t> Walker<'t> {
    pub(super) fn new(source: &'t str) -> Self {
        Self { source, depth: 0, too_deep: false }
    }

    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        text_of(node, self.source)
    }

    /// Counts one level of nesting; false where that is too deep.
    pub(super) fn enter(&mut self) -> bool {
        self.depth += 1;
        self.too_deep |= self.depth > DEEPEST;
        self.depth <= DEEPEST
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// The child of a field.
pub(super) fn field<'n>(node: Node<'n>, name: &str) -> Option<Node<'n>> {
    node.child_by_field_name(name)
}

/// The first child of one of these kinds.
pub(super) fn child_of_kind<'n>(node: Node<'n>, kinds: &[&str]) -> Option<Node<'n>> {
    children(node).into_iter().find(|child| kinds.contains(&child.kind()))
}

/// Text as it stands between quotes, its escapes undone as C, JavaScript and Python have them.
pub(super) fn unescape(written: &str) -> String {
    let mut plain = String::with_capacity(written.len());
    let mut letters = written.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            if !matches!(letter, '\0' | '\u{1}') {
                plain.push(letter);
            }
            continue;
        }
        match letters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('\n') | None => {}
            Some(other) => plain.push(other),
        }
    }
    plain
}
