# AUTH: app
# The same function with the same arguments writes to where a variable of the caller says, and at each of its calls.
. "$PSScriptRoot/lib/graph.ps1"
. "$PSScriptRoot/lib/connect.ps1"
Connect-AsApp
$place = 'deviceCategories'
Remove-Here # MAA: tenantConfiguration update
$place = 'roleDefinitions'
Remove-Here # MAA: role update
Clear-Twice # MAA: app delete
Clear-Apps # MAA: app delete
