//! `maascan rules`: which rules there are, what each says, and whether their examples hold.

use super::exit::{Failure, Status};
use super::governance::{Governance, all_rules};
use super::output;
use crate::assess::facts::EntityKind;
use crate::report;
use crate::rules::{self, ExampleResult, Profile, Rule, RuleSet};
use clap::{Args, Subcommand};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  maascan rules list
  maascan rules show excluded-app-holds-secret
  maascan rules check my-rules/
  maascan rules document --rules my-rules/ > rules.md
";

const CHECK: &str = "\
Examples:
  maascan rules check my-rules/
  maascan rules check my-rules/ --config maascan.toml

Examples in a rule file are judged by the rule's own thresholds, whatever the settings say.

Exit status: 0 all hold, 1 an example does not hold, 2 a rule or the settings do not load";

/// List rules, show one, document them, or check rules of your own
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the rules by group, gravest first: id, severity, group, what each is about, title
    #[command(after_help = "Examples:\n  maascan rules list\n  maascan rules list --rules my-rules/")]
    List {
        #[command(flatten)]
        own: Own,
    },
    /// Show one rule
    #[command(after_help = "Example:\n  maascan rules show excluded-app-holds-secret")]
    Show {
        /// Its id
        id: String,
        #[command(flatten)]
        own: Own,
    },
    /// Load rules and run their examples; without a folder, the built-in ones
    #[command(after_help = CHECK)]
    Check {
        /// Folder with rules
        dir: Option<PathBuf>,
        /// Settings that are to load with these rules, such as maascan.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print the page that documents every rule, every field, and how to write a rule, in Markdown
    #[command(after_help = "Examples:\n  maascan rules document\n  maascan rules document --rules my-rules/ > rules.md")]
    Document {
        #[command(flatten)]
        own: Own,
    },
}

/// Rules of the user's own.
#[derive(Debug, Args)]
struct Own {
    /// Folder with rules of your own, added to the built-in ones
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

impl Own {
    fn all(&self) -> Result<RuleSet, Failure> {
        all_rules(self.rules.as_deref()).map(|(rules, _)| rules)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    match &arguments.command {
        Command::List { own } => list(&own.all()?),
        Command::Show { id, own } => show(&own.all()?, id),
        Command::Check { dir, config } => proved(dir.as_deref(), config.as_deref()),
        Command::Document { own } => {
            output::data(rules::handbook(&own.all()?).as_bytes())?;
            Ok(Status::Done)
        }
    }
}

/// Checks the rules of a folder, or the built-in ones. A scan runs the former beside the latter, so their ids must not meet, and
/// settings may speak of either.
fn proved(folder: Option<&Path>, config: Option<&Path>) -> Result<Status, Failure> {
    let (all, own) = all_rules(folder)?;
    if let Some(path) = config {
        Governance::settings(Some(path), None, &all)?;
    }
    let concerned = |rule: &Rule| folder.is_none() || own.iter().any(|id| id == rule.id());
    let results: Vec<ExampleResult> =
        rules::check(&all).into_iter().filter(|result| all.get(&result.rule).is_some_and(concerned)).collect();
    let count = all.rules().iter().filter(|rule| concerned(rule)).count();
    if let Some(path) = config {
        output::note(&format!("the settings load: {}", path.display()));
    }
    check(count, &results)
}

fn list(rules: &RuleSet) -> Result<Status, Failure> {
    let mut rules: Vec<&Rule> = rules.rules().iter().collect();
    rules.sort_by_key(|rule| (rule.group(), std::cmp::Reverse(rule.severity()), rule.id()));
    let longest = |text: fn(&Rule) -> &str| rules.iter().map(|rule| text(rule).chars().count()).max().unwrap_or_default();
    let (id, group, entity) = (longest(Rule::id), longest(Rule::group), longest(|rule| rule.entity().word()));
    let lines = rules.iter().map(|rule| {
        let (severity, about) = (rule.severity(), rule.entity().word());
        let line = format!("{:id$}  {severity:8}  {:group$}  {about:entity$}  {}", rule.id(), rule.group(), rule.title());
        // A rule of the user's may come from somebody else.
        format!("{}\n", report::harmless_line(&line, usize::MAX))
    });
    output::data(lines.collect::<String>().as_bytes())?;
    Ok(Status::Done)
}

fn show(rules: &RuleSet, id: &str) -> Result<Status, Failure> {
    let Some(rule) = rules.get(id) else {
        let known: Vec<&str> = rules.rules().iter().map(Rule::id).collect();
        let near = Some(rules::did_you_mean(id, &known)).filter(|hint| hint.starts_with("did you mean"));
        return Err(Failure::usage(format!("no such rule: {id}"), near.unwrap_or_else(|| "maascan rules list shows the ids".to_owned())));
    };
    let harmless = page(rule).lines().map(|line| format!("{}\n", report::harmless_line(line, usize::MAX))).collect::<String>();
    output::data(harmless.as_bytes())?;
    Ok(Status::Done)
}

fn page(rule: &Rule) -> String {
    let mut page = format!("{}\n{}\n\n", rule.id(), rule.title());
    let requires: Vec<&str> = rule.requires().iter().map(|dataset| dataset.name()).collect();
    let least = if rule.entity() == EntityKind::Waiver { "nothing of the tenant" } else { "access-policies" };
    let facts = [
        ("severity", rule.severity().to_string()),
        ("confidence", rule.confidence().to_string()),
        ("group", rule.group().to_owned()),
        ("about", about(rule)),
        ("requires", if requires.is_empty() { least.to_owned() } else { requires.join(", ") }),
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

/// What a rule is about, and its severity on automations that no policy excludes.
fn about(rule: &Rule) -> String {
    let others = rule.automations().map(|severity| format!(", and automation ({severity})")).unwrap_or_default();
    format!("{}{others}", rule.entity().word())
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

fn check(rules: usize, results: &[ExampleResult]) -> Result<Status, Failure> {
    let failed: Vec<_> = results.iter().filter(|result| !result.passed).collect();
    let mut text = String::new();
    for result in &failed {
        let detail = result.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let (rule, example, profile) = (&result.rule, &result.example, result.profile);
        let line = format!("{rule}: example {example:?} ({profile}): expected {}, got {}{detail}", result.expected, result.got);
        // The texts are from files that somebody else may have written.
        let _ = writeln!(text, "{}", output::harmless(&line));
    }
    let _ = writeln!(text, "{rules} {}, {} examples, {} failed", if rules == 1 { "rule" } else { "rules" }, results.len(), failed.len());
    output::data(text.as_bytes())?;
    Ok(if failed.is_empty() { Status::Done } else { Status::Findings })
}
