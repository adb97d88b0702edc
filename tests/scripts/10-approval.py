# AUTH: app
# APPROVAL: present
import base64, requests
token = app.acquire_token_for_client(scopes=["https://graph.microsoft.com/.default"])
why = base64.b64encode("new version".encode()).decode()
headers = {"Authorization": token, "x-msft-approval-justification": why}
if code:
    headers["x-msft-approval-code"] = code
requests.patch(f"https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/{key}", headers=headers, json=body)  # MAA: app update
