//! Functions of the languages' libraries that make texts out of texts.

use super::super::ir::Expr;
use super::super::value::{Atom, ENCODED, HOLE, Text, Value};
use super::Evaluator;
use super::function::Passed;

/// Functions that give their first argument back, for our purposes: another form of the same text or object.
const SAME: [&str; 42] = [
    "json.loads",
    "json.parse",
    "uri",
    "url",
    "system.uri",
    "str",
    "string",
    "tostring",
    "$tostring",
    "trim",
    "trimstart",
    "trimend",
    "strip",
    "rstrip",
    "lstrip",
    "convertto-json",
    "json.stringify",
    "json.dumps",
    "jsonserializer.serialize",
    "jsonconvert.serializeobject",
    "object.freeze",
    "pscustomobject",
    "encodeuri",
    "urljoin",
    "stringcontent",
    "uribuilder",
    "dict",
    "list",
    "select-object",
    "where-object",
    "sort-object",
    "copy",
    "clone",
    "toarray",
    "tolist",
    "filter",
    "flat",
    "reverse",
    "concat",
    "tolowerinvariant",
    "resolve",
    "normalize",
];

impl Evaluator<'_> {
    /// What a function of a library gives, if it is one that makes texts. `base` is what a method is called on.
    pub(super) fn text_function(
        &mut self,
        callee: &str,
        last: &str,
        base: Option<&Value>,
        passed: &[Passed],
        input: Option<&Value>,
    ) -> Option<Value> {
        let last = last.to_ascii_lowercase();
        let first = passed.iter().map(|argument| &argument.value).next();
        let second = passed.get(1).map(|argument| &argument.value);
        if last == "tobase64string" || last == "b64encode" || callee == "btoa" || last == "base64encode" {
            return Some(self.encoded(first?));
        }
        if matches!(last.as_str(), "decode" | "getstring" | "encode" | "getbytes" | "from" | "tobytes") {
            let kept = base.filter(|base| !base.is_unknown()).or(first)?;
            return (last != "from" || callee.contains("buffer")).then(|| kept.clone());
        }
        if last == "tostring"
            && second.is_none()
            && first.is_some_and(|first| first.only_text().is_some_and(|text| &*text.text == "base64"))
        {
            return base.map(|base| self.encoded(base));
        }
        match last.as_str() {
            "repeat" => return self.again(base?, first?),
            // `new HttpMethod("PATCH")`
            "httpmethod" => return first.cloned(),
            "replace" | "replaceall" => return self.replaced(base?, first?, second?),
            "tolower" | "lower" | "tolowerinvariant" | "tolowercase" => return base.map(|base| mapped(base, str::to_lowercase)),
            "toupper" | "upper" | "toupperinvariant" | "touppercase" => return base.map(|base| mapped(base, str::to_uppercase)),
            "trimend" | "rstrip" | "trimstart" | "lstrip" | "strip" | "trim" => return base.map(|base| trimmed(base, &last, first)),
            "join" => return self.joined(base, passed),
            "join-path" | "urljoin" => return Some(self.bounds.concatenate(&[first?.clone(), Value::text("/"), second?.clone()])),
            "append" | "appendformat" => return None,
            "get" if base.is_some_and(|base| base.maps().next().is_some()) => {
                let key = first?.only_text()?.text.clone();
                return Some(self.entry(base?, &key));
            }
            "items" | "entries" | "getenumerator" | "values" => {
                let owner = base.filter(|base| base.maps().next().is_some()).or(first)?;
                let map = owner.maps().next()?;
                let pairs = map.entries.iter();
                let list = match last.as_str() {
                    "values" => pairs.map(|(_, value)| value.clone()).collect(),
                    _ => pairs.map(|(key, value)| Value::list(vec![Value::text(key), value.clone()])).collect(),
                };
                return Some(Value::list(list));
            }
            "keys" => {
                let owner = base.filter(|base| base.maps().next().is_some()).or(first)?.clone();
                return Some(self.keys(&owner));
            }
            _ => {}
        }
        if SAME.contains(&last.as_str()) || SAME.contains(&callee) {
            return base.filter(|base| !base.is_unknown()).or(input).or(first).cloned();
        }
        None
    }

    /// Text in Base64: whether it is, and what it was, is kept.
    fn encoded(&mut self, value: &Value) -> Value {
        let mark = Value::text(&ENCODED.to_string());
        self.bounds.concatenate(&[mark, value.clone()])
    }

    /// A text so many times over, as far as texts are followed.
    fn again(&mut self, text: &Value, times: &Value) -> Option<Value> {
        let text = text.only_text()?;
        let times = times.only_text()?.text.parse::<usize>().ok()?;
        let most = 4_000 / text.text.len().max(1);
        Some(Value::text_via(&text.text.repeat(times.min(most)), text.via))
    }

    fn replaced(&mut self, base: &Value, from: &Value, to: &Value) -> Option<Value> {
        let from = from.only_text()?.text.clone();
        if from.is_empty() || base.is_unknown() {
            return None;
        }
        let mut all = Vec::new();
        for text in base.texts() {
            let mut parts = Vec::new();
            for (at, part) in text.text.split(&*from).enumerate().take(64) {
                if at > 0 {
                    parts.push(to.clone());
                }
                parts.push(Value::text_via(part, text.via));
            }
            all.push(self.bounds.concatenate(&parts));
        }
        Some(self.bounds.any(&all))
    }

    /// `"/".join(parts)`, `parts.join("/")`, `[string]::Join("/", parts)`
    fn joined(&mut self, base: Option<&Value>, passed: &[Passed]) -> Option<Value> {
        let first = passed.first().map(|argument| &argument.value)?;
        let second = passed.get(1).map(|argument| &argument.value);
        let (separator, list) = match (base.and_then(|base| base.lists().next()), first.lists().next()) {
            (Some(list), _) => (first.clone(), list.to_vec()),
            (None, Some(list)) => (base?.clone(), list.to_vec()),
            (None, None) => (first.clone(), second?.lists().next()?.to_vec()),
        };
        let mut parts = Vec::new();
        for (at, item) in list.iter().enumerate() {
            if at > 0 {
                parts.push(separator.clone());
            }
            parts.push(item.clone());
        }
        Some(self.bounds.concatenate(&parts))
    }

    /// `"{0}/x" -f $a`, `"{}/x".format(a)`, `"%s/x" % a`, and by name.
    pub(super) fn format(&mut self, template: &Expr, arguments: &[Expr]) -> Value {
        let template = self.value(template);
        let values: Vec<Passed> = arguments.iter().map(|argument| Passed { name: None, value: self.value(argument) }).collect();
        self.filled(&template, &values)
    }

    /// A template with its places filled.
    pub(super) fn filled(&mut self, template: &Value, arguments: &[Passed]) -> Value {
        let spread: Vec<Value> = match arguments {
            [Passed { name: None, value }] if value.lists().next().is_some() => {
                value.lists().next().map(|list| list.to_vec()).unwrap_or_default()
            }
            _ => arguments.iter().filter(|argument| argument.name.is_none()).map(|argument| argument.value.clone()).collect(),
        };
        let mut all = Vec::new();
        for text in template.texts() {
            let parts = places(&text);
            let mut values = Vec::with_capacity(parts.len());
            let mut next = 0;
            for part in parts {
                values.push(match part {
                    Part::Text(part) => Value::text_via(&part, text.via),
                    Part::Next => {
                        next += 1;
                        spread.get(next - 1).cloned().unwrap_or_default()
                    }
                    Part::Number(at) => spread.get(at).cloned().unwrap_or_default(),
                    Part::Name(name) => {
                        let found = arguments
                            .iter()
                            .find(|argument| argument.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(&name)));
                        found.map(|argument| argument.value.clone()).unwrap_or_default()
                    }
                });
            }
            all.push(self.bounds.concatenate(&values));
        }
        self.bounds.any(&all)
    }
}

