import requests, subprocess
root = "https://graph.microsoft.com/beta/deviceManagement"
getattr(requests, "delete")(f"{root}/managedDevices/1")  # MAA: deviceDelete delete
subprocess.run(["az", "rest", "--method", "POST", "--url", f"{root}/configurationPolicies", "--body", "{}"])  # MAA: configurationPolicy create
