$body = @"
{
  "requests": [
    { "id": "1", "method": "GET", "url": "/deviceManagement/managedDevices" },
    { "id": "2", "method": "POST", "url": "/deviceManagement/managedDevices/$id/wipe", "body": $options },
    { "id": "3", "method": "DELETE", "url": "/deviceAppManagement/mobileApps/$app" }
  ]
}
"@
Invoke-MgGraphRequest -Method POST -Uri 'https://graph.microsoft.com/v1.0/$batch' -Body $body # MAA: deviceWipe wipe, app delete
$many = @{ requests = @(
        @{ id = '1'; method = 'DELETE'; url = "/deviceManagement/roleDefinitions/$id" } # MAA: role delete
    )
}
Invoke-RestMethod -Method Post -Uri 'https://graph.microsoft.com/v1.0/$batch' -Headers $h -Body ($many | ConvertTo-Json -Depth 5)
