//! maascan: which automations break when Multi Admin Approval holds for app-only calls to Microsoft Intune, and which
//! excluded applications are the weak spot.
//!
//! The rooms, in the order of the way through. `tests/architecture.rs` holds who may import whom.

pub mod assess;
pub mod catalogue;
pub mod report;
pub mod snapshot;
