// await fetch("https://graph.microsoft.com/beta/deviceAppManagement/mobileApps", { method: "POST" });
console.log("POST", "/deviceAppManagement/mobileApps");
app.post("/deviceManagement/managedDevices/:id/wipe", async (req, res) => res.send(202));
nock("https://graph.microsoft.com").delete("/beta/deviceAppManagement/mobileApps/1").reply(204);
describe("removal", () => {
  it("deletes", async () => {
    await client.delete("/deviceAppManagement/mobileApps/1");
  });
});
fetch("https://graph.microsoft.com/beta/deviceManagement/managedDevices/" + id + "/syncDevice", { method: "POST" });
