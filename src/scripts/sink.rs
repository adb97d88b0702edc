//! Which calls send a request, and what it is: by what is called, where that is known, and by how it is called, where not. A
//! call that is handed an address of Intune and a method of HTTP sends, whatever it is named; a wrapper of another module is
//! found that way.

use super::approval::header_in;
use super::cmdlets::Cmdlets;
use super::eval::Passed;
use super::ir::Span;
use super::value::{Atom, HERE, HOLE, Map, Text, Value};
use super::words::words;
use std::rc::Rc;

/// What is known of senders.
pub(super) struct Senders<'a> {
    /// Whether text is the address of something of Intune.
    pub(super) is_intune: &'a dyn Fn(&str) -> bool,
    pub(super) cmdlets: &'a Cmdlets,
}

/// A call, with what it is given.
#[derive(Debug)]
pub(super) struct Invocation<'a> {
    /// `a.b.c`, as it is written.
    pub(super) callee: &'a str,
    /// `c`
    pub(super) last: &'a str,
    pub(super) passed: &'a [Passed],
    pub(super) span: Span,
    /// Whether it is called on what is known to send requests: a session, a client of HTTP.
    pub(super) client: bool,
    /// Whether it is called on what only keeps things: a set, a cache.
    pub(super) keeps: bool,
}

/// Requests that a call makes, as alternatives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub(super) methods: Vec<Text>,
    pub(super) urls: Vec<Text>,
    pub(super) headers: Value,
    pub(super) body: Value,
    pub(super) certain: bool,
    pub(super) span: Span,
    pub(super) cmdlet: bool,
    /// Whether the call itself sends it again where it is refused.
    pub(super) repeated: bool,
    /// Whether it is made here, and sent later.
    pub(super) made: bool,
}

/// What a call sends.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) requests: Vec<Request>,
    /// Maps that were sent as requests.
    pub(super) sent: Vec<Span>,
}

const VERBS: [&str; 5] = ["POST", "PATCH", "PUT", "DELETE", "GET"];

const METHOD_NAMES: [&str; 14] = [
    "method",
    "httpmethod",
    "type",
    "verb",
    "requestmethod",
    "requesttype",
    "http_method",
    "request_method",
    "customrequest",
    "custommethod",
    "request",
    "x",
    "httpverb",
    "action",
];

const URL_NAMES: [&str; 22] = [
    "uri",
    "url",
    "resource",
    "path",
    "endpoint",
    "requesturi",
    "request_uri",
    "requesturl",
    "graphurl",
    "graphuri",
    "relativeuri",
    "relativeurl",
    "apiurl",
    "apipath",
    "resourcepath",
    "route",
    "uripath",
    "urlpath",
    "graphendpoint",
    "resourceuri",
    "config_endpoint",
    "api",
];

/// Commands and functions that send, and read where nothing says otherwise.
const READS: [&str; 17] = [
    "invoke-mggraphrequest",
    "invoke-graphrequest",
    "invoke-mgrestmethod",
    "invoke-restmethod",
    "irm",
    "invoke-webrequest",
    "iwr",
    "invoke-msgraphrequest",
    "invoke-msgraphoperation",
    "curl",
    "curl.exe",
    "wget",
    "az rest",
    "mgc",
    "fetch",
    "axios",
    "invoke-rjrbrestmethodgraph",
];

/// First words of what shows, looks up, makes or tests, but does not send.
const TALKS: [&str; 34] = [
    "write",
    "find",
    "out",
    "test",
    "where",
    "convert",
    "convertto",
    "convertfrom",
    "format",
    "measure",
    "mock",
    "should",
    "assert",
    "expect",
    "join",
    "split",
    "trace",
    "debug",
    "log",
    "print",
    "info",
    "warn",
    "warning",
    "error",
    "console",
    "logger",
    "logging",
    "nock",
    "responses",
    "respx",
    "echo",
    "printf",
    "throw",
    "get",
];

