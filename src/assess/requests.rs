//! The approval requests that concern applications, or that wait for somebody.

use super::directory::Directory;
use super::model::Request;
use crate::catalogue::Workload;
use crate::snapshot::{AppId, ApprovalRequest};
use std::collections::BTreeMap;

/// Requests that an application filed on its own, and every one that waits, or may wait; by id. `names` is what the audit log
/// calls applications that are known from nowhere else.
pub(super) fn requests(directory: &Directory<'_>, names: &BTreeMap<AppId, String>) -> Vec<Request> {
    let rows = directory.snapshot.approval_requests.values().map(|request| row(directory, names, request));
    rows.filter(|request| request.app_id.is_some() || request.is_pending() != Some(false)).collect()
}

fn row(directory: &Directory<'_>, names: &BTreeMap<AppId, String>, request: &ApprovalRequest) -> Request {
    // A request that names a person was filed by that person, through whichever application.
    let requestor = request.requestor_application.as_deref().filter(|_| request.requestor_user.is_none());
    let app_id = requestor.map(|id| {
        let id = id.trim().to_lowercase();
        // Which of its ids the service gives is not documented; one that leads to nothing is taken for an app id.
        directory.resolve(&id).map_or_else(|| AppId::new(&id), |found| found.app_id().clone())
    });
    Request {
        id: request.id.clone(),
        status: request.status.clone(),
        workloads: request.policy_types.iter().map(|kind| Workload::from_policy_type(kind)).collect(),
        application: app_id.as_ref().and_then(|app_id| name(directory, names, app_id)),
        app_id,
        requested: request.requested,
        expires: request.expires,
        last_modified: request.last_modified,
        decided_by: request.decided_by.clone(),
    }
}

fn name(directory: &Directory<'_>, names: &BTreeMap<AppId, String>, app_id: &AppId) -> Option<String> {
    let principal = directory.principal(app_id).map(|principal| &principal.display_name);
    let application = || directory.application(app_id).map(|application| &application.display_name);
    principal.or_else(application).or_else(|| names.get(app_id)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Snapshot;
    use std::collections::BTreeSet;

    fn request(id: &str, status: &str, application: Option<&str>, user: Option<&str>) -> ApprovalRequest {
        ApprovalRequest {
            id: id.into(),
            requested: None,
            expires: None,
            last_modified: None,
            status: (!status.is_empty()).then(|| status.to_owned()),
            policy_types: vec!["app".into()],
            requestor_application: application.map(str::to_owned),
            requestor_user: user.map(str::to_owned),
            decided_by: Some("somebody".into()),
            payload_id: None,
            payload_operation: None,
            policy_ids: BTreeSet::new(),
        }
    }

    #[test]
    fn those_of_applications_and_those_that_may_wait_are_carried() {
        let time = "2026-11-02T06:00:00Z".parse().unwrap();
        let mut snapshot = Snapshot::new("t".into(), time, time);
        let all = [
            request("1", "completed", Some("A1"), None),
            request("2", "completed", Some("A1"), Some("a person")),
            request("3", "needsApproval", None, Some("a person")),
            request("4", "approved", None, None),
            request("5", "rejected", None, None),
            request("6", "novel", None, None),
            request("7", "", None, None),
        ];
        snapshot.approval_requests = all.into_iter().map(|request| (request.id.clone(), request)).collect();
        let names = [(AppId::new("a1"), "from the log".to_owned())].into();
        let found = requests(&Directory::new(&snapshot), &names);
        let ids: Vec<&str> = found.iter().map(|request| request.id.as_str()).collect();
        assert_eq!(ids, ["1", "3", "4", "6", "7"]);
        assert_eq!((found[0].app_id.as_ref().map(AppId::as_str), found[0].application.as_deref()), (Some("a1"), Some("from the log")));
        assert_eq!((&found[0].workloads[..], found[0].decided_by.as_deref()), (&[Workload::App][..], Some("somebody")));
        assert_eq!(found.iter().map(Request::is_pending).collect::<Vec<_>>(), [Some(false), Some(true), Some(true), None, None]);
    }
}
