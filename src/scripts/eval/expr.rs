//! The value of an expression.

use super::super::ir::{Expr, Span};
use super::super::sink;
use super::super::value::{Atom, HERE, Map, Value};
use super::{Evaluator, lower};
use std::rc::Rc;

impl Evaluator<'_> {
    /// What an expression can be; unknown when the steps are used up.
    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        if !self.step(1) {
            return Value::unknown();
        }
        match expr {
            Expr::Unknown => Value::unknown(),
            Expr::Text(text) => Value::of(Atom::Text(super::super::value::Text { text: text.clone(), via: HERE })),
            Expr::Name(name) => self.variable(name).unwrap_or_default(),
            Expr::Join(parts) => {
                let parts: Vec<Value> = parts.iter().map(|part| self.value(part)).collect();
                self.bounds.concatenate(&parts)
            }
            Expr::Plus(left, right) => {
                let (left, right) = (self.value(left), self.value(right));
                self.bounds.plus(&left, &right)
            }
            Expr::Format(template, arguments) => self.format(template, arguments),
            Expr::Member(base, member) => self.member(base, member),
            Expr::Index(base, key) => self.index(base, key),
            Expr::List(items) => {
                let items = items.iter().map(|item| self.value(item)).collect();
                Value::list(items)
            }
            Expr::Map(entries, span) => self.map(entries, *span),
            Expr::Either(options) => {
                let options: Vec<Value> = options.iter().map(|option| self.value(option)).filter(|value| !value.is_unknown()).collect();
                self.bounds.any(&options)
            }
            Expr::Choose(condition, yes, no) => match self.decide(condition) {
                Some(true) => self.value(yes),
                Some(false) => self.value(no),
                None => {
                    let (yes, no) = (self.value(yes), self.value(no));
                    self.bounds.either(&yes, &no)
                }
            },
            Expr::Same(left, right, _) => {
                self.value(left);
                self.value(right);
                Value::unknown()
            }
            Expr::Not(inner) => {
                self.value(inner);
                Value::unknown()
            }
            Expr::Call(call) => self.call(call),
            Expr::Block(body) => self.block(body),
            Expr::Lambda(function) => {
                if !self.called.contains(&function.start) {
                    let class = self.class();
                    self.lambdas.entry(function.start).or_insert_with(|| (function.clone(), class));
                }
                Value::of(Atom::Code(function.clone()))
            }
            Expr::Effects(parts) => {
                for part in parts {
                    let value = self.value(part);
                    self.run_code(&value);
                }
                Value::unknown()
            }
        }
    }

    /// Statements as a value: what they put out.
    fn block(&mut self, body: &[super::Stmt]) -> Value {
        self.outputs.push(Vec::new());
        self.run(body);
        let outputs = self.outputs.pop().unwrap_or_default();
        match outputs.as_slice() {
            [] => Value::unknown(),
            [one] => one.clone(),
            many => self.bounds.any(many),
        }
    }

    fn index(&mut self, base: &Expr, key: &Expr) -> Value {
        let value = self.value(base);
        let key = self.value(key);
        if let Some(path) = Self::step_into(&value, "\0") {
            return path;
        }
        let Some(key) = key.only_text().map(|key| key.text.clone()) else { return self.any_entry(&value) };
        if let Ok(at) = key.parse::<usize>() {
            return if value.lists().next().is_some() { self.element(&value, at) } else { self.entry(&value, &key) };
        }
        if let Some(back) = key.strip_prefix('-').and_then(|back| back.parse::<usize>().ok()) {
            let at = value.lists().next().and_then(|list| list.len().checked_sub(back));
            return at.map_or_else(Value::unknown, |at| self.element(&value, at));
        }
        self.entry(&value, &key)
    }

    /// An entry whose key is not known: any of them.
    fn any_entry(&mut self, value: &Value) -> Value {
        let entries: Vec<Value> = value.maps().flat_map(|map| map.entries.values().cloned()).collect();
        let items: Vec<Value> = value.lists().flat_map(|list| list.iter().cloned()).collect();
        let all: Vec<Value> = entries.into_iter().chain(items).filter(|value| !value.is_unknown()).collect();
        self.bounds.any(&all)
    }

    fn map(&mut self, entries: &[(Expr, Expr)], span: Span) -> Value {
        let mut map = Map { span: Some(span), ..Map::default() };
        for (key, value) in entries {
            let value = self.value(value);
            // `...other`
            if matches!(key, Expr::Unknown) {
                for other in value.maps() {
                    map.entries.extend(other.entries.iter().map(|(key, value)| (key.clone(), value.clone())));
                }
                continue;
            }
            let key = self.value(key);
            if let Some(key) = key.only_text() {
                map.entries.insert(lower(&key.text), value);
            }
        }
        let value = Value::map(map);
        self.redraft(&value);
        value
    }

    /// Notes maps that say a method and an address: requests, if something sends them.
    pub(super) fn redraft(&mut self, value: &Value) {
        for map in value.maps() {
            if let Some(span) = map.span
                && let Some(request) = sink::draft(map, span, self.senders)
            {
                let drafts = self.drafts.entry(span).or_default();
                // Headers that are put on it later are those of the same request.
                drafts.retain(|known| {
                    known.methods != request.methods || known.urls != request.urls || !known.headers.is_unknown() || known.headers.open
                });
                if !drafts.contains(&request) && drafts.len() < 64 {
                    drafts.push(request);
                }
            }
        }
    }

    /// Whether a condition holds. Only what arguments say is taken for settled: a constant at the head of a script is there to
    /// be changed.
    pub(super) fn decide(&mut self, condition: &Expr) -> Option<bool> {
        match condition {
            Expr::Not(inner) => self.decide(inner).map(|holds| !holds),
            Expr::Same(left, right, equal) => {
                let (left, right) = (self.value(left), self.value(right));
                let settled = self.passed_text(&left).is_some() || self.passed_text(&right).is_some();
                let (left, right) = (left.only_text()?, right.only_text()?);
                settled.then(|| left.text.eq_ignore_ascii_case(&right.text) == *equal)
            }
            _ => {
                let value = self.value(condition);
                let text = self.passed_text(&value)?;
                match &*text {
                    "true" | "True" => Some(true),
                    "false" | "False" | "" => Some(false),
                    _ => None,
                }
            }
        }
    }

    /// The text of a value that was passed to this function as an argument.
    pub(super) fn passed_text(&self, value: &Value) -> Option<Rc<str>> {
        let text = value.only_text()?;
        (text.via != HERE && usize::from(text.via) + 1 < self.frames.len()).then(|| text.text.clone())
    }

    /// Runs code that was handed over, with arguments that are not known.
    pub(super) fn run_code(&mut self, value: &Value) {
        let codes: Vec<Rc<super::Function>> = value
            .atoms
            .iter()
            .filter_map(|atom| match atom {
                Atom::Code(code) => Some(code.clone()),
                _ => None,
            })
            .collect();
        for code in codes {
            self.handler(&code, &Value::unknown());
        }
    }
}
