//! `maascan scan`: reads a tenant, judges it, reports.

use super::exit::{Failure, Status};
use super::history::Keeping;
use super::judge::Prepared;
use super::logs::BesideOrAsked;
use super::notifying::Notifying;
use super::options::{Connection, Judging, Output, Reading};
use super::scripts_beside;
use super::session::{Session, Source};
use super::{EXIT_STATUS, dry_run, tenant, work};
use crate::collect::MOST_SERVICE_PRINCIPALS;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  AZURE_TENANT_ID=… AZURE_CLIENT_ID=… AZURE_CLIENT_SECRET=… maascan scan --out report
  maascan scan --store runs --keep 52 --fail-on new:high
  maascan scan --logs insights-logs-microsoftgraphactivitylogs --logs-state logs.state
  maascan scan --scripts runbooks --map scripts.csv --plan all
  maascan scan --workspace 0a1b2c3d-0000-4000-8000-000000000001
  maascan scan --dry-run=10000
  MAASCAN_ACCESS_TOKEN=… maascan scan --plan all --format markdown
  MAASCAN_ACCESS_TOKEN=… maascan scan --output json=run.json --xlsx audit.xlsx --format csv:findings
";

/// Read a tenant, judge it, report
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n{}\n{EXIT_STATUS}", tenant::SIGN_IN))]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    logs: BesideOrAsked,
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
    /// Print what would be asked and what that costs, and read nothing. With a number of service principals nobody is asked
    /// anything; without, the tenant is asked how many it has
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, conflicts_with_all = ["out", "output", "xlsx", "store"], help_heading = "Reading", value_parser = clap::value_parser!(u64).range(..=MOST_SERVICE_PRINCIPALS))]
    dry_run: Option<Option<u64>>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    if let Some(size) = arguments.dry_run {
        return dry_run::run(&arguments.connection, &arguments.reading, size, arguments.output.reports.format);
    }
    let endpoints = arguments.connection.endpoints()?;
    arguments.reading.covers(&arguments.judging)?;
    let credential = tenant::credential(&arguments.connection, &endpoints)?;
    let logs = arguments.logs.prepare(&arguments.connection, Some(arguments.judging.days), &arguments.output.written())?;
    let scripts = arguments.scripts.prepare()?;
    let catalogue = tenant::catalogue()?;
    let prepared = Prepared::new(&arguments.judging, &arguments.output, &arguments.keeping, None)?.notifying(&arguments.notifying)?;
    let source =
        Source { endpoints, credential, connection: &arguments.connection, reading: &arguments.reading, look_up: prepared.listed() };
    let beside = arguments.output.out.as_deref().and_then(work::beside);
    Session::start()?.run(source, beside, &catalogue, |snapshot| {
        let snapshot = scripts.beside(logs.beside(snapshot, &catalogue)?, &catalogue);
        prepared.finish(&snapshot, &catalogue)
    })
}
