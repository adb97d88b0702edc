//! The service principals in scope, and with them their applications, because either may be what a policy names: a
//! candidate id is tried as object id and as app id of both.

use super::Tenant;
use super::applications::{self, Applications};
use super::filters::{By, Lookup, read_all};
use super::reader::Reader;
use super::scope::Scope;
use super::{directory_parse, json, keep, owners};
use crate::graph::{Resource, Version};
use crate::snapshot::{Dataset, Gap, ServicePrincipal, ServicePrincipalId};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Members that are read (facts/graph.md section 1). The national clouds lack `verifiedPublisher`; it is dispensable there.
pub(super) const LOOKUP: Lookup = Lookup {
    version: Version::V1,
    path: "/servicePrincipals",
    select: "id,appId,displayName,servicePrincipalType,accountEnabled,isDisabled,disabledByMicrosoftStatus,\
        appOwnerOrganizationId,signInAudience,verifiedPublisher,alternativeNames,keyCredentials,passwordCredentials",
    expand: Some("owners"),
    keep: keep::principal,
};

pub(super) type Principals = BTreeMap<ServicePrincipalId, ServicePrincipal>;

/// Service principals and applications.
#[derive(Default)]
pub(super) struct Found {
    pub(super) principals: Principals,
    pub(super) applications: Applications,
}

/// Who reads them, and may go on.
pub(super) struct Readers<'a> {
    pub(super) principals: Reader<'a>,
    pub(super) applications: Reader<'a>,
}

/// `reader` is that of the service principals; `inherited` is why not everybody in scope is known.
pub(super) async fn read_with_applications<'a>(
    tenant: &Tenant<'a>,
    mut reader: Reader<'a>,
    scope: &mut Scope,
    inherited: Vec<Gap>,
) -> (Found, Readers<'a>) {
    let mut principals = Principals::new();
    // Without all grants not all holders are known, and those that are missing here do exist.
    inherited.iter().cloned().for_each(|gap| reader.note(gap));
    let mut wanted = LOOKUP.filters(By::Id, &scope.object_ids());
    wanted.extend(LOOKUP.filters(By::AppId, &scope.app_ids()));
    read(&mut reader, &wanted, &mut principals, scope).await;

    let missing = scope.holders_not_shown();
    // Where reads failed that is why, and is told already.
    if missing > 0 && reader.gap().is_none() {
        reader.note(Gap::Failed { detail: format!("{missing} service principals that hold permissions were not shown") });
    }
    let mut apps_reader = tenant.reader(Dataset::Applications);
    inherited.into_iter().for_each(|gap| apps_reader.note(gap));
    let applications = applications::read(&mut apps_reader, &principals, scope).await;

    let known: BTreeSet<&str> = principals.values().map(|principal| principal.app_id.as_str()).collect();
    let app_ids = applications.values().map(|application| application.app_id.as_str());
    let tried = scope.app_ids();
    let behind: BTreeSet<String> = app_ids.filter(|id| !known.contains(id) && !tried.contains(*id)).map(str::to_owned).collect();
    let wanted = LOOKUP.filters(By::AppId, &behind);
    read(&mut reader, &wanted, &mut principals, scope).await;
    reader.set_items(principals.len());
    reader.gap().into_iter().for_each(|gap| apps_reader.note(gap));
    (Found { principals, applications }, Readers { principals: reader, applications: apps_reader })
}

async fn read(reader: &mut Reader<'_>, wanted: &[Resource], principals: &mut Principals, scope: &mut Scope) {
    read_all(reader, wanted, |reader, _, row| {
        if let Some(principal) = take(reader, &row) {
            scope.found_principal(&principal);
            json::file(principals, principal.id.clone(), principal);
        }
    })
    .await;
}

/// The service principal of a row; what the row lacks is noted.
pub(super) fn take(reader: &mut Reader<'_>, row: &Value) -> Option<ServicePrincipal> {
    let Some(parsed) = directory_parse::service_principal(row) else {
        reader.malformed("id or app id");
        return None;
    };
    if !parsed.credentials_whole {
        reader.note(Gap::Failed { detail: "credentials of some service principals were not shown".to_owned() });
    }
    Some(ServicePrincipal { owners: owners::of_row(row), ..parsed.object })
}
