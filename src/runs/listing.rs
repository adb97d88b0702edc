//! The objects of one kind in one run, and what is known of those that are not among them: an object that is missing was
//! taken away only where the list that would have it was read whole.

use super::change::{Entry, NotCompared, Topic, What};
use crate::snapshot::Area;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What makes an object the same in both runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The application or policy that it belongs to.
    pub(super) owner: String,
    /// Which of the owner's lists it stands on; lists can be readable one by one.
    pub(super) list: &'static str,
    /// The object's own id, of several parts where it needs them.
    pub(super) id: String,
}

/// An object as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// Name of its owner.
    pub(super) name: String,
    /// What it is called.
    pub(super) label: String,
    /// What is compared; None where the service did not say.
    pub(super) value: Option<Value>,
    /// A second thing to compare, where both runs know it.
    pub(super) state: Option<String>,
    /// Since when it is as it is, if that is known (UTC).
    pub(super) at: Option<DateTime<Utc>>,
    /// Whether it is a part of an object that is listed itself: only its changes are told.
    pub(super) part: bool,
    /// Areas of which something more may have given another value: where one was not read whole, the value may say less than
    /// there is.
    pub(super) doubted_by: &'static [Area],
}

impl Object {
    /// An object of which nothing but its value is known.
    pub(super) fn new(name: &str, label: &str, value: Value) -> Self {
        Self { name: name.to_owned(), label: label.to_owned(), value: Some(value), state: None, at: None, part: false, doubted_by: &[] }
    }

    /// Its value and its state in words.
    fn words(&self) -> Option<String> {
        let value = self.value.as_ref()?.to_string();
        Some(self.state.as_ref().map_or_else(|| value.clone(), |state| format!("{value}, {state}")))
    }
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Words.
    Text(String),
    /// Members by id, with their names. Of two sets, only the difference is told.
    Set(BTreeMap<String, String>),
}

impl Value {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Members that are their own names.
    pub(super) fn set(members: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Set(members.into_iter().map(Into::into).map(|member: String| (member.clone(), member)).collect())
    }

    /// Whether both stand for the same; names do not count.
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Set(mine), Self::Set(theirs)) => mine.keys().eq(theirs.keys()),
            _ => self == other,
        }
    }

    /// What this one has and the other has not, in words.
    fn beyond(&self, other: &Self) -> String {
        match (self, other) {
            (Self::Set(mine), Self::Set(theirs)) => {
                let own: BTreeMap<String, String> = mine.clone().into_iter().filter(|(id, _)| !theirs.contains_key(id)).collect();
                Self::Set(own).to_string()
            }
            _ => self.to_string(),
        }
    }
}

/// Most members of a set that are named.
const MOST_NAMED: usize = 20;

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => out.write_str(text),
            Self::Set(members) if members.is_empty() => out.write_str("none"),
            Self::Set(members) => {
                let mut names: Vec<&str> = members.values().map(String::as_str).collect();
                names.sort_unstable();
                let more = names.len().saturating_sub(MOST_NAMED);
                names.truncate(MOST_NAMED);
                out.write_str(&names.join(", "))?;
                if more > 0 { write!(out, " and {more} more") } else { Ok(()) }
            }
        }
    }
}

/// What a run tells of an object that it does not list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Absence {
    /// The list was read whole: it was not there.
    NotThere,
    /// It may have been there; why that is not known, and whether that is so of every owner's objects.
    Unread { why: String, all: bool },
    /// The run did not look at the owner at all, which may have had it all along.
    NotLookedAt,
}

/// What a run tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known<'a> {
    There(&'a Object),
    Not(Absence),
}

/// The objects of one kind in one run.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) objects: BTreeMap<Key, Object>,
    /// Why lists of whole owners may lack something, by owner and list.
    pub(super) unread: BTreeMap<(String, &'static str), String>,
    /// Why every owner's list of one name may lack something.
    pub(super) list_gaps: BTreeMap<&'static str, String>,
    /// Why any list may lack something, except those of the owners in `read`.
    pub(super) gap: Option<String>,
    /// Owners of which everything is known in spite of the gap.
    pub(super) read: BTreeSet<String>,
    /// Owners that were looked at; None where everybody was.
    pub(super) owners: Option<BTreeSet<String>>,
    /// Areas that were not read whole, of those that cast doubt on values.
    pub(super) blind: BTreeSet<Area>,
}

