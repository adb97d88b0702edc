# AUTH: both
. (Join-Path $PSScriptRoot 'lib/connect.ps1')
Invoke-MgGraphRequest -Method DELETE -Uri "/beta/deviceManagement/roleDefinitions/$id" # MAA: role delete
