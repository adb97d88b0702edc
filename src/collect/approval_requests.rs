//! Approval requests. Several of their members are not in the published schema, so everything but the id may be missing. A
//! request without any time, or without what it is for, is kept and counted: it can be evidence of nothing, so "no request
//! was seen" would be too much to say of the list.

use super::json::{self, text, time, words};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{ApprovalRequest, RequestId, is_guid};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Requests = BTreeMap<RequestId, ApprovalRequest>;

pub(super) async fn read(mut reader: Reader<'_>) -> (Requests, Finished) {
    let mut requests = Requests::new();
    let pages = reader.client.pages(&Resource::new(Version::Beta, "/deviceManagement/operationApprovalRequests").keeping(keep::request));
    reader
        .rows(pages, |reader, row| match parse(&row) {
            Some(request) => {
                missing(&request).for_each(|lacks| reader.lacking(lacks));
                json::file(&mut requests, request.id.clone(), request);
            }
            None => reader.malformed("id"),
        })
        .await;
    (requests, reader.finish())
}

fn parse(row: &Value) -> Option<ApprovalRequest> {
    let requestor = row.get("requestor").unwrap_or(&Value::Null);
    let user = requestor.get("user").unwrap_or(&Value::Null);
    Some(ApprovalRequest {
        id: RequestId::new(&text(row, "id")?),
        requested: time(row, "requestDateTime"),
        expires: time(row, "expirationDateTime"),
        last_modified: time(row, "lastModifiedDateTime"),
        status: text(row, "status"),
        policy_types: words(row.get("requiredOperationApprovalPolicyTypes")),
        requestor_application: requestor.get("application").and_then(|application| text(application, "id")),
        requestor_user: person(user),
        decided_by: row.get("approver").and_then(|approver| person(approver.get("user")?)).map(|id| id.to_lowercase()),
        payload_id: text(row, "payloadId"),
        payload_operation: text(row, "payloadOperation"),
        policy_ids: policy_ids(row),
    })
}

/// Who a user of an identity set is. Public scripts read `Upn` with a capital letter; the schema would have `userPrincipalName`.
fn person(user: &Value) -> Option<String> {
    ["id", "Upn", "upn", "userPrincipalName"].iter().find_map(|name| text(user, name))
}

/// Members that hold what a request would write: JSON, or JSON inside a text (undocumented).
const PAYLOADS: [&str; 2] = ["payload", "patchPayload"];

/// Most levels of lists and objects that a payload is searched to.
const DEEPEST: usize = 8;

/// GUIDs on lists in the payload of a request about an access policy, lower case. Of every other request nothing is kept,
/// for a payload may hold anything.
pub(super) fn policy_ids(row: &Value) -> BTreeSet<String> {
    let types = words(row.get("requiredOperationApprovalPolicyTypes"));
    if !types.iter().any(|kind| kind.eq_ignore_ascii_case("operationApprovalPolicy")) {
        return BTreeSet::new();
    }
    let mut ids = BTreeSet::new();
    for member in PAYLOADS {
        match row.get(member) {
            Some(Value::String(text)) => {
                // What is no JSON has no lists.
                let payload: Value = serde_json::from_str(text).unwrap_or_default();
                find_listed(&payload, &mut ids);
            }
            Some(payload) => find_listed(payload, &mut ids),
            None => {}
        }
    }
    ids
}

fn find_listed(payload: &Value, ids: &mut BTreeSet<String>) {
    let mut open = vec![(payload, 0)];
    while let Some((value, depth)) = open.pop() {
        match value {
            Value::Array(elements) => ids.extend(elements.iter().flat_map(element_ids)),
            Value::Object(members) if depth < DEEPEST => open.extend(members.values().map(|inner| (inner, depth + 1))),
            _ => {}
        }
    }
}

/// The id of an element: itself, or its `id` or `appId`, else every GUID that it has.
fn element_ids(element: &Value) -> Vec<String> {
    let guid = |value: &Value| value.as_str().map(str::trim).filter(|text| is_guid(text)).map(str::to_lowercase);
    match element {
        Value::Object(members) => match ["id", "appId"].iter().find_map(|name| members.get(*name).and_then(guid)) {
            Some(id) => vec![id],
            None => members.values().filter_map(guid).collect(),
        },
        other => guid(other).into_iter().collect(),
    }
}

