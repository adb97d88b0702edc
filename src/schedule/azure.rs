//! Machines that are thrown away after each run: GitHub Actions and Azure Pipelines. Both sign in without a secret, and both
//! keep the store as one blob in a storage account that the same sign-in may write. An artifact or a cache is no such place:
//! it ends after some weeks, and everybody who can read the repository can read it.

use super::template::{STOP, fill};
use super::{Document, Plan, Refused, quote};

/// The program and the history come down, the run, and the history goes up again.
const BEFORE: &str = include_str!("templates/shared/before.bash");
const RUN: &str = include_str!("templates/shared/run.bash");
const AFTER: &str = include_str!("templates/shared/after.bash");

/// Makes the storage account's container and lets the application write it; no longer lets it.
const STORAGE: &str = include_str!("templates/shared/storage.sh");
const RELEASE: &str = include_str!("templates/shared/release.sh");

/// Lets the application trust tokens of the platform; no longer lets it.
const TRUST: &str = include_str!("templates/shared/trust.sh");
const UNTRUST: &str = include_str!("templates/shared/untrust.sh");

/// The commands that make and take away the federated credential `name`, for a script that knows `$client`, `$issuer` and
/// `$subject`.
pub(super) fn trust(name: &str) -> [(&'static str, String); 2] {
    let name = [("CREDENTIAL", name.to_owned())];
    [("TRUST", fill(TRUST, &name)), ("UNTRUST", fill(UNTRUST, &name))]
}

/// The arguments, for a script that knows the store as `$store`. None of them is free text of the user's.
fn arguments(plan: &Plan) -> Result<String, Refused> {
    let words = plan.arguments("$store", true);
    let quoted = |word: &String| if word == "$store" { Ok("\"$store\"".to_owned()) } else { plain_word(word) };
    Ok(words.iter().map(quoted).collect::<Result<Vec<_>, _>>()?.join(" "))
}

/// A word that needs no quotes stays as it is, for people who read the script.
fn plain_word(word: &str) -> Result<String, Refused> {
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':'));
    if plain { Ok(word.to_owned()) } else { quote::shell(word) }
}

fn values<'a>(plan: &Plan, credential: &str, error: &str, warning: &str) -> Result<Vec<(&'a str, String)>, Refused> {
    let words = [("ARGUMENTS", arguments(plan)?), ("ERROR", error.to_owned()), ("WARNING", warning.to_owned())];
    let scripts = [("BEFORE", fill(BEFORE, &words)), ("RUN", fill(RUN, &words)), ("AFTER", fill(AFTER, &words))];
    let rest = [
        ("STOP", STOP.to_owned()),
        ("STORAGE", STORAGE.to_owned()),
        ("RELEASE", RELEASE.to_owned()),
        ("ACCOUNT", quote::shell(plan.storage_account())?),
        ("CRON", plan.when.cron()),
        ("WHEN", plan.when.words()),
        ("AZURE", quote::shell(plan.azure_cloud())?),
        ("CLIENT", quote::shell(plan.client())?),
    ];
    Ok(scripts.into_iter().chain(rest).chain(trust(credential)).collect())
}

pub(super) fn github(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let common = values(plan, "maascan-github", "::error title=maascan::", "::warning title=maascan::")?;
    let own = [
        ("TENANT_YAML", quote::github(plan.tenant())?),
        ("CLIENT_YAML", quote::github(plan.client())?),
        ("ACCOUNT_YAML", quote::github(plan.storage_account())?),
        ("CLOUD_YAML", quote::github(plan.azure_cloud())?),
    ];
    let values: Vec<_> = common.into_iter().chain(own).collect();
    Ok(vec![
        Document { name: "maascan.yml", text: fill(include_str!("templates/github/maascan.yml"), &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/github/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/github/remove.sh"), &values) },
    ])
}

pub(super) fn azure_devops(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let common = values(plan, "maascan-azure-devops", "##vso[task.logissue type=error]", "##vso[task.logissue type=warning]")?;
    let own = [("ACCOUNT_YAML", quote::azure_pipelines(plan.storage_account())?)];
    let values: Vec<_> = common.into_iter().chain(own).collect();
    Ok(vec![
        Document { name: "azure-pipelines.yml", text: fill(include_str!("templates/azure-devops/azure-pipelines.yml"), &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/azure-devops/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/azure-devops/remove.sh"), &values) },
    ])
}
