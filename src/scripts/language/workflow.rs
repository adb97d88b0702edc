//! Workflow definitions of Logic Apps and Power Automate: actions nested in actions, addresses in expressions. A request is an
//! object that says a method and an address, be it the inputs of an HTTP action or the headers that a connector takes them in.

use super::super::ir::{Expr, Program, Span, Stmt, name, text};

/// Deepest nesting of objects that is looked at.
const DEEPEST: usize = 120;

/// A value of JSON and where it stands.
#[derive(Debug, Clone, PartialEq)]
enum Json {
    Object(Vec<(String, Span, Json)>),
    Array(Vec<Json>),
    Text(String),
    Other,
}

/// Reads a definition. What is no JSON from some place on is not looked at.
pub(in super::super) fn read(source: &str) -> Program {
    let mut program = Program::default();
    let mut parser = Parser { bytes: source.as_bytes(), source, at: 0, depth: 0, too_deep: false, broken: None };
    let document = parser.value();
    program.broken = parser.broken;
    program.too_deep = parser.too_deep;
    declare(&document, &mut program.body, 0);
    requests(&document, &mut program.body, 0);
    program
}

fn member<'j>(object: &'j [(String, Span, Json)], key: &str) -> Option<&'j Json> {
    object.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(key)).map(|(_, _, value)| value)
}

fn word<'j>(object: &'j [(String, Span, Json)], key: &str) -> Option<&'j str> {
    match member(object, key)? {
        Json::Text(text) => Some(text),
        _ => None,
    }
}

fn set(target: &str, value: &Json, body: &mut Vec<Stmt>) {
    if let Json::Text(written) = value {
        let target = name(&target.to_ascii_lowercase());
        // A variable may be set in many places: it is any of what it is set to.
        let value = Expr::Either(vec![target.clone(), expression(written)]);
        body.push(Stmt::Assign { target, value, append: false });
    }
}

/// Variables, parameters and composed values, wherever they are made.
fn declare(json: &Json, body: &mut Vec<Stmt>, depth: usize) {
    match json {
        Json::Object(object) if depth < DEEPEST => {
            let inputs = member(object, "inputs");
            match (word(object, "type").map(str::to_ascii_lowercase).as_deref(), inputs) {
                (Some("initializevariable"), Some(Json::Object(inputs))) => {
                    if let Some(Json::Array(variables)) = member(inputs, "variables") {
                        for variable in variables {
                            if let Json::Object(variable) = variable
                                && let (Some(known), Some(value)) = (word(variable, "name"), member(variable, "value"))
                            {
                                set(&format!("variables:{known}"), value, body);
                            }
                        }
                    }
                }
                (Some("setvariable"), Some(Json::Object(inputs))) => {
                    if let (Some(known), Some(value)) = (word(inputs, "name"), member(inputs, "value")) {
                        set(&format!("variables:{known}"), value, body);
                    }
                }
                _ => {}
            }
            for (key, _, value) in object {
                if let Json::Object(inner) = value {
                    if word(inner, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("compose"))
                        && let Some(composed) = member(inner, "inputs")
                    {
                        set(&format!("outputs:{key}"), composed, body);
                    }
                    if let Some(default) = member(inner, "defaultValue").or_else(|| member(inner, "value")) {
                        set(&format!("parameters:{key}"), default, body);
                    }
                }
                declare(value, body, depth + 1);
            }
        }
        Json::Array(items) if depth < DEEPEST => items.iter().for_each(|item| declare(item, body, depth + 1)),
        _ => {}
    }
}

/// Objects that say a method and an address.
fn requests(json: &Json, body: &mut Vec<Stmt>, depth: usize) {
    match json {
        Json::Object(object) if depth < DEEPEST => {
            if let Some(request) = request(object) {
                body.push(Stmt::Expr(request));
            }
            object.iter().for_each(|(_, _, value)| requests(value, body, depth + 1));
        }
        Json::Array(items) if depth < DEEPEST => items.iter().for_each(|item| requests(item, body, depth + 1)),
        _ => {}
    }
}

fn request(object: &[(String, Span, Json)]) -> Option<Expr> {
    // A connector's members are called request/method and request/url.
    let plain = |key: &str| key.rsplit('/').next().unwrap_or(key).to_ascii_lowercase();
    let find = |names: &[&str]| {
        object.iter().find_map(|(key, span, value)| match value {
            Json::Text(written) if names.contains(&plain(key).as_str()) => Some((*span, written)),
            _ => None,
        })
    };
    let (_, method) = find(&["method"])?;
    let (place, url) = find(&["uri", "url", "path", "relativepath"])?;
    let mut entries = vec![(text("method"), expression(method)), (text("uri"), expression(url))];
    for (key, _, value) in object {
        match (plain(key).as_str(), value) {
            ("headers", Json::Object(headers)) => {
                let headers = headers.iter().filter_map(|(key, _, value)| match value {
                    Json::Text(written) => Some((text(key), expression(written))),
                    _ => None,
                });
                entries.push((text("headers"), Expr::Map(headers.collect(), Span::default())));
            }
            ("body", Json::Object(body)) => {
                let body = body.iter().filter_map(|(key, _, value)| match value {
                    Json::Text(written) => Some((text(key), expression(written))),
                    _ => None,
                });
                entries.push((text("body"), Expr::Map(body.collect(), Span::default())));
            }
            _ => {}
        }
    }
    Some(Expr::Map(entries, place))
}

