//! Nothing secret comes out: every way to sign in, each with a run that is killed half-way and one that goes on, at the most talkative
//! level. What they said, their work file, the snapshot and the reports are searched for what each holds and for what the
//! tenant holds.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::Tenant;
use maascan::simulator::{DeviceCode, Fault, FaultKind, PLANTED_HINT, PLANTED_SECRET, Settings};
use serde_json::{Value, json};
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Certificate and key of the simulator's own tests.
const PEM: &str = include_str!("../src/simulator/tests/certificate.pem");

/// How long every answer takes.
const LATENCY: Duration = Duration::from_millis(60);

/// Requests after which a run is killed: the first lists have been read, and some parts of batches.
const KILLED_AFTER: usize = 24;

/// A way to sign in: what it puts into the environment, and which texts it must keep to itself.
struct Way {
    name: &'static str,
    arguments: &'static [&'static str],
    environment: Vec<(&'static str, String)>,
    secrets: Vec<String>,
}

impl Way {
    fn new(name: &'static str, environment: Vec<(&'static str, String)>, secrets: &[&str]) -> Self {
        Self { name, arguments: &[], environment, secrets: secrets.iter().map(ToString::to_string).collect() }
    }
}

fn start() -> Tenant {
    Tenant::start(Settings {
        latency: LATENCY,
        // A new token half-way: with a person that is where the refresh token goes out.
        faults: vec![Fault::new("/deviceManagement/auditEvents", FaultKind::TokenExpired).after(3)],
        certificate: Some(der()),
        device_code: DeviceCode { pending: 1, interval: 1, ..DeviceCode::default() },
        ..Settings::default()
    })
}

/// The first section of [`PEM`], as bytes.
fn der() -> Vec<u8> {
    let body = PEM.split("-----").nth(2).unwrap();
    base64::engine::general_purpose::STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap()
}

/// An access token, as somebody would copy it.
fn access_token(tenant: &Tenant) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let simulator = tenant.simulator();
    let url = format!("{}/{}/oauth2/v2.0/token", simulator.origin(), simulator.tenant_id());
    let scope = format!("{}/.default", simulator.origin());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", simulator.client_id()),
        ("client_secret", simulator.client_secret()),
        ("scope", &scope),
    ];
    let body: Value = tenant.runtime().block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.post(url).form(&form).send().await.unwrap().json().await.unwrap()
    });
    body["access_token"].as_str().unwrap().to_owned()
}

/// A program that answers as the Azure CLI does.
fn azure_cli(tenant: &Tenant, folder: &Path, token: &str) {
    let answer = json!({"accessToken": token, "expires_on": 4_000_000_000_u64, "tenant": tenant.simulator().tenant_id()});
    let program = folder.join("az");
    std::fs::write(&program, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Every way to sign in to this tenant. `folder` holds the files that some need.
fn ways(tenant: &Tenant, folder: &Path) -> Vec<Way> {
    let simulator = tenant.simulator();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (secret, federated, token) = (tenant.client_secret(), simulator.federated_token(), access_token(tenant));
    let key: Vec<&str> = PEM.split("-----").nth(6).unwrap().split_whitespace().collect();
    let owned = |pairs: [(&'static str, String); 2]| pairs.to_vec();
    let (github, host) = (owned(simulator.github_environment()), owned(simulator.app_service_environment()));
    let (github_token, identity_header) = (github[1].1.clone(), host[1].1.clone());
    azure_cli(tenant, folder, &token);
    vec![
        Way::new("client secret", vec![("AZURE_CLIENT_SECRET", secret.clone())], &[&secret]),
        Way::new("certificate", vec![("AZURE_CLIENT_CERTIFICATE_PATH", file("both.pem", PEM))], &key),
        Way::new("token file", vec![("AZURE_FEDERATED_TOKEN_FILE", file("token", &federated))], &[&federated]),
        Way::new("GitHub", github, &[&github_token]),
        Way::new("host of an identity", host, &[&identity_header]),
        Way::new("metadata", vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", tenant.origin())], &[]),
        Way::new("access token", vec![("MAASCAN_ACCESS_TOKEN", token.clone())], &[&token]),
        Way::new("Azure CLI", vec![("PATH", folder.to_str().unwrap().to_owned() + ":/bin:/usr/bin")], &[&token]),
        Way { arguments: &["--device-code"], ..Way::new("person", Vec::new(), &[]) },
    ]
}

/// The command of a way, with its outputs in files.
fn command(tenant: &Tenant, way: &Way, name: &str, target: &[&str], said: &Path) -> Command {
    let mut command = tenant.process(name);
    command.env_remove("AZURE_CLIENT_SECRET").env("PATH", "").envs(way.environment.iter().cloned());
    if ["metadata", "Azure CLI"].contains(&way.name) {
        // With an application named in full, nothing else is asked.
        command.env_remove("AZURE_CLIENT_ID");
    }
    command.args(["-vv", "--allow-incomplete"]).args(way.arguments).args(target).stdin(Stdio::null());
    command.stdout(File::options().append(true).create(true).open(said.join(format!("{name}.out"))).unwrap());
    command.stderr(File::options().append(true).create(true).open(said.join(format!("{name}.err"))).unwrap());
    command
}

/// Starts a run and kills it half-way.
fn kill_half_way(tenant: &Tenant, mut command: Command) {
    let before = tenant.requests().len();
    let mut run = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while tenant.requests().len() < before + KILLED_AFTER && run.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "the run stands still");
        std::thread::sleep(Duration::from_millis(5));
    }
    // So that what was asked has been answered and kept.
    std::thread::sleep(LATENCY * 3 / 2);
    run.kill().unwrap();
    run.wait().unwrap();
}

/// Every file under a folder as it stands, and what can be unpacked of it.
fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(contents(&entry));
            continue;
        }
        let bytes = std::fs::read(&entry).unwrap();
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        for frame in frames(&bytes) {
            text.push_str(&String::from_utf8_lossy(&frame));
        }
        found.push((entry, text));
    }
    found
}

