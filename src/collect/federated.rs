//! Outside issuers that applications and managed identities in scope trust. They come along with beta filters of ids; where
//! the service does not expand them, or showed as many as it can, each list is read by itself.

use super::applications::Applications;
use super::directory_parse::federated_credential;
use super::filters::{By, Lookup, expanded, read_all};
use super::keep;
use super::reader::{Finished, Reader};
use super::service_principals::Principals;
use crate::graph::{Error, Resource, Version};
use crate::snapshot::{FederatedCredential, Gap};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const MEMBER: &str = "federatedIdentityCredentials";
const OF_APPLICATIONS: Lookup =
    Lookup { version: Version::Beta, path: "/applications", select: "id", expand: Some(MEMBER), keep: keep::trusting };
const OF_IDENTITIES: Lookup =
    Lookup { version: Version::Beta, path: "/servicePrincipals", select: "id", expand: Some(MEMBER), keep: keep::trusting };

type Lists = BTreeMap<String, Vec<FederatedCredential>>;

/// Federated credentials by the id of what has them. What is not in it is not known.
#[derive(Default)]
pub(super) struct Federated {
    lists: Lists,
}

impl Federated {
    pub(super) fn fill(mut self, principals: &mut Principals, applications: &mut Applications) {
        for application in applications.values_mut() {
            application.federated_credentials = self.lists.remove(application.id.as_str());
        }
        for principal in principals.values_mut() {
            principal.federated_credentials = self.lists.remove(principal.id.as_str());
        }
    }
}

/// Reads the federated credentials of `applications` and of managed identities among `principals`. `inherited` is why some of
/// these are themselves not known.
pub(super) async fn read(
    mut reader: Reader<'_>,
    principals: &Principals,
    applications: &Applications,
    inherited: Vec<Gap>,
) -> (Federated, Finished) {
    inherited.into_iter().for_each(|gap| reader.note(gap));
    let applications: BTreeSet<String> = applications.keys().map(|id| id.as_str().to_owned()).collect();
    let identities = principals.values().filter(|principal| principal.is_managed_identity());
    let identities: BTreeSet<String> = identities.map(|principal| principal.id.as_str().to_owned()).collect();
    let mut lists = Lists::new();
    let denied = read_expanded(&mut reader, &applications, &identities, &mut lists).await;
    if !denied {
        let left = |ids: &BTreeSet<String>| ids.iter().filter(|id| !lists.contains_key(*id)).cloned().collect::<Vec<_>>();
        let (applications, identities) = (left(&applications), left(&identities));
        read_singly(&mut reader, &applications, &identities, &mut lists).await;
    }
    reader.set_items(lists.values().map(Vec::len).sum());
    if !lists.is_empty() {
        reader.part_is_whole();
    }
    (Federated { lists }, reader.finish())
}

/// Takes what comes along with filters of ids. Gives whether a refusal came that reading one by one would meet as well.
async fn read_expanded(reader: &mut Reader<'_>, applications: &BTreeSet<String>, identities: &BTreeSet<String>, lists: &mut Lists) -> bool {
    let mut wanted = OF_APPLICATIONS.filters(By::Id, applications);
    wanted.extend(OF_IDENTITIES.filters(By::Id, identities));
    let mut denied = false;
    for (resource, body) in wanted.iter().zip(reader.client.batch(&wanted).await) {
        match body {
            Ok(body) => {
                let pages = reader.client.pages_from(resource, body);
                reader.rows(pages, |_, row| lists.extend(of_row(&row))).await;
            }
            // The expansion, or the filter with it, is not known here: the single lists are.
            Err(Error::Failed { .. }) => {}
            Err(error) => {
                denied = true;
                reader.fail(&error);
            }
        }
    }
    denied
}

/// The credentials of an object of which a row shows them all.
fn of_row(row: &Value) -> Option<(String, Vec<FederatedCredential>)> {
    let id = row.get("id")?.as_str()?.to_lowercase();
    let credentials: Option<BTreeSet<FederatedCredential>> = expanded(row, MEMBER)?.iter().map(federated_credential).collect();
    Some((id, credentials?.into_iter().collect()))
}

async fn read_singly(reader: &mut Reader<'_>, applications: &[String], identities: &[String], lists: &mut Lists) {
    let list = |path, id: &str| Resource::new(Version::V1, path).segment(id).segment(MEMBER).keeping(keep::federated);
    let applications = applications.iter().map(|id| (id, list("/applications", id)));
    let wanted: Vec<(&String, Resource)> = applications.chain(identities.iter().map(|id| (id, list("/servicePrincipals", id)))).collect();
    let resources: Vec<Resource> = wanted.iter().map(|(_, resource)| resource.clone()).collect();
    let mut found: BTreeMap<usize, BTreeSet<FederatedCredential>> = BTreeMap::new();
    let failed = read_all(reader, &resources, |reader, at, row| match federated_credential(&row) {
        Some(credential) => drop(found.entry(at).or_default().insert(credential)),
        None => reader.malformed("id"),
    })
    .await;
    // Where a list could not be read whole it stays unknown.
    for (at, (id, _)) in wanted.iter().enumerate().filter(|(at, _)| !failed.contains(at)) {
        lists.insert((*id).clone(), found.remove(&at).unwrap_or_default().into_iter().collect());
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::any_json;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_was_not_shown_whole_is_not_taken() {
        let row = |count: usize| json!({"id": "A", MEMBER: vec![json!({"id": "F", "subject": "s"}); count]});
        assert_eq!(of_row(&row(0)), Some(("a".to_owned(), vec![])));
        assert_eq!(of_row(&row(3)).unwrap().1.len(), 1, "repeats are one");
        assert_eq!(of_row(&row(20)), None);
        assert_eq!(of_row(&json!({"id": "A", MEMBER: [{"subject": "s"}]})), None);
        assert_eq!(of_row(&json!({"id": "A"})), None);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in any_json()) {
            let before = of_row(&row);
            let mut kept = row;
            keep::trusting(&mut kept);
            prop_assert_eq!(of_row(&kept), before);
        }
    }
}
