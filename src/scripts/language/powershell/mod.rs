//! PowerShell. The grammar does not know every one-liner; where it loses its way, the pieces that it did understand are taken as
//! statements one after another.

mod command;
mod declare;
mod repair;
mod strings;
#[cfg(test)]
mod tests;

use super::super::ir::{Expr, Function, Program, Stmt, counters, name, repeated, text, tries_again};
use super::tree::{self, DEEPEST, children, span, text_of};
use std::rc::Rc;
use std::sync::LazyLock;
use tree_sitter::Node;

/// Nodes that only stand for the precedence of operators, or for parentheses.
const WRAPPERS: [&str; 27] = [
    "logical_expression",
    "bitwise_expression",
    "comparison_expression",
    "additive_expression",
    "multiplicative_expression",
    "format_expression",
    "range_expression",
    "array_literal_expression",
    "unary_expression",
    "logical_argument_expression",
    "bitwise_argument_expression",
    "comparison_argument_expression",
    "additive_argument_expression",
    "multiplicative_argument_expression",
    "format_argument_expression",
    "range_argument_expression",
    "argument_expression",
    "left_assignment_expression",
    "parenthesized_expression",
    "string_literal",
    "integer_literal",
    "script_parameter_default",
    "key_expression",
    "while_condition",
    "switch_condition",
    "null_coalesce_expression",
    "ternary_expression",
];

/// Whether a node is one of them. Its number is asked, not its name: it is asked of nearly every node.
fn is_wrapper(node: Node<'_>) -> bool {
    static KINDS: LazyLock<Vec<bool>> = LazyLock::new(|| {
        let language = tree_sitter::Language::from(tree_sitter_powershell::LANGUAGE);
        let kinds = 0..u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        kinds.map(|kind| language.node_kind_for_id(kind).is_some_and(|name| WRAPPERS.contains(&name))).collect()
    });
    KINDS.get(usize::from(node.kind_id())).copied().unwrap_or_default()
}

/// Reads a script. None if it could not be parsed in time.
pub(in super::super) fn read(source: &str) -> Option<Program> {
    let mut tree = tree::parse(&tree_sitter_powershell::LANGUAGE.into(), source)?;
    if tree.root_node().has_error()
        && let Some(repaired) = repair::repaired(source)
    {
        let again = tree::parse(&tree_sitter_powershell::LANGUAGE.into(), &repaired)?;
        if tree::errors(&again) < tree::errors(&tree) {
            tree = again;
        }
    }
    let mut program = Program::default();
    tree::survey(&tree, source, b'#', &mut program);
    let mut reader = Reader { source, depth: 0, too_deep: false };
    program.body = reader.body(tree.root_node());
    program.too_deep = reader.too_deep;
    Some(program)
}

struct Reader<'t> {
    source: &'t str,
    depth: usize,
    too_deep: bool,
}

/// A variable by its name, which may be of another scope.
fn variable(written: &str) -> Expr {
    let plain = written.trim_start_matches(['$', '@']).trim_start_matches('{').trim_end_matches(['}', '?']);
    let lower = plain.to_ascii_lowercase();
    match lower.as_str() {
        "true" | "false" => return text(&lower),
        "null" => return Expr::Unknown,
        "_" | "psitem" => return name("_"),
        _ => {}
    }
    match lower.split_once(':') {
        Some(("script" | "global", rest)) => name(&format!("::{rest}")),
        Some(("using" | "local" | "private" | "variable", rest)) => name(rest),
        _ => name(&lower),
    }
}

