#!/bin/bash
apps="https://graph.microsoft.com/beta/deviceAppManagement/mobileApps"
curl -s -G -H "Authorization: Bearer $token" --data-urlencode '$filter=x' "$apps"
curl -s --get -d '$top=5' "$apps"
options=(-X POST)
options+=("$apps")
curl "${options[@]}" # MAA: app create
az rest --method=patch --url="https://graph.microsoft.com/beta/deviceManagement/configurationPolicies/$id" --body '{}' # MAA: configurationPolicy update
