// The checks by theme; a job names those that it wants.

import { accessibility } from "./accessibility.mjs";
import { controls } from "./controls.mjs";
import { hostile } from "./hostile.mjs";
import { layout } from "./layout.mjs";
import { paper } from "./paper.mjs";
import { picture } from "./picture.mjs";
import { quiet } from "./quiet.mjs";
import { scriptless } from "./scriptless.mjs";
import { Verdict } from "./verdict.mjs";

const SUITES = { quiet, controls, scriptless, hostile, layout, paper, accessibility };

/** What a job has to ask for: it looks at nothing, and writes. */
const ON_REQUEST = { picture };

export async function run(browser, job) {
  const verdict = new Verdict();
  for (const name of job.suites ?? Object.keys(SUITES)) {
    const started = performance.now();
    const before = verdict.checks.length;
    try {
      await { ...SUITES, ...ON_REQUEST }[name](browser, job, verdict);
    } catch (error) {
      await verdict.check(`suite ${name}`, () => Promise.reject(error));
    }
    verdict.checks.slice(before).forEach((check) => (check.suite = name));
    verdict.measure(`seconds_${name}`, Math.round((performance.now() - started) / 100) / 10);
  }
  return { checks: verdict.checks, measures: verdict.measures };
}
