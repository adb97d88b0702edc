//! The query that counts calls: per application, service principal, flow, method and address in one form, every status and day
//! apart, duplicates left out, and beside it how the calls authenticated, from where and with what. One table comes back whose
//! rows are of five kinds (`Part`), because five tables would be five queries.

use super::normal::{ENCODED, READS, STEPS};
use super::source::{Source, Within, listed};
use crate::catalogue::Catalogue;
use crate::snapshot::AppId;
use std::collections::BTreeSet;

/// Columns of the answer, in their order.
pub(super) const COLUMNS: [&str; 13] =
    ["Part", "AppId", "ServicePrincipalId", "Flow", "Method", "Uri", "Value", "Day", "Calls", "Copies", "Unnamed", "First", "Last"];

/// The word of batches, which are not counted: each request in one is a record of its own.
const ENVELOPE: &str = "batch";

/// Longest user agent that is counted by, in characters, as in files.
const LONGEST_AGENT: usize = 80;

/// The query. `own` are applications whose calls are left out, such as the collector's own.
#[must_use]
pub fn activity(catalogue: &Catalogue, source: &Source, within: Within, own: &BTreeSet<AppId>) -> String {
    let mut lines: Vec<String> = within.lines().into();
    lines.push("// Applications that are left out, such as the one that reads these logs.".to_owned());
    lines.push(format!("let Own = {};", listed(own.iter().map(AppId::as_str))));
    lines.push("// Words one of which stands in every address on Intune.".to_owned());
    let anchors = catalogue.anchors().iter().map(String::as_str).filter(|anchor| *anchor != ENVELOPE);
    lines.push(format!("let Anchors = {};", listed(anchors)));
    lines.push("let Calls = materialize(".to_owned());
    lines
        .extend(source.records().into_iter().chain(selected()).chain(normalised()).chain(deduplicated()).map(|line| format!("    {line}")));
    lines.push(");".to_owned());
    lines.push("let Others = Calls | where AppId !in (Own);".to_owned());
    lines.extend(parts());
    lines.push(format!("| project {}", COLUMNS.join(", ")));
    lines.join("\n") + "\n"
}

/// Writes that may be on Intune.
fn selected() -> Vec<String> {
    let reads = READS.map(|method| format!(r#""{method}""#)).join(", ");
    vec![
        format!("| where RequestMethod !in~ ({reads})"),
        format!(r#"| where RequestUri has_any (Anchors) or RequestUri matches regex @"{ENCODED}""#),
    ]
}

/// The address in one form.
fn normalised() -> Vec<String> {
    let step = |step: &super::normal::Step| {
        let (pattern, replacement, why) = (step.pattern, step.replacement, step.why);
        format!(r#"| extend Uri = replace_regex(Uri, @"{pattern}", "{replacement}")  // {why}"#)
    };
    std::iter::once("| extend Uri = tolower(RequestUri)".to_owned()).chain(STEPS.iter().map(step)).collect()
}

/// Each call once. The log delivers a record up to four times: the same request id, in the same second, to the same end. Calls
/// without a request id are all counted.
fn deduplicated() -> Vec<String> {
    vec![
        "| extend Flow = case(isnotempty(UserId) or TokenKind =~ \"user\", \"delegated\",".to_owned(),
        "    isnotempty(ServicePrincipalId) or TokenKind =~ \"app\", \"app-only\", \"unclear\")".to_owned(),
        "| project Time = bin(TimeGenerated, 1s), RequestId = tolower(RequestId), AppId = tolower(AppId),".to_owned(),
        "    ServicePrincipalId = tolower(ServicePrincipalId), Flow, Method = toupper(RequestMethod), Uri,".to_owned(),
        "    Status = tostring(ResponseStatusCode), Authentication = tostring(ClientAuthMethod), Address = IPAddress,".to_owned(),
        format!("    Agent = substring(UserAgent, 0, {LONGEST_AGENT})"),
        "| extend Apart = iff(isempty(RequestId), strcat(Authentication, \" \", Address, \" \", Agent), \"\")".to_owned(),
        "| summarize Copies = count(), Authentication = min(Authentication), Address = min(Address), Agent = min(Agent)".to_owned(),
        "    by RequestId, Time, AppId, ServicePrincipalId, Flow, Method, Uri, Status, Apart".to_owned(),
        "| extend Calls = iff(isempty(RequestId), Copies, long(1))".to_owned(),
    ]
}

/// The five kinds of rows.
fn parts() -> Vec<String> {
    let key = "AppId, ServicePrincipalId, Flow, Method, Uri";
    let listed = |part: &str, value: &str| {
        format!("(Others | where isnotempty({value}) | summarize Calls = sum(Calls) by {key}, Value = {value} | extend Part = \"{part}\")")
    };
    vec![
        "union".to_owned(),
        "(Others | summarize Calls = sum(Calls), Copies = sum(Copies), Unnamed = sumif(Calls, isempty(RequestId)),".to_owned(),
        format!("    First = min(Time), Last = max(Time) by {key}, Value = Status, Day = startofday(Time) | extend Part = \"status\"),"),
        format!("{},", listed("authentication", "Authentication")),
        format!("{},", listed("address", "Address")),
        format!("{},", listed("agent", "Agent")),
        "(Calls | where AppId in (Own) | summarize Calls = sum(Copies) by Method, Uri | extend Part = \"own\")".to_owned(),
    ]
}

/// How much of the table lies in the span, and since when there is any: what is older than the table is missing, and nothing
/// else says so.
#[must_use]
pub fn extent(source: &Source, within: Within) -> String {
    let [start, end] = within.lines();
    let records: Vec<String> = source.records();
    let whole = "| summarize Records = count(), First = min(TimeGenerated), Last = max(TimeGenerated)";
    [&[start, end][..], &records, &[whole.to_owned()]].concat().join("\n") + "\n"
}
