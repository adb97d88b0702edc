//! The application permissions of Microsoft Graph and who holds them: two lists on Graph's own service principal, instead of
//! one request for each service principal of the tenant (facts/graph.md section 2). And who holds any on Intune's own resources.

use super::filters::{Absent, read_lists};
use super::json::{self, text, time};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{AppId, AppRole, AppRoleGrant, AppRoleId, Gap, IntuneApiGrant, ServicePrincipalId, is_guid};
use serde_json::Value;
use std::collections::BTreeMap;

/// Microsoft Graph's service principal, addressed by its app id, which is the same in every tenant and cloud.
const GRAPH: &str = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";
const GRANTS: &str = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo";

/// Intune's own resources (facts/maa.md section 5): app id, and the list of who holds an app role on it.
const INTUNE: [(&str, &str); 2] = [
    ("c161e42e-d4df-4a3d-9b42-e7a3c31f59d4", "/servicePrincipals(appId='c161e42e-d4df-4a3d-9b42-e7a3c31f59d4')/appRoleAssignedTo"),
    ("0000000a-0000-0000-c000-000000000000", "/servicePrincipals(appId='0000000a-0000-0000-c000-000000000000')/appRoleAssignedTo"),
];

pub(super) type Roles = BTreeMap<AppRoleId, AppRole>;

pub(super) async fn read_roles(mut reader: Reader<'_>) -> (Roles, Finished) {
    let mut roles = Roles::new();
    match reader.client.get(&Resource::new(Version::V1, GRAPH).query("$select", "id,appId,appRoles").keeping(keep::app_roles)).await {
        Ok(body) => take_roles(&mut reader, &body, &mut roles),
        Err(error) => reader.fail(&error),
    }
    (roles, reader.finish())
}

fn take_roles(reader: &mut Reader<'_>, body: &Value, roles: &mut Roles) {
    let Some(rows) = body.get("appRoles").and_then(Value::as_array).filter(|rows| !rows.is_empty()) else {
        return reader.note(Gap::Failed { detail: "Microsoft Graph's service principal came without app roles".to_owned() });
    };
    reader.add(rows.len());
    for row in rows {
        match parse_role(row) {
            Some(role) => json::file(roles, role.id.clone(), role),
            None => reader.malformed("id"),
        }
    }
}

fn parse_role(row: &Value) -> Option<AppRole> {
    Some(AppRole { id: AppRoleId::new(&text(row, "id")?), value: json::plain(row, "value") })
}

/// All grants to service principals; which of them matter is decided when all are there.
pub(super) async fn read_grants(mut reader: Reader<'_>) -> (Vec<AppRoleGrant>, Finished) {
    let mut grants = Vec::new();
    let pages = reader.client.pages(&Resource::new(Version::V1, GRANTS).query("$top", "999").keeping(keep::grant));
    reader
        .rows(pages, |reader, row| match parse_grant(&row) {
            Ok(grant) => grants.extend(grant),
            Err(lacks) => reader.malformed(lacks),
        })
        .await;
    (grants, reader.finish())
}

/// Grants on Intune's own resources. On one that has no service principal in the tenant nobody holds anything.
pub(super) async fn read_intune_grants(mut reader: Reader<'_>) -> (Vec<IntuneApiGrant>, Finished) {
    let lists = INTUNE.map(|(_, path)| Resource::new(Version::V1, path).query("$top", "999").keeping(keep::grant));
    let mut grants = Vec::new();
    read_lists(&mut reader, &lists, Absent::IsEmpty, |reader, at, row| match (INTUNE.get(at), parse_grant(&row)) {
        (Some((resource, _)), Ok(grant)) => grants.extend(grant.map(|grant| IntuneApiGrant { resource: AppId::new(resource), grant })),
        (_, Err(lacks)) => reader.malformed(lacks),
        (None, Ok(_)) => {}
    })
    .await;
    (grants, reader.finish())
}

/// The grant; none where a user or a group holds it, who cannot act app-only.
fn parse_grant(row: &Value) -> Result<Option<AppRoleGrant>, &'static str> {
    let holder = text(row, "principalType").ok_or("principal type")?;
    if !holder.eq_ignore_ascii_case("ServicePrincipal") {
        return Ok(None);
    }
    let guid = |name| text(row, name).filter(|id| is_guid(id));
    Ok(Some(AppRoleGrant {
        principal: ServicePrincipalId::new(&guid("principalId").ok_or("principal id")?),
        principal_display_name: text(row, "principalDisplayName"),
        app_role: AppRoleId::new(&guid("appRoleId").ok_or("app role id")?),
        created: time(row, "createdDateTime"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const ONE: &str = "11111111-aaaa-4bbb-8ccc-111111111111";

    #[test]
    fn only_service_principals_hold_grants_that_matter() {
        let row = |kind: &str, id: &str| json!({"principalType": kind, "principalId": id, "appRoleId": ONE, "principalDisplayName": "n"});
        assert_eq!(parse_grant(&row("ServicePrincipal", ONE)).unwrap().unwrap().principal.as_str(), ONE);
        assert_eq!(parse_grant(&row("User", "")), Ok(None));
        assert_eq!(parse_grant(&row("ServicePrincipal", "x")), Err("principal id"));
        assert_eq!(parse_grant(&json!({"principalId": ONE})), Err("principal type"));
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = parse_grant(&row);
            parse_role(&row);
            let mut kept = row;
            keep::grant(&mut kept);
            prop_assert_eq!(parse_grant(&kept), before);
        }
    }
}