/// Words that name a double of what sends.
const DOUBLES: [&str; 8] = ["mock", "stub", "fake", "nock", "respx", "spy", "moxios", "msw"];

/// What a call sends; nothing where it sends nothing to Intune that can be told.
pub(super) fn requests(call: &Invocation<'_>, senders: &Senders<'_>) -> Found {
    let lower = call.callee.to_ascii_lowercase();
    let mut found = Found::default();
    if lower.contains('-')
        && !lower.contains('.')
        && let Some(request) = senders.cmdlets.request(&lower, call)
    {
        found.requests.push(request);
        return found;
    }
    let known = READS.contains(&lower.as_str());
    if call.keeps || (!known && !call.client && talks(call)) {
        return found;
    }
    let arguments = Arguments::of(call, senders);
    let Some(urls) = arguments.urls(known) else { return found };
    if !known && is_route(call, &urls) {
        return found;
    }
    let Some(methods) = arguments.methods(call, known) else { return found };
    found.sent.extend(arguments.maps.iter().filter_map(|map| map.span));
    found.requests.push(Request {
        methods,
        urls,
        headers: arguments.headers(),
        body: arguments.given(&["body", "json", "data", "content", "d", "requestbody", "payload"]),
        certain: known || call.client || sends(call),
        span: call.span,
        cmdlet: false,
        repeated: arguments.has("maximumretrycount") || arguments.has("retry-all-errors"),
        made: call.last.eq_ignore_ascii_case("httprequestmessage"),
    });
    found
}

/// Methods of HttpClient that send.
const OF_CLIENTS: [&str; 7] =
    ["postasync", "patchasync", "putasync", "deleteasync", "postasjsonasync", "putasjsonasync", "patchasjsonasync"];

/// Names that the libraries of JavaScript for HTTP go by.
const LIBRARIES: [&str; 5] = ["axios", "got", "ky", "superagent", "needle"];

/// Whether what is called is known by its name to send requests.
fn sends(call: &Invocation<'_>) -> bool {
    let lower = call.callee.to_ascii_lowercase();
    let last = call.last.to_ascii_lowercase();
    let of_library = lower.split_once('.').is_some_and(|(first, _)| LIBRARIES.contains(&first)) && verb_of(call.last).is_some();
    let of_python = lower.ends_with("request.request") && lower.starts_with("urllib");
    of_python || last == "httprequestmessage" || OF_CLIENTS.contains(&last.as_str()) || of_library
}

/// Whether a call tells a server what answers at an address, or takes something out of what is kept: nothing is sent there.
fn is_route(call: &Invocation<'_>, urls: &[Text]) -> bool {
    let mut names = call.callee.rsplit('.').skip(1);
    let owner = names.next().map(words).and_then(|words| words.last().cloned()).unwrap_or_default();
    let plain = call.passed.iter().filter(|argument| argument.name.is_none()).count();
    let relative = urls.iter().all(|url| !url.text.contains("://"));
    let server = matches!(owner.as_str(), "router" | "server" | "fastify" | "express" | "app") && plain >= 2;
    let kept = matches!(owner.as_str(), "set" | "sets" | "redis" | "cache" | "map" | "storage");
    relative && (server || kept)
}

/// Whether a call shows, looks up, makes or tests something, and sends nothing.
pub(super) fn talks(call: &Invocation<'_>) -> bool {
    let all = words(call.callee);
    let first = words(call.last).into_iter().next().unwrap_or_default();
    if all.iter().any(|word| DOUBLES.contains(&word.as_str())) {
        return true;
    }
    if TALKS.contains(&first.as_str()) || all.first().is_some_and(|first| first != "get" && TALKS.contains(&first.as_str())) {
        return true;
    }
    // A route of a server, or of a made-up one: an address and what answers it.
    let mut plain = call.passed.iter().filter(|argument| argument.name.is_none());
    plain.any(|argument| argument.value.atoms.iter().any(|atom| matches!(atom, Atom::Code(_)))) && call.passed.len() <= 2
}

