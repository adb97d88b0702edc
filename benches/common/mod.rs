//! What several benches need.

use chrono::{DateTime, Utc};
use maascan::catalogue::Catalogue;
use maascan::collect::{self, Silent};
use maascan::graph::{self, Client, Cloud, Credential, Endpoints};
use maascan::simulator::{self, Settings};
use maascan::snapshot::Snapshot;
use tokio::runtime::Runtime;

/// The made-up tenant, read as of `now`.
pub(crate) fn tenant(catalogue: &Catalogue, settings: Settings, now: DateTime<Utc>) -> Snapshot {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let simulator = simulator::start(settings, 0).await.expect("the simulator starts");
        let origin = simulator.origin();
        let endpoints = Endpoints::new(Cloud::Global, Some(&origin), Some(&origin)).expect("endpoints");
        let environment = simulator.environment();
        let variable = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let credential = Credential::from_lookup(variable).expect("a sign-in");
        let client = Client::connect(endpoints, credential, graph::Settings::new(now)).await.expect("a client");
        let options = collect::Options::usual(now, catalogue.scope_app_roles());
        let snapshot = collect::collect(&client, &options, &Silent).await.expect("a snapshot");
        simulator.stop().await;
        snapshot
    })
}
