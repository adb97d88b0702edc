# APPROVAL: broken
# PROBLEM: plain-justification
# PROBLEM: encoded-code
# PROBLEM: other-body
# PROBLEM: repeated-request
$first = @{ displayName = 'one' } | ConvertTo-Json
$second = @{ displayName = 'two' } | ConvertTo-Json
$uri = "https://graph.microsoft.com/beta/deviceManagement/deviceHealthScripts/$id"
while (-not $done) {
    Invoke-RestMethod -Uri $uri -Method Patch -Headers @{ 'x-msft-approval-justification' = 'please, it is urgent' } -Body $first # MAA: script update
    Start-Sleep 60
}
$code = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($given))
Invoke-RestMethod -Uri $uri -Method Patch -Headers @{ 'x-msft-approval-code' = $code } -Body $second # MAA: script update
