//! Who an application is, what it may do in Intune, and by what it writes one workload.

use super::super::explain::time;
use super::super::model::{ApplicationProfile, HeldPermission, Known};
use super::super::verdicts::{Case, Context, Right};
use super::super::words::{Home, LinkKind};
use super::{Link, Statement, read, said};
use crate::catalogue::Workload;
use crate::snapshot::{Dataset, DirectoryRoleAssignment};
use std::collections::BTreeSet;

/// Entra roles that administer Intune: ids of the built-in roles, the same in every tenant. That they let an application
/// write on its own is documented nowhere (facts/maa.md section 5).
const ROLES: [(&str, &str); 2] =
    [("3a2c62db-5318-420d-8d74-23affee5d9d5", "Intune Administrator"), ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator")];

pub(super) fn who(context: &Context<'_>, profile: &ApplicationProfile) -> Link {
    let from = format!("{}, {}", Dataset::ServicePrincipals, Dataset::Applications);
    let mut statements = vec![said(format!("app id {}", profile.app_id), "")];
    match &profile.service_principal {
        Some(id) => {
            let kind = profile.kind.as_deref().unwrap_or("of a kind that the service did not say");
            statements.push(read(format!("service principal {id}, {kind}"), Dataset::ServicePrincipals));
        }
        None => match context.directory.gap(Dataset::ServicePrincipals) {
            None => statements.push(read("no service principal in this tenant (any more)", Dataset::ServicePrincipals)),
            Some(gap) => statements.push(read(format!("its service principal could not be read: {gap}"), Dataset::ServicePrincipals)),
        },
    }
    let home = match profile.home {
        Home::ThisTenant => "registered in this tenant",
        Home::OtherTenant => "registered in another tenant: a vendor's application, whose own keys are out of sight",
        Home::Microsoft => "one of Microsoft's own applications",
        Home::ManagedIdentity => "a managed identity, registered nowhere",
        Home::Unknown => "where it is registered is not known",
    };
    statements.push(said(home, from));
    statements.extend(profile.first_trace.map(|first| {
        said(format!("first trace in this tenant on {}: registration, first grant or first key", time(first)), Dataset::Applications.name())
    }));
    match profile.can_sign_in {
        Some(true) => statements.push(read("enabled: it can get a token", Dataset::ServicePrincipals)),
        Some(false) => statements.push(read("disabled: it gets no new token", Dataset::ServicePrincipals)),
        None => {}
    }
    Link { kind: LinkKind::Application, statements }
}

pub(super) fn rights(context: &Context<'_>, profile: &ApplicationProfile) -> Link {
    let mut statements: Vec<Statement> = profile.permissions.seen().into_iter().flatten().map(|held| permission(context, held)).collect();
    match &profile.permissions {
        Known::Yes(held) if held.is_empty() => {
            statements.push(read("it holds no application permission that writes Intune or leads to one", Dataset::AppRoleGrants));
        }
        Known::Yes(_) => {}
        Known::Partly(_, gap) => statements.push(read(format!("there may be more permissions: {gap}"), Dataset::AppRoleGrants)),
        Known::No(gap) => statements.push(read(format!("its permissions are not known: {gap}"), Dataset::AppRoleGrants)),
    }
    if let Some(id) = &profile.service_principal {
        statements.extend(entra_roles(context, id.as_str()));
        statements.extend(intune_roles(context, id.as_str()));
        statements.extend(first_party(context, id.as_str()));
    }
    Link { kind: LinkKind::Rights, statements }
}

fn permission(context: &Context<'_>, held: &HeldPermission) -> Statement {
    let since = held.granted.map_or_else(|| "since when is not known".to_owned(), |granted| format!("since {}", time(granted)));
    let mut text = format!("{}, {since}", held.name);
    if !held.primary.is_empty() {
        text.push_str(&format!(": writes {}", words(&held.primary)));
    }
    if !held.possible.is_empty() {
        text.push_str(&format!("; possibly {}, which counts only together with evidence", words(&held.possible)));
    }
    let entry = context.catalogue.permissions().find(|permission| permission.name == held.name);
    if entry.is_some_and(|permission| permission.escalation) {
        text.push_str(": with it the application can give itself any right");
    }
    read(text, Dataset::AppRoleGrants).cite(entry.map(|permission| permission.source.clone()))
}

fn words(workloads: &BTreeSet<Workload>) -> String {
    workloads.iter().map(Workload::word).collect::<Vec<_>>().join(", ")
}

const UNPROVEN: &str = "whether that lets it write Intune on its own is documented nowhere: possible, verify";

/// Entra roles that administer Intune, held by it or by groups.
fn entra_roles(context: &Context<'_>, principal: &str) -> Vec<Statement> {
    let snapshot = context.directory.snapshot;
    let named = |assignment: &DirectoryRoleAssignment| {
        ROLES.iter().find(|(id, _)| assignment.role_definition.eq_ignore_ascii_case(id)).map(|(_, name)| *name)
    };
    let mut statements = Vec::new();
    for assignment in &snapshot.directory_roles {
        let Some(name) = named(assignment) else { continue };
        let group = assignment.principal_kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("group"));
        if assignment.principal.eq_ignore_ascii_case(principal) {
            statements.push(read(format!("holds the Entra role {name}; {UNPROVEN}"), Dataset::DirectoryRoles));
        } else if group && may_be_member(context, &assignment.principal, principal) != Some(false) {
            let text = match may_be_member(context, &assignment.principal, principal) {
                Some(_) => format!("is a member of the group {}, which holds the Entra role {name}; {UNPROVEN}", assignment.principal),
                None => format!(
                    "the group {} holds the Entra role {name}; whether this application is a member was not read",
                    assignment.principal
                ),
            };
            statements.push(read(text, Dataset::DirectoryRoles));
        }
    }
    if let Some(gap) = context.directory.gap(Dataset::DirectoryRoles) {
        statements.push(read(format!("Entra roles that it may hold could not be read in full: {gap}"), Dataset::DirectoryRoles));
    }
    statements
}

