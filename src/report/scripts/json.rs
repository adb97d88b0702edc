//! `scripts.json`, version `v1`: a format of its own, which others may rely on. Members may be added.

use super::super::v1::{self, Word};
use super::super::{Error, json};
use crate::scripts::{Approval, Confidence, Expectation, Place, Problem, ScriptFile, ScriptWrite, SignIn, Survey};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// What stands in the member `schema`.
const SCHEMA: &str = "v1";

/// Scripts that were read, and the calls in them that write to Intune.
#[derive(Debug, Serialize, JsonSchema)]
struct Document<'a> {
    /// Version of the format.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Version of the maascan that wrote it.
    tool_version: &'static str,
    /// Whether every file that was met could be read and followed whole.
    complete: bool,
    /// Every file that was read as a script, in order of path.
    files: Vec<File<'a>>,
    /// Folders that could not be walked, and files that could not be looked at.
    not_walked: Vec<NotWalked<'a>>,
    /// Links that were not followed: what they lead to was read only if it was met without them.
    links: &'a [String],
    /// Files that were named themselves and are no script that is read.
    no_scripts: &'a [String],
}

/// A folder that could not be walked, or a file that could not be looked at.
#[derive(Debug, Serialize, JsonSchema)]
struct NotWalked<'a> {
    /// Its path.
    path: &'a str,
    /// Why.
    reason: &'a str,
}

/// A script.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ScriptFile")]
struct File<'a> {
    /// Its path, below the one that was named.
    path: &'a str,
    /// Its language: powershell, python, javascript, typescript, csharp, shell, logic-app, github-actions, azure-pipelines,
    /// terraform; more may come.
    language: &'static str,
    /// Calls that write, in order of place.
    writes: Vec<Write<'a>>,
    /// What is wrong with it, or with how it could be read.
    problems: Vec<Trouble<'a>>,
    /// Ids of applications that stand in it, in lower case. Only of files that write.
    client_ids: &'a [String],
}

/// A call that writes. Lines and columns count from 1; columns count characters.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ScriptFileWrite")]
struct Write<'a> {
    /// First line of the call.
    line: usize,
    /// First column.
    column: usize,
    /// Last line.
    end_line: usize,
    /// Column behind the last character.
    end_column: usize,
    /// Graph's policyType. The set is Microsoft's and grows.
    workload: &'a str,
    /// The operation: create, assign, and so on.
    operation: &'a str,
    /// Method of HTTP; an asterisk where it is not known.
    method: &'a str,
    /// The path, keys as {id}.
    path_template: &'a str,
    /// How much of the call could be worked out.
    confidence: Word<Confidence>,
    /// Whether a policy on the workload holds the operation back: gated, unknown, not-gated, or unproven.
    gate: &'static str,
    /// As whom the script signs in.
    auth: Word<SignIn>,
    /// Whether the call takes part in the approval flow.
    approval: Word<Approval>,
    /// What to expect of it, once the workload is protected.
    expectation: Word<Expectation>,
    /// The script that it runs and that writes, where the call itself is only that; else null.
    through: Option<&'a str>,
}

/// Something that is wrong with a script, or with how it could be read.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ScriptProblem")]
struct Trouble<'a> {
    /// Its line; null where it has none.
    line: Option<usize>,
    /// Which: syntax, bounded, untold-target, too-large, binary, not-understood, minified, unreadable, plain-justification, long-justification,
    /// encoded-code, other-body, repeated-request; more may come.
    kind: &'static str,
    /// In words.
    message: &'a str,
}

/// The JSON Schema of what [`render`] gives.
pub(super) fn schema() -> Value {
    v1::schema::<Document<'_>>("maascan.scripts", 1, "scripts.json")
}

pub(super) fn render(survey: &Survey) -> Result<Vec<u8>, Error> {
    let document = Document {
        schema: SCHEMA,
        tool_version: env!("CARGO_PKG_VERSION"),
        complete: survey.is_whole(),
        files: survey.files.iter().map(file).collect(),
        not_walked: survey.unwalked.iter().map(|(path, reason)| NotWalked { path, reason }).collect(),
        links: &survey.links,
        no_scripts: &survey.foreign,
    };
    json::pretty("scripts.json", &document)
}

fn file(file: &ScriptFile) -> File<'_> {
    File {
        path: &file.path,
        language: file.language.word(),
        writes: file.writes.iter().map(write).collect(),
        problems: file.problems.iter().map(trouble).collect(),
        client_ids: &file.client_ids,
    }
}

fn write(write: &ScriptWrite) -> Write<'_> {
    let Place { line, column, end_line, end_column } = write.place;
    Write {
        line,
        column,
        end_line,
        end_column,
        workload: write.workload.word(),
        operation: &write.operation,
        method: &write.method,
        path_template: &write.path_template,
        confidence: Word::of(&write.confidence),
        gate: write.gate,
        auth: Word::of(&write.sign_in),
        approval: Word::of(&write.approval),
        expectation: Word::of(&write.expectation()),
        through: write.through.as_deref(),
    }
}

fn trouble(problem: &Problem) -> Trouble<'_> {
    Trouble { line: problem.place.map(|place| place.line), kind: problem.kind.word(), message: &problem.message }
}
