// AUTH: unknown
const root = "https://graph.microsoft.com/beta";

export async function run(client: Client, headers: Record<string, string>, id: string) {
  const apps = await fetch(`${root}/deviceAppManagement/mobileApps`, { headers });
  await client.api("/deviceManagement/reports/getDeviceInstallStatusReport").post({ top: 50 });
  const requests = [
    { id: "1", method: "GET", url: "/deviceAppManagement/mobileApps" },
    { id: "2", method: "GET", url: "/deviceManagement/roleDefinitions" },
  ];
  await fetch("https://graph.microsoft.com/v1.0/$batch", { method: "POST", headers, body: JSON.stringify({ requests }) });
  const address = `${root}/deviceManagement/deviceCompliancePolicies/${id}`;
  await fetch(address, { headers });
  await fetch(address, { method: "DELETE", headers }); // MAA: compliancePolicy delete
  return apps;
}
