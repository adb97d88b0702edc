//! `maascan scripts`: which calls of which script will be held back.

use super::exit::{Failure, Status, could_not_run};
use super::{judge, output, tenant};
use crate::report::scripts as render;
use crate::scripts::{self, Expectation, Options, Reader, Survey};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  maascan scripts .
  maascan scripts runbooks modules/Intune --format json > scripts.json
  maascan scripts runbooks --fix-preview
  maascan scripts . --format sarif > scripts.sarif
  maascan scripts .github/workflows flows/*.json --fail-on refused

Exit status:
  0  done
  1  writes as --fail-on says
  2  wrong usage, or a path that leads nowhere
  3  done, but something could not be read or followed whole (--allow-incomplete turns this off)
  4  could not run: standard output closed";

/// Say of each line of your automations whether Multi Admin Approval will refuse it
///
/// Reads PowerShell, Python, JavaScript, TypeScript, C#, shell scripts, Logic Apps and Power Automate flows, GitHub Actions, Azure
/// Pipelines and Terraform, at and below the paths. Runs none of it, changes none of it, and sends nothing anywhere.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files and folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    /// Show the code that a call lacks, for PowerShell and Python; it is written nowhere
    #[arg(long, help_heading = "Output")]
    fix_preview: bool,
    /// End with status 1 if there are writes that will be, or may be, refused
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = FailOn::Never, help_heading = "Output")]
    fail_on: FailOn,
    /// End with status 0 although something could not be read or followed whole
    #[arg(long, help_heading = "Output")]
    allow_incomplete: bool,
    /// Read what .gitignore and .ignore name, too
    #[arg(long, help_heading = "Reading")]
    no_ignore: bool,
    /// Largest file that is read, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=64), help_heading = "Reading")]
    max_size: u64,
    /// Threads that read; default: one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Reading")]
    threads: Option<u16>,
}

/// Formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: each call as a compiler shows it
    Text,
    /// For machines: every file that was read
    Json,
    /// For code scanning
    Sarif,
}

/// Which writes make the run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// None
    Never,
    /// Those that will be refused where the workload is protected
    Refused,
    /// Those that may be, too
    MayBeRefused,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let survey = read(&arguments.paths, arguments)?;
    let bytes = match arguments.format {
        Format::Text => render::text(&survey, output::colour(), arguments.fix_preview).into_bytes(),
        Format::Json => render::json(&survey).map_err(could_not_run)?,
        Format::Sarif => render::sarif(&survey).map_err(could_not_run)?,
    };
    output::data(&bytes)?;
    for (path, why) in &survey.unwalked {
        output::note(&format!("warning: {path}: {why}"));
    }
    told(&survey.links, "link that was not followed", "links that were not followed");
    told(&survey.foreign, "path that was named is no script that is read", "paths that were named are no scripts that are read");
    if survey.files.is_empty() {
        output::note("no scripts found; hint: name files or folders of automations, or use --no-ignore");
    }
    Ok(status(&survey, arguments))
}

/// One line for paths that were passed over.
fn told(paths: &[String], one: &str, many: &str) {
    if let Some(first) = paths.first() {
        let count = paths.len();
        output::note(&format!("note: {count} {}, such as {first}", if count == 1 { one } else { many }));
    }
}

fn read(paths: &[PathBuf], arguments: &Arguments) -> Result<Survey, Failure> {
    there(paths)?;
    let catalogue = tenant::catalogue()?;
    let usual = Options::default();
    let options = Options {
        largest: arguments.max_size * 1024 * 1024,
        threads: arguments.threads.map_or(usual.threads, usize::from),
        ignore_files: !arguments.no_ignore,
    };
    Ok(scripts::survey(&Reader::new(&catalogue), paths, &options))
}

/// Refuses a path that leads nowhere.
///
/// # Errors
/// The user's fault.
pub(super) fn there(paths: &[PathBuf]) -> Result<(), Failure> {
    let missing = paths.iter().find(|path| !path.exists());
    missing.map_or(Ok(()), |missing| {
        Err(Failure::usage(
            format!("no such file or folder: {}", missing.display()),
            "name files or folders of scripts; . is the folder you are in",
        ))
    })
}

fn status(survey: &Survey, arguments: &Arguments) -> Status {
    let gravest = survey.files.iter().flat_map(|file| &file.writes).map(scripts::ScriptWrite::expectation).max();
    let limit = match arguments.fail_on {
        FailOn::Never => None,
        FailOn::Refused => Some(Expectation::Refused),
        FailOn::MayBeRefused => Some(Expectation::MayBeRefused),
    };
    if limit.is_some() && gravest >= limit {
        return Status::Findings;
    }
    if survey.is_whole() || arguments.allow_incomplete {
        return Status::Done;
    }
    output::note(judge::INCOMPLETE);
    Status::Incomplete
}
