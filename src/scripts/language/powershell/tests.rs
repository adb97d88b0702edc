use crate::scripts::Language::PowerShell;
use crate::scripts::testing::found;

#[test]
fn strings_are_put_together_as_powershell_does() {
    for uri in [
        "\"$b/deviceAppManagement/mobileApps/$($a.id)/assign\"",
        "('{0}/deviceAppManagement/mobileApps/{1}/assign' -f $b, $a.id)",
        "($b + '/deviceAppManagement/mobileApps/' + $a.id + '/assign')",
        "\"$b/deviceAppManagement/mobileApps/$($a.id)/assign?`$select=id\"",
        "([string]::Format('{0}/deviceAppManagement/mobileApps/{1}/assign', $b, $a.id))",
        "(@($b, 'deviceAppManagement/mobileApps', $a.id, 'assign') -join '/')",
        "('X/deviceAppManagement/mobileApps/1/assign' -replace 'X', $b)",
    ] {
        let script = format!("$b = 'https://graph.microsoft.com/beta'\nInvoke-MgGraphRequest -Method POST -Uri {uri}\n");
        assert_eq!(found(PowerShell, &script), ["2 app assign resolved"], "{uri}");
    }
}

#[test]
fn hashtables_are_filled_in_every_way() {
    for fill in [
        "$p = @{ Method = 'DELETE' }\n$p.Uri = $u",
        "$p = @{}\n$p['Method'] = 'DELETE'; $p.Add('Uri', $u)",
        "$p = @{ Method = 'DELETE' } + @{ Uri = $u }",
    ] {
        let script = format!("$u = '/beta/deviceManagement/managedDevices/1'\n{fill}\nInvoke-MgGraphRequest @p\n");
        assert_eq!(found(PowerShell, &script).len(), 1, "{fill}");
    }
}

#[test]
fn newer_operators_and_one_liners_are_understood() {
    let script = "$u = $given ?? '/beta/deviceManagement/deviceCategories'\n$m = $new ? 'POST' : 'GET'\nfunction Go { param($x) Invoke-MgGraphRequest -Uri $x -Method $m }\nGo $u\n";
    assert_eq!(found(PowerShell, script), ["4 tenantConfiguration create resolved"]);
}

#[test]
fn reading_is_no_write() {
    for call in [
        "Invoke-MgGraphRequest -Uri '/beta/deviceAppManagement/mobileApps'",
        "Invoke-RestMethod -Method Get -Uri 'https://graph.microsoft.com/beta/deviceAppManagement/mobileApps'",
        "Invoke-RestMethod -Method Post -Uri 'https://example.com/beta/deviceAppManagement/mobileApps'",
    ] {
        assert_eq!(found(PowerShell, call), Vec::<String>::new(), "{call}");
    }
}
