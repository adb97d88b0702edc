//! What the end-to-end tests share: the binary in a clean environment, and a made-up tenant to point it at.
#![allow(
    dead_code,
    clippy::print_stderr,
    clippy::allow_attributes,
    reason = "each test binary uses a part of it; a check not made is said"
)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use assert_cmd::Command;
use maascan::simulator::{self, RecordedRequest, Settings, Simulator};
use maascan::snapshot::{Coverage, Dataset, DatasetReading, Gap, Snapshot};
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

/// The binary, with nothing of this machine's environment that it could take for a sign-in or a setting.
pub(crate) fn maascan() -> Command {
    Command::from_std(process())
}

fn process() -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_maascan"));
    command.env_clear();
    // No cache folder, so that no test goes on from what another, or a person, has left there.
    command.env("XDG_CACHE_HOME", "/nonexistent").env("LOCALAPPDATA", "/nonexistent");
    for kept in ["PATH", "HOME", "SYSTEMROOT", "TMPDIR"] {
        if let Ok(value) = std::env::var(kept) {
            command.env(kept, value);
        }
    }
    // This machine may be one of Azure and answer for itself; nobody answers here.
    command.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9");
    command
}

/// A made-up tenant that is served for as long as this lives.
pub(crate) struct Tenant {
    simulator: Simulator,
    runtime: Runtime,
}

impl Tenant {
    pub(crate) fn start(settings: Settings) -> Self {
        Self::start_at(settings, 0)
    }

    pub(crate) fn start_at(settings: Settings, port: u16) -> Self {
        let runtime = Runtime::new().unwrap();
        let simulator = runtime.block_on(simulator::start(settings, port)).unwrap();
        Self { simulator, runtime }
    }