/// A map that says a method and an address.
pub(super) fn draft(map: &Rc<Map>, span: Span, senders: &Senders<'_>) -> Option<Request> {
    let entry = |names: &[&str]| names.iter().find_map(|name| map.entries.get(*name));
    let methods: Vec<Text> = verbs(entry(&["method", "httpmethod", "type", "verb", "http_method"])?);
    let urls = addresses(entry(&URL_NAMES)?, senders);
    if methods.iter().all(|method| &*method.text == "GET") || urls.is_empty() {
        return None;
    }
    let headers = given(entry(&["headers", "header"]));
    let body = given(entry(&["body", "json", "data", "content"]));
    Some(Request { methods, urls, headers, body, certain: false, span, cmdlet: false, repeated: false, made: false })
}

/// What is handed over: nothing, where nothing is; something unknown, where something is that is not known.
fn given(value: Option<&Value>) -> Value {
    value.map(|value| Value { atoms: value.atoms.clone(), open: value.open || value.is_unknown() }).unwrap_or_default()
}

/// The verbs of HTTP among what a value can be.
fn verbs(value: &Value) -> Vec<Text> {
    let verb = |text: &Text| {
        let plain = text.text.trim().rsplit('.').next().unwrap_or("").to_ascii_uppercase();
        VERBS.contains(&plain.as_str()).then(|| Text { text: plain.into(), via: text.via })
    };
    value.known_texts().filter_map(verb).collect()
}

/// The addresses of Intune among what a value can be.
fn addresses(value: &Value, senders: &Senders<'_>) -> Vec<Text> {
    value.known_texts().filter(|text| (senders.is_intune)(&text.text)).cloned().collect()
}

/// Options of curl that take no value.
const ALONE: [&str; 20] = [
    "silent",
    "fail",
    "compressed",
    "location",
    "insecure",
    "verbose",
    "show-error",
    "get",
    "include",
    "fail-with-body",
    "retry-all-errors",
    "globoff",
    "http1.1",
    "http2",
    "no-progress-meter",
    "head",
    "flag",
    "location-trusted",
    "tlsv1.2",
    "ipv4",
];

/// An option that is written as text, its name and the value that is joined to it: `--name`, `--name=value`, and for curl `-Xvalue`.
fn option(argument: &Passed, letters: bool) -> Option<(Rc<str>, Option<Value>)> {
    if argument.name.is_some() || argument.value.open {
        return None;
    }
    let texts: Vec<&Text> = argument.value.known_texts().collect();
    let first = texts.first().filter(|_| texts.len() == argument.value.atoms.len())?;
    if let Some(long) = first.text.strip_prefix("--") {
        let (name, _) = long.split_once('=').unwrap_or((long, ""));
        let joined = texts.iter().filter_map(|text| {
            let (named, value) = text.text.strip_prefix("--")?.split_once('=')?;
            (named == name).then(|| Atom::Text(Text { text: value.into(), via: text.via }))
        });
        let joined: Vec<Atom> = joined.collect();
        let value = (!joined.is_empty()).then_some(Value { atoms: joined.into_iter().collect(), open: false });
        return (!name.contains(HOLE)).then(|| (name.to_ascii_lowercase().into(), value));
    }
    let short = first.text.strip_prefix('-').filter(|_| letters && texts.len() == 1)?;
    let (at, letter) = short.char_indices().find(|(_, letter)| WITH_VALUE.contains(*letter)).unwrap_or((0, 'f'));
    let name = match letter {
        'H' => "headers",
        'd' => "d",
        'X' => "x",
        _ if short.chars().any(|letter| WITH_VALUE.contains(letter)) => "other",
        _ => return Some(("flag".into(), Some(Value::text(short)))),
    };
    let joined = short.get(at + letter.len_utf8()..).filter(|joined| !joined.is_empty());
    Some((name.into(), joined.map(|joined| Value::text_via(joined, first.via))))
}

