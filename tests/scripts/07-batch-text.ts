const url = "https://graph.microsoft.com/v1.0/$batch";
const text = `{"requests": [{"id": "1", "method": "POST", "url": "/deviceManagement/managedDevices/${id}/retire"}]}`;
await fetch(url, { method: "POST", body: text }); // MAA: deviceRetire retire
const drop = { id: "1", method: "DELETE", url: `/deviceManagement/deviceCategories/${id}` }; // MAA: tenantConfiguration delete
await fetch(url, { method: "POST", body: JSON.stringify({ requests: [drop] }) });
