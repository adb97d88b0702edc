# AUTH: app
# APPROVAL: present
function Remove-Category {
    param($Id)
    Send-Call -Place 'deviceManagement/deviceCategories'
    Send-Call -Verb DELETE -Place "deviceManagement/deviceCategories/$Id" # MAA: tenantConfiguration delete
}
