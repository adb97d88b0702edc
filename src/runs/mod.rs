//! Earlier runs: what is different between two of them.

mod change;

pub use change::{Change, Entry, NotCompared, Topic, What};
