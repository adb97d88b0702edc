//! The service principals in scope, and with them their applications, because either may be what a policy names: a
//! candidate id is tried as object id and as app id of both.

use super::Tenant;
use super::applications::{self, Applications};
use super::directory_parse;
use super::filters::{By, filters, read_all};
use super::json;
use super::reader::{Finished, Reader};
use super::scope::Scope;
use crate::graph::Resource;
use crate::snapshot::{Dataset, Gap, ServicePrincipal, ServicePrincipalId, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

const PATH: &str = "/servicePrincipals";

/// Members that are read (facts/graph.md section 1). The national clouds lack `verifiedPublisher`; it is dispensable there.
const SELECT: &str = "id,appId,displayName,servicePrincipalType,accountEnabled,isDisabled,disabledByMicrosoftStatus,\
    appOwnerOrganizationId,signInAudience,verifiedPublisher,alternativeNames,keyCredentials,passwordCredentials";

pub(super) type Principals = BTreeMap<ServicePrincipalId, ServicePrincipal>;

/// Service principals and applications in scope.
pub(super) struct Found {
    pub(super) principals: Principals,
    pub(super) principals_end: Finished,
    pub(super) applications: Applications,
    pub(super) apps_end: Finished,
}

pub(super) async fn read_with_applications(tenant: &Tenant<'_>, scope: &mut Scope, snapshot: &Snapshot) -> Found {
    let mut reader = tenant.reader(Dataset::ServicePrincipals);
    let mut principals = Principals::new();
    // Without all grants not all holders are known, and those that are missing here do exist.
    let inherited = snapshot.coverage_of(Dataset::AppRoleGrants).gap().cloned();
    inherited.clone().into_iter().for_each(|gap| reader.note(gap));
    let mut wanted = filters(PATH, SELECT, By::Id, &scope.object_ids());
    wanted.extend(filters(PATH, SELECT, By::AppId, &scope.app_ids()));
    read(&mut reader, &wanted, &mut principals, scope).await;

    let mut apps_reader = tenant.reader(Dataset::Applications);
    inherited.into_iter().for_each(|gap| apps_reader.note(gap));
    let applications = applications::read(&mut apps_reader, &principals, scope).await;

    let known: BTreeSet<&str> = principals.values().map(|principal| principal.app_id.as_str()).collect();
    let app_ids = applications.values().map(|application| application.app_id.as_str());
    let tried = scope.app_ids();
    let behind: BTreeSet<String> = app_ids.filter(|id| !known.contains(id) && !tried.contains(*id)).map(str::to_owned).collect();
    let wanted = filters(PATH, SELECT, By::AppId, &behind);
    read(&mut reader, &wanted, &mut principals, scope).await;
    reader.set_items(principals.len());
    let principals_end = reader.finish();
    principals_end.gap().cloned().into_iter().for_each(|gap| apps_reader.note(gap));
    Found { principals, principals_end, applications, apps_end: apps_reader.finish() }
}

async fn read(reader: &mut Reader<'_>, wanted: &[Resource], principals: &mut Principals, scope: &mut Scope) {
    read_all(reader, wanted, |reader, _, row| match directory_parse::service_principal(&row) {
        Some(parsed) => {
            if !parsed.credentials_whole {
                reader.note(Gap::Failed { detail: "credentials of some service principals were not shown".to_owned() });
            }
            scope.found_principal(&parsed.object);
            json::file(principals, parsed.object.id.clone(), parsed.object);
        }
        None => reader.malformed("id or app id"),
    })
    .await;
}
