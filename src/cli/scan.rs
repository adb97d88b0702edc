//! `maascan scan`: reads a tenant, judges it, reports.

use super::exit::{Failure, Status};
use super::judge::Prepared;
use super::options::{Connection, Judging, Output, Reading};
use super::session::{Session, Source};
use super::{EXIT_STATUS, tenant, work};
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  AZURE_TENANT_ID=… AZURE_CLIENT_ID=… AZURE_CLIENT_SECRET=… maascan scan --out report
  MAASCAN_ACCESS_TOKEN=… maascan scan --plan all --format markdown
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
    judging: Judging,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let endpoints = arguments.connection.endpoints()?;
    arguments.reading.covers(&arguments.judging)?;
    let credential = tenant::credential(&arguments.connection, &endpoints)?;
    let catalogue = tenant::catalogue()?;
    let prepared = Prepared::new(&arguments.judging, &arguments.output)?;
    let source = Source { endpoints, credential, connection: &arguments.connection, reading: &arguments.reading };
    let beside = arguments.output.out.as_deref().and_then(work::beside);
    Session::start()?.run(source, beside, &catalogue, |snapshot| prepared.finish(snapshot, &catalogue))
}
