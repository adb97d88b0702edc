//! The rows that one thread has counted, by their keys: at most so many, those that come first in the order of keys, so that it
//! does not matter who found them first.

use crate::snapshot::{CallKey, CallRow};
use std::collections::HashMap;

/// Most rows that are kept.
pub(super) const MOST: usize = 10_000;

/// How many more there may be for a while, so that rows need not be sorted at each.
const SLACK: usize = MOST / 4;

/// Rows. A row that is among the first of all is among the first of any part of them, and so never dropped.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<CallRow>,
    places: HashMap<CallKey, usize>,
    /// The last key that was kept when some were dropped: what comes after it is dropped too.
    last: Option<CallKey>,
    /// Calls of rows that were dropped.
    dropped: u64,
}

impl Rows {
    /// Drops the last rows if there is no room for one more. Answers whether places have changed.
    pub(super) fn make_room(&mut self) -> bool {
        let full = self.rows.len() >= MOST + SLACK;
        if full {
            self.trim();
        }
        full
    }

    fn trim(&mut self) {
        if self.rows.len() <= MOST {
            return;
        }
        self.rows.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        self.dropped += self.rows.split_off(MOST).iter().map(CallRow::calls).sum::<u64>();
        self.last = self.rows.last().map(|row| row.key.clone());
        self.places = self.rows.iter().enumerate().map(|(place, row)| (row.key.clone(), place)).collect();
    }

    /// The place of a row, which is put there if its key has none yet. None if it comes too late in the order to be kept.
    pub(super) fn place(&mut self, row: CallRow) -> Option<usize> {
        if self.last.as_ref().is_some_and(|last| row.key > *last) {
            return None;
        }
        if let Some(place) = self.places.get(&row.key) {
            return Some(*place);
        }
        self.places.insert(row.key.clone(), self.rows.len());
        self.rows.push(row);
        Some(self.rows.len() - 1)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut CallRow> {
        self.rows.get_mut(place)
    }

    /// Takes in the rows of another.
    pub(super) fn merge(&mut self, other: Self) {
        if self.rows.is_empty() {
            *self = Self { dropped: self.dropped + other.dropped, ..other };
            return;
        }
        self.dropped += other.dropped;
        for row in other.rows {
            self.make_room();
            let empty = CallRow::new(row.key.clone(), row.workloads.clone(), row.operation.clone());
            match self.place(empty).and_then(|place| self.rows.get_mut(place)) {
                Some(known) if known.statuses.is_empty() => *known = row,
                Some(known) => known.merge(&row),
                None => self.dropped += row.calls(),
            }
        }
    }

    /// The rows, and how many calls were of rows that were dropped.
    pub(super) fn finish(mut self) -> (Vec<CallRow>, u64) {
        self.trim();
        (self.rows, self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CallCount, CallFlow};

    fn row(number: usize) -> CallRow {
        let (app_id, path_template) = (format!("{number:06}").as_str().into(), "/a".to_owned());
        let key = CallKey { app_id, service_principal_id: None, flow: CallFlow::AppOnly, method: "POST".into(), path_template };
        CallRow::new(key, Vec::new(), "create".into())
    }

    fn count(rows: &mut Rows, number: usize) {
        let time = "2026-11-02T03:04:05Z".parse().unwrap();
        rows.make_room();
        match rows.place(row(number)).and_then(|place| rows.get_mut(place)) {
            Some(row) => row.count(204, CallCount { calls: 1, first: time, last: time }),
            None => rows.dropped += 1,
        }
    }

    /// Numbers that go through all of them, in an order without order.
    fn shuffled(count: usize) -> impl Iterator<Item = usize> {
        (0..count).map(move |step| step * 7_919 % count)
    }

    #[test]
    fn the_first_rows_are_kept_whatever_came_first_and_every_call_is_accounted_for() {
        let numbers = 3 * MOST + 1;
        let (mut one, mut other) = (Rows::default(), Rows::default());
        for (step, number) in shuffled(numbers).chain(shuffled(numbers)).enumerate() {
            count(if step % 3 == 0 { &mut one } else { &mut other }, number);
        }
        one.merge(other);
        let (rows, dropped) = one.finish();
        assert_eq!(rows.len(), MOST);
        assert!(rows.iter().zip(0..).all(|(found, number)| found.key == row(number).key && found.calls() == 2));
        assert_eq!(dropped, 2 * (numbers - MOST) as u64);
    }
}
