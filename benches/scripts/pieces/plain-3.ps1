function Get-Inventory#1 {
    [CmdletBinding()]
    param([Parameter(ValueFromPipeline)][string]$ComputerName = $env:COMPUTERNAME, [int]$Retries = 3)
    begin { $found = [System.Collections.Generic.List[object]]::new() }
    process {
        $attempt = 0
        do {
            $attempt++
            try {
                $system = Get-CimInstance -ClassName Win32_OperatingSystem -ComputerName $ComputerName
                $disk = Get-CimInstance Win32_LogicalDisk -ComputerName $ComputerName -Filter "DriveType=3"
                $item = [PSCustomObject]@{
                    Name    = $ComputerName
                    Version = $system.Version
                    Free    = ($disk | Measure-Object FreeSpace -Sum).Sum
                    Boot    = $system.LastBootUpTime
                }
                $found.Add($item)
                break
            } catch {
                Start-Sleep -Seconds ([math]::Pow(2, $attempt))
            }
        } while ($attempt -lt $Retries)
    }
    end { $found | Sort-Object Name | Select-Object -First #2 }
}

$report#1 = @"
Report #3 of $Site
Made on $(Get-Date -Format o) for $tenant
"@
$report#1 | Out-File -FilePath "$env:TEMP\report-#1.txt" -Encoding utf8

