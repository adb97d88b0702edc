//! Containers: a CronJob of Kubernetes, a job of Azure Container Apps. Neither knows a success other than status 0, so what is
//! new is told by the notice, and `--fail-on` is there only if it was asked for.

use super::template::{STOP, fill};
use super::{Document, Plan, Refused, azure, quote};

const DOCKERFILE: &str = include_str!("templates/shared/Dockerfile");

/// Where the store is mounted.
const STORE: &str = "/store";

/// A list of YAML, one item a line.
fn arguments(plan: &Plan, quote: fn(&str) -> Result<String, Refused>) -> Result<String, Refused> {
    let items = plan.arguments(STORE, false).into_iter().map(|word| Ok(format!("- {}", quote(&word)?)));
    Ok(items.collect::<Result<Vec<_>, Refused>>()?.join("\n"))
}

pub(super) fn kubernetes(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let values = [
        ("ARGUMENTS", arguments(plan, quote::container)?),
        ("IMAGE", quote::container(plan.image())?),
        ("TENANT", quote::container(plan.tenant())?),
        ("CLIENT", quote::container(plan.client())?),
        ("CLIENT_SHELL", quote::shell(plan.client())?),
        ("IMAGE_SHELL", quote::shell(plan.image())?),
        ("AZURE", quote::shell(plan.azure_cloud())?),
        ("CRON", plan.when.cron()),
        ("WHEN", plan.when.words()),
        ("STOP", STOP.to_owned()),
    ];
    let values: Vec<_> = values.into_iter().chain(azure::trust("maascan-kubernetes")).collect();
    Ok(vec![
        Document { name: "maascan.yaml", text: fill(include_str!("templates/kubernetes/maascan.yaml"), &values) },
        Document { name: "Dockerfile", text: fill(DOCKERFILE, &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/kubernetes/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/kubernetes/remove.sh"), &values) },
    ])
}

pub(super) fn container_apps(plan: &Plan) -> Result<Vec<Document>, Refused> {
    let roles: Vec<&str> = plan.roles.iter().map(|role| role.id.as_str()).collect();
    let names: Vec<String> = plan.roles.iter().map(|role| format!("#   {}  {}", role.id, role.name)).collect();
    let tenant = match &plan.tenant {
        Some(tenant) => format!("- name: AZURE_TENANT_ID\n  value: {}", quote::container_apps(tenant)?),
        None => String::new(),
    };
    let values = [
        ("ARGUMENTS", arguments(plan, quote::container_apps)?),
        ("IMAGE", quote::container_apps(plan.image())?),
        ("TENANT", tenant),
        ("ACCOUNT", quote::shell(plan.storage_account())?),
        ("IMAGE_SHELL", quote::shell(plan.image())?),
        ("AZURE", quote::shell(plan.azure_cloud())?),
        ("GRAPH", quote::shell(plan.graph())?),
        ("STOP", STOP.to_owned()),
        ("ROLES", roles.join(" ")),
        ("NAMES", names.join("\n")),
        ("CRON", plan.when.cron()),
        ("WHEN", plan.when.words()),
    ];
    Ok(vec![
        Document { name: "job.yaml", text: fill(include_str!("templates/container-apps/job.yaml"), &values) },
        Document { name: "Dockerfile", text: fill(DOCKERFILE, &values) },
        Document { name: "install.sh", text: fill(include_str!("templates/container-apps/install.sh"), &values) },
        Document { name: "remove.sh", text: fill(include_str!("templates/container-apps/remove.sh"), &values) },
    ])
}
