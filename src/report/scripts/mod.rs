//! What scripts write, for people, for machines, and for code scanning.

mod fix;
mod json;
mod sarif;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod tests;
mod text;

use super::Error;
use crate::scripts::{Approval, Expectation, ScriptWrite, SignIn, Survey};

/// Each call and problem like a compiler shows it. `colour` puts it into colours; `fixes` shows the code to put there, for
/// PowerShell and Python.
#[must_use]
pub fn text(survey: &Survey, colour: bool, fixes: bool) -> String {
    text::render(survey, colour, fixes)
}

/// `{"schema":"v1","files":[…]}`: every file that was read, also those without writes.
///
/// # Errors
/// Only through a fault of ours.
pub fn json(survey: &Survey) -> Result<Vec<u8>, Error> {
    json::render(survey)
}

/// The JSON Schema of what [`json`] gives.
pub(super) fn schema() -> serde_json::Value {
    json::schema()
}

/// SARIF 2.1.0, as code scanning takes it.
///
/// # Errors
/// Only through a fault of ours.
pub fn sarif(survey: &Survey) -> Result<Vec<u8>, Error> {
    sarif::render(survey)
}

/// In one sentence what is to be expected of a call.
fn sentence(write: &ScriptWrite) -> String {
    let workload = write.workload.word();
    let who = match write.sign_in {
        SignIn::App => "with an app-only token",
        SignIn::Delegated => "on behalf of a person",
        SignIn::Both => "with an app-only token or on behalf of a person",
        SignIn::Unknown => "with a token whose kind does not show here",
    };
    let approval = match write.approval {
        Approval::Absent => "carries no approval",
        Approval::Partial => "asks for approval, but does not resubmit with the code",
        Approval::Broken => "asks for approval, but not as the service wants it",
        Approval::Present => "asks for approval and resubmits with the code",
    };
    let end = match write.expectation() {
        Expectation::Refused => format!("it will be refused where an access policy protects {workload}"),
        Expectation::MayBeRefused => format!("it may be refused where an access policy protects {workload}"),
        Expectation::Handled => "it waits for approval as it should".to_owned(),
        Expectation::NotHeld => "nothing is known to hold it back".to_owned(),
    };
    format!("{} of {workload} {who}, {approval}: {end}", write.operation)
}

/// What to do about it.
fn advice(write: &ScriptWrite) -> Option<&'static str> {
    Some(match (write.expectation(), write.approval) {
        (Expectation::Handled | Expectation::NotHeld, _) => return None,
        (_, Approval::Partial) => {
            "keep the code of x-msft-approval-code from the answer 412, wait until the request is approved, and send the same request again with that code"
        }
        (_, Approval::Broken) => "see what is wrong with it below, and put that right",
        _ => {
            "send x-msft-approval-justification (Base64 of UTF-8, at most 1,024 characters), keep the code that the answer 412 has, and send the same request again with x-msft-approval-code once it is approved"
        }
    })
}

/// What is wanting about the statement, if anything is.
fn doubts(write: &ScriptWrite) -> Vec<String> {
    let mut doubts = Vec::new();
    match write.confidence.word() {
        "guessed" => {
            doubts.push("what is called is not known to send requests, or by which method: a guess from how it is called".to_owned());
        }
        "partly-resolved" => doubts.push("part of the address is not known".to_owned()),
        _ => {}
    }
    match write.gate {
        "unknown" => doubts.push("no source says whether a policy protects this operation".to_owned()),
        "unproven" => doubts.push("a profile from before the settings catalog: nobody has shown that a policy protects it".to_owned()),
        _ => {}
    }
    doubts
}
