public class DeviceService#1
{
    private readonly GraphServiceClient client;

    public DeviceService#1(ClientSecretCredential credential) => client = new GraphServiceClient(credential);

    public async Task RetireAsync(string id, CancellationToken stop)
    {
        var device = await client.DeviceManagement.ManagedDevices[id].GetAsync(cancellationToken: stop);
        if (device?.DeviceName?.StartsWith("part-#2") == true)
        {
            await client.DeviceManagement.ManagedDevices[id].Retire
                .PostAsync(cancellationToken: stop);
        }
    }

    public async Task RenameAsync(string id, string name)
    {
        var role = new RoleDefinition { DisplayName = name, Description = "#3" };
        await client.DeviceManagement.RoleDefinitions[id].PatchAsync(role);
        await client.DeviceAppManagement.MobileApps[id].DeleteAsync();
    }
}

