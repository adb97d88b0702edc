//! Applications of the tenant behind the service principals in scope, with their credentials, and the outside issuers
//! that they trust.

use super::directory_parse;
use super::filters::{By, filters, read_all};
use super::json;
use super::reader::{Finished, Reader};
use super::scope::Scope;
use super::service_principals::Principals;
use crate::graph::{Resource, Version};
use crate::snapshot::{Application, ApplicationId, FederatedCredential, Gap};
use std::collections::{BTreeMap, BTreeSet};

const PATH: &str = "/applications";

/// Members that are read.
const SELECT: &str = "id,appId,displayName,isDisabled,signInAudience,createdDateTime,keyCredentials,passwordCredentials";

pub(super) type Applications = BTreeMap<ApplicationId, Application>;

/// Applications behind `principals`, behind those that acted, and those that a policy may name themselves. Managed
/// identities have none.
pub(super) async fn read(reader: &mut Reader<'_>, principals: &Principals, scope: &mut Scope) -> Applications {
    let unresolved = scope.unresolved_candidates();
    let registered = principals.values().filter(|principal| !principal.is_managed_identity());
    let mut app_ids: BTreeSet<String> = registered.map(|principal| principal.app_id.as_str().to_owned()).collect();
    app_ids.extend(unresolved.iter().chain(scope.actors()).cloned());
    let mut wanted = filters(PATH, SELECT, By::AppId, &app_ids);
    wanted.extend(filters(PATH, SELECT, By::Id, &unresolved));
    let mut applications = Applications::new();
    read_all(reader, &wanted, |reader, _, row| match directory_parse::application(&row) {
        Some(parsed) => {
            if !parsed.credentials_whole {
                reader.note(Gap::Failed { detail: "credentials of some applications were not shown".to_owned() });
            }
            scope.found_application(&parsed.object);
            json::file(&mut applications, parsed.object.id.clone(), parsed.object);
        }
        None => reader.malformed("id or app id"),
    })
    .await;
    reader.set_items(applications.len());
    applications
}

/// Fills in the federated credentials of `applications`. Where a list could not be read whole it stays unknown.
pub(super) async fn read_federated(
    mut reader: Reader<'_>,
    mut applications: Applications,
    apps_end: &Finished,
) -> (Applications, Finished) {
    apps_end.gap().cloned().into_iter().for_each(|gap| reader.note(gap));
    let resource = |id: &ApplicationId| Resource::new(Version::V1, PATH).segment(id.as_str()).segment("federatedIdentityCredentials");
    let wanted: Vec<Resource> = applications.keys().map(resource).collect();
    let mut lists: BTreeMap<usize, BTreeSet<FederatedCredential>> = BTreeMap::new();
    let failed = read_all(&mut reader, &wanted, |reader, at, row| match directory_parse::federated_credential(&row) {
        Some(credential) => drop(lists.entry(at).or_default().insert(credential)),
        None => reader.malformed("id"),
    })
    .await;
    for (at, application) in applications.values_mut().enumerate().filter(|(at, _)| !failed.contains(at)) {
        application.federated_credentials = Some(lists.remove(&at).unwrap_or_default().into_iter().collect());
    }
    (applications, reader.finish())
}
