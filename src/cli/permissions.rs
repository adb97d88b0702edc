//! `maascan permissions`: what is needed, why each, what is not seen without it, and the commands that grant it.

use super::exit::{Failure, Status, could_not_run};
use super::needs::{Need, needs};
use super::options::TableMarkdownOrJson as Format;
use super::{grant_script, output};
use crate::graph::Cloud;
use crate::report;
use crate::snapshot::{About, Dataset, ReadPermission};
use clap::{Args, ValueEnum};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  maascan permissions
  maascan permissions --datasets --format markdown
  maascan permissions --script azure-cli > grant.sh
  maascan permissions --script powershell --optional --cloud usgov > grant.ps1

The scripts make an application named maascan, grant it these permissions and no others, and give it a certificate. Read one
before you run it: it changes the tenant, which maascan itself never does.";

/// Show which permissions are needed and why, and commands that grant them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// One row for each dataset instead: where it is read, with what permission, licence, in which clouds, at what cost
    #[arg(long, conflicts_with = "script")]
    datasets: bool,
    /// Print commands that make the application and grant it the permissions
    #[arg(long, value_enum, value_name = "KIND", conflicts_with = "format")]
    script: Option<Script>,
    /// Let the script grant the optional permissions too
    #[arg(long, requires = "script")]
    optional: bool,
    /// Cloud that the script is for
    #[arg(long, value_name = "NAME", default_value = "global", value_parser = super::options::cloud, requires = "script")]
    cloud: Cloud,
}

/// Kinds of script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Script {
    /// Azure CLI, for a POSIX shell
    AzureCli,
    /// Microsoft Graph PowerShell
    Powershell,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let needs = needs()?;
    let text = match (arguments.script, arguments.datasets) {
        (Some(script), _) => grant_script::render(script, &chosen(&needs, arguments.optional), arguments.cloud),
        (None, true) => datasets(arguments.format)?,
        (None, false) => permissions(&needs, arguments.format)?,
    };
    output::data(text.as_bytes())?;
    Ok(Status::Done)
}

fn permissions(needs: &[Need], format: Format) -> Result<String, Failure> {
    match format {
        Format::Table => Ok(table(needs)),
        Format::Markdown => Ok(report::markdown_table(&HEADER, &rows(needs))),
        Format::Json => json(needs),
    }
}

fn datasets(format: Format) -> Result<String, Failure> {
    const HEADER: [&str; 7] = ["dataset", "read for", "endpoints", "permission", "licence", "clouds", "requests"];
    match format {
        Format::Table => {
            // Seven columns do not fit a terminal: purpose, endpoints and requests are left to the other formats.
            let rows: Vec<Vec<String>> = dataset_rows().into_iter().map(|row| [&row[..1], &row[3..6]].concat()).collect();
            Ok(report::grid(&[&HEADER[..1], &HEADER[3..6]].concat(), &rows, output::width()))
        }
        Format::Markdown => Ok(report::markdown_table(&HEADER, &dataset_rows())),
        Format::Json => {
            let rows: Vec<_> = Dataset::ALL.iter().map(|dataset| dataset_json(dataset.about())).collect();
            let text = serde_json::to_string_pretty(&json!({"datasets": rows})).map_err(could_not_run)?;
            Ok(format!("{text}\n"))
        }
    }
}

fn dataset_rows() -> Vec<Vec<String>> {
    let row = |dataset: Dataset| {
        let about = dataset.about();
        let optional = if about.optional { " (optional)" } else { "" };
        vec![
            format!("{}{optional}", about.name),
            about.purpose.to_owned(),
            endpoints(about).join(", "),
            permissions_of(about).join(", "),
            about.licence.unwrap_or("none").to_owned(),
            about.clouds.to_string(),
            about.cost.to_owned(),
        ]
    };
    Dataset::ALL.into_iter().map(row).collect()
}

fn endpoints(about: &About) -> Vec<String> {
    about.endpoints.iter().map(|endpoint| format!("{}{}", endpoint.version, endpoint.path)).collect()
}

fn permissions_of(about: &About) -> Vec<&'static str> {
    std::iter::once(&about.permission).chain(about.also).map(|permission| permission.name()).collect()
}

fn dataset_json(about: &About) -> serde_json::Value {
    json!({"dataset": about.name, "purpose": about.purpose, "endpoints": endpoints(about), "permissions": permissions_of(about),
        "licence": about.licence, "clouds": about.clouds.to_string(), "requests": about.cost, "optional": about.optional,
        "source": about.source})
}

/// The permissions that a script grants: the least set, or all; none that another of them covers.
fn chosen(needs: &[Need], optional: bool) -> Vec<&Need> {
    let wanted: Vec<&Need> = needs.iter().filter(|need| optional || !need.optional).collect();
    let covered = |need: &Need| wanted.iter().any(|other| need.permission.implied_by().contains(&other.permission.name()));
    // Directory.Read.All would cover several, but whoever takes it away later should lose only what it is for.
    let kept = |need: &&&Need| need.permission != ReadPermission::UserNames || !covered(need);
    wanted.iter().filter(kept).copied().collect()
}

const HEADER: [&str; 4] = ["permission", "set", "read for", "without it"];

fn rows(needs: &[Need]) -> Vec<Vec<String>> {
    let row = |need: &Need| {
        let set = if need.optional { "optional" } else { "least set" };
        vec![need.permission.name().to_owned(), set.to_owned(), need.purposes().join("; "), need.blinded()]
    };
    needs.iter().map(row).collect()
}

fn table(needs: &[Need]) -> String {
    let grid = report::grid(&HEADER, &rows(needs), output::width());
    format!(
        "{grid}\nApplication permissions on Microsoft Graph; all of them only read. The optional ones do not count as missing (exit status 3).\n\
         Commands that grant them: maascan permissions --script azure-cli, or --script powershell. To try a sign-in: maascan doctor.\n\
         Activity logs take no permission on Graph: files none at all, a workspace (--workspace) the role Log Analytics Reader on it.\n"
    )
}

fn json(needs: &[Need]) -> Result<String, Failure> {
    let rows: Vec<_> = needs
        .iter()
        .map(|need| {
            json!({"permission": need.permission.name(), "app_role_id": need.permission.app_role_id(), "optional": need.optional,
                "datasets": need.datasets.iter().map(|dataset| dataset.name()).collect::<Vec<_>>(), "purposes": need.purposes(),
                "verdicts_without_it": need.verdicts, "rules_undetermined_without_it": need.rules})
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({"permissions": rows})).map_err(could_not_run)?;
    Ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_grants_the_least_set_and_only_on_demand_more() {
        let needs = needs().unwrap();
        let names = |optional| chosen(&needs, optional).iter().map(|need| need.permission).collect::<Vec<_>>();
        assert_eq!(names(false).len(), 8);
        assert!(!names(false).contains(&ReadPermission::Directory) && names(false).contains(&ReadPermission::UserNames));
        assert!(names(true).contains(&ReadPermission::Users) && !names(true).contains(&ReadPermission::UserNames));
    }

    #[test]
    fn the_list_is_as_it_was() {
        insta::assert_snapshot!(table(&needs().unwrap()));
    }
}
