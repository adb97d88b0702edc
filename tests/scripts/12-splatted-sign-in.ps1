# AUTH: app
$who = @{ ClientId = $client; TenantId = $tenant; CertificateThumbprint = $print }
Connect-MgGraph @who
Remove-MgDeviceAppManagementMobileApp -MobileAppId $id # MAA: app delete
