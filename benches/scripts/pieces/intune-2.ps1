Connect-MgGraph -TenantId $tenant -ClientId $env:CLIENT_ID -CertificateThumbprint $env:THUMBPRINT -NoWelcome
$resource#1 = 'deviceAppManagement/mobileApps'
$uri#1 = "https://graph.microsoft.com/beta/$resource#1"
$apps#1 = (Invoke-MgGraphRequest -Method GET -Uri "$uri#1`?`$filter=isof('microsoft.graph.win32LobApp')").value
foreach ($app in $apps#1) {
    if ($app.displayName -match 'Part #2') {
        $body = @{ '@odata.type' = '#microsoft.graph.win32LobApp'; notes = "Seen on $(Get-Date -Format d)" } | ConvertTo-Json
        Invoke-MgGraphRequest -Method PATCH -Uri "$uri#1/$($app.id)" -Body $body -ContentType 'application/json'
    } elseif ($Force -and $app.displayVersion -lt '#3.0') {
        Remove-MgBetaDeviceAppManagementMobileApp -MobileAppId $app.id -Confirm:$false
    }
}
Get-MgDeviceManagementManagedDevice -All | Where-Object LastSyncDateTime -LT (Get-Date).AddDays(-#1) | ForEach-Object {
    Invoke-MgRetireDeviceManagementManagedDevice -ManagedDeviceId $_.Id
}

