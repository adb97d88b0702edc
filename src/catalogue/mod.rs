//! What is known of Multi Admin Approval: protected operations, permissions, audit vocabulary.

mod workload;

pub use workload::{Platform, Workload};
