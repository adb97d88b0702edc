//! Groups that policies name as approvers, with their direct members: nested members approve unreliably
//! (facts/maa.md section 7), so they are not resolved.

use super::filters::read_all;
use super::json::{self, flag, kind, plain, text, texts};
use super::keep;
use super::reader::{Finished, Reader};
use crate::graph::{Resource, Version};
use crate::snapshot::{Gap, Group, GroupId, GroupMember, is_guid};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Groups = BTreeMap<GroupId, Group>;

pub(super) async fn read(mut reader: Reader<'_>, named: BTreeSet<GroupId>) -> (Groups, Finished) {
    if named.is_empty() {
        return (Groups::new(), reader.skip(Gap::NotRequested));
    }
    let mut groups = read_groups(&mut reader, &named).await;
    read_members(&mut reader, &mut groups).await;
    reader.set_items(groups.len());
    (groups, reader.finish())
}

async fn read_groups(reader: &mut Reader<'_>, named: &BTreeSet<GroupId>) -> Groups {
    let ids: Vec<&str> = named.iter().map(GroupId::as_str).filter(|id| is_guid(id)).collect();
    if ids.len() < named.len() {
        reader.note(Gap::Failed { detail: "a policy names a group by something that is not an id".to_owned() });
    }
    if ids.is_empty() {
        return Groups::new();
    }
    let found = reader.client.get_by_ids_keeping(&ids, &["group"], keep::group).await;
    let mut groups = Groups::new();
    match found {
        Ok(rows) => {
            reader.part_is_whole();
            for row in rows {
                match parse_group(&row) {
                    Some(group) => json::file(&mut groups, group.id.clone(), group),
                    None => reader.note(Gap::Failed { detail: "malformed rows: a group without id".to_owned() }),
                }
            }
        }
        Err(error) => reader.fail(&error),
    }
    groups
}

async fn read_members(reader: &mut Reader<'_>, groups: &mut Groups) {
    let select = "id,displayName,accountEnabled";
    let lists: Vec<(GroupId, Resource)> =
        groups.keys().map(|id| (id.clone(), members_of(id).query("$select", select).keeping(keep::member))).collect();
    let resources: Vec<Resource> = lists.iter().map(|(_, resource)| resource.clone()).collect();
    let mut members: BTreeMap<usize, BTreeSet<GroupMember>> = BTreeMap::new();
    let failed = read_all(reader, &resources, |reader, at, row| match parse_member(&row) {
        Some(member) => drop(members.entry(at).or_default().insert(member)),
        None => reader.note(Gap::Failed { detail: "malformed rows: a group member without id".to_owned() }),
    })
    .await;
    for (at, (id, _)) in lists.iter().enumerate() {
        // Half a list of members would count as too few approvers; unknown is the truth.
        let list = members.remove(&at).unwrap_or_default().into_iter().collect();
        if let Some(group) = groups.get_mut(id).filter(|_| !failed.contains(&at)) {
            group.members = Some(list);
        }
    }
}

fn members_of(id: &GroupId) -> Resource {
    Resource::new(Version::V1, "/groups").segment(id.as_str()).segment("members")
}

fn parse_group(row: &Value) -> Option<Group> {
    Some(Group {
        id: GroupId::new(&text(row, "id")?),
        display_name: plain(row, "displayName"),
        security_enabled: flag(row, "securityEnabled"),
        mail_enabled: flag(row, "mailEnabled"),
        group_types: texts(row, "groupTypes"),
        members: None,
    })
}

fn parse_member(row: &Value) -> Option<GroupMember> {
    let account_enabled = flag(row, "accountEnabled");
    Some(GroupMember { id: text(row, "id")?.to_lowercase(), kind: kind(row), display_name: text(row, "displayName"), account_enabled })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_group_and_a_member_are_read() {
        let group = parse_group(&json!({"@odata.type": "#microsoft.graph.group", "id": "G", "displayName": "Approvers",
            "securityEnabled": true, "mailEnabled": false, "groupTypes": []}))
        .unwrap();
        assert_eq!((group.security_enabled, group.mail_enabled, group.members), (Some(true), Some(false), None));
        let member = parse_member(&json!({"@odata.type": "#microsoft.graph.user", "id": "U"})).unwrap();
        assert_eq!((member.kind.as_deref(), member.account_enabled), (Some("user"), None));
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic_and_alike_when_reduced(row in json::any_json()) {
            let before = (parse_group(&row), parse_member(&row));
            let (mut group, mut member) = (row.clone(), row);
            keep::group(&mut group);
            keep::member(&mut member);
            prop_assert_eq!((parse_group(&group), parse_member(&member)), before);
        }
    }
}
