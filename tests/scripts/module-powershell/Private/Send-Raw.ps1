function Send-Raw {
    param($Verb, $Address, $Headers, $Content)
    $token = Get-Token
    Invoke-RestMethod -Uri $Address -Method $Verb -Headers ($Headers + @{ Authorization = "Bearer $token" }) -Body $Content
}

function Get-Token {
    Connect-AzAccount -Identity | Out-Null
    (Get-AzAccessToken -ResourceUrl 'https://graph.microsoft.com').Token
}
