# Registry of machine #1
$settings#1 = @(
    @{ Path = 'HKLM:\SOFTWARE\Policies\Vendor\Part#2'; Name = 'Enabled'; Value = 1; Type = 'DWord' }
    @{ Path = 'HKLM:\SOFTWARE\Policies\Vendor\Part#2'; Name = 'Server'; Value = "srv-$Site.example.org"; Type = 'String' }
    @{ Path = 'HKCU:\Software\Vendor\Part#3'; Name = 'Language'; Value = 'de-DE'; Type = 'String' }
)
foreach ($setting in $settings#1) {
    try {
        if (-not (Test-Path $setting.Path)) { New-Item -Path $setting.Path -Force | Out-Null }
        $present = Get-ItemProperty -Path $setting.Path -Name $setting.Name -ErrorAction SilentlyContinue
        if ($null -eq $present -or $present.($setting.Name) -ne $setting.Value) {
            Set-ItemProperty @setting -Force
            $results += "set $($setting.Path)\$($setting.Name) to $($setting.Value)"
        } else {
            $results += 'unchanged: {0}\{1}' -f $setting.Path, $setting.Name
        }
    } catch {
        Write-Warning "cannot set $($setting.Name): $($_.Exception.Message)"
        if ($Force) { throw }
    }
}

