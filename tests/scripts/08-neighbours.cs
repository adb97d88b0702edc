using Microsoft.Graph;
public class Neighbours
{
    public async Task Run(GraphServiceClient client, string id)
    {
        await client.DeviceManagement.ManagedDevices[id].SyncDevice.PostAsync();
        await client.DeviceManagement.ManagedDevices[id].RebootNow.PostAsync();
        await client.RoleManagement.Directory.RoleDefinitions[id].DeleteAsync();
        await client.DeviceAppManagement.ManagedAppRegistrations.PostAsync(new ManagedAppRegistration());
    }
}
