//! Entra roles held by applications and groups: the assignments with their principals, and the names of the roles. People are
//! dropped; an assignment whose principal the service does not show is kept, for it may be an application's.

use super::filters::read_all;
use super::json::{self, kind, text};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::DirectoryRoleAssignment;
use serde_json::Value;
use std::collections::BTreeMap;

/// Entra roles by which an application may write Intune, or give itself the permission to (facts/maa.md section 5): Intune
/// Administrator, Global Administrator, Privileged Role Administrator. The ids are the same in every tenant.
pub(super) const REACHING_INTUNE: [&str; 3] =
    ["3a2c62db-5318-420d-8d74-23affee5d9d5", "62e90394-69f5-4237-9190-012177145e10", "e8611ab8-c189-46e8-94e1-60213ab1f814"];

const PATH: &str = "/roleManagement/directory/roleAssignments";
const NAMES: &str = "/roleManagement/directory/roleDefinitions";

pub(super) async fn read(mut reader: Reader<'_>) -> (Vec<DirectoryRoleAssignment>, Finished) {
    let assignments = Resource::new(Version::V1, PATH).query("$expand", "principal").keeping(keep::directory_role);
    let names = Resource::new(Version::V1, NAMES).query("$select", "id,templateId,displayName").keeping(keep::directory_role);
    let mut found = Vec::new();
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = 0;
    let failed = read_all(&mut reader, &[assignments, names], |reader, at, row| {
        if at == 1 {
            return take_name(&row, &mut named);
        }
        match parse(&row) {
            Some(assignment) => {
                seen += 1;
                found.push(assignment);
            }
            None => reader.malformed("role or principal id"),
        }
    })
    .await;
    reader.set_items(seen);
    if failed.contains(&0) {
        reader.nothing_is_whole();
    }
    found.retain(|assignment| !assignment.principal_kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("user")));
    for assignment in &mut found {
        assignment.role_name = named.get(&assignment.role_definition).cloned();
    }
    (found, reader.finish())
}

/// A role is assigned by its id, which for a built-in role is that of its template, but not in every tenant.
fn take_name(row: &Value, named: &mut BTreeMap<String, String>) {
    let Some(name) = text(row, "displayName") else { return };
    for id in ["id", "templateId"].iter().filter_map(|member| text(row, member)) {
        json::file(named, id.to_lowercase(), name.clone());
    }
}

fn parse(row: &Value) -> Option<DirectoryRoleAssignment> {
    Some(DirectoryRoleAssignment {
        role_definition: text(row, "roleDefinitionId")?.to_lowercase(),
        role_name: None,
        principal: text(row, "principalId")?.to_lowercase(),
        principal_kind: row.get("principal").and_then(kind),
        scope: text(row, "directoryScopeId"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_assignment_is_read_with_the_kind_of_its_principal() {
        let row = json!({"roleDefinitionId": "R", "principalId": "P", "directoryScopeId": "/", "principal": {"@odata.type": "#microsoft.graph.servicePrincipal"}});
        let parsed = parse(&row).unwrap();
        assert_eq!((parsed.role_definition.as_str(), parsed.principal.as_str()), ("r", "p"));
        assert_eq!((parsed.principal_kind.as_deref(), parsed.scope.as_deref()), (Some("servicePrincipal"), Some("/")));
        assert_eq!(parse(&json!({"roleDefinitionId": "R", "principalId": "P", "principal": null})).unwrap().principal_kind, None);
        assert_eq!(parse(&json!({"roleDefinitionId": "R"})), None);
    }

    #[test]
    fn a_role_is_named_by_its_id_and_by_its_template() {
        let mut named = BTreeMap::new();
        take_name(&json!({"id": "A", "templateId": "B", "displayName": "Reader"}), &mut named);
        assert_eq!(named.keys().collect::<Vec<_>>(), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = parse(&row);
            take_name(&row, &mut BTreeMap::new());
            let mut kept = row;
            keep::directory_role(&mut kept);
            prop_assert_eq!(parse(&kept), before);
        }
    }
}
