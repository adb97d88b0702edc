// APPROVAL: broken
// PROBLEM: plain-justification
// PROBLEM: encoded-code
var why = Convert.ToBase64String(Encoding.UTF8.GetBytes("a new version"));
using var first = new HttpRequestMessage(HttpMethod.Post, "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps"); // MAA: app create
first.Headers.Add("x-msft-approval-justification", "we need this app");
await http.SendAsync(first);
var second = new HttpRequestMessage(new HttpMethod("PATCH"), "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1"); // MAA: app update
second.Headers.Add("x-msft-approval-code", Convert.ToBase64String(Encoding.UTF8.GetBytes(code)));
await http.SendAsync(second);
await graph.DeviceAppManagement.MobileApps.PostAsync(app, c => c.Headers.Add("x-msft-approval-justification", "not encoded at all")); // MAA: app create
