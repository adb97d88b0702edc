//! Headers that are set once for many calls: of a session, a client, an interceptor, the defaults of a command.

use super::super::approval::is_header;
use super::super::ir::Expr;
use super::super::value::{Atom, Map, Value};
use super::call::dotted;
use super::{Evaluator, Passed, Seen, lower};
use std::rc::Rc;

/// Marks a map that stands for a client of HTTP, or for the library that makes them; readers know it too.
const CLIENT: &str = super::super::ir::CLIENT;
/// Marks a map that stands for what only keeps things.
const KEEPS: &str = "#keeps";

/// What makes a client out of a library, in lower case.
const MAKERS: [&str; 8] = ["session", "client", "asyncclient", "clientsession", "create", "extend", "instance", "retrysession"];

fn marked(mark: &str) -> Value {
    let mut map = Map::default();
    map.entries.insert(mark.into(), Value::text("true"));
    Value::map(map)
}

fn has_mark(value: &Value, mark: &str) -> bool {
    value.maps().any(|map| map.entries.contains_key(mark))
}

pub(super) fn is_client(value: &Value) -> bool {
    has_mark(value, CLIENT)
}

pub(super) fn keeps(value: &Value) -> bool {
    has_mark(value, KEEPS)
}

impl Evaluator<'_> {
    /// What a call makes that is known by what it does: a client, a set, a request that is sent later.
    pub(super) fn made(&mut self, callee: &str, last: &str, client: bool, passed: &[Passed], span: super::Span) -> Option<Value> {
        let last = last.to_ascii_lowercase();
        if MAKERS.contains(&last.as_str()) && (client || matches!(callee, "axios.create" | "got.extend" | "ky.create" | "ky.extend")) {
            let maps = passed.iter().filter(|argument| argument.name.is_none()).flat_map(|argument| argument.value.maps());
            let options = maps.filter_map(|map| map.entries.get("headers").cloned());
            let named = passed.iter().filter(|argument| argument.name.as_deref() == Some("headers"));
            let all: Vec<Value> = options.chain(named.map(|argument| argument.value.clone())).collect();
            all.iter().for_each(|headers| self.set_for_all(headers));
            return Some(marked(CLIENT));
        }
        if last == "httprequestmessage" || last.ends_with("requestconfiguration") {
            return Some(Value::map(Map { span: Some(span), ..Map::default() }));
        }
        let collection = matches!(callee, "Set" | "WeakSet") && passed.is_empty();
        collection.then(|| marked(KEEPS))
    }

    /// Notes headers that an assignment sets for every call of a client.
    pub(super) fn note_central(&mut self, base: &Expr, key: &str, value: &Value, owner: &Value) {
        let path = dotted(base, 0).to_ascii_lowercase();
        let own = |value: &Value| {
            value.maps().any(|map| map.span.is_some() || ["uri", "url", "method"].iter().any(|key| map.entries.contains_key(*key)))
        };
        if path.ends_with("psdefaultparametervalues") && key.to_ascii_lowercase().ends_with(":headers") {
            self.set_for_all(value);
        } else if is_header(key) && matches!(base, Expr::Member(..) | Expr::Index(..)) && path.contains("headers") {
            let request = match base {
                // An object's own headers are passed on with each call.
                Expr::Member(inner, _) if matches!(&**inner, Expr::Name(name) if matches!(&**name, "self" | "this")) => true,
                Expr::Member(inner, _) => {
                    let inner = self.value(inner);
                    own(&inner)
                }
                _ => own(owner),
            };
            if !request {
                let mut map = Map::default();
                map.entries.insert(lower(key), value.clone());
                self.set_for_all(&Value::map(map));
            }
        } else if key.eq_ignore_ascii_case("headers") && !own(owner) && (is_client(owner) || path == "self" || path == "this") {
            self.set_for_all(value);
        }
    }

    pub(super) fn set_for_all(&mut self, headers: &Value) {
        for map in headers.maps() {
            for (name, value) in map.entries.iter().filter(|(name, _)| is_header(name)) {
                let given = Value { open: value.open || value.is_unknown(), ..value.clone() };
                let both = self.central.entries.get(name).map(|known| self.bounds.either(known, &given));
                self.central.entries.insert(name.clone(), both.unwrap_or(given));
            }
        }
    }

    /// The headers that code sets on what it is handed: `c => c.Headers.Add(…)`.
    pub(super) fn configured(&mut self, passed: &[Passed]) -> Option<Value> {
        if !passed.iter().any(|argument| argument.value.atoms.iter().any(|atom| matches!(atom, Atom::Code(_)))) {
            return None;
        }
        let others = std::mem::take(&mut self.central);
        passed.iter().for_each(|argument| self.run_code(&argument.value));
        let own = std::mem::replace(&mut self.central, others);
        (!own.entries.is_empty()).then(|| Value::map(own))
    }

    /// Headers and body that are put on a request after it was made.
    pub(super) fn completed(&mut self, changed: &Value) {
        for map in changed.maps() {
            let Some(span) = map.span else { continue };
            let (headers, body) = (map.entries.get("headers"), map.entries.get("content"));
            if headers.is_none() && body.is_none() {
                continue;
            }
            for at in 0..self.seen.len() {
                if self.seen[at].inner != span || !self.seen[at].made {
                    continue;
                }
                if let Some(headers) = headers {
                    let known = self.seen[at].headers.clone();
                    let headers = if known.is_unknown() { headers.clone() } else { self.bounds.either(&known, headers) };
                    self.seen[at].headers = headers;
                }
                if let Some(body) = body {
                    self.seen[at].body = Value { open: body.open || body.is_unknown(), ..body.clone() };
                }
            }
        }
    }

    /// Puts the headers that are set for all calls on those that have none of their own.
    pub(super) fn spread_central(&mut self) {
        if self.central.entries.is_empty() {
            return;
        }
        let central = Rc::new(std::mem::take(&mut self.central));
        let own = |seen: &Seen| seen.headers.maps().any(|map| map.entries.keys().any(|key| is_header(key) || &**key == "headers"));
        for seen in self.seen.iter_mut().filter(|seen| !seen.cmdlet && !own(seen)) {
            // A parameter that is passed takes the place of its default.
            if !self.dialect.commands || seen.headers.is_unknown() && !seen.headers.open {
                seen.headers = Value::of(Atom::Map(central.clone()));
            }
        }
    }
}
