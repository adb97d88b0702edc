//! Multi Admin Approval as the tenant shows it: access policies and approval requests.

use super::id::{GroupId, PolicyId, RequestId, is_guid};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An access policy (`operationApprovalPolicy`, beta).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessPolicy {
    /// Id.
    pub id: PolicyId,
    /// Display name as stored.
    pub display_name: String,
    /// `policyType` as written, an open set; from `policySet` where the policy itself has none. None where neither says.
    pub policy_type: Option<String>,
    /// `policyPlatform` as written, one entry a flag. Empty where the service says nothing.
    pub platforms: Vec<String>,
    /// `approverGroupIds`; None where the service left the member out.
    pub approver_groups: Option<Vec<GroupId>>,
    /// `lastModifiedDateTime`.
    pub last_modified: Option<DateTime<Utc>>,
    /// Whether the policy was read by id. The list may leave members out (facts/maa.md section 2).
    pub read_by_id: bool,
    /// Members that the published schema does not have, as they came. Exclusions are among them, under a name nobody
    /// outside Microsoft has published (facts/maa.md section 2), so none is dropped.
    pub unknown_members: BTreeMap<String, Value>,
}

/// GUIDs found in one collection under an unknown member of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateCollection {
    /// Where it stands: the names of the members that lead to it, with dots between them.
    pub member: String,
    /// GUIDs among its elements, lower case, each once, in their own order. Empty for an empty collection.
    pub ids: BTreeSet<String>,
    /// The same by element and as they stand in the source, for an element that is an object may hold several: of itself,
    /// and of who added it.
    pub elements: Vec<Vec<String>>,
    /// Elements that hold no GUID.
    pub unreadable_elements: usize,
}

impl AccessPolicy {
    /// Collections under unknown members that may be the list of exclusions. A scalar is never one, so
    /// a lone GUID (a scope tag, an author) does not count.
    #[must_use]
    pub fn candidate_collections(&self) -> Vec<CandidateCollection> {
        let mut found = Vec::new();
        for (member, value) in &self.unknown_members {
            if !member.contains("@odata.") {
                find_collections(member, value, &mut found);
            }
        }
        found
    }
}

/// Nesting that a policy's JSON is searched to; deeper nesting is hostile.
const DEEPEST: usize = 8;

fn find_collections(member: &str, value: &Value, found: &mut Vec<CandidateCollection>) {
    let mut open = vec![(member.to_owned(), value, 0)];
    while let Some((member, value, depth)) = open.pop() {
        match value {
            Value::Array(elements) => found.push(candidate(member, elements)),
            Value::Object(members) if depth < DEEPEST => {
                open.extend(members.iter().map(|(name, inner)| (format!("{member}.{name}"), inner, depth + 1)));
            }
            _ => {}
        }
    }
}

fn candidate(member: String, elements: &[Value]) -> CandidateCollection {
    let guids: Vec<Vec<String>> = elements.iter().map(element_ids).filter(|ids| !ids.is_empty()).collect();
    CandidateCollection {
        member,
        ids: guids.iter().flatten().map(|id| id.to_lowercase()).collect(),
        unreadable_elements: elements.len() - guids.len(),
        elements: guids,
    }
}

/// GUIDs of one element: the element itself, or direct members of an object.
fn element_ids(element: &Value) -> Vec<String> {
    let guid = |value: &Value| value.as_str().map(str::trim).filter(|text| is_guid(text)).map(str::to_owned);
    match element {
        Value::Object(members) => members.values().filter_map(guid).collect(),
        other => guid(other).into_iter().collect(),
    }
}

/// An approval request (`operationApprovalRequest`, beta).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// Id, the same GUID as the approval code.
    pub id: RequestId,
    /// When it was filed.
    pub requested: Option<DateTime<Utc>>,
    /// When it expires; three days after filing.
    pub expires: Option<DateTime<Utc>>,
    /// Last change, for a completed request the completion.
    pub last_modified: Option<DateTime<Utc>>,
    /// `status` as written, an open set: needsApproval, approved, rejected, cancelled, completed, expired.
    pub status: Option<String>,
    /// `requiredOperationApprovalPolicyTypes` as written.
    pub policy_types: Vec<String>,
    /// Id of the application that filed it: an app id or an object id, the service does not say which.
    pub requestor_application: Option<String>,
    /// Id of the person who filed it.
    pub requestor_user: Option<String>,
    /// Id of the person who decided it (`approver.user`), lower case; None also for one that nobody has decided yet.
    pub decided_by: Option<String>,
    /// `payloadId`: the object that the request is about (undocumented).
    pub payload_id: Option<String>,
    /// `payloadOperation`: Create, Update, Delete, Action (undocumented).
    pub payload_operation: Option<String>,
    /// GUIDs on lists in the payload of a request about an access policy: exclusions are among them. Nothing else of a
    /// payload is kept, and nothing at all of every other request.
    pub policy_ids: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(members: Value) -> AccessPolicy {
        AccessPolicy {
            id: "p".into(),
            display_name: String::new(),
            policy_type: None,
            platforms: vec![],
            approver_groups: None,
            last_modified: None,
            read_by_id: true,
            unknown_members: serde_json::from_value(members).unwrap(),
        }
    }

    const ONE: &str = "11111111-aaaa-4bbb-8ccc-111111111111";
    const TWO: &str = "22222222-AAAA-4bbb-8ccc-222222222222";

    #[test]
    fn collections_of_guids_are_found_whatever_their_form() {
        let policy = policy(json!({"a": [ONE, TWO], "b": {"list": [{"id": ONE, "name": "x"}]}, "c": []}));
        let collections = policy.candidate_collections();
        let found: Vec<_> = collections.iter().map(|c| (c.member.as_str(), c.ids.len(), c.unreadable_elements)).collect();
        assert_eq!(found, [("a", 2, 0), ("b.list", 1, 0), ("c", 0, 0)]);
        assert!(collections[0].ids.contains(&TWO.to_lowercase()) && collections[0].elements[1] == [TWO], "ids compare, elements quote");
    }

    #[test]
    fn a_scalar_guid_is_never_a_candidate_and_odd_elements_are_counted() {
        let policy = policy(json!({"createdBy": ONE, "list": ["not an id", 7, ONE], "x@odata.context": [ONE]}));
        let found = policy.candidate_collections();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].ids.len(), found[0].unreadable_elements), (1, 2));
    }
}
