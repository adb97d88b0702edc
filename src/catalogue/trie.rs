//! The route matcher: path templates as a tree of segments, and the search of an address in it.
//!
//! At each segment a literal beats a type name, a type name beats a key, and a key beats `**`; the search goes back where a
//! better choice leads nowhere. Only placeholders leave several answers. A search copies nothing of the address.

use super::address::{Address, Kind, LONGEST_LITERAL, Segment, can_be, is_whole_hole, lower};
use super::operation::Alias;
use super::{Method, Operation, Platform};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Most type names that a path may have beside those in templates: the tree stays where it is on each, so that a path of
/// nothing but type names would otherwise be searched for long.
const MOST_TYPES: u8 = 3;

/// A type name in a path, such as `microsoft.graph.win32LobApp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypeName {
    /// The platform that it tells.
    pub(super) platform: Option<Platform>,
    /// Whether v1.0 lacks it.
    pub(super) beta_only: bool,
}

/// Types by their name without namespace, in lower case.
pub(super) type TypeNames = BTreeMap<Box<[u8]>, TypeName>;

type Children = Vec<(Box<[u8]>, usize)>;

/// The order of children: by length first, so that most are told apart without a look at their letters.
fn order(known: &[u8], name: &[u8]) -> Ordering {
    known.len().cmp(&name.len()).then_with(|| known.cmp(name))
}

#[derive(Debug, Default)]
struct Node {
    /// By lower-case text, in [`order`].
    literals: Children,
    /// By lower-case type name without namespace, in [`order`].
    types: Children,
    /// After `{id}`.
    key: Option<usize>,
    /// After `{cast}`.
    cast: Option<usize>,
    /// Operations on everything at and below this place.
    tail: Vec<(Method, usize)>,
    /// Operations on this place.
    operations: Vec<(Method, usize)>,
    /// Whether this place and all below it are Intune's.
    intune: bool,
    /// Whether this place is one object of a collection.
    object: bool,
}

/// The tree.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    types: TypeNames,
}

const ROOT: usize = 0;

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// It writes by this method.
    Write(Method),
    /// The method is a placeholder.
    Any,
}

/// An operation that an address can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit<'t> {
    /// Its place in the catalogue.
    pub(super) operation: usize,
    /// Whether a placeholder had to be taken for a name, or for a method: it may just as well be another.
    pub(super) vague: bool,
    /// Whether the entry is of PATCH and the request is a PUT.
    pub(super) likened: bool,
    /// The type name in the path.
    pub(super) type_name: Option<&'t TypeName>,
}

impl Trie {
    pub(super) fn build(operations: &[Operation], roots: &[String], aliases: &[Alias], types: TypeNames) -> Self {
        let mut trie = Self { nodes: vec![Node::default()], types };
        for template in roots.iter().flat_map(|root| spellings(root, aliases)) {
            let at = trie.place(&template);
            trie.node_mut(at, |node| node.intune = true);
        }
        for (index, operation) in operations.iter().enumerate() {
            for template in spellings(&operation.path, aliases) {
                let (path, tail) = template.strip_suffix("/**").map_or((template.as_str(), false), |path| (path, true));
                let at = trie.place(path);
                let entry = (operation.method, index);
                trie.node_mut(at, |node| if tail { node.tail.push(entry) } else { node.operations.push(entry) });
            }
        }
        trie
    }

    /// Whether some path begins with this word.
    pub(super) fn is_root(&self, word: &str) -> bool {
        let mut buffer = [0; LONGEST_LITERAL];
        let word = lower(word, &mut buffer);
        word.is_some_and(|word| self.nodes.first().is_some_and(|root| child(&root.literals, word).is_some()))
    }

