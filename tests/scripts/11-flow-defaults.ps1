# APPROVAL: broken
# PROBLEM: plain-justification
$PSDefaultParameterValues['Invoke-MgGraphRequest:Headers'] = @{ 'x-msft-approval-justification' = 'monthly patch for the app' }
Invoke-MgGraphRequest -Method DELETE -Uri 'https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1' # MAA: app delete
