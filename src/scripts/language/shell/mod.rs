//! sh, bash and their like: curl, wget, `az rest`.

#[cfg(test)]
mod tests;

use super::super::ir::{Argument, Call, Expr, Function, Program, Stmt, name, text, tries_again};
use super::super::sink::WITH_VALUE;
use super::tree::{self, Walker, child_of_kind, children, field, span};
use std::rc::Rc;
use tree_sitter::Node;

/// Reads a script. None if it could not be parsed in time.
pub(in super::super) fn read(source: &str) -> Option<Program> {
    let tree = tree::parse(&tree_sitter_bash::LANGUAGE.into(), &plain(source))?;
    let mut program = Program::default();
    tree::survey(&tree, source, b'#', &mut program);
    let mut reader = Reader { walker: Walker::new(source) };
    program.body = reader.body(tree.root_node());
    program.too_deep = reader.walker.too_deep;
    Some(program)
}

/// The text as the grammar gets it, byte for byte as long: its scanner hands any letter to C's isdigit, which reads past its
/// table for letters beyond a byte. Texts are read from the original.
fn plain(source: &str) -> String {
    let letter = |byte: u8| match byte {
        b'\n' | b'\t' | b'\r' => char::from(byte),
        0..32 | 127 => ' ',
        128.. => 'x',
        _ => char::from(byte),
    };
    source.bytes().map(letter).collect()
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

    fn statement(&mut self, node: Node<'_>, body: &mut Vec<Stmt>) {
        match node.kind() {
            "variable_assignment" => body.push(self.assignment(node)),
            "declaration_command" => {
                for part in children(node).into_iter().filter(|part| part.kind() == "variable_assignment") {
                    body.push(self.assignment(part));
                }
            }
            "function_definition" => body.push(Stmt::Define(Rc::new(self.function(node)))),
            "if_statement" => body.push(self.if_statement(node)),
            "for_statement" => {
                let parts = children(node);
                let variable = field(node, "variable").map(|variable| name(self.text(variable)));
                let values = parts.iter().filter(|part| !matches!(part.kind(), "variable_name" | "do_group")).map(|part| self.expr(*part));
                let values: Vec<Expr> = values.collect();
                let numbers = values.iter().all(|value| matches!(value, Expr::Text(known) if known.parse::<u32>().is_ok()));
                let written = |name: &str| field(node, name).map_or("", |part| self.text(part));
                let counts = !values.is_empty() && (numbers || self.text(node).contains("$(seq ") || self.text(node).contains("in {1.."));
                if counts && tries_again(written("variable"), written("body")) {
                    body.push(Stmt::Repeat(field(node, "body").map(|body| self.body(body)).unwrap_or_default()));
                    return;
                }
                let over = Expr::List(values);
                body.push(Stmt::Each { variable, over, body: field(node, "body").map(|body| self.body(body)).unwrap_or_default() });
            }
            "while_statement" | "c_style_for_statement" => {
                let mut inside = Vec::new();
                for part in children(node) {
                    match part.kind() {
                        "do_group" => inside.extend(self.body(part)),
                        _ => self.statement(part, &mut inside),
                    }
                }
                // `while read line` goes through what there is; it repeats nothing.
                let reads = field(node, "condition").is_some_and(|condition| self.text(condition).contains("read "));
                body.push(if reads { Stmt::Each { variable: None, over: Expr::Unknown, body: inside } } else { Stmt::Repeat(inside) });
            }
            "case_statement" => body.push(self.case_statement(node)),
            "program" | "compound_statement" | "do_group" | "subshell" | "list" | "ERROR" | "negated_command" | "else_clause" => {
                body.extend(self.body(node));
            }
            "redirected_statement" => {
                let mut inner = Vec::new();
                if let Some(statement) = field(node, "body") {
                    self.statement(statement, &mut inner);
                }
                body.append(&mut inner);
            }
            "command" | "pipeline" | "test_command" => {
                let value = self.expr(node);
                let leaves = matches!(&value, Expr::Call(call) if matches!(&call.callee, Expr::Name(name) if &**name == "exit" || &**name == "return"));
                body.push(if leaves { Stmt::Leave } else { Stmt::Expr(value) });
            }
            _ => {}
        }
    }

    fn assignment(&mut self, node: Node<'_>) -> Stmt {
        let target = field(node, "name").map_or(Expr::Unknown, |target| name(self.text(target).split('[').next().unwrap_or("")));
        let value = field(node, "value").map_or_else(|| text(""), |value| self.expr(value));
        let append = self.text(node).split('=').next().is_some_and(|front| front.ends_with('+'));
        Stmt::Assign { target, value, append }
    }

    fn function(&mut self, node: Node<'_>) -> Function {
        let named = field(node, "name").map_or("", |name| self.text(name));
        // $1, $2 and so on are its parameters.
        let parameters = (1..10).map(|number| super::super::ir::Parameter::plain(&number.to_string())).collect();
        let body = field(node, "body").map(|body| self.body(body)).unwrap_or_default();
        Function { name: named.into(), parameters, body, start: node.start_byte(), method: false }
    }

    fn if_statement(&mut self, node: Node<'_>) -> Stmt {
        let mut arms: Vec<(Option<Expr>, Vec<Stmt>)> = Vec::new();
        let (mut first, mut condition) = (Vec::new(), None);
        let asked = field(node, "condition");
        for part in children(node) {
            match part.kind() {
                "elif_clause" => arms.push((Some(Expr::Unknown), self.body(part))),
                "else_clause" => arms.push((None, self.body(part))),
                _ if Some(part) == asked => condition = Some(self.condition(part)),
                _ => self.statement(part, &mut first),
            }
        }
        arms.insert(0, (Some(condition.unwrap_or(Expr::Unknown)), first));
        Stmt::If(arms)
    }

    /// `[ "$a" = "b" ]`
    fn condition(&mut self, node: Node<'_>) -> Expr {
        if node.kind() != "test_command" {
            return self.expr(node);
        }
        let Some(binary) = child_of_kind(node, &["binary_expression"]) else { return Expr::Unknown };
        let operator = field(binary, "operator").map_or("", |operator| self.text(operator));
        let (left, right) = (field(binary, "left"), field(binary, "right"));
        let (Some(left), Some(right)) = (left, right) else { return Expr::Unknown };
        let (left, right) = (self.expr(left), self.expr(right));
        match operator {
            "=" | "==" => Expr::Same(Box::new(left), Box::new(right), true),
            "!=" => Expr::Same(Box::new(left), Box::new(right), false),
            _ => Expr::Effects(vec![left, right]),
        }
    }

    fn case_statement(&mut self, node: Node<'_>) -> Stmt {
        let subject = field(node, "value").map_or(Expr::Unknown, |value| self.expr(value));
        let mut arms: Vec<(Option<Expr>, Vec<Stmt>)> = Vec::new();
        for item in children(node).into_iter().filter(|item| item.kind() == "case_item") {
            let value = field(item, "value");
            let case = value.map(|value| self.text(value).trim_matches(['"', '\'']).to_owned());
            let case = case.filter(|case| case != "*").map(|case| text(&case));
            let mut body = Vec::new();
            for part in children(item).into_iter().filter(|part| Some(*part) != value) {
                self.statement(part, &mut body);
            }
            arms.push((case, body));
        }
        arms.sort_by_key(|(case, _)| case.is_none());
        Stmt::Switch(subject, arms)
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
            "word" | "number" | "special_variable_name" => text(&self.text(node).replace('\\', "")),
            "raw_string" | "ansi_c_string" => text(self.text(node).trim_start_matches('$').trim_matches('\'')),
            "string" | "translated_string" => self.string(node),
            "concatenation" => {
                let parts = inner.iter().map(|part| self.expr(*part)).collect();
                Expr::Join(parts)
            }
            "simple_expansion" => name(self.text(node).trim_start_matches('$')),
            "expansion" => self.expansion(node),
            "command_substitution" if inner.len() == 1 && inner[0].kind() == "pipeline" => self.expr(inner[0]),
            "pipeline" if self.encodes(&inner) => {
                let input = inner.first().map_or(Expr::Unknown, |first| self.shown(*first));
                let arguments = vec![Argument::plain(input)];
                Expr::Call(Box::new(Call { callee: name("base64encode"), arguments, input: None, span: span(node) }))
            }
            "command_substitution" => {
                let body = self.body(node);
                Expr::Block(body)
            }
            "command" => self.command(node),
            "pipeline" | "list" | "test_command" | "redirected_statement" | "subshell" | "compound_statement" => {
                let mut body = Vec::new();
                for part in inner {
                    self.statement(part, &mut body);
                }
                Expr::Block(body)
            }
            "array" => {
                let items = inner.iter().map(|item| self.expr(*item)).collect();
                Expr::List(items)
            }
            _ => {
                let parts = inner.iter().map(|part| self.expr(*part)).collect();
                Expr::Effects(parts)
            }
        }
    }

    /// Whether what is piped is put into Base64.
    fn encodes(&self, stages: &[Node<'_>]) -> bool {
        stages.iter().skip(1).any(|stage| {
            let written = self.text(*stage);
            let mut words = written.split_ascii_whitespace();
            let encoder = match words.next() {
                Some("base64") => true,
                Some("openssl") => words.next().is_some_and(|word| word == "base64") || written.contains("-base64"),
                _ => false,
            };
            encoder && !written.split_ascii_whitespace().any(|word| matches!(word, "-d" | "-D" | "--decode"))
        })
    }

    /// What `echo` and `printf` put out.
    fn shown(&mut self, node: Node<'_>) -> Expr {
        let callee = field(node, "name").map_or("", |callee| self.text(callee));
        let words = children(node);
        match words.last() {
            Some(last) if matches!(callee, "echo" | "printf") && words.len() > 1 => self.expr(*last),
            _ => Expr::Effects(vec![self.expr(node)]),
        }
    }

    fn string(&mut self, node: Node<'_>) -> Expr {
        let (from, to) = (node.start_byte() + 1, node.end_byte().saturating_sub(1));
        let mut parts = Vec::new();
        let mut at = from;
        for child in children(node).into_iter().filter(|child| child.kind() != "string_content") {
            let before = self.walker.source.get(at..child.start_byte()).unwrap_or("");
            parts.push(text(&before.replace("\\\"", "\"").replace("\\$", "$")));
            parts.push(self.expr(child));
            at = child.end_byte();
        }
        let rest = self.walker.source.get(at..to).unwrap_or("");
        parts.push(text(&rest.replace("\\\"", "\"").replace("\\$", "$")));
        Expr::Join(parts)
    }

    /// `${name}`, `${name:-default}`
    fn expansion(&mut self, node: Node<'_>) -> Expr {
        let written = self.text(node).trim_start_matches("${").trim_end_matches('}');
        let end = written.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(written.len());
        let (plain, rest) = written.split_at(end);
        let known = name(plain);
        match rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-')).or_else(|| rest.strip_prefix(":=")) {
            Some(default) => Expr::Either(vec![known, text(default.trim_matches(['"', '\'']))]),
            None if rest.is_empty() || rest.starts_with('[') => known,
            None => Expr::Unknown,
        }
    }

    fn command(&mut self, node: Node<'_>) -> Expr {
        let callee = field(node, "name").map_or("", |callee| self.text(callee));
        let mut words: Vec<Node<'_>> =
            children(node).into_iter().filter(|part| !matches!(part.kind(), "command_name" | "variable_assignment")).collect();
        let mut called = callee.to_owned();
        if matches!(callee, "az" | "mgc") && words.first().is_some_and(|word| word.kind() == "word") {
            called = format!("{callee} {}", self.text(words.remove(0)));
        }
        if matches!(callee, "curl" | "wget" | "/usr/bin/curl") {
            called = callee.trim_start_matches("/usr/bin/").to_owned();
        }
        let arguments = self.arguments(&words, matches!(called.as_str(), "curl" | "wget"));
        Expr::Call(Box::new(Call { callee: name(&called), arguments, input: None, span: span(node) }))
    }

    /// Arguments; the options of curl by their letters, joined or apart.
    fn arguments(&mut self, words: &[Node<'_>], letters: bool) -> Vec<Argument> {
        let mut arguments = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let written = self.text(*word);
            let option =
                written.strip_prefix('-').filter(|rest| letters && !rest.starts_with('-') && !rest.is_empty() && word.kind() == "word");
            let Some(option) = option else {
                // `"${options[@]}"`: each element is an argument.
                let spread = written.trim_matches('"').strip_prefix("${").is_some_and(|inner| {
                    inner.strip_suffix("[@]}").is_some_and(|known| known.chars().all(|letter| letter.is_alphanumeric() || letter == '_'))
                });
                let value = self.expr(*word);
                let value = match value {
                    Expr::Join(mut parts) if spread => {
                        parts.retain(|part| matches!(part, Expr::Name(_)));
                        parts.pop().unwrap_or(Expr::Unknown)
                    }
                    value => value,
                };
                arguments.push(Argument { name: None, value, spread });
                continue;
            };
            match option.char_indices().find(|(_, letter)| WITH_VALUE.contains(*letter)) {
                Some((at, letter)) => {
                    let joined = option.get(at + letter.len_utf8()..).unwrap_or("");
                    let value = match joined {
                        "" => words.next().map_or(Expr::Unknown, |next| self.expr(*next)),
                        joined => text(joined),
                    };
                    let option = if letter == 'H' {
                        "headers"
                    } else if letter == 'd' {
                        "d"
                    } else if letter == 'X' {
                        "x"
                    } else {
                        "other"
                    };
                    arguments.push(Argument::named(option, value));
                }
                None => arguments.push(Argument::named("flag", text(option))),
            }
        }
        arguments
    }
}
