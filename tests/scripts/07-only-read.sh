# AUTH: unknown
root=https://graph.microsoft.com/beta
curl -s -H "Authorization: Bearer $token" "$root/deviceManagement/managedDevices"
curl -s -X POST "$root/deviceManagement/reports/getDeviceNonComplianceReport" -d '{"top":50}'
curl -s -X POST 'https://graph.microsoft.com/v1.0/$batch' -d '{"requests":[{"id":"1","method":"GET","url":"/deviceAppManagement/mobileApps"}]}'
address="$root/deviceManagement/deviceHealthScripts/$1"
az rest --url "$address"
az rest --method delete --url "$address" # MAA: script delete
