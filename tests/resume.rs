//! Runs that are stopped half-way, by force, by Ctrl-C or by a lost network, and go on where they were.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Tenant, text};
use maascan::simulator::{Fault, FaultKind, PLANTED_HINT, PLANTED_SECRET, RecordedRequest, Settings, TokenRoles};
use maascan::snapshot::{self, Snapshot};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long every answer takes.
const LATENCY: Duration = Duration::from_millis(120);

/// An answer that was due so long before the kill has been read and kept, on a busy machine too.
const SLACK: Duration = Duration::from_millis(700);

/// What the tenant refuses: a policy that cannot be read, and Intune's own service principal, which it does not have. A failure
/// is not remembered, and so it is asked for again.
const REFUSED: [&str; 2] = ["/operationApprovalPolicies/", "0000000a-0000-0000-c000-000000000000"];

fn slow(service_principals: usize) -> Tenant {
    Tenant::start(Settings { service_principals, automations: Some(service_principals / 10), latency: LATENCY, ..Settings::default() })
}

/// What one request asked for, in the words of a work file: itself, or the parts of a batch. Sign-in is left out, which every
/// run needs.
fn asked(request: &RecordedRequest) -> Vec<String> {
    let path = request.path_and_query.split('?').next().unwrap_or_default();
    let version = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match request.inner.as_slice() {
        _ if path.ends_with("/token") => Vec::new(),
        [] if request.method == "POST" => vec![format!("POST {path} {}", request.body_length)],
        [] => vec![get(&request.path_and_query)],
        parts => parts.iter().map(|(_, url)| get(&format!("/{version}{url}"))).collect(),
    }
}

/// A GET with its address as a URL writes it.
fn get(path_and_query: &str) -> String {
    let url = url::Url::parse(&format!("http://h{path_and_query}")).unwrap();
    format!("GET {}{}", url.path(), url.query().map_or_else(String::new, |query| format!("?{query}")))
}

/// The reads whose answers a work file holds.
fn kept(records: &[Vec<u8>]) -> BTreeSet<String> {
    let key = |record: &Vec<u8>| {
        let (length, rest) = record.split_first_chunk::<4>().unwrap();
        text(&rest[..u32::from_le_bytes(*length) as usize])
    };
    let without_body = |key: String| match key.split_once(" {") {
        Some((by_ids, body)) => format!("{by_ids} {}", body.len() + 1),
        None => key,
    };
    // The first record says what the file is about.
    records[1..].iter().map(key).map(without_body).collect()
}

fn all_asked(requests: &[RecordedRequest]) -> BTreeSet<String> {
    requests.iter().flat_map(asked).collect()
}

fn start(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn collect(tenant: &Tenant, file: &Path) -> Command {
    let mut command = tenant.process("collect");
    command.arg("--allow-incomplete").arg("-o").arg(file);
    command
}

fn work_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".work");
    name.into()
}

fn stderr(output: &Output) -> String {
    text(&output.stderr)
}

/// Lets a run go on until it has made so many requests, ends it by `end`, and gives what it had asked for whose answers had
/// come some time before.
fn stop_after(tenant: &Tenant, mut run: Child, requests: usize, end: impl FnOnce(&mut Child)) -> (BTreeSet<String>, Output) {
    let before = tenant.requests().len();
    let mut seen: Vec<(Instant, usize)> = Vec::new();
    while tenant.requests().len() < before + requests {
        assert!(run.try_wait().unwrap().is_none(), "ended by itself after {} requests", tenant.requests().len() - before);
        seen.push((Instant::now(), tenant.requests().len()));
        std::thread::sleep(Duration::from_millis(3));
    }
    let due = Instant::now() - LATENCY - SLACK;
    end(&mut run);
    let output = run.wait_with_output().unwrap();
    let finished = seen.iter().rev().find(|(at, _)| *at <= due).map_or(before, |(_, count)| *count);
    (all_asked(&tenant.requests()[before..finished]), output)
}

fn kill(run: &mut Child) {
    run.kill().unwrap();
}

fn signal(name: &'static str) -> impl FnOnce(&mut Child) {
    move |run| assert!(Command::new("kill").args([name, &run.id().to_string()]).status().unwrap().success())
}

/// How many requests a whole run makes, the sign-in included, what they ask for, and what comes of it.
fn whole(tenant: &Tenant, folder: &Path) -> (usize, BTreeSet<String>, Vec<u8>) {
    let file = folder.join("whole");
    let before = tenant.requests().len();
    let output = start(collect(tenant, &file)).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!work_of(&file).exists());
    let requests = &tenant.requests()[before..];
    (requests.len(), all_asked(requests), std::fs::read(&file).unwrap())
}

