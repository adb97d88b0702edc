# APPROVAL: broken
# PROBLEM: plain-justification
import requests
session = requests.Session()
session.headers["x-msft-approval-justification"] = "monthly patch for the app"
session.post("https://graph.microsoft.com/beta/deviceAppManagement/mobileApps", json={"a": 1})  # MAA: app create
