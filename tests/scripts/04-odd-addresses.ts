// AUTH: unknown
import { Client } from "@microsoft/microsoft-graph-client";

export async function run(client: Client, root: string, id: string): Promise<void> {
  await client.api(`/deviceManagement/deviceCategories/${id}`).version("beta").delete(); // MAA: tenantConfiguration delete
  await fetch("https://dod-graph.microsoft.us/beta/deviceAppManagement/mobileApps", { method: "POST" }); // MAA: app create
  await fetch(`${root}/deviceManagement/roleDefinitions/${id}`, { method: "DELETE" }); // MAA: role delete
}
