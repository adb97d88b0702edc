//! Reads the register of exclusions: `[[exclusion]]` in `maascan.toml`.

use super::toml_reader::{Located, Node, Reader, find};
use super::waivers::words;
use crate::assess::ExclusionRecord;
use crate::snapshot::{AppId, is_guid};
use toml::de::DeTable;

const KEYS: [&str; 7] = ["policy", "app_id", "owner", "justification", "ticket", "expires", "reviewed"];
const REQUIRED: [&str; 3] = ["app_id", "owner", "justification"];

/// The entries, by application and policy; None if the file has no register at all.
pub(super) fn read(reader: &mut Reader<'_>, document: &DeTable<'_>) -> Option<Vec<ExclusionRecord>> {
    find(document, "exclusion")?;
    let mut records: Vec<ExclusionRecord> = Vec::new();
    for node in reader.tables(document, "exclusion") {
        let Some((record, line)) = record(reader, node) else { continue };
        if records.iter().any(|other| (&other.app_id, &other.policy) == (&record.app_id, &record.policy)) {
            reader.problem(line, format!("duplicate exclusion: {}", record.app_id), "keep one entry for each application and policy");
        }
        records.push(record);
    }
    records.sort();
    Some(records)
}

fn record(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<(ExclusionRecord, usize)> {
    let (table, line) = reader.table("an exclusion", node)?;
    reader.keys_in_any_order("an exclusion", line, table, &KEYS, &REQUIRED);
    let app_id = reader.text(table, "app_id").and_then(|id| guid(reader, "app_id", id, "the app id of the application"));
    let policy = find(table, "policy")
        .map(|_| reader.text(table, "policy").and_then(|id| guid(reader, "policy", id, "the policy_id of exclusions.csv")));
    let (owner, justification) = (words(reader, table, "owner"), words(reader, table, "justification"));
    let ticket = find(table, "ticket").and_then(|_| words(reader, table, "ticket"));
    let (expires, reviewed) = (reader.day(table, "expires"), reader.day(table, "reviewed"));
    let policy = match policy {
        Some(id) => Some(id?.as_str().into()),
        None => None,
    };
    let app_id = AppId::new(&app_id?);
    Some((ExclusionRecord { app_id, policy, owner: owner?, justification: justification?, ticket, expires, reviewed }, line))
}

/// A GUID in lower case.
fn guid(reader: &mut Reader<'_>, key: &str, id: Located<'_>, what: &str) -> Option<String> {
    let text = id.text.trim();
    if is_guid(text) {
        return Some(text.to_lowercase());
    }
    reader.problem(id.line, format!("{key} is not an id: {text}"), format!("write {what}, not a name"));
    None
}
