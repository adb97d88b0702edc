//! Whether calls take part in the approval flow, and what is wrong where they try to.

use super::eval::Seen;
use super::model::{Approval, Problem, ProblemKind};
use super::text::Lines;
use super::value::{Atom, ENCODED, HOLE, Text, Value};
use base64::Engine;

const JUSTIFICATION: &str = "x-msft-approval-justification";
const CODE: &str = "x-msft-approval-code";

/// Longest justification, decoded.
const LONGEST: usize = 1_024;

/// Which headers of the flow a text sets somewhere, so that they may be set for every call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signs {
    pub(super) justifies: bool,
    pub(super) resubmits: bool,
}

impl Signs {
    /// `code` is the text without comments.
    pub(super) fn of(code: &str) -> Self {
        let lower = code.to_ascii_lowercase();
        Self { justifies: sets(&lower, JUSTIFICATION), resubmits: sets(&lower, CODE) }
    }
}

/// Whether a text names a header where one is set: as a whole literal or key, or before its value. In a sentence, and where the
/// header of an answer is read, it is not.
fn sets(lower: &str, name: &str) -> bool {
    lower.match_indices(name).any(|(at, _)| {
        let (before, behind) = (lower.get(..at).unwrap_or(""), lower.get(at + name.len()..).unwrap_or(""));
        let quote = |letter: char| matches!(letter, '"' | '\'' | '`');
        let begins =
            before.is_empty() || before.ends_with(|letter: char| quote(letter) || letter.is_whitespace() || "{(,;@=".contains(letter));
        if !begins {
            return false;
        }
        let whole = before.ends_with(quote) && behind.starts_with(quote);
        if !whole {
            return behind.trim_start_matches(' ').starts_with([':', '=']);
        }
        let before = before.trim_end_matches(quote).trim_end();
        let behind = behind.trim_start_matches(quote).trim_start();
        let word = before.rsplit(char::is_whitespace).next().unwrap_or("");
        let spoken = before.ends_with(char::is_alphanumeric) && !word.starts_with('-') && !matches!(word, "in" | "return" | "else");
        !spoken && !behind.starts_with(char::is_alphanumeric) && !reads(before, behind)
    })
}

/// Whether what stands around a name reads it from an answer.
fn reads(before: &str, behind: &str) -> bool {
    if let Some(owner) = before.strip_suffix('[') {
        let value = behind.trim_start_matches(']').trim_start();
        return owner.ends_with("headers") && (!value.starts_with('=') || value.starts_with("=="));
    }
    ["get(", "getvalues(", "trygetvalue(", "trygetvalues(", "containskey(", "contains(", "getheader(", "has(", "first("]
        .iter()
        .any(|reader| before.ends_with(reader))
}

/// What a file shows of the flow.
#[derive(Debug, Clone)]
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

    /// `sender` is what the file shows that sends the call, if it is another; `writing` are the calls that write.
    pub(super) fn of_call(&self, seen: &Seen, sender: Option<Signs>, writing: &[&Seen]) -> Approval {
        let own = header(&seen.headers, JUSTIFICATION).is_some() || header(&seen.headers, CODE).is_some();
        // Headers that are not known may be the central ones, and so may those of a sender that is not known.
        let open = seen.headers.open || !seen.certain;
        let takes_part = own
            || sender.is_some_and(|sender| sender.justifies) && (open || !self.by_call)
            || self.own.justifies && (seen.headers.open || (open && !self.by_call));
        if !takes_part {
            return Approval::Absent;
        }
        match (faults(seen, writing).is_empty(), self.own.resubmits) {
            (false, _) => Approval::Broken,
            (true, true) => Approval::Present,
            (true, false) => Approval::Partial,
        }
    }
}

/// Whether a name is that of a header of the flow.
pub(super) fn is_header(name: &str) -> bool {
    name.eq_ignore_ascii_case(JUSTIFICATION) || name.eq_ignore_ascii_case(CODE)
}

/// A header of the flow in text, `name: value` or `name=value`, and its value.
pub(super) fn header_in(text: &str) -> Option<(&'static str, &str)> {
    let text = text.trim_start_matches([' ', '"', '\'', '{']);
    [JUSTIFICATION, CODE].into_iter().find_map(|name| {
        let head = text.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name))?;
        let rest = text.get(head.len()..)?.trim_start_matches(['"', '\'', ' ']);
        Some((name, rest.strip_prefix([':', '='])?.trim_matches([' ', '"', '\'', '}'])))
    })
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

fn too_long(length: usize) -> (ProblemKind, String) {
    (ProblemKind::LongJustification, format!("the justification has {length} characters; the service takes {LONGEST} and refuses more"))
}

/// How many characters a literal of Base64 stands for.
fn decoded(text: &str) -> Option<usize> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    Some(String::from_utf8_lossy(&bytes).chars().count())
}

fn fault_of(text: &Text) -> Option<(ProblemKind, String)> {
    if let Some(plain) = text.text.strip_prefix(ENCODED) {
        let length = plain.replace(HOLE, "").chars().count();
        return (length > LONGEST).then(|| too_long(length));
    }
    let known = text.text.replace(HOLE, "");
    let looks_encoded = known.len().is_multiple_of(4)
        && known.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        && !text.text.contains(HOLE);
    if looks_encoded && let Some(length) = decoded(&known).filter(|length| *length > LONGEST) {
        return Some(too_long(length));
    }
    if known.trim().is_empty() || looks_encoded {
        return None;
    }
    Some((ProblemKind::PlainJustification, "the justification is plain text; the service takes Base64 of UTF-8 only".to_owned()))
}

