//! `maascan explain`: the whole chain for one application, from grant to verdict.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::governance::Governance;
use super::options::Judging;
use super::{assess as assess_command, output, tenant};
use crate::assess::{self, NotFound};
use crate::catalogue::Workload;
use crate::report::{changed_settings, explanation};
use crate::rules::did_you_mean;
use crate::snapshot;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  maascan explain tenant.json.zst \"Nightly packager\"
  maascan explain tenant.json.zst 3e55f765-60a9-41c6-8bd8-68e1283ec3e4 app --format json
  maascan explain tenant.json.zst \"Nightly packager\" role --plan all

Exit status: 0 done, 2 wrong usage, no such application, or a file that cannot be used";

/// Explain the verdicts of one application: from what it was granted to what to do
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A file that `maascan collect` wrote
    snapshot: PathBuf,
    /// App id, object id, or a display name that only one application has
    application: String,
    /// Workload, such as app or deviceWipe; default: each that it can write or was seen writing
    workload: Option<String>,
    #[command(flatten)]
    judging: Judging,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
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
    let governance = Governance::load(&arguments.judging.governing)?;
    let options = assess::Options { register: governance.settings.register().map(<[_]>::to_vec), ..arguments.judging.options()? };
    let snapshot = snapshot::load(&arguments.snapshot).map_err(usage_error)?;
    assess_command::covers(&arguments.judging, &snapshot)?;
    let app_id = assess::find_application(&snapshot, &arguments.application).map_err(|error| not_found(&error))?;
    let workload = arguments.workload.as_deref().map(Workload::from_policy_type);
    let mut explained = assess::explain(&snapshot, &catalogue, &options, &app_id, workload.as_ref());
    if let (Some(wanted), true) = (&workload, explained.chains.is_empty()) {
        let every = assess::explain(&snapshot, &catalogue, &options, &app_id, None);
        return Err(no_verdict(wanted, &every));
    }
    let mut assessment = assess::assess(&snapshot, &catalogue, &options);
    assessment.unplaced.iter().for_each(|unplaced| output::note(unplaced));
    governance.judge(&mut assessment);
    if let Some(changed) = changed_settings(&assessment) {
        output::note(&changed);
    }
    explained.findings =
        assessment.findings.into_iter().filter(|finding| finding.object.app_id.as_deref() == Some(app_id.as_str())).collect();
    let bytes = match arguments.format {
        Format::Text => explanation::text(&explained, output::width()).into_bytes(),
        Format::Json => explanation::json(&explained).map_err(could_not_run)?,
    };
    output::data(&bytes)?;
    Ok(Status::Done)
}

fn not_found(error: &NotFound) -> Failure {
    let hint = match error {
        NotFound::Several { found, .. } => {
            let ids = found.iter().map(|(app_id, principal)| match principal {
                Some(principal) => format!("{app_id} (service principal {principal})"),
                None => app_id.to_string(),
            });
            format!("write the app id of the one that is meant: {}", ids.collect::<Vec<_>>().join(", "))
        }
        NotFound::Nobody { near, .. } if near.is_empty() => "automations.csv of maascan assess lists names and app ids".to_owned(),
        NotFound::Nobody { near, .. } => {
            let names = near.iter().map(|(name, app_id)| format!("{} ({app_id})", crate::report::harmless_line(name, 80)));
            format!("there are: {}", names.collect::<Vec<_>>().join(", "))
        }
    };
    Failure::usage(error, hint)
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
