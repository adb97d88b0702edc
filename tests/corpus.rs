//! How many real automations are judged rightly: precision and recall per workload on files that other people published, which
//! are no part of this repository. They are looked for in the folder that `MAASCAN_CORPUS` names, or in `../corpus`:
//! `open-labels.csv` (repo, path, language, writes, auth, approval_aware, doubt, …) and each file as `repo/path` beside it.
//! Where they are not there, the test says so and passes.
//!
//! Run with `cargo test --test corpus -- --nocapture` to see the figures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

mod common;

/// What a person found in one file.
struct Label {
    file: PathBuf,
    /// Must be found.
    writes: BTreeSet<String>,
    /// May be found: nobody knows whether it is protected.
    allowed: BTreeSet<String>,
    auth: String,
    doubt: bool,
}

#[derive(Default)]
struct Score {
    right: usize,
    wrong: usize,
    missed: usize,
}

fn folder() -> PathBuf {
    std::env::var_os("MAASCAN_CORPUS").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus"), PathBuf::from)
}

fn labels(folder: &Path) -> Option<Vec<Label>> {
    let mut reader = csv::Reader::from_path(folder.join("open-labels.csv")).ok()?;
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    let label = |row: BTreeMap<String, String>| {
        let words = || row["writes"].split(';').filter(|word| !word.is_empty());
        Label {
            file: folder.join(&row["repo"]).join(&row["path"]),
            writes: words().filter(|word| !word.ends_with('?')).map(str::to_owned).collect(),
            allowed: words().map(|word| word.trim_end_matches('?').to_owned()).collect(),
            auth: row["auth"].clone(),
            doubt: row["doubt"] == "yes",
        }
    };
    Some(rows.map(|row| label(row.unwrap())).filter(|label| label.file.is_file()).collect())
}

/// The word of the labels for a workload.
fn word(workload: &str) -> String {
    if ["deviceWipe", "deviceRetire", "deviceDelete"].contains(&workload) { "deviceAction".to_owned() } else { workload.to_owned() }
}

#[test]
fn real_automations_are_judged_rightly() {
    let folder = folder();
    let Some(labels) = labels(&folder).filter(|labels| !labels.is_empty()) else {
        println!("skipped: no labelled files in {}; set MAASCAN_CORPUS to the folder that has them", folder.display());
        return;
    };
    let mut command = common::maascan();
    command.args(["scripts", "--format", "json", "--allow-incomplete"]).args(labels.iter().map(|label| &label.file));
    let report: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let found: BTreeMap<&str, &serde_json::Value> =
        report["files"].as_array().unwrap().iter().map(|file| (file["path"].as_str().unwrap(), file)).collect();

    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let (mut writing, mut hit, mut quiet, mut silent, mut signed, mut sign_ins) = (0, 0, 0, 0, 0, 0);
    for label in &labels {
        let shown = label.file.to_string_lossy().replace('\\', "/");
        let writes = found.get(shown.as_str()).map(|file| file["writes"].as_array().unwrap().clone()).unwrap_or_default();
        let words: BTreeSet<String> = writes.iter().map(|write| word(write["workload"].as_str().unwrap())).collect();
        for workload in &words {
            let score = scores.entry(workload.clone()).or_default();
            if label.allowed.contains(workload) { score.right += 1 } else { score.wrong += 1 }
        }
        for workload in label.writes.difference(&words) {
            scores.entry(workload.clone()).or_default().missed += 1;
        }
        let right = label.writes.is_subset(&words) && words.is_subset(&label.allowed);
        if label.allowed.is_empty() {
            quiet += 1;
            silent += usize::from(words.is_empty());
        } else if !label.doubt {
            writing += 1;
            hit += usize::from(right);
        }
        if !right {
            println!("{}: {words:?} instead of {:?}{}", label.file.display(), label.allowed, if label.doubt { " (arguable)" } else { "" });
        }
        if let Some(first) = writes.first() {
            sign_ins += 1;
            signed += usize::from(first["auth"] == label.auth.as_str());
        }
    }
    println!("{:<22}{:>8}{:>8}{:>8}{:>11}{:>8}", "workload", "right", "wrong", "missed", "precision", "recall");
    for (workload, Score { right, wrong, missed }) in &scores {
        let of = |whole: usize| if whole == 0 { 1.0 } else { *right as f64 / whole as f64 };
        println!("{workload:<22}{right:>8}{wrong:>8}{missed:>8}{:>11.2}{:>8.2}", of(right + wrong), of(right + missed));
    }
    println!("files that write, with the right workloads: {hit} of {writing}; that do not, quiet: {silent} of {quiet}");
    println!("sign-in as the labels have it: {signed} of {sign_ins}");
    assert!(hit * 100 >= writing * 95, "{hit} of {writing}");
    assert!(silent * 100 >= quiet * 95, "{silent} of {quiet}");
}
