//! Who owns the service principals and applications in scope. Owners come along with these; where the service showed as many as
//! `$expand` can, or none at all, they are read by themselves.

use super::applications::Applications;
use super::filters::{expanded, read_all};
use super::json::{kind, text};
use super::reader::{Finished, Reader};
use super::service_principals::Principals;
use super::{cheaper, keep};
use crate::graph::{Resource, Version};
use crate::snapshot::{Gap, Owner};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Owners of an object of which a row shows them all.
pub(super) fn of_row(row: &Value) -> Option<Vec<Owner>> {
    let owners: Option<BTreeSet<Owner>> = expanded(row, "owners")?.iter().map(parse).collect();
    owners.map(|owners| owners.into_iter().collect())
}

pub(super) fn parse(row: &Value) -> Option<Owner> {
    Some(Owner { id: text(row, "id")?.to_lowercase(), kind: kind(row), display_name: text(row, "displayName") })
}

/// Owners that were read by themselves, by the id of what they own.
#[derive(Default)]
pub(super) struct Owners {
    lists: BTreeMap<String, Vec<Owner>>,
}

impl Owners {
    /// Fills in what is still unknown.
    pub(super) fn fill(mut self, principals: &mut Principals, applications: &mut Applications) {
        let principals = principals.values_mut().map(|principal| (principal.id.as_str(), &mut principal.owners));
        let applications = applications.values_mut().map(|application| (application.id.as_str(), &mut application.owners));
        for (id, owners) in principals.chain(applications) {
            if let Some(list) = self.lists.remove(id).filter(|_| owners.is_none()) {
                *owners = Some(list);
            }
        }
    }

    /// Everybody who is known to own something.
    pub(super) fn all<'a>(&'a self, principals: &'a Principals, applications: &'a Applications) -> impl Iterator<Item = &'a Owner> {
        let shown = principals.values().map(|principal| &principal.owners);
        let shown = shown.chain(applications.values().map(|application| &application.owners));
        shown.flatten().flatten().chain(self.lists.values().flatten())
    }
}

/// Reads the owners that did not come along. `inherited` is why some objects that may have owners are themselves not known.
pub(super) async fn read(
    mut reader: Reader<'_>,
    principals: &Principals,
    applications: &Applications,
    inherited: Vec<Gap>,
) -> (Owners, Finished) {
    inherited.into_iter().for_each(|gap| reader.note(gap));
    if !principals.is_empty() || !applications.is_empty() {
        reader.part_is_whole();
    }
    let unknown_principals = principals.values().filter(|principal| principal.owners.is_none()).map(|principal| principal.id.as_str());
    let unknown_apps = applications.values().filter(|application| application.owners.is_none()).map(|application| application.id.as_str());
    let wanted: Vec<(&str, Resource)> = unknown_principals
        .map(|id| (id, owners_of("/servicePrincipals", id)))
        .chain(unknown_apps.map(|id| (id, owners_of("/applications", id))))
        .collect();
    let resources: Vec<Resource> = wanted.iter().map(|(_, resource)| resource.clone()).collect();
    let mut found: BTreeMap<usize, BTreeSet<Owner>> = BTreeMap::new();
    let failed = read_all(&mut reader, &resources, |reader, at, row| match parse(&row) {
        Some(owner) => drop(found.entry(at).or_default().insert(owner)),
        None => reader.malformed("id"),
    })
    .await;
    let whole = wanted.iter().enumerate().filter(|(at, _)| !failed.contains(at));
    let lists = whole.map(|(at, (id, _))| ((*id).to_owned(), found.remove(&at).unwrap_or_default().into_iter().collect())).collect();
    let owners = Owners { lists };
    let everybody: BTreeSet<&str> = owners.all(principals, applications).map(|owner| owner.id.as_str()).collect();
    reader.set_items(everybody.len());
    (owners, reader.finish())
}

fn owners_of(path: &'static str, id: &str) -> Resource {
    let most = cheaper::PAGE.to_string();
    Resource::new(Version::V1, path).segment(id).segment("owners").query("$top", &most).keeping(keep::object)
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn owners_that_were_not_all_shown_are_unknown() {
        let user = |number: usize| json!({"@odata.type": "#microsoft.graph.user", "id": format!("U{number}"), "displayName": "n"});
        let row = |count: usize| json!({"owners": (0..count).map(user).collect::<Vec<_>>()});
        let shown = of_row(&row(2)).unwrap();
        assert_eq!((shown[0].id.as_str(), shown[0].kind.as_deref()), ("u0", Some("user")));
        assert_eq!(of_row(&row(0)), Some(vec![]));
        assert_eq!(of_row(&row(20)), None);
        assert_eq!(of_row(&json!({"owners": [{"displayName": "without id"}]})), None);
        assert_eq!(of_row(&json!({})), None);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in any_json()) {
            let before = of_row(&row);
            let mut kept = row;
            keep::principal(&mut kept);
            prop_assert_eq!(of_row(&kept), before);
        }
    }
}
