//! A scan of a tenant that counts requests as Microsoft's documentation says it does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Tenant, text};
use maascan::simulator::{Limits, Settings};
use std::time::Duration;

fn limited(service_principals: usize, automations: usize, latency: Duration) -> Tenant {
    let limits = Limits::documented();
    Tenant::start(Settings { service_principals, automations: Some(automations), latency, limits, ..Settings::default() })
}

/// Collects by the documented limits and gives what the tenant refused and the snapshot.
fn collect(tenant: &Tenant) -> (u64, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    let run = tenant.command("collect").args(["--allow-incomplete", "--pace", "documented", "-o"]).arg(&file).assert().success();
    assert!(!text(&run.get_output().stderr).contains("throttled"));
    (tenant.throttled(), std::fs::read(&file).unwrap())
}

#[test]
fn a_paced_scan_runs_into_no_limit_and_reads_the_same() {
    let paced = collect(&limited(1_000, 100, Duration::from_millis(20)));
    assert_eq!(paced.0, 0, "refused for load");
    let free = Tenant::start(Settings { service_principals: 1_000, automations: Some(100), ..Settings::default() });
    assert!(collect(&free).1 == paced.1, "another snapshot than without limits");
}
