function Get-Paths#1 {
    $graphApiVersion = 'Beta'
    $resources = 'deviceManagement/deviceManagementScripts', 'deviceManagement/deviceHealthScripts', 'deviceManagement/deviceShellScripts'
    foreach ($resource in $resources) {
        try {
            $uri = "https://graph.microsoft.com/$graphApiVersion/$resource"
            (Invoke-RestMethod -Uri $uri -Headers $authToken -Method Get).value
        } catch {
            $response = $_.Exception.Response
            Write-Host "Request to $uri failed with $($response.StatusCode) $($response.StatusDescription)" -ForegroundColor Red
        }
    }
}

function Add-Script#1 {
    param($File, $Name = "script-#2")
    $json = @"
{
    "@odata.type": "#microsoft.graph.deviceManagementScript",
    "displayName": "$Name",
    "scriptContent": "$([Convert]::ToBase64String([IO.File]::ReadAllBytes($File)))",
    "runAsAccount": "system",
    "fileName": "$File"
}
"@
    $uri = "https://graph.microsoft.com/Beta/deviceManagement/deviceManagementScripts"
    $script = Invoke-RestMethod -Uri $uri -Headers $authToken -Method Post -Body $json -ContentType 'application/json'
    $batch = @{ requests = @(
        @{ id = '1'; method = 'DELETE'; url = "/deviceManagement/deviceManagementScripts/$($script.id)" }
        @{ id = '2'; method = 'GET'; url = "/users/$Site" }
    ) }
    Invoke-RestMethod -Uri 'https://graph.microsoft.com/beta/$batch' -Headers $authToken -Method Post -Body ($batch | ConvertTo-Json -Depth 5)
}
Add-Script#1 -File ".\scripts\part-#3.ps1"

