const root = process.env.GRAPH || "https://graph.microsoft.com/v1.0";
function path(kind) {
  switch (kind) {
    case "wipe":
      return "/wipe";
    default:
      return "/retire";
  }
}
axios.post(root + "/deviceManagement/managedDevices/" + id + path(kind), {}); // MAA: deviceWipe wipe, deviceRetire retire
