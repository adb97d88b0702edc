# AUTH: app
# APPROVAL: present
Connect-MgGraph -Identity
$reason = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("Removal of $name, ticket $ticket"))
function Send-Request($Method, $Uri, $Body) {
    $headers = @{ 'x-msft-approval-justification' = $reason }
    if ($code) { $headers = @{ 'x-msft-approval-code' = $code } }
    Invoke-MgGraphRequest -Method $Method -Uri $Uri -Headers $headers -Body $Body
}
Send-Request DELETE "/beta/deviceAppManagement/mobileApps/$id" # MAA: app delete
