$uri = 'https://graph.microsoft.com/beta/deviceManagement/managedDevices'
$devices = Invoke-RestMethod -Uri $uri -Headers $headers
$batch = @{
    requests = @(
        @{ id = '1'; method = 'GET'; url = '/deviceAppManagement/mobileApps' }
        @{ id = '2'; method = 'GET'; url = '/deviceManagement/deviceHealthScripts' }
    )
}
Invoke-RestMethod -Method Post -Uri 'https://graph.microsoft.com/v1.0/$batch' -Body ($batch | ConvertTo-Json -Depth 5)
Invoke-MgGraphRequest -Method POST -Uri '/beta/deviceManagement/reports/getDeviceInstallStatusReport' -Body $b