/// What a request lacks to be placed: when it was, and of which workload.
fn missing(request: &ApprovalRequest) -> impl Iterator<Item = &'static str> + use<> {
    let undated = request.requested.is_none() && request.last_modified.is_none() && request.expires.is_none();
    let times = undated.then_some("a readable time");
    times.into_iter().chain(request.policy_types.is_empty().then_some("policy types"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_request_is_read_with_whoever_filed_it() {
        let app = parse(&json!({"id": "R1", "status": "completed", "requiredOperationApprovalPolicyTypes": ["script"],
            "requestDateTime": "2026-08-01T10:00:00Z", "requestor": {"user": null, "application": {"id": "A"}}, "payloadId": "s1"}))
        .unwrap();
        assert_eq!((app.requestor_application.as_deref(), app.requestor_user), (Some("A"), None));
        assert_eq!((app.policy_types, app.payload_id.as_deref()), (vec!["script".to_owned()], Some("s1")));
        let person = parse(&json!({"id": "R2", "requestor": {"user": {"id": "", "Upn": "a@b.example"}}})).unwrap();
        assert_eq!(person.requestor_user.as_deref(), Some("a@b.example"));
        assert_eq!(parse(&json!({"status": "approved"})), None);
        let decided = |approver: Value| parse(&json!({"id": "R3", "approver": approver})).unwrap().decided_by;
        assert_eq!(decided(json!({"user": {"id": "ABC", "Upn": "a@b.example"}, "application": null})).as_deref(), Some("abc"));
        assert_eq!([decided(json!(null)), decided(json!({"user": null})), decided(json!("abc"))], [None, None, None]);
    }

    #[test]
    fn only_listed_ids_of_a_payload_are_kept_and_only_on_access_policies() {
        const ONE: &str = "11111111-AAAA-4bbb-8ccc-111111111111";
        const TWO: &str = "22222222-aaaa-4bbb-8ccc-222222222222";
        let payload = json!({"secret": "hunter2", "author": TWO, "anything": {"list": [ONE, {"id": ONE, "addedBy": TWO}, "hunter2"]}});
        let row = |kind: &str, payload: Value| json!({"id": "R", "requiredOperationApprovalPolicyTypes": [kind], "payload": payload});
        for payload in [payload.clone(), json!(payload.to_string())] {
            let policy = parse(&row("OperationApprovalPolicy", payload.clone())).unwrap();
            assert_eq!(policy.policy_ids, BTreeSet::from([ONE.to_lowercase()]));
            assert!(!serde_json::to_string(&policy).unwrap().contains("hunter2"));
            assert!(parse(&row("app", payload)).unwrap().policy_ids.is_empty());
        }
        assert!(parse(&row("operationApprovalPolicy", json!("no json ["))).unwrap().policy_ids.is_empty());
    }

    #[test]
    fn what_cannot_be_placed_is_told() {
        let lacks = |row: Value| missing(&parse(&row).unwrap()).collect::<Vec<_>>();
        let types = json!(["app"]);
        for name in ["requestDateTime", "lastModifiedDateTime", "expirationDateTime"] {
            let row = json!({"id": "R", name: "2026-08-01T10:00:00Z", "requiredOperationApprovalPolicyTypes": types});
            assert!(lacks(row).is_empty(), "{name}");
            let row = json!({"id": "R", name: "0001-01-01T00:00:00Z", "requiredOperationApprovalPolicyTypes": types});
            assert_eq!(lacks(row), ["a readable time"], "{name}");
        }
        for types in [json!(null), json!([]), json!(""), json!([7])] {
            let row = json!({"id": "R", "requestDateTime": "2026-08-01T10:00:00Z", "requiredOperationApprovalPolicyTypes": types});
            assert_eq!(lacks(row), ["policy types"]);
        }
        assert_eq!(lacks(json!({"id": "R"})), ["a readable time", "policy types"]);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::request(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
