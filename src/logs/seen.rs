//! Which calls were counted already. The export delivers a record more than once (2.7 % of them, up to four times), so that a
//! call is known again by a fingerprint of 64 bits over its request id and what is counted of it.
//!
//! Memory is bounded: fingerprints stand in two tables of at most [`MOST`] each, 8 bytes a place, and when the younger is full the
//! older is dropped. A duplicate is thus found if no more than that many calls of interest lie between; what is counted are
//! writes on Intune only, a few in a hundred records, and duplicates come within hours. Two calls that share a fingerprint by
//! chance are taken for one: with 700,000 kept, one in 26 million million times.

use std::hash::{Hash, Hasher};

/// Most fingerprints in one table; it takes 4 MiB.
pub(super) const MOST: usize = 349_000;

/// From here on the tables are changed between two rounds of work, where it does not depend on which thread was faster.
const ENOUGH: usize = 175_000;

/// Places of a table at its start, and at most.
const FIRST_PLACES: usize = 1 << 12;
const LAST_PLACES: usize = 1 << 19;

/// The fingerprints of the calls that were counted.
#[derive(Debug)]
pub(super) struct Seen {
    young: Table,
    old: Table,
    most: usize,
    /// How often a table was dropped.
    dropped: u64,
}

impl Default for Seen {
    fn default() -> Self {
        Self::of_at_most(MOST)
    }
}

impl Seen {
    pub(super) fn of_at_most(most: usize) -> Self {
        Self { young: Table::new(), old: Table::new(), most, dropped: 0 }
    }

    /// Whether the call is new; it is known from then on.
    pub(super) fn is_new(&mut self, fingerprint: u64) -> bool {
        if self.young.has(fingerprint) || self.old.has(fingerprint) {
            return false;
        }
        if self.young.count >= self.most {
            self.turn();
        }
        self.young.add(fingerprint);
        true
    }

    /// Between two rounds: makes room if the next might need it. Answers how many more are remembered before any is forgotten.
    pub(super) fn make_room(&mut self) -> usize {
        if self.young.count >= ENOUGH.min(self.most) {
            self.turn();
        }
        self.most.saturating_sub(self.young.count)
    }

    fn turn(&mut self) {
        let full = std::mem::replace(&mut self.young, Table::new());
        let old = std::mem::replace(&mut self.old, full);
        self.dropped += u64::from(old.count > 0);
    }

    /// How often fingerprints had to be forgotten.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What is remembered, in rising order: to be kept between two runs.
    pub(super) fn fingerprints(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.young.places.iter().chain(&self.old.places).copied().filter(|place| *place != 0).collect();
        all.sort_unstable();
        all
    }
}

/// The fingerprint of a call: of its parts, in their order. Never 0, which marks an empty place.
pub(super) fn fingerprint(parts: impl Hash) -> u64 {
    let mut hasher = Stable(0xcbf2_9ce4_8422_2325);
    parts.hash(&mut hasher);
    hasher.finish().max(1)
}

/// Eight bytes at a time, multiplied and folded, and at the end the mixing of splitmix64: the same in every version of the
/// compiler, since fingerprints are kept between runs. Nobody gains by making two calls look alike: request ids are the service's.
struct Stable(u64);

impl Hasher for Stable {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut number = [0; 8];
            number.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
            let mixed = (self.0 ^ u64::from_le_bytes(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = (mixed ^ (mixed >> 32)).wrapping_add(part.len() as u64);
        }
    }

    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// A set of numbers other than 0, by open addressing.
#[derive(Debug)]
struct Table {
    places: Vec<u64>,
    count: usize,
}

impl Table {
    fn new() -> Self {
        Self { places: Vec::new(), count: 0 }
    }

    /// The place of a number: where it is, or where it would stand.
    fn place(&self, number: u64) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let mut at = usize::try_from(number & mask as u64).ok()?;
        for _ in 0..self.places.len() {
            match self.places.get(at) {
                Some(found) if *found == 0 || *found == number => return Some(at),
                _ => at = (at + 1) & mask,
            }
        }
        None
    }

    fn has(&self, number: u64) -> bool {
        self.place(number).and_then(|at| self.places.get(at)).is_some_and(|found| *found == number)
    }

    fn add(&mut self, number: u64) {
        if self.count * 3 >= self.places.len() * 2 && self.places.len() < LAST_PLACES {
            self.grow();
        }
        if let Some(place) = self.place(number).and_then(|at| self.places.get_mut(at)) {
            *place = number;
            self.count += 1;
        }
    }

    fn grow(&mut self) {
        let places = (self.places.len() * 2).max(FIRST_PLACES);
        let old = std::mem::replace(&mut self.places, vec![0; places]);
        for number in old.into_iter().filter(|number| *number != 0) {
            if let Some(place) = self.place(number).and_then(|at| self.places.get_mut(at)) {
                *place = number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_call_is_new_once() {
        let (mut seen, mut model) = (Seen::default(), BTreeSet::new());
        for step in 0..200_000_u64 {
            let fingerprint = fingerprint(step % 70_000);
            assert_eq!(seen.is_new(fingerprint), model.insert(fingerprint));
        }
        assert_eq!((seen.dropped(), seen.fingerprints().len()), (0, 70_000));
    }

    #[test]
    fn memory_is_bounded_and_what_is_near_is_still_known() {
        let mut seen = Seen::of_at_most(1_000);
        for step in 0..10_000_u64 {
            assert!(seen.is_new(fingerprint(step)));
            assert!(step < 900 || !seen.is_new(fingerprint(step - 900)), "{step}");
        }
        assert!(seen.fingerprints().len() <= 2_000);
        assert!(seen.dropped() > 0);
        assert!(seen.is_new(fingerprint(0_u64)), "long forgotten");
    }

    #[test]
    fn a_full_table_holds_what_is_promised() {
        let mut table = Table::new();
        (1..=MOST as u64).for_each(|step| table.add(fingerprint(step)));
        assert_eq!((table.count, table.places.len()), (MOST, LAST_PLACES));
        assert!((1..=MOST as u64).all(|step| table.has(fingerprint(step))));
    }
}
