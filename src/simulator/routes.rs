//! What can be asked of the simulated Graph: paths, the permissions that each takes, and in which version it exists
//! (facts/graph.md section 0).

use super::guid::Guid;
use super::reply::Reply;
use super::roles::{
    READ_APPLICATIONS, READ_APPS, READ_AUDIT, READ_CONFIGURATION, READ_DEVICES, READ_DIRECTORY, READ_FULL_USERS, READ_MEMBERS,
    READ_ORGANIZATION, READ_POLICY, READ_RBAC, READ_RISK, READ_ROLES, READ_USERS,
};
use std::collections::BTreeSet;

/// How a service principal or application is named in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Id(Guid),
    AppId(Guid),
}

/// Something that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Principals,
    Principal(Key),
    AppRoleAssignedTo(Key),
    Applications,
    Application(Key),
    Federated(Key),
    PrincipalFederated(Key),
    PrincipalOwners(Key),
    ApplicationOwners(Key),
    PrincipalDelegated(Key),
    DelegatedGrants,
    Users,
    User(Guid),
    DirectoryAssignments,
    DirectoryRoles,
    RiskyPrincipals,
    DefaultAppPolicy,
    AppPolicies,
    AppPolicy(Guid),
    AppPolicyAppliesTo(Guid),
    Skus,
    DeletedPrincipals,
    ObjectsById,
    Organization,
    ConditionalAccess,
    Group(Guid),
    GroupMembers(Guid),
    SignInActivity,
    KeyActivity,
    SignInLog,
    DeviceManagement,
    IntuneRoles,
    IntuneRole(Guid),
    IntuneAssignments,
    IntuneAssignmentsOf(Guid),
    AuditEvents,
    MobileApps,
    Policies,
    Policy(Guid),
    Requests,
    Request(Guid),
}

/// A path, taken apart.
#[derive(Debug)]
pub(crate) struct Address<'a> {
    /// `v1.0` or `beta`.
    pub(crate) version: &'a str,
    /// Behind the version, percent signs resolved, without a leading slash.
    pub(crate) path: String,
    /// Behind the question mark.
    pub(crate) query: &'a str,
}

impl<'a> Address<'a> {
    /// Takes `/v1.0/servicePrincipals?$top=1` apart. None for what is no path of Graph.
    pub(crate) fn parse(path_and_query: &'a str) -> Option<Self> {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let (version, rest) = path.strip_prefix('/')?.split_once('/')?;
        let known = version.eq_ignore_ascii_case("v1.0") || version.eq_ignore_ascii_case("beta");
        known.then(|| Self { version, path: percent_decoded(rest), query })
    }

    pub(crate) fn is_beta(&self) -> bool {
        self.version.eq_ignore_ascii_case("beta")
    }
}

