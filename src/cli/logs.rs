//! `maascan logs`: which application wrote what of Intune, out of exported activity logs.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::options::Connection;
use super::{judge, logs_engine, options, output, progress, tenant};
use crate::catalogue::Catalogue;
use crate::engine;
use crate::logs::{self, Options, Progress, State};
use crate::report::{self, calls, sign_ins};
use crate::snapshot::{self, ActivityLogs, AppId, Snapshot, is_guid};
use chrono::{DateTime, SubsecRound, Utc};
use clap::{Args, Subcommand, ValueEnum};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  maascan logs insights-logs-microsoftgraphactivitylogs
  maascan logs 'export/y=2026/m=11/*/PT1H.json.gz' --output activity.csv
  maascan logs export --state logs.state --output activity.parquet
  zcat old.json.gz | maascan logs -
  maascan logs answer.csv
  maascan logs --workspace 0a1b2c3d-0000-4000-8000-000000000001 --log-days 90
  maascan logs kql --engine fabric

Exit status:
  0  done
  2  wrong usage, or a file or folder that cannot be used
  3  done, but something could not be read whole (--allow-incomplete turns this off)
  4  could not run: disk full, standard output closed; sign-in or network, where a workspace is asked";

/// Count what applications wrote of Intune, out of files of MicrosoftGraphActivityLogs
///
/// Reads the storage export (JSON lines), records of an event hub, and exports of Log Analytics as CSV and JSON, plain or packed
/// by gzip or zstd, and sends nothing anywhere. Where the logs are in a Log Analytics workspace, they can be counted there. An answer
/// to the query of `maascan logs kql` that was saved as CSV or JSON is known by its columns and read as what it counted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Files, folders with all below them, patterns in quotes, or - for standard input
    #[arg(value_name = "PATH", required_unless_present = "workspace")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    asked: logs_engine::Asked,
    #[command(flatten)]
    reading: LogReading,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    format: Format,
    /// Write the rows into this file too, as CSV, JSON or Parquet by its ending; may be given again
    #[arg(short, long, value_name = "FILE", value_parser = written, help_heading = "Output")]
    output: Vec<PathBuf>,
    /// End with status 0 although something could not be read whole
    #[arg(long, help_heading = "Output")]
    allow_incomplete: bool,
    /// The clock, RFC 3339, for output that can be reproduced; default: now
    #[arg(long, value_name = "TIME", value_parser = options::time, help_heading = "Reading")]
    now: Option<DateTime<Utc>>,
}

/// What else can be done with logs.
#[derive(Debug, Subcommand)]
enum Command {
    Kql(logs_engine::Kql),
}

/// How logs are read; shared with the commands that judge.
#[derive(Debug, Args, Clone, Default)]
#[command(next_help_heading = "Reading")]
pub(super) struct LogReading {
    /// Leave out the calls of this application, as the one that collects; default: AZURE_CLIENT_ID; may be given again
    #[arg(long, value_name = "APP ID", value_parser = app_id)]
    own_app: Vec<AppId>,
    /// Remember in this file how far the logs were read, and read only what is new the next time
    #[arg(long = "state", value_name = "FILE")]
    state: Option<PathBuf>,
    /// Threads that read logs; default: one for each processor
    #[arg(long, value_name = "N", conflicts_with = "workspace", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

/// Logs beside what is read of a tenant, for the commands that judge.
#[derive(Debug, Args, Clone, Default)]
#[command(next_help_heading = "Activity logs")]
pub(super) struct Beside {
    /// Take exported activity logs of Microsoft Graph into account: files, folders or patterns, as for `maascan logs`; may be
    /// given again. Calls of AZURE_CLIENT_ID are left out
    #[arg(long = "logs", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Remember in this file how far the logs were read, and read only what is new the next time
    #[arg(long = "logs-state", value_name = "FILE", requires = "paths")]
    state: Option<PathBuf>,
}

impl Beside {
    /// Reads the logs, if any were named, by the clock of a run.
    ///
    /// # Errors
    /// As [`LogReading::read`].
    pub(super) fn read(&self, catalogue: &Catalogue, now: DateTime<Utc>) -> Result<Option<ActivityLogs>, Failure> {
        if self.paths.is_empty() {
            return Ok(None);
        }
        let reading = LogReading { state: self.state.clone(), ..LogReading::default() };
        reading.read(&self.paths, catalogue, now).map(Some)
    }

