//! Calls that the activity logs of Microsoft Graph show: app-only ones, of operations that a policy is believed to hold back.

use super::observation::{Moment, ObservedOutcome, Sighting, Source, Tally};
use crate::catalogue::{Catalogue, Gate, Method, Operation, Sure, Workload};
use crate::snapshot::{CallCount, CallFlow, CallRow, Snapshot, is_success};

/// Making an app succeeds behind a gate, where it is the draft of a Win32 app (facts/maa.md section 4).
const DRAFT: (Method, &str) = (Method::Post, "/deviceAppManagement/mobileApps");

/// Adds every such call to the tally.
pub(super) fn observe(snapshot: &Snapshot, catalogue: &Catalogue, tally: &mut Tally) {
    let rows = snapshot.activity_logs.iter().flat_map(|logs| &logs.rows);
    for row in rows.filter(|row| row.key.flow == CallFlow::AppOnly) {
        let Some((operation, likened)) = operation(catalogue, row) else { continue };
        // Where the body decides, which the log does not have, no workload is known to be written.
        if operation.gate == Gate::NotGated || operation.body.is_some() {
            continue;
        }
        let inferred = likened || operation.gate == Gate::Unknown;
        let sure = if inferred { Sure::Inferred } else { operation.sure };
        operation.workloads.iter().for_each(|workload| add(row, operation, workload, sure, tally));
    }
}

/// The operation of a row, and whether it is the entry of PATCH for a PUT.
fn operation<'c>(catalogue: &'c Catalogue, row: &CallRow) -> Option<(&'c Operation, bool)> {
    let find = |method: &str| {
        let mut all = catalogue.operations().iter();
        all.find(|operation| operation.method.name() == method && operation.path == row.key.path_template)
    };
    let likened = || if row.key.method == Method::Put.name() { find(Method::Patch.name()) } else { None };
    find(&row.key.method).map(|operation| (operation, false)).or_else(|| likened().map(|operation| (operation, true)))
}

fn add(row: &CallRow, operation: &Operation, workload: &Workload, sure: Sure, tally: &mut Tally) {
    for (status, days) in &row.statuses {
        let sighting = Sighting {
            workload: workload.clone(),
            platform: operation.platform.clone(),
            operation: format!("{} {}, status {status}", row.key.method, row.key.path_template),
            object: None,
            outcome: outcome(*status, operation),
            source: Source::ActivityLog,
            sure,
        };
        tally.add_many(&row.key.app_id, sighting, days.values().flat_map(moments));
    }
}

/// Calls of a day of which only the first and the last time are known: all but the last are taken for as early as the first, so
/// that never more of them lie behind a gate than did.
fn moments(count: &CallCount) -> [Moment; 2] {
    let last = u64::from(count.calls > 1);
    [Moment { at: count.first, count: count.calls - last }, Moment { at: count.last, count: last }]
}

/// What a status says. 412 is a gate's answer and hardly anything else's on these paths; 400, 403 and 409 have other causes too,
/// and sources disagree on which of them a gate gives (facts/maa.md section 1); throttling and failures of the service say nothing.
fn outcome(status: u16, operation: &Operation) -> ObservedOutcome {
    match status {
        412 => ObservedOutcome::Blocked,
        400 | 403 | 409 => ObservedOutcome::Refused,
        _ if is_success(status) && (operation.method, operation.path.as_str()) == DRAFT => ObservedOutcome::Begun,
        _ if is_success(status) => ObservedOutcome::Written,
        401 | 408 | 429 | 500.. | ..400 => ObservedOutcome::Unclear,
        _ => ObservedOutcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Observation, evidence, total};
    use super::*;
    use crate::snapshot::{ActivityLogs, CallKey, LogReading};

    fn observed(flow: CallFlow, method: &str, path: &str, status: u16) -> Vec<Observation> {
        let at = |text: &str| text.parse().unwrap();
        let key =
            CallKey { app_id: "a".into(), service_principal_id: Some("s".into()), flow, method: method.into(), path_template: path.into() };
        let mut row = CallRow::new(key, Vec::new(), String::new());
        row.count(status, CallCount { calls: 5, first: at("2026-10-01T08:00:00Z"), last: at("2026-10-01T09:00:00Z") });
        row.count(status, CallCount { calls: 1, first: at("2026-10-02T08:00:00Z"), last: at("2026-10-02T08:00:00Z") });
        let now = at("2026-11-01T00:00:00Z");
        let mut snapshot = Snapshot::new("t".into(), now, at("2026-08-01T00:00:00Z"));
        snapshot.activity_logs = Some(ActivityLogs::new([row], LogReading::default()));
        evidence(&snapshot, &Catalogue::builtin().unwrap()).by_application.remove(&"a".into()).unwrap_or_default()
    }

    const APP: &str = "/deviceAppManagement/mobileApps/{id}";

    #[test]
    fn each_status_says_what_became_of_the_call() {
        use ObservedOutcome::{Begun, Blocked, Failed, Refused, Unclear, Written};
        for (status, outcome) in [
            (204, Written),
            (412, Blocked),
            (400, Refused),
            (403, Refused),
            (409, Refused),
            (404, Failed),
            (429, Unclear),
            (503, Unclear),
            (0, Unclear),
        ] {
            let seen = observed(CallFlow::AppOnly, "PATCH", APP, status);
            assert_eq!(seen.len(), 1);
            assert_eq!((seen[0].outcome, seen[0].count(), &seen[0].workload), (outcome, 6, &Workload::App), "{status}");
            assert_eq!(seen[0].source, Source::ActivityLog);
        }
        assert_eq!(observed(CallFlow::AppOnly, "POST", DRAFT.1, 201)[0].outcome, Begun);
    }

    #[test]
    fn times_within_a_day_never_claim_more_behind_a_moment_than_there_were() {
        let seen = observed(CallFlow::AppOnly, "PATCH", APP, 204);
        let since = |text: &str| total(seen[0].times_in(&(text.parse().unwrap()..="2026-11-01T00:00:00Z".parse().unwrap())));
        assert_eq!((since("2026-10-01T08:00:00Z"), since("2026-10-01T08:30:00Z"), since("2026-10-01T09:30:00Z")), (6, 2, 1));
    }

    #[test]
    fn a_person_s_calls_and_what_is_not_gated_are_no_evidence() {
        assert!(observed(CallFlow::Delegated, "PATCH", APP, 204).is_empty());
        assert!(observed(CallFlow::Unclear, "PATCH", APP, 204).is_empty());
        assert!(observed(CallFlow::AppOnly, "POST", "/deviceManagement/managedDevices/{id}/syncDevice", 204).is_empty());
        assert!(observed(CallFlow::AppOnly, "POST", "/devicemanagement/brandnew", 204).is_empty());
        assert_eq!(observed(CallFlow::AppOnly, "PUT", APP, 204)[0].sure, Sure::Inferred);
    }
}
