// APPROVAL: absent
class A {
    HttpClient http = new HttpClient();
    async Task Go() {
        var patch = new HttpMethod("PATCH");
        var first = new HttpRequestMessage(patch, "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1"); // MAA: app update
        await http.SendAsync(first);
        await http.DeleteAsync("https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1"); // MAA: app delete
    }
}
