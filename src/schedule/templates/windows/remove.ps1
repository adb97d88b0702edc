#Requires -Version 5.1
#Requires -RunAsAdministrator
# Takes the task away again, as administrator. The history stays, and so does the certificate, unless -Purge is given.
param([switch] $Purge)
$ErrorActionPreference = 'Stop'
if (Get-ScheduledTask -TaskName 'maascan' -ErrorAction SilentlyContinue) {
    Unregister-ScheduledTask -TaskName 'maascan' -Confirm:$false
}
$folder = Join-Path $env:ProgramData 'maascan'
$cache = Join-Path $folder 'cache'
if (Test-Path -LiteralPath $cache) { Remove-Item -LiteralPath $cache -Recurse -Force }
# The certificate with its private key, and the address of the notice: whoever installs this again needs them.
$names = @('maascan-weekly.ps1')
if ($Purge) { $names += 'certificate.pem', 'notify-url' }
foreach ($name in $names) {
    $path = Join-Path $folder $name
    if (Test-Path -LiteralPath $path -PathType Leaf) { Remove-Item -LiteralPath $path -Force }
}
if ($Purge) {
    'the certificate and its key are deleted here; take the certificate from the application in Entra ID as well'
} else {
    "the certificate, its key and the address of the notice are kept in $folder; remove.ps1 -Purge deletes them"
}
$store = @STORE@
"the history is kept in $store"
