//! Scripts: a repository of 10,000 files and 200 MB, read by the program as users have it, on two threads.
//!
//! `cargo bench --bench scripts` makes the repository in the folder for temporary files, the same each time (`generate`), and fails
//! where a figure misses what is promised. `-- --files 500` makes a smaller one, and `-- --folder DIR` takes a folder that is there;
//! both only print their figures.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench that cannot start has nothing to measure")]

mod generate;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Files of the repository.
const FILES: usize = 10_000;

/// Longest time, in seconds, and most memory resident at a time, in MB.
const MOST_SECONDS: f64 = 20.0;
const MOST_MEGABYTES: f64 = 300.0;

const ROUNDS: usize = 3;

fn main() {
    let made = tempfile::tempdir().expect("a folder");
    let files = option("--files").and_then(|files| files.parse().ok());
    let given = option("--folder").map(PathBuf::from);
    let folder = given.clone().unwrap_or_else(|| {
        let sizes = generate::repository(made.path(), files.unwrap_or(FILES));
        println!("{} files, {:.0} MB, the longest {} KB", sizes.files, sizes.bytes as f64 / 1e6, sizes.longest / 1_000);
        made.path().to_owned()
    });
    let answer = answer(&folder);
    println!("{answer}");
    let (mut seconds, mut megabytes): (f64, f64) = (f64::INFINITY, 0.0);
    for _ in 0..ROUNDS {
        let (took, most) = measure(&folder);
        println!("{took:.2} s, {most:.0} MB, {:.0} files a second", answer.files as f64 / took);
        seconds = seconds.min(took);
        megabytes = megabytes.max(most);
    }
    println!("at best {seconds:.2} s of {MOST_SECONDS}, at most {megabytes:.0} MB of {MOST_MEGABYTES}");
    let promised = given.is_none() && files.is_none();
    assert!(!promised || answer.writing * 3 >= FILES, "too few files write");
    assert!(!promised || (seconds < MOST_SECONDS && megabytes < MOST_MEGABYTES), "a figure misses what is promised");
}

/// What stands after a word on the command line.
fn option(word: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != word).nth(1)
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maascan"));
    command.arg("scripts").arg(folder).args(["--format", "json", "--threads", "2", "--allow-incomplete"]);
    command
}

/// What the program says of the repository.
struct Answer {
    files: usize,
    /// Files with writes.
    writing: usize,
    writes: usize,
    /// Files that could not be followed whole.
    problems: usize,
}

impl std::fmt::Display for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { files, writing, writes, problems } = self;
        write!(out, "{files} files are listed, {writing} write, in {writes} places; {problems} with problems")
    }
}

fn answer(folder: &Path) -> Answer {
    let output = command(folder).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let files = value["files"].as_array().expect("files");
    let length = |file: &Value, member: &str| file[member].as_array().map_or(0, Vec::len);
    Answer {
        files: files.len(),
        writing: files.iter().filter(|file| length(file, "writes") > 0).count(),
        writes: files.iter().map(|file| length(file, "writes")).sum(),
        problems: files.iter().filter(|file| length(file, "problems") > 0).count(),
    }
}

/// Seconds from start to end, and most memory resident at a time, in MB (0 where the system does not tell).
fn measure(folder: &Path) -> (f64, f64) {
    let started = Instant::now();
    let mut child = command(folder).stdout(Stdio::null()).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut megabytes: f64 = 0.0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let most = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
        megabytes = megabytes.max(most.unwrap_or_default() * 1.024 / 1000.0);
        if let Some(status) = child.try_wait().expect("it runs") {
            assert!(status.success(), "it ended with {status}");
            return (started.elapsed().as_secs_f64(), megabytes);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
