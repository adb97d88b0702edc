use super::*;
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn key(path: &str) -> CallKey {
    CallKey {
        app_id: "A".into(),
        service_principal_id: Some("S".into()),
        flow: CallFlow::AppOnly,
        method: "PATCH".into(),
        path_template: path.into(),
    }
}

fn row(workloads: &[&str], calls: &[(u16, &str, u64)]) -> CallRow {
    let workloads = workloads.iter().map(|workload| (*workload).to_owned()).collect();
    let mut row = CallRow::new(key("/a/{id}"), workloads, "update".into());
    for (status, time, calls) in calls {
        row.count(*status, CallCount { calls: *calls, first: at(time), last: at(time) });
    }
    row
}

const CALLS: &[(u16, &str, u64)] = &[
    (204, "2026-10-01T10:00:00Z", 3),
    (204, "2026-10-02T10:00:00Z", 1),
    (412, "2026-10-03T10:00:00Z", 2),
    (403, "2026-09-03T10:00:00Z", 1),
    (500, "2026-10-03T11:00:00Z", 5),
    (0, "2026-10-03T12:00:00Z", 1),
];

#[test]
fn every_call_is_written_blocked_or_failed() {
    let gated = row(&["app"], CALLS);
    assert_eq!((gated.calls(), gated.written(), gated.blocked(), gated.failed()), (13, 4, 3, 6));
    let open = row(&[], CALLS);
    assert_eq!((open.calls(), open.written(), open.blocked(), open.failed()), (13, 4, 0, 9));
    assert_eq!(gated.first(), Some(at("2026-09-03T10:00:00Z")));
    assert_eq!(gated.last(), Some(at("2026-10-03T12:00:00Z")));
    assert_eq!(gated.status_counts(), BTreeMap::from([(0, 1), (204, 4), (403, 1), (412, 2), (500, 5)]));
}

#[test]
fn rows_of_one_key_become_one_and_the_totals_follow() {
    let logs = ActivityLogs::new([row(&["app"], CALLS), row(&["app"], &CALLS[..1])], LogReading::default());
    assert_eq!(logs.rows.len(), 1);
    assert_eq!(logs.reading.calls, 16);
    let twice = logs.clone().merge(logs.clone());
    assert_eq!(twice.reading.calls, 32);
    assert_eq!(twice.rows[0].statuses[&204][&at("2026-10-01T00:00:00Z").date_naive()].calls, 12);
}

#[test]
fn logs_survive_the_disk() {
    let mut logs = ActivityLogs::new([row(&["app"], CALLS)], LogReading::default());
    logs.reading.fault(LogFault::CutLine, 1, "b.json");
    logs.reading.fault(LogFault::CutLine, 1, "a.json");
    let text = serde_json::to_string(&logs).unwrap();
    assert_eq!(serde_json::from_str::<ActivityLogs>(&text).unwrap(), logs, "{text}");
    assert_eq!(logs.reading.faults[&LogFault::CutLine], FaultCount { times: 2, example: "a.json".into() });
    assert!(!logs.reading.is_whole());
}

#[test]
fn the_word_of_a_fault_is_the_one_on_disk() {
    for fault in LogFault::ALL {
        assert_eq!(serde_json::to_value(fault).unwrap(), fault.word());
    }
}

proptest! {
    #[test]
    fn what_is_listed_depends_on_what_was_seen_and_not_on_when(
        seen in proptest::collection::vec((0_u8..40, 1_u64..4), 0..200), cut in 0_usize..200
    ) {
        let all = |part: &[(u8, u64)]| {
            let mut listed = Listed::default();
            part.iter().for_each(|(value, calls)| listed.add(&format!("{value:02}"), *calls));
            listed
        };
        let (head, tail) = seen.split_at(cut.min(seen.len()));
        let mut backwards = all(tail);
        backwards.merge(&all(head));
        prop_assert_eq!(&backwards, &all(&seen));
        prop_assert_eq!(backwards.values.values().sum::<u64>() + backwards.others, seen.iter().map(|(_, calls)| calls).sum::<u64>());
    }
}
