//! How fast requests are recognised: activity logs hold millions of them, most of them reads that have nothing to do with Intune.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use maascan::catalogue::{Catalogue, Route};
use std::hint::black_box;

/// Requests in about the proportion in which a log has them.
const REQUESTS: [(&str, &str); 8] = [
    ("GET", "https://graph.microsoft.com/v1.0/users/7f0c4c1e-5d0b-4c1f-9a55-0d6f8a3b2c11/manager?$select=id"),
    ("GET", "https://graph.microsoft.com/v1.0/groups?$filter=startswith(displayName,'a')&$top=999"),
    ("POST", "https://graph.microsoft.com/v1.0/$batch"),
    ("GET", "https://graph.microsoft.com/beta/deviceManagement/managedDevices?$top=100"),
    ("PATCH", "https://graph.microsoft.com/v1.0/users/7f0c4c1e-5d0b-4c1f-9a55-0d6f8a3b2c11"),
    (
        "POST",
        "https://graph.microsoft.com/v1.0/deviceManagement/managedDevices('7f0c4c1e-5d0b-4c1f-9a55-0d6f8a3b2c11')/microsoft.graph.wipe",
    ),
    (
        "POST",
        "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/7f0c4c1e/microsoft.graph.win32LobApp/contentVersions/1/files",
    ),
    ("DELETE", "https://graph.microsoft.com/beta//deviceManagement//configurationPolicies//7f0c4c1e-5d0b-4c1f-9a55-0d6f8a3b2c11"),
];

fn routes(criterion: &mut Criterion) {
    let catalogue = match Catalogue::builtin() {
        Ok(catalogue) => catalogue,
        Err(error) => panic!("{error}"),
    };
    let mut group = criterion.benchmark_group("routes");
    group.throughput(Throughput::Elements(REQUESTS.len() as u64));
    group.bench_function("log lines", |bencher| {
        bencher.iter(|| {
            let found =
                REQUESTS.iter().filter(|(method, url)| matches!(catalogue.route(black_box(method), black_box(url)), Route::Operation(..)));
            black_box(found.count())
        });
    });
    group.bench_function("placeholders", |bencher| {
        bencher.iter(|| black_box(catalogue.route("POST", black_box("{base}/beta/deviceManagement/{kind}/{id}/assign"))));
    });
    group.finish();
    criterion.bench_function("load", |bencher| bencher.iter(|| black_box(Catalogue::builtin().is_ok())));
}

criterion_group!(benches, routes);
criterion_main!(benches);
