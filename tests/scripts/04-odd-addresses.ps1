Invoke-Elsewhere -Method Delete -Resource "/deviceManagement/managedDevices/$id" # MAA: deviceDelete delete
Invoke-RestMethod -Method Post -Uri "https://graph.microsoft.us/v1.0/deviceManagement/managedDevices('$id')/wipe" # MAA: deviceWipe wipe
irm "https://graph.microsoft.com/beta/managedDevices/$id" -Method DELETE # MAA: deviceDelete delete
Invoke-MSGraphRequest -HttpMethod PATCH -Url "deviceAppManagement/mobileApps/$id" -Content $json # MAA: app update
