//! The request plan against what is really asked: of each dataset the simulator must have been asked no fewer requests than
//! the plan's least and no more than its most, and of all together about as many as it calls likely.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use chrono::Utc;
use maascan::catalogue::Catalogue;
use maascan::collect::{self, Figures, Inventory, Options, Plan, Silent};
use maascan::graph::{self, Client, Cloud, Credential, Endpoints, Pacing};
use maascan::simulator::{self, DEMO_TIME, Settings};
use maascan::snapshot::{Dataset, Snapshot};

/// How far the sum may be off what the plan calls likely, in parts of a hundred.
const TOLERANCE: u64 = 25;

/// What was read, and how many requests the simulator recorded for it.
async fn collected(settings: Settings, options: &Options) -> (Snapshot, u64) {
    let simulator = simulator::start(settings, 0).await.unwrap();
    let origin = simulator.origin();
    let endpoints = Endpoints::new(Cloud::Global, Some(&origin), Some(&origin)).unwrap();
    let variable =
        |name: &str| simulator.environment().into_iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.to_owned());
    let settings = graph::Settings { pacing: Pacing::Off, ..graph::Settings::new(Utc::now()) };
    let client = Client::connect(endpoints, Credential::from_lookup(variable).unwrap(), settings).await.unwrap();
    let snapshot = collect::collect(&client, options, &Silent).await.unwrap();
    let asked = simulator.requests().iter().filter(|request| !request.path_and_query.contains("/oauth2/")).count();
    (snapshot, asked as u64)
}

fn figures(service_principals: usize, snapshot: &Snapshot, options: &Options) -> Figures {
    let in_scope = snapshot.service_principals.values().filter(|principal| principal.owners.is_some()).count();
    assert!(options.inventory == Inventory::Full || in_scope == snapshot.service_principals.len());
    Figures {
        service_principals: service_principals as u64,
        in_scope: in_scope as u64,
        policies: snapshot.access_policies.len() as u64,
        intune_roles: snapshot.intune_roles.len() as u64,
        app_management_policies: snapshot.app_management_policies.values().filter(|policy| !policy.is_default).count() as u64,
        people: snapshot.people.len() as u64,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_says_what_is_asked() {
    let scope_app_roles = Catalogue::builtin().unwrap().scope_app_roles();
    let usual = Options::usual(DEMO_TIME, scope_app_roles);
    let cases = [
        (300, None, usual.clone()),
        (10_000, Some(200), usual.clone()),
        (30_000, Some(20), usual.clone()),
        (2_500, Some(60), Options { audit_days: 30, inventory: Inventory::Full, sign_ins: true, ..usual }),
    ];
    for (service_principals, automations, options) in cases {
        let (snapshot, asked) = collected(Settings { service_principals, automations, ..Settings::default() }, &options).await;
        let plan = Plan::estimate(&figures(service_principals, &snapshot, &options), &options, Cloud::Global);
        for dataset in Dataset::ALL {
            let (planned, made) = (plan.requests_of(dataset), snapshot.coverage[&dataset].requests);
            assert!((planned.least..=planned.most).contains(&made), "{service_principals}: {dataset}: {made} and not {planned:?}");
        }
        let off = plan.requests.likely.abs_diff(asked) * 100 / asked;
        assert!(off <= TOLERANCE, "{service_principals}: {asked} requests and not {:?}", plan.requests);
        assert_eq!(snapshot.coverage.values().map(|reading| reading.requests).sum::<u64>(), asked, "every request belongs to a dataset");
    }
}
