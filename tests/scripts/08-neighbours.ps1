Invoke-MgGraphRequest -Method POST -Uri "/beta/deviceManagement/managedDevices/$id/rebootNow"
Invoke-MgGraphRequest -Method POST -Uri "/beta/deviceManagement/managedDevices/$id/initiateOnDemandProactiveRemediation" -Body $b
Invoke-MgGraphRequest -Method POST -Uri '/v1.0/roleManagement/directory/roleAssignments' -Body $b
Invoke-MgGraphRequest -Method PATCH -Uri "/beta/deviceManagement/roleScopeTags/$id" -Body $b
Invoke-MgGraphRequest -Method POST -Uri "/v1.0/users/$u/wipeManagedAppRegistrationsByDeviceTag" -Body $b
Invoke-MgGraphRequest -Method DELETE -Uri "/beta/deviceManagement/windowsAutopilotDeviceIdentities/$id"
Invoke-MgGraphRequest -Method POST -Uri '/beta/deviceAppManagement/iosManagedAppProtections' -Body $b