    pub(crate) fn origin(&self) -> String {
        self.simulator.origin()
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    pub(crate) fn client_secret(&self) -> String {
        self.simulator.client_secret().to_owned()
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.simulator.requests()
    }

    /// How many requests were refused because of a limit.
    pub(crate) fn throttled(&self) -> u64 {
        self.simulator.throttled().values().sum()
    }

    /// App id of a planted application.
    pub(crate) fn app_id_of(&self, name: &str) -> String {
        self.simulator.app_id_of(name).unwrap_or_else(|| panic!("not planted: {name}"))
    }

    /// A command with the sign-in and the endpoints of this tenant, by its clock.
    pub(crate) fn command(&self, name: &str) -> Command {
        Command::from_std(self.process(name))
    }

    /// The same, to be started and stopped by hand.
    pub(crate) fn process(&self, name: &str) -> std::process::Command {
        let mut command = process();
        command.arg(name).args(["--graph-endpoint", &self.origin(), "--login-endpoint", &self.origin()]);
        command.args(["--now", "2026-11-02T06:00:00Z"]);
        command.envs(self.simulator.environment());
        command
    }

    pub(crate) fn sign_in(&self, command: &mut Command) {
        command.envs(self.simulator.environment());
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

/// The files of a folder with their bytes, by name.
pub(crate) fn files(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The rows of a CSV file, each by column name.
pub(crate) fn rows(csv: &[u8]) -> Vec<std::collections::BTreeMap<String, String>> {
    csv::Reader::from_reader(csv).deserialize().map(Result::unwrap).collect()
}

/// Collects the made-up tenant of the demo into `folder`, with further arguments.
pub(crate) fn collected(folder: &Path, arguments: &[&str]) -> PathBuf {
    let path = folder.join("tenant.json.zst");
    let tenant = Tenant::start(Settings::default());
    tenant.command("collect").arg("--allow-incomplete").args(arguments).arg("-o").arg(&path).assert().success();
    path
}

/// The snapshot as it would be had this dataset been refused.
pub(crate) fn without(whole: &Snapshot, dataset: Dataset) -> Snapshot {
    let mut snapshot = whole.clone();
    let gap = Gap::Permission { missing: dataset.permission().to_owned() };
    snapshot.coverage.insert(dataset, DatasetReading { coverage: Coverage::Unavailable { gap }, requests: 1 });
    match dataset {
        Dataset::AccessPolicies => snapshot.access_policies.clear(),
        Dataset::ApprovalRequests => snapshot.approval_requests.clear(),
        Dataset::ApproverGroups => snapshot.groups.clear(),
        Dataset::IntuneRoles => {
            snapshot.intune_roles.clear();
            snapshot.intune_role_assignments.clear();
        }
        Dataset::IntuneSettings => snapshot.unlicensed_administrators = None,
        Dataset::AppRoles => snapshot.app_roles.clear(),
        Dataset::AppRoleGrants => snapshot.app_role_grants.clear(),
        Dataset::IntuneApiGrants => snapshot.intune_api_grants.clear(),
        Dataset::ServicePrincipals => snapshot.service_principals.clear(),
        Dataset::Applications => snapshot.applications.clear(),
        Dataset::FederatedCredentials => {
            snapshot.applications.values_mut().for_each(|application| application.federated_credentials = None);
            snapshot.service_principals.values_mut().for_each(|principal| principal.federated_credentials = None);
        }
        Dataset::Owners => {
            snapshot.applications.values_mut().for_each(|application| application.owners = None);
            snapshot.service_principals.values_mut().for_each(|principal| principal.owners = None);
        }
        Dataset::People => snapshot.people.clear(),
        Dataset::DeletedServicePrincipals => snapshot.deleted_service_principals.clear(),
        Dataset::DirectoryRoles => snapshot.directory_roles.clear(),
        Dataset::DelegatedGrants => snapshot.delegated_grants.clear(),
        Dataset::SignInActivity => snapshot.sign_in_activity.clear(),
        Dataset::CredentialActivity => snapshot.credential_activity.clear(),
        Dataset::SignIns => snapshot.sign_ins.clear(),
        Dataset::AuditEvents => snapshot.audit_events.clear(),
        Dataset::UnfinishedApps => snapshot.unfinished_apps.clear(),
        Dataset::ConditionalAccess => snapshot.conditional_access.clear(),
        Dataset::AppManagementPolicies => snapshot.app_management_policies.clear(),
        Dataset::RiskyServicePrincipals => snapshot.risky_service_principals.clear(),
        Dataset::Organization => snapshot.tenant_name = None,
        Dataset::Licences => snapshot.licences.clear(),
    }
    snapshot
}

/// A schema that formats such as times and addresses are checked by too.
fn validator(schema: &serde_json::Value) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

/// The schema that the binary prints of a file.
pub(crate) fn schema(file: &str) -> serde_json::Value {
    serde_json::from_slice(&maascan().args(["schema", file]).assert().success().get_output().stdout).unwrap()
}

/// The schema of SARIF: see `tests/schemas/README.md`.
pub(crate) fn sarif_schema() -> serde_json::Value {
    serde_json::from_str(include_str!("../schemas/sarif-schema-2.1.0.json")).unwrap()
}

/// What a schema has against a document.
pub(crate) fn problems(schema: &serde_json::Value, document: &[u8]) -> Vec<String> {
    let document = serde_json::from_slice(document).unwrap();
    validator(schema).iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Holds the files of a report for machines against their schemas.
pub(crate) fn assert_valid(folder: &Path) {
    let files = files(folder);
    let schemas = [("assessment.json", schema("assessment")), ("manifest.json", schema("manifest")), ("findings.sarif", sarif_schema())];
    for (name, schema) in schemas {
        assert_eq!(problems(&schema, &files[name]), [""; 0], "{}: {name}", folder.display());
    }
}

/// A program that this project does not bring along, in the first folder that has it. Where none has it that is said, and with
/// `MAASCAN_REQUIRE_TOOLS=1` the test fails.
pub(crate) fn tool(name: &str, folders: &[Option<PathBuf>]) -> Option<PathBuf> {
    let found = folders.iter().flatten().map(|folder| folder.join(name)).find(|path| path.exists());
    if found.is_none() {
        assert!(std::env::var_os("MAASCAN_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "not installed: {name}");
        eprintln!("not checked, because it is not installed: {name}");
    }
    found
}

/// A Python that has this module: in `MAASCAN_LINTERS`, or on the path.
pub(crate) fn python_with(module: &str) -> Option<PathBuf> {
    let path: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let folders: Vec<Option<PathBuf>> = std::env::var_os("MAASCAN_LINTERS").map(PathBuf::from).into_iter().chain(path).map(Some).collect();
    let python = tool("python3", &folders)?;
    let has = std::process::Command::new(&python).args(["-c", &format!("import {module}")]).output().unwrap().status.success();
    if has { Some(python) } else { tool(module, &[]) }
}