/// Resolves `%27` and the like. A percent sign without two digits behind it stays.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Route {
    /// The route of a path, or the refusal that Graph writes. Letter case of segments does not matter.
    pub(crate) fn find(address: &Address<'_>) -> Result<Self, Reply> {
        let lower = address.path.to_lowercase();
        let (segments, keys) = segments(&lower);
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        let unknown = || Reply::no_segment(address.path.split(['/', '(']).next_back().unwrap_or_default());
        let route = match (words.as_slice(), keys.as_slice()) {
            (["serviceprincipals" | "applications", ..], _) => Self::of_application(&words, &keys).ok_or_else(unknown)??,
            (_, []) => Self::without_key(&words, address.is_beta()).ok_or_else(unknown)?,
            (_, [key]) => Self::with_id(&words, address.is_beta()).ok_or_else(unknown)?(object_id(key)?),
            _ => return Err(unknown()),
        };
        Ok(route)
    }

    fn without_key(words: &[&str], beta: bool) -> Option<Self> {
        let route = match words {
            ["directory", "deleteditems", "microsoft.graph.serviceprincipal"] => Self::DeletedPrincipals,
            ["directoryobjects", "getbyids"] => Self::ObjectsById,
            ["organization"] => Self::Organization,
            ["users"] => Self::Users,
            ["oauth2permissiongrants"] => Self::DelegatedGrants,
            ["subscribedskus"] => Self::Skus,
            ["identity", "conditionalaccess", "policies"] => Self::ConditionalAccess,
            ["identityprotection", "riskyserviceprincipals"] => Self::RiskyPrincipals,
            ["policies", "defaultappmanagementpolicy"] => Self::DefaultAppPolicy,
            ["policies", "appmanagementpolicies"] => Self::AppPolicies,
            ["rolemanagement", "directory", "roleassignments"] => Self::DirectoryAssignments,
            ["rolemanagement", "directory", "roledefinitions"] => Self::DirectoryRoles,
            ["auditlogs", "signins"] => Self::SignInLog,
            ["devicemanagement"] => Self::DeviceManagement,
            ["devicemanagement", "auditevents"] => Self::AuditEvents,
            ["deviceappmanagement", "mobileapps"] => Self::MobileApps,
            ["devicemanagement", "roledefinitions"] => Self::IntuneRoles,
            ["devicemanagement", "roleassignments"] => Self::IntuneAssignments,
            ["reports", "serviceprincipalsigninactivities"] if beta => Self::SignInActivity,
            ["reports", "appcredentialsigninactivities"] if beta => Self::KeyActivity,
            ["devicemanagement", "operationapprovalpolicies"] if beta => Self::Policies,
            ["devicemanagement", "operationapprovalrequests"] if beta => Self::Requests,
            _ => return None,
        };
        Some(route)
    }

    fn with_id(words: &[&str], beta: bool) -> Option<fn(Guid) -> Self> {
        let route: fn(Guid) -> Self = match words {
            ["groups", "{}"] => Self::Group,
            ["groups", "{}", "members"] => Self::GroupMembers,
            ["users", "{}"] => Self::User,
            ["policies", "appmanagementpolicies", "{}"] => Self::AppPolicy,
            ["policies", "appmanagementpolicies", "{}", "appliesto"] => Self::AppPolicyAppliesTo,
            ["devicemanagement", "roledefinitions", "{}"] => Self::IntuneRole,
            ["devicemanagement", "roledefinitions", "{}", "roleassignments"] => Self::IntuneAssignmentsOf,
            ["devicemanagement", "operationapprovalpolicies", "{}"] if beta => Self::Policy,
            ["devicemanagement", "operationapprovalrequests", "{}"] if beta => Self::Request,
            _ => return None,
        };
        Some(route)
    }

    fn of_application(words: &[&str], keys: &[String]) -> Option<Result<Self, Reply>> {
        let key = |make: fn(Key) -> Self| keys.first().map(|key| object_key(key).map(make));
        match words {
            ["serviceprincipals"] => Some(Ok(Self::Principals)),
            ["applications"] => Some(Ok(Self::Applications)),
            ["serviceprincipals", "{}"] => key(Self::Principal),
            ["applications", "{}"] => key(Self::Application),
            ["serviceprincipals", "{}", "approleassignedto"] => key(Self::AppRoleAssignedTo),
            ["serviceprincipals", "{}", "owners"] => key(Self::PrincipalOwners),
            ["serviceprincipals", "{}", "federatedidentitycredentials"] => key(Self::PrincipalFederated),
            ["serviceprincipals", "{}", "oauth2permissiongrants"] => key(Self::PrincipalDelegated),
            ["applications", "{}", "owners"] => key(Self::ApplicationOwners),
            ["applications", "{}", "federatedidentitycredentials"] => key(Self::Federated),
            _ => None,
        }
    }

    /// Relations that `$expand` may name here. Federated credentials can be expanded in beta only (facts/graph.md section 0).
    pub(crate) fn expandable(&self, beta: bool) -> &'static [&'static str] {
        match self {
            Self::Principals | Self::Principal(_) | Self::Applications | Self::Application(_) if beta => {
                &["owners", "federatedIdentityCredentials"]
            }
            Self::Principals | Self::Principal(_) | Self::Applications | Self::Application(_) => &["owners"],
            Self::DirectoryAssignments => &["principal"],
            Self::IntuneAssignments | Self::IntuneAssignmentsOf(_) => &["roleDefinition"],
            _ => &[],
        }
    }

    /// Permissions of which a token must hold one. Directory.Read.All reads all of the directory.
    fn permissions(&self) -> &'static [&'static str] {
        match self {
            Self::Policies | Self::Policy(_) | Self::Requests | Self::Request(_) => &[READ_RBAC, READ_CONFIGURATION],
            Self::AuditEvents | Self::MobileApps => &[READ_APPS],
            Self::IntuneRoles | Self::IntuneRole(_) | Self::IntuneAssignments | Self::IntuneAssignmentsOf(_) => &[READ_RBAC],
            // An inference: no source names the permission for this single property.
            Self::DeviceManagement => &[READ_CONFIGURATION, READ_RBAC, READ_DEVICES],
            Self::SignInActivity | Self::KeyActivity | Self::SignInLog => &[READ_AUDIT],
            Self::ConditionalAccess | Self::DefaultAppPolicy | Self::AppPolicies | Self::AppPolicy(_) => &[READ_POLICY],
            Self::AppPolicyAppliesTo(_) => &[READ_APPLICATIONS],
            Self::DirectoryAssignments | Self::DirectoryRoles => &[READ_ROLES],
            Self::RiskyPrincipals => &[READ_RISK],
            Self::DelegatedGrants | Self::PrincipalDelegated(_) => &[READ_DIRECTORY],
            Self::Users | Self::User(_) => &[READ_USERS, READ_FULL_USERS, READ_DIRECTORY],
            Self::Organization | Self::Skus => &[READ_ORGANIZATION, READ_DIRECTORY],
            Self::Group(_) | Self::GroupMembers(_) => &[READ_MEMBERS, READ_DIRECTORY],
            Self::ObjectsById => &[READ_APPLICATIONS, READ_MEMBERS, READ_DIRECTORY],
            _ => &[READ_APPLICATIONS, READ_DIRECTORY],
        }
    }

    /// Whether the answer comes from Intune, which writes its errors in its own form.
    pub(crate) fn is_intune(&self) -> bool {
        matches!(
            self,
            Self::Policies
                | Self::Policy(_)
                | Self::Requests
                | Self::Request(_)
                | Self::AuditEvents
                | Self::MobileApps
                | Self::DeviceManagement
                | Self::IntuneRoles
                | Self::IntuneRole(_)
                | Self::IntuneAssignments
                | Self::IntuneAssignmentsOf(_)
        )
    }

    /// Refuses a token without the permission.
    pub(crate) fn check_permission(&self, roles: &BTreeSet<String>) -> Result<(), Reply> {
        let needed = self.permissions();
        if needed.iter().any(|permission| roles.contains(*permission)) {
            return Ok(());
        }
        if self.is_intune() {
            let message = format!(
                "Application is not authorized to perform this operation. Application must have one of the following scopes: {}",
                needed.join(", ")
            );
            return Err(Reply::intune_error(403, "Forbidden", &message));
        }
        Err(self.denied())
    }

    /// The refusal of the workload, each with a code of its own. Those beside the directory's are from general knowledge.
    fn denied(&self) -> Reply {
        match self {
            Self::ConditionalAccess => {
                Reply::error(403, "AccessDenied", "You cannot perform the requested operation, required scopes are missing in the token.")
            }
            Self::SignInActivity | Self::KeyActivity | Self::SignInLog => Reply::error(
                403,
                "Authentication_MSGraphPermissionMissing",
                "Calling principal does not have required MSGraph permissions AuditLog.Read.All",
            ),
            Self::RiskyPrincipals => Reply::error(
                403,
                "Forbidden",
                "Your account does not have access to this report or data. Please contact your administrator.",
            ),
            _ => Reply::error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        }
    }
}

