//! Runs and what they took.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Calls by application, service principal, flow, method, template and status.
pub(crate) type Counts = BTreeMap<(String, String, String, String, String, u16), u64>;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// Most memory resident at a time; nothing where the system does not tell.
    pub(crate) megabytes: f64,
}

impl Measured {
    pub(crate) fn worst() -> Self {
        Self { seconds: f64::INFINITY, megabytes: 0.0 }
    }

    /// The least time, and the most memory.
    pub(crate) fn best(self, other: Self) -> Self {
        Self { seconds: self.seconds.min(other.seconds), megabytes: self.megabytes.max(other.megabytes) }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.3} s", self.seconds)?;
        if self.megabytes > 0.0 { write!(out, " in {:.1} MB", self.megabytes) } else { Ok(()) }
    }
}

fn command(files: &[PathBuf], format: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maascan"));
    command.arg("logs").args(files).args(["--format", format, "--now", "2026-08-01T00:00:00Z"]);
    command
}

/// The program as users have it, from start to end.
pub(crate) fn maascan(files: &[PathBuf]) -> Measured {
    let started = Instant::now();
    let child = command(files, "table").stdout(Stdio::null()).spawn().expect("it starts");
    watched(child, started)
}

/// Waits for a process, and looks at its memory meanwhile.
pub(crate) fn watched(mut child: Child, started: Instant) -> Measured {
    let mut megabytes: f64 = 0.0;
    let status = format!("/proc/{}/status", child.id());
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let most = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
        megabytes = megabytes.max(most.unwrap_or_default() / 1000.0);
        if let Some(status) = child.try_wait().expect("it runs") {
            let seconds = started.elapsed().as_secs_f64();
            assert!(status.success(), "it ended with {status}");
            return Measured { seconds, megabytes };
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What the program says.
pub(crate) fn counts(files: &[PathBuf]) -> Counts {
    let output = command(files, "json").output().expect("it starts");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut counts = Counts::new();
    for row in value["rows"].as_array().expect("rows") {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        for (status, calls) in row["status_counts"].as_object().expect("statuses") {
            let key = (
                text("app_id"),
                text("service_principal_id"),
                text("flow"),
                text("method"),
                text("path_template"),
                status.parse().expect("a status"),
            );
            *counts.entry(key).or_default() += calls.as_u64().expect("a count");
        }
    }
    counts
}

/// Nothing but line feeds, in blocks by position, each thread its own range.
pub(crate) fn newlines(path: &Path, threads: usize) -> Measured {
    let started = Instant::now();
    let file = File::open(path).expect("a file");
    let length = file.metadata().expect("a file").len();
    let (next, found) = (AtomicU64::new(0), AtomicU64::new(0));
    const RANGE: u64 = 4 << 20;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut block = vec![0; 256 << 10];
                loop {
                    let start = next.fetch_add(RANGE, Ordering::Relaxed);
                    if start >= length {
                        return;
                    }
                    let (mut at, mut lines) = (start, 0);
                    while at < (start + RANGE).min(length) {
                        let read = std::os::unix::fs::FileExt::read_at(&file, &mut block, at).expect("it is read");
                        lines += memchr::memchr_iter(b'\n', &block[..read]).count() as u64;
                        at += read as u64;
                    }
                    found.fetch_add(lines, Ordering::Relaxed);
                }
            });
        }
    });
    assert!(found.into_inner() > 0, "no lines");
    Measured { seconds: started.elapsed().as_secs_f64(), megabytes: 0.0 }
}

/// Nothing but the decoder of a packed file.
pub(crate) fn decoder(path: &Path) -> Measured {
    let started = Instant::now();
    let mut unpacked = flate2::read::MultiGzDecoder::new(File::open(path).expect("a file"));
    let mut block = vec![0; 256 << 10];
    let mut bytes = 0;
    loop {
        match unpacked.read(&mut block) {
            Ok(0) => break,
            Ok(length) => bytes += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(bytes > 0, "nothing in it");
    Measured { seconds: started.elapsed().as_secs_f64(), megabytes: 0.0 }
}
