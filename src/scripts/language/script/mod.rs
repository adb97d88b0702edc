//! JavaScript and TypeScript, by the grammar of TSX, and by that of TypeScript where a cast in angle brackets is no element.

#[cfg(test)]
mod tests;

use super::super::ir::{Argument, Call, Class, Expr, Function, Parameter, Program, Stmt, counters, name, text};
use super::tree::{self, Walker, child_of_kind, children, field, span, unescape};
use std::rc::Rc;
use tree_sitter::Node;

/// Reads a script. None if it could not be parsed in time.
pub(in super::super) fn read(source: &str) -> Option<Program> {
    let tsx = tree::parse(&tree_sitter_typescript::LANGUAGE_TSX.into(), source)?;
    let tree = if tsx.root_node().has_error() {
        let plain = tree::parse(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), source)?;
        if plain.root_node().has_error() { tsx } else { plain }
    } else {
        tsx
    };
    let mut program = Program::default();
    tree::survey(&tree, source, b'/', &mut program);
    let mut reader = Reader { walker: Walker::new(source) };
    program.body = reader.body(tree.root_node());
    program.too_deep = reader.walker.too_deep;
    Some(program)
}

struct Reader<'t> {
    walker: Walker<'t>,
}

impl<'t> Reader<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        self.walker.text(node)
    }

    fn body(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let mut body = Vec::new();
        if self.walker.enter() {
            for child in children(node) {
                self.statement(child, &mut body);
            }
        }
        self.walker.leave();
        body
    }

    /// A statement, or a block of them.
    fn block_of(&mut self, node: Node<'_>, name: &str) -> Vec<Stmt> {
        let Some(inner) = field(node, name) else { return Vec::new() };
        let mut body = Vec::new();
        if self.walker.enter() {
            self.statement(inner, &mut body);
        }
        self.walker.leave();
        body
    }

    fn expr_of(&mut self, node: Node<'_>, name: &str) -> Expr {
        field(node, name).map_or(Expr::Unknown, |inner| self.expr(inner))
    }

    fn statement(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        match node.kind() {
            "expression_statement" => {
                for inner in children(node) {
                    match inner.kind() {
                        "assignment_expression" | "augmented_assignment_expression" => body.push(self.assignment(inner)),
                        _ => body.push(Stmt::Expr(self.expr(inner))),
                    }
                }
            }
            "lexical_declaration" | "variable_declaration" => {
                for declarator in children(node).into_iter().filter(|part| part.kind() == "variable_declarator") {
                    self.declare(declarator, body);
                }
            }
            "function_declaration" | "generator_function_declaration" => body.push(Stmt::Define(Rc::new(self.function(node, "")))),
            "class_declaration" | "abstract_class_declaration" => body.push(Stmt::Class(Rc::new(self.class(node)))),
            "export_statement" | "statement_block" | "program" | "ERROR" | "else_clause" | "labeled_statement" | "internal_module"
            | "finally_clause" => body.extend(self.body(node)),
            "if_statement" => body.push(self.if_statement(node)),
            "for_in_statement" => {
                let (variable, over) = (self.expr_of(node, "left"), self.expr_of(node, "right"));
                body.push(Stmt::Each { variable: Some(variable), over, body: self.block_of(node, "body") });
            }
            "for_statement" | "while_statement" | "do_statement" => self.repeat(node, body),
            "switch_statement" => body.push(self.switch_statement(node)),
            "try_statement" => body.push(self.try_statement(node)),
            "return_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                body.push(Stmt::Return(value));
            }
            "throw_statement" | "break_statement" | "continue_statement" => body.push(Stmt::Leave),
            "import_statement" | "interface_declaration" | "type_alias_declaration" | "empty_statement" | "ambient_declaration" => {}
            _ => body.push(Stmt::Expr(self.expr(node))),
        }
    }

    fn declare(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        let Some(target) = field(node, "name") else { return };
        let Some(value) = field(node, "value") else { return };
        if matches!(value.kind(), "arrow_function" | "function_expression" | "function") && target.kind() == "identifier" {
            let named = self.text(target);
            body.push(Stmt::Define(Rc::new(self.function(value, named))));
            return;
        }
        let (target, value) = (self.pattern(target), self.expr(value));
        body.push(Stmt::Assign { target, value, append: false });
    }

    /// What an assignment takes apart.
    fn pattern(&mut self, node: Node<'_>) -> Expr {
        match node.kind() {
            "object_pattern" => {
                let mut entries = Vec::new();
                for part in children(node) {
                    match part.kind() {
                        "shorthand_property_identifier_pattern" => entries.push((text(self.text(part)), name(self.text(part)))),
                        "pair_pattern" => {
                            let key = field(part, "key").map_or("", |key| self.text(key));
                            let target = field(part, "value").map_or(Expr::Unknown, |value| self.pattern(value));
                            entries.push((text(key), target));
                        }
                        "object_assignment_pattern" => {
                            let key = field(part, "left").map_or("", |key| self.text(key));
                            let default = self.expr_of(part, "right");
                            entries.push((text(key), Expr::Either(vec![name(key), default])));
                        }
                        _ => {}
                    }
                }
                Expr::Map(entries, span(node))
            }
            "array_pattern" => {
                let parts = children(node);
                Expr::List(parts.into_iter().map(|part| self.pattern(part)).collect())
            }
            _ => self.expr(node),
        }
    }

    fn assignment(&mut self, node: Node<'_>) -> Stmt {
        let target = field(node, "left").map_or(Expr::Unknown, |left| self.pattern(left));
        let value = self.expr_of(node, "right");
        let append = field(node, "operator").is_some_and(|operator| self.text(operator) == "+=");
        Stmt::Assign { target, value, append }
    }

    fn if_statement(&mut self, node: Node<'_>) -> Stmt {
        let mut arms = vec![(Some(self.expr_of(node, "condition")), self.block_of(node, "consequence"))];
        if field(node, "alternative").is_some() {
            arms.push((None, self.block_of(node, "alternative")));
        }
        Stmt::If(arms)
    }

    fn repeat(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        let before = body.len();
        if let Some(first) = field(node, "initializer") {
            self.statement(first, body);
        }
        let counters = counters(body.get(before..).unwrap_or_default());
        let condition = self.expr_of(node, "condition");
        let mut inside = vec![Stmt::Assign { target: Expr::Unknown, value: condition, append: false }];
        inside.extend(self.block_of(node, "body"));
        inside.extend(counters);
        body.push(Stmt::Repeat(inside));
    }

    fn switch_statement(&mut self, node: Node<'_>) -> Stmt {
        let subject = self.expr_of(node, "value");
        let cases = field(node, "body").map(children).unwrap_or_default();
        let mut arms: Vec<(Option<Expr>, Vec<Stmt>)> = Vec::new();
        for case in cases {
            let value = field(case, "value").map(|value| self.expr(value));
            let mut body = Vec::new();
            let known = field(case, "value");
            for part in children(case).into_iter().filter(|part| Some(*part) != known) {
                self.statement(part, &mut body);
            }
            // `break` only ends the case.
            body.retain(|statement| *statement != Stmt::Leave);
            arms.push((value, body));
        }
        arms.sort_by_key(|(case, _)| case.is_none());
        Stmt::Switch(subject, arms)
    }

    fn try_statement(&mut self, node: Node<'_>) -> Stmt {
        let body = self.block_of(node, "body");
        let handler = field(node, "handler").map(|handler| self.block_of(handler, "body"));
        let last = field(node, "finalizer").map(|last| self.body(last)).unwrap_or_default();
        let inner = Stmt::Try(body, handler.into_iter().collect());
        if last.is_empty() { inner } else { Stmt::Try(vec![inner], vec![last]) }
    }

    fn function(&mut self, node: Node<'_>, named: &str) -> Function {
        let named = if named.is_empty() { field(node, "name").map_or("", |name| self.text(name)) } else { named };
        let mut body = Vec::new();
        let parameters = match (field(node, "parameters"), field(node, "parameter")) {
            (Some(parameters), _) => self.parameters(parameters, &mut body),
            (None, Some(single)) => vec![Parameter::plain(self.text(single))],
            (None, None) => Vec::new(),
        };
        match field(node, "body") {
            Some(block) if block.kind() == "statement_block" => body.extend(self.body(block)),
            Some(value) => body.push(Stmt::Return(Some(self.expr(value)))),
            None => {}
        }
        Function { name: named.into(), parameters, body, start: node.start_byte(), method: node.kind() == "method_definition" }
    }

    /// Parameters; those that are taken apart are so in the body.
    fn parameters(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for (at, part) in children(node).into_iter().enumerate() {
            let written = field(part, "pattern").or_else(|| field(part, "left")).unwrap_or(part);
            let default = field(part, "value").or_else(|| field(part, "right"));
            let mut parameter = match written.kind() {
                "identifier" => Parameter::plain(self.text(written)),
                "rest_pattern" => {
                    let inner = children(written).first().map_or("", |inner| self.text(*inner));
                    Parameter { rest: true, ..Parameter::plain(inner) }
                }
                "object_pattern" | "array_pattern" => {
                    let stand_in = format!("#{at}");
                    let target = self.pattern(written);
                    body.push(Stmt::Assign { target, value: name(&stand_in), append: false });
                    Parameter::plain(&stand_in)
                }
                _ => continue,
            };
            parameter.default = default.map(|default| self.expr(default));
            parameters.push(parameter);
        }
        parameters
    }

    fn class(&mut self, node: Node<'_>) -> Class {
        let named = field(node, "name").map_or("", |name| self.text(name));
        let mut class = Class { name: named.into(), fields: Vec::new(), methods: Vec::new() };
        let members = field(node, "body").map(children).unwrap_or_default();
        for member in members {
            match member.kind() {
                "public_field_definition" | "field_definition" => {
                    let key = field(member, "name").or_else(|| field(member, "property")).map_or("", |key| self.text(key));
                    match field(member, "value") {
                        Some(value) if value.kind() == "arrow_function" => {
                            let method = Function { method: true, ..self.function(value, key) };
                            class.methods.push(Rc::new(method));
                        }
                        value => {
                            let value = value.map_or(Expr::Unknown, |value| self.expr(value));
                            class.fields.push((key.into(), value));
                        }
                    }
                }
                "method_definition" => class.methods.push(Rc::new(self.function(member, ""))),
                _ => {}
            }
        }
        class
    }

    fn exprs(&mut self, nodes: &[Node<'_>]) -> Vec<Expr> {
        nodes.iter().map(|node| self.expr(*node)).collect()
    }

    fn expr(&mut self, node: Node<'_>) -> Expr {
        let fits = self.walker.enter();
        let value = if fits { self.value(node) } else { Expr::Unknown };
        self.walker.leave();
        value
    }

    fn value(&mut self, node: Node<'_>) -> Expr {
        let inner = children(node);
        match node.kind() {
            "identifier" | "property_identifier" | "shorthand_property_identifier" | "private_property_identifier" => name(self.text(node)),
            "this" | "super" => name("this"),
            "true" | "false" => text(self.text(node)),
            "null" | "undefined" => Expr::Unknown,
            "number" => text(self.text(node)),
            "string" => {
                let written = self.text(node);
                text(&unescape(written.get(1..written.len().saturating_sub(1)).unwrap_or("")))
            }
            "template_string" => self.template(node),
            "parenthesized_expression" | "await_expression" | "non_null_expression" => {
                inner.first().map_or(Expr::Unknown, |inner| self.expr(*inner))
            }
            "as_expression" | "satisfies_expression" => inner.first().map_or(Expr::Unknown, |inner| self.expr(*inner)),
            "binary_expression" => self.binary(node),
            "unary_expression" => {
                let operand = self.expr_of(node, "argument");
                let not = field(node, "operator").is_some_and(|operator| self.text(operator) == "!");
                if not { Expr::Not(Box::new(operand)) } else { Expr::Effects(vec![operand]) }
            }
            "ternary_expression" => {
                let (condition, yes, no) =
                    (self.expr_of(node, "condition"), self.expr_of(node, "consequence"), self.expr_of(node, "alternative"));
                Expr::Choose(Box::new(condition), Box::new(yes), Box::new(no))
            }
            "member_expression" => {
                let member = field(node, "property").map_or("", |member| self.text(member));
                Expr::Member(Box::new(self.expr_of(node, "object")), member.into())
            }
            "subscript_expression" => Expr::Index(Box::new(self.expr_of(node, "object")), Box::new(self.expr_of(node, "index"))),
            "call_expression" => self.call(node, "function"),
            "new_expression" => self.call(node, "constructor"),
            "array" => Expr::List(self.exprs(&inner)),
            "object" => self.object(node),
            "arrow_function" | "function_expression" | "function" | "generator_function" => Expr::Lambda(Rc::new(self.function(node, ""))),
            "assignment_expression" | "augmented_assignment_expression" => {
                let assignment = self.assignment(node);
                Expr::Block(vec![assignment])
            }
            "spread_element" => inner.first().map_or(Expr::Unknown, |inner| self.expr(*inner)),
            "lexical_declaration" | "variable_declaration" => {
                let mut body = Vec::new();
                self.statement(node, &mut body);
                Expr::Block(body)
            }
            _ => Expr::Effects(self.exprs(&inner)),
        }
    }

    fn template(&mut self, node: Node<'_>) -> Expr {
        let mut parts = Vec::new();
        for part in children(node) {
            match part.kind() {
                "string_fragment" | "escape_sequence" => parts.push(text(&unescape(self.text(part)))),
                "template_substitution" => parts.push(children(part).first().map_or(Expr::Unknown, |inner| self.expr(*inner))),
                _ => {}
            }
        }
        if parts.is_empty() { text("") } else { Expr::Join(parts) }
    }

    fn binary(&mut self, node: Node<'_>) -> Expr {
        let operator = field(node, "operator").map_or("", |operator| self.text(operator));
        let (left, right) = (self.expr_of(node, "left"), self.expr_of(node, "right"));
        match operator {
            "+" => Expr::Plus(Box::new(left), Box::new(right)),
            "||" | "??" => Expr::Either(vec![left, right]),
            "===" | "==" => Expr::Same(Box::new(left), Box::new(right), true),
            "!==" | "!=" => Expr::Same(Box::new(left), Box::new(right), false),
            _ => Expr::Effects(vec![left, right]),
        }
    }

    fn call(&mut self, node: Node<'_>, callee: &str) -> Expr {
        let callee = self.expr_of(node, callee);
        let mut arguments = Vec::new();
        let written = field(node, "arguments");
        if let Some(template) = written.filter(|written| written.kind() == "template_string") {
            arguments.push(Argument::plain(self.expr(template)));
        }
        for part in written.filter(|written| written.kind() == "arguments").map(children).unwrap_or_default() {
            arguments.push(Argument { name: None, value: self.expr(part), spread: part.kind() == "spread_element" });
        }
        Expr::Call(Box::new(Call { callee, arguments, input: None, span: span(node) }))
    }

    fn object(&mut self, node: Node<'_>) -> Expr {
        let mut entries = Vec::new();
        for part in children(node) {
            match part.kind() {
                "pair" => {
                    let key = match field(part, "key") {
                        Some(key) if matches!(key.kind(), "string" | "number") => self.expr(key),
                        Some(key) if key.kind() == "computed_property_name" => {
                            children(key).first().map_or(Expr::Unknown, |inner| self.expr(*inner))
                        }
                        Some(key) => text(self.text(key)),
                        None => continue,
                    };
                    entries.push((key, self.expr_of(part, "value")));
                }
                "shorthand_property_identifier" => entries.push((text(self.text(part)), name(self.text(part)))),
                "spread_element" => entries.push((Expr::Unknown, self.expr(part))),
                "method_definition" => {
                    let named = child_of_kind(part, &["property_identifier"]).map_or("", |key| self.text(key));
                    entries.push((text(named), Expr::Lambda(Rc::new(self.function(part, "")))));
                }
                _ => {}
            }
        }
        Expr::Map(entries, span(node))
    }
}