/// Segments of a path with `{}` for every key, and the keys. A key is a segment that follows a collection, or stands in
/// parentheses behind it.
fn segments(path: &str) -> (Vec<String>, Vec<String>) {
    let (mut segments, mut keys) = (Vec::new(), Vec::new());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if let Some((name, key)) = segment.strip_suffix(')').and_then(|segment| segment.split_once('(')) {
            segments.extend([name.to_owned(), "{}".to_owned()]);
            keys.push(key.to_owned());
        } else if segments.last().is_some_and(|last: &String| takes_key(last)) {
            segments.push("{}".to_owned());
            keys.push(segment.to_owned());
        } else {
            segments.push(segment.to_owned());
        }
    }
    (segments, keys)
}

fn takes_key(segment: &str) -> bool {
    const COLLECTIONS: [&str; 8] = [
        "serviceprincipals",
        "applications",
        "groups",
        "users",
        "roledefinitions",
        "appmanagementpolicies",
        "operationapprovalpolicies",
        "operationapprovalrequests",
    ];
    COLLECTIONS.contains(&segment)
}

fn object_id(key: &str) -> Result<Guid, Reply> {
    let invalid = || Reply::error(400, "Request_BadRequest", &format!("Invalid object identifier '{key}'."));
    Guid::parse(key.trim_matches('\'')).ok_or_else(invalid)
}

