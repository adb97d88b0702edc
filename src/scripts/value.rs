//! What a value can be, as far as it can be told: a bounded set of alternatives, each a text with holes, a list, a map or code.
//! A hole is NUL, which the route matcher takes for a placeholder.

use super::ir::{Function, Span};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

/// Stands for text that is not known.
pub(super) const HOLE: char = '\0';
/// Stands before text that was put into Base64.
pub(super) const ENCODED: char = '\u{1}';

/// Most alternatives of one value; with more, it is cut and the report says so.
pub(super) const MOST_ALTERNATIVES: usize = 48;
/// Longest text that is followed, in bytes.
const LONGEST_TEXT: usize = 6_000;
/// Most elements of a list and entries of a map that are followed.
pub(super) const MOST_ELEMENTS: usize = 256;

/// Frames are counted from the outermost, 0. Stands for "written here".
pub(super) const HERE: u16 = u16::MAX;

/// Text with holes, and the outermost frame that passed some of it on as an argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text {
    pub(super) text: Rc<str>,
    pub(super) via: u16,
}

/// One alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Atom {
    Text(Text),
    List(Rc<Vec<Value>>),
    Map(Rc<Map>),
    Code(Rc<Function>),
    /// A chain of request builders of an SDK, as the path that it stands for.
    Builder(Rc<str>),
}

/// A map, its keys in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Map {
    pub(super) entries: BTreeMap<Rc<str>, Value>,
    /// Where the literal stands.
    pub(super) span: Option<Span>,
}

/// Alternatives, which are handed on far more often than changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Atoms(Option<Rc<Vec<Atom>>>);

impl Atoms {
    /// The alternatives themselves, of this value alone.
    fn change(&mut self) -> &mut Vec<Atom> {
        Rc::make_mut(self.0.get_or_insert_default())
    }
}

impl Deref for Atoms {
    type Target = [Atom];

    fn deref(&self) -> &[Atom] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl FromIterator<Atom> for Atoms {
    fn from_iter<I: IntoIterator<Item = Atom>>(atoms: I) -> Self {
        let atoms: Vec<Atom> = atoms.into_iter().collect();
        Self((!atoms.is_empty()).then(|| Rc::new(atoms)))
    }
}

/// Alternatives. None at all means that nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Value {
    pub(super) atoms: Atoms,
    /// Whether it may be something else besides.
    pub(super) open: bool,
}

impl Value {
    pub(super) fn unknown() -> Self {
        Self { atoms: Atoms::default(), open: true }
    }

    pub(super) fn of(atom: Atom) -> Self {
        Self { atoms: Atoms(Some(Rc::new(vec![atom]))), open: false }
    }

    pub(super) fn text(text: &str) -> Self {
        Self::text_via(text, HERE)
    }

    pub(super) fn text_via(text: &str, via: u16) -> Self {
        Self::of(Atom::Text(Text { text: text.into(), via }))
    }

    pub(super) fn list(mut items: Vec<Self>) -> Self {
        items.truncate(MOST_ELEMENTS);
        Self::of(Atom::List(Rc::new(items)))
    }

    pub(super) fn map(map: Map) -> Self {
        Self::of(Atom::Map(Rc::new(map)))
    }

    /// Whether nothing at all is known.
    pub(super) fn is_unknown(&self) -> bool {
        self.atoms.is_empty()
    }

    /// The texts that it can be; a hole for whatever else.
    pub(super) fn texts(&self) -> Vec<Text> {
        let hole = || Text { text: "\0".into(), via: HERE };
        let mut texts: Vec<Text> = Vec::with_capacity(self.atoms.len().max(1));
        for atom in self.atoms.iter() {
            match atom {
                Atom::Text(text) => texts.push(text.clone()),
                Atom::List(items) if items.len() == 1 => texts.extend(items.iter().flat_map(Self::texts)),
                _ => texts.push(hole()),
            }
        }
        if self.open || texts.is_empty() {
            texts.push(hole());
        }
        texts
    }

    /// The texts that it is known to be able to be.
    pub(super) fn known_texts(&self) -> impl Iterator<Item = &Text> {
        self.atoms.iter().filter_map(|atom| match atom {
            Atom::Text(text) => Some(text),
            _ => None,
        })
    }

    pub(super) fn maps(&self) -> impl Iterator<Item = &Rc<Map>> {
        self.atoms.iter().filter_map(|atom| match atom {
            Atom::Map(map) => Some(map),
            _ => None,
        })
    }

    pub(super) fn lists(&self) -> impl Iterator<Item = &Rc<Vec<Self>>> {
        self.atoms.iter().filter_map(|atom| match atom {
            Atom::List(list) => Some(list),
            _ => None,
        })
    }

    /// The one text that it is, if it is one and nothing else.
    pub(super) fn only_text(&self) -> Option<&Text> {
        match &*self.atoms {
            [Atom::Text(text)] if !self.open && !text.text.contains(HOLE) => Some(text),
            _ => None,
        }
    }

