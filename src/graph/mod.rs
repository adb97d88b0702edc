//! Microsoft Graph on the wire: endpoints, sign-in, reading, paging, batching, and what to do when the service refuses.
//!
//! The only room that speaks to a tenant. It can read and nothing else: a request is a GET, or one of the POSTs that change
//! nothing (`$batch` of GETs, `getByIds`, and those of the token service). There is no function that sends anything else.

mod batch;
mod client;
mod cloud;
mod error;
mod failure;
mod jwt;
mod memory;
mod pacer;
mod pager;
mod resource;
mod retry;
mod signin;
mod text;
mod throttle;
mod wire;
mod workspace;

pub use client::{Client, Counter, Settings};
pub use cloud::{Cloud, Endpoints};
pub use error::Error;
pub use memory::Memory;
pub use pacer::Pacing;
pub use pager::Pager;
pub use resource::{Reduction, Resource, Version};
pub use retry::{RetryPolicy, parse_retry_after};
pub use signin::{Credential, DevicePrompt, How, Identity, ShowPrompt, SignedIn, Surroundings};
pub use throttle::Throttle;
pub use wire::prepare_tls;
pub use workspace::{Answer, Shortfall, Span, Table, Workspace};

#[cfg(test)]
mod test_log;
#[cfg(test)]
mod transport_tests;
#[cfg(test)]
mod wire_tests;
