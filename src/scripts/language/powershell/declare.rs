//! What PowerShell declares: functions and their parameters, classes.

use super::super::super::ir::{Class, Expr, Function, Parameter, Stmt};
use super::super::tree::children;
use super::{Reader, strings, variable};
use std::rc::Rc;
use tree_sitter::Node;

impl Reader<'_> {
    pub(super) fn function(&mut self, node: Node<'_>) -> Function {
        let named = children(node).into_iter().find(|part| part.kind() == "function_name").map_or("", |part| self.text(part));
        let named = named.rsplit(':').next().unwrap_or(named);
        Function {
            name: named.into(),
            parameters: self.parameters(node),
            body: self.body_of_function(node),
            start: node.start_byte(),
            method: false,
        }
    }

    /// The statements of a function, without its name and parameters.
    fn body_of_function(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let mut body = Vec::new();
        for part in children(node) {
            if matches!(part.kind(), "script_block" | "ERROR" | "script_block_body" | "statement_block") {
                body.extend(self.body(part));
            }
        }
        body
    }

    /// The parameters that a function declares, before its name's parentheses or in a block of their own.
    pub(super) fn parameters(&mut self, node: Node<'_>) -> Vec<Parameter> {
        let mut open = vec![(node, 0)];
        let mut found = Vec::new();
        while let Some((part, depth)) = open.pop() {
            for child in children(part) {
                match child.kind() {
                    "script_parameter" => found.push(self.parameter(child)),
                    "param_block" | "parameter_list" | "ERROR" | "script_block" | "function_parameter_declaration" if depth < 5 => {
                        open.push((child, depth + 1));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    fn parameter(&mut self, node: Node<'_>) -> Parameter {
        let mut parameter = Parameter::plain("");
        for part in children(node) {
            match part.kind() {
                "variable" => {
                    if let Expr::Name(known) = variable(self.text(part)) {
                        parameter.name = known;
                    }
                }
                "script_parameter_default" => parameter.default = Some(self.expr(part)),
                "attribute_list" => children(part).into_iter().for_each(|attribute| self.attribute(attribute, &mut parameter)),
                _ => {}
            }
        }
        parameter
    }

    fn attribute(&mut self, node: Node<'_>, parameter: &mut Parameter) {
        let written = self.text(node).to_ascii_lowercase();
        let inner = written.trim_start_matches('[').trim_start();
        if inner.starts_with("switch") {
            parameter.switch = true;
        } else if inner.starts_with("validateset") {
            parameter.allowed = strings::quoted(self.text(node));
        } else if inner.starts_with("parameter")
            && let Some(at) = written.find("parametersetname")
        {
            let rest = self.text(node).get(at..).unwrap_or("");
            parameter.sets.extend(strings::quoted(rest).into_iter().take(1));
        }
    }

    pub(super) fn class(&mut self, node: Node<'_>) -> Class {
        let mut class = Class { name: "".into(), fields: Vec::new(), methods: Vec::new() };
        for part in children(node) {
            match part.kind() {
                "simple_name" if class.name.is_empty() => class.name = self.text(part).to_ascii_lowercase().into(),
                "class_property_definition" => {
                    let parts = children(part);
                    let field = parts.iter().position(|part| part.kind() == "variable");
                    if let Some((Expr::Name(field), at)) = field.map(|at| (variable(self.text(parts[at])), at)) {
                        let first = parts.get(at + 1).map_or(Expr::Unknown, |first| self.expr(*first));
                        class.fields.push((field, first));
                    }
                }
                "class_method_definition" => class.methods.push(Rc::new(self.method(part))),
                _ => {}
            }
        }
        class
    }

    fn method(&mut self, node: Node<'_>) -> Function {
        let mut method = Function { name: "".into(), parameters: Vec::new(), body: Vec::new(), start: node.start_byte(), method: true };
        for part in children(node) {
            match part.kind() {
                "simple_name" => method.name = self.text(part).into(),
                "class_method_parameter_list" => {
                    for parameter in children(part) {
                        let written = children(parameter).into_iter().find(|part| part.kind() == "variable");
                        if let Some(Expr::Name(known)) = written.map(|written| variable(self.text(written))) {
                            method.parameters.push(Parameter::plain(&known));
                        }
                    }
                }
                "script_block" => method.body = self.body(part),
                _ => {}
            }
        }
        method
    }
}
