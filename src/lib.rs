//! maascan: which automations break when Multi Admin Approval holds for app-only calls to Microsoft Intune, and which
//! excluded applications are the weak spot.
//!
//! The rooms, in the order of the way through. `tests/architecture.rs` holds who may import whom.

/// Microsoft Graph on the wire: sign-in, retry, paging, batches.
pub mod graph;

/// The datasets: what each reads, and the cheapest way to read it.
pub mod collect;

/// The tenant as it was read at one time, and how much of it could be read.
pub mod snapshot;

/// What is known of Multi Admin Approval: protected operations, permissions, audit vocabulary.
pub mod catalogue;

/// Activity logs where they lie: the query for a log engine, and its answers.
pub mod engine;

/// Activity logs of Microsoft Graph: which application called what, out of files of any size.
pub mod logs;

/// What applications were seen to do.
pub mod evidence;

/// Gates, exclusions, automations, verdicts.
pub mod assess;

/// Scripts: which of their calls will be held back.
pub mod scripts;

/// Rules as files, three-valued: they fire, are clear, or cannot tell.
pub mod rules;

/// Earlier runs: what is different between two of them.
pub mod runs;

/// Reports: one file a format behind one trait.
pub mod report;

/// Notices: a short message about what is new, posted to a webhook.
pub mod notify;

/// Files for an unattended run on each platform: pure text.
pub mod schedule;

/// A Microsoft Graph for a made-up tenant on loopback. Shares no code with `graph` and `collect`: two sides of one wire.
pub mod simulator;

/// The command line.
pub mod cli;
