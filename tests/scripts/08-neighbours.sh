root=https://graph.microsoft.com/beta
curl -X POST "$root/deviceManagement/managedDevices/$1/rebootNow"
curl -X DELETE "$root/deviceManagement/windowsAutopilotDeviceIdentities/$1"
az rest --method patch --url "$root/roleManagement/directory/roleDefinitions/$1" --body @role.json
