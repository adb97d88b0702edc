#Requires -Version 5.1
#Requires -RunAsAdministrator
# Installs the task. Read it, then run it as administrator, in the folder that holds the other files of: maascan schedule windows
# Written after the documentation of Windows, and not run on Windows by this project.
# Put beside it first:
#   certificate.pem  certificate and private key in PEM; "maascan permissions --script powershell" makes one
#   notify-url       one line, the address that notices go to; leave it out for none
$ErrorActionPreference = 'Stop'
if (Select-String -Path 'maascan-weekly.ps1' -Pattern 'REPLACE_') { throw 'first replace what is marked in maascan-weekly.ps1' }
if (-not (Test-Path -LiteralPath @BINARY@)) { throw 'the program is not where --binary says' }
$folder = Join-Path $env:ProgramData 'maascan'
$cache = Join-Path $folder 'cache'
$store = @STORE@
New-Item -ItemType Directory -Force -Path $folder, $cache, $store | Out-Null
# Administrators and the system only; the task is let in below.
icacls $folder /inheritance:r /grant '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-18:(OI)(CI)F' | Out-Null
icacls $store /inheritance:r /grant '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-18:(OI)(CI)F' | Out-Null
Copy-Item -Path 'maascan-weekly.ps1', 'certificate.pem' -Destination $folder
if (Test-Path -Path 'notify-url') { Copy-Item -Path 'notify-url' -Destination $folder }
Register-ScheduledTask -TaskName 'maascan' -Xml (Get-Content -Raw -Path 'maascan.xml') | Out-Null
$shown = schtasks.exe /showsid /tn '\maascan' | Out-String
$sid = [regex]::Match($shown, 'S-1-5-87-[0-9-]+').Value
if (-not $sid) { throw 'schtasks /showsid names no SID of the task' }
icacls $folder /grant "*${sid}:(OI)(CI)RX" | Out-Null
icacls $cache /grant "*${sid}:(OI)(CI)M" | Out-Null
icacls $store /grant "*${sid}:(OI)(CI)M" | Out-Null
'installed; now delete certificate.pem and notify-url here, and try it: Start-ScheduledTask -TaskName maascan'
