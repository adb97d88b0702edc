# AUTH: app
Connect-MgGraph -Identity
$base = 'https://graph.microsoft.com/beta'
$kinds = @(
    @{ Name = 'apps'; Path = 'deviceAppManagement/mobileApps' }
    @{ Name = 'remediations'; Path = 'deviceManagement/deviceHealthScripts' }
    @{ Name = 'filters'; Path = 'deviceManagement/assignmentFilters' }
)
$targets = @()
foreach ($kind in $kinds) {
    foreach ($id in Get-Content "$($kind.Name).txt") {
        $targets += , @($kind.Path, $id)
    }
}

function Clear-Everything {
    foreach ($target in $targets) {
        Invoke-MgGraphRequest -Method DELETE -Uri ($base + '/' + $target[0] + '/' + $target[1]) # MAA: app delete, script delete
    }
}
Clear-Everything
