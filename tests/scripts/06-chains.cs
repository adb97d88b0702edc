// AUTH: app
using Microsoft.Graph;
public class Devices
{
    private readonly GraphServiceClient _client = new GraphServiceClient(new ClientSecretCredential(Tenant, Id, Secret));
    private const string Root = "https://graph.microsoft.com/beta/deviceManagement";

    public async Task Run(string id, RoleDefinition role)
    {
        await _client.DeviceManagement.ManagedDevices[id] // MAA: deviceWipe wipe
            .Wipe
            .PostAsync(new WipePostRequestBody());
        await _client.DeviceManagement.RoleDefinitions.PostAsync(role); // MAA: role create
        await _client.DeviceManagement.ManagedDevices[id].SyncDevice.PostAsync();
        var found = await _client.DeviceAppManagement.MobileApps.GetAsync();
        var info = new RequestInformation
        {
            HttpMethod = Method.PATCH,
            URI = new Uri($"https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/{id}"),
        };
        await _client.RequestAdapter.SendNoContentAsync(info); // MAA: app update
    }

    public Task<HttpResponseMessage> Drop(HttpClient http, string id, bool policy)
    {
        var path = policy ? "configurationPolicies" : "deviceHealthScripts";
        return http.DeleteAsync($"{Root}/{path}/{id}"); // MAA: configurationPolicy delete, script delete
    }

    public HttpRequestMessage Assign(string id) =>
        new HttpRequestMessage(HttpMethod.Post, $"{Root}/deviceCompliancePolicies/{id}/assign"); // MAA: compliancePolicy assign
}
