# curl -X DELETE https://graph.microsoft.com/beta/deviceManagement/roleDefinitions/1
echo "call POST https://graph.microsoft.com/beta/deviceAppManagement/mobileApps yourself"
cat <<'TEXT'
curl -X POST https://graph.microsoft.com/beta/deviceAppManagement/mobileApps
TEXT
needs="DeviceManagementApps.ReadWrite.All"
