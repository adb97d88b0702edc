# AUTH: delegated
. $PSScriptRoot/lib/graph.ps1
Connect-MgGraph -Scopes 'DeviceManagementRBAC.ReadWrite.All'
Clear-Apps # MAA: app delete
Edit-Thing 'roleDefinitions' $id $change # MAA: role update
