# AUTH: app
# APPROVAL: present
function Remove-AnApp($Id) {
    $call = @{ Verb = 'DELETE'; Place = "deviceAppManagement/mobileApps/$Id" }
    Send-Call @call # MAA: app delete
}
