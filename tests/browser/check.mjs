// Runs checks on a report and prints what they found as JSON.
//
//   node check.mjs JOB.json
//
// A job: { report, assessment, folder, known, large?, suites?, pictures?, picture?, mutations?, only? }, paths absolute.
// Without `mutations` the answer is { checks: [{ name, passed, problems }], measures }; with it { mutations: [{ name, expected, failed }] }.

import { readFileSync } from "node:fs";
import { launch } from "./browser.mjs";
import { mutated } from "./mutations.mjs";
import { run } from "./suites.mjs";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const browser = await launch();
try {
  const answer = job.mutations ? await mutated(browser, job) : await run(browser, job);
  process.stdout.write(`${JSON.stringify({ browser: browser.version(), ...answer }, null, 1)}\n`);
} finally {
  await browser.close();
}
