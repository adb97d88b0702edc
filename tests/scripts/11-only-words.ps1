# APPROVAL: absent
Write-Warning "You must set the x-msft-approval-justification and x-msft-approval-code headers"
Invoke-MgGraphRequest -Method PATCH -Uri 'https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1' -Body $body # MAA: app update
Remove-MgDeviceManagementRoleDefinition -RoleDefinitionId 1 # MAA: role delete
