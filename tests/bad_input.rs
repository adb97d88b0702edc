//! What a user gets wrong: each a one-line error with a hint, the documented status, no panic, nothing half-written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use assert_cmd::Command;
use common::{Tenant, files, maascan, text};
use maascan::simulator::{Fault, FaultKind, Settings};
use std::net::TcpListener;

/// Runs a command that must fail, and gives back what it says.
fn refused(mut command: Command, status: i32) -> String {
    let output = command.assert().code(status).stdout("").get_output().clone();
    let said = text(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// As [`refused`], for errors of our own: one line of error and at most one hint.
fn refused_in_one_line(command: Command, status: i32) -> String {
    let said = refused(command, status);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("error: "), "{said}");
    assert!(lines.len() <= 2 && lines[1..].iter().all(|line| line.starts_with("hint: ")), "{said}");
    said
}

#[test]
fn an_unknown_flag_is_refused_with_a_hint() {
    let mut command = maascan();
    command.args(["scan", "--plann", "all"]);
    assert!(refused(command, 2).contains("--plan"));
}

#[test]
fn missing_credentials_name_the_variables() {
    let mut command = maascan();
    command.args(["scan"]).env("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111").env("PATH", "");
    let said = refused_in_one_line(command, 2);
    assert!(said.contains("AZURE_CLIENT_ID") && said.contains("AZURE_CLIENT_SECRET") && said.contains("hint: "), "{said}");
    for way in ["MAASCAN_ACCESS_TOKEN", "managed identity: nothing answers", "Azure CLI: az is not on PATH", "--device-code"] {
        assert!(said.contains(way), "{said}");
    }
}

#[test]
fn a_person_without_an_application_of_their_own_is_told_what_is_missing() {
    let mut command = maascan();
    command.args(["scan", "--device-code"]);
    let said = refused_in_one_line(command, 2);
    assert!(said.contains("AZURE_CLIENT_ID") && said.contains("public client"), "{said}");
}

#[test]
fn the_authority_of_another_cloud_is_refused() {
    let mut command = maascan();
    command.args(["scan"]).env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/");
    assert!(refused_in_one_line(command, 2).contains("--cloud usgov"));
}

#[test]
fn a_certificate_file_without_a_key_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let mut command = maascan();
    command.args(["scan"]).env("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111").env("AZURE_CLIENT_ID", "c");
    command.env("AZURE_CLIENT_CERTIFICATE_PATH", &file);
    assert!(refused_in_one_line(command, 2).contains("has no private key"));
}

#[test]
fn a_wrong_secret_is_said_and_never_shown() {
    let tenant = Tenant::start(Settings::default());
    let mut command = tenant.command("scan");
    command.env("AZURE_CLIENT_SECRET", "wrong-secret-8Qx");
    let said = refused_in_one_line(command, 4);
    assert!(said.contains("secret") && said.contains("hint: ") && !said.contains("8Qx"), "{said}");
}

/// A PEM file whose certificate ended in 2021. The signature of the certificate no longer fits, at which only a
/// verifier would look.
fn expired(pem: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let body = pem.split("-----").nth(2).unwrap();
    let mut der = STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap();
    // Begin: UTCTime of thirteen letters. End: GeneralizedTime of fifteen, because it lies beyond 2049.
    for (form, year) in [([0x17, 13], "20"), ([0x18, 15], "2021")] {
        let at = der.windows(2).position(|window| window == form).unwrap() + 2;
        der[at..at + year.len()].copy_from_slice(year.as_bytes());
    }
    pem.replace(body, &format!("\n{}\n", STANDARD.encode(der)))
}

#[test]
fn an_expired_certificate_is_refused_before_anything_is_sent() {
    let tenant = Tenant::start(Settings::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("both.pem");
    std::fs::write(&file, expired(include_str!("../src/simulator/tests/certificate.pem"))).unwrap();
    let mut command = maascan();
    tenant.sign_in(&mut command);
    command.env_remove("AZURE_CLIENT_SECRET").env("AZURE_CLIENT_CERTIFICATE_PATH", &file);
    command.args(["scan", "--graph-endpoint", &tenant.origin(), "--login-endpoint", &tenant.origin()]);
    let said = refused_in_one_line(command, 2);
    assert!(said.contains("expired") && tenant.requests().is_empty(), "{said}");
}

/// What a scan says, and its status.
fn scanned(settings: Settings) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let tenant = Tenant::start(settings);
    let output = tenant.command("scan").arg("--out").arg(folder.path().join("report")).output().unwrap();
    let coverage = folder.path().join("report").join("coverage.csv");
    (output.status.code(), text(&output.stderr), std::fs::read_to_string(coverage).unwrap_or_default())
}

#[test]
fn one_dataset_that_cannot_be_read_is_named_and_the_run_goes_on() {
    for (kind, gap) in
        [(FaultKind::Forbidden, "\"permission\""), (FaultKind::NotLicensed, "\"licence\""), (FaultKind::ProxyLogin, "\"failed\"")]
    {
        let fault = Fault::new("/conditionalAccess/policies", kind).always();
        let (status, said, coverage) = scanned(Settings { faults: vec![fault], ..Settings::default() });
        assert_eq!(status, Some(3), "{kind:?}: {said}");
        let row = coverage.lines().find(|line| line.starts_with("\"conditional-access\"")).unwrap();
        assert!(row.contains("\"unavailable\"") && row.contains(gap), "{kind:?}: {row}");
        assert!(said.contains("conditional-access is unavailable"), "{kind:?}: {said}");
    }
}

