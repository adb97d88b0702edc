//! `maascan collect`: reads a tenant into a snapshot file, to be judged later or elsewhere.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::logs::BesideOrAsked;
use super::options::{Connection, Reading};
use super::scripts_beside;
use super::session::{Session, Source};
use super::{READING_STATUS, exclusion_file, judge, output, tenant, work};
use crate::snapshot::{self, Snapshot};
use clap::Args;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  maascan collect -o tenant.json.zst && maascan assess tenant.json.zst --out report
  maascan collect -o tenant.json.zst --workspace 0a1b2c3d-0000-4000-8000-000000000001 --log-days 90
";

/// Read a tenant into a snapshot file
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n{}\n{READING_STATUS}", tenant::SIGN_IN))]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    logs: BesideOrAsked,
    #[command(flatten)]
    scripts: scripts_beside::Source,
    /// The snapshot file; replaced only once the new one is whole
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Look up the ids in this file of exclusions too, so that `assess --exclusions FILE` finds what they are: CSV as copied from
    /// the portal
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    exclusions: Option<PathBuf>,
    /// End with status 0 although a dataset could not be read whole
    #[arg(long)]
    allow_incomplete: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let endpoints = arguments.connection.endpoints()?;
    let credential = tenant::credential(&arguments.connection, &endpoints)?;
    let catalogue = tenant::catalogue()?;
    let logs = arguments.logs.prepare(&arguments.connection, None, &[arguments.output.as_path()])?;
    let scripts = arguments.scripts.prepare()?;
    writable(&arguments.output)?;
    let listed = arguments.exclusions.as_deref().map(exclusion_file::load).transpose()?.unwrap_or_default();
    let look_up = listed.into_iter().flat_map(|line| line.ids).collect();
    let source = Source { endpoints, credential, connection: &arguments.connection, reading: &arguments.reading, look_up };
    let beside = work::beside(&arguments.output);
    Session::start()?
        .run(source, beside, &catalogue, |snapshot| finish(arguments, &scripts.beside(logs.beside(snapshot, &catalogue)?, &catalogue)))
}

fn finish(arguments: &Arguments, snapshot: &Snapshot) -> Result<Status, Failure> {
    snapshot::save(snapshot, &arguments.output).map_err(could_not_run)?;
    output::note(&format!("snapshot written to {}", arguments.output.display()));
    let whole = tenant::report_gaps(snapshot);
    if whole || arguments.allow_incomplete {
        return Ok(Status::Done);
    }
    output::note(judge::INCOMPLETE);
    Ok(Status::Incomplete)
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
    if let Some(unfit) = snapshot::Error::of_target(path) {
        return Err(usage_error(unfit));
    }
    tempfile::NamedTempFile::new_in(folder).map(drop).map_err(|error| refused(error.kind().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_cannot_be_replaced_is_refused_as_wrong_usage() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "old").unwrap();
        assert!(writable(&file).is_ok() && writable(&folder.path().join("new")).is_ok());
        let mut unfit = vec![folder.path().to_owned(), folder.path().join("missing/new"), file.join("below")];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&file, folder.path().join("link")).unwrap();
            unfit.extend([folder.path().join("link"), "/dev/null".into()]);
        }
        for path in unfit {
            assert!(matches!(writable(&path), Err(Failure::Usage(error)) if error.to_string().contains("hint: ")), "{}", path.display());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), if cfg!(unix) { 2 } else { 1 });
    }
}
