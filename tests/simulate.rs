//! `maascan simulate` as a user starts it: in a process of its own, scanned with what it prints.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{files, maascan, text};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A simulator process that ends with this.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the command and reads the lines that it prints: three variables and a command.
fn start(arguments: &[&str]) -> (Process, Vec<String>) {
    let mut child =
        Command::new(env!("CARGO_BIN_EXE_maascan")).arg("simulate").args(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("it prints")).lines().take(4).map(|line| line.expect("text")).collect();
    (Process(child), lines)
}

/// The command that the simulator prints, with the variables that it prints.
fn printed_command(lines: &[String]) -> assert_cmd::Command {
    let mut command = maascan();
    for line in &lines[..3] {
        let (name, value) = line.trim_start_matches("export ").split_once('=').expect("a variable");
        command.env(name, value);
    }
    command.args(lines[3].split_whitespace().skip(1));
    command
}

#[test]
fn what_it_prints_scans_it_with_the_demos_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_process, lines) = start(&[]);
    printed_command(&lines).arg("--out").arg(folder.path().join("scan")).assert().success();
    maascan().arg("demo").arg("--out").arg(folder.path().join("demo")).assert().success();
    assert_eq!(files(&folder.path().join("scan")), files(&folder.path().join("demo")));
}

#[test]
fn another_seed_is_another_tenant_and_another_clock_moves_it() {
    let (_process, lines) = start(&["--seed", "7", "--now", "2026-12-24T00:00:00Z", "--service-principals", "500"]);
    assert!(lines[3].contains("--now 2026-12-24T00:00:00Z"), "{}", lines[3]);
    let shown = text(&printed_command(&lines).assert().success().get_output().stdout);
    assert!(shown.contains("from 2026-11-24T00:00:00Z"), "{shown}");
    let (_other, demo) = start(&[]);
    assert_ne!(lines[0], demo[0]);
}

#[test]
fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let said = text(&maascan().args(["simulate", "--port", &port]).assert().code(4).stdout("").get_output().stderr);
    assert!(said.starts_with("error: ") && said.contains(&port), "{said}");
}
