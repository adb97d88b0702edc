# AUTH: app
Connect-MgGraph -EnvironmentVariable
Remove-MgDeviceAppManagementMobileApp -MobileAppId $id # MAA: app delete
