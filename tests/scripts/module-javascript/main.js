const { ask: put } = require("./lib");
const lib = require("./lib.js");

put("PATCH", `deviceAppManagement/mobileApps/${id}`); // MAA: app update
lib.drop(`deviceManagement/roleDefinitions/${id}`); // MAA: role delete