/// What unpacks of a file at each place where a zstd frame begins: a snapshot is one, and a work file holds many.
fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let starts = bytes.windows(4).enumerate().filter(|(_, window)| *window == MAGIC).map(|(at, _)| at);
    let unpack = |at: usize| {
        let mut out = Vec::new();
        // Behind a frame of a work file comes the length of the next, which is no frame: what came before it counts.
        let _ = std::io::copy(&mut zstd::Decoder::new(&bytes[at..]).unwrap().single_frame(), &mut out);
        out
    };
    starts.map(unpack).collect()
}

/// Fails if any of these files holds what is secret. Gives their names.
fn assert_nothing_secret(tenant: &Tenant, way: &Way, folder: &Path) -> Vec<PathBuf> {
    // Every token of Entra begins like the first, and every refresh token of the simulator with what was asked for.
    let refresh = [tenant.origin().as_str(), "http", "offline_access"].map(|start| URL_SAFE_NO_PAD.encode(&start[..start.len() / 3 * 3]));
    let common = [PLANTED_SECRET, PLANTED_HINT, "\"hint\"", "eyJ", "Bearer ", "PRIVATE KEY", &tenant.client_secret()].map(str::to_owned);
    let files = contents(folder);
    for (path, text) in &files {
        for secret in way.secrets.iter().chain(&common).chain(&refresh) {
            let at = text.find(secret.as_str());
            assert!(at.is_none(), "{}: {} holds a secret at {at:?}", way.name, path.display());
        }
    }
    files.into_iter().map(|(path, _)| path).collect()
}

/// A run of each kind that is killed, one that goes on, and one that writes the reports.
fn keeps_to_itself(name: &str) {
    let (tenant, keys, folder) = (start(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let way = ways(&tenant, keys.path()).into_iter().find(|way| way.name == name).unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (snapshot, report) = (at("tenant.json.zst"), at("report"));

    kill_half_way(&tenant, command(&tenant, &way, "collect", &["-o", &snapshot], folder.path()));
    let left = assert_nothing_secret(&tenant, &way, folder.path());
    let work = left.iter().find(|path| path.to_string_lossy().ends_with(".work"));
    let work = work.unwrap_or_else(|| panic!("no work file: {:?}", contents(folder.path())));
    let kept = frames(&std::fs::read(work).unwrap());
    assert!(kept.len() > 5 && kept.iter().any(|frame| String::from_utf8_lossy(frame).contains("GET /v1.0/")), "{}", kept.len());

    for (name, target) in [("collect", ["-o", &snapshot]), ("scan", ["--out", &report])] {
        let status = command(&tenant, &way, name, &target, folder.path()).status().unwrap();
        let said = std::fs::read_to_string(folder.path().join(format!("{name}.err"))).unwrap();
        assert!(status.success() && said.contains("answered"), "{status}: {said}");
    }
    assert!(frames(&std::fs::read(&snapshot).unwrap()).iter().any(|frame| String::from_utf8_lossy(frame).contains("schema_version")));
    let files = assert_nothing_secret(&tenant, &way, folder.path());
    assert!(files.len() > 10, "{files:?}");
}

#[test]
fn a_client_secret_leaves_no_secret() {
    keeps_to_itself("client secret");
}

#[test]
fn a_certificate_leaves_no_secret() {
    keeps_to_itself("certificate");
}

#[test]
fn a_token_file_leaves_no_secret() {
    keeps_to_itself("token file");
}

#[test]
fn a_job_of_github_leaves_no_secret() {
    keeps_to_itself("GitHub");
}

#[test]
fn an_identity_of_a_host_leaves_no_secret() {
    keeps_to_itself("host of an identity");
}

#[test]
fn an_identity_of_a_machine_leaves_no_secret() {
    keeps_to_itself("metadata");
}

#[test]
fn a_given_token_leaves_no_secret() {
    keeps_to_itself("access token");
}

#[test]
fn the_azure_cli_leaves_no_secret() {
    keeps_to_itself("Azure CLI");
}

#[test]
fn a_person_with_a_code_leaves_no_secret() {
    keeps_to_itself("person");
}
