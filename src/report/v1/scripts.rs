//! What of the automations' own source was read, and where it writes.

use super::words::Word;
use crate::assess::{self, Scripted};
use crate::snapshot::{ScriptApproval, ScriptConfidence, ScriptExpectation, ScriptGap, ScriptReading, ScriptSignIn};
use schemars::JsonSchema;
use serde::Serialize;

/// What of the automations' own source was read. What it says stands in the verdicts.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Scripts<'a> {
    /// Whether everything that was named was read and followed whole.
    whole: bool,
    /// Files that were read as scripts.
    files: u64,
    /// Those that write.
    writing: usize,
    /// Applications that a script which writes was found for.
    applications: usize,
    /// Paths of scripts that write as an application, and that no application of the tenant was found for.
    unjoined: &'a [String],
    /// What keeps the scripts from being known whole, each kind once.
    gaps: Vec<Kind<'a>>,
}

/// A kind of gap in what is known of scripts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ScriptGapCount")]
struct Kind<'a> {
    /// Which.
    gap: Word<ScriptGap>,
    /// Files or folders that it befell.
    times: u64,
    /// One of them; null where none was noted.
    example: Option<&'a str>,
}

/// A write in a script of an automation. That it was made is not said by it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ScriptWrite<'a> {
    /// Path of the script, below the one that was named.
    path: &'a str,
    /// Line of the call, from 1.
    line: u64,
    /// The operation: create, assign, and so on.
    operation: &'a str,
    /// Method of HTTP; an asterisk where it is not known.
    method: &'a str,
    /// The path, keys as {id}.
    path_template: &'a str,
    /// How much of the call could be worked out.
    confidence: Word<ScriptConfidence>,
    /// As whom the script signs in.
    auth: Word<ScriptSignIn>,
    /// Whether the call takes part in the approval flow.
    approval: Word<ScriptApproval>,
    /// What to expect of it, once the workload is protected.
    expectation: Word<ScriptExpectation>,
    /// By what the script is this automation's: the user's map, or a client id that stands in it.
    joined_by: &'static str,
}

pub(super) fn scripts(assessment: &assess::Assessment) -> Option<Scripts<'_>> {
    let read = &assessment.scripts;
    let reading = read.reading.as_ref()?;
    Some(Scripts {
        whole: reading.is_whole(),
        files: reading.files,
        writing: read.writing,
        applications: read.applications,
        unjoined: &read.unjoined,
        gaps: gaps(reading),
    })
}

fn gaps(reading: &ScriptReading) -> Vec<Kind<'_>> {
    let all = reading.gaps.iter().map(|(gap, count)| Kind {
        gap: Word::of(gap),
        times: count.times,
        example: Some(count.example.as_str()).filter(|example| !example.is_empty()),
    });
    all.collect()
}

pub(super) fn write(found: &Scripted) -> ScriptWrite<'_> {
    ScriptWrite {
        path: &found.path,
        line: found.line,
        operation: &found.operation,
        method: &found.method,
        path_template: &found.path_template,
        confidence: Word::of(&found.confidence),
        auth: Word::of(&found.sign_in),
        approval: Word::of(&found.approval),
        expectation: Word::of(&found.expectation),
        joined_by: found.joined.word(),
    }
}
