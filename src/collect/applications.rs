//! Applications of the tenant behind the service principals in scope, with their credentials.

use super::filters::{By, Lookup, read_all};
use super::reader::Reader;
use super::scope::Scope;
use super::service_principals::Principals;
use super::{directory_parse, json, keep, owners};
use crate::graph::Version;
use crate::snapshot::{Application, ApplicationId, Gap};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const LOOKUP: Lookup = Lookup {
    version: Version::V1,
    path: "/applications",
    select: "id,appId,displayName,isDisabled,signInAudience,createdDateTime,servicePrincipalLockConfiguration,\
        keyCredentials,passwordCredentials,web,spa,publicClient",
    expand: Some("owners"),
    keep: keep::application,
};

pub(super) type Applications = BTreeMap<ApplicationId, Application>;

/// Applications behind `principals`, behind those that acted, and those that a policy may name themselves. Managed
/// identities have none.
pub(super) async fn read(reader: &mut Reader<'_>, principals: &Principals, scope: &mut Scope) -> Applications {
    let unresolved = scope.unresolved_candidates();
    let registered = principals.values().filter(|principal| !principal.is_managed_identity());
    let mut app_ids: BTreeSet<String> = registered.map(|principal| principal.app_id.as_str().to_owned()).collect();
    app_ids.extend(unresolved.iter().chain(scope.actors()).cloned());
    let mut wanted = LOOKUP.filters(By::AppId, &app_ids);
    wanted.extend(LOOKUP.filters(By::Id, &unresolved));
    let mut applications = Applications::new();
    read_all(reader, &wanted, |reader, _, row| {
        if let Some(application) = take(reader, &row) {
            scope.found_application(&application);
            json::file(&mut applications, application.id.clone(), application);
        }
    })
    .await;
    reader.set_items(applications.len());
    applications
}

/// The application of a row; what the row lacks is noted.
pub(super) fn take(reader: &mut Reader<'_>, row: &Value) -> Option<Application> {
    let Some(parsed) = directory_parse::application(row) else {
        reader.malformed("id or app id");
        return None;
    };
    if !parsed.credentials_whole {
        reader.note(Gap::Failed { detail: "credentials of some applications were not shown".to_owned() });
    }
    Some(Application { owners: owners::of_row(row), ..parsed.object })
}
