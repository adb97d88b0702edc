//! `maascan rules`: which rules there are, what each says, and whether their examples hold.

use super::exit::{Failure, Status, could_not_run, usage_error};
use super::output;
use crate::rules::{self, Profile, Rule, RuleSet};
use clap::{Args, Subcommand};
use std::fmt::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  maascan rules list
  maascan rules show excluded-app-holds-secret
  maascan rules check my-rules/
";

/// List rules, show one, or check rules of your own
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the built-in rules
    #[command(after_help = "Example:\n  maascan rules list")]
    List,
    /// Show one rule
    #[command(after_help = "Example:\n  maascan rules show excluded-app-holds-secret")]
    Show {
        /// Its id
        id: String,
    },
    /// Load rules and run their examples; without a folder, the built-in ones
    #[command(
        after_help = "Example:\n  maascan rules check my-rules/\n\nExit status: 0 all hold, 1 an example does not hold, 2 a rule does not load"
    )]
    Check {
        /// Folder with rules
        dir: Option<PathBuf>,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    match &arguments.command {
        Command::List => list(&builtin()?),
        Command::Show { id } => show(&builtin()?, id),
        Command::Check { dir: None } => check(&builtin()?),
        Command::Check { dir: Some(dir) } => {
            let own = RuleSet::load_dir(dir).map_err(usage_error)?;
            // A scan runs them beside the built-in ones, so their ids must not meet.
            builtin()?.merged(RuleSet::load_dir(dir).map_err(usage_error)?).map_err(usage_error)?;
            check(&own)
        }
    }
}

fn builtin() -> Result<RuleSet, Failure> {
    RuleSet::builtin().map_err(could_not_run)
}

fn list(rules: &RuleSet) -> Result<Status, Failure> {
    let longest = rules.rules().iter().map(|rule| rule.id().len()).max().unwrap_or_default();
    let lines = rules.rules().iter().map(|rule| {
        let severity = rule.severity();
        format!("{:longest$}  {severity:8}  {:21} {}\n", rule.id(), rule.entity().word(), rule.title())
    });
    output::data(lines.collect::<String>().as_bytes())?;
    Ok(Status::Done)
}

fn show(rules: &RuleSet, id: &str) -> Result<Status, Failure> {
    let Some(rule) = rules.get(id) else {
        return Err(Failure::usage(format!("no such rule: {id}"), "maascan rules list shows the ids"));
    };
    output::data(page(rule).as_bytes())?;
    Ok(Status::Done)
}

fn page(rule: &Rule) -> String {
    let mut page = format!("{}\n{}\n\n", rule.id(), rule.title());
    let requires: Vec<&str> = rule.requires().iter().map(|dataset| dataset.name()).collect();
    let facts = [
        ("severity", rule.severity().to_string()),
        ("confidence", rule.confidence().to_string()),
        ("about", rule.entity().word().to_owned()),
        ("requires", if requires.is_empty() { "access-policies".to_owned() } else { requires.join(", ") }),
        ("when", rule.when().trim().to_owned()),
        ("thresholds", thresholds(rule)),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(page, "{name:12}{value}");
    }
    let sections = [("Why", rule.why()), ("What to do", rule.remediation()), ("When it is wrong", rule.false_positives())];
    for (title, text) in sections.iter().filter(|(_, text)| !text.is_empty()) {
        let _ = write!(page, "\n{title}\n{}\n", text.trim());
    }
    if !rule.references().is_empty() {
        let _ = writeln!(page, "\nReferences");
        for reference in rule.references() {
            let _ = writeln!(page, "- {reference}");
        }
    }
    page
}

/// The thresholds of each profile; one line where all profiles agree.
fn thresholds(rule: &Rule) -> String {
    let of = |profile: Profile| {
        let values = rule.thresholds(profile).iter().map(|(name, value)| format!("{name} = {value}"));
        values.collect::<Vec<_>>().join(", ")
    };
    let common = of(Profile::Default);
    if Profile::ALL.iter().all(|profile| of(*profile) == common) {
        return common;
    }
    Profile::ALL.iter().map(|profile| format!("{profile}: {}", of(*profile))).collect::<Vec<_>>().join("; ")
}

fn check(rules: &RuleSet) -> Result<Status, Failure> {
    let results = rules::check(rules);
    let failed: Vec<_> = results.iter().filter(|result| !result.passed).collect();
    let mut text = String::new();
    for result in &failed {
        let detail = result.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let (rule, example, profile) = (&result.rule, &result.example, result.profile);
        let line = format!("{rule}: example {example:?} ({profile}): expected {}, got {}{detail}", result.expected, result.got);
        // The texts are from files that somebody else may have written.
        let _ = writeln!(text, "{}", output::harmless(&line));
    }
    let count = rules.rules().len();
    let _ = writeln!(text, "{count} {}, {} examples, {} failed", if count == 1 { "rule" } else { "rules" }, results.len(), failed.len());
    output::data(text.as_bytes())?;
    Ok(if failed.is_empty() { Status::Done } else { Status::Findings })
}
