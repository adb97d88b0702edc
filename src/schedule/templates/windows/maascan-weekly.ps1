#Requires -Version 5.1
# Reads a Microsoft Intune tenant, keeps the run in the store, and speaks up when something is new. It only reads the tenant.
# Place: %ProgramData%\maascan, where install.ps1 puts it. What the run says is in cache\last-run.log beside it.
$folder = Join-Path $env:ProgramData 'maascan'
# Sign-in with a certificate, which has to be renewed before it ends. On an Azure virtual machine with a managed identity leave
# out these three lines, except AZURE_CLIENT_ID for a user-assigned one.
$env:AZURE_TENANT_ID = @TENANT@
$env:AZURE_CLIENT_ID = @CLIENT@
$env:AZURE_CLIENT_CERTIFICATE_PATH = Join-Path $folder 'certificate.pem'
$env:LOCALAPPDATA = Join-Path $folder 'cache'
# The address of the notice is a secret: it is in a file that only this task and administrators can read, and in no argument.
$notice = Join-Path $folder 'notify-url'
if (Test-Path -LiteralPath $notice) {
    $env:MAASCAN_NOTIFY_URL = "$(Get-Content -LiteralPath $notice -TotalCount 1)".Trim()
}
$arguments = @(@ARGUMENTS@)
# Status 4 (sign-in, network) is tried again after ten minutes, and after half an hour. It is done here: Task Scheduler restarts
# only a task whose program could not be started.
foreach ($pause in 600, 1800, 0) {
    & @BINARY@ @arguments *> (Join-Path $folder 'cache\last-run.log')
    $status = $LASTEXITCODE
    # The program could not be started.
    if ($null -eq $status) { exit 4 }
    if ($status -ne 4 -or $pause -eq 0) { break }
    Start-Sleep -Seconds $pause
}
# 1 is "something new at or above --fail-on": the run was carried out and kept, so Task Scheduler is not told of a failure; the
# notice says what is new. It comes before 3, so last-run.log may name a dataset that could not be read as well. 3 (a dataset
# could not be read, and nothing is new), 2 and 4 (not carried out) stay as last result of the task.
if ($status -eq 1) { exit 0 }
exit $status
