//! Access policies and who approves for them, roles, Conditional Access.

use super::super::listing::{Key, Listing, Object, Value};
use super::super::side::{Side, said};
use crate::snapshot::{
    AccessPolicy, ConditionalAccessPolicy, Dataset, DirectoryRoleAssignment, Group, GroupId, GroupMember, IntuneRole, IntuneRoleAssignment,
};
use std::collections::BTreeSet;

/// A part of an object that is compared by itself; the part without a label is the object.
fn part(owner: &str, name: &str, label: &'static str, value: Option<Value>) -> (Key, Object) {
    let key = Key { owner: owner.to_owned(), list: "", id: label.to_owned() };
    (key, Object { value, part: !label.is_empty(), ..Object::new(name, label, Value::text("")) })
}

/// Members with the names that they have in this run.
fn named<'a>(side: &Side<'_>, ids: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Set(ids.into_iter().map(|id| (id.to_owned(), side.name(id).to_owned())).collect())
}

pub(super) fn policies(side: &Side<'_>) -> Listing {
    Listing {
        objects: side.snapshot.access_policies.values().flat_map(|policy| policy_parts(side, policy)).collect(),
        gap: side.gap(&[Dataset::AccessPolicies]),
        read: side.snapshot.access_policies.keys().map(ToString::to_string).collect(),
        ..Listing::default()
    }
}

fn policy_parts(side: &Side<'_>, policy: &AccessPolicy) -> Vec<(Key, Object)> {
    let part = |label, value| {
        let (key, object) = part(policy.id.as_str(), &policy.display_name, label, value);
        (key, Object { at: policy.last_modified, ..object })
    };
    let groups = policy.approver_groups.as_ref();
    vec![
        part("", policy.policy_type.as_deref().map(|kind| Value::Text(format!("protects {kind}")))),
        part("name", Some(Value::text(&*policy.display_name))),
        part("platforms", Some(Value::set(policy.platforms.iter().map(String::as_str)))),
        part("approver groups", groups.map(|groups| named(side, groups.iter().map(GroupId::as_str)))),
    ]
}

/// Members of the groups that access policies name, and what kinds of groups these are.
pub(super) fn approvers(side: &Side<'_>) -> Listing {
    let named = side.snapshot.access_policies.values().filter_map(|policy| policy.approver_groups.as_ref()).flatten();
    let owners = named.chain(side.snapshot.groups.keys()).map(ToString::to_string).collect();
    let mut listing = Listing { gap: side.gap(&[Dataset::ApproverGroups]), owners: Some(owners), ..Listing::default() };
    for group in side.snapshot.groups.values() {
        let (key, object) = part(group.id.as_str(), &group.display_name, "", Some(group_kind(group)));
        listing.objects.insert(key, object);
        match &group.members {
            Some(members) => {
                listing.read.insert(group.id.to_string());
                listing.objects.extend(members.iter().map(|member| approver(side, group, member)));
            }
            None => {
                let why = listing.gap.clone().unwrap_or_else(|| "its members were not read".to_owned());
                listing.unread.insert((group.id.to_string(), MEMBERS), why);
            }
        }
    }
    listing
}

const MEMBERS: &str = "members";

fn group_kind(group: &Group) -> Value {
    let security = said(group.security_enabled, "security group", "no security group");
    let mail = said(group.mail_enabled, "mail-enabled", "not mail-enabled");
    Value::Text(format!("{security}, {mail}"))
}

fn approver(side: &Side<'_>, group: &Group, member: &GroupMember) -> (Key, Object) {
    let label = member.display_name.as_deref().filter(|name| !name.is_empty()).unwrap_or_else(|| side.name(&member.id)).to_owned();
    let value = Value::Text(format!("member, {}", member.kind.as_deref().unwrap_or("kind not told")));
    let state = member.account_enabled.map(|enabled| said(Some(enabled), "account enabled", "account disabled").to_owned());
    let key = Key { owner: group.id.to_string(), list: MEMBERS, id: member.id.clone() };
    (key, Object { state, ..Object::new(&group.display_name, &label, value) })
}

