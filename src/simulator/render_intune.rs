//! Access policies, approval requests and audit events as JSON. Published members and their undocumented companions after
//! facts/maa.md and facts/graph.md section 4; the member with exclusions is invented (see `data::approval`).

use super::data::approval::{Exclusion, Policy, Request, Requestor};
use super::data::events::{Change, Event};
use super::data::mobile_apps::MobileApp;
use super::data::{Tenant, User};
use super::odata::{Row, Select};
use super::render::time;
use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};

pub(crate) const POLICY: &[&str] =
    &["id", "displayName", "description", "lastModifiedDateTime", "policyType", "policyPlatform", "policySet", "approverGroupIds"];
pub(crate) const REQUEST: &[&str] = &[
    "id",
    "requestDateTime",
    "expirationDateTime",
    "lastModifiedDateTime",
    "status",
    "requestJustification",
    "approvalJustification",
    "requiredOperationApprovalPolicyTypes",
    "operationApprovalPolicies",
    "requestor",
    "approver",
];
pub(crate) const EVENT: &[&str] = &[
    "id",
    "displayName",
    "componentName",
    "activity",
    "activityDateTime",
    "activityType",
    "activityOperationType",
    "activityResult",
    "correlationId",
    "category",
    "actor",
    "resources",
];

/// Members of the base type of mobile apps.
pub(crate) const MOBILE_APP: &[&str] = &[
    "id",
    "displayName",
    "description",
    "publisher",
    "createdDateTime",
    "lastModifiedDateTime",
    "isFeatured",
    "privacyInformationUrl",
    "informationUrl",
    "owner",
    "developer",
    "notes",
    "publishingState",
];

/// A mobile app. A service of many types says of each row which it is.
pub(crate) fn mobile_app(row: &MobileApp, select: &Select) -> Value {
    Row::new(select)
        .put("@odata.type", format!("#microsoft.graph.{}", row.kind))
        .put("id", row.id.to_string())
        .put("displayName", row.name.as_str())
        .put("description", "")
        .put("publisher", "Lindenhof")
        .put("createdDateTime", time(row.created))
        .put("lastModifiedDateTime", time(row.created))
        .put("isFeatured", false)
        .put("owner", "")
        .put("notes", "PLANTED-SECRET-VALUE-in-notes")
        .put("publishingState", row.state)
        .done()
}

/// An access policy as the list shows it: without approver groups and without exclusions.
pub(crate) fn policy_in_list(row: &Policy, select: &Select) -> Value {
    policy_members(row, select).done()
}

/// An access policy as it comes by id.
pub(crate) fn policy_by_id(tenant: &Tenant, row: &Policy, select: &Select) -> Value {
    let approvers: Vec<String> = row.approvers.iter().map(ToString::to_string).collect();
    let whole = policy_members(row, select).put("approverGroupIds", approvers);
    let Some(exclusions) = &row.exclusions else { return whole.done() };
    whole.put_with(tenant.exclusion_member, || exclusions.iter().map(exclusion).collect()).done()
}

/// What both show. Two members mean something innocent: a lone GUID, and a list of scope tags.
fn policy_members<'a>(row: &Policy, select: &'a Select) -> Row<'a> {
    let common = Row::new(select)
        .put("id", row.id.to_string())
        .put("displayName", row.name)
        .put("description", "")
        .put("lastModifiedDateTime", time(row.modified))
        .put("lastWriterReference", row.author.to_string())
        .put("roleScopeTagIds", json!(["0"]));
    match row.policy_type {
        Some(kind) => common
            .put("policyType", kind)
            .put("policyPlatform", row.platform)
            .put("policySet", json!({"policyType": kind, "policyPlatform": row.platform})),
        None => common,
    }
}

fn exclusion(row: &Exclusion) -> Value {
    match &row.name {
        Some(name) => json!({"id": row.id, "displayName": name}),
        None => Value::from(row.id.as_str()),
    }
}

