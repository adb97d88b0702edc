//! Activity logs: maascan, DuckDB and a bare newline scan on the same files, in one run.
//!
//! `cargo bench --bench logs` makes 2 GB of realistic logs (about 3 % writes on Intune, 12 % reads of it, 2.7 % duplicates), installs
//! DuckDB into a virtual environment in the folder for temporary files (`python3` must be there), and measures the best of some
//! rounds, in which the programs take turns. It fails where a count differs from DuckDB's, or a figure misses what is promised;
//! `-- --size 200` takes 200 MB instead, and only prints the figures then: they are promised for large files. `-- --folder DIR`
//! keeps the logs in a folder that is there, and takes those that it finds there.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench that cannot start has nothing to measure")]

mod duckdb;
mod generate;
mod measure;

use maascan::catalogue::Catalogue;
use measure::{Measured, decoder, maascan, newlines};
use std::path::{Path, PathBuf};

/// Megabytes by default.
const SIZE: u64 = 2_000;

/// The figures hold from this size on.
const LARGE: u64 = 1_000;

const ROUNDS: usize = 5;

/// A promise: what, the figure, its limit, and whether the figure must not be above it (or else not below).
struct Promise(&'static str, f64, f64, bool);

fn main() {
    let size = option("--size").and_then(|size| size.parse().ok()).unwrap_or(SIZE);
    let made = tempfile::tempdir().expect("a folder");
    let kept = option("--folder").map(PathBuf::from);
    let plain = kept.as_deref().unwrap_or(made.path()).join("PT1H.json");
    let packed = generate::files(&plain, size * 1_000_000);
    let duckdb = duckdb::Duckdb::install();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{threads} threads");
    let promises = [plain_file(&plain, &duckdb, threads), one_packed(&packed), many_packed(&packed, &duckdb)].concat();
    let mut missed = 0;
    for Promise(what, figure, limit, above) in &promises {
        let kept = if *above { figure >= limit } else { figure <= limit };
        println!(
            "{what}: {figure:.2}, promised {} {limit}{}",
            if *above { "at least" } else { "at most" },
            if kept { "" } else { ": MISSED" }
        );
        missed += usize::from(!kept);
    }
    assert!(missed == 0 || size < LARGE, "{missed} figures miss what is promised");
}

/// What stands after a word on the command line.
fn option(word: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != word);
    arguments.nth(1)
}

impl Clone for Promise {
    fn clone(&self) -> Self {
        Self(self.0, self.1, self.2, self.3)
    }
}

/// One plain file: against DuckDB and against a scan for line feeds, with equal counts.
fn plain_file(path: &Path, duckdb: &duckdb::Duckdb, threads: usize) -> Vec<Promise> {
    let files = [path.to_owned()];
    let (mut ours, mut scan, mut theirs) = (Measured::worst(), Measured::worst(), Measured::worst());
    for _ in 0..ROUNDS {
        scan = scan.best(newlines(path, threads));
        ours = ours.best(maascan(&files));
        theirs = theirs.best(duckdb.run(&files).0);
    }
    compare(&files, duckdb);
    println!("plain file: maascan {ours}, DuckDB {theirs}, newline scan {scan}");
    vec![
        Promise("times as fast as DuckDB, plain", theirs.seconds / ours.seconds, 5.0, true),
        Promise("times the newline scan", ours.seconds / scan.seconds, 1.7, false),
        Promise("MB of memory", ours.megabytes, 32.0, false),
    ]
}

/// One packed file: against its decoder alone.
fn one_packed(packed: &[PathBuf]) -> Vec<Promise> {
    let first = &packed[..1];
    let (mut ours, mut alone) = (Measured::worst(), Measured::worst());
    for _ in 0..ROUNDS {
        alone = alone.best(decoder(&first[0]));
        ours = ours.best(maascan(first));
    }
    println!("one .gz: maascan {ours}, decoder {alone}");
    vec![Promise("times the decoder, one .gz", ours.seconds / alone.seconds, 1.15, false)]
}

/// Eight packed files: against DuckDB.
fn many_packed(packed: &[PathBuf], duckdb: &duckdb::Duckdb) -> Vec<Promise> {
    let (mut ours, mut theirs) = (Measured::worst(), Measured::worst());
    for _ in 0..ROUNDS.min(3) {
        ours = ours.best(maascan(packed));
        theirs = theirs.best(duckdb.run(packed).0);
    }
    compare(packed, duckdb);
    println!("{} .gz: maascan {ours}, DuckDB {theirs}", packed.len());
    vec![
        Promise("times as fast as DuckDB, eight .gz", theirs.seconds / ours.seconds, 2.4, true),
        Promise("MB of memory, eight .gz", ours.megabytes, 32.0, false),
    ]
}

/// Both must say the same, to the last count.
fn compare(files: &[PathBuf], duckdb: &duckdb::Duckdb) {
    let catalogue = Catalogue::builtin().expect("the catalogue");
    let theirs = duckdb::by_template(&duckdb.run(files).1, &catalogue);
    let ours = measure::counts(files);
    let calls: u64 = ours.values().sum();
    assert_eq!(ours, theirs, "the counts differ");
    println!("{calls} writes in {} cells: equal", ours.len());
}