const ENTRA: &str = "entra";
const INTUNE: &str = "intune";

/// Roles of applications and groups in Entra ID, and roles and their assignments in Intune.
pub(super) fn roles(side: &Side<'_>) -> Listing {
    let mut listing = Listing { owners: None, ..Listing::default() };
    let snapshot = side.snapshot;
    let gaps = [(ENTRA, Dataset::DirectoryRoles), (INTUNE, Dataset::IntuneRoles)].map(|(list, dataset)| (list, side.gap(&[dataset])));
    listing.objects.extend(snapshot.directory_roles.iter().map(|role| directory_role(side, role)));
    listing.objects.extend(snapshot.intune_roles.values().map(intune_role));
    listing.objects.extend(snapshot.intune_role_assignments.values().flat_map(|assignment| intune_assignment(side, assignment)));
    listing.list_gaps.extend(gaps.into_iter().filter_map(|(list, gap)| Some((list, gap?))));
    listing
}

fn directory_role(side: &Side<'_>, role: &DirectoryRoleAssignment) -> (Key, Object) {
    let scope = role.scope.as_deref().unwrap_or("not told");
    let label = role.role_name.clone().unwrap_or_else(|| role.role_definition.clone());
    let key = Key { owner: role.principal.clone(), list: ENTRA, id: format!("{}:{scope}", role.role_definition) };
    (key, Object::new(side.name(&role.principal), &label, Value::Text(format!("role in Entra ID, scope {scope}"))))
}

fn intune_role(role: &IntuneRole) -> (Key, Object) {
    let key = Key { owner: role.id.clone(), list: INTUNE, id: "allowed actions".to_owned() };
    (key, Object::new(&role.display_name, "allowed actions", Value::set(role.allowed_actions.iter().map(String::as_str))))
}

fn intune_assignment(side: &Side<'_>, assignment: &IntuneRoleAssignment) -> [(Key, Object); 2] {
    let key = |id: &str| Key { owner: assignment.id.clone(), list: INTUNE, id: id.to_owned() };
    let role = assignment.role.as_deref().map(|id| side.snapshot.intune_roles.get(id).map_or(id, |role| role.display_name.as_str()));
    let value = assignment.role.clone().zip(role).map(|(id, name)| Value::Set([(id, format!("role {name}"))].into()));
    let members = assignment.members.as_ref().map(|groups| named(side, groups.iter().map(GroupId::as_str)));
    let name = &assignment.display_name;
    let head = Object { value, ..Object::new(name, "role assignment", Value::text("")) };
    let members = Object { value: members, part: true, ..Object::new(name, "members", Value::text("")) };
    [(key("assignment"), head), (key("members"), members)]
}

pub(super) fn conditional_access(side: &Side<'_>) -> Listing {
    Listing {
        objects: side.snapshot.conditional_access.values().flat_map(|policy| conditions(side, policy)).collect(),
        gap: side.gap(&[Dataset::ConditionalAccess]),
        read: side.snapshot.conditional_access.keys().cloned().collect(),
        ..Listing::default()
    }
}

fn conditions(side: &Side<'_>, policy: &ConditionalAccessPolicy) -> Vec<(Key, Object)> {
    let part = |label, value| part(&policy.id, &policy.display_name, label, value);
    let named = |ids: &BTreeSet<String>| Some(named(side, ids.iter().map(String::as_str)));
    let listed = |words: &BTreeSet<String>| Some(Value::set(words.iter().map(String::as_str)));
    vec![
        part("", policy.state.as_deref().map(Value::text)),
        part("name", Some(Value::text(&*policy.display_name))),
        part("service principals", named(&policy.included)),
        part("service principals left out", named(&policy.excluded)),
        part("filter", Some(Value::text(if policy.has_filter { "by attributes" } else { "none" }))),
        part("resources", listed(&policy.applications)),
        part("resources left out", listed(&policy.excluded_applications)),
        part("controls", listed(&policy.controls)),
    ]
}
