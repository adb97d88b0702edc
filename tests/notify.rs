//! `--notify` from end to end: who is told what and when, that nothing of it changes how a run ends, and that the address is in
//! nothing that the program says or writes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod common;

use assert_cmd::Command;
use chrono::TimeDelta;
use common::{Tenant, collected, files, maascan, text};
use maascan::runs::NewsKind;
use maascan::simulator::Settings;
use maascan::snapshot::{self, AppRoleGrant, Credential, CredentialKind, Owner, Snapshot};
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use tokio::runtime::Runtime;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// An excluded application that is registered in the tenant, and the policy that excludes it.
const EXCLUDED: &str = "Legacy packaging server";
const POLICY: &str = "Windows apps need a second pair of eyes";

/// What is secret of the address.
const SECRETS: [&str; 3] = ["hunter2", "hunter3", "secret-path"];

/// A webhook that gives one answer to everything.
struct Webhook {
    runtime: Runtime,
    server: MockServer,
}

impl Webhook {
    fn start(answer: ResponseTemplate) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any()).respond_with(answer).mount(&server).await;
            server
        });
        Self { runtime, server }
    }

    fn address(&self) -> String {
        address(&self.server.uri())
    }

    fn posted(&self) -> Vec<Value> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }
}

fn address(origin: &str) -> String {
    format!("{origin}/secret-path/hunter2?sig=hunter3")
}

fn ok() -> Webhook {
    Webhook::start(ResponseTemplate::new(202))
}

/// An earlier snapshot, and one of a minute later, in which something changed.
struct Runs {
    folder: tempfile::TempDir,
}

impl Runs {
    fn new(change: impl FnOnce(&mut Snapshot)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let earlier = snapshot::load(&collected(folder.path(), &[])).unwrap();
        let mut later = earlier.clone();
        later.taken_at += TimeDelta::minutes(1);
        change(&mut later);
        snapshot::save(&later, &folder.path().join("later.json.zst")).unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn assess(&self) -> Command {
        let mut command = maascan();
        command.arg("assess").arg(self.at("later.json.zst"));
        command
    }

    /// With the earlier run to compare with.
    fn compare(&self) -> Command {
        let mut command = self.assess();
        command.arg("--baseline").arg(self.at("tenant.json.zst"));
        command
    }
}

fn application<'a>(snapshot: &'a mut Snapshot, name: &str) -> &'a mut snapshot::Application {
    let principal = snapshot.service_principals.values().find(|principal| principal.display_name == name).unwrap();
    let app_id = principal.app_id.clone();
    snapshot.applications.values_mut().find(|application| application.app_id == app_id).unwrap()
}

/// One of each kind that somebody plants by hand.
fn plant(snapshot: &mut Snapshot) {
    let at = snapshot.taken_at;
    let key = Credential {
        kind: CredentialKind::Secret,
        key_id: "11111111-0000-4000-8000-000000000001".to_owned(),
        display_name: Some("hidden-hint".to_owned()),
        start: Some(at),
        end: Some(at + TimeDelta::days(30)),
        usage: None,
        thumbprint: None,
    };
    let owner =
        Owner { id: "22222222-0000-4000-8000-000000000002".into(), kind: Some("user".into()), display_name: Some("Ada Person".into()) };
    let excluded = application(snapshot, EXCLUDED);
    excluded.credentials.push(key);
    excluded.owners.get_or_insert_default().push(owner);
    let app_id = excluded.app_id.clone();
    let principal = snapshot.service_principals.values().find(|principal| principal.app_id == app_id).unwrap().id.clone();
    let role = snapshot.app_roles.values().find(|role| role.value == "DeviceManagementScripts.ReadWrite.All").unwrap().id.clone();
    snapshot.app_role_grants.push(AppRoleGrant { principal, principal_display_name: None, app_role: role, created: Some(at) });
    for group in snapshot.groups.values_mut() {
        group.members = group.members.as_ref().map(|_| Vec::new());
    }
}

/// Another application on the list of a policy, with the name of an attacker's choice.
fn exclude(snapshot: &mut Snapshot, name: &str) {
    let added =
        snapshot.service_principals.values_mut().find(|principal| principal.display_name == "Compliance baseline deployer").unwrap();
    added.display_name = name.to_owned();
    let app_id = added.app_id.to_string();
    let policy = snapshot.access_policies.values_mut().find(|policy| policy.display_name == POLICY).unwrap();
    let list = policy.unknown_members.values_mut().find_map(Value::as_array_mut).unwrap();
    let mut element = list[0].clone();
    match &mut element {
        Value::String(id) => *id = app_id,
        Value::Object(members) => {
            for value in members.values_mut().filter(|value| value.is_string()) {
                *value = app_id.clone().into();
            }
        }
        other => panic!("{other}"),
    }
    list.push(element);
}

fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn kinds(posted: &Value) -> Vec<String> {
    posted["counts"].as_array().unwrap().iter().map(|count| count["kind"].as_str().unwrap().to_owned()).collect()
}

