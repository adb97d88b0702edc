//! What was used, what was not, and what nobody can tell.

use super::super::fixture::{APP, Fixture, at, secret};
use super::*;
use crate::snapshot::{ApprovalRequest, Coverage, CredentialActivity};
use std::collections::BTreeMap;

fn by_name(posture: &super::super::Posture) -> BTreeMap<&str, Writes> {
    posture.permission_use.seen().unwrap().iter().map(|row| (row.permission.as_str(), row.writes)).collect()
}

const PRIVILEGED: &str = "5b07b0dd-2377-4e44-a38d-703f09a0dc3c";
const WIPES: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
const APPS: &str = "DeviceManagementApps.ReadWrite.All";

fn writer() -> Fixture {
    Fixture::new()
        .granted(PRIVILEGED, "2026-10-01T00:00:00Z")
        .event("2026-09-01T06:00:00Z", "Create MobileApp", "Success", "MobileApp")
        .event("2026-10-31T18:00:00Z", "Create MobileApp", "Failure", "MobileApp")
}

#[test]
fn a_permission_is_idle_since_its_last_success_or_since_the_log_begins() {
    let posture = writer().posture();
    let uses = by_name(&posture);
    assert_eq!(uses[APPS], Writes { seen: Some(true), idle_days: Some(62), idle_at_least: 62 });
    assert_eq!(uses[WIPES], Writes { seen: Some(false), idle_days: None, idle_at_least: 90 });
    assert_eq!(posture.permission_use.gap(), None);
    let granted: Vec<Option<i64>> = posture.permission_use.seen().unwrap().iter().map(|row| row.granted_days).collect();
    assert_eq!(granted, [Some(305), Some(32)]);
}

#[test]
fn of_a_log_that_was_read_in_part_only_what_was_done_is_said() {
    let posture = writer().partial(Dataset::AuditEvents).posture();
    let uses = by_name(&posture);
    assert_eq!(uses[APPS], Writes { seen: Some(true), idle_days: None, idle_at_least: 0 });
    assert_eq!(uses[WIPES], Writes { seen: None, idle_days: None, idle_at_least: 0 });
    assert!(matches!(posture.permission_use.gap(), Some(Gap::Throttled { .. })));
    assert!(matches!(writer().lost(Dataset::AuditEvents).posture().permission_use, Known::No(Gap::Permission { .. })));
}

#[test]
fn an_activity_that_nobody_knows_may_be_the_write_that_was_not_seen() {
    let posture = writer().event("2026-10-31T18:00:00Z", "Frobnicate Gadget", "Success", "Gadget").posture();
    assert_eq!(by_name(&posture)[WIPES].seen, None);
    assert!(matches!(posture.permission_use.gap(), Some(Gap::Failed { detail }) if detail.contains("Frobnicate")));
    let unclear = writer().event("2026-10-31T18:00:00Z", "Create MobileApp", "Pending", "MobileApp").posture();
    assert_eq!((by_name(&unclear)[APPS].idle_days, by_name(&unclear)[WIPES].seen), (None, Some(false)));
}

#[test]
fn an_exclusion_is_used_by_writes_of_its_workload_alone() {
    let used = |fixture: Fixture| fixture.posture().exclusion_use;
    let of_app = used(writer().excluding("p", "app"));
    assert_eq!(of_app.seen().unwrap()[0].writes.idle_days, Some(62));
    let of_script = used(writer().excluding("p", "script"));
    assert_eq!(of_script.seen().unwrap()[0].writes, Writes { seen: Some(false), idle_days: None, idle_at_least: 90 });
    let unknown = used(writer().excluding("p", "novelWorkload"));
    assert!(matches!(&unknown, Known::Partly(rows, Gap::Failed { .. }) if rows[0].writes.seen.is_none()), "{unknown:?}");
    assert_eq!(used(writer()), Known::Yes(vec![]));
}

fn request(id: &str, status: &str, application: Option<&str>, modified: &str) -> ApprovalRequest {
    ApprovalRequest {
        id: id.into(),
        requested: Some(at(modified)),
        expires: Some(at(modified)),
        last_modified: Some(at(modified)),
        status: Some(status.into()),
        policy_types: vec!["app".into()],
        requestor_application: application.map(str::to_owned),
        requestor_user: None,
        decided_by: None,
        payload_id: None,
        payload_operation: None,
        policy_ids: BTreeSet::new(),
    }
}

