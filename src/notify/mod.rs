//! Notices: a short message about a run, posted to a webhook of Microsoft Teams, of Slack, or of one's own. The address is a
//! secret: whoever has it can write into the channel. It is in no message, error or log.

mod address;
mod format;
mod generic;
mod inert;
mod notice;
mod post;
mod slack;
mod teams;

pub use address::{Address, BadAddress, Endpoint};
pub use format::Format;
pub use notice::{Item, Notice};
pub use post::{Error, Patience, post};

#[cfg(test)]
mod payload_tests;
#[cfg(test)]
mod post_tests;
