//! Variables, fields, elements: where values are kept and found again.

use super::super::ir::Expr;
use super::super::value::{Atom, Map, Value};
use super::{Evaluator, lower};
use std::rc::Rc;

/// Names of the object that a method belongs to.
fn is_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if matches!(&**name, "self" | "this" | "cls" | "base" | "super"))
}

impl Evaluator<'_> {
    pub(super) fn assign(&mut self, target: &Expr, value: &Expr, append: bool) {
        let value = self.value(value);
        self.store(target, value, append);
    }

    pub(super) fn store(&mut self, target: &Expr, value: Value, append: bool) {
        match target {
            Expr::Name(name) => {
                let value = if append {
                    let before = self.variable(name).unwrap_or_default();
                    self.bounds.plus(&before, &value)
                } else {
                    value
                };
                self.set(name, value);
            }
            Expr::Member(base, member) if is_self(base) => {
                if let Some(class) = self.class() {
                    let value = if append {
                        let before = self.field(&class, member).unwrap_or_default();
                        self.bounds.plus(&before, &value)
                    } else {
                        value
                    };
                    self.set_field(&class, member, value);
                }
            }
            Expr::Member(base, member) => {
                self.enter(base, member, &value, append);
            }
            Expr::Index(base, key) => {
                let key = self.value(key);
                if let Some(key) = key.only_text().map(|key| key.text.clone()) {
                    self.enter(base, &key, &value, append);
                }
            }
            Expr::List(targets) => {
                for (at, target) in targets.iter().enumerate() {
                    let element = self.element(&value, at);
                    self.store(target, element, false);
                }
            }
            Expr::Map(pairs, _) => self.take_apart(pairs, &value),
            Expr::Either(targets) | Expr::Effects(targets) => {
                targets.iter().for_each(|target| self.store(target, Value::unknown(), false));
            }
            _ => {}
        }
    }

    /// `{ a, b: c } = value`
    fn take_apart(&mut self, pairs: &[(Expr, Expr)], value: &Value) {
        for (key, target) in pairs {
            if let Expr::Text(key) = key {
                let element = self.entry(value, key);
                match target {
                    Expr::Either(parts) => {
                        if let [target, default] = parts.as_slice() {
                            let default = self.value(default);
                            let either = if element.is_unknown() { default } else { element };
                            self.store(target, either, false);
                        }
                    }
                    _ => self.store(target, element, false),
                }
            }
        }
    }

    /// Puts an entry into the map that an expression names.
    pub(super) fn enter(&mut self, base: &Expr, key: &str, value: &Value, append: bool) {
        let current = self.value(base);
        let mut maps: Vec<Rc<Map>> = current.maps().cloned().collect();
        if maps.is_empty() {
            maps.push(Rc::new(Map::default()));
        }
        let key = lower(key);
        let atoms = maps.iter().map(|map| {
            let mut map = (**map).clone();
            let value = match map.entries.get(&key) {
                Some(before) if append => self.bounds.plus(before, value),
                _ => value.clone(),
            };
            map.entries.insert(key.clone(), value);
            Atom::Map(Rc::new(map))
        });
        let changed = Value { atoms: atoms.collect(), open: current.open };
        self.note_central(base, &key, value, &current);
        self.completed(&changed);
        self.redraft(&changed);
        match base {
            Expr::Name(_) => self.store(base, changed, false),
            Expr::Member(inner, _) if is_self(inner) => self.store(base, changed, false),
            Expr::Member(inner, member) if !matches!(**inner, Expr::Call(_)) => self.enter(inner, member, &changed, false),
            _ => {}
        }
    }

    /// What is at a place of a list.
    pub(super) fn element(&mut self, value: &Value, at: usize) -> Value {
        let found: Vec<Value> = value.lists().filter_map(|list| list.get(at).cloned()).collect();
        if found.is_empty() { Value::unknown() } else { self.bounds.any(&found) }
    }

    /// What a map has under a key, any letter case.
    pub(super) fn entry(&mut self, value: &Value, key: &str) -> Value {
        let key = lower(key);
        let mut found: Vec<Value> = value.maps().filter_map(|map| map.entries.get(&key).cloned()).collect();
        if found.is_empty() {
            // PowerShell: a member of a list is that of its elements.
            let elements = value.lists().flat_map(|list| list.iter()).flat_map(Value::maps);
            found = elements.filter_map(|map| map.entries.get(&key).cloned()).collect();
        }
        if found.is_empty() { Value::unknown() } else { self.bounds.any(&found) }
    }

    pub(super) fn class(&self) -> Option<Rc<str>> {
        self.frames.iter().rev().find_map(|frame| frame.class.clone())
    }

    pub(super) fn field(&self, class: &Rc<str>, name: &str) -> Option<Value> {
        self.fields.get(&(class.clone(), lower(name))).cloned()
    }

    /// Fields keep every value that they were ever given.
    pub(super) fn set_field(&mut self, class: &Rc<str>, name: &str, value: Value) {
        let key = (class.clone(), lower(name));
        let value = match self.fields.get(&key) {
            Some(before) if !before.is_unknown() => {
                let before = before.clone();
                self.bounds.either(&before, &value)
            }
            _ => value,
        };
        self.fields.insert(key, value);
    }

    fn set(&mut self, name: &Rc<str>, value: Value) {
        // An assignment in a function to a variable of the script itself: PowerShell's $script: and $global:.
        if let Some(plain) = name.strip_prefix("::") {
            let plain: Rc<str> = plain.into();
            let file = self.file();
            if file != 0 {
                self.set_global(file, plain, value);
                return;
            }
            let inside = self.frames.len() > 1;
            if let Some(frame) = self.frames.first_mut() {
                let known = frame.variables.get(&plain).filter(|known| inside && !known.is_unknown()).cloned();
                let value = known.map_or_else(|| value.clone(), |known| self.bounds.either(&known, &value));
                frame.variables.insert(plain, value);
            }
            return;
        }
        let field = (!self.dialect.output).then(|| self.class()).flatten();
        if let Some(class) = field
            && !self.frames.last().is_some_and(|frame| frame.variables.contains_key(name))
            && self.fields.contains_key(&(class.clone(), lower(name)))
        {
            self.set_field(&class, name, value);
            return;
        }
        self.top().insert(name.clone(), value);
    }

    /// The value of a variable: of the function, of those that called it, of its object, of the script.
    pub(super) fn variable(&self, name: &str) -> Option<Value> {
        let name = name.strip_prefix("::").unwrap_or(name);
        let found = if self.has_lent() {
            self.variable_across(name)
        } else {
            self.frames.iter().rev().find_map(|frame| frame.variables.get(name)).cloned()
        };
        if found.is_some() {
            return found;
        }
        self.class().and_then(|class| self.field(&class, name))
    }

    /// The value of a member.
    pub(super) fn member(&mut self, base: &Expr, member: &Rc<str>) -> Value {
        if is_self(base)
            && let Some(class) = self.class()
        {
            return self.field(&class, member).unwrap_or_default();
        }
        let value = self.value(base);
        if let Some(path) = self.built(base, &value, member) {
            return path;
        }
        if value.is_unknown() {
            return self.constant(base, member);
        }
        match &**member {
            "keys" | "Keys" => return self.keys(&value),
            "values" | "Values" => {
                let values: Vec<Value> = value.maps().flat_map(|map| map.entries.values().cloned()).collect();
                return if values.is_empty() { Value::unknown() } else { Value::list(values) };
            }
            "key" | "Key" | "value" | "Value" if value.known_texts().next().is_some() => return value,
            // Parts of an address and views of a text that are still it.
            "AbsoluteUri" | "OriginalString" | "href" => return value,
            _ => {}
        }
        self.entry(&value, member)
    }

    pub(super) fn keys(&mut self, value: &Value) -> Value {
        let keys: Vec<Value> = value.maps().flat_map(|map| map.entries.keys()).map(|key| Value::text(key)).collect();
        if keys.is_empty() { Value::unknown() } else { Value::list(keys) }
    }

    /// Constants that mean something by their name: a method of HTTP, a static field of a class of the file.
    fn constant(&mut self, base: &Expr, member: &Rc<str>) -> Value {
        let Expr::Name(owner) = base else {
            return if Self::is_verb(member) && matches!(base, Expr::Member(_, name) if name.to_ascii_lowercase().contains("method")) {
                Value::text(&member.to_ascii_uppercase())
            } else {
                Value::unknown()
            };
        };
        if Self::is_verb(member) && owner.to_ascii_lowercase().contains("method") {
            return Value::text(&member.to_ascii_uppercase());
        }
        let class = self.classes.iter().find(|class| class.name.eq_ignore_ascii_case(owner)).map(|class| class.name.clone());
        class.and_then(|class| self.field(&class, member)).unwrap_or_default()
    }

    fn is_verb(word: &str) -> bool {
        ["get", "post", "put", "patch", "delete"].iter().any(|verb| verb.eq_ignore_ascii_case(word))
    }
}
