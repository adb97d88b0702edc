//! What can be asked of the simulated Graph: paths, the permissions that each takes, and in which version it exists
//! (facts/graph.md section 0).

use super::guid::Guid;
use super::reply::Reply;
use super::roles::{
    READ_APPLICATIONS, READ_APPS, READ_AUDIT, READ_CONFIGURATION, READ_DIRECTORY, READ_MEMBERS, READ_ORGANIZATION, READ_POLICY, READ_RBAC,
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
    DeletedPrincipals,
    ObjectsById,
    Organization,
    ConditionalAccess,
    Group(Guid),
    GroupMembers(Guid),
    SignInActivity,
    AuditEvents,
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

    fn is_beta(&self) -> bool {
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
            (["directory", "deleteditems", "microsoft.graph.serviceprincipal"], []) => Self::DeletedPrincipals,
            (["directoryobjects", "getbyids"], []) => Self::ObjectsById,
            (["organization"], []) => Self::Organization,
            (["identity", "conditionalaccess", "policies"], []) => Self::ConditionalAccess,
            (["devicemanagement", "auditevents"], []) => Self::AuditEvents,
            (["groups", "{}"], [key]) => Self::Group(object_id(key)?),
            (["groups", "{}", "members"], [key]) => Self::GroupMembers(object_id(key)?),
            (["serviceprincipals" | "applications", ..], _) => Self::of_application(&words, &keys).ok_or_else(unknown)??,
            (["reports" | "devicemanagement", ..], _) if address.is_beta() => Self::beta_only(&words, &keys).ok_or_else(unknown)??,
            _ => return Err(unknown()),
        };
        Ok(route)
    }

    fn of_application(words: &[&str], keys: &[String]) -> Option<Result<Self, Reply>> {
        let key = |make: fn(Key) -> Self| keys.first().map(|key| object_key(key).map(make));
        match words {
            ["serviceprincipals"] => Some(Ok(Self::Principals)),
            ["applications"] => Some(Ok(Self::Applications)),
            ["serviceprincipals", "{}"] => key(Self::Principal),
            ["applications", "{}"] => key(Self::Application),
            ["serviceprincipals", "{}", "approleassignedto"] => key(Self::AppRoleAssignedTo),
            ["applications", "{}", "federatedidentitycredentials"] => key(Self::Federated),
            _ => None,
        }
    }

    fn beta_only(words: &[&str], keys: &[String]) -> Option<Result<Self, Reply>> {
        let key = |make: fn(Guid) -> Self| keys.first().map(|key| object_id(key).map(make));
        match words {
            ["reports", "serviceprincipalsigninactivities"] => Some(Ok(Self::SignInActivity)),
            ["devicemanagement", "operationapprovalpolicies"] => Some(Ok(Self::Policies)),
            ["devicemanagement", "operationapprovalpolicies", "{}"] => key(Self::Policy),
            ["devicemanagement", "operationapprovalrequests"] => Some(Ok(Self::Requests)),
            ["devicemanagement", "operationapprovalrequests", "{}"] => key(Self::Request),
            _ => None,
        }
    }

    /// Permissions of which a token must hold one. Directory.Read.All reads all of the directory.
    fn permissions(&self) -> &'static [&'static str] {
        match self {
            Self::Policies | Self::Policy(_) | Self::Requests | Self::Request(_) => &[READ_RBAC, READ_CONFIGURATION],
            Self::AuditEvents => &[READ_APPS],
            Self::SignInActivity => &[READ_AUDIT],
            Self::ConditionalAccess => &[READ_POLICY],
            Self::Organization => &[READ_ORGANIZATION, READ_DIRECTORY],
            Self::Group(_) | Self::GroupMembers(_) => &[READ_MEMBERS, READ_DIRECTORY],
            Self::ObjectsById => &[READ_APPLICATIONS, READ_MEMBERS, READ_DIRECTORY],
            _ => &[READ_APPLICATIONS, READ_DIRECTORY],
        }
    }

    /// Whether the answer comes from Intune, which writes its errors in its own form.
    fn is_intune(&self) -> bool {
        matches!(self, Self::Policies | Self::Policy(_) | Self::Requests | Self::Request(_) | Self::AuditEvents)
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
        Err(Reply::error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."))
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
    matches!(segment, "serviceprincipals" | "applications" | "groups" | "operationapprovalpolicies" | "operationapprovalrequests")
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
