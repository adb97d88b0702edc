//! Conditional Access policies for workload identities. Those for people have no client applications (facts/graph.md section 6);
//! they are counted and not kept.

use super::json::{self, plain, text, texts};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::ConditionalAccessPolicy;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) type ConditionalAccess = BTreeMap<String, ConditionalAccessPolicy>;

pub(super) async fn read(mut reader: Reader<'_>) -> (ConditionalAccess, Finished) {
    let mut policies = ConditionalAccess::new();
    let list = Resource::new(Version::V1, "/identity/conditionalAccess/policies").keeping(keep::conditional_access);
    let pages = reader.client.pages(&list);
    reader
        .rows(pages, |reader, row| match parse(&row) {
            Ok(Some(policy)) => json::file(&mut policies, policy.id.clone(), policy),
            Ok(None) => {}
            Err(lacks) => reader.malformed(lacks),
        })
        .await;
    (policies, reader.finish())
}

/// The policy; none where it is not for workload identities. Without conditions nobody knows whom it is for.
fn parse(row: &Value) -> Result<Option<ConditionalAccessPolicy>, &'static str> {
    let conditions = row.get("conditions").filter(|conditions| conditions.is_object()).ok_or("conditions")?;
    let clients = match conditions.get("clientApplications") {
        None | Some(Value::Null) => return Ok(None),
        Some(clients @ Value::Object(_)) => clients,
        Some(_) => return Err("client applications"),
    };
    let names = |member| texts(clients, member).into_iter().map(|id| id.trim().to_lowercase()).collect::<BTreeSet<_>>();
    let (included, excluded) = (names("includeServicePrincipals"), names("excludeServicePrincipals"));
    let has_filter = clients.get("servicePrincipalFilter").is_some_and(|filter| !filter.is_null());
    if included.is_empty() && excluded.is_empty() && !has_filter {
        return Ok(None);
    }
    let of = |part: Option<&Value>, member: &str| part.map(|part| texts(part, member)).unwrap_or_default().into_iter().collect();
    Ok(Some(ConditionalAccessPolicy {
        id: text(row, "id").ok_or("id")?.to_lowercase(),
        display_name: plain(row, "displayName"),
        state: text(row, "state"),
        included,
        excluded,
        has_filter,
        applications: of(conditions.get("applications"), "includeApplications"),
        excluded_applications: of(conditions.get("applications"), "excludeApplications"),
        controls: of(row.get("grantControls"), "builtInControls"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_policy_for_people_is_told_from_one_for_workload_identities() {
        assert_eq!(parse(&json!({"id": "P", "conditions": {"clientApplications": null, "users": {}}})), Ok(None));
        let empty = json!({"includeServicePrincipals": [], "excludeServicePrincipals": [], "servicePrincipalFilter": null});
        assert_eq!(parse(&json!({"id": "P", "conditions": {"clientApplications": empty}})), Ok(None));
        assert_eq!(parse(&json!({"id": "P"})), Err("conditions"));
        let policy = parse(&json!({"id": "P", "displayName": "n", "state": "enabled", "grantControls": {"builtInControls": ["block"]},
            "conditions": {"applications": {"includeApplications": ["All"]},
                "clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"], "servicePrincipalFilter": {"mode": "include"}}}}));
        let policy = policy.unwrap().unwrap();
        assert_eq!((policy.included, policy.has_filter), (BTreeSet::from(["serviceprincipalsinmytenant".to_owned()]), true));
        assert_eq!((policy.applications.first().unwrap().as_str(), policy.controls.first().unwrap().as_str()), ("All", "block"));
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::conditional_access(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