    /// Whether a path lies in a place that is Intune's. A placeholder counts as whatever it has to be for that.
    pub(super) fn is_intune(&self, segments: &[Segment<'_>]) -> bool {
        self.intune_below(ROOT, segments)
    }

    fn intune_below(&self, at: usize, segments: &[Segment<'_>]) -> bool {
        let Some(node) = self.nodes.get(at) else { return false };
        if node.intune {
            return true;
        }
        let Some((segment, rest)) = segments.split_first() else { return false };
        let mut buffer = [0; LONGEST_LITERAL];
        let literal = match segment.kind {
            Kind::Word => lower(segment.text, &mut buffer).and_then(|word| child(&node.literals, unqualified(word).unwrap_or(word))),
            Kind::Argument | Kind::Hole => None,
        };
        let by_hole = segment.kind == Kind::Hole
            && node.literals.iter().any(|(name, next)| can_be(segment.text, name) && self.intune_below(*next, rest));
        by_hole || literal.or(node.key).is_some_and(|next| self.intune_below(next, rest))
    }

    /// Every operation that an address can be; none, or one, where it has no placeholder.
    pub(super) fn find(&self, address: &Address<'_>, asked: Asked) -> Found<'_> {
        let mut search = Search { trie: self, segments: address.segments(), asked, found: Found::default() };
        search.walk(ROOT, 0, Trail { types_left: MOST_TYPES, ..Trail::default() });
        search.found
    }

    /// Whether a path, as it is written, without version but maybe with a query, surely leads to no operation and to no place of Intune's. False also
    /// where that is not plain to see: where a segment that goes on may be read in two ways.
    pub(super) fn leads_nowhere(&self, path: &[u8]) -> bool {
        let mut at = ROOT;
        for segment in path.split(|byte| *byte == b'/').filter(|segment| !segment.is_empty()) {
            let Some(node) = self.nodes.get(at).filter(|node| !node.intune && node.tail.is_empty()) else { return false };
            let mut buffer = [0; LONGEST_PLAIN];
            let Some(plain) = plain(segment, &mut buffer) else { return false };
            at = match (child(&node.literals, plain), node.key, plain.len() == segment.len()) {
                (None, None, _) => return true,
                (Some(next), None, true) | (None, Some(next), true) => next,
                _ => return false,
            };
        }
        false
    }

    fn place(&mut self, template: &str) -> usize {
        let mut at = ROOT;
        for segment in template.split('/').filter(|segment| !segment.is_empty()) {
            at = self.descend(at, segment);
        }
        at
    }

    fn descend(&mut self, at: usize, segment: &str) -> usize {
        let fresh = self.nodes.len();
        let mut next = fresh;
        self.node_mut(at, |node| match segment {
            "{id}" => next = *node.key.get_or_insert(fresh),
            "{cast}" => next = *node.cast.get_or_insert(fresh),
            _ => {
                let lower = segment.to_ascii_lowercase().into_bytes();
                next = match unqualified(&lower) {
                    Some(name) => insert(&mut node.types, name, fresh),
                    None => insert(&mut node.literals, &lower, fresh),
                };
            }
        });
        if next == fresh {
            self.nodes.push(Node { object: segment == "{id}", ..Node::default() });
        }
        next
    }

    fn node_mut(&mut self, at: usize, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(at) {
            change(node);
        }
    }
}

/// A template, and the same under its other prefixes.
fn spellings(template: &str, aliases: &[Alias]) -> Vec<String> {
    let others = aliases.iter().filter_map(|alias| {
        let rest = template.strip_prefix(&alias.of)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", alias.prefix))
    });
    std::iter::once(template.to_owned()).chain(others).collect()
}

fn insert(children: &mut Children, name: &[u8], fresh: usize) -> usize {
    match children.binary_search_by(|(known, _)| order(known, name)) {
        Ok(at) => children.get(at).map_or(fresh, |(_, next)| *next),
        Err(at) => {
            children.insert(at, (name.into(), fresh));
            fresh
        }
    }
}

fn child(children: &Children, name: &[u8]) -> Option<usize> {
    let at = children.binary_search_by(|(known, _)| order(known, name)).ok()?;
    children.get(at).map(|(_, next)| *next)
}

/// Longest segment that is looked at closely where the first look is to do: a name, a GUID, or the name of a user.
const LONGEST_PLAIN: usize = 64;

/// In lower case, what a segment is made of that is written as it is meant; 0 for any other byte.
const PLAIN: [u8; 256] = {
    let mut plain = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@' | b'$') {
            plain[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    plain
};

/// A segment in lower case, up to its parenthesis or the query, if it is written as it is meant, and is neither a placeholder nor a
/// name with a namespace.
fn plain<'b>(segment: &[u8], buffer: &'b mut [u8; LONGEST_PLAIN]) -> Option<&'b [u8]> {
    let mut length = 0;
    for (place, byte) in buffer.iter_mut().zip(segment) {
        *place = *PLAIN.get(usize::from(*byte))?;
        if *place == 0 {
            break;
        }
        length += 1;
    }
    let ended = matches!(segment.get(length), None | Some(b'(' | b'?' | b'#'));
    let text = buffer.get(..length).filter(|text| ended && !text.is_empty())?;
    (!text.starts_with(b"microsoft.") && !text.starts_with(b"graph.")).then_some(text)
}

/// The name without its namespace, if the word (in lower case) has one: `microsoft.graph.wipe`, `graph.win32lobapp`,
/// `microsoft.management.services.api.wipe`.
fn unqualified(word: &[u8]) -> Option<&[u8]> {
    let qualified = word.starts_with(b"microsoft.") || word.starts_with(b"graph.");
    let plain = word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
    let dot = word.iter().rposition(|byte| *byte == b'.')?;
    word.get(dot + 1..).filter(|name| qualified && plain && !name.is_empty())
}

/// What a search has come across; room for one hit without allocating.
#[derive(Debug, Default)]
pub(super) struct Found<'t> {
    pub(super) first: Option<Hit<'t>>,
    pub(super) more: Vec<Hit<'t>>,
}

impl<'t> Found<'t> {
    fn count(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    fn plain(&self) -> usize {
        self.first.iter().chain(&self.more).filter(|hit| !hit.vague).count()
    }

    /// Takes a hit. One that was there stays once, and is vague only if every way to it was.
    fn add(&mut self, hit: Hit<'t>) {
        if let Some(known) = self.first.iter_mut().chain(&mut self.more).find(|known| known.operation == hit.operation) {
            known.vague &= hit.vague;
        } else if self.first.is_none() {
            self.first = Some(hit);
        } else {
            self.more.push(hit);
        }
    }
}

/// What the search remembers of the way it came.
#[derive(Debug, Clone, Copy, Default)]
struct Trail<'t> {
    /// A placeholder was taken for a name.
    vague: bool,
    /// The last segment was a qualified name that is neither a known type nor in a template: it may be an action.
    stray: bool,
    type_name: Option<&'t TypeName>,
    types_left: u8,
}

struct Search<'t, 'u> {
    trie: &'t Trie,
    segments: &'u [Segment<'u>],
    asked: Asked,
    found: Found<'t>,
}

