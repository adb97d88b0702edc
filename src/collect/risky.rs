//! Service principals that Entra ID Protection holds for risky; those in scope are kept.

use super::json::{self, text, time};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{AppId, RiskyServicePrincipal, ServicePrincipalId};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) type Risky = BTreeMap<ServicePrincipalId, RiskyServicePrincipal>;

/// All of them; which are in scope is decided when the scope is known.
pub(super) async fn read(mut reader: Reader<'_>) -> (Risky, Finished) {
    let mut risky = Risky::new();
    let list = Resource::new(Version::V1, "/identityProtection/riskyServicePrincipals").query("$top", "500").keeping(keep::risky);
    let pages = reader.client.pages(&list);
    reader
        .rows(pages, |reader, row| match parse(&row) {
            Some(principal) => json::file(&mut risky, principal.id.clone(), principal),
            None => reader.malformed("id"),
        })
        .await;
    (risky, reader.finish())
}

fn parse(row: &Value) -> Option<RiskyServicePrincipal> {
    Some(RiskyServicePrincipal {
        id: ServicePrincipalId::new(&text(row, "id")?),
        app_id: text(row, "appId").map(AppId::from),
        risk_level: text(row, "riskLevel"),
        risk_state: text(row, "riskState"),
        last_updated: time(row, "riskLastUpdatedDateTime"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = parse(&row);
            let mut kept = row;
            keep::risky(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
