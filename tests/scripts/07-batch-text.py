import json

import requests

URL = "https://graph.microsoft.com/v1.0/$batch"
requests.post(URL, data='{"requests": [{"id": "1", "method": "DELETE", "url": "/deviceManagement/deviceHealthScripts/1"}]}')  # MAA: script delete
one = {"id": "1", "method": "POST", "url": "/deviceAppManagement/mobileApps"}  # MAA: app create
requests.post(URL, data=json.dumps({"requests": [one]}))