fn object_key(key: &str) -> Result<Key, Reply> {
    match key.strip_prefix("appid=") {
        Some(app_id) => object_id(app_id).map(Key::AppId),
        None => object_id(key).map(Key::Id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "00000003-0000-0000-c000-000000000000";

    fn find(path: &str) -> Result<Route, u16> {
        Route::find(&Address::parse(path).ok_or(404u16)?).map_err(|reply| reply.status)
    }

    #[test]
    fn both_forms_of_keys_are_read() {
        let id = Guid::parse(ID).unwrap();
        for (path, route) in [
            (format!("/v1.0/servicePrincipals/{ID}/appRoleAssignedTo"), Route::AppRoleAssignedTo(Key::Id(id))),
            (format!("/v1.0/servicePrincipals('{ID}')/appRoleAssignedTo"), Route::AppRoleAssignedTo(Key::Id(id))),
            (format!("/v1.0/servicePrincipals(appId='{ID}')/appRoleAssignedTo"), Route::AppRoleAssignedTo(Key::AppId(id))),
            (format!("/beta/servicePrincipals%28appId=%27{ID}%27%29"), Route::Principal(Key::AppId(id))),
            (format!("/beta/deviceManagement/operationApprovalPolicies('{ID}')"), Route::Policy(id)),
            (format!("/v1.0/groups/{ID}/members?$top=1"), Route::GroupMembers(id)),
            (format!("/v1.0/applications/{ID}/owners"), Route::ApplicationOwners(Key::Id(id))),
            (format!("/v1.0/deviceManagement/roleDefinitions('{ID}')/roleAssignments"), Route::IntuneAssignmentsOf(id)),
            (format!("/v1.0/policies/appManagementPolicies/{ID}/appliesTo"), Route::AppPolicyAppliesTo(id)),
            ("/v1.0/deviceManagement".to_owned(), Route::DeviceManagement),
        ] {
            assert_eq!(find(&path), Ok(route), "{path}");
        }
    }

    #[test]
    fn what_exists_in_beta_only_is_refused_in_the_other_version() {
        for path in [
            "deviceManagement/operationApprovalPolicies",
            "deviceManagement/operationApprovalRequests",
            "reports/servicePrincipalSignInActivities",
            "reports/appCredentialSignInActivities",
        ] {
            assert!(find(&format!("/beta/{path}")).is_ok(), "{path}");
            assert_eq!(find(&format!("/v1.0/{path}")), Err(400), "{path}");
        }
        assert_eq!(find("/v2.0/servicePrincipals"), Err(404));
        assert_eq!(find("/v1.0/servicePrincipals/x"), Err(400));
        assert_eq!(find("/beta/deviceManagement/managedDevices"), Err(400));
    }

    proptest! {
        #[test]
        fn no_path_makes_it_panic(text in ".{0,60}") {
            let _ = find(&format!("/v1.0/{text}"));
            let _ = find(&text);
        }
    }
}
