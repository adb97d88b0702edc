//! The fault matrix: everything that the wire is known to do, on lists of the directory, of Intune and of the reports, on parts of a
//! batch and on a batch itself. What passes when tried again leaves an assessment that is the same to the byte; what does
//! not is a gap, and never a shorter list that is called complete.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use chrono::Utc;
use maascan::assess;
use maascan::catalogue::Catalogue;
use maascan::collect::{self, Options, Silent};
use maascan::graph::{self, Client, Cloud, Credential, Endpoints, Pacing, RetryPolicy};
use maascan::report::{self, OutputKind};
use maascan::simulator::{self, DEMO_TIME, Fault, FaultKind, Settings, Simulator};
use maascan::snapshot::{Dataset, Snapshot};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Enough service principals for lists of several pages.
const SERVICE_PRINCIPALS: usize = 1_700;

/// Where faults are planted.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    /// Part of the path.
    path: &'static str,
    /// Datasets that it serves.
    datasets: &'static [Dataset],
}

const DIRECTORY_LIST: Place = Place {
    path: "00000003-0000-0000-c000-000000000000')/appRoleAssignedTo",
    datasets: &[Dataset::AppRoleGrants, Dataset::ServicePrincipals, Dataset::Applications],
};
const INTUNE_LIST: Place = Place { path: "/deviceManagement/auditEvents", datasets: &[Dataset::AuditEvents] };
const REPORT_LIST: Place = Place { path: "/reports/servicePrincipalSignInActivities", datasets: &[Dataset::SignInActivity] };
const PART: Place = Place { path: "/servicePrincipals?$filter=id%20in", datasets: &[Dataset::ServicePrincipals] };
const INTUNE_PART: Place = Place { path: "/deviceManagement/roleDefinitions/", datasets: &[Dataset::IntuneRoles] };
const BATCH: Place = Place { path: "/v1.0/$batch", datasets: &[Dataset::ServicePrincipals, Dataset::Applications] };

const BY_IDS: Place = Place { path: "/directoryObjects/getByIds", datasets: &[Dataset::ApproverGroups] };

/// What a run saw, and what was made of it.
struct Run {
    snapshot: Snapshot,
    /// `assessment.json` without the number of requests, which faults may change.
    assessment: String,
}

static FAULTLESS: LazyLock<Run> = LazyLock::new(|| run(Vec::new()));

fn run(faults: Vec<Fault>) -> Run {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let settings = Settings { service_principals: SERVICE_PRINCIPALS, faults, ..Settings::default() };
        let simulator = simulator::start(settings, 0).await.unwrap();
        let snapshot = collected(&simulator).await;
        simulator.stop().await;
        Run { assessment: assessed(&snapshot), snapshot }
    })
}

async fn collected(simulator: &Simulator) -> Snapshot {
    let origin = simulator.origin();
    let endpoints = Endpoints::new(Cloud::Global, Some(&origin), Some(&origin)).unwrap();
    let variables = simulator.environment();
    let lookup = |name: &str| variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
    // Waits are a thousandth of what they are in use, so that a service that refuses for ever is left soon.
    let retry = RetryPolicy { scale: 0.001, attempts: 4, ..RetryPolicy::default() };
    let settings =
        graph::Settings { retry, pacing: Pacing::Off, timeout: Duration::from_millis(1_500), ..graph::Settings::new(Utc::now()) };
    let client = Client::connect(endpoints, Credential::from_lookup(lookup).unwrap(), settings).await.unwrap();
    let usual = Options::usual(DEMO_TIME, Catalogue::builtin().unwrap().scope_app_roles());
    let options = Options { sign_ins: true, ..usual };
    collect::collect(&client, &options, &Silent).await.unwrap()
}

fn assessed(snapshot: &Snapshot) -> String {
    let options = assess::Options { window_days: 30, ..assess::Options::default() };
    let mut assessment = assess::assess(snapshot, &Catalogue::builtin().unwrap(), &options);
    assessment.coverage.values_mut().for_each(|reading| reading.requests = 0);
    String::from_utf8(
        report::render(OutputKind::Json, &report::Contents::of(&assessment), report::Style::default(), report::Layout::default()).unwrap(),
    )
    .unwrap()
}

/// Faults that pass after so many times: the assessment is the same.
fn recovers(place: Place, times: usize, kinds: &[FaultKind]) {
    for kind in kinds {
        let fault = Fault::new(place.path, *kind).times(times);
        let run = run(vec![fault]);
        assert!(run.assessment == FAULTLESS.assessment, "{kind:?} on {}: {:#?}", place.path, differences(&run.snapshot));
    }
}

