//! Access policies: the list, and then each by id in batches, because the list leaves members out (facts/maa.md section 2). Nothing is
//! selected and no unknown member is dropped: exclusions are in a member whose name is not public.

use super::json::{self, text, time, words};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Error, Resource, Version};
use crate::snapshot::{AccessPolicy, Gap, GroupId, PolicyId};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const PATH: &str = "/deviceManagement/operationApprovalPolicies";

/// Members that the published schema has.
const KNOWN: [&str; 8] =
    ["id", "displayName", "description", "lastModifiedDateTime", "policyType", "policyPlatform", "policySet", "approverGroupIds"];

/// Most levels of lists and objects in an unknown member that is kept. The service nests three or four; a snapshot nests it
/// deeper yet, and beyond 128 levels in all serde_json would not read the file back.
const DEEPEST: usize = 32;

/// Most characters of a member's name that a gap repeats.
const LONGEST_NAME: usize = 80;

pub(super) type Policies = BTreeMap<PolicyId, AccessPolicy>;

pub(super) async fn read(mut reader: Reader<'_>) -> (Policies, Finished) {
    let mut listed: BTreeMap<String, Value> = BTreeMap::new();
    let pages = reader.client.pages(&resource());
    reader
        .rows(pages, |reader, row| match text(&row, "id") {
            Some(id) => json::file(&mut listed, id, row),
            None => reader.malformed("id"),
        })
        .await;
    let by_id: Vec<Resource> = listed.keys().map(|id| resource().segment(id)).collect();
    let bodies = reader.client.batch(&by_id).await;
    let mut policies = Policies::new();
    for ((id, row), body) in listed.iter().zip(bodies) {
        let by_id = whole(&mut reader, id, body);
        let policy = parse(&mut reader, id, row, by_id.as_ref());
        json::file(&mut policies, policy.id.clone(), policy);
    }
    (policies, reader.finish())
}

fn resource() -> Resource {
    Resource::new(Version::Beta, PATH).keeping(keep::access_policy)
}

/// The policy by id, if that is what came.
fn whole(reader: &mut Reader<'_>, id: &str, body: Result<Value, Error>) -> Option<Value> {
    match body {
        Ok(body) if text(&body, "id").is_some_and(|read| read.eq_ignore_ascii_case(id)) => Some(body),
        Ok(_) => {
            reader.note(Gap::Failed { detail: format!("reading by id gave another object: {PATH}") });
            None
        }
        Err(error) => {
            reader.fail(&error);
            None
        }
    }
}

/// A policy from its row in the list and, member by member before that, from its own reading.
fn parse(reader: &mut Reader<'_>, id: &str, row: &Value, by_id: Option<&Value>) -> AccessPolicy {
    let mut members: Map<String, Value> = row.as_object().cloned().unwrap_or_default();
    members.extend(by_id.and_then(Value::as_object).cloned().unwrap_or_default());
    let too_deep = take_too_deep(&mut members);
    for name in &too_deep {
        let name: String = name.chars().take(LONGEST_NAME).collect();
        reader.note(Gap::Failed { detail: format!("policy {id}: member nested deeper than {DEEPEST} levels was left out: {name}") });
    }
    let whole = Value::Object(members);
    // The member left out may be the one with the exclusions, so the policy is no better known than from the list.
    let (policy, unreadable_groups) = policy_of(id, &whole, by_id.is_some() && too_deep.is_empty());
    for _ in 0..unreadable_groups {
        reader.note(Gap::Failed { detail: "approver groups that are not text".to_owned() });
    }
    policy
}

/// Takes out the unknown members that are nested too deeply to be kept, and gives their names.
fn take_too_deep(members: &mut Map<String, Value>) -> Vec<String> {
    let unfit = members.iter().filter(|(name, value)| is_unknown(name) && depth(value) > DEEPEST);
    let names: Vec<String> = unfit.map(|(name, _)| name.clone()).collect();
    members.retain(|name, _| !names.contains(name));
    names
}

/// Levels of lists and objects; 0 for anything else. What the wire gave has at most 128.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// The policy, and how many of its approver groups are not text.
fn policy_of(id: &str, whole: &Value, read_by_id: bool) -> (AccessPolicy, usize) {
    let set = whole.get("policySet").unwrap_or(&Value::Null);
    let platforms = words(whole.get("policyPlatform"));
    let groups = whole.get("approverGroupIds").and_then(Value::as_array);
    let readable = groups.map(|groups| groups.iter().filter_map(Value::as_str).map(GroupId::new).collect::<Vec<_>>());
    let unreadable = groups.map_or(0, Vec::len) - readable.as_ref().map_or(0, Vec::len);
    let policy = AccessPolicy {
        id: PolicyId::new(id),
        display_name: json::plain(whole, "displayName"),
        policy_type: text(whole, "policyType").or_else(|| text(set, "policyType")),
        platforms: if platforms.is_empty() { words(set.get("policyPlatform")) } else { platforms },
        approver_groups: readable,
        last_modified: time(whole, "lastModifiedDateTime"),
        read_by_id,
        unknown_members: unknown_members(whole),
    };
    (policy, unreadable)
}

fn unknown_members(whole: &Value) -> BTreeMap<String, Value> {
    let members = whole.as_object().into_iter().flatten();
    members.filter(|(name, _)| is_unknown(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn is_unknown(name: &str) -> bool {
    !KNOWN.contains(&name) && !name.starts_with("@odata.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn unknown_members_stay_and_the_set_fills_gaps() {
        let body = json!({"@odata.context": "x", "id": "P", "displayName": "Scripts", "policyType": null, "policyPlatform": [],
            "policySet": {"policyType": "script", "policyPlatform": "macOS,windows10AndLater"}, "mystery": [{"id": "a"}], "other": null});
        let (policy, unreadable) = policy_of("P", &body, true);
        assert_eq!((policy.policy_type.as_deref(), unreadable), (Some("script"), 0));
        assert_eq!(policy.platforms, ["macOS", "windows10AndLater"]);
        assert_eq!(policy.approver_groups, None);
        assert_eq!(policy.unknown_members.keys().collect::<Vec<_>>(), ["mystery", "other"]);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic(body in json::any_json()) {
            policy_of("p", &body, false);
        }
    }
}