impl<'t> Reader<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        text_of(node, self.source)
    }

    /// Runs `read` one level deeper; `None` where that is too deep.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEEPEST {
            self.too_deep = true;
            return None;
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        Some(read)
    }

    /// The statements below a node.
    fn body(&mut self, node: Node<'_>) -> Vec<Stmt> {
        self.deeper(|reader| {
            let mut body = Vec::new();
            for child in children(node) {
                reader.statement(child, &mut body);
            }
            body
        })
        .unwrap_or_default()
    }

    fn statement(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        match node.kind() {
            "pipeline" => body.push(self.pipeline_statement(node)),
            "if_statement" => body.push(self.if_statement(node)),
            "switch_statement" => body.push(self.switch_statement(node)),
            "foreach_statement" => body.push(self.foreach_statement(node)),
            "for_statement" | "while_statement" | "do_statement" => self.loop_statement(node, body),
            "function_statement" => body.push(Stmt::Define(Rc::new(self.function(node)))),
            "class_statement" => body.push(Stmt::Class(Rc::new(self.class(node)))),
            "try_statement" => body.push(self.try_statement(node)),
            "flow_control_statement" => body.push(self.flow(node)),
            "param_block" => self.script_parameters(node, body),
            "statement_list" | "script_block" | "script_block_body" | "named_block_list" | "named_block" | "statement_block" | "ERROR"
            | "program" | "trap_statement" | "data_statement" | "parallel_statement" | "sequence_statement" | "finally_clause" => {
                body.extend(self.body(node));
            }
            "command" | "pipeline_chain" | "hash_literal_expression" => body.push(Stmt::Expr(self.expr(node))),
            "assignment_expression" => body.push(self.assignment(node)),
            _ if is_wrapper(node) => body.push(Stmt::Expr(self.expr(node))),
            _ => {}
        }
    }

    /// Parameters of the script itself: they may be anything, their default among it.
    fn script_parameters(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        if node.parent().is_none_or(|parent| parent.kind() != "program") {
            return;
        }
        for parameter in self.parameters(node) {
            let allowed: Vec<Expr> = parameter.allowed.iter().map(|allowed| Expr::Text(allowed.clone())).collect();
            let value = match (parameter.default, allowed.is_empty()) {
                (_, false) => Expr::Either(allowed),
                (Some(default), true) => default,
                (None, true) => continue,
            };
            body.push(Stmt::Assign { target: Expr::Name(parameter.name), value, append: false });
        }
    }

    fn pipeline_statement(&mut self, node: Node<'_>) -> Stmt {
        let inner = children(node);
        match inner.as_slice() {
            [one] if one.kind() == "assignment_expression" => self.assignment(*one),
            _ => Stmt::Expr(self.expr(node)),
        }
    }

    fn assignment(&mut self, node: Node<'_>) -> Stmt {
        let parts = children(node);
        let operator = parts.iter().find(|part| part.kind() == "assignement_operator").map_or("=", |part| self.text(*part));
        let target = parts.first().map_or(Expr::Unknown, |target| self.expr(*target));
        let value = node.child_by_field_name("value").or(parts.last().copied());
        let value = value.map_or(Expr::Unknown, |value| self.value_of_statement(value));
        match operator {
            "??=" => Stmt::Assign { value: Expr::Either(vec![target.clone(), value]), target, append: false },
            _ => Stmt::Assign { target, value, append: operator == "+=" },
        }
    }

    /// The value of a pipeline, or of a statement that puts something out.
    fn value_of_statement(&mut self, node: Node<'_>) -> Expr {
        self.deeper(|reader| reader.value_of(node)).unwrap_or(Expr::Unknown)
    }

    fn value_of(&mut self, node: Node<'_>) -> Expr {
        match node.kind() {
            "pipeline" => {
                let inner = children(node);
                match inner.as_slice() {
                    [one] if one.kind() == "assignment_expression" => {
                        let assignment = self.assignment(*one);
                        let target = match &assignment {
                            Stmt::Assign { target, .. } => target.clone(),
                            _ => Expr::Unknown,
                        };
                        Expr::Block(vec![assignment, Stmt::Expr(target)])
                    }
                    _ => self.expr(node),
                }
            }
            kind if is_wrapper(node) || kind == "pipeline_chain" || kind == "command" => self.expr(node),
            _ => {
                let mut body = Vec::new();
                self.statement(node, &mut body);
                Expr::Block(body)
            }
        }
    }

    fn if_statement(&mut self, node: Node<'_>) -> Stmt {
        let mut arms = Vec::new();
        let mut waiting: Option<Expr> = None;
        let mut open: Vec<Node<'_>> = children(node);
        open.reverse();
        while let Some(part) = open.pop() {
            match part.kind() {
                "elseif_clauses" | "elseif_clause" => open.extend(children(part).into_iter().rev()),
                "else_clause" => arms.push((None, self.body(part))),
                "statement_block" => arms.push((Some(waiting.take().unwrap_or(Expr::Unknown)), self.body(part))),
                _ => waiting = Some(self.value_of_statement(part)),
            }
        }
        Stmt::If(arms)
    }

    fn switch_statement(&mut self, node: Node<'_>) -> Stmt {
        let mut subject = Expr::Unknown;
        let mut arms: Vec<(Option<Expr>, Vec<Stmt>)> = Vec::new();
        let mut waiting: Option<Option<Expr>> = None;
        let mut open: Vec<Node<'_>> = children(node);
        open.reverse();
        while let Some(part) = open.pop() {
            match part.kind() {
                "switch_condition" => subject = self.inner(part),
                "switch_clause_condition" => {
                    let default = self.text(part).trim().eq_ignore_ascii_case("default");
                    waiting = Some(if default { None } else { Some(self.inner(part)) });
                }
                "simple_name" if self.text(part).trim().eq_ignore_ascii_case("default") => waiting = Some(None),
                "statement_block" => arms.push((waiting.take().unwrap_or(None), self.body(part))),
                "switch_body" | "switch_clauses" | "switch_clause" | "ERROR" => open.extend(children(part).into_iter().rev()),
                _ => {}
            }
        }
        // The default counts where no case does, wherever it stands.
        arms.sort_by_key(|(case, _)| case.is_none());
        Stmt::Switch(subject, arms)
    }

    fn inner(&mut self, node: Node<'_>) -> Expr {
        match children(node).first() {
            Some(inner) => self.value_of_statement(*inner),
            None => text(self.text(node).trim()),
        }
    }

    fn foreach_statement(&mut self, node: Node<'_>) -> Stmt {
        let parts = children(node);
        let variable = parts.iter().find(|part| part.kind() == "variable").map(|part| self.expr(*part));
        let over = parts.iter().find(|part| part.kind() == "pipeline").map_or(Expr::Unknown, |part| self.expr(*part));
        let block = parts.iter().find(|part| part.kind() == "statement_block");
        let counts =
            parts.iter().any(|part| part.kind() == "pipeline" && self.text(*part).trim_matches(['(', ')', '@', ' ']).starts_with("1.."));
        let counter = parts.iter().find(|part| part.kind() == "variable").map_or("", |part| self.text(*part));
        let again = counts && tries_again(counter, block.map_or("", |block| self.text(*block)));
        let body = block.map(|part| self.body(*part)).unwrap_or_default();
        if again { Stmt::Repeat(body) } else { Stmt::Each { variable, over, body } }
    }

    fn loop_statement(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        let mut inside = Vec::new();
        let before = body.len();
        for part in children(node) {
            match part.kind() {
                "statement_block" => inside.extend(self.body(part)),
                "for_initializer" => {
                    for first in children(part) {
                        self.statement(first, body);
                    }
                }
                _ => {
                    let condition = self.inner(part);
                    inside.push(Stmt::Assign { target: Expr::Unknown, value: condition, append: false });
                }
            }
        }
        inside.extend(counters(body.get(before..).unwrap_or_default()));
        body.push(Stmt::Repeat(inside));
    }

    fn try_statement(&mut self, node: Node<'_>) -> Stmt {
        let (mut body, mut others, mut last) = (Vec::new(), Vec::new(), Vec::new());
        for part in children(node) {
            match part.kind() {
                "statement_block" => body = self.body(part),
                "catch_clauses" => {
                    for clause in children(part) {
                        let blocks: Vec<Node<'_>> = children(clause).into_iter().filter(|part| part.kind() == "statement_block").collect();
                        others.push(blocks.into_iter().flat_map(|block| self.body(block)).collect());
                    }
                }
                "finally_clause" => last = self.body(part),
                _ => {}
            }
        }
        if last.is_empty() {
            return Stmt::Try(body, others);
        }
        Stmt::Try(vec![Stmt::Try(body, others)], vec![last])
    }

    fn flow(&mut self, node: Node<'_>) -> Stmt {
        let word = self.text(node).trim_start().to_ascii_lowercase();
        let value = children(node).into_iter().find(|part| part.kind() == "pipeline").map(|part| self.expr(part));
        if word.starts_with("return") { Stmt::Return(value) } else { Stmt::Leave }
    }

    /// The value of a node.
    fn expr(&mut self, node: Node<'_>) -> Expr {
        let mut node = node;
        // Down the chain of precedences, which has one child each.
        while is_wrapper(node) || matches!(node.kind(), "pipeline_chain" | "pipeline") {
            let Some(one) = tree::only_child(node) else { break };
            node = one;
        }
        self.deeper(|reader| reader.value(node)).unwrap_or(Expr::Unknown)
    }

    fn exprs(&mut self, nodes: &[Node<'_>]) -> Vec<Expr> {
        nodes.iter().map(|node| self.expr(*node)).collect()
    }

    fn value(&mut self, node: Node<'_>) -> Expr {
        let inner = children(node);
        match node.kind() {
            "variable" | "braced_variable" => variable(self.text(node)),
            "expandable_string_literal" | "expandable_here_string_literal" => self.expandable(node),
            "verbatim_string_characters" | "verbatim_here_string_characters" => text(&strings::verbatim(self.text(node))),
            "decimal_integer_literal" | "hexadecimal_integer_literal" | "real_literal" => text(self.text(node)),
            "pipeline" => self.pipeline(&inner),
            "pipeline_chain" => self.pipeline(&inner),
            "command" => self.command(node, None),
            "sub_expression" => self.block(node),
            "array_expression" => self.array(node),
            "hash_literal_expression" => self.hash(node),
            "script_block_expression" => Expr::Lambda(Rc::new(Function {
                name: "".into(),
                parameters: self.parameters(node),
                body: self.body(node),
                start: node.start_byte(),
                method: false,
            })),
            "additive_expression" | "additive_argument_expression" => self.sum(node, &inner),
            "multiplicative_expression" | "multiplicative_argument_expression" => match inner.as_slice() {
                [left, right] if self.text(*left).starts_with(['"', '\'']) => repeated(self.expr(*left), self.expr(*right), span(node)),
                _ => Expr::Effects(self.exprs(&inner)),
            },
            "format_expression" | "format_argument_expression" => self.formatted(&inner),
            "comparison_expression" | "comparison_argument_expression" => self.comparison(&inner),
            "array_literal_expression" => Expr::List(self.exprs(&inner)),
            "expression_with_unary_operator" => self.unary(node, &inner),
            "cast_expression" => inner.last().map_or(Expr::Unknown, |inner| self.expr(*inner)),
            "member_access" => self.member(&inner),
            "element_access" => match inner.as_slice() {
                [base, key] => Expr::Index(Box::new(self.expr(*base)), Box::new(self.expr(*key))),
                _ => Expr::Effects(self.exprs(&inner)),
            },
            "invokation_expression" => self.invocation(node, &inner),
            "type_literal" => name(self.text(node).trim_matches(['[', ']'])),
            "null_coalesce_expression" => Expr::Either(self.exprs(&inner)),
            "ternary_expression" => match inner.as_slice() {
                [condition, yes, no] => {
                    let (condition, yes, no) = (self.expr(*condition), self.expr(*yes), self.expr(*no));
                    Expr::Choose(Box::new(condition), Box::new(yes), Box::new(no))
                }
                _ => Expr::Effects(self.exprs(&inner)),
            },
            "generic_token" | "simple_name" | "command_name" | "path_command_name" => self.token(node),
            "if_statement" | "switch_statement" | "foreach_statement" | "statement_list" | "statement_block" => {
                let mut body = Vec::new();
                self.statement(node, &mut body);
                Expr::Block(body)
            }
            "assignment_expression" => {
                let assignment = self.assignment(node);
                Expr::Block(vec![assignment])
            }
            _ => Expr::Effects(self.exprs(&inner)),
        }
    }

    /// `$( … )`
    fn block(&mut self, node: Node<'_>) -> Expr {
        let mut body = self.body(node);
        match body.as_mut_slice() {
            [Stmt::Expr(one)] => std::mem::replace(one, Expr::Unknown),
            _ => Expr::Block(body),
        }
    }

    /// `@( … )`
    fn array(&mut self, node: Node<'_>) -> Expr {
        let body = self.body(node);
        if !body.iter().all(|statement| matches!(statement, Stmt::Expr(_))) {
            return Expr::Block(body);
        }
        let mut items = Vec::new();
        let count = body.len();
        for statement in body {
            match statement {
                Stmt::Expr(Expr::List(inner)) if count == 1 => items.extend(inner),
                Stmt::Expr(one @ (Expr::Map(..) | Expr::Text(_) | Expr::Join(_) | Expr::Plus(..))) => items.push(one),
                Stmt::Expr(one) if count == 1 => return one,
                Stmt::Expr(one) => items.push(one),
                _ => {}
            }
        }
        Expr::List(items)
    }

    fn hash(&mut self, node: Node<'_>) -> Expr {
        let mut entries = Vec::new();
        let mut open = children(node);
        open.reverse();
        while let Some(part) = open.pop() {
            if part.kind() != "hash_entry" {
                open.extend(children(part).into_iter().rev());
                continue;
            }
            if let [key, value] = children(part).as_slice() {
                let key_text = children(*key).first().filter(|key| key.kind() == "simple_name").map(|key| text(self.text(*key)));
                let key = key_text.unwrap_or_else(|| self.expr(*key));
                entries.push((key, self.value_of_statement(*value)));
            }
        }
        Expr::Map(entries, span(node))
    }

    /// `a + b`; and what [`repair`] has put into that form.
    fn sum(&mut self, node: Node<'_>, inner: &[Node<'_>]) -> Expr {
        let [left, right] = inner else { return Expr::Effects(self.exprs(inner)) };
        let operator = self.source.get(left.end_byte()..right.start_byte()).unwrap_or("").trim();
        let (left, right) = (self.expr(*left), self.expr(*right));
        match operator {
            "??" => Expr::Either(vec![left, right]),
            // The condition is looked at, and says nothing of the value.
            "?" => Expr::Either(vec![Expr::Effects(vec![left]), right]),
            ":" => Expr::Either(vec![left, right]),
            _ if operator.contains('+') && node.kind().starts_with("additive") => Expr::Plus(Box::new(left), Box::new(right)),
            _ => Expr::Effects(vec![left, right]),
        }
    }

    fn formatted(&mut self, inner: &[Node<'_>]) -> Expr {
        let values: Vec<Node<'_>> = inner.iter().copied().filter(|part| part.kind() != "format_operator").collect();
        let Some((template, arguments)) = values.split_first() else { return Expr::Unknown };
        let template = self.expr(*template);
        let arguments = self.exprs(arguments).into_iter().flat_map(|argument| match argument {
            Expr::List(items) => items,
            other => vec![other],
        });
        Expr::Format(Box::new(template), arguments.collect())
    }

    fn comparison(&mut self, inner: &[Node<'_>]) -> Expr {
        let [left, operator, right] = inner else { return Expr::Effects(self.exprs(inner)) };
        let operator = self.text(*operator).trim_start_matches('-').to_ascii_lowercase();
        let (left, right) = (self.expr(*left), self.expr(*right));
        match operator.as_str() {
            "eq" | "ieq" | "ceq" => Expr::Same(Box::new(left), Box::new(right), true),
            "ne" | "ine" | "cne" => Expr::Same(Box::new(left), Box::new(right), false),
            "replace" | "ireplace" | "creplace" => {
                let arguments = match right {
                    Expr::List(items) => items,
                    other => vec![other, text("")],
                };
                self.library(left, "replace", arguments)
            }
            "join" => self.library(left, "join", vec![right]),
            "as" => left,
            _ => Expr::Effects(vec![left, right]),
        }
    }

    fn unary(&mut self, node: Node<'_>, inner: &[Node<'_>]) -> Expr {
        let Some(last) = inner.last() else { return Expr::Unknown };
        let value = self.expr(*last);
        let operator = self.text(node);
        if operator.starts_with(',') {
            Expr::List(vec![value])
        } else if operator.starts_with('!') || operator.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("-not")) {
            Expr::Not(Box::new(value))
        } else if operator.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("-join")) {
            self.library(value, "join", vec![text("")])
        } else if operator.starts_with('-') && matches!(value, Expr::Text(_)) {
            Expr::Join(vec![text("-"), value])
        } else {
            Expr::Effects(vec![value])
        }
    }

    fn member(&mut self, inner: &[Node<'_>]) -> Expr {
        let [base, member] = inner else { return Expr::Effects(self.exprs(inner)) };
        let base = self.expr(*base);
        match self.member_name(*member) {
            Some(member) => Expr::Member(Box::new(base), member),
            None => {
                let key = self.expr(*member);
                Expr::Index(Box::new(base), Box::new(key))
            }
        }
    }

    fn member_name(&mut self, node: Node<'_>) -> Option<Rc<str>> {
        let inner = children(node);
        match inner.first().map(|inner| (inner.kind(), *inner)) {
            Some(("simple_name", inner)) => Some(self.text(inner).into()),
            Some(("string_literal", inner)) => match self.expr(inner) {
                Expr::Text(known) => Some(known),
                _ => None,
            },
            Some(_) => None,
            None => Some(self.text(node).into()),
        }
    }
}
