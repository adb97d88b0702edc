//! Earlier runs: what is different between two of them.

mod actors;
mod change;
mod compare;
mod findings;
mod listing;
mod objects;
mod side;

pub use change::{Change, Entry, NotCompared, Topic, What};
pub use compare::{OtherTenant, compare};
pub use side::Run;
