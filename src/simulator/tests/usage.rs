//! The sign-in logs over HTTP, and how quickly a large tenant is served.

use super::*;

const SERVICE_PRINCIPAL: &str = "signInEventTypes/any(t:t eq 'servicePrincipal')";
const MANAGED_IDENTITY: &str = "signInEventTypes/any(t:t eq 'managedIdentity')";

#[tokio::test]
async fn one_secret_was_used_and_the_other_was_not() {
    let wire = Wire::new().await;
    let (rows, _) = wire.list("/beta/reports/appCredentialSignInActivities?$top=50").await;
    assert_eq!(ids(&rows).len(), rows.len());
    assert!(rows.iter().all(|row| row["servicePrincipalObjectId"].is_null() && row["expirationDateTime"].is_string()));
    let kinds: BTreeSet<&str> = rows.iter().filter_map(|row| row["keyType"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["certificate", "password"]));
    let factory = wire.simulator.app_id_of("Software factory").unwrap();
    let (own, _) = wire.list(&format!("/beta/reports/appCredentialSignInActivities?$filter=appId eq '{factory}'")).await;
    let (application, _) = wire.list(&format!("/v1.0/applications?$filter=appId eq '{factory}'")).await;
    let secrets = application[0]["passwordCredentials"].as_array().unwrap();
    assert_eq!((own.len(), secrets.len()), (1, 2));
    assert!(secrets.iter().any(|secret| secret["keyId"] == own[0]["keyId"]));
    assert_eq!(wire.get("/v1.0/reports/appCredentialSignInActivities").await.0, 400);
}

#[tokio::test]
async fn a_row_of_the_activity_report_is_found_by_app_id_and_one_comes_bare() {
    let wire = Wire::new().await;
    let path = |name: &str| {
        let app = wire.simulator.app_id_of(name).unwrap();
        format!("/beta/reports/servicePrincipalSignInActivities?$filter=appId eq '{app}'")
    };
    assert_eq!(wire.get(&path("Software factory")).await.1["value"].as_array().unwrap().len(), 1);
    let (_, bare) = wire.get(&path("Scripted printer setup")).await;
    assert!(bare.get("value").is_none() && bare["lastSignInActivity"].is_object(), "{bare}");
}

#[tokio::test]
async fn single_sign_ins_come_by_kind_and_by_time() {
    let wire = Wire::new().await;
    let path = |filter: &str| format!("/beta/auditLogs/signIns?$filter={filter}");
    let (all, pages) = wire.list(&path(SERVICE_PRINCIPAL)).await;
    assert!(all.len() > 1_000 && pages == all.len().div_ceil(1_000), "{} rows, {pages} pages", all.len());
    assert!(all.iter().all(|row| row["signInEventTypes"] == json!(["servicePrincipal"]) && row["userId"] == ""));
    let (managed, _) = wire.list(&path(MANAGED_IDENTITY)).await;
    assert!(!managed.is_empty() && managed.iter().all(|row| row["clientCredentialType"] == "managedIdentity"));
    let day = "createdDateTime ge 2026-10-20T00:00:00Z and createdDateTime lt 2026-10-21T00:00:00Z";
    let (of_day, _) = wire.list(&path(&format!("{SERVICE_PRINCIPAL} and {day}"))).await;
    assert!(!of_day.is_empty() && of_day.iter().all(|row| row["createdDateTime"].as_str().unwrap().starts_with("2026-10-20")));
    let app = wire.simulator.app_id_of("Software factory").unwrap();
    let (own, _) = wire.list(&path(&format!("{SERVICE_PRINCIPAL} and appId eq '{app}'"))).await;
    assert!(own.iter().all(|row| row["appId"] == app.as_str() && row["servicePrincipalCredentialKeyId"] != ""));
    assert!(own.iter().any(|row| row["ipAddress"].as_str().unwrap().starts_with("198.51.100.")));
}

#[tokio::test]
async fn what_the_sign_in_log_does_not_offer_is_refused() {
    let wire = Wire::new().await;
    assert_eq!(wire.list("/beta/auditLogs/signIns").await.0.len(), 0);
    for wrong in [
        format!("/beta/auditLogs/signIns?$filter={SERVICE_PRINCIPAL} and {MANAGED_IDENTITY}"),
        format!("/v1.0/auditLogs/signIns?$filter={SERVICE_PRINCIPAL}"),
        "/beta/auditLogs/signIns?$top=1001".into(),
    ] {
        assert_eq!(wire.get(&wrong).await.0, 400, "{wrong}");
    }
    assert_eq!(Wire::with_roles(&["Application.Read.All"]).await.get("/beta/auditLogs/signIns").await.0, 403);
}

#[tokio::test]
async fn a_large_tenant_is_served_whole_and_quickly() {
    let wire = Wire::with(Settings { service_principals: 30_000, ..Settings::default() }).await;
    let begun = std::time::Instant::now();
    let (principals, pages) = wire.list("/v1.0/servicePrincipals?$top=999&$select=id").await;
    assert_eq!((principals.len(), ids(&principals).len(), pages), (30_000, 30_000, 31));
    let (applications, _) = wire.list("/v1.0/applications?$top=999&$select=id&$expand=owners").await;
    assert!(applications.len() > 10_000);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}
