// AUTH: app
import { sendToGraph } from "./lib";
import * as all from "./lib/send";

export async function tidy(id: string) {
  await sendToGraph("GET", `deviceManagement/managedDevices/${id}`);
  await sendToGraph("DELETE", `deviceManagement/managedDevices/${id}`); // MAA: deviceDelete delete
  await all.send("POST", "deviceManagement/deviceHealthScripts", {}); // MAA: script create
}
