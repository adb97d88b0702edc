//! Standard output for data, standard error for everything else.

use super::exit::{Failure, could_not_run};
use std::io::{self, ErrorKind, IsTerminal, Write};
use tracing_subscriber::fmt::time::uptime;

/// Writes data to standard output.
pub(super) fn data(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::ReaderGone),
        other => other.map_err(could_not_run),
    }
}

/// Writes one line for the person at the terminal to standard error. If nobody can read it, there is nobody to tell.
pub(super) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes an error, its causes, and its hint. Each cause that repeats the one above is left out.
pub(super) fn error(error: &anyhow::Error) {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    note(&format!("error: {text}"));
}

/// Whether standard output may be coloured: a terminal, and `NO_COLOR` not set (no-color.org).
pub(super) fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of the terminal; None when standard output is none.
pub(super) fn width() -> Option<u16> {
    io::stdout().is_terminal().then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0)
}

/// Starts the log on standard error: warnings, with `-v` what is done, with `-vv` every request.
pub(super) fn start_log(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(level).with_ansi(colour).with_timer(uptime());
    // A second start, as in tests, keeps the first log.
    let _ = log.with_target(false).try_init();
}
