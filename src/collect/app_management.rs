//! Restrictions on the credentials of applications: the tenant's default, the policies that replace it on single objects, and
//! on which.

use super::filters::read_all;
use super::json::{self, flag, plain, text, time};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Error, Resource, Version};
use crate::snapshot::{AppManagementPolicy, CredentialRestriction, ReadPermission, RestrictionTarget};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const DEFAULT: &str = "/policies/defaultAppManagementPolicy";
const CUSTOM: &str = "/policies/appManagementPolicies";

pub(super) type Policies = BTreeMap<String, AppManagementPolicy>;

pub(super) async fn read(mut reader: Reader<'_>) -> (Policies, Finished) {
    let mut policies = Policies::new();
    let [default, custom] = [DEFAULT, CUSTOM].map(|path| Resource::new(Version::V1, path).keeping(keep::app_management));
    let mut bodies = reader.client.batch(&[default, custom.clone()]).await.into_iter();
    if let Some(body) = bodies.next() {
        take_default(&mut reader, body, &mut policies);
    }
    if let Some(body) = bodies.next() {
        take_custom(&mut reader, &custom, body, &mut policies).await;
    }
    read_targets(&mut reader, &mut policies).await;
    reader.set_items(policies.len());
    (policies, reader.finish())
}

fn take_default(reader: &mut Reader<'_>, body: Result<Value, Error>, policies: &mut Policies) {
    match body {
        Ok(body) => match parse(&body, true) {
            Some((policy, lacks)) => {
                lacks.into_iter().for_each(|lacks| reader.lacking(lacks));
                reader.part_is_whole();
                policies.insert(policy.id.clone(), policy);
            }
            None => reader.malformed("id"),
        },
        Err(error) => reader.fail(&error),
    }
}

async fn take_custom(reader: &mut Reader<'_>, list: &Resource, body: Result<Value, Error>, policies: &mut Policies) {
    match body {
        Ok(body) => {
            let pages = reader.client.pages_from(list, body);
            let each = |reader: &mut Reader<'_>, row: Value| match parse(&row, false) {
                Some((policy, lacks)) => {
                    lacks.into_iter().for_each(|lacks| reader.lacking(lacks));
                    json::file(policies, policy.id.clone(), policy);
                }
                None => reader.malformed("id"),
            };
            if reader.rows(pages, each).await {
                reader.part_is_whole();
            }
        }
        Err(error) => reader.fail(&error),
    }
}

/// Reads which objects each custom policy is on.
async fn read_targets(reader: &mut Reader<'_>, policies: &mut Policies) {
    reader.needing(ReadPermission::Applications);
    let custom: Vec<String> = policies.values().filter(|policy| !policy.is_default).map(|policy| policy.id.clone()).collect();
    let list =
        |id: &String| Resource::new(Version::V1, CUSTOM).segment(id).segment("appliesTo").query("$select", "id").keeping(keep::object);
    let lists: Vec<Resource> = custom.iter().map(list).collect();
    let mut found: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let failed = read_all(reader, &lists, |reader, at, row| match text(&row, "id") {
        Some(id) => drop(found.entry(at).or_default().insert(id.to_lowercase())),
        None => reader.malformed("id"),
    })
    .await;
    for (at, id) in custom.iter().enumerate().filter(|(at, _)| !failed.contains(at)) {
        if let Some(policy) = policies.get_mut(id) {
            policy.applies_to = Some(found.remove(&at).unwrap_or_default());
        }
    }
}

/// The policy, and what of it could not be read: no restriction shown is not the same as nothing restricted.
fn parse(row: &Value, is_default: bool) -> Option<(AppManagementPolicy, Vec<&'static str>)> {
    let targets = [
        ("restrictions", RestrictionTarget::Any),
        ("applicationRestrictions", RestrictionTarget::Application),
        ("servicePrincipalRestrictions", RestrictionTarget::ServicePrincipal),
    ];
    let shown = targets.into_iter().filter_map(|(member, target)| Some((row.get(member)?.as_object()?, target)));
    let parts: Vec<_> = shown.collect();
    let mut lacks = if parts.is_empty() { vec!["restrictions"] } else { Vec::new() };
    let mut restrictions = Vec::new();
    for (part, target) in parts {
        let lists = ["passwordCredentials", "keyCredentials"].iter().filter_map(|name| part.get(*name)?.as_array());
        for row in lists.flatten() {
            match restriction(row, target) {
                Some(restriction) => restrictions.push(restriction),
                None => lacks.push("restriction type"),
            }
        }
    }
    restrictions.sort();
    restrictions.dedup();
    let policy = AppManagementPolicy {
        id: text(row, "id")?.to_lowercase(),
        display_name: plain(row, "displayName"),
        is_default,
        is_enabled: flag(row, "isEnabled"),
        restrictions,
        applies_to: None,
    };
    Some((policy, lacks))
}

fn restriction(row: &Value, target: RestrictionTarget) -> Option<CredentialRestriction> {
    Some(CredentialRestriction {
        target,
        kind: text(row, "restrictionType")?,
        state: text(row, "state"),
        max_lifetime: text(row, "maxLifetime"),
        created_after: time(row, "restrictForAppsCreatedAfterDateTime"),
        exempts_actors: row.get("excludeActors").is_some_and(|actors| !actors.is_null()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_default_and_a_custom_policy_say_whom_they_restrict() {
        let lists = json!({"passwordCredentials": [{"restrictionType": "passwordLifetime", "maxLifetime": "P90D", "state": "enabled",
            "restrictForAppsCreatedAfterDateTime": "2019-10-19T10:37:00Z"}], "keyCredentials": []});
        let default =
            parse(&json!({"id": "D", "isEnabled": true, "applicationRestrictions": lists, "servicePrincipalRestrictions": lists}), true);
        let (default, lacks) = default.unwrap();
        assert!(lacks.is_empty());
        let targets: Vec<_> = default.restrictions.iter().map(|restriction| restriction.target).collect();
        assert_eq!(targets, [RestrictionTarget::Application, RestrictionTarget::ServicePrincipal]);
        assert!(default.restrictions[0].created_after.is_some() && default.is_default);
        let custom = parse(&json!({"id": "C", "restrictions": lists}), false).unwrap().0;
        assert_eq!((custom.restrictions[0].target, custom.is_enabled), (RestrictionTarget::Any, None));
        assert_eq!(parse(&json!({"id": "C"}), false).unwrap().1, ["restrictions"]);
        assert_eq!(parse(&json!({"id": "C", "restrictions": {"keyCredentials": [{}]}}), false).unwrap().1, ["restriction type"]);
    }

    #[test]
    fn who_is_exempt_from_a_restriction_is_told_but_not_named() {
        let mut row = json!({"id": "C", "restrictions": {"passwordCredentials": [
            {"restrictionType": "passwordAddition", "excludeActors": {"customSecurityAttributes": [{"value": "hunter2"}]}},
            {"restrictionType": "passwordLifetime", "excludeActors": null}, {"restrictionType": "symmetricKeyAddition"}]}});
        keep::app_management(&mut row);
        assert!(!row.to_string().contains("hunter2"));
        let exempts: Vec<bool> = parse(&row, false).unwrap().0.restrictions.iter().map(|restriction| restriction.exempts_actors).collect();
        assert_eq!(exempts.iter().filter(|exempts| **exempts).count(), 1, "{exempts:?}");
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = parse(&row, false);
            let mut kept = row;
            keep::app_management(&mut kept);
            prop_assert_eq!(parse(&kept, false), before);
        }
    }
}
