//! Owners, people, federated credentials, grants, roles and policies over HTTP.

use super::*;

const APPLICATIONS: &str = "/v1.0/applications?$top=999&$select=id,appId,displayName";
const PRINCIPALS: &str = "/v1.0/servicePrincipals?$top=999&$select=id,appId,displayName";

fn rows(body: &Value) -> &Vec<Value> {
    body["value"].as_array().unwrap()
}

#[tokio::test]
async fn owners_come_whole_by_themselves_and_capped_with_the_list() {
    let wire = Wire::new().await;
    let many = wire.id_named(APPLICATIONS, "Driver catalogue bot").await;
    let (owners, _) = wire.list(&format!("/v1.0/applications/{many}/owners")).await;
    assert_eq!(owners.len(), 24);
    let (_, one) = wire.get(&format!("/v1.0/applications/{many}?$expand=owners")).await;
    assert_eq!(one["owners"].as_array().unwrap().len(), 20);
    assert!(one.get("owners@odata.nextLink").is_none());
    let (list, _) = wire.list("/v1.0/applications?$expand=owners&$top=999&$select=id,displayName").await;
    assert_eq!(list.iter().map(|row| row["owners"].as_array().unwrap().len()).max(), Some(20));
    let (some, _) = wire.list(&format!("/v1.0/applications?$filter=id in ('{many}')&$expand=owners($select=id)")).await;
    let names: BTreeSet<&String> = some[0]["owners"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, BTreeSet::from([&"@odata.type".to_owned(), &"id".to_owned()]));
}

#[tokio::test]
async fn owners_are_of_every_planted_kind() {
    let wire = Wire::new().await;
    let owners = async |set: &str, list: &str, name: &str| -> Vec<Value> {
        let id = wire.id_named(list, name).await;
        let select = "id,displayName,userPrincipalName,accountEnabled,userType,onPremisesSyncEnabled";
        wire.list(&format!("/v1.0/{set}/{id}/owners?$select={select}")).await.0
    };
    let of = async |name: &str| owners("applications", APPLICATIONS, name).await;
    assert_eq!(of("Retired imaging service").await, Vec::<Value>::new());
    assert_eq!(of("Legacy packaging server").await[0]["accountEnabled"], false);
    assert!(of("Endpoint toolkit runner").await.iter().any(|row| row["userType"] == "Guest"));
    assert!(of("Lost device responder").await.iter().any(|row| row["onPremisesSyncEnabled"] == true));
    assert_eq!(of("Proactive remediation author").await[0]["@odata.type"], "#microsoft.graph.servicePrincipal");
    let approvers = ids(&wire.simulator.shared.tenant.groups[0]
        .members
        .iter()
        .filter_map(|member| match member {
            data::Member::User(at) => Some(json!({"id": wire.simulator.shared.tenant.users[*at].id.to_string()})),
            _ => None,
        })
        .collect::<Vec<_>>());
    assert!(of("Software factory").await.iter().any(|row| approvers.contains(row["id"].as_str().unwrap())));
    let on_principal = owners("servicePrincipals", PRINCIPALS, "Kiosk profile manager").await;
    assert!(on_principal[0]["userPrincipalName"].as_str().unwrap().contains("#EXT#"));
}

