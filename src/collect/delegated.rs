//! Delegated permissions of the service principals in scope. The first page of the list says whether they may be read at all,
//! and in a small tenant it is all of them.

use super::begun::Begun;
use super::cheaper::{self, Way};
use super::filters::read_all;
use super::json::text;
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{DelegatedGrant, Gap, ServicePrincipalId};
use serde_json::Value;
use std::collections::BTreeSet;

const GRANTS: &str = "oauth2PermissionGrants";

pub(super) fn list() -> Resource {
    let list = Resource::new(Version::V1, "/oauth2PermissionGrants");
    list.query("$top", &cheaper::PAGE.to_string()).keeping(keep::delegated)
}

/// The grants of `clients`; `inherited` is why not all of these are known.
pub(super) async fn read(
    mut begun: Begun<'_>,
    clients: &BTreeSet<ServicePrincipalId>,
    directory: Option<u64>,
    inherited: Vec<Gap>,
) -> (Vec<DelegatedGrant>, Finished) {
    if !begun.is_open() {
        return (Vec::new(), begun.reader.finish());
    }
    inherited.into_iter().for_each(|gap| begun.reader.note(gap));
    let mut grants = BTreeSet::new();
    let way = if begun.has_more() { cheaper::delegated(directory, clients.len() as u64) } else { Way::List };
    match way {
        Way::List => begun.take(Way::List, |reader, row| take(reader, &row, &mut grants)).await,
        Way::Each => read_each(&mut begun.reader, clients, &mut grants).await,
    }
    grants.retain(|grant: &DelegatedGrant| clients.contains(&grant.client));
    begun.reader.set_items(grants.len());
    (grants.into_iter().collect(), begun.reader.finish())
}

async fn read_each(reader: &mut Reader<'_>, clients: &BTreeSet<ServicePrincipalId>, grants: &mut BTreeSet<DelegatedGrant>) {
    let of = |id: &ServicePrincipalId| {
        Resource::new(Version::V1, "/servicePrincipals").segment(id.as_str()).segment(GRANTS).keeping(keep::delegated)
    };
    let lists: Vec<Resource> = clients.iter().map(of).collect();
    read_all(reader, &lists, |reader, _, row| take(reader, &row, grants)).await;
}

fn take(reader: &mut Reader<'_>, row: &Value, grants: &mut BTreeSet<DelegatedGrant>) {
    match parse(row) {
        Some(grant) => drop(grants.insert(grant)),
        None => reader.malformed("client or resource id"),
    }
}

fn parse(row: &Value) -> Option<DelegatedGrant> {
    Some(DelegatedGrant {
        client: ServicePrincipalId::new(&text(row, "clientId")?),
        resource: ServicePrincipalId::new(&text(row, "resourceId")?),
        consent_type: text(row, "consentType"),
        principal: text(row, "principalId").map(|id| id.to_lowercase()),
        // On the wire with a blank in front (facts/graph.md, samples).
        scopes: text(row, "scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn scopes_are_told_apart_and_sorted() {
        let row =
            json!({"clientId": "C", "resourceId": "R", "consentType": "AllPrincipals", "principalId": null, "scope": " openid  Mail.Read"});
        let grant = parse(&row).unwrap();
        assert_eq!(grant.scopes.iter().map(String::as_str).collect::<Vec<_>>(), ["Mail.Read", "openid"]);
        assert_eq!((grant.principal, grant.consent_type.as_deref()), (None, Some("AllPrincipals")));
        assert_eq!(parse(&json!({"clientId": "C"})), None);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::delegated(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
