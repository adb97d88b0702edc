async function call(path: string, method = "GET", body?: unknown) {
  return fetch(`https://graph.microsoft.com/beta${path}`, { method, body: JSON.stringify(body) });
}
export async function run(id: string) {
  await call("/deviceAppManagement/mobileApps");
  await call(`/deviceAppManagement/mobileApps/${id}/assign`, "POST", {}); // MAA: app assign
  const request = { method: "delete", url: `https://graph.microsoft.com/beta/deviceManagement/deviceHealthScripts/${id}` };
  await axios(request); // MAA: script delete
}