/// Faults that stay, from the answer behind the first `after`: what they concern is not called complete, and whatever is called
/// complete is what it is without faults. Gives the last run.
fn leaves_a_gap(place: Place, after: usize, kinds: &[FaultKind]) -> Run {
    let mut last = None;
    for kind in kinds {
        let run = run(vec![Fault::new(place.path, *kind).always().after(after)]);
        let hit = place.datasets.iter().filter(|dataset| !run.snapshot.coverage_of(**dataset).is_complete()).count();
        assert!(hit > 0, "{kind:?} on {}: nothing is missing: {:?}", place.path, differences(&run.snapshot));
        for dataset in Dataset::ALL {
            let (now, then) = (run.snapshot.coverage_of(dataset), FAULTLESS.snapshot.coverage_of(dataset));
            assert!(!now.is_complete() || now == then, "{kind:?} on {}: {dataset} is {now:?} and was {then:?}", place.path);
        }
        last = Some(run);
    }
    last.unwrap()
}

/// Datasets whose coverage is another than without faults.
fn differences(snapshot: &Snapshot) -> Vec<String> {
    let differ = |dataset: &Dataset| snapshot.coverage_of(*dataset) != FAULTLESS.snapshot.coverage_of(*dataset);
    Dataset::ALL.into_iter().filter(differ).map(|dataset| format!("{dataset}: {:?}", snapshot.coverage_of(dataset))).collect()
}

/// Refusals for load, failures of a gateway, and broken connections: all may pass.
const PASSING: [FaultKind; 14] = [
    FaultKind::TooManyRequests { retry_after: Some(1) },
    FaultKind::TooManyRequests { retry_after: None },
    FaultKind::TooManyRequestsUntil { seconds: 2 },
    FaultKind::BadGateway,
    FaultKind::ServiceUnavailable,
    FaultKind::ServiceUnavailableFor { retry_after: 1 },
    FaultKind::GatewayTimeout,
    FaultKind::ConnectionReset,
    FaultKind::ConnectionClosed,
    FaultKind::NotGzip,
    FaultKind::CutGzip,
    FaultKind::CutJson,
    FaultKind::InternalQueryBroker,
    FaultKind::Hangs(Duration::from_secs(3)),
];

/// What spoils a page of a list and is no loss.
const HARMLESS_PAGES: [FaultKind; 3] = [FaultKind::EmptyPageWithNextLink, FaultKind::DuplicateRows, FaultKind::TruncatedList];

/// What befalls a part of a batch and passes.
const PASSING_PARTS: [FaultKind; 8] = [
    FaultKind::BatchItemThrottled,
    FaultKind::BatchItemMissing,
    FaultKind::BatchItemStatusText,
    FaultKind::TooManyRequests { retry_after: None },
    FaultKind::TooManyRequestsUntil { seconds: 2 },
    FaultKind::ServiceUnavailable,
    FaultKind::GatewayTimeout,
    FaultKind::BadGateway,
];

/// What does not pass however often it is tried.
const LASTING: [FaultKind; 12] = [
    FaultKind::Forbidden,
    FaultKind::NotLicensed,
    FaultKind::InternalError,
    FaultKind::TooManyRequests { retry_after: None },
    FaultKind::ServiceUnavailable,
    FaultKind::BadGateway,
    FaultKind::ProxyLogin,
    FaultKind::ProxyAuthentication,
    FaultKind::NotGzip,
    FaultKind::CutGzip,
    FaultKind::CutJson,
    FaultKind::ConnectionReset,
];

/// What ends a list before its end.
const LASTING_PAGES: [FaultKind; 3] = [FaultKind::NextLinkToOtherHost, FaultKind::RepeatedNextLink, FaultKind::TruncatedList];

/// What befalls a part of a batch and stays.
const LASTING_PARTS: [FaultKind; 6] = [
    FaultKind::Forbidden,
    FaultKind::InternalError,
    FaultKind::BatchItemThrottled,
    FaultKind::BatchItemMissing,
    FaultKind::CutJson,
    FaultKind::NextLinkToOtherHost,
];

#[test]
fn the_faultless_run_has_what_the_faults_are_to_hit() {
    for place in [DIRECTORY_LIST, INTUNE_LIST, REPORT_LIST, PART, INTUNE_PART, BATCH, BY_IDS] {
        for dataset in place.datasets {
            let coverage = FAULTLESS.snapshot.coverage_of(*dataset);
            assert!(coverage.is_complete() && coverage.items() > 0, "{dataset}: {coverage:?}");
        }
    }
}

