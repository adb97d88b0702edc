//! `maascan demo`: a made-up tenant, served on loopback and read over HTTP like a real one.

use super::exit::{Failure, Status, could_not_run};
use super::history::Keeping;
use super::judge::Prepared;
use super::options::{FailOn, Judging, Output};
use super::reports::Reports;
use super::{output, tenant};
use crate::graph::{Cloud, Credential, Endpoints, Pacing};
use crate::simulator::{self, DEMO_TIME, Settings};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  maascan demo
  maascan demo --plan all --out demo-plan
";

/// Days of audit events that the demo reads; the default of `scan`.
const AUDIT_DAYS: u32 = 90;

/// Show what maascan does, on a made-up tenant served on this machine; nothing leaves it
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\nExit status: 0 done, 2 wrong usage, 4 could not run"))]
pub(super) struct Arguments {
    /// Write all reports into this folder
    #[arg(long, value_name = "DIR", default_value = "maascan-demo")]
    out: PathBuf,
    #[command(flatten)]
    reports: Reports,
    #[command(flatten)]
    judging: Judging,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let catalogue = tenant::catalogue()?;
    // The made-up tenant holds a policy that cannot be read, to show what that costs; that is no failure of the demo.
    let output =
        Output { out: Some(arguments.out.clone()), reports: arguments.reports.clone(), fail_on: FailOn::NEVER, allow_incomplete: true };
    let prepared = Prepared::new(&arguments.judging, &output, &Keeping::default(), None)?;
    let snapshot = tenant::block_on(async {
        let simulator = simulator::start(Settings::default(), 0).await.map_err(could_not_run)?;
        let origin = simulator.origin();
        output::note(&format!("a made-up tenant on {origin}, read over HTTP like a real one"));
        let endpoints = Endpoints::new(Cloud::Global, Some(&origin), Some(&origin)).map_err(could_not_run)?;
        let credential = Credential::from_lookup(|name| {
            simulator.environment().into_iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.to_owned())
        })
        .map_err(could_not_run)?;
        // The made-up tenant has no limits to keep to.
        let client = tenant::connect(endpoints, credential, Pacing::Off).await?;
        let snapshot = tenant::read(&client, &tenant::options(&catalogue, DEMO_TIME, AUDIT_DAYS)).await?;
        simulator.stop().await;
        Ok(snapshot)
    })?;
    prepared.finish(&snapshot, &catalogue)
}
