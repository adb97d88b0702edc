# AUTH: delegated
from azure.identity import DeviceCodeCredential
client = GraphServiceClient(DeviceCodeCredential(CLIENT))


class Endpoint:
    PATH = "/beta/deviceManagement/deviceCompliancePolicies"

    def send(self, body):
        self.session.request("PATCH", "https://graph.microsoft.com" + self.PATH + "/" + self.key, json=body)  # MAA: compliancePolicy update


async def run(key, body):
    await (
        client.device_management.managed_devices.by_managed_device_id(key)  # MAA: deviceRetire retire
        .retire.post()
    )
    await client.device_management.managed_devices.by_managed_device_id(key).reboot_now.post()
    await client.device_app_management.mobile_apps.post(body)  # MAA: app create
    return await client.device_app_management.mobile_apps.get()
