//! What of the activity logs was read.

use super::words::Word;
use super::{Time, assess};
use crate::snapshot::{LogFault, LogReading};
use schemars::JsonSchema;
use serde::Serialize;

/// What of the activity logs of Microsoft Graph was read. What they say stands in the verdicts.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ActivityLogs<'a> {
    /// Where they were: the word files, or the engine and workspace that was asked.
    source: &'a str,
    /// Whether nothing went wrong that may have cost a call.
    whole: bool,
    /// Records that were looked at.
    records: u64,
    /// Writes on Intune among them, duplicates left out.
    calls: u64,
    /// Records of writes on Intune that had been counted already.
    duplicates: u64,
    /// Records of writes on Intune by the collector's own application, left out.
    own: u64,
    /// Time of the first write counted; null where there is none.
    first: Option<Time>,
    /// Time of the last write counted; null where there is none.
    last: Option<Time>,
    /// What went wrong, each kind once.
    faults: Vec<Fault<'a>>,
}

/// A kind of fault.
#[derive(Debug, Serialize, JsonSchema)]
struct Fault<'a> {
    /// Which.
    fault: Word<LogFault>,
    /// How often it was met.
    times: u64,
    /// Whether calls may be missing, or counted wrong, because of it.
    loses: bool,
    /// What it is, after its number of times.
    says: &'static str,
    /// One place of it: a file, or a span of time; null where none was noted.
    example: Option<&'a str>,
}

pub(super) fn logs(assessment: &assess::Assessment) -> Option<ActivityLogs<'_>> {
    let reading = assessment.activity_logs.reading.as_ref()?;
    Some(ActivityLogs {
        source: &reading.source,
        whole: reading.is_whole(),
        records: reading.records,
        calls: reading.calls,
        duplicates: reading.duplicates,
        own: reading.own,
        first: reading.first.map(Time::of),
        last: reading.last.map(Time::of),
        faults: faults(reading),
    })
}

fn faults(reading: &LogReading) -> Vec<Fault<'_>> {
    let all = reading.faults.iter().map(|(fault, count)| Fault {
        fault: Word::of(fault),
        times: count.times,
        loses: fault.loses(),
        says: fault.says(),
        example: Some(count.example.as_str()).filter(|example| !example.is_empty()),
    });
    all.collect()
}
