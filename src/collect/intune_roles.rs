//! Intune roles and their assignments. The list of assignments has the members and not the role; the list under each role
//! has the role and not the members; `$expand` loses both (facts/graph.md section 4). So all three are read and joined by id.

use super::filters::read_all;
use super::json::{self, flag, plain, text, texts};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{GroupId, IntuneRole, IntuneRoleAssignment};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const ROLES: &str = "/deviceManagement/roleDefinitions";
const ASSIGNMENTS: &str = "/deviceManagement/roleAssignments";

/// Roles and assignments, by id.
#[derive(Default)]
pub(super) struct IntuneRoles {
    pub(super) roles: BTreeMap<String, IntuneRole>,
    pub(super) assignments: BTreeMap<String, IntuneRoleAssignment>,
}

pub(super) async fn read(mut reader: Reader<'_>) -> (IntuneRoles, Finished) {
    let mut found = IntuneRoles::default();
    let lists = [ROLES, ASSIGNMENTS].map(|path| Resource::new(Version::V1, path).keeping(keep::intune_role));
    read_all(&mut reader, &lists, |reader, at, row| {
        if at == 0 && permissions(&row).next().is_none() {
            reader.lacking("permissions");
        }
        let known = if at == 0 { found.take_role(&row) } else { found.take_assignment(&row) };
        known.unwrap_or_else(|| reader.malformed("id"));
    })
    .await;
    found.link(&mut reader).await;
    reader.set_items(found.roles.len() + found.assignments.len());
    (found, reader.finish())
}

impl IntuneRoles {
    fn take_role(&mut self, row: &Value) -> Option<()> {
        let role = parse_role(row)?;
        json::file(&mut self.roles, role.id.clone(), role);
        Some(())
    }

    fn take_assignment(&mut self, row: &Value) -> Option<()> {
        let assignment = parse_assignment(row)?;
        json::file(&mut self.assignments, assignment.id.clone(), assignment);
        Some(())
    }

    /// Reads which assignments each role has. One that only this list shows has members that nobody has read.
    async fn link(&mut self, reader: &mut Reader<'_>) {
        let ids: Vec<String> = self.roles.keys().cloned().collect();
        let list = |id: &String| Resource::new(Version::V1, ROLES).segment(id).segment("roleAssignments").keeping(keep::intune_role);
        let lists: Vec<Resource> = ids.iter().map(list).collect();
        let mut links: Vec<(String, IntuneRoleAssignment)> = Vec::new();
        read_all(reader, &lists, |reader, at, row| match (ids.get(at), parse_assignment(&row)) {
            (Some(role), Some(assignment)) => links.push((role.clone(), assignment)),
            _ => reader.malformed("id"),
        })
        .await;
        links.sort_by(|one, two| (&one.1.id, &one.0).cmp(&(&two.1.id, &two.0)));
        for (role, assignment) in links {
            let there = self.assignments.entry(assignment.id.clone()).or_insert_with(|| {
                reader.lacking("members");
                IntuneRoleAssignment { members: None, ..assignment }
            });
            // An assignment is of one role; should the service give it two, the choice does not depend on their order.
            there.role.get_or_insert(role);
        }
        self.assignments.values().filter(|assignment| assignment.role.is_none()).for_each(|_| reader.lacking("role"));
    }
}

fn parse_role(row: &Value) -> Option<IntuneRole> {
    Some(IntuneRole {
        id: text(row, "id")?.to_lowercase(),
        display_name: plain(row, "displayName"),
        is_built_in: flag(row, "isBuiltIn").or_else(|| flag(row, "isBuiltInRoleDefinition")),
        allowed_actions: permissions(row).flatten().flat_map(actions).collect(),
    })
}

/// The lists of permissions that a role has, in the newer form and the older. Without one nothing is known of what it allows.
fn permissions(row: &Value) -> impl Iterator<Item = &Vec<Value>> {
    ["rolePermissions", "permissions"].into_iter().filter_map(|name| row.get(name)?.as_array())
}

/// What a permission allows: under `resourceActions`, and in the older form directly.
fn actions(permission: &Value) -> Vec<String> {
    let newer = permission.get("resourceActions").and_then(Value::as_array).into_iter().flatten();
    let newer = newer.flat_map(|action| texts(action, "allowedResourceActions"));
    newer.chain(texts(permission, "actions")).collect()
}

fn parse_assignment(row: &Value) -> Option<IntuneRoleAssignment> {
    let members = row.get("members").and_then(Value::as_array);
    let members: Option<BTreeSet<GroupId>> = members.and_then(|members| members.iter().map(|id| id.as_str().map(GroupId::new)).collect());
    Some(IntuneRoleAssignment { id: text(row, "id")?.to_lowercase(), display_name: plain(row, "displayName"), role: None, members })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_role_is_read_in_its_newer_and_older_form() {
        let newer = json!({"id": "R", "displayName": "x", "isBuiltIn": true, "rolePermissions": [{"resourceActions": [{"allowedResourceActions": ["a", "b"], "notAllowedResourceActions": ["c"]}]}]});
        let older = json!({"id": "R", "displayName": "x", "isBuiltInRoleDefinition": true, "permissions": [{"actions": ["b", "a"]}]});
        assert_eq!(parse_role(&newer), parse_role(&older));
        assert_eq!(parse_role(&newer).unwrap().allowed_actions.len(), 2);
    }

    #[test]
    fn members_that_are_not_there_are_not_none() {
        let members = |row: Value| parse_assignment(&row).unwrap().members;
        assert_eq!(members(json!({"id": "A", "members": ["G"]})), Some(BTreeSet::from(["g".into()])));
        assert_eq!(members(json!({"id": "A", "members": []})), Some(BTreeSet::new()));
        assert_eq!(members(json!({"id": "A"})), None);
        assert_eq!(members(json!({"id": "A", "members": [7]})), None);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = (parse_role(&row), parse_assignment(&row));
            let mut kept = row;
            keep::intune_role(&mut kept);
            prop_assert_eq!((parse_role(&kept), parse_assignment(&kept)), before);
        }
    }
}
