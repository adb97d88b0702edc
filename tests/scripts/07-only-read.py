# AUTH: unknown
import requests

ROOT = "https://graph.microsoft.com/beta"
BATCH = "https://graph.microsoft.com/v1.0/$batch"


def run(session, headers, device):
    devices = session.get(f"{ROOT}/deviceManagement/managedDevices", headers=headers)
    requests.post(f"{ROOT}/deviceManagement/reports/getDeviceNonComplianceReport", json={"top": 50})
    wanted = [
        {"id": "1", "method": "GET", "url": "/deviceAppManagement/mobileApps"},
        {"id": "2", "method": "GET", "url": "/deviceManagement/deviceHealthScripts"},
    ]
    requests.post(BATCH, json={"requests": wanted}, headers=headers)
    address = f"{ROOT}/deviceManagement/managedDevices/{device}"
    requests.get(address, headers=headers)
    requests.delete(address, headers=headers)  # MAA: deviceDelete delete
    return devices
