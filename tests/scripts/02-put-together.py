import httpx
HOST = "https://graph.microsoft.com"
url = "{}/{}/deviceManagement/configurationPolicies".format(HOST, "beta")
httpx.post(url, json=body)  # MAA: configurationPolicy create
httpx.patch("%s/beta/deviceManagement/roleDefinitions/%s" % (HOST, key), json=body)  # MAA: role update
parts = [HOST, "beta", "deviceManagement", "deviceCategories"]
httpx.post("/".join(parts), json=body)  # MAA: tenantConfiguration create
