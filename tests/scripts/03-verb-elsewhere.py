import requests


def call(path, verb="GET", **more):
    return requests.request(verb, "https://graph.microsoft.com/v1.0" + path, **more)


call("/deviceManagement/managedDevices")
call(f"/deviceManagement/managedDevices/{key}/wipe", verb="POST", json={})  # MAA: deviceWipe wipe
options = {"method": "DELETE", "url": f"https://graph.microsoft.com/v1.0/deviceManagement/managedDevices/{key}"}
requests.request(**options)  # MAA: deviceDelete delete
