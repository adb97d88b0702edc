//! `maascan waivers`: whether waivers load, how long they hold, and whether they still mean anything.

use super::exit::{Failure, Status, usage_error};
use super::governance::{Governance, Governing};
use super::{options, output, tenant};
use crate::assess::{self, Assessment, Known, Waiver, WaiverUse};
use crate::snapshot;
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  maascan waivers check
  maascan waivers check waivers.toml --snapshot tenant.json.zst
";

const CHECK: &str = "\
Examples:
  maascan waivers check
  maascan waivers check waivers.toml
  maascan waivers check --config maascan.toml --rules my-rules/ --snapshot tenant.json.zst
  maascan waivers check --now 2027-01-31T00:00:00Z

A waiver is a table of TOML:

  [[waiver]]
  rule = \"excluded-app-holds-secret\"
  object = \"…\"          # object_id of the finding, as in findings.csv
  reason = \"Vendor ships no other way until version 9\"
  approver = \"Head of workplace services\"
  ticket = \"CHG-1\"
  expires = 2026-12-31  # last day on which it holds, UTC

Optional: finding = \"…\", the finding_id, where one finding alone is meant; another key of the object makes another finding.

Exit status: 0 all hold, 1 a waiver has expired or matches nothing, 2 they do not load";

/// Check waivers
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load waivers and list each with the days it has left
    #[command(after_help = CHECK)]
    Check(Check),
}

#[derive(Debug, Args)]
struct Check {
    /// File of waivers, beside those of the settings
    file: Option<PathBuf>,
    /// Settings; default: maascan.toml in the working folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder with rules of your own, which waivers may name
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Say as well which waivers match no finding in this snapshot, a file that maascan collect wrote
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// The clock, RFC 3339; default: now
    #[arg(long, value_name = "TIME", value_parser = options::time)]
    now: Option<DateTime<Utc>>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let Command::Check(arguments) = &arguments.command;
    check(arguments)
}

fn check(arguments: &Check) -> Result<Status, Failure> {
    let governing =
        Governing { profile: None, rules: arguments.rules.clone(), config: arguments.config.clone(), waivers: arguments.file.clone() };
    let governance = Governance::load(&governing)?;
    if governance.config.is_none() && arguments.file.is_none() {
        let hint = "name a file of waivers, or write maascan.toml in this folder";
        return Err(Failure::usage("no waivers to check: no file was named, and there is no maascan.toml here", hint));
    }
    let today = arguments.now.unwrap_or_else(Utc::now).date_naive();
    let uses = match &arguments.snapshot {
        Some(path) => judged(&governance, path)?.settings.waivers.into_iter().map(Some).collect(),
        None => vec![None; governance.settings.waivers().len()],
    };
    let mut waivers: Vec<&Waiver> = governance.settings.waivers().iter().collect();
    waivers.sort();
    let rows: Vec<Row> = waivers.into_iter().map(|waiver| Row::new(waiver, &uses, today)).collect();
    output::data(page(&rows, arguments.snapshot.is_some()).as_bytes())?;
    Ok(if rows.iter().any(|row| row.expired || row.unmatched) { Status::Findings } else { Status::Done })
}

/// The snapshot with the rules run on it; what was planned plays no part in a waiver.
fn judged(governance: &Governance, path: &Path) -> Result<Assessment, Failure> {
    let snapshot = snapshot::load(path).map_err(usage_error)?;
    let register = governance.settings.register().map(<[_]>::to_vec);
    let mut assessment = assess::assess(&snapshot, &tenant::catalogue()?, &assess::Options { register, ..assess::Options::default() });
    governance.judge(&mut assessment);
    Ok(assessment)
}

/// One waiver as it is listed.
struct Row {
    text: String,
    expired: bool,
    unmatched: bool,
}

impl Row {
    fn new(waiver: &Waiver, uses: &[Option<WaiverUse>], today: NaiveDate) -> Self {
        let days = waiver.days_left(today);
        let left = match days {
            ..0 => format!("expired {} ago", in_days(-days)),
            _ => format!("{} left", in_days(days)),
        };
        let matches = uses.iter().flatten().find(|used| used.waiver == *waiver).map(|used| &used.matches);
        let matched = matches.map(|known| format!("; {}", in_words(known))).unwrap_or_default();
        let head = format!("{}: {left}, last day {}{matched}", waiver.id(), waiver.expires);
        let foot = format!("ticket {}, approved by {}: {}", waiver.ticket, waiver.approver, waiver.reason);
        // The texts are from files that somebody else may have written.
        let text = format!("{}\n  {}\n", output::harmless(&head), output::harmless(&foot));
        Self { text, expired: days < 0, unmatched: matches == Some(&Known::Yes(0)) }
    }
}

fn in_words(matches: &Known<u64>) -> String {
    match (matches.seen(), matches.gap()) {
        (Some(0), _) => "matches nothing".to_owned(),
        (Some(1), _) => "matches 1 finding".to_owned(),
        (Some(count), _) => format!("matches {count} findings"),
        (None, gap) => {
            let why = gap.map(|gap| format!(" ({gap})")).unwrap_or_default();
            format!("whether it matches is not known{why}")
        }
    }
}

fn in_days(days: i64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

fn page(rows: &[Row], with_matches: bool) -> String {
    let count = |wanted: fn(&Row) -> bool| rows.iter().filter(|row| wanted(row)).count();
    let waivers = if rows.len() == 1 { "waiver" } else { "waivers" };
    let matching = if with_matches { format!(", {} matching nothing", count(|row| row.unmatched)) } else { String::new() };
    let listed: String = rows.iter().map(|row| row.text.as_str()).collect();
    format!("{listed}{} {waivers}, {} expired{matching}\n", rows.len(), count(|row| row.expired))
}
