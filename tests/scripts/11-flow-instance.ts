// APPROVAL: broken
// PROBLEM: plain-justification
const api = axios.create({ baseURL: 'https://graph.microsoft.com/beta', headers: { 'x-msft-approval-justification': 'monthly patch for the app' } });
await api.delete('/deviceAppManagement/mobileApps/1'); // MAA: app delete