#[test]
fn own_completed_requests_of_the_window_count() {
    let with = |requests: Vec<ApprovalRequest>| {
        Fixture::new().excluding("p", "app").with(|tenant| {
            tenant.snapshot.approval_requests = requests.into_iter().map(|request| (request.id.clone(), request)).collect();
        })
    };
    let app: BTreeSet<Workload> = [Workload::App].into();
    let completes = |requests| with(requests).posture().completes_requests;
    assert_eq!(completes(vec![request("r", "completed", Some(APP), "2026-10-20T00:00:00Z")]), Known::Yes(app));
    for other in [
        request("r", "completed", Some(APP), "2026-09-20T00:00:00Z"),
        request("r", "rejected", Some(APP), "2026-10-20T00:00:00Z"),
        request("r", "completed", Some("another"), "2026-10-20T00:00:00Z"),
    ] {
        assert_eq!(completes(vec![other]), Known::Yes(BTreeSet::new()));
    }
    let nobody = completes(vec![request("r", "completed", None, "2026-10-20T00:00:00Z")]);
    assert!(matches!(nobody, Known::Partly(seen, Gap::OutOfReach { .. }) if seen.is_empty()), "it may be its own");
    assert!(with(vec![]).lost(Dataset::ApprovalRequests).posture().completes_requests.seen().is_none());
}

fn with_keys() -> Fixture {
    Fixture::new().with(|tenant| {
        tenant.application().credentials = vec![
            secret("expired", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            secret("old", "2026-05-06T18:00:00Z", "2027-01-01T00:00:00Z"),
            secret("young", "2026-10-20T00:00:00Z", "2027-01-01T00:00:00Z"),
        ];
        let last_sign_in = SignInTime::At(at("2026-11-01T12:00:00Z"));
        tenant.snapshot.credential_activity = vec![CredentialActivity {
            app_id: APP.into(),
            key_id: "young".into(),
            key_type: Some("password".into()),
            origin: None,
            last_sign_in,
        }];
    })
}

fn idle(uses: &Known<Vec<KeyUse>>) -> Vec<(&str, bool, Option<i64>)> {
    uses.seen().unwrap().iter().map(|key| (key.key_id.as_str(), key.used, key.idle_days)).collect()
}

#[test]
fn an_unused_key_is_idle_since_it_became_valid() {
    let uses = with_keys().posture().key_uses;
    assert_eq!(idle(&uses), [("old", false, Some(179)), ("young", true, Some(0))]);
    assert_eq!(uses.gap(), None);
}

#[test]
fn a_report_that_was_not_read_whole_shows_only_what_was_used() {
    for fixture in [with_keys().partial(Dataset::CredentialActivity), with_keys().lost(Dataset::CredentialActivity)] {
        let uses = fixture.posture().key_uses;
        assert_eq!(idle(&uses), [("young", true, Some(0))]);
        assert!(uses.gap().is_some());
    }
    let silent = with_keys().lost(Dataset::CredentialActivity).with(|tenant| tenant.snapshot.credential_activity.clear());
    assert!(silent.posture().key_uses.seen().is_none());
    let odd = with_keys().with(|tenant| tenant.snapshot.credential_activity[0].last_sign_in = SignInTime::Unreadable);
    assert!(odd.posture().key_uses.seen().is_none(), "used, and nobody knows when");
    assert!(matches!(Fixture::foreign().posture().key_uses.gap(), Some(Gap::OutOfReach { .. })));
    assert_eq!(Fixture::managed_identity().posture().key_uses, Known::Yes(vec![]));
}

fn ids(keys: &Known<Vec<Key>>) -> Vec<&str> {
    keys.seen().unwrap().iter().map(|key| key.key_id.as_str()).collect()
}

#[test]
fn a_key_that_is_younger_than_the_exclusion_is_told_where_that_has_a_date() {
    let dated = with_keys().excluding("p", "app").excluded_at("p", "2026-10-01T00:00:00Z").posture().keys_after_exclusion;
    assert_eq!((ids(&dated), dated.gap()), (vec!["young"], None));
    let undated = with_keys().excluding("p", "app").posture().keys_after_exclusion;
    assert!(matches!(&undated, Known::No(Gap::OutOfReach { detail }) if detail == "no source says since when it is excluded"));
    let both = with_keys().excluding("p", "app").excluding("q", "script").excluded_at("p", "2026-10-01T00:00:00Z");
    let both = both.posture().keys_after_exclusion;
    assert!(matches!(&both, Known::Partly(keys, Gap::OutOfReach { .. }) if keys.len() == 1), "{both:?}");
    assert_eq!(with_keys().posture().keys_after_exclusion, Known::Yes(vec![]), "not excluded at all");
    let empty = Coverage::Complete { items: 0 };
    let keyless = Fixture::new().covered(Dataset::CredentialActivity, empty).excluding("p", "app").posture().keys_after_exclusion;
    assert_eq!(keyless, Known::Yes(vec![]), "without keys the date does not matter");
}