/// Text with expressions: `@{…}` within, or `@…` as a whole.
fn expression(written: &str) -> Expr {
    if let Some(whole) = written.strip_prefix('@').filter(|whole| !whole.starts_with(['{', '@'])) {
        return function(whole.trim(), 0);
    }
    // An expression of the template around it.
    if let Some(whole) = written.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|whole| !whole.starts_with('[')) {
        return function(whole.trim(), 0);
    }
    let mut parts = Vec::new();
    let mut rest = written;
    while let Some(at) = rest.find("@{") {
        parts.push(text(rest.get(..at).unwrap_or("")));
        let inside = rest.get(at + 2..).unwrap_or("");
        let end = closing(inside, '{', '}');
        parts.push(function(inside.get(..end).unwrap_or("").trim(), 0));
        rest = inside.get(end + 1..).unwrap_or("");
        if parts.len() > 40 {
            break;
        }
    }
    parts.push(text(rest));
    Expr::Join(parts)
}

/// Where a bracket that is open closes; quotes in between are passed over.
fn closing(inside: &str, open: char, close: char) -> usize {
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, letter) in inside.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            _ if letter == open => depth += 1,
            _ if letter == close && depth == 0 => return at,
            _ if letter == close => depth -= 1,
            _ => {}
        }
    }
    inside.len()
}

/// A function of the expression language: what it is put together from, as far as that is text.
fn function(written: &str, depth: usize) -> Expr {
    if depth > 8 {
        return Expr::Unknown;
    }
    if let Some(literal) = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return text(&literal.replace("''", "'"));
    }
    let Some((called, rest)) = written.split_once('(') else { return Expr::Unknown };
    let end = closing(rest, '(', ')');
    let (inside, behind) = (rest.get(..end).unwrap_or(""), rest.get(end + 1..).unwrap_or(""));
    if !behind.trim().is_empty() {
        return Expr::Unknown;
    }
    let arguments = split(inside);
    let called = called.trim().to_ascii_lowercase();
    match (called.as_str(), arguments.as_slice()) {
        ("concat", parts) => Expr::Join(parts.iter().map(|part| function(part, depth + 1)).collect()),
        ("variables" | "parameters" | "outputs", [known]) => {
            name(&format!("{called}:{}", known.trim_matches('\'').to_ascii_lowercase().replace(' ', "_")))
        }
        ("uri" | "string" | "trim" | "tolower", [first, ..]) => function(first, depth + 1),
        ("if", [_, yes, no]) => Expr::Either(vec![function(yes, depth + 1), function(no, depth + 1)]),
        ("coalesce", options) => Expr::Either(options.iter().map(|option| function(option, depth + 1)).collect()),
        _ => Expr::Unknown,
    }
}

/// Arguments between commas.
fn split(inside: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut from, mut parts) = (0_usize, false, 0, Vec::new());
    for (at, letter) in inside.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(inside.get(from..at).unwrap_or("").trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(inside.get(from..).unwrap_or("").trim());
    parts.truncate(40);
    parts
}

struct Parser<'t> {
    bytes: &'t [u8],
    source: &'t str,
    at: usize,
    depth: usize,
    too_deep: bool,
    broken: Option<usize>,
}

impl Parser<'_> {
    fn spaces(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn fail(&mut self) -> Json {
        if self.broken.is_none() {
            self.broken = Some(self.at.min(self.bytes.len()));
        }
        self.at = self.bytes.len();
        Json::Other
    }

    fn value(&mut self) -> Json {
        self.spaces();
        if self.depth > DEEPEST {
            self.too_deep = true;
            self.at = self.bytes.len();
            return Json::Other;
        }
        self.depth += 1;
        let value = match self.bytes.get(self.at) {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => Json::Text(self.text()),
            Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'-' => {
                while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')) {
                    self.at += 1;
                }
                Json::Other
            }
            _ => self.fail(),
        };
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Json {
        let mut members = Vec::new();
        self.at += 1;
        loop {
            self.spaces();
            match self.bytes.get(self.at) {
                Some(b'}') => {
                    self.at += 1;
                    return Json::Object(members);
                }
                Some(b',') => self.at += 1,
                Some(b'"') => {
                    let start = self.at;
                    let key = self.text();
                    self.spaces();
                    if self.bytes.get(self.at) != Some(&b':') {
                        self.fail();
                        return Json::Object(members);
                    }
                    self.at += 1;
                    let value = self.value();
                    members.push((key, Span { start, end: self.at }, value));
                }
                _ => {
                    self.fail();
                    return Json::Object(members);
                }
            }
        }
    }

    fn array(&mut self) -> Json {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.spaces();
            match self.bytes.get(self.at) {
                Some(b']') => {
                    self.at += 1;
                    return Json::Array(items);
                }
                Some(b',') => self.at += 1,
                Some(_) => items.push(self.value()),
                None => {
                    self.fail();
                    return Json::Array(items);
                }
            }
        }
    }

    fn text(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at = (self.at + 1).min(self.bytes.len());
        let written = self.source.get(start..self.at).unwrap_or("\"\"");
        let plain = serde_json::from_str::<String>(written).unwrap_or_else(|_| written.trim_matches('"').to_owned());
        plain.replace(['\0', '\u{1}'], "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_and_deep_documents_end() {
        for source in ["", "{", "{\"a\"", "{\"a\":}", "[1,,2]", "\"\\", "{\"a\": \"\\u00", "nul", "{\"a\":[}"] {
            read(source);
        }
        let deep = "{\"a\":".repeat(100_000);
        assert!(read(&deep).too_deep);
    }

    #[test]
    fn expressions_keep_their_texts() {
        let Expr::Join(parts) = expression("https://x/@{items('a')?['id']}/wipe") else { panic!() };
        assert_eq!(parts, [text("https://x/"), Expr::Unknown, text("/wipe")]);
        let Expr::Join(parts) = expression("@concat('a', variables('Base Url'), 'b')") else { panic!() };
        assert_eq!(parts, [text("a"), name("variables:base_url"), text("b")]);
    }
}