impl Listing {
    fn known(&self, key: &Key) -> Known<'_> {
        self.objects.get(key).map_or_else(|| Known::Not(self.absence(key)), Known::There)
    }

    /// Whether an object's value may be another only because this run saw less than `other`.
    fn doubts(&self, object: &Object, other: &Self) -> bool {
        object.doubted_by.iter().any(|area| self.blind.contains(area) && !other.blind.contains(area))
    }

    fn absence(&self, key: &Key) -> Absence {
        if self.owners.as_ref().is_some_and(|owners| !owners.contains(&key.owner)) {
            return Absence::NotLookedAt;
        }
        let unread = |why: &String, all| Absence::Unread { why: why.clone(), all };
        let own = self.unread.get(&(key.owner.clone(), key.list)).map(|why| unread(why, false));
        let list = self.list_gaps.get(key.list).map(|why| unread(why, true));
        let all = self.gap.as_ref().filter(|_| !self.read.contains(&key.owner)).map(|why| unread(why, true));
        own.or(list).or(all).unwrap_or(Absence::NotThere)
    }
}

/// Both runs' objects of one kind.
pub(super) struct Pair {
    pub(super) topic: Topic,
    pub(super) earlier: Listing,
    pub(super) later: Listing,
    /// Runs before the earlier one, the newest first: they tell what that one could not.
    pub(super) older: Vec<Listing>,
    /// When the earlier run read the tenant (UTC).
    pub(super) earlier_at: DateTime<Utc>,
}

impl Pair {
    /// The differences, and what could not be compared.
    pub(super) fn compare(&self) -> (Vec<Entry>, Vec<NotCompared>) {
        let older = self.older.iter().flat_map(|listing| listing.objects.keys());
        let keys: BTreeSet<&Key> = self.earlier.objects.keys().chain(self.later.objects.keys()).chain(older).collect();
        let mut told = Vec::new();
        let mut lost = Lost::default();
        for key in keys {
            let (run, before) = self.before(key);
            match (before, self.later.objects.get(key)) {
                (Known::There(before), Some(after)) => told.extend(self.both(key, run, before, after)),
                (Known::There(before), None) if !before.part => match self.later.absence(key) {
                    // It may have been there only because less was read.
                    Absence::NotThere if run.doubts(before, &self.later) => {}
                    Absence::NotThere => told.push(self.entry(What::Gone, key, before)),
                    // What the earlier run could not read either was told then.
                    Absence::Unread { why, all } if before.value.is_some() && self.earlier.objects.contains_key(key) => {
                        lost.add(What::NoLongerReadable, (!all).then_some(key), before, why);
                    }
                    Absence::Unread { .. } | Absence::NotLookedAt => {}
                },
                (Known::Not(absence), Some(after)) if !after.part => match absence {
                    // It may be there only because less was read; the next run that reads more tells.
                    Absence::NotThere if self.later.doubts(after, run) => {}
                    Absence::NotThere => told.push(self.entry(What::New, key, after)),
                    // What began after the earlier run was not there then, whatever that could read.
                    _ if after.at.is_some_and(|at| at > self.earlier_at) => told.push(self.entry(What::New, key, after)),
                    Absence::Unread { why, all } if after.value.is_some() => {
                        lost.add(What::ReadableNow, (!all).then_some(key), after, why);
                    }
                    Absence::Unread { .. } | Absence::NotLookedAt => {}
                },
                _ => {}
            }
        }
        told.extend(lost.entries(self.topic));
        (told, self.not_compared())
    }

    fn not_compared(&self) -> Vec<NotCompared> {
        let gaps = |listing: &Listing| listing.gap.iter().chain(listing.list_gaps.values()).cloned().collect::<Vec<String>>();
        let both = [("earlier", gaps(&self.earlier)), ("later", gaps(&self.later))];
        let told = both.into_iter().flat_map(|(run, gaps)| gaps.into_iter().map(move |gap| (run, gap)));
        told.map(|(run, gap)| NotCompared { topic: self.topic, why: format!("not read whole in the {run} run: {gap}") }).collect()
    }

