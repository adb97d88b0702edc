//! Scripts beside what is read of a tenant, for the commands that judge.

use super::exit::Failure;
use super::{output, scripts};
use crate::catalogue::Catalogue;
use crate::scripts::{Map, Options, Reader, survey};
use crate::snapshot::{Scripts, Snapshot};
use clap::Args;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The automations' own source.
#[derive(Debug, Args, Clone, Default)]
#[command(next_help_heading = "Scripts")]
pub(super) struct Source {
    /// Take the automations' own source into account: files and folders, as for `maascan scripts`; may be given again. A script is
    /// an application's by the client id in it, or by --map
    #[arg(long, value_name = "PATH")]
    scripts: Vec<PathBuf>,
    /// Which application runs which script: CSV with the columns script (a path, of which the end is enough, or a pattern such as
    /// runbooks/*.ps1) and app_id
    #[arg(long, value_name = "FILE", requires = "scripts")]
    map: Option<PathBuf>,
}

/// Scripts that can be read once the tenant was.
pub(super) struct Ready<'a> {
    paths: &'a [PathBuf],
    map: Map,
}

impl Source {
    /// Refuses, before the long work, a path that leads nowhere and a map that cannot be used.
    ///
    /// # Errors
    /// The user's fault.
    pub(super) fn prepare(&self) -> Result<Ready<'_>, Failure> {
        scripts::there(&self.scripts)?;
        let map = self.map.as_deref().map(load).transpose()?.unwrap_or_default();
        Ok(Ready { paths: &self.scripts, map })
    }
}

fn load(path: &Path) -> Result<Map, Failure> {
    let hint = "its first line is script,app_id; another is runbooks/publish.ps1,9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30";
    Map::load(path).map_err(|error| Failure::usage(error.to_string(), hint))
}

impl Ready<'_> {
    /// The snapshot with the scripts, if any were named, in place of any that it has.
    pub(super) fn beside<'s>(&self, snapshot: Cow<'s, Snapshot>, catalogue: &Catalogue) -> Cow<'s, Snapshot> {
        if self.paths.is_empty() {
            return snapshot;
        }
        let found = survey(&Reader::new(catalogue), self.paths, &Options::default()).keep(&self.map);
        let mut snapshot = snapshot.into_owned();
        snapshot.scripts = Some(found);
        Cow::Owned(snapshot)
    }
}

/// Says on standard error what could not be read; whether everything was.
pub(super) fn report_gaps(scripts: &Scripts) -> bool {
    scripts.reading.told().iter().for_each(|gap| output::note(&format!("warning: scripts: {gap}")));
    scripts.reading.is_whole()
}
