// AUTH: unknown
const places: Record<string, string> = { role: "deviceManagement/roleDefinitions", app: "deviceAppManagement/mobileApps" };
const base = ["https://graph.microsoft.com", "beta"].join("/");
function address(place: string, id: string): string {
  return base + "/" + place + "/" + id;
}
export async function run(id: string): Promise<void> {
  await fetch(address(places.app, id), { method: "DELETE" }); // MAA: app delete
  let place = places["role"];
  place = `${place}/${id}`;
  await fetch(`${base}/${place}`, { method: "PATCH" }); // MAA: role update
}
