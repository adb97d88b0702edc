# APPROVAL: partial
# Each request is for another object: nothing is repeated.
$why = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('why'))
while ($queue.Count -gt 0) {
    $id = $queue.Dequeue()
    Invoke-MgGraphRequest -Method DELETE -Uri "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/$id" -Headers @{ 'x-msft-approval-justification' = $why } # MAA: app delete
}
for ($i = 0; $i -lt $apps.Count; $i++) {
    Invoke-MgGraphRequest -Method DELETE -Uri "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/$($apps[$i].id)" -Headers @{ 'x-msft-approval-justification' = $why } # MAA: app delete
}
