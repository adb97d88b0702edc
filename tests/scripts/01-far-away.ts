const GRAPH = "https://graph.microsoft.com/beta";
const PATHS: Record<string, string> = {
  script: "/deviceManagement/deviceManagementScripts",
  policy: "/deviceManagement/configurationPolicies",
};

export async function remove(kind: keyof typeof PATHS, id: string) {
  await fetch(`${GRAPH}${PATHS[kind]}/${id}`, { method: "DELETE", headers }); // MAA: script delete, configurationPolicy delete
}
