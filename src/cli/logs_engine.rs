//! `maascan logs kql` and `maascan logs --workspace`: activity logs that stay in the log engine they are in.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::logs::app_id;
use super::options::{self, Connection};
use super::{output, tenant};
use crate::catalogue::Catalogue;
use crate::engine::{self, Blobs, Request, Shape, SignInTable, Source, Within};
use crate::graph::{Credential, Endpoints, Error, Settings, Span, Workspace};
use crate::snapshot::{ActivityLogs, AppId, LogReading, SignInSummary, is_guid};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  maascan logs kql --days 30
  maascan logs kql --engine data-explorer --table GraphLogs --shape records --column Records
  maascan logs kql --storage https://contosoaudit.blob.core.windows.net --folder tenantId=TENANT
  maascan logs kql --sign-ins

It only prints. What differs from engine to engine is where records lie in a row, which --table, --shape and --column say. The rows
that come back are of five kinds, told by their column Part; addresses stand in one form, with every key as one.";

/// Print the query that counts the same in Log Analytics, Sentinel, Azure Data Explorer or Microsoft Fabric
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Kql {
    /// Where the logs are
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Engine::LogAnalytics)]
    engine: Engine,
    /// Name of the table; default: MicrosoftGraphActivityLogs, and GraphActivity for an external table
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// How records lie in it; default: columns in log-analytics and sentinel, records in data-explorer and fabric
    #[arg(long, value_enum, value_name = "HOW")]
    shape: Option<Lying>,
    /// The dynamic column with the array of records, for --shape records
    #[arg(long, value_name = "NAME", default_value = "Records")]
    column: String,
    /// Days before the query runs
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=730), conflicts_with_all = ["from", "to"])]
    days: u32,
    /// A fixed span instead: its start, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = options::time, requires = "to")]
    from: Option<DateTime<Utc>>,
    /// Its end, which is no longer in it
    #[arg(long, value_name = "TIME", value_parser = options::time, requires = "from")]
    to: Option<DateTime<Utc>>,
    /// Leave out the calls of this application, as the one that collects; may be given again
    #[arg(long, value_name = "APP ID", value_parser = app_id)]
    own_app: Vec<AppId>,
    /// The query for sign-ins of service principals and managed identities instead: credential, address, resource
    #[arg(long, conflicts_with_all = ["table", "shape", "storage"])]
    sign_ins: bool,
    /// Over the blobs of this storage account: first the command that makes an external table, then the query
    #[arg(long, value_name = "URL", requires = "folder", conflicts_with = "shape")]
    storage: Option<String>,
    /// What stands before /y= in the names of the blobs, such as tenantId=TENANT
    #[arg(long, value_name = "FOLDER", requires = "storage")]
    folder: Option<String>,
}

/// What `--engine` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// A Log Analytics workspace
    LogAnalytics,
    /// Microsoft Sentinel, which is a Log Analytics workspace
    Sentinel,
    /// Azure Data Explorer, filled from an event hub
    DataExplorer,
    /// An eventhouse of Microsoft Fabric, filled from an event hub
    Fabric,
}

/// What `--shape` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lying {
    /// One row a record, with the columns of Log Analytics
    Columns,
    /// One row an event of an event hub, with an array of records in a dynamic column
    Records,
    /// One row a record: category, time, and a dynamic column properties
    Properties,
}

impl Engine {
    fn usual(self) -> Lying {
        match self {
            Self::LogAnalytics | Self::Sentinel => Lying::Columns,
            Self::DataExplorer | Self::Fabric => Lying::Records,
        }
    }

    /// What to know before the query is run there.
    fn note(self) -> &'static str {
        match self {
            Self::LogAnalytics | Self::Sentinel => {
                "Log Analytics and Sentinel: the table of the diagnostic setting, on the Analytics plan; a table on the Basic or \
                 Auxiliary plan takes no union."
            }
            Self::DataExplorer => {
                "Azure Data Explorer: a table filled from an event hub. With --shape columns, a workspace as it looks from there."
            }
            Self::Fabric => "Microsoft Fabric: a table of an eventhouse filled from an event hub.",
        }
    }
}

/// Prints the query.
pub(super) fn print(arguments: &Kql) -> Result<Status, Failure> {
    output::data(text(arguments, &tenant::catalogue()?)?.as_bytes())?;
    Ok(Status::Done)
}

