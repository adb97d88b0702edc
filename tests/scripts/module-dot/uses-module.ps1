# AUTH: app
# APPROVAL: present
Import-Module "$PSScriptRoot/../module-powershell/Tools.psd1" -Force
Send-Call -Verb POST -Place 'deviceManagement/managedDevices/1/wipe' # MAA: deviceWipe wipe
