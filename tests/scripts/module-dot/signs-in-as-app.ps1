# AUTH: app
. "$PSScriptRoot\lib\connect.ps1"
Connect-AsApp
Invoke-MgGraphRequest -Method DELETE -Uri "/beta/deviceManagement/roleDefinitions/$id" # MAA: role delete
