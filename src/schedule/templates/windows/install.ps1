#Requires -Version 5.1
#Requires -RunAsAdministrator
# Installs the task, or brings it up to date: it may be run again. Read it, then run it as administrator, in the folder that
# holds the other files of: maascan schedule windows
# Written after the documentation of Windows, and not run on Windows by this project.
# Put beside it first:
#   certificate.pem  certificate and private key in PEM; "maascan permissions --script powershell" makes one
#   notify-url       one line, the address that notices go to; leave it out for none
$ErrorActionPreference = 'Stop'
if (Select-String -Path 'maascan-weekly.ps1' -Pattern 'REPLACE_') { throw 'first replace what is marked in maascan-weekly.ps1' }
if (-not (Test-Path -LiteralPath @BINARY@)) { throw 'there is no program where --binary says' }
$folder = Join-Path $env:ProgramData 'maascan'
$cache = Join-Path $folder 'cache'
$store = @STORE@
function Set-Access {
    & icacls.exe @args | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "icacls failed: $args" }
}
New-Item -ItemType Directory -Force -Path $folder | Out-Null
# Administrators and the system only; the task is let in below.
Set-Access $folder /inheritance:r /grant '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-18:(OI)(CI)F'
New-Item -ItemType Directory -Force -Path $cache | Out-Null
# A store that is there already keeps its readers: only the task is let in.
if (-not (Test-Path -LiteralPath $store)) {
    New-Item -ItemType Directory -Path $store | Out-Null
    Set-Access $store /inheritance:r /grant '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-18:(OI)(CI)F'
}
Copy-Item -Path 'maascan-weekly.ps1' -Destination $folder -Force
foreach ($name in 'certificate.pem', 'notify-url') {
    if (Test-Path -Path $name) { Copy-Item -Path $name -Destination $folder -Force }
}
$needed = Select-String -Path 'maascan-weekly.ps1' -Pattern '^\$env:AZURE_CLIENT_CERTIFICATE_PATH'
if ($needed -and -not (Test-Path -LiteralPath (Join-Path $folder 'certificate.pem'))) { throw 'there is no certificate.pem here' }
Register-ScheduledTask -TaskName 'maascan' -Xml (Get-Content -Raw -Path 'maascan.xml') -Force | Out-Null
$shown = schtasks.exe /showsid /tn '\maascan' | Out-String
$sid = [regex]::Match($shown, 'S-1-5-87-[0-9-]+').Value
if (-not $sid) { throw 'schtasks /showsid names no SID of the task' }
Set-Access $folder /grant "*${sid}:(OI)(CI)RX"
Set-Access $cache /grant "*${sid}:(OI)(CI)M"
Set-Access $store /grant "*${sid}:(OI)(CI)M"
'installed; now delete certificate.pem and notify-url here, and try it: Start-ScheduledTask -TaskName maascan'
