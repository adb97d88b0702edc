//! The command line: one file a command, arguments, exit status, progress. The only room that prints.

mod assess;
mod collect;
mod demo;
mod diff;
mod doctor;
mod dry_run;
mod exclusion_file;
mod exit;
mod explain;
mod governance;
mod grant_script;
mod history;
mod judge;
mod logs;
mod logs_engine;
mod needs;
mod notifying;
mod options;
mod output;
mod permissions;
mod plan_file;
mod progress;
mod reports;
mod rules;
mod runs;
mod scan;
mod schedule;
mod schema;
mod scripts;
mod scripts_beside;
mod session;
mod simulate;
mod tenant;
mod waivers;
mod work;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Exit statuses, shown at the end of the help of every command that judges.
const EXIT_STATUS: &str = "\
Exit status:
  0  done
  1  findings at or above --fail-on
  2  wrong usage or configuration, or a file or folder that cannot be used
  3  done, but a dataset that was asked for could not be read whole (--allow-incomplete turns this off)
  4  could not run, or was interrupted: sign-in, network, disk full, Ctrl-C";

/// The same for a command that only reads.
const READING_STATUS: &str = "\
Exit status:
  0  done
  2  wrong usage or configuration, or a file or folder that cannot be used
  3  done, but a dataset that was asked for could not be read whole (--allow-incomplete turns this off)
  4  could not run, or was interrupted: sign-in, network, disk full, Ctrl-C";

/// Which automations break when Multi Admin Approval holds for app-only calls to Microsoft Intune, and which excluded
/// applications are the weak spot. Reads a tenant, never writes it.
#[derive(Debug, Parser)]
#[command(name = "maascan", version, propagate_version = true, after_help = "Start with: maascan demo")]
struct Cli {
    /// Say on standard error what is being done; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Scan(scan::Arguments),
    Collect(collect::Arguments),
    Assess(assess::Arguments),
    Explain(explain::Arguments),
    Logs(logs::Arguments),
    Doctor(doctor::Arguments),
    Permissions(permissions::Arguments),
    Schedule(schedule::Arguments),
    Simulate(simulate::Arguments),
    Scripts(scripts::Arguments),
    Rules(rules::Arguments),
    Schema(schema::Arguments),
    Waivers(waivers::Arguments),
    Runs(runs::Arguments),
    Diff(diff::Arguments),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    output::start_log(cli.verbose);
    let status = match cli.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Scan(arguments) => scan::run(&arguments),
        Command::Collect(arguments) => collect::run(&arguments),
        Command::Assess(arguments) => assess::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Logs(arguments) => logs::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Permissions(arguments) => permissions::run(&arguments),
        Command::Schedule(arguments) => schedule::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Scripts(arguments) => scripts::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Waivers(arguments) => waivers::run(&arguments),
        Command::Runs(arguments) => runs::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
    };
    exit::code(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        let cli = Cli::command();
        let mut open: Vec<&clap::Command> = cli.get_subcommands().collect();
        while let Some(command) = open.pop() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{}", command.get_name());
            open.extend(command.get_subcommands());
        }
    }
}
