//! The tenant's own name and id.

use super::json::text;
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{Gap, TenantId};
use serde_json::Value;

/// The tenant as it calls itself.
#[derive(Debug, PartialEq)]
pub(super) struct Organization {
    pub(super) id: TenantId,
    pub(super) name: Option<String>,
}

pub(super) async fn read(mut reader: Reader<'_>) -> (Option<Organization>, Finished) {
    let mut found = None;
    let pages = reader.client.pages(&Resource::new(Version::V1, "/organization").query("$select", "id,displayName").keeping(keep::object));
    reader
        .rows(pages, |reader, row| match parse(&row) {
            Some(organization) => found = found.take().or(Some(organization)),
            None => reader.malformed("id"),
        })
        .await;
    if found.is_none() && reader.gap().is_none() {
        reader.note(Gap::Failed { detail: "no organization came, and every tenant has one".to_owned() });
    }
    (found, reader.finish())
}

fn parse(row: &Value) -> Option<Organization> {
    Some(Organization { id: TenantId::new(&text(row, "id")?), name: text(row, "displayName") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_name_may_be_missing_but_not_the_id() {
        assert_eq!(parse(&json!({"id": "T"})), Some(Organization { id: "t".into(), name: None }));
        assert_eq!(parse(&json!({"displayName": "Contoso"})), None);
    }
}
