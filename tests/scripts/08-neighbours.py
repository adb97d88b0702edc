import requests

ROOT = "https://graph.microsoft.com/beta"


def run(key):
    requests.post(f"{ROOT}/deviceManagement/managedDevices/{key}/rebootNow")
    requests.post(f"{ROOT}/deviceManagement/managedDevices/{key}/syncDevice")
    requests.patch(f"{ROOT}/roleManagement/directory/roleDefinitions/{key}", json={})
    requests.post(f"{ROOT}/deviceManagement/roleScopeTags", json={})
    requests.delete(f"{ROOT}/deviceManagement/windowsAutopilotDeviceIdentities/{key}")
