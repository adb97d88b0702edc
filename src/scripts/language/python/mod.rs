//! Python: requests, httpx, urllib, the SDK's chains, f-strings, classes with their endpoints.

#[cfg(test)]
mod tests;

use super::super::ir::{Argument, CLIENT, Call, Class, Expr, Function, Parameter, Program, Span, Stmt, name, repeated, text, tries_again};
use super::tree::{self, Walker, child_of_kind, children, field, span, unescape};
use std::rc::Rc;
use tree_sitter::Node;

/// Libraries whose functions and clients send requests.
const LIBRARIES: [&str; 5] = ["requests", "httpx", "aiohttp", "niquests", "requests_toolbelt"];

/// Reads a script. None if it could not be parsed in time.
pub(in super::super) fn read(source: &str) -> Option<Program> {
    let tree = tree::parse(&tree_sitter_python::LANGUAGE.into(), source)?;
    let mut program = Program::default();
    tree::survey(&tree, source, b'#', &mut program);
    let tests = source.contains("import pytest") || source.contains("unittest");
    let mut reader = Reader { walker: Walker::new(source), tests };
    program.body = reader.body(tree.root_node());
    program.too_deep = reader.walker.too_deep;
    Some(program)
}

struct Reader<'t> {
    walker: Walker<'t>,
    /// Whether it uses a library of tests.
    tests: bool,
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

    fn body_of(&mut self, node: Node<'_>, name: &str) -> Vec<Stmt> {
        field(node, name).map(|body| self.body(body)).unwrap_or_default()
    }

    fn expr_of(&mut self, node: Node<'_>, name: &str) -> Expr {
        field(node, name).map_or(Expr::Unknown, |inner| self.expr(inner))
    }

    fn statement(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        match node.kind() {
            "expression_statement" => {
                for inner in children(node) {
                    match inner.kind() {
                        "assignment" | "augmented_assignment" => body.push(self.assignment(inner)),
                        _ => body.push(Stmt::Expr(self.expr(inner))),
                    }
                }
            }
            "function_definition" => body.push(Stmt::Define(Rc::new(self.function(node, false)))),
            "class_definition" => body.push(Stmt::Class(Rc::new(self.class(node)))),
            "decorated_definition" => {
                let Some(definition) = field(node, "definition") else { return };
                if definition.kind() == "function_definition" && self.is_retried(node) {
                    let function = self.function(definition, false);
                    let again = vec![Stmt::Repeat(function.body)];
                    body.push(Stmt::Define(Rc::new(Function { body: again, ..function })));
                    return;
                }
                self.statement(definition, body);
            }
            "if_statement" => body.push(self.if_statement(node)),
            "for_statement" => {
                let (variable, over) = (self.expr_of(node, "left"), self.expr_of(node, "right"));
                let written = |name: &str| field(node, name).map_or("", |part| self.text(part));
                let counts = written("right").starts_with("range(") || written("right").starts_with("itertools.count(");
                if counts && tries_again(written("left"), written("body")) {
                    body.push(Stmt::Repeat(self.body_of(node, "body")));
                    return;
                }
                body.push(Stmt::Each { variable: Some(variable), over, body: self.body_of(node, "body") });
            }
            "while_statement" => {
                let condition = self.expr_of(node, "condition");
                let mut inside = vec![Stmt::Assign { target: Expr::Unknown, value: condition, append: false }];
                inside.extend(self.body_of(node, "body"));
                body.push(Stmt::Repeat(inside));
            }
            "try_statement" => body.push(self.try_statement(node)),
            "with_statement" => self.with_statement(node, body),
            "match_statement" => body.push(self.match_statement(node)),
            "return_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                body.push(Stmt::Return(value));
            }
            "raise_statement" | "break_statement" | "continue_statement" => body.push(Stmt::Leave),
            "block" | "module" | "ERROR" => body.extend(self.body(node)),
            "import_statement" | "import_from_statement" => self.import(node, body),
            "pass_statement" | "global_statement" | "nonlocal_statement" => {}
            _ => body.push(Stmt::Expr(self.expr(node))),
        }
    }

    /// Whether a decorator has a function run again where it fails: tenacity, backoff and the like.
    fn is_retried(&self, node: Node<'_>) -> bool {
        let decorators = children(node).into_iter().filter(|part| part.kind() == "decorator");
        decorators.map(|decorator| self.text(decorator).trim_start_matches('@').split('(').next().unwrap_or("")).any(|name| {
            let mut parts = name.trim().split('.');
            let (first, last) = (parts.next().unwrap_or(""), name.rsplit('.').next().unwrap_or(""));
            first == "backoff" || last.to_ascii_lowercase().contains("retry")
        })
    }

    /// Imports of libraries for HTTP: what is called on them sends.
    fn import(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        let library = |name: &str| LIBRARIES.contains(&name.split('.').next().unwrap_or(""));
        let from = field(node, "module_name");
        if from.is_some_and(|from| !library(self.text(from))) {
            return;
        }
        for part in children(node).into_iter().filter(|part| Some(*part) != from) {
            let (known, target) = match part.kind() {
                "aliased_import" => (field(part, "name"), field(part, "alias")),
                "dotted_name" => (Some(part), Some(part)),
                _ => continue,
            };
            let (Some(known), Some(target)) = (known, target) else { continue };
            let target = self.text(target).split('.').next().unwrap_or("");
            if from.is_some() || library(self.text(known)) {
                let value = Expr::Map(vec![(text(CLIENT), text("true"))], Span::default());
                body.push(Stmt::Assign { target: name(target), value, append: false });
            }
        }
    }

    fn assignment(&mut self, node: Node<'_>) -> Stmt {
        let target = self.expr_of(node, "left");
        let value = match field(node, "right") {
            Some(right) if right.kind() == "assignment" => {
                let inner = self.assignment(right);
                match inner {
                    Stmt::Assign { value, .. } => value,
                    _ => Expr::Unknown,
                }
            }
            Some(right) => self.expr(right),
            None => Expr::Unknown,
        };
        let append = node.kind() == "augmented_assignment" && field(node, "operator").is_some_and(|operator| self.text(operator) == "+=");
        Stmt::Assign { target, value, append }
    }

    fn if_statement(&mut self, node: Node<'_>) -> Stmt {
        let mut arms = vec![(Some(self.expr_of(node, "condition")), self.body_of(node, "consequence"))];
        for part in children(node) {
            match part.kind() {
                "elif_clause" => arms.push((Some(self.expr_of(part, "condition")), self.body_of(part, "consequence"))),
                "else_clause" => arms.push((None, self.body_of(part, "body"))),
                _ => {}
            }
        }
        Stmt::If(arms)
    }

    fn try_statement(&mut self, node: Node<'_>) -> Stmt {
        let body = self.body_of(node, "body");
        let mut others = Vec::new();
        let mut last = Vec::new();
        for part in children(node) {
            match part.kind() {
                "except_clause" | "except_group_clause" => {
                    others.push(child_of_kind(part, &["block"]).map(|block| self.body(block)).unwrap_or_default());
                }
                "else_clause" | "finally_clause" => last.extend(self.body(part)),
                _ => {}
            }
        }
        if last.is_empty() { Stmt::Try(body, others) } else { Stmt::Try(vec![Stmt::Try(body, others)], vec![last]) }
    }

    fn with_statement(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        let mut open = children(node);
        open.reverse();
        while let Some(part) = open.pop() {
            match part.kind() {
                "with_clause" | "with_item" => open.extend(children(part).into_iter().rev()),
                "as_pattern" => {
                    let parts = children(part);
                    if let [value, target] = parts.as_slice() {
                        let value = self.expr(*value);
                        let target = children(*target).first().map_or(Expr::Unknown, |target| self.expr(*target));
                        body.push(Stmt::Assign { target, value, append: false });
                    }
                }
                "block" => body.extend(self.body(part)),
                _ => body.push(Stmt::Expr(self.expr(part))),
            }
        }
    }

    fn match_statement(&mut self, node: Node<'_>) -> Stmt {
        let subject = self.expr_of(node, "subject");
        let mut arms = Vec::new();
        let clauses = field(node, "body").map(children).unwrap_or_default();
        for clause in clauses.into_iter().filter(|clause| clause.kind() == "case_clause") {
            let pattern = child_of_kind(clause, &["case_pattern"]).map(|pattern| self.text(pattern).trim().to_owned());
            let case = pattern.filter(|pattern| pattern != "_").map(|pattern| text(pattern.trim_matches(['"', '\''])));
            arms.push((case, self.body_of(clause, "consequence")));
        }
        arms.sort_by_key(|(case, _)| case.is_none());
        Stmt::Switch(subject, arms)
    }

    fn function(&mut self, node: Node<'_>, method: bool) -> Function {
        let parameters = field(node, "parameters").map(|parameters| self.parameters(parameters)).unwrap_or_default();
        let named = field(node, "name").map_or("", |name| self.text(name));
        // What pytest and unittest run sends nothing to anybody.
        let tests = self.tests && named.starts_with("test_");
        let body = if tests { Vec::new() } else { self.body_of(node, "body") };
        Function { name: named.into(), parameters, body, start: node.start_byte(), method }
    }

    fn parameters(&mut self, node: Node<'_>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for part in children(node) {
            let written = match part.kind() {
                "identifier" => part,
                "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => match children(part).first() {
                    Some(inner) => *inner,
                    None => continue,
                },
                "default_parameter" | "typed_default_parameter" => match field(part, "name") {
                    Some(name) => name,
                    None => continue,
                },
                _ => continue,
            };
            let mut parameter = Parameter::plain(self.text(written).trim_start_matches('*'));
            parameter.rest = part.kind() == "list_splat_pattern";
            parameter.default = field(part, "value").map(|value| self.expr(value));
            parameters.push(parameter);
        }
        parameters
    }

    fn class(&mut self, node: Node<'_>) -> Class {
        let named = field(node, "name").map_or("", |name| self.text(name));
        let mut class = Class { name: named.into(), fields: Vec::new(), methods: Vec::new() };
        for statement in self.members(node) {
            match statement {
                Stmt::Assign { target: Expr::Name(field), value, .. } => class.fields.push((field, value)),
                Stmt::Define(function) => class.methods.push(Rc::new(Function { method: true, ..(*function).clone() })),
                _ => {}
            }
        }
        class
    }

    fn members(&mut self, node: Node<'_>) -> Vec<Stmt> {
        self.body_of(node, "body")
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
            "identifier" => name(self.text(node)),
            "true" | "false" => text(&self.text(node).to_ascii_lowercase()),
            "none" => Expr::Unknown,
            "integer" | "float" => text(self.text(node)),
            "string" => self.string(node),
            "concatenated_string" => Expr::Join(self.exprs(&inner)),
            "parenthesized_expression" | "await" | "expression_list" | "type" if inner.len() == 1 => self.expr(inner[0]),
            "binary_operator" => self.binary(node),
            "boolean_operator" => {
                let operator = field(node, "operator").map_or("", |operator| self.text(operator));
                let parts = vec![self.expr_of(node, "left"), self.expr_of(node, "right")];
                if operator == "or" { Expr::Either(parts) } else { Expr::Effects(parts) }
            }
            "not_operator" => Expr::Not(Box::new(self.expr_of(node, "argument"))),
            "comparison_operator" => self.comparison(node, &inner),
            "conditional_expression" => match inner.as_slice() {
                [yes, condition, no] => {
                    let (yes, condition, no) = (self.expr(*yes), self.expr(*condition), self.expr(*no));
                    Expr::Choose(Box::new(condition), Box::new(yes), Box::new(no))
                }
                _ => Expr::Effects(self.exprs(&inner)),
            },
            "attribute" => {
                let member = field(node, "attribute").map_or("", |member| self.text(member));
                Expr::Member(Box::new(self.expr_of(node, "object")), member.into())
            }
            "subscript" => {
                let key = field(node, "subscript").map_or(Expr::Unknown, |key| self.expr(key));
                Expr::Index(Box::new(self.expr_of(node, "value")), Box::new(key))
            }
            "call" => self.call(node),
            "list" | "tuple" | "set" | "pattern_list" | "tuple_pattern" | "expression_list" => Expr::List(self.exprs(&inner)),
            "dictionary" => self.dictionary(node),
            "lambda" => self.lambda(node),
            "list_comprehension" | "set_comprehension" | "generator_expression" | "dictionary_comprehension" => {
                self.comprehension(node, &inner)
            }
            "named_expression" => {
                let (target, value) = (self.expr_of(node, "name"), self.expr_of(node, "value"));
                Expr::Block(vec![Stmt::Assign { target, value, append: false }])
            }
            "keyword_argument" => self.expr_of(node, "value"),
            "list_splat" | "dictionary_splat" => inner.first().map_or(Expr::Unknown, |inner| self.expr(*inner)),
            _ => Expr::Effects(self.exprs(&inner)),
        }
    }

    fn string(&mut self, node: Node<'_>) -> Expr {
        let start = child_of_kind(node, &["string_start"]).map_or("", |start| self.text(start)).to_ascii_lowercase();
        let raw = start.contains('r');
        let mut parts = Vec::new();
        for part in children(node) {
            match part.kind() {
                "string_content" => {
                    let written = self.text(part);
                    let plain = if raw { written.to_owned() } else { unescape(written) };
                    parts.push(text(&if start.contains('f') { plain.replace("{{", "{").replace("}}", "}") } else { plain }));
                }
                "interpolation" => parts.push(field(part, "expression").map_or(Expr::Unknown, |inner| self.expr(inner))),
                _ => {}
            }
        }
        match parts.len() {
            0 => text(""),
            1 => parts.remove(0),
            _ => Expr::Join(parts),
        }
    }

    fn binary(&mut self, node: Node<'_>) -> Expr {
        let operator = field(node, "operator").map_or("", |operator| self.text(operator));
        let literal = field(node, "left").is_some_and(|left| left.kind() == "string");
        let (left, right) = (self.expr_of(node, "left"), self.expr_of(node, "right"));
        match operator {
            "*" if literal => repeated(left, right, span(node)),
            "+" | "|" => Expr::Plus(Box::new(left), Box::new(right)),
            "/" => Expr::Join(vec![left, text("/"), right]),
            "%" => {
                let arguments = match right {
                    Expr::List(items) => items,
                    other => vec![other],
                };
                Expr::Format(Box::new(left), arguments)
            }
            _ => Expr::Effects(vec![left, right]),
        }
    }

    fn comparison(&mut self, node: Node<'_>, inner: &[Node<'_>]) -> Expr {
        let [left, right] = inner else { return Expr::Effects(self.exprs(inner)) };
        let between = self.walker.source.get(left.end_byte()..right.start_byte()).unwrap_or("").trim();
        let equal = match between {
            "==" | "is" => true,
            "!=" | "is not" => false,
            _ => return Expr::Effects(self.exprs(&children(node))),
        };
        let (left, right) = (self.expr(*left), self.expr(*right));
        Expr::Same(Box::new(left), Box::new(right), equal)
    }

    fn call(&mut self, node: Node<'_>) -> Expr {
        let callee = match self.expr_of(node, "function") {
            // `getattr(client, "delete")(…)`
            Expr::Call(call) if call.callee == name("getattr") => match call.arguments.as_slice() {
                [object, Argument { value: Expr::Text(member), .. }, ..] => Expr::Member(Box::new(object.value.clone()), member.clone()),
                _ => Expr::Call(call),
            },
            callee => callee,
        };
        let mut arguments = Vec::new();
        let written = field(node, "arguments").filter(|written| written.kind() == "argument_list").map(children).unwrap_or_default();
        for part in written {
            match part.kind() {
                "keyword_argument" => {
                    let named = field(part, "name").map_or("", |name| self.text(name));
                    arguments.push(Argument::named(named, self.expr_of(part, "value")));
                }
                "list_splat" | "dictionary_splat" => arguments.push(Argument { name: None, value: self.expr(part), spread: true }),
                _ => arguments.push(Argument::plain(self.expr(part))),
            }
        }
        Expr::Call(Box::new(Call { callee, arguments, input: None, span: span(node) }))
    }

    fn dictionary(&mut self, node: Node<'_>) -> Expr {
        let mut entries = Vec::new();
        for part in children(node) {
            match part.kind() {
                "pair" => entries.push((self.expr_of(part, "key"), self.expr_of(part, "value"))),
                "dictionary_splat" => entries.push((Expr::Unknown, self.expr(part))),
                _ => {}
            }
        }
        Expr::Map(entries, span(node))
    }

    fn lambda(&mut self, node: Node<'_>) -> Expr {
        let parameters = field(node, "parameters").map(|parameters| self.parameters(parameters)).unwrap_or_default();
        let value = self.expr_of(node, "body");
        Expr::Lambda(Rc::new(Function {
            name: "".into(),
            parameters,
            body: vec![Stmt::Return(Some(value))],
            start: node.start_byte(),
            method: false,
        }))
    }

    /// `[f(x) for x in xs]`: f for any one of them.
    fn comprehension(&mut self, node: Node<'_>, inner: &[Node<'_>]) -> Expr {
        let mut body = Vec::new();
        let mut over = Expr::Unknown;
        let mut parameter = Parameter::plain("");
        for part in inner {
            if part.kind() == "for_in_clause" {
                over = self.expr_of(*part, "right");
                if let Some(Expr::Name(known)) = field(*part, "left").map(|left| self.expr(left)) {
                    parameter = Parameter::plain(&known);
                }
            }
        }
        let value = field(node, "body").map_or(Expr::Unknown, |value| self.expr(value));
        body.push(Stmt::Return(Some(value)));
        let code = Function { name: "".into(), parameters: vec![parameter], body, start: node.start_byte(), method: false };
        Expr::Call(Box::new(Call {
            callee: Expr::Member(Box::new(over), "map".into()),
            arguments: vec![Argument::plain(Expr::Lambda(Rc::new(code)))],
            input: None,
            span: span(node),
        }))
    }
}
