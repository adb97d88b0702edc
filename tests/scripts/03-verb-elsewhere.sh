#!/bin/sh
call() {
  curl --request "$1" --url "https://graph.microsoft.com/beta/$2" --header "Authorization: Bearer $TOKEN" --data "$3"
}
call GET deviceAppManagement/mobileApps
call POST "deviceAppManagement/mobileApps/$ID/assign" '{}' # MAA: app assign
az rest --method patch --url "https://graph.microsoft.com/beta/deviceManagement/deviceManagementScripts/$ID" --body @x.json # MAA: script update
curl -XPOST -d '{}' "https://graph.microsoft.com/beta/deviceManagement/managedDevices/$ID/retire" # MAA: deviceRetire retire
echo "curl -X DELETE https://graph.microsoft.com/beta/deviceManagement/managedDevices/1"
az rest --method get --url https://graph.microsoft.com/beta/deviceManagement/roleDefinitions
