//! Approval requests. Several of their members are not in the published schema, so everything but the id may be missing.

use super::json::{self, text, time, words};
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{ApprovalRequest, RequestId};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) type Requests = BTreeMap<RequestId, ApprovalRequest>;

pub(super) async fn read(mut reader: Reader<'_>) -> (Requests, Finished) {
    let mut requests = Requests::new();
    let pages = reader.client.pages(&Resource::new(Version::Beta, "/deviceManagement/operationApprovalRequests"));
    reader
        .rows(pages, |reader, row| match parse(&row) {
            Some(request) => json::file(&mut requests, request.id.clone(), request),
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

    proptest! {
        #[test]
        fn any_json_is_read_without_panic(row in json::any_json()) {
            parse(&row);
        }
    }
}