    /// Refuses, before the long work, a path that leads nowhere, and a state, or anything of `written`, that is one of the logs or
    /// lies in a folder of them.
    ///
    /// # Errors
    /// The user's fault.
    pub(super) fn check(&self, written: &[&Path]) -> Result<(), Failure> {
        there(&self.paths)?;
        let state = self.state.as_deref();
        apart(state, &self.paths)?;
        written.iter().try_for_each(|path| apart(state.into_iter().chain([*path]), &self.paths))
    }
}

/// Logs beside the reading of a tenant: files, or the workspace that they are in.
#[derive(Debug, Args)]
pub(super) struct BesideOrAsked {
    #[command(flatten)]
    files: Beside,
    #[command(flatten)]
    place: logs_engine::Place,
}

impl BesideOrAsked {
    /// Refuses, before the long work, what cannot be read, and what of `written` would be among the logs. `days` are those of the
    /// evidence window.
    ///
    /// # Errors
    /// The user's fault.
    pub(super) fn prepare(&self, connection: &Connection, days: Option<u32>, written: &[&Path]) -> Result<Ready<'_>, Failure> {
        self.files.check(written)?;
        Ok(Ready { files: &self.files, asked: self.place.prepare(connection, days)? })
    }
}

/// Logs that can be read once the tenant was.
pub(super) struct Ready<'a> {
    files: &'a Beside,
    asked: Option<logs_engine::Beside<'a>>,
}

impl Ready<'_> {
    /// The snapshot with the logs, if any were named, by its clock.
    ///
    /// # Errors
    /// As [`Beside::read`].
    pub(super) fn beside<'s>(self, snapshot: &'s Snapshot, catalogue: &Catalogue) -> Result<Cow<'s, Snapshot>, Failure> {
        let now = snapshot.taken_at;
        let logs = match self.asked {
            Some(asked) => Some(asked.read(LogReading::default().options(now).own, catalogue, now)?),
            None => self.files.read(catalogue, now)?,
        };
        Ok(with_logs(snapshot, logs))
    }
}

/// Formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For machines, with what was read
    Json,
    /// For spreadsheets and databases
    Csv,
}

pub(super) fn app_id(text: &str) -> Result<AppId, String> {
    if is_guid(text.trim()) { Ok(AppId::new(text)) } else { Err("not an app id, such as 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30".to_owned()) }
}

fn written(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    kind(&path).map(|_| path).ok_or_else(|| "the name must end in .csv, .json or .parquet".to_owned())
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What standard output takes too.
    Text(Format),
    Parquet,
}

/// What a file is to hold, by its ending.
fn kind(path: &Path) -> Option<Kind> {
    let ending = path.extension()?.to_str()?;
    let kinds = [("csv", Kind::Text(Format::Csv)), ("json", Kind::Text(Format::Json)), ("parquet", Kind::Parquet)];
    kinds.into_iter().find(|(word, _)| ending.eq_ignore_ascii_case(word)).map(|(_, kind)| kind)
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    if let Some(Command::Kql(arguments)) = &arguments.command {
        return logs_engine::print(arguments);
    }
    let catalogue = tenant::catalogue()?;
    arguments.asked.fits(&arguments.paths)?;
    let written = arguments.output.iter().chain(&arguments.reading.state).map(PathBuf::as_path);
    apart(written, &arguments.paths)?;
    arguments.output.iter().try_for_each(|path| writable(path))?;
    let now = arguments.now.unwrap_or_else(Utc::now).trunc_subsecs(0);
    if arguments.asked.sign_ins {
        return run_sign_ins(arguments, now);
    }
    let asked = arguments.asked.read(arguments.reading.options(now).own, &catalogue, now);
    let logs = asked.unwrap_or_else(|| arguments.reading.read(&arguments.paths, &catalogue, now))?;
    for path in &arguments.output {
        let bytes = match kind(path) {
            Some(Kind::Parquet) => report::parquet(&logs).map_err(could_not_run)?,
            Some(Kind::Text(format)) => render(format, &logs)?,
            None => render(Format::Csv, &logs)?,
        };
        save(path, &bytes)?;
        output::note(&format!("rows written to {}", path.display()));
    }
    output::data(&render(arguments.format, &logs)?)?;
    let whole = report_faults(&logs);
    if whole || arguments.allow_incomplete {
        return Ok(Status::Done);
    }
    output::note(judge::INCOMPLETE);
    Ok(Status::Incomplete)
}

