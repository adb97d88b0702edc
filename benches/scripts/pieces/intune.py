GRAPH_#1 = "https://graph.microsoft.com/beta"


def token_#1():
    url = f"https://login.microsoftonline.com/{os.environ['TENANT']}/oauth2/v2.0/token"
    data = {"grant_type": "client_credentials", "client_id": os.environ["CLIENT"], "client_secret": os.environ["SECRET"]}
    return requests.post(url, data=data, timeout=30).json()["access_token"]


class Client#1:
    base = GRAPH_#1

    def __init__(self):
        self.session = requests.Session()
        self.session.headers.update({"Authorization": f"Bearer {token_#1()}"})

    def call(self, method, path, body=None):
        answer = self.session.request(method, f"{self.base}/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def retire(self, device_id):
        return self.call("POST", f"deviceManagement/managedDevices/{device_id}/retire")

    def tidy(self, prefix="site-#2"):
        for policy in self.call("GET", "deviceManagement/deviceCompliancePolicies")["value"]:
            if policy["displayName"].startswith(prefix):
                self.call("DELETE", f"deviceManagement/deviceCompliancePolicies/{policy['id']}")
            else:
                requests.patch("%s/deviceManagement/deviceCompliancePolicies/%s" % (GRAPH_#1, policy["id"]), json={"description": "#3"})


