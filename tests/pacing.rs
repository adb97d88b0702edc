//! A scan of a tenant that counts requests as Microsoft's documentation says it does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Tenant, text};
use maascan::simulator::{Limits, Settings};
use std::time::{Duration, Instant};

fn limited(service_principals: usize, automations: usize, latency: Duration) -> Tenant {
    let limits = Limits::documented();
    Tenant::start(Settings { service_principals, automations: Some(automations), latency, limits, ..Settings::default() })
}

/// Scans by the documented limits and gives what the tenant refused, how long it took and the snapshot.
fn scan(tenant: &Tenant) -> (u64, Duration, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    let begun = Instant::now();
    let run = tenant.command("collect").args(["--allow-incomplete", "--pace", "documented", "-o"]).arg(&file).assert().success();
    let took = begun.elapsed();
    assert!(!text(&run.get_output().stderr).contains("throttled"));
    (tenant.throttled(), took, std::fs::read(&file).unwrap())
}

#[test]
fn a_paced_scan_runs_into_no_limit_and_reads_the_same() {
    let paced = scan(&limited(1_000, 100, Duration::from_millis(20)));
    assert_eq!(paced.0, 0, "refused for load");
    let free = Tenant::start(Settings { service_principals: 1_000, automations: Some(100), ..Settings::default() });
    assert!(scan(&free).2 == paced.2, "another snapshot than without limits");
}

#[test]
#[ignore = "takes minutes; the same at the size of a large tenant"]
fn a_paced_scan_of_100_000_service_principals_runs_into_no_limit() {
    let tenant = limited(100_000, 200, Duration::from_millis(100));
    let (refused, took, _) = scan(&tenant);
    assert_eq!(refused, 0, "refused for load; {} requests in {took:?}", tenant.requests().len());
}