pub(crate) fn request(tenant: &Tenant, row: &Request, select: &Select) -> Value {
    let closed = row.status != "needsApproval";
    let decided = matches!(row.status, "approved" | "completed" | "rejected");
    Row::new(select)
        .put("id", row.id.to_string())
        .put("requestDateTime", time(row.requested))
        .put("expirationDateTime", time(row.requested + TimeDelta::days(3)))
        .put("lastModifiedDateTime", time(if closed { row.modified } else { row.requested }))
        .put("status", row.status)
        .put("requestJustification", "change record attached")
        .put("approvalJustification", decided.then_some("seen"))
        .put("requiredOperationApprovalPolicyTypes", json!([row.policy_type]))
        .put("operationApprovalPolicies", format!("{{\"policyType\":\"{}\",\"policyPlatform\":\"notApplicable\"}}", row.policy_type))
        .put("requestor", requestor(tenant, &row.requestor))
        .put("approver", if decided { person(tenant, 1) } else { Value::Null })
        .put("payloadId", row.payload_id.to_string())
        .put("payloadName", row.payload_name.as_str())
        .put("payloadType", format!("#microsoft.management.services.api.{}", row.policy_type))
        .put("payloadOperation", row.operation)
        .put("payload", row.payload.clone())
        .put("displayPayload", "[]")
        .put("addedAssignments", Value::Null)
        .put("actionName", Value::Null)
        .done()
}

fn requestor(tenant: &Tenant, requestor: &Requestor) -> Value {
    match requestor {
        Requestor::Application { id, name } => {
            json!({"user": null, "device": null, "application": {"id": id.to_string(), "displayName": name}})
        }
        Requestor::Person(at) => person(tenant, *at),
        Requestor::Nobody => Value::Null,
    }
}

fn person(tenant: &Tenant, at: usize) -> Value {
    let of = |user: &User| json!({"id": user.id.to_string(), "displayName": user.name, "Upn": user.address()});
    json!({"application": null, "device": null, "user": tenant.users.get(at).map(of)})
}

pub(crate) fn event(tenant: &Tenant, row: &Event, select: &Select) -> Value {
    Row::new(select)
        .put("id", row.id.to_string())
        .put("displayName", row.activity.display)
        .put("componentName", row.activity.component)
        .put("activity", Value::Null)
        .put_with("activityDateTime", || (row.time).to_rfc3339_opts(SecondsFormat::Nanos, true).replace("00Z", "Z").into())
        .put("activityType", row.activity.activity_type)
        .put("activityOperationType", row.activity.operation)
        .put("activityResult", if row.succeeded { "Success" } else { "Failure" })
        .put_with("correlationId", || tenant.guid("correlation", &row.id.to_string()).to_string().into())
        .put("category", row.activity.category)
        .put_with("actor", || actor(tenant, row))
        .put_with("resources", || resources(row))
        .done()
}

/// No public capture shows an application as actor; this form is what the schema and one public reader suggest
/// (facts/maa.md section 6). The user fields of an application are null or empty, so that a reader minds both.
fn actor(tenant: &Tenant, row: &Event) -> Value {
    let user = row.person.and_then(|at| tenant.users.get(at));
    let nobody = if row.id.is_odd() { Value::Null } else { Value::from("") };
    json!({
        "auditActorType": if user.is_some() { "ItPro" } else { "Application" },
        "userPermissions": ["*"],
        "applicationId": row.app_id.to_string(),
        "applicationDisplayName": row.app_name,
        "userPrincipalName": user.map_or(nobody, |user| user.address().into()),
        "servicePrincipalName": null,
        "ipAddress": null,
        "userId": user.map(|user| user.id.to_string()),
    })
}

fn resources(row: &Event) -> Value {
    let change = |change: &Change| json!({"displayName": change.name, "oldValue": change.old, "newValue": change.new});
    let changes: Vec<Value> = row.changes.iter().map(change).collect();
    json!([{
        "displayName": row.resource_name.as_deref().unwrap_or("<null>"),
        "auditResourceType": row.activity.resource,
        "resourceId": row.resource.to_string(),
        "modifiedProperties": changes,
    }])
}
