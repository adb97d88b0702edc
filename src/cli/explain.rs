//! `maascan explain`: the whole chain for one application, from grant to verdict.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::governance::Governance;
use super::options::{Connection, Judging, Reading};
use super::session::{Session, Source};
use super::{assess as assess_command, judge, output, tenant};
use crate::assess::{self, NotFound};
use crate::catalogue::{Catalogue, Workload};
use crate::report::{changed_settings, explanation};
use crate::rules::did_you_mean;
use crate::snapshot::{self, Snapshot};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  AZURE_TENANT_ID=… AZURE_CLIENT_ID=… AZURE_CLIENT_SECRET=… maascan explain \"Nightly packager\"
  maascan explain 3e55f765-60a9-41c6-8bd8-68e1283ec3e4 app --snapshot tenant.json.zst --format json
  maascan explain \"Nightly packager\" role --plan all --snapshot tenant.json.zst
";

/// For a tenant that is read; a file was read before, and its gaps are told.
const STATUS: &str = "\
Exit status:
  0  done
  2  wrong usage or configuration, no such application, or a file that cannot be used
  3  done, but a dataset of the tenant could not be read whole (--allow-incomplete turns this off)
  4  could not run, or was interrupted: sign-in, network, Ctrl-C";

/// Explain the verdicts of one application: from what it was granted to what to do
///
/// Reads the tenant, signed in as `scan` is, or a snapshot file.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n{}\n{STATUS}", tenant::SIGN_IN))]
pub(super) struct Arguments {
    /// App id, object id, or a display name that only one application has
    #[arg(value_name = "APP")]
    application: String,
    /// Workload, such as app or deviceWipe; default: each that it can write or was seen writing
    #[arg(value_name = "WORKLOAD")]
    workload: Option<String>,
    /// Explain what this file says, which `maascan collect` wrote, and read no tenant
    #[arg(long, value_name = "FILE", conflicts_with_all = ["Connection", "Reading"])]
    snapshot: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    judging: Judging,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    /// End with status 0 although a dataset of the tenant could not be read whole
    #[arg(long, help_heading = "Output")]
    allow_incomplete: bool,
}

/// Formats of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let catalogue = tenant::catalogue()?;
    if let Some(path) = &arguments.snapshot {
        let question = Question::new(arguments, &catalogue)?;
        let snapshot = snapshot::load(path).map_err(usage_error)?;
        assess_command::covers(&arguments.judging, &snapshot)?;
        return question.answer(&snapshot).map(|()| Status::Done);
    }
    refuse_file(&arguments.application)?;
    let endpoints = arguments.connection.endpoints()?;
    arguments.reading.covers(&arguments.judging)?;
    let credential = tenant::credential(&arguments.connection, &endpoints)?;
    let question = Question::new(arguments, &catalogue)?;
    let look_up = question.look_up();
    let source = Source { endpoints, credential, connection: &arguments.connection, reading: &arguments.reading, look_up };
    Session::start()?.run(source, None, &catalogue, |snapshot| {
        question.answer(snapshot)?;
        if tenant::report_gaps(snapshot) || arguments.allow_incomplete {
            return Ok(Status::Done);
        }
        output::note(judge::INCOMPLETE);
        Ok(Status::Incomplete)
    })
}

/// Refuses a file where an application belongs, as somebody may write who means a snapshot.
fn refuse_file(application: &str) -> Result<(), Failure> {
    if application.ends_with(".json.zst") || Path::new(application).is_file() {
        let message = format!("not an application but a file: {application}");
        return Err(Failure::usage(message, format!("write: maascan explain APP [WORKLOAD] --snapshot {application}")));
    }
    Ok(())
}

/// What is asked, with everything that can be refused before anything is read.
struct Question<'a> {
    arguments: &'a Arguments,
    catalogue: &'a Catalogue,
    options: assess::Options,
    governance: Governance,
    workload: Option<Workload>,
}