fn text(arguments: &Kql, catalogue: &Catalogue) -> Result<String, Failure> {
    let within = match (arguments.from, arguments.to) {
        (Some(from), Some(to)) if from >= to => return Err(Failure::usage("--from is not before --to", "give a span that has a length")),
        (Some(from), Some(to)) => Within::Span(Span { from, to }),
        _ => Within::Days(arguments.days),
    };
    let version = env!("CARGO_PKG_VERSION");
    if arguments.sign_ins {
        let query = engine::sign_ins(&SignInTable::ALL, within);
        return Ok(format!("// maascan {version}: sign-ins of applications by credential and address.\n{query}"));
    }
    let own: BTreeSet<AppId> = arguments.own_app.iter().cloned().collect();
    let (before, source, note) = match (&arguments.storage, &arguments.folder) {
        (Some(account), Some(folder)) => {
            let table = arguments.table.as_deref().unwrap_or("GraphActivity");
            let blobs = Blobs::new(account, folder, table).map_err(usage_error)?;
            let command =
                format!("// Run this once; the identity of the cluster needs Storage Blob Data Reader.\n{}\n", blobs.create_table());
            (command, source(table, Shape::Blobs)?, "External table over the blobs of a storage account.")
        }
        _ => (String::new(), table(arguments)?, arguments.engine.note()),
    };
    let query = engine::activity(catalogue, &source, within, &own);
    Ok(format!("{before}// maascan {version}: writes on Intune by application and operation.\n// {note}\n{query}"))
}

fn table(arguments: &Kql) -> Result<Source, Failure> {
    let shape = match arguments.shape.unwrap_or(arguments.engine.usual()) {
        Lying::Columns => Shape::Columns,
        Lying::Records => Shape::Records { column: arguments.column.clone() },
        Lying::Properties => Shape::Properties,
    };
    source(arguments.table.as_deref().unwrap_or(Source::log_analytics().table()), shape)
}

fn source(table: &str, shape: Shape) -> Result<Source, Failure> {
    Source::new(table, shape).map_err(usage_error)
}

/// The workspace that activity logs are in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log Analytics")]
pub(super) struct Place {
    /// Count in this Log Analytics workspace, by its id, and read back the counts only
    #[arg(long, value_name = "ID", value_parser = workspace_id, conflicts_with_all = ["paths", "state"])]
    pub(super) workspace: Option<String>,
    /// Days of logs to ask for; default: those of the evidence window where there is one, else 30
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=730), requires = "workspace")]
    log_days: Option<u32>,
    /// The query API at another origin, such as a simulated one; plain http only on loopback
    #[arg(long, value_name = "URL", requires = "workspace")]
    logs_endpoint: Option<String>,
}

impl Place {
    /// Whether more than the workspace was named.
    fn is_described(&self) -> bool {
        self.log_days.is_some() || self.logs_endpoint.is_some()
    }
}

/// Days of logs that are asked for where nothing says how many.
const USUAL_DAYS: u32 = 30;

fn workspace_id(text: &str) -> Result<String, String> {
    let id = text.trim();
    if is_guid(id) {
        Ok(id.to_owned())
    } else {
        Err("not a workspace id, which is a GUID: copy it from the overview page of the Log Analytics workspace".to_owned())
    }
}

/// A workspace that is asked instead of files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log Analytics")]
pub(super) struct Asked {
    #[command(flatten)]
    pub(super) place: Place,
    /// Count sign-ins of service principals and managed identities instead: credential, address, resource
    #[arg(long, requires = "workspace")]
    pub(super) sign_ins: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Asked {
    /// Refuses what only a workspace takes where files are read.
    ///
    /// # Errors
    /// The user's fault.
    pub(super) fn fits(&self, paths: &[PathBuf]) -> Result<(), Failure> {
        let only = self.sign_ins || self.place.is_described();
        if only && self.place.workspace.is_none() && !paths.is_empty() {
            let hint = "leave them out, or name a workspace in place of the files";
            return Err(Failure::usage("--sign-ins, --log-days and --logs-endpoint are of a workspace", hint));
        }
        Ok(())
    }

    /// Asks the workspace, if one was named. Calls of `own` and of the application that signs in are left out.
    ///
    /// # Errors
    /// Wrong settings, a refused sign-in, a missing right, a workspace without the table.
    pub(super) fn read(&self, own: BTreeSet<AppId>, catalogue: &Catalogue, now: DateTime<Utc>) -> Option<Result<ActivityLogs, Failure>> {
        let workspace = self.place.workspace.as_deref()?;
        let read = || {
            let door = self.place.door(&self.connection)?;
            let span = self.place.span(now, USUAL_DAYS);
            tenant::block_on(door.read(workspace, span, own, catalogue)).and_then(|read| read.map_err(failure))
        };
        Some(read())
    }

    /// Asks the workspace for sign-ins, and how much of them was read.
    ///
    /// # Errors
    /// As [`Asked::read`].
    pub(super) fn read_sign_ins(&self, now: DateTime<Utc>) -> Result<(Vec<SignInSummary>, LogReading), Failure> {
        let workspace = self.place.workspace.as_deref().unwrap_or_default();
        let door = self.place.door(&self.connection)?;
        tenant::block_on(async {
            let reader = door.open().await.map_err(wire_failure)?;
            engine::read_sign_ins(&reader, workspace, self.place.span(now, USUAL_DAYS)).await.map_err(failure)
        })
    }
}

impl Place {
    fn span(&self, now: DateTime<Utc>, days: u32) -> Span {
        let days = self.log_days.unwrap_or(days);
        Span { from: now.checked_sub_signed(TimeDelta::days(days.into())).unwrap_or(now), to: now }
    }

