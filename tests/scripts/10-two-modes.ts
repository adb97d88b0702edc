// AUTH: both
import { ClientSecretCredential, DeviceCodeCredential } from "@azure/identity";
import { Client } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials";

function credential(unattended: boolean) {
  return unattended
    ? new ClientSecretCredential(process.env.TENANT!, process.env.CLIENT!, process.env.SECRET!)
    : new DeviceCodeCredential({ clientId: process.env.CLIENT });
}

export async function run(unattended: boolean, id: string) {
  const scopes = ["https://graph.microsoft.com/.default"];
  const authProvider = new TokenCredentialAuthenticationProvider(credential(unattended), { scopes });
  const client = Client.initWithMiddleware({ authProvider });
  await client.api(`/deviceManagement/roleDefinitions/${id}`).delete(); // MAA: role delete
}