/// Sign-ins out of a workspace: what they are, and what of them could not be read.
fn run_sign_ins(arguments: &Arguments, now: DateTime<Utc>) -> Result<Status, Failure> {
    if let Some(path) = arguments.output.iter().find(|path| kind(path) == Some(Kind::Parquet)) {
        return Err(Failure::usage(
            format!("sign-ins are not written as Parquet: {}", path.display()),
            "name a file that ends in .csv or .json",
        ));
    }
    let (found, reading) = arguments.asked.read_sign_ins(now)?;
    let render = |format| match format {
        Format::Table => Ok(sign_ins::table(&found, &reading, output::width()).into_bytes()),
        Format::Json => sign_ins::json(&found, &reading).map_err(could_not_run),
        Format::Csv => sign_ins::csv(&found).map_err(could_not_run),
    };
    for path in &arguments.output {
        let format = if kind(path) == Some(Kind::Text(Format::Json)) { Format::Json } else { Format::Csv };
        save(path, &render(format)?)?;
        output::note(&format!("rows written to {}", path.display()));
    }
    output::data(&render(arguments.format)?)?;
    calls::faults(&reading).iter().for_each(|fault| output::note(&format!("warning: sign-in logs: {fault}")));
    if reading.is_whole() || arguments.allow_incomplete {
        return Ok(Status::Done);
    }
    output::note(judge::INCOMPLETE);
    Ok(Status::Incomplete)
}

impl LogReading {
    /// Reads the logs that the paths lead to.
    ///
    /// # Errors
    /// A state that cannot be read, or a path that leads nowhere: the user's fault. A state that cannot be written.
    pub(super) fn read(&self, paths: &[PathBuf], catalogue: &Catalogue, now: DateTime<Utc>) -> Result<ActivityLogs, Failure> {
        there(paths)?;
        if let Some(logs) = self.answers(paths, catalogue)? {
            return Ok(logs);
        }
        let options = self.options(now);
        let progress = Progress::default();
        let state = self.state.as_deref().map(State::load).transpose().map_err(usage_error)?;
        let Some((path, mut state)) = self.state.as_deref().zip(state) else {
            return Ok(progress::bytes(&progress, || logs::read(paths, catalogue, &options, &progress)));
        };
        writable(path)?;
        let logs = progress::bytes(&progress, || logs::read_on(paths, catalogue, &options, &progress, &mut state));
        state.save(path).map_err(could_not_run)?;
        Ok(logs)
    }

    /// What answers to `maascan logs kql` say that were saved in these files; None where they are logs.
    fn answers(&self, paths: &[PathBuf], catalogue: &Catalogue) -> Result<Option<ActivityLogs>, Failure> {
        let mut tables = Vec::new();
        let (mut files, mut bytes, mut partial) = (0_u64, 0_u64, Vec::new());
        // Each file once, however often it is named.
        let mut named: Vec<PathBuf> = paths.iter().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone())).collect();
        named.sort();
        named.dedup();
        for path in named.iter().filter(|path| path.is_file()) {
            let saved = engine::saved(path).map_err(|error| unusable(path, &error))?;
            let Some(saved) = saved else { continue };
            tables.extend(saved.tables);
            partial.extend(saved.partial.then_some(path));
            (files, bytes) = (files + 1, bytes.saturating_add(saved.bytes));
        }
        if files == 0 {
            return Ok(None);
        }
        if usize::try_from(files).is_ok_and(|files| files < named.len()) {
            let hint = "read them in two runs: a call that is in both would be counted twice";
            return Err(Failure::usage("answers of a log engine and logs are not counted together", hint));
        }
        if self.state.is_some() {
            return Err(Failure::usage("answers of a log engine do not grow, so there is nothing to remember", "leave the state out"));
        }
        let mut logs = engine::counted(catalogue, &tables, snapshot::LogReading::SAVED);
        (logs.reading.files, logs.reading.bytes) = (files, bytes);
        partial.iter().for_each(|path| logs.reading.fault(snapshot::LogFault::PartialResult, 1, &path.display().to_string()));
        Ok(Some(logs))
    }

    fn options(&self, now: DateTime<Utc>) -> Options {
        let usual = Options::at(now);
        let own: BTreeSet<AppId> = if self.own_app.is_empty() {
            std::env::var("AZURE_CLIENT_ID").ok().filter(|id| is_guid(id.trim())).map(|id| AppId::new(&id)).into_iter().collect()
        } else {
            self.own_app.iter().cloned().collect()
        };
        Options { own, threads: self.threads.map_or(usual.threads, usize::from), ..usual }
    }
}

