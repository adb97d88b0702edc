//! Lenient access to what Graph sends: a member that is missing, null, empty or of another kind reads as absent, and
//! nothing panics. Where absence would be a wrong statement, the caller counts it.

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A member that is text and not empty.
pub(super) fn text(row: &Value, name: &str) -> Option<String> {
    let text = row.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A member that is text as it stands, or nothing at all: for display names.
pub(super) fn plain(row: &Value, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A member that is true or false.
pub(super) fn flag(row: &Value, name: &str) -> Option<bool> {
    row.get(name)?.as_bool()
}

/// Texts of a collection, or of one text with commas between: enums that are flags come in both forms.
pub(super) fn words(value: Option<&Value>) -> Vec<String> {
    let split = |text: &str| text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    match value {
        Some(Value::String(text)) => split(text),
        Some(Value::Array(elements)) => elements.iter().filter_map(Value::as_str).flat_map(split).collect(),
        _ => Vec::new(),
    }
}

/// Texts of a collection as they stand.
pub(super) fn texts(row: &Value, name: &str) -> Vec<String> {
    row.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A member that is a time.
pub(super) fn time(row: &Value, name: &str) -> Option<DateTime<Utc>> {
    parse_time(row.get(name)?.as_str()?)
}

/// A time as Graph writes it: RFC 3339, also with an hour of one digit in the offset (`-8:00`, in the documentation
/// of sign-in activity), also without offset, which then means UTC. The year 1 stands for "never" in Intune.
pub(super) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let read = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc3339(&padded_offset(text)))
        .map(|time: DateTime<FixedOffset>| time.to_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc()))
        .ok()?;
    (!is_never(&read)).then_some(read)
}

/// Whether a text is the service's word for "never".
pub(super) fn is_never_text(text: &str) -> bool {
    text.trim().starts_with("0001-01-01")
}

fn is_never(time: &DateTime<Utc>) -> bool {
    time.timestamp() < -62_135_510_400 // 0001-01-02T00:00:00Z
}

fn padded_offset(text: &str) -> String {
    let sign = text.char_indices().rev().find(|(_, letter)| matches!(letter, '+' | '-'));
    match sign.and_then(|(at, _)| Some((text.get(..=at)?, text.get(at + 1..)?))) {
        Some((before, offset)) if offset.len() == 4 => format!("{before}0{offset}"),
        _ => text.to_owned(),
    }
}

/// `@odata.type` without its prefix: user, group, servicePrincipal, …
pub(super) fn kind(row: &Value) -> Option<String> {
    text(row, "@odata.type").map(|kind| kind.trim_start_matches("#microsoft.graph.").to_owned())
}

