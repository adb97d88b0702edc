//! The limits of Microsoft Graph, one for each workload that counts requests on its own (facts/graph.md section 8).

use super::Resource;
use std::time::Duration;

/// A workload of Graph with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Throttle {
    /// Reads that select `keyCredentials`, over all applications that read the tenant.
    KeyCredentials,
    /// Conditional Access and Identity Protection, over all applications that read the tenant.
    ConditionalAccess,
    /// Sign-in activity, sign-ins and directory audit events.
    Reports,
    /// Intune.
    Intune,
    /// The directory; counted in resource units and not in requests.
    Identity,
}

impl Throttle {
    /// All of them, the narrowest first.
    pub const ALL: [Self; 5] = [Self::KeyCredentials, Self::ConditionalAccess, Self::Reports, Self::Intune, Self::Identity];

    /// For people and for the request plan.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyCredentials => "key credentials",
            Self::ConditionalAccess => "conditional access",
            Self::Reports => "reports",
            Self::Intune => "intune",
            Self::Identity => "identity",
        }
    }

    /// So much in any span of that length: requests, for [`Throttle::Identity`] resource units.
    ///
    /// Identity is that of the smallest tenants, because the size is not known beforehand. Of the 150 key credential reads a
    /// minute 120 are used, because other applications of the tenant count against them too.
    #[must_use]
    pub fn limit(self) -> (u32, Duration) {
        match self {
            Self::KeyCredentials => (120, Duration::from_secs(60)),
            Self::ConditionalAccess => (1, Duration::from_secs(1)),
            Self::Reports => (5, Duration::from_secs(10)),
            Self::Intune => (1000, Duration::from_secs(20)),
            Self::Identity => (3500, Duration::from_secs(10)),
        }
    }

    /// The limits that one read of `resource` (one page of a list, one part of a `$batch`) counts against, the narrowest first,
    /// and how much of each it takes.
    #[must_use]
    pub fn of(resource: &Resource) -> Vec<(Self, u32)> {
        let path = resource.path();
        let under = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '(']));
        if under("/deviceManagement") || under("/deviceAppManagement") {
            vec![(Self::Intune, 1)]
        } else if under("/reports") || under("/auditLogs") {
            vec![(Self::Reports, 1)]
        } else if under("/identity/conditionalAccess") || under("/identityProtection") {
            vec![(Self::ConditionalAccess, 1)]
        } else {
            let keys = selects(resource, "keyCredentials").then_some((Self::KeyCredentials, 1));
            keys.into_iter().chain([(Self::Identity, units(resource))]).collect()
        }
    }

    /// What one `getByIds` takes: as much as a page of group members.
    #[must_use]
    pub fn of_get_by_ids() -> Vec<(Self, u32)> {
        vec![(Self::Identity, 3)]
    }
}

fn selects(resource: &Resource, member: &str) -> bool {
    resource.option("$select").is_some_and(|select| select.split(',').any(|selected| selected == member))
}

/// Resource units of a directory read, never fewer than 1. Where the documentation names a collection and not what is under
/// it, what is under it is taken to cost as much.
fn units(resource: &Resource) -> u32 {
    let path = resource.path();
    let last = path.rsplit('/').next().unwrap_or_default();
    let kind: i32 = match last {
        "transitiveMembers" | "transitiveMemberOf" => 5,
        "members" => 3,
        "appRoleAssignments" | "appRoleAssignedTo" | "oauth2PermissionGrants" => 2,
        _ if path.starts_with("/applications") => 2,
        _ => 1,
    };
    let select = i32::from(resource.option("$select").is_some());
    let expand = i32::from(resource.option("$expand").is_some());
    let few = resource.option("$top").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top < 20);
    u32::try_from(kind - select + expand - i32::from(few)).unwrap_or_default().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Version;

    fn of(path: &'static str, options: &[(&'static str, &str)]) -> Vec<(Throttle, u32)> {
        let resource = Resource::new(Version::V1, path);
        Throttle::of(&options.iter().fold(resource, |resource, (name, value)| resource.query(name, value)))
    }

    #[test]
    fn every_read_has_its_limit() {
        use Throttle::{ConditionalAccess, Identity, Intune, KeyCredentials, Reports};
        assert_eq!(of("/deviceManagement/auditEvents", &[]), [(Intune, 1)]);
        assert_eq!(of("/reports/servicePrincipalSignInActivities", &[("$top", "999")]), [(Reports, 1)]);
        assert_eq!(of("/auditLogs/signIns", &[]), [(Reports, 1)]);
        assert_eq!(of("/identity/conditionalAccess/policies", &[]), [(ConditionalAccess, 1)]);
        assert_eq!(of("/identityProtection/riskyServicePrincipals", &[]), [(ConditionalAccess, 1)]);
        assert_eq!(of("/identityProviders", &[]), [(Identity, 1)]);
        assert_eq!(of("/servicePrincipals", &[("$select", "id,keyCredentials")]), [(KeyCredentials, 1), (Identity, 1)]);
        assert_eq!(of("/servicePrincipals", &[("$filter", "keyCredentials")]), [(Identity, 1)]);
    }

    #[test]
    fn a_read_of_the_directory_costs_by_kind_and_options() {
        let cost = |path, options: &[(&'static str, &str)]| of(path, options).last().unwrap().1;
        assert_eq!(cost("/groups/1/members", &[]), 3);
        assert_eq!(cost("/groups/1/members", &[("$select", "id")]), 2);
        assert_eq!(cost("/groups/1/transitiveMembers", &[("$expand", "x")]), 6);
        assert_eq!(cost("/servicePrincipals(appId='x')/appRoleAssignedTo", &[("$top", "999")]), 2);
        assert_eq!(cost("/applications", &[("$select", "id"), ("$top", "5")]), 1);
        assert_eq!(cost("/organization", &[("$select", "id")]), 1);
    }
}
