#Requires -Version 5.1
#Requires -RunAsAdministrator
# Takes the task away again, as administrator. The history stays.
$ErrorActionPreference = 'Stop'
Unregister-ScheduledTask -TaskName 'maascan' -Confirm:$false
$folder = Join-Path $env:ProgramData 'maascan'
# The certificate and the address of the notice. Take the certificate from the application in Entra ID as well.
foreach ($name in 'maascan-weekly.ps1', 'certificate.pem', 'notify-url', 'cache') {
    $path = Join-Path $folder $name
    if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force }
}
$store = @STORE@
"the history is kept in $store"