#[test]
fn a_list_of_the_directory_survives_what_passes() {
    recovers(DIRECTORY_LIST, 2, &PASSING);
    recovers(DIRECTORY_LIST, 1, &HARMLESS_PAGES);
}

#[test]
fn a_list_of_intune_survives_what_passes() {
    recovers(INTUNE_LIST, 2, &PASSING);
    recovers(INTUNE_LIST, 1, &HARMLESS_PAGES);
}

#[test]
fn a_report_survives_what_passes() {
    recovers(REPORT_LIST, 2, &PASSING);
    recovers(REPORT_LIST, 1, &HARMLESS_PAGES);
}

#[test]
fn a_part_of_a_batch_survives_what_passes() {
    recovers(PART, 2, &PASSING_PARTS);
    recovers(INTUNE_PART, 2, &PASSING_PARTS);
    recovers(INTUNE_PART, 2, &[FaultKind::InternalQueryBroker]);
    recovers(INTUNE_PART, 1, &[FaultKind::EmptyPageWithNextLink, FaultKind::DuplicateRows]);
    recovers(PART, 1, &[FaultKind::EmptyPageWithNextLink, FaultKind::DuplicateRows]);
}

#[test]
fn a_read_by_ids_survives_what_passes_and_else_is_a_gap() {
    recovers(BY_IDS, 2, &PASSING);
    leaves_a_gap(BY_IDS, 0, &LASTING);
}

#[test]
fn a_batch_survives_what_passes() {
    recovers(BATCH, 2, &PASSING);
}

#[test]
fn a_token_that_ends_in_the_middle_is_renewed_and_one_page_of_a_proxy_is_survived() {
    for place in [DIRECTORY_LIST, INTUNE_LIST, REPORT_LIST, PART, BATCH] {
        recovers(place, 1, &[FaultKind::TokenExpired]);
    }
    for place in [DIRECTORY_LIST, INTUNE_LIST, REPORT_LIST, BATCH] {
        recovers(place, 1, &[FaultKind::ProxyLogin]);
    }
}

#[test]
fn a_list_of_the_directory_that_fails_for_good_is_a_gap() {
    leaves_a_gap(DIRECTORY_LIST, 0, &LASTING);
    leaves_a_gap(DIRECTORY_LIST, 0, &LASTING_PAGES);
}

#[test]
fn a_list_of_intune_that_fails_for_good_is_a_gap() {
    leaves_a_gap(INTUNE_LIST, 0, &LASTING);
    leaves_a_gap(INTUNE_LIST, 0, &LASTING_PAGES);
}

#[test]
fn a_report_that_fails_for_good_is_a_gap() {
    leaves_a_gap(REPORT_LIST, 0, &LASTING);
    leaves_a_gap(REPORT_LIST, 0, &LASTING_PAGES);
}

#[test]
fn a_list_that_fails_for_good_from_its_second_page_is_partial() {
    for place in [DIRECTORY_LIST, REPORT_LIST, INTUNE_LIST] {
        for kind in LASTING {
            let run = leaves_a_gap(place, 1, &[kind]);
            let first = run.snapshot.coverage_of(place.datasets[0]);
            assert_eq!(first.word(), "partial", "{kind:?} on {}: {first:?}", place.path);
        }
    }
}

#[test]
fn a_part_of_a_batch_that_fails_for_good_is_a_gap() {
    leaves_a_gap(PART, 0, &LASTING_PARTS);
    leaves_a_gap(INTUNE_PART, 0, &LASTING_PARTS);
    leaves_a_gap(INTUNE_PART, 0, &LASTING_PAGES);
    // The fault is planted in the words of a batch; by itself the same page comes without it, and nothing is lost.
    leaves_a_gap(PART, 0, &[FaultKind::NextLinkToOtherHost, FaultKind::TruncatedList]);
}

#[test]
fn a_batch_that_fails_for_good_is_a_gap() {
    leaves_a_gap(BATCH, 0, &LASTING);
}

#[test]
fn no_token_goes_to_another_host() {
    let run = leaves_a_gap(DIRECTORY_LIST, 0, &[FaultKind::NextLinkToOtherHost]);
    let gap = run.snapshot.coverage_of(Dataset::AppRoleGrants).gap().unwrap().to_string();
    assert!(gap.contains("another host"), "{gap}");
}
