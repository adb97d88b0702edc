// AUTH: unknown
public static class Addresses
{
    static readonly Dictionary<string, string> Places = new()
    {
        ["role"] = "deviceManagement/roleDefinitions",
        ["category"] = "deviceManagement/deviceCategories",
    };

    public static async Task Remove(HttpClient http, string id)
    {
        var address = string.Format("https://graph.microsoft.com/{0}/{1}/{2}", "beta", Places["category"], id);
        await http.DeleteAsync(address); // MAA: tenantConfiguration delete
        var other = "https://graph.microsoft.com/" + "v1.0/" + Places["role"] + "/" + id;
        await http.DeleteAsync(other); // MAA: role delete
    }
}