impl<'a> Question<'a> {
    fn new(arguments: &'a Arguments, catalogue: &'a Catalogue) -> Result<Self, Failure> {
        let governance = Governance::load(&arguments.judging.governing)?;
        let baseline = arguments.judging.baseline()?.map(|earlier| assess::baseline(&earlier, catalogue));
        let register = governance.settings.register().map(<[_]>::to_vec);
        let options = assess::Options { baseline, register, ..arguments.judging.options()? };
        let workload = arguments.workload.as_deref().map(Workload::from_policy_type);
        Ok(Self { arguments, catalogue, options, governance, workload })
    }

    /// Ids to look up beside those that the tenant names: those of the user's files, and the application itself.
    fn look_up(&self) -> std::collections::BTreeSet<String> {
        let mut ids = judge::listed(&self.options);
        ids.extend(Some(self.arguments.application.trim().to_owned()).filter(|id| snapshot::is_guid(id)));
        ids
    }

    fn answer(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        let (catalogue, options) = (self.catalogue, &self.options);
        let app_id = assess::find_application(snapshot, &self.arguments.application).map_err(|error| self.not_found(&error))?;
        let mut explained = assess::explain(snapshot, catalogue, options, &app_id, self.workload.as_ref());
        if let (Some(wanted), true) = (&self.workload, explained.chains.is_empty()) {
            let every = assess::explain(snapshot, catalogue, options, &app_id, None);
            return Err(no_verdict(wanted, &every));
        }
        let mut assessment = assess::assess(snapshot, catalogue, options);
        assessment.unplaced.iter().for_each(|unplaced| output::note(unplaced));
        self.governance.judge(&mut assessment);
        if let Some(changed) = changed_settings(&assessment) {
            output::note(&changed);
        }
        explained.findings =
            assessment.findings.into_iter().filter(|finding| finding.object.app_id.as_deref() == Some(app_id.as_str())).collect();
        let bytes = match self.arguments.format {
            Format::Text => explanation::text(&explained, output::width()).into_bytes(),
            Format::Json => explanation::json(&explained).map_err(could_not_run)?,
        };
        output::data(&bytes)
    }

    fn not_found(&self, error: &NotFound) -> Failure {
        let scope = match (&self.arguments.snapshot, error) {
            (None, NotFound::Nobody { .. }) => "; only what is in scope was looked at by name: write its app id, or add --inventory full",
            _ => "",
        };
        Failure::usage(error, format!("{}{scope}", not_found(error)))
    }
}

/// What to write instead.
fn not_found(error: &NotFound) -> String {
    match error {
        NotFound::Several { found, .. } => {
            let ids = found.iter().map(|(app_id, principal)| match principal {
                Some(principal) => format!("{app_id} (service principal {principal})"),
                None => app_id.to_string(),
            });
            format!("write the app id of the one that is meant: {}", ids.collect::<Vec<_>>().join(", "))
        }
        NotFound::Nobody { near, .. } if near.is_empty() => "automations.csv of maascan scan or assess lists names and app ids".to_owned(),
        NotFound::Nobody { near, .. } => {
            let names = near.iter().map(|(name, app_id)| format!("{} ({app_id})", crate::report::harmless_line(name, 80)));
            format!("there are: {}", names.collect::<Vec<_>>().join(", "))
        }
    }
}

/// It exists, but has no verdict on this workload.
fn no_verdict(wanted: &Workload, explained: &assess::Explanation) -> Failure {
    let known: Vec<&str> = Workload::KNOWN.iter().map(Workload::word).collect();
    let judged: Vec<&str> = explained.chains.iter().map(|chain| chain.verdict.workload.word()).collect();
    match wanted {
        Workload::Unknown(word) if !judged.contains(&word.as_str()) => {
            Failure::usage(format!("no such workload: {word}"), did_you_mean(word, &known))
        }
        _ if judged.is_empty() => Failure::usage(
            format!("it has no verdict on {wanted}, nor on any workload"),
            "it holds no permission that writes Intune, and was not seen writing; leave the workload out to see what is known of it",
        ),
        _ => Failure::usage(format!("it has no verdict on {wanted}"), format!("it has one on: {}", judged.join(", "))),
    }
}