/// Short options of curl and wget that take a value, beside those that stand alone.
pub(super) const WITH_VALUE: &str = "XHdouAebFTmwxKyYz";

/// The arguments of a call, those in a map of options among them.
struct Arguments<'a> {
    all: Vec<(Option<Rc<str>>, Value)>,
    maps: Vec<Rc<Map>>,
    senders: &'a Senders<'a>,
}

impl<'a> Arguments<'a> {
    fn of(call: &Invocation<'_>, senders: &'a Senders<'a>) -> Self {
        let mut all: Vec<(Option<Rc<str>>, Value)> = Vec::new();
        let mut maps = Vec::new();
        let mut passed = call.passed.iter().peekable();
        let letters = matches!(call.callee, "curl" | "curl.exe" | "wget");
        while let Some(argument) = passed.next() {
            // `--method post` where the language knows no named arguments.
            if let Some((name, joined)) = option(argument, letters) {
                let alone = joined.is_some() || (letters && ALONE.contains(&&*name));
                let next = if alone { None } else { passed.next_if(|next| next.name.is_none()).map(|next| next.value.clone()) };
                all.push((Some(name), joined.or(next).unwrap_or_default()));
                continue;
            }
            let options =
                argument.name.as_ref().is_none_or(|name| matches!(&**name, "options" | "config" | "params" | "parameters" | "request"));
            for map in argument.value.maps().filter(|_| options) {
                maps.push(map.clone());
                all.extend(map.entries.iter().map(|(key, value)| (Some(key.clone()), value.clone())));
            }
            all.push((argument.name.clone(), argument.value.clone()));
        }
        Self { all, maps, senders }
    }

    fn named(&self, names: &[&str]) -> Option<Value> {
        names.iter().find_map(|name| self.all.iter().find(|(known, _)| known.as_deref() == Some(name)).map(|(_, value)| value.clone()))
    }

