//! Service principals in the recycle bin, asked for only when an id of a policy could not be resolved: a deleted exclusion
//! is another finding than a mistyped one.

use super::json::{self, plain, text, time};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{AppId, DeletedServicePrincipal, Gap, ServicePrincipalId};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) type Deleted = BTreeMap<ServicePrincipalId, DeletedServicePrincipal>;

pub(super) async fn read(mut reader: Reader<'_>, needed: bool) -> (Deleted, Finished) {
    let mut deleted = Deleted::new();
    if !needed {
        return (deleted, reader.skip(Gap::NotRequested));
    }
    let bin = Resource::new(Version::V1, "/directory/deletedItems/microsoft.graph.servicePrincipal")
        .query("$select", "id,appId,displayName,deletedDateTime")
        .query("$top", "999")
        .keeping(keep::deleted);
    let pages = reader.client.pages(&bin);
    reader
        .rows(pages, |reader, row| match parse(&row) {
            Some(principal) => json::file(&mut deleted, principal.id.clone(), principal),
            None => reader.malformed("id or app id"),
        })
        .await;
    (deleted, reader.finish())
}

fn parse(row: &Value) -> Option<DeletedServicePrincipal> {
    Some(DeletedServicePrincipal {
        id: ServicePrincipalId::new(&text(row, "id")?),
        app_id: AppId::new(&text(row, "appId")?),
        display_name: plain(row, "displayName"),
        deleted: time(row, "deletedDateTime"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_json_is_read_without_panic(row in json::any_json()) {
            parse(&row);
        }
    }
}
