// AUTH: unknown
public class Sender
{
    private readonly HttpClient _http = new HttpClient();

    private Task<HttpResponseMessage> Send(HttpMethod verb, string place, HttpContent? body = null)
    {
        var request = new HttpRequestMessage(verb, "https://graph.microsoft.com/beta/" + place) { Content = body };
        return _http.SendAsync(request);
    }

    public async Task Run(string id, HttpContent body)
    {
        await Send(HttpMethod.Get, "deviceAppManagement/mobileApps");
        await Send(HttpMethod.Post, "deviceAppManagement/mobileApps", body); // MAA: app create
        var verb = HttpMethod.Delete;
        await Send(verb, $"deviceManagement/roleDefinitions/{id}"); // MAA: role delete
    }
}
