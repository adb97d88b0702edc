//! Whether calls take part in the approval flow, and what is wrong where they try to.

use super::eval::Seen;
use super::model::{Approval, Problem, ProblemKind};
use super::text::Lines;
use super::value::{ENCODED, HOLE, Text, Value};

const JUSTIFICATION: &str = "x-msft-approval-justification";
const CODE: &str = "x-msft-approval-code";

/// Longest justification, decoded.
const LONGEST: usize = 1_024;

/// Which headers of the flow stand somewhere in a text, so that they may be set for every call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signs {
    pub(super) justifies: bool,
    pub(super) resubmits: bool,
}

impl Signs {
    /// `code` is the text without comments.
    pub(super) fn of(code: &str) -> Self {
        let lower = code.to_ascii_lowercase();
        Self { justifies: lower.contains(JUSTIFICATION), resubmits: lower.contains(CODE) }
    }
}

/// What a file shows of the flow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    own: Signs,
    /// Some call is seen to carry them itself: then those that do not, do not.
    by_call: bool,
}

impl Flow {
    /// `code` is the text without comments; `lent` is whether a file resubmits whose functions it calls.
    pub(super) fn of(code: &str, seen: &[Seen], lent: bool) -> Self {
        let by_call = seen.iter().any(|seen| header(&seen.headers, JUSTIFICATION).is_some());
        let own = Signs::of(code);
        Self { own: Signs { resubmits: own.resubmits || lent, ..own }, by_call }
    }

    /// `sender` is what the file shows that sends the call, if it is another.
    pub(super) fn of_call(self, seen: &Seen, sender: Option<Signs>) -> Approval {
        let justifies = self.own.justifies || sender.is_some_and(|sender| sender.justifies);
        let resubmits = self.own.resubmits;
        let justification = header(&seen.headers, JUSTIFICATION);
        let code = header(&seen.headers, CODE);
        let own = justification.is_some() || code.is_some();
        // Headers that are not known may be the central ones.
        let open = seen.headers.is_unknown() || seen.headers.open;
        let takes_part = own || (justifies && (open || !self.by_call));
        if !takes_part {
            return Approval::Absent;
        }
        let broken = justification.is_some_and(|value| fault(value).is_some()) || code.is_some_and(is_encoded);
        match (broken, resubmits) {
            (true, _) => Approval::Broken,
            (false, true) => Approval::Present,
            (false, false) => Approval::Partial,
        }
    }
}

fn header<'v>(headers: &'v Value, name: &str) -> Option<&'v Value> {
    headers.maps().find_map(|map| map.entries.get(name).or_else(|| map.entries.get("headers").and_then(|inner| header(inner, name))))
}

fn is_encoded(value: &Value) -> bool {
    !value.atoms.is_empty()
        && value.known_texts().count() == value.atoms.len()
        && value.known_texts().all(|text| text.text.starts_with(ENCODED))
}

/// What is wrong with a justification, where that can be told.
fn fault(value: &Value) -> Option<(ProblemKind, String)> {
    value.known_texts().find_map(fault_of)
}

fn fault_of(text: &Text) -> Option<(ProblemKind, String)> {
    if let Some(plain) = text.text.strip_prefix(ENCODED) {
        let length = plain.replace(HOLE, "").chars().count();
        return (length > LONGEST).then(|| {
            (
                ProblemKind::LongJustification,
                format!("the justification has {length} characters; the service takes {LONGEST} and refuses more"),
            )
        });
    }
    let known = text.text.replace(HOLE, "");
    let looks_encoded = known.len().is_multiple_of(4)
        && known.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        && !text.text.contains(HOLE);
    if known.trim().is_empty() || looks_encoded {
        return None;
    }
    Some((ProblemKind::PlainJustification, "the justification is plain text; the service takes Base64 of UTF-8 only".to_owned()))
}

/// Problems of the flow in calls that write.
pub(super) fn problems(writing: &[&Seen], lines: &Lines<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for seen in writing {
        let place = Some(lines.place(seen.place));
        let mut add = |kind, message: String| problems.push(Problem { place, kind, message });
        if let Some(value) = header(&seen.headers, JUSTIFICATION) {
            if let Some((kind, message)) = fault(value) {
                add(kind, message);
            }
            if seen.repeated && header(&seen.headers, CODE).is_none() {
                let message = "the request for approval is repeated in a loop: the service answers 409, or files another one".to_owned();
                add(ProblemKind::RepeatedRequest, message);
            }
        }
        if header(&seen.headers, CODE).is_some_and(is_encoded) {
            add(ProblemKind::EncodedCode, "the approval code is put into Base64; it must be sent as it came".to_owned());
        }
        if header(&seen.headers, CODE).is_some() && other_body(seen, writing) {
            let message =
                "the body sent with the approval code is another than the one that was submitted; the service refuses it".to_owned();
            add(ProblemKind::OtherBody, message);
        }
    }
    problems
}

/// Whether the same request with the justification has another body, where both are known.
fn other_body(seen: &Seen, writing: &[&Seen]) -> bool {
    let first = writing.iter().filter(|first| {
        first.inner != seen.inner
            && first.method == seen.method
            && first.url.text == seen.url.text
            && header(&first.headers, JUSTIFICATION).is_some()
    });
    let mut bodies = first.map(|first| &first.body).peekable();
    let told = |body: &Value| !body.is_unknown() && !body.open;
    bodies.peek().is_some() && told(&seen.body) && bodies.all(|body| told(body) && *body != seen.body)
}
