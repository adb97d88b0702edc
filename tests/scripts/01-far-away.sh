#!/usr/bin/env bash
# AUTH: app
GRAPH="https://graph.microsoft.com/v1.0"
DEVICES="${GRAPH}/deviceManagement/managedDevices"
TOKEN=$(curl -s -d "grant_type=client_credentials" "https://login.microsoftonline.com/$TENANT/oauth2/v2.0/token" | jq -r .access_token)

remove() {
  local id="$1"
  curl -s -X DELETE -H "Note: MAA: deviceDelete delete" \
    -H "Authorization: Bearer $TOKEN" \
    "$DEVICES/$id"
}

curl -s -H "Authorization: Bearer $TOKEN" "$DEVICES?\$top=5"