    /// What was known of an object before the later run: by the earlier run or, where that could not tell, by the last one before
    /// it that could.
    fn before(&self, key: &Key) -> (&Listing, Known<'_>) {
        let runs = || std::iter::once(&self.earlier).chain(&self.older);
        let mut known = runs().map(|run| (run, run.known(key)));
        let told = known.find(|(run, known)| match known {
            Known::There(object) => object.value.is_some() && !run.doubts(object, &self.later),
            Known::Not(absence) => !matches!(absence, Absence::Unread { .. }),
        });
        told.unwrap_or_else(|| (&self.earlier, self.earlier.known(key)))
    }

    /// An object that is in both runs; `run` is the one that it was in before.
    fn both(&self, key: &Key, run: &Listing, before: &Object, after: &Object) -> Option<Entry> {
        let (old, new) = match (&before.value, &after.value) {
            (Some(_), None) => return Some(self.entry(What::NoLongerReadable, key, before)),
            (None, Some(_)) => return Some(self.entry(What::ReadableNow, key, after)),
            (None, None) => return None,
            (Some(old), Some(new)) => (old, new),
        };
        let state = before.state.as_ref().zip(after.state.as_ref()).filter(|(old, new)| old != new);
        let (old, new) = match state {
            _ if !old.same(new) && self.later.doubts(after, run) => return Some(self.entry(What::NoLongerReadable, key, before)),
            _ if !old.same(new) && run.doubts(before, &self.later) => return Some(self.entry(What::ReadableNow, key, after)),
            _ if !old.same(new) => (old.beyond(new), new.beyond(old)),
            Some((old, new)) => (old.clone(), new.clone()),
            None => return None,
        };
        Some(Entry { before: Some(old), after: Some(new), ..self.entry(What::Changed, key, after) })
    }

    fn entry(&self, what: What, key: &Key, object: &Object) -> Entry {
        let value = object.words();
        let (before, after) = if matches!(what, What::Gone | What::NoLongerReadable) { (value, None) } else { (None, value) };
        // Since when something was is not when it went.
        let at = object.at.filter(|at| matches!(what, What::New | What::Changed) && *at > self.earlier_at);
        Entry {
            topic: self.topic,
            what,
            name: object.name.clone(),
            id: key.owner.clone(),
            object: object.label.clone(),
            key: key.id.clone(),
            before,
            after,
            by: None,
            at,
            severity: None,
        }
    }
}

/// Objects that only one of the runs could read: one entry for each list of an owner, and one for all owners together where
/// none could be read, or a lost permission would give hundreds.
#[derive(Default)]
struct Lost(BTreeMap<LostList, LostObjects>);

/// In which way it was lost, and which list of which owner; None for those of all owners.
type LostList = (What, Option<(String, &'static str)>);

struct LostObjects {
    name: String,
    labels: Vec<String>,
    why: String,
}

impl Lost {
    /// `key` is None where the lists of all owners could not be read.
    fn add(&mut self, what: What, key: Option<&Key>, object: &Object, why: String) {
        let list = key.map(|key| (key.owner.clone(), key.list));
        let name = if list.is_some() { object.name.clone() } else { String::new() };
        let lost = self.0.entry((what, list)).or_insert_with(|| LostObjects { name, labels: Vec::new(), why });
        lost.labels.push(object.label.clone());
    }

    fn entries(self, topic: Topic) -> Vec<Entry> {
        let entry = |((what, list), lost): (LostList, LostObjects)| {
            let (id, key) = list.map(|(owner, list)| (owner, list.to_owned())).unwrap_or_default();
            let object = match lost.labels.as_slice() {
                [only] => only.clone(),
                several => format!("{} of them", several.len()),
            };
            let why = Some(lost.why);
            let (before, after) = if what == What::NoLongerReadable { (None, why) } else { (why, None) };
            Entry { topic, what, name: lost.name, id, object, key, before, after, by: None, at: None, severity: None }
        };
        self.0.into_iter().map(entry).collect()
    }
}
