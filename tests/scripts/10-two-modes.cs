// AUTH: both
using Azure.Core;
using Azure.Identity;
using Microsoft.Graph;

public static class Removal
{
    private static TokenCredential Credential(bool unattended, string tenant, string client, string secret) =>
        unattended ? new ClientSecretCredential(tenant, client, secret) : new InteractiveBrowserCredential();

    public static async Task Run(bool unattended, string tenant, string client, string secret, string app)
    {
        var graph = new GraphServiceClient(Credential(unattended, tenant, client, secret));
        await graph.DeviceAppManagement.MobileApps[app].DeleteAsync(); // MAA: app delete
    }
}
