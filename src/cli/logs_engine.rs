//! `maascan logs kql` and `maascan logs --workspace`: activity logs that stay in the log engine they are in.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::logs::app_id;
use super::options::{self, Connection};
use super::{output, tenant};
use crate::catalogue::Catalogue;
use crate::engine::{self, Blobs, Request, Shape, SignInTable, Source, Within};
use crate::graph::{Credential, Endpoints, Error, Settings, Span, Workspace};
use crate::snapshot::{ActivityLogs, AppId, LogReading, SignInSummary};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;

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

/// A workspace that is asked instead of files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log Analytics")]
pub(super) struct Asked {
    /// Count in this Log Analytics workspace, by its id, and read back the counts only
    #[arg(long, value_name = "ID", conflicts_with_all = ["paths", "state", "threads"])]
    pub(super) workspace: Option<String>,
    /// Days of logs to ask for
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=730), requires = "workspace")]
    log_days: u32,
    /// The query API at another origin, such as a simulated one; plain http only on loopback
    #[arg(long, value_name = "URL", requires = "workspace")]
    logs_endpoint: Option<String>,
    /// Count sign-ins of service principals and managed identities instead: credential, address, resource
    #[arg(long, requires = "workspace")]
    pub(super) sign_ins: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Asked {
    /// Asks the workspace, if one was named. Calls of `own` and of the application that signs in are left out.
    ///
    /// # Errors
    /// Wrong settings, a refused sign-in, a missing right, a workspace without the table.
    pub(super) fn read(&self, own: BTreeSet<AppId>, catalogue: &Catalogue, now: DateTime<Utc>) -> Option<Result<ActivityLogs, Failure>> {
        self.workspace.as_deref().map(|workspace| self.read_from(workspace, own, catalogue, now))
    }

    fn read_from(&self, workspace: &str, own: BTreeSet<AppId>, catalogue: &Catalogue, now: DateTime<Utc>) -> Result<ActivityLogs, Failure> {
        let source = Source::log_analytics();
        tenant::block_on(async {
            let reader = self.connect().await?;
            let own = own.into_iter().chain(reader.signed_in_as().app_id.as_deref().map(AppId::new)).collect();
            let request = Request { workspace, source: &source, span: self.span(now), own: &own };
            engine::read_activity(&reader, catalogue, &request).await.map_err(failure)
        })
    }

    /// Asks the workspace for sign-ins, and how much of them was read.
    ///
    /// # Errors
    /// As [`Asked::read`].
    pub(super) fn read_sign_ins(&self, now: DateTime<Utc>) -> Result<(Vec<SignInSummary>, LogReading), Failure> {
        let workspace = self.workspace.as_deref().unwrap_or_default();
        tenant::block_on(async {
            let reader = self.connect().await?;
            engine::read_sign_ins(&reader, workspace, self.span(now)).await.map_err(failure)
        })
    }

    fn span(&self, now: DateTime<Utc>) -> Span {
        Span { from: now.checked_sub_signed(TimeDelta::days(self.log_days.into())).unwrap_or(now), to: now }
    }

    async fn connect(&self) -> Result<Workspace, Failure> {
        let endpoints = self.connection.endpoints()?;
        let credential = self.credential(&endpoints)?;
        let endpoints = endpoints.log_analytics(self.logs_endpoint.as_deref()).map_err(usage_error)?;
        // A token runs out by the real clock, whatever clock the run is judged by.
        Workspace::connect(endpoints, credential, Settings::new(Utc::now())).await.map_err(wire_failure)
    }

    /// The sign-in of the environment. A token for Microsoft Graph is none for this service, so it has a variable of its own.
    fn credential(&self, endpoints: &Endpoints) -> Result<Credential, Failure> {
        let variable = |name: &str| if name == "MAASCAN_ACCESS_TOKEN" { "MAASCAN_LOGS_TOKEN" } else { name }.to_owned();
        tenant::credential_from(&self.connection, endpoints, |name| std::env::var(variable(name)).ok())
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
