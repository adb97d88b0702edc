//! Commands, pipes and method calls of PowerShell.

use super::super::super::ir::{Argument, Call, Expr, Stmt, name};
use super::super::tree::{DEEPEST, children, span};
use super::Reader;
use tree_sitter::Node;

impl Reader<'_> {
    /// `a | b | c`: what comes out of one goes into the next.
    pub(super) fn pipeline(&mut self, parts: &[Node<'_>]) -> Expr {
        let mut value: Option<Expr> = None;
        let mut others = Vec::new();
        for (stage, part) in parts.iter().enumerate() {
            // Each command is within the next: what is too many of them is no more nested.
            if stage > 0 && stage % DEEPEST == 0 {
                self.too_deep = true;
                others.extend(value.take());
            }
            match part.kind() {
                "command" if self.tries_again(parts, *part) => {
                    let call = self.command(*part, None);
                    value = Some(Expr::Block(vec![Stmt::Repeat(vec![Stmt::Expr(call)])]));
                }
                "command" => value = Some(self.command(*part, value.take())),
                "pipeline_chain_tail" | "redirections" | "redirection" => {}
                "pipeline_chain" if value.is_some() => others.extend(value.replace(self.expr(*part))),
                _ => {
                    others.extend(value.take());
                    value = Some(self.expr(*part));
                }
            }
        }
        let value = value.unwrap_or(Expr::Unknown);
        if others.is_empty() {
            return value;
        }
        let mut body: Vec<Stmt> = others.into_iter().map(Stmt::Expr).collect();
        body.push(Stmt::Expr(value));
        Expr::Block(body)
    }

    /// `1..5 | ForEach-Object { … }` with code that does not use the number: the same again and again.
    fn tries_again(&self, parts: &[Node<'_>], command: Node<'_>) -> bool {
        let counts = parts.first().is_some_and(|first| self.text(*first).trim_matches(['(', ')', '@', ' ']).starts_with("1.."));
        let written = self.text(command);
        let name = written.split_ascii_whitespace().next().unwrap_or("").to_ascii_lowercase();
        counts && matches!(name.as_str(), "foreach-object" | "%" | "foreach") && !written.contains("$_") && !written.contains("$PSItem")
    }

    pub(super) fn command(&mut self, node: Node<'_>, input: Option<Expr>) -> Expr {
        let mut callee = Expr::Unknown;
        let mut arguments = Vec::new();
        for part in children(node) {
            match part.kind() {
                "command_name" => callee = name(self.text(part)),
                "command_name_expr" => callee = self.callee(part),
                "command_elements" => arguments = self.arguments(part),
                _ => {}
            }
        }
        // `az rest --method post`: the first word is part of the name.
        if let Expr::Name(word) = &callee
            && (&**word == "az" || &**word == "mgc")
            && let Some(Argument { name: None, value: Expr::Text(second), .. }) = arguments.first()
        {
            callee = name(&format!("{word} {second}"));
            arguments.remove(0);
        }
        Expr::Call(Box::new(Call { callee, arguments, input, span: span(node) }))
    }

    /// What `&` and `.` call: a path, a variable, code.
    fn callee(&mut self, node: Node<'_>) -> Expr {
        let inner = children(node);
        let Some(inner) = inner.first() else { return name(self.text(node)) };
        match inner.kind() {
            "command_name" => name(self.text(*inner)),
            "path_command_name" if children(*inner).is_empty() => name(self.text(*inner)),
            _ => match self.expr(*inner) {
                Expr::Text(known) => name(&known),
                // `& $name`: a variable, not a function of that name.
                variable @ Expr::Name(_) => Expr::Join(vec![variable]),
                lambda @ Expr::Lambda(_) => Expr::Block(vec![Stmt::Expr(lambda)]),
                other => other,
            },
        }
    }

    fn arguments(&mut self, node: Node<'_>) -> Vec<Argument> {
        let mut arguments: Vec<Argument> = Vec::new();
        let mut waiting: Option<String> = None;
        for part in children(node) {
            match part.kind() {
                "command_argument_sep" | "redirection" | "redirections" => {}
                "command_parameter" => {
                    arguments.extend(waiting.take().map(|name| Argument::named(&name, Expr::Text("true".into()))));
                    let written = self.text(part);
                    let plain = written.trim_start_matches('-').trim_end_matches(':');
                    if written.starts_with("--") {
                        arguments.push(Argument::plain(Expr::Text(written.into())));
                    } else {
                        waiting = Some(plain.to_owned());
                    }
                }
                _ => {
                    let written = self.text(part);
                    if written.starts_with('@')
                        && written.chars().skip(1).all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ':'))
                    {
                        arguments.extend(waiting.take().map(|name| Argument::named(&name, Expr::Text("true".into()))));
                        arguments.push(Argument { name: None, value: super::variable(written), spread: true });
                        continue;
                    }
                    let value = self.expr(part);
                    arguments.push(match waiting.take() {
                        Some(name) => Argument::named(&name, value),
                        None => Argument::plain(value),
                    });
                }
            }
        }
        arguments.extend(waiting.map(|name| Argument::named(&name, Expr::Text("true".into()))));
        arguments
    }

    /// `$base.Method(a, b)`, `[Type]::Method(a)`
    pub(super) fn invocation(&mut self, node: Node<'_>, inner: &[Node<'_>]) -> Expr {
        let [base, member, rest @ ..] = inner else { return Expr::Effects(self.exprs(inner)) };
        let base = self.expr(*base);
        let Some(member) = self.member_name(*member) else { return Expr::Effects(vec![base]) };
        let mut arguments = Vec::new();
        let mut open: Vec<Node<'_>> = rest.to_vec();
        open.reverse();
        while let Some(part) = open.pop() {
            match part.kind() {
                "argument_list" | "argument_expression_list" => open.extend(children(part).into_iter().rev()),
                _ => arguments.push(Argument::plain(self.expr(part))),
            }
        }
        let callee = Expr::Member(Box::new(base), member);
        Expr::Call(Box::new(Call { callee, arguments, input: None, span: span(node) }))
    }

    /// A function of the library, written as an operator.
    pub(super) fn library(&mut self, base: Expr, function: &str, arguments: Vec<Expr>) -> Expr {
        Expr::Call(Box::new(Call {
            callee: Expr::Member(Box::new(base), function.into()),
            arguments: arguments.into_iter().map(Argument::plain).collect(),
            input: None,
            span: super::super::super::ir::Span::default(),
        }))
    }
}
