# PROBLEM: untold-target
$graphRoot = 'https://graph.microsoft.com/v1.0/deviceManagement'

function Edit-Thing($what, $key, $body) {
    $send = @{ Method = 'PATCH'; Uri = "$graphRoot/$what/$key"; Body = $body }
    Invoke-MgGraphRequest @send
}

function Clear-Apps {
    Invoke-MgGraphRequest -Method DELETE -Uri "https://graph.microsoft.com/v1.0/deviceAppManagement/mobileApps/$one" # MAA: app delete
}
function Remove-Here { Edit-Thing "$place" $key }
function Clear-Twice { Clear-Apps; Clear-Apps }
