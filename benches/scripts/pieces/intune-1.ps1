function Invoke-Graph#1 {
    param([string]$Method = 'GET', [string]$Path, $Body)
    $splat = @{ Method = $Method; Uri = "$graph/$Version/$Path"; Headers = @{ Authorization = "Bearer $token"; 'Content-Type' = 'application/json' } }
    if ($Body) { $splat.Body = $Body | ConvertTo-Json -Depth 10 }
    $answer = Invoke-RestMethod @splat
    $values = $answer.value
    while ($answer.'@odata.nextLink') {
        $answer = Invoke-RestMethod -Method GET -Uri $answer.'@odata.nextLink' -Headers $splat.Headers
        $values += $answer.value
    }
    return $values
}

$policies#1 = Invoke-Graph#1 -Path 'deviceManagement/configurationPolicies'
foreach ($policy in $policies#1 | Where-Object { $_.name -like "site-$Site-*" }) {
    $body = @{ assignments = @(@{ target = @{ '@odata.type' = '#microsoft.graph.groupAssignmentTarget'; groupId = $groupId } }) }
    if ($PSCmdlet.ShouldProcess($policy.name)) {
        Invoke-Graph#1 -Method POST -Path "deviceManagement/configurationPolicies/$($policy.id)/assign" -Body $body
    }
    switch ($policy.state) {
        'old' { Invoke-Graph#1 -Method DELETE -Path ("deviceManagement/configurationPolicies('{0}')" -f $policy.id) }
        'stale' { Invoke-Graph#1 -Method PATCH -Path "deviceManagement/configurationPolicies/$($policy.id)" -Body @{ name = "old-$($policy.name)" } }
    }
}

