// The page says nothing, asks for nothing, and its policy would not let it.

import { createHash } from "node:crypto";
import { openEverything, withReport } from "./browser.mjs";

export async function quiet(browser, job, verdict) {
  await withReport(browser, job.report, {}, async ({ page, witness, connections, loadMilliseconds }) => {
    verdict.measure("load_milliseconds", Math.round(loadMilliseconds));
    verdict.measure("elements", await page.evaluate(() => document.querySelectorAll("*").length));
    await openEverything(page);
    // What starts late: timers, lazy pictures, look-ups.
    await page.waitForTimeout(300);
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.waitForTimeout(100);
    await verdict.check("console", () => witness.console);
    await verdict.check("page-errors", () => witness.errors);
    await verdict.check("policy-violations", () => witness.violations);
    await verdict.check("requests", () => [...witness.requests, ...connections.map((line) => `over the wire: ${line}`)]);
    await verdict.check("workers", () => witness.workers);
    await verdict.check("policy", async () => policyProblems(await readPolicy(page)));
  });
}

/** The policy, whether anything stands before it, and what it has to hold for. */
function readPolicy(page) {
  return page.evaluate(() => {
    const meta = document.querySelector('meta[http-equiv="Content-Security-Policy" i]');
    const after = meta ? [...document.querySelectorAll("style, script, link")].filter((element) => meta.compareDocumentPosition(element) & 2) : [];
    return {
      content: meta?.content ?? null,
      inHead: meta?.parentElement === document.head,
      before: after.map((element) => element.localName),
      scripts: [...document.scripts].filter((script) => !script.type || /javascript|module/.test(script.type)).map((script) => script.textContent),
    };
  });
}

/** What may be given to a directive beside 'none' and hashes. `data:` pictures and inline styles load nothing. */
const MAY = { "style-src": ["'unsafe-inline'"], "style-src-attr": ["'unsafe-inline'"], "style-src-elem": ["'unsafe-inline'"], "img-src": ["data:"] };

function policyProblems({ content, inHead, before, scripts }) {
  if (content === null) return ["there is no policy"];
  const directives = new Map(content.split(";").map((part) => part.trim().split(/\s+/)).filter(([name]) => name).map(([name, ...values]) => [name, values]));
  const problems = [];
  if (!inHead) problems.push("the policy is not in the head, so it does not hold");
  if (before.length > 0) problems.push(`these stand before the policy: ${before.join(", ")}`);
  for (const name of ["default-src", "base-uri", "form-action"]) {
    if (directives.get(name)?.join(" ") !== "'none'") problems.push(`${name} is not 'none'`);
  }
  for (const [name, values] of directives) {
    const loose = values.filter((value) => value !== "'none'" && !/^'sha(256|384|512)-/.test(value) && !MAY[name]?.includes(value));
    if (loose.length > 0) problems.push(`${name} lets in ${loose.join(" ")}`);
  }
  const hashes = scripts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  const listed = (directives.get("script-src") ?? []).filter((value) => value !== "'none'");
  if (hashes.some((hash) => !listed.includes(hash)) || listed.some((hash) => !hashes.includes(hash))) {
    problems.push("script-src does not list exactly the hashes of the scripts");
  }
  return problems;
}
