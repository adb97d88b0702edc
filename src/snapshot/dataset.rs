//! The datasets: for each what it is for, where it is read, what that takes and what it costs. The one table from which
//! `maascan permissions`, `maascan doctor`, `scan --dry-run`, `coverage.csv` and the documentation are made.

use super::permission::ReadPermission;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A set of data that is read as one. The names are published in `coverage.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dataset {
    /// Multi Admin Approval access policies, listed and then each by id.
    AccessPolicies,
    /// Approval requests; the service shows them for about 30 days.
    ApprovalRequests,
    /// Groups named as approvers, with their direct members.
    ApproverGroups,
    /// Intune roles and their assignments.
    IntuneRoles,
    /// The one setting of Intune that lets unlicensed administrators approve.
    IntuneSettings,
    /// The application permissions that Microsoft Graph defines.
    AppRoles,
    /// Who holds which application permission on Microsoft Graph.
    AppRoleGrants,
    /// Who holds application permissions on Intune's own first-party resources.
    IntuneApiGrants,
    /// The service principals in scope.
    ServicePrincipals,
    /// The applications behind the service principals in scope, with their credentials.
    Applications,
    /// Federated identity credentials of the applications in scope.
    FederatedCredentials,
    /// Owners of the service principals and applications in scope.
    Owners,
    /// The state of people who own applications in scope or approve.
    People,
    /// Service principals in the recycle bin, to tell a deleted exclusion from a mistyped one.
    DeletedServicePrincipals,
    /// Directory roles held by applications and groups.
    DirectoryRoles,
    /// Delegated permissions of the service principals in scope.
    DelegatedGrants,
    /// Last sign-in of each application by flow.
    SignInActivity,
    /// Last use of each single credential.
    CredentialActivity,
    /// Raw sign-ins of the service principals in scope, where asked for.
    SignIns,
    /// Intune audit events.
    AuditEvents,
    /// Win32 apps that were begun and never published.
    UnfinishedApps,
    /// Conditional Access policies for workload identities.
    ConditionalAccess,
    /// Restrictions on credentials, and who is exempt.
    AppManagementPolicies,
    /// Service principals that Entra ID Protection holds for risky.
    RiskyServicePrincipals,
    /// The tenant's own name and id.
    Organization,
    /// Licences of the tenant.
    Licences,
}

/// What is known of a [`Dataset`].
#[derive(Debug)]
pub struct About {
    /// The dataset.
    pub dataset: Dataset,
    /// The published name, as in `coverage.csv` and in a rule's `requires`.
    pub name: &'static str,
    /// What maascan reads it for, as the end of "for …".
    pub purpose: &'static str,
    /// Where it is read, in the order of the requests; `{id}` stands for an id found before.
    pub endpoints: &'static [Endpoint],
    /// The least application permission that reads it all (facts/graph.md section 0, after Microsoft's permission map).
    pub permission: ReadPermission,
    /// Further permissions, without which some of it comes back empty.
    pub also: &'static [ReadPermission],
    /// Licence that the tenant needs for it, if any.
    pub licence: Option<&'static str>,
    /// Clouds that have it.
    pub clouds: Clouds,
    /// What its requests grow with, in words.
    pub cost: &'static str,
    /// Whether a run that could not read it is still a whole run (exit status 0 and not 3).
    pub optional: bool,
    /// Where the facts come from.
    pub source: &'static str,
}

/// A path of Microsoft Graph, and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// `v1.0` or `beta`.
    pub version: &'static str,
    /// The path, with `{id}` for an id.
    pub path: &'static str,
}

/// Clouds that have a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clouds {
    /// Every one.
    All,
    /// The global one only, GCC included.
    GlobalOnly,
    /// Every one but China.
    NotChina,
}

impl fmt::Display for Clouds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::All => "all",
            Self::GlobalOnly => "global only",
            Self::NotChina => "all but China",
        })
    }
}

const fn v1(path: &'static str) -> Endpoint {
    Endpoint { version: "v1.0", path }
}

const fn beta(path: &'static str) -> Endpoint {
    Endpoint { version: "beta", path }
}

const P1: Option<&str> = Some("Entra ID P1");
const INTUNE: Option<&str> = Some("Intune");

/// How many there are; [`Dataset::Licences`] is the last.
const DATASETS: usize = Dataset::Licences as usize + 1;

/// The table, in the order of reports, which is the order of [`Dataset`].
static TABLE: [About; DATASETS] = [
    About {
        dataset: Dataset::AccessPolicies,
        name: "access-policies",
        purpose: "which workloads are gated, by which policy, and which applications are excluded",
        endpoints: &[beta("/deviceManagement/operationApprovalPolicies"), beta("/deviceManagement/operationApprovalPolicies/{id}")],
        permission: ReadPermission::IntuneRbac,
        also: &[],
        licence: INTUNE,
        clouds: Clouds::All,
        cost: "1, and 1 for 20 policies",
        optional: false,
        source: "facts/graph.md section 0 row 1; facts/maa.md section 2",
    },
    About {
        dataset: Dataset::ApprovalRequests,
        name: "approval-requests",
        purpose: "which automations ask for approval, and what became of their requests",
        endpoints: &[beta("/deviceManagement/operationApprovalRequests")],
        permission: ReadPermission::IntuneRbac,
        also: &[],
        licence: INTUNE,
        clouds: Clouds::All,
        cost: "1 for each page",
        optional: false,
        source: "facts/graph.md section 0 row 2",
    },
    About {
        dataset: Dataset::ApproverGroups,
        name: "approver-groups",
        purpose: "who can approve, and whether the groups named as approvers work",
        endpoints: &[v1("/directoryObjects/getByIds"), v1("/groups/{id}/members")],
        permission: ReadPermission::GroupMembers,
        also: &[ReadPermission::UserNames],
        licence: None,
        clouds: Clouds::All,
        cost: "1, and 1 for 20 groups",
        optional: false,
        source: "facts/graph.md section 0 row 16; facts/maa.md section 7",
    },
    About {
        dataset: Dataset::IntuneRoles,
        name: "intune-roles",
        purpose: "whether approver groups are members of an Intune role assignment, and which groups give Intune rights",
        endpoints: &[
            v1("/deviceManagement/roleDefinitions"),
            v1("/deviceManagement/roleAssignments"),
            v1("/deviceManagement/roleDefinitions/{id}/roleAssignments"),
        ],
        permission: ReadPermission::IntuneRbac,
        also: &[],
        licence: INTUNE,
        clouds: Clouds::All,
        cost: "1, and 1 for 20 role definitions",
        optional: false,
        source: "facts/graph.md section 0 row 14 and section 4",
    },
    About {
        dataset: Dataset::IntuneSettings,
        name: "intune-settings",
        purpose: "whether approvers without an Intune licence can approve",
        endpoints: &[beta("/deviceManagement")],
        permission: ReadPermission::IntuneRbac,
        also: &[],
        licence: INTUNE,
        clouds: Clouds::All,
        cost: "1",
        optional: true,
        source: "facts/maa.md section 7; the permission is inferred",
    },
    About {
        dataset: Dataset::AppRoles,
        name: "app-roles",
        purpose: "the names of the permissions that are held",
        endpoints: &[v1("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")],
        permission: ReadPermission::Applications,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1",
        optional: false,
        source: "facts/graph.md section 2",
    },
    About {
        dataset: Dataset::AppRoleGrants,
        name: "app-role-grants",
        purpose: "which applications can write Intune",
        endpoints: &[v1("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo")],
        permission: ReadPermission::Applications,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1 for 999 grants in the tenant",
        optional: false,
        source: "facts/graph.md section 0 row 5 and section 2",
    },
    About {
        dataset: Dataset::IntuneApiGrants,
        name: "intune-api-grants",
        purpose: "which applications hold permissions on Intune's own resources, which nobody has assessed",
        endpoints: &[
            v1("/servicePrincipals(appId='c161e42e-d4df-4a3d-9b42-e7a3c31f59d4')/appRoleAssignedTo"),
            v1("/servicePrincipals(appId='0000000a-0000-0000-c000-000000000000')/appRoleAssignedTo"),
        ],
        permission: ReadPermission::Applications,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1",
        optional: false,
        source: "facts/maa.md section 5",
    },
    About {
        dataset: Dataset::ServicePrincipals,
        name: "service-principals",
        purpose: "who the automations and excluded applications are, and whether they can sign in",
        endpoints: &[v1("/servicePrincipals")],
        permission: ReadPermission::Applications,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1 for 300 in scope; with --inventory full 1 for 999 in the tenant",
        optional: false,
        source: "facts/graph.md section 0 row 3 and section 1",
    },
    About {
        dataset: Dataset::Applications,
        name: "applications",
        purpose: "secrets, certificates, property lock and redirect addresses of the applications in scope",
        endpoints: &[v1("/applications")],
        permission: ReadPermission::Applications,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1 for 300 in scope; with --inventory full 1 for 999 in the tenant",
        optional: false,
        source: "facts/graph.md section 0 row 4 and section 1",
    },
    About {
        dataset: Dataset::FederatedCredentials,
        name: "federated-credentials",
        purpose: "outside issuers that the applications in scope trust",
        endpoints: &[
            beta("/applications"),
            v1("/applications/{id}/federatedIdentityCredentials"),
            v1("/servicePrincipals/{id}/federatedIdentityCredentials"),
        ],
        permission: ReadPermission::Applications,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1 for 300 in scope",
        optional: false,
        source: "facts/graph.md section 0 row 6",
    },
    About {
        dataset: Dataset::Owners,
        name: "owners",
        purpose: "who can add a credential to an application in scope without anybody's approval",
        endpoints: &[v1("/servicePrincipals"), v1("/applications"), v1("/servicePrincipals/{id}/owners"), v1("/applications/{id}/owners")],
        permission: ReadPermission::Applications,
        also: &[ReadPermission::UserNames],
        licence: None,
        clouds: Clouds::All,
        cost: "1 for 300 in scope, and 1 for 20 that have 20 owners or more",
        optional: false,
        source: "facts/graph.md section 0 row 7 and section 2",
    },
    About {
        dataset: Dataset::People,
        name: "people",
        purpose: "whether owners and approvers are guests, disabled or synchronised accounts, and approvers licensed",
        endpoints: &[v1("/users")],
        permission: ReadPermission::Users,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1 for 300 owners and approvers",
        optional: true,
        source: "facts/checks.md check 14; facts/graph.md section 0; facts/maa.md section 7",
    },
    About {
        dataset: Dataset::DeletedServicePrincipals,
        name: "deleted-service-principals",
        purpose: "whether an exclusion that leads nowhere was deleted or mistyped",
        endpoints: &[v1("/directory/deletedItems/microsoft.graph.servicePrincipal")],
        permission: ReadPermission::Applications,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1 for 999 deleted, only where an id of a policy is not found",
        optional: false,
        source: "facts/graph.md section 0",
    },
    About {
        dataset: Dataset::DirectoryRoles,
        name: "directory-roles",
        purpose: "which applications hold Entra roles that may write Intune or change who can",
        endpoints: &[v1("/roleManagement/directory/roleAssignments"), v1("/roleManagement/directory/roleDefinitions")],
        permission: ReadPermission::DirectoryRoles,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1, and more pages in a tenant with many role assignments",
        optional: false,
        source: "facts/graph.md section 0 row 15; facts/maa.md section 5",
    },
    About {
        dataset: Dataset::DelegatedGrants,
        name: "delegated-grants",
        purpose: "whether an application in scope can also act for people",
        endpoints: &[v1("/servicePrincipals/{id}/oauth2PermissionGrants"), v1("/oauth2PermissionGrants")],
        permission: ReadPermission::Directory,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1, and where there are more than 999 grants 1 for 20 in scope, or 1 for 999 grants in the tenant where that is less",
        optional: true,
        source: "facts/graph.md section 0; facts/checks.md check 30",
    },
    About {
        dataset: Dataset::SignInActivity,
        name: "sign-in-activity",
        purpose: "which automations are dormant",
        endpoints: &[beta("/reports/servicePrincipalSignInActivities")],
        permission: ReadPermission::AuditLog,
        also: &[],
        licence: P1,
        clouds: Clouds::GlobalOnly,
        cost: "1 for 999 applications that signed in, or 1 for each application in scope where that is less; 5 in 10 s",
        optional: false,
        source: "facts/graph.md section 0 row 8, sections 3 and 10",
    },
    About {
        dataset: Dataset::CredentialActivity,
        name: "credential-activity",
        purpose: "which secrets and certificates are used",
        endpoints: &[beta("/reports/appCredentialSignInActivities")],
        permission: ReadPermission::AuditLog,
        also: &[],
        licence: P1,
        clouds: Clouds::GlobalOnly,
        cost: "1 for 999 credentials, or 1 for each application in scope where that is less; 5 in 10 s",
        optional: false,
        source: "facts/graph.md section 0 row 9, sections 3 and 10",
    },
    About {
        dataset: Dataset::SignIns,
        name: "sign-ins",
        purpose: "with which credential and from where the automations signed in (only with --sign-ins)",
        endpoints: &[beta("/auditLogs/signIns")],
        permission: ReadPermission::AuditLog,
        also: &[],
        licence: P1,
        clouds: Clouds::All,
        cost: "1 for each application in scope, and 1 for each further 1,000 sign-ins; 5 in 10 s",
        optional: true,
        source: "facts/graph.md section 0 row 10 and section 3",
    },
    About {
        dataset: Dataset::AuditEvents,
        name: "audit-events",
        purpose: "which automations were seen writing, and what happened to access policies",
        endpoints: &[v1("/deviceManagement/auditEvents")],
        permission: ReadPermission::IntuneApps,
        also: &[],
        licence: INTUNE,
        clouds: Clouds::All,
        cost: "1 for each week of --audit-days, and 1 for each further 1,000 events",
        optional: false,
        source: "facts/graph.md section 0 row 11 and section 4",
    },
    About {
        dataset: Dataset::UnfinishedApps,
        name: "unfinished-apps",
        purpose: "Win32 apps that an automation began and never published: the trace of a refused publish",
        endpoints: &[beta("/deviceAppManagement/mobileApps")],
        permission: ReadPermission::IntuneApps,
        also: &[],
        licence: INTUNE,
        clouds: Clouds::All,
        cost: "1 for each page of Win32 apps",
        optional: true,
        source: "facts/maa.md section 4; the filter by type as public readers use it",
    },
    About {
        dataset: Dataset::ConditionalAccess,
        name: "conditional-access",
        purpose: "which excluded applications are held to a place or a risk when they sign in",
        endpoints: &[v1("/identity/conditionalAccess/policies")],
        permission: ReadPermission::Policies,
        also: &[],
        licence: P1,
        clouds: Clouds::All,
        cost: "1 for each page; 1 in a second",
        optional: false,
        source: "facts/graph.md section 0 row 12 and section 6",
    },
    About {
        dataset: Dataset::AppManagementPolicies,
        name: "app-management-policies",
        purpose: "whether new secrets are restricted, and who is exempt",
        endpoints: &[
            v1("/policies/defaultAppManagementPolicy"),
            v1("/policies/appManagementPolicies"),
            v1("/policies/appManagementPolicies/{id}/appliesTo"),
        ],
        permission: ReadPermission::Policies,
        also: &[ReadPermission::Applications],
        licence: None,
        clouds: Clouds::All,
        cost: "1, and 1 for 20 custom policies",
        optional: false,
        source: "facts/graph.md section 0 row 13 and section 7",
    },
    About {
        dataset: Dataset::RiskyServicePrincipals,
        name: "risky-service-principals",
        purpose: "which excluded applications Entra ID Protection holds for compromised",
        endpoints: &[v1("/identityProtection/riskyServicePrincipals")],
        permission: ReadPermission::RiskyServicePrincipals,
        also: &[],
        licence: Some("Workload Identities Premium, for details"),
        clouds: Clouds::NotChina,
        cost: "1 for 500; 1 in a second",
        optional: true,
        source: "facts/graph.md section 0 row 17 and section 10",
    },
    About {
        dataset: Dataset::Organization,
        name: "organization",
        purpose: "the tenant's name in reports",
        endpoints: &[v1("/organization")],
        permission: ReadPermission::Organization,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1",
        optional: true,
        source: "facts/graph.md section 0",
    },
    About {
        dataset: Dataset::Licences,
        name: "licences",
        purpose: "which protections the tenant could use",
        endpoints: &[v1("/subscribedSkus")],
        permission: ReadPermission::Organization,
        also: &[],
        licence: None,
        clouds: Clouds::All,
        cost: "1",
        optional: true,
        source: "facts/graph.md section 0",
    },
];

/// The table has every dataset at its own place: otherwise this does not compile.
const _: () = {
    let mut at = 0;
    while at < TABLE.len() {
        assert!(TABLE[at].dataset as usize == at);
        at += 1;
    }
};

impl Dataset {
    /// Every dataset, in the order of reports.
    pub const ALL: [Self; DATASETS] = {
        let mut all = [Self::AccessPolicies; DATASETS];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[at].dataset;
            at += 1;
        }
        all
    };

    /// What is known of it.
    #[must_use]
    pub fn about(self) -> &'static About {
        &TABLE[self as usize]
    }

    /// The published name, as in `coverage.csv` and in a rule's `requires`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// The dataset with this published name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.name() == name)
    }

    /// The name of the least application permission that reads it.
    #[must_use]
    pub fn permission(self) -> &'static str {
        self.about().permission.name()
    }

    /// Whether a run that could not read it is still a whole run (exit status 0 and not 3).
    #[must_use]
    pub fn is_optional(self) -> bool {
        self.about().optional
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_dataset_is_found_by_its_name_and_written_by_it() {
        for dataset in Dataset::ALL {
            assert_eq!(Dataset::from_name(dataset.name()), Some(dataset));
            assert_eq!(serde_json::to_value(dataset).unwrap(), dataset.name());
        }
    }

    #[test]
    fn the_table_has_each_dataset_once_and_leaves_no_field_empty() {
        assert_eq!(TABLE.len(), Dataset::ALL.len());
        assert_eq!(TABLE.iter().map(|about| about.dataset).collect::<BTreeSet<_>>().len(), TABLE.len());
        for about in &TABLE {
            assert!(std::ptr::eq(about.dataset.about(), about), "{}", about.name);
            assert!(![about.name, about.purpose, about.cost, about.source].contains(&""), "{}", about.name);
            assert!(!about.endpoints.is_empty() && about.endpoints.iter().all(|endpoint| endpoint.path.starts_with('/')));
            assert!(about.source.contains("facts/"), "{}", about.name);
        }
    }
}