/// Problems of the flow in calls that write.
pub(super) fn problems(writing: &[&Seen], lines: &Lines<'_>) -> Vec<Problem> {
    let of_call = |seen: &&Seen| {
        let place = Some(lines.place(seen.place));
        faults(seen, writing).into_iter().map(move |(kind, message)| Problem { place, kind, message })
    };
    writing.iter().flat_map(of_call).collect()
}

/// What is wrong with the part that a call takes in the flow.
fn faults(seen: &Seen, writing: &[&Seen]) -> Vec<(ProblemKind, String)> {
    let mut faults = Vec::new();
    let code = header(&seen.headers, CODE);
    if let Some(value) = header(&seen.headers, JUSTIFICATION) {
        faults.extend(fault(value));
        if seen.repeated && code.is_none() {
            let message = "the request for approval is repeated in a loop: the service answers 409, or files another one".to_owned();
            faults.push((ProblemKind::RepeatedRequest, message));
        }
    }
    if code.is_some_and(is_encoded) {
        faults.push((ProblemKind::EncodedCode, "the approval code is put into Base64; it must be sent as it came".to_owned()));
    }
    if code.is_some() && other_body(seen, writing) {
        let message = "the body sent with the approval code is another than the one that was submitted; the service refuses it".to_owned();
        faults.push((ProblemKind::OtherBody, message));
    }
    faults
}

/// Whether the same request with the justification has another body, or only one of them has any.
fn other_body(seen: &Seen, writing: &[&Seen]) -> bool {
    let mut first = writing
        .iter()
        .filter(|first| {
            first.inner != seen.inner
                && first.method == seen.method
                && first.url.text == seen.url.text
                && header(&first.headers, JUSTIFICATION).is_some()
                && header(&first.headers, CODE).is_none()
        })
        .peekable();
    first.peek().is_some() && first.all(|first| differ(&first.body, &seen.body, 6))
}

/// Whether two values cannot be the same, wherever they are written down.
fn differ(left: &Value, right: &Value, depth: usize) -> bool {
    if left.open || right.open || depth == 0 {
        return false;
    }
    match (left.is_unknown(), right.is_unknown()) {
        (true, true) => false,
        // One is given, and is not known to be nothing; the other is left out.
        (true, false) | (false, true) => true,
        _ => left.atoms.iter().all(|left| right.atoms.iter().all(|right| atoms_differ(left, right, depth))),
    }
}

fn atoms_differ(left: &Atom, right: &Atom, depth: usize) -> bool {
    match (left, right) {
        (Atom::Text(left), Atom::Text(right)) => !left.text.contains(HOLE) && !right.text.contains(HOLE) && left.text != right.text,
        (Atom::List(left), Atom::List(right)) => {
            left.len() != right.len() || left.iter().zip(right.iter()).any(|(left, right)| parts_differ(left, right, depth))
        }
        (Atom::Map(left), Atom::Map(right)) => {
            left.entries.len() != right.entries.len()
                || left.entries.iter().any(|(key, value)| right.entries.get(key).is_none_or(|other| parts_differ(value, other, depth)))
        }
        _ => false,
    }
}

/// The same within a value, where what is not known is no difference.
fn parts_differ(left: &Value, right: &Value, depth: usize) -> bool {
    !left.is_unknown() && !right.is_unknown() && differ(left, right, depth - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_set_where_it_is_a_key_or_stands_before_its_value() {
        for (code, set) in [
            ("$h['x-msft-approval-code'] = $c", true),
            ("@{ 'X-MSFT-Approval-Code' = $c }", true),
            ("{\"x-msft-approval-code\": c}", true),
            ("curl -H \"x-msft-approval-code: $c\"", true),
            ("curl -H 'x-msft-approval-code':$c", true),
            ("--headers x-msft-approval-code=$c", true),
            ("h.Add(\"x-msft-approval-code\", c)", true),
            ("$name = 'x-msft-approval-code'", true),
            ("Write-Warning \"set the x-msft-approval-code and go\"", false),
            ("Write-Warning \"set 'x-msft-approval-code' yourself\"", false),
            ("$c = $r.Headers['x-msft-approval-code'][0]", false),
            ("c = r.headers.get('x-msft-approval-code')", false),
            ("c = r.headers[\"x-msft-approval-code\"]", false),
        ] {
            assert_eq!(Signs::of(code).resubmits, set, "{code}");
        }
    }

    #[test]
    fn headers_stand_in_texts() {
        assert_eq!(header_in("X-MSFT-approval-code: a b"), Some((CODE, "a b")));
        assert_eq!(header_in("x-msft-approval-justification=why"), Some((JUSTIFICATION, "why")));
        assert_eq!(header_in("{\"x-msft-approval-justification\": \"why\"}"), Some((JUSTIFICATION, "why")));
        assert_eq!(header_in("x-msft-approval-codes: a"), None);
    }
}
