# APPROVAL: broken
# PROBLEM: plain-justification
# PROBLEM: long-justification
# PROBLEM: other-body
# PROBLEM: repeated-request
param([string] $Justification = 'Because we need it')
$uri = "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/$id"
$why = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('why'))
$headers = @{}
$headers['x-msft-approval-justification'] = $Justification
Invoke-MgGraphRequest -Method PATCH -Uri $uri -Headers $headers -Body '{"a":1}' # MAA: app update
$much = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('A' * 1500))
Invoke-MgGraphRequest -Method PATCH -Uri $uri -Headers @{ 'x-msft-approval-justification' = $much } -Body '{"a":1}' # MAA: app update
Invoke-MgGraphRequest -Method PATCH -Uri $uri -Headers @{ 'x-msft-approval-justification' = 'eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4' } -Body '{"a":1}' # MAA: app update
foreach ($try in 1..5) {
    Invoke-MgGraphRequest -Method PATCH -Uri $uri -Headers @{ 'x-msft-approval-justification' = $why } -Body '{"a":1}' # MAA: app update
}
Invoke-RestMethod -Method PATCH -Uri $uri -Headers @{ 'x-msft-approval-justification' = $why } -Body '{"a":1}' -MaximumRetryCount 5 # MAA: app update
1..5 | ForEach-Object {
    Invoke-MgGraphRequest -Method PATCH -Uri $uri -Headers @{ 'x-msft-approval-justification' = $why } -Body '{"a":1}' # MAA: app update
}
function Invoke-Again { param([scriptblock] $Block) for ($i = 0; $i -lt 5; $i++) { try { return & $Block } catch { Start-Sleep 30 } } }
Invoke-Again { Invoke-RestMethod -Method PATCH -Uri $uri -Headers @{ 'x-msft-approval-justification' = $why } -Body '{"a":1}' } # MAA: app update
Invoke-RestMethod -Method PATCH -Uri $uri -Headers @{ 'x-msft-approval-code' = $code } -Body '{"a":2}' # MAA: app update
Invoke-RestMethod -Method PATCH -Uri $uri -Headers @{ 'x-msft-approval-code' = $code } # MAA: app update
