# AUTH: app
import msal, requests
app = msal.ConfidentialClientApplication(CLIENT, authority=AUTHORITY, client_credential=KEY)
BASE = "https://graph.microsoft.com/beta"
KINDS = {
    "apps": "/deviceAppManagement/mobileApps",
    "scripts": "/deviceManagement/deviceManagementScripts",
}


def clear(kind, key):
    requests.delete(f"{BASE}{KINDS[kind]}/{key}", headers=headers())  # MAA: app delete, script delete
