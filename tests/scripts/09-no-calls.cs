public class Tests
{
    public void Quiet(string id)
    {
        // client.DeviceAppManagement.MobileApps[id].DeleteAsync();
        _logger.LogInformation("DELETE https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/{Id}", id);
        mock.Setup(c => c.DeviceAppManagement.MobileApps[id].DeleteAsync(null, default));
        var scopes = new[] { "DeviceManagementApps.ReadWrite.All" };
    }
}
