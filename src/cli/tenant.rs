//! From a signed-in tenant to a snapshot; what `scan`, `collect` and `demo` share.

use super::exit::{Failure, could_not_run, usage_error};
use super::{output, progress};
use crate::catalogue::Catalogue;
use crate::collect;
use crate::graph::{Client, Credential, Endpoints, Error, Settings};
use crate::snapshot::{Coverage, Dataset, Snapshot};
use chrono::{DateTime, Utc};
use std::future::Future;

/// The sign-in that the environment describes.
pub(super) fn credential() -> Result<Credential, Failure> {
    Credential::from_lookup(|name| std::env::var(name).ok()).map_err(usage_error)
}

/// Reads the tenant behind `endpoints`.
pub(super) async fn read(
    endpoints: Endpoints,
    credential: Credential,
    catalogue: &Catalogue,
    now: DateTime<Utc>,
    audit_days: u32,
) -> Result<Snapshot, Failure> {
    // A token runs out by the real clock, whatever clock the run is judged by.
    let client = Client::connect(endpoints, credential, Settings::new(Utc::now())).await.map_err(connection_failure)?;
    let options = collect::Options {
        taken_at: now,
        audit_days,
        scope_app_roles: catalogue.scope_app_roles(),
        inventory: collect::Inventory::Scope,
        sign_ins: false,
    };
    let progress = progress::for_stderr();
    collect::collect(&client, &options, progress.as_ref()).await.map_err(could_not_run)
}

/// A setting that cannot be used is wrong usage; anything that a service refused or did not answer is a failed run.
fn connection_failure(error: Error) -> Failure {
    match error {
        Error::Settings { .. } => usage_error(error),
        _ => could_not_run(error),
    }
}

/// Runs a future to its end on a runtime of its own.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(could_not_run)?;
    runtime.block_on(work)
}

/// The knowledge that ships with this maascan.
pub(super) fn catalogue() -> Result<Catalogue, Failure> {
    Catalogue::builtin().map_err(could_not_run)
}

/// Whether everything that was asked for could be read; says on standard error what could not.
pub(super) fn report_gaps(snapshot: &Snapshot) -> bool {
    let mut whole = true;
    for dataset in Dataset::ALL {
        let coverage = snapshot.coverage_of(dataset);
        let (Coverage::Partial { gap, .. } | Coverage::Unavailable { gap }) = coverage else { continue };
        if coverage.is_skipped() {
            continue;
        }
        output::note(&format!("warning: {dataset} is {}: {gap}", coverage.word()));
        whole &= dataset.is_optional();
    }
    whole
}
