//! Requests within a request: the body of `$batch`, written as JSON text. What is between holes is read as far as it goes; a body
//! that is put together from maps is judged by those maps.

use super::eval::Passed;
use super::ir::Span;
use super::sink::{self, Invocation, Request, Senders};
use super::value::{Atom, Map, Text, Value};
use std::rc::Rc;

/// Most objects of one text that are looked at: more than fit into the longest text that is followed. A batch has at most 20
/// requests.
const MOST: usize = 8_192;
/// Deepest nesting of a text that is looked at.
const DEEPEST: usize = 64;

/// Whether a call goes to `$batch`.
pub(super) fn is_batch(call: &Invocation<'_>) -> bool {
    let goes = |text: &Text| text.text.trim_end_matches(['/', '\'', '"']).to_ascii_lowercase().ends_with("$batch");
    call.passed.iter().any(|argument| argument.value.known_texts().any(goes))
}

/// The requests in JSON text that a call is handed.
pub(super) fn requests(call: &Invocation<'_>, senders: &Senders<'_>) -> Vec<Request> {
    let texts: Vec<&Text> = call.passed.iter().flat_map(texts).filter(|text| may_be_batch(&text.text)).collect();
    if texts.is_empty() || sink::talks(call) {
        return Vec::new();
    }
    let certain = is_batch(call);
    let maps = texts.iter().flat_map(|text| objects(text));
    let drafts = maps.filter_map(|map| sink::draft(&map, call.span, senders));
    drafts.map(|request| Request { certain, ..request }).collect()
}

/// Where the maps stand that a call to `$batch` is handed.
pub(super) fn maps(call: &Invocation<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    call.passed.iter().for_each(|argument| within(&argument.value, &mut spans, 6));
    spans
}

fn within(value: &Value, spans: &mut Vec<Span>, depth: usize) {
    if depth == 0 || spans.len() > MOST {
        return;
    }
    for atom in value.atoms.iter() {
        match atom {
            Atom::List(items) => items.iter().for_each(|item| within(item, spans, depth - 1)),
            Atom::Map(map) => {
                spans.extend(map.span);
                map.entries.values().for_each(|entry| within(entry, spans, depth - 1));
            }
            Atom::Text(_) | Atom::Code(_) | Atom::Builder(_) => {}
        }
    }
}

/// The texts of an argument, also of a map of options.
fn texts(argument: &Passed) -> impl Iterator<Item = &Text> {
    let options = argument.value.maps().flat_map(|map| map.entries.values());
    std::iter::once(&argument.value).chain(options).flat_map(Value::known_texts)
}

fn may_be_batch(text: &str) -> bool {
    let has = |word: &str| text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
    text.contains('{') && has("\"requests\"") && has("\"method\"") && has("\"url\"")
}

/// An object that is not closed yet.
#[derive(Default)]
struct Open {
    map: Map,
    /// Under what name it stands in the one around it.
    name: Option<Rc<str>>,
}

/// Every object of a text that may be JSON but for its holes, inner ones first.
fn objects(text: &Text) -> Vec<Rc<Map>> {
    let (mut found, mut open) = (Vec::new(), Vec::<Open>::new());
    let (mut word, mut key): (Option<Rc<str>>, Option<Rc<str>>) = (None, None);
    let mut letters = text.text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                let value = quoted(&mut letters);
                match (key.take(), open.last_mut()) {
                    (Some(key), Some(open)) => {
                        open.map.entries.insert(key, Value::text_via(&value, text.via));
                    }
                    _ => word = Some(value.to_ascii_lowercase().into()),
                }
            }
            ':' => key = word.take(),
            ',' | '[' | ']' => (word, key) = (None, None),
            '{' if open.len() < DEEPEST => open.push(Open { name: key.take(), map: Map::default() }),
            '}' => {
                let Some(Open { map, name }) = open.pop() else { continue };
                let map = Rc::new(map);
                if let (Some(name), Some(around)) = (name, open.last_mut()) {
                    around.map.entries.insert(name, Value::of(Atom::Map(map.clone())));
                }
                found.push(map);
                if found.len() >= MOST {
                    return found;
                }
            }
            _ => {}
        }
    }
    found
}

/// What stands up to the next quote, its escapes undone.
fn quoted(letters: &mut std::str::Chars<'_>) -> String {
    let mut value = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => value.extend(letters.next().map(|escaped| if escaped == 'n' { '\n' } else { escaped })),
            letter => value.push(letter),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::super::Language::{PowerShell, Python, Shell, TypeScript};
    use super::super::testing::found;
    use super::*;

    const BODY: &str = "{\"requests\": [{\"id\": \"1\", \"method\": \"GET\", \"url\": \"/deviceAppManagement/mobileApps\"}, {\"id\": \"2\", \"method\": \"DELETE\", \"url\": \"/deviceManagement/roleDefinitions/1\", \"headers\": {\"a\": \"b\"}}]}";

    #[test]
    fn each_request_of_a_text_is_judged_by_itself() {
        let url = "https://graph.microsoft.com/v1.0/$batch";
        let expected = ["1 role delete resolved"];
        assert_eq!(found(PowerShell, &format!("irm '{url}' -Method Post -Body '{BODY}' # deviceManagement")), expected);
        assert_eq!(found(Python, &format!("requests.post('{url}', data='{BODY}')")), expected);
        assert_eq!(found(TypeScript, &format!("fetch('{url}', {{ method: 'POST', body: '{BODY}' }})")), expected);
        assert_eq!(found(Shell, &format!("curl -X POST '{url}' -d '{BODY}'")), expected);
        assert_eq!(found(PowerShell, &format!("Write-Host '{BODY}'")), Vec::<String>::new());
    }

    #[test]
    fn holes_and_what_is_cut_off_stop_nothing() {
        let text = |text: &str| Text { text: text.into(), via: 0 };
        let open = objects(&text(
            "{\"requests\": [\0, {\"method\": \"POST\", \"body\": \0, \"url\": \"/a/\0\", \"headers\": {\"X\": \"\\\"y\"}}, {\"me",
        ));
        assert_eq!(open.len(), 2);
        assert_eq!(open[1].entries["url"], Value::text_via("/a/\0", 0));
        assert!(open[1].entries["headers"].maps().next().is_some());
        assert!(objects(&text(&"{\"a\":".repeat(10_000))).is_empty());
    }
}