fn mapped(value: &Value, change: impl Fn(&str) -> String) -> Value {
    let atoms = value.atoms.iter().map(|atom| match atom {
        Atom::Text(text) => Atom::Text(Text { text: change(&text.text).into(), via: text.via }),
        other => other.clone(),
    });
    Value { atoms: atoms.collect(), open: value.open }
}

fn trimmed(value: &Value, how: &str, letters: Option<&Value>) -> Value {
    let letters: Vec<char> = match letters.and_then(Value::only_text) {
        Some(text) => text.text.chars().collect(),
        None => vec![' ', '\t', '\n', '\r'],
    };
    let (front, back) = (!matches!(how, "trimend" | "rstrip"), !matches!(how, "trimstart" | "lstrip"));
    mapped(value, |text| {
        let text = if front { text.trim_start_matches(letters.as_slice()) } else { text };
        if back { text.trim_end_matches(letters.as_slice()).to_owned() } else { text.to_owned() }
    })
}

enum Part {
    Text(String),
    Next,
    Number(usize),
    Name(String),
}

/// The places of a template: `{}`, `{0}`, `{0:d}`, `{name}`, `%s`, `%(name)s`.
fn places(text: &Text) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = &*text.text;
    while let Some(at) = rest.find(['{', '%', '}']) {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        let (place, length) = place(after);
        match place {
            Some(Part::Text(literal)) => plain.push_str(&literal),
            Some(place) => {
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(place);
            }
            None => plain.push_str(after.get(..1).unwrap_or("")),
        }
        rest = after.get(length.max(1)..).unwrap_or("");
        if parts.len() > 64 {
            plain.push(HOLE);
            rest = "";
        }
    }
    plain.push_str(rest);
    parts.push(Part::Text(plain));
    parts
}

fn place(text: &str) -> (Option<Part>, usize) {
    for (doubled, one) in [("{{", "{"), ("}}", "}"), ("%%", "%")] {
        if text.starts_with(doubled) {
            return (Some(Part::Text(one.to_owned())), 2);
        }
    }
    if let Some(inner) = text.strip_prefix('{').and_then(|text| text.split_once('}')).map(|(inner, _)| inner) {
        let name = inner.split([':', '!', ',']).next().unwrap_or("").trim();
        let part = match name.parse::<usize>() {
            Ok(at) => Part::Number(at),
            Err(_) if name.is_empty() => Part::Next,
            Err(_) => Part::Name(name.to_owned()),
        };
        return (Some(part), inner.len() + 2);
    }
    if text.starts_with("%s") || text.starts_with("%d") {
        return (Some(Part::Next), 2);
    }
    if let Some(inner) = text.strip_prefix("%(").and_then(|text| text.split_once(")s")).map(|(inner, _)| inner) {
        return (Some(Part::Name(inner.to_owned())), inner.len() + 4);
    }
    (None, 1)
}
