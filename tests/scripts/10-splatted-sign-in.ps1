# AUTH: app
$sign = @{ ClientId = $client; TenantId = $tenant }
$sign['CertificateThumbprint'] = $thumb
Connect-MgGraph @sign
Remove-MgDeviceAppManagementMobileApp -MobileAppId $id # MAA: app delete
