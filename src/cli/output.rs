//! Standard output for data, standard error for everything else.

use super::exit::{Failure, could_not_run};
use crate::report::harmless_line;
use crate::rules::LoadErrors;
use std::io::{self, ErrorKind, IsTerminal, Write};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::time::uptime;
use tracing_subscriber::prelude::*;

/// Writes data to standard output.
pub(super) fn data(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::ReaderGone),
        other => other.map_err(|error| {
            could_not_run(anyhow::anyhow!(
                "cannot write to standard output: {error}\nhint: reports named by --out and --output are written all the same"
            ))
        }),
    }
}

/// Most characters of one line on standard error.
const LONGEST: usize = 2_000;

/// Most problems of files that are told at once.
const MOST_PROBLEMS: usize = 100;

/// Stands between a message and its hint.
const HINT: &str = "\nhint: ";

/// Writes one line for the person at the terminal to standard error. If nobody can read it, there is nobody to tell. The
/// line may hold what a service, a snapshot or a rule says, so it is made harmless.
pub(super) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless_line(line, LONGEST));
}

/// Writes an error, its causes, and its hint. Problems of rule files come one after another, each with its own.
pub(super) fn error(error: &anyhow::Error) {
    let text = match error.downcast_ref::<LoadErrors>() {
        Some(problems) => listed(problems),
        None => harmless(&with_causes(error)),
    };
    let _ = writeln!(io::stderr().lock(), "error: {text}");
}

/// The problems of files one after another; of very many the first.
fn listed(problems: &LoadErrors) -> String {
    let shown = problems.iter().take(MOST_PROBLEMS).map(|problem| harmless(&problem.to_string()));
    let more = problems.iter().count().saturating_sub(MOST_PROBLEMS);
    let rest = (more > 0).then(|| format!("and {more} more problems"));
    shown.chain(rest).collect::<Vec<_>>().join("\n")
}

/// The error and its causes, before the hint. Each cause that repeats what is there already is left out.
fn with_causes(error: &anyhow::Error) -> String {
    let whole = error.to_string();
    let (message, hint) = whole.rsplit_once(HINT).map_or((whole.as_str(), None), |(message, hint)| (message, Some(hint)));
    let mut text = message.to_owned();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    hint.map_or_else(|| text.clone(), |hint| format!("{text}{HINT}{hint}"))
}

/// A message in one line, and its hint, if there is one, in another. Only the last line break before `hint: ` is ours.
pub(super) fn harmless(text: &str) -> String {
    match text.rsplit_once(HINT) {
        Some((message, hint)) => format!("{}{HINT}{}", harmless_line(message, LONGEST), harmless_line(hint, LONGEST)),
        None => harmless_line(text, LONGEST),
    }
}

/// Whether standard output may be coloured: a terminal, and `NO_COLOR` not set (no-color.org).
pub(super) fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of the terminal; None when standard output is none.
pub(super) fn width() -> Option<u16> {
    io::stdout().is_terminal().then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0)
}

/// Starts the log on standard error: warnings, with `-v` each dataset, with `-vv` each request. Of other crates only warnings.
pub(super) fn start_log(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let ours = Targets::new().with_default(LevelFilter::WARN).with_target("maascan", level);
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(colour).with_timer(uptime()).with_target(false);
    // A second start, as in tests, keeps the first log.
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn only_the_line_break_before_the_hint_stays() {
        assert_eq!(harmless("cannot read\nhint: try"), "cannot read\nhint: try");
        assert_eq!(harmless("a\u{1b}[2Jb\u{202e}c\r\nd\u{9b}31m\nhint: e\u{7}\nf"), "a[2Jbc d31m\nhint: e f");
        assert_eq!(harmless("crafted\nhint: not ours\nhint: ours"), "crafted hint: not ours\nhint: ours");
    }

    #[test]
    fn a_message_without_end_is_cut_and_keeps_its_hint() {
        let text = harmless(&format!("{}\nhint: {}", "x".repeat(1_000_000), "y".repeat(1_000_000)));
        let lengths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert_eq!(lengths, [LONGEST, LONGEST + "hint: ".len()]);
    }

    #[test]
    fn of_very_many_problems_the_first_are_told() {
        let problem = |line| crate::rules::LoadError { path: "f".into(), line: Some(line), message: "bad".to_owned(), hint: None };
        let text = listed(&LoadErrors::new((1..=150).map(problem).collect()));
        assert_eq!((text.lines().count(), text.lines().last()), (101, Some("and 50 more problems")));
        assert_eq!(listed(&LoadErrors::new(vec![problem(7)])), "f:7: bad");
    }

    #[test]
    fn causes_stand_before_the_hint() {
        let error = anyhow!("disk full").context("cannot write: x\nhint: make room");
        assert_eq!(with_causes(&error), "cannot write: x: disk full\nhint: make room");
        let told = anyhow!("disk full").context("cannot write: disk full");
        assert_eq!(with_causes(&told), "cannot write: disk full");
    }
}
