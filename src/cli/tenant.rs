//! From a signed-in tenant to a snapshot; what `scan`, `collect` and `demo` share.

use super::exit::{Failure, could_not_run, usage_error};
use super::options::Connection;
use super::{logs, output, progress, scripts_beside};
use crate::catalogue::Catalogue;
use crate::collect;
use crate::graph::{Client, Credential, DevicePrompt, Endpoints, Error, Pacing, Settings};
use crate::snapshot::{Coverage, Dataset, Snapshot};
use chrono::{DateTime, Utc};
use std::future::Future;
use tokio::runtime::Runtime;

/// What the help of a command says of sign-ins.
pub(super) const SIGN_IN: &str = "\
Sign-in, the first that is configured:
  MAASCAN_ACCESS_TOKEN  a token for Microsoft Graph from elsewhere; for a workspace of logs MAASCAN_LOGS_TOKEN
  --device-code         a person; AZURE_CLIENT_ID of a public client of your own, and AZURE_TENANT_ID
  AZURE_TENANT_ID and AZURE_CLIENT_ID with
    AZURE_CLIENT_SECRET, or
    AZURE_CLIENT_CERTIFICATE_PATH  PEM file with certificate and RSA key, or
    AZURE_FEDERATED_TOKEN_FILE, or
    nothing, in a job of GitHub Actions with permission id-token: write
  managed identity      of this machine or service; AZURE_CLIENT_ID for a user-assigned one
  Azure CLI             az login; the tokens it has for people cannot read Intune
";

/// The sign-in that the environment describes, or a person's if they asked for it.
pub(super) fn credential(connection: &Connection, endpoints: &Endpoints) -> Result<Credential, Failure> {
    credential_from(connection, endpoints, |name| std::env::var(name).ok())
}

/// The same, with variables from elsewhere.
pub(super) fn credential_from(
    connection: &Connection,
    endpoints: &Endpoints,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Credential, Failure> {
    let credential = if connection.device_code { Credential::device_code(&lookup, show_code) } else { Credential::from_lookup(&lookup) };
    let credential = credential.map_err(usage_error)?;
    // A token that is there already needs no token service.
    if !matches!(credential, Credential::AccessToken { .. }) {
        endpoints.check_authority(lookup("AZURE_AUTHORITY_HOST").as_deref()).map_err(usage_error)?;
    }
    Ok(credential)
}

fn show_code(prompt: &DevicePrompt) {
    let DevicePrompt { user_code, verification_uri, minutes } = prompt;
    output::note(&format!("to sign in, open {verification_uri} and enter the code {user_code} within {minutes} minutes"));
}

/// Signs in.
pub(super) async fn connect(endpoints: Endpoints, credential: Credential, pacing: Pacing) -> Result<Client, Failure> {
    // A token runs out by the real clock, whatever clock the run is judged by.
    let settings = Settings { pacing, ..Settings::new(Utc::now()) };
    let client = Client::connect(endpoints, credential, settings).await.map_err(connection_failure)?;
    for note in client.notes() {
        output::note(&format!("warning: {note}"));
    }
    Ok(client)
}

/// What is read of a tenant.
pub(super) fn options(catalogue: &Catalogue, now: DateTime<Utc>, audit_days: u32) -> collect::Options {
    collect::Options { audit_days, ..collect::Options::usual(now, catalogue.scope_app_roles()) }
}

/// Reads the tenant that `client` is signed in to.
pub(super) async fn read(client: &Client, options: &collect::Options) -> Result<Snapshot, Failure> {
    let progress = progress::for_stderr();
    collect::collect(client, options, progress.as_ref()).await.map_err(could_not_run)
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
    runtime()?.block_on(work)
}

/// A runtime of two threads; one is busy parsing while the other answers the wire.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(could_not_run)
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
        & snapshot.activity_logs.as_ref().is_none_or(logs::report_faults)
        & snapshot.scripts.as_ref().is_none_or(scripts_beside::report_gaps)
}
