//! SARIF 2.1.0 (OASIS) for code scanning: one rule a workload, one for each kind of problem with the approval flow. Calls that
//! take part in the flow as they should are no results. Regions count characters.

use super::super::{Error, json, text};
use super::{advice, doubts, sentence};
use crate::scripts::{Expectation, Place, Problem, ScriptFile, ScriptWrite, Survey};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Debug, Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    automation_details: Id,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Debug, Serialize)]
struct Id {
    id: &'static str,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Message,
    help: Message,
}

#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Debug, Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    locations: [Location; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Debug, Clone, Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

pub(super) fn render(survey: &Survey) -> Result<Vec<u8>, Error> {
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    for file in &survey.files {
        let mut twins: BTreeMap<String, usize> = BTreeMap::new();
        for write in file.writes.iter().filter(|write| write.expectation() >= Expectation::MayBeRefused) {
            let id = format!("write-{}", write.workload.word());
            rules.entry(id.clone()).or_insert_with(|| rule_of_writes(&id, write.workload.word()));
            let level = if write.expectation() == Expectation::Refused { "error" } else { "warning" };
            results.push(outcome(file, write.place, id, level, &told(write), &mut twins));
        }
        for problem in &file.problems {
            match problem.place {
                Some(place) if !is_about_reading(problem) => {
                    let id = problem.kind.word().to_owned();
                    rules.entry(id.clone()).or_insert_with(|| rule_of_problems(&id));
                    results.push(outcome(file, place, id, "warning", &problem.message, &mut twins));
                }
                place => notifications.push(Notification {
                    level: if problem.kind.leaves_gap() { "warning" } else { "note" },
                    message: message(&format!("{}: {}", problem.kind.word(), problem.message)),
                    locations: [location(file, place)],
                }),
            }
        }
    }
    for (path, why) in &survey.unwalked {
        let locations = [at(path, None)];
        notifications.push(Notification { level: "warning", message: message(&format!("not read: {why}")), locations });
    }
    let order: Vec<String> = rules.keys().cloned().collect();
    for result in &mut results {
        result.rule_index = order.iter().position(|id| *id == result.rule_id).unwrap_or(0);
    }
    let driver = Driver { name: env!("CARGO_PKG_NAME"), semantic_version: env!("CARGO_PKG_VERSION"), rules: rules.into_values().collect() };
    let run = Run {
        tool: Tool { driver },
        automation_details: Id { id: "maascan/scripts/" },
        invocations: [Invocation { execution_successful: true, tool_execution_notifications: notifications }],
        column_kind: "unicodeCodePoints",
        results,
    };
    json::pretty("scripts.sarif", &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })
}

fn is_about_reading(problem: &Problem) -> bool {
    problem.kind.leaves_gap() || matches!(problem.kind.word(), "syntax" | "binary" | "minified")
}

fn told(write: &ScriptWrite) -> String {
    let mut told = sentence(write);
    for doubt in doubts(write) {
        told = format!("{told} ({doubt})");
    }
    match advice(write) {
        Some(advice) => format!("{told}. {} {}. To do: {advice}", write.method, write.path_template),
        None => told,
    }
}

fn message(plain: &str) -> Message {
    Message { text: text::sarif(plain.trim()) }
}

fn rule_of_writes(id: &str, workload: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        short_description: message(&format!("write to {workload} without approval")),
        help: message(&format!(
            "Where an access policy of Multi Admin Approval protects {workload}, Microsoft Graph refuses this call unless it asks for approval."
        )),
    }
}

fn rule_of_problems(id: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        short_description: message(&id.replace('-', " ")),
        help: message("The approval flow is there, but not as the service wants it, or a write could not be told."),
    }
}

fn outcome(file: &ScriptFile, place: Place, id: String, level: &'static str, said: &str, twins: &mut BTreeMap<String, usize>) -> Outcome {
    // The fingerprint is of what is shown of the call, so that lines that are put in above do not make it another finding.
    let line = file.excerpts.get(&place).map_or("", String::as_str);
    let base = format!("{}\n{id}\n{line}", file.path);
    let count = twins.entry(base.clone()).or_default();
    *count += 1;
    let digest = Sha256::digest(format!("{base}\n{count}").as_bytes());
    let hash: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Outcome {
        rule_id: id,
        rule_index: 0,
        level,
        message: message(said),
        locations: [location(file, Some(place))],
        partial_fingerprints: BTreeMap::from([("primaryLocationLineHash", hash)]),
    }
}

fn location(file: &ScriptFile, place: Option<Place>) -> Location {
    at(&file.path, place)
}

fn at(path: &str, place: Option<Place>) -> Location {
    let region = place.map(|place| Region {
        start_line: place.line,
        start_column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    });
    Location { physical_location: Physical { artifact_location: Artifact { uri: encoded(path) }, region } }
}

/// A path as a relative reference: what a URI does not allow is percent-encoded.
fn encoded(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
