# AUTH: unknown
import requests

session = requests.Session()


def run(base, key):
    session.post("https://graph.microsoft.us/beta/deviceAppManagement/mobileApps", json={})  # MAA: app create
    session.post(f"https://microsoftgraph.chinacloudapi.cn/v1.0/deviceManagement/managedDevices/{key}/wipe")  # MAA: deviceWipe wipe
    session.delete(f"{base}/deviceManagement/roleDefinitions/{key}")  # MAA: role delete
    session.get("https://graph.microsoft.us/beta/deviceAppManagement/mobileApps")