/// Stops a collection at each of these shares of its requests by SIGKILL, and goes on.
fn kill_and_go_on(tenant: &Tenant, shares: &[f64]) {
    let folder = tempfile::tempdir().unwrap();
    let (requests, everything, uninterrupted) = whole(tenant, folder.path());
    for share in shares {
        let file = folder.path().join(format!("killed-{share}"));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a few hundred"
        )]
        let after = (requests as f64 * share) as usize;
        let (finished, _) = stop_after(tenant, start(collect(tenant, &file)), after, kill);
        assert!(!file.exists() && work_of(&file).exists());
        let records = unpacked(&work_of(&file));
        assert_holds_nothing_secret(tenant, &records);
        let kept = kept(&records);
        let lost: Vec<&String> = finished.difference(&kept).filter(|read| !REFUSED.iter().any(|refused| read.contains(refused))).collect();
        // Large pages take the service longer than its latency, so a few answers may still have been on their way.
        assert!(lost.len() <= 5, "killed at {share}, read and not kept: {lost:#?}");
        let before = tenant.requests().len();
        let output = start(collect(tenant, &file)).wait_with_output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let again = all_asked(&tenant.requests()[before..]);
        let twice: Vec<&String> = again.intersection(&kept).collect();
        assert!(twice.is_empty(), "killed at {share}, read twice: {twice:#?}");
        assert!(!again.is_empty() && again.is_subset(&everything) && kept.is_subset(&everything));
        let known: Vec<&String> = everything.iter().filter(|read| !kept.contains(*read) && !again.contains(*read)).collect();
        assert!(known.is_empty(), "killed at {share}, never read: {known:#?}");
        let resumed = format!("resuming from {}: {} answers read at ", work_of(&file).display(), kept.len());
        assert_eq!(stderr(&output).contains(&resumed), !kept.is_empty(), "{}", stderr(&output));

        assert!(*share < 0.7 || kept.len() > 30, "{} kept: the test proves nothing", kept.len());
        assert!(*share < 0.9 || !finished.is_empty(), "nothing was finished long before the kill");
        assert_eq!(std::fs::read(&file).unwrap(), uninterrupted, "killed at {share}");
        assert!(!work_of(&file).exists());
    }
}

/// Every whole record of a work file, unpacked: 16 bytes of beginning, then a length and a zstd frame each.
fn unpacked(work: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(work).unwrap();
    let mut rest = &bytes[16..];
    let mut all = Vec::new();
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        let Some((frame, next)) = more.split_at_checked(u32::from_le_bytes(*length) as usize) else { break };
        all.push(zstd::decode_all(frame).unwrap());
        rest = next;
    }
    all
}

fn assert_holds_nothing_secret(tenant: &Tenant, records: &[Vec<u8>]) {
    let text: String = records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect();
    // A token begins with its header, {"alg" or {"typ", in base64. Its first three letters alone stand in ids by chance.
    let (secret, alg, typ) = (tenant.client_secret(), "eyJhbGci", "eyJ0eXAi");
    for planted in [PLANTED_SECRET, PLANTED_HINT, &secret, alg, typ, "\"hint\"", "Bearer"] {
        assert!(!text.contains(planted), "the work file holds {planted}");
    }
}

#[test]
fn a_killed_run_goes_on_and_reads_nothing_twice() {
    kill_and_go_on(&slow(2_000), &[0.05, 0.6, 0.8, 0.95]);
}

#[test]
#[ignore = "takes a minute; the same at the size of a large tenant; .ci/run runs it"]
fn a_killed_run_over_100_000_service_principals_goes_on() {
    let settings = Settings { service_principals: 100_000, automations: Some(200), latency: LATENCY, ..Settings::default() };
    kill_and_go_on(&Tenant::start(settings), &[0.5, 0.9]);
}

#[test]
fn a_run_that_is_killed_twice_keeps_both_parts() {
    let tenant = slow(2_000);
    let folder = tempfile::tempdir().unwrap();
    let (requests, everything, uninterrupted) = whole(&tenant, folder.path());
    let file = folder.path().join("f");
    stop_after(&tenant, start(collect(&tenant, &file)), requests * 3 / 4, kill);
    let first = kept(&unpacked(&work_of(&file)));
    stop_after(&tenant, start(collect(&tenant, &file)), 6, |run| {
        std::thread::sleep(LATENCY + SLACK);
        kill(run);
    });
    let both = kept(&unpacked(&work_of(&file)));
    assert!(!first.is_empty() && both.len() > first.len() && both.is_superset(&first), "{} and {}", first.len(), both.len());
    let before = tenant.requests().len();
    assert!(start(collect(&tenant, &file)).wait_with_output().unwrap().status.success());
    let third = all_asked(&tenant.requests()[before..]);
    assert!(third.is_disjoint(&both) && third.is_subset(&everything));
    assert_eq!(std::fs::read(&file).unwrap(), uninterrupted);
}

