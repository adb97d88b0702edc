//! `maascan doctor`: what this sign-in can and cannot read, tried live, and what each gap costs.

use super::exit::{Failure, Status, could_not_run};
use super::needs::{blinded, rules_without};
use super::options::{Connection, TableOrJson as Format};
use super::{output, tenant};
use crate::assess::verdicts_without;
use crate::collect;
use crate::graph::Client;
use crate::report;
use crate::rules::RuleSet;
use crate::snapshot::{Dataset, Gap};
use chrono::Utc;
use clap::Args;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const EXAMPLES: &str = "\
Examples:
  maascan doctor
  maascan doctor --cloud usgov --format json

Makes one small request for each dataset, and reads nothing else. A workspace of activity logs is not asked: to try that,
maascan logs --workspace ID --log-days 1.

Exit status:
  0  everything that a scan asks for can be read
  2  wrong usage or configuration
  3  a dataset that a scan asks for cannot be read
  4  could not run: sign-in, network";

/// Try the sign-in: what it can read, and what each gap costs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What was found out of one dataset.
#[derive(Debug)]
struct Line {
    dataset: Dataset,
    gap: Option<Gap>,
    rules: BTreeSet<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let endpoints = arguments.connection.endpoints()?;
    let pacing = arguments.connection.pacing(&endpoints);
    let credential = tenant::credential(&arguments.connection, &endpoints)?;
    let rules = RuleSet::builtin().map_err(could_not_run)?;
    let (client, answers) = tenant::block_on(async {
        let client = tenant::connect(endpoints, credential, pacing).await?;
        let answers = collect::probe(&client, Utc::now()).await.map_err(could_not_run)?;
        Ok((client, answers))
    })?;
    let lines = lines(answers, &rules);
    let text = match arguments.format {
        Format::Table => table(&client, &lines),
        Format::Json => json(&client, &lines)?,
    };
    output::data(text.as_bytes())?;
    let missing = lines.iter().any(|line| line.is_missing() && !line.dataset.is_optional());
    Ok(if missing { Status::Incomplete } else { Status::Done })
}

fn lines(mut answers: BTreeMap<Dataset, Option<Gap>>, rules: &RuleSet) -> Vec<Line> {
    let line = |dataset| Line { dataset, gap: answers.remove(&dataset).flatten(), rules: rules_without(dataset, rules) };
    Dataset::ALL.into_iter().map(line).collect()
}

impl Line {
    fn is_missing(&self) -> bool {
        self.gap.is_some()
    }

    fn state(&self) -> String {
        match &self.gap {
            None => "readable".to_owned(),
            Some(Gap::Permission { missing }) => format!("missing: {missing}"),
            Some(gap) => gap.to_string(),
        }
    }

    /// What is lost; nothing where it can be read.
    fn blinded(&self) -> String {
        if self.gap.is_none() { String::new() } else { blinded(verdicts_without(self.dataset).into_iter(), &self.rules) }
    }

    fn name(&self) -> String {
        let optional = if self.dataset.is_optional() { " (optional)" } else { "" };
        format!("{}{optional}", self.dataset)
    }
}

fn table(client: &Client, lines: &[Line]) -> String {
    let rows: Vec<Vec<String>> = lines.iter().map(|line| vec![line.name(), line.state(), line.blinded()]).collect();
    let grid = report::grid(&["dataset", "state", "without it"], &rows, output::width());
    let readable = lines.iter().filter(|line| !line.is_missing()).count();
    let mut text = format!("{}\n\n{grid}\n{readable} of {} datasets can be read.\n", signed_in(client), lines.len());
    let undetermined: BTreeSet<&str> =
        lines.iter().filter(|line| line.is_missing()).flat_map(|line| &line.rules).map(String::as_str).collect();
    if !undetermined.is_empty() {
        text.push_str(&format!("Rules that would be undetermined: {}\n", undetermined.into_iter().collect::<Vec<_>>().join(", ")));
    }
    let permissions: BTreeSet<&str> = lines.iter().filter_map(Line::permission).collect();
    if !permissions.is_empty() {
        text.push_str(&format!("Permissions to grant: {}\n", permissions.into_iter().collect::<Vec<_>>().join(", ")));
        text.push_str("maascan permissions shows what each is for, and prints commands that grant them.\n");
    }
    text
}

impl Line {
    /// The permission that is missing.
    fn permission(&self) -> Option<&str> {
        match &self.gap {
            Some(Gap::Permission { missing }) => Some(missing),
            _ => None,
        }
    }
}

/// Who signed in, how, and whether the token can do more than read.
fn signed_in(client: &Client) -> String {
    let who = client.signed_in_as();
    let app = who.app_id.as_deref().map_or_else(String::new, |app| format!(" as application {app}"));
    let tenant = format!("Signed in with {}{app} to tenant {}, cloud {}.", who.how, who.tenant_id, client.cloud().name());
    let mut lines = vec![output::harmless(&tenant)];
    let writes: Vec<&str> = who.roles.iter().chain(&who.scopes).map(String::as_str).filter(|name| can_write(name)).collect();
    if !writes.is_empty() {
        lines.push(output::harmless(&format!("The token can do more than read, which maascan never needs: {}.", writes.join(", "))));
    }
    lines.join("\n")
}

/// Whether the name of a permission says that it lets something be changed.
fn can_write(permission: &str) -> bool {
    let last = |word: &str| permission.split('.').any(|part| part.eq_ignore_ascii_case(word));
    ["ReadWrite", "Write", "PrivilegedOperations", "Send", "Manage", "FullControl"].iter().any(|word| last(word))
}

fn json(client: &Client, lines: &[Line]) -> Result<String, Failure> {
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            json!({"dataset": line.dataset.name(), "readable": !line.is_missing(), "optional": line.dataset.is_optional(),
                "gap": line.gap.as_ref().map(Gap::word), "detail": line.gap.as_ref().map(ToString::to_string),
                "permission": line.dataset.permission(), "verdicts_without_it": verdicts_without(line.dataset),
                "rules_undetermined_without_it": line.rules})
        })
        .collect();
    let who = client.signed_in_as();
    let signed_in = json!({"how": who.how.to_string(), "app_id": who.app_id, "roles": who.roles, "scopes": who.scopes});
    let whole = json!({"signed_in": signed_in, "tenant_id": client.tenant_id(), "cloud": client.cloud().name(), "datasets": rows});
    let text = serde_json::to_string_pretty(&whole).map_err(could_not_run)?;
    Ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_that_change_something_are_told_from_those_that_read() {
        for name in ["DeviceManagementApps.ReadWrite.All", "DeviceManagementManagedDevices.PrivilegedOperations.All", "Mail.Send"] {
            assert!(can_write(name), "{name}");
        }
        for name in ["Application.Read.All", "User.ReadBasic.All", "RoleManagement.Read.Directory", "openid"] {
            assert!(!can_write(name), "{name}");
        }
    }
}
