//! `scripts.json`, version `v1`: a format of its own, which others may rely on. Members may be added.

use super::super::Error;
use crate::scripts::{Place, Problem, ScriptFile, ScriptWrite, Survey};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool_version: &'static str,
    complete: bool,
    files: Vec<File<'a>>,
    not_walked: Vec<NotWalked<'a>>,
}

#[derive(Debug, Serialize)]
struct NotWalked<'a> {
    path: &'a str,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct File<'a> {
    path: &'a str,
    language: &'static str,
    writes: Vec<Write<'a>>,
    problems: Vec<Trouble<'a>>,
    client_ids: &'a [String],
}

#[derive(Debug, Serialize)]
struct Write<'a> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    workload: &'a str,
    operation: &'a str,
    method: &'a str,
    path_template: &'a str,
    confidence: &'static str,
    gate: &'static str,
    auth: &'static str,
    approval: &'static str,
    expectation: &'static str,
    through: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Trouble<'a> {
    line: Option<usize>,
    kind: &'static str,
    message: &'a str,
}

pub(super) fn render(survey: &Survey) -> Result<Vec<u8>, Error> {
    let document = Document {
        schema: "v1",
        tool_version: env!("CARGO_PKG_VERSION"),
        complete: survey.is_whole(),
        files: survey.files.iter().map(file).collect(),
        not_walked: survey.unwalked.iter().map(|(path, reason)| NotWalked { path, reason }).collect(),
    };
    super::super::json::pretty("scripts.json", &document)
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
        confidence: write.confidence.word(),
        gate: write.gate,
        auth: write.sign_in.word(),
        approval: write.approval.word(),
        expectation: write.expectation().word(),
        through: write.through.as_deref(),
    }
}

fn trouble(problem: &Problem) -> Trouble<'_> {
    Trouble { line: problem.place.map(|place| place.line), kind: problem.kind.word(), message: &problem.message }
}
