# AUTH: app
Connect-MgGraph -ClientId $id -TenantId $tenant -CertificateThumbprint $thumb
function Invoke-Api {
    [CmdletBinding()]
    param(
        [Parameter(ParameterSetName = 'Get')] [switch] $Get,
        [Parameter(ParameterSetName = 'Delete')] [switch] $Delete,
        [string] $Resource
    )
    $method = switch ($PSCmdlet.ParameterSetName) {
        'Get' { 'GET' }
        'Delete' { 'DELETE' }
    }
    Invoke-MgGraphRequest -Method $method -Uri "https://graph.microsoft.com/beta/$Resource"
}
Invoke-Api -Get -Resource 'deviceAppManagement/mobileApps'
Invoke-Api -Delete -Resource "deviceAppManagement/mobileApps/$appId" # MAA: app delete
$call = @{
    Method = 'POST'
    Uri    = "/beta/deviceManagement/managedDevices/$deviceId/retire"
}
Invoke-MgGraphRequest @call # MAA: deviceRetire retire
$verb = 'PATCH'
$more = @{ Uri = "v1.0/deviceManagement/deviceCategories/$c" }
Invoke-MgGraphRequest @more -Method $verb -Body $body # MAA: tenantConfiguration update
