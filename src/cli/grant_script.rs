//! Commands that make the application that maascan signs in as, and grant it what it needs. They were written after the
//! documentation of both tools and have not been run against a tenant by this project.

use super::needs::Need;
use super::permissions::Script;
use crate::graph::Cloud;

const AZURE_CLI: &str = r#"#!/bin/sh
# Makes the application maascan and grants it these application permissions on Microsoft Graph, which only read:
@NAMES@
# Written after the documentation of the Azure CLI, and not run against a tenant by this project: read it first.
# Before: az cloud set --name @AZURE@ && az login --allow-no-subscriptions, as Privileged Role Administrator.
set -eu
umask 077
app=$(az ad app create --display-name maascan --sign-in-audience AzureADMyOrg --query appId --output tsv)
principal=$(az ad sp create --id "$app" --query id --output tsv)
graph=$(az ad sp show --id 00000003-0000-0000-c000-000000000000 --query id --output tsv)
for role in @IDS@; do
  az rest --method POST --uri "@ORIGIN@/v1.0/servicePrincipals/$principal/appRoleAssignments" \
    --headers Content-Type=application/json --output none \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$graph\",\"appRoleId\":\"$role\"}"
done
# A certificate for @DAYS@ days. Its private key is made here and stays here.
openssl req -x509 -newkey rsa:3072 -sha256 -nodes -days @DAYS@ -subj /CN=maascan -keyout maascan.key -out maascan.crt
az ad app credential reset --id "$app" --append --cert @maascan.crt --output none
cat maascan.crt maascan.key > maascan.pem
rm maascan.key maascan.crt
echo "export AZURE_TENANT_ID=$(az account show --query tenantId --output tsv)"
echo "export AZURE_CLIENT_ID=$app"
echo "export AZURE_CLIENT_CERTIFICATE_PATH=$PWD/maascan.pem"
echo "maascan doctor@FLAG@"
"#;

const POWERSHELL: &str = r#"#Requires -Version 7.4
#Requires -Modules Microsoft.Graph.Applications
# Makes the application maascan and grants it these application permissions on Microsoft Graph, which only read:
@NAMES@
# Written after the documentation of Graph PowerShell, and not run against a tenant by this project: read it first.
# Sign in as Privileged Role Administrator.
$ErrorActionPreference = 'Stop'
Connect-MgGraph -Environment @ENVIRONMENT@ -Scopes Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All -NoWelcome
$app = New-MgApplication -DisplayName maascan -SignInAudience AzureADMyOrg
$principal = New-MgServicePrincipal -AppId $app.AppId
$graph = Get-MgServicePrincipal -Filter "appId eq '00000003-0000-0000-c000-000000000000'"
foreach ($role in @QUOTED@) {
    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id -PrincipalId $principal.Id `
        -ResourceId $graph.Id -AppRoleId $role | Out-Null
}
# A certificate for @DAYS@ days. Its private key is made here and stays here.
$key = [System.Security.Cryptography.RSA]::Create(3072)
$request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=maascan', $key,
    [System.Security.Cryptography.HashAlgorithmName]::SHA256, [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
$certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddMinutes(-5), [DateTimeOffset]::UtcNow.AddDays(@DAYS@))
Update-MgApplication -ApplicationId $app.Id -KeyCredentials @(@{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData })
$file = Join-Path $PWD 'maascan.pem'
Set-Content -Path $file -Value ($certificate.ExportCertificatePem() + "`n" + $key.ExportPkcs8PrivateKeyPem())
"`$env:AZURE_TENANT_ID = '$((Get-MgContext).TenantId)'"
"`$env:AZURE_CLIENT_ID = '$($app.AppId)'"
"`$env:AZURE_CLIENT_CERTIFICATE_PATH = '$file'"
"maascan doctor@FLAG@"
"#;

/// Days that the certificate is valid: as long as maascan's own rules let a certificate be valid without a finding.
const DAYS: &str = "180";

/// The script that grants `needs` in `cloud`.
pub(super) fn render(script: Script, needs: &[&Need], cloud: Cloud) -> String {
    let template = match script {
        Script::AzureCli => AZURE_CLI,
        Script::Powershell => POWERSHELL,
    };
    let names: Vec<String> =
        needs.iter().map(|need| format!("#   {}  {}", need.permission.app_role_id(), need.permission.name())).collect();
    let ids: Vec<&str> = needs.iter().map(|need| need.permission.app_role_id()).collect();
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let flag = if cloud == Cloud::Global { String::new() } else { format!(" --cloud {}", cloud.name()) };
    [
        ("@NAMES@", names.join("\n")),
        ("@IDS@", ids.join(" ")),
        ("@QUOTED@", quoted.join(", ")),
        ("@DAYS@", DAYS.to_owned()),
        ("@ORIGIN@", cloud.graph_origin().to_owned()),
        ("@AZURE@", azure_name(cloud).to_owned()),
        ("@ENVIRONMENT@", environment(cloud).to_owned()),
        ("@FLAG@", flag),
    ]
    .iter()
    .fold(template.to_owned(), |text, (place, value)| text.replace(place, value))
}

/// The cloud as `az cloud set` calls it. DoD has no name of its own there.
pub(super) fn azure_name(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "AzureCloud",
        Cloud::UsGov | Cloud::UsGovDod => "AzureUSGovernment",
        Cloud::China => "AzureChinaCloud",
    }
}

/// The cloud as `Connect-MgGraph` calls it.
fn environment(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "Global",
        Cloud::UsGov => "USGov",
        Cloud::UsGovDod => "USGovDoD",
        Cloud::China => "China",
    }
}

#[cfg(test)]
mod tests {
    use super::super::needs::needs;
    use super::*;

    #[test]
    fn nothing_of_the_template_is_left_and_every_permission_is_there() {
        let needs = needs().unwrap();
        let all: Vec<&Need> = needs.iter().collect();
        for script in [Script::AzureCli, Script::Powershell] {
            for cloud in [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China] {
                let text = render(script, &all, cloud);
                let upper = |word: &&str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
                let left: Vec<&str> = text.split('@').skip(1).step_by(1).filter(upper).collect();
                assert!(left.is_empty(), "{left:?}");
                for need in &needs {
                    assert!(text.matches(need.permission.app_role_id()).count() >= 2, "{}", need.permission);
                }
            }
        }
        assert!(render(Script::AzureCli, &all, Cloud::China).contains("https://microsoftgraph.chinacloudapi.cn/v1.0/servicePrincipals"));
        assert!(render(Script::Powershell, &all, Cloud::UsGovDod).contains("-Environment USGovDoD"));
    }

    #[test]
    fn the_scripts_are_as_they_were() {
        let needs = needs().unwrap();
        let least: Vec<&Need> = needs.iter().filter(|need| !need.optional).collect();
        insta::assert_snapshot!("azure_cli", render(Script::AzureCli, &least, Cloud::Global));
        insta::assert_snapshot!("powershell", render(Script::Powershell, &least, Cloud::UsGov));
    }
}
