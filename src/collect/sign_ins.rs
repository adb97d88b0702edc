//! Raw sign-ins of what is in scope, summed up while they are read: only counts and first and last times are kept, never the
//! rows. Asked for by application and kind of sign-in, because kinds cannot be mixed in one filter (facts/graph.md section 3).

use super::filters::is_lasting;
use super::json::{number, text, time};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Error, Resource, Version};
use crate::snapshot::{AppId, Gap, ServicePrincipalId, SignInKey, SignInSummary, is_guid};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// Days that the service keeps sign-ins at most.
const KEPT_DAYS: i64 = 30;

pub(super) type SignIns = BTreeMap<SignInKey, SignInSummary>;

/// A span of time, its start included and its end not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Window {
    /// The days before `to` that the service keeps, but none before `since`.
    pub(super) fn new(since: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let kept = to.checked_sub_signed(Duration::days(KEPT_DAYS)).unwrap_or(since);
        Self { from: since.max(kept), to }
    }
}

/// Whose sign-ins are read, and of which kind: `servicePrincipal` or `managedIdentity`.
pub(super) type Wanted = BTreeMap<AppId, &'static str>;

/// Sign-ins in `window`; `inherited` is why not everybody in scope is known.
pub(super) async fn read(mut reader: Reader<'_>, wanted: &Wanted, window: Window, inherited: Vec<Gap>) -> (Vec<SignInSummary>, Finished) {
    inherited.into_iter().for_each(|gap| reader.note(gap));
    let mut found = SignIns::new();
    for (app_id, kind) in wanted.iter().filter(|(app_id, _)| is_guid(app_id.as_str())) {
        // One application at a time: the service allows five reads in ten seconds, so more lanes would only wait.
        if let Err(error) = read_one(&mut reader, app_id, kind, window, &mut found).await {
            reader.fail(&error);
            if is_lasting(&error) || matches!(error, Error::Throttled { .. }) {
                break;
            }
        }
    }
    (found.into_values().collect(), reader.finish())
}

async fn read_one(reader: &mut Reader<'_>, app_id: &AppId, kind: &str, window: Window, found: &mut SignIns) -> Result<(), Error> {
    let mut pages = reader.client.pages(&of(app_id, kind, window));
    let mut seen = HashSet::new();
    while let Some(rows) = pages.next().await? {
        for row in &rows {
            take(reader, row, app_id, window, &mut seen, found);
        }
    }
    match pages.cut() {
        Some(why) => reader.note(Gap::Failed { detail: format!("list was cut: {why}") }),
        None => reader.part_is_whole(),
    }
    Ok(())
}

fn of(app_id: &AppId, kind: &str, window: Window) -> Resource {
    let from = window.from.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let filter = format!("signInEventTypes/any(t:t eq '{kind}') and createdDateTime ge {from} and appId eq '{app_id}'");
    Resource::new(Version::Beta, "/auditLogs/signIns").query("$filter", &filter).keeping(keep::sign_in)
}

/// Adds one sign-in. A row that came before, or is of another time or application, is passed over: the list grows while it is
/// read, and a service that ignores the filter must not widen it.
fn take(reader: &mut Reader<'_>, row: &Value, app_id: &AppId, window: Window, seen: &mut HashSet<u128>, found: &mut SignIns) {
    reader.add(1);
    let Some(at) = time(row, "createdDateTime") else { return reader.malformed("a readable time") };
    let Some(key) = parse(row) else { return reader.malformed("app id") };
    let again = text(row, "id").and_then(|id| as_number(&id)).is_some_and(|id| !seen.insert(id));
    if again || key.app_id != *app_id || at < window.from || at >= window.to {
        return;
    }
    let succeeded = row.get("status").and_then(|status| number(status, "errorCode")) == Some(0);
    let there = found.entry(key.clone()).or_insert(SignInSummary { key, succeeded: 0, failed: 0, first: at, last: at });
    there.succeeded += u64::from(succeeded);
    there.failed += u64::from(!succeeded);
    (there.first, there.last) = (there.first.min(at), there.last.max(at));
}

/// A GUID in a quarter of its room: an application may have hundreds of thousands of sign-ins.
fn as_number(id: &str) -> Option<u128> {
    is_guid(id).then(|| u128::from_str_radix(&id.replace('-', ""), 16).ok()).flatten()
}

fn parse(row: &Value) -> Option<SignInKey> {
    let lower = |name| text(row, name).map(|id| id.to_lowercase()).filter(|id| id != "00000000-0000-0000-0000-000000000000");
    Some(SignInKey {
        app_id: AppId::new(&text(row, "appId")?),
        service_principal: lower("servicePrincipalId").map(ServicePrincipalId::from),
        credential_type: text(row, "clientCredentialType"),
        credential_key_id: lower("servicePrincipalCredentialKeyId"),
        federated_credential: lower("federatedCredentialId"),
        resource: lower("resourceId"),
        address: text(row, "ipAddress"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_window_is_what_is_kept_and_never_more_than_asked() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-22T12:00:00Z");
        assert_eq!(Window::new(at("2026-08-01T00:00:00Z"), now).from, at("2026-10-23T12:00:00Z"));
        assert_eq!(Window::new(at("2026-11-20T00:00:00Z"), now).from, at("2026-11-20T00:00:00Z"));
    }

    #[test]
    fn an_id_is_told_from_what_is_none() {
        assert_eq!(as_number("00000000-0000-0000-0000-0000000000FF"), Some(255));
        assert_eq!(as_number("Aggregated"), None);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::sign_in(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
