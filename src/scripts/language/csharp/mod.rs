//! C#: chains of the Graph SDK, `RequestInformation`, `HttpClient`.

#[cfg(test)]
mod tests;

use super::super::ir::{Argument, Call, Class, Expr, Function, Parameter, Program, Stmt, counters, name, text};
use super::tree::{self, Walker, children, field, span, unescape};
use std::rc::Rc;
use tree_sitter::Node;

/// Reads a source file. None if it could not be parsed in time.
pub(in super::super) fn read(source: &str) -> Option<Program> {
    let tree = tree::parse(&tree_sitter_c_sharp::LANGUAGE.into(), source)?;
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

    fn block_of(&mut self, node: Node<'_>, name: &str) -> Vec<Stmt> {
        let Some(inner) = field(node, name) else { return Vec::new() };
        self.block(inner)
    }

    fn block(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let mut body = Vec::new();
        if self.walker.enter() {
            self.statement(node, &mut body);
        }
        self.walker.leave();
        body
    }

    fn expr_of(&mut self, node: Node<'_>, name: &str) -> Expr {
        field(node, name).map_or(Expr::Unknown, |inner| self.expr(inner))
    }

    fn statement(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        match node.kind() {
            "class_declaration" | "record_declaration" | "struct_declaration" => body.push(Stmt::Class(Rc::new(self.class(node)))),
            "local_declaration_statement"
            | "variable_declaration"
            | "using_statement"
            | "global_statement"
            | "declaration_list"
            | "namespace_declaration"
            | "file_scoped_namespace_declaration"
            | "compilation_unit"
            | "block"
            | "ERROR"
            | "checked_statement"
            | "lock_statement"
            | "finally_clause"
            | "else_clause"
            | "preproc_if"
            | "preproc_else"
            | "preproc_elif"
            | "unsafe_statement" => {
                body.extend(self.body(node));
            }
            "variable_declarator" => self.declare(node, body),
            "local_function_statement" | "method_declaration" => body.push(Stmt::Define(Rc::new(self.function(node)))),
            "expression_statement" => {
                for inner in children(node) {
                    match inner.kind() {
                        "assignment_expression" => body.push(self.assignment(inner)),
                        _ => body.push(Stmt::Expr(self.expr(inner))),
                    }
                }
            }
            "if_statement" => {
                let mut arms = vec![(Some(self.expr_of(node, "condition")), self.block_of(node, "consequence"))];
                if field(node, "alternative").is_some() {
                    arms.push((None, self.block_of(node, "alternative")));
                }
                body.push(Stmt::If(arms));
            }
            "foreach_statement" => {
                let (variable, over) = (self.expr_of(node, "left"), self.expr_of(node, "right"));
                body.push(Stmt::Each { variable: Some(variable), over, body: self.block_of(node, "body") });
            }
            "for_statement" | "while_statement" | "do_statement" => self.repeat(node, body),
            "switch_statement" => body.push(self.switch_statement(node)),
            "try_statement" => body.push(self.try_statement(node)),
            "return_statement" | "yield_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                body.push(Stmt::Return(value));
            }
            "throw_statement" | "break_statement" | "continue_statement" => body.push(Stmt::Leave),
            "using_directive"
            | "type"
            | "predefined_type"
            | "implicit_type"
            | "enum_declaration"
            | "interface_declaration"
            | "attribute_list"
            | "modifier"
            | "generic_name"
            | "nullable_type"
            | "array_type"
            | "qualified_name"
            | "identifier" => {}
            _ => body.push(Stmt::Expr(self.expr(node))),
        }
    }

    fn declare(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        let parts = children(node);
        let Some((target, rest)) = parts.split_first() else { return };
        if let Some(value) = rest.last() {
            let (target, value) = (self.expr(*target), self.expr(*value));
            body.push(Stmt::Assign { target, value, append: false });
        }
    }

    fn assignment(&mut self, node: Node<'_>) -> Stmt {
        let (target, value) = (self.expr_of(node, "left"), self.expr_of(node, "right"));
        let parts = children(node);
        let between = match parts.as_slice() {
            [left, .., right] => self.walker.source.get(left.end_byte()..right.start_byte()).unwrap_or("").trim(),
            _ => "=",
        };
        Stmt::Assign { target, value, append: between == "+=" }
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
        let mut arms: Vec<(Option<Expr>, Vec<Stmt>)> = Vec::new();
        for section in field(node, "body").map(children).unwrap_or_default() {
            let mut body = Vec::new();
            let mut case = None;
            for part in children(section) {
                match part.kind() {
                    "constant_pattern" => case = children(part).first().map(|value| self.expr(*value)),
                    "string_literal" if case.is_none() && body.is_empty() => case = Some(self.expr(part)),
                    _ => self.statement(part, &mut body),
                }
            }
            body.retain(|statement| *statement != Stmt::Leave);
            arms.push((case, body));
        }
        arms.sort_by_key(|(case, _)| case.is_none());
        Stmt::Switch(subject, arms)
    }

    fn try_statement(&mut self, node: Node<'_>) -> Stmt {
        let body = self.block_of(node, "body");
        let (mut others, mut last) = (Vec::new(), Vec::new());
        for part in children(node) {
            match part.kind() {
                "catch_clause" => others.push(self.block_of(part, "body")),
                "finally_clause" => last = self.body(part),
                _ => {}
            }
        }
        let inner = Stmt::Try(body, others);
        if last.is_empty() { inner } else { Stmt::Try(vec![inner], vec![last]) }
    }

    fn class(&mut self, node: Node<'_>) -> Class {
        let named = field(node, "name").map_or("", |name| self.text(name));
        let mut class = Class { name: named.into(), fields: Vec::new(), methods: Vec::new() };
        let mut open: Vec<Node<'_>> = field(node, "body").map(children).unwrap_or_default();
        open.reverse();
        while let Some(member) = open.pop() {
            match member.kind() {
                "field_declaration" => {
                    let mut body = Vec::new();
                    for part in children(member) {
                        self.statement(part, &mut body);
                    }
                    for statement in body {
                        if let Stmt::Assign { target: Expr::Name(field), value, .. } = statement {
                            class.fields.push((field, value));
                        }
                    }
                }
                "property_declaration" => {
                    let named = field(member, "name").map_or("", |name| self.text(name));
                    if let Some(value) = field(member, "value") {
                        let value = match value.kind() {
                            "arrow_expression_clause" => children(value).first().map_or(Expr::Unknown, |inner| self.expr(*inner)),
                            _ => self.expr(value),
                        };
                        class.fields.push((named.into(), value));
                    }
                }
                "method_declaration" if self.is_test(member) => {}
                "method_declaration" | "constructor_declaration" => {
                    let method = Function { method: true, ..self.function(member) };
                    class.methods.push(Rc::new(method));
                }
                "preproc_if" | "preproc_else" | "preproc_region" | "declaration_list" => open.extend(children(member).into_iter().rev()),
                // Classes in classes: their methods are looked at as if they were of the outer one.
                "class_declaration" | "record_declaration" => open.extend(field(member, "body").map(children).unwrap_or_default()),
                _ => {}
            }
        }
        class
    }

    /// Whether a method is one that a runner of tests runs.
    fn is_test(&self, node: Node<'_>) -> bool {
        let attributes = children(node).into_iter().filter(|part| part.kind() == "attribute_list");
        let names = ["Fact", "Theory", "Test", "TestMethod", "TestCase"];
        attributes
            .map(|list| self.text(list).trim_matches(['[', ']', ' ']))
            .any(|list| names.iter().any(|name| list == *name || list.strip_prefix(name).is_some_and(|rest| rest.starts_with('('))))
    }

    fn function(&mut self, node: Node<'_>) -> Function {
        let named = field(node, "name").map_or("", |name| self.text(name));
        let parameters = field(node, "parameters").map(|parameters| self.parameters(parameters)).unwrap_or_default();
        let body = match field(node, "body") {
            Some(arrow) if arrow.kind() == "arrow_expression_clause" => {
                let value = children(arrow).first().map(|value| self.expr(*value));
                vec![Stmt::Return(value)]
            }
            Some(block) if block.kind() == "block" => self.body(block),
            Some(value) => vec![Stmt::Return(Some(self.expr(value)))],
            None => Vec::new(),
        };
        Function { name: named.into(), parameters, body, start: node.start_byte(), method: false }
    }

    fn parameters(&mut self, node: Node<'_>) -> Vec<Parameter> {
        if node.kind() == "identifier" || node.kind() == "implicit_parameter" {
            return vec![Parameter::plain(self.text(node))];
        }
        let mut parameters = Vec::new();
        for part in children(node).into_iter().filter(|part| part.kind() == "parameter") {
            // `this X x`: an extension method is called on its first parameter.
            if self.text(part).trim_start().starts_with("this ") {
                parameters.push(Parameter::plain("self"));
                continue;
            }
            let named = field(part, "name").map_or("", |name| self.text(name));
            let mut parameter = Parameter::plain(named);
            parameter.default = children(part)
                .last()
                .filter(|last| last.kind().ends_with("literal") && Some(**last) != field(part, "name"))
                .map(|last| self.expr(*last));
            parameters.push(parameter);
        }
        parameters
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
            "identifier" | "generic_name" | "predefined_type" => name(self.text(node).split('<').next().unwrap_or("")),
            "this_expression" | "base_expression" | "this" | "base" => name("this"),
            "boolean_literal" | "integer_literal" | "real_literal" => text(self.text(node)),
            "null_literal" => Expr::Unknown,
            "string_literal" | "character_literal" => text(&unescape(self.text(node).trim_matches(['"', '\'']))),
            "verbatim_string_literal" => text(&self.text(node).trim_start_matches('@').trim_matches('"').replace("\"\"", "\"")),
            "raw_string_literal" => text(self.text(node).trim_matches('"').trim()),
            "interpolated_string_expression" => self.interpolated(node),
            "parenthesized_expression"
            | "await_expression"
            | "equals_value_clause"
            | "checked_expression"
            | "argument"
            | "bracketed_argument" => inner.last().map_or(Expr::Unknown, |inner| self.expr(*inner)),
            "cast_expression" => self.expr_of(node, "value"),
            "as_expression" => inner.first().map_or(Expr::Unknown, |inner| self.expr(*inner)),
            "postfix_unary_expression" => inner.first().map_or(Expr::Unknown, |inner| self.expr(*inner)),
            "binary_expression" => self.binary(node),
            "prefix_unary_expression" => {
                let operand = inner.first().map_or(Expr::Unknown, |inner| self.expr(*inner));
                if self.text(node).starts_with('!') { Expr::Not(Box::new(operand)) } else { Expr::Effects(vec![operand]) }
            }
            "conditional_expression" => {
                let (condition, yes, no) =
                    (self.expr_of(node, "condition"), self.expr_of(node, "consequence"), self.expr_of(node, "alternative"));
                Expr::Choose(Box::new(condition), Box::new(yes), Box::new(no))
            }
            "switch_expression" => self.switch_expression(node),
            "member_access_expression" | "qualified_name" => match inner.as_slice() {
                [base, .., member] => Expr::Member(Box::new(self.expr(*base)), self.text(*member).split('<').next().unwrap_or("").into()),
                _ => Expr::Unknown,
            },
            "conditional_access_expression" => self.conditional_access(&inner),
            "element_access_expression" => match inner.as_slice() {
                [base, .., key] => {
                    let key = children(*key).first().map_or(Expr::Unknown, |key| self.expr(*key));
                    Expr::Index(Box::new(self.expr(*base)), Box::new(key))
                }
                _ => Expr::Unknown,
            },
            "invocation_expression" => {
                let callee = self.expr_of(node, "function");
                self.call(callee, node, field(node, "arguments"))
            }
            "object_creation_expression" | "implicit_object_creation_expression" => self.creation(node),
            "anonymous_object_creation_expression" => self.anonymous(node),
            "initializer_expression"
            | "array_creation_expression"
            | "implicit_array_creation_expression"
            | "collection_expression"
            | "tuple_expression" => {
                let parts = if node.kind().contains("array_creation") {
                    inner.iter().filter(|part| part.kind() == "initializer_expression").flat_map(|part| children(*part)).collect()
                } else {
                    inner
                };
                Expr::List(self.exprs(&parts))
            }
            "lambda_expression" | "anonymous_method_expression" => Expr::Lambda(Rc::new(self.function(node))),
            "assignment_expression" => {
                let assignment = self.assignment(node);
                Expr::Block(vec![assignment])
            }
            _ => Expr::Effects(self.exprs(&inner)),
        }
    }

    fn interpolated(&mut self, node: Node<'_>) -> Expr {
        let verbatim = self.text(node).get(..3).is_some_and(|head| head.contains('@'));
        let mut parts = Vec::new();
        for part in children(node) {
            match part.kind() {
                "string_content" => {
                    let written = self.text(part);
                    parts.push(text(&if verbatim { written.to_owned() } else { unescape(written) }));
                }
                "escape_sequence" => parts.push(text(&unescape(self.text(part)))),
                "interpolation" => {
                    let value = children(part)
                        .into_iter()
                        .find(|part| !matches!(part.kind(), "interpolation_brace" | "interpolation_format_clause"));
                    parts.push(value.map_or(Expr::Unknown, |value| self.expr(value)));
                }
                _ => {}
            }
        }
        Expr::Join(parts)
    }

    fn binary(&mut self, node: Node<'_>) -> Expr {
        let operator = field(node, "operator").map_or("", |operator| self.text(operator));
        let (left, right) = (self.expr_of(node, "left"), self.expr_of(node, "right"));
        match operator {
            "+" => Expr::Plus(Box::new(left), Box::new(right)),
            "??" => Expr::Either(vec![left, right]),
            "==" => Expr::Same(Box::new(left), Box::new(right), true),
            "!=" => Expr::Same(Box::new(left), Box::new(right), false),
            _ => Expr::Effects(vec![left, right]),
        }
    }

    fn switch_expression(&mut self, node: Node<'_>) -> Expr {
        let mut open = children(node);
        let mut values = Vec::new();
        while let Some(part) = open.pop() {
            match part.kind() {
                "switch_body" => open.extend(children(part)),
                "switch_expression_arm" => {
                    if let Some(value) = children(part).last().filter(|value| value.kind() != "throw_expression") {
                        values.push(self.expr(*value));
                    }
                }
                _ => {}
            }
        }
        values.reverse();
        Expr::Either(values)
    }

    /// `a?.B(c)` is `a.B(c)` for our purposes.
    fn conditional_access(&mut self, inner: &[Node<'_>]) -> Expr {
        let [base, rest] = inner else { return Expr::Effects(self.exprs(inner)) };
        let base = self.expr(*base);
        let member = |reader: &Self, node: Node<'_>| {
            reader.text(node).trim_start_matches(['.', '?']).split(['(', '<']).next().unwrap_or("").to_owned()
        };
        match rest.kind() {
            "member_binding_expression" => Expr::Member(Box::new(base), member(self, *rest).into()),
            "invocation_expression" => match field(*rest, "function") {
                Some(function) if function.kind() == "member_binding_expression" => {
                    let callee = Expr::Member(Box::new(base), member(self, function).into());
                    self.call(callee, *rest, field(*rest, "arguments"))
                }
                _ => Expr::Effects(vec![base, self.expr(*rest)]),
            },
            _ => Expr::Effects(vec![base, self.expr(*rest)]),
        }
    }

    fn call(&mut self, callee: Expr, node: Node<'_>, list: Option<Node<'_>>) -> Expr {
        let mut arguments = Vec::new();
        for part in list.map(children).unwrap_or_default() {
            let named = field(part, "name").map(|name| self.text(name).trim_end_matches(':').to_owned());
            let value = children(part).last().map_or(Expr::Unknown, |value| self.expr(*value));
            arguments.push(match named {
                Some(named) => Argument::named(&named, value),
                None => Argument::plain(value),
            });
        }
        Expr::Call(Box::new(Call { callee, arguments, input: None, span: span(node) }))
    }

    /// `new X(a) { B = c }`: a call, or, where it only has members, a map of them.
    fn creation(&mut self, node: Node<'_>) -> Expr {
        let callee = field(node, "type").map_or_else(|| name("new"), |known| name(self.text(known).split('<').next().unwrap_or("")));
        // `new() { … }` has no name for its part.
        let initializer =
            field(node, "initializer").or_else(|| children(node).into_iter().find(|part| part.kind() == "initializer_expression"));
        let members = initializer.map(|initializer| self.members(initializer, node));
        let list = field(node, "arguments").filter(|list| !children(*list).is_empty());
        match (members, list) {
            (Some(members), None) if !matches!(&callee, Expr::Name(known) if &**known == "HttpRequestMessage") => members,
            (members, list) => {
                let call = self.call(callee, node, list);
                match (call, members) {
                    (Expr::Call(mut call), Some(members)) => {
                        call.arguments.push(Argument::plain(members));
                        Expr::Call(call)
                    }
                    (call, _) => call,
                }
            }
        }
    }

    fn members(&mut self, node: Node<'_>, whole: Node<'_>) -> Expr {
        let parts = children(node);
        let mut entries = Vec::new();
        let mut items = Vec::new();
        for part in parts {
            let sides = children(part);
            match (part.kind(), sides.as_slice()) {
                ("assignment_expression", [left, .., right]) => {
                    let key = self.text(*left).trim_matches(['[', ']', '"', ' ']);
                    entries.push((text(key), self.expr(*right)));
                }
                // `{ { "a", b } }`: a dictionary.
                ("initializer_expression", [key, value]) => entries.push((self.expr(*key), self.expr(*value))),
                _ => items.push(self.expr(part)),
            }
        }
        if entries.is_empty() && !items.is_empty() { Expr::List(items) } else { Expr::Map(entries, span(whole)) }
    }

    fn anonymous(&mut self, node: Node<'_>) -> Expr {
        let parts = children(node);
        let mut entries = Vec::new();
        let mut waiting: Option<&str> = None;
        for part in parts {
            match (part.kind(), waiting) {
                ("identifier", None) => waiting = Some(self.text(part)),
                (_, Some(key)) => {
                    entries.push((text(key), self.expr(part)));
                    waiting = None;
                }
                _ => {}
            }
        }
        Expr::Map(entries, span(node))
    }
}