#[test]
fn a_torn_tail_costs_only_what_it_held() {
    let tenant = slow(1_000);
    let folder = tempfile::tempdir().unwrap();
    let (requests, _, uninterrupted) = whole(&tenant, folder.path());
    let file = folder.path().join("f");
    stop_after(&tenant, start(collect(&tenant, &file)), requests * 3 / 4, kill);
    let bytes = std::fs::read(work_of(&file)).unwrap();
    std::fs::write(work_of(&file), &bytes[..bytes.len() - 7]).unwrap();
    let output = start(collect(&tenant, &file)).wait_with_output().unwrap();
    assert!(stderr(&output).contains("resuming from "), "{}", stderr(&output));
    assert_eq!(std::fs::read(&file).unwrap(), uninterrupted);
}

#[test]
fn ctrl_c_and_sigterm_stop_at_once_and_say_how_to_go_on() {
    let tenant = slow(2_000);
    let folder = tempfile::tempdir().unwrap();
    let (requests, _, uninterrupted) = whole(&tenant, folder.path());
    for name in ["-INT", "-TERM"] {
        let file = folder.path().join(name);
        let mut stopped_at = Instant::now();
        let (_, output) = stop_after(&tenant, start(collect(&tenant, &file)), requests * 3 / 4, |run| {
            stopped_at = Instant::now();
            signal(name)(run);
        });
        assert!(stopped_at.elapsed() < Duration::from_secs(10), "{:?}", stopped_at.elapsed());
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        let said = format!("stopped; run the same command again to go on from {}", work_of(&file).display());
        assert!(stderr(&output).contains(&said) && !file.exists(), "{}", stderr(&output));
        assert!(start(collect(&tenant, &file)).wait_with_output().unwrap().status.success());
        assert_eq!(std::fs::read(&file).unwrap(), uninterrupted);
    }
}

/// A work file of a run that was killed, and the command that made it.
fn killed(tenant: &Tenant, file: &Path) {
    stop_after(tenant, start(collect(tenant, file)), 20, |run| {
        std::thread::sleep(LATENCY * 2);
        kill(run);
    });
    assert!(std::fs::metadata(work_of(file)).unwrap().len() > 500);
}

#[test]
fn refresh_other_options_and_another_tenant_begin_anew_and_say_so() {
    let tenant = slow(1_000);
    let other = Tenant::start(Settings { seed: 7, ..Settings::default() });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    let with = |arguments: &[&str]| {
        let mut command = collect(&tenant, &file);
        command.args(arguments);
        command
    };
    let cases = [
        (with(&["--refresh"]), "--refresh"),
        (with(&["--audit-days", "7"]), "begun with other options"),
        (collect(&other, &file), "it is of another tenant"),
    ];
    for (command, why) in cases {
        killed(&tenant, &file);
        let output = start(command).wait_with_output().unwrap();
        let said = stderr(&output);
        assert!(output.status.success() && said.contains("starting anew, not from ") && said.contains(why), "{said}");
        assert!(!said.contains("resuming"), "{said}");
        assert!(!work_of(&file).exists());
    }
}

#[test]
fn without_a_clock_of_its_own_a_run_goes_on_by_the_first_ones() {
    let tenant = slow(1_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    killed(&tenant, &file);
    let mut command = collect(&tenant, &file);
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let at = arguments.iter().position(|argument| argument == "--now").unwrap();
    let arguments: Vec<_> = [&arguments[..at], &arguments[at + 2..]].concat();
    let environment: Vec<_> = command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = Command::new(env!("CARGO_BIN_EXE_maascan"));
    command.env_clear().envs(environment).args(arguments);
    let output = start(command).wait_with_output().unwrap();
    assert!(output.status.success() && stderr(&output).contains("resuming from "), "{}", stderr(&output));
    let snapshot: Snapshot = snapshot::load(&file).unwrap();
    assert_eq!(snapshot.taken_at.to_rfc3339(), "2026-11-02T06:00:00+00:00");
}

#[test]
fn two_runs_at_once_do_not_share_a_work_file() {
    let tenant = slow(1_000);
    let folder = tempfile::tempdir().unwrap();
    let (requests, _, uninterrupted) = whole(&tenant, folder.path());
    let file = folder.path().join("f");
    let first = start(collect(&tenant, &file));
    let before = tenant.requests().len();
    while tenant.requests().len() < before + requests / 4 {
        std::thread::sleep(Duration::from_millis(3));
    }
    let mut named = collect(&tenant, &file);
    named.arg("--work").arg(work_of(&file));
    let refused = start(named).wait_with_output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("work file is in use by another run"), "{}", stderr(&refused));
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", stderr(&first));
    assert_eq!(std::fs::read(&file).unwrap(), uninterrupted);
}

