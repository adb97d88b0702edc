// APPROVAL: broken
// PROBLEM: plain-justification
var http = new HttpClient();
http.DefaultRequestHeaders.Add("x-msft-approval-justification", "Monthly rollout of the app");
await http.PostAsync("https://graph.microsoft.com/beta/deviceAppManagement/mobileApps", new StringContent("{}")); // MAA: app create