/// A number that is not negative, written as number or text.
pub(super) fn number(row: &Value, name: &str) -> Option<u64> {
    let value = row.get(name)?;
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// An answer as the list it should be. Where the documentation shows a single object instead of `value` (facts/graph.md
/// section 3), or an object under it, that is its one row; `is_row` tells such an object from anything else.
pub(super) fn as_list(mut body: Value, is_row: impl Fn(&Value) -> bool) -> Value {
    match body.get("value") {
        Some(Value::Object(_)) => serde_json::json!({"value": [body["value"].take()]}),
        None if is_row(&body) => serde_json::json!({"value": [body]}),
        _ => body,
    }
}

/// Files an object under its id. Should a list hold an id twice with different content, because it changed between two pages,
/// the one kept does not depend on which came first.
pub(super) fn file<K: Ord, V: Serialize>(map: &mut BTreeMap<K, V>, id: K, object: V) {
    let rank = |object: &V| serde_json::to_string(object).unwrap_or_default();
    let kept = map.remove(&id).filter(|there| rank(there) <= rank(&object)).unwrap_or(object);
    map.insert(id, kept);
}

#[cfg(test)]
pub(super) fn any_json() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let names = prop_oneof![
        Just("id"),
        Just("appId"),
        Just("value"),
        Just("policyType"),
        Just("policyPlatform"),
        Just("policySet"),
        Just("requestor"),
        Just("application"),
        Just("user"),
        Just("actor"),
        Just("resources"),
        Just("modifiedProperties"),
        Just("newValue"),
        Just("activityDateTime"),
        Just("activityType"),
        Just("keyCredentials"),
        Just("passwordCredentials"),
        Just("endDateTime"),
        Just("applicationAuthenticationClientSignInActivity"),
        Just("lastSignInDateTime"),
        Just("principalType"),
        Just("principalId"),
        Just("appRoleId"),
        Just("keyId"),
        Just("approverGroupIds"),
        Just("unknown"),
        Just("verifiedPublisher"),
        Just("displayName"),
        Just("owners"),
        Just("federatedIdentityCredentials"),
        Just("@odata.type"),
        Just("rolePermissions"),
        Just("resourceActions"),
        Just("allowedResourceActions"),
        Just("members"),
        Just("roleDefinitionId"),
        Just("principal"),
        Just("clientId"),
        Just("resourceId"),
        Just("scope"),
        Just("signInActivity"),
        Just("createdDateTime"),
        Just("status"),
        Just("publishingState"),
        Just("assignedPlans"),
        Just("servicePlanId"),
        Just("capabilityStatus"),
        Just("errorCode"),
        Just("conditions"),
        Just("clientApplications"),
        Just("includeServicePrincipals"),
        Just("grantControls"),
        Just("restrictions"),
        Just("applicationRestrictions"),
        Just("restrictionType"),
        Just("prepaidUnits"),
        Just("servicePlans"),
        Just("skuPartNumber"),
        Just("approver"),
        Just("web"),
        Just("redirectUris"),
        Just("implicitGrantSettings")
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("2026-01-02T03:04:05-8:00")),
        Just(Value::from("ServicePrincipal")),
        Just(Value::from("11111111-aaaa-4bbb-8ccc-111111111111")),
        Just(Value::from("Patch OperationApprovalPolicy")),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..8)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn times_of_every_form_seen_are_read() {
        let utc = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (text, expected) in [
            ("2026-07-16T23:59:55.212Z", "2026-07-16T23:59:55.212Z"),
            ("2025-09-12T16:02:46.1164804Z", "2025-09-12T16:02:46.1164804Z"),
            ("2021-03-01T00:00:00-8:00", "2021-03-01T08:00:00Z"),
            ("2021-03-01T00:00:00+05:30", "2021-02-28T18:30:00Z"),
            ("2021-03-01T00:00:00", "2021-03-01T00:00:00Z"),
        ] {
            assert_eq!(parse_time(text), Some(utc(expected)), "{text}");
        }
        for text in ["", "yesterday", "2021-03-01", "0001-01-01T00:00:00Z", "2021-13-01T00:00:00Z"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn flags_come_in_three_forms() {
        for value in [json!("macOS,windows10AndLater"), json!(["macOS", "windows10AndLater"]), json!(["macOS, windows10AndLater"])] {
            assert_eq!(words(Some(&value)), ["macOS", "windows10AndLater"]);
        }
        assert!(words(Some(&json!(7))).is_empty() && words(None).is_empty());
    }

    #[test]
    fn a_single_object_is_a_list_of_one_and_a_refusal_is_none() {
        let is_row = |body: &Value| body.get("appId").is_some();
        let one = json!({"value": [{"appId": "a"}]});
        assert_eq!(as_list(one.clone(), is_row), one);
        assert_eq!(as_list(json!({"appId": "a"}), is_row), one);
        assert_eq!(as_list(json!({"value": {"appId": "a"}}), is_row), one);
        assert_eq!(as_list(json!({"other": 1}), is_row), json!({"other": 1}));
    }

    #[test]
    fn the_order_of_repeats_does_not_matter() {
        let file_all = |names: [&str; 2]| {
            let mut map = BTreeMap::new();
            names.into_iter().for_each(|name| file(&mut map, 1, name.to_owned()));
            map
        };
        assert_eq!(file_all(["a", "b"]), file_all(["b", "a"]));
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_time_without_panic(text in any::<String>(), close in "[0-9T:+.Z-]{0,30}") {
            parse_time(&text);
            parse_time(&close);
        }
    }
}