impl<'t> Search<'t, '_> {
    fn walk(&mut self, at: usize, depth: usize, trail: Trail<'t>) {
        let trie = self.trie;
        let Some(node) = trie.nodes.get(at) else { return };
        let (before, plain) = (self.found.count(), self.found.plain());
        match self.segments.get(depth).copied() {
            None => self.arrive(&node.operations, trail),
            Some(Segment { kind: Kind::Argument, .. }) => self.argument(node, at, depth, trail),
            Some(Segment { text, kind: Kind::Word }) => self.word(text, node, at, depth, trail),
            Some(Segment { text, kind: Kind::Hole }) => self.hole(text, node, at, depth, trail),
        }
        if self.found.plain() == plain {
            // Beside a name that a placeholder may be, the tail is one more possibility.
            let vague = trail.vague || self.found.count() > before;
            self.arrive(&node.tail, Trail { stray: false, vague, ..trail });
        }
    }

    /// A key in parentheses; the parameters of a function where no key can be.
    fn argument(&mut self, node: &Node, at: usize, depth: usize, trail: Trail<'t>) {
        self.walk(node.key.unwrap_or(at), depth + 1, Trail { stray: false, ..trail });
    }

    fn word(&mut self, text: &str, node: &Node, at: usize, depth: usize, trail: Trail<'t>) {
        let before = self.found.count();
        let onward = Trail { stray: false, ..trail };
        let mut buffer = [0; LONGEST_LITERAL];
        if let Some(word) = lower(text, &mut buffer) {
            if let Some(next) = child(&node.literals, word) {
                self.walk(next, depth + 1, onward);
            }
            if self.found.count() == before
                && let Some(name) = unqualified(word).filter(|_| at != ROOT)
            {
                self.qualified(name, node, at, depth, onward);
            }
        }
        if self.found.count() == before
            && let Some(next) = node.key
        {
            self.walk(next, depth + 1, onward);
        }
    }

    /// A name with a namespace: an action, a type that a template names, any type, or a type to pass over.
    fn qualified(&mut self, name: &[u8], node: &Node, at: usize, depth: usize, trail: Trail<'t>) {
        let before = self.found.count();
        let known = self.trie.types.get(name);
        let typed = Trail { type_name: known.or(trail.type_name), ..trail };
        if let Some(next) = child(&node.literals, name) {
            self.walk(next, depth + 1, trail);
        }
        for next in [child(&node.types, name), node.cast].into_iter().flatten() {
            if self.found.count() == before {
                self.walk(next, depth + 1, typed);
            }
        }
        if self.found.count() == before && trail.types_left > 0 {
            self.walk(at, depth + 1, Trail { stray: known.is_none(), types_left: trail.types_left - 1, ..typed });
        }
    }

    /// A placeholder: any key, any name that fits, or a type name if it stands after an object and something follows.
    fn hole(&mut self, text: &str, node: &Node, at: usize, depth: usize, trail: Trail<'t>) {
        let onward = Trail { stray: false, ..trail };
        for (_, next) in node.literals.iter().filter(|(name, _)| can_be(text, name)) {
            self.walk(*next, depth + 1, Trail { vague: true, ..onward });
        }
        if let Some(next) = node.key {
            self.walk(next, depth + 1, onward);
        }
        if node.object && is_whole_hole(text) && depth + 1 < self.segments.len() && trail.types_left > 0 {
            let before = self.found.count();
            let onward = Trail { types_left: trail.types_left - 1, ..onward };
            if let Some(next) = node.cast {
                self.walk(next, depth + 1, onward);
            }
            if self.found.count() == before {
                self.walk(at, depth + 1, onward);
            }
        }
    }

    /// The end of the address: takes the operations of this place that the method asks for.
    fn arrive(&mut self, operations: &[(Method, usize)], trail: Trail<'t>) {
        let Asked::Write(method) = self.asked else {
            operations.iter().for_each(|(_, operation)| self.take(*operation, Trail { vague: true, ..trail }, false));
            return;
        };
        let of = |method: Method| operations.iter().find(|(known, _)| *known == method).map(|(_, operation)| *operation);
        if method == Method::Post && trail.stray {
            return;
        }
        match of(method) {
            Some(operation) => self.take(operation, trail, false),
            // Tools replace a whole object by PUT where Graph documents PATCH; approval is asked for both alike.
            None if method == Method::Put => of(Method::Patch).into_iter().for_each(|operation| self.take(operation, trail, true)),
            None => {}
        }
    }

    fn take(&mut self, operation: usize, trail: Trail<'t>, likened: bool) {
        self.found.add(Hit { operation, vague: trail.vague, likened, type_name: trail.type_name });
    }
}
