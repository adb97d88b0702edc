# AUTH: unknown
api="${GRAPH:-https://graph.microsoft.us/beta}"
curl -sS -X DELETE "$api/deviceManagement/deviceCategories/$1" # MAA: tenantConfiguration delete
curl -sS "$api/deviceManagement/deviceCategories"
az rest --method post --uri "/beta/deviceManagement/managedDevices/$2/retire" # MAA: deviceRetire retire