    /// Whether a request can be built on it: an address, a map that says one, or what may hold either.
    pub(super) fn may_ask(&self) -> bool {
        self.atoms.iter().any(may_ask)
    }

    /// The same value, passed on as an argument by a frame: what literal text it has now came from there.
    pub(super) fn passed(&self, frame: u16) -> Self {
        let atoms = self.atoms.iter().map(|atom| passed(atom, frame, 3)).collect();
        Self { atoms, open: self.open }
    }
}

/// Whether text is a hole, a number, or an id.
fn is_key(text: &str) -> bool {
    let plain = !text.is_empty() && text.chars().all(|letter| letter == HOLE || letter == '-' || letter.is_ascii_hexdigit());
    plain && (text.chars().all(|letter| letter == HOLE) || text.contains(|letter: char| letter.is_ascii_digit()))
}

fn passed(atom: &Atom, frame: u16, depth: usize) -> Atom {
    if depth == 0 {
        return atom.clone();
    }
    let deeper = |value: &Value| Value { atoms: value.atoms.iter().map(|atom| passed(atom, frame, depth - 1)).collect(), open: value.open };
    match atom {
        // Nothing, and a key, say nothing of what is written.
        Atom::Text(text) if is_key(&text.text) => atom.clone(),
        Atom::Text(text) => Atom::Text(Text { text: text.text.clone(), via: text.via.min(frame) }),
        Atom::List(items) => Atom::List(Rc::new(items.iter().map(deeper).collect())),
        Atom::Map(map) => {
            let entries = map.entries.iter().map(|(key, value)| (key.clone(), deeper(value))).collect();
            Atom::Map(Rc::new(Map { entries, span: map.span }))
        }
        Atom::Code(_) | Atom::Builder(_) => atom.clone(),
    }
}

/// Whether a text can be an address or the body of a batch. What else is cut leaves a hole, which stands for whatever was cut:
/// messages, pages and rows of reports have alternatives without number, and none of them asks for anything.
fn may_be_address(text: &str) -> bool {
    text.contains("\"url\"") || (text.contains('/') && !text.contains([' ', '\t', '\n', '<', '|']))
}

/// The same of any value: a map can be a request.
fn may_ask(atom: &Atom) -> bool {
    match atom {
        Atom::Text(text) => may_be_address(&text.text),
        Atom::Map(map) => ["url", "uri", "method"].iter().any(|key| map.entries.contains_key(*key)),
        Atom::List(_) | Atom::Code(_) | Atom::Builder(_) => true,
    }
}

/// Puts values together within the bounds, and remembers whether one was reached.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) reached: bool,
}

impl Bounds {
    /// Either of two values. Lists are merged element by element, so that growing one in branches does not multiply it.
    pub(super) fn either(&mut self, left: &Value, right: &Value) -> Value {
        if left == right || (right.is_unknown() && left.open) {
            return left.clone();
        }
        let mut joined = Value { atoms: left.atoms.clone(), open: left.open || right.open };
        for atom in right.atoms.iter() {
            self.add(&mut joined, atom);
        }
        joined
    }

    fn add(&mut self, value: &mut Value, atom: &Atom) {
        if value.atoms.contains(atom) {
            return;
        }
        if let Atom::List(new) = atom
            && let Some(at) = value.atoms.iter().position(|atom| matches!(atom, Atom::List(_)))
        {
            if let Some(Atom::List(old)) = value.atoms.change().get_mut(at) {
                let merged = self.merge(old, new);
                *old = Rc::new(merged);
            }
        } else if value.atoms.len() < MOST_ALTERNATIVES {
            value.atoms.change().push(atom.clone());
        } else {
            self.reached |= may_ask(atom);
            value.open = true;
        }
    }

    fn merge(&mut self, left: &[Value], right: &[Value]) -> Vec<Value> {
        let (long, short) = if left.len() >= right.len() { (left, right) } else { (right, left) };
        if long.len() > short.len() && long.starts_with(short) {
            return long.to_vec();
        }
        if long.len() == short.len() {
            return left.iter().zip(right).map(|(left, right)| self.either(left, right)).collect();
        }
        let mut all = long.to_vec();
        for value in short {
            if !all.contains(value) && all.len() < MOST_ELEMENTS {
                all.push(value.clone());
            }
        }
        all
    }

