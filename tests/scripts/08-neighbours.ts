const root = "https://graph.microsoft.com/beta";
export async function run(id: string): Promise<void> {
  await fetch(`${root}/deviceManagement/managedDevices/${id}/rebootNow`, { method: "POST" });
  await fetch(`${root}/deviceManagement/roleScopeTags`, { method: "POST" });
  await fetch(`${root}/deviceManagement/windowsAutopilotDeviceIdentities/${id}`, { method: "DELETE" });
}
