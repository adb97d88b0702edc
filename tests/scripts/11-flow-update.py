# APPROVAL: broken
# PROBLEM: plain-justification
import httpx
client = httpx.Client()
client.headers.update({"x-msft-approval-justification": "monthly patch for the app"})
client.delete("https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1")  # MAA: app delete
