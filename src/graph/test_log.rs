//! What is traced, kept for tests that look for secrets in it.

use std::sync::{Arc, Mutex, OnceLock};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// While there is one subscriber only, a place in the code that another test's thread comes to first is taken for one that nobody
/// listens to, for good. A second one that lives on keeps that from happening.
static SECOND: OnceLock<Dispatch> = OnceLock::new();

/// Keeps everything that is traced, at every level.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Keeps what this thread traces until the guard is dropped.
    pub(super) fn start() -> (Self, DefaultGuard) {
        let every = || tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        SECOND.get_or_init(|| Dispatch::new(every().with_writer(std::io::sink).finish()));
        let log = Self::default();
        let writer = log.clone();
        let guard = tracing::subscriber::set_default(every().with_writer(move || writer.clone()).finish());
        tracing::callsite::rebuild_interest_cache();
        (log, guard)
    }

    /// All of it so far.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
