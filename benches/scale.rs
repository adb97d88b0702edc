//! A collection as it would be over a real wire: each answer takes 100 ms, the limits that Microsoft documents are held by the
//! service, and the collector is a process of its own whose memory is its own.
//!
//! `cargo bench --bench scale` measures 1,000, 10,000 and 100,000 service principals (the last takes minutes, because the
//! reports take five requests in ten seconds); `cargo bench --bench scale -- 1000 10000` only these. It fails where a
//! figure is beyond what is promised.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench that cannot start has nothing to measure")]

use maascan::simulator::{self, Limits, RecordedRequest, Settings, Simulator};
use std::collections::BTreeMap;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What each answer takes.
const LATENCY: Duration = Duration::from_millis(100);

/// Wall time may be this much of the floor.
const MOST_OF_FLOOR: f64 = 1.15;

/// Peak memory of the collector, in MiB.
const MOST_MEMORY: u64 = 120;

/// Service principals, automations in scope, most requests.
const SIZES: [(usize, usize, usize); 3] = [(1_000, 60, 80), (10_000, 200, 80), (100_000, 200, 400)];

/// Documented limits: starts of the paths that share one, requests, and seconds (facts/graph.md section 8). Written again here, so
/// that the collector is not measured against its own table.
const LIMITS: [(&[&str], usize, u64); 4] = [
    (&["/reports/", "/auditLogs/"], 5, 10),
    (&["/identity/conditionalAccess", "/identityProtection"], 1, 1),
    (&["/deviceManagement"], 1_000, 20),
    (&[""], 3_500, 10),
];

struct Measured {
    wall: Duration,
    memory: Option<u64>,
    requests: Vec<RecordedRequest>,
    throttled: BTreeMap<&'static str, u64>,
}

fn main() {
    let wanted: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let runtime = Runtime::new().expect("a runtime");
    let mut failed = false;
    for (size, automations, most_requests) in SIZES {
        if wanted.is_empty() || wanted.contains(&size) {
            let measured = measure(&runtime, size, automations);
            failed |= !report(size, automations, most_requests, &measured);
        }
    }
    assert!(!failed, "a figure is beyond what is promised");
}

fn measure(runtime: &Runtime, size: usize, automations: usize) -> Measured {
    let settings = Settings {
        service_principals: size,
        automations: Some(automations),
        latency: LATENCY,
        limits: Limits::documented(),
        ..Settings::default()
    };
    let simulator = runtime.block_on(simulator::start(settings, 0)).expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    let started = Instant::now();
    let child = collector(&simulator).arg("-o").arg(folder.path().join("tenant.json.zst")).spawn().expect("the collector starts");
    let (status, memory) = wait(child);
    let wall = started.elapsed();
    assert!(status.success(), "the collector failed: {status}");
    let measured = Measured { wall, memory, requests: simulator.requests(), throttled: simulator.throttled() };
    runtime.block_on(simulator.stop());
    measured
}

fn collector(simulator: &Simulator) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maascan"));
    // On loopback the collector does not pace itself unless it is told to.
    command.args(["collect", "--allow-incomplete", "--pace", "documented", "--now", "2026-11-02T06:00:00Z"]);
    command.args(["--graph-endpoint", &simulator.origin(), "--login-endpoint", &simulator.origin()]);
    command.envs(simulator.environment()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Waits for the process and watches its peak memory, in MiB, where the system shows it.
fn wait(mut child: Child) -> (ExitStatus, Option<u64>) {
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        peak = peak.max(high_water(&status_file));
        if let Some(status) = child.try_wait().expect("the collector can be waited for") {
            return (status, peak);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn high_water(status_file: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status_file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes / 1024)
}

fn report(size: usize, automations: usize, most_requests: usize, measured: &Measured) -> bool {
    let floor = floor(&measured.requests);
    let (count, wall) = (measured.requests.len(), measured.wall.as_secs_f64());
    let ratio = wall / floor.as_secs_f64();
    let memory = measured.memory.map_or_else(|| "unknown".to_owned(), |memory| format!("{memory} MiB"));
    println!(
        "{size} service principals, {automations} automations: {count} requests, {wall:.2} s = {ratio:.2} × floor {:.2} s, peak {memory}, refused for load: {}",
        floor.as_secs_f64(),
        measured.throttled.values().sum::<u64>(),
    );
    let refused = measured.throttled.values().any(|refused| *refused > 0);
    !refused && count <= most_requests && ratio <= MOST_OF_FLOOR && measured.memory.is_none_or(|memory| memory <= MOST_MEMORY)
}

/// The least time in which these requests can be made: what the limits allow, with the sign-in before the first request and the
/// answer to the last, or the longest chain in which each request needs the answer before it, whichever is more.
fn floor(requests: &[RecordedRequest]) -> Duration {
    let mut charges = [0_usize; LIMITS.len()];
    let granted = requests.iter().filter(|request| request.status == 200);
    for path in granted.flat_map(charged) {
        let at = LIMITS.iter().position(|(starts, ..)| starts.iter().any(|start| path.starts_with(start)));
        charges[at.expect("the last one fits all")] += 1;
    }
    let limited = LIMITS.iter().zip(charges).map(|((_, count, seconds), charged)| {
        let windows = charged.saturating_sub(1) / count;
        Duration::from_secs(windows as u64 * seconds) + LATENCY * 2
    });
    limited.max().unwrap_or_default().max(LATENCY * chain(requests))
}

/// Paths without version that a request is charged for: each part of a batch by itself.
fn charged(request: &RecordedRequest) -> Vec<String> {
    let plain = |path: &str| path.trim_start_matches("/v1.0").trim_start_matches("/beta").to_owned();
    if request.inner.is_empty() { vec![plain(&request.path_and_query)] } else { request.inner.iter().map(|(_, url)| plain(url)).collect() }
}

/// Requests of the longest list, one after another because each page names the next; before it the sign-in, and
/// after it the look-ups of who was found: service principals, applications, what belongs to these, and people.
fn chain(requests: &[RecordedRequest]) -> u32 {
    let mut pages: BTreeMap<&str, u32> = BTreeMap::new();
    for request in requests.iter().filter(|request| request.method == "GET") {
        let path = request.path_and_query.split('?').next().unwrap_or_default();
        *pages.entry(path).or_default() += 1;
    }
    let grants = pages.iter().filter(|(path, _)| path.ends_with("appRoleAssignedTo")).map(|(_, pages)| *pages).max();
    1 + grants.unwrap_or_default() + 4
}
