//! What a request on Microsoft Graph is: one of the catalogue's operations, a read, something of Intune that the catalogue does
//! not know, or nothing of Intune.

use super::address::{Address, has_hole};
use super::trie::{Asked, Found, Hit, Trie};
use super::{GraphVersion, Method, Operation, Platform, Sure};

/// What a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route<'c> {
    /// This operation.
    Operation(&'c Operation, Fit<'c>),
    /// A read of Intune: never held back.
    Read,
    /// Nothing of Intune, or not on Microsoft Graph.
    NotIntune,
    /// A write on a path of Intune that no entry covers: unknown, never "not gated".
    Unmapped,
    /// Placeholders leave open which of these it is, or whether it is another. In the order of the catalogue, not empty.
    Ambiguous(Vec<&'c Operation>),
    /// Placeholders leave open whether it is Intune at all.
    Unresolved,
}

/// How a request fits the operation that it was matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit<'c> {
    /// Whether the version asked for has the operation.
    pub version: VersionFit,
    /// The platform that the operation, or a type name in the path, tells.
    pub platform: Option<&'c Platform>,
    /// How sure the operation's gate is for this request: as the operation says, or inferred where the method is PUT and the
    /// entry is of PATCH.
    pub sure: Sure,
}

/// Whether the version that a request names has the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VersionFit {
    /// It has.
    Offered,
    /// The request names no version.
    Unstated,
    /// It has not: the other version has. Such a request fails for want of a path, before approval is asked for.
    NotOffered,
}

impl<'c> Route<'c> {
    /// Every operation that the request is or may be.
    pub fn operations(&self) -> impl Iterator<Item = &'c Operation> {
        let (one, many) = match self {
            Self::Operation(operation, _) => (Some(*operation), [].as_slice()),
            Self::Ambiguous(operations) => (None, operations.as_slice()),
            _ => (None, [].as_slice()),
        };
        one.into_iter().chain(many.iter().copied())
    }
}

/// What a method does.
enum Does {
    Read,
    Ask(Asked),
    /// A method that Graph does not have.
    Other,
}

fn does(method: &str) -> Does {
    let method = method.trim();
    if method.is_empty() || has_hole(method) {
        return Does::Ask(Asked::Any);
    }
    if ["GET", "HEAD", "OPTIONS"].iter().any(|read| method.eq_ignore_ascii_case(read)) {
        return Does::Read;
    }
    let write = Method::ALL.into_iter().find(|known| method.eq_ignore_ascii_case(known.name()));
    write.map_or(Does::Other, |method| Does::Ask(Asked::Write(method)))
}

/// Finds what a request is. See [`super::Catalogue::route`].
pub(super) fn find<'c>(trie: &'c Trie, operations: &'c [Operation], method: &str, url: &str) -> Route<'c> {
    let Some(address) = Address::read(url, |word| trie.is_root(word)) else { return Route::NotIntune };
    match does(method) {
        Does::Read => elsewhere(trie, &address, Route::Read),
        Does::Other => elsewhere(trie, &address, Route::Unmapped),
        Does::Ask(asked) => {
            conclude(trie.find(&address, asked), &address, operations).unwrap_or_else(|| elsewhere(trie, &address, Route::Unmapped))
        }
    }
}

/// What it is if it is none of the operations.
fn elsewhere<'c>(trie: &Trie, address: &Address<'_>, in_intune: Route<'c>) -> Route<'c> {
    let segments = address.segments();
    if segments.first().is_some_and(|first| has_hole(first.text)) {
        Route::Unresolved
    } else if trie.is_intune(segments) {
        in_intune
    } else {
        Route::NotIntune
    }
}

fn conclude<'c>(found: Found<'c>, address: &Address<'_>, operations: &'c [Operation]) -> Option<Route<'c>> {
    let first = found.first?;
    // A placeholder is a key or a type far more often than a name: where such a reading leads somewhere, the others are dropped.
    let plain = std::iter::once(&first).chain(&found.more).filter(|hit| !hit.vague).count();
    if address.segments().iter().all(|segment| has_hole(segment.text)) {
        return Some(Route::Unresolved);
    }
    let mut hits = std::iter::once(first).chain(found.more).filter(|hit| plain == 0 || !hit.vague);
    if plain == 1 {
        let hit = hits.next()?;
        let operation = operations.get(hit.operation)?;
        return Some(Route::Operation(operation, fit(operation, &hit, address.version)));
    }
    let mut places: Vec<usize> = hits.map(|hit| hit.operation).collect();
    places.sort_unstable();
    Some(Route::Ambiguous(places.into_iter().filter_map(|place| operations.get(place)).collect()))
}

fn fit<'c>(operation: &'c Operation, hit: &Hit<'c>, version: Option<GraphVersion>) -> Fit<'c> {
    let lacks_type = hit.type_name.is_some_and(|name| name.beta_only);
    let version = match version {
        None => VersionFit::Unstated,
        Some(GraphVersion::V1) if lacks_type => VersionFit::NotOffered,
        Some(version) if operation.versions.contain(version) => VersionFit::Offered,
        Some(_) => VersionFit::NotOffered,
    };
    let platform = hit.type_name.and_then(|name| name.platform.as_ref()).or(operation.platform.as_ref());
    Fit { version, platform, sure: if hit.likened { Sure::Inferred } else { operation.sure } }
}
