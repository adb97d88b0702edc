//! The use that an application makes of what it was given: permissions, exclusions, keys. Not seen is said only of data that
//! was read whole; what was read in part shows what was done, never what was left undone.

use super::{Looked, Standing, failed, out_of_reach};
use crate::assess::applications::days_between;
use crate::assess::model::{Key, Known};
use crate::assess::words::{Home, KeyHolder, KeyKind};
use crate::catalogue::Workload;
use crate::evidence::{Observation, ObservedOutcome, Source};
use crate::snapshot::{Dataset, Gap, SignInTime};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// A permission that writes Intune, and the writes seen with it in the span in which audit events were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionUse {
    /// Name of the permission.
    pub permission: String,
    /// Workloads that it writes.
    pub workloads: BTreeSet<Workload>,
    /// Whole days since it was granted; None where the grant has no date.
    pub granted_days: Option<i64>,
    /// Writes of any of these.
    pub writes: Writes,
}

/// A workload, and the writes seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteUse {
    /// The workload.
    pub workload: Workload,
    /// Writes of it.
    pub writes: Writes,
}

/// What the audit log shows of successful writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writes {
    /// Whether one was seen; None where none was and some may be missing.
    pub seen: Option<bool>,
    /// Whole days since the last; None where none was seen, or a later one may be missing.
    pub idle_days: Option<i64>,
    /// Whole days without a write, at least.
    pub idle_at_least: i64,
}

/// An unexpired key, and what the credential report says of its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Secret or certificate.
    pub kind: KeyKind,
    /// Key id.
    pub key_id: String,
    /// Which object holds it.
    pub held_on: KeyHolder,
    /// Whole days since the start of validity; None where that is not known.
    pub age_days: Option<i64>,
    /// Whether the report shows a sign-in with it.
    pub used: bool,
    /// Whole days since the last sign-in with it, or since the start of validity; None where neither is known.
    pub idle_days: Option<i64>,
}

/// What the audit log of one application lacks.
struct Log<'a> {
    of: &'a Looked<'a>,
    /// Why writes of any workload may be missing.
    gap: Option<Gap>,
}

impl<'a> Log<'a> {
    fn new(of: &'a Looked<'a>) -> Self {
        let unmapped = of.evidence.unmapped_by_application.get(&of.profile.app_id).into_iter().flatten();
        let names: Vec<&str> = unmapped.map(|(activity, _)| activity.as_str()).collect();
        let unmapped =
            (!names.is_empty()).then(|| failed(format!("what it wrote is not known of these audit activities: {}", names.join(", "))));
        Self { of, gap: of.directory.gap(Dataset::AuditEvents).or(unmapped) }
    }

    /// Whether nothing at all was read.
    fn is_unread(&self) -> bool {
        let coverage = self.of.directory.snapshot.coverage_of(Dataset::AuditEvents);
        !coverage.is_complete() && coverage.items() == 0
    }

    /// Why writes of these workloads may be missing.
    fn gap_of(&self, workloads: &BTreeSet<Workload>) -> Option<Gap> {
        let unclear = self.of.observations().iter().any(|seen| seen.outcome == ObservedOutcome::Unclear && self.concerns(seen, workloads));
        let unknown = workloads.iter().find(|workload| matches!(workload, Workload::Unknown(_)));
        self.gap
            .clone()
            .or_else(|| unknown.map(|workload| failed(format!("it is not known which audit events write {workload}"))))
            .or_else(|| unclear.then(|| failed("an audit event does not say whether its write succeeded")))
    }

    fn concerns(&self, seen: &Observation, workloads: &BTreeSet<Workload>) -> bool {
        seen.source == Source::AuditEvent
            && workloads.contains(&seen.workload)
            && !seen.times_in(&(self.since()..=self.of.now())).is_empty()
    }

    fn since(&self) -> DateTime<Utc> {
        self.of.directory.snapshot.audit_since
    }

