Invoke-MgGraphRequest -Method POST -Uri '/v1.0/deviceManagement/roleDefinitions' -Body $b # MAA: role create
