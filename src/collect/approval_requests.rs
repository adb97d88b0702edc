//! Approval requests. Several of their members are not in the published schema, so everything but the id may be missing. A
//! request without any time, or without what it is for, is kept and counted: it can be evidence of nothing, so "no request
//! was seen" would be too much to say of the list.

use super::json::{self, text, time, words};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{ApprovalRequest, RequestId};
use serde_json::Value;
use std::collections::BTreeMap;

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
        // Public scripts read `Upn` with a capital letter; the schema would have `userPrincipalName`.
        requestor_user: ["id", "Upn", "upn", "userPrincipalName"].iter().find_map(|name| text(user, name)),
        payload_id: text(row, "payloadId"),
        payload_operation: text(row, "payloadOperation"),
    })
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
