//! A small reader of HTML, as strict as it can be because it reads only what we write: lower-case names, quoted attributes,
//! no optional end tags.

/// Elements that have no end tag.
const VOID: [&str; 6] = ["meta", "br", "wbr", "input", "hr", "link"];

/// Elements of drawings that end themselves.
const DRAWN: [&str; 3] = ["path", "rect", "use"];

#[derive(Debug)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) attributes: Vec<(&'a str, String)>,
}

impl Tag<'_> {
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone())
    }

    pub(super) fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split(' ').any(|own| own == class))
    }
}

#[derive(Debug)]
pub(super) enum Token<'a> {
    Start(Tag<'a>),
    End(&'a str),
    Text(&'a str),
}

/// Reads a page; panics at anything that is not plainly well formed.
pub(super) fn tokens(page: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    while !rest.is_empty() {
        let Some(text) = rest.strip_prefix('<') else {
            let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            found.push(Token::Text(text));
            rest = after;
            continue;
        };
        if let Some(end) = text.strip_prefix('/') {
            let (name, after) = end.split_once('>').unwrap();
            found.push(Token::End(name));
            rest = after;
            continue;
        }
        let (tag, after) = start(text);
        rest = after;
        let raw = matches!(tag.name, "style" | "script").then(|| format!("</{}>", tag.name));
        found.push(Token::Start(tag));
        if let Some(end) = raw {
            let (text, after) = rest.split_at(rest.find(&end).unwrap());
            found.push(Token::Text(text));
            rest = after;
        }
    }
    found
}

fn start(text: &str) -> (Tag<'_>, &str) {
    let length = text.find([' ', '>']).unwrap();
    let (name, mut rest) = text.split_at(length);
    assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "no name of an element: {name:?}");
    let mut attributes: Vec<(&str, String)> = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix("/>").filter(|_| DRAWN.contains(&name)) {
            return (Tag { name, attributes }, after);
        }
        if let Some(after) = rest.strip_prefix('>') {
            assert!(!DRAWN.contains(&name), "{name} without an end");
            return (Tag { name, attributes }, after);
        }
        rest = rest.strip_prefix(' ').unwrap_or_else(|| panic!("no space before an attribute of {name}: {:?}", rest.get(..60)));
        let (own, after) = rest.split_at(rest.find(['=', ' ', '>']).unwrap());
        assert!(
            !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
            "no name of an attribute: {own:?}"
        );
        assert!(!attributes.iter().any(|(other, _)| *other == own), "{own} occurs twice");
        match after.strip_prefix("=\"") {
            Some(value) => {
                let (value, after) = value.split_once('"').unwrap();
                assert!(!value.contains('<'), "{value}");
                attributes.push((own, unescaped(value)));
                rest = after;
            }
            None => {
                attributes.push((own, String::new()));
                rest = after;
            }
        }
    }
}

/// Undoes the four entities that the page is written with; any other ampersand is an error.
pub(super) fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').unwrap_or_else(|| panic!("an ampersand that is not escaped: {part:?}"));
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            other => panic!("an entity that is not ours: {other:?}"),
        });
        plain.push_str(rest);
    }
    plain
}

/// Closes what HTML closes by itself before a token, where end tags are left out.
fn close_implied(open: &mut Vec<&str>, token: &Token<'_>) {
    let implied = |top: &str| match token {
        Token::Start(tag) => matches!((top, tag.name), ("li", "li") | ("td", "td" | "tr") | ("tr", "tr")),
        Token::End(name) => matches!((top, *name), ("li", "ul") | ("td", "tr" | "tbody") | ("tr", "tbody")),
        Token::Text(_) => false,
    };
    while open.last().is_some_and(|top| implied(top)) {
        open.pop();
    }
}

/// Tags balance; with `implied`, but for end tags that may be left out.
pub(super) fn assert_balanced(page: &str, implied: bool) {
    let mut open: Vec<&str> = Vec::new();
    for token in tokens(page) {
        if implied {
            close_implied(&mut open, &token);
        }
        match token {
            Token::Start(tag) if VOID.contains(&tag.name) || DRAWN.contains(&tag.name) => {}
            Token::Start(tag) => open.push(tag.name),
            Token::End(name) => assert_eq!(open.pop(), Some(name), "tags do not balance"),
            Token::Text(text) if open.last().is_some_and(|name| matches!(*name, "style" | "script")) => drop(text.len()),
            Token::Text(text) => {
                unescaped(text);
            }
        }
    }
    assert!(open.is_empty(), "{open:?} are never closed");
}
