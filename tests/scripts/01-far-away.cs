// AUTH: app
using Azure.Identity;
public class Sweep
{
    private const string Scripts = "deviceManagement/deviceHealthScripts";
    private readonly HttpClient _http = new() { BaseAddress = new Uri("https://graph.microsoft.com/beta/") };
    private readonly ManagedIdentityCredential _who = new ManagedIdentityCredential();

    public async Task Run(bool apps, IEnumerable<string> ids)
    {
        var target = Scripts;
        if (apps)
        {
            target = "deviceAppManagement/mobileApps";
        }
        Console.WriteLine($"{ids.Count()} to go");
        foreach (var id in ids)
        {
            await _http.DeleteAsync($"{target}/{id}"); // MAA: app delete, script delete
        }
    }
}
