//! How a run ends: the documented statuses, and one error on standard error.

use super::output;
use std::process::ExitCode;

/// How a run that was carried out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// 0
    Done,
    /// 1: findings at or above `--fail-on`, rules whose examples do not hold, or waivers that have expired or match nothing.
    Findings,
    /// 3: a dataset that was asked for could not be read whole.
    Incomplete,
}

/// Why a run was not carried out.
#[derive(Debug)]
pub(super) enum Failure {
    /// 2: the user's arguments, files or environment.
    Usage(anyhow::Error),
    /// 4: sign-in, network, disk.
    CouldNotRun(anyhow::Error),
    /// 4: somebody stopped it, and was told so.
    Stopped,
    /// The reader of standard output went away, as `head` does: no failure of ours, and nothing to say.
    ReaderGone,
}

impl Failure {
    /// A usage error with a hint on its own line.
    pub(super) fn usage(message: impl std::fmt::Display, hint: impl std::fmt::Display) -> Self {
        Self::Usage(anyhow::anyhow!("{message}\nhint: {hint}"))
    }
}

/// For `map_err`: the user's fault.
pub(super) fn usage_error(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Usage(error.into())
}

/// For `map_err`: the run could not be carried out.
pub(super) fn could_not_run(error: impl Into<anyhow::Error>) -> Failure {
    Failure::CouldNotRun(error.into())
}

/// Exit status of a run that was interrupted.
pub(super) const STOPPED: u8 = 4;

/// Ends a run; prints the error, if there is one.
pub(super) fn code(status: Result<Status, Failure>) -> ExitCode {
    match status {
        Ok(Status::Done) | Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Ok(Status::Findings) => ExitCode::from(1),
        Ok(Status::Incomplete) => ExitCode::from(3),
        Err(Failure::Usage(error)) => {
            output::error(&error);
            ExitCode::from(2)
        }
        Err(Failure::Stopped) => ExitCode::from(STOPPED),
        Err(Failure::CouldNotRun(error)) => {
            output::error(&error);
            ExitCode::from(4)
        }
    }
}

/// Ends a run whose arguments clap refused or answered itself (help, version).
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match (error.use_stderr(), printed) {
        (false, Ok(())) => ExitCode::SUCCESS,
        // The help could not be written, which is no fault of the arguments.
        (false, Err(_)) => ExitCode::from(4),
        (true, _) => ExitCode::from(2),
    }
}
