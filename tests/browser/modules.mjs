// The packages of package.json, from the folder that `npm ci` filled: it lies outside of the sources, so `import` by name would
// not find them. MAASCAN_BROWSER_MODULES names the folder that holds node_modules.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = process.env.MAASCAN_BROWSER_MODULES;
if (!folder) throw new Error("MAASCAN_BROWSER_MODULES names the folder that holds node_modules");
const require = createRequire(join(folder, "node_modules", "package.json"));

export const { chromium } = require("playwright-core");

/** The source of axe-core, to be run inside a page. */
export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
