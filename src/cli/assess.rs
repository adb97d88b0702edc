//! `maascan assess`: judges a snapshot file.

use super::exit::{Failure, Status, usage_error};
use super::history::Keeping;
use super::judge::Prepared;
use super::logs::{Beside, with_logs};
use super::notifying::Notifying;
use super::options::{Judging, Output};
use super::scripts_beside;
use super::{EXIT_STATUS, tenant};
use crate::snapshot::{self, Snapshot};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  maascan assess tenant.json.zst --plan all --out report
  maascan assess tenant.json.zst --logs insights-logs-microsoftgraphactivitylogs
  maascan assess tenant.json.zst --scripts runbooks --map scripts.csv
";

/// Judge a snapshot file, by the clock of its own run
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_STATUS}"))]
pub(super) struct Arguments {
    /// A file that `maascan collect` wrote
    snapshot: PathBuf,
    #[command(flatten)]
    logs: Beside,
    #[command(flatten)]
    scripts: scripts_beside::Source,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    keeping: Keeping,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    notifying: Notifying,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let catalogue = tenant::catalogue()?;
    arguments.logs.check(&arguments.output.written())?;
    let prepared = Prepared::new(&arguments.judging, &arguments.output, &arguments.keeping, Some(&arguments.snapshot))?
        .notifying(&arguments.notifying)?;
    let snapshot = snapshot::load(&arguments.snapshot).map_err(usage_error)?;
    covers(arguments.judging.days, &snapshot)?;
    let scripts = arguments.scripts.prepare()?;
    let logs = arguments.logs.read(&catalogue, snapshot.taken_at)?;
    prepared.finish(&scripts.beside(with_logs(&snapshot, logs), &catalogue), &catalogue)
}

/// Refuses an evidence window that the audit events of a snapshot do not cover.
pub(super) fn covers(days: u32, snapshot: &Snapshot) -> Result<(), Failure> {
    let audited = (snapshot.taken_at - snapshot.audit_since).num_days();
    if i64::from(days) > audited {
        let message = format!("--days {days} reaches further back than the snapshot: {audited} days of audit events");
        return Err(Failure::usage(message, "lower --days, or collect again with a larger --audit-days"));
    }
    Ok(())
}
