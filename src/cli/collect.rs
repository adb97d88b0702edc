//! `maascan collect`: reads a tenant into a snapshot file, to be judged later or elsewhere.

use super::exit::{Failure, Status, could_not_run};
use super::options::{Connection, Reading};
use super::{READING_STATUS, output, tenant};
use crate::snapshot;
use clap::Args;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Example:
  maascan collect -o tenant.json.zst && maascan assess tenant.json.zst --out report
";

/// Read a tenant into a snapshot file
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n{READING_STATUS}"))]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    reading: Reading,
    /// The snapshot file; replaced only once the new one is whole
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// End with status 0 although a dataset could not be read whole
    #[arg(long)]
    allow_incomplete: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let endpoints = arguments.connection.endpoints()?;
    let credential = tenant::credential()?;
    let catalogue = tenant::catalogue()?;
    writable(&arguments.output)?;
    let now = arguments.reading.now();
    let read = tenant::read(endpoints, credential, &catalogue, now, arguments.reading.audit_days);
    let snapshot = tenant::block_on(read)?;
    snapshot::save(&snapshot, &arguments.output).map_err(could_not_run)?;
    output::note(&format!("snapshot written to {}", arguments.output.display()));
    let whole = tenant::report_gaps(&snapshot);
    Ok(if whole || arguments.allow_incomplete { Status::Done } else { Status::Incomplete })
}

/// Refuses, before the long work, a path that cannot be written.
fn writable(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |why: String| {
        Failure::usage(
            format!("cannot write snapshot: {}: {why}", path.display()),
            "name a file in a folder that exists and is yours to write",
        )
    };
    if path.is_dir() {
        return Err(refused("is a folder".to_owned()));
    }
    tempfile::NamedTempFile::new_in(folder).map(drop).map_err(|error| refused(error.to_string()))
}
