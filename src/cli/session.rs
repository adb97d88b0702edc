//! One reading of a real tenant, for `scan` and `collect`: signed in, with a work file, and stopped at once by Ctrl-C.

use super::exit::{Failure, STOPPED, Status, could_not_run};
use super::options::{Connection, Reading};
use super::work as place;
use super::{output, tenant};
use crate::catalogue::Catalogue;
use crate::collect::{self, WorkFile};
use crate::graph::{Client, Credential, Endpoints};
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Where the tenant is and how much of it is read.
pub(super) struct Source<'a> {
    pub(super) endpoints: Endpoints,
    pub(super) credential: Credential,
    pub(super) connection: &'a Connection,
    pub(super) reading: &'a Reading,
    /// Ids that the user listed, to look up beside those that the tenant names.
    pub(super) look_up: BTreeSet<String>,
}

/// A run that can be stopped.
pub(super) struct Session {
    runtime: Runtime,
    work: Arc<OnceLock<Arc<WorkFile>>>,
    stopped: oneshot::Receiver<()>,
}

impl Session {
    /// Begins to listen for Ctrl-C and SIGTERM.
    pub(super) fn start() -> Result<Self, Failure> {
        let runtime = tenant::runtime()?;
        let work: Arc<OnceLock<Arc<WorkFile>>> = Arc::default();
        let (sender, stopped) = oneshot::channel();
        let listener = {
            let _guard = runtime.enter();
            Signals::new().map_err(could_not_run)?
        };
        runtime.spawn(listen(listener, sender, Arc::clone(&work)));
        Ok(Self { runtime, work, stopped })
    }

    /// Reads the tenant and hands the snapshot to `finish`. The work file, at `beside` unless another was named, goes once that
    /// is done, and stays if it could not be.
    pub(super) fn run(
        self,
        source: Source<'_>,
        beside: Option<PathBuf>,
        catalogue: &Catalogue,
        finish: impl FnOnce(&Snapshot) -> Result<Status, Failure>,
    ) -> Result<Status, Failure> {
        let Self { runtime, work, stopped } = self;
        let read = runtime.block_on(async {
            tokio::select! {
                read = read(&work, source, beside, catalogue) => read,
                Ok(()) = stopped => Err(Failure::Stopped),
            }
        });
        // From here on a signal ends the process by itself: see `listen`.
        let (status, lost) = match read {
            Ok((snapshot, client)) => (finish(&snapshot), client.was_lost()),
            Err(failure) => (Err(failure), false),
        };
        if let Some(line) = work.get().and_then(|work| end(work, &status, lost)) {
            output::note(&line);
        } else if matches!(status, Err(Failure::Stopped)) {
            output::note("stopped");
        }
        status
    }
}

async fn read(
    work: &OnceLock<Arc<WorkFile>>,
    source: Source<'_>,
    beside: Option<PathBuf>,
    catalogue: &Catalogue,
) -> Result<(Snapshot, Client), Failure> {
    let Source { endpoints, credential, connection, reading, look_up } = source;
    let pacing = connection.pacing(&endpoints);
    let mut client = tenant::connect(endpoints, credential, pacing).await?;
    let mut options = collect::Options { look_up, ..reading.options(catalogue.scope_app_roles()) };
    if let Some(file) = place::open(&client, &options, reading, beside)? {
        let file = Arc::new(file);
        options.taken_at = file.taken_at();
        client = client.remembering(Arc::clone(&file) as _);
        let _ = work.set(file);
    }
    let snapshot = tenant::read(&client, &options).await?;
    Ok((snapshot, client))
}

/// Removes the work file, or says that it stays.
fn end(work: &WorkFile, status: &Result<Status, Failure>, lost: bool) -> Option<String> {
    let stays = match status {
        Ok(_) if lost => "the network or the sign-in was lost on the way",
        Err(Failure::Stopped) => "stopped",
        Err(_) if work.answers() > 0 => "what was read is kept",
        Ok(_) | Err(_) => {
            remove(work);
            return None;
        }
    };
    if work.answers() == 0 {
        remove(work);
        return Some(format!("{stays}; nothing had been read that could be kept"));
    }
    Some(go_on(stays, work))
}

fn remove(work: &WorkFile) {
    if let Err(error) = work.remove() {
        output::note(&format!("cannot remove work file: {}: {error}", work.path().display()));
    }
}

fn go_on(why: &str, work: &WorkFile) -> String {
    format!("{why}; run the same command again to go on from {}", work.path().display())
}

/// Waits for a signal. While the tenant is read the reading is stopped; after that, while reports are written, the process.
async fn listen(mut signals: Signals, reading: oneshot::Sender<()>, work: Arc<OnceLock<Arc<WorkFile>>>) {
    signals.next().await;
    if reading.send(()).is_ok() {
        return;
    }
    output::note(&work.get().map_or_else(|| "stopped".to_owned(), |work| go_on("stopped", work)));
    std::process::exit(i32::from(STOPPED));
}

/// What stops a run.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// What stops a run.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
