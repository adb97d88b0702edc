//! Chains of request builders, as the SDKs of Graph have them: `client.device_management.managed_devices.by_…(id).wipe.post()`,
//! `client.DeviceManagement.ManagedDevices[id].Wipe.PostAsync()`, `client.api("/deviceManagement/…").post(body)`.

use super::super::approval::is_header;
use super::super::ir::{Expr, Span};
use super::super::sink::Request;
use super::super::value::{Atom, Atoms, HERE, Map, Text, Value};
use super::Evaluator;
use super::function::Passed;
use std::rc::Rc;

/// First names of a chain that can lead to Intune, without underscores.
const ROOTS: [&str; 4] = ["devicemanagement", "deviceappmanagement", "rolemanagement", "users"];

/// Calls in a chain that say nothing of the path.
const SETTINGS: [&str; 24] = [
    "request",
    "version",
    "header",
    "headers",
    "select",
    "top",
    "query",
    "filter",
    "expand",
    "responsetype",
    "option",
    "options",
    "middlewareoptions",
    "withurl",
    "buildrequest",
    "skip",
    "count",
    "orderby",
    "search",
    "configureawait",
    "withrequestbuilder",
    "requestadapter",
    "toexternal",
    "body",
];

fn plain(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect()
}

/// The method of HTTP that the last call of a chain stands for.
fn verb(name: &str) -> Option<&'static str> {
    let name = plain(name);
    let name = name.strip_suffix("async").unwrap_or(&name);
    let name = name.strip_prefix("to").and_then(|name| name.strip_suffix("requestinformation")).unwrap_or(name);
    Some(match name {
        "get" | "tonative" => "GET",
        "post" | "add" | "create" => "POST",
        "patch" | "update" => "PATCH",
        "put" => "PUT",
        "delete" | "del" => "DELETE",
        _ => return None,
    })
}

fn builder(path: &str) -> Value {
    Value::of(Atom::Builder(path.into()))
}

impl Evaluator<'_> {
    /// A member of a chain, or the first of one.
    pub(super) fn built(&mut self, base: &Expr, value: &Value, member: &Rc<str>) -> Option<Value> {
        if self.dialect.commands {
            return None;
        }
        if let Some(path) = paths(value).next() {
            let name = plain(member);
            if SETTINGS.contains(&name.as_str()) || name.is_empty() {
                return Some(builder(path));
            }
            return Self::step_into(value, &name);
        }
        let starts = value.is_unknown() && ROOTS.contains(&plain(member).as_str());
        (starts && matches!(base, Expr::Name(_) | Expr::Member(..) | Expr::Call(_))).then(|| builder(&format!("/{}", plain(member))))
    }

    /// One segment further.
    pub(super) fn step_into(value: &Value, segment: &str) -> Option<Value> {
        let atoms: Atoms = paths(value).map(|path| Atom::Builder(format!("{path}/{segment}").into())).collect();
        (!atoms.is_empty()).then_some(Value { atoms, open: false })
    }

    /// A call in a chain: `base` is what it is called on.
    pub(super) fn build(&mut self, base: &Value, name: &str, passed: &[Passed], callee: &Expr, span: Span) -> Option<Value> {
        if plain(name) == "api" && paths(base).next().is_none() {
            let path = passed.iter().find(|argument| argument.name.is_none())?;
            let atoms = path.value.texts().into_iter().map(|text| Atom::Builder(text.text)).collect();
            return Some(Value { atoms, open: false });
        }
        paths(base).next()?;
        if let Some(method) = verb(name) {
            let headers = self.chained(callee, 0);
            self.send(base, method, passed, headers, span);
            return Some(Value::unknown());
        }
        let simple = plain(name);
        if SETTINGS.contains(&simple.as_str()) {
            return Some(base.clone());
        }
        if simple.starts_with("by") || simple == "item" || simple == "getbyid" {
            return Self::step_into(base, "\0");
        }
        Self::step_into(base, &simple)
    }

    /// The headers of the approval flow that a chain sets: `.header(name, value)`, `.headers({ … })`.
    fn chained(&mut self, expr: &Expr, depth: usize) -> Map {
        let (Expr::Member(base, _), true) = (expr, depth < 24) else { return Map::default() };
        let Expr::Call(call) = &**base else { return Map::default() };
        let mut map = self.chained(&call.callee, depth + 1);
        if !matches!(&call.callee, Expr::Member(_, name) if matches!(plain(name).as_str(), "header" | "headers")) {
            return map;
        }
        let values: Vec<Value> = call.arguments.iter().map(|argument| self.value(&argument.value)).collect();
        match values.as_slice() {
            [name, value] => {
                if let Some(name) = name.only_text().filter(|name| is_header(&name.text)) {
                    let given = Value { open: value.open || value.is_unknown(), ..value.clone() };
                    map.entries.insert(super::lower(&name.text), given);
                }
            }
            [all] => map.entries.extend(all.maps().flat_map(|all| all.entries.iter().map(|(key, value)| (key.clone(), value.clone())))),
            _ => {}
        }
        map
    }

    fn send(&mut self, base: &Value, method: &str, passed: &[Passed], chained: Map, span: Span) {
        let configured = self.configured(passed);
        let urls = paths(base).map(|path| Text { text: path.clone(), via: HERE }).collect();
        let body = passed.iter().find(|argument| argument.name.is_none()).map(|argument| argument.value.clone()).unwrap_or_default();
        self.emit(&Request {
            methods: vec![Text { text: method.into(), via: HERE }],
            urls,
            headers: passed.iter().fold(configured.unwrap_or_else(|| own(chained)), |headers, argument| {
                let named = argument.name.as_ref().is_some_and(|name| name.contains("config"));
                let open = argument.value.open || argument.value.is_unknown();
                if named { Value { open, ..argument.value.clone() } } else { headers }
            }),
            body,
            certain: true,
            span,
            cmdlet: false,
            repeated: false,
            made: false,
        });
    }
}

fn own(chained: Map) -> Value {
    if chained.entries.is_empty() { Value::default() } else { Value::map(chained) }
}

fn paths(value: &Value) -> impl Iterator<Item = &Rc<str>> {
    value.atoms.iter().filter_map(|atom| match atom {
        Atom::Builder(path) => Some(path),
        _ => None,
    })
}
