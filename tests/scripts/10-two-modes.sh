#!/usr/bin/env bash
# AUTH: both
if [ -n "$CLIENT_SECRET" ]; then
  az login --service-principal --username "$CLIENT_ID" --password "$CLIENT_SECRET" --tenant "$TENANT_ID"
else
  az login
fi
az rest --method delete --url "https://graph.microsoft.com/beta/deviceManagement/deviceHealthScripts/$1" # MAA: script delete