    /// Any one of many.
    pub(super) fn any<'v>(&mut self, values: impl IntoIterator<Item = &'v Value>) -> Value {
        let mut values = values.into_iter();
        let Some(first) = values.next() else { return Value::unknown() };
        values.fold(first.clone(), |joined, value| self.either(&joined, value))
    }

    /// One text after another, in every combination.
    pub(super) fn concatenate(&mut self, parts: &[Value]) -> Value {
        let (mut done, mut open) = (vec![Text { text: "".into(), via: HERE }], false);
        for part in parts {
            let texts = part.texts();
            if done.len() * texts.len() > MOST_ALTERNATIVES {
                self.reached |= done.iter().chain(&texts).any(|text| may_be_address(&text.text));
                open = true;
            }
            let mut next: Vec<Text> = Vec::with_capacity((done.len() * texts.len()).min(MOST_ALTERNATIVES));
            for (front, back) in done.iter().flat_map(|front| texts.iter().map(move |back| (front, back))).take(MOST_ALTERNATIVES) {
                let joined = self.append(front, back);
                if !next.contains(&joined) {
                    next.push(joined);
                }
            }
            done = next;
        }
        Value { atoms: done.into_iter().map(Atom::Text).collect(), open }
    }

    fn append(&mut self, front: &Text, back: &Text) -> Text {
        let via = front.via.min(back.via);
        if front.text.len() + back.text.len() > LONGEST_TEXT {
            self.reached |= may_be_address(&front.text) || may_be_address(&back.text);
            let text = if front.text.ends_with(HOLE) { front.text.clone() } else { format!("{}{HOLE}", front.text).into() };
            return Text { text: if text.len() > 2 * LONGEST_TEXT { "\0".into() } else { text }, via };
        }
        let doubled = front.text.ends_with(HOLE) && &*back.text == "\0";
        Text { text: if doubled { front.text.clone() } else { format!("{}{}", front.text, back.text).into() }, via }
    }

    /// `+`: a longer list, a fuller map, or a longer text.
    pub(super) fn plus(&mut self, left: &Value, right: &Value) -> Value {
        if let Some(list) = left.lists().next() {
            let mut items = list.to_vec();
            match right.lists().next() {
                Some(more) => items.extend(more.iter().cloned()),
                None => items.push(right.clone()),
            }
            self.reached |= items.iter().skip(MOST_ELEMENTS).flat_map(|item| item.atoms.iter()).any(may_ask);
            return Value { open: left.open, ..Value::list(items) };
        }
        match (left.maps().next(), right.maps().next()) {
            (Some(left), Some(right)) => {
                let mut map = (**left).clone();
                map.entries.extend(right.entries.iter().map(|(key, value)| (key.clone(), value.clone())));
                Value::map(map)
            }
            _ if left.is_unknown() && !right.lists().next().is_none_or(|list| list.is_empty()) => right.clone(),
            _ => self.concatenate(&[left.clone(), right.clone()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(value: &Value) -> Vec<String> {
        value.texts().iter().map(|text| text.text.replace(HOLE, "?")).collect()
    }

    #[test]
    fn alternatives_multiply_and_stay_bounded() {
        let mut bounds = Bounds::default();
        let two = bounds.either(&Value::text("a"), &Value::text("b"));
        let four = bounds.concatenate(&[two.clone(), Value::text("/"), two.clone()]);
        assert_eq!(texts(&four), ["a/a", "a/b", "b/a", "b/b"]);
        let many = bounds.concatenate(&[vec![Value::text("https://h/")], vec![two; 30]].concat());
        assert!(many.atoms.len() <= MOST_ALTERNATIVES && many.open && bounds.reached);
    }

    #[test]
    fn the_alternatives_of_a_page_are_cut_without_a_word() {
        let mut bounds = Bounds::default();
        let two = bounds.either(&Value::text("<p>a</p>"), &Value::text(""));
        let page = bounds.concatenate(&[vec![Value::text("<html>")], vec![two; 30]].concat());
        assert!(page.atoms.len() <= MOST_ALTERNATIVES && page.open && !bounds.reached);
        let url = bounds.either(&Value::text("\n{\"url\": \"/a\"}"), &Value::text("\n{\"url\": \"/b\"}"));
        bounds.concatenate(&vec![url; 30]);
        assert!(bounds.reached);
    }

    #[test]
    fn a_text_without_end_becomes_a_hole() {
        let mut bounds = Bounds::default();
        let mut value = Value::text("/x");
        for _ in 0..40 {
            value = bounds.concatenate(&[value.clone(), value]);
        }
        assert!(value.texts().iter().all(|text| text.text.len() <= 2 * LONGEST_TEXT) && bounds.reached);
    }

    #[test]
    fn lists_that_grow_in_branches_do_not_multiply() {
        let mut bounds = Bounds::default();
        let mut list = Value::list(Vec::new());
        for number in 0..100 {
            let longer = bounds.plus(&list, &Value::list(vec![Value::text(&number.to_string())]));
            list = bounds.either(&list, &longer);
        }
        assert_eq!(list.atoms.len(), 1);
        assert_eq!(list.lists().next().unwrap().len(), 100);
    }

    #[test]
    fn what_is_passed_on_remembers_by_whom_unless_it_says_nothing() {
        assert_eq!(Value::text("a").passed(2).texts()[0].via, 2);
        assert_eq!(Value::text("\0").passed(2).texts()[0].via, HERE);
    }
}
