//! Tries each dataset with one request that gives as little as there can be: what `maascan doctor` shows.

use super::reader::{gap_of, has};
use crate::graph::{Client, Error, Resource, Version};
use crate::snapshot::{Dataset, Gap};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

/// Nobody's id: reading it is refused to who may not read, and answered with "not found" to who may.
const NOBODY: &str = "00000000-0000-0000-0000-000000000001";

/// Microsoft Graph's service principal.
const GRAPH: &str = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";

/// Tries every dataset, several at a time. None for one that can be read, else why it cannot. `now` is the clock (UTC).
///
/// # Errors
/// [`Error`] if no read of this run can succeed: the sign-in is not taken, or nothing answers.
pub async fn probe(client: &Client, now: DateTime<Utc>) -> Result<BTreeMap<Dataset, Option<Gap>>, Error> {
    let mut answers = BTreeMap::new();
    let mut asked = JoinSet::new();
    for dataset in Dataset::ALL {
        if has(client.cloud(), dataset) {
            let client = client.clone();
            asked.spawn(async move { (dataset, client.get(&request(dataset, now)).await) });
        } else {
            answers.insert(dataset, Some(Gap::Cloud));
        }
    }
    let (mut tried, mut walls) = (0, Vec::new());
    while let Some(Ok((dataset, answer))) = asked.join_next().await {
        tried += 1;
        let gap = match answer {
            Ok(_) => None,
            Err(error) if is_not_found(&error) => None,
            Err(error) => {
                let gap = gap_of(&error, dataset.about().permission);
                walls.extend(error.stops_everything().then_some(error));
                Some(gap)
            }
        };
        answers.insert(dataset, gap);
    }
    match walls.pop() {
        Some(wall) if walls.len() + 1 == tried => Err(wall),
        _ => Ok(answers),
    }
}

fn is_not_found(error: &Error) -> bool {
    matches!(error, Error::Failed { detail, .. } if detail.starts_with("status 404"))
}

/// The cheapest read that needs the dataset's permission.
fn request(dataset: Dataset, now: DateTime<Utc>) -> Resource {
    let v1 = |path| Resource::new(Version::V1, path);
    let beta = |path| Resource::new(Version::Beta, path);
    let one = |resource: Resource| resource.query("$top", "1").query("$select", "id");
    match dataset {
        Dataset::AccessPolicies => beta("/deviceManagement/operationApprovalPolicies").segment(NOBODY),
        Dataset::ApprovalRequests => beta("/deviceManagement/operationApprovalRequests").segment(NOBODY),
        Dataset::ApproverGroups => v1("/groups").segment(NOBODY).segment("members").query("$select", "id"),
        Dataset::IntuneRoles => v1("/deviceManagement/roleAssignments"),
        Dataset::IntuneSettings => beta("/deviceManagement").query("$select", "unlicensedAdminstratorsEnabled"),
        Dataset::AppRoles => v1(GRAPH).query("$select", "id"),
        Dataset::AppRoleGrants => {
            v1("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo").query("$top", "1")
        }
        Dataset::IntuneApiGrants => {
            v1("/servicePrincipals(appId='c161e42e-d4df-4a3d-9b42-e7a3c31f59d4')/appRoleAssignedTo").query("$top", "1")
        }
        Dataset::ServicePrincipals => one(v1("/servicePrincipals")),
        Dataset::Applications => one(v1("/applications")),
        Dataset::FederatedCredentials => v1("/applications").segment(NOBODY).segment("federatedIdentityCredentials"),
        Dataset::Owners => v1("/applications").segment(NOBODY).segment("owners").query("$select", "id"),
        Dataset::People => v1("/users").query("$filter", &format!("id in ('{NOBODY}')")).query("$select", "id,accountEnabled,userType"),
        Dataset::DeletedServicePrincipals => one(v1("/directory/deletedItems/microsoft.graph.servicePrincipal")),
        Dataset::DirectoryRoles => v1("/roleManagement/directory/roleAssignments").query("$filter", &format!("principalId eq '{NOBODY}'")),
        Dataset::DelegatedGrants => v1("/oauth2PermissionGrants").query("$top", "1"),
        Dataset::SignInActivity => beta("/reports/servicePrincipalSignInActivities").query("$top", "1"),
        Dataset::CredentialActivity => beta("/reports/appCredentialSignInActivities").query("$top", "1"),
        Dataset::SignIns => {
            let filter = format!("signInEventTypes/any(t:t eq 'servicePrincipal') and createdDateTime ge {}", hour_before(now));
            beta("/auditLogs/signIns").query("$filter", &filter).query("$top", "1")
        }
        Dataset::AuditEvents => v1("/deviceManagement/auditEvents").query("$filter", &format!("activityDateTime ge {}", hour_before(now))),
        Dataset::UnfinishedApps => one(beta("/deviceAppManagement/mobileApps").query("$filter", "isof('microsoft.graph.win32LobApp')")),
        Dataset::ConditionalAccess => v1("/identity/conditionalAccess/policies").query("$top", "1").query("$select", "id"),
        Dataset::AppManagementPolicies => v1("/policies/defaultAppManagementPolicy"),
        Dataset::RiskyServicePrincipals => v1("/identityProtection/riskyServicePrincipals").query("$top", "1"),
        Dataset::Organization => v1("/organization").query("$select", "id"),
        Dataset::Licences => v1("/subscribedSkus").query("$select", "id"),
    }
}

fn hour_before(now: DateTime<Utc>) -> String {
    (now - Duration::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_object_can_be_read_and_a_failure_cannot() {
        let failed = |detail: &str| Error::Failed { what: "GET /x".into(), detail: detail.into() };
        assert!(is_not_found(&failed("status 404: Request_ResourceNotFound")));
        assert!(!is_not_found(&failed("status 400: Request_ResourceNotFound 404")));
    }
}