/// Whether a service principal is a direct member of a group; None where the members were not read. Only groups of approvers are.
fn may_be_member(context: &Context<'_>, group: &str, principal: &str) -> Option<bool> {
    let members = context.directory.snapshot.groups.get(&group.into())?.members.as_ref()?;
    Some(members.iter().any(|member| member.id.eq_ignore_ascii_case(principal)))
}

/// Intune roles that it may hold through groups: those are all that an assignment can name.
fn intune_roles(context: &Context<'_>, principal: &str) -> Vec<Statement> {
    let snapshot = context.directory.snapshot;
    let mut statements = Vec::new();
    let mut unread = BTreeSet::new();
    for assignment in snapshot.intune_role_assignments.values() {
        for group in assignment.members.iter().flatten() {
            match may_be_member(context, group.as_str(), principal) {
                Some(true) => {
                    let role = assignment.role.as_ref().and_then(|id| snapshot.intune_roles.get(id));
                    let name = role.map_or("a role whose name was not read", |role| role.display_name.as_str());
                    let text = format!("is a member of a group that holds the Intune role {name}; {UNPROVEN}");
                    statements.push(said(text, format!("{}, {}", Dataset::IntuneRoles, Dataset::ApproverGroups)));
                }
                Some(false) => {}
                None => {
                    unread.insert(group);
                }
            }
        }
    }
    if !unread.is_empty() {
        let groups = if unread.len() == 1 { "1 group holds Intune roles" } else { "groups hold Intune roles" };
        let count = if unread.len() == 1 { String::new() } else { format!("{} ", unread.len()) };
        let text = format!("{count}{groups} and may have this application as a member: membership is read of approver groups only");
        statements.push(read(text, Dataset::IntuneRoles));
    }
    if let Some(gap) = context.directory.gap(Dataset::IntuneRoles) {
        statements.push(read(format!("Intune roles could not be read in full: {gap}"), Dataset::IntuneRoles));
    }
    statements
}

/// Permissions on Intune's own first-party resources, which nobody has assessed.
fn first_party(context: &Context<'_>, principal: &str) -> Vec<Statement> {
    let grants = context.directory.snapshot.intune_api_grants.iter();
    let mine: Vec<_> = grants.filter(|held| held.grant.principal.as_str().eq_ignore_ascii_case(principal)).collect();
    let resources: BTreeSet<&str> = mine.iter().map(|held| held.resource.as_str()).collect();
    let mut statements: Vec<Statement> = resources
        .into_iter()
        .map(|resource| {
            let count = mine.iter().filter(|held| held.resource.as_str() == resource).count();
            let permissions = if count == 1 { "permission" } else { "permissions" };
            let text = format!(
                "holds {count} application {permissions} on Intune's own API {resource}: unassessed, for nobody has published whether approval holds for calls to it"
            );
            read(text, Dataset::IntuneApiGrants)
        })
        .collect();
    if let Some(gap) = context.directory.gap(Dataset::IntuneApiGrants) {
        statements.push(read(format!("permissions on Intune's own API could not be read in full: {gap}"), Dataset::IntuneApiGrants));
    }
    statements
}

/// By what it writes one workload.
pub(super) fn grant(context: &Context<'_>, case: &Case<'_>) -> Link {
    let held = case.profile.permissions.seen().into_iter().flatten();
    let (mut primary, mut possible) = (Vec::new(), Vec::new());
    for permission in held {
        if permission.primary.contains(case.workload) {
            primary.push(permission.name.as_str());
        } else if permission.possible.contains(case.workload) {
            possible.push(permission.name.as_str());
        }
    }
    let mut statements = Vec::new();
    let source = |name: &str| {
        let entry = context.catalogue.permissions().find(|permission| permission.name == name);
        entry.map(|permission| permission.source.clone())
    };
    statements
        .extend(primary.iter().map(|name| read(format!("{name} writes {}", case.workload), Dataset::AppRoleGrants).cite(source(name))));
    statements.extend(possible.iter().map(|name| {
        let text = format!("{name} writes {} according to some sources only", case.workload);
        read(text, Dataset::AppRoleGrants).cite(source(name))
    }));
    if case.right == Right::None {
        let text = format!("no permission that it is known to hold writes {}; it has this row because it was seen there", case.workload);
        statements.push(read(text, Dataset::AppRoleGrants));
    }
    Link { kind: LinkKind::Grant, statements }
}
