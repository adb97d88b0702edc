# AUTH: both
if ($Interactive) { Connect-MgGraph -Scopes $scopes } else { Connect-MgGraph -Identity }
Remove-MgDeviceAppManagementMobileApp -MobileAppId $id # MAA: app delete