    /// Where and as whom a workspace is asked.
    ///
    /// # Errors
    /// Wrong settings.
    fn door(&self, connection: &Connection) -> Result<Door, Failure> {
        let endpoints = connection.endpoints()?;
        let credential = credential(connection, &endpoints)?;
        let endpoints = endpoints.log_analytics(self.logs_endpoint.as_deref()).map_err(usage_error)?;
        Ok(Door { endpoints, credential })
    }

    /// Prepares to ask beside the reading of a tenant; None where no workspace was named. `days` are those of the evidence window.
    ///
    /// # Errors
    /// Wrong settings, before the long work.
    pub(super) fn prepare(&self, connection: &Connection, days: Option<u32>) -> Result<Option<Beside<'_>>, Failure> {
        let Some(workspace) = self.workspace.as_deref() else { return Ok(None) };
        Ok(Some(Beside { workspace, place: self, door: self.door(connection)?, days: days.unwrap_or(USUAL_DAYS) }))
    }
}

/// The sign-in of the environment. A token for Microsoft Graph is none for this service, so it has a variable of its own.
fn credential(connection: &Connection, endpoints: &Endpoints) -> Result<Credential, Failure> {
    let variable = |name: &str| if name == "MAASCAN_ACCESS_TOKEN" { "MAASCAN_LOGS_TOKEN" } else { name }.to_owned();
    tenant::credential_from(connection, endpoints, |name| std::env::var(variable(name)).ok())
}

/// Where and as whom a workspace is asked.
struct Door {
    endpoints: Endpoints,
    credential: Credential,
}

impl Door {
    async fn open(self) -> Result<Workspace, Error> {
        // A token runs out by the real clock, whatever clock the run is judged by.
        Workspace::connect(self.endpoints, self.credential, Settings::new(Utc::now())).await
    }

    /// Asks for the calls of a span. Those of `own` and of the application that signs in are left out.
    async fn read(
        self,
        workspace: &str,
        span: Span,
        own: BTreeSet<AppId>,
        catalogue: &Catalogue,
    ) -> Result<Result<ActivityLogs, engine::Error>, Failure> {
        let reader = match self.open().await {
            Ok(reader) => reader,
            Err(error @ Error::Settings { .. }) => return Err(usage_error(error)),
            Err(error) => return Ok(Err(error.into())),
        };
        let own = own.into_iter().chain(reader.signed_in_as().app_id.as_deref().map(AppId::new)).collect();
        let request = Request { workspace, source: &Source::log_analytics(), span, own: &own };
        Ok(engine::read_activity(&reader, catalogue, &request).await)
    }
}

/// A workspace that is asked beside the reading of a tenant.
pub(super) struct Beside<'a> {
    workspace: &'a str,
    place: &'a Place,
    door: Door,
    days: u32,
}

impl Beside<'_> {
    /// Asks it. One that refuses costs its evidence and not the run: that is a fault of the logs, as coverage tells it.
    ///
    /// # Errors
    /// Wrong settings.
    pub(super) fn read(self, own: BTreeSet<AppId>, catalogue: &Catalogue, now: DateTime<Utc>) -> Result<ActivityLogs, Failure> {
        let span = self.place.span(now, self.days);
        let read = tenant::block_on(self.door.read(self.workspace, span, own, catalogue))?;
        Ok(read.unwrap_or_else(|error| engine::refused(self.workspace, &error)))
    }
}

fn failure(error: engine::Error) -> Failure {
    match error {
        engine::Error::Wire(error) => wire_failure(error),
        other @ engine::Error::NoTable(_) => usage_error(other),
    }
}

/// Settings are the user's to change; so is a missing right, but not by arguments.
fn wire_failure(error: Error) -> Failure {
    match error {
        Error::Settings { .. } => usage_error(error),
        Error::Permission { .. } => could_not_run(anyhow::anyhow!(
            "{error}\nhint: give the sign-in the role Log Analytics Reader on the workspace, or Microsoft Sentinel Reader"
        )),
        _ => could_not_run(error),
    }
}
