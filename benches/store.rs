//! A store of ten years of weekly runs: `runs list`, `runs trend`, `runs show` and `diff` in under 2 s each, the reading of the store
//! included.
//!
//! `cargo bench --bench store` keeps 520 runs of the made-up tenant, every other one a week later, and runs the release binary on them.
//! It fails where a figure is beyond what is promised.

#![expect(clippy::expect_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a bench that cannot start has nothing to measure")]

mod common;

use chrono::TimeDelta;
use maascan::assess::{self, assess};
use maascan::catalogue::Catalogue;
use maascan::report::{Contents, Layout, OutputKind, Style, render};
use maascan::rules::{self, Profile, RuleSet};
use maascan::runs::{Seen, Store};
use maascan::simulator::{DEMO_TIME, Settings};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 520;
const MOST_SECONDS: f64 = 2.0;
const REPEATS: usize = 3;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("runs");
    keep(&root);
    let commands = [&["runs", "list"][..], &["runs", "trend"], &["runs", "show"], &["diff"]];
    let slow: Vec<&[&str]> = commands.into_iter().filter(|command| !is_in_time(command, &root)).collect();
    assert!(slow.is_empty(), "beyond the {MOST_SECONDS} s that are promised: {slow:?}");
}

/// The best of some runs of a command.
fn is_in_time(command: &[&str], root: &Path) -> bool {
    let best = (0..REPEATS).map(|_| seconds(command, root)).fold(f64::INFINITY, f64::min);
    println!("{}: {best:.3} s", command.join(" "));
    best < MOST_SECONDS
}

fn seconds(command: &[&str], root: &Path) -> f64 {
    let started = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_maascan"));
    let status = process.args(command).arg("--store").arg(root).stdout(Stdio::null()).status().expect("it starts");
    assert!(status.success(), "{} ended with {status}", command.join(" "));
    started.elapsed().as_secs_f64()
}

/// Fills a store.
fn keep(root: &Path) {
    let store = Store::prepare(root).expect("a store");
    let catalogue = Catalogue::builtin().expect("the catalogue");
    let rules = RuleSet::builtin().expect("the rules");
    let mut weeks = [false, true].map(|week_later| {
        let now = DEMO_TIME + if week_later { TimeDelta::weeks(1) } else { TimeDelta::zero() };
        common::tenant(&catalogue, Settings { week_later, ..Settings::default() }, now)
    });
    let mut seen = Seen::default();
    for run in 0..RUNS {
        let snapshot = &mut weeks[run % 2];
        snapshot.taken_at = DEMO_TIME + TimeDelta::weeks(i64::try_from(run).expect("a small number"));
        let mut assessment = assess(snapshot, &catalogue, &assess::Options::default());
        let facts = assess::facts::facts(&assessment);
        assessment.findings = rules::judge(&rules, Profile::Default, &facts, &[], snapshot.taken_at.date_naive()).findings;
        seen = seen.after(&assessment);
        let contents = Contents::of(&assessment);
        let published = render(OutputKind::Json, &contents, Style::default(), Layout::default()).expect("assessment.json");
        store.add(snapshot, &assessment, &published, &seen).expect("room for a run");
    }
    let kept = store.contents().expect("a store");
    assert_eq!((kept.runs.len(), kept.oddities.len()), (RUNS, 0));
    println!("{RUNS} runs kept");
}
