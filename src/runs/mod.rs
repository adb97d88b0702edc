//! Earlier runs: the store that keeps them, what is different between two of them, and how numbers move over many.

mod actors;
mod change;
mod compare;
mod findings;
mod listing;
mod manifest;
mod news;
mod numbers;
mod objects;
mod seen;
mod side;
mod store;
mod trend;

pub use change::{Change, Entry, NotCompared, Topic, What};
pub use compare::{OtherTenant, compare};
pub use manifest::Manifest;
pub use news::{News, NewsKind, worth_saying};
pub use numbers::{Count, Numbers, numbers};
pub use seen::{Seen, Span};
pub use side::Run;
pub use store::{ASSESSMENT, Contents, Error, Leaving, Oddity, Retention, SNAPSHOT, Store, StoredRun};
pub use trend::{Point, Series, points, series};
