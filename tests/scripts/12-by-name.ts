const places = { script: (id: string) => `https://graph.microsoft.com/beta/deviceManagement/deviceManagementScripts/${id}` };
await fetch(places.script('1'), { method: 'DELETE' }); // MAA: script delete
const verb = 'post';
await http[verb]('/deviceManagement/deviceCompliancePolicies', {}); // MAA: compliancePolicy create