/// Fails if the address stands in what was said or in any file.
fn assert_secret_kept(said: &str, folder: &Path) {
    let mut open = vec![folder.to_owned()];
    let mut texts = vec![("what was said".to_owned(), said.to_owned())];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else {
                let bytes = std::fs::read(&entry).unwrap();
                let unpacked = zstd::decode_all(bytes.as_slice()).unwrap_or_default();
                let text = format!("{}{}", String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&unpacked));
                texts.push((entry.display().to_string(), text));
            }
        }
    }
    assert!(texts.len() > 2, "{}", texts.len());
    for (place, text) in texts {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{place} holds {secret}");
        }
    }
}

#[test]
fn a_second_identical_run_stays_silent() {
    let (runs, webhook) = (Runs::new(|_| {}), ok());
    let output = run(runs.compare().args(["--notify", &webhook.address()]));
    assert_eq!(output.status.code(), Some(3));
    assert!(!said(&output).contains("notice"), "{}", text(&output.stderr));
    assert!(webhook.posted().is_empty());

    let always = run(runs.compare().args(["--notify-always"]).env("MAASCAN_NOTIFY_URL", webhook.address()));
    assert!(text(&always.stderr).contains("notice posted to 127.0.0.1: 0 new"), "{}", text(&always.stderr));
    let posted = webhook.posted();
    assert_eq!((posted.len(), &posted[0]["entries"], &posted[0]["changes"]), (1, &Value::Array(Vec::new()), &Value::from(0)));
    assert!(posted[0]["title"].as_str().unwrap().contains("nothing new"), "{posted:?}");
    assert!(posted[0]["headline"].as_str().unwrap().contains("write to Intune"), "{posted:?}");
}

#[test]
fn what_is_new_is_posted_gravest_first_without_names_of_people() {
    let (runs, webhook) = (Runs::new(plant), ok());
    let output = run(runs.compare().args(["--notify", &webhook.address()]));
    assert_eq!(output.status.code(), Some(3));
    let posted = webhook.posted();
    assert_eq!(posted.len(), 1);
    let told = kinds(&posted[0]);
    let expected = ["credential-on-excluded-application", "nobody-can-approve", "owner-added", "permission-granted", "approver-gone"];
    let places: Vec<usize> =
        expected.iter().map(|kind| told.iter().position(|told| told == kind).unwrap_or_else(|| panic!("{kind}: {told:?}"))).collect();
    assert!(places.is_sorted(), "{told:?}");
    let whole = posted[0].to_string();
    let credential = "new credential on an excluded application: Legacy packaging server: secret 11111111-0000-4000-8000-000000000001";
    for sentence in [
        credential,
        "new owner: Legacy packaging server: owner of the application, user, id 22222222-0000-4000-8000-000000000002",
        "permission granted: Legacy packaging server: DeviceManagementScripts.ReadWrite.All",
        "nobody can approve any more for ",
    ] {
        assert!(whole.contains(sentence), "{sentence}: {whole}");
    }
    for hidden in ["Ada Person", "hidden-hint"] {
        assert!(!whole.contains(hidden), "{hidden}: {whole}");
    }
}

#[test]
fn a_new_exclusion_comes_first_and_its_name_does_nothing_in_a_chat() {
    let hostile = "<!channel> <at>All</at> [x](https://evil.example/) @here\u{202e}\u{1b}[31m";
    let runs = Runs::new(|later| exclude(later, hostile));
    for (format, texts) in [("slack", "/blocks/1/text/text"), ("teams", "/attachments/0/content/body/4/inlines/0/text")] {
        let webhook = ok();
        run(runs.compare().args(["--notify", &webhook.address(), "--notify-format", format]));
        let posted = webhook.posted().remove(0);
        let shown = posted.pointer(texts).and_then(Value::as_str).unwrap_or_else(|| panic!("{format}: {posted}"));
        let first = shown.lines().find(|line| line.starts_with('•')).unwrap_or_else(|| panic!("{format}: {shown}"));
        assert!(first.starts_with("• new exclusion: "), "{first}");
        assert!(first.ends_with(&format!("is excluded by {POLICY}")) || first.contains(", by "), "{first}");
        let whole = posted.to_string();
        for live in ["<!", "<at", "](", "//evil", "@here", "\u{202e}", "\u{1b}", "\\u001b"] {
            assert!(!whole.contains(live), "{format}: {live}: {whole}");
        }
    }
}

#[test]
fn without_an_earlier_run_nothing_is_new() {
    let (runs, webhook) = (Runs::new(plant), ok());
    let output = run(runs.assess().args(["--notify", &webhook.address()]));
    assert!(text(&output.stderr).contains("no earlier run to compare with"), "{}", text(&output.stderr));
    assert!(webhook.posted().is_empty());
    let always = run(runs.assess().args(["--notify", &webhook.address(), "--notify-always"]));
    assert_eq!((output.status, always.status.code()), (always.status, Some(3)));
    let posted = webhook.posted();
    assert_eq!((posted.len(), &posted[0]["compared_with"]), (1, &Value::Null));
    // An earlier run that cannot be compared is none.
    let mut unfit = runs.assess();
    let output = run(unfit.arg("--baseline").arg(runs.at("later.json.zst")).args(["--notify", &webhook.address()]));
    assert!(text(&output.stderr).contains("no earlier run to compare with"), "{}", text(&output.stderr));
    assert_eq!(webhook.posted().len(), 1);
}

