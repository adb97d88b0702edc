function Write-Log#1 {
    param([string]$Message, [ValidateSet('Info', 'Warning', 'Error')][string]$Level = 'Info')
    $stamp = Get-Date -Format 'yyyy-MM-dd HH:mm:ss'
    $line = "[$stamp] [$Level] $Message"
    switch ($Level) {
        'Error' { Write-Error $line -ErrorAction Continue }
        'Warning' { Write-Warning $line }
        default { Write-Verbose $line }
    }
    if (-not (Test-Path (Split-Path $LogPath -Parent))) {
        New-Item -ItemType Directory -Path (Split-Path $LogPath -Parent) -Force | Out-Null
    }
    Add-Content -Path $LogPath -Value $line
}

# Compares two lists of names, and says what is only in one of them.
function Compare-Names#1 {
    param([string[]]$Left, [string[]]$Right)
    $onlyLeft = $Left | Where-Object { $_ -notin $Right } | Sort-Object -Unique
    $onlyRight = $Right | Where-Object { $_ -notin $Left } | Sort-Object -Unique
    foreach ($name in $onlyLeft) { Write-Log#1 -Message "only here: $name" -Level Warning }
    foreach ($name in $onlyRight) { Write-Log#1 -Message "only there: $($name.ToUpper())" }
    return [PSCustomObject]@{ Left = $onlyLeft; Right = $onlyRight; Count = @($onlyLeft).Count + @($onlyRight).Count }
}