#[tokio::test]
async fn an_owner_has_the_default_properties_unless_more_is_selected() {
    let wire = Wire::new().await;
    let id = wire.id_named(APPLICATIONS, "Legacy packaging server").await;
    let (_, body) = wire.get(&format!("/v1.0/applications/{id}/owners")).await;
    let owner = rows(&body)[0].as_object().unwrap();
    assert!(owner["userPrincipalName"].is_string() && owner.contains_key("businessPhones"));
    for absent in ["accountEnabled", "userType", "onPremisesSyncEnabled"] {
        assert!(!owner.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn one_relation_is_expanded_and_only_where_it_exists() {
    let wire = Wire::new().await;
    for wrong in [
        "/v1.0/applications?$expand=owners,federatedIdentityCredentials",
        "/v1.0/applications?$expand=owners&$expand=owners",
        "/v1.0/applications?$expand=owners($select=accountEnabled)",
        "/v1.0/applications?$expand=federatedIdentityCredentials",
        "/v1.0/groups?$expand=members",
        "/v1.0/organization?$expand=owners",
    ] {
        assert_eq!(wire.get(wrong).await.0, 400, "{wrong}");
    }
    assert_eq!(wire.get_with("/v1.0/applications?$expand=owners", "ConsistencyLevel", "eventual").await.0, 400);
}

#[tokio::test]
async fn more_than_names_of_people_takes_its_own_permission() {
    let reader = Wire::new().await;
    let (people, _) = reader.list("/v1.0/users?$select=id").await;
    let list = people.iter().take(15).map(|row| format!("'{}'", row["id"].as_str().unwrap())).collect::<Vec<_>>().join(",");
    let full = "id,displayName,userPrincipalName,accountEnabled,userType,onPremisesSyncEnabled";
    let path = format!("/v1.0/users?$filter=id in ({list})&$select={full}");
    let (status, body) = reader.get(&path).await;
    assert_eq!((status, rows(&body).len()), (200, 15));
    assert!(rows(&body).iter().any(|row| row["userType"] == "Guest") && rows(&body).iter().any(|row| row["accountEnabled"] == false));
    let basic = Wire::with_roles(&["User.ReadBasic.All"]).await;
    assert_eq!(basic.get(&path).await.0, 403);
    assert_eq!(basic.get(&format!("/v1.0/users?$filter=id in ({list})&$select=id,displayName,userPrincipalName")).await.0, 200);
    assert_eq!(Wire::with_roles(&["Application.Read.All"]).await.get(&path).await.0, 403);
}

#[tokio::test]
async fn the_lock_is_on_off_or_not_configured_and_beta_says_where() {
    let wire = Wire::new().await;
    let path = "applications?$top=999&$select=displayName,servicePrincipalLockConfiguration";
    for (version, scoped) in [("v1.0", false), ("beta", true)] {
        let (found, _) = wire.list(&format!("/{version}/{path}")).await;
        let lock = |name: &str| found.iter().find(|row| row["displayName"] == name).unwrap()["servicePrincipalLockConfiguration"].clone();
        assert_eq!(lock("Software factory")["isEnabled"], false);
        assert_eq!(lock("Endpoint toolkit runner")["isEnabled"], true);
        assert!(lock("Legacy packaging server").is_null());
        assert_eq!(lock("Software factory").get("enforcementScope").is_some(), scoped);
    }
}

#[tokio::test]
async fn federated_credentials_are_expanded_in_beta_and_held_by_an_identity() {
    let wire = Wire::new().await;
    let (found, _) = wire.list("/beta/applications?$expand=federatedIdentityCredentials&$top=999&$select=displayName").await;
    let release = found.iter().find(|row| row["displayName"] == "GitHub release to Intune").unwrap();
    let credentials = release["federatedIdentityCredentials"].as_array().unwrap();
    assert!(
        credentials.iter().any(|row| row["subject"].is_null() && row["claimsMatchingExpression"]["value"].as_str().unwrap().contains('*'))
    );
    let id = wire.id_named(PRINCIPALS, "func-intune-hygiene").await;
    let (own, _) = wire.list(&format!("/v1.0/servicePrincipals/{id}/federatedIdentityCredentials")).await;
    assert_eq!(own.len(), 1);
    let (_, one) = wire.get(&format!("/beta/servicePrincipals/{id}?$expand=federatedIdentityCredentials&$select=alternativeNames")).await;
    assert_eq!(one["federatedIdentityCredentials"][0]["id"], own[0]["id"]);
    assert_eq!(one["alternativeNames"][0], "isExplicit=True");
}

#[tokio::test]
async fn one_intune_resource_has_grants_and_the_other_does_not_exist() {
    let wire = Wire::new().await;
    let path = |app: &str| format!("/v1.0/servicePrincipals(appId='{app}')/appRoleAssignedTo?$top=999");
    let (grants, _) = wire.list(&path("c161e42e-d4df-4a3d-9b42-e7a3c31f59d4")).await;
    assert_eq!(grants.len(), 4);
    let (_, api) = wire.get("/v1.0/servicePrincipals(appId='c161e42e-d4df-4a3d-9b42-e7a3c31f59d4')").await;
    let roles: BTreeSet<&str> = api["appRoles"].as_array().unwrap().iter().filter_map(|role| role["id"].as_str()).collect();
    assert!(grants.iter().all(|grant| roles.contains(grant["appRoleId"].as_str().unwrap()) && grant["resourceId"] == api["id"]));
    let (status, body) = wire.get(&path("0000000a-0000-0000-c000-000000000000")).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("Request_ResourceNotFound")));
}

#[tokio::test]
async fn delegated_grants_are_listed_and_found_by_client() {
    let wire = Wire::new().await;
    let (all, _) = wire.list("/v1.0/oauth2PermissionGrants?$top=999").await;
    assert!(all.iter().any(|row| row["scope"].as_str().unwrap().starts_with(' ')));
    assert_eq!(ids(&all).len(), all.len());
    let client = wire.id_named(PRINCIPALS, "Packaging workbench").await;
    let (by_filter, _) = wire.list(&format!("/v1.0/oauth2PermissionGrants?$filter=clientId eq '{client}'")).await;
    let (by_object, _) = wire.list(&format!("/v1.0/servicePrincipals/{client}/oauth2PermissionGrants")).await;
    assert_eq!((by_filter.len(), &by_filter), (2, &by_object));
    let kinds: BTreeSet<&str> = by_filter.iter().filter_map(|row| row["consentType"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["AllPrincipals", "Principal"]));
    assert_eq!(Wire::with_roles(&["Application.Read.All"]).await.get("/v1.0/oauth2PermissionGrants").await.0, 403);
}

#[tokio::test]
async fn a_service_principal_is_intune_administrator() {
    let wire = Wire::new().await;
    let (plain, _) = wire.list("/v1.0/roleManagement/directory/roleAssignments").await;
    assert!(plain.iter().all(|row| row.get("principal").is_none()));
    let (held, _) = wire.list("/v1.0/roleManagement/directory/roleAssignments?$expand=principal").await;
    let intune = "3a2c62db-5318-420d-8d74-23affee5d9d5";
    let administrator =
        |row: &&Value| row["roleDefinitionId"] == intune && row["principal"]["@odata.type"] == "#microsoft.graph.servicePrincipal";
    assert_eq!(held.iter().find(administrator).unwrap()["principal"]["displayName"], data::access::INTUNE_ADMINISTRATOR);
    let (roles, _) = wire.list("/v1.0/roleManagement/directory/roleDefinitions").await;
    assert!(roles.iter().any(|row| row["id"] == intune && row["templateId"] == intune));
    let filtered = format!("/v1.0/roleManagement/directory/roleAssignments?$filter=roleDefinitionId eq '{intune}'");
    assert_eq!(wire.list(&filtered).await.0.len(), 2);
    assert_eq!(Wire::with_roles(&["Directory.Read.All"]).await.get(&filtered).await.0, 403);
}

#[tokio::test]
async fn intune_roles_need_three_answers() {
    let wire = Wire::new().await;
    let (assignments, _) = wire.list("/v1.0/deviceManagement/roleAssignments").await;
    assert!(assignments.iter().all(|row| row.get("roleDefinition").is_none() && !row["members"].as_array().unwrap().is_empty()));
    let (roles, _) = wire.list("/v1.0/deviceManagement/roleDefinitions").await;
    let mut below = Vec::new();
    for role in &roles {
        let path = format!("/v1.0/deviceManagement/roleDefinitions/{}/roleAssignments", role["id"].as_str().unwrap());
        below.extend(wire.list(&path).await.0);
    }
    assert_eq!(ids(&below), ids(&assignments));
    assert!(below.iter().all(|row| row["members"] == json!([])));
    let (expanded, _) = wire.list("/v1.0/deviceManagement/roleAssignments?$expand=roleDefinition").await;
    assert!(expanded.iter().all(|row| row["roleDefinition"].is_null() && row.get("members").is_none()));
}

#[tokio::test]
async fn one_approver_group_has_no_intune_role_and_a_service_principal_has_one() {
    let wire = Wire::new().await;
    let (assignments, _) = wire.list("/v1.0/deviceManagement/roleAssignments").await;
    let members: BTreeSet<&str> = assignments.iter().flat_map(|row| row["members"].as_array().unwrap()).filter_map(Value::as_str).collect();
    let tenant = &wire.simulator.shared.tenant;
    let approvers: BTreeSet<String> = tenant.policies.iter().flat_map(|policy| &policy.approvers).map(ToString::to_string).collect();
    assert_eq!(approvers.iter().filter(|id| !members.contains(id.as_str())).count(), 1);
    let bridge = wire.id_named(PRINCIPALS, data::access::IN_ROLE_GROUP).await;
    let mut found = false;
    for group in members {
        found |= ids(&wire.list(&format!("/v1.0/groups/{group}/members")).await.0).contains(&bridge);
    }
    assert!(found);
}

#[tokio::test]
async fn conditional_access_covers_one_excluded_application_and_not_another() {
    let wire = Wire::new().await;
    let (policies, _) = wire.list("/v1.0/identity/conditionalAccess/policies").await;
    assert!(policies.iter().any(|row| row["conditions"]["clientApplications"].is_null() && row["conditions"]["users"].is_object()));
    let covers = async |name: &str| {
        let id = wire.id_named(PRINCIPALS, name).await;
        let lists = |row: &Value, member: &str| {
            row["conditions"]["clientApplications"][member].as_array().is_some_and(|list| list.contains(&json!(id)))
        };
        policies
            .iter()
            .any(|row| row["state"] == "enabled" && lists(row, "includeServicePrincipals") && !lists(row, "excludeServicePrincipals"))
    };
    assert!(covers("Software factory").await && !covers("Endpoint toolkit runner").await && !covers("Driver catalogue bot").await);
}

#[tokio::test]
async fn an_application_is_exempt_from_the_app_management_policy() {
    let wire = Wire::new().await;
    let (status, default) = wire.get("/v1.0/policies/defaultAppManagementPolicy").await;
    assert_eq!((status, &default["isEnabled"]), (200, &json!(true)));
    assert!(default["applicationRestrictions"]["passwordCredentials"].as_array().unwrap().len() > 1);
    let (policies, _) = wire.list("/v1.0/policies/appManagementPolicies").await;
    let exemption = policies.iter().find(|row| row["displayName"] == "Packaging exemption").unwrap();
    let path = format!("/v1.0/policies/appManagementPolicies/{}/appliesTo", exemption["id"].as_str().unwrap());
    let (subjects, _) = wire.list(&format!("{path}?$select=id,appId,displayName")).await;
    let kinds: BTreeSet<&str> = subjects.iter().filter_map(|row| row["@odata.type"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["#microsoft.graph.application", "#microsoft.graph.servicePrincipal"]));
    assert!(subjects.iter().any(|row| row["displayName"] == "Software factory"));
    let policy = Wire::with_roles(&["Policy.Read.All"]).await;
    assert_eq!((policy.get("/v1.0/policies/appManagementPolicies").await.0, policy.get(&path).await.0), (200, 403));
}

#[tokio::test]
async fn risk_licences_and_the_switch_for_unlicensed_administrators_are_readable() {
    let wire = Wire::new().await;
    let (risky, _) = wire.list("/v1.0/identityProtection/riskyServicePrincipals?$filter=riskState eq 'atRisk'").await;
    assert!(risky.iter().any(|row| row["displayName"] == "Legacy packaging server" && row["riskLevel"] == "high"));
    assert!(risky.iter().any(|row| row["riskLevel"] == "hidden"));
    let (skus, _) = wire.list("/v1.0/subscribedSkus").await;
    assert!(skus[0]["servicePlans"].as_array().unwrap().iter().any(|plan| plan["servicePlanName"] == "INTUNE_A"));
    let (status, switch) = wire.get("/beta/deviceManagement?$select=unlicensedAdminstratorsEnabled").await;
    assert_eq!((status, &switch["unlicensedAdminstratorsEnabled"]), (200, &json!(false)));
    assert_eq!(wire.get("/v1.0/deviceManagement?$select=unlicensedAdminstratorsEnabled").await.0, 400);
    let other = Wire::with_roles(&["AuditLog.Read.All"]).await;
    for path in ["/v1.0/identityProtection/riskyServicePrincipals", "/v1.0/subscribedSkus", "/beta/deviceManagement"] {
        assert_eq!(other.get(path).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn the_new_rows_have_exactly_the_properties_that_can_be_selected() {
    let wire = Wire::new().await;
    for (path, known) in [
        ("/v1.0/oauth2PermissionGrants?$top=1", render_access::DELEGATED),
        ("/v1.0/roleManagement/directory/roleDefinitions", render_access::DIRECTORY_ROLE),
        ("/v1.0/deviceManagement/roleDefinitions", render_intune_roles::ROLE),
        ("/v1.0/deviceManagement/roleAssignments", render_intune_roles::ASSIGNMENT),
        ("/v1.0/policies/appManagementPolicies", render_access::APP_POLICY),
        ("/v1.0/identityProtection/riskyServicePrincipals", render_access::RISKY_PRINCIPAL),
        ("/v1.0/subscribedSkus", render_access::SKU),
        ("/beta/reports/appCredentialSignInActivities?$top=1", render_usage::KEY_USE),
        ("/beta/auditLogs/signIns?$top=1&$filter=signInEventTypes/any(t:t eq 'servicePrincipal')", render_usage::LOGGED),
    ] {
        let (_, body) = wire.get(path).await;
        let row = rows(&body)[0].as_object().unwrap();
        let names: BTreeSet<&str> = row.keys().map(String::as_str).filter(|name| !name.starts_with('@')).collect();
        assert_eq!(names, known.iter().copied().collect(), "{path}");
    }
}

#[tokio::test]
async fn a_count_comes_with_the_header_only_also_inside_a_batch() {
    let wire = Wire::new().await;
    let path = "/v1.0/servicePrincipals?$count=true&$top=1&$select=id";
    assert!(wire.get(path).await.1.get("@odata.count").is_none());
    assert_eq!(wire.get_with(path, "ConsistencyLevel", "eventual").await.1["@odata.count"], 300);
    let item = json!({"id": "1", "method": "GET", "url": path.strip_prefix("/v1.0"), "headers": {"ConsistencyLevel": "eventual"}});
    let (_, body) = wire.post("/v1.0/$batch", &json!({"requests": [item]})).await;
    assert_eq!(body["responses"][0]["body"]["@odata.count"], 300);
}