#[test]
fn an_endpoint_that_is_down_or_refuses_changes_nothing_and_is_not_named_in_full() {
    let runs = Runs::new(plant);
    let plain = run(runs.compare().arg("--out").arg(runs.at("plain")));
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (gone, moved) = (
        Webhook::start(ResponseTemplate::new(404).set_body_string("hunter3")),
        Webhook::start(ResponseTemplate::new(307).insert_header("Location", "http://127.0.0.1:9/secret-path")),
    );
    for (name, address, why) in [
        ("down", address(&format!("http://{down}")), "no connection"),
        ("gone", gone.address(), "status 404"),
        ("moved", moved.address(), "redirects are not followed"),
    ] {
        let out = runs.at(name);
        let output = run(runs.compare().arg("-vv").arg("--out").arg(&out).env("MAASCAN_NOTIFY_URL", &address));
        assert_eq!((output.status, text(&output.stdout)), (plain.status, text(&plain.stdout)), "{name}");
        assert_eq!(files(&out), files(&runs.at("plain")), "{name}");
        let warnings: Vec<String> =
            text(&output.stderr).lines().filter(|line| line.starts_with("warning: no notice")).map(str::to_owned).collect();
        assert!(warnings.len() == 1 && warnings[0].contains(why) && warnings[0].contains("127.0.0.1"), "{name}: {warnings:?}");
        assert_secret_kept(&said(&output), runs.folder.path());
    }
}

#[test]
fn a_scan_tells_of_the_tenant_and_keeps_the_address_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = collected(folder.path(), &[]);
    // As the tenant was before: without one of its secrets.
    let mut earlier = snapshot::load(&path).unwrap();
    earlier.taken_at -= TimeDelta::minutes(1);
    application(&mut earlier, "Lost device responder").credentials.clear();
    snapshot::save(&earlier, &path).unwrap();
    let (tenant, webhook) = (Tenant::start(Settings::default()), ok());
    let mut command = tenant.command("scan");
    command.args(["-vv", "--notify", &webhook.address(), "--baseline"]).arg(&path).arg("--out").arg(folder.path().join("report"));
    // A proxy gets nothing that stays on this machine.
    let output = run(command.env("HTTP_PROXY", "http://127.0.0.1:9").env("http_proxy", "http://127.0.0.1:9"));
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let posted = webhook.posted();
    assert_eq!(posted.len(), 1, "{}", text(&output.stderr));
    assert!(kinds(&posted[0]).contains(&"credential-on-excluded-application".to_owned()), "{posted:?}");
    assert!(text(&output.stderr).contains("notice posted to 127.0.0.1"), "{}", text(&output.stderr));
    assert_secret_kept(&said(&output), folder.path());
}

#[test]
fn an_address_that_cannot_be_used_is_wrong_usage_and_is_not_printed() {
    let runs = Runs::new(|_| {});
    for bad in
        ["hunter2", "http://a.example/hunter2", "ftp://127.0.0.1/hunter2", "https://u:hunter2@a.example", "https://[hunter2", "--hunter2"]
    {
        for (argument, variable) in [(Some(bad), None), (None, Some(bad))] {
            let mut command = runs.compare();
            command.args(argument.map(|bad| format!("--notify={bad}"))).envs(variable.map(|bad| ("MAASCAN_NOTIFY_URL", bad)));
            let output = run(&mut command);
            assert_eq!(output.status.code(), Some(2), "{bad}: {}", said(&output));
            assert!(output.stdout.is_empty() && text(&output.stderr).contains("address for notices"), "{}", said(&output));
            assert_secret_kept(&said(&output), runs.folder.path());
        }
    }
    let help = run(maascan().args(["scan", "--help"]).env("MAASCAN_NOTIFY_URL", "https://a.example/hunter2"));
    assert!(text(&help.stdout).contains("MAASCAN_NOTIFY_URL") && !said(&help).contains("hunter2"));
}

#[test]
fn a_variable_that_is_set_to_nothing_is_said_and_no_error() {
    let runs = Runs::new(plant);
    let output = run(runs.compare().env("MAASCAN_NOTIFY_URL", ""));
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("no address for notices is given"), "{}", text(&output.stderr));
}

#[test]
fn every_kind_is_explained_in_its_order() {
    let dictionary = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-reports/README.md")).unwrap();
    let (_, section) = dictionary.split_once("## The notice").unwrap();
    let places: Vec<usize> = NewsKind::ALL.iter().map(|kind| section.find(&format!("`{}`", kind.word())).unwrap()).collect();
    assert!(places.is_sorted() && NewsKind::ALL.is_sorted());
}
