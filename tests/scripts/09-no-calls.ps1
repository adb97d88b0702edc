<#
.EXAMPLE
Invoke-MgGraphRequest -Method DELETE -Uri "/beta/deviceAppManagement/mobileApps/$id"
#>
# Invoke-MgGraphRequest -Method DELETE -Uri "/beta/deviceAppManagement/mobileApps/$id"
$help = @"
Invoke-RestMethod -Method Post -Uri https://graph.microsoft.com/beta/deviceManagement/deviceHealthScripts
"@
Write-Host "POST https://graph.microsoft.com/beta/deviceManagement/managedDevices/$id/wipe"
Find-MgGraphCommand -Uri 'deviceManagement/managedDevices/{id}/wipe' -Method POST
$scopes = 'DeviceManagementApps.ReadWrite.All', 'DeviceManagementManagedDevices.PrivilegedOperations.All'
Describe 'removal' {
    It 'deletes' {
        Invoke-MgGraphRequest -Method DELETE -Uri "/beta/deviceAppManagement/mobileApps/1"
    }
}
