import { ClientSecretCredential } from "@azure/identity";

export async function root() {
  const credential = new ClientSecretCredential(process.env.T!, process.env.C!, process.env.S!);
  return { Authorization: `Bearer ${(await credential.getToken("https://graph.microsoft.com/.default")).token}` };
}
