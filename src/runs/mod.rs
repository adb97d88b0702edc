//! Earlier runs: what is different between two of them.

mod actors;
mod change;
mod compare;
mod findings;
mod listing;
mod news;
mod objects;
mod side;

pub use change::{Change, Entry, NotCompared, Topic, What};
pub use compare::{OtherTenant, compare};
pub use news::{News, NewsKind, worth_saying};
pub use side::Run;
