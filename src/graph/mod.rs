//! Microsoft Graph on the wire: endpoints, sign-in, reading, paging, batching, and what to do when the service refuses.
//!
//! The only room that speaks HTTP. It can read and nothing else: a request is a GET, or one of the three POSTs that change
//! nothing (`$batch` of GETs, `getByIds`, and the token request). There is no function that sends anything else.

mod batch;
mod client;
mod cloud;
mod credential;
mod error;
mod failure;
mod jwt;
mod memory;
mod pacer;
mod pager;
mod resource;
mod retry;
mod text;
mod throttle;
mod token;
mod wire;

pub use client::{Client, Counter, Settings};
pub use cloud::{Cloud, Endpoints};
pub use credential::Credential;
pub use error::Error;
pub use memory::Memory;
pub use pacer::Pacing;
pub use pager::Pager;
pub use resource::{Reduction, Resource, Version};
pub use retry::RetryPolicy;
pub use throttle::Throttle;

#[cfg(test)]
mod transport_tests;
#[cfg(test)]
mod wire_tests;
