# APPROVAL: broken
# PROBLEM: encoded-code
# PROBLEM: other-body
# PROBLEM: repeated-request
# PROBLEM: long-justification
import base64, requests, time
from tenacity import retry, stop_after_attempt
apps = "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps"
why = base64.b64encode(b"a new version").decode()
for attempt in range(5):
    answer = requests.post(apps, json={"a": 1}, headers={"x-msft-approval-justification": why})  # MAA: app create
    if answer.ok:
        break
while True:
    answer = requests.post(apps, json={"a": 1}, headers={"x-msft-approval-justification": why})  # MAA: app create
    if answer.ok:
        break
code = base64.b64encode(answer.headers["x-msft-approval-code"].encode()).decode()
requests.post(apps, json={"a": 1}, headers={"x-msft-approval-code": code})  # MAA: app create
requests.post(apps, json={"a": 2}, headers={"x-msft-approval-code": given})  # MAA: app create
requests.post(apps, headers={"x-msft-approval-code": given})  # MAA: app create
requests.post(apps, json={"a": 1}, headers={"x-msft-approval-justification": base64.b64encode(("A" * 1500).encode())})  # MAA: app create
@retry(stop=stop_after_attempt(5))
def create():
    requests.post(apps, json={"a": 1}, headers={"x-msft-approval-justification": why})  # MAA: app create
create()