#[test]
fn a_service_behind_a_proxy_that_wants_a_sign_in_cannot_be_read_at_all() {
    let fault = Fault::new("", FaultKind::ProxyLogin).always();
    let (status, said, coverage) = scanned(Settings { faults: vec![fault], ..Settings::default() });
    assert_eq!((status, coverage.as_str()), (Some(4), ""), "{said}");
    assert!(said.contains("hint: "), "{said}");
}

#[test]
fn a_clock_that_is_off_is_told_and_the_run_goes_on() {
    for minutes in [-45, 45] {
        let (status, said, _) = scanned(Settings { clock_skew_minutes: minutes, ..Settings::default() });
        assert_eq!(status, Some(3), "{said}");
        assert!(said.contains("clock"), "{said}");
    }
}

#[test]
fn an_unknown_tenant_is_said() {
    let tenant = Tenant::start(Settings::default());
    let mut command = tenant.command("scan");
    command.env("AZURE_TENANT_ID", "99999999-9999-4999-8999-999999999999");
    assert!(refused_in_one_line(command, 4).contains("tenant"));
}

#[test]
fn an_unreachable_endpoint_is_said_and_nothing_is_written() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = format!("http://127.0.0.1:{port}");
    let folder = tempfile::tempdir().unwrap();
    let tenant = Tenant::start(Settings::default());
    let mut command = maascan();
    tenant.sign_in(&mut command);
    command.args(["scan", "--graph-endpoint", &origin, "--login-endpoint", &origin]).arg("--out").arg(folder.path().join("report"));
    let said = refused_in_one_line(command, 4);
    assert!(said.contains(&origin) && said.contains("hint: "), "{said}");
    let report = folder.path().join("report");
    assert!(!report.exists() || files(&report).is_empty());
}

/// An unsigned token with these claims, as Entra shapes it.
fn token(claims: &str) -> String {
    use base64::Engine;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2lnbmF0dXJl", part(r#"{"alg":"none","typ":"JWT"}"#), part(claims))
}

#[test]
fn a_token_for_another_host_is_not_sent() {
    let tenant = Tenant::start(Settings::default());
    let token = token(r#"{"aud":"https://graph.microsoft.us","tid":"11111111-1111-4111-8111-111111111111","exp":4102444800}"#);
    let mut command = maascan();
    command.args(["scan", "--graph-endpoint", &tenant.origin(), "--login-endpoint", &tenant.origin()]).env("MAASCAN_ACCESS_TOKEN", &token);
    let said = refused_in_one_line(command, 2);
    assert!(said.contains("graph.microsoft.us") && !said.contains(&token), "{said}");
    assert!(tenant.requests().is_empty());
}

#[test]
fn a_token_of_another_tenant_is_not_sent() {
    let tenant = Tenant::start(Settings::default());
    let claims = format!(r#"{{"aud":"{}","tid":"11111111-1111-4111-8111-111111111111","exp":4102444800}}"#, tenant.origin());
    let mut command = tenant.command("scan");
    command.env("MAASCAN_ACCESS_TOKEN", token(&claims));
    let said = refused_in_one_line(command, 2);
    assert!(said.contains("11111111-1111-4111-8111-111111111111"), "{said}");
    assert!(tenant.requests().is_empty());
}

#[test]
fn plain_http_is_for_loopback_only() {
    for origin in ["http://graph.example.com", "http://10.0.0.1:8080", "ftp://127.0.0.1", "https://graph.example.com/v1.0"] {
        let mut command = maascan();
        command.args(["scan", "--graph-endpoint", origin]).env("MAASCAN_ACCESS_TOKEN", "x");
        let said = refused_in_one_line(command, 2);
        assert!(said.contains(origin) && said.contains("hint: "), "{said}");
    }
}

#[test]
fn a_corrupt_newer_or_missing_snapshot_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let corrupt = at("corrupt.json.zst", &[0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]);
    let foreign = at("foreign.json", b"{}");
    let newer = at("newer.json", br#"{"schema_version": 7}"#);
    let missing = folder.path().join("missing.json.zst");
    for (path, expected) in
        [(corrupt, "not a readable snapshot"), (foreign, "not a readable snapshot"), (newer, "newer"), (missing, "cannot read")]
    {
        let mut command = maascan();
        command.arg("assess").arg(&path).arg("--out").arg(folder.path().join("out"));
        let said = refused_in_one_line(command, 2);
        assert!(said.contains(expected) && said.contains("hint: "), "{said}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_anything_is_read() {
    let tenant = Tenant::start(Settings::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let mut scan = tenant.command("scan");
    scan.arg("--out").arg(&file);
    assert!(refused_in_one_line(scan, 2).contains("hint: "));
    let mut collect = tenant.command("collect");
    collect.arg("-o").arg(folder.path().join("missing").join("tenant.json.zst"));
    assert!(refused_in_one_line(collect, 2).contains("hint: "));
    assert!(tenant.requests().is_empty());
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
}

#[test]
fn numbers_and_words_out_of_range_are_refused() {
    let wrong: [&[&str]; 8] = [
        &["scan", "--days", "0"],
        &["scan", "--days", "-3"],
        &["scan", "--days", "120"],
        &["scan", "--now", "yesterday"],
        &["scan", "--plan", "apps"],
        &["scan", "--cloud", "mars"],
        &["scan", "--profile", "cis"],
        &["simulate", "--service-principals", "3"],
    ];
    for arguments in wrong {
        let mut command = maascan();
        command.args(arguments).env("MAASCAN_ACCESS_TOKEN", "x");
        let said = refused(command, 2);
        assert!(said.starts_with("error: "), "{arguments:?}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_maascan"))
        .args(["demo", "--format", "json", "--out"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && !text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
}
