//! `maascan simulate`: serves the made-up tenant of the demo, of any size, until it is stopped.

use super::exit::{Failure, Status, could_not_run};
use super::{options, output, tenant};
use crate::simulator::{self, DEMO_TIME, Limits, Settings, Simulator};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  maascan simulate --port 8080
  maascan simulate --week-later
  maascan simulate --service-principals 100000 --latency-ms 100 --port 8080

Standard output shows the environment and the command that scan it.
";

/// Serve a made-up tenant on loopback, for trying maascan and for tests
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\nExit status: 0 stopped by Ctrl-C, 2 wrong usage, 4 could not run"))]
pub(super) struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "P", default_value_t = 0)]
    port: u16,
    /// Service principals in the tenant
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(300..=1_000_000))]
    service_principals: u32,
    /// Automations among them; default by size
    #[arg(long, value_name = "N")]
    automations: Option<u32>,
    /// Seed: the same seed gives the same tenant
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Milliseconds that every answer takes
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    latency_ms: u64,
    /// Throttle as Microsoft documents it
    #[arg(long, value_name = "WHICH", value_enum, default_value = "none")]
    limits: LimitsChoice,
    /// The same tenant a week later, in which twenty things have changed: to try scan --store and diff on
    #[arg(long)]
    week_later: bool,
    /// The tenant's clock, RFC 3339; default: the demo's
    #[arg(long, value_name = "TIME", value_parser = options::time)]
    now: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LimitsChoice {
    None,
    Documented,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    if arguments.automations.is_some_and(|count| count > arguments.service_principals / 2) {
        let message = "--automations is more than half of --service-principals";
        return Err(Failure::usage(message, "the other half are Microsoft's own and unrelated applications; raise --service-principals"));
    }
    tenant::block_on(async {
        let simulator = simulator::start(settings(arguments), arguments.port).await.map_err(could_not_run)?;
        let days = if arguments.week_later { 7 } else { 0 };
        let now = clock(arguments) + TimeDelta::days(days);
        output::data(instructions(&simulator, now).as_bytes())?;
        tokio::signal::ctrl_c().await.map_err(could_not_run)?;
        simulator.stop().await;
        Ok(Status::Done)
    })
}

fn clock(arguments: &Arguments) -> DateTime<Utc> {
    arguments.now.unwrap_or(DEMO_TIME)
}

fn settings(arguments: &Arguments) -> Settings {
    let default = Settings::default();
    Settings {
        seed: arguments.seed.unwrap_or(default.seed),
        service_principals: arguments.service_principals as usize,
        automations: arguments.automations.map(|count| count as usize),
        latency: Duration::from_millis(arguments.latency_ms),
        now: clock(arguments),
        limits: if arguments.limits == LimitsChoice::Documented { Limits::documented() } else { Limits::default() },
        week_later: arguments.week_later,
        ..default
    }
}

fn instructions(simulator: &Simulator, now: DateTime<Utc>) -> String {
    let origin = simulator.origin();
    let now = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let exports: String = simulator.environment().iter().map(|(name, value)| format!("export {name}={value}\n")).collect();
    format!("{exports}maascan scan --graph-endpoint {origin} --login-endpoint {origin} --now {now} --allow-incomplete\n")
}
