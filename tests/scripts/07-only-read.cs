// AUTH: unknown
public class Reports
{
    public async Task Run(GraphServiceClient client, HttpClient http, string id)
    {
        await http.PostAsync("https://graph.microsoft.com/beta/deviceManagement/reports/getDeviceNonComplianceReport", null);
        var address = $"https://graph.microsoft.com/beta/deviceManagement/deviceCategories/{id}";
        await http.GetAsync(address);
        await http.DeleteAsync(address); // MAA: tenantConfiguration delete
        await client.DeviceManagement.RoleDefinitions.GetAsync();
    }
}