    fn writes(&self, workloads: &BTreeSet<Workload>, whole: bool) -> Writes {
        let span = self.since()..=self.of.now();
        let written = self.of.observations().iter().filter(|seen| seen.outcome.went_through() && self.concerns(seen, workloads));
        let last = written.filter_map(|seen| seen.times_in(&span).last().map(|moment| moment.at)).max();
        let days = |time| days_between(time, self.of.now());
        Writes {
            seen: if last.is_some() { Some(true) } else { whole.then_some(false) },
            idle_days: last.map(days).filter(|_| whole),
            idle_at_least: if whole { days(last.unwrap_or_else(|| self.since())).max(0) } else { 0 },
        }
    }
}

/// Each permission that writes a protected workload by itself, and the writes seen.
pub(super) fn permission_use(of: &Looked<'_>) -> Known<Vec<PermissionUse>> {
    let log = Log::new(of);
    let Some(held) = of.profile.permissions.seen() else { return of.profile.permissions.map(|_| Vec::new()) };
    let mut gap = of.profile.permissions.gap().cloned();
    let mut uses = Vec::new();
    for permission in held.iter().filter(|permission| !permission.primary.is_empty()) {
        let lacking = log.gap_of(&permission.primary);
        let writes = log.writes(&permission.primary, lacking.is_none());
        gap = gap.or(lacking);
        uses.push(PermissionUse {
            permission: permission.name.clone(),
            workloads: permission.primary.clone(),
            granted_days: permission.granted.map(|granted| days_between(granted, of.now())),
            writes,
        });
    }
    match gap {
        Some(gap) if log.is_unread() && !uses.is_empty() => Known::No(gap),
        gap => Known::of(uses, gap),
    }
}

/// Each workload that it is excluded from, and the writes seen.
pub(super) fn exclusion_use(of: &Looked<'_>, standing: &Standing) -> Known<Vec<WriteUse>> {
    let log = Log::new(of);
    let mut gap = None;
    let mut uses = Vec::new();
    for workload in &standing.excluded_from {
        let one = BTreeSet::from([workload.clone()]);
        let lacking = log.gap_of(&one);
        let writes = log.writes(&one, lacking.is_none());
        gap = gap.or(lacking);
        uses.push(WriteUse { workload: workload.clone(), writes });
    }
    match gap {
        Some(gap) if log.is_unread() => Known::No(gap),
        gap => Known::of(uses, gap),
    }
}

/// Workloads that it is excluded from and completed requests of its own for, in the window. A completed request that names
/// nobody may be its own.
pub(super) fn completes_requests(of: &Looked<'_>, standing: &Standing) -> Known<BTreeSet<Workload>> {
    let window = of.window_start..=of.now();
    let completed = of.observations().iter().filter(|seen| {
        seen.source == Source::ApprovalRequest && seen.outcome == ObservedOutcome::Approved && !seen.times_in(&window).is_empty()
    });
    let found: BTreeSet<Workload> =
        completed.filter(|seen| standing.excluded_from.contains(&seen.workload)).map(|seen| seen.workload.clone()).collect();
    if found == standing.excluded_from {
        return Known::Yes(found);
    }
    // What a policy that was not read protects is not known, and so not whether these requests were on that.
    let unnamed = standing.excluded_from.iter().any(|workload| matches!(workload, Workload::Unknown(_)));
    let unread = unnamed.then(|| of.directory.gap(Dataset::AccessPolicies)).flatten();
    let gap = of.directory.gap(Dataset::ApprovalRequests).or(unread);
    match gap {
        Some(gap) if of.directory.snapshot.coverage_of(Dataset::ApprovalRequests).items() == 0 => Known::No(gap),
        Some(gap) => Known::Partly(found, gap),
        None => {
            let open = standing.excluded_from.iter().any(|workload| !found.contains(workload) && completed_by_nobody(of, workload));
            Known::of(found, open.then(|| out_of_reach("a completed approval request names nobody who filed it")))
        }
    }
}

