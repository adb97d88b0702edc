# AUTH: app
Connect-MSIntuneGraph -TenantID $t -ClientID $c -ClientSecret $s
New-MgBetaDeviceAppManagementMobileApp -BodyParameter $app # MAA: app create
Update-MgDeviceManagementDeviceCompliancePolicy -DeviceCompliancePolicyId $id -BodyParameter $b # MAA: compliancePolicy update
Remove-MgBetaDeviceManagementScript -DeviceManagementScriptId $id # MAA: script delete
Clear-MgDeviceManagementManagedDevice -ManagedDeviceId $id # MAA: deviceWipe wipe
Add-IntuneWin32App @package # MAA: app create
New-IntuneWin32AppPackage -SourceFolder $s -OutputFolder $o
Deploy-WtWin32App -PackageId 'A.B' # MAA: app create
Remove-IntuneManagedDevice -managedDeviceId $id # MAA: deviceDelete delete
Get-MgBetaDeviceManagementDeviceHealthScript -All
Restart-MgDeviceManagementManagedDeviceNow -ManagedDeviceId $id
New-MgBetaDeviceManagementAssignmentFilter -BodyParameter $f
