# AUTH: both
param([string] $Secret)
if ($Secret) {
    $credential = New-Object PSCredential($ClientId, $Secret)
    Connect-MgGraph -TenantId $t -ClientSecretCredential $credential
} else {
    Connect-MgGraph -Scopes 'DeviceManagementApps.ReadWrite.All'
}
Invoke-MgGraphRequest -Method POST -Uri "/v1.0/deviceAppManagement/mobileApps/$id/assign" -Body $b # MAA: app assign