/// Whether a request on this workload that names nobody was completed in the window, or at a time that is not known.
fn completed_by_nobody(of: &Looked<'_>, workload: &Workload) -> bool {
    of.directory.snapshot.approval_requests.values().any(|request| {
        request.requestor_user.is_none()
            && request.requestor_application.is_none()
            && request.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("completed"))
            && request.last_modified.is_none_or(|time| time >= of.window_start)
            && request.policy_types.iter().any(|kind| Workload::from_policy_type(kind) == *workload)
    })
}

/// Keys that are valid now, and why there may be more. Those of a managed identity are Azure's, which renews them itself.
fn unexpired<'a>(of: &'a Looked<'_>) -> (Vec<&'a Key>, Option<Gap>) {
    if of.profile.home == Home::ManagedIdentity {
        return (Vec::new(), None);
    }
    let keys = of.profile.keys.seen().into_iter().flatten();
    let unsaid = keys.clone().any(|key| key.expired.is_none());
    let gap = of.profile.keys.gap().cloned().or_else(|| unsaid.then(|| failed("the end of validity of a key was not shown")));
    (keys.filter(|key| key.expired == Some(false)).collect(), gap)
}

/// Whether nothing is known of its keys.
fn no_keys_known(of: &Looked<'_>) -> Option<Gap> {
    let keys = &of.profile.keys;
    keys.gap().filter(|_| keys.seen().is_none() && of.profile.home != Home::ManagedIdentity).cloned()
}

/// Unexpired keys, and when they were last used. Of a key that the report does not show it is known that it was not used only
/// where the report was read whole.
pub(super) fn key_uses(of: &Looked<'_>) -> Known<Vec<KeyUse>> {
    if let Some(gap) = no_keys_known(of) {
        return Known::No(gap);
    }
    let (keys, mut gap) = unexpired(of);
    let report = of.directory.gap(Dataset::CredentialActivity);
    let unreadable =
        of.directory.credential_uses(&of.profile.app_id).iter().any(|activity| activity.last_sign_in == SignInTime::Unreadable);
    let lacking = report.or_else(|| unreadable.then(|| failed("the time of the last use of a key is not readable")));
    let mut uses = Vec::new();
    for key in &keys {
        if key.last_used.is_none() && lacking.is_some() {
            gap = gap.or_else(|| lacking.clone());
            continue;
        }
        uses.push(KeyUse {
            kind: key.kind,
            key_id: key.key_id.clone(),
            held_on: key.held_on,
            age_days: key.age_days,
            used: key.last_used.is_some(),
            idle_days: key.last_used.or(key.start).map(|time| days_between(time, of.now())),
        });
    }
    match gap {
        Some(gap) if uses.is_empty() && !keys.is_empty() => Known::No(gap),
        gap => Known::of(uses, gap),
    }
}

/// Unexpired keys whose validity began after a policy excluded it. Since when it does is known from a request or an audit event.
pub(super) fn keys_after_exclusion(of: &Looked<'_>) -> Known<Vec<Key>> {
    let rows: Vec<_> = of.exclusions.iter().filter(|row| row.listed).collect();
    if rows.is_empty() || of.profile.home == Home::ManagedIdentity {
        return Known::Yes(Vec::new());
    }
    if let Some(gap) = no_keys_known(of) {
        return Known::No(gap);
    }
    let (keys, mut gap) = unexpired(of);
    let unknown_since = || out_of_reach("no source says since when it is excluded");
    let Some(since) = rows.iter().filter_map(|row| row.since).min() else {
        return if keys.is_empty() { Known::of(Vec::new(), gap) } else { Known::No(unknown_since()) };
    };
    let (after, before): (Vec<&Key>, Vec<&Key>) = keys.into_iter().partition(|key| key.start.is_some_and(|start| start > since));
    if before.iter().any(|key| key.start.is_none()) {
        gap = gap.or_else(|| Some(failed("the start of validity of a key was not shown")));
    }
    // Another policy may have excluded it earlier.
    if !before.is_empty() && rows.iter().any(|row| row.since.is_none()) {
        gap = gap.or_else(|| Some(unknown_since()));
    }
    Known::of(after.into_iter().cloned().collect(), gap)
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