#[test]
fn a_network_that_is_lost_half_way_leaves_the_work_file() {
    let settings = Settings { service_principals: 1_000, latency: LATENCY, ..Settings::default() };
    let tenant = Tenant::start(settings.clone());
    let folder = tempfile::tempdir().unwrap();
    let (requests, _, uninterrupted) = whole(&tenant, folder.path());
    let file = folder.path().join("f");
    let before = tenant.requests().len();
    let (again, run) = (collect(&tenant, &file), start(collect(&tenant, &file)));
    while tenant.requests().len() < before + requests * 3 / 4 {
        std::thread::sleep(Duration::from_millis(3));
    }
    let port = tenant.origin().rsplit(':').next().unwrap().parse().unwrap();
    drop(tenant);
    let output = run.wait_with_output().unwrap();
    let said = format!("lost on the way; run the same command again to go on from {}", work_of(&file).display());
    assert!(stderr(&output).contains(&said), "{}", stderr(&output));
    // What could be read is written all the same, and says what is missing.
    assert_ne!(std::fs::read(&file).unwrap(), uninterrupted);
    let tenant = Tenant::start_at(settings, port);
    let output = start(again).wait_with_output().unwrap();
    assert!(output.status.success() && stderr(&output).contains("resuming from "), "{}", stderr(&output));
    assert_eq!(std::fs::read(&file).unwrap(), uninterrupted);
    assert!(!work_of(&file).exists() && tenant.requests().len() < requests);
}

#[test]
fn a_network_that_is_not_there_ends_with_4_and_leaves_the_work_file() {
    let tenant = slow(1_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    killed(&tenant, &file);
    let work = std::fs::read(work_of(&file)).unwrap();
    let again = collect(&tenant, &file);
    drop(tenant);
    let output = start(again).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert_eq!(std::fs::read(work_of(&file)).unwrap(), work);
}

#[test]
fn failures_are_not_remembered() {
    let faults = vec![Fault { path_contains: "/organization".to_owned(), kind: FaultKind::Forbidden, after: 0, times: 1 }];
    let tenant = Tenant::start(Settings { latency: LATENCY, faults, token_roles: TokenRoles::All, ..Settings::default() });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    killed(&tenant, &file);
    assert!(start(collect(&tenant, &file)).wait_with_output().unwrap().status.success());
    assert!(snapshot::load(&file).unwrap().coverage_of(snapshot::Dataset::Organization).is_complete());
}

#[test]
fn scan_keeps_its_work_beside_the_folder_or_in_the_cache() {
    let tenant = slow(1_000);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let scan = |arguments: &[&str]| {
        let mut command = tenant.process("scan");
        command.env("XDG_CACHE_HOME", folder.path()).arg("--allow-incomplete").args(arguments);
        command
    };
    let stop = |command| {
        stop_after(&tenant, start(command), 20, |run| {
            std::thread::sleep(LATENCY * 2);
            kill(run);
        })
    };
    let beside = folder.path().join("report.work");
    stop(scan(&["--out", out.to_str().unwrap()]));
    assert!(beside.exists());
    let output = start(scan(&["--out", out.to_str().unwrap()])).wait_with_output().unwrap();
    assert!(output.status.success() && stderr(&output).contains("resuming from "), "{}", stderr(&output));
    assert!(!beside.exists() && out.join("assessment.json").exists());
    stop(scan(&[]));
    let cached: Vec<_> = std::fs::read_dir(folder.path().join("maascan")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(cached.len() == 1 && cached[0].to_str().unwrap().ends_with(".work"), "{cached:?}");
    let output = start(scan(&[])).wait_with_output().unwrap();
    assert!(output.status.success() && stderr(&output).contains("resuming from "), "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(folder.path().join("maascan")).unwrap().count(), 0);
}
