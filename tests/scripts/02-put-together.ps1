param([ValidateSet('win', 'mac')] [string] $Platform, [string] $Id)
function Get-Endpoint([string] $kind) {
    if ($kind -eq 'policy') { return 'deviceManagement/configurationPolicies' }
    return 'deviceManagement/deviceCompliancePolicies'
}
$template = 'https://graph.microsoft.com/{0}/{1}'
$uri = switch ($Platform) {
    'win' { $template -f 'beta', "deviceManagement/deviceManagementScripts/$Id" }
    'mac' { $template -f 'beta', "deviceManagement/deviceShellScripts/$Id" }
}
Invoke-RestMethod -Uri $uri -Method Patch -Headers $headers -Body $body # MAA: script update
$policy = Get-Endpoint 'policy'
Invoke-RestMethod -Uri "https://graph.microsoft.com/beta/$policy" -Method Post -Headers $headers -Body $body # MAA: configurationPolicy create
$here = @"
https://graph.microsoft.com/beta/deviceManagement/roleDefinitions/$Id
"@
Invoke-RestMethod -Uri $here -Method Delete -Headers $headers # MAA: role delete