/// An answer that cannot be used.
fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot read answer of a log engine: {}: {error}", path.display()), "save the answer of the query again")
}

/// Refuses a path that leads nowhere.
fn there(paths: &[PathBuf]) -> Result<(), Failure> {
    let missing = paths.iter().find(|path| is_missing(path));
    missing.map_or(Ok(()), |missing| {
        Err(Failure::usage(
            format!("no such file or folder: {}", missing.display()),
            "name files or folders of exported logs, a pattern in quotes, or - for standard input",
        ))
    })
}

/// Refuses files to write that are read, or lie in a folder that is read, where the next run would take them for logs; and two that
/// are the same.
fn apart<'p>(written: impl IntoIterator<Item = &'p Path>, read: &[PathBuf]) -> Result<(), Failure> {
    let mut before: Vec<PathBuf> = Vec::new();
    for path in written {
        let place = place_of(path);
        if before.contains(&place) {
            return Err(Failure::usage(format!("written twice: {}", path.display()), "give each output, and the state, a file of its own"));
        }
        let logs = read.iter().find(|logs| logs.canonicalize().is_ok_and(|logs| place.starts_with(logs)));
        if let Some(logs) = logs {
            let hint = "name a place outside of the logs: a log is not written over, and the next run would read what is there as one";
            return Err(Failure::usage(format!("cannot write {}: it is read as logs, by {}", path.display(), logs.display()), hint));
        }
        before.push(place);
    }
    Ok(())
}

/// Where a path leads, also one of which only some folder above exists yet.
fn place_of(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.file_name().map_or_else(|| path.to_owned(), |name| place_of(folder(path)).join(name)))
}

/// Whether a path leads nowhere, and is no pattern.
fn is_missing(path: &Path) -> bool {
    path.as_os_str() != "-" && !path.to_string_lossy().contains(['*', '?', '[']) && !path.exists()
}

/// The snapshot with logs that were read beside it, in place of any that it has.
pub(super) fn with_logs(snapshot: &Snapshot, logs: Option<ActivityLogs>) -> Cow<'_, Snapshot> {
    match logs {
        None => Cow::Borrowed(snapshot),
        Some(logs) => Cow::Owned(Snapshot { activity_logs: Some(logs), ..snapshot.clone() }),
    }
}

/// Says on standard error what went wrong; whether everything was read.
pub(super) fn report_faults(logs: &ActivityLogs) -> bool {
    calls::faults(&logs.reading).iter().for_each(|fault| output::note(&format!("warning: activity logs: {fault}")));
    logs.reading.is_whole()
}

fn render(format: Format, logs: &ActivityLogs) -> Result<Vec<u8>, Failure> {
    match format {
        Format::Table => Ok(calls::table(logs, output::width()).into_bytes()),
        Format::Json => calls::json(logs).map_err(could_not_run),
        Format::Csv => calls::csv(logs).map_err(could_not_run),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Refuses, before the long work, a path that cannot be written.
fn writable(path: &Path) -> Result<(), Failure> {
    let refused = |why: String| {
        Failure::usage(format!("cannot write: {}: {why}", path.display()), "name a file in a folder that exists and is yours to write")
    };
    if path.exists() && !path.is_file() {
        return Err(refused("is not a regular file".to_owned()));
    }
    tempfile::NamedTempFile::new_in(folder(path)).map(drop).map_err(|error| refused(error.kind().to_string()))
}

/// Writes a file whole or not at all.
fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder(path))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| {
        could_not_run(anyhow::anyhow!("cannot write: {}: {error}\nhint: make room, or name another folder", path.display()))
    })
}
