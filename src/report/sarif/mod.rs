//! `findings.sarif`: what the rules found, in SARIF 2.1.0 (OASIS) for viewers and code scanning.
//!
//! - An open or waived finding is a result of kind `fail`; the waiver is its suppression. What could not be determined is of
//!   kind `open`, which the standard defines as too little information to decide (3.27.9), and has level `none`. GitHub reads
//!   neither kind nor suppressions and shows all of them as alerts: whoever uploads the file there takes those out first.
//! - maascan reads a tenant and no file, so the place of a result is the object in the tenant, a logical location. GitHub
//!   refuses a file of which one result has no physical location; it is the row of the finding in `findings.csv`, which stands
//!   in the same folder, has one row a line, and says the same. Two runs may have a finding on different lines, so
//!   it is matched by fingerprint: `primaryLocationLineHash` is the only name that GitHub looks at.
//! - Names are exact, as in `assessment.json`. Brackets, braces and backslashes of a message are escaped as the standard has it,
//!   so that a name is no link and no placeholder.

mod model;
mod notifications;
mod rules;
#[cfg(test)]
mod tests;

use super::{Contents, Error, Format, json, phrases, text};
use crate::assess::{Assessment, Finding, FindingStatus, Severity, Waiver};
use model::{
    Artifact, ArtifactLocation, AutomationDetails, ComponentReference, Driver, Invocation, Location, Log, LogicalLocation, Message,
    Outcome, OutcomeProperties, PhysicalLocation, Region, Rule, Run, RunProperties, Suppression, Tool,
};
use rules::{Benchmarks, ByRule};

/// Where the schema of the standard is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Where the row of each finding stands.
const FINDINGS_FILE: &str = "findings.csv";

/// The file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sarif;

impl Format for Sarif {
    fn file_name(&self) -> &'static str {
        "findings.sarif"
    }

    fn render(&self, contents: &Contents<'_>) -> Result<Vec<u8>, Error> {
        json::pretty(self.file_name(), &Log { schema: SCHEMA, version: "2.1.0", runs: [run(contents.assessment)] })
    }
}

/// Text that is no template: an attacker's name in it makes no link and no placeholder.
fn message(text: &str) -> Message {
    Message { text: text::sarif(text.trim()), markdown: None }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn run(assessment: &Assessment) -> Run<'_> {
    let by_rule = rules::by_rule(&assessment.findings);
    let benchmarks = rules::benchmarks(&by_rule);
    Run {
        tool: Tool { driver: driver(&by_rule, &benchmarks) },
        automation_details: automation_details(assessment),
        invocations: [Invocation {
            // A report is only made of a run that came to its end; what it could not read is said below.
            execution_successful: true,
            tool_execution_notifications: notifications::execution(assessment),
            tool_configuration_notifications: notifications::configuration(&assessment.settings),
        }],
        artifacts: [artifact()],
        taxonomies: rules::taxonomies(&benchmarks),
        column_kind: "unicodeCodePoints",
        results: results(assessment, &by_rule),
        properties: properties(assessment),
    }
}

fn driver<'a>(by_rule: &ByRule<'a>, benchmarks: &Benchmarks<'a>) -> Driver<'a> {
    let rules: Vec<Rule<'a>> = by_rule.iter().filter_map(|(id, findings)| rules::rule(id, findings, benchmarks)).collect();
    Driver {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        short_description: message(env!("CARGO_PKG_DESCRIPTION")),
        rules,
        notifications: notifications::kinds(),
        supported_taxonomies: benchmarks.keys().enumerate().map(|(index, name)| ComponentReference { name, index }).collect(),
    }
}

/// The tenant is the category and the time the run in it, so that code scanning keeps the tenants apart and the runs together.
fn automation_details(assessment: &Assessment) -> AutomationDetails {
    let run = &assessment.run;
    let (tenant, taken_at) = (run.tenant_id.as_str(), phrases::time(run.taken_at));
    let description = message(&format!("Multi Admin Approval in the tenant {tenant}, read at {taken_at}"));
    // A slash would make one more level.
    AutomationDetails { id: format!("maascan/{}/{taken_at}", tenant.replace('/', "_")), description }
}

fn artifact() -> Artifact {
    Artifact {
        location: findings_file(),
        description: message("The same findings in the folder of the report, one a line; a result names the line of its own"),
        mime_type: "text/csv",
        encoding: "UTF-8",
    }
}

fn findings_file() -> ArtifactLocation {
    ArtifactLocation { uri: FINDINGS_FILE, index: 0 }
}

fn results<'a>(assessment: &'a Assessment, by_rule: &ByRule<'a>) -> Vec<Outcome<'a>> {
    let index: std::collections::BTreeMap<&str, usize> = by_rule.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let tenant = assessment.run.tenant_id.as_str();
    // Line 1 has the names of the columns.
    let rows = assessment.findings.iter().zip(2..);
    rows.map(|(finding, line)| result(finding, index.get(finding.rule.id.as_str()).copied().unwrap_or_default(), line, tenant)).collect()
}

fn result<'a>(finding: &'a Finding, rule_index: usize, line: usize, tenant: &str) -> Outcome<'a> {
    let undetermined = finding.status == FindingStatus::Undetermined;
    let hash = format!("{}:1", finding.id);
    Outcome {
        rule_id: &finding.rule.id,
        rule_index,
        kind: if undetermined { "open" } else { "fail" },
        level: if undetermined { "none" } else { level(finding.rule.severity) },
        message: message(&finding.message),
        locations: [Location {
            physical_location: PhysicalLocation { artifact_location: findings_file(), region: Region { start_line: line } },
            logical_locations: [logical_location(finding, tenant)],
        }],
        partial_fingerprints: [("maascan/v1", finding.id.clone()), ("primaryLocationLineHash", hash)].into(),
        // The standard wants the member on all results of a run or on none.
        suppressions: finding.waiver.iter().map(suppression).collect(),
        properties: OutcomeProperties {
            finding_id: &finding.id,
            status: finding.status.word(),
            severity: finding.rule.severity.word(),
            confidence: finding.rule.confidence.word(),
            object_id: &finding.object.id,
            app_id: finding.object.app_id.as_deref(),
            evidence: &finding.evidence,
            gap: finding.gap.as_ref().map(ToString::to_string),
            remediation: &finding.rule.remediation,
        },
    }
}

fn logical_location<'a>(finding: &'a Finding, tenant: &str) -> LogicalLocation<'a> {
    let object = &finding.object;
    LogicalLocation {
        name: phrases::named(&object.name, &object.id),
        fully_qualified_name: format!("{tenant}/{}/{}", object.kind, object.id),
        kind: object.kind,
    }
}

fn suppression(waiver: &Waiver) -> Suppression {
    let Waiver { reason, approver, ticket, expires, .. } = waiver;
    let justification = format!("{reason} (ticket {ticket}, approved by {approver}, until {expires})");
    Suppression { kind: "external", status: "accepted", justification }
}

fn properties(assessment: &Assessment) -> RunProperties<'_> {
    let run = &assessment.run;
    RunProperties {
        tenant_id: run.tenant_id.as_str(),
        tenant_name: run.tenant_name.as_deref(),
        taken_at: phrases::time(run.taken_at),
        window_days: run.window_days,
        headline: phrases::headline(assessment),
        complete: assessment.is_complete(),
    }
}
