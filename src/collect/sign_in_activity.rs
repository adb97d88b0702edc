//! Last sign-ins by flow. The report exists in the global cloud only (facts/graph.md section 10), and its times need care: a
//! time that cannot be read is not "never".

use super::begun::Report;
use super::json::{is_never_text, parse_time, text};
use super::keep;
use super::reader::Reader;
use super::scope::InScope;
use crate::snapshot::{AppId, SignInActivity, SignInTime};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const REPORT: Report = Report { path: "/reports/servicePrincipalSignInActivities", keep: keep::activity };

pub(super) type Activity = BTreeMap<AppId, SignInActivity>;

/// Takes one row of the report.
pub(super) fn take(reader: &mut Reader<'_>, row: &Value, scope: &InScope, rows: &mut Activity) {
    match parse(row) {
        Some(activity) if !scope.keeps(&activity.app_id) => {}
        Some(activity) => merge(rows, activity),
        None => reader.malformed("app id"),
    }
}

/// Should an application have two rows, the later time of each flow stands.
fn merge(rows: &mut BTreeMap<AppId, SignInActivity>, row: SignInActivity) {
    match rows.get_mut(&row.app_id) {
        Some(there) => {
            there.app_only = later(there.app_only, row.app_only);
            there.delegated = later(there.delegated, row.delegated);
        }
        None => drop(rows.insert(row.app_id.clone(), row)),
    }
}

pub(super) fn later(one: SignInTime, two: SignInTime) -> SignInTime {
    match (one, two) {
        (SignInTime::At(one), SignInTime::At(two)) => SignInTime::At(one.max(two)),
        (SignInTime::At(time), _) | (_, SignInTime::At(time)) => SignInTime::At(time),
        (SignInTime::Unreadable, _) | (_, SignInTime::Unreadable) => SignInTime::Unreadable,
        (SignInTime::None, SignInTime::None) => SignInTime::None,
    }
}

fn parse(row: &Value) -> Option<SignInActivity> {
    Some(SignInActivity {
        app_id: AppId::new(&text(row, "appId")?),
        app_only: flow(row.get("applicationAuthenticationClientSignInActivity")),
        delegated: flow(row.get("delegatedClientSignInActivity")),
    })
}

pub(super) fn flow(flow: Option<&Value>) -> SignInTime {
    let time = match flow {
        None | Some(Value::Null) => return SignInTime::None,
        Some(Value::Object(members)) => members.get("lastSignInDateTime"),
        Some(_) => return SignInTime::Unreadable,
    };
    match time {
        None | Some(Value::Null) => SignInTime::None,
        Some(Value::String(text)) if text.trim().is_empty() || is_never_text(text) => SignInTime::None,
        Some(Value::String(text)) => parse_time(text).map_or(SignInTime::Unreadable, SignInTime::At),
        Some(_) => SignInTime::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn absent_and_unreadable_are_two_things() {
        let at = |text: &str| flow(Some(&json!({"lastSignInDateTime": text, "lastSignInRequestId": "Aggregated"})));
        assert_eq!(at("2021-03-01T00:00:00-8:00"), SignInTime::At("2021-03-01T08:00:00Z".parse().unwrap()));
        assert_eq!(at("last week"), SignInTime::Unreadable);
        assert_eq!(at("0001-01-01T00:00:00Z"), SignInTime::None);
        assert_eq!(flow(None), SignInTime::None);
        assert_eq!(flow(Some(&json!({"lastSignInDateTime": null}))), SignInTime::None);
        assert_eq!(flow(Some(&json!({"lastSignInDateTime": 7}))), SignInTime::Unreadable);
        assert_eq!(flow(Some(&json!("x"))), SignInTime::Unreadable);
    }

    #[test]
    fn of_two_rows_the_later_time_stands_whatever_the_order() {
        let at = |hour: u32| SignInTime::At(format!("2026-01-01T{hour:02}:00:00Z").parse().unwrap());
        for (one, two, both) in [
            (at(1), at(2), at(2)),
            (SignInTime::Unreadable, at(1), at(1)),
            (SignInTime::None, SignInTime::Unreadable, SignInTime::Unreadable),
        ] {
            assert_eq!((later(one, two), later(two, one)), (both, both));
        }
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::activity(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
