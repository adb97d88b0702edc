//! Last use of each secret and certificate. The report exists in the global cloud only (facts/graph.md section 10).

use super::begun::Report;
use super::json::text;
use super::keep;
use super::reader::Reader;
use super::scope::InScope;
use super::sign_in_activity::{flow, later};
use crate::snapshot::{AppId, CredentialActivity};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const REPORT: Report = Report { path: "/reports/appCredentialSignInActivities", keep: keep::credential_activity };

/// By app id and key id.
pub(super) type Activity = BTreeMap<(AppId, String), CredentialActivity>;

/// Takes one row of the report. A credential has a row for each resource that it was used for; the latest use stands.
pub(super) fn take(reader: &mut Reader<'_>, row: &Value, scope: &InScope, rows: &mut Activity) {
    match parse(row) {
        Ok(activity) if !scope.keeps(&activity.app_id) => {}
        Ok(activity) => merge(rows, activity),
        Err(lacks) => reader.malformed(lacks),
    }
}

fn merge(rows: &mut Activity, row: CredentialActivity) {
    let key = (row.app_id.clone(), row.key_id.clone());
    let there = rows.entry(key).or_insert_with(|| row.clone());
    there.last_sign_in = later(there.last_sign_in, row.last_sign_in);
    // Of two words the lesser, so that the order of pages does not show.
    there.key_type = there.key_type.take().into_iter().chain(row.key_type).min();
    there.origin = there.origin.take().into_iter().chain(row.origin).min();
}

fn parse(row: &Value) -> Result<CredentialActivity, &'static str> {
    Ok(CredentialActivity {
        app_id: AppId::new(&text(row, "appId").ok_or("app id")?),
        key_id: text(row, "keyId").ok_or("key id")?.to_lowercase(),
        key_type: text(row, "keyType"),
        origin: text(row, "credentialOrigin"),
        last_sign_in: flow(row.get("signInActivity")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use crate::snapshot::SignInTime;
    use proptest::prelude::*;
    use serde_json::json;

    fn row(time: &str, kind: &str) -> CredentialActivity {
        let row = json!({"appId": "A", "keyId": "K", "keyType": kind, "signInActivity": {"lastSignInDateTime": time}});
        parse(&row).unwrap()
    }

    #[test]
    fn of_two_uses_the_later_stands_whatever_the_order() {
        let (early, late) = (row("2026-07-16T23:59:55Z", "password"), row("2026-07-17T23:59:55Z", "certificate"));
        let both = |rows: [&CredentialActivity; 2]| {
            let mut found = Activity::new();
            rows.into_iter().for_each(|row| merge(&mut found, row.clone()));
            found
        };
        assert_eq!(both([&early, &late]), both([&late, &early]));
        let found = both([&early, &late]).into_values().next().unwrap();
        assert_eq!(found.last_sign_in, SignInTime::At("2026-07-17T23:59:55Z".parse().unwrap()));
        assert_eq!(parse(&json!({"appId": "A"})), Err("key id"));
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::credential_activity(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