    /// What is handed over under one of these names.
    fn given(&self, names: &[&str]) -> Value {
        match self.named(names) {
            Some(value) => given(Some(&value)),
            None if self.has("*") => Value::unknown(),
            None => Value::default(),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.all.iter().any(|(known, _)| known.as_deref() == Some(name))
    }

    /// The headers; those of the approval flow also where they are texts, `name: value`.
    fn headers(&self) -> Value {
        let names = ["headers", "header", "h", "additionalheaders", "addheaders"];
        let value = self.given(&names);
        let mut map = Map::default();
        let plain = |name: &Option<Rc<str>>| name.as_deref().is_none_or(|name| names.contains(&name) || name == "header");
        let lists = self.all.iter().filter(|(name, _)| plain(name)).map(|(_, value)| value);
        for value in lists {
            let items = value.lists().flat_map(|list| list.iter()).flat_map(Value::known_texts);
            for text in value.known_texts().chain(items) {
                if let Some((name, value)) = header_in(&text.text) {
                    map.entries.insert(name.into(), Value::text_via(value, text.via));
                }
            }
        }
        if map.entries.is_empty() { value } else { Value::map(map) }
    }

    /// Where the call goes; None if it goes nowhere near Intune.
    fn urls(&self, known: bool) -> Option<Vec<Text>> {
        let named = self.all.iter().filter(|(name, _)| name.as_deref().is_some_and(|name| URL_NAMES.contains(&name)));
        let mut urls: Vec<Text> = named.flat_map(|(_, value)| addresses(value, self.senders)).collect();
        if urls.is_empty() {
            let plain = self.all.iter().filter(|(name, _)| name.is_none());
            urls = plain.flat_map(|(_, value)| addresses(value, self.senders)).collect();
        }
        if urls.is_empty() && !known {
            let ends = |name: &str| ["url", "uri", "endpoint", "path", "resource"].iter().any(|end| name.ends_with(end));
            let others = self.all.iter().filter(|(name, _)| name.as_deref().is_some_and(ends));
            urls = others.flat_map(|(_, value)| addresses(value, self.senders)).collect();
        }
        (!urls.is_empty()).then_some(urls)
    }

    /// By what methods; None if nothing says that it sends, or if it only reads.
    fn methods(&self, call: &Invocation<'_>, known: bool) -> Option<Vec<Text>> {
        let named = METHOD_NAMES.iter().find_map(|name| self.all.iter().find(|(known, _)| known.as_deref() == Some(name)));
        if let Some((_, value)) = named {
            let found = verbs(value);
            if !found.is_empty() {
                return Some(found);
            }
            if value.known_texts().next().is_none() {
                return known.then(|| vec![Text { text: HOLE.to_string().into(), via: HERE }]);
            }
        }
        // `-Delete`, and `-XDELETE`.
        for (name, value) in &self.all {
            let Some(name) = name else { continue };
            let bare = name.strip_prefix('x').filter(|_| known).unwrap_or(name);
            let verb = VERBS.iter().find(|verb| verb.eq_ignore_ascii_case(bare));
            if let Some(verb) = verb.filter(|_| value.only_text().is_none_or(|text| !text.text.eq_ignore_ascii_case("false"))) {
                return Some(vec![Text { text: (*verb).into(), via: HERE }]);
            }
        }
        let plain: Vec<Text> = self.all.iter().filter(|(name, _)| name.is_none()).flat_map(|(_, value)| verbs(value)).collect();
        if !plain.is_empty() {
            return Some(plain);
        }
        if let Some(verb) = verb_of(call.last).filter(|_| !known) {
            return Some(vec![Text { text: verb.into(), via: HERE }]);
        }
        let asks = self.has("get")
            || self
                .all
                .iter()
                .any(|(name, value)| name.as_deref() == Some("flag") && value.known_texts().any(|text| text.text.contains('G')));
        let sends_body = !asks
            && matches!(call.callee, "curl" | "curl.exe" | "wget")
            && self.all.iter().any(|(name, _)| {
                name.as_deref().is_some_and(|name| name == "d" || name == "json" || name.starts_with("data") || name == "post-data")
            });
        sends_body.then(|| vec![Text { text: "POST".into(), via: HERE }])
    }
}

/// The verb of HTTP in the name of a function: `graphPost`, `deleteAsync`, `New-GraphPOSTRequest`, `makeapirequestDelete`.
fn verb_of(name: &str) -> Option<&'static str> {
    let words = words(name);
    let verb = |word: &str| VERBS.into_iter().find(|verb| verb.eq_ignore_ascii_case(word));
    if let Some(verb) = words.iter().rev().find_map(|word| verb(word)) {
        return (verb != "GET").then_some(verb);
    }
    let [word] = words.as_slice() else { return None };
    let ends = |verb: &&str| {
        let verb = verb.to_ascii_lowercase();
        word.len() > verb.len() + 2 && (word.ends_with(&verb) || word.starts_with(&verb))
    };
    if word == "dispatch" {
        return None;
    }
    ["DELETE", "PATCH", "POST"].into_iter().find(|verb| ends(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_stand_in_names() {
        for (name, verb) in [
            ("graphPost", Some("POST")),
            ("DeleteAsync", Some("DELETE")),
            ("New-GraphPOSTRequest", Some("POST")),
            ("makeapirequestDelete", Some("DELETE")),
            ("http_patch", Some("PATCH")),
            ("apidelete", Some("DELETE")),
            ("Get-Output", None),
            ("dispatch", None),
            ("compute", None),
            ("graphGet", None),
        ] {
            assert_eq!(verb_of(name), verb, "{name}");
        }
    }
}
