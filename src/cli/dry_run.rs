//! `maascan scan --dry-run`: what a scan would ask, and what that would cost, without reading the tenant.

use super::exit::{Failure, Status, could_not_run};
use super::options::{Connection, Reading};
use super::{output, tenant};
use crate::collect::{self, Figures, Plan, Step};
use crate::report::{self, OutputKind};
use serde_json::json;

/// Service principals that are assumed where the tenant does not tell.
const ASSUMED: u64 = 10_000;

/// Columns from which on the reasons are shown, and columns where the output is no terminal.
const WIDE: u16 = 200;

/// Prints the plan. With `size` nothing is asked of anybody; without it the tenant is asked how many service principals it has.
pub(super) fn run(connection: &Connection, reading: &Reading, size: Option<u64>, format: OutputKind) -> Result<Status, Failure> {
    if !matches!(format, OutputKind::Terminal | OutputKind::Json) {
        return Err(Failure::usage("a dry run has no such format", "its formats are table and json"));
    }
    let endpoints = connection.endpoints()?;
    let cloud = endpoints.cloud();
    let catalogue = tenant::catalogue()?;
    let options = reading.options(catalogue.scope_app_roles());
    let size = match size {
        Some(size) => Size { service_principals: size, told: false },
        None => ask(connection, endpoints)?,
    };
    let plan = Plan::estimate(&Figures::assumed(size.service_principals), &options, cloud);
    let text = match format {
        OutputKind::Json => json(&plan, &size)?,
        _ => table(&plan, &size),
    };
    output::data(text.as_bytes())?;
    Ok(Status::Done)
}

/// Service principals, and whether the tenant told.
struct Size {
    service_principals: u64,
    told: bool,
}

fn ask(connection: &Connection, endpoints: crate::graph::Endpoints) -> Result<Size, Failure> {
    let pacing = connection.pacing(&endpoints);
    let credential = tenant::credential(connection, &endpoints)?;
    let told = tenant::block_on(async {
        let client = tenant::connect(endpoints, credential, pacing).await?;
        Ok(collect::count_service_principals(&client).await)
    })?;
    if told.is_none() {
        output::note(&format!("the tenant does not say how many service principals it has: {ASSUMED} are assumed"));
    }
    Ok(Size { service_principals: told.unwrap_or(ASSUMED), told: told.is_some() })
}

fn table(plan: &Plan, size: &Size) -> String {
    let row = |step: &Step| {
        let endpoint = format!("{}{}", step.endpoint.version, step.endpoint.path);
        let limit = step.throttle.name().to_owned();
        vec![step.dataset.to_string(), endpoint, step.permission.to_string(), limit, step.requests.likely.to_string(), step.why.clone()]
    };
    let rows: Vec<Vec<String>> = plan.steps.iter().map(row).collect();
    let header = ["dataset", "read at", "permission", "limit", "requests", "why"];
    // Six columns do not fit every terminal; the reasons are in the JSON too.
    let width = output::width().unwrap_or(WIDE);
    let columns = if width < WIDE { 5 } else { 6 };
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.into_iter().take(columns).collect()).collect();
    let grid = report::grid(header.get(..columns).unwrap_or(&header), &rows, Some(width));
    let known = if size.told { "as the tenant says" } else { "as assumed" };
    let figures = Figures::assumed(size.service_principals);
    let mut text = format!(
        "{grid}\nAbout {} requests ({} to {}), and about {} for a tenant with {} service principals ({known}), {} of them in scope (assumed).\n",
        plan.requests.likely,
        plan.requests.least,
        plan.requests.most,
        duration(plan.seconds),
        size.service_principals,
        figures.in_scope,
    );
    for (dataset, gap) in &plan.left_out {
        text.push_str(&format!("Not asked for: {dataset} ({gap}).\n"));
    }
    text.push_str("Requests inside a batch of 20 count against the limits one by one. Nothing was read.\n");
    text
}

/// Seconds as a person says them.
fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        _ => format!("{} min", seconds.div_ceil(60)),
    }
}

fn json(plan: &Plan, size: &Size) -> Result<String, Failure> {
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|step| {
            json!({"dataset": step.dataset.name(), "round": step.round, "version": step.endpoint.version, "path": step.endpoint.path,
                "permission": step.permission.name(), "limit": step.throttle.name(), "requests": {"least": step.requests.least,
                "likely": step.requests.likely, "most": step.requests.most}, "why": step.why})
        })
        .collect();
    let left_out: Vec<_> = plan.left_out.iter().map(|(dataset, gap)| json!({"dataset": dataset.name(), "gap": gap.word()})).collect();
    let whole = json!({"service_principals": size.service_principals, "told_by_tenant": size.told, "steps": steps, "left_out": left_out,
        "requests": {"least": plan.requests.least, "likely": plan.requests.likely, "most": plan.requests.most}, "seconds": plan.seconds});
    let text = serde_json::to_string_pretty(&whole).map_err(could_not_run)?;
    Ok(format!("{text}\n"))
}
