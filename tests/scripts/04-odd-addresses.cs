// AUTH: unknown
public class Clouds
{
    private readonly HttpClient _http;

    public async Task Run(string root, string id, HttpContent body)
    {
        await _http.PostAsync("https://graph.microsoft.us/beta/deviceAppManagement/mobileApps", body); // MAA: app create
        await _http.PostAsync("https://microsoftgraph.chinacloudapi.cn/v1.0/deviceManagement/deviceCompliancePolicies", body); // MAA: compliancePolicy create
        await _http.DeleteAsync($"{root}/deviceManagement/roleDefinitions/{id}"); // MAA: role delete
        await _http.PostAsync($"https://graph.microsoft.com/beta/managedDevices/{id}/wipe", null); // MAA: deviceWipe wipe
        await _http.DeleteAsync($"https://graph.microsoft.com/beta//deviceManagement/deviceHealthScripts('{id}')"); // MAA: script delete
        await _http.PostAsync("https://graph.example.com/beta/deviceAppManagement/mobileApps", body);
    }
}
