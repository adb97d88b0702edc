//! What a scan costs on the wire: requests and wall time against the simulated tenant, by size. The number of requests is the
//! result that matters; it is counted and held, while times depend on the machine.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench that cannot start has nothing to measure")]

use chrono::Utc;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use maascan::catalogue::Catalogue;
use maascan::collect::{self, Options, Silent};
use maascan::graph::{self, Client, Cloud, Credential, Endpoints};
use maascan::simulator::{self, DEMO_TIME, Settings, Simulator};
use maascan::snapshot::Snapshot;
use tokio::runtime::Runtime;

/// Service principals in the tenant, automations in scope, most requests that a scan may make.
const SIZES: [(usize, usize, usize); 3] = [(1_000, 60, 60), (10_000, 200, 80), (100_000, 200, 300)];

async fn scan(simulator: &Simulator) -> Snapshot {
    let origin = simulator.origin();
    let endpoints = Endpoints::new(Cloud::Global, Some(&origin), Some(&origin)).expect("loopback is an endpoint");
    let credential = Credential::from_lookup(|name| {
        simulator.environment().into_iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.to_owned())
    })
    .expect("the sign-in is complete");
    let settings = graph::Settings { pacing: graph::Pacing::Off, ..graph::Settings::new(Utc::now()) };
    let client = Client::connect(endpoints, credential, settings).await.expect("the simulator signs in");
    let scope_app_roles = Catalogue::builtin().expect("the catalogue loads").scope_app_roles();
    let options = Options::usual(DEMO_TIME, scope_app_roles);
    collect::collect(&client, &options, &Silent).await.expect("the simulator answers")
}

fn requests(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("scan");
    group.sample_size(10);
    for (service_principals, automations, most) in SIZES {
        let settings = Settings { service_principals, automations: Some(automations), ..Settings::default() };
        let simulator = runtime.block_on(simulator::start(settings, 0)).expect("the simulator starts");
        runtime.block_on(scan(&simulator));
        let count = simulator.requests().len();
        println!("{service_principals} service principals, {automations} automations: {count} requests");
        assert!(count <= most, "{count} requests, at most {most} were expected");
        group.bench_function(BenchmarkId::from_parameter(service_principals), |bencher| {
            bencher.iter(|| runtime.block_on(scan(&simulator)));
        });
        runtime.block_on(simulator.stop());
    }
    group.finish();
}

criterion_group!(benches, requests);
criterion_main!(benches);
